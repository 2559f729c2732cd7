"""What may drive the following of tasks in place of threads: a loop, an event loop; and the end."""

from __future__ import annotations

import asyncio
import contextlib
import subprocess
import sys
import threading
import time
from typing import TYPE_CHECKING

import pytest

from lumen_widgets.core.polling.scheduler import Scheduler, shared_scheduler, use_scheduler
from tests.checkout import ROOT
from tests.client import fault_server as fault
from tests.client.conftest import KEY
from tests.client.fault_server import FaultServer, http
from tests.client.service import PROCESSING, Service, png
from tests.conditions import PATIENCE
from tests.simulation import Seen, simulated

if TYPE_CHECKING:
    from collections.abc import Callable

    from lumen_widgets.client import LumenClient


def _forbid_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")  # what Python in a browser says

    monkeypatch.setattr(threading.Thread, "start", refuse)


def test_a_plain_loop_is_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    """A task is followed to its picture by `next_due` and `run_due`, with no thread at all."""
    with simulated() as simulation:
        _forbid_threads(monkeypatch)
        scheduler = simulation.scheduler
        simulation.tasks["task-1"] = Seen(ends=simulation.time + 7)
        client = simulation.client()
        task = client.task("task-1")
        statuses = []
        task.subscribe(lambda task: statuses.append(task.status))
        ran = 0
        while not task.done:
            due = scheduler.next_due()
            assert due is not None
            simulation.time = max(simulation.time, due)
            assert scheduler.run_due(limit=1) == 1
            ran += 1
        scheduler.run_due()
        assert [picture.bytes for picture in task.wait(0)] == [png()]
        assert statuses[-1] == "succeeded"
        assert scheduler.next_due() is None


@pytest.mark.slow
def test_an_event_loop_is_enough(service: Service, connect: Callable[..., LumenClient]) -> None:
    """The same from asyncio, which sleeps in between and is woken when something is added."""
    service.statuses["task-9"] = [PROCESSING, PROCESSING, service.succeeded("a", "b")]

    async def main() -> int:
        loop, earlier = asyncio.get_running_loop(), asyncio.Event()

        def wake() -> None:
            loop.call_soon_threadsafe(earlier.set)

        scheduler = Scheduler(threads=0, wake=wake)
        use_scheduler(scheduler)
        assert shared_scheduler() is scheduler
        # Those of tests before may still be about to end.
        before = set(threading.enumerate())

        async def drive() -> None:
            while True:
                scheduler.run_due(limit=1)
                due = scheduler.next_due()
                earlier.clear()
                left = None if due is None else max(due - scheduler.now(), 0.0)
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(earlier.wait(), left)

        driver = asyncio.create_task(drive())
        # The driver sleeps by now with nothing to do: what is added has to wake it.
        await asyncio.sleep(0)
        task = connect(service.server.url).task("task-9")
        done = asyncio.Event()
        task.subscribe(lambda task: done.set() if task.done else None)
        await asyncio.wait_for(done.wait(), 30)
        driver.cancel()
        new = set(threading.enumerate()) - before
        assert not [thread for thread in new if thread.name.startswith("lumen-")]
        return len(task.wait(0))

    assert asyncio.run(main()) == 2


def test_earlier_tasks_stay_where_they_are(
    service: Service, connect: Callable[..., LumenClient]
) -> None:
    """A scheduler that is set later takes new tasks only; who waits for the others gets them."""
    service.statuses["task-1"] = [PROCESSING, service.succeeded("a")]
    service.statuses["task-2"] = [PROCESSING]
    client = connect(service.server.url)
    first = client.task("task-1")
    late = Scheduler(threads=0)
    use_scheduler(late)
    second = client.task("task-2")
    assert len(first.wait(20)) == 1
    assert not second.done
    assert late.next_due() is not None


_SCRIPT = """
import sys
from lumen_widgets.client import LumenClient
from lumen_widgets.core.polling.scheduler import Scheduler, use_scheduler
from lumen_widgets.core.timing import Timing
use_scheduler(Scheduler(timing=Timing(answer_timeout=600.0, longest_answer_timeout=600.0)))
client = LumenClient(sys.argv[1], sys.argv[2], journal=False, timeout=600.0)
tasks = [client.generate(f"cat {number}") for number in range(8)]
print("submitted", flush=True)
sys.stdin.readline()
"""


@pytest.mark.slow
def test_the_end_of_the_interpreter() -> None:
    """A script that ends with tasks in flight ends at once, and says nothing of it."""
    asked = threading.Semaphore(0)

    def behave(server: FaultServer, connection: object) -> None:
        request = fault.read_request(server, connection)  # type: ignore[arg-type] # it is a socket
        if request.method == "POST":
            answer = http(200, {"id": f"task-{len(server.posts)}", "status": "queued"})
            connection.sendall(answer)  # type: ignore[attr-defined] # as above
            return
        asked.release()
        server.closing.wait()

    with FaultServer(behave) as server:
        program = subprocess.Popen(
            [sys.executable, "-X", "dev", "-c", _SCRIPT, KEY, server.url],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        with program:
            assert program.stdout is not None
            assert program.stdout.readline() == "submitted\n"
            # Three questions are under way, and their answers never come.
            for _ in range(3):
                assert asked.acquire(timeout=PATIENCE)
            start = time.monotonic()
            _, words = program.communicate("\n", timeout=PATIENCE)
            took = time.monotonic() - start
    assert (program.returncode, words) == (0, "")
    # A question may take ten minutes here: it was not waited for.
    assert took < PATIENCE

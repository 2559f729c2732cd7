"""What happens to one task, or to the network for a while, is no trouble of the others."""

from __future__ import annotations

import threading
import time
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from lumen_widgets.core.polling.scheduler import Scheduler, use_scheduler
from tests.client import fault_server as fault
from tests.client.fault_server import FaultServer, Received, http
from tests.client.service import png
from tests.faults import watch
from tests.faults.quick import TIMING

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable

    from lumen_widgets.client import LumenClient

pytestmark = pytest.mark.slow

TASKS = 50

# Seconds for what comes at once, on a machine however busy.
PATIENCE = 60.0


class Dripping:
    """A service of fifty tasks that all end at one instant; the answers for some drip from then."""

    def __init__(self, drips: int) -> None:
        self.drips = {f"task-{number}" for number in range(drips)}
        self._lock = threading.Lock()
        self._taken = 0
        self.over = threading.Event()
        self.dripping = 0
        self.broken_off = 0

    def serve(self, server: FaultServer, connection: socket.socket) -> None:
        """Serve one connection."""
        request = fault.read_request(server, connection)
        if request.method == "POST":
            with self._lock:
                number, self._taken = self._taken, self._taken + 1
            connection.sendall(http(200, {"id": f"task-{number}", "status": "queued"}))
            return
        name = request.path.rpartition("/")[2]
        if name in self.drips:
            self._drip(server, connection, name)
        else:
            status = "failed" if self.over.is_set() else "processing"
            connection.sendall(http(200, {"id": name, "status": status}))

    def _drip(self, server: FaultServer, connection: socket.socket, name: str) -> None:
        with self._lock:
            self.dripping += 1
        try:
            for byte in http(200, {"id": name, "status": "processing", "padding": "x" * 90_000}):
                connection.sendall(bytes([byte]))
                if server.closing.wait(0.05):
                    return
        except OSError:
            with self._lock:
                self.broken_off += 1


def _longest(connect: Callable[..., LumenClient], drips: int) -> tuple[float, int]:
    """Return how long it took to know of the others' end, and how many drips had ended by then."""
    service = Dripping(drips)
    with FaultServer(service.serve) as server:
        client = connect(server.url, journal=False, timeout=PATIENCE)
        tasks = [client.generate(f"cat {number}") for number in range(TASKS)]
        end = time.monotonic() + PATIENCE
        while service.dripping < min(drips, 3):
            assert time.monotonic() < end
            time.sleep(0.005)
        began = time.monotonic()
        service.over.set()
        others = [task for task in tasks if task.id not in service.drips]
        assert len(list(client.as_completed(others, PATIENCE))) == TASKS - drips
        took = time.monotonic() - began
        broken_off = service.broken_off
        for task in tasks:
            task.stop_watching()
    return took, broken_off


@pytest.mark.parametrize("drips", [1, 2])
def test_one_dripping_reply_delays_no_other(
    drips: int, connect: Callable[..., LumenClient]
) -> None:
    """Among 50 tasks one reply that drips, and two, hold up none of the other tasks."""
    # longer than the test: a task that waits for the end of a drip would fail by its time-out
    timing = replace(TIMING, answer_timeout=300.0, longest_answer_timeout=300.0)
    use_scheduler(Scheduler(timing=timing))
    with watch.Metronome() as metronome:
        alone, _ = _longest(connect, 0)
        stretch = metronome.begin()
        beside, broken_off = _longest(connect, drips)
        _, noise = stretch.end()
    # Each of the first dripping replies still drips: their end was not waited for.
    assert broken_off == 0
    # Fewer threads do the same work, on sockets of this machine: that alone may take its time.
    assert beside <= 4 * alone + 10 * noise


def test_many_dripping_replies_delay_the_others_once(
    connect: Callable[..., LumenClient],
) -> None:
    """Where replies drip for every thread that asks, the others wait for one time-out, not ten."""
    timing = replace(TIMING, answer_timeout=1.0, longest_answer_timeout=1.0)
    use_scheduler(Scheduler(timing=timing))
    with watch.Metronome() as metronome:
        alone, _ = _longest(connect, 0)
        stretch = metronome.begin()
        beside, _ = _longest(connect, 10)
        _, noise = stretch.end()
    # Ten that drip take three threads: four time-outs in turn, were they all asked first.
    assert beside <= 4 * 1.0 + 4 * alone + 10 * noise


def test_a_network_that_was_gone(connect: Callable[..., LumenClient]) -> None:
    """Tasks in flight when a service goes are found finished when it is back, without an error."""
    ended = threading.Event()
    answered = threading.Event()

    def respond(request: Received) -> bytes:
        if request.method == "POST":
            number = len(server.posts)
            return http(200, {"id": f"task-{number}", "status": "queued"})
        name = request.path.rpartition("/")[2]
        if not request.path.startswith("/v1/"):
            return http(200, png("blue"))
        answered.set()
        if not ended.is_set():
            return http(200, {"id": name, "status": "processing"})
        # the same port as before
        data = [{"url": f"{server.url}/pictures/{name}"}]
        return http(200, {"id": name, "status": "succeeded", "data": data})

    with FaultServer(fault.calls(respond)) as server:
        client = connect(server.url)
        tasks = [client.generate(f"cat {number}") for number in range(5)]
        assert answered.wait(PATIENCE)
        port = server.port
    ended.set()
    # Until each of them has met a closed door, more than once.
    end = time.monotonic() + PATIENCE
    while any(task.trouble is None for task in tasks):
        assert time.monotonic() < end
        time.sleep(0.01)
    assert not any(task.done for task in tasks)
    with FaultServer(fault.calls(respond), port=port) as server:
        for task in tasks:
            assert [picture.bytes for picture in task.wait(PATIENCE)] == [png("blue")]
            assert task.error is None

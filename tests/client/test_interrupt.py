"""Ctrl-C while a submit is under way: the wait ends, the answer is still written down."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from lumen_widgets.client import CallableHosting, budget
from lumen_widgets.core.errors import ServiceUnreachable, WaitTimeout, may_have_cost
from lumen_widgets.journal import Journal
from tests.client import fault_server as fault
from tests.client.fault_server import FaultServer, http
from tests.client.service import png
from tests.conditions import PATIENCE, until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from lumen_widgets.client import LumenClient
    from tests.client.service import Service

pytestmark = pytest.mark.slow

# How long the server takes to answer the POST, in seconds, and when it is interrupted: once before
# the request can have left, and at twenty instants while it is being answered.
SLOW = 0.7
INSTANTS = [number * 0.03 for number in range(21)]


def _interrupt(instant: float, home: Path) -> tuple[int, str, int, str | None]:
    """Run the script, interrupt it, return its exit code, words, POSTs seen and journalled id."""
    posted = threading.Event()

    def respond(request: fault.Received) -> bytes:
        if request.method == "POST":
            posted.set()
            threading.Event().wait(SLOW)
            return http(200, {"id": f"task-{instant:.2f}", "status": "queued"})
        return http(200, {"id": "x", "status": "processing"})

    with FaultServer(fault.calls(respond)) as server:
        program = subprocess.Popen(
            [sys.executable, "-m", "tests.client.interrupted", server.url],
            env={**os.environ, "LUMEN_HOME": str(home)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        with program:
            assert program.stdout is not None
            assert program.stdout.readline() == "submitting\n"
            # The first instant comes as early as can be, the others after the request is there.
            if instant > 0:
                assert posted.wait(30)
            # A moment in time cannot be waited for in any other way.
            threading.Event().wait(instant)
            program.send_signal(signal.SIGINT)
            _, words = program.communicate(timeout=60)
        posts = len(server.posts)
    rows = Journal(home).rows()
    return program.returncode, words, posts, rows[0].task_id if rows else None


def test_twenty_instants(tmp_path: Path) -> None:
    """Wherever Ctrl-C hits a slow POST, the script ends by it and the task is in the journal."""
    with ThreadPoolExecutor(4) as pool:
        runs = list(
            pool.map(lambda instant: _interrupt(instant, tmp_path / f"{instant:.2f}"), INSTANTS)
        )
    for instant, (code, words, posts, task_id) in zip(INSTANTS, runs, strict=True):
        # Python forgets that it was interrupted where a thread that outlives the main one still
        # evaluates source text, as the import of a named tuple does; the words are the same.
        ended = {-signal.SIGINT, 1} if instant == 0 else {-signal.SIGINT}
        assert code in ended, words
        assert "KeyboardInterrupt" in words
        assert "sk-lumen-local-interrupted" not in words
        if posts == 0:
            # Interrupted before anything left: then there is nothing to know either.
            assert instant == 0
            assert task_id is None
        else:
            assert posts == 1
            assert task_id == f"task-{instant:.2f}"
            assert "client.task(" in words


def test_message_says_where_the_answer_will_be(
    connect: Callable[..., LumenClient], tmp_path: Path
) -> None:
    """The KeyboardInterrupt of a submit names the journal, where the id is soon after."""
    answer = threading.Event()

    def respond(request: fault.Received) -> bytes:
        # not at a status call: one may come while the test still waits for other tests' threads
        if request.method == "POST":
            signal.raise_signal(signal.SIGINT)
            answer.wait(30)
        return http(200, {"id": "late", "status": "queued"})

    with FaultServer(fault.calls(respond)) as server:
        client = connect(server.url)
        with pytest.raises(KeyboardInterrupt, match=r"already on its way.*journal"):
            client.generate("a cat")
        answer.set()
        for thread in threading.enumerate():
            if thread.name == "lumen-submit":
                thread.join(30)
        assert client.journal is not None
        assert client.journal.rows(1)[0].task_id == "late"


def test_interrupted_wait_names_the_task(connect: Callable[..., LumenClient]) -> None:
    """Ctrl-C ends the wait, not the task, and says how to take it up."""

    def respond(request: fault.Received) -> bytes:
        if request.method == "POST":
            return http(200, {"id": "going-on", "status": "queued"})
        if not interrupted.is_set():
            interrupted.set()
            signal.raise_signal(signal.SIGINT)
        return http(200, {"id": "going-on", "status": "processing"})

    interrupted = threading.Event()
    with FaultServer(fault.calls(respond)) as server:
        task = connect(server.url).generate("a cat")
        with pytest.raises(KeyboardInterrupt, match=r'client\.task\("going-on"\)\.wait\(\)'):
            task.wait(30)
        assert not task.done


class TooLate(Exception):
    """A time-out of the user's own, raised by a signal handler."""


# a user may have one of ours raised, as it is a TimeoutError too
@pytest.fixture(params=[TooLate, WaitTimeout, ServiceUnreachable])
def late(request: pytest.FixtureRequest) -> BaseException:
    """Return what a signal handler raises."""
    error: BaseException = request.param("too late")
    return error


@pytest.fixture
def time_out(late: BaseException) -> Iterator[Callable[[], None]]:
    """Return what raises `late` on the main thread, as `signal.alarm` has it done."""

    def handle(*_: object) -> None:
        raise late

    before = signal.signal(signal.SIGALRM, handle)
    main = threading.main_thread().ident
    assert main is not None
    try:
        yield lambda: signal.pthread_kill(main, signal.SIGALRM)
    finally:
        signal.signal(signal.SIGALRM, before)


def test_a_time_out_of_the_users_own_sends_nothing_more(
    service: Service,
    connect: Callable[..., LumenClient],
    late: BaseException,
    time_out: Callable[[], None],
) -> None:
    """Whoever tries again after it pays once: what was still being uploaded is not sent."""
    service.statuses["*"] = [service.succeeded("a")]
    ended = threading.Event()

    def upload(_data: bytes, _type: str) -> str:
        if not ended.is_set():
            time_out()
            assert ended.wait(PATIENCE)
        return "https://files.example/cat.png"

    budget(tasks=1)
    client = connect(service.server.url, hosting=CallableHosting(upload))
    with pytest.raises(type(late)) as caught:
        client.edit("snow", png())
    ended.set()

    assert caught.value is late
    assert late.__notes__ == ["Stopped before anything was sent; nothing was spent."]
    assert not may_have_cost(caught.value)
    until(lambda: budget().tasks_left == 1)
    assert len(client.edit("snow", png()).wait(PATIENCE)) == 1
    assert len(service.server.posts) == 1


def test_a_time_out_of_the_users_own_says_what_goes_on(
    connect: Callable[..., LumenClient], late: BaseException, time_out: Callable[[], None]
) -> None:
    """What is on its way by then is written down, and the error has a note of where."""
    ended = threading.Event()

    def respond(request: fault.Received) -> bytes:
        if request.method == "POST":
            time_out()
            assert ended.wait(PATIENCE)
            return http(200, {"id": "task-1", "status": "queued"})
        return http(200, {"id": "task-1", "status": "processing"})

    with FaultServer(fault.calls(respond)) as server:
        client = connect(server.url)
        with pytest.raises(type(late)) as caught:
            client.generate("a cat")
        ended.set()
        assert caught.value is late
        (note,) = caught.value.__notes__
        assert "its answer will be in the journal" in note
        assert may_have_cost(caught.value)
        assert client.journal is not None
        journal = client.journal
        until(lambda: journal.rows()[0].task_id == "task-1")

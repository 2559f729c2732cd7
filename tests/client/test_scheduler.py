"""Pacing: when which task is asked about, how often in all, and on how many threads."""

from __future__ import annotations

import threading
import time
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest
import requests
from requests.adapters import HTTPAdapter

from lumen_widgets.client import Request
from lumen_widgets.core import errors
from lumen_widgets.core.http.keys import Key
from lumen_widgets.core.http.origin import Origin
from lumen_widgets.core.http.transport import Transport
from lumen_widgets.core.options import Options
from lumen_widgets.core.polling.poller import TaskPoller
from lumen_widgets.core.polling.scheduler import (
    Scheduler,
    use_scheduler,
)
from lumen_widgets.core.polling.status import backoff
from lumen_widgets.core.task import TaskState
from lumen_widgets.core.timing import TIMING, Timing
from tests.client.conftest import KEY
from tests.client.service import serving

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from lumen_widgets.client import LumenClient

pytestmark = pytest.mark.slow


class Clock:
    """A clock that goes when it is told."""

    def __init__(self) -> None:
        self.time = 1000.0

    def __call__(self) -> float:
        """Return the time in seconds."""
        return self.time


def workers(but: Collection[threading.Thread] = ()) -> set[threading.Thread]:
    """Return the threads of schedulers that live now, `but` some: those of other tests."""
    return {one for one in threading.enumerate() if one.name == "lumen-worker"} - set(but)


class NotingThreads(HTTPAdapter):
    """Notes the threads of schedulers that send something through it."""

    def __init__(self, threads: set[threading.Thread]) -> None:
        super().__init__()
        self.threads = threads

    def send(self, request: requests.PreparedRequest, *words: Any, **named: Any) -> Any:
        """Send a request."""
        self.threads |= {one for one in [threading.current_thread()] if one.name == "lumen-worker"}
        return super().send(request, *words, **named)


def _questions(is_loopback: bool, seconds: float) -> list[float]:
    """Return when a task that never ends is asked about, in seconds after its submit."""
    clock = Clock()
    scheduler = Scheduler(clock, threads=0)
    use_scheduler(scheduler)
    with serving() as service:
        service.statuses["*"] = [{"status": "processing"}]
        # The server is on this machine; whether it counts as such is what is tested.
        origin = Origin(service.server.url, "127.0.0.1", is_loopback)
        state = TaskState("t", Request("generations", {}), origin=origin.url, status="queued")
        with requests.Session() as session:
            TaskPoller(
                state,
                Options(),
                transport=Transport(origin, Key(KEY, origin), session),
                fetch=lambda _url, **_: pytest.fail("there is no picture"),
                timeout=10.0,
            ).start()
            times: list[float] = []
            while clock.time < 1000.0 + seconds:
                scheduler.run_due()
                times += [clock.time - 1000.0] * (service.asked("t") - len(times))
                clock.time += 0.05
    return times


def test_pace_of_the_service() -> None:
    """The service is asked first after 3.5 s, then about every 0.96 s."""
    times = _questions(is_loopback=False, seconds=12)
    assert times[0] == pytest.approx(3.5, abs=0.06)
    gaps = [later - sooner for sooner, later in pairwise(times)]
    assert gaps == [pytest.approx(0.96, abs=0.06)] * 8


def test_pace_of_this_machine() -> None:
    """A server on this machine is asked every 50 ms at first, after ten seconds every 0.25 s."""
    times = _questions(is_loopback=True, seconds=10)
    assert times[0] == pytest.approx(0.05, abs=0.06)
    assert 60 <= len(times) <= 110
    assert times[-1] - times[-2] == pytest.approx(0.25, abs=0.06)


def test_back_off() -> None:
    """Failures double the wait up to 10 s; the service may ask for more, up to a minute."""
    waits = [backoff(TIMING, 1.1, failures) for failures in range(1, 400)]
    assert waits == sorted(waits)
    assert (waits[0], waits[-1]) == (1.1, 10.0)
    assert backoff(TIMING, 1.1, 1, 5.0) == 5.0
    assert backoff(TIMING, 1.1, 1, 86400.0) == 60.0
    assert backoff(TIMING, 1.1, 3, 0.0) == 4.4


def test_requests_a_second() -> None:
    """However many are due, no second sees more than 50 requests; other jobs do not wait."""
    clock = Clock()
    scheduler = Scheduler(clock, threads=0)
    sent: list[float] = []
    others: list[float] = []
    for _ in range(200):
        scheduler.request(clock.time, lambda: sent.append(clock.time))
    scheduler.run_soon(lambda: others.append(clock.time))
    while len(sent) < 200:
        scheduler.run_due()
        clock.time += 0.01
    assert others == [1000.0]
    for start in sent:
        assert sum(start <= moment < start + 1.0 for moment in sent) <= TIMING.requests
    assert sent[-1] - sent[0] <= 200 / TIMING.requests * TIMING.requests_window


def test_this_machine_is_asked_whenever_it_is_due() -> None:
    """However many requests to it are due, they leave at once, and take no turn of another's."""
    clock = Clock()
    scheduler = Scheduler(clock, threads=0)
    sent: list[str] = []
    for _ in range(200):
        scheduler.request(clock.time, lambda: sent.append("here"), is_local=True)
    scheduler.request(clock.time, lambda: sent.append("there"))
    scheduler.run_due()
    assert (sent.count("here"), sent.count("there")) == (200, 1)


def test_claims_share_the_limit() -> None:
    """A request from the caller's own thread counts like any other, and gives up in time."""
    clock = Clock()
    scheduler = Scheduler(clock, threads=0)
    assert all(scheduler.claim(clock.time) for _ in range(TIMING.requests))
    assert not scheduler.claim(clock.time + 0.5)
    scheduler.request(clock.time, lambda: None)
    assert scheduler.run_due() == 0
    clock.time += TIMING.requests_window
    assert scheduler.run_due() == 1


def test_jobs_run_in_order_of_time() -> None:
    """A job runs at its time, whichever was added first, and never before."""
    clock = Clock()
    scheduler = Scheduler(clock, threads=0)
    ran: list[str] = []
    scheduler.request(1002.0, lambda: ran.append("second"))
    scheduler.request(1001.0, lambda: ran.append("first"))
    assert scheduler.run_due() == 0
    clock.time = 1002.0
    assert scheduler.run_due() == 2
    assert ran == ["first", "second"]


def test_threads_come_and_go(caplog: pytest.LogCaptureFixture) -> None:
    """Threads start with the first job, five at most; a failing job is logged; idle ones end."""
    before = workers()
    scheduler = Scheduler(timing=Timing(idle_thread=0.05))
    assert workers(before) == set()
    barrier, over = threading.Barrier(6), threading.Semaphore(0)
    scheduler.run_soon(lambda: 1 / 0)  # type: ignore[arg-type] # what it returns is not looked at
    for _ in range(15):
        scheduler.run_soon(lambda: (barrier.wait(20), over.release()))  # type: ignore[arg-type,func-returns-value] # as above
    threads = workers(before)
    for _ in range(3):
        barrier.wait(20)
        threads |= workers(before)
    assert all(over.acquire(timeout=20) for _ in range(15))
    assert len(threads) == 5
    for thread in threads:
        thread.join(20)
        assert not thread.is_alive()
        assert thread.daemon
    assert workers(before) == set()
    assert "ZeroDivisionError" in caplog.text
    again = threading.Event()
    scheduler.run_soon(again.set)
    assert again.wait(20)


def test_one_thread_stays_for_what_is_to_come() -> None:
    """Of idle threads one stays while a job is to come, and none is late for what is added."""
    before = workers()
    scheduler = Scheduler(timing=Timing(idle_thread=0.05))
    barrier = threading.Barrier(4)
    for _ in range(3):
        scheduler.run_soon(lambda: barrier.wait(20))  # type: ignore[arg-type] # as above
    barrier.wait(20)
    late = scheduler.request(scheduler.now() + 3600, lambda: None)
    end = time.monotonic() + 20
    while len(workers(before)) > 1:
        assert time.monotonic() < end
        time.sleep(0.01)
    ran = threading.Event()
    scheduler.request(scheduler.now() + 0.2, ran.set)
    assert ran.wait(20)
    assert workers(before)
    scheduler.cancel(late)
    for thread in workers(before):
        thread.join(20)
    assert workers(before) == set()


def test_a_thread_that_cannot_be_started(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where no thread can be started a request says so and is forgotten; one thread is enough."""
    first, started, over = threading.Event(), threading.Event(), threading.Event()

    def refuse(_thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    scheduler = Scheduler()
    with monkeypatch.context() as broken:
        broken.setattr(threading.Thread, "start", refuse)
        with pytest.raises(RuntimeError, match="can't start"):
            scheduler.request(0.0, first.set)
    assert scheduler.next_due() is None
    scheduler.run_soon(lambda: (started.set(), over.wait(20)))  # type: ignore[arg-type,func-returns-value] # what it returns is not looked at
    assert started.wait(20)
    monkeypatch.setattr(threading.Thread, "start", refuse)
    asked = threading.Event()
    scheduler.request(0.0, asked.set)
    over.set()
    assert asked.wait(20)
    assert not first.is_set()


def test_two_hundred_tasks(connect: Callable[..., LumenClient]) -> None:
    """200 tasks in flight take five threads at most, also where as many are asked as are due."""
    with serving() as service:
        service.statuses["*"] = [{"status": "failed"}]
        threads: set[threading.Thread] = set()
        session = requests.Session()
        session.mount("http://", NotingThreads(threads))
        client = connect(service.server.url, journal=False, session=session)
        tasks = [client.generate(f"cat {number}") for number in range(200)]
        most = 0
        for _ in client.as_completed(tasks, 120):
            most = max(most, sum(thread.is_alive() for thread in threads.copy()))
        assert 1 <= most <= 5
        assert all(isinstance(task.error, errors.TaskFailed) for task in tasks)
        assert sum(r.method == "GET" for r in service.server.requests) == 200

"""Many tasks at once, a service that asks for quiet, hours without network, clocks that jump."""

from __future__ import annotations

import threading
import weakref
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest

from lumen_widgets.core.polling.scheduler import (
    MAX_RUNNING,
    MAX_THREADS,
    RequestKind,
    Scheduler,
    use_scheduler,
)
from lumen_widgets.core.timing import TIMING, Timing
from tests.client import fault_server as fault
from tests.client.fault_server import FaultServer, http
from tests.client.service import Service, serving
from tests.simulation import Simulation, simulated

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Iterator

    from lumen_widgets.client import LumenClient

pytestmark = pytest.mark.slow


@pytest.fixture
def simulation() -> Iterator[Simulation]:
    """Make a simulated service."""
    with simulated() as made:
        yield made


def most_in_a_second(times: list[float]) -> int:
    """Return how many of these times at most are within one second."""
    times = sorted(times)
    most = first = 0
    for last, moment in enumerate(times):
        while times[first] <= moment - 1.0:
            first += 1
        most = max(most, last - first + 1)
    return most


def questions(simulation: Simulation) -> list[float]:
    """Return when questions arrived, about any task."""
    return sorted(moment for seen in simulation.tasks.values() for moment in seen.asked)


def test_a_thousand_tasks_at_once(simulation: Simulation) -> None:
    """1,000 tasks end within what 50 requests a second allow, and no picture has to wait."""
    client = simulation.client()
    tasks = [simulation.submit(client, 4 + number % 17) for number in range(1000)]
    submitted = len(simulation.attempts)
    start = simulation.time
    while not all(task.done for task in tasks):
        simulation.run_until(simulation.time + 1)
    assert most_in_a_second(simulation.attempts[submitted:]) <= TIMING.requests
    # A question and a picture for each, and a few questions in vain.
    assert simulation.time - start <= 1.2 * 2000 * TIMING.requests_window / TIMING.requests
    assert (
        max(seen.fetched - seen.known for seen in simulation.tasks.values())
        <= TIMING.requests_window + 0.1
    )


def test_no_task_starves(simulation: Simulation) -> None:
    """With 600 tasks that run on and on, each is asked in turn, and so is a new one."""
    client = simulation.client()
    kept = [simulation.submit(client, 1e6) for _ in range(600)]
    simulation.run_until(simulation.time + 200)
    new = simulation.submit(client, 5.0)
    simulation.run_until(simulation.time + 200)
    assert new.done
    *others, last = simulation.tasks.values()
    a_round = 601 * TIMING.requests_window / TIMING.requests
    assert last.known - last.ends <= 1.1 * a_round
    for seen in others:
        assert len(seen.asked) >= 9
        assert max(later - sooner for sooner, later in pairwise(seen.asked)) <= 1.25 * a_round
    assert len(kept) == 600


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("7", 7.0),
        ("0", TIMING.poll_interval),
        ("nonsense", TIMING.poll_interval),
        ("3600", TIMING.longest_retry_after),
        ("1e9", TIMING.poll_interval),
        ("1000000000", TIMING.longest_retry_after),
        ("date", 30.0),
    ],
)
def test_too_many_requests(simulation: Simulation, header: str, seconds: float) -> None:
    """429 about one task quiets all questions to the service, for what it says, up to 60 s."""
    client = simulation.client()
    tasks = [simulation.submit(client, 100.0) for _ in range(10)]
    simulation.run_until(simulation.time + 10)
    before = len(questions(simulation))
    # a date is of this machine's clock, which goes on while the simulation's stands still
    written = datetime.now(UTC)
    if header == "date":
        header = format_datetime(written + timedelta(seconds=30), usegmt=True)
    simulation.refuse = [(429, {"Retry-After": header})]
    while simulation.refuse:
        simulation.run_until(simulation.time + 0.01)
    late = (datetime.now(UTC) - written).total_seconds() if seconds == 30.0 else 0.0
    refused = questions(simulation)[before]
    simulation.run_until(refused + 200)
    gap = questions(simulation)[before + 1] - refused
    assert seconds - late - 1.5 <= gap <= seconds + 1.5
    assert all(task.done for task in tasks)


def test_after_quiet_one_tries_first(simulation: Simulation) -> None:
    """While a service goes on refusing, one question at a time is asked, ever more rarely."""
    client = simulation.client()
    for _ in range(100):
        simulation.submit(client, 500.0)
    simulation.run_until(simulation.time + 10)
    before = len(questions(simulation))
    simulation.refuse = [(429, {})] * 12
    simulation.run_until(simulation.time + 98)
    gaps = [later - sooner for sooner, later in pairwise(questions(simulation)[before:])]
    refused = gaps[:11]
    assert refused == sorted(refused)
    assert refused[-1] == pytest.approx(TIMING.longest_backoff, abs=0.1)
    assert not simulation.refuse
    # The first answer opens the way for all.
    simulation.run_until(simulation.time + 15)
    assert len(questions(simulation)) - before > 100


def test_an_answer_ends_the_quiet(
    service: Service, connect: Callable[..., LumenClient], caplog: pytest.LogCaptureFixture
) -> None:
    """After a `refresh` that is answered, no task waits for the rest of a minute."""
    service.statuses["*"] = [http(429, {}, {"Retry-After": "50"}), service.succeeded("a")]
    task = connect(service.server.url, journal=False).generate("a cat")
    quiet = threading.Event()
    while not task.trouble:
        quiet.wait(0.01)
    other = connect(service.server.url, journal=False).generate("a dog")
    assert task.refresh().status == "succeeded"
    assert len(other.wait(20)) == 1
    assert not caplog.records


def test_one_task_in_trouble_is_alone(simulation: Simulation) -> None:
    """A fault of the service's that says nothing of others keeps only its own task waiting."""
    client = simulation.client()
    for _ in range(5):
        simulation.submit(client, 60.0)
    simulation.run_until(simulation.time + 5)
    simulation.refuse = [(500, {})]
    before = len(questions(simulation))
    simulation.run_until(simulation.time + 1.3)
    assert not simulation.refuse
    assert len(questions(simulation)) - before >= 5


def test_hours_without_network(simulation: Simulation) -> None:
    """Two hours without network lose nothing and try little, and all is known soon after."""
    client = simulation.client()
    tasks = [simulation.submit(client, 20.0) for _ in range(60)]
    simulation.run_until(simulation.time + 5)
    simulation.down = True
    before = len(simulation.attempts)
    simulation.run_until(simulation.time + 7200)
    # One at a time, every ten seconds.
    assert len(simulation.attempts) - before <= 7200 / TIMING.longest_backoff + 20
    assert not any(task.done for task in tasks)
    simulation.down = False
    back = simulation.time
    simulation.run_until(back + TIMING.longest_backoff + 10)
    assert all(task.done for task in tasks)
    assert (
        most_in_a_second([moment for moment in simulation.attempts if moment >= back])
        <= TIMING.requests
    )


def test_a_clock_that_jumps(simulation: Simulation) -> None:
    """After a night's sleep everything that is due is asked once, and no faster than ever."""
    client = simulation.client()
    tasks = [simulation.submit(client, 30.0) for _ in range(100)]
    simulation.run_until(simulation.time + 3)
    asked = len(questions(simulation))
    before = len(simulation.attempts)
    simulation.time += 8 * 3600
    simulation.run_until(simulation.time + 30)
    assert all(task.done for task in tasks)
    assert len(questions(simulation)) - asked == 100
    assert most_in_a_second(simulation.attempts[before:]) <= TIMING.requests


def test_cancelled_requests_leave_nothing_behind() -> None:
    """What is put off again and again does not pile up."""
    scheduler = Scheduler(lambda: 0.0, threads=0)
    kept = scheduler.request(5.0, lambda: None)

    def cancelled(seconds: float) -> weakref.ref[threading.Event]:
        event = threading.Event()
        scheduler.cancel(scheduler.request(seconds, event.set))
        return weakref.ref(event)

    assert not any(cancelled(number / 100)() for number in range(1000))
    assert scheduler.next_due() == 5.0
    scheduler.cancel(kept)
    scheduler.cancel(kept)
    assert scheduler.next_due() is None
    assert scheduler.run_due() == 0


def test_no_kind_of_request_takes_every_thread() -> None:
    """Slow pictures leave a thread to questions and the other way round; news always arrive."""
    assert max(MAX_RUNNING.values()) < MAX_THREADS
    scheduler = Scheduler()
    over, started = threading.Event(), threading.Semaphore(0)

    def block() -> None:
        started.release()
        over.wait(60)

    try:
        for kind in (RequestKind.PICTURE, RequestKind.UNANSWERED):
            for number in range(10):
                scheduler.request(0.0, block, kind=kind, origin=f"https://{number % 3}")
        for _ in range(MAX_THREADS):
            assert started.acquire(timeout=20)
        # All that may talk do. Whatever is not a request still gets through.
        heard = threading.Event()
        scheduler.run_soon(heard.set)
        assert heard.wait(20)
        assert not started.acquire(blocking=False)
    finally:
        over.set()
    for _ in range(16):
        assert started.acquire(timeout=20)
    asked = threading.Event()
    scheduler.request(0.0, asked.set)
    assert asked.wait(20)


def test_slow_pictures_leave_room_for_questions() -> None:
    """While pictures of three accounts take their time, a question is asked at once."""
    scheduler = Scheduler()
    over, started, asked = threading.Event(), threading.Semaphore(0), threading.Event()

    def block() -> None:
        started.release()
        over.wait(60)

    try:
        for number in range(9):
            origin = f"https://{number % 3}"
            scheduler.request(0.0, block, kind=RequestKind.PICTURE, origin=origin)
        for _ in range(MAX_RUNNING[RequestKind.PICTURE]):
            assert started.acquire(timeout=20)
        scheduler.request(0.0, asked.set)
        assert asked.wait(20)
        assert not started.acquire(blocking=False)
    finally:
        over.set()


def test_four_answers_that_drip(
    connect: Callable[..., LumenClient],
) -> None:
    """Even four answers that never end keep others for one time-out, and then share one thread."""
    use_scheduler(Scheduler(timing=Timing(answer_timeout=1.0)))
    dripping = [f"task-{number}" for number in range(1, 5)]
    lock, now, most_later = threading.Lock(), [0], [0]
    seen: dict[str, int] = {}

    def behave(server: FaultServer, connection: socket.socket) -> None:
        request = fault.read_request(server, connection)
        task_id = request.path.rpartition("/")[2]
        if request.method == "POST" or task_id not in dripping:
            connection.sendall(service.respond(request))
            return
        with lock:
            seen[task_id] = seen.get(task_id, 0) + 1
            now[0] += 1
            if all(seen.get(one, 0) > 1 for one in dripping):
                most_later[0] = max(most_later[0], now[0])
        try:
            connection.sendall(http(200, b"{", {"Content-Length": "1000"}))
            # Byte by byte, until the client has enough of it.
            while not server.closing.wait(0.05):
                connection.sendall(b" ")
        finally:
            with lock:
                now[0] -= 1

    service = Service()
    with FaultServer(behave) as server:
        service.server = server
        client = connect(server.url, journal=False)
        service.statuses["*"] = [service.succeeded("a")]
        tasks = [client.generate(f"cat {number}") for number in range(24)]
        ended = list(client.as_completed(tasks[4:], 30))
        assert len(ended) == 20
        assert not any(task.done for task in tasks[:4])
        for task in tasks[:4]:
            task.stop_watching()
    assert most_later[0] <= 1


def test_a_claim_has_its_turn(connect: Callable[..., LumenClient]) -> None:
    """Asking at once by `refresh` is not kept out by hundreds of tasks that are due."""
    with serving() as service:
        service.statuses["*"] = [{"status": "processing"}]
        client = connect(service.server.url, journal=False)
        tasks = [client.generate(f"cat {number}") for number in range(60)]
        assert tasks[0].refresh().status == "processing"
        for task in tasks:
            task.stop_watching()

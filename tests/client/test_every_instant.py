"""A signal at every instant of a call: nothing stays taken that was not sent, nothing hangs."""

from __future__ import annotations

import itertools
import secrets
import threading
from functools import partial
from typing import TYPE_CHECKING

import pytest

from lumen_widgets.client import CallableHosting, HostedFile, Request, TaskFailed, budget, prices
from lumen_widgets.client.hosting.upload_cache import UploadCache, use_upload_cache
from lumen_widgets.core.polling.scheduler import Job, Scheduler, use_scheduler
from lumen_widgets.core.timing import Timing
from lumen_widgets.journal import Journal
from tests.client.interrupts import at_each_instant, interrupt
from tests.client.service import FAILED, QUEUED, Service, png
from tests.conditions import PATIENCE, until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from lumen_widgets.client import LumenClient, Task

    Connect = Callable[..., LumenClient]

# Python swallows what is raised where it clears a reference: then the call was not interrupted.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")

MODEL, PRICE = "gpt-image-2-low", 2.0

# A call has some dozens of instants; with fewer than these it was not interrupted at all of them.
LEAST = 10


def instants(call: Callable[[], object], least: int = LEAST) -> Iterator[str]:
    """Interrupt a call at one instant after another, and say where, once its threads are over."""
    instant, place = 0, "at the beginning"
    while place:
        instant += 1
        before = set(threading.enumerate())
        place = interrupt(call, instant) or ""
        for thread in set(threading.enumerate()) - before:
            if not thread.daemon:  # what is under way goes on to its end
                _join(thread)
        yield place
    if instant < least:
        pytest.fail("the calls were not interrupted")


def _join(thread: threading.Thread) -> None:
    """Wait until a thread is over that another one may be about to start."""
    until(lambda: thread.ident is not None, "the thread begins")
    thread.join(30)


def test_the_budget_counts_what_was_sent(service: Service, connect: Connect) -> None:
    """Wherever Ctrl-C hits a call, its task and credits count if it was sent, and else neither."""
    service.statuses["*"] = [QUEUED]
    prices[MODEL] = PRICE
    client = connect(service.server.url, journal=False)
    counted = budget(tasks=100_000)

    def agree() -> bool:
        posts = len(service.server.posts)
        return (counted.submitted, counted.spent) == (posts, posts * PRICE)

    for place in instants(partial(client.generate, "a cat", model=MODEL)):
        # the thread that sends may only be about to begin
        until(agree, f"what {place} took is sent or released")


def _named(service: Service) -> set[str]:
    """Return the addresses of pictures in what was sent."""
    return {url for post in service.server.posts for url in post.body["image_urls"]}


@pytest.mark.slow
def test_nothing_is_held_for_what_was_not_sent(
    service: Service, connect: Connect, tmp_path: Path
) -> None:
    """Wherever Ctrl-C hits an edit, files, rows and tasks are those of what was sent."""
    use_upload_cache(UploadCache(grace_period=0.0))
    service.statuses["*"] = [QUEUED]
    hosted: set[str] = set()

    def upload(_data: bytes, _type: str) -> HostedFile:
        url = f"https://files.example/{secrets.token_hex(8)}"
        hosted.add(url)
        return HostedFile(url, None, lambda: hosted.discard(url))

    client = connect(service.server.url, hosting=CallableHosting(upload))
    counted = budget(tasks=100_000)
    picture = png()

    def agree() -> bool:
        rows = Journal(tmp_path / "journal").rows(100_000)
        ids = {f"task-{number + 1}" for number in range(len(service.server.posts))}
        known = {row.task_id for row in rows if row.state != "refused"}
        return known == ids and counted.submitted == len(ids)

    for place in instants(partial(client.edit, "snow", picture, size="16:9")):
        until(lambda: hosted <= _named(service), f"the files of {place} are let go")
        until(agree, f"what {place} took is sent or released")


@pytest.mark.slow
@pytest.mark.timeout(60)
@pytest.mark.parametrize("step", ["budget", "spending", "price", "refresh", "watch", "stop"])
def test_a_signal_handler_may_look_at_all_of_it(
    service: Service, connect: Connect, step: str
) -> None:
    """Whatever the call that a signal comes in, its handler waits for nothing that this holds."""
    service.statuses["*"] = [{"status": "processing"}]
    task = connect(service.server.url, journal=False).generate("a cat", model=MODEL)

    def again() -> None:
        task.stop_watching()
        task.watch()

    def stop() -> None:
        task.watch()
        task.stop_watching()

    calls: dict[str, Callable[[], object]] = {
        "budget": lambda: budget(tasks=100_000),
        "spending": lambda: (repr(budget()), budget().spending()),
        "price": lambda: prices.update({MODEL: PRICE}),
        "refresh": task.refresh,
        "watch": again,
        "stop": stop,
    }

    def handler() -> None:
        budget(tasks=100_000).spending()
        prices[MODEL] = PRICE
        assert not task.done
        assert task.elapsed is not None
        again()

    assert at_each_instant(calls[step], handler) >= LEAST
    service.statuses["*"] = [service.succeeded("a")]
    assert [picture.bytes for picture in task.wait(PATIENCE)] == [png()]


@pytest.mark.slow
@pytest.mark.parametrize("step", ["wait", "refresh", "watch", "stop_watching"])
def test_a_task_goes_on_after_any_interrupt(service: Service, connect: Connect, step: str) -> None:
    """Wherever Ctrl-C hits a call of a task, the next wait brings its pictures."""
    use_scheduler(Scheduler(timing=Timing(local_interval=0.01, requests=10_000)))
    client = connect(service.server.url, journal=False)
    answers = [service.succeeded("a")]
    for place in _interrupted(service, client, step):
        service.statuses["*"] = list(answers)
        (task,) = place[1]
        assert [picture.bytes for picture in task.wait(30)] == [png()], place[0]


@pytest.mark.slow
def test_a_failed_task_is_refunded_once(service: Service, connect: Connect) -> None:
    """Wherever Ctrl-C hits the answer that a task has failed, its credits come back, once."""
    use_scheduler(Scheduler(timing=Timing(local_interval=60.0, first_poll=60.0, requests=10_000)))
    prices[MODEL] = PRICE
    client = connect(service.server.url, journal=False)
    counted = budget(tasks=100_000)
    instant, place = 0, "at the beginning"
    service.statuses["*"] = [FAILED]
    while place:
        instant += 1
        task = client.generate("a cat", model=MODEL)
        place = interrupt(task.refresh, instant) or ""
        task.stop_watching()
        with pytest.raises(TaskFailed):
            task.wait(30)
        found = (counted.submitted, counted.spent, counted.refunded)
        assert found == (0, 0.0, instant * PRICE), place


@pytest.mark.slow
def test_a_task_is_taken_up_after_any_interrupt(service: Service, connect: Connect) -> None:
    """Wherever Ctrl-C hits the taking up of a task by its id, the next one brings its pictures."""
    use_scheduler(Scheduler(timing=Timing(local_interval=0.01, requests=10_000)))
    instant, place = 0, "at the beginning"
    while place:
        instant += 1
        task_id = f"task-{instant}"
        service.statuses[task_id] = [QUEUED, service.succeeded("a")]
        client = connect(service.server.url)
        place = interrupt(partial(client.task, task_id), instant) or ""
        assert [picture.bytes for picture in client.task(task_id).wait(30)] == [png()], place
    assert service.server.posts == []


def _interrupted(
    service: Service, client: LumenClient, step: str
) -> Iterator[tuple[str, list[Task]]]:
    """Interrupt a step of a new task at one instant after another."""
    instant, place = 0, "at the beginning"
    while place:
        instant += 1
        service.statuses["*"] = [QUEUED]
        task = client.generate("a cat")
        if step in {"watch", "wait"}:
            task.stop_watching()
        if step == "refresh":  # else the background is sooner, and nothing is left to interrupt
            task.stop_watching()
        if step != "watch":
            service.statuses["*"] = [service.succeeded("a")]
        place = interrupt(getattr(task, step), instant) or ""
        yield place, [task]
    if instant < LEAST:
        pytest.fail("the calls were not interrupted")


class Planned:
    """Three jobs that are due, of which a signal handler cancels one, or adds one to them.

    Parameters
    ----------
    change
        Which one it cancels, or ``"new"``.
    instant
        At which instant.

    """

    def __init__(self, change: str, instant: int) -> None:
        self.scheduler = Scheduler(clock=lambda: 1.0, threads=0)
        self.ran: list[str] = []
        self.left = instant
        self._change = change
        self._jobs = {name: self._request(name) for name in ("first", "second", "third")}

    def _request(self, name: str, origin: str = "") -> Job:
        return self.scheduler.request(0.0, partial(self.ran.append, name), origin=origin)

    def cancel(self) -> None:
        """Cancel the second one."""
        self.scheduler.cancel(self._jobs["second"])

    def handler(self) -> None:
        """Change them, once."""
        self.left -= 1
        if self.left == 0 and self._change == "new":
            self._request("new", origin="elsewhere")
        elif self.left == 0:
            self.scheduler.cancel(self._jobs[self._change])


@pytest.mark.parametrize("change", ["first", "second", "third", "new"])
def test_a_signal_handler_may_change_what_is_planned(change: str) -> None:
    """Wherever it comes as a job is taken or cancelled, no other job is lost, and none runs twice.

    One that the handler cancels may have run by then.
    """
    for call in ("run", "cancel"):
        wanted = {"first", "second", "third"} if call == "run" else {"first", "third"}
        for instant in itertools.count(1):
            plan = Planned(change, instant)
            at_each_instant(plan.scheduler.run_due if call == "run" else plan.cancel, plan.handler)
            if plan.left > 0:
                break
            plan.scheduler.run_due()
            assert set(plan.ran) - {change} == wanted - {change}
            assert len(plan.ran) == len(set(plan.ran))
            assert change != "new" or "new" in plan.ran
            assert call == "run" or "second" not in plan.ran
        assert instant > 3  # it came in the middle of the call


def test_what_a_signal_handler_gives_back_counts_too() -> None:
    """Also where it comes in the middle of the sum of another task."""
    prices[MODEL] = PRICE
    request = Request("generations", {"model": MODEL, "prompt": "a cat"})
    for instant in itertools.count(1):
        counted = budget(tasks=4)
        one, other, _ = (counted.reserve(request) for _ in range(3))
        left = itertools.count(instant - 1, -1)
        seen = at_each_instant(one.refund, partial(_at_zero, left, other.refund))
        if seen < instant:
            break
        assert (counted.spent, counted.refunded, counted.submitted) == (PRICE, 2 * PRICE, 1)
    assert instant > LEAST


def test_what_a_signal_handler_gives_back_too_counts_once() -> None:
    """Where it hears of the same task's failure as the call that it came in the middle of."""
    prices[MODEL] = PRICE
    request = Request("generations", {"model": MODEL, "prompt": "a cat"})
    for instant in itertools.count(1):
        counted = budget(tasks=4)
        one, _ = (counted.reserve(request) for _ in range(2))
        left = itertools.count(instant - 1, -1)
        seen = at_each_instant(one.refund, partial(_at_zero, left, one.refund))
        if seen < instant:
            break
        assert (counted.spent, counted.refunded, counted.submitted) == (PRICE, PRICE, 1)
    assert instant > LEAST


def _at_zero(left: Iterator[int], call: Callable[[], object]) -> None:
    if next(left) == 0:
        call()

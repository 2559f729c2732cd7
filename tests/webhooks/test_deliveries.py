"""What a call may say: its time, its body, and which task's status it has requested."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

import pytest

from lumen_widgets.client import Request, Task, sign_webhook
from lumen_widgets.client.webhooks.deliveries import Deliveries, WebhookOption
from lumen_widgets.client.webhooks.settings import ReceiverSettings
from lumen_widgets.client.webhooks.ttl_set import TTLSet
from lumen_widgets.core.task import TaskState
from tests.webhooks.calling import SECRET, body_of

if TYPE_CHECKING:
    from collections.abc import Callable

NOW = 1_700_000_000
SETTINGS = ReceiverSettings()
TTL, MAX_SIZE = SETTINGS.early_call_ttl, SETTINGS.max_early_calls
URL = "http://127.0.0.1:1/token"


class FakeWatcher:
    """Stands for what follows a task, and notes what it is told."""

    def __init__(self, task: Task) -> None:
        self.task = task
        self.calls = 0
        self.other_requests = 0
        self.missed: Callable[[], None] | None = None

    @property
    def is_polled_slowly(self) -> bool:
        """Whether the task is left to a call, but for a question now and then."""
        return self.missed is not None

    def poll_now(self, *, webhook_came: bool = False) -> None:
        """Note a call, or that no call can be waited for."""
        self.calls += webhook_came
        self.other_requests += not webhook_came

    def expect_webhook(self, interval: float, missed: Callable[[], None]) -> None:
        """Note that a call is awaited."""
        assert interval == SETTINGS.poll_interval
        self.missed = missed

    def poll_as_usual(self) -> None:
        """Note that none is awaited any more."""
        self.missed = None


class Setup:
    """Deliveries on a clock that the test sets, and tasks that only note what they are told."""

    def __init__(self, tolerance: float | None = 300.0) -> None:
        self.now = 0.0
        # What follows the tasks: the deliveries hold it weakly.
        self.followed: list[FakeWatcher] = []
        self.early_calls = TTLSet(TTL, MAX_SIZE, lambda: self.now)
        self.deliveries = Deliveries(
            lambda: SECRET, tolerance, clock=lambda: NOW + 0.9, early_calls=self.early_calls
        )
        self.deliveries.start(URL)

    def task(self, task_id: str, url: str = URL) -> FakeWatcher:
        """Have a new task, as after a submit's answer."""
        request = Request("generations", {"webhook_url": url})
        watcher = FakeWatcher(Task(TaskState(task_id, request, origin=URL, status="queued")))
        self.followed.append(watcher)
        WebhookOption().watched(watcher)
        return watcher

    def receive(self, body: bytes, timestamp: object = NOW) -> bool:
        """Receive a well signed call."""
        return self.deliveries.receive(body, sign_webhook(body, SECRET), str(timestamp))


@pytest.fixture
def setup() -> Any:
    """Run deliveries for one test."""
    running = Setup()
    yield running
    running.deliveries.stop(URL)


@pytest.mark.parametrize("offset", [0, 1, -1, 299, -299, 300, -300])
def test_a_time_within_the_tolerance(setup: Setup, offset: int) -> None:
    """Five minutes in either direction are taken, to the second."""
    watcher = setup.task("a1")
    assert setup.receive(body_of("a1"), NOW + offset)
    assert watcher.calls == 1


@pytest.mark.parametrize(
    "timestamp",
    [
        NOW + 301,
        NOW - 301,
        NOW * 1000,
        "",
        "hello",
        "nan",
        "inf",
        "1e400",
        "-1",
        "0",
        "9" * 5000,
        "\uff11\uff17" + "0" * 8,
        "".join(chr(0x660 + int(digit)) for digit in str(NOW)),
        "1_700_000_000",
        f"+{NOW}",
        f" {NOW}",
        f"{NOW} ",
        f"{NOW}\n",
        f"{NOW}.5",
        f"{NOW}, {NOW}",
        f"-{NOW}",
        hex(NOW),
    ],
)
def test_a_time_that_is_none(
    setup: Setup, timestamp: object, caplog: pytest.LogCaptureFixture
) -> None:
    """A stale or future time, and what is no plain number of seconds, is refused and logged."""
    watcher = setup.task("a1")
    assert not setup.receive(body_of("a1"), timestamp)
    assert watcher.calls == 0
    assert not setup.receive(body_of("a1"), timestamp)
    assert caplog.text.count("not within 300 s of this machine's clock") == 1
    assert "a1" not in caplog.text


@pytest.mark.parametrize("timestamp", ["", "0", "hello", "9" * 5000])
def test_any_time(timestamp: str) -> None:
    """Without a tolerance the time is not looked at: it was never a proof."""
    setup = Setup(tolerance=None)
    watcher = setup.task("a1")
    assert setup.receive(body_of("a1"), timestamp)
    assert watcher.calls == 1
    setup.deliveries.stop(URL)


def test_a_signature_that_is_wrong(setup: Setup) -> None:
    """A forged call wakes nothing, and neither is it held."""
    watcher = setup.task("a1")
    for signature in ("", "sha256=", sign_webhook(body_of("a1"), "another secret")):
        assert not setup.deliveries.receive(body_of("a1"), signature, str(NOW))
    assert watcher.calls == 0
    assert setup.deliveries.count == 0
    assert setup.task("a1").calls == 0


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\xff\xfe",
        b"[" * 100_000,
        b'{"id":' * 5000,
        b"null",
        b"[]",
        b'"a1"',
        b"{}",
        b"NaN",
        b"-Infinity",
        b'{"id": Infinity}',
        b'{"task_id": "a1", "task_id": "b2"}',
        b'"x"',
        b"1e999",
        b"9" * 5000,
        b'{"id": ' + b"9" * 5000 + b"}",
        b'{"id": "\\ud800"}',
        b'{"id": "\\u0000"}',
        b"{'id': 'a1'}",
        b'{"id": "a1", "status": "succeeded"',
        b'{"id": "a1"} {"id": "a1"}',
        b'{"task_id": "a1", "status": "succeeded"}',
        *(body_of(one) for one in (None, 7, True, ["a1"], {"a": 1}, "", "..", "x" * 1_000_000)),
    ],
    ids=lambda body: repr(body[:24]),
)
def test_a_body_that_names_no_task(setup: Setup, body: bytes) -> None:
    """It is the service's, so it is taken; but it means nothing, and nothing is kept of it."""
    watcher = setup.task("a1")
    assert setup.receive(body)
    assert watcher.calls == 0
    assert len(setup.early_calls) == 0


@pytest.mark.parametrize(
    "body",
    [
        body_of("a1", "failed", error={"code": "busy", "message": "Too busy."}),
        body_of("a1", "cancelled"),
        body_of("a1", "a word of next year"),
        body_of("a1", extra={"deep": [1, None]}, created=1e999),
        b'{"id": "b2", "status": "queued", "status": "succeeded", "id": "a1"}',
        b'{"id": "a1", "status": ["queued"]}',
        b'{"id": "a1"}',
        b'{"id": "a1", "status": "succeeded", "credits": NaN}',
        *(
            body_of("a1", data=[{"url": url}])
            for url in ("javascript:alert(1)", "file:///etc/passwd", "http://169.254.169.254/")
        ),
        body_of("a1", data=[]),
        body_of("a1", data="https://img.example/1"),
        body_of("a1", data=[{"url": "\ud800"}]),
        body_of("a1", "x" * 20_000),
        body_of("a1", data=[{"url": "https://img.example/1"}] * 10_000),
        b"\xef\xbb\xbf" + body_of("a1"),
        json.dumps({"id": "a1", "status": "succeeded"}).encode("utf-16"),
        b'{"id": "a1", "status": "failed", "message": "caf\xc3"}',
    ],
    ids=lambda body: repr(body[:60]),
)
def test_a_body_is_a_hint(setup: Setup, body: bytes) -> None:
    """Whatever else it says, the task it names is asked about, and nothing of it is believed."""
    watcher, other = setup.task("a1"), setup.task("b2")
    assert setup.receive(body)
    assert (watcher.calls, other.calls) == (1, 0)
    assert watcher.task.status == "queued"
    assert not watcher.task.pictures


@pytest.mark.parametrize("task_id", ["../../x", "b2", "a1/", "A1", "%61%31"])
def test_an_id_of_another_task(setup: Setup, task_id: str) -> None:
    """It is only compared: it wakes no task of ours, and no address is made of it."""
    watcher = setup.task("a1")
    assert setup.receive(body_of(task_id))
    assert watcher.calls == 0


@pytest.mark.parametrize("status", ["queued", "processing"])
def test_a_task_that_still_runs(setup: Setup, status: str) -> None:
    """That a task runs is no news."""
    watcher = setup.task("a1")
    assert setup.receive(body_of("a1", status))
    assert watcher.calls == 0


def test_a_call_before_its_task(setup: Setup) -> None:
    """It is held for a minute, and wakes whatever follows the task by then."""
    assert setup.receive(body_of("fast"))
    setup.now = TTL - 0.1
    assert setup.task("other").calls == 0
    assert [setup.task("fast").calls for _ in range(2)] == [1, 1]
    assert setup.receive(body_of("late"))
    setup.now += TTL
    assert setup.task("late").calls == 0


def test_two_clients_of_one_task(setup: Setup) -> None:
    """A task that is followed twice is watcher twice, and its call is kept no longer."""
    both = [setup.task("two"), setup.task("two")]
    assert setup.receive(body_of("two"))
    assert [watcher.calls for watcher in both] == [1, 1]
    assert setup.task("two").calls == 0


def test_ids_of_others_are_forgotten(setup: Setup) -> None:
    """Ids that never become ours are forgotten after a minute, and there is an end to them."""
    for number in range(100):
        setup.now = float(number)
        assert setup.receive(body_of(f"x{number}"))
    assert len(setup.early_calls) == TTL
    setup.now = 1000.0
    for number in range(3 * MAX_SIZE):
        assert setup.receive(body_of(f"x{number}"))
    assert len(setup.early_calls) == MAX_SIZE
    assert setup.task(f"x{3 * MAX_SIZE - 1}").calls == 1
    assert setup.task("x0").calls == 0
    setup.now += TTL
    assert setup.receive(body_of("last"))
    assert len(setup.early_calls) == 1
    assert setup.task("last").calls == 1


def test_held_from_the_last_call_on(setup: Setup) -> None:
    """A call that comes twice is held once, from the second time."""
    assert setup.receive(body_of("twice"))
    setup.now = TTL - 1
    assert setup.receive(body_of("twice"))
    assert len(setup.early_calls) == 1
    setup.now = 2 * TTL - 2
    assert setup.task("twice").calls == 1


def test_whom_a_missing_call_concerns(setup: Setup, caplog: pytest.LogCaptureFixture) -> None:
    """One call that does not come has all tasks of that receiver asked about, until one does."""
    ours, more = setup.task("a1"), setup.task("a2")
    others = setup.task("b2", url="http://127.0.0.1:2/other")
    assert (ours.is_polled_slowly, more.is_polled_slowly, others.is_polled_slowly) == (
        True,
        True,
        False,
    )
    assert ours.missed is not None
    miss = ours.missed
    for _ in range(2):
        miss()
    assert (ours.is_polled_slowly, more.is_polled_slowly) == (False, False)
    assert not setup.task("a3").is_polled_slowly
    assert (ours.other_requests, more.other_requests, others.other_requests) == (1, 1, 0)
    assert caplog.text.count("has not come") == 1
    assert "token" not in caplog.text
    assert setup.receive(body_of("x"))
    assert (ours.is_polled_slowly, more.is_polled_slowly, others.is_polled_slowly) == (
        True,
        True,
        False,
    )


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_a_forked_child_hears_nothing(setup: Setup) -> None:
    """In a child process there is no thread that takes calls, so none is waited for."""
    assert setup.task("a1").is_polled_slowly
    child = os.fork()
    if not child:
        os._exit(setup.task("b2").is_polled_slowly)
    assert os.waitpid(child, 0)[1] == 0
    assert setup.task("b2").is_polled_slowly


def test_after_the_end(setup: Setup) -> None:
    """No call is awaited of a receiver that has ended, and it hears of new tasks no more."""
    ours = setup.task("a1")
    setup.receive(body_of("held"))
    setup.deliveries.stop(URL)
    assert ours.other_requests == 1
    assert not ours.is_polled_slowly
    assert setup.task("held").calls == 0

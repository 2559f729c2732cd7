"""What a call may say: its time, its body, and which of our tasks it wakes."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

import pytest

from lumen_widgets.client import Request, Task, sign_webhook
from lumen_widgets.client.webhooks.deliveries import (
    HOLD,
    MOST_HELD,
    Deliveries,
    WebhookOption,
)
from lumen_widgets.core.task import TaskState
from tests.webhooks.calling import SECRET, body_of

if TYPE_CHECKING:
    from collections.abc import Callable

NOW = 1_700_000_000
URL = "http://127.0.0.1:1/token"


class Woken:
    """Stands for what follows a task, and notes what it is told."""

    def __init__(self, task: Task) -> None:
        self.task = task
        self.calls = 0
        self.hurries = 0
        self.missed: Callable[[], None] | None = None

    @property
    def awaits(self) -> bool:
        """Whether the task is left to a call, but for a question now and then."""
        return self.missed is not None

    def poll_now(self, *, called: bool = False) -> None:
        """Note a call, or that no call can be waited for."""
        self.calls += called
        self.hurries += not called

    def expect_webhook(self, missed: Callable[[], None]) -> None:
        """Note that a call is awaited."""
        self.missed = missed

    def poll_as_usual(self) -> None:
        """Note that none is awaited any more."""
        self.missed = None


class House:
    """Deliveries on a clock that goes when it is told, and tasks that only note what they hear."""

    def __init__(self, tolerance: float | None = 300.0) -> None:
        self.now = 0.0
        # What follows the tasks: whoever hears of it does not hold it.
        self.followed: list[Woken] = []
        self.deliveries = Deliveries(
            lambda: SECRET, tolerance, clock=lambda: NOW + 0.9, now=lambda: self.now
        )
        self.deliveries.begin(URL)

    def task(self, task_id: str, url: str = URL) -> Woken:
        """Have a new task, as after a submit's answer."""
        request = Request("generations", {"webhook_url": url})
        woken = Woken(Task(TaskState(task_id, request, origin=URL, status="queued")))
        self.followed.append(woken)
        WebhookOption().watched(woken)
        return woken

    def take(self, body: bytes, timestamp: object = NOW) -> bool:
        """Take a well signed call."""
        return self.deliveries.take(body, sign_webhook(body, SECRET), str(timestamp))


@pytest.fixture
def house() -> Any:
    """Have deliveries that run."""
    running = House()
    yield running
    running.deliveries.end(URL)


@pytest.mark.parametrize("offset", [0, 1, -1, 299, -299, 300, -300])
def test_a_time_within_the_tolerance(house: House, offset: int) -> None:
    """Five minutes in either direction are taken, to the second."""
    woken = house.task("a1")
    assert house.take(body_of("a1"), NOW + offset)
    assert woken.calls == 1


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
    house: House, timestamp: object, caplog: pytest.LogCaptureFixture
) -> None:
    """A stale or future time, and what is no plain number of seconds, is refused and logged."""
    woken = house.task("a1")
    assert not house.take(body_of("a1"), timestamp)
    assert woken.calls == 0
    assert not house.take(body_of("a1"), timestamp)
    assert caplog.text.count("not within 300 s of this machine's clock") == 1
    assert "a1" not in caplog.text


@pytest.mark.parametrize("timestamp", ["", "0", "hello", "9" * 5000])
def test_any_time(timestamp: str) -> None:
    """Without a tolerance the time is not looked at: it was never a proof."""
    house = House(tolerance=None)
    woken = house.task("a1")
    assert house.take(body_of("a1"), timestamp)
    assert woken.calls == 1
    house.deliveries.end(URL)


def test_a_signature_that_is_wrong(house: House) -> None:
    """A forged call wakes nothing, and neither is it held."""
    woken = house.task("a1")
    for signature in ("", "sha256=", sign_webhook(body_of("a1"), "another secret")):
        assert not house.deliveries.take(body_of("a1"), signature, str(NOW))
    assert woken.calls == 0
    assert house.deliveries.count == 0
    assert house.task("a1").calls == 0


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
def test_a_body_that_names_no_task(house: House, body: bytes) -> None:
    """It is the service's, so it is taken; but it means nothing, and nothing is kept of it."""
    woken = house.task("a1")
    assert house.take(body)
    assert woken.calls == 0
    assert house.deliveries._held == {}


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
    ],
    ids=lambda body: repr(body[:60]),
)
def test_a_body_is_a_hint(house: House, body: bytes) -> None:
    """Whatever else it says, the task it names is asked about, and nothing of it is believed."""
    woken, other = house.task("a1"), house.task("b2")
    assert house.take(body)
    assert (woken.calls, other.calls) == (1, 0)
    assert woken.task.status == "queued"
    assert not woken.task.pictures


@pytest.mark.parametrize("task_id", ["../../x", "b2", "a1/", "A1", "%61%31"])
def test_an_id_of_somebody_else(house: House, task_id: str) -> None:
    """It is only compared: it wakes no task of ours, and no address is made of it."""
    woken = house.task("a1")
    assert house.take(body_of(task_id))
    assert woken.calls == 0


@pytest.mark.parametrize("status", ["queued", "processing"])
def test_a_task_that_still_runs(house: House, status: str) -> None:
    """That a task runs is no news."""
    woken = house.task("a1")
    assert house.take(body_of("a1", status))
    assert woken.calls == 0


def test_a_call_before_its_task(house: House) -> None:
    """It is held for a minute, and wakes whatever follows the task by then."""
    assert house.take(body_of("fast"))
    house.now = HOLD - 0.1
    assert house.task("other").calls == 0
    assert [house.task("fast").calls for _ in range(2)] == [1, 1]
    assert house.take(body_of("late"))
    house.now += HOLD
    assert house.task("late").calls == 0


def test_two_clients_of_one_task(house: House) -> None:
    """A task that is followed twice is woken twice, and its call is kept no longer."""
    both = [house.task("two"), house.task("two")]
    assert house.take(body_of("two"))
    assert [woken.calls for woken in both] == [1, 1]
    assert house.task("two").calls == 0


def test_strangers_are_forgotten(house: House) -> None:
    """Ids that never become ours are forgotten after a minute, and there is an end to them."""
    for number in range(100):
        house.now = float(number)
        assert house.take(body_of(f"x{number}"))
    assert len(house.deliveries._held) == HOLD
    house.now = 1000.0
    for number in range(3 * MOST_HELD):
        assert house.take(body_of(f"x{number}"))
    assert len(house.deliveries._held) == MOST_HELD
    assert house.task(f"x{3 * MOST_HELD - 1}").calls == 1
    assert house.task("x0").calls == 0
    house.now += HOLD
    assert house.take(body_of("last"))
    assert list(house.deliveries._held) == ["last"]


def test_held_from_the_last_call_on(house: House) -> None:
    """A call that comes twice is held once, from the second time."""
    assert house.take(body_of("twice"))
    house.now = HOLD - 1
    assert house.take(body_of("twice"))
    assert len(house.deliveries._held) == 1
    house.now = 2 * HOLD - 2
    assert house.task("twice").calls == 1


def test_whom_a_missing_call_concerns(house: House, caplog: pytest.LogCaptureFixture) -> None:
    """One call that does not come has all tasks of that receiver asked about, until one does."""
    ours, more = house.task("a1"), house.task("a2")
    others = house.task("b2", url="http://127.0.0.1:2/other")
    assert (ours.awaits, more.awaits, others.awaits) == (True, True, False)
    assert ours.missed is not None
    miss = ours.missed
    for _ in range(2):
        miss()
    assert (ours.awaits, more.awaits) == (False, False)
    assert not house.task("a3").awaits
    assert (ours.hurries, more.hurries, others.hurries) == (1, 1, 0)
    assert caplog.text.count("has not come") == 1
    assert "token" not in caplog.text
    assert house.take(body_of("x"))
    assert (ours.awaits, more.awaits, others.awaits) == (True, True, False)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_a_forked_child_hears_nothing(house: House) -> None:
    """In a child process there is no thread that takes calls, so none is waited for."""
    assert house.task("a1").awaits
    child = os.fork()
    if not child:
        os._exit(house.task("b2").awaits)
    assert os.waitpid(child, 0)[1] == 0
    assert house.task("b2").awaits


def test_after_the_end(house: House) -> None:
    """No call is awaited of a receiver that has ended, and it hears of new tasks no more."""
    ours = house.task("a1")
    house.take(body_of("held"))
    house.deliveries.end(URL)
    assert ours.hurries == 1
    assert not ours.awaits
    assert house.task("held").calls == 0

"""Twenty faults that were found in other clients of such services: this one has none of them.

Where a test elsewhere shows it, `ELSEWHERE` names it and nothing is written twice; the others
stand here, and `test_each_fault_has_its_test` holds the two together.
"""

from __future__ import annotations

import importlib
import threading
import time
from email.utils import formatdate
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
import requests

from lumen_widgets.client import WebhookReceiver, sign_webhook
from lumen_widgets.core import errors
from tests.client import fault_server as fault
from tests.client.conftest import KEY
from tests.client.fault_server import FaultServer, http
from tests.client.service import png
from tests.client.test_outcomes import TABLE, TAKEN

if TYPE_CHECKING:
    from collections.abc import Callable

    from lumen_widgets.client import LumenClient
    from tests.client.service import Service

PROCESSING = {"status": "processing"}

# By number: the fault, and the tests that show that it is not one of ours.
ELSEWHERE = {
    1: ("a paid POST sent again after it was accepted and the connection dropped", "test_row"),
    2: ("a paid POST sent again after a read time-out", "test_row"),
    3: ("a paid POST sent again after 500 or 502", "test_row"),
    7: ("a final word that is not known waits for ever", "test_tasks.test_unknown_status"),
    9: ("a secret in the text of an error", "test_again.test_webhooks_that_cannot_work"),
    11: ("transparency breaks an upload", "test_images.test_pil_images_of_every_mode_become_png"),
    12: ("a thread that the interpreter's exit waits for", "test_tasks.test_exit_does_not_wait"),
    16: ("one failed status call ends the wait", "test_tasks.test_blips_are_ridden_out"),
    18: ("no deadline, and a blip loses a paid task", "test_tasks.test_wait_timeout"),
    20: ("a time in the future is accepted", "test_deliveries.test_a_time_that_is_none"),
}
_ROWS = {
    1: ("closed after reading", "reset before reading"),
    2: ("read time-out", "headers that drip", "a body that drips"),
    3: ("500", "502 without one", "502 with a JSON error", "504", "599"),
}
_FOLDERS = {"test_images": "client_files", "test_deliveries": "webhooks"}


def test_each_fault_has_its_test() -> None:
    """Of all twenty, each is shown here or by a test elsewhere that still has its name."""
    here = {int(name.split("_")[2]) for name in globals() if name.startswith("test_fault_")}
    assert here | ELSEWHERE.keys() == set(range(1, 21))
    assert not here & ELSEWHERE.keys()
    for number, (_, named) in ELSEWHERE.items():
        if number in _ROWS:
            # One POST, whatever came back; test_outcomes.test_row holds each to it.
            assert {TABLE[row].posts for row in _ROWS[number]} == {1}
            continue
        module, _, test = named.partition(".")
        folder = _FOLDERS.get(module, "client")
        assert callable(getattr(importlib.import_module(f"tests.{folder}.{module}"), test))


@pytest.mark.slow
def test_fault_4_retry_after_is_ignored(connect: Callable[..., LumenClient]) -> None:
    """A 429 that asks for a second is given one before the submit goes out again."""
    busy = fault.answers(429, {}, {"Retry-After": "1"})
    with FaultServer(busy, fault.answers(200, TAKEN)) as server:
        connect(server.url).generate("a cat")
        first, second = server.posts
    assert second.at - first.at >= 0.99


@pytest.mark.slow
def test_fault_5_a_date_is_not_understood_and_an_hour_is_waited(
    connect: Callable[..., LumenClient],
) -> None:
    """A date counts as the seconds until then, and an hour is refused at once, not slept."""
    # dates have whole seconds; from then on it may be sent again
    allowed = int(time.time() + 2.5)
    date = formatdate(allowed, usegmt=True)
    wall_clock = time.time() - time.monotonic()
    with FaultServer(
        fault.answers(429, {}, {"Retry-After": date}), fault.answers(200, TAKEN)
    ) as server:
        connect(server.url).generate("a cat")
        _, second = server.posts
    assert second.at + wall_clock >= allowed - 0.1
    begun = time.monotonic()
    with FaultServer(fault.answers(429, {}, {"Retry-After": "3600"})) as server:
        with pytest.raises(errors.RateLimited, match="3600 s"):
            connect(server.url).generate("a cat")
        assert len(server.posts) == 1
    assert time.monotonic() - begun < 60


@pytest.mark.parametrize(
    ("word", "error"), [("cancelled", errors.TaskCancelled), ("failed", errors.TaskFailed)]
)
def test_fault_6_cancelled_is_not_known_to_be_an_end(
    word: str, error: type[errors.LumenError], service: Service, connect: Callable[..., LumenClient]
) -> None:
    """The first answer that says so ends the wait, long before its time-out."""
    service.statuses["*"] = [{"status": word}]
    task = connect(service.server.url).generate("a cat")
    with pytest.raises(error):
        task.wait(60)
    assert service.asked(task.id) == 1


@pytest.mark.slow
def test_fault_8_the_key_goes_to_whoever_serves_the_picture(
    service: Service, connect: Callable[..., LumenClient]
) -> None:
    """A result elsewhere is fetched without the key, also by a session of the user's own."""
    session = requests.Session()
    session.auth = ("user", KEY)
    session.headers["Authorization"] = f"Bearer {KEY}"
    session.cookies.set("token", KEY)
    with FaultServer(fault.answers(200, png(), {"Content-Type": "image/png"})) as store:
        service.statuses["*"] = [{"status": "succeeded", "data": [{"url": f"{store.url}/1"}]}]
        for options in ({}, {"session": session}):
            assert len(connect(service.server.url, **options).generate("a cat").wait(30)) == 1
        assert len(store.requests) == 2
        for request in store.requests:
            assert KEY.encode() not in request.raw
            assert b"authorization" not in request.raw.lower()
            assert b"cookie" not in request.raw.lower()


def test_fault_10_replays_are_checked_only_if_one_asks_for_it() -> None:
    """A receiver made without any argument refuses a signed call of ten minutes ago."""
    with WebhookReceiver() as receiver:
        body = b'{"id": "a1", "status": "succeeded"}'
        signature = sign_webhook(body, receiver.secret)
        answers = [
            requests.post(
                receiver.url,
                data=body,
                headers={"X-Lumen-Signature": signature, "X-Lumen-Timestamp": str(int(at))},
                timeout=10,
            ).status_code
            for at in (time.time() - 600, time.time() + 600, time.time())
        ]
    assert answers == [401, 401, 204]


@pytest.mark.slow
def test_fault_13_more_questions_than_answers(
    service: Service, connect: Callable[..., LumenClient]
) -> None:
    """The answer that says succeeded brings the pictures: the task is not asked about again."""
    service.statuses["*"] = [PROCESSING, service.succeeded("a")]
    task = connect(service.server.url).generate("a cat")
    task.wait(30)
    assert task.wait(30)
    assert task.pictures
    assert service.asked(task.id) == 2


@pytest.mark.slow
def test_fault_14_two_ways_to_wait_behave_differently(
    service: Service, connect: Callable[..., LumenClient]
) -> None:
    """There is one follower: wait, stream and as_completed see the same, and ask no more for it."""
    service.statuses["task-1"] = [PROCESSING, service.succeeded("a")]
    service.statuses["task-2"] = [{"status": "cancelled"}]
    client = connect(service.server.url)
    good, bad = client.generate("a"), client.generate("b")

    assert set(client.as_completed([good, bad], timeout=60)) == {good, bad}
    streamed = list(client.stream([good, bad], timeout=60, errors="skip"))
    assert streamed == list(good.wait(60))
    with pytest.raises(errors.TaskCancelled):
        bad.wait(60)
    with pytest.raises(errors.TasksFailed) as caught:
        list(client.stream([good, bad], timeout=60))
    assert [type(error) for error in caught.value.errors] == [errors.TaskCancelled]
    assert (service.asked("task-1"), service.asked("task-2")) == (2, 1)


@pytest.mark.slow
def test_fault_15_the_first_wish_of_the_server_freezes_the_pace(
    service: Service, connect: Callable[..., LumenClient]
) -> None:
    """A single Retry-After holds for one question; those after it come at the usual pace."""
    busy = http(429, b"", {"Retry-After": "2"})
    service.statuses["*"] = [busy, *[PROCESSING] * 4, service.succeeded("a")]
    task = connect(service.server.url).generate("a cat")
    task.wait(60)
    at = [one.at for one in service.server.requests if one.path.endswith(f"/{task.id}")]
    gaps = sorted(later - earlier for earlier, later in pairwise(at))
    assert gaps[-1] >= 1.9
    assert gaps[len(gaps) // 2] < 1.5


@pytest.mark.slow
def test_fault_17_a_busy_loop_that_holds_a_lock(
    service: Service, connect: Callable[..., LumenClient]
) -> None:
    """A wait takes hardly any of the processor, and others can look at the task meanwhile."""
    service.statuses["*"] = [PROCESSING]
    task = connect(service.server.url).generate("a cat")
    looked: list[str] = []

    def look() -> None:
        for _ in range(10):
            time.sleep(0.05)
            assert not task.done
            looked.append(task.status)
        # Only looks that came back end the wait below: one that held a lock would time out.
        service.statuses["*"] = [service.succeeded("a")]

    onlooker = threading.Thread(target=look)
    begun, used = time.monotonic(), time.process_time()
    onlooker.start()
    assert task.wait(60)
    used, lasted = time.process_time() - used, time.monotonic() - begun
    onlooker.join()
    assert len(looked) == 10
    assert set(looked) <= {"queued", "processing"}
    assert used < lasted / 2


@pytest.mark.slow
def test_fault_19_the_wall_clock_decides_when_a_wait_ends(
    service: Service, connect: Callable[..., LumenClient], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A clock that jumps by a day, either way, neither ends a wait nor makes it longer."""
    real, begun = time.time, time.monotonic()
    monkeypatch.setattr(
        time, "time", lambda: real() + 86_400 * (-1) ** int((time.monotonic() - begun) * 20)
    )
    service.statuses["*"] = [PROCESSING]
    task = connect(service.server.url).generate("a cat")
    begun_waiting = time.monotonic()
    with pytest.raises(errors.WaitTimeout):
        task.wait(0.6)
    assert 0.6 <= time.monotonic() - begun_waiting < 3
    service.statuses["*"] = [service.succeeded("a")]
    assert task.wait(30)

"""Webhooks: signed over the raw bytes, on success and failure, repeated until they are taken."""

from __future__ import annotations

import hashlib
import hmac
import json
from typing import TYPE_CHECKING, Any

import pytest

from lumen_widgets.sandbox.webhooks import BACK_OFF, deliver_due
from tests.conditions import until
from tests.sandbox_server.in_process import LATENCY, InProcess

if TYPE_CHECKING:
    from tests.sandbox_server.real_server import RealServer
    from tests.sandbox_server.receiver import Receiver

SECRET = "your-secret ü"  # noqa: S105 - of a test


def _deliver(in_process: InProcess) -> None:
    in_process.store.advance(in_process.clock.now)
    deliver_due(in_process.store, in_process.clock, in_process.info.result_url, lambda: False)


def _ended(in_process: InProcess, url: str, **fields: Any) -> str:
    task_id = in_process.submit(webhook_url=url, webhook_secret=SECRET, **fields).json()["id"]
    in_process.renderer.finish()
    in_process.clock.now += LATENCY
    return str(task_id)


@pytest.mark.parametrize("model", ["gpt-image-2-low", "sandbox-always-fails"])
def test_the_end_is_posted_and_signed(server: RealServer, receiver: Receiver, model: str) -> None:
    """On success and on failure alike, without anybody asking for the task."""
    task_id = server.submit(
        model=model, size="16x16", webhook_url=receiver.url, webhook_secret=SECRET
    )
    until(lambda: receiver.got)
    headers, body = receiver.got[0]
    assert json.loads(body) == server.status(task_id)
    expected = hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
    assert headers["X-Lumen-Signature"] == f"sha256={expected}"
    assert headers["Content-Type"] == "application/json"
    created = server.account()["ledger"][0]["at"]
    assert abs(int(headers["X-Lumen-Timestamp"]) - created) < 300


def test_the_body_is_the_status_call_s_answer(in_process: InProcess, receiver: Receiver) -> None:
    """With the time of the delivery, not of the task."""
    task_id = _ended(in_process, receiver.url)
    _deliver(in_process)
    ((headers, body),) = receiver.got
    assert json.loads(body) == in_process.status(task_id)
    assert headers["X-Lumen-Timestamp"] == str(int(in_process.clock.now))


@pytest.mark.parametrize("refusal", [500, 404, 302])
def test_a_refused_delivery_is_tried_again(
    in_process: InProcess, receiver: Receiver, refusal: int
) -> None:
    """After a pause, until it is answered 2xx; a redirect is not followed."""
    receiver.answers = [refusal]
    _ended(in_process, receiver.url)
    _deliver(in_process)
    _deliver(in_process)
    assert len(receiver.got) == 1
    in_process.clock.now += BACK_OFF[0]
    for _ in range(3):
        _deliver(in_process)
        in_process.clock.now += 1000
    assert len(receiver.got) == 2
    assert not in_process.store.unfinished()


def test_a_receiver_that_never_takes_it_is_given_up(
    in_process: InProcess, receiver: Receiver
) -> None:
    """There is an end to it."""
    receiver.answers = [500] * 100
    _ended(in_process, receiver.url)
    for _ in range(20):
        _deliver(in_process)
        in_process.clock.now += 1000
    assert len(receiver.got) == 1 + len(BACK_OFF)
    assert not in_process.store.unfinished()


def test_a_receiver_beyond_this_machine_is_not_called(
    in_process: InProcess, caplog: pytest.LogCaptureFixture
) -> None:
    """The task is accepted as the service would, and the log says why nothing was sent."""
    task_id = _ended(in_process, "https://your.app/callback?token=secret")
    _deliver(in_process)
    assert not in_process.store.unfinished()
    assert task_id in caplog.text
    assert "your.app" not in caplog.text


@pytest.mark.slow
def test_deliveries_outlive_the_server(in_process: InProcess, receiver: Receiver) -> None:
    """What is left when the server ends is still due for the next."""
    _ended(in_process, receiver.url)
    in_process.store.advance(in_process.clock.now)
    deliver_due(in_process.store, in_process.clock, in_process.info.result_url, lambda: True)
    assert receiver.got == []
    _deliver(in_process)
    assert len(receiver.got) == 1

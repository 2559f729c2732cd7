"""Webhooks: a task's end, told to the URL that its submit named, signed with the submit's secret.

The body is the status call's answer, byte for byte; the signature is over those bytes. Only
receivers on this machine are called: the sandbox never sends anything elsewhere.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import logging
from typing import TYPE_CHECKING

from lumen_widgets.sandbox.loopback import Unreachable, call, is_loopback
from lumen_widgets.sandbox.marked_answers import marked_answer

if TYPE_CHECKING:
    from collections.abc import Callable

    from lumen_widgets.sandbox.store import Store
    from lumen_widgets.sandbox.tasks import Task

# How often the service tries is not stated. These are our guess, in seconds between attempts: soon
# for a receiver that just restarts, and not for ever.
BACK_OFF = (0.5, 1.0, 2.0, 4.0, 8.0)
# For one attempt. A receiver that does its work before it answers needs a moment.
SECONDS = 5.0
# A receiver's answer is not read, only its status is.
_MAX_REPLY = 100_000

log = logging.getLogger(__name__)


def deliver_due(
    store: Store,
    clock: Callable[[], float],
    url_of: Callable[[str], str],
    stopping: Callable[[], bool],
) -> None:
    """Deliver every webhook that is due, one attempt each.

    Parameters
    ----------
    store
        Where the ended tasks are, and the attempts are counted.
    clock
        Gives unix seconds.
    url_of
        Makes a picture's URL of its name.
    stopping
        Asked before each: the rest is left for the next start.

    """
    for task, attempts in store.deliveries_due(clock()):
        if stopping():
            return
        again_at: float | None = None
        if not is_loopback(task.spec.webhook_url or ""):
            log.warning("task %s: its webhook is not on this machine, so not called", task.id)
        elif not _deliver(task, clock(), url_of):
            if attempts < len(BACK_OFF):
                again_at = clock() + BACK_OFF[attempts]
            else:
                log.warning("task %s: its webhook did not answer, given up", task.id)
        store.delivery_tried(task.id, again_at=again_at)


def signature(secret: str, body: bytes) -> str:
    """Return the value of ``X-Lumen-Signature`` for a body."""
    return "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def _deliver(task: Task, now: float, url_of: Callable[[str], str]) -> bool:
    body = json.dumps(marked_answer(task.answer(url_of), task.spec.marked)).encode()
    headers = {
        "Content-Type": "application/json",
        "X-Lumen-Signature": signature(task.spec.webhook_secret or "", body),
        "X-Lumen-Timestamp": str(int(now)),
    }
    try:
        reply = call(
            "POST",
            task.spec.webhook_url or "",
            body=body,
            headers=headers,
            seconds=SECONDS,
            max_bytes=_MAX_REPLY,
        )
    except Unreachable as error:
        log.info("task %s: webhook not delivered: %s", task.id, error)
        return False
    log.info("task %s: webhook answered %d", task.id, reply.status)
    return 200 <= reply.status < 300  # noqa: PLR2004 - HTTP's range for success

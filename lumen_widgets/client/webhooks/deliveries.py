"""What the service's calls mean: a hint, once per task, that it is worth asking about.

Nothing in a call is believed. One that is verified has its task asked about with the key, and that
answer counts: so a replay, an old state or another task's id can change nothing.
"""

from __future__ import annotations

import json
import logging
import os
import re
import threading
import time
from typing import TYPE_CHECKING

from lumen_widgets.client import registry
from lumen_widgets.client.webhooks.signatures import verify_webhook
from lumen_widgets.core.answers import RUNNING, read_id
from lumen_widgets.core.callback import URL_FIELD

if TYPE_CHECKING:
    from collections.abc import Callable

    from lumen_widgets.core.task import Task

_log = logging.getLogger("lumen_widgets")

# A fast call comes before the submit's own answer, and then names a task that is not ours yet. A
# submit takes 30 s at most unless told otherwise, so it is held for a minute …
HOLD = 60.0
# … and no more than so many: only who has the secret gets here, but a replay may too.
MOST_HELD = 1000

# Plain digits: whatever else int() reads (signs, underscores, other scripts' digits) no service
# sends, and it takes very long or raises on very many. Twelve last for thirty thousand years.
_SECONDS = re.compile(r"[0-9]{1,12}", re.ASCII)

# The receivers that run, by the address that the service calls. Each change is one step by itself.
_running: dict[str, Deliveries] = {}


class Deliveries:
    """The calls that one receiver gets.

    Parameters
    ----------
    secret
        Gives what they are signed with.
    tolerance
        Seconds that a call may be old, or ahead of this machine's clock; None takes any.
    clock, now
        Unix seconds, and seconds that only go forward.

    Attributes
    ----------
    count
        How many verified calls there were.

    """

    def __init__(
        self,
        secret: Callable[[], str],
        tolerance: float | None,
        *,
        clock: Callable[[], float] = time.time,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self.count = 0
        self._secret = secret
        self._tolerance = tolerance
        self._clock = clock
        self._now = now
        self._lock = threading.Lock()
        # Until when each id is held that belongs to no task of ours yet, the oldest first.
        self._held: dict[str, float] = {}
        # Whether a task was found to have ended although no call came.
        self._deaf = False
        self._warned = False
        # The process that hears: the thread of a parent does not live on in a forked child.
        self._process = 0
        self._stop_listening: Callable[[], None] | None = None

    def begin(self, url: str) -> None:
        """Count on calls for tasks whose webhook has this address."""
        self._deaf = False
        self._process = os.getpid()
        self._stop_listening = registry.listen(self._meet)
        _running[url] = self

    def end(self, url: str) -> None:
        """Count on them no more: those tasks are asked about as if they had no webhook."""
        _running.pop(url, None)
        if self._stop_listening is not None:
            self._stop_listening()
        _hurry(url)

    def take(self, body: bytes, signature: str, timestamp: str) -> bool:
        """Act on one call; return whether it was the service's.

        Parameters
        ----------
        body
            The raw bytes.
        signature, timestamp
            The values of the two headers; empty where there was none.

        """
        if not verify_webhook(body, signature, self._secret()):
            _log.info("A call to the webhook receiver was refused: its signature is not ours.")
            return False
        if not self._is_fresh(timestamp):
            # With a good signature this is a replay or a wrong clock: someone has to know, once.
            _log.log(
                logging.DEBUG if self._warned else logging.WARNING,
                "A signed call to the webhook receiver was refused, because its time is not within "
                "%g s of this machine's clock. Tasks are still asked about.",
                self._tolerance,
            )
            self._warned = True
            return False
        self.count += 1
        self._deaf = False
        task_id = _ended_task(body)
        if task_id is not None:
            # Held before it is looked for: a task that comes between the two is seen by `_meet`.
            self._hold(task_id)
            tasks = registry.with_id(task_id)
            for task in tasks:
                self._meet(task)
            if tasks:
                with self._lock:
                    self._held.pop(task_id, None)
        return True

    def hears(self) -> bool:
        """Say whether a task may be left to the service's call."""
        return not self._deaf and self._process == os.getpid()

    def miss(self, url: str, task_id: str) -> None:
        """Note that a task had ended and no call came, so that no other task waits for one."""
        if self._deaf:
            return
        self._deaf = True
        _log.warning(
            "The task %s has ended, and the service's call has not come. Until one comes, tasks "
            "are asked about as often as without a webhook. Can the service reach the receiver's "
            "public_url?",
            task_id,
        )
        _hurry(url)

    def _is_fresh(self, timestamp: str) -> bool:
        if self._tolerance is None:
            return True
        if not _SECONDS.fullmatch(timestamp):
            return False
        # The header has whole seconds: so has the clock, or the limit would be a moving one.
        return abs(int(self._clock()) - int(timestamp)) <= self._tolerance

    def _hold(self, task_id: str) -> None:
        now = self._now()
        with self._lock:
            self._held.pop(task_id, None)
            self._held[task_id] = now + HOLD
            while len(self._held) > MOST_HELD or next(iter(self._held.values())) <= now:
                del self._held[next(iter(self._held))]

    def _meet(self, task: Task) -> None:
        """Have a task asked about if its call is here."""
        with self._lock:
            until = self._held.get(task.id)
        if until is not None and self._now() < until and task._follower is not None:
            task._follower.called()


def is_awaited(task: Task) -> bool:
    """Say whether the end of a task is told to a receiver that runs here, and that hears."""
    deliveries = _running.get(_address(task))
    return deliveries is not None and deliveries.hears()


def missed(task: Task) -> None:
    """Note that a task was found to have ended although its call was awaited and did not come."""
    deliveries = _running.get(_address(task))
    if deliveries is not None:
        deliveries.miss(_address(task), task.id)


def _hurry(url: str) -> None:
    for task in registry.known():
        if task._follower is not None and _address(task) == url:
            task._follower.hurry()


def _address(task: Task) -> str:
    url = task.request.body.get(URL_FIELD)
    return url if isinstance(url, str) else ""


def _ended_task(body: bytes) -> str | None:
    """Return the id that a call names, None if it names none or says that it still runs."""
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        found = None
    task_id = read_id(found)
    if task_id is None:
        _log.info("A signed call to the webhook receiver names no task.")
        return None
    # The same JSON may well say its status in no word at all.
    return None if str(found.get("status")) in RUNNING else task_id

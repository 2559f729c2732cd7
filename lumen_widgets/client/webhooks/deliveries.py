"""What the service's calls mean: a hint, once per task, that it is worth asking about.

Nothing in a call is believed. One that is verified has its task asked about with the key, and that
answer counts: so a replay, an old state or another task's id can change nothing.
"""

from __future__ import annotations

import json
import logging
import re
import threading
import time
import weakref
from typing import TYPE_CHECKING

from lumen_widgets.client.webhooks.signatures import verify_webhook
from lumen_widgets.core.answers import RUNNING, read_id
from lumen_widgets.core.callback import URL_FIELD
from lumen_widgets.core.options import Option
from lumen_widgets.core.signal import forked

if TYPE_CHECKING:
    from collections.abc import Callable

    from lumen_widgets.core.options import Poller
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

# The receivers that run, by the address that the service calls, and all that follows a task of this
# process. Each change is one step by itself.
running: dict[str, Deliveries] = {}
_followed: weakref.WeakValueDictionary[int, Poller] = weakref.WeakValueDictionary()


# The threads that hear calls do not live on in a forked child.
forked.connect(lambda _: running.clear())


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

    def begin(self, url: str) -> None:
        """Count on calls for tasks whose webhook has this address."""
        self._deaf = False
        running[url] = self
        self._expect_all()

    def end(self, url: str) -> None:
        """Count on them no more: those tasks are asked about as if they had no webhook."""
        running.pop(url, None)
        self._ask_as_usual(url)

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
        if self._deaf:
            self._deaf = False
            self._expect_all()
        task_id = _ended_task(body)
        if task_id is not None:
            # Held before it is looked for: a task that comes between the two looks here.
            self._hold(task_id)
            for watcher in _watchers():
                if watcher.task.id == task_id:
                    watcher.poll_now(called=True)
                    with self._lock:
                        self._held.pop(task_id, None)
        return True

    def meet(self, watcher: Poller) -> None:
        """Have a task asked about if its call is here already; else expect one if it is ours."""
        with self._lock:
            until = self._held.get(watcher.task.id)
        if until is not None and self._now() < until:
            watcher.poll_now(called=True)
        elif running.get(_address(watcher.task)) is self:
            self._expect(watcher)

    def _expect_all(self) -> None:
        for watcher in _watchers():
            if running.get(_address(watcher.task)) is self:
                self._expect(watcher)

    def _expect(self, watcher: Poller) -> None:
        """Leave a task to the service's call, for as long as calls come."""
        if not self._deaf:
            watcher.expect_webhook(lambda: self._miss(watcher.task))

    def _miss(self, task: Task) -> None:
        """Note that a task had ended and no call came, so that no other task waits for one."""
        if self._deaf:
            return
        self._deaf = True
        _log.warning(
            "The task %s has ended, and the service's call has not come. Until one comes, tasks "
            "are asked about as often as without a webhook. Can the service reach the receiver's "
            "public_url?",
            task.id,
        )
        self._ask_as_usual(_address(task))

    @staticmethod
    def _ask_as_usual(url: str) -> None:
        for watcher in _watchers():
            if _address(watcher.task) == url:
                watcher.poll_as_usual()
                watcher.poll_now()

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


class WebhookOption(Option):
    """Has one task asked about when the service calls a receiver of this process."""

    def watched(self, poller: Poller) -> None:
        """Let every receiver know of the task."""
        _followed[id(poller)] = poller
        for deliveries in list(running.values()):
            deliveries.meet(poller)


def _watchers() -> list[Poller]:
    """Return all that follows a task of this process."""
    return [watcher for found in _followed.valuerefs() if (watcher := found()) is not None]


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

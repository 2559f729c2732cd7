"""Deliveries of webhooks: each verified call causes one status request for the task it names.

Nothing else in a call counts. The task's status is requested with the key, and that answer counts:
so a replay, an old state or another task's id can change nothing.
"""

from __future__ import annotations

import logging
import re
import time
import weakref
from http import HTTPStatus
from typing import TYPE_CHECKING

from lumen_widgets.client.webhooks.settings import DEFAULT_SETTINGS
from lumen_widgets.client.webhooks.signatures import verify_webhook
from lumen_widgets.client.webhooks.ttl_set import TTLSet
from lumen_widgets.core.answers import RUNNING, read_id
from lumen_widgets.core.callback import URL_FIELD
from lumen_widgets.core.http.transport import Answer
from lumen_widgets.core.log import Log
from lumen_widgets.core.options import Option
from lumen_widgets.core.signal import forked

if TYPE_CHECKING:
    from collections.abc import Callable

    from lumen_widgets.client.webhooks.settings import ReceiverSettings
    from lumen_widgets.core.options import Poller
    from lumen_widgets.core.task import Task

_log = Log()

# Plain digits: what else int() reads (signs, underscores, other scripts' digits) no service sends,
# and it takes very long or raises on very many. Twelve last for thirty thousand years.
_SECONDS = re.compile(r"[0-9]{1,12}", re.ASCII)

# The running receivers, by the address that the service calls, and what follows each task of this
# process. Each change is one atomic operation.
receivers: dict[str, Deliveries] = {}
_pollers: weakref.WeakValueDictionary[int, Poller] = weakref.WeakValueDictionary()


# The threads that receive calls do not live on in a forked child.
forked.connect(lambda _: receivers.clear())


class Deliveries:
    """The calls to one receiver, and the tasks whose ends it is told.

    Parameters
    ----------
    secret
        Returns what they are signed with.
    tolerance
        Seconds that a call may be old, or ahead of this machine's clock; None takes any.
    settings
        Limits and times.
    clock
        Unix seconds.
    early_calls
        Remembers the ids of calls whose tasks are not known here yet; None makes one as the
        settings say.

    Attributes
    ----------
    count
        How many verified calls there were.

    """

    def __init__(
        self,
        secret: Callable[[], str],
        tolerance: float | None,
        settings: ReceiverSettings = DEFAULT_SETTINGS,
        *,
        clock: Callable[[], float] = time.time,
        early_calls: TTLSet | None = None,
    ) -> None:
        self.count = 0
        self._secret = secret
        self._tolerance = tolerance
        self._settings = settings
        self._clock = clock
        if early_calls is None:
            early_calls = TTLSet(settings.early_call_ttl, settings.max_early_calls)
        self._early_calls = early_calls
        # Whether a task was found to have ended although no call came.
        self._call_missed = False
        self._warned = False

    def start(self, url: str) -> None:
        """Expect calls for tasks whose webhook has this address, and poll those tasks slowly."""
        self._call_missed = False
        receivers[url] = self
        self._poll_all_slowly()

    def stop(self, url: str) -> None:
        """Expect no more calls: those tasks are polled as if they had no webhook."""
        receivers.pop(url, None)
        self._poll_as_usual(url)

    def receive(self, body: bytes, signature: str, timestamp: str) -> bool:
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
            # With a good signature this is a replay or a wrong clock: one warning says so.
            _log.log(
                logging.DEBUG if self._warned else logging.WARNING,
                "A signed call to the webhook receiver was refused, because its time is not within "
                "%g s of this machine's clock. Tasks are still asked about.",
                self._tolerance,
            )
            self._warned = True
            return False
        self.count += 1
        if self._call_missed:
            self._call_missed = False
            self._poll_all_slowly()
        task_id = _ended_task(body)
        if task_id is not None:
            # Remembered before the task is looked up: one that is added in between finds it.
            self._early_calls.add(task_id)
            for poller in _all_pollers():
                if poller.task.id == task_id:
                    poller.poll_now(webhook_came=True)
                    self._early_calls.discard(task_id)
        return True

    def add(self, poller: Poller) -> None:
        """Add a task that is followed from now on; its call may have come already."""
        if poller.task.id in self._early_calls:
            poller.poll_now(webhook_came=True)
        elif receivers.get(_webhook_url(poller.task)) is self:
            self._poll_slowly(poller)

    def _poll_all_slowly(self) -> None:
        for poller in _all_pollers():
            if receivers.get(_webhook_url(poller.task)) is self:
                self._poll_slowly(poller)

    def _poll_slowly(self, poller: Poller) -> None:
        """Rely on the service's call for a task, unless a call has been missed."""
        if not self._call_missed:
            interval = self._settings.poll_interval
            poller.expect_webhook(interval, lambda: self._on_missed_call(poller.task))

    def _on_missed_call(self, task: Task) -> None:
        """Poll all tasks as usual, since one had ended and no call came."""
        if self._call_missed:
            return
        self._call_missed = True
        _log.warning(
            "The task %s has ended, and the service's call has not come. Until one comes, tasks "
            "are asked about as often as without a webhook. Can the service reach the receiver's "
            "public_url?",
            task.id,
        )
        self._poll_as_usual(_webhook_url(task))

    @staticmethod
    def _poll_as_usual(url: str) -> None:
        for poller in _all_pollers():
            if _webhook_url(poller.task) == url:
                poller.poll_as_usual()
                poller.poll_now()

    def _is_fresh(self, timestamp: str) -> bool:
        if self._tolerance is None:
            return True
        if not _SECONDS.fullmatch(timestamp):
            return False
        # The header has whole seconds: so has the clock, or the limit would be a moving one.
        return abs(int(self._clock()) - int(timestamp)) <= self._tolerance


class WebhookOption(Option):
    """Requests one task's status when the service calls a receiver of this process."""

    def watched(self, poller: Poller) -> None:
        """Add the task to every running receiver."""
        _pollers[id(poller)] = poller
        for deliveries in list(receivers.values()):
            deliveries.add(poller)


def _all_pollers() -> list[Poller]:
    """Return what follows each task of this process."""
    return [poller for found in _pollers.valuerefs() if (poller := found()) is not None]


def _webhook_url(task: Task) -> str:
    url = task.request.body.get(URL_FIELD)
    return url if isinstance(url, str) else ""


def _ended_task(body: bytes) -> str | None:
    """Return the id that a call names, None if there is none or the task still runs."""
    # what it names is only asked about
    found = Answer(HTTPStatus.OK, body=body).json(guess=True)
    task_id = read_id(found)
    if task_id is None:
        _log.info("A signed call to the webhook receiver names no task.")
        return None
    # The status may be no text at all.
    return None if str(found.get("status")) in RUNNING else task_id

"""What follows one task: asks until it ends, has its pictures fetched, writes the journal."""

from __future__ import annotations

import logging
import threading
from functools import partial
from typing import TYPE_CHECKING

from lumen_widgets.client import asking, deliveries, reservations
from lumen_widgets.client.answers import CANCELLED, FAILED, RUNNING, SUCCEEDED, TERMINAL, failure_of
from lumen_widgets.client.collector import Collector
from lumen_widgets.client.errors import LumenError, UpstreamError
from lumen_widgets.journal import JournalUnwritable

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from lumen_widgets.client.answers import Report
    from lumen_widgets.client.downloads import FetchedPicture
    from lumen_widgets.client.scheduler import Scheduler
    from lumen_widgets.client.task import Task
    from lumen_widgets.client.transport import Transport
    from lumen_widgets.journal import Journal

_log = logging.getLogger("lumen_widgets")

# Seconds until the first question and between two. Computed for tasks of 4 to 20 s: 10.9 requests
# a task, known 0.52 s after the end. Backing off would be slow just when most tasks finish.
FIRST_ASK, INTERVAL = 2.0, 1.1

# The same for a server on this machine, whose tasks are short and whose answers are free.
LOCAL_ASK = 0.25

# The same for a task whose end is told to a receiver that runs here: a call may be lost, and none
# is promised of a task that is cancelled (DESIGN: "still ask every 30 s").
AWAITED_ASK = 30.0

# So many answers in a row with a word that API.md does not have, or with none, are taken for a
# task that will never be understood; until then it may be a new word for "still running".
MOST_STRANGE = 20


class Follower:
    """Follows one task.

    Parameters
    ----------
    task
        The task, whose state this alone changes.
    transport, scheduler
        Whom to ask, and who runs the jobs.
    fetch
        Downloads one picture; raises DownloadError.
    journal, row
        Where the task is written down, None for nowhere.
    timeout
        Seconds for one request.

    """

    def __init__(
        self,
        task: Task,
        *,
        transport: Transport,
        scheduler: Scheduler,
        fetch: Callable[[str], FetchedPicture],
        journal: Journal | None,
        row: int | None,
        timeout: float,
    ) -> None:
        self._task = task
        self._transport = transport
        self._scheduler = scheduler
        self._journal = journal
        self._row = row
        self._timeout = timeout
        self._interval = LOCAL_ASK if transport.origin.is_loopback else INTERVAL
        # Guards what follows, and makes each step happen once: a refresh may cross a question
        # that is under way. Never held while anything talks.
        self._lock = threading.Lock()
        self._asking = False
        self._paused = False
        # When following began, while it has gone on without a break: only then does the end say
        # how long the task took.
        self._since: float | None = None
        self._turn = 0
        # Whether the service's call has come, whether a question for it is about to be asked, and
        # whether the next question is a late one, since a call should come before it.
        self._called = False
        self._at_once = False
        self._patient = False
        self._failures = 0
        self._strange = 0
        self._collector = Collector(
            task,
            scheduler=scheduler,
            fetch=fetch,
            journal=journal,
            row=row,
            interval=self._interval,
            arrived=self._tell,
            ended=self._end,
        )

    @property
    def paused(self) -> bool:
        """Whether nothing is asked because someone said so."""
        return self._paused

    def begin(self, report: Report | None = None) -> None:
        """Start following: from the submit, or with `report` from what was just said."""
        with self._lock:
            self._asking = True
            if report is None:
                self._since = self._scheduler.now()
                local = self._transport.origin.is_loopback
                try:
                    self._ask_later(LOCAL_ASK if local else FIRST_ASK)
                except RuntimeError as error:
                    # Paid already: its id must not be lost to an exception.
                    _log.warning("The task %s is not watched: %s", self._task.id, error)
        if report is not None:
            self.hear(report)

    def pause(self) -> None:
        """Ask no more until `resume`; a task that has ended or succeeded goes on to its end."""
        with self._lock:
            if not self._asking:
                return
            self._asking = False
            self._paused = True
            self._since = None
        self._tell()

    def resume(self) -> None:
        """Take up a task whose following had stopped, or whose pictures are not all here."""
        with self._lock:
            if self._asking or self._collector.busy or not self._task._reopen():
                return
            self._asking = True
            self._paused = False
            self._since = None
            self._failures = self._strange = 0
            self._ask_in(0.0)
        self._tell()

    def called(self) -> None:
        """Ask at once, since the service says that there is news; a second call changes nothing."""
        with self._lock:
            news, self._called = not self._called, True
        if news:
            self.hurry()

    def hurry(self) -> None:
        """Ask at once, if it is asked about at all."""
        with self._lock:
            if not self._asking or self._at_once:
                return
            try:
                self._ask_in(0.0)
                self._at_once = True
            except RuntimeError as error:
                _log.warning("The task %s is not watched: %s", self._task.id, error)

    def ask_now(self) -> None:
        """Ask on the caller's own thread, for as long as one request may take.

        Raises
        ------
        LumenError
            If the service refuses to say, or nothing came in time.

        """
        report = asking.ask_until(self._transport, self._task.id, self._timeout, self._scheduler)
        self.hear(report, wanted=True)

    def hear(self, report: Report, *, wanted: bool = False) -> None:
        """Act on what the service says of the task; while paused, only if it is `wanted` now."""
        with self._lock:
            if not (self._asking or (self._paused and wanted)):
                return
            self._failures = 0
            self._task._trouble = None
            self._strange = 0 if report.status in RUNNING | TERMINAL else self._strange + 1
            if report.status in TERMINAL or self._strange >= MOST_STRANGE:
                self._asking = self._paused = False
            elif self._asking and not self._at_once:  # else it is older than the news
                self._ask_later(self._interval)
        status = report.status
        # before anybody hears of its end, who might look at the budget then
        reservations.hear(self._transport.origin.url, self._task.id, status or "")
        if status == SUCCEEDED:
            if self._task._hear(SUCCEEDED):
                self._record(SUCCEEDED)
                self._tell()
            self._collector.collect(report.urls)
        elif status in {FAILED, CANCELLED}:
            self._record(status, report.error or {})
            self._end(failure_of(self._task.id, status, report.error or {}), status)
        elif self._strange >= MOST_STRANGE:
            self._end(self._not_understood(status))
        if status is not None and status not in TERMINAL and self._task._hear(status):
            self._record(status)
            self._tell()

    def _ask_later(self, usual: float) -> None:
        """Put off the next question, by `usual` seconds where no call is due; the lock is held."""
        patient = not self._called and deliveries.is_awaited(self._task)
        self._ask_in(AWAITED_ASK if patient else usual, patient=patient)

    def _ask_in(self, seconds: float, *, patient: bool = False) -> None:
        """Put off the next question to `seconds` from now; the lock is held."""
        self._turn += 1
        self._patient = patient
        try:
            self._scheduler.request(self._scheduler.now() + seconds, partial(self._ask, self._turn))
        except RuntimeError:  # no thread can be started, and none is there
            self._asking, self._paused = False, True
            raise

    def _ask(self, turn: int) -> None:
        with self._lock:
            if turn != self._turn or not self._asking:
                return
            self._at_once = False
            patient = self._patient
        try:
            report = asking.ask(self._transport, self._task.id, self._timeout)
            if patient and not self._called and report.status in {SUCCEEDED, FAILED}:
                deliveries.missed(self._task)
            self.hear(report)
        except asking.PassingError as passing:
            with self._lock:
                if turn == self._turn and self._asking:
                    self._failures += 1
                    self._task._trouble = passing.error.message
                    self._ask_in(asking.pause(self._interval, self._failures, passing.retry_after))
        except LumenError as error:
            if self._stop():
                self._end(error)
        except Exception as error:  # noqa: BLE001 -- a bug must not leave a wait hanging
            _log.exception("The task %s could not be asked about.", self._task.id)
            self._stop()
            if not self._paused:
                self._end(self._broken(error))

    def _stop(self) -> bool:
        """Ask no more; return whether it was still being asked."""
        with self._lock:
            was, self._asking = self._asking, False
            return was

    def _not_understood(self, status: str | None) -> UpstreamError:
        what = "answers that cannot be read" if status is None else f"the unknown status {status!r}"
        return UpstreamError(
            f"The service keeps giving {what} for the task {self._task.id}.",
            next_step="Call wait() to go on asking, or look in the service's console.",
            task_id=self._task.id,
            may_have_cost=True,
        )

    def _broken(self, error: Exception) -> UpstreamError:
        return UpstreamError(
            f"Asking for the task {self._task.id} failed here ({type(error).__name__}).",
            next_step="Call wait() to go on asking.",
            task_id=self._task.id,
            may_have_cost=True,
        )

    def _end(self, error: LumenError | None, status: str | None = None) -> None:
        self._task._finish(error, status)
        self._tell()

    def _tell(self) -> None:
        self._scheduler.errand(self._task._announce)

    def _record(self, status: str, error: Mapping[str, str] | None = None) -> None:
        if self._journal is None or self._row is None:
            return
        seconds = None if self._since is None else self._scheduler.now() - self._since
        try:
            self._journal.record(self._row, status=status, error=error, seconds=seconds)
        except JournalUnwritable as unwritable:
            _log.warning("The journal misses that %s is %s: %s", self._task.id, status, unwritable)

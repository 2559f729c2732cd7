"""What follows one task: asks until it ends, has its pictures fetched, writes the journal."""

from __future__ import annotations

import logging
import os
import threading
from functools import partial
from typing import TYPE_CHECKING, Any

from lumen_widgets.client.history import journalled
from lumen_widgets.client.spending import reservations
from lumen_widgets.client.webhooks import deliveries
from lumen_widgets.core.answers import CANCELLED, FAILED, RUNNING, SUCCEEDED, TERMINAL, failure_of
from lumen_widgets.core.errors import LumenError
from lumen_widgets.core.polling import status as asking
from lumen_widgets.core.polling.downloader import Collector
from lumen_widgets.core.polling.lanes import Sort
from lumen_widgets.core.polling.pacing import pace_of
from lumen_widgets.core.polling.watch import Watch

if TYPE_CHECKING:
    from collections.abc import Callable

    from lumen_widgets.core.answers import Report
    from lumen_widgets.core.http.transport import Transport
    from lumen_widgets.core.pictures.downloads import FetchedPicture
    from lumen_widgets.core.polling.lanes import Job
    from lumen_widgets.core.polling.scheduler import Scheduler
    from lumen_widgets.core.task import Task
    from lumen_widgets.journal import Journal

_log = logging.getLogger("lumen_widgets")

# Seconds between two questions about a task whose end is told to a receiver that runs here: a call
# may be lost, and none is promised of a task that is cancelled (DESIGN: "still ask every 30 s").
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
        self.process = os.getpid()
        self.row = row
        self._task = task
        self._transport = transport
        self._scheduler = scheduler
        self._journal = journal
        self._timeout = timeout
        self._origin = transport.origin.url
        self._watch = Watch(pace_of(transport.origin, task.request))
        # Guards what follows, and makes each step happen once: a refresh may cross a question
        # that is under way. Never held while anything talks.
        self._lock = threading.Lock()
        self._asking = False
        self._paused = False
        # The next question, and its number: one that is under way may be overtaken.
        self._job: Job | None = None
        self._turn = 0
        # Whether the service's call has come, whether a question for it is about to be asked, and
        # whether the next question is a late one, since a call should come before it.
        self._called = False
        self._at_once = False
        self._patient = False
        # In a row: questions that failed, answers that did not come in time, strange words.
        self._failures = self._lost = self._strange = 0
        self._collector = Collector(
            task,
            scheduler=scheduler,
            fetch=fetch,
            journal=journal,
            row=row,
            interval=self._watch.pace.interval,
            arrived=self._tell,
            ended=self._end,
        )

    @property
    def paused(self) -> bool:
        """Whether nothing is asked because someone said so."""
        return self._paused

    def begin(self, report: Report | None = None) -> None:
        """Start following: from the submit, or with `report` from what was just said."""
        # What is known by its id alone may be of any age and any kind.
        known = report is None or bool(self._task.request.body)
        age = (0.0 if report is None else self._task.elapsed) if known else None
        with self._lock:
            self._asking = True
            self._watch.begin(self._scheduler.now(), age)
            try:
                if report is None:
                    self._ask_later()
                if self._journal is not None and self._watch.pace.begins():
                    self._scheduler.errand(self._recall)
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
            self._paused = True
            self._forget_question()
        self._tell()

    def resume(self) -> None:
        """Take up a task whose following had stopped, or whose pictures are not all here."""
        with self._lock:
            if self._asking or self._collector.busy or not self._task._reopen():
                return
            self._asking = True
            self._paused = False
            self._failures = self._lost = self._strange = 0
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
            if not self._called:
                self._watch.unsure(self._scheduler.now())
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

    def hear(self, report: Report, *, wanted: bool = False, told: bool = False) -> None:
        """Act on what the service says of the task; while paused, only if it is `wanted` now.

        `told` is what was asked because the service's call had come.
        """
        with self._lock:
            if not (self._asking or (self._paused and wanted)):
                return
            self._failures = self._lost = 0
            self._task._trouble = None
            self._strange = 0 if report.status in RUNNING | TERMINAL else self._strange + 1
            now = self._scheduler.now()
            seconds = None
            if report.status in TERMINAL or self._strange >= MOST_STRANGE:
                self._paused = False
                seconds = self._watch.age(now)
                if report.status == SUCCEEDED:
                    seconds = self._watch.ended(now, told=told)
                self._forget_question()
            else:
                self._watch.runs(now)
                if self._asking and not self._at_once:  # else it is older than the news
                    self._ask_later()
        status = report.status
        # before anybody hears of its end, who might look at the budget then
        reservations.hear(self._transport.origin.url, self._task.id, status or "")
        if status == SUCCEEDED:
            if self._task._hear(SUCCEEDED):
                self._record(SUCCEEDED, seconds=seconds)
                self._tell()
            self._collector.collect(report.urls)
        elif status in {FAILED, CANCELLED}:
            self._record(status, error=report.error or {}, seconds=seconds)
            self._end(failure_of(self._task.id, status, report.error or {}), status)
        elif self._strange >= MOST_STRANGE:
            self._end(asking.not_understood(self._task.id, status))
        if status is not None and status not in TERMINAL and self._task._hear(status):
            self._record(status)
            self._tell()

    def _recall(self) -> None:
        """Learn from the journal, and ask at the time that it suggests."""
        journal, origin, request = self._journal, self._transport.origin, self._task.request
        if journal is None or not self._watch.pace.recall(journal, origin, request):
            return
        with self._lock:
            if self._asking and not (self._at_once or self._failures):
                self._ask_later()

    def _ask_later(self) -> None:
        """Put off the next question, to a late time where a call is due; the lock is held."""
        now = self._scheduler.now()
        self._patient = not self._called and deliveries.is_awaited(self._task)
        if self._patient:
            self._ask_in(AWAITED_ASK)
        else:
            self._ask_in(self._watch.next(now, self._scheduler.behind(self._origin)))

    def _ask_in(self, seconds: float) -> None:
        """Put off the next question to `seconds` from now; the lock is held."""
        if self._job is not None:
            self._scheduler.cancel(self._job)
        self._turn += 1
        try:
            self._job = self._scheduler.request(
                self._scheduler.now() + seconds,
                partial(self._ask, self._turn),
                sort=Sort.DOUBTFUL if self._lost else Sort.QUESTION,
                origin=self._origin,
            )
        except RuntimeError:  # no thread can be started, and none is there
            self._asking, self._paused = False, True
            raise

    def _ask(self, turn: int) -> None:
        with self._lock:
            if turn != self._turn or not self._asking:
                return
            told = self._called and self._at_once
            patient = self._patient and not self._at_once
            self._at_once = False
        sent = self._scheduler.now()
        try:
            allowed = min(asking.patience(self._lost), self._timeout)
            report = asking.ask(self._transport, self._task.id, allowed)
            self._scheduler.reopen(self._origin, sent)
            journalled.attend(self._journal)
            if patient and not self._called and report.status in {SUCCEEDED, FAILED}:
                deliveries.missed(self._task)
                self._watch.unsure(sent)
            self.hear(report, told=told)
        except asking.PassingError as passing:
            interval = self._watch.pace.interval
            asking.put_off_all(self._scheduler, self._origin, passing, sent, interval)
            with self._lock:
                if turn == self._turn and self._asking:
                    self._failures += 1
                    self._lost = self._lost + 1 if passing.lost else 0
                    self._task._trouble = passing.error.message
                    self._ask_in(asking.pause(interval, self._failures, passing.retry_after))
        except LumenError as error:
            self._scheduler.reopen(self._origin, sent)
            if self._stop():
                self._end(error)
        except Exception as error:  # noqa: BLE001 -- a bug must not leave a wait hanging
            _log.exception("The task %s could not be asked about.", self._task.id)
            self._stop()
            if not self._paused:
                self._end(asking.broken(self._task.id, error))

    def _stop(self) -> bool:
        """Ask no more; return whether it was still being asked."""
        with self._lock:
            was = self._asking
            self._forget_question()
            return was

    def _forget_question(self) -> None:
        """Ask no more, and learn nothing from how it ends; the lock is held."""
        self._asking = False
        self._watch.unsure(self._scheduler.now())
        if self._job is not None:
            self._scheduler.cancel(self._job)
            self._job = None

    def _end(self, error: LumenError | None, status: str | None = None) -> None:
        self._task._finish(error, status)
        self._tell()

    def _tell(self) -> None:
        self._scheduler.errand(self._task._announce)

    def _record(self, status: str, **told: Any) -> None:
        journalled.record(self._journal, self.row, self._task, status, **told)

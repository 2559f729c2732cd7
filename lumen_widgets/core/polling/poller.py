"""What looks after one task: asks until it ends, and has its pictures fetched."""

from __future__ import annotations

import logging
import threading
from functools import partial
from typing import TYPE_CHECKING

from lumen_widgets.core.answers import CANCELLED, FAILED, RUNNING, SUCCEEDED, TERMINAL, failure_of
from lumen_widgets.core.errors import DownloadError, LumenError
from lumen_widgets.core.options import StatusReport
from lumen_widgets.core.polling import status as questions
from lumen_widgets.core.polling.downloader import PictureDownloader
from lumen_widgets.core.polling.pace import pace_of
from lumen_widgets.core.polling.scheduler import RequestKind, shared_scheduler
from lumen_widgets.core.signal import forked
from lumen_widgets.core.task import Task

if TYPE_CHECKING:
    from collections.abc import Callable

    from lumen_widgets.core.answers import Report
    from lumen_widgets.core.http.transport import Transport
    from lumen_widgets.core.options import Options
    from lumen_widgets.core.pictures.downloads import FetchedPicture
    from lumen_widgets.core.polling.scheduler import Job
    from lumen_widgets.core.task import TaskState

_log = logging.getLogger("lumen_widgets")

# So many answers in a row with a word that API.md does not have, or with none, are taken for a
# task that will never be understood; until then it may be a new word for "still running".
MOST_STRANGE = 20


class TaskPoller:
    """Looks after one task, and alone writes its state.

    Parameters
    ----------
    state
        What is known of the task.
    options
        What plugs on to it.
    transport
        Whom to ask.
    fetch
        Downloads one picture; raises DownloadError.
    timeout
        Seconds for one request.

    Attributes
    ----------
    task : Task
        The task.

    """

    def __init__(
        self,
        state: TaskState,
        options: Options,
        *,
        transport: Transport,
        fetch: Callable[[str], FetchedPicture],
        timeout: float,
    ) -> None:
        self.task = Task(state, self)
        self._state = state
        self._options = options
        self._transport = transport
        self._fetch = fetch
        self._timeout = timeout
        self._origin = transport.origin.url
        self._reset()
        forked.connect_method(self.after_fork)

    def _reset(self) -> None:
        self._scheduler = shared_scheduler()
        self._timer = pace_of(self._transport.origin, self._state.request).timer()
        # Guards what follows, and makes each step happen once: a refresh may cross a question
        # that is under way. Never held while anything talks.
        self._lock = threading.Lock()
        self._asking = True
        self._paused = False
        # Whether the service has said its last word, and the task is not done yet.
        self._ending = False
        # The next question, and its number: one that is under way may be overtaken.
        self._job: Job | None = None
        self._turn = 0
        # Whether the service has called, and whether a question is about to be asked at once.
        self._called = False
        self._at_once = False
        # Seconds between two questions where a call is expected, and what to do if none came.
        self._rarely: tuple[float, Callable[[], None]] | None = None
        # In a row: questions that failed, answers that did not come in time, strange words.
        self._failures = self._lost = self._strange = 0
        self._downloads = PictureDownloader(
            self.task,
            self._state,
            self._options,
            scheduler=self._scheduler,
            download=self._fetch,
            interval=self._timer.pace.interval,
            arrived=self._announce,
            ended=self._end,
        )

    def after_fork(self, _: None) -> None:
        """Begin anew in a forked child, but not before somebody there asks for the task."""
        self._state.after_fork()
        self._reset()
        self._asking, self._paused = False, True

    @property
    def watching(self) -> bool:
        """Whether it is being asked about, or its pictures are fetched."""
        return not self._paused

    def begin(
        self,
        report: Report | None = None,
        *,
        age: float | None = 0.0,
        trouble: str | None = None,
    ) -> Task:
        """Start following, and return the task.

        Parameters
        ----------
        report
            What the service has just said, if it was asked.
        age
            How many seconds old the task is; None if that is not known.
        trouble
            Why the service could not be asked just now.

        """
        with self._lock:
            self._state.trouble = trouble
            self._timer.begin(self._scheduler.now(), age)
            try:
                if report is None:
                    self._ask_later()
                if self._timer.pace.begins():
                    self._scheduler.run_soon(self._learn)
            except RuntimeError as error:
                # Paid already: its id must not be lost to an exception.
                _log.warning("The task %s is not watched: %s", self._state.id, error)
        self._options.followed(self)
        if report is not None:
            self.hear(report)
        return self.task

    def fail(self, error: LumenError) -> None:
        """End it with an error of asking, unless it is asked about no more by now."""
        with self._lock:
            was_asking = self._asking
            self._stop_asking()
        if was_asking:
            self._end(error)

    def stop(self) -> None:
        """Ask no more until `watch`; a task that has ended or succeeded goes on to its end."""
        with self._lock:
            if not self._asking:
                return
            self._paused = True
            self._stop_asking()
        self._announce()

    def watch(self) -> None:
        """Take up a task whose following had stopped, or whose pictures are not all here."""
        with self._lock:
            if self._asking or self._ending or not self._state.reopen():
                return
            self._asking = True
            self._paused = False
            self._failures = self._lost = self._strange = 0
            self._ask_in(0.0)
        self._announce()

    def ask_now(self) -> None:
        """Ask on the caller's own thread, for as long as one request may take.

        Raises
        ------
        LumenError
            If the service refuses to say, or nothing came in time.

        """
        report = questions.ask_until(
            self._transport, self._state.id, self._timeout, self._scheduler
        )
        self.hear(report, wanted=True)

    def ask_at_once(self, *, called: bool = False) -> None:
        """Ask now, if it is asked about at all; a second call of the service changes nothing."""
        with self._lock:
            if called and self._called:
                return
            self._called = self._called or called
            if not self._asking or self._at_once:
                return
            if not self._called:
                self._timer.unsure(self._scheduler.now())
            try:
                self._ask_in(0.0)
                self._at_once = True
            except RuntimeError as error:
                _log.warning("The task %s is not watched: %s", self._state.id, error)

    def ask_rarely(self, seconds: float, missed: Callable[[], None]) -> None:
        """Ask only every so many seconds; `missed` is called if such a question finds the end."""
        with self._lock:
            self._rarely = seconds, missed
            if self._asking and not (self._called or self._at_once):
                self._ask_later()

    def ask_as_usual(self) -> None:
        """Take back `ask_rarely`."""
        with self._lock:
            self._rarely = None

    def hear(self, report: Report, *, wanted: bool = False, told: bool = False) -> None:
        """Act on what the service says of the task; while paused, only if it is `wanted` now.

        `told` is what was asked because the service's call had come.
        """
        status = report.status
        with self._lock:
            if not (self._asking or (self._paused and wanted)):
                return
            self._failures = self._lost = 0
            self._state.trouble = None
            self._strange = 0 if status in RUNNING | TERMINAL else self._strange + 1
            now = self._scheduler.now()
            seconds = None
            if status in TERMINAL or self._strange >= MOST_STRANGE:
                self._paused, self._ending = False, True
                seconds = self._timer.age(now)
                if status == SUCCEEDED:
                    seconds = self._timer.ended(now, told=told)
                self._stop_asking()
            else:
                self._timer.runs(now)
                if self._asking and not self._at_once:  # else it is older than the news
                    self._ask_later()
        self._act_on(report, seconds)

    def _act_on(self, report: Report, seconds: float | None) -> None:
        """Tell of what the service said, and see to what follows from it."""
        status, error = report.status, report.error
        if status is None:
            if self._strange >= MOST_STRANGE:
                self._end(questions.not_understood(self._state.id, None))
            return
        failed = status in {FAILED, CANCELLED}
        is_new = failed or self._state.hear(status)
        # Before anybody hears of its end, who might look at the budget then.
        self._options.status(
            StatusReport(status, is_new, (error or {}) if failed else None, seconds)
        )
        if failed:
            self._end(failure_of(self._state.id, status, error or {}), status)
        elif self._strange >= MOST_STRANGE:
            self._end(questions.not_understood(self._state.id, status))
        elif is_new:
            self._announce()
        if status == SUCCEEDED:
            try:
                self._downloads.fetch(report.urls)
            except RuntimeError as problem:  # no thread can be started for it
                self._end(questions.broken(self._state.id, problem))

    def _learn(self) -> None:
        """Learn from what earlier processes saw, and ask at the time that it suggests."""
        seconds = self._options.durations(self._state.request)
        if not seconds:
            return
        self._timer.pace.learn(seconds)
        with self._lock:
            if self._asking and not (self._at_once or self._failures):
                self._ask_later()

    def _ask_later(self) -> None:
        """Put off the next question, to a late time where a call is due; the lock is held."""
        if self._rarely is not None and not self._called:
            self._ask_in(self._rarely[0])
        else:
            behind = self._scheduler.lateness(self._origin)
            self._ask_in(self._timer.next(self._scheduler.now(), behind))

    def _ask_in(self, seconds: float) -> None:
        """Put off the next question to `seconds` from now; the lock is held."""
        if self._job is not None:
            self._scheduler.cancel(self._job)
        self._turn += 1
        try:
            self._job = self._scheduler.request(
                self._scheduler.now() + seconds,
                partial(self._ask, self._turn),
                kind=RequestKind.UNANSWERED if self._lost else RequestKind.STATUS,
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
            late = None if self._called or self._at_once else self._rarely
            self._at_once, self._job = False, None
        sent = self._scheduler.now()
        try:
            allowed = min(questions.patience(self._lost), self._timeout)
            report = questions.ask(self._transport, self._state.id, allowed)
            self._scheduler.open_origin(self._origin, sent)
            if late is not None and not self._called and report.status in {SUCCEEDED, FAILED}:
                self._timer.unsure(sent)
                late[1]()
            self.hear(report, told=told)
        except questions.PassingError as passing:
            self._ask_again(passing, turn, sent)
        except LumenError as error:
            self._scheduler.open_origin(self._origin, sent)
            self.fail(error)
        except Exception as error:  # noqa: BLE001 -- a bug must not leave a wait hanging
            _log.exception("The task %s could not be asked about.", self._state.id)
            self.fail(questions.broken(self._state.id, error))

    def _ask_again(self, passing: questions.PassingError, turn: int, sent: float) -> None:
        interval = self._timer.pace.interval
        questions.put_off_all(self._scheduler, self._origin, passing, sent, interval)
        with self._lock:
            if turn == self._turn and self._asking:
                self._failures += 1
                self._lost = self._lost + 1 if passing.lost else 0
                self._state.trouble = passing.error.message
                self._ask_in(questions.pause(interval, self._failures, passing.retry_after))

    def _stop_asking(self) -> None:
        """Ask no more, and learn nothing from how it ends; the lock is held."""
        self._asking = False
        self._timer.unsure(self._scheduler.now())
        if self._job is not None:
            self._scheduler.cancel(self._job)
            self._job = None

    def _end(self, error: LumenError | None, status: str | None = None) -> None:
        if self.task.reused and isinstance(error, DownloadError):
            error.next_step += " Calling it without reuse=True has it made, and paid, anew."
        self._state.finish(error, status)
        self._ending = False
        self._options.ended(self.task)
        self._announce()

    def _announce(self) -> None:
        self._scheduler.run_soon(partial(self._state.signal.send, self.task))

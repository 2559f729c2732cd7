"""What looks after one task: polls its status until it ends, and has its pictures fetched."""

from __future__ import annotations

import threading
from contextlib import suppress
from enum import Enum
from functools import partial
from http import HTTPStatus
from typing import TYPE_CHECKING

from lumen_widgets.core.answers import (
    CANCELLED,
    FAILED,
    RUNNING,
    SUCCEEDED,
    TERMINAL,
    failure_of,
)
from lumen_widgets.core.errors import DownloadError, LumenError
from lumen_widgets.core.log import Log
from lumen_widgets.core.options import StatusReport
from lumen_widgets.core.polling import status as status_requests
from lumen_widgets.core.polling.downloader import PictureDownloader
from lumen_widgets.core.polling.scheduler import RequestKind, shared_scheduler
from lumen_widgets.core.signal import forked
from lumen_widgets.core.task import Task
from lumen_widgets.core.words import format_count

if TYPE_CHECKING:
    from collections.abc import Callable

    from lumen_widgets.core.answers import Report
    from lumen_widgets.core.http.transport import Transport
    from lumen_widgets.core.options import Options
    from lumen_widgets.core.pictures.downloads import FetchedPicture
    from lumen_widgets.core.polling.scheduler import Job
    from lumen_widgets.core.task import TaskState

_log = Log()

# So many answers in a row with a status that the API documentation does not have, or with none, end
# the polling; until then it may be a new word for "still running".
MAX_UNKNOWN = 20


# How far polling has come; ENDING is from the service's last word until the task is done.
_Phase = Enum("_Phase", ["POLLING", "PAUSED", "ENDING", "ENDED"])


class TaskPoller:
    """Looks after one task: polls it, and writes its state.

    The task knows it as its `Watcher` (core/task.py), the options as their `Poller`
    (core/options.py): each sees only what it may use.

    Parameters
    ----------
    state
        What is known of the task.
    options
        What plugs on to it.
    transport
        The way to the service.
    fetch
        Downloads one picture by its address and `limits`; raises DownloadError.
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
        fetch: Callable[..., FetchedPicture],
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
        pace = self._scheduler.paces.of(self._transport.origin, self._state.request)
        self._timer = pace.timer(self._replan)
        # Before the second try: a server on this machine that restarts is not asked as often as one
        # that draws.
        self._interval = max(pace.interval, self._scheduler.timing.refresh_interval)
        # Guards what follows, and makes each step happen once: a refresh may cross a question
        # that is under way. Never held during a request, nor while an option or subscriber runs.
        self._lock = threading.RLock()
        self._phase = _Phase.POLLING
        # The next question, and its number: one that is under way may be overtaken.
        self._job: Job | None = None
        self._turn = 0
        # Whether the webhook has come, and whether a question is about to leave without a wait.
        self._webhook_came = self._immediate = False
        # While the webhook is expected: seconds between two questions, and what to call if one of
        # them finds the end first.
        self._expected: tuple[float, Callable[[], None]] | None = None
        # What keeps the service from being asked, if that lasts, and whether another task found it.
        self._trouble: tuple[type[LumenError], int | str] | None = None
        self._heard_trouble = False
        # In a row: questions that failed, those without an answer in time, unknown statuses; and
        # those after the task had succeeded, for pictures that were not there yet.
        self._failures = self._unanswered = self._unknown = self._looks = 0
        self._succeeded = 0.0
        self._downloads = PictureDownloader(
            self.task,
            self._state,
            self._options,
            origin=self._transport.origin,
            scheduler=self._scheduler,
            download=self._fetch,
            arrived=self._notify,
            ended=self._delivered,
        )

    def after_fork(self, _: None) -> None:
        """Begin anew in a forked child, paused until the child itself waits for the task."""
        self._reset()
        self._phase = _Phase.PAUSED

    @property
    def watching(self) -> bool:
        """Whether it is polled, or its pictures are fetched."""
        return self._phase is not _Phase.PAUSED

    def start(
        self,
        report: Report | None = None,
        *,
        age: float | None = 0.0,
        trouble: LumenError | None = None,
    ) -> Task:
        """Start polling, and return the task.

        Parameters
        ----------
        report
            The service's status, if it was asked just now.
        age
            How many seconds old the task is; None if that is not known.
        trouble
            Why the service could not be asked just now.

        """
        with self._lock:
            self._note_trouble(trouble, lasts=trouble is not None)
            self._timer.start(self._scheduler.now(), age)
            try:
                if report is None:
                    self._poll_later()
                if self._timer.pace.needs_history():
                    self._scheduler.run_soon(self._learn)
            except RuntimeError as error:
                # Paid already: its id must not be lost to an exception.
                _log.warning("The task %s is not watched: %s", self._state.id, error)
        self._options.watched(self)
        if report is not None:
            self.handle(report)
        return self.task

    def fail(self, error: LumenError) -> None:
        """End it with an error of polling, unless it is not polled any more."""
        with self._lock:
            if self._phase is not _Phase.POLLING:
                return
            self._stop_polling(_Phase.ENDED)
        self._deliver(error)

    def stop(self) -> None:
        """Poll no more until `watch`; a task that has ended or succeeded goes on to its end."""
        with self._lock:
            if self._phase is not _Phase.POLLING or self._state.status == SUCCEEDED:
                return
            self._stop_polling(_Phase.PAUSED)
            self._note_trouble(None)
        self._notify()

    def watch(self) -> None:
        """Take up a task whose polling had stopped, or whose pictures are not all here."""
        with self._lock:
            if self._phase in {_Phase.POLLING, _Phase.ENDING} or not self._state.reopen():
                return
            self._failures = self._unanswered = self._unknown = self._looks = 0
            self._note_trouble(None)
            self._poll_in(0.0)
        self._notify()

    def refresh(self) -> None:
        """Ask on the caller's own thread, for as long as one request may take.

        Raises
        ------
        LumenError
            If the service refuses to say, or no answer came in time.

        """
        report = status_requests.poll_until(
            self._transport, self._state.id, self._timeout, self._scheduler, self._hide
        )
        self.handle(report, wanted=True)

    def poll_now(self, *, webhook_came: bool = False) -> None:
        """Poll now, if it is polled at all; a webhook that comes a second time changes nothing."""
        with self._lock:
            if webhook_came and self._webhook_came:
                return
            self._webhook_came = self._webhook_came or webhook_came
            if self._phase is not _Phase.POLLING or self._immediate:
                return
            if not self._webhook_came:
                self._timer.stop_measuring(self._scheduler.now())
            try:
                self._poll_in(0.0)
                self._immediate = True
            except RuntimeError as error:
                _log.warning("The task %s is not watched: %s", self._state.id, error)

    def hear_trouble(self, error: LumenError | None) -> None:
        """Take in what another task's question has found: why none is answered, or that one was."""
        with self._lock:
            if self._phase is not _Phase.POLLING:
                return
            if error is not None:
                self._note_trouble(error, lasts=True)
                self._heard_trouble = True
            elif self._heard_trouble:
                self._note_trouble(None)

    def expect_webhook(self, interval: float, missed: Callable[[], None]) -> None:
        """Poll rarely, since the webhook is expected; `missed` is called if it did not come."""
        with self._lock:
            self._expected = interval, missed
            if self._phase is _Phase.POLLING and not (self._webhook_came or self._immediate):
                self._poll_later()

    def poll_as_usual(self) -> None:
        """Take back `expect_webhook`."""
        with self._lock:
            self._expected = None

    def handle(self, report: Report, *, wanted: bool = False, webhook_came: bool = False) -> None:
        """Act on the service's report of the task.

        Parameters
        ----------
        report
            The report.
        wanted
            Whether the caller waits for it: then it counts while paused too.
        webhook_came
            Whether it was asked for because the webhook had come.

        """
        try:
            self._handle(report, wanted=wanted, webhook_came=webhook_came)
        except BaseException:
            # Ctrl-C, where the caller asked: it has not ended, and the next wait takes it up.
            if self._phase is _Phase.ENDING:
                self._phase = _Phase.PAUSED
            raise

    def _handle(self, report: Report, *, wanted: bool, webhook_came: bool) -> None:
        status = report.status
        with self._lock:
            is_polling = self._phase is _Phase.POLLING
            if not (is_polling or (self._phase is _Phase.PAUSED and wanted)):
                return
            self._failures = self._unanswered = 0
            self._note_trouble(None)
            self._unknown = 0 if status in RUNNING | TERMINAL else self._unknown + 1
            now = self._scheduler.now()
            seconds = None
            # The last word stays the last: what is said after it is no list of pictures.
            has_ended = self._state.status == SUCCEEDED and status is not None
            if status in TERMINAL or has_ended or self._unknown >= MAX_UNKNOWN:
                if status == SUCCEEDED:
                    seconds = self._timer.ended(now, webhook_came=webhook_came)
                else:
                    seconds = self._timer.age(now)
                self._stop_polling(_Phase.ENDING)
            else:
                self._timer.runs(now)
                if is_polling and not self._immediate:  # else the report is older than the webhook
                    self._poll_later()
        self._act_on(report, seconds)

    def _act_on(self, report: Report, seconds: float | None) -> None:
        """Have options and subscribers know of a report, and see to what follows from it."""
        status = report.status
        # The journal has them too.
        error = report.error or {}
        if status is None:
            if self._unknown >= MAX_UNKNOWN:
                self._deliver(status_requests.unknown_status_error(self._state.id, None))
            return
        if self._state.status == SUCCEEDED != status:
            self._fetch_pictures(None)
            return
        failed = status in {FAILED, CANCELLED}
        is_new = failed or self._state.set_status(status)
        # Before the end is published: a subscriber may look at the budget.
        self._options.status(StatusReport(status, is_new, error if failed else None, seconds))
        if failed:
            self._finish(failure_of(self._state.id, status, error), status)
        elif self._unknown >= MAX_UNKNOWN:
            self._deliver(status_requests.unknown_status_error(self._state.id, status))
        elif is_new:
            self._notify()
        if status == SUCCEEDED:
            self._fetch_pictures(report.urls)

    def _fetch_pictures(self, urls: list[str | None] | None) -> None:
        try:
            self._downloads.fetch(urls)
        except RuntimeError as problem:
            self._finish(status_requests.internal_error(self._state.id, problem))

    def _delivered(self, error: DownloadError | None) -> None:
        """End the task, or ask once more where pictures may still come."""
        timing, asked_for = self._scheduler.timing, self._state.request.n
        is_short = self._downloads.is_whole and self._downloads.listed < asked_for
        if is_short or (error and error.status == HTTPStatus.NOT_FOUND):
            patience = timing.doubtful_pictures
        else:
            patience = timing.late_pictures if error and error.transient else 0.0
        with self._lock, suppress(RuntimeError):
            now = self._scheduler.now()
            self._succeeded = self._succeeded if self._looks else now
            self._looks += 1
            wait = status_requests.backoff(timing, self._interval, self._looks)
            if now + wait < self._succeeded + patience:
                self._poll_in(wait)
                return
        self._deliver(error)

    def _deliver(self, error: LumenError | None) -> None:
        """End the task with the pictures that are here, or with an error if some are missing.

        Where all were here, it was only asked whether there are more.
        """
        if error is None or self._downloads.is_whole:
            error = None
            pictures = self.task.pictures
            self._options.placed(pictures)
            if (missing := self._state.request.n - len(pictures)) > 0:
                count = format_count(missing, "picture")
                self._state.note(f"The service made {count} fewer than were asked for.")
        self._finish(error)

    def _hide(self, text: bytes) -> bytes:
        """Return a service's words without the key and the webhook's secret."""
        return self._state.request.hide(self._transport.key.hide(text))

    def _learn(self) -> None:
        """Learn from what earlier processes saw, and poll at the time that it suggests."""
        seconds = self._options.durations(self._state.request)
        if not seconds:
            return
        self._timer.pace.learn(seconds)
        self._poll_at_new_pace()

    def _replan(self) -> None:
        """Have the next question planned anew, soon: the caller may hold another task's lock."""
        self._scheduler.run_soon(self._poll_at_new_pace)

    def _poll_at_new_pace(self) -> None:
        with self._lock:
            is_planned = self._job is not None and not (self._immediate or self._failures)
            if self._phase is _Phase.POLLING and is_planned:
                self._poll_later()

    def _poll_later(self) -> None:
        """Plan the next question, far off where the webhook is expected; the lock is held."""
        if self._expected is not None and not self._webhook_came:
            self._poll_in(self._expected[0])
        else:
            crowd = self._scheduler.crowd(self._origin)
            self._poll_in(self._timer.next(self._scheduler.now(), crowd))

    def _poll_in(self, seconds: float) -> None:
        """Plan the next question for `seconds` from now; the lock is held."""
        try:
            if self._job is not None:
                self._scheduler.cancel(self._job)
            self._turn += 1
            self._phase = _Phase.POLLING
            self._job = self._scheduler.request(
                self._scheduler.now() + seconds,
                partial(self._poll, self._turn),
                kind=RequestKind.UNANSWERED if self._unanswered else RequestKind.STATUS,
                origin=self._origin,
                is_local=self._transport.origin.is_loopback,
                hear_trouble=self.hear_trouble,
            )
        except BaseException:  # no thread can be started, or Ctrl-C came: another wait tries again
            self._phase = _Phase.PAUSED
            raise

    def _poll(self, turn: int) -> None:
        with self._lock:
            if turn != self._turn or self._phase is not _Phase.POLLING:
                return
            webhook_came = self._webhook_came and self._immediate
            expected = None if self._webhook_came or self._immediate else self._expected
            self._immediate, self._job = False, None
        sent = self._scheduler.now()
        try:
            wait = status_requests.answer_wait(self._scheduler.timing, self._unanswered)
            report = status_requests.poll(
                self._transport, self._state.id, min(wait, self._timeout), self._hide
            )
            self._scheduler.open_origin(self._origin, sent)
            ended = report.status in {SUCCEEDED, FAILED}
            if expected is not None and ended and not self._webhook_came:
                self._timer.stop_measuring(sent)
                expected[1]()
            self.handle(report, webhook_came=webhook_came)
        except status_requests.TransientError as transient:
            self._retry(transient, turn, sent)
        except LumenError as error:
            self._scheduler.open_origin(self._origin, sent)
            self.fail(error)
        except Exception as error:  # noqa: BLE001 -- a bug must not leave a wait hanging
            _log.exception("The task %s could not be asked about.", self._state.id)
            with self._lock:
                self._stop_polling(_Phase.ENDED)
            self._finish(status_requests.internal_error(self._state.id, error))
        except BaseException:
            # a SystemExit of an adapter's ends this thread, Ctrl-C may end a loop that drives this
            with self._lock:
                if turn == self._turn and self._phase is _Phase.POLLING:
                    self._poll_later()
            raise

    def _retry(self, transient: status_requests.TransientError, turn: int, sent: float) -> None:
        is_told = status_requests.pause_origin(
            self._scheduler, self._origin, transient, sent, self._interval
        )
        end = self._succeeded + self._scheduler.timing.doubtful_pictures
        if self._looks and self._downloads.is_whole and self._scheduler.now() >= end:
            self.fail(transient.error)
            return
        with self._lock:
            if turn == self._turn and self._phase is _Phase.POLLING:
                self._failures += 1
                self._unanswered = self._unanswered + 1 if transient.unanswered else 0
                lasts = is_told or transient.lasts(self._failures)
                self._note_trouble(transient.error, lasts=lasts)
                self._heard_trouble = transient.shared
                timing, interval = self._scheduler.timing, self._interval
                self._poll_in(transient.wait(timing, interval, self._failures))

    def _note_trouble(self, error: LumenError | None, *, lasts: bool = False) -> None:
        """Note why the service cannot be asked, and tell of it once it lasts; the lock is held."""
        state, before = self._state, self._trouble
        state.trouble = None if error is None else error.message
        self._heard_trouble = False
        if error is None:
            self._trouble = None
        elif lasts or before is not None:
            # a service may say each time something else, as an id of the request
            self._trouble = type(error), error.status or error.message
        if self._trouble != before:
            state.lasting_trouble = None if self._trouble is None else state.trouble
            self._notify()

    def _stop_polling(self, phase: _Phase) -> None:
        """Poll no more, and learn nothing from how it ends; the lock is held."""
        self._phase = phase
        self._timer.stop_measuring(self._scheduler.now())
        if self._job is not None:
            self._scheduler.cancel(self._job)
            self._job = None

    def _finish(self, error: LumenError | None, status: str | None = None) -> None:
        if self.task.reused and isinstance(error, DownloadError):
            if why := self._options.unreadable():
                error.next_step += (
                    f" What is kept of it on this disk cannot be read now ({why}): once it can, "
                    "waiting again brings it."
                )
            error.next_step += " Calling it without reuse=True has it made, and paid, anew."
        self._state.finish(error, status)
        with self._lock:
            # After an error of polling it may be watched again by now.
            if self._phase is _Phase.ENDING:
                self._phase = _Phase.ENDED
        self._options.ended(self.task)
        self._notify()

    def _notify(self) -> None:
        self._scheduler.run_soon(partial(self._state.signal.send, self.task))

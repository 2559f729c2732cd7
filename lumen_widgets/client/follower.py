"""What follows one task: asks until it ends, fetches its pictures, writes the journal."""

from __future__ import annotations

import logging
import threading
from functools import partial
from typing import TYPE_CHECKING

from lumen_widgets.client import asking
from lumen_widgets.client.answers import CANCELLED, FAILED, RUNNING, SUCCEEDED, TERMINAL, failure_of
from lumen_widgets.client.errors import DownloadError, LumenError, UpstreamError
from lumen_widgets.client.pictures import Picture
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
        self._fetch = fetch
        self._journal = journal
        self._row = row
        self._timeout = timeout
        self._interval = LOCAL_ASK if transport.origin.is_loopback else INTERVAL
        # Guards what follows, and makes each step happen once: a refresh may cross a question
        # that is under way. Never held while anything talks.
        self._lock = threading.Lock()
        self._asking = False
        self._turn = 0
        self._failures = 0
        self._strange = 0
        self._awaited: set[int] = set()
        self._arrived: dict[int, Picture] = {}
        self._missing: dict[int, DownloadError] = {}

    def begin(self, report: Report | None = None) -> None:
        """Start following; with `report`, from what the service has just said."""
        with self._lock:
            self._asking = True
            if report is None:
                local = self._transport.origin.is_loopback
                self._ask_in(LOCAL_ASK if local else FIRST_ASK)
        if report is not None:
            self.hear(report)

    def resume(self) -> None:
        """Take up a task whose following had stopped, or whose pictures are not all here."""
        with self._lock:
            if self._asking or self._awaited:
                return
            self._asking = True
            self._failures = self._strange = 0
            self._task._reopen()
            self._ask_in(0.0)

    def ask_now(self) -> None:
        """Ask on the caller's own thread, for as long as one request may take.

        Raises
        ------
        LumenError
            If the service refuses to say, or nothing came in time.

        """
        report = asking.ask_until(self._transport, self._task.id, self._timeout, self._scheduler)
        self.hear(report)

    def hear(self, report: Report) -> None:
        """Act on what the service says of the task."""
        with self._lock:
            if not self._asking:
                return
            self._failures = 0
            self._strange = 0 if report.status in RUNNING | TERMINAL else self._strange + 1
            if report.status in TERMINAL or self._strange >= MOST_STRANGE:
                self._asking = False
            else:
                self._ask_in(self._interval)
        status = report.status
        if status == SUCCEEDED:
            self._collect(report.urls)
        elif status in {FAILED, CANCELLED}:
            self._record(status, report.error or {})
            self._end(failure_of(self._task.id, status, report.error or {}), status)
        elif self._strange >= MOST_STRANGE:
            self._end(self._not_understood(status))
        if status is not None and status not in TERMINAL and self._task._hear(status):
            self._record(status)
            self._tell()

    def _ask_in(self, seconds: float) -> None:
        """Put off the next question to `seconds` from now; the lock is held."""
        self._turn += 1
        self._scheduler.request(self._scheduler.now() + seconds, partial(self._ask, self._turn))

    def _ask(self, turn: int) -> None:
        with self._lock:
            if turn != self._turn or not self._asking:
                return
        try:
            report = asking.ask(self._transport, self._task.id, self._timeout)
        except asking.PassingError as passing:
            with self._lock:
                if turn == self._turn and self._asking:
                    self._failures += 1
                    self._ask_in(asking.pause(self._interval, self._failures, passing.retry_after))
        except LumenError as error:
            if self._stop():
                self._end(error)
        else:
            self.hear(report)

    def _stop(self) -> bool:
        """Ask no more; return whether it was still being asked."""
        with self._lock:
            was, self._asking = self._asking, False
            return was

    def _collect(self, urls: list[str] | None) -> None:
        """Fetch the pictures of a task that has succeeded, as far as they are not here yet."""
        if self._task._hear(SUCCEEDED):
            self._record(SUCCEEDED)
            self._tell()
        if urls is None:
            self._end(
                DownloadError(
                    f"The task {self._task.id} succeeded, but its list of pictures cannot be read.",
                    next_step="Call wait() again, or look in the service's console.",
                    task_id=self._task.id,
                )
            )
            return
        with self._lock:
            self._missing = {}
            self._awaited = set(range(len(urls))) - set(self._arrived)
            awaited = sorted(self._awaited)
        if not awaited:
            self._end(None)
        for index in awaited:
            self._scheduler.request(
                self._scheduler.now(), partial(self._bring, index, urls[index], len(urls))
            )

    def _bring(self, index: int, url: str, count: int) -> None:
        picture: Picture | None = None
        error: DownloadError | None = None
        try:
            picture = self._bought(self._fetch(url), index, url, count)
        except DownloadError as failed:
            error = failed
        except Exception as failed:  # noqa: BLE001 -- a bug must not leave a wait hanging
            _log.exception("A picture of the task %s could not be fetched.", self._task.id)
            error = DownloadError(f"Fetching it failed here ({type(failed).__name__}).")
        with self._lock:
            if picture is not None:
                self._arrived[index] = picture
                self._task._hold([self._arrived[place] for place in sorted(self._arrived)])
            elif error is not None:
                self._missing[index] = error
            self._awaited.discard(index)
            over = not self._awaited
        if over:
            self._end(self._incomplete(count) if self._missing else None)
        elif picture is not None:
            self._tell()

    def _bought(self, fetched: FetchedPicture, index: int, url: str, count: int) -> Picture:
        """Keep a fetched picture in the journal and return it as the user will see it."""
        facts = {
            "sha256": fetched.sha256,
            "media_type": fetched.media_type,
        }
        if self._journal is not None and self._row is not None:
            try:
                self._journal.keep(
                    self._row,
                    index,
                    fetched.data,
                    width=fetched.width,
                    height=fetched.height,
                    **facts,
                )
            except (JournalUnwritable, ValueError) as error:
                _log.warning("A picture of %s was not kept: %s", self._task.id, error)
        return Picture(
            fetched.data,
            width=fetched.width,
            height=fetched.height,
            index=index,
            count=count,
            prompt=self._task.request.prompt or None,
            task=self._task,
            url=url,
            **facts,
        )

    def _incomplete(self, count: int) -> DownloadError:
        first = self._missing[min(self._missing)]
        return DownloadError(
            f"{len(self._missing)} of {count} pictures of the task {self._task.id} could not be "
            f"fetched: {first.message}",
            pictures=self._task.pictures,
            next_step="Call wait() again: it fetches what is missing, and pays nothing.",
            status=first.status,
            task_id=self._task.id,
        )

    def _not_understood(self, status: str | None) -> UpstreamError:
        what = "answers that cannot be read" if status is None else f"the unknown status {status!r}"
        return UpstreamError(
            f"The service keeps giving {what} for the task {self._task.id}.",
            next_step="Call wait() to go on asking, or look in the service's console.",
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
        try:
            self._journal.record(self._row, status=status, error=error)
        except JournalUnwritable as unwritable:
            _log.warning("The journal misses that %s is %s: %s", self._task.id, status, unwritable)

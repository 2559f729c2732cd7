"""What fetches the pictures of a task that has succeeded, and keeps them in the journal."""

from __future__ import annotations

import logging
import threading
from functools import partial
from typing import TYPE_CHECKING, Any

from lumen_widgets.client.history import journalled
from lumen_widgets.core.errors import DownloadError
from lumen_widgets.core.pictures.picture import Picture
from lumen_widgets.core.polling.lanes import Sort
from lumen_widgets.core.polling.status import pause
from lumen_widgets.journal import JournalUnwritable

if TYPE_CHECKING:
    from collections.abc import Callable

    from lumen_widgets.core.pictures.downloads import FetchedPicture
    from lumen_widgets.core.polling.scheduler import Scheduler
    from lumen_widgets.core.task import Task
    from lumen_widgets.journal import Journal

_log = logging.getLogger("lumen_widgets")

# How often a picture is asked for before its absence is an error: with the pauses between, a
# service that restarts or a network that drops for some seconds is ridden out.
MOST_TRIES = 4


class Collector:
    """Fetches the pictures of one task.

    Parameters
    ----------
    task
        The task, to which the pictures are given as they arrive.
    scheduler
        Who runs the downloads.
    fetch
        Downloads one picture; raises DownloadError.
    journal, row
        Where pictures are kept, None for nowhere.
    interval
        Seconds before the second try.
    arrived
        Called after each picture but the last.
    ended
        Called at the end, with an error if pictures are missing.

    """

    def __init__(
        self,
        task: Task,
        *,
        scheduler: Scheduler,
        fetch: Callable[[str], FetchedPicture],
        journal: Journal | None,
        row: int | None,
        interval: float,
        arrived: Callable[[], None],
        ended: Callable[[DownloadError | None], None],
    ) -> None:
        self._task = task
        self._scheduler = scheduler
        self._fetch = fetch
        self._journal = journal
        self._row = row
        self._interval = interval
        self._tell = arrived
        self._end = ended
        # Guards what follows; never held while anything talks.
        self._lock = threading.Lock()
        self._awaited: set[int] = set()
        self._arrived: dict[int, Picture] = {}
        self._missing: dict[int, DownloadError] = {}

    @property
    def busy(self) -> bool:
        """Whether pictures are being fetched."""
        return bool(self._awaited)

    def collect(self, urls: list[str] | None) -> None:
        """Fetch what is not here yet; None is a list that could not be read."""
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
            self._bring_in(0.0, index, urls[index], len(urls), tries=1)

    def _bring_in(self, seconds: float, index: int, url: str, count: int, *, tries: int) -> None:
        job = partial(self._bring, index, url, count, tries)
        self._scheduler.request(self._scheduler.now() + seconds, job, sort=Sort.PICTURE)

    def _bring(self, index: int, url: str, count: int, tries: int) -> None:
        picture: Picture | None = None
        error: DownloadError | None = None
        try:
            picture = self._bought(self._fetch(url), index, url, count)
        except DownloadError as failed:
            if failed.passing and tries < MOST_TRIES:
                self._bring_in(pause(self._interval, tries), index, url, count, tries=tries + 1)
                return
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
        facts: dict[str, Any] = {
            name: getattr(fetched, name) for name in ("media_type", "width", "height", "sha256")
        }
        if self._journal is not None and self._row is not None:
            try:
                self._journal.keep(self._row, index, fetched.data, count=count, **facts)
            except (JournalUnwritable, ValueError) as error:
                journalled.missed(
                    self._journal, f"A picture of {self._task.id} was not kept", error
                )
        return Picture(
            fetched.data,
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
            next_step=f"{first.next_step} Waiting again pays nothing.".lstrip(),
            status=first.status,
            task_id=self._task.id,
        )

"""What fetches the pictures of a task that has succeeded."""

from __future__ import annotations

import logging
import threading
from dataclasses import KW_ONLY, dataclass
from functools import partial
from typing import TYPE_CHECKING

from lumen_widgets.core.answers import LONGEST_LIST
from lumen_widgets.core.errors import DownloadError
from lumen_widgets.core.pictures.picture import Picture
from lumen_widgets.core.polling.scheduler import RequestKind
from lumen_widgets.core.request import MAX_PICTURES

if TYPE_CHECKING:
    from collections.abc import Callable

    from lumen_widgets.core.http.origin import Origin
    from lumen_widgets.core.options import Options
    from lumen_widgets.core.pictures.downloads import FetchedPicture
    from lumen_widgets.core.polling.scheduler import Scheduler
    from lumen_widgets.core.task import Task, TaskState

_log = logging.getLogger("lumen_widgets")


@dataclass(eq=False, repr=False)
class PictureDownloader:
    """Fetches the pictures of one task.

    Parameters
    ----------
    task
        The task.
    state
        Gets the pictures as they arrive.
    options
        Keep them, and may make others of them.
    origin
        The service's.
    scheduler
        Runs the downloads.
    download
        Downloads one picture by its address and `limits`; raises DownloadError.
    arrived
        Called after each picture but the last.
    ended
        Called at the end, with an error if pictures are missing: a transient one where another
        `fetch` may bring them, by the addresses that the service then gives.

    """

    task: Task
    state: TaskState
    options: Options
    _: KW_ONLY
    origin: Origin
    scheduler: Scheduler
    download: Callable[..., FetchedPicture]
    arrived: Callable[[], None]
    ended: Callable[[DownloadError | None], None]

    def __post_init__(self) -> None:
        # Guards what follows; never held during a download or a call of an option.
        self._lock = threading.Lock()
        self._awaited: set[int] = set()
        self._arrived: dict[int, Picture] = {}
        self._missing: dict[int, DownloadError] = {}

    def fetch(self, urls: list[str] | None) -> None:
        """Fetch what is not here yet; None is a list that could not be read."""
        if urls is None:
            self.ended(
                DownloadError(
                    f"The task {self.task.id} succeeded, but its list of pictures cannot be read.",
                    next_step="Call wait() again, or look in the service's console.",
                    task_id=self.task.id,
                    transient=True,
                )
            )
            return
        limit = max(MAX_PICTURES, min(self.task.request.n, LONGEST_LIST))
        if len(urls) > limit:
            self.state.note(
                f"The service lists {len(urls)} pictures, and no more than {limit} are fetched."
            )
            urls = urls[:limit]
        with self._lock:
            self._missing = {}
            self._awaited = set(range(len(urls))) - set(self._arrived)
            awaited = sorted(self._awaited)
        if not awaited:
            self.ended(None)
        for index in awaited:
            job = partial(self._download, index, urls[index], len(urls))
            self.scheduler.request(
                self.scheduler.now(),
                job,
                kind=RequestKind.PICTURE,
                is_local=self.origin.is_loopback and urls[index].startswith(f"{self.origin.url}/"),
            )

    def _download(self, index: int, url: str, count: int) -> None:
        limits = self.scheduler.timing.downloads
        result: Picture | DownloadError
        try:
            result = self._store(self.download(url, limits=limits), index, url, count)
        except DownloadError as failed:
            result = failed
        except Exception as failed:  # noqa: BLE001 -- a bug must not leave a wait hanging
            _log.exception("A picture of the task %s could not be fetched.", self.task.id)
            result = DownloadError(f"Fetching it failed here ({type(failed).__name__}).")
        with self._lock:
            if isinstance(result, Picture):
                self._arrived[index] = result
                self.state.set_pictures([self._arrived[place] for place in sorted(self._arrived)])
            else:
                self._missing[index] = result
            self._awaited.discard(index)
            over = not self._awaited
        if over:
            self.ended(self._incomplete(count) if self._missing else None)
        elif isinstance(result, Picture):
            self.arrived()

    def _store(self, fetched: FetchedPicture, index: int, url: str, count: int) -> Picture:
        """Have the options store a picture, and return it as the user gets it."""
        self.options.picture(fetched, index, count)
        picture = Picture(
            fetched.data,
            media_type=fetched.media_type,
            width=fetched.width,
            height=fetched.height,
            sha256=fetched.sha256,
            index=index,
            count=count,
            prompt=self.task.request.prompt or None,
            task=self.task,
            url=url,
        )
        return self.options.derive(picture)

    def _incomplete(self, count: int) -> DownloadError:
        first = self._missing[min(self._missing)]
        return DownloadError(
            f"{len(self._missing)} of {count} pictures of the task {self.task.id} could not be "
            f"fetched: {first.message}",
            pictures=self.task.pictures,
            next_step=f"{first.next_step} Waiting again pays nothing.".lstrip(),
            status=first.status,
            task_id=self.task.id,
            transient=all(error.transient for error in self._missing.values()),
        )

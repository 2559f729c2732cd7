"""What fetches the pictures of a task that has succeeded."""

from __future__ import annotations

import logging
import threading
from collections import Counter
from dataclasses import KW_ONLY, dataclass
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

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


class _Arrived(NamedTuple):
    """A picture that is here: as it came, as the user gets it, and where it came from."""

    fetched: FetchedPicture
    picture: Picture
    url: str


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
        self._arrived: dict[int, _Arrived] = {}
        self._missing: dict[int, DownloadError] = {}
        # the places of pictures that the options know in another one
        self._moved: set[int] = set()

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
            self._place_anew(urls)
            self._missing = {}
            self._awaited = set(range(len(urls))) - set(self._arrived)
            awaited = sorted(self._awaited)
        if not awaited:
            self._store_moved(len(urls))
            self.ended(None)
        for index in awaited:
            job = partial(self._download, index, urls[index], len(urls))
            self.scheduler.request(
                self.scheduler.now(),
                job,
                kind=RequestKind.PICTURE,
                is_local=self.origin.is_loopback and urls[index].startswith(f"{self.origin.url}/"),
            )

    def settle(self) -> None:
        """Have the options know that there are no more pictures than those that are here."""
        with self._lock:
            arrived = sorted(self._arrived.items())
        for place, one in arrived[-1:]:
            self.options.picture(one.fetched, place, len(arrived))

    def _place_anew(self, urls: list[str]) -> None:
        """Put what is here in the places of another list; the lock is held.

        Pictures may be listed one by one as they get ready, each where it belongs. What a list does
        not name any more keeps its place: its address may only have been signed anew.
        """
        named = {at: _place_of(one.url, urls) for at, one in self._arrived.items()}
        claims = Counter(named.values())
        places = {
            at: place for at, place in named.items() if place is not None and claims[place] == 1
        }
        taken = set(places.values())
        places |= {at: at for at in named.keys() - places.keys() if at not in taken}
        self._moved |= {place for at, place in places.items() if place != at}
        self._arrived = {place: self._arrived[at] for at, place in places.items()}
        for place, one in self._arrived.items():
            for picture in (one.picture, one.picture.raw):
                picture.index, picture.count = place, max(len(urls), place + 1)
        if self._arrived:
            self.state.set_pictures(self._in_order())

    def _store_moved(self, count: int) -> None:
        """Have the options store anew what has another place now, once all pictures are here.

        Before, it would seem to them that all were.
        """
        with self._lock:
            moved = {at: one for at, one in self._arrived.items() if at in self._moved}
            self._moved = set()
        for place, one in moved.items():
            self.options.picture(one.fetched, place, count)
            self.options.derived(one.picture)

    def _in_order(self) -> list[Picture]:
        return [self._arrived[place].picture for place in sorted(self._arrived)]

    def _download(self, index: int, url: str, count: int) -> None:
        limits = self.scheduler.timing.downloads
        result: _Arrived | DownloadError
        try:
            result = self._store(self.download(url, limits=limits), index, url, count)
        except DownloadError as failed:
            result = failed
        except Exception as failed:  # noqa: BLE001 -- a bug must not leave a wait hanging
            _log.exception("A picture of the task %s could not be fetched.", self.task.id)
            result = DownloadError(f"Fetching it failed here ({type(failed).__name__}).")
        with self._lock:
            if isinstance(result, _Arrived):
                self._arrived[index] = result
                self.state.set_pictures(self._in_order())
            else:
                self._missing[index] = result
            self._awaited.discard(index)
            over = not self._awaited
        if over:
            if not self._missing:
                self._store_moved(count)
            self.ended(self._incomplete(count) if self._missing else None)
        elif isinstance(result, _Arrived):
            self.arrived()

    def _store(self, fetched: FetchedPicture, index: int, url: str, count: int) -> _Arrived:
        """Have the options store a picture, and return it as the user gets it, too.

        As long as more may be listed than are, they are told of as many as were asked for: a
        process that takes this one's place has to look for the others.
        """
        self.options.picture(fetched, index, max(count, min(self.task.request.n, LONGEST_LIST)))
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
        return _Arrived(fetched, self.options.derive(picture), url)

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


def _place_of(url: str, urls: list[str]) -> int | None:
    """Return which address of a list is this one; None if none is, or several may be.

    A signature is part of the query as a rule, and another one with each answer.
    """
    for found in (urls, [one.partition("?")[0] for one in urls]):
        if found.count(url) == 1:
            return found.index(url)
        url = url.partition("?")[0]
    return None

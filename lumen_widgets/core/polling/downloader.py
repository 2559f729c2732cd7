"""What fetches the pictures of a task that has succeeded."""

from __future__ import annotations

import itertools
from dataclasses import KW_ONLY, dataclass
from functools import partial
from typing import TYPE_CHECKING

from lumen_widgets.core.answers import LONGEST_LIST
from lumen_widgets.core.errors import DownloadError
from lumen_widgets.core.locks import Condition
from lumen_widgets.core.log import Log
from lumen_widgets.core.pictures.downloads import FetchedPicture
from lumen_widgets.core.pictures.picture import Picture
from lumen_widgets.core.polling.scheduler import RequestKind
from lumen_widgets.core.request import MAX_PICTURES

if TYPE_CHECKING:
    from collections.abc import Callable

    from lumen_widgets.core.http.origin import Origin
    from lumen_widgets.core.options import Options
    from lumen_widgets.core.polling.scheduler import Scheduler
    from lumen_widgets.core.task import Task, TaskState

_log = Log()


@dataclass(eq=False)
class _Arrived:
    """A picture that is here: as it came, as the user gets it, and its address in the last list."""

    fetched: FetchedPicture
    picture: Picture
    url: str | None


@dataclass(eq=False, repr=False)
class PictureDownloader:
    """Fetches the pictures of one task, and puts each in its place.

    A task that has succeeded may list its pictures one by one, sort them anew, or sign each address
    anew, until all are here. So each list is placed by itself: a picture that is here has the place
    of its own address, or of the address whose bytes are the same. One that the list does not have
    (any more, or yet) was paid too, and has the first place that is free, in the list or behind it.

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
        self._lock = Condition()
        # Pictures that came and are not placed yet, since something is made of them.
        self._unfinished = 0
        self._urls: list[str | None] = []
        # What is here, by its place in the list, and what is not found in it.
        self._placed: dict[int, _Arrived] = {}
        self._unplaced: list[_Arrived] = []
        # Places in the list: what is being fetched, what could not be, what is there by its
        # address alone.
        self._awaited: set[int] = set()
        self._missing: dict[int, DownloadError] = {}
        self._unchecked: set[int] = set()
        self._has_begun = False

    @property
    def listed(self) -> int:
        """How many pictures the newest list has."""
        return len(self._urls)

    @property
    def is_whole(self) -> bool:
        """Whether as many pictures are here as the newest list has, wherever they came from.

        An address that ends, or a list that cannot be read, takes back nothing that was delivered.
        """
        with self._lock:
            here = len(self._placed) + len(self._unplaced)
            return bool(self._urls) and not self._awaited and here >= len(self._urls)

    def fetch(self, urls: list[str | None] | None) -> None:
        """Fetch what is not here yet; None is a list, or a place in it, that could not be read."""
        if urls is None:
            self.ended(
                DownloadError(
                    f"The task {self.task.id} succeeded, but its list of pictures cannot be read.",
                    pictures=self.task.pictures,
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
        kept = self._kept(self._here())
        with self._lock:
            # After Ctrl-C those of the list before may still come: else they were fetched again,
            # and stood there twice.
            while self._unfinished:
                self._lock.wait()
            here = self._here()
            self._unplaced += [one for one in kept if one.fetched.sha256 not in here]
            self._has_begun = True
            self._place(urls)
            # The others may not be there for long: they are fetched all the same.
            self._missing = {at: _without_address() for at, url in enumerate(urls) if not url}
            awaited = [
                (index, url) for index, url in enumerate(urls) if url and index not in self._placed
            ]
            self._awaited = {index for index, _ in awaited}
        if not awaited:
            self._end(urls)
        for index, url in awaited:
            self.scheduler.request(
                self.scheduler.now(),
                partial(self._download, urls, index),
                kind=RequestKind.PICTURE,
                is_local=self.origin.is_loopback and url.startswith(f"{self.origin.url}/"),
            )

    def _here(self) -> set[str]:
        """Return the digests of what is here."""
        with self._lock:
            return {one.fetched.sha256 for one in (*self._placed.values(), *self._unplaced)}

    def _kept(self, here: set[str]) -> list[_Arrived]:
        """Return what else is kept than what is `here`, before anything is fetched.

        A forked child has its parent's pictures, and a process that takes a task up those that
        another one stored; what could not be read at first may be by now.
        """
        if self.task.pictures and not self._has_begun:
            return [_Arrived(_as_it_came(one), one, one.raw.url) for one in self.task.pictures]
        return [
            _Arrived(fetched, self._picture(fetched, index), None)
            for index, fetched in sorted(self.options.kept().items())
            if fetched.sha256 not in here
        ]

    def _place(self, urls: list[str | None]) -> None:
        """Begin with another list: what is here is placed by its address; the lock is held."""
        known = [*(self._placed[place] for place in sorted(self._placed)), *self._unplaced]
        self._urls, self._placed = urls, {}
        for place, url in enumerate(urls):
            one = next((one for one in known if url and one.url == url), None)
            if one is not None:
                known.remove(one)
                self._placed[place] = one
        self._unplaced, self._unchecked = known, set(self._placed)
        self._publish()

    def _publish(self) -> None:
        """Tell each picture its place, and the task its pictures; the lock is held."""
        free = (place for place in itertools.count() if place not in self._placed)
        places = self._placed | dict(zip(free, self._unplaced, strict=False))
        for place, one in places.items():
            for picture in (one.picture, one.picture.raw):
                picture.index, picture.count = place, max(len(self._urls), len(places))
        if places:
            self.state.set_pictures([places[place].picture for place in sorted(places)])

    def _download(self, urls: list[str | None], index: int) -> None:
        """Fetch what a list has in a place, and in each other that turns out to be in doubt."""
        doubtful: int | None = index
        while doubtful is not None:
            index, doubtful = doubtful, None
            failure: DownloadError | None = None
            ended: BaseException | None = None
            try:
                fetched = self.download(urls[index], limits=self.scheduler.timing.downloads)
                doubtful = self._put(fetched, urls, index)
            except DownloadError as failed:
                failure = failed
            except Exception as failed:  # noqa: BLE001 -- a bug must not leave a wait hanging
                _log.exception("A picture of the task %s could not be fetched.", self.task.id)
                failure = DownloadError(f"Fetching it failed here ({type(failed).__name__}).")
            except BaseException as error:  # noqa: BLE001 -- raised below
                # a SystemExit of an adapter's, or Ctrl-C in a loop that drives this: the picture is
                # fetched anew
                words = f"Fetching it was ended here by {type(error).__name__}."
                failure, ended = DownloadError(words, transient=True), error
            with self._lock:
                if urls is not self._urls:
                    return
                if failure is not None:
                    self._missing[index] = failure
                self._awaited.discard(index)
                over = not self._awaited
            if over:
                self._end(urls)
            elif failure is None:
                self.arrived()
            if ended is not None:
                raise ended

    def _end(self, urls: list[str | None]) -> None:
        """Say that all of a list is fetched, but for what is missing."""
        self.ended(self._incomplete(len(urls)) if self._missing else None)

    def _put(self, fetched: FetchedPicture, urls: list[str | None], index: int) -> int | None:
        """Put what came where a list has it; return a place of which that makes it doubtful."""
        url = urls[index]
        with self._lock:
            if urls is not self._urls:  # of an earlier list: the newest has it fetched anew
                return None
            known, doubtful = self._find(fetched)
            if known is not None:
                known.url, self._placed[index] = url, known
                self._publish()
                return doubtful
            most = len(urls) + len(self._unplaced)
            self._unfinished += 1
        # As long as more may be listed than are, the options are told of as many as were asked for:
        # a process that takes this one's place has to look for the others.
        try:
            self.options.picture(fetched, index, max(most, min(self.task.request.n, LONGEST_LIST)))
            one = _Arrived(fetched, self._picture(fetched, index, url), url)
            with self._lock:
                self._placed[index] = one
                self._publish()
        finally:
            with self._lock:
                self._unfinished -= 1
                self._lock.notify_all()
        return None

    def _find(self, fetched: FetchedPicture) -> tuple[_Arrived | None, int | None]:
        """Take out what is here of the same bytes, and the place it had; the lock is held.

        An address may name a place rather than a picture. So where the bytes that came are those of
        a picture whose address alone has placed it, that address is fetched after all.
        """
        for one in self._unplaced:
            if one.fetched.sha256 == fetched.sha256:
                self._unplaced.remove(one)
                return one, None
        for place in sorted(self._unchecked):
            if self._placed[place].fetched.sha256 == fetched.sha256:
                self._unchecked.remove(place)
                self._awaited.add(place)
                return self._placed.pop(place), place
        return None, None

    def _picture(self, fetched: FetchedPicture, index: int, url: str | None = None) -> Picture:
        """Return a picture as the user gets it."""
        picture = Picture(
            fetched.data,
            media_type=fetched.media_type,
            width=fetched.width,
            height=fetched.height,
            sha256=fetched.sha256,
            index=index,
            prompt=self.task.request.prompt or None,
            task=self.task,
            url=url,
        )
        return self.options.derive(picture)

    def _incomplete(self, count: int) -> DownloadError:
        first = self._missing[min(self._missing)]
        missing = len(self._missing) - len(self._unplaced)
        return DownloadError(
            f"{missing} of {count} pictures of the task {self.task.id} could not be "
            f"fetched: {first.message}",
            pictures=self.task.pictures,
            next_step=f"{first.next_step or 'Waiting again fetches it anew.'} That pays nothing.",
            status=first.status,
            task_id=self.task.id,
            transient=all(error.transient for error in self._missing.values()),
        )


def _without_address() -> DownloadError:
    return DownloadError("The service lists it without an address.", transient=True)


def _as_it_came(picture: Picture) -> FetchedPicture:
    raw = picture.raw
    return FetchedPicture(raw.bytes, raw.media_type, raw.width, raw.height, raw.sha256)

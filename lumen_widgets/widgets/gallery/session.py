"""What one gallery and the pages that show it say to each other.

Every request of a page is answered, with words if it fails. What a page sends is not trusted to be
well-formed. Nothing is done on the kernel's own thread: what reads the journal is done by the
widgets' worker, and what is said to pages by the publisher.
"""

from __future__ import annotations

import threading
from functools import partial
from typing import TYPE_CHECKING, Any

from lumen_widgets.client import InvalidRequest, LumenError, Pictures, live_tasks
from lumen_widgets.core.log import Log
from lumen_widgets.notebook.publisher import publisher
from lumen_widgets.notebook.stars import StarChange, stars_changed
from lumen_widgets.widgets.base import weakly
from lumen_widgets.widgets.comparisons import Comparisons
from lumen_widgets.widgets.gallery.messages import (
    ErrorMessage,
    FirstItems,
    ForgotMessage,
    FoundMessage,
    GallerySearch,
    ItemsMessage,
    NewsMessage,
    PictureLink,
    Refusal,
    Selection,
    ToldMessage,
)
from lumen_widgets.widgets.gallery.picture_source import ALL
from lumen_widgets.widgets.picture_actions import PictureActions
from lumen_widgets.widgets.picture_copies import PictureCopies
from lumen_widgets.widgets.picture_targets import latest_target
from lumen_widgets.widgets.work_queue import work_queue

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

    from anywidget import AnyWidget

    from lumen_widgets.client import Picture, Task
    from lumen_widgets.notebook.journal_pictures import JournalPictures
    from lumen_widgets.widgets.comparisons import Comparison
    from lumen_widgets.widgets.gallery.picture_source import PictureSource

# pictures that a page gets unasked: the first screen of a wide one
FIRST = 60
# pictures of one message: some 80 kB with the longest captions
_MOST_ITEMS = 200
# searches whose results can still be read: each view has one
_MOST_LISTINGS = 16
# pictures that are named as what one led to
_MOST_LINKS = 24
# pictures that are forgotten at once
_MOST_FORGOTTEN = 500
# characters of a search
_LONGEST_SEARCH = 10_000
# unix seconds, beyond which is no date
_LATEST = 1e12
# seconds after which a journal is looked through again: a task's last picture may be written down
# after its end is told
_LATE = (0.5, 2.0, 5.0)

_log = Log(__name__)


class GallerySession:
    """Takes in what pages ask of a gallery, and tells them of pictures that come.

    Parameters
    ----------
    gallery
        The gallery, which sends. Before it is open and after it is closed nothing is sent.
    source
        Its pictures.
    journal
        The journal that knows of them, and keeps their stars.
    chosen
        Called with what was selected in a page, on the publisher's thread.
    changed
        Called once the stars of the gallery or its number of pictures has changed, on a thread
        where that may take a moment.
    compare
        Called with what is to be compared, on the publisher's thread.

    Attributes
    ----------
    comparisons
        What its pictures are compared with.

    """

    def __init__(
        self,
        gallery: AnyWidget,
        source: PictureSource,
        journal: JournalPictures,
        chosen: Callable[[Picture | None, Selection], None],
        changed: Callable[[], None],
        *,
        compare: Callable[[Comparison], object],
    ) -> None:
        self._gallery = gallery
        self._chosen = chosen
        self._source = source
        self._journal = journal
        self._changed = changed
        self._lock = threading.Lock()
        self._sequence = 0
        self._arrived = 0
        self._listings: dict[int, list[str]] = {}
        self._numbers = 0
        # the listing of all pictures, and how many had come before it
        self._all = 0, 0
        keys = source.find(ALL)
        # of the pictures of a history, all that were ever seen
        self._seen = set(keys)
        self._all = self._keep(keys), 0
        # pictures that were starred in this gallery, by their digests, in that order
        self._starred: dict[str, Picture] = {}
        self._choice = 0
        self._tasks: dict[int, Callable[[], None]] = {}
        self.copies = PictureCopies(gallery, source.picture_by_sha256, journal.tile)
        self.comparisons = Comparisons(journal, weakly(compare))
        self.actions = PictureActions(
            gallery,
            None,
            source.picture_by_sha256,
            keep_star=weakly(self._star),
            comparisons=self.comparisons,
        )
        self._stop_hearing: Callable[[], None] = lambda: None

    @property
    def count(self) -> int:
        """How many pictures the gallery has, as was last known."""
        with self._lock:
            listing, arrived = self._all
            return len(self._listings[listing]) + self._arrived - arrived

    @property
    def first(self) -> FirstItems:
        """What a page gets with the gallery's state."""
        with self._lock:
            listing, arrived = self._all
            keys, sequence = self._listings[listing], self._sequence
        try:
            items = self._source.items(keys[:FIRST])
        except LumenError as error:
            # the page asks, and is told then
            _log.debug("%s", error)
            items = []
        return FirstItems(
            listing=listing, count=len(keys), arrived=arrived, sequence=sequence, items=items
        )

    def begin(self) -> None:
        """Hear of tasks that bring pictures, from here on."""
        hear = weakly(self._follow)
        self._stop_hearing = live_tasks.subscribe(hear)
        for task in live_tasks.known():
            hear(task)

    def close(self) -> None:
        """End every subscription, and leave out what is yet to be done and sent."""
        self._stop_hearing()
        with self._lock:
            tasks, self._tasks = self._tasks, {}
        for stop in tasks.values():
            stop()
        self.copies.close()
        self.actions.close()
        publisher.forget(self)
        work_queue.forget(self)

    def receive(self, _: Any, content: Any, __: Any) -> None:
        """Take in a message of a page."""
        if not isinstance(content, dict):
            return
        if self.copies.receive(content) or self.actions.receive(content):
            return
        if content.get("kind") == "choose":
            publisher.run_soon(partial(self._choose, content))
        elif isinstance(request := content.get("request"), str):
            # what is asked last is looked at now: a search goes before those that it took over from
            work_queue.run_soon(partial(self._take_in, request, content), urgent=True)

    def select(self, picture: Picture | None) -> None:
        """Have every page show that code has selected a picture."""
        item = None if picture is None else self._source.item_of(picture)
        self._choice += 1
        self._gallery.set_trait("_selected", Selection(item=item, view=""))

    # what pages ask for, on the worker's thread

    def _take_in(self, request: str, content: Mapping[str, Any]) -> None:
        try:
            answer = self._answer(request, content)
        except LumenError as error:
            answer = ErrorMessage(
                kind="error",
                request=request,
                message=error.message,
                next_step=error.next_step,
            )
        except Exception as error:  # noqa: BLE001 # whatever it is, the page waits for an answer
            _log.exception("a gallery could not answer a page")
            failed = f"That failed here ({type(error).__name__})."
            answer = ErrorMessage(kind="error", request=request, message=failed, next_step="")
        self._send_soon(answer)

    def _answer(self, request: str, content: Mapping[str, Any]) -> Any:
        kind = content.get("kind")
        if kind == "find":
            return self._find(request, _search(content.get("search")))
        if kind == "read":
            return self._read(request, *_numbers(content, "listing", "start", "count"))
        if kind == "tell":
            (listing,) = _numbers(content, "listing")
            return self._tell(request, _text(content.get("key")), listing)
        if kind == "forget":
            return self._forget(request, _keys(content), confirmed=content.get("confirmed") is True)
        raise InvalidRequest(f"The gallery does not know the request {kind!r}.")

    def _find(self, request: str, search: GallerySearch) -> FoundMessage:
        # of pictures that come meanwhile a page is told, and they are not in what is found
        self._look()
        with self._lock:
            arrived, sequence = self._arrived, self._next()
        keys = self._source.find(search)
        whole = keys if search == ALL else self._source.find(ALL)
        listing = self._keep(keys)
        if search == ALL:
            with self._lock:
                self._all = listing, arrived
        return FoundMessage(
            kind="found",
            sequence=sequence,
            request=request,
            listing=listing,
            count=len(keys),
            total=len(whole),
            arrived=arrived,
            items=self._source.items(keys[:FIRST]),
        )

    def _read(self, request: str, listing: int, start: int, count: int) -> ItemsMessage:
        with self._lock:
            keys, sequence = self._listings.get(listing), self._next()
        if keys is None:
            raise InvalidRequest("That search is over.", next_step="Search again.")
        start = min(max(start, 0), len(keys))
        chosen = keys[start : start + min(max(count, 0), _MOST_ITEMS)]
        items = self._source.items(chosen)
        return ItemsMessage(
            kind="items",
            sequence=sequence,
            request=request,
            listing=listing,
            start=start,
            items=items,
        )

    def _tell(self, request: str, key: str, listing: int) -> ToldMessage:
        details = self._source.details(key)
        form = latest_target()
        if form is None or details["again"] is None:
            details["again"] = None
        else:
            details["again"]["host"] = form.host
        with self._lock:
            listed = self._listings.get(listing, [])
        row = self._source.row_of(key)
        made_from = [] if row is None else self._journal.made_from(row)
        found = [self._journal.keys_of(sha256)[:1] for sha256 in made_from]
        details["lost"] = sum(not keys for keys in found)
        details["made_from"] = self._links([key for keys in found for key in keys], listed)
        led_to = self._journal.led_to(details["sha256"])
        details["led_to"] = self._links(led_to[:_MOST_LINKS], listed)
        return ToldMessage(kind="told", request=request, key=key, details=details)

    def _links(self, numbers: Sequence[tuple[int, int]], listed: list[str]) -> list[PictureLink]:
        items = self._source.linked(numbers) if numbers else []
        return [
            PictureLink(
                item=item, place=listed.index(item["key"]) if item["key"] in listed else None
            )
            for item in items
        ]

    def _forget(self, request: str, keys: Sequence[str], *, confirmed: bool) -> ForgotMessage:
        rows = {key: self._source.row_of(key) for key in keys}
        numbers = list(dict.fromkeys(row for row in rows.values() if row is not None))
        pictures = self._journal.pictures_of(numbers)
        refused: list[Refusal] = []
        tasks = len(numbers)
        if confirmed:
            prompts = {row: self._prompt(row) for row in numbers}
            forgotten = self._journal.forget(numbers)
            tasks = len(forgotten.rows)
            pictures -= self._journal.pictures_of(list(forgotten.refused))
            refused = [
                Refusal(prompt=prompts.get(row, ""), reason=reason)
                for row, reason in forgotten.refused.items()
            ]
            self._let_go(forgotten.rows)
        return ForgotMessage(
            kind="forgot",
            request=request,
            done=confirmed,
            tasks=tasks,
            pictures=pictures,
            unknown=sum(row is None for row in rows.values()),
            refused=refused,
        )

    def _let_go(self, rows: Collection[int]) -> None:
        """Take in that the journal has rows no more, and have pages read anew what is listed."""
        if not rows:
            return
        self._source.drop(rows)
        keys = self._source.find(ALL)
        with self._lock:
            self._all = self._all[0], self._arrived
            self._listings[self._all[0]] = keys
        # a star goes with the picture
        gone = {one for one in self._starred if self._source.picture_by_sha256(one) is None}
        if gone:
            self._starred = {one: self._starred[one] for one in self._starred if one not in gone}
            publisher.run_soon(self._tell_starred)
        self._tell_news(changed=True)
        self._changed()

    def _prompt(self, row: int) -> str:
        entry = self._journal.entry(row)
        return "" if entry is None else " ".join(entry.prompt.split())[:100]

    def _star(self, sha256: Collection[str], starred: bool) -> None:
        """Star pictures, or take their stars away, for a page."""
        self._journal.star(sha256, starred=starred)
        stars_changed.send(StarChange(tuple(sha256), starred))
        changed = {one: found for one, found in self._starred.items() if one not in sha256}
        if starred:
            found = ((one, self._source.picture_by_sha256(one)) for one in sha256)
            changed |= {one: picture for one, picture in found if picture is not None}
        self._starred = changed
        publisher.run_soon(self._tell_starred)
        self._changed()

    def _tell_starred(self) -> None:
        self._gallery.set_trait("starred", Pictures(self._starred.values()))

    def _choose(self, content: Mapping[str, Any]) -> None:
        """Take in what was selected in a page, on the publisher's thread."""
        key, view = content.get("key"), content.get("view")
        if isinstance(key, str) and isinstance(view, str):
            self._choice += 1
            work_queue.run_soon(partial(self._read_choice, self._choice, key, view), urgent=True)

    def _read_choice(self, choice: int, key: str, view: str) -> None:
        picture, item = None, None
        if key:
            try:
                picture = self._source.picture(key)
                item = self._source.item_of(picture)
                item["key"] = key
            except LumenError as error:
                # the page says of its copy why there is none
                _log.debug("%s", error)
        publisher.run_soon(
            partial(self._tell_choice, choice, picture, Selection(item=item, view=view))
        )

    def _tell_choice(self, choice: int, picture: Picture | None, selection: Selection) -> None:
        # by now another one may have been selected
        if choice == self._choice and self._gallery.comm is not None:
            self._chosen(picture, selection)

    # what pages are told of

    def _follow(self, task: Task) -> None:
        """Hear of the end of a task, on whichever thread that is."""
        if not task.done:
            stop = task.subscribe(weakly(self._hear))
            with self._lock:
                self._tasks[id(task)] = stop
            self._hear(task)

    def _hear(self, task: Task) -> None:
        if not task.done:
            return
        with self._lock:
            stop = self._tasks.pop(id(task), None)
        if stop is not None:
            stop()
            work_queue.run_soon(partial(self._look_again, _LATE))

    def _look_again(self, late: Sequence[float]) -> None:
        """Look for pictures that have come, until some are found or none can come any more."""
        try:
            found = self._look()
        except LumenError as error:
            _log.debug("%s", error)
            found = 0
        if not found and late:
            work_queue.run_soon(partial(self._look_again, late[1:]), after=late[0])

    def _look(self) -> int:
        """Count the pictures that have come, and have pages told; return how many are new."""
        new = [key for key in self._source.newest() if key not in self._seen]
        if new:
            with self._lock:
                self._seen.update(new)
                self._arrived += len(new)
            self._tell_news(changed=False)
            self._changed()
        return len(new)

    def _tell_news(self, *, changed: bool) -> None:
        with self._lock:
            news = NewsMessage(
                kind="news", sequence=self._next(), arrived=self._arrived, changed=changed
            )
        self._send_soon(news)

    def _keep(self, keys: list[str]) -> int:
        """Keep what a search found, for as long as pages are likely to read on."""
        with self._lock:
            self._numbers += 1
            self._listings[self._numbers] = keys
            oldest = [one for one in self._listings if one != self._all[0]]
            for number in oldest[: max(len(self._listings) - _MOST_LISTINGS, 0)]:
                del self._listings[number]
            return self._numbers

    def _next(self) -> int:
        """Return the next sequence number; the lock is held."""
        self._sequence += 1
        return self._sequence

    def _send_soon(self, message: Mapping[str, Any]) -> None:
        publisher.run_soon(partial(self._send, message))

    def _send(self, message: Mapping[str, Any]) -> None:
        if self._gallery.comm is not None:
            self._gallery.send(message)


def _search(given: object) -> GallerySearch:
    """Return a page's search; what is not well-formed in it is left out."""
    fields = given if isinstance(given, dict) else {}
    since, until = (_seconds(fields.get(name)) for name in ("since", "until"))
    return GallerySearch(
        text=_text(fields.get("text")),
        model=_text(fields.get("model")),
        size=_text(fields.get("size")).strip(),
        since=since,
        until=until,
        starred=fields.get("starred") is True,
    )


def _seconds(given: object) -> float | None:
    if isinstance(given, bool) or not isinstance(given, int | float):
        return None
    return float(given) if abs(given) < _LATEST else None


def _text(given: object) -> str:
    # nothing in a journal has half of a character, which no database can be asked for
    text = given if isinstance(given, str) else ""
    return text[:_LONGEST_SEARCH].encode("utf-8", "replace").decode()


def _numbers(content: Mapping[str, Any], *names: str) -> list[int]:
    found = [content.get(name) for name in names]
    numbers = [one for one in found if isinstance(one, int) and not isinstance(one, bool)]
    if len(numbers) < len(names):
        raise InvalidRequest("The request lacks a number.")
    return numbers


def _keys(content: Mapping[str, Any]) -> list[str]:
    keys = content.get("keys")
    if not isinstance(keys, list):
        raise InvalidRequest("The request has no keys.")
    if len(keys) > _MOST_FORGOTTEN:
        raise InvalidRequest(f"At most {_MOST_FORGOTTEN} pictures are forgotten at once.")
    return list(dict.fromkeys(key for key in keys if isinstance(key, str)))

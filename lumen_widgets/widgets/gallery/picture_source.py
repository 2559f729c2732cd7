"""Where a gallery's pictures come from: the journal, or a sequence that the user gave.

A picture is known by a *key*, which stays the same however the list changes. Nothing here decodes a
picture, and none is read before somebody wants to see it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple, Protocol
from urllib.parse import urlsplit

from lumen_widgets.client import InvalidRequest, Picture
from lumen_widgets.client.spending.prices import credits_of
from lumen_widgets.core.words import one_line, strip_controls, without_keys
from lumen_widgets.notebook.kept_pictures import PictureSearch
from lumen_widgets.widgets.gallery.messages import AgainPrice, GalleryItem, PictureDetails

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from lumen_widgets.client import Request, Task
    from lumen_widgets.notebook.history_entry import HistoryEntry
    from lumen_widgets.notebook.journal_pictures import JournalPictures
    from lumen_widgets.notebook.kept_pictures import KeptPicture
    from lumen_widgets.widgets.gallery.messages import GallerySearch

# characters of a prompt that travel with a tile; the rest comes with the details
_CAPTION = 200
# pictures that are looked through for new ones, when a task has ended
_NEWEST = 500
# models round sides to multiples of 8 or 16: 1360 x 768 is meant as 16:9
_RATIO_TOLERANCE = 0.01

ALL: GallerySearch = {
    "text": "",
    "model": "",
    "size": "",
    "since": None,
    "until": None,
    "starred": False,
}


class PictureSource(Protocol):
    """What a gallery shows; safe to use from any thread. Each call may read the disk."""

    def find(self, search: GallerySearch) -> list[str]:
        """Return the keys of what a search finds, in order."""

    def items(self, keys: Sequence[str]) -> list[GalleryItem]:
        """Return what is to be said of pictures, in order, one for each key."""

    def linked(self, numbers: Sequence[tuple[int, int]]) -> list[GalleryItem]:
        """Return pictures of the journal, which need not be in the gallery."""

    def newest(self) -> list[str]:
        """Return the keys of pictures that may have come since."""

    def picture(self, key: str) -> Picture:
        """Return a picture; raises `LumenError` where it is not to be had."""

    def picture_by_sha256(self, sha256: str) -> Picture | None:
        """Return the picture of a digest, None where it is not to be had."""

    def item_of(self, picture: Picture) -> GalleryItem:
        """Return what is to be said of a picture, which need not be in the gallery."""

    def row_of(self, key: str) -> int | None:
        """Return the number of the journal's row that a picture came of, if it has one."""

    def details(self, key: str) -> PictureDetails:
        """Return all that is known of a picture but what it is linked with."""

    def starred(self) -> set[str]:
        """Return the digests of all pictures that are starred."""

    def drop(self, rows: Collection[int]) -> None:
        """Take in that the journal has these rows no more."""


class HistoryPictures:
    """Every picture of a journal, newest first.

    Parameters
    ----------
    journal
        The journal's pictures.

    """

    def __init__(self, journal: JournalPictures) -> None:
        self._journal = journal

    def find(self, search: GallerySearch) -> list[str]:
        """Return the keys of what a search finds, newest first.

        Raises
        ------
        LumenError
            The size is none, or the journal cannot be read.

        """
        return [name_of(key) for key in self._journal.find(as_search(search))]

    def items(self, keys: Sequence[str]) -> list[GalleryItem]:
        """Return what the journal says of pictures; those that are gone are said to be missing."""
        numbers = [number for key in keys if (number := number_of(key)) is not None]
        found = {name_of(one.key): one for one in self._journal.kept(numbers)}
        return [_kept_item(key, found[key]) if key in found else _gone(key) for key in keys]

    def linked(self, numbers: Sequence[tuple[int, int]]) -> list[GalleryItem]:
        """Return pictures of the journal."""
        return [_kept_item(name_of(one.key), one) for one in self._journal.kept(numbers)]

    def newest(self) -> list[str]:
        """Return the keys of the newest pictures, those that may be new among them."""
        return [name_of(key) for key in self._journal.find(PictureSearch(limit=_NEWEST))]

    def picture(self, key: str) -> Picture:
        """Return a picture, read from disk."""
        number = number_of(key)
        if number is None:
            raise InvalidRequest("The gallery has no such picture.")
        return self._journal.read(number)

    def picture_by_sha256(self, sha256: str) -> Picture | None:
        """Return the picture of a digest, read from disk."""
        return self._journal.by_sha256(sha256)

    def item_of(self, picture: Picture) -> GalleryItem:
        """Return what is known of a picture."""
        found = self._journal.kept(self._journal.keys_of(picture.sha256))
        return _kept_item(name_of(found[0].key), found[0]) if found else _own_item("", picture)

    def row_of(self, key: str) -> int | None:
        """Return the number of a picture's row."""
        number = number_of(key)
        return None if number is None else number[0]

    def details(self, key: str) -> PictureDetails:
        """Return what the journal knows of a picture."""
        number = number_of(key)
        kept = None if number is None else next(iter(self._journal.kept([number])), None)
        entry = None if kept is None else self._journal.entry(kept.row_number)
        if kept is None or entry is None:
            raise InvalidRequest(
                "The journal does not have this picture any more.",
                next_step="It was forgotten or pruned.",
            )
        return _entry_details(entry, _kept_item(key, kept))

    def starred(self) -> set[str]:
        """Return the digests of all pictures that are starred."""
        return self._journal.starred()

    def drop(self, rows: Collection[int]) -> None:
        """Do nothing: what the journal has no more is found no more."""


class _Known(NamedTuple):
    """What is known of a picture that was given."""

    item: GalleryItem
    prompt: str  # in full
    number: tuple[int, int] | None  # where the journal has it


class GivenPictures:
    """Pictures that the user gave, in their order; the journal may know more of some.

    Parameters
    ----------
    pictures
        The pictures.
    journal
        The journal's pictures.

    """

    def __init__(self, pictures: Iterable[Picture], journal: JournalPictures) -> None:
        self._journal = journal
        self._pictures = {f"g{number}": one for number, one in enumerate(pictures)}
        self._known: dict[str, _Known] = {}

    def find(self, search: GallerySearch) -> list[str]:
        """Return the keys of what a search finds, in the order in which they were given."""
        as_search(search)
        keys = list(self._pictures)
        if search == ALL:
            return keys
        starred = self.starred()
        known = ((key, self._tell(key)) for key in keys)
        return [
            key
            for key, one in known
            if _fits(one, search) and (not search["starred"] or one.item["sha256"] in starred)
        ]

    def items(self, keys: Sequence[str]) -> list[GalleryItem]:
        """Return what is known of pictures."""
        starred, given = self.starred(), self._pictures
        items = [self._tell(key).item if key in given else _gone(key) for key in keys]
        return [_starred_item(item, starred=item["sha256"] in starred) for item in items]

    def linked(self, numbers: Sequence[tuple[int, int]]) -> list[GalleryItem]:
        """Return pictures of the journal, those that were given by their keys here."""
        by_sha256 = {one.sha256: key for key, one in self._pictures.items()}
        return [
            _kept_item(by_sha256.get(one.sha256, name_of(one.key)), one)
            for one in self._journal.kept(numbers)
        ]

    def newest(self) -> list[str]:
        """Return nothing: none come to what was given."""
        return []

    def picture(self, key: str) -> Picture:
        """Return a picture that was given."""
        found = self._pictures.get(key)
        if found is not None:
            return found
        number = number_of(key)
        if number is None:
            raise InvalidRequest("The gallery has no such picture.")
        return self._journal.read(number)

    def picture_by_sha256(self, sha256: str) -> Picture | None:
        """Return the picture of a digest: one that was given, or that one is linked with."""
        given = (one for one in list(self._pictures.values()) if one.sha256 == sha256)
        return next(given, None) or self._journal.by_sha256(sha256)

    def item_of(self, picture: Picture) -> GalleryItem:
        """Return what is known of a picture."""
        found = next((key for key, one in self._pictures.items() if one is picture), None)
        same = (key for key, one in self._pictures.items() if one.sha256 == picture.sha256)
        found = found or next(same, None)
        return _own_item("", picture) if found is None else self.items([found])[0]

    def row_of(self, key: str) -> int | None:
        """Return the number of the row that a picture came of, where the journal has it."""
        number = self._tell(key).number if key in self._pictures else number_of(key)
        return None if number is None else number[0]

    def details(self, key: str) -> PictureDetails:
        """Return what is known of a picture, from the journal or by its task."""
        row_number = self.row_of(key)
        entry = None if row_number is None else self._journal.entry(row_number)
        picture = self.picture(key)
        if entry is None:
            return _own_details(picture)
        return _entry_details(entry, _own_item(key, picture), picture.note)

    def starred(self) -> set[str]:
        """Return the digests of all pictures that are starred."""
        return self._journal.starred()

    def drop(self, rows: Collection[int]) -> None:
        """Show the pictures of these rows no more."""
        given = self._pictures
        self._pictures = {key: one for key, one in given.items() if self.row_of(key) not in rows}

    def _tell(self, key: str) -> _Known:
        """Return what is known of a picture; the journal is asked once."""
        known = self._known.get(key)
        if known is None:
            picture = self._pictures[key]
            found = self._journal.kept(self._journal.keys_of(picture.sha256))
            # the same bytes may have come of several tasks
            mine = (one for one in found if one.task_id == getattr(picture.task, "id", None))
            kept = next(mine, None) or next(iter(found), None)
            if kept is None:
                known = _Known(_own_item(key, picture), picture.prompt or "", None)
            else:
                item = _kept_item(key, kept, picture)
                known = _Known(item, kept.prompt, (kept.row_number, kept.index))
            self._known[key] = known
        return known


def as_search(search: GallerySearch) -> PictureSearch:
    """Return a page's search as the journal takes it.

    Raises
    ------
    InvalidRequest
        Its size is none.

    """
    try:
        return PictureSearch(
            text=search["text"] or None,
            model=search["model"] or None,
            size=search["size"] or None,
            since=search["since"],
            until=search["until"],
            starred=search["starred"],
        )
    except ValueError:
        raise InvalidRequest(
            "That is no size.", next_step="Write 1024x1024, or a ratio such as 16:9.", field="size"
        ) from None


def name_of(key: tuple[int, int]) -> str:
    """Return the key of a picture of the journal, as pages know it."""
    return f"{key[0]}.{key[1]}"


def number_of(key: str) -> tuple[int, int] | None:
    """Return the journal's number of a key, None if it has none; a page may send anything."""
    row_number, _, index = key.partition(".")
    digits = row_number + index
    if not (digits.isascii() and digits.isdigit() and row_number and index):
        return None
    number = int(row_number), int(index)
    return number if max(number) < 2**63 else None


def _fits(known: _Known, search: GallerySearch) -> bool:
    """Say whether a picture that was given is found, its star apart, as the journal would."""
    item, prompt = known.item, known.prompt.casefold()
    when, since, until = item["when"], search["since"], search["until"]
    return (
        all(word in prompt for word in search["text"].casefold().split())
        and search["model"].casefold().strip() in item["model"].casefold()
        and (since is None or (when is not None and when >= since))
        and (until is None or (when is not None and when <= until))
        and _has_size(item, search["size"])
    )


def _has_size(item: GalleryItem, size: str) -> bool:
    sides = [int(one) for one in re.findall(r"[0-9]+", size)]
    if not sides:
        return True
    width, height = sides
    if re.search("[:\uff1a]", size):
        return abs(item["width"] * height / (item["height"] * width) - 1) <= _RATIO_TOLERANCE
    return (item["width"], item["height"]) == (width, height)


def _kept_item(key: str, kept: KeptPicture, given: Picture | None = None) -> GalleryItem:
    """Return what the journal says of a picture; one that was given is here, whatever its file."""
    return GalleryItem(
        key=key,
        sha256=kept.sha256 if given is None else given.sha256,
        width=kept.width if given is None else given.width,
        height=kept.height if given is None else given.height,
        index=kept.index,
        count=kept.count,
        prompt=_caption(kept.prompt),
        model=one_line(kept.model),
        size=one_line(kept.size),
        when=kept.submitted,
        starred=kept.starred,
        missing=given is None and not kept.path.is_file(),
    )


def _own_item(key: str, picture: Picture) -> GalleryItem:
    """Return what a picture itself says, and its task where it has one."""
    asked = _asked_of(picture)
    return GalleryItem(
        key=key,
        sha256=picture.sha256,
        width=picture.width,
        height=picture.height,
        index=picture.index,
        count=picture.count,
        prompt=_caption(picture.prompt or ""),
        model=one_line(asked.get("model")),
        size=one_line(asked.get("size")),
        when=None if picture.task is None else picture.task.submitted,
        starred=False,
        missing=False,
    )


def _gone(key: str) -> GalleryItem:
    """Return what is to be said of a picture that is in the gallery no more."""
    return GalleryItem(
        key=key,
        sha256="",
        width=1,
        height=1,
        index=0,
        count=1,
        prompt="",
        model="",
        size="",
        when=None,
        starred=False,
        missing=True,
    )


def _starred_item(item: GalleryItem, *, starred: bool) -> GalleryItem:
    changed = item.copy()
    changed["starred"] = starred
    return changed


def _entry_details(entry: HistoryEntry, picture: GalleryItem, note: str = "") -> PictureDetails:
    """Return what the journal knows of a picture."""
    details = _details(entry.request, entry.request.body, picture["sha256"])
    details["known"] = True
    details["when"] = entry.when.timestamp()
    details["seconds"] = entry.seconds
    details["credits"] = entry.credits
    details["host"] = urlsplit(entry.origin).netloc
    details["task"] = entry.id or ""
    details["note"] = note or entry.note_of(picture["index"])
    return details


def _own_details(picture: Picture) -> PictureDetails:
    """Return what a picture says itself, and its task where it has one."""
    task: Task | None = picture.task
    asked = {"prompt": picture.prompt, **_asked_of(picture)}
    details = _details(None if task is None else task.request, asked, picture.sha256)
    if task is not None:
        details["when"] = task.submitted
        details["seconds"] = task.elapsed if task.done else None
        details["credits"] = task.credits
        details["host"] = urlsplit(task.origin).netloc
        details["task"] = task.id
    details["note"] = picture.note
    return details


def _details(request: Request | None, asked: Mapping[str, object], sha256: str) -> PictureDetails:
    return PictureDetails(
        known=False,
        prompt=strip_controls(str(asked.get("prompt") or "")),
        negative_prompt=strip_controls(str(asked.get("negative_prompt") or "")),
        endpoint="" if request is None else request.endpoint,
        model=one_line(asked.get("model")),
        size=one_line(asked.get("size")),
        resolution=one_line(asked.get("resolution")),
        quality=one_line(asked.get("quality")),
        when=None,
        seconds=None,
        credits=None,
        host="",
        # where it would be sent is said by whoever knows the forms
        again=AgainPrice(host="", credits=None if request is None else credits_of(request)),
        task="",
        sha256=sha256,
        note="",
        made_from=[],
        lost=0,
        led_to=[],
    )


def _asked_of(picture: Picture) -> Mapping[str, object]:
    task: Task | None = picture.task
    return {} if task is None else task.request.body


def _caption(prompt: str) -> str:
    # a notebook may keep it with the widget's state
    return without_keys(" ".join(strip_controls(prompt).split()))[:_CAPTION]

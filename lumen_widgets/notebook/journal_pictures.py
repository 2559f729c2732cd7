"""The pictures of a journal, for what shows many of them: found, told of, and read one by one."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, TypeVar

from lumen_widgets.client import InvalidRequest, LumenClient, LumenError, Pictures
from lumen_widgets.core.log import Log
from lumen_widgets.core.pictures.decoding import UnreadablePicture
from lumen_widgets.journal import Forgotten, Journal
from lumen_widgets.notebook.current_journal import ask_journal, current_journal
from lumen_widgets.notebook.history_entry import HistoryEntry
from lumen_widgets.notebook.kept_pictures import picture_of, request_of_picture
from lumen_widgets.notebook.small_copies import kept_tile

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    from lumen_widgets.client import Picture, Request
    from lumen_widgets.journal import JournalRow, KeptPicture, PictureKey, PictureSearch

T = TypeVar("T")

_log = Log(__name__)


class JournalPictures:
    """The pictures of one journal, and the stars; safe to use from any thread.

    Without a journal there are no pictures, and stars last as long as this.

    Parameters
    ----------
    journal
        The journal; None for an account that keeps none.

    Notes
    -----
    All methods raise `JournalError` where the journal cannot be read or written.

    """

    def __init__(self, journal: Journal | None) -> None:
        self._journal = journal
        # without a journal
        self._starred: set[str] = set()

    def find(self, search: PictureSearch) -> list[PictureKey]:
        """Return which pictures a search finds, newest first."""
        return self._ask(lambda journal: journal.find_pictures(search), [])

    def kept(self, keys: Sequence[tuple[int, int]]) -> list[KeptPicture]:
        """Return what is known of pictures, in order; those that are gone are left out."""
        return self._ask(lambda journal: journal.kept_pictures(keys), [])

    def keys_of(self, sha256: str) -> list[PictureKey]:
        """Return where the journal has a picture, the newest first."""
        return self._ask(lambda journal: journal.find_by_sha256(sha256), [])

    def read(self, key: tuple[int, int]) -> Picture:
        """Return a picture, read from disk.

        Raises
        ------
        LumenError
            The journal does not have it any more, or its file is not here.

        """
        row_number, index = key
        # by what the journal has now: a key of a page may be any
        found = self.kept([(row_number, index)])
        if self._journal is None or not found:
            raise InvalidRequest(
                "The journal does not have this picture any more.",
                next_step="It was forgotten or pruned.",
            )
        return picture_of(self._journal, found[0].key)

    def by_sha256(self, sha256: str) -> Picture | None:
        """Return the picture of a digest, read from disk; None if none is to be had."""
        for key in self.keys_of(sha256):
            try:
                picture = self.read(key)
            except LumenError as error:
                _log.debug("%s", error)
            else:
                if picture.sha256 == sha256:
                    return picture
        return None

    def tile(self, sha256: str) -> bytes | None:
        """Return a picture's tile from beside its file, where it is laid first if need be.

        None where the journal does not have the picture, or its file is not here.
        """
        kept = (one for one in self.kept(self.keys_of(sha256)) if one.sha256 == sha256)
        found = next(kept, None)
        if found is None:
            return None
        try:
            return kept_tile(found, lambda: self.read(found.key))
        except (LumenError, UnreadablePicture, OSError, ValueError) as error:
            # why, is said by the copy that is made of the picture itself
            _log.debug("No tile: %s", error)
            return None

    def entry(self, row_number: int) -> HistoryEntry | None:
        """Return the request that a picture came of."""
        rows = self._rows([row_number])
        return HistoryEntry(rows[0]) if rows else None

    def made_from(self, row_number: int) -> list[str]:
        """Return the digests of the pictures that a request was made with."""
        return self._ask(lambda journal: journal.made_from(row_number), [])

    def made_with(self, picture: Picture) -> list[str]:
        """Return the digests of the pictures that a picture was made with."""
        for digest in dict.fromkeys((picture.sha256, picture.raw.sha256)):
            for row_number, _ in self.keys_of(digest):
                if found := self.made_from(row_number):
                    return found
        return []

    def request_of(self, picture: Picture) -> Request | None:
        """Return what was asked for to have a picture, None where that is not known."""
        return request_of_picture(picture, self._journal)

    def siblings(self, picture: Picture) -> list[Picture]:
        """Return the pictures of a picture's task that are on the disk, itself among them.

        Of several tasks that made the same picture, those of the newest with others.
        """
        for row_number, _ in self.keys_of(picture.sha256):
            keys = [
                (row.number, one.index) for row in self._rows([row_number]) for one in row.pictures
            ]
            found = []
            for key in keys if len(keys) > 1 else ():
                try:
                    found.append(self.read(key))
                except LumenError as error:
                    _log.debug("%s", error)
            if len(found) > 1:
                return found
        return []

    def led_to(self, sha256: str) -> list[tuple[int, int]]:
        """Return the pictures of the requests that were made with a picture, oldest first."""
        numbers: list[int] = self._ask(lambda journal: journal.led_to(sha256), [])
        return [(row.number, one.index) for row in self._rows(numbers) for one in row.pictures]

    def starred(self) -> set[str]:
        """Return the digests of all starred pictures."""
        return self._ask(lambda journal: journal.starred(), self._starred.copy())

    def star(self, sha256: Collection[str], *, starred: bool) -> None:
        """Star pictures, or take their stars away."""
        for one in sha256:
            self._ask(partial(Journal.star, sha256=one, starred=starred), None)
        if self._journal is None:
            self._starred = self._starred | set(sha256) if starred else self._starred - set(sha256)

    def pictures_of(self, row_numbers: Collection[int]) -> int:
        """Return how many pictures rows have."""
        return sum(len(row.pictures) for row in self._rows(list(row_numbers)))

    def forget(self, row_numbers: Collection[int]) -> Forgotten:
        """Forget tasks: their prompts, and those pictures that no other task has."""
        return self._ask(lambda journal: journal.forget(list(row_numbers)), Forgotten((), {}))

    def _rows(self, numbers: Sequence[int]) -> list[JournalRow]:
        return self._ask(lambda journal: journal.rows_by_number(numbers), [])

    def _ask(self, query: Callable[[Journal], T], default: T) -> T:
        journal = self._journal
        return default if journal is None else ask_journal(lambda: query(journal))


def pictures_in_use(given: Pictures | None) -> JournalPictures:
    """Return the pictures of the journal to look in: that of given pictures, else the one in use.

    Parameters
    ----------
    given
        Pictures whose tasks may say which journal has them; None for the one in use, which has to
        be there.

    Raises
    ------
    InvalidRequest
        Nothing was given, and the account in use has no journal.

    """
    for picture in given or ():
        client = None if picture.task is None else LumenClient.of(picture.task)
        if client is not None and client.journal is not None:
            return JournalPictures(client.journal)
    try:
        return JournalPictures(current_journal())
    except InvalidRequest:
        if given is None:
            raise
        return JournalPictures(None)

"""A task that is over, as the journal has it: no server is asked for it, and no picture of it read.

It says what a `Task` says, by the same names, so that what lists tasks can list it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lumen_widgets.client import Picture
from lumen_widgets.client.history.account_journal import request_of
from lumen_widgets.client.spending.prices import credits_of
from lumen_widgets.core.answers import CANCELLED, FAILED, SUCCEEDED, failure_of
from lumen_widgets.core.pictures.contact_sheet import small_sheet
from lumen_widgets.core.pictures.decoding import UnreadablePicture, decode
from lumen_widgets.core.pictures.picture import thumbnail
from lumen_widgets.notebook.journal_pictures import JournalPictures

if TYPE_CHECKING:
    from lumen_widgets.client import LumenClient, LumenError
    from lumen_widgets.journal import DerivedPicture, JournalRow, StoredPicture


class KeptTask:
    """One task that is over.

    Parameters
    ----------
    client
        A client of its account, whose journal has it.
    row
        The journal's row.

    Attributes
    ----------
    id, origin, correlation_id, request, status, submitted, error
        As of a `Task`.
    elapsed
        How long it took, in seconds; None where it was not watched from beginning to end.
    pictures
        What the journal knows of its pictures, as the user got them.

    Examples
    --------
    >>> KeptTask(client, row).thumbnail(96)  # doctest: +SKIP

    """

    done = True
    may_go_on = False
    watched = False
    lasting_trouble: str | None = None

    def __init__(self, client: LumenClient, row: JournalRow) -> None:
        self.client = client
        self.row = row
        self.id = row.task_id or ""
        self.origin = row.origin
        self.correlation_id = row.correlation_id
        self.request = request_of(row)
        self.status = row.state
        self.submitted = row.submitted
        self.elapsed = row.seconds
        self.error: LumenError | None = None
        if row.state in {FAILED, CANCELLED}:
            self.error = failure_of(self.id, row.state, dict(row.error or {}))
        succeeded = row.state == SUCCEEDED
        self.pictures: list[StoredPicture | DerivedPicture] = [
            row.shown(one) for one in row.pictures if succeeded
        ]

    def __repr__(self) -> str:
        """Leave out the prompt: a repr ends in logs."""
        return f"<KeptTask {self.id} {self.status}>"

    @property
    def notice(self) -> str | None:
        """What was put back of its pictures, or why nothing was; None for nothing."""
        said = dict.fromkeys(str(made.facts.get("note", "")) for made in self.row.derived)
        return " ".join(filter(None, said)) or None

    @property
    def credits(self) -> float | None:
        """What it costs by the price list, None if the list does not say."""
        return credits_of(self.request)

    def thumbnail(self, long_side: int) -> tuple[bytes, str] | None:
        """Return its pictures in small, several as one sheet, and the media type; takes time.

        They are made of the small copies that lie beside the files, and these of the files where
        there is none yet. None if no picture is to be had.
        """
        journal = JournalPictures(self.client.journal)
        tiles = [_as_picture(journal.tile(one.sha256), one.sha256) for one in self.pictures]
        found = [one for one in tiles if one is not None]
        if not found:
            return None
        return small_sheet(found, long_side) if len(found) > 1 else thumbnail(found[0], long_side)


def is_over(row: JournalRow) -> bool:
    """Say whether a row is of a task of which nothing more will come."""
    return row.is_final and row.task_id is not None and row.state in {SUCCEEDED, FAILED, CANCELLED}


def _as_picture(tile: bytes | None, sha256: str) -> Picture | None:
    """Return a small copy as a picture of its own."""
    if tile is None:
        return None
    try:
        found = decode(tile)
    except UnreadablePicture:
        return None
    width, height = found.image.size
    return Picture(tile, media_type=found.media_type, width=width, height=height, sha256=sha256)

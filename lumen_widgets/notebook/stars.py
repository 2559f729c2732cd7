"""Stars on pictures: kept in the journal by the picture's digest, told to whatever shows it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from lumen_widgets.client import InvalidRequest
from lumen_widgets.client.history.account_journal import journal_error
from lumen_widgets.core.signal import Signal
from lumen_widgets.journal import JournalUnusable

if TYPE_CHECKING:
    from collections.abc import Collection

    from lumen_widgets.client import LumenClient


class StarChange(NamedTuple):
    """Pictures, by their digests, that were starred, or are not any more."""

    sha256: tuple[str, ...]
    starred: bool


# sent on whichever thread changed it
stars_changed: Signal[StarChange] = Signal("stars")


def star(client: LumenClient, sha256: Collection[str], *, starred: bool = True) -> None:
    """Star pictures in a client's journal, or take their stars away.

    Raises
    ------
    InvalidRequest
        The client has no journal.
    JournalError
        The journal cannot be written.

    """
    if client.journal is None:
        raise InvalidRequest(
            "Stars are kept in the journal, and this account has none.",
            next_step="Make the client without journal=False.",
        )
    try:
        for one in sha256:
            client.journal.star(one, starred=starred)
    except JournalUnusable as error:
        raise journal_error(error, "The star was not kept.") from None
    stars_changed.send(StarChange(tuple(sha256), starred))


def starred_among(client: LumenClient, sha256: Collection[str]) -> set[str]:
    """Return which of these pictures are starred; none where there is no journal to ask.

    Raises
    ------
    JournalError
        The journal cannot be read.

    """
    if client.journal is None or not sha256:
        return set()
    try:
        return client.journal.starred() & set(sha256)
    except JournalUnusable as error:
        raise journal_error(error, "It is not known which pictures have a star.") from None

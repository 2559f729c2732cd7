"""The journal that a notebook reads: the account's, or the one in ``LUMEN_HOME``."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from lumen_widgets.client import InvalidRequest
from lumen_widgets.client.history.account_journal import journal_error
from lumen_widgets.journal import Journal, JournalUnusable
from lumen_widgets.notebook.account import accounts, current

if TYPE_CHECKING:
    from collections.abc import Callable

    from lumen_widgets.client import LumenClient

T = TypeVar("T")


def current_journal(client: LumenClient | None = None) -> Journal:
    """Return a client's journal; None is the account in use, or the journal in ``LUMEN_HOME``.

    Raises
    ------
    InvalidRequest
        The client has none.
    JournalError
        ``LUMEN_HOME`` can be no folder.

    """
    found = accounts.ready_client() if client is None else current(client).client
    journal = ask_journal(Journal) if found is None else found.journal
    if journal is None:
        raise InvalidRequest(
            "This client has no journal (journal=False), and so no history.",
            next_step="Pass a client that has one.",
            field="client",
        )
    return journal


def ask_journal(query: Callable[[], T]) -> T:
    """Return what a query of the journal gives, or a change of it.

    Raises
    ------
    JournalError
        It cannot be used.

    """
    try:
        return query()
    except JournalUnusable as error:
        raise journal_error(error, "The history cannot be read or changed.") from None

"""The history: the requests in a journal, newest first, to search, show and prune."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal, overload

from lumen_widgets.client import InvalidRequest
from lumen_widgets.core.words import whole_number
from lumen_widgets.journal import STATES, Search
from lumen_widgets.notebook.account import accounts, current
from lumen_widgets.notebook.current_journal import ask_journal, current_journal
from lumen_widgets.notebook.history_entry import HistoryEntry
from lumen_widgets.notebook.history_table import table, text
from lumen_widgets.notebook.lesson_export import export
from lumen_widgets.notebook.times import parse_duration, parse_time

if TYPE_CHECKING:
    import os
    from collections.abc import Iterator
    from datetime import date, timedelta

    from lumen_widgets.client import LumenClient
    from lumen_widgets.journal import DiskUse, Journal, Pruned
    from lumen_widgets.notebook.lesson_export import LessonExport

# Rows that a cell shows: each picture of them is read from disk.
SHOWN = 20

# Rows that are read at once by an iteration.
_BATCH = 200


class History(Sequence[HistoryEntry]):
    """Requests from the journal, newest first: a sequence of entries, and a table in a cell.

    It holds what the search found when it was made; each entry is read from disk when it is used.

    Parameters
    ----------
    journal
        The journal.
    numbers
        The numbers of their rows, newest first.

    Examples
    --------
    >>> len(history("cat", state="succeeded"))  # doctest: +SKIP
    12
    >>> history("cat")[0].pictures  # doctest: +SKIP
    [<Picture 1 of 1, 1024 x 1024, image/png>]

    """

    def __init__(self, journal: Journal, numbers: Sequence[int]) -> None:
        self._journal = journal
        self._numbers = list(numbers)

    def __len__(self) -> int:
        return len(self._numbers)

    @overload
    def __getitem__(self, index: int) -> HistoryEntry: ...
    @overload
    def __getitem__(self, index: slice) -> History: ...
    def __getitem__(self, index: int | slice) -> HistoryEntry | History:
        """Return one entry, or the history of several."""
        if isinstance(index, slice):
            return History(self._journal, self._numbers[index])
        found = self._read([self._numbers[index]])
        if not found:
            raise InvalidRequest(
                "That entry has been pruned since.", next_step="Call lumen.history() again."
            )
        return found[0]

    def __iter__(self) -> Iterator[HistoryEntry]:
        for start in range(0, len(self._numbers), _BATCH):
            yield from self._read(self._numbers[start : start + _BATCH])

    @property
    def disk_use(self) -> DiskUse:
        """What its pictures take on the disk, and those that were given to be repainted.

        Examples
        --------
        >>> print(lumen.history().disk_use)  # doctest: +SKIP
        12 pictures, 21.4 MB, and 4 that were given to be repainted, 7.9 MB

        """
        found: DiskUse = ask_journal(lambda: self._journal.disk_use(self._numbers))
        return found

    def prune(
        self,
        older_than: timedelta | float | str | None = None,
        max_bytes: int | None = None,
    ) -> Pruned:
        """Forget entries of this history for good, and delete their pictures from the disk.

        What runs, may have been paid, or was paid and never arrived stays, however old it is. So
        do pictures that another entry of the journal has too. With an entry go the pictures that
        were given to be repainted.

        Parameters
        ----------
        older_than
            Entries submitted longer ago than this go: ``"30 days"``, a `timedelta`, or seconds.
        max_bytes
            The most that the pictures of this history may take on the disk: the oldest entries
            go until they fit. 0 lets all go.

        Returns
        -------
        Pruned
            How many ``tasks`` and ``pictures`` went, and how many ``bytes`` that freed.

        Raises
        ------
        InvalidRequest
            Neither is given, or one is not as above.
        JournalError
            The journal cannot be read or written, or a file cannot be deleted.

        Examples
        --------
        >>> lumen.history(model="draft").prune(older_than="30 days")  # doctest: +SKIP
        Pruned(tasks=4, pictures=7, bytes=9120411)

        """
        if older_than is None and max_bytes is None:
            raise InvalidRequest(
                "prune was not told what to forget.",
                next_step='Write prune(older_than="30 days"), prune(max_bytes=2_000_000_000), or '
                "both.",
            )
        most = None if max_bytes is None else _checked_bytes(max_bytes)
        before = (
            None if older_than is None else time.time() - parse_duration(older_than, "older_than")
        )
        pruned: Pruned = ask_journal(
            lambda: self._journal.prune(self._numbers, before=before, max_bytes=most)
        )
        left = set(ask_journal(lambda: self._journal.search(Search())))
        self._numbers = [number for number in self._numbers if number in left]
        return pruned

    def dismiss(self) -> int:
        """Give up on what may still be had of this history, and return how many entries that were.

        Once you have looked in the service's console: a request of unknown outcome is not named by
        `resume` any more, and does not hold ``reuse=True`` back from paying for the same anew; a
        task is not taken up any more, though `LumenClient.task` still finds it. What was dismissed
        may be pruned. Entries that are over, or being sent just now, stay as they are.

        Raises
        ------
        JournalError
            The journal cannot be read or written.

        Examples
        --------
        >>> lumen.history(state="unknown").dismiss()  # doctest: +SKIP
        1

        """
        return int(ask_journal(lambda: self._journal.dismiss(self._numbers)))

    def export(self, path: str | os.PathLike[str], confirm: bool = False) -> LessonExport:
        """List what a lesson of this history would hold; with ``confirm=True``, write it.

        A lesson is a file that answers the same requests again with the same pictures, with no key,
        no network and no credits: ``lumen.use("owls.lumen")``. It holds what was asked for in words
        and the pictures, those of repaints as they came and as they were put back; never a key, an
        account, an address, a path, or a file that was given.

        Parameters
        ----------
        path
            Where to; the name ends in ``.lumen``. A file of that name is replaced, and is never
            left half written.
        confirm
            False writes nothing.

        Returns
        -------
        LessonExport
            Its tasks with their pictures, what is left out and why, its ``size`` in bytes and its
            ``sha256``: a table in a cell.

        Raises
        ------
        InvalidRequest
            The name is none of a lesson, or there is nothing to write.
        LessonError
            It is too large for a lesson, or cannot be written.
        JournalError
            The journal cannot be read.

        Examples
        --------
        >>> lumen.history("owls").export("owls.lumen")  # doctest: +SKIP
        >>> lumen.history("owls").export("owls.lumen", confirm=True)  # doctest: +SKIP

        """
        oldest_first = self._numbers[::-1]
        rows = ask_journal(lambda: self._journal.rows_by_number(oldest_first))
        return export(rows, path, confirm=confirm)

    def __repr__(self) -> str:
        """Return a line for each of the newest entries, for front ends without HTML."""
        return text(self[:SHOWN], len(self))

    def _repr_html_(self) -> str:
        return table(self[:SHOWN], len(self))

    def _read(self, numbers: Sequence[int]) -> list[HistoryEntry]:
        return [
            HistoryEntry(row) for row in ask_journal(lambda: self._journal.rows_by_number(numbers))
        ]


def history(
    text: str | None = None,
    *,
    state: str | None = None,
    model: str | None = None,
    since: date | timedelta | float | str | None = None,
    until: date | timedelta | float | str | None = None,
    account: Literal["all", "this key"] = "all",
    limit: int | None = None,
    client: LumenClient | None = None,
) -> History:
    """Return the requests in the journal, newest first; no server is asked.

    Parameters
    ----------
    text
        What the prompt contains, in upper or lower case.
    state
        ``"succeeded"``, ``"failed"``, ``"cancelled"``, ``"running"``, ``"refused"`` (not taken),
        ``"sending"``, ``"unknown"`` (it may have been taken) or ``"dismissed"``.
    model
        What the model's code contains.
    since, until
        From and up to when: a `datetime` or `date`, ``"2026-03-01"``, or how long ago, as
        ``"7 days"``, a `timedelta` or seconds.
    account
        ``"all"``, or ``"this key"``: only what the client's key submitted to its service.
    limit
        How many at most.
    client
        Whose journal it is; None is the account in use, or the journal in ``LUMEN_HOME``.

    Returns
    -------
    History
        A sequence of entries, shown as a table; its ``prune`` makes room on the disk.

    Raises
    ------
    InvalidRequest
        An argument is not as above, or the client has no journal.
    JournalError
        The journal cannot be read.

    Examples
    --------
    >>> import lumen_widgets as lumen
    >>> lumen.history("cat", since="7 days")  # doctest: +SKIP
    >>> lumen.history(state="unknown")  # doctest: +SKIP

    """
    search = Search(
        text=_checked_text("text", text),
        state=_checked_word("state", state, (None, *STATES)),
        model=_checked_text("model", model),
        since=None if since is None else parse_time(since, "since"),
        until=None if until is None else parse_time(until, "until"),
        limit=_checked_limit(limit),
    )
    _checked_word("account", account, ("all", "this key"))
    if account == "this key":
        client = current(accounts.ready_client() if client is None else client).client
        search = replace(search, origin=client.base_url, account=client.fingerprint)
    journal = current_journal(client)
    return History(journal, ask_journal(lambda: journal.search(search)))


def _checked_text(field: str, value: object) -> str | None:
    if isinstance(value, str):
        # nothing in a journal has half of a character, which no database can be asked for
        return value.encode("utf-8", "replace").decode()
    if value is None:
        return None
    raise InvalidRequest(
        f"{field} is a {type(value).__name__}, not text.",
        next_step=f'Write {field}="cat".',
        field=field,
    )


def _checked_word(field: str, value: object, known: Sequence[object]) -> Any:
    if not (value is None or isinstance(value, str)) or value not in known:
        words = ", ".join(f'"{word}"' for word in known if word is not None)
        raise InvalidRequest(
            f"lumen.history() does not know that {field}.",
            next_step=f"Give {field} one of {words}.",
            field=field,
        )
    return value


def _checked_limit(value: object) -> int | None:
    limit = whole_number(value)
    if value is None or (limit is not None and 0 <= limit < 2**63):
        return limit
    raise InvalidRequest(
        "limit is no whole number from 0 up.", next_step="Write limit=100.", field="limit"
    )


def _checked_bytes(value: object) -> int:
    count = value if isinstance(value, float) else whole_number(value)
    if count is not None and 0 <= count < 2**63:
        return int(count)
    raise InvalidRequest(
        "max_bytes is no number of bytes from 0 up.",
        next_step="Write max_bytes=2_000_000_000 for two gigabytes.",
        field="max_bytes",
    )

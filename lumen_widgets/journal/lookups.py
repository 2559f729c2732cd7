"""What a journal can be asked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lumen_widgets.journal import likes, queries
from lumen_widgets.journal.database import reading
from lumen_widgets.journal.rows import stored_kind

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from pathlib import Path

    from lumen_widgets.journal.rows import JournalRow
    from lumen_widgets.journal.search import Search


class Lookups:
    """What a journal says; `Journal` says of what and where."""

    home: Path
    _path: Path

    def find(self, *, origin: str, account: str, task_id: str) -> JournalRow | None:
        """Return the row of a task by the service's id, or None if the journal has none.

        Raises
        ------
        JournalUnwritable
            The file cannot be read.

        """
        with reading(self._path) as connection:
            if connection is None:
                return None
            return queries.by_task(connection, self.home, (origin, account, task_id))

    def find_same(
        self, *, origin: str, account: str, digest: str, passed: Collection[int] = ()
    ) -> JournalRow | None:
        """Return the row of a request sent before, None if there is none to go by.

        Parameters
        ----------
        origin, account, digest, passed
            As for `Journal.begin_or_find`, which finds the same.

        Raises
        ------
        JournalUnwritable
            The file cannot be read.

        """
        with reading(self._path) as connection:
            if connection is None:
                return None
            return likes.same(connection, self.home, (origin, account, digest), passed)

    def durations(
        self, *, origin: str, endpoint: str, body: Mapping[str, object], limit: int = 30
    ) -> list[float]:
        """Return how long the newest like tasks took that succeeded, in seconds, newest first.

        Alike are tasks of the same origin, endpoint, model, size, resolution, quality and n.

        Parameters
        ----------
        origin, endpoint, body
            As for `Journal.begin`.
        limit
            How many at most.

        Raises
        ------
        JournalUnwritable
            The file cannot be read.

        """
        kind = stored_kind(endpoint, body)
        with reading(self._path) as connection:
            return [] if connection is None else queries.durations(connection, origin, kind, limit)

    def rows(self, limit: int | None = None) -> list[JournalRow]:
        """Return the newest `limit` rows, newest first; None returns all of them.

        Raises
        ------
        JournalUnwritable
            The file cannot be read.

        """
        with reading(self._path) as connection:
            if connection is None:
                return []
            return queries.newest(connection, self.home, limit)

    def search(self, search: Search) -> list[int]:
        """Return the numbers of the rows that a search finds, newest first.

        Raises
        ------
        JournalUnwritable
            The file cannot be read.

        """
        with reading(self._path) as connection:
            return [] if connection is None else queries.found_by(connection, search)

    def numbered(self, numbers: Sequence[int]) -> list[JournalRow]:
        """Return rows by their numbers, in that order; one that was pruned since is left out.

        Raises
        ------
        JournalUnwritable
            The file cannot be read.

        """
        with reading(self._path) as connection:
            if connection is None:
                return []
            return queries.by_numbers(connection, self.home, numbers)

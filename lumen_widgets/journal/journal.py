"""The journal itself: what was asked of the service, what came of it, and the pictures."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

from lumen_widgets.journal import claims, pruning
from lumen_widgets.journal.database import FILE_NAME, reading, writing
from lumen_widgets.journal.home import default_home
from lumen_widgets.journal.lookups import Lookups
from lumen_widgets.journal.processes import SEEN_EVERY, register
from lumen_widgets.journal.records import Records

if TYPE_CHECKING:
    import os
    from collections.abc import Collection, Sequence

    from lumen_widgets.journal.pruning import Pruned
    from lumen_widgets.journal.rows import JournalRow


class Journal(Records, Lookups):
    """Every task submitted from one home folder.

    Any number of threads and processes may use the same folder at once. The key is never in it,
    nor are the addresses of results.

    Parameters
    ----------
    home
        The folder; None is `default_home()`. Nothing is read or created until the first call.

    Attributes
    ----------
    home : Path
        The folder, absolute.

    Examples
    --------
    >>> import tempfile
    >>> journal = Journal(tempfile.mkdtemp())
    >>> row = journal.begin(
    ...     origin="https://lumen.example", account="a1", endpoint="generations",
    ...     body={"prompt": "a cat"})
    >>> journal.accept(row, task_id="t1", created=None, status="queued")
    >>> [entry.state for entry in journal.rows()]
    ['queued']

    """

    def __init__(self, home: str | os.PathLike[str] | None = None) -> None:
        # Absolute, so that a later change of folder does not move it.
        self.home = default_home() if home is None else Path(home).expanduser().absolute()
        self._path = self.home / FILE_NAME
        self._attended = 0.0

    def __repr__(self) -> str:
        return f"Journal({str(self.home)!r})"

    def attend(self) -> None:
        """Say that this process lives and follows tasks; writes about once a minute at most.

        Raises
        ------
        JournalUnwritable
            It could not be written; nothing is tried again for another minute.

        """
        now = time.monotonic()
        if self._attended and now - self._attended < SEEN_EVERY:
            return
        self._attended = now
        with writing(self._path) as connection:
            register(connection)

    def claim(
        self, *, origin: str, account: str, followed: Collection[str] = ()
    ) -> list[JournalRow]:
        """Take over the tasks that nobody follows any more, and return them, oldest first.

        They are those of which more may come: not ended, or ended without all of their pictures.
        Of several processes that do this at once, each task goes to one.

        Parameters
        ----------
        origin, account
            As for `begin`.
        followed
            Ids of the tasks that this process follows already.

        Raises
        ------
        JournalUnwritable
            The journal could not be read or written.

        """
        if not self._path.exists():
            return []
        with writing(self._path) as connection:
            return claims.claim(connection, self.home, (origin, account), followed)

    def lost(self, *, origin: str, account: str) -> list[JournalRow]:
        """Return the requests of which nobody will hear whether they were taken, newest first.

        Raises
        ------
        JournalUnwritable
            The file cannot be read.

        """
        with reading(self._path) as connection:
            if connection is None:
                return []
            return claims.lost(connection, self.home, (origin, account))

    def dismiss(self, numbers: Sequence[int]) -> int:
        """Give up on rows of which more might come, and return how many there were.

        Nobody takes them up or counts them for the same request any more, and they may be pruned.
        Should more come of one all the same, it is written down as ever.

        Parameters
        ----------
        numbers
            The rows; one that is settled, or that a living process is just sending, stays as it is.

        Raises
        ------
        JournalUnwritable
            The journal could not be read or written.

        """
        if not self._path.exists():
            return 0
        with writing(self._path) as connection:
            return claims.dismiss(connection, self.home, numbers)

    def prune(
        self, numbers: Sequence[int], *, before: float | None = None, most: int | None = None
    ) -> Pruned:
        """Forget rows that are over and done with, and delete their pictures.

        A task that runs, a request that may have been paid, and a paid task whose pictures never
        arrived stay, however old they are.

        Parameters
        ----------
        numbers
            The rows that may go, newest first.
        before
            Unix seconds: those written earlier go.
        most
            Bytes that their pictures may have in all: the oldest go until they fit.

        Raises
        ------
        JournalUnwritable
            The journal could not be read or written, or a file not be deleted.

        """
        if not self._path.exists():
            return pruning.Pruned(0, 0, 0)
        return pruning.prune(self._path, self.home, numbers, before=before, most=most)

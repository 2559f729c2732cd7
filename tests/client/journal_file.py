"""The journal's SQLite file as others see it: looked at, held and changed from outside."""

from __future__ import annotations

import contextlib
import sqlite3
from typing import TYPE_CHECKING, Any

from tests.conditions import PATIENCE

if TYPE_CHECKING:
    from pathlib import Path


class JournalFile:
    """The file of one journal.

    Parameters
    ----------
    home
        The journal's folder.

    """

    def __init__(self, home: Path) -> None:
        self.path = home / "journal.sqlite3"
        self._holder: sqlite3.Connection | None = None

    def ask(self, question: str, *values: object) -> list[tuple[Any, ...]]:
        """Return what an SQL statement finds; what it changes stays."""
        with contextlib.closing(sqlite3.connect(self.path, timeout=PATIENCE)) as connection:
            found = connection.execute(question, values).fetchall()
            connection.commit()
        return found

    def write(self, dump: str) -> None:
        """Make the file from SQL statements."""
        with contextlib.closing(sqlite3.connect(self.path)) as connection:
            connection.executescript(dump)

    def ids(self) -> list[str | None]:
        """Return the id of each task, in the order in which they were begun."""
        return [task_id for (task_id,) in self.ask("SELECT task_id FROM tasks ORDER BY row")]

    def states(self) -> list[str]:
        """Return the state of each task, in the same order."""
        return [state for (state,) in self.ask("SELECT state FROM tasks ORDER BY row")]

    def hold(self) -> None:
        """Lock the file as another program would, until `let_go`."""
        # the thread of a server holds it, and that of the test lets go
        self._holder = sqlite3.connect(
            self.path, timeout=PATIENCE, isolation_level=None, check_same_thread=False
        )
        self._holder.execute("BEGIN EXCLUSIVE")

    def let_go(self) -> None:
        """Lock it no longer; does nothing if it is not locked."""
        if self._holder is not None:
            self._holder.close()
            self._holder = None

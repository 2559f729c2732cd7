"""SQLite as a slow disk makes it: each commit takes a while, and opening a file holds a lock.

SQLite has locks of its own for the whole process, one of which is held while a file is opened.
A fork copies them in whatever state they are in, and so it does with the one that stands for them
here. All of it holds for whoever calls ``sqlite3.connect`` by that name, as the journal does.
"""

from __future__ import annotations

import sqlite3
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def slow_commits(seconds: float) -> Iterator[None]:
    """Have each commit take so long, with the file locked meanwhile as on a disk that syncs."""

    class Slow(sqlite3.Connection):
        def commit(self) -> None:
            if self.in_transaction:
                time.sleep(seconds)
            super().commit()

        def execute(self, sql: str, *values: Any) -> sqlite3.Cursor:
            if sql.strip().upper().startswith(("COMMIT", "END")):
                time.sleep(seconds)
            return super().execute(sql, *values)

    def connect(*arguments: Any, **settings: Any) -> sqlite3.Connection:
        return Slow(*arguments, **settings)

    with patch.object(sqlite3, "connect", connect):
        yield


class Opening:
    """Parks a thread inside of SQLite while another forks the process.

    Attributes
    ----------
    parked
        Set once the first thread that comes is inside.
    forked
        To be set after the fork. Where the fork itself waits until no thread is inside, as it
        should, the thread goes on after `LONGEST` seconds.

    """

    LONGEST = 1.0

    def __init__(self) -> None:
        self.parked = threading.Event()
        self.forked = threading.Event()
        self._lock = threading.Lock()

    def install(self) -> None:
        """Have whatever this process does with SQLite from now on come in this way."""
        opening = self

        class Parking(sqlite3.Connection):
            def execute(self, *arguments: Any) -> sqlite3.Cursor:
                opening.enter()
                return super().execute(*arguments)

        def connect(*arguments: Any, **settings: Any) -> sqlite3.Connection:
            opening.enter()
            return Parking(*arguments, **settings)

        setattr(sqlite3, "connect", connect)  # noqa: B010 -- mypy knows it as overloaded

    def enter(self) -> None:
        """Take SQLite's lock and give it back; the first to come stays for a while in between."""
        with self._lock:
            if not self.parked.is_set():
                self.parked.set()
                self.forked.wait(self.LONGEST)

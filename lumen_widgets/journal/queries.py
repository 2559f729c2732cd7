"""What is asked of the journal's tables; nothing here changes them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lumen_widgets.journal.rows import read_row

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable
    from pathlib import Path

    from lumen_widgets.journal.rows import JournalRow


def by_task(
    connection: sqlite3.Connection, home: Path, names: tuple[str, str, str]
) -> JournalRow | None:
    """Return the row of a task by origin, account and id."""
    found = connection.execute(
        # Where two processes both wrote the task down, the one with pictures is the better.
        "SELECT * FROM tasks WHERE origin = ? AND account = ? AND task_id = ? ORDER BY"
        " (SELECT count(*) FROM pictures WHERE pictures.row = tasks.row) DESC, row DESC"
        " LIMIT 1",
        names,
    ).fetchall()
    return next(iter(_rows(connection, home, found)), None)


def newest(connection: sqlite3.Connection, home: Path, limit: int | None) -> list[JournalRow]:
    """Return the newest rows, newest first."""
    found = connection.execute(
        "SELECT * FROM tasks ORDER BY row DESC LIMIT ?", (-1 if limit is None else limit,)
    ).fetchall()
    return _rows(connection, home, found)


def durations(connection: sqlite3.Connection, origin: str, kind: str, limit: int) -> list[float]:
    """Return how long the newest tasks of a kind took that succeeded, in seconds, newest first."""
    found = connection.execute(
        "SELECT seconds FROM tasks WHERE origin = ? AND kind = ? AND seconds IS NOT NULL"
        " AND state = 'succeeded' ORDER BY row DESC LIMIT ?",
        (origin, kind, limit),
    )
    return [float(entry["seconds"]) for entry in found]


def _rows(
    connection: sqlite3.Connection, home: Path, found: Iterable[sqlite3.Row]
) -> list[JournalRow]:
    return [
        read_row(
            entry,
            connection.execute(
                "SELECT * FROM pictures WHERE row = ? ORDER BY number", (entry["row"],)
            ),
            home,
        )
        for entry in found
    ]

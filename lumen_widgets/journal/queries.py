"""What is asked of the journal's tables; nothing here changes them."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import TYPE_CHECKING

from lumen_widgets.journal.processes import gone
from lumen_widgets.journal.rows import read_row

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from lumen_widgets.journal.rows import JournalRow
    from lumen_widgets.journal.search import Search

# So many numbers go into one question: SQLite of old takes 999.
_AT_ONCE = 500


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
    return next(iter(read_rows(connection, home, found)), None)


def newest(connection: sqlite3.Connection, home: Path, limit: int | None) -> list[JournalRow]:
    """Return the newest rows, newest first."""
    found = connection.execute(
        "SELECT * FROM tasks ORDER BY row DESC LIMIT ?", (-1 if limit is None else limit,)
    ).fetchall()
    return read_rows(connection, home, found)


def by_numbers(
    connection: sqlite3.Connection, home: Path, numbers: Sequence[int]
) -> list[JournalRow]:
    """Return the rows of these numbers in their order; one that is no longer there is left out."""
    rows: dict[int, JournalRow] = {}
    for start in range(0, len(numbers), _AT_ONCE):
        some = numbers[start : start + _AT_ONCE]
        found = connection.execute(
            f"SELECT * FROM tasks WHERE row IN ({', '.join('?' * len(some))})",  # noqa: S608  question marks only
            some,
        ).fetchall()
        rows |= {row.row: row for row in read_rows(connection, home, found)}
    return [rows[number] for number in numbers if number in rows]


def found_by(connection: sqlite3.Connection, search: Search) -> list[int]:
    """Return the numbers of the rows that a search finds, newest first."""
    connection.create_function("says", 3, _says, deterministic=True)
    over = gone(connection)
    clauses, values = search.condition(over)
    found = connection.execute(
        f"SELECT row FROM tasks WHERE {clauses} ORDER BY row DESC LIMIT ?",  # noqa: S608  our own clauses, with question marks
        (*values, -1 if search.limit is None else search.limit),
    )
    return [entry["row"] for entry in found]


def durations(connection: sqlite3.Connection, origin: str, kind: str, limit: int) -> list[float]:
    """Return how long the newest tasks of a kind took that succeeded, in seconds, newest first."""
    found = connection.execute(
        "SELECT seconds FROM tasks WHERE origin = ? AND kind = ? AND seconds IS NOT NULL"
        " AND state = 'succeeded' ORDER BY row DESC LIMIT ?",
        (origin, kind, limit),
    )
    return [float(entry["seconds"]) for entry in found]


def read_rows(
    connection: sqlite3.Connection, home: Path, found: Iterable[sqlite3.Row]
) -> list[JournalRow]:
    """Return what rows of the tables say, each with its pictures."""
    entries = list(found)
    sending = any(entry["state"] == "sending" for entry in entries)
    over = gone(connection) if sending else set[int]()
    return [
        read_row(
            entry,
            connection.execute(
                "SELECT * FROM pictures WHERE row = ? ORDER BY number", (entry["row"],)
            ),
            home,
            over,
        )
        for entry in entries
    ]


def _says(body: str, name: str, text: str) -> bool:
    """Say whether a field of a request has some text in it, in whichever case."""
    with suppress(ValueError, AttributeError):
        return text.casefold() in str(json.loads(body).get(name) or "").casefold()
    return False

"""Which earlier request is the same as one that is about to be sent, and what can be had of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lumen_widgets.journal.processes import gone
from lumen_widgets.journal.queries import by_numbers
from lumen_widgets.journal.schema import DISMISSED

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Collection
    from pathlib import Path

    from lumen_widgets.journal.rows import JournalRow


def same(
    connection: sqlite3.Connection,
    home: Path,
    names: tuple[str, str, str],
    passed: Collection[int] = (),
) -> JournalRow | None:
    """Return the row that says most of the same request, None where there is none to go by.

    Pictures that are here already go before a task whose pictures are still to be fetched, that
    before one that runs, before a request that is being sent, and last comes one that may have
    been taken. One that was refused, failed or was cancelled is none: it cost nothing that is left.
    Of other accounts only pictures count.

    Parameters
    ----------
    connection, home
        The journal.
    names
        Origin, account and digest.
    passed
        Rows that do not count.

    """
    origin, account, digest = names
    found = connection.execute(
        "SELECT row, state, task_id, owner, settled, account = ? AS ours FROM tasks"
        " WHERE digest = ? AND origin = ? ORDER BY row DESC",
        (account, digest, origin),
    ).fetchall()
    over = gone(connection) if any(entry["state"] == "sending" for entry in found) else set[int]()
    ranked = [
        (rank, entry["row"])
        for entry in found
        if entry["row"] not in passed and (rank := _rank(entry, over)) is not None
    ]
    if not ranked:
        return None
    _, row = min(ranked, key=lambda one: one[0])
    return by_numbers(connection, home, [row])[0]


def _rank(entry: sqlite3.Row, over: set[int]) -> int | None:
    """Return how much a row helps, 0 the most; None for not at all."""
    if entry["settled"] == DISMISSED:
        return None
    if entry["state"] == "succeeded":
        if entry["settled"]:
            return 0
        return 1 if entry["ours"] else None
    if entry["settled"] or not entry["ours"]:
        return None
    if entry["task_id"] is not None:
        return 2
    waits = entry["state"] == "sending" and entry["owner"] is not None
    return 3 if waits and entry["owner"] not in over else 4

"""What someone looks for in the journal."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lumen_widgets.journal.processes import gone
from lumen_widgets.journal.rows import DISMISSED

if TYPE_CHECKING:
    import sqlite3

# How a row stands, in one word, and which rows do; {over} is the numbers of processes that ended.
_LOST = (
    "(task_id IS NULL AND settled = 0 AND (state = 'unknown'"
    " OR (state = 'sending' AND (owner IS NULL OR owner IN ({over})))))"
)
_STATES = {
    "succeeded": "state = 'succeeded'",
    "failed": "state = 'failed'",
    "cancelled": "state = 'cancelled'",
    "refused": "(state = 'refused' AND task_id IS NULL)",
    "running": (
        "(task_id IS NOT NULL AND settled = 0"
        " AND state NOT IN ('succeeded', 'failed', 'cancelled'))"
    ),
    "sending": f"(task_id IS NULL AND settled = 0 AND state = 'sending' AND NOT {_LOST})",
    "unknown": _LOST,
    "dismissed": f"settled = {DISMISSED}",
}

# The words that a search knows.
STATES = tuple(_STATES)


@dataclass(frozen=True)
class Search:
    """What someone looks for; None in any field takes all.

    Attributes
    ----------
    origin, account
        Of the service, and of the key: its fingerprint.
    state
        One of `STATES`.
    text, model
        What prompt and model have in them, in whichever case.
    since, until
        When the row was written, unix seconds.
    limit
        How many rows at most, the newest.

    """

    origin: str | None = None
    account: str | None = None
    state: str | None = None
    text: str | None = None
    model: str | None = None
    since: float | None = None
    until: float | None = None
    limit: int | None = None

    def condition(self, over: set[int]) -> tuple[str, tuple[object, ...]]:
        """Return the SQL condition, and the values of its question marks.

        Parameters
        ----------
        over
            The numbers of processes that ended.

        """
        clauses, values = ["1"], list[object]()
        for clause, value in (
            ("origin = ?", self.origin),
            ("account = ?", self.account),
            ("submitted >= ?", self.since),
            ("submitted <= ?", self.until),
            ("says(body, 'prompt', ?)", self.text),
            ("says(body, 'model', ?)", self.model),
        ):
            if value is not None:
                clauses.append(clause)
                values.append(value)
        if self.state is not None:
            numbers = ", ".join(str(int(number)) for number in sorted(over))
            clauses.append(_STATES[self.state].format(over=numbers))
        return " AND ".join(clauses), tuple(values)


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


def _says(body: str, name: str, text: str) -> bool:
    """Say whether a field of a request has some text in it, in whichever case."""
    with suppress(ValueError, AttributeError):
        return text.casefold() in str(json.loads(body).get(name) or "").casefold()
    return False

"""A search of the journal: its conditions, and the rows that meet them."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lumen_widgets.journal.processes import ended_processes
from lumen_widgets.journal.rows import DISMISSED, REFUSED

if TYPE_CHECKING:
    import sqlite3

# The states that a search knows, each with its SQL condition; {ended} stands for the numbers of the
# processes that have ended.
_UNKNOWN = (
    "(task_id IS NULL AND settled = 0 AND (state <> 'sending'"
    " OR owner IS NULL OR owner IN ({ended})))"
)
_STATES = {
    "succeeded": f"(state = 'succeeded' AND NOT {_UNKNOWN})",
    "failed": "state = 'failed'",
    "cancelled": "state = 'cancelled'",
    "refused": REFUSED,
    "running": (
        "(task_id IS NOT NULL AND settled = 0"
        " AND state NOT IN ('succeeded', 'failed', 'cancelled'))"
    ),
    "sending": f"(task_id IS NULL AND settled = 0 AND state = 'sending' AND NOT {_UNKNOWN})",
    "unknown": _UNKNOWN,
    "dismissed": f"settled = {DISMISSED}",
}

# Their names.
STATES = tuple(_STATES)


@dataclass(frozen=True)
class Search:
    """The conditions of one search; None in any field takes all rows.

    Attributes
    ----------
    origin, account
        Of the service, and of the key: its fingerprint.
    state
        One of `STATES`.
    text, model
        What prompt and model contain, in upper or lower case.
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

    def condition(self, ended: set[int]) -> tuple[str, tuple[object, ...]]:
        """Return the SQL condition, and the values of its question marks.

        Parameters
        ----------
        ended
            The numbers of the processes that have ended.

        """
        clauses, values = ["1"], list[object]()
        for clause, value in (
            ("origin = ?", self.origin),
            ("account = ?", self.account),
            ("submitted >= ?", self.since),
            ("submitted <= ?", self.until),
            ("contains(body, 'prompt', ?)", self.text),
            ("contains(body, 'model', ?)", self.model),
        ):
            if value is not None:
                clauses.append(clause)
                values.append(value)
        if self.state is not None:
            numbers = ", ".join(str(int(number)) for number in sorted(ended))
            clauses.append(_STATES[self.state].format(ended=numbers))
        return " AND ".join(clauses), tuple(values)


def find_numbers(connection: sqlite3.Connection, search: Search) -> list[int]:
    """Return the numbers of the rows that a search finds, newest first."""
    connection.create_function("contains", 3, _contains, deterministic=True)
    ended = ended_processes(connection)
    clauses, values = search.condition(ended)
    found = connection.execute(
        f"SELECT row FROM tasks WHERE {clauses} ORDER BY row DESC LIMIT ?",  # noqa: S608  our own clauses, with question marks
        (*values, -1 if search.limit is None else search.limit),
    )
    return [entry["row"] for entry in found]


def _contains(body: str, name: str, text: str) -> bool:
    """Say whether a field of a request contains a text, in upper or lower case."""
    with suppress(ValueError, AttributeError):
        return text.casefold() in str(json.loads(body).get(name) or "").casefold()
    return False

"""The figures that were aimed at, each beside its target and, where they have it, other clients."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.bench.peer_environment import PEERS
from tests.bench.table import NOTHING, Table

if TYPE_CHECKING:
    from collections.abc import Mapping

# What was aimed at, in the table's order. Sizes other than the full ones have no target.
TARGETS = {
    "newcomer's cell": "≤ 0.8 s",
    "warm cell": "≤ 100 ms",
    "cold": "≤ 11.5, ≤ openai's delay",
    "learnt": "no worse than cold",
    "like tasks, learnt": "≤ 9, ≤ openai's delay",
    "throughput": "≥ 25, ≥ 5 a second",
    "processor time": "≤ 20 ms",
    "journal": "≤ 40 ms",
    "display copy": "≤ 110 ms",
    "contact sheet": "≤ 100 ms",
    "history": "≤ 150 ms",
    "picture search": "≤ 150 ms",
    "panel": "≤ 100 kB",
    "gallery": "1 frame",
    "first screen": "≤ 500 ms",
    "compare": "a frame, 17 ms",
    "Studio": "≤ 500 ms after the form",
    "put back": "≤ 180 / 250 / 600 ms",
}

_noted: dict[str, tuple[str, str, Mapping[str, str]]] = {}


def note(row: str, what: str, ours: str, others: Mapping[str, str] | None = None) -> None:
    """Keep a figure for the table at the end.

    Parameters
    ----------
    row
        One of `TARGETS`.
    what
        What was measured, with its size.
    ours
        The figure with its unit.
    others
        By the name of a client: the same.

    """
    assert row in TARGETS
    _noted[row] = what, ours, others or {}


def table(*, full: bool) -> Table | None:
    """Return what was noted, None where that is nothing; targets are those of the full sizes."""
    made = Table(("what", "here", *PEERS, *(("target",) if full else ())))
    for row, target in TARGETS.items():
        if row in _noted:
            what, ours, others = _noted[row]
            cells = [others.get(name, NOTHING) for name in PEERS]
            made.add(what, ours, *cells, *([target] if full else []))
    return made if made.rows else None

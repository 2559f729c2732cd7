"""A table of measurements, as Markdown, so that README can show it as it is."""

from __future__ import annotations

from dataclasses import dataclass, field
from statistics import median
from time import perf_counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

ROUNDS = 5

# in a cell for which there is no figure
NOTHING = "\N{EN DASH}"


@dataclass
class Table:
    """Rows under a head."""

    head: tuple[str, ...]
    rows: list[tuple[str, ...]] = field(default_factory=list)

    def add(self, *cells: object) -> None:
        """Add a row; a float is shown with a place or two, as its size asks."""
        self.rows.append(tuple(_shown(cell) for cell in cells))

    def __str__(self) -> str:
        columns = list(zip(self.head, *self.rows, strict=True))
        widths = [max(len(cell) for cell in column) for column in columns]
        rule = tuple("-" * width for width in widths)
        lines = [
            " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))
            for row in (self.head, rule, *self.rows)
        ]
        return "\n".join(f"| {line} |" for line in lines)


def side_by_side(measured: dict[str, Callable[[], float]]) -> dict[str, float]:
    """Return the median of five of each, taken in turn: a busy minute troubles all alike."""
    taken: dict[str, list[float]] = {name: [] for name in measured}
    for _ in range(ROUNDS):
        for name, measure in measured.items():
            taken[name].append(measure())
    return {name: median(values) for name, values in taken.items()}


def seconds(work: Callable[[], object]) -> float:
    """Return how long a call takes."""
    start = perf_counter()
    work()
    return perf_counter() - start


def _shown(cell: object) -> str:
    if isinstance(cell, float):
        return f"{cell:.0f}" if abs(cell) >= 100 else f"{cell:.2f}"
    return str(cell)

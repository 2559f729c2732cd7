"""Operations and steps of every kind, drawn by hypothesis."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

import numpy as np
from hypothesis import strategies as st

from lumen_widgets.masks import (
    Clear,
    Ellipse,
    Invert,
    Operation,
    Polygon,
    Rectangle,
    Step,
    Stroke,
    UndoHistory,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

Numbers: TypeAlias = st.SearchStrategy[float]

# eighths: products of two are exact in a double, so that no pixel is decided by rounding
EIGHTHS: Numbers = st.integers(-160, 800).map(lambda number: number / 8)
FLOATS: Numbers = st.floats(-20, 100, width=32)
# corners and centres of few pixels: edges are often level, upright, or run through centres
HALVES: Numbers = st.integers(-4, 24).map(lambda number: number / 2) | st.sampled_from(
    [0.5, 2.5, 5.5, 7.5]
)

MODES = st.sampled_from(["add", "add", "subtract", "intersect"])
RADII = st.sampled_from([0.125, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 13.0, 40.0])
SIZES = st.one_of(
    st.tuples(st.integers(1, 20), st.integers(1, 20)),
    st.tuples(st.just(1), st.integers(1, 70)),
    st.tuples(st.integers(1, 70), st.just(1)),
    st.tuples(st.integers(1, 70), st.integers(1, 70)),
)


class Case(NamedTuple):
    """A picture's size, and what is done to its mask."""

    width: int
    height: int
    steps: list[Any]

    @property
    def done(self) -> tuple[Operation, ...]:
        """What is left when undo and redo are carried out."""
        return history_of(self.steps).done


def history_of(steps: list[Step]) -> UndoHistory:
    """Return where a list of steps leads."""
    history = UndoHistory()
    for step in steps:
        history = history.after(step)
    return history


def stroke(points: Sequence[tuple[float, float]], radius: float, *, erase: bool = False) -> Stroke:
    """Return a stroke along a list of points."""
    return Stroke(np.array(points, np.float32), radius, erase)


def polygon(points: Sequence[tuple[float, float]]) -> Polygon:
    """Return a polygon of a list of corners."""
    return Polygon(np.array(points, np.float32))


def points(numbers: Numbers, least: int) -> st.SearchStrategy[list[tuple[float, float]]]:
    """Draw points, of which some come twice or three times in a row."""
    several = st.tuples(st.tuples(numbers, numbers), st.sampled_from([1, 1, 1, 2, 3]))
    return st.lists(several, min_size=least, max_size=6).map(
        lambda drawn: [point for point, times in drawn for _ in range(times)]
    )


def strokes(numbers: Numbers) -> st.SearchStrategy[Stroke]:
    """Draw strokes, dabs among them."""
    radii = RADII if numbers is not FLOATS else RADII | st.floats(0.25, 60, width=32)
    return st.builds(Stroke, points(numbers, 1), radii, st.booleans())


def shapes(
    kind: type[Rectangle | Ellipse], numbers: Numbers
) -> st.SearchStrategy[Rectangle | Ellipse]:
    """Draw rectangles or ellipses, flat and thin ones too."""
    sides = numbers.map(abs).filter(lambda side: side >= 0.125)
    return st.builds(kind, numbers, numbers, sides, sides, MODES)


def operations(numbers: Numbers) -> st.SearchStrategy[Operation]:
    """Draw one operation of any kind."""
    return st.one_of(
        strokes(numbers),
        shapes(Rectangle, numbers),
        shapes(Ellipse, numbers),
        st.builds(Polygon, points(numbers, 3), MODES),
        st.builds(Invert),
        st.builds(Clear),
    )


def any_operations() -> st.SearchStrategy[Operation]:
    """Draw one operation of any kind, with numbers of any kind."""
    return operations(EIGHTHS) | operations(FLOATS) | operations(HALVES)


def steps(most: int = 8) -> st.SearchStrategy[list[Any]]:
    """Draw steps, of which many take others back."""
    back: st.SearchStrategy[Any] = st.sampled_from(["undo", "undo", "redo"])
    return st.lists(any_operations() | any_operations() | back, min_size=1, max_size=most)


@st.composite
def cases(draw: st.DrawFn, numbers: Numbers, most: int = 6) -> Case:
    """Draw a size and a list of operations."""
    width, height = draw(SIZES)
    return Case(width, height, draw(st.lists(operations(numbers), min_size=1, max_size=most)))


@st.composite
def stepped(draw: st.DrawFn, most: int = 10) -> Case:
    """Draw a size and a list of steps, undo and redo among them."""
    width, height = draw(SIZES)
    return Case(width, height, draw(steps(most)))

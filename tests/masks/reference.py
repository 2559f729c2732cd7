"""Masks by the book: each pixel is asked by itself, in whole numbers that are never rounded.

Nothing is shared with the code that is tested. Floats are fractions whose denominators are powers
of two, so a case's numbers become whole multiples of one unit; Python's integers hold whatever
products they make. The only pixels that are *doubtful* are those on an edge to within 1e-12 of its
distance, relatively: there the rounding of doubles may decide, and a comparison leaves them out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from lumen_widgets.masks import Clear, Ellipse, Invert, Operation, Polygon, Rectangle, Stroke

if TYPE_CHECKING:
    from collections.abc import Iterable

Bools: TypeAlias = NDArray[np.bool_]

_TIE = 10**12


class Expected(NamedTuple):
    """A mask, and the pixels of it that rounding may decide."""

    mask: Bools
    doubtful: Bools


class _Grid:
    """The centres of a picture's pixels, in a unit in which some numbers are whole."""

    def __init__(self, width: int, height: int, *numbers: float) -> None:
        ratios = [float(number).as_integer_ratio() for number in numbers]
        # centres are at halves
        self.unit = max([2, *(bottom for _, bottom in ratios)])
        self.numbers = [top * (self.unit // bottom) for top, bottom in ratios]
        # arrays of Python's own integers, of any length
        centres = [
            np.array([(2 * at + 1) * self.unit // 2 for at in range(size)], object)
            for size in (width, height)
        ]
        self.x = np.tile(centres[0], (height, 1))
        self.y = np.tile(centres[1][:, None], (1, width))

    def pairs(self) -> list[tuple[int, int]]:
        return list(zip(self.numbers[::2], self.numbers[1::2], strict=True))


def expected(
    operations: Iterable[Operation], width: int, height: int, base: Bools | None = None
) -> Expected:
    """Return what a list of operations makes."""
    mask = np.zeros((height, width), bool) if base is None else base.copy()
    doubtful = np.zeros((height, width), bool)
    for operation in operations:
        if isinstance(operation, Clear):
            mask[:], doubtful[:] = False, False
            continue
        if isinstance(operation, Invert):
            mask = ~mask
            continue
        inside, unsure = _shape(operation, width, height)
        doubtful |= unsure
        erases = isinstance(operation, Stroke) and operation.erase
        mode = getattr(operation, "mode", "subtract" if erases else "add")
        if mode == "add":
            mask = mask | inside
        elif mode == "subtract":
            mask = mask & ~inside
        else:
            mask = mask & inside
    return Expected(mask, doubtful)


def _shape(
    operation: Stroke | Rectangle | Ellipse | Polygon, width: int, height: int
) -> tuple[Bools, Bools]:
    match operation:
        case Stroke():
            return _stroke(operation, width, height)
        case Rectangle():
            return _rectangle(operation, width, height)
        case Ellipse():
            return _ellipse(operation, width, height)
        case Polygon():
            return _polygon(operation, width, height)


def _stroke(stroke: Stroke, width: int, height: int) -> tuple[Bools, Bools]:
    """Set the pixels whose centre is no farther than the radius from the path's nearest point."""
    grid = _Grid(width, height, *stroke.points.astype(float).flat, stroke.radius, 0.0)
    *points, (radius, _) = grid.pairs()
    inside, unsure = _nothing(width, height), _nothing(width, height)
    for (ax, ay), (bx, by) in zip(points, points[1:] or points, strict=False):
        dx, dy = bx - ax, by - ay
        length2 = dx * dx + dy * dy
        px, py = grid.x - ax, grid.y - ay
        # how far along the nearest point is, and the way to it, both times the length's square
        along = np.clip(px * dx + py * dy, 0, length2)
        times = length2 or 1
        qx, qy = px * times - along * dx, py * times - along * dy
        far, bound = qx * qx + qy * qy, radius * radius * times * times
        inside |= (far <= bound).astype(bool)
        unsure |= (abs(far - bound) * _TIE <= bound).astype(bool)
    return inside, unsure


def _rectangle(shape: Rectangle, width: int, height: int) -> tuple[Bools, Bools]:
    grid = _Grid(width, height, shape.x, shape.y, shape.width, shape.height)
    x, y, w, h = grid.numbers
    inside = (x <= grid.x) & (grid.x < x + w) & (y <= grid.y) & (grid.y < y + h)
    unsure = _nothing(width, height)
    # x + width may be rounded, and only that
    for centre, edge in ((grid.x, x + w), (grid.y, y + h)):
        unsure |= (abs(centre - edge) * _TIE <= abs(edge)).astype(bool)
    return inside.astype(bool), unsure


def _ellipse(shape: Ellipse, width: int, height: int) -> tuple[Bools, Bools]:
    """Set the pixels for which (x/a)² + (y/b)² is at most 1, seen from the middle."""
    grid = _Grid(width, height, shape.x, shape.y, shape.width, shape.height)
    x, y, w, h = grid.numbers
    # everything doubled, so that the middle is whole; then times both diameters
    across, down = (2 * grid.x - (2 * x + w)) * h, (2 * grid.y - (2 * y + h)) * w
    far, bound = across * across + down * down, w * w * h * h
    return (far <= bound).astype(bool), (abs(far - bound) * _TIE <= bound).astype(bool)


def _polygon(shape: Polygon, width: int, height: int) -> tuple[Bools, Bools]:
    """Count the sides that a ray to the left meets: one that touches the centre is met."""
    grid = _Grid(width, height, *shape.points.astype(float).flat)
    points = grid.pairs()
    met = _nothing(width, height)
    unsure = _nothing(width, height)
    for (ax, ay), (bx, by) in zip(points, [*points[1:], points[0]], strict=True):
        if ay == by:
            continue
        (topx, topy), (lowx, lowy) = ((ax, ay), (bx, by)) if ay < by else ((bx, by), (ax, ay))
        crossed = ((topy <= grid.y) & (grid.y < lowy)).astype(bool)
        one = (grid.x - topx) * (lowy - topy)
        other = (grid.y - topy) * (lowx - topx)
        met ^= crossed & (one >= other).astype(bool)
        tie = abs(one - other) * _TIE <= abs(one) + abs(other)
        unsure |= crossed & tie.astype(bool)
    return met, unsure


def _nothing(width: int, height: int) -> Bools:
    return np.zeros((height, width), bool)

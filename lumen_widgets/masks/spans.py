"""The exact pixels of strokes and shapes, as spans: the columns [start, end) of a row.

A pixel belongs to a shape if its centre, (column + ½, row + ½), does. Each shape here meets a row
in one span a segment or edge; a formula estimates its ends, and the test that defines the shape,
which has no root and no division, then corrects them: the test is exact, the formula only has to be
right within a pixel. `js/mask_painter/spans.ts` does the same arithmetic in the same order.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

    from lumen_widgets.masks.operations import Ellipse, Polygon, Rectangle, Stroke

    Floats = NDArray[np.float64]
    Bools = NDArray[np.bool_]
    Inside = Callable[[Floats], Bools]

Ints = np.int64

# rows of segments in one batch: their arrays take some hundred megabytes
_MOST_ROWS = 500_000
# a segment that is no wider than this is upright: a division by its width has no meaning
_UPRIGHT = 1e-9


class Spans(NamedTuple):
    """Parts of rows; they may overlap, in any order."""

    rows: NDArray[Ints]
    starts: NDArray[Ints]
    ends: NDArray[Ints]


def stroke_spans(stroke: Stroke, width: int, height: int) -> Iterator[Spans]:
    """Yield the spans of a stroke, one for each segment and row, some segments at a time."""
    points = stroke.points.astype(np.float64)
    a, b = (points, points) if len(points) == 1 else (points[:-1], points[1:])
    # one row more at each end: rounding must not lose a row that is just touched
    top = np.floor(np.minimum(a[:, 1], b[:, 1]) - stroke.radius - 0.5) - 1
    bottom = np.ceil(np.maximum(a[:, 1], b[:, 1]) + stroke.radius - 0.5) + 1
    rows = np.clip(bottom, -1, height - 1) - np.clip(top, 0, height) + 1
    part = np.cumsum(np.maximum(rows, 0)) // _MOST_ROWS
    for start, end in pairwise([0, *(np.flatnonzero(np.diff(part)) + 1), len(a)]):
        run = slice(start, end)
        yield _segment_spans(a[run], b[run], stroke.radius, top[run], bottom[run], width, height)


def _segment_spans(  # noqa: PLR0917 # what is known of the segments, all of one length
    a: Floats,
    b: Floats,
    radius: float,
    top: Floats,
    bottom: Floats,
    width: int,
    height: int,
) -> Spans:
    segment, rows = _part_rows(top, bottom, height)
    ax, ay, bx, by = a[segment, 0], a[segment, 1], b[segment, 0], b[segment, 1]
    cy = rows + 0.5
    dx, dy = bx - ax, by - ay
    length2 = dx * dx + dy * dy
    r2 = radius * radius
    low, high = _disc_ends(ax, cy - ay, r2)
    low_b, high_b = _disc_ends(bx, cy - by, r2)
    low_s, high_s = _segment_ends(ax, cy - ay, dx, dy, length2, radius)
    low = np.minimum(np.minimum(low, low_b), low_s)
    high = np.maximum(np.maximum(high, high_b), high_s)

    def inside(cx: Floats) -> Bools:
        px, py = cx - ax, cy - ay
        qx, qy = cx - bx, cy - by
        dot = px * dx + py * dy
        cross = px * dy - py * dx
        beside = np.where(dot >= length2, qx * qx + qy * qy <= r2, cross * cross <= r2 * length2)
        found: Bools = np.where(dot <= 0.0, px * px + py * py <= r2, beside)
        return found

    return _correct_ends(rows, low, high, inside, width)


def rectangle_spans(shape: Rectangle, width: int, height: int) -> Spans:
    """Return the spans of a rectangle, one a row."""
    x0, x1 = (_first_pixel(edge, width) for edge in (shape.x, shape.x + shape.width))
    y0, y1 = (_first_pixel(edge, height) for edge in (shape.y, shape.y + shape.height))
    if x1 <= x0:
        y1 = y0
    rows = np.arange(y0, max(y0, y1), dtype=Ints)
    return Spans(rows, np.full(len(rows), x0, Ints), np.full(len(rows), x1, Ints))


def ellipse_spans(shape: Ellipse, width: int, height: int) -> Spans:
    """Return the spans of an ellipse, one a row."""
    w, h = shape.width, shape.height
    top, bottom = np.array([np.floor(shape.y) - 1]), np.array([np.ceil(shape.y + h) + 1])
    _, rows = _part_rows(top, bottom, height)
    # twice the distance from the middle, times the other diameter: avoids a division
    ny = (2.0 * (rows + 0.5 - shape.y) - h) * w
    area2 = (w * h) * (w * h)
    half = np.sqrt(np.maximum(area2 - ny * ny, 0.0)) / h / 2.0
    middle = shape.x + w / 2.0
    touched = ny * ny <= area2
    low = np.where(touched, middle - half, np.inf)
    high = np.where(touched, middle + half, -np.inf)

    def inside(cx: Floats) -> Bools:
        nx = (2.0 * (cx - shape.x) - w) * h
        found: Bools = nx * nx + ny * ny <= area2
        return found

    return _correct_ends(rows, low, high, inside, width)


def polygon_spans(shape: Polygon, width: int, height: int) -> Iterator[Spans]:
    """Yield the spans of a polygon, which do not overlap, some rows at a time."""
    together = max(1, _MOST_ROWS // len(shape.points))
    for first in range(0, height, together):
        rows, columns = _crossings(shape, width, first, min(first + together, height))
        order = np.lexsort((columns, rows))
        rows, columns = rows[order], columns[order]
        # a closed line crosses a row an even number of times: each odd crossing leads inside
        starts, ends = columns[::2], columns[1::2]
        some = starts < ends
        yield Spans(rows[::2][some], starts[some], ends[some])


def _crossings(
    shape: Polygon, width: int, first: int, end: int
) -> tuple[NDArray[Ints], NDArray[Ints]]:
    """Return where the sides of a polygon cross the rows from `first` to before `end`.

    Returns
    -------
    tuple of arrays
        Rows, and in each the first column that lies right of a side; up to `width`.

    """
    points = shape.points.astype(np.float64)
    a, b = points, np.roll(points, -1, axis=0)
    # a side goes down the picture, however it was drawn
    down = (a[:, 1] <= b[:, 1])[:, None]
    a, b = np.where(down, a, b), np.where(down, b, a)
    top, bottom = np.ceil(a[:, 1] - 0.5) - 1, np.floor(b[:, 1] - 0.5) + 1
    side, rows = _part_rows(np.maximum(top, first), bottom, end)
    cy = rows + 0.5
    crossed = (a[side, 1] <= cy) & (cy < b[side, 1])
    side, rows, cy = side[crossed], rows[crossed], cy[crossed]
    ax, ay = a[side, 0], a[side, 1]
    dx, dy = b[side, 0] - ax, b[side, 1] - ay

    def right(cx: Floats) -> Bools:
        found: Bools = (cx - ax) * dy - (cy - ay) * dx >= 0.0
        return found

    guess = np.ceil(ax + (cy - ay) * dx / dy - 0.5)
    column = guess + 1.0
    for near in (guess, guess - 1.0):
        column = np.where(right(near + 0.5), near, column)
    return rows, np.clip(column, 0, width).astype(Ints)


def _first_pixel(edge: float, size: int) -> int:
    """Return the first pixel whose centre is not before an edge."""
    return int(np.clip(np.ceil(edge - 0.5), 0, size))


def _part_rows(top: Floats, bottom: Floats, height: int) -> tuple[NDArray[Ints], NDArray[Ints]]:
    """Return, for parts that reach from `top` to `bottom`, every pair of a part and a row of it."""
    first = np.clip(top, 0, height).astype(Ints)
    last = np.clip(bottom, -1, height - 1).astype(Ints)
    counts = np.maximum(last - first + 1, 0)
    # numpy takes no larger number as a count than the platform's own: 32 bits in a browser
    part = np.repeat(np.arange(len(counts), dtype=Ints), counts.astype(np.intp))
    offset = np.cumsum(counts) - counts
    return part, np.arange(len(part), dtype=Ints) - offset[part] + first[part]


def _disc_ends(x: Floats, dy: Floats, r2: float) -> tuple[Floats, Floats]:
    """Return where a row crosses a disc; an empty part reaches from ∞ to -∞."""
    rest = r2 - dy * dy
    half = np.sqrt(np.maximum(rest, 0.0))
    return np.where(rest >= 0.0, x - half, np.inf), np.where(rest >= 0.0, x + half, -np.inf)


def _segment_ends(  # noqa: PLR0917 # the numbers of one formula, all of one kind
    ax: Floats, py: Floats, dx: Floats, dy: Floats, length2: Floats, radius: float
) -> tuple[Floats, Floats]:
    """Return where a row crosses the straight part of a segment, its two discs left out."""
    reach = radius * np.sqrt(length2)
    upright, level = np.abs(dx) < _UPRIGHT, np.abs(dy) < _UPRIGHT
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        # between the two ends
        t0, t1 = ax - py * dy / dx, ax + (length2 - py * dy) / dx
        low, high = np.minimum(t0, t1), np.maximum(t0, t1)
        within = (py * dy >= 0.0) & (py * dy <= length2)
        low = np.where(upright, np.where(within, -np.inf, np.inf), low)
        high = np.where(upright, np.where(within, np.inf, -np.inf), high)
        # and no farther from the line than the radius
        s0, s1 = ax + (py * dx - reach) / dy, ax + (py * dx + reach) / dy
        low_r, high_r = np.minimum(s0, s1), np.maximum(s0, s1)
        near = np.abs(py * dx) <= reach
        low_r = np.where(level, np.where(near, -np.inf, np.inf), low_r)
        high_r = np.where(level, np.where(near, np.inf, -np.inf), high_r)
    low, high = np.maximum(low, low_r), np.minimum(high, high_r)
    some = (low <= high) & ~(upright & level)
    return np.where(some, low, np.inf), np.where(some, high, -np.inf)


def _correct_ends(
    rows: NDArray[Ints], low: Floats, high: Floats, inside: Inside, width: int
) -> Spans:
    """Return the spans from `low` to `high`, their ends corrected by `inside`."""
    some = low <= high
    # outside of the picture no end needs correction, and infinities stay out of the test
    first = np.clip(np.ceil(np.where(some, low, 0.0) - 0.5), -2, width + 1)
    last = np.clip(np.floor(np.where(some, high, 0.0) - 0.5), -2, width + 1)
    start, end = first + 2.0, last - 2.0
    for step in (1.0, 0.0, -1.0):
        start = np.where(inside(first + step + 0.5), first + step, start)
        end = np.where(inside(last - step + 0.5), last - step, end)
    starts = np.clip(start, 0, width).astype(Ints)
    ends = np.clip(end + 1.0, 0, width).astype(Ints)
    kept = some & (starts < ends)
    return Spans(rows[kept], starts[kept], ends[kept])

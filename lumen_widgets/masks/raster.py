"""The mask that operations make, drawn on request, from the nearest snapshot on."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from lumen_widgets.masks.operations import Clear, Ellipse, Invert, Polygon, Rectangle, Stroke
from lumen_widgets.masks.spans import (
    Spans,
    ellipse_spans,
    polygon_spans,
    rectangle_spans,
    stroke_spans,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from lumen_widgets.masks.operations import Mode, Operation


@dataclass(frozen=True)
class SnapshotLimits:
    """How often a raster keeps a snapshot for undo, and how much memory they take."""

    operations: int = 16
    """Operations between two snapshots at most: an undo draws at most about as many again."""

    points: int = 1000
    """Points of strokes and polygons between two snapshots, about: drawing as many takes some tens
    of milliseconds at 4096 x 4096."""

    total_bytes: int = 3_000_000
    """Bytes of all snapshots; one is kept in any case. A usual mask of 4096 x 4096 packs into
    0.2 MB, noise into 2.1 MB."""


_LIMITS = SnapshotLimits()


@dataclass(frozen=True)
class _Snapshot:
    """The mask after so many operations, one bit a pixel, deflated."""

    after: int
    packed: bytes


class Raster:
    """A mask that follows a list of operations.

    Parameters
    ----------
    width, height
        Of the mask, in pixels.
    base
        What is in the mask before the first operation, bool of shape (height, width); None is
        nothing.
    limits
        Of the snapshots for undo.

    """

    def __init__(
        self,
        width: int,
        height: int,
        base: NDArray[np.bool_] | None = None,
        *,
        limits: SnapshotLimits = _LIMITS,
    ) -> None:
        self._limits = limits
        self.width = width
        self.height = height
        self._base = None if base is None else _Snapshot(0, _pack(base))
        self._mask = np.zeros((height, width), bool) if base is None else base.copy()
        self._drawn: tuple[Operation, ...] | None = ()
        self._snapshots: list[_Snapshot] = []

    def follow(self, operations: Sequence[Operation]) -> NDArray[np.bool_]:
        """Return the mask of these operations, which the next call may change in place.

        The operations that the call before had too are not drawn again.

        Examples
        --------
        >>> import numpy as np
        >>> from lumen_widgets.masks import Raster, Rectangle
        >>> Raster(4, 2).follow([Rectangle(0, 0, 2, 1)]).astype(int)
        array([[1, 1, 0, 0],
               [0, 0, 0, 0]])

        """
        # None until all are drawn: an interrupt leaves a mask that is no known list's
        known, self._drawn = self._drawn, None
        if known is None:
            self._snapshots = []
            common = self._restore(())
        else:
            common = _common_prefix(known, operations)
            self._snapshots = [snapshot for snapshot in self._snapshots if snapshot.after <= common]
            if common < len(known):
                common = self._restore(operations[:common])
        last = max((snapshot.after for snapshot in self._snapshots), default=0)
        points = sum(map(_points, operations[last:common]))
        for number, operation in enumerate(operations[common:], common + 1):
            apply(operation, self._mask)
            points += _points(operation)
            if number - last >= self._limits.operations or points >= self._limits.points:
                self._add_snapshot(number)
                last, points = number, 0
        self._drawn = tuple(operations)
        return self._mask

    @property
    def snapshot_bytes(self) -> int:
        """Bytes of memory that the snapshots take, without the mask itself and the operations."""
        kept = [*self._snapshots, self._base] if self._base is not None else self._snapshots
        return _size(kept)

    def _restore(self, operations: Sequence[Operation]) -> int:
        """Restore the last snapshot within `operations`, and return how many operations it has."""
        start = self._base or _Snapshot(0, b"")
        cleared = max(
            (at + 1 for at, one in enumerate(operations) if isinstance(one, Clear)), default=0
        )
        if cleared:
            start = _Snapshot(cleared, b"")
        for snapshot in self._snapshots:
            if snapshot.after >= start.after:
                start = snapshot
        if start.packed:
            self._mask[...] = _unpack(start.packed, self.width, self.height)
        else:
            self._mask[...] = False
        return start.after

    def _add_snapshot(self, number: int) -> None:
        self._snapshots.append(_Snapshot(number, _pack(self._mask)))
        while len(self._snapshots) > 1 and _size(self._snapshots) > self._limits.total_bytes:
            # every second one, so that the rest is still spread over the whole history
            self._snapshots = self._snapshots[1::2]


def _size(snapshots: Iterable[_Snapshot]) -> int:
    return sum(len(one.packed) for one in snapshots)


def _common_prefix(some: Sequence[Operation], others: Sequence[Operation]) -> int:
    """Return how many operations both lists have in common at their beginning."""
    for number, (one, other) in enumerate(zip(some, others, strict=False)):
        if one is not other:
            return number
    return min(len(some), len(others))


def _points(operation: Operation) -> int:
    return len(operation.points) if isinstance(operation, (Stroke, Polygon)) else 1


def apply(operation: Operation, mask: NDArray[np.bool_]) -> None:
    """Carry out an operation on a mask, in place."""
    height, width = mask.shape
    match operation:
        case Stroke():
            for spans in stroke_spans(operation, width, height):
                _set_spans(spans, mask, value=not operation.erase)
        case Rectangle():
            _combine([rectangle_spans(operation, width, height)], mask, operation.mode)
        case Ellipse():
            _combine([ellipse_spans(operation, width, height)], mask, operation.mode)
        case Polygon():
            _combine(polygon_spans(operation, width, height), mask, operation.mode)
        case Invert():
            np.logical_not(mask, out=mask)
        case Clear():
            mask[...] = False


def _combine(parts: Iterable[Spans], mask: NDArray[np.bool_], mode: Mode) -> None:
    target = np.zeros_like(mask) if mode == "intersect" else mask
    for spans in parts:
        _set_spans(spans, target, value=mode != "subtract")
    if mode == "intersect":
        mask &= target


def _set_spans(spans: Spans, mask: NDArray[np.bool_], *, value: bool) -> None:
    """Set every span, overlapping ones merged first: a stroke meets a row hundreds of times."""
    merged = _merged(spans, mask.shape[1])
    for row, start, end in zip(*(column.tolist() for column in merged), strict=True):
        mask[row, start:end] = value


def _merged(spans: Spans, width: int) -> Spans:
    """Return the spans in order, merged where they overlap or touch."""
    if len(spans.rows) < 2:  # noqa: PLR2004 # a single one overlaps nothing
        return spans
    # rows end to end, each a column longer than it is, so that spans of two never touch
    stride = width + 2
    starts = spans.rows * stride + spans.starts
    ends = spans.rows * stride + spans.ends
    order = np.argsort(starts, kind="stable")
    starts, ends = starts[order], np.maximum.accumulate(ends[order])
    first = np.concatenate([[True], starts[1:] > ends[:-1]])
    last = np.concatenate([first[1:], [True]])
    starts, ends = starts[first], ends[last]
    rows = starts // stride
    return Spans(rows, starts - rows * stride, ends - rows * stride)


def _pack(mask: NDArray[np.bool_]) -> bytes:
    return zlib.compress(np.packbits(mask).tobytes(), 1)


def _unpack(packed: bytes, width: int, height: int) -> NDArray[np.bool_]:
    bits = np.frombuffer(zlib.decompress(packed), np.uint8)
    return np.unpackbits(bits, count=width * height).reshape(height, width).view(bool)

"""The mask that operations make, worked out only when somebody asks and only as far as needed."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from lumen_widgets.masks.operations import Clear, Ellipse, Invert, Polygon, Rectangle, Stroke
from lumen_widgets.masks.spans import Spans, of_ellipse, of_polygon, of_rectangle, of_stroke

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from lumen_widgets.masks.operations import Mode, Operation

# What lies between two kept masks, in operations and in points: undoing repeats at most about as
# much, some tens of milliseconds at 4096 x 4096.
_EVERY, _POINTS = 16, 1000
# Bytes of kept masks. An ordinary mask of 4096 x 4096 packs into 0.2 MB, noise into 2.1 MB.
_MOST_BYTES = 3_000_000


@dataclass(frozen=True)
class _Kept:
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

    """

    def __init__(self, width: int, height: int, base: NDArray[np.bool_] | None = None) -> None:
        self.width = width
        self.height = height
        self._base = None if base is None else _Kept(0, _pack(base))
        self._mask = np.zeros((height, width), bool) if base is None else base.copy()
        self._at: tuple[Operation, ...] | None = ()
        self._kept: list[_Kept] = []

    def follow(self, operations: Sequence[Operation]) -> NDArray[np.bool_]:
        """Return the mask of these operations, which the next call may change in place.

        What it has in common with the call before is not drawn again.

        Examples
        --------
        >>> import numpy as np
        >>> from lumen_widgets.masks import Raster, Rectangle
        >>> Raster(4, 2).follow([Rectangle(0, 0, 2, 1)]).astype(int)
        array([[1, 1, 0, 0],
               [0, 0, 0, 0]])

        """
        # unknown until all is done: an interrupt half-way must not pass for what was asked for
        known, self._at = self._at, None
        if known is None:
            self._kept = []
            common = self._go_back(())
        else:
            common = _common(known, operations)
            self._kept = [kept for kept in self._kept if kept.after <= common]
            if common < len(known):
                common = self._go_back(operations[:common])
        last = max((kept.after for kept in self._kept), default=0)
        points = sum(map(_points, operations[last:common]))
        for number, operation in enumerate(operations[common:], common + 1):
            apply(operation, self._mask)
            points += _points(operation)
            if number - last >= _EVERY or points >= _POINTS:
                self._keep(number)
                last, points = number, 0
        self._at = tuple(operations)
        return self._mask

    @property
    def bytes_kept(self) -> int:
        """Bytes of memory that undoing takes, the mask itself and the operations left out."""
        kept = [*self._kept, self._base] if self._base is not None else self._kept
        return sum(len(one.packed) for one in kept)

    def _go_back(self, operations: Sequence[Operation]) -> int:
        """Return to the nearest known mask before the end of `operations`, and say how far in."""
        start = self._base or _Kept(0, b"")
        cleared = max(
            (at + 1 for at, one in enumerate(operations) if isinstance(one, Clear)), default=0
        )
        if cleared:
            start = _Kept(cleared, b"")
        for kept in self._kept:
            if kept.after >= start.after:
                start = kept
        if start.packed:
            self._mask[...] = _unpack(start.packed, self.width, self.height)
        else:
            self._mask[...] = False
        return start.after

    def _keep(self, number: int) -> None:
        self._kept.append(_Kept(number, _pack(self._mask)))
        while len(self._kept) > 1 and sum(len(one.packed) for one in self._kept) > _MOST_BYTES:
            # every second one, so that what is left is still spread over all of the past
            self._kept = self._kept[1::2]


def _common(some: Sequence[Operation], others: Sequence[Operation]) -> int:
    """Return with how many of the same operations both begin."""
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
            for spans in of_stroke(operation, width, height):
                _put(spans, mask, value=not operation.erase)
        case Rectangle():
            _combine([of_rectangle(operation, width, height)], mask, operation.mode)
        case Ellipse():
            _combine([of_ellipse(operation, width, height)], mask, operation.mode)
        case Polygon():
            _combine(of_polygon(operation, width, height), mask, operation.mode)
        case Invert():
            np.logical_not(mask, out=mask)
        case Clear():
            mask[...] = False


def _combine(parts: Iterable[Spans], mask: NDArray[np.bool_], mode: Mode) -> None:
    target = np.zeros_like(mask) if mode == "intersect" else mask
    for spans in parts:
        _put(spans, target, value=mode != "subtract")
    if mode == "intersect":
        mask &= target


def _put(spans: Spans, mask: NDArray[np.bool_], *, value: bool) -> None:
    """Set every span, those that overlap joined first: a stroke meets a row hundreds of times."""
    joined = _joined(spans, mask.shape[1])
    for row, start, end in zip(*(column.tolist() for column in joined), strict=True):
        mask[row, start:end] = value


def _joined(spans: Spans, width: int) -> Spans:
    """Return spans in order that neither overlap nor touch."""
    if len(spans.rows) < 2:  # noqa: PLR2004 # one alone overlaps nothing
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

"""A part of a picture at another size, made in bands so that a large one needs little memory."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    Pixels: TypeAlias = NDArray[np.uint8]

# Left, top, right and bottom, in pixels that need not be whole.
Box: TypeAlias = tuple[float, float, float, float]
# Width and height.
Size: TypeAlias = tuple[int, int]

# Pillow's filters: the one that keeps most detail, one that looks at a third as many pixels and is
# good enough to compare by, and the mean of what a pixel covers and of nothing else.
Filter: TypeAlias = Literal["LANCZOS", "HAMMING", "BOX"]

# Pixels read at once. Pillow holds four bytes of each, beside the three that it is given.
_AT_ONCE = 1 << 20

# Pillow's Lanczos filter looks at three pixels on each side, of the coarser of the two scales; one
# more for what the shrinking in two steps rounds off.
_LOBES = 4


def resampled(
    pixels: Pixels,
    box: Box,
    size: Size,
    *,
    tables: Sequence[int] | None = None,
    by: Filter = "LANCZOS",
) -> Pixels:
    """Return what lies in a box, at another size.

    Parameters
    ----------
    pixels
        Of shape (height, width) or (height, width, channels).
    box
        The part. Where it reaches beyond the picture, the picture goes on as its mirror image.
    size
        Width and height of what is returned.
    tables
        For each channel of `pixels` the 256 values that its values become, one after the other.
    by
        The filter.

    Returns
    -------
    array
        Of `size`. Where the box lies on whole pixels and the size is its own, these pixels
        themselves: a view, not to be written to.

    """
    import numpy as np

    left, top, right, bottom = box
    width, height = size
    if tables is None and _is_plain(pixels, box, size):
        return pixels[int(top) : int(bottom), int(left) : int(right)]
    made = np.empty((height, width, *pixels.shape[2:]), np.uint8)
    scale = (bottom - top) / height
    rows = max(1, int(_AT_ONCE / max(1.0, right - left, width) / max(1.0, scale)))
    for first in range(0, height, rows):
        last = min(first + rows, height)
        band = left, top + first * scale, right, top + last * scale
        made[first:last] = _band(pixels, band, (width, last - first), tables, by)
    return made


def _is_plain(pixels: Pixels, box: Box, size: Size) -> bool:
    left, top, right, bottom = box
    return (
        all(float(edge).is_integer() for edge in box)
        and right - left == size[0]
        and bottom - top == size[1]
        and min(left, top) >= 0
        and right <= pixels.shape[1]
        and bottom <= pixels.shape[0]
    )


def _band(pixels: Pixels, box: Box, size: Size, tables: Sequence[int] | None, by: Filter) -> Pixels:
    import numpy as np
    import PIL.Image

    left, top, right, bottom = box
    columns, column_mirrors = _needed(left, right, size[0], pixels.shape[1])
    rows, row_mirrors = _needed(top, bottom, size[1], pixels.shape[0])
    part = pixels[rows, columns]
    if any(row_mirrors) or any(column_mirrors):
        mirrors = (row_mirrors, column_mirrors, (0, 0))[: part.ndim]
        part = np.pad(part, mirrors, mode="symmetric")
    image = PIL.Image.fromarray(np.ascontiguousarray(part))
    if tables is not None:
        image = image.point(tables)
    across, down = column_mirrors[0] - columns.start, row_mirrors[0] - rows.start
    inside = left + across, top + down, right + across, bottom + down
    if inside == (0, 0, *image.size) and size == image.size:
        return np.asarray(image)
    method = PIL.Image.Resampling[by]
    # shrinking in two steps is as good to the eye and costs a third
    return np.asarray(image.resize(size, method, _within(inside, image.size), reducing_gap=2.0))


def _needed(start: float, end: float, made: int, length: int) -> tuple[slice, tuple[int, int]]:
    """Return which pixels of an axis are read, and how many mirrored ones are put at its ends."""
    reach = math.ceil(_LOBES * max(1.0, (end - start) / made))
    first, last = math.floor(start), math.ceil(end)
    before, after = max(0, -first), max(0, last - length)
    return slice(max(0, first - reach), min(length, last + reach)), (before, after)


def _within(box: Box, size: Size) -> Box:
    """Return a box without what rounding put beyond the picture, which Pillow refuses."""
    left, top, right, bottom = box
    return max(0.0, left), max(0.0, top), min(float(size[0]), right), min(float(size[1]), bottom)

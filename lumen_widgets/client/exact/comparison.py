"""A source beside the result that lies on it, at one size, and what of both can be compared."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from lumen_widgets.client.exact.resampling import resampled

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from lumen_widgets.client.exact.placement import Placement
    from lumen_widgets.client.exact.resampling import Box, Pixels, Size

    Floats: TypeAlias = NDArray[np.float32]
    Mask: TypeAlias = NDArray[np.bool_]

# What lies around the mask is what matters at its edge, so fits look no further than this: pixels
# of the result, and a part of the longer side of the mask's box.
_MARGIN = 64
_MARGIN_SHARE = 0.5
# Pixels of the result along its own border that fits leave out, so that what they look at is in the
# picture however it moved.
_BORDER = 5

# The longer side at which fits are made; 1024 takes three to four times as long, and finds a drift
# only 0.01 px better.
_FIT_SIDE = 512

# Pixels next to the mask that are left out: filters have mixed them with what is inside.
_NEXT_TO_MASK = 2

# The weights of red, green and blue in lightness (ITU-R BT.601).
_LIGHTNESS = (0.299, 0.587, 0.114)


@dataclass(frozen=True)
class Seen:
    """A source as a model saw it: at the size of the result where that is smaller.

    Attributes
    ----------
    pixels
        Red, green and blue, of shape (height, width, 3).
    outside
        Bool of shape (height, width): True is visible, and no part of it masked.
    scale
        Its pixels per pixel of the source, across and down.
    mask_box
        What of it the mask spans; all of it where nothing is masked.

    """

    pixels: Pixels
    outside: Mask
    scale: tuple[float, float]
    mask_box: Box

    @property
    def size(self) -> Size:
        """Width and height."""
        return self.pixels.shape[1], self.pixels.shape[0]


@dataclass(frozen=True)
class Surroundings:
    """What lies around a mask, in source and result, small enough for a fit.

    Attributes
    ----------
    source, result
        Red, green and blue, from 0 to 255, of shape (height, width, 3).
    outside
        Bool of shape (height, width): what may be compared.
    scale
        Pixels of the result per pixel of these, across and down.

    """

    source: Floats
    result: Floats
    outside: Mask
    scale: tuple[float, float]


def seen(source: Pixels, mask: Mask, result_size: Size) -> Seen:
    """Return a source and what is outside of its mask, at the smaller of both pictures' sizes."""
    height, width = mask.shape
    size = min(width, result_size[0]), min(height, result_size[1])
    scale = size[0] / width, size[1] / height
    left, top, right, bottom = _box_of(mask)
    mask_box = left * scale[0], top * scale[1], right * scale[0], bottom * scale[1]
    # colours that nobody sees say nothing about a model
    hidden = mask if source.shape[2] == 3 else mask | (source[..., 3] < 255)  # noqa: PLR2004 -- colours without alpha
    whole = 0, 0, width, height
    if size == (width, height):
        return Seen(source[..., :3], ~hidden, scale, mask_box)
    covered = resampled(hidden * _full(), whole, size, by="BOX")
    pixels = resampled(source[..., :3], whole, size, by="HAMMING")
    return Seen(pixels, covered == 0, scale, mask_box)


def surroundings(
    seen: Seen, result: Pixels, placement: Placement, drift: tuple[float, float] = (0.0, 0.0)
) -> Surroundings:
    """Return what lies around the mask, in the source and in the result.

    Parameters
    ----------
    seen
        The source.
    result
        The result.
    placement
        How the result lies there.
    drift
        How far its content stands to the right and down, which is undone; in its pixels. Whatever
        it is, the same part of the source is returned.

    """
    import numpy as np

    box = _region(seen, result, placement)
    left, top, right, bottom = box
    shrink = min(1.0, _FIT_SIDE / max(right - left, bottom - top))
    size = max(1, round((right - left) * shrink)), max(1, round((bottom - top) * shrink))
    across, down = seen.scale
    in_result = placement.moved(drift).box(
        (left / across, top / down, right / across, bottom / down)
    )
    covered = resampled(~seen.outside * _full(), box, size, by="BOX")
    return Surroundings(
        resampled(seen.pixels, box, size, by="HAMMING").astype(np.float32),
        resampled(result[..., :3], in_result, size, by="HAMMING").astype(np.float32),
        eroded(covered == 0, _NEXT_TO_MASK),
        ((in_result[2] - in_result[0]) / size[0], (in_result[3] - in_result[1]) / size[1]),
    )


def lightness(colours: Floats) -> Floats:
    """Return the lightness of colours, of shape (height, width)."""
    import numpy as np

    return colours @ np.array(_LIGHTNESS, np.float32)


def smoothed(values: Floats) -> Floats:
    """Return the mean of each value and its eight neighbours."""
    import numpy as np

    wide = np.pad(values, 1, "edge")
    rows = wide[:-2] + wide[1:-1] + wide[2:]
    made: Floats = (rows[:, :-2] + rows[:, 1:-1] + rows[:, 2:]) / np.float32(9)
    return made


def block_means(values: Floats, side: int) -> Floats:
    """Return the means of the squares of a side that a picture holds as a whole."""
    if side == 1:
        return values
    height, width = values.shape[0] // side, values.shape[1] // side
    whole = values[: height * side, : width * side]
    # rows first: of those, numpy adds many numbers at once
    rows = whole.reshape(height, side, width * side, *values.shape[2:]).sum(axis=1)
    sums: Floats = rows.reshape(height, width, side, *values.shape[2:]).sum(axis=2)
    sums /= side * side
    return sums


def eroded(mask: Mask, times: int) -> Mask:
    """Return a mask without so many pixels at its edge; the picture's own border is none."""
    for _ in range(times):
        less = mask.copy()
        less[1:] &= mask[:-1]
        less[:-1] &= mask[1:]
        less[:, 1:] &= mask[:, :-1]
        less[:, :-1] &= mask[:, 1:]
        mask = less
    return mask


def _region(seen: Seen, result: Pixels, placement: Placement) -> Box:
    """Return the mask's box with a margin, as far as source and result show it."""
    left, top, right, bottom = seen.mask_box
    across, down = seen.scale
    per_result = max(across / placement.scale[0], down / placement.scale[1])
    margin = max(_MARGIN * per_result, _MARGIN_SHARE * max(right - left, bottom - top))
    wanted = left - margin, top - margin, right + margin, bottom + margin
    shown = placement.covered((result.shape[1], result.shape[0]))
    shown = shown[0] * across, shown[1] * down, shown[2] * across, shown[3] * down
    border = _BORDER * per_result
    less = shown[0] + border, shown[1] + border, shown[2] - border, shown[3] - border
    box = _whole(wanted, less, seen.size)
    # of a picture of a few pixels nothing would be left
    return box if box[0] < box[2] and box[1] < box[3] else _whole(wanted, shown, seen.size)


def _whole(wanted: Box, shown: Box, size: Size) -> Box:
    """Return the whole pixels of what is wanted, as far as they are shown."""
    return (
        max(0, math.floor(wanted[0]), math.ceil(shown[0] - 1e-6)),
        max(0, math.floor(wanted[1]), math.ceil(shown[1] - 1e-6)),
        min(size[0], math.ceil(wanted[2]), math.floor(shown[2] + 1e-6)),
        min(size[1], math.ceil(wanted[3]), math.floor(shown[3] + 1e-6)),
    )


def _box_of(mask: Mask) -> tuple[int, int, int, int]:
    import numpy as np

    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    if not rows.size:
        return 0, 0, mask.shape[1], mask.shape[0]
    return int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1


def _full() -> np.uint8:
    import numpy as np

    return np.uint8(255)

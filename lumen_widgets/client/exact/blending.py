"""How much of a result each masked pixel takes: less at the mask's edge, nothing outside of it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from lumen_widgets.client.exact.comparison import Mask
    from lumen_widgets.client.exact.resampling import Pixels

    Squares: TypeAlias = NDArray[np.uint16]

# Source pixels per pixel of the result, and the most. Wider, a hard edge at the mask's shows
# twice: the error around one was 11 levels at 4 px, 34 at 16.
_WIDTH, _WIDEST = 4.0, 16.0

# A part that is thinner than the blend is wide would show little of the result, and end in a ridge
# where both of its edges meet. There the blend ends at this part of the depth instead.
_THIN = 0.6


class Tile(NamedTuple):
    """A part of a picture, in whole pixels."""

    left: int
    top: int
    right: int
    bottom: int

    @property
    def slices(self) -> tuple[slice, slice]:
        """What takes it out of an array."""
        return slice(self.top, self.bottom), slice(self.left, self.right)

    def grown(self, reach: int, shape: tuple[int, ...]) -> Tile:
        """Return it with so many pixels more on each side, as far as the picture goes."""
        return Tile(
            max(0, self.left - reach),
            max(0, self.top - reach),
            min(shape[1], self.right + reach),
            min(shape[0], self.bottom + reach),
        )

    def within(self, other: Tile) -> tuple[slice, slice]:
        """Return what takes it out of an array of a larger tile."""
        return (
            slice(self.top - other.top, self.bottom - other.top),
            slice(self.left - other.left, self.right - other.left),
        )


def blend_width(scale: tuple[float, float]) -> float:
    """Return how deep a blend goes, in pixels of the source.

    Parameters
    ----------
    scale
        Pixels of the result per pixel of the source, across and down: the fewer, the coarser is
        what the model can fit to its surroundings.

    """
    return min(_WIDEST, _WIDTH / math.sqrt(scale[0] * scale[1]))


def shares(mask: Mask, tile: Tile, width: float) -> Pixels | None:
    """Return how much of the result the pixels of a tile take, from 0 to 255.

    Parameters
    ----------
    mask
        Of the whole picture: True is repainted. The picture's border is no edge of it.
    tile
        The part.
    width
        How deep the blend goes, in pixels; 0 for none.

    Returns
    -------
    array or None
        0 outside of the mask and at least 1 inside; None where all of the tile is the result's.

    """
    import numpy as np

    # depths from this on are all one: there the blend has ended
    reach = math.ceil(width) + 1
    if mask[tile.grown(reach, mask.shape).slices].all():
        return None
    inside = mask[tile.slices]
    if width <= 0:
        return inside * np.uint8(255)
    wide = tile.grown(2 * reach, mask.shape)
    squares = squared_depths(mask[wide.slices], reach)
    deepest = _largest_within(squares, reach)[tile.within(wide)]
    squares = squares[tile.within(wide)]
    end = width + 1
    share = _rise(np.sqrt(np.arange(reach * reach + 1)) / end)[squares]
    thin = inside & (deepest < end * end)
    if thin.any():
        ends = _end_in_thin(np.sqrt(deepest[thin], dtype=np.float32), end)
        share[thin] = _rise(np.sqrt(squares[thin], dtype=np.float32) / ends)
    return share


def squared_depths(mask: Mask, reach: int) -> Squares:
    """Return the squared distance of each pixel to the nearest one outside, exactly.

    Parameters
    ----------
    mask
        True is inside.
    reach
        The largest distance that is told from larger ones.

    Returns
    -------
    array
        0 outside; no more than the square of `reach`.

    """
    import numpy as np

    # first along the columns, then along the rows of that (Felzenszwalb and Huttenlocher 2012)
    rows = np.arange(len(mask), dtype=np.int32)[:, None]
    far = np.int32(len(mask) + reach)
    above = rows - np.maximum.accumulate(np.where(mask, -far, rows), axis=0)
    below = np.minimum.accumulate(np.where(mask, 2 * far, rows)[::-1], axis=0)[::-1] - rows
    depths = np.minimum(np.minimum(above, below), reach).astype(np.uint16)
    columns = depths * depths
    squares = columns.copy()
    for across in range(1, reach):
        square = across * across
        # what is that far away makes no pixel shallower that is no deeper than that
        if square >= squares.max(initial=0):
            break
        further = columns + np.uint16(square)
        np.minimum(squares[:, across:], further[:, :-across], out=squares[:, across:])
        np.minimum(squares[:, :-across], further[:, across:], out=squares[:, :-across])
    return squares


def _largest_within(values: Squares, reach: int) -> Squares:
    """Return the largest value of the square that reaches so far from each pixel."""
    import numpy as np

    span = 2 * reach + 1
    for _ in range(2):
        wide = np.pad(values, ((reach, reach), (0, 0)))
        # of 1, 2, 4, … in a row, and then of two such runs that overlap
        run = 1
        while 2 * run <= span:
            wide = np.maximum(wide[:-run], wide[run:])
            run *= 2
        rest = span - run
        values = np.maximum(wide[: len(wide) - rest], wide[rest:]).T
    return values


def _end_in_thin(deepest: NDArray[np.float32], end: float) -> NDArray[np.float32]:
    """Return at which depth the blend ends in a part that is nowhere deeper than so much.

    It becomes the common end as the part becomes as deep, so that no contour shows where a part
    grows thin.
    """
    import numpy as np

    # high powers keep to the rule as long as they can
    part = _THIN + (1 - _THIN) * (deepest / end) ** 8
    return np.maximum(1.0, deepest * part)


def _rise(part: NDArray[np.floating]) -> Pixels:
    """Return the shares at parts of the way from the edge to the blend's end (smoothstep)."""
    import numpy as np

    capped = np.minimum(part, 1.0)
    made: Pixels = np.ceil(capped * capped * (3 - 2 * capped) * 255).astype(np.uint8)
    return made

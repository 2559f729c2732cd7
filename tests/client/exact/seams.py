"""How much shows of the edge along which a picture was put into another: signed errors, in levels.

An error has a sign, and is averaged along the edge before its sign is dropped: grain then averages
out, and what is left is what an eye sees as a line, be it as faint as a level.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from scipy.ndimage import distance_transform_edt

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tests.client.exact.photographs import Mask, Pixels

# px along the edge over which errors are averaged, and the width of what lies on each side of it
_ALONG, _BESIDE = 16, 2
# the deepest contour, in px: the widest blend has ended there
_DEEPEST = 22
# Of a cell's pixels, at least so many on each side, or grain is all that is measured.
_FEWEST = 12


class Seam(NamedTuple):
    """What was measured.

    Attributes
    ----------
    coherent
        The step of the error across the mask's edge, averaged along cells of it.
    contour
        The largest such step, there or along a line further in, where a blend may end.
    bias
        The mean error inside.

    """

    coherent: float
    contour: float
    bias: float


def seam(made: Pixels, ideal: Pixels, mask: Mask) -> Seam:
    """Measure a picture beside what it would be at best."""
    error = made.astype(np.float64) - ideal
    # a pixel's centre is half a pixel from its edge
    depth = np.where(mask, distance_transform_edt(mask) - 0.5, 0.5 - distance_transform_edt(~mask))
    steps = [_step(error, depth, at) for at in range(_DEEPEST + 1)]
    bias = float(np.abs(error[mask].mean(axis=0)).mean())
    return Seam(steps[0], float(np.nanmax(steps)), bias)


def _step(error: NDArray[np.float64], depth: NDArray[np.float64], at: int) -> float:
    """Return the mean step of the error across the contour at a depth, NaN where there is none."""
    rows, columns = np.nonzero(np.abs(depth - at) < _BESIDE)
    cells = rows // _ALONG * (depth.shape[1] // _ALONG + 1) + columns // _ALONG
    inner = depth[rows, columns] > at
    counts = [
        np.bincount(cells[side], minlength=cells.max(initial=0) + 1) for side in (inner, ~inner)
    ]
    measured = (counts[0] >= _FEWEST) & (counts[1] >= _FEWEST)
    if not measured.any():
        return float("nan")
    means = [
        np.stack(
            [
                np.bincount(cells[side], error[rows[side], columns[side], channel], len(measured))
                for channel in range(3)
            ],
            axis=1,
        )[measured]
        / count[measured, None]
        for side, count in zip((inner, ~inner), counts, strict=True)
    ]
    return float(np.abs(means[0] - means[1]).mean())

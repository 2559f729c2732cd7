"""How far a model moved a picture: least squares on what lies outside of the mask.

Phase correlation, the usual way, is pulled to zero by the mask, which stands at the same place in
both pictures: off by 0.4 px in the median where this is off by 0.06.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from lumen_widgets.client.exact.comparison import block_means, eroded, lightness, smoothed

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from lumen_widgets.client.exact.comparison import Floats, Mask, Surroundings

# A model that moves a picture moves it by a pixel or two. What looks like more is another picture.
_FARTHEST = 4.5
# A drift is found to 0.06 px in the median: what is about as short may as well be none.
_SHORTEST = 0.1

# px: a fit that is surer than this has something to hold on to, which a sky has not.
_LARGEST_ERROR = 0.25
# What grain adds is alike from pixel to pixel, so that errors are larger than they look.
_CORRELATED = 3.0

# Undoing a drift has to bring both pictures nearer to each other by this much.
_BETTER = 0.97

# How much smaller the pictures are at first, so that a drift of pixels is one of a pixel there.
_SHRINKS = (4, 2, 1)
# A side, and a number of pixels, below which there is nothing to be learnt.
_SMALLEST_SIDE = 24
_FEWEST = 200
# Of the pixels, those with the strongest gradients: more say nothing new.
_STRONGEST = 16_000

_ROUNDS = 8
# px: a step that is shorter is the last one
_ARRIVED = 0.02

# Tukey's biweight with this many standard deviations loses 5 % where nothing is an outlier; the
# factor makes a standard deviation of a median.
_TUKEY = 4.685
_OF_MEDIAN = 1.4826

# Pixels to keep away from the mask where residuals are compared, and how few are too few. What is
# painted over differs by more levels than this and says nothing about a drift.
_AWAY, _FEWEST_COMPARED, _MOST_LEVELS = 4, 100, 12


class Drift(NamedTuple):
    """A move, in pixels of what was compared; both 0 where none was found."""

    right: float
    down: float

    def __bool__(self) -> bool:
        return self != (0.0, 0.0)


NO_DRIFT = Drift(0.0, 0.0)


def drift_between(around: Surroundings) -> Drift:
    """Return how far the result's content stands from the source's, as far as that is certain.

    Parameters
    ----------
    around
        Source and result.

    """
    if around.outside.sum() <= _FEWEST:
        return NO_DRIFT
    source, result = lightness(around.source), lightness(around.result)
    drift, error = NO_DRIFT, float("inf")
    for shrink in _SHRINKS:
        found = _fit(_level(source, result, around.outside, shrink), drift, shrink)
        if found is None:
            continue
        drift, error = found
        # on the way there the fit may be off by half as much again
        if _length(drift, around.scale) > 1.5 * _FARTHEST:
            return NO_DRIFT
    certain = error <= _LARGEST_ERROR
    possible = _SHORTEST <= _length(drift, around.scale) <= _FARTHEST
    return drift if certain and possible else NO_DRIFT


def residual(around: Surroundings) -> float | None:
    """Return by how many levels both differ outside, whatever the colours; None if unknown."""
    import numpy as np

    outside = eroded(around.outside, _AWAY)
    if outside.sum() <= _FEWEST_COMPARED:
        return None
    source, result = (
        smoothed(lightness(colours))[outside] for colours in (around.source, around.result)
    )
    differences = source - result * (source.std() / (result.std() + 1e-6))
    differences -= np.median(differences)
    return float(np.minimum(np.abs(differences), _MOST_LEVELS).mean())


def is_nearer(moved_back: float | None, as_it_was: float | None) -> bool:
    """Tell by both residuals whether undoing a drift helped."""
    return moved_back is not None and as_it_was is not None and moved_back <= _BETTER * as_it_was


def _length(drift: Drift, scale: tuple[float, float]) -> float:
    """Return how long a drift is, in pixels of the result."""
    return float(((drift.right * scale[0]) ** 2 + (drift.down * scale[1]) ** 2) ** 0.5)


class _Level(NamedTuple):
    """Both pictures' lightness at one size, and the pixels that a fit goes by."""

    source: Floats
    result: Floats
    rows: NDArray[np.intp]
    columns: NDArray[np.intp]


def _level(source: Floats, result: Floats, outside: Mask, shrink: int) -> _Level | None:
    import numpy as np

    if shrink > 1 and min(source.shape) // shrink < _SMALLEST_SIDE:
        return None
    a, b = smoothed(block_means(source, shrink)), smoothed(block_means(result, shrink))
    usable = eroded(block_means(outside.astype(np.float32), shrink) > 1 - 1e-3, 1)
    # gradients ask for neighbours
    usable[:2] = usable[-2:] = False
    usable[:, :2] = usable[:, -2:] = False
    rows, columns = np.nonzero(usable)
    if len(rows) < _FEWEST:
        return None
    if len(rows) > _STRONGEST:
        some = slice(None, None, max(1, len(rows) // (4 * _STRONGEST)))
        rows, columns = rows[some], columns[some]
        across = np.abs(a[rows, columns + 1] - a[rows, columns - 1])
        down = np.abs(a[rows + 1, columns] - a[rows - 1, columns])
        strongest = np.argpartition(across + down, -_STRONGEST)[-_STRONGEST:]
        rows, columns = rows[strongest], columns[strongest]
    return _Level(a, b, rows, columns)


def _fit(level: _Level | None, drift: Drift, shrink: int) -> tuple[Drift, float] | None:
    """Improve a drift at one level by Gauss-Newton steps; return it with its standard error.

    The model is ``source = gain * result(moved by drift) + offset``, made linear about the drift as
    it is. What does not fit it, since a model painted there, loses its weight.
    """
    import numpy as np

    if level is None:
        return None
    right, down = drift.right / shrink, drift.down / shrink
    wanted = level.source[level.rows, level.columns].astype(np.float64)
    weights = np.ones_like(wanted)
    spread, gain, slopes = 0.0, 1.0, np.eye(4)
    for _ in range(_ROUNDS):
        terms = np.stack([*_sampled(level, right, down), np.ones_like(wanted)], axis=1)
        weighted = terms * weights[:, None]
        slopes = weighted.T @ terms + np.eye(4) * 1e-6
        solution = np.linalg.lstsq(slopes, weighted.T @ wanted, rcond=None)[0]
        gain = float(solution[2])
        off = wanted - terms @ solution
        spread = _OF_MEDIAN * float(np.median(np.abs(off - np.median(off)))) + 1e-3
        weights = np.clip(1 - (off / (_TUKEY * spread)) ** 2, 0, 1) ** 2
        # a picture of which little is left has little gain, and would take giant steps
        step = solution[:2] / max(0.5, gain)
        length = float(np.hypot(*step))
        step /= max(1.0, length)
        right, down = right + float(step[0]), down + float(step[1])
        if length < _ARRIVED:
            break
    variances = np.diag(np.linalg.pinv(slopes))[:2]
    # what shows nothing of the source has next to no gain, and says next to nothing
    of_gain = max(abs(gain), 1e-6)
    error = _CORRELATED * spread * float(np.sqrt(np.abs(variances).max())) / of_gain * shrink
    return Drift(right * shrink, down * shrink), error


def _sampled(level: _Level, right: float, down: float) -> list[NDArray[np.float64]]:
    """Return the result's gradients across and down, and its values, so far from the points."""
    import numpy as np

    picture = level.result
    height, width = picture.shape
    x = np.clip(level.columns + right, 1, width - 2.001)
    y = np.clip(level.rows + down, 1, height - 2.001)
    column, row = x.astype(np.intp), y.astype(np.intp)
    u, v = x - column, y - row
    upper = picture[row, column] * (1 - u) + picture[row, column + 1] * u
    lower = picture[row + 1, column] * (1 - u) + picture[row + 1, column + 1] * u
    across = (picture[row, column + 1] - picture[row, column - 1]) / 2.0
    along = (picture[row + 1, column] - picture[row - 1, column]) / 2.0
    return [across, along, upper * (1 - v) + lower * v]

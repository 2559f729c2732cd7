"""How a model shifted a picture's colours: a gain and an offset a channel, from what lies outside.

Where half of the outside was painted over, least squares alone finds a colour that makes the rest
worse (in 21 of 24 cases). So only blocks that still show the same count, the fit starts from the
densest of what they say, and what it finds is taken only where it brings both pictures nearer.
"""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from lumen_widgets.client.exact.agreement import still_alike
from lumen_widgets.client.exact.comparison import block_means

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from lumen_widgets.client.exact.comparison import Floats, Mask, Surroundings

    Values: TypeAlias = NDArray[np.float64]

# px: cells of which means are compared, since grain makes a gain look smaller than it is
_CELL = 4
# Below so many cells, pixels are compared; below so many of those, nothing.
_FEWEST_CELLS, _FEWEST_VALUES = 50, 24
# More values say nothing new.
_MOST_VALUES = 50_000
# What is darker or lighter may have been cut off at 0 or 255.
_DARKEST, _LIGHTEST = 3.0, 252.0

# The start is in the middle of the shortest interval that holds this part of all differences: it
# is right where as much as 60 % of them say something else.
_DENSEST = 0.3

_ROUNDS = 10
# Tukey's biweight; wider at first, while the fit is still off. A spread below a level is rounding.
_TUKEY, _AT_FIRST, _SMALLEST_SPREAD = 4.0, 2.0, 1.0
_FIRST_ROUNDS = 2
# makes a standard deviation of a median
_OF_MEDIAN = 1.4826

# A gain needs colours that are this far apart, in levels, and this much alike; one beyond these
# bounds is no gain. Then an offset alone is fitted: a gain cut off at its bound was 0.8 on flat
# pictures.
_LEAST_SPREAD, _LEAST_CORRELATION = 6.0, 0.9
_GAINS = (0.8, 1.25)

# A shift is undone only if more cells come within these levels of the source, by this part of all,
# and if at least that part is then so near; and none is undone that changes grey by more levels
# than a model's cast does.
_NEAR, _MORE_NEAR, _LEAST_NEAR = 3.0, 0.02, 0.25
_LARGEST_SHIFT, _GREY = 40.0, 128.0

# How many levels before 0 and 255 a table bends to what they become: grain spreads what was cut off
# over about so many.
_BEND = 12


class Colours(NamedTuple):
    """What undoes a shift of colours: ``source = gain * result + offset``, a channel each.

    Where a model's picture was cut off at 0 or 255, that says nothing: undone, a white ground would
    become grey. So both ends become what the source has there.

    Attributes
    ----------
    gains, offsets
        Of red, green and blue.
    blacks, whites
        What 0 and 255 become; None where that is what gain and offset make of them.

    """

    gains: tuple[float, float, float]
    offsets: tuple[float, float, float]
    blacks: tuple[float | None, float | None, float | None] = (None, None, None)
    whites: tuple[float | None, float | None, float | None] = (None, None, None)

    def __bool__(self) -> bool:
        return self != NO_SHIFT

    def tables(self, channels: int) -> list[int] | None:
        """Return what each value of each channel becomes, None where that is itself."""
        if not self:
            return None
        made = zip(self.gains, self.offsets, self.blacks, self.whites, strict=True)
        return [*chain(*(_table(*one) for one in made)), *range(256 * (channels - 3))]


NO_SHIFT = Colours((1.0, 1.0, 1.0), (0.0, 0.0, 0.0))


def colours_between(around: Surroundings) -> Colours:
    """Return what makes the result's colours the source's, `NO_SHIFT` where nothing surely does.

    Parameters
    ----------
    around
        Source and result, drift undone.

    """
    import numpy as np

    compared = _compared(around)
    whole = np.all([((of > _DARKEST) & (of < _LIGHTEST)).all(axis=1) for of in compared], axis=0)
    source, result = (of[whole] for of in compared)
    if len(source) < _FEWEST_VALUES:
        return NO_SHIFT
    start = np.array([_densest(source[:, one] - result[:, one]) for one in range(3)])
    gains, offsets = _fitted(source, result, start)
    fitted, densest = _near(source - gains * result - offsets), _near(source - result - start)
    if densest > fitted:
        gains, offsets = np.ones(3), start
    near = max(densest, fitted)
    shift = float(np.abs(offsets + (gains - 1) * _GREY).max())
    if near <= _near(source - result) + _MORE_NEAR or near < _LEAST_NEAR or shift > _LARGEST_SHIFT:
        return NO_SHIFT
    ends = [
        _ends(*channel) for channel in zip(*(of.T for of in compared), gains, offsets, strict=True)
    ]
    blacks, whites = zip(*ends, strict=True)
    return Colours(tuple(gains.tolist()), tuple(offsets.tolist()), blacks, whites)


def _table(gain: float, offset: float, black: float | None, white: float | None) -> list[int]:
    made = [gain * value + offset for value in range(256)]
    for end, wanted in ((0, black), (255, white)):
        if wanted is not None:
            more = wanted - made[end]
            for away in range(_BEND):
                made[abs(end - away)] += more * (1 - away / _BEND) ** 2
    return [min(255, max(0, round(value))) for value in made]


def _ends(
    source: Values, result: Values, gain: float, offset: float
) -> tuple[float | None, float | None]:
    """Return what 0 and 255 become of one channel, None where gain and offset say it well enough.

    What was cut off came from further out, never from further in.
    """
    import numpy as np

    dark, light = source[result < _DARKEST], source[result > _LIGHTEST]
    black = float(np.median(dark)) if len(dark) >= _FEWEST_VALUES else 255.0
    white = float(np.median(light)) if len(light) >= _FEWEST_VALUES else 0.0
    return (
        black if black < offset else None,
        white if white > gain * 255 + offset else None,
    )


def _compared(around: Surroundings) -> tuple[Values, Values]:
    """Return colours of source and result at the same places, each of shape (n, 3)."""
    outside = still_alike(around)
    source, result = _cells(around, outside)
    if len(source) < _FEWEST_CELLS:
        source, result = around.source[outside], around.result[outside]
    # evenly, and the same ones each time
    some = slice(None, None, -(-len(source) // _MOST_VALUES) or 1)
    return source[some].astype(float), result[some].astype(float)


def _cells(around: Surroundings, outside: Mask) -> tuple[Floats, Floats]:
    """Return the mean colours of the cells that lie outside as a whole."""
    import numpy as np

    whole = block_means(outside.astype(np.float32), _CELL) > 1 - 1e-3
    return block_means(around.source, _CELL)[whole], block_means(around.result, _CELL)[whole]


def _densest(values: Values) -> float:
    """Return the median of the shortest interval that holds so many of the values."""
    import numpy as np

    ordered = np.sort(values)
    count = max(2, int(len(ordered) * _DENSEST))
    first = int(np.argmin(ordered[count - 1 :] - ordered[: len(ordered) - count + 1]))
    return float(np.median(ordered[first : first + count]))


def _fitted(source: Values, result: Values, start: Values) -> tuple[Values, Values]:
    """Return gains and offsets by robust least squares.

    A cell that is off in one channel was painted over, so it loses its weight in all of them.
    """
    import numpy as np

    gains, offsets = np.ones(3), start
    for turn in range(_ROUNDS):
        off = np.abs(source - gains * result - offsets)
        spread = np.maximum(_OF_MEDIAN * np.median(off, axis=0), _SMALLEST_SPREAD)
        reach = _TUKEY * spread * (_AT_FIRST if turn < _FIRST_ROUNDS else 1.0)
        weights = (np.clip(1 - (off / reach) ** 2, 0, 1) ** 2).min(axis=1)
        weights /= weights.sum() + 1e-6
        of_source, of_result = weights @ source, weights @ result
        varies_source = weights @ (source - of_source) ** 2
        varies_result = weights @ (result - of_result) ** 2
        together = weights @ ((source - of_source) * (result - of_result))
        gains = together / (varies_result + 1e-6)
        certain = np.minimum(varies_source, varies_result) > _LEAST_SPREAD**2
        certain &= together > _LEAST_CORRELATION * np.sqrt(varies_source * varies_result)
        gains = np.where(certain & (gains >= _GAINS[0]) & (gains <= _GAINS[1]), gains, 1.0)
        offsets = of_source - gains * of_result
    return gains, offsets


def _near(off: Values) -> float:
    """Return the part of the cells that are near the source in every channel."""
    import numpy as np

    return float((np.abs(off) < _NEAR).all(axis=1).mean())

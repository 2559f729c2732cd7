"""What is sent of a picture that is cropped: a box around the mask, and the size of its answer."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

from lumen_widgets.core.errors import InvalidRequest

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from lumen_widgets.core.models import Model

# px: a model sees at least so much of what is around the mask
_LEAST_MARGIN = 32

# px: a model that makes few pixels makes poor ones
_LEAST_LONGER_SIDE = 1024

# Sides of a size in pixels are multiples of this.
_STEP = 16

# How far a ratio may be from what was sent: an answer further off is not put back.
_MOST_STRETCH = 0.03

# Islands whose common box is larger than so many times theirs together are repainted in more detail
# one by one.
_MOST_SPREAD = 4

# px: islands are told apart on a picture of this longer side
_ISLANDS_SIDE = 256


class Box(NamedTuple):
    """A part of a picture, in pixels."""

    left: int
    top: int
    width: int
    height: int

    @property
    def right(self) -> int:
        """The first column right of it."""
        return self.left + self.width

    @property
    def bottom(self) -> int:
        """The first row below it."""
        return self.top + self.height


class SentSize(NamedTuple):
    """The size in which a part of a picture is sent, and asked for.

    Attributes
    ----------
    width, height
        In pixels.
    size
        What stands in the request: these pixels, or the model's nearest ratio.

    """

    width: int
    height: int
    size: str


def box_of(mask: NDArray[np.bool_]) -> Box:
    """Return the smallest box that holds all that is repainted; some is."""
    import numpy as np

    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    left, top = int(columns[0]), int(rows[0])
    return Box(left, top, int(columns[-1]) + 1 - left, int(rows[-1]) + 1 - top)


def crop_box(mask: NDArray[np.bool_], share: float, model: Model) -> tuple[Box, SentSize]:
    """Return the part of a picture that is sent of it, and in which size.

    Parameters
    ----------
    mask
        Bool of shape (height, width), some of it True.
    share
        How much of the mask's box is added on every side, of its longer side.
    model
        What the model takes.

    Raises
    ------
    InvalidRequest
        The mask's islands lie too far apart, or the part is too narrow for any size.

    """
    height, width = mask.shape
    inner = box_of(mask)
    _refuse_far_islands(mask, inner)
    margin = max(_LEAST_MARGIN, math.ceil(share * max(inner.width, inner.height)))
    wanted = (min(inner.width + 2 * margin, width), min(inner.height + 2 * margin, height))
    sent, (across, down) = _fitting(wanted, (width, height), model, "crop")
    left = _slid(inner.left, inner.width, across, width)
    top = _slid(inner.top, inner.height, down, height)
    return Box(left, top, across, down), sent


def whole_size(width: int, height: int, model: Model) -> SentSize:
    """Return the size in which an extended picture is sent, whose answer is asked for in it.

    Raises
    ------
    InvalidRequest
        It is too narrow for any size.

    """
    sent, _ = _fitting((width, height), (width, height), model, "extend")
    return sent


def _fitting(
    wanted: tuple[int, int], limits: tuple[int, int], model: Model, call: str
) -> tuple[SentSize, tuple[int, int]]:
    """Return a size of the model's, and a part of at least `wanted` that is nearest to its ratio.

    Parameters
    ----------
    wanted, limits
        Width and height of what must be in the part, and of the picture.
    model
        What the model takes.
    call
        ``"crop"`` or ``"extend"``, for the error.

    """
    longer = max(wanted)
    target = min(max(longer, _LEAST_LONGER_SIDE), model.longest_side) // _STEP * _STEP
    best: tuple[float, SentSize, tuple[int, int]] | None = None
    for size in _sizes(wanted, target, model):
        scale = max(wanted[0] / size.width, wanted[1] / size.height)
        part = tuple(
            min(max(round(side * scale), least), limit)
            for side, least, limit in zip(size[:2], wanted, limits, strict=True)
        )
        stretch = abs(math.log(part[0] * size.height / (part[1] * size.width)))
        # what is stretched least, and of those what adds least
        cost = (round(stretch, 4) if stretch > _MOST_STRETCH / 10 else 0.0) * 10 + (
            part[0] * part[1] / (wanted[0] * wanted[1]) - 1
        )
        if best is None or cost < best[0]:
            best = cost, size, (part[0], part[1])
    assert best is not None  # noqa: S101 -- there is always a size
    _, size, part = best
    if abs(math.log(part[0] * size.height / (part[1] * size.width))) > _MOST_STRETCH:
        advice = {
            "crop": "Leave out crop, or repaint a picture that is less narrow.",
            "extend": "Extend it on other sides, so that it is less narrow.",
        }
        raise InvalidRequest(
            f"What is to be sent, {part[0]} x {part[1]} pixels, is too narrow for any size that "
            f"{'the model' if model.ratios else 'a request'} takes.",
            next_step=advice[call],
            field="crop" if call == "crop" else "left",
        )
    return size, part


def _sizes(wanted: tuple[int, int], target: int, model: Model) -> list[SentSize]:
    """Return the sizes to choose from, whose longer side is `target`."""
    if model.ratios:
        found = []
        for ratio in model.ratios:
            across, down = map(int, ratio.split(":"))
            scale = target / max(across, down)
            found.append(SentSize(round(across * scale), round(down * scale), ratio))
        return found
    exact = target * min(wanted) / max(wanted)
    shorter = {max(_STEP, way(exact / _STEP) * _STEP) for way in (math.floor, math.ceil)}
    wide = wanted[0] >= wanted[1]
    pairs = [(target, side) if wide else (side, target) for side in sorted(shorter)]
    return [SentSize(across, down, f"{across}x{down}") for across, down in pairs]


def _slid(start: int, length: int, wanted: int, limit: int) -> int:
    """Return where a stretch of `wanted` begins that is centred on another, inside of `limit`."""
    return min(max(start - (wanted - length) // 2, 0), limit - wanted)


def _refuse_far_islands(mask: NDArray[np.bool_], inner: Box) -> None:
    """Raise InvalidRequest where the mask's islands would be sent with much that lies between."""
    islands = _islands(mask[inner.top : inner.bottom, inner.left : inner.right])
    together = sum(one.width * one.height for one in islands)
    if inner.width * inner.height <= _MOST_SPREAD * together:
        return
    raise InvalidRequest(
        f"The mask has {len(islands)} islands far apart: cropped together they keep little detail.",
        next_step="Repaint each with a call of its own, which keeps more, or leave out crop.",
        field="crop",
    )


def _islands(mask: NDArray[np.bool_]) -> list[Box]:
    """Return a box around each part of a mask that touches no other; about, where it is large."""
    import numpy as np

    step = math.ceil(max(mask.shape) / _ISLANDS_SIDE)
    rows, columns = (range(0, length, step) for length in mask.shape)
    coarse = np.logical_or.reduceat(np.logical_or.reduceat(mask, rows, axis=0), columns, axis=1)
    left = {(int(row), int(column)) for row, column in zip(*np.nonzero(coarse), strict=True)}
    found = []
    while left:
        island, border = [], [left.pop()]
        while border:
            row, column = border.pop()
            island.append((row, column))
            near = {(row + down, column + over) for down in (-1, 0, 1) for over in (-1, 0, 1)}
            border.extend(near & left)
            left -= near
        down, over = zip(*island, strict=True)
        part = mask[
            min(down) * step : (max(down) + 1) * step, min(over) * step : (max(over) + 1) * step
        ]
        found.append(box_of(part))
    return found

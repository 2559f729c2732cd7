"""A fill closes a hole in a picture with colours that run smoothly from edge to edge."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from lumen_widgets.sandbox.engine.field import Field

# Known pixels around the hole that take part: more would change nothing and cost time.
_MARGIN = 16
# Rounds of smoothing at the finest level, the next, and all coarser ones: there they are cheap.
_ROUNDS = (2, 5, 12)
_COARSEST = 3


def fill_hole(colours: Field, hole: NDArray[np.bool_]) -> Field:
    """Return colours with the hole filled by (nearly) a solution of Laplace's equation.

    The known pixels are averaged down a pyramid until no hole is left, then the holes are filled
    coming up again, each level smoothed a little.

    Parameters
    ----------
    colours
        Shape (height, width, channels).
    hole
        Shape (height, width), True where to fill; some pixel must be False.

    """
    rows, columns = np.nonzero(hole)
    window = tuple(
        slice(max(int(axis.min()) - _MARGIN, 0), int(axis.max()) + _MARGIN + 1)
        for axis in (rows, columns)
    )
    filled = colours.astype(np.float32)
    inner = hole[window]
    if inner.all():
        window, inner = (slice(None), slice(None)), hole
    part = filled[window]
    part[inner] = _solve(part, inner)[inner]
    return filled


def _solve(colours: Field, hole: NDArray[np.bool_]) -> Field:
    weight = (~hole).astype(np.float32)
    levels = [(colours * weight[..., None], weight)]
    while min(levels[-1][1].shape) > _COARSEST:
        levels.append(_halve(*levels[-1]))
    total, weight = levels[-1]
    mean = total.sum((0, 1)) / max(float(weight.sum()), 1e-6)
    guess = np.broadcast_to(mean, total.shape).astype(np.float32)
    for index in range(len(levels) - 1, -1, -1):
        total, weight = levels[index]
        guess = _enlarge(guess, weight.shape)
        known = weight[..., None] > 0
        guess = np.where(known, total / np.maximum(weight, 1e-6)[..., None], guess)
        for _ in range(_ROUNDS[min(index, len(_ROUNDS) - 1)]):
            guess = np.where(known, guess, _neighbours(guess))
    return guess


def _halve(total: Field, weight: Field) -> tuple[Field, Field]:
    """Average each 2 by 2 block's known pixels; a block with any is known."""
    pad = [(0, side % 2) for side in weight.shape]
    weight, total = np.pad(weight, pad), np.pad(total, [*pad, (0, 0)])
    weights = weight[::2, ::2] + weight[1::2, ::2] + weight[::2, 1::2] + weight[1::2, 1::2]
    totals = total[::2, ::2] + total[1::2, ::2] + total[::2, 1::2] + total[1::2, 1::2]
    share = np.minimum(weights, 1)
    return totals * (share / np.maximum(weights, 1e-6))[..., None], share


def _enlarge(field: Field, shape: tuple[int, ...]) -> Field:
    if field.shape[:2] == shape:
        return field
    size = (shape[1], shape[0])
    channels = [
        np.asarray(
            Image.fromarray(np.ascontiguousarray(field[..., k])).resize(
                size, Image.Resampling.BILINEAR
            )
        )
        for k in range(field.shape[2])
    ]
    return np.stack(channels, axis=-1)


def _neighbours(field: Field) -> Field:
    around = np.pad(field, ((1, 1), (1, 1), (0, 0)), "edge")
    total = around[:-2, 1:-1] + around[2:, 1:-1] + around[1:-1, :-2] + around[1:-1, 2:]
    quarter: Field = total * np.float32(0.25)
    return quarter

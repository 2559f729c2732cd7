"""Which parts of the outside still show the same, and which a model has painted over."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lumen_widgets.client.exact.comparison import block_means, lightness, smoothed

if TYPE_CHECKING:
    from lumen_widgets.client.exact.comparison import Floats, Mask, Surroundings

# px: blocks that are told apart; of pictures that were made smaller first, half of that
_BLOCK = 16
# The same: lightness correlates by more than this, or varies by no more than so many squared
# levels in the source and in the result, which has grain.
_ALIKE = 0.7
_FLAT, _FLAT_WITH_GRAIN = 9.0, 16.0
# Of fewer blocks none stands out.
_FEWEST_BLOCKS = 4
# Where fewer pixels or a smaller part of the outside still are the same, all of it is looked at.
_FEWEST, _LEAST = 400, 0.1


def still_alike(around: Surroundings, shrink: int = 1) -> Mask:
    """Return what is outside, without the blocks in which the result shows something else.

    Parameters
    ----------
    around
        Source and result.
    shrink
        How much smaller both are made first. What moved by no more than this is still alike then.

    Returns
    -------
    array
        Bool of shape (height, width); all of the outside where little of it is alike.

    """
    import numpy as np

    side = _BLOCK if shrink == 1 else _BLOCK // 2
    height, width = (length // shrink // side for length in around.outside.shape)
    if height * width < _FEWEST_BLOCKS:
        return around.outside
    # the last blocks reach beyond the picture
    pads = [(0, -length % (side * shrink)) for length in around.outside.shape]
    outside = np.pad(around.outside, pads)
    weights = (block_means(outside.astype(np.float32), shrink) > 1 - 1e-3).astype(np.float32)
    source, result = (
        smoothed(block_means(np.pad(lightness(colours), pads, "edge"), shrink))
        for colours in (around.source, around.result)
    )
    in_block = block_means(weights, side) + np.float32(1e-6)

    def means(values: Floats) -> Floats:
        return block_means(values * weights, side) / in_block

    a, b = means(source), means(result)
    varies_a = np.maximum(means(source * source) - a * a, 0)
    varies_b = np.maximum(means(result * result) - b * b, 0)
    together = means(source * result) - a * b
    alike = together > _ALIKE * np.sqrt(np.maximum(varies_a * varies_b, 1e-6))
    alike |= (varies_a < _FLAT) & (varies_b < _FLAT_WITH_GRAIN)
    blocks = np.repeat(np.repeat(alike, side * shrink, axis=0), side * shrink, axis=1)
    kept = blocks[: around.outside.shape[0], : around.outside.shape[1]] & around.outside
    enough = max(_FEWEST, _LEAST * float(around.outside.sum()))
    return kept if kept.sum() > enough else around.outside

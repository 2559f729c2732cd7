"""A coarse mask is what a model that works in blocks has of a mask: its fine edge is lost.

Image models see a picture as blocks of some pixels, and take a block as masked that the mask only
touches. What two masks differ by within their blocks makes no difference to such a model.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PIL import Image, ImageFilter

from lumen_widgets.sandbox.engine.field import resize

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from lumen_widgets.sandbox.engine.field import Field

# The side of a block in pixels: what one number of a latent image stands for in most models.
BLOCK = 8
# The side in pixels of the cells in which depth below the mask's edge is counted.
CELL = 4
# In cells: from this depth on all is new. Deeper, small holes would never be repainted in full;
# less deep, what is new would meet what was there as a cut.
_DEEP = 8
# The share of that depth, or of the depth that there is, that is painted as it was: what is new
# joins its surroundings inside of the mask, though the blocks reach up to 16 pixels out of it.
_KEPT = 0.6
# The radius in cells by which the corners of blocks are rounded.
_SOFT = 1.0


def touched_blocks(hole: NDArray[np.bool_], size: tuple[int, int]) -> NDArray[np.bool_]:
    """Return which blocks of a model's picture the mask touches, and those around them.

    Parameters
    ----------
    hole
        The mask, shape (height, width), of any size.
    size
        The (width, height) of the model's picture, multiples of `BLOCK`; the mask is stretched to
        it.

    Returns
    -------
    numpy.ndarray
        Shape (height / BLOCK, width / BLOCK).

    """
    blocks = (size[0] // BLOCK, size[1] // BLOCK)
    # in floats, where a single pixel of 16 million is still more than nothing
    shares = Image.fromarray(hole.astype(np.float32)).resize(blocks, Image.Resampling.BOX)
    touched = Image.fromarray(np.asarray(shares) > 0).convert("L")
    return np.asarray(touched.filter(ImageFilter.MaxFilter(3))) > 0


def spread(blocks: NDArray[np.bool_], side: int) -> NDArray[np.bool_]:
    """Return blocks with each as a square of so many pixels a side."""
    return blocks.repeat(side, axis=0).repeat(side, axis=1)


def strength(blocks: NDArray[np.bool_]) -> Field:
    """Return how much of each pixel is new, 0 to 1.

    Parameters
    ----------
    blocks
        As `touched_blocks` returns them.

    Returns
    -------
    numpy.ndarray
        Shape (height, width) of the model's picture. It is 0 up to the edge of the mask and a few
        pixels into it, and 1 along the middle of each of its parts, however thin.

    """
    inside = Image.fromarray(spread(blocks, BLOCK // CELL)).convert("L")
    depth = np.zeros((inside.height, inside.width), np.uint8)
    for _ in range(_DEEP):
        depth += np.asarray(inside) > 0
        inside = inside.filter(ImageFilter.MinFilter(3))
    deepest = Image.fromarray(depth)
    for _ in range(_DEEP):
        deepest = deepest.filter(ImageFilter.MaxFilter(3))
    share = depth / np.maximum(np.asarray(deepest), 1).astype(np.float32)
    ramp = np.clip((share - _KEPT) / (1 - _KEPT), 0, 1)
    soft = Image.fromarray((ramp * ramp * (3 - 2 * ramp) * 255).astype(np.uint8))
    # the corners of blocks would show as a fringe
    rounded: Field = np.asarray(soft.filter(ImageFilter.GaussianBlur(_SOFT)), np.float32)
    height, width = blocks.shape
    new: Field = resize(rounded, height * BLOCK, width * BLOCK) / np.float32(255)
    return np.clip(new, 0, 1, out=new)


def roomiest_square(blocks: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return the largest square that lies within blocks, near their middle if there are several.

    Parameters
    ----------
    blocks
        Shape (rows, columns); somewhere it is True.

    Returns
    -------
    numpy.ndarray
        The same shape, True in the square.

    """
    inside = Image.fromarray(np.pad(blocks, 1)).convert("L")
    reach = 0
    while (smaller := inside.filter(ImageFilter.MinFilter(3))).getbbox() is not None:
        inside, reach = smaller, reach + 1
    centres = np.argwhere(np.asarray(inside)) - 1
    row, column = centres[((centres - centres.mean(axis=0)) ** 2).sum(axis=1).argmin()]
    square = np.zeros_like(blocks)
    square[row - reach : row + reach + 1, column - reach : column + reach + 1] = True
    return square

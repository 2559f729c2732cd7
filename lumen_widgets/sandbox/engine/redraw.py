"""A redraw is a repaint by a model that redraws the whole picture, as real ones do.

What is new joins its surroundings; all else comes back a little different, in the model's own size.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from lumen_widgets.sandbox.engine.alteration import Alteration
from lumen_widgets.sandbox.engine.coarse_mask import (
    BLOCK,
    CELL,
    roomiest_square,
    spread,
    strength,
    touched_blocks,
)
from lumen_widgets.sandbox.engine.field import luminance, noise, to_canvas, to_image
from lumen_widgets.sandbox.engine.fill import fill_hole
from lumen_widgets.sandbox.engine.inpaint import put_subject
from lumen_widgets.sandbox.engine.view import seed_of

if TYPE_CHECKING:
    from numpy.random import Generator
    from numpy.typing import NDArray

    from lumen_widgets.sandbox.engine.composition import Composition
    from lumen_widgets.sandbox.engine.field import Field
    from lumen_widgets.sandbox.engine.job import Redrawing

# How far around the blocks the new ground takes its colours and its contrast from, in pixels.
_AROUND = 32
# The new ground's shapes: their size in pixels, how many times finer ones are added, and between
# what bounds its contrast, in levels, is that of its surroundings.
_SHAPE = 48
_OCTAVES = 4
_LEAST_CONTRAST, _MOST_CONTRAST = 4.0, 16.0
# The detail of all that is new, as fine as the picture can show: its size in pixels and its
# contrast in levels. In photographs it is as strong as the shapes are; without it nobody would see
# that a picture was sent smaller than it is.
_DETAIL = 2
_DETAIL_CONTRAST = 11.0
# Noise from 0 to 1 has about a fifth of its range as its standard deviation.
_RANGE = 5.0


def redraw(
    source: Image.Image,
    hole: NDArray[np.bool_],
    composition: Composition,
    size: tuple[int, int],
    redrawing: Redrawing,
) -> tuple[Image.Image, Alteration]:
    """Repaint the masked part of a picture, and redraw the rest.

    Parameters
    ----------
    source
        RGB, of any size.
    hole
        Shape (height, width) of the source; True is repainted, and somewhere it is True.
    composition
        Its first subject goes into the hole, its scene fills a hole that is the whole picture.
    size
        The (width, height) of the result, multiples of 16; the source is stretched to it.
    redrawing
        How much the rest is changed.

    Returns
    -------
    PIL.Image.Image
        RGB, of that size.
    Alteration
        What was done to all of it.

    """
    blocks = touched_blocks(hole, size)
    if blocks.all():
        picture = composition.render(size)
    else:
        picture = source.resize(size, Image.Resampling.LANCZOS)
        _repaint(picture, blocks, composition)
    alteration = Alteration.of_seed(seed_of(composition.seeds.air, "redraw"), redrawing)
    return alteration.applied(picture, ~spread(blocks, BLOCK)), alteration


def _repaint(picture: Image.Image, blocks: NDArray[np.bool_], composition: Composition) -> None:
    """Paint new content into the blocks of a picture, in place."""
    rng = np.random.default_rng(seed_of(composition.seeds.air, "content"))
    rows, columns = (
        _around(np.flatnonzero(blocks.any(axis=axis)), blocks.shape[1 - axis]) for axis in (1, 0)
    )
    left, top, right, bottom = (
        BLOCK * side for side in (columns.start, rows.start, columns.stop, rows.stop)
    )
    part = blocks[rows, columns]
    region = picture.crop((left, top, right, bottom))
    painted = _ground(region, part, _texture(rng, region.size, _SHAPE, _OCTAVES))
    new = strength(blocks)[top:bottom, left:right]
    subjects = () if "remove" in composition.plan.wishes else composition.plan.subjects
    for subject in subjects[:1]:
        # within one part of the mask, and no larger than what is new there: it would be cut off
        middles = new[BLOCK // 2 :: BLOCK, BLOCK // 2 :: BLOCK]
        room = roomiest_square(middles >= middles.max() / 2)
        put_subject(painted, spread(room, BLOCK), subject, rng)
    painted = _with(painted, _texture(rng, region.size, _DETAIL, 2) * np.float32(_DETAIL_CONTRAST))
    picture.paste(painted, (left, top), Image.fromarray((new * 255).round().astype(np.uint8)))


def _around(touched: NDArray[np.intp], count: int) -> slice:
    """Return the blocks from the first to the last touched of so many, with some around."""
    margin = _AROUND // BLOCK
    return slice(max(0, int(touched[0]) - margin), min(int(touched[-1]) + 1 + margin, count))


def _texture(rng: Generator, size: tuple[int, int], feature: int, octaves: int) -> Field:
    """Return noise with features of so many pixels, with a mean of 0 and a deviation of about 1."""
    width, height = size
    field = noise(rng, (height, width), max(1, min(size) / feature), octaves=octaves)
    centred: Field = (field - np.float32(0.5)) * np.float32(_RANGE)
    return centred


def _with(picture: Image.Image, change: Field) -> Image.Image:
    """Return a picture that is so much brighter in each pixel."""
    return to_image(to_canvas(picture) + (change + np.float32(0.5))[..., None])


def _ground(region: Image.Image, blocks: NDArray[np.bool_], texture: Field) -> Image.Image:
    """Return a region whose blocks continue the colours and the contrast of what is around them."""
    cells = spread(blocks, BLOCK // CELL)
    small = to_canvas(region.reduce(CELL))
    contrast = float(np.clip(luminance(small)[~cells].std(), _LEAST_CONTRAST, _MOST_CONTRAST))
    smooth = to_image(fill_hole(small, cells) + np.float32(0.5))
    return _with(
        smooth.resize(region.size, Image.Resampling.BICUBIC), texture * np.float32(contrast)
    )

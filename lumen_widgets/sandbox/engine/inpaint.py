"""Inpainting: the masked part of a picture is filled, and the prompt's subject put into it.

Every other pixel stays as it is to the bit, so that a wrong mask shows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PIL import Image, ImageFilter

from lumen_widgets.sandbox.engine.colours import COLOURS
from lumen_widgets.sandbox.engine.field import to_canvas
from lumen_widgets.sandbox.engine.fill import fill_hole
from lumen_widgets.sandbox.engine.glyph import render_glyph

if TYPE_CHECKING:
    from numpy.random import Generator
    from numpy.typing import NDArray

    from lumen_widgets.sandbox.engine.composition import Composition
    from lumen_widgets.sandbox.engine.field import Field
    from lumen_widgets.sandbox.engine.plan import Subject

# How much of the hole's shorter side the subject takes.
_SHARE = 0.94
# Grain, in levels: as strong as around the hole, within what looks like a photograph's.
_LEAST_GRAIN, _MOST_GRAIN = 1.0, 9.0
# The width, in pixels, of the ring around the hole whose grain is measured.
_RING = 15
# How far around the hole anything is looked at: by the ring and its blur, and by the fill.
_MARGIN = 32


def inpaint(source: Image.Image, hole: NDArray[np.bool_], composition: Composition) -> Image.Image:
    """Repaint the masked part of a picture.

    Parameters
    ----------
    source
        RGB or RGBA.
    hole
        Shape (height, width); True is repainted, and somewhere it is True.
    composition
        Its first subject goes into the hole, its scene fills a hole that is the whole picture.

    Returns
    -------
    PIL.Image.Image
        In the source's mode; it differs from the source in every masked pixel and in no other.

    """
    rng = np.random.default_rng(composition.seeds.air)
    rows, columns = _around(hole)
    region = source.crop((columns.start, rows.start, columns.stop, rows.stop))
    part = hole[rows, columns]
    if hole.all():
        painted = composition.render(source.size).convert(source.mode)
    else:
        # drawn for the whole picture: what a pixel gets does not depend on the hole's place
        strength = _grain_around(region, part)
        grain = rng.normal(0, strength, hole.shape)[rows, columns].astype(np.float32)
        painted = _filled(region, part, grain)
        subjects = () if "remove" in composition.plan.wishes else composition.plan.subjects
        for subject in subjects[:1]:
            put_subject(painted, part, subject, rng)
    before = np.asarray(region)
    after = np.where(part[..., None], np.asarray(painted), before)
    # a pixel that came out as it was would hide that it had been masked: move it by one level
    after[part & (after == before).all(axis=-1), 0] ^= 1
    picture = source.copy()
    picture.paste(Image.fromarray(after), (columns.start, rows.start))
    return picture


def _around(hole: NDArray[np.bool_]) -> tuple[slice, slice]:
    """Return the rows and columns of the hole with all that its filling looks at."""
    rows, columns = (
        slice(max(0, int(inside[0]) - _MARGIN), int(inside[-1]) + 1 + _MARGIN)
        for inside in (np.flatnonzero(hole.any(axis=axis)) for axis in (1, 0))
    )
    height, width = hole.shape
    return slice(rows.start, min(rows.stop, height)), slice(columns.start, min(columns.stop, width))


def _filled(source: Image.Image, hole: NDArray[np.bool_], grain: Field) -> Image.Image:
    colours = np.asarray(source).astype(np.float32)
    translucent = source.mode == "RGBA"
    if translucent:
        # what is behind transparent pixels must not bleed into the hole
        colours[..., :3] *= colours[..., 3:] / 255
    filled = fill_hole(colours, hole)
    if translucent:
        filled[..., :3] *= 255 / np.maximum(filled[..., 3:], 1)
    filled[..., :3] += grain[..., None]
    np.clip(filled.round(out=filled), 0, 255, out=filled)
    return Image.fromarray(filled.astype(np.uint8))


def _grain_around(source: Image.Image, hole: NDArray[np.bool_]) -> float:
    """Measure how strong the fine grain is close to the hole, in levels."""
    # the mean of a square is above zero where any pixel of it is white, and quick to take
    near = Image.fromarray(hole).convert("L").filter(ImageFilter.BoxBlur(_RING // 2))
    ring = (np.asarray(near) > 0) & ~hole
    if not ring.any():
        return _LEAST_GRAIN
    picture = to_canvas(source)
    smooth = to_canvas(source.convert("RGB").filter(ImageFilter.GaussianBlur(2)))
    # the median does not mistake the edges of things for grain
    spread: Field = np.median(np.abs(picture - smooth)[ring], axis=0)
    return float(np.clip(spread.mean() * 1.5, _LEAST_GRAIN, _MOST_GRAIN))


def put_subject(
    picture: Image.Image, hole: NDArray[np.bool_], subject: Subject, rng: Generator
) -> None:
    """Draw a subject into a picture in place, as large as a hole allows, and not cut to it.

    Parameters
    ----------
    picture
        RGB or RGBA.
    hole
        Shape (height, width); somewhere it is True.
    subject
        What to draw.
    rng
        Says which way it looks.

    """
    rows, columns = np.nonzero(hole.any(axis=1))[0], np.nonzero(hole.any(axis=0))[0]
    top, bottom, left, right = rows[0], rows[-1] + 1, columns[0], columns[-1] + 1
    size = max(2, int(min(right - left, bottom - top) * _SHARE))
    tint = COLOURS[subject.colour] if subject.colour is not None else None
    figure = render_glyph(subject.glyph, size, tint, flip=bool(rng.integers(2)))
    corner = (
        int((left + right - figure.width) // 2),
        int(bottom - (bottom - top - size) // 2 - (size - figure.height) // 2 - figure.height),
    )
    if picture.mode == "RGBA":
        layer = Image.new("RGBA", picture.size)
        layer.paste(figure, corner)
        picture.alpha_composite(layer)
    else:
        picture.paste(figure, corner, figure)

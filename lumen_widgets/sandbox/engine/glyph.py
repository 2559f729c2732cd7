"""A glyph is the vector drawing of one noun, filled with flat colours at any size."""

from __future__ import annotations

import colorsys
import json
import lzma
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image, ImageDraw

from lumen_widgets.sandbox.engine.outline import Outline, read_outlines, signed_area

if TYPE_CHECKING:
    from lumen_widgets.sandbox.engine.colours import Colour

# The pack's drawings are all 32 by 32 units.
_UNITS = 32
# Pixels drawn per pixel shown, along each side; larger glyphs have longer edges and need less.
_FINE, _COARSE, _LARGE = 3, 2, 480
_OPAQUE = 255
# How far a colour word moves a glyph's colours: things may be repainted, a living being is nudged.
_PAINT, _NUDGE = 0.9, 0.55

# Things that fly by themselves; birds that are drawn standing stay on the ground.
_FLYERS = frozenset({
    "1f680", "2708", "1f6e9", "1f681", "1f388", "1f98b", "1f985", "1f54a", "1f41d", "1f987",
    "1f409", "1f6f8", "1fa81", "1f308", "2604", "1fa90", "2b50", "1fa82", "1f47c", "1f9da",
    "1f6f0",
})  # fmt: skip
# A bird by its kind, but drawn as it sits on the water.
_DUCK = "1f986"
_SWIMMERS = ("animal-marine", "transport-water")


@dataclass(frozen=True)
class Shape:
    """One filled shape of a glyph."""

    colour: tuple[int, int, int, int]
    outlines: tuple[Outline, ...]
    even_odd: bool


@dataclass(frozen=True)
class Glyph:
    """One noun's drawing.

    Attributes
    ----------
    kind
        CLDR's subgroup of the noun, such as ``animal-mammal``.
    shapes
        From the lowest to the topmost.

    """

    kind: str
    shapes: tuple[Shape, ...]

    @property
    def alive(self) -> bool:
        """Whether it is an animal or a person."""
        return self.kind.startswith(("animal", "person", "cat", "monkey"))


@lru_cache(maxsize=1)
def _pack() -> dict[str, tuple[str, list[tuple[str, str, int]]]]:
    packed = files("lumen_widgets.sandbox").joinpath("data", "glyphs.json.xz").read_bytes()
    pack: dict[str, tuple[str, list[tuple[str, str, int]]]] = json.loads(lzma.decompress(packed))
    return pack


def glyph_codes() -> frozenset[str]:
    """Return the code points of every glyph there is, such as ``1f408``."""
    return frozenset(_pack())


def flies(code: str) -> bool:
    """Whether a glyph's thing hangs in the air by itself."""
    return code in _FLYERS


def swims(code: str) -> bool:
    """Whether a glyph's thing lives or travels in water."""
    kind, _ = _pack()[code]
    return kind.startswith(_SWIMMERS) or code == _DUCK


@lru_cache(maxsize=256)
def glyph(code: str) -> Glyph:
    """Return the glyph of some code points.

    Raises
    ------
    KeyError
        There is none.

    """
    kind, rows = _pack()[code]
    shapes = []
    for fill, data, even_odd in rows:
        red, green, blue, alpha = bytes.fromhex(fill.ljust(8, "f"))
        outlines = tuple(read_outlines(data))
        shapes.append(Shape((red, green, blue, alpha), outlines, bool(even_odd)))
    return Glyph(kind, tuple(shapes))


def render_glyph(
    code: str, size: int, tint: Colour | None = None, *, flip: bool = False
) -> Image.Image:
    """Draw a glyph, cropped to what it covers.

    Parameters
    ----------
    code
        Its code points.
    size
        Pixels along the side of the glyph's whole square, margins included.
    tint
        A colour that the prompt gave it. Default: its own colours.
    flip
        Whether it looks the other way.

    Returns
    -------
    PIL.Image.Image
        RGBA, at most `size` pixels along each side.

    Raises
    ------
    KeyError
        There is no such glyph.

    """
    drawing = glyph(code)
    # half of the way to black, white or grey would only look like dirt
    nudge = drawing.alive and tint is not None and not tint.is_grey
    strength = _NUDGE if nudge else _PAINT
    factor = _FINE if size < _LARGE else _COARSE
    side = size * factor
    sheet = Image.new("RGBA", (side, side))
    for shape in drawing.shapes:
        colour = shape.colour if tint is None else tinted(shape.colour, tint, strength)
        _fill(sheet, shape, colour, side / _UNITS)
    picture = sheet.reduce(factor)
    box = picture.getbbox() or (0, 0, size, size)
    picture = picture.crop(box)
    return picture.transpose(Image.Transpose.FLIP_LEFT_RIGHT) if flip else picture


def _fill(
    sheet: Image.Image, shape: Shape, colour: tuple[int, int, int, int], scale: float
) -> None:
    polygons = [outline.polygon(scale) for outline in shape.outlines]
    if not polygons:
        return
    xs = [x for polygon in polygons for x, _ in polygon]
    ys = [y for polygon in polygons for _, y in polygon]
    left, top = max(0, int(min(xs))), max(0, int(min(ys)))
    right, bottom = min(sheet.width, int(max(xs)) + 2), min(sheet.height, int(max(ys)) + 2)
    if right <= left or bottom <= top:
        return
    if len(polygons) == 1 and colour[3] == _OPAQUE:
        # as most shapes are, and nothing is quicker; Pillow drops what is beyond a whole pixel
        ImageDraw.Draw(sheet).polygon(polygons[0], fill=colour)
        return
    winding = np.zeros((bottom - top, right - left), np.int16)
    for polygon in polygons:
        mask = Image.new("1", (right - left, bottom - top))
        ImageDraw.Draw(mask).polygon([(x - left, y - top) for x, y in polygon], fill=1)
        direction = 1 if shape.even_odd or signed_area(polygon) > 0 else -1
        winding += direction * np.asarray(mask, np.int16)
    inside = winding % 2 == 1 if shape.even_odd else winding != 0
    stencil = Image.fromarray(np.where(inside, colour[3], 0).astype(np.uint8))
    if colour[3] == _OPAQUE:
        # as nearly every shape is, and a paste is quicker than a blend
        sheet.paste((*colour[:3], 255), (left, top), stencil)
    else:
        patch = Image.new("RGBA", stencil.size, (*colour[:3], 0))
        patch.putalpha(stencil)
        sheet.alpha_composite(patch, (left, top))


def tinted(
    colour: tuple[int, int, int, int], tint: Colour, strength: float
) -> tuple[int, int, int, int]:
    """Move a colour towards another, keeping outlines dark, highlights light and eyes as they are.

    Parameters
    ----------
    colour
        Red, green, blue and alpha, 0 to 255.
    tint
        Where to move.
    strength
        0 for not at all, 1 for all the way.

    """
    red, green, blue, alpha = colour
    _, light, _ = colorsys.rgb_to_hls(red / 255, green / 255, blue / 255)
    # near-black and near-white carry the drawing (eyes, noses, shine): they hardly move
    weight = strength * min(1.0, max(0.0, (light - 0.18) / 0.15), max(0.0, (0.97 - light) / 0.1))
    target = colorsys.hls_to_rgb(
        tint.hue / 360, min(0.95, max(0.05, tint.light + 0.7 * (light - 0.6))), tint.saturation
    )
    return (
        round(red + weight * (255 * target[0] - red)),
        round(green + weight * (255 * target[1] - green)),
        round(blue + weight * (255 * target[2] - blue)),
        alpha,
    )

"""A style is a pass over a finished canvas that makes it look painted, drawn or printed."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from lumen_widgets.sandbox.engine.field import (
    blank,
    blur,
    luminance,
    noise,
    resize,
    to_canvas,
    to_image,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.random import Generator

    from lumen_widgets.sandbox.engine.field import Field

_PAPER = np.array([252, 248, 239], np.float32)
# The cells along the shorter side of a pixel picture, and how many colours it has.
_PIXELS, _PALETTE = 128, 48
# Oil: length and width of the strokes as shares of the shorter side, and how many on a square.
_STROKES = ((0.055, 0.016, 2400), (0.030, 0.008, 6000), (0.015, 0.0045, 8500))

# A step from one cell of the flow field to the next, in levels, that counts as an edge.
_EDGE = 1.4


def apply_style(canvas: Field, style: str | None, rng: Generator) -> Field:
    """Return a canvas in a style.

    Parameters
    ----------
    canvas
        What to repaint; unchanged.
    style
        A name from `plan.STYLES`; None returns the canvas itself.
    rng
        Where brush strokes and paper get their chance from.

    """
    return canvas if style is None else _STYLES[style](canvas, rng)


def _levels(canvas: Field) -> Field:
    """Bring a canvas back into 0 to 255, in place."""
    return np.clip(canvas, 0, 255, out=canvas)


def _grain(rng: Generator, shape: tuple[int, int]) -> Field:
    """Paper: fine and slightly clotted, from -1 to 1."""
    return noise(rng, shape, min(shape) / 5, octaves=2) * 2 - 1


def _edges(grey: Field, unit: int) -> Field:
    """How much a pixel differs from its surroundings, in levels."""
    difference: Field = np.abs(blur(grey, unit / 700) - blur(grey, unit / 260))
    return np.minimum(difference, np.float32(40))


def _watercolor(canvas: Field, rng: Generator) -> Field:
    height, width = canvas.shape[:2]
    unit = min(height, width)
    wash = noise(rng, (height, width), 6, octaves=5)
    # pigment bleeds: each pixel is taken from a little beside itself
    bleed = ((wash - 0.5) * unit * 0.020).astype(np.intp)
    rows = np.clip(np.arange(height)[:, None] + bleed, 0, height - 1)
    columns = np.clip(np.arange(width)[None] - bleed, 0, width - 1)
    wet_paint = to_canvas(to_image(canvas).filter(ImageFilter.GaussianBlur(unit / 360)))
    depth = np.float32(0.66) + np.float32(0.44) * wash
    painted = blank(height, width)
    for channel in range(3):
        painted[..., channel] = 255 - (255 - wet_paint[rows, columns, channel]) * depth
    edges = _edges(luminance(painted), unit) * np.float32(1.5)
    y, x = np.arange(height)[:, None], np.arange(width)[None]
    border = np.minimum(np.minimum(x, width - 1 - x), np.minimum(y, height - 1 - y)) / unit
    wet = np.clip((border - 0.022 - (wash - 0.5) * 0.05) * 45, 0, 1).astype(np.float32)
    # where a wash ends, its pigment has gathered
    rim = np.clip(1 - np.abs(wet - np.float32(0.6)) * 3, 0, 1) * np.float32(14)
    grain = _grain(rng, (height, width)) * 6
    for channel in range(3):
        soft = painted[..., channel] - edges
        dried = (soft * np.float32(0.93) + 16 - rim) * wet + _PAPER[channel] * (1 - wet)
        painted[..., channel] = dried + grain
    return _levels(painted)


def _oil(canvas: Field, rng: Generator) -> Field:
    height, width = canvas.shape[:2]
    unit = min(height, width)
    source = to_image(canvas)
    sheet = source.filter(ImageFilter.GaussianBlur(unit / 90))
    pen = ImageDraw.Draw(sheet)
    # strokes follow the shapes, and where there are none, a slow swirl
    rows, columns = max(8, min(256, height)), max(8, min(256, width))
    small = resize(blur(luminance(canvas), unit / 130), rows, columns)
    down, across = np.gradient(small)
    swirl = (noise(rng, (rows, columns), 3, octaves=3) - np.float32(0.5)) * np.float32(2.4)
    angle = np.arctan2(across, -down) + swirl
    busy = np.hypot(across, down)
    area = min(6.0, width * height / unit**2)
    for length, thickness, per_square in _STROKES:
        count = int(per_square * area)
        x, y = rng.uniform(0, width, count), rng.uniform(0, height, count)
        row, column = (y * rows / height).astype(int), (x * columns / width).astype(int)
        colour = canvas[y.astype(int), x.astype(int)]
        colour = colour + rng.normal(0, 8, (count, 1)) + rng.normal(0, 4, (count, 3))
        fine = thickness < _STROKES[1][1]
        # the finest brush is for edges: on flat ground it would only make noise
        chosen = (busy[row, column] > _EDGE) if fine else np.ones(count, bool)
        dx = np.cos(angle[row, column]) * length * unit / 2
        dy = np.sin(angle[row, column]) * length * unit / 2
        ends = np.stack([x - dx, y - dy, x + dx, y + dy], axis=1)[chosen].tolist()
        inks = np.clip(colour[chosen], 0, 255).astype(int).tolist()
        brush = max(1, round(thickness * unit))
        for line, ink in zip(ends, inks, strict=True):
            pen.line(line, fill=tuple(ink), width=brush)
    painted = to_canvas(sheet)
    light = luminance(painted)
    relief = np.zeros_like(light)
    relief[1:, 1:] = light[1:, 1:] - light[:-1, :-1]
    painted += (np.clip(relief, -24, 24) * np.float32(0.5))[..., None]
    return _levels(painted)


def _ink(canvas: Field, rng: Generator) -> Field:
    height, width = canvas.shape[:2]
    unit = min(height, width)
    grey = luminance(canvas)
    wash = noise(rng, (height, width), 7, octaves=5)
    # ink goes on in a few washes of water, each with its own edge
    tones = np.round(blur(grey, unit / 200) / 255 * 6) / 6 * 255
    tones = np.clip(0.45 * grey + 0.55 * tones + 20, 0, 255) * (
        np.float32(0.90) + np.float32(0.2) * wash
    )
    dark = tones - _edges(grey, unit) * np.float32(2.6)
    # an S-curve: white stays paper, black stays ink
    share = np.clip(dark / 240, 0, 1)
    share = share * share * (3 - 2 * share)
    grain = _grain(rng, (height, width)) * 5
    sheet = blank(height, width)
    for channel in range(3):
        sheet[..., channel] = np.float32(26) + share * (_PAPER[channel] - 26) + grain
    return _levels(sheet)


def _sketch(canvas: Field, rng: Generator) -> Field:
    height, width = canvas.shape[:2]
    unit = min(height, width)
    grey = luminance(canvas)
    halo = blur(255 - grey, max(1.2, unit / 110))
    lines = np.clip(grey * 255 / np.maximum(255 - halo, 1), 0, 255)
    lines = 255 - np.clip((255 - lines) * np.float32(1.9) + _edges(grey, unit) * 4, 0, 235)
    # two layers of hatching make the tones: the darker, the more of the strokes bite
    y, x = np.arange(height, dtype=np.float32)[:, None], np.arange(width, dtype=np.float32)[None]
    wobble = noise(rng, (height, width), 6, octaves=4) * np.float32(unit * 0.02)
    pitch = max(3.0, unit / 150)
    tone = blur(grey, unit / 300)
    shade = np.zeros_like(grey)
    for angle, start, depth in ((0.75, 205.0, 0.9), (-0.65, 120.0, 0.8)):
        along = x * math.cos(angle) + y * math.sin(angle) + wobble
        stroke = np.clip(np.sin(along * np.float32(2 * math.pi / pitch)) * 1.4 + 0.1, 0, 1)
        shade += stroke * np.clip((start - tone) / start, 0, 1) * np.float32(150 * depth)
    graphite = np.clip(
        lines - shade * (np.float32(0.75) + np.float32(0.4) * _grain(rng, (height, width))), 28, 255
    )
    graphite /= 255
    sheet = blank(height, width)
    for channel in range(3):
        sheet[..., channel] = graphite * _PAPER[channel]
    return _levels(sheet)


def _pixel(canvas: Field, rng: Generator) -> Field:  # noqa: ARG001 - a style's shape; it needs no chance
    height, width = canvas.shape[:2]
    cell = max(2, min(height, width) // _PIXELS)
    small = to_image(canvas).resize(
        (max(1, width // cell), max(1, height // cell)), Image.Resampling.BOX
    )
    flat = small.quantize(_PALETTE, dither=Image.Dither.NONE).convert("RGB")
    return to_canvas(flat.resize((width, height), Image.Resampling.NEAREST))


_STYLES: dict[str, Callable[[Field, Generator], Field]] = {
    "watercolor": _watercolor,
    "oil": _oil,
    "ink": _ink,
    "sketch": _sketch,
    "pixel": _pixel,
}

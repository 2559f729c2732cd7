"""A field is one float32 number per pixel: noise, outlines of hills, and blends of layers by them.

A canvas is a float32 array of shape (height, width, 3) with red, green and blue from 0 to 255. In
memory one colour lies whole after the other, so that numpy's inner loops run along rows and not
along three numbers, which takes a tenth of the time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from PIL import Image, ImageFilter

if TYPE_CHECKING:
    from numpy.random import Generator
    from numpy.typing import NDArray

    Field: TypeAlias = NDArray[np.float32]


_LUMINANCE = np.array([0.30, 0.59, 0.11], np.float32)


def blank(height: int, width: int) -> Field:
    """Return a canvas on which nothing is drawn yet, not even black."""
    return np.empty((3, height, width), np.float32).transpose(1, 2, 0)


def resize(field: Field, height: int, width: int) -> Field:
    """Return a field at another size, smoothly."""
    picture = Image.fromarray(np.ascontiguousarray(field))
    return np.asarray(picture.resize((width, height), Image.Resampling.BICUBIC))


def noise(
    rng: Generator, shape: tuple[int, int], cells: float, *, octaves: int = 5, stretch: float = 1.0
) -> Field:
    """Return fractal noise from 0 to 1.

    Parameters
    ----------
    rng
        Where the randomness comes from.
    shape
        (height, width).
    cells
        Features across the shorter side, in the coarsest octave.
    octaves
        How many times finer detail is added, each twice as fine and half as strong.
    stretch
        How many times wider than high the features are.

    """
    height, width = shape
    pitch = min(height, width) / cells
    rows, columns = max(2, round(height / pitch * stretch)), max(2, round(width / pitch))
    field = rng.random((rows, columns), dtype=np.float32)
    strength = 1.0
    for _ in range(octaves - 1):
        # finer than a pixel is nothing but time
        if rows >= height or columns >= width:
            break
        rows, columns, strength = min(2 * rows, height), min(2 * columns, width), strength / 2
        detail = rng.random((rows, columns), dtype=np.float32)
        field = resize(field, rows, columns) + np.float32(strength) * detail
    field = resize(field, height, width)
    low, high = float(field.min()), float(field.max())
    return (field - np.float32(low)) / np.float32(max(high - low, 1e-6))


def profile(rng: Generator, width: int, cells: float, *, octaves: int = 7) -> Field:
    """Return a hill line: `width` numbers around 0, most within ±1, detail halving with scale."""
    line = np.zeros(width)
    x = np.linspace(0, 1, width)
    for octave in range(octaves):
        knots = max(2, round(cells * 2**octave))
        line += (
            np.interp(x * knots, np.arange(knots + 1), rng.random(knots + 1) * 2 - 1) / 2**octave
        )
    return line.astype(np.float32)


def blur(field: Field, radius: float) -> Field:
    """Return a field of 0 to 255 blurred; `radius` in pixels. Precise to one level."""
    picture = Image.fromarray(np.clip(field, 0, 255).astype(np.uint8))
    return np.asarray(picture.filter(ImageFilter.GaussianBlur(radius)), np.float32)


def over(canvas: Field, colour: Field, alpha: Field, shade: Field | None = None) -> None:
    """Blend a colour over a canvas in place.

    Parameters
    ----------
    canvas
        What to draw on.
    colour
        Three numbers, or another canvas.
    alpha
        How much of the colour each pixel takes on, from 0 to 1.
    shade
        Brightness of each pixel, where 1 leaves the colour as it is. Default: flat.

    """
    for channel in range(3):
        plane = canvas[..., channel]
        paint = colour[..., channel] if shade is None else colour[..., channel] * shade
        change = paint - plane
        change *= alpha
        plane += change


def below(canvas: Field, line: Field, colour: Field, shade: Field | None = None) -> None:
    """Fill a canvas in place below a line.

    Parameters
    ----------
    canvas
        What to draw on.
    line
        The height of the line in each column, in pixels from the top.
    colour
        Three numbers.
    shade
        Brightness of each pixel, where 1 leaves the colour as it is. Default: flat.

    """
    top = int(np.clip(line.min() - 1, 0, canvas.shape[0]))
    rows = np.arange(top, canvas.shape[0], dtype=np.float32)[:, None]
    alpha = np.clip(rows - line[None] + np.float32(0.5), 0, 1)
    over(canvas[top:], colour, alpha, None if shade is None else shade[top:])


def luminance(canvas: Field) -> Field:
    """Return how bright each pixel is, in levels."""
    # beside one another again: in any other layout the product is rounded in another order
    brightness: Field = np.ascontiguousarray(canvas) @ _LUMINANCE
    return brightness


def to_image(canvas: Field) -> Image.Image:
    """Return a canvas as an RGB picture."""
    levels = np.clip(canvas, 0, 255).astype(np.uint8)
    return Image.merge("RGB", [Image.fromarray(levels[..., channel]) for channel in range(3)])


def to_canvas(image: Image.Image) -> Field:
    """Return a picture as a canvas; what is transparent comes out on white."""
    canvas = blank(image.height, image.width)
    for channel, levels in enumerate(opaque(image).split()):
        canvas[..., channel] = np.asarray(levels)
    return canvas


def opaque(image: Image.Image) -> Image.Image:
    """Return a picture as RGB; what is transparent comes out on white."""
    if image.has_transparency_data:
        layer = image.convert("RGBA")
        image = Image.new("RGBA", layer.size, "white")
        image.alpha_composite(layer)
    return image if image.mode == "RGB" else image.convert("RGB")

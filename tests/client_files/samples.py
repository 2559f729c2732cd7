"""Pictures made for tests."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import numpy as np
import PIL.Image
from hypothesis import strategies as st
from hypothesis.extra import numpy as numpy_st

if TYPE_CHECKING:
    from numpy.typing import NDArray

FORMATS = ("PNG", "JPEG", "WEBP")


def gradient(width: int = 40, height: int = 24, mode: str = "RGB") -> PIL.Image.Image:
    """Return a picture whose corners all differ."""
    rows, columns = np.mgrid[0:height, 0:width]
    channels = [
        columns * 255 // max(1, width - 1),
        rows * 255 // max(1, height - 1),
        np.full_like(rows, 60),
        255 - columns * 200 // max(1, width - 1),
    ]
    pixels = np.stack(channels, axis=-1).astype(np.uint8)
    return PIL.Image.fromarray(pixels, "RGBA").convert(mode)


def encoded(image: PIL.Image.Image, kind: str = "PNG", **options: Any) -> bytes:
    """Return the picture as a file."""
    file = io.BytesIO()
    if kind == "WEBP":
        options = {"lossless": True, **options}
    image.save(file, kind, **options)
    return file.getvalue()


def decoded(data: bytes) -> PIL.Image.Image:
    """Return the picture of a file."""
    image = PIL.Image.open(io.BytesIO(data))
    image.load()
    return image


def arrays(channels: tuple[int | None, ...] = (None, 3, 4)) -> st.SearchStrategy[NDArray[np.uint8]]:
    """Draw uint8 arrays of every shape that a picture may have, contiguous or not."""
    side = st.integers(1, 12)
    shapes = st.tuples(side, side, st.sampled_from(channels)).map(
        lambda shape: tuple(number for number in shape if number is not None)
    )
    plain = shapes.flatmap(lambda shape: numpy_st.arrays(np.uint8, shape))
    return st.one_of(plain, plain.map(lambda array: array[::-1, ::-1]))

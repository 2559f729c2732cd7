"""Picture files for the engine's tests."""

from __future__ import annotations

import io
import zlib

import numpy as np
from PIL import Image


def png(picture: Image.Image) -> bytes:
    """Encode a picture."""
    file = io.BytesIO()
    picture.save(file, "PNG")
    return file.getvalue()


def with_chunk(file: bytes, name: bytes, data: bytes) -> bytes:
    """Return a PNG with one chunk more, before its pixels."""
    at = file.index(b"IDAT") - 4
    checksum = zlib.crc32(name + data).to_bytes(4, "big")
    return file[:at] + len(data).to_bytes(4, "big") + name + data + checksum + file[at:]


def decode(data: bytes) -> Image.Image:
    """Decode a file completely."""
    picture = Image.open(io.BytesIO(data))
    picture.load()
    return picture


def photo(size: tuple[int, int], seed: int = 0, channels: int = 3) -> Image.Image:
    """Make a picture that is not the engine's: coloured noise, smooth on a large scale."""
    rng = np.random.default_rng(seed)
    coarse = rng.integers(0, 256, (4, 4, channels), np.uint8)
    return Image.fromarray(coarse).resize(size, Image.Resampling.BILINEAR)

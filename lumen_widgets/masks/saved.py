"""A mask in a file together with how it was made, so that work can go on where it was left.

The operations stand in text chunks of an ordinary PNG of one bit a pixel: any program shows the
mask, and whoever changes its pixels has the last word.
"""

from __future__ import annotations

import base64
import json
import struct
import time
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from lumen_widgets.masks import png
from lumen_widgets.masks.history import History
from lumen_widgets.masks.operations import MaskError, Polygon, Stroke
from lumen_widgets.masks.raster import Raster
from lumen_widgets.masks.wire import operations_only, pack, unpack

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from lumen_widgets.masks.operations import Operation

_KEYWORD = b"lumen_widgets operations"
_VERSION = 1
# of the JSON, and of what the mask began with; the points follow both
_LENGTHS = struct.Struct("<II")
# Text of one chunk: readers refuse a chunk beyond 1 MiB, and Pillow one file beyond 64 MiB of text.
_CHUNK = 900_000
_MOST_TEXT = 48_000_000
# What the text may swell to: a hostile file must not fill the memory. The head is JSON, which takes
# some fifty times its size when it is read.
_MOST_BYTES, _MOST_HEAD = 100_000_000, 4_000_000
# Seconds that drawing it again may take, how many operations go by between two looks at the clock,
# and what all may take: rows of their segments, of which a second draws some ten million.
_PATIENCE, _TOGETHER, _MOST_ROWS = 15.0, 20, 50_000_000


@dataclass(frozen=True)
class Saved:
    """How a mask was made.

    Attributes
    ----------
    base
        What was in it before the first operation, bool of shape (height, width); None is nothing.
    history
        What was done since then.

    """

    base: NDArray[np.bool_] | None
    history: History


def write(mask: NDArray[np.bool_], saved: Saved) -> bytes:
    """Return a PNG of a mask that also holds how it was made.

    So many operations that no reader would take them are left out: the mask is whole all the same.
    """
    objects, points = pack(saved.history.done)
    head = json.dumps({"version": _VERSION, "operations": objects}).encode()
    base = b"" if saved.base is None else np.packbits(saved.base).tobytes()
    packed = base64.b64encode(
        zlib.compress(_LENGTHS.pack(len(head), len(base)) + head + base + points)
    )
    if len(packed) > _MOST_TEXT or len(head) > _MOST_HEAD or len(points) > _MOST_BYTES // 2:
        return png.encode(mask)
    parts = [packed[at : at + _CHUNK] for at in range(0, len(packed), _CHUNK)]
    return png.encode(mask, [(b"tEXt", _KEYWORD + b"\0" + part) for part in parts])


def read(data: bytes, mask: NDArray[np.bool_]) -> Saved | None:
    """Return how the mask of a PNG file was made; None if it does not say, or says it wrongly.

    Parameters
    ----------
    data
        The file.
    mask
        Its pixels, which the operations have to make.

    """
    height, width = mask.shape
    try:
        packed = b"".join(_texts(data))
        if not packed:
            return None
        unpacker = zlib.decompressobj()
        content = unpacker.decompress(base64.b64decode(packed, validate=True), _MOST_BYTES)
        head_size, base_size = _LENGTHS.unpack_from(content)
        if head_size > _MOST_HEAD:
            return None
        base_at = _LENGTHS.size + head_size
        points_at = base_at + base_size
        head: dict[str, Any] = json.loads(content[_LENGTHS.size : base_at])
        if head["version"] != _VERSION:
            return None
        base = _base(content[base_at:points_at], width, height) if base_size else None
        done = operations_only(unpack(head["operations"], content[points_at:]))
        made = _made(done, Raster(width, height, base))
    except (
        MaskError,
        MemoryError,
        ValueError,
        KeyError,
        TypeError,
        RecursionError,
        struct.error,
        zlib.error,
    ):
        # a stranger's text: the pixels are still a mask
        return None
    return Saved(base, History(tuple(done))) if np.array_equal(made, mask) else None


def _made(operations: Sequence[Operation], raster: Raster) -> NDArray[np.bool_]:
    if sum(_rows_of(one, raster.height) for one in operations) > _MOST_ROWS:
        raise MaskError("The operations take too long.")
    until = time.monotonic() + _PATIENCE
    for number in range(0, len(operations), _TOGETHER):
        raster.follow(operations[:number])
        if time.monotonic() > until:
            raise MaskError("The operations take too long.")
    return raster.follow(operations)


def _rows_of(operation: Operation, height: int) -> float:
    """Return how many rows the segments or sides of an operation meet, at most."""
    if not isinstance(operation, (Stroke, Polygon)):
        return height
    down = np.abs(np.diff(operation.points[:, 1].astype(np.float64)))
    thick = 2 * operation.radius if isinstance(operation, Stroke) else 0.0
    return height + float(np.minimum(down + thick + 4, height).sum())


def _base(packed: bytes, width: int, height: int) -> NDArray[np.bool_]:
    bits = np.frombuffer(packed, np.uint8)
    if len(bits) != (width * height + 7) // 8:
        raise MaskError("What the mask began with has another size.")
    return np.unpackbits(bits, count=width * height).reshape(height, width).astype(bool)


def _texts(data: bytes) -> Iterator[bytes]:
    """Yield the text of each of our chunks, as far as the file goes."""
    at = 8
    while at + 12 <= len(data):
        (length,) = struct.unpack_from(">I", data, at)
        name, content = data[at + 4 : at + 8], data[at + 8 : at + 8 + length]
        if name == b"tEXt" and content.startswith(_KEYWORD + b"\0"):
            yield content[len(_KEYWORD) + 1 :]
        at += 12 + length

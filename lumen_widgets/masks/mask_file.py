"""A mask in a file with the operations that made it, so that painting can go on later.

The operations are in text chunks of an ordinary PNG of one bit a pixel: any program shows the mask,
and where a program has changed its pixels, the pixels count and the operations do not.
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
from lumen_widgets.masks.operations import MaskError, Polygon, Stroke
from lumen_widgets.masks.raster import Raster
from lumen_widgets.masks.undo_history import UndoHistory
from lumen_widgets.masks.wire import operations_only, pack, unpack

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from lumen_widgets.masks.operations import Operation

_KEYWORD = b"lumen_widgets operations"
_VERSION = 1
# of the JSON and of the base; the points follow both
_LENGTHS = struct.Struct("<II")
# bytes of the text of one chunk: readers refuse a chunk beyond 1 MiB
_CHUNK = 900_000
# operations that are drawn between two looks at the clock
_BATCH = 20


@dataclass(frozen=True)
class FileLimits:
    """What a file may take to read: a hostile one must fill neither the memory nor the time."""

    text_bytes: int = 48_000_000
    """Bytes of all text chunks; Pillow refuses a file beyond 64 MiB of text."""

    unpacked_bytes: int = 100_000_000
    """Bytes of the text once it is decompressed."""

    head_bytes: int = 4_000_000
    """Bytes of the JSON, which takes some fifty times as much memory once it is parsed."""

    seconds: float = 15.0
    """Seconds of drawing the operations, to compare them with the pixels."""

    rows: int = 50_000_000
    """Rows of all segments of the operations; about ten million are drawn in a second."""


_LIMITS = FileLimits()


@dataclass(frozen=True)
class SavedMask:
    """What a file keeps of a mask: the pixels that it began with, and the operations since.

    Attributes
    ----------
    base
        The mask before the first operation, bool of shape (height, width); None is an empty one.
    history
        The operations since then.

    """

    base: NDArray[np.bool_] | None
    history: UndoHistory


def write(mask: NDArray[np.bool_], saved: SavedMask, *, limits: FileLimits = _LIMITS) -> bytes:
    """Return a PNG of a mask that also holds its operations.

    Operations beyond what `read` takes are left out; the mask is complete all the same.
    """
    objects, points = pack(saved.history.done)
    head = json.dumps({"version": _VERSION, "operations": objects}).encode()
    base = b"" if saved.base is None else np.packbits(saved.base).tobytes()
    packed = base64.b64encode(
        zlib.compress(_LENGTHS.pack(len(head), len(base)) + head + base + points)
    )
    if (
        len(packed) > limits.text_bytes
        or len(head) > limits.head_bytes
        or len(points) > limits.unpacked_bytes // 2
    ):
        return png.encode(mask)
    parts = [packed[at : at + _CHUNK] for at in range(0, len(packed), _CHUNK)]
    return png.encode(mask, [(b"tEXt", _KEYWORD + b"\0" + part) for part in parts])


def read(data: bytes, mask: NDArray[np.bool_], *, limits: FileLimits = _LIMITS) -> SavedMask | None:
    """Return what `write` kept in a PNG file; None if nothing, or it makes another mask.

    Parameters
    ----------
    data
        The file.
    mask
        Its pixels, which the operations have to make.
    limits
        What reading it may take.

    """
    height, width = mask.shape
    try:
        packed = b"".join(_texts(data))
        if not packed:
            return None
        unpacker = zlib.decompressobj()
        content = unpacker.decompress(
            base64.b64decode(packed, validate=True), limits.unpacked_bytes
        )
        head_size, base_size = _LENGTHS.unpack_from(content)
        if head_size > limits.head_bytes:
            return None
        base_at = _LENGTHS.size + head_size
        points_at = base_at + base_size
        head: dict[str, Any] = json.loads(content[_LENGTHS.size : base_at])
        if head["version"] != _VERSION:
            return None
        base = _base(content[base_at:points_at], width, height) if base_size else None
        done = operations_only(unpack(head["operations"], content[points_at:]))
        made = _draw(done, Raster(width, height, base), limits)
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
        # the text is untrusted: the pixels are still a mask
        return None
    return SavedMask(base, UndoHistory(tuple(done))) if np.array_equal(made, mask) else None


def _draw(operations: Sequence[Operation], raster: Raster, limits: FileLimits) -> NDArray[np.bool_]:
    if sum(_rows_of(one, raster.height) for one in operations) > limits.rows:
        raise MaskError("The operations take too long.")
    deadline = time.monotonic() + limits.seconds
    for number in range(0, len(operations), _BATCH):
        raster.follow(operations[:number])
        if time.monotonic() > deadline:
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
    """Yield the text of each chunk with our keyword, until the file ends."""
    at = 8
    while at + 12 <= len(data):
        (length,) = struct.unpack_from(">I", data, at)
        name, content = data[at + 4 : at + 8], data[at + 8 : at + 8 + length]
        if name == b"tEXt" and content.startswith(_KEYWORD + b"\0"):
            yield content[len(_KEYWORD) + 1 :]
        at += 12 + length

"""Small pictures as files."""

from __future__ import annotations

import io
import struct
import zlib

from PIL import Image


def encoded(
    size: tuple[int, int] = (64, 48), colour: str = "teal", kind: str = "PNG", mode: str = "RGB"
) -> bytes:
    """Return a picture of one colour."""
    buffer = io.BytesIO()
    Image.new(mode, size, colour).save(buffer, kind)
    return buffer.getvalue()


def half_mask(size: tuple[int, int] = (64, 48)) -> bytes:
    """Return a mask whose left half is repainted."""
    mask = Image.new("L", size, 0)
    mask.paste(255, (0, 0, size[0] // 2, size[1]))
    buffer = io.BytesIO()
    mask.save(buffer, "PNG")
    return buffer.getvalue()


def claiming(width: int, height: int) -> bytes:
    """Return a small PNG whose header claims another size."""
    header = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    start = b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + header
    return start + struct.pack(">I", zlib.crc32(header)) + encoded()[33:]

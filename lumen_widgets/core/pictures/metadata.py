"""What a picture file says beside its pixels, taken out without touching the pixels.

Chunks and segments are copied or left out whole: nothing is decoded or encoded again. What the
colours need (colour profile, gamma, transparency, Adobe's colour transform) stays.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from lumen_widgets.core.pictures.decoding import UnreadablePicture, png_chunks

if TYPE_CHECKING:
    from collections.abc import Iterator

# A PNG chunk that is not here says nothing about how the pixels look: text, EXIF, times, and
# whatever a program of its own adds.
_PNG_KEPT = frozenset(
    {b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"gAMA", b"cHRM", b"sRGB", b"iCCP", b"cICP"}
)

_WEBP_KEPT = frozenset({b"VP8 ", b"VP8L", b"VP8X", b"ALPH", b"ICCP"})

# In the flags byte of VP8X: EXIF is 0x08, XMP is 0x04.
_WEBP_METADATA_FLAGS = 0x0C

_JPEG_START_OF_SCAN, _JPEG_END, _JPEG_COMMENT = 0xDA, 0xD9, 0xFE
_JPEG_APP0, _JPEG_APP2, _JPEG_APP14, _JPEG_APP15 = 0xE0, 0xE2, 0xEE, 0xEF

# Inside a scan 0xFF is followed by 0 (a stuffed byte) or by a restart mark; anything else ends it.
# Not the whole run of 0xFF before a mark: to match that takes quadratic time.
_JPEG_SCAN_END = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")


def without_metadata(data: bytes, media_type: str) -> bytes:
    """Return the file without metadata; the very same bytes where it has none.

    Parameters
    ----------
    data
        A whole file that has been decoded once.
    media_type
        ``image/png``, ``image/jpeg`` or ``image/webp``.

    Raises
    ------
    UnreadablePicture
        Its chunks or segments do not add up.

    """
    strip = {"image/png": _png, "image/jpeg": _jpeg, "image/webp": _webp}[media_type]
    return b"".join(strip(data))


def _png(data: bytes) -> Iterator[bytes]:
    yield data[:8]
    for name, start, end in png_chunks(data):  # what follows the end is not the picture's
        if name in _PNG_KEPT:
            yield data[start:end]


def _webp(data: bytes) -> Iterator[bytes]:
    limit = int.from_bytes(data[4:8], "little") + 8
    kept = []
    at = 12
    while at + 8 <= limit:
        name = data[at : at + 4]
        length = int.from_bytes(data[at + 4 : at + 8], "little")
        end = at + 8 + length + length % 2
        if at + 8 + length > limit:
            raise UnreadablePicture("damaged: a WebP chunk reaches beyond the end of the file")
        chunk = data[at:end]
        if name == b"VP8X" and length:
            chunk = chunk[:8] + bytes([chunk[8] & ~_WEBP_METADATA_FLAGS]) + chunk[9:]
        if name in _WEBP_KEPT:
            kept.append(chunk)
        at = end
    yield b"RIFF" + (4 + sum(map(len, kept))).to_bytes(4, "little") + b"WEBP"
    yield from kept


def _jpeg(data: bytes) -> Iterator[bytes]:
    yield data[:2]
    at = 2
    while True:
        while data[at : at + 2] == b"\xff\xff":
            at += 1  # fill bytes before a mark
        if data[at : at + 1] != b"\xff" or at + 2 > len(data):
            raise UnreadablePicture("damaged: a JPEG segment is not where it should be")
        mark = data[at + 1]
        if mark == _JPEG_END:
            yield data[at : at + 2]
            return  # what follows the end is not the picture's
        end = at + 2 + int.from_bytes(data[at + 2 : at + 4], "big")
        if mark == _JPEG_START_OF_SCAN:
            found = _JPEG_SCAN_END.search(data, end)
            if found is None:
                raise UnreadablePicture("truncated: the end of the JPEG is missing")
            end = found.start()
        if end > len(data):
            raise UnreadablePicture("damaged: a JPEG segment reaches beyond the end of the file")
        yield _jpeg_segment(mark, data[at:end])
        at = end


def _jpeg_segment(mark: int, segment: bytes) -> bytes:
    """Return a segment as it should be kept, which may be nothing."""
    if mark == _JPEG_APP0 and segment[4:9] == b"JFIF\0" and len(segment) > 18:  # noqa: PLR2004  the length of one without a thumbnail
        # The thumbnail inside may show what was cropped away.
        return segment[:2] + (16).to_bytes(2, "big") + segment[4:16] + b"\0\0"
    if _JPEG_APP0 <= mark <= _JPEG_APP15:
        colour = (
            (mark == _JPEG_APP0 and segment[4:9] == b"JFIF\0")
            or (mark == _JPEG_APP2 and segment[4:16] == b"ICC_PROFILE\0")
            or (mark == _JPEG_APP14 and segment[4:9] == b"Adobe")
        )
        return segment if colour else b""
    return b"" if mark == _JPEG_COMMENT else segment

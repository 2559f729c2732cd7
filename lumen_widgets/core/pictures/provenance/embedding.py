"""How a picture was made, put into its file: between what is there, of which no byte changes.

A PNG gets texts, a JPEG a segment of XMP, and a WebP a chunk of it. The pixels are as they were.
"""

from __future__ import annotations

import struct
import zlib
from typing import NamedTuple

from lumen_widgets.core.pictures.decoding import (
    FileBytes,
    jpeg_segments,
    png_chunks,
    webp_chunks,
)
from lumen_widgets.core.pictures.provenance.file_texts import (
    JPEG_APP1,
    JPEG_EXIF,
    JPEG_XMP,
    LONGEST_TEXT,
    OURS,
    XMP,
    is_signed,
    png_keyword,
    png_text,
)
from lumen_widgets.core.pictures.provenance.infotext import KEYWORD as INFOTEXT
from lumen_widgets.core.pictures.provenance.xmp import add_to_xmp, is_signed_elsewhere, xmp_packet

_JPEG_APP0, _JPEG_APP2, _JPEG_END = 0xE0, 0xE2, 0xD9
# How a JPEG lists the pictures behind its end, by how far they are from there.
_JPEG_LIST = b"MPF\0"
# What the length of a segment can say, which counts itself.
_LONGEST_SEGMENT = 0xFFFF - 2

# Where the first chunk of a PNG ends, which has to be the first.
_PNG_HEAD, _PNG_IHDR = 33, b"\0\0\0\x0dIHDR"

# What readers heed once there is a head in front of it, and pass over where there is none.
_WEBP_HEEDED = frozenset({b"VP8 ", b"VP8L", b"ALPH", b"ANIM", b"ANMF", b"ICCP", b"EXIF"})

# Bytes of VP8X, and what stands in its byte of flags.
_WEBP_HEAD = 18
_WEBP_XMP, _WEBP_ALPHA = 0x04, 0x10


class Notes(NamedTuple):
    """What is put into a file.

    Attributes
    ----------
    ours
        JSON.
    infotext
        A1111's text.
    in_part
        Whether a model made a part of the picture only.

    """

    ours: str
    infotext: str
    in_part: bool


def with_notes(data: bytes, media_type: str, notes: Notes) -> bytes | None:
    """Return a file with notes in it; None where its bytes must stay, or have no room for them.

    Parameters
    ----------
    data
        A whole file, which was decoded before.
    media_type
        ``image/png``, ``image/jpeg`` or ``image/webp``.
    notes
        What is put into it.

    Raises
    ------
    UnreadablePicture
        Its parts do not add up.

    """
    if is_signed(data, media_type) or len(notes.ours.encode()) > LONGEST_TEXT:
        return None
    put = {"image/png": _into_png, "image/jpeg": _into_jpeg, "image/webp": _into_webp}[media_type]
    return put(data, notes)


def _into_png(data: bytes, notes: Notes) -> bytes | None:
    """Return a PNG with texts behind its head, where programs find them that read no pixel."""
    if not data.startswith(_PNG_IHDR, 8):
        return None  # Pillow takes one whose head comes later, and nobody one that is cut in two
    texts = {OURS: notes.ours, INFOTEXT.encode(): notes.infotext}
    packet = xmp_packet(notes.ours, in_part=notes.in_part).decode()
    there = {XMP: packet, **texts}
    kept = [data[:_PNG_HEAD]]
    end = _PNG_HEAD
    for name, start, after in png_chunks(data):
        end = after
        if start < _PNG_HEAD:
            continue
        content = data[start + 8 : after - 4] if name in {b"tEXt", b"zTXt", b"iTXt"} else b""
        keyword = png_keyword(content)
        # a PNG has one of XMP; only that is unpacked, since each may swell a thousandfold
        if keyword == XMP and (
            XMP not in there or is_signed_elsewhere(png_text(name, content) or b"")
        ):
            return None
        # of ours there is one; what else the service has written there stays, and counts
        if keyword != OURS:
            there.pop(keyword, None)
            kept.append(data[start:after])
    ours = [_png_chunk(keyword, text) for keyword, text in there.items()]
    return b"".join([kept[0], *ours, *kept[1:], data[end:]])


def _png_chunk(keyword: bytes, text: str) -> bytes:
    """Return a text of a PNG: as every program reads it where it is ASCII, else in UTF-8."""
    if text.isascii() and keyword != XMP:
        name, content = b"tEXt", keyword + b"\0" + text.encode()
    else:
        name, content = b"iTXt", keyword + bytes(5) + text.encode()
    return (
        struct.pack(">I", len(content))
        + name
        + content
        + struct.pack(">I", zlib.crc32(name + content))
    )


def _into_jpeg(data: bytes, notes: Notes) -> bytes | None:
    """Return a JPEG with a segment of XMP, behind those that have to be first."""
    place, before, packet = 2, 2, None
    leading, lists = True, False
    for mark, start, end in jpeg_segments(FileBytes(data)):
        segment = data[start : min(end, start + 4 + len(JPEG_XMP))]
        leading = leading and (mark == _JPEG_APP0 or segment[4:].startswith(JPEG_EXIF))
        if end < start + 4 and mark != _JPEG_END:
            return None  # its length is too small to be one: what comes next would be read as it
        lists = lists or (mark == _JPEG_APP2 and segment[4:].startswith(_JPEG_LIST))
        if leading:
            place = before = end
        elif mark == JPEG_APP1 and segment[4:].startswith(JPEG_XMP):
            if lists:
                return None  # what it lists would be further away than it says
            before, place = start, end
            packet = data[start + 4 + len(JPEG_XMP) : end]
            break
    content = _packet(packet, notes)
    if content is None or len(JPEG_XMP) + len(content) > _LONGEST_SEGMENT:
        return None
    length = struct.pack(">H", 2 + len(JPEG_XMP) + len(content))
    return data[:before] + bytes([0xFF, JPEG_APP1]) + length + JPEG_XMP + content + data[place:]


def _into_webp(data: bytes, notes: Notes) -> bytes | None:
    """Return a WebP with a chunk of XMP behind its pixels, and a head that says so."""
    chunks = [(name, data[start:end]) for name, start, end in webp_chunks(data)]
    limit = int.from_bytes(data[4:8], "little") + 8
    packets = [chunk[8:] for name, chunk in chunks if name == b"XMP "]
    heads = [chunk for name, chunk in chunks if name == b"VP8X"]
    if heads:
        is_usual = chunks[0][0] == b"VP8X" and len(heads[0]) == _WEBP_HEAD and len(heads) == 1
    else:
        is_usual = _WEBP_HEEDED.isdisjoint(name for name, _ in chunks[1:])
    if not is_usual or len(packets) > 1:
        return None
    content = _packet(packets[0] if packets else None, notes)
    if content is None:
        return None
    kept = [
        chunk + bytes(len(chunk) % 2) for name, chunk in chunks if name not in {b"XMP ", b"VP8X"}
    ]
    head = heads[0] if heads else _webp_head(chunks)
    if head is None:
        return None
    head = head[:8] + bytes([head[8] | _WEBP_XMP]) + head[9:]
    xmp = b"XMP " + struct.pack("<I", len(content)) + content + bytes(len(content) % 2)
    body = b"".join([b"WEBP", head, *kept, xmp])
    return b"RIFF" + struct.pack("<I", len(body)) + body + data[limit + limit % 2 :]


def _webp_head(chunks: list[tuple[bytes, bytes]]) -> bytes | None:
    """Return the head of a WebP that has none, by what its pixels say of their size."""
    name, chunk = next(
        ((one, data) for one, data in chunks if one in {b"VP8 ", b"VP8L"}), (b"", b"")
    )
    if name == b"VP8 " and chunk[11:14] == b"\x9d\x01\x2a":
        width, height = (int.from_bytes(chunk[at : at + 2], "little") & 0x3FFF for at in (14, 16))
        alpha = False
    elif name == b"VP8L" and chunk[8:9] == b"\x2f":
        bits = int.from_bytes(chunk[9:13], "little")
        width, height, alpha = 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF), bool(bits >> 28 & 1)
    else:
        return None
    flags = struct.pack("<I", _WEBP_ALPHA if alpha else 0)
    sides = ((side - 1).to_bytes(3, "little") for side in (width, height))
    return b"VP8X" + struct.pack("<I", 10) + flags + b"".join(sides)


def _packet(there: bytes | None, notes: Notes) -> bytes | None:
    if there is None:
        return xmp_packet(notes.ours, in_part=notes.in_part)
    return add_to_xmp(there, notes.ours, in_part=notes.in_part)

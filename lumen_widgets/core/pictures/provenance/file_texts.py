"""What a picture file says of how it was made: our JSON, A1111's text, and whether it is signed.

The file may be anybody's. Nothing of it is decoded but the texts that have these names, the first
of each, as far as one megabyte; what says otherwise than it should is as good as not there.
"""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, Literal, NamedTuple

from lumen_widgets.core.pictures.decoding import (
    FileBytes,
    jpeg_segments,
    png_chunks,
    webp_chunks,
)
from lumen_widgets.core.pictures.provenance.infotext import KEYWORD as INFOTEXT
from lumen_widgets.core.pictures.provenance.xmp import LONGEST_XMP, read_xmp

if TYPE_CHECKING:
    from collections.abc import Iterator

# Keywords of texts in a PNG: our own, and XMP's.
OURS = b"lumen_widgets"
XMP = b"XML:com.adobe.xmp"

# Bytes of a text that is read, packed or not. A packed one may swell a thousandfold; Pillow stops
# there too.
LONGEST_TEXT = 1 << 20
# Of its keyword, which has 79 at most, and of the zero behind it.
_LONGEST_KEYWORD = 80

# The segments of a JPEG that are asked, and how they begin.
JPEG_APP1, _JPEG_APP11 = 0xE1, 0xEB
JPEG_XMP, JPEG_EXIF = b"http://ns.adobe.com/xap/1.0/\0", b"Exif\0\0"
# JUMBF, in which a JPEG has its C2PA manifest.
_JUMBF = b"JP"

_BYTE_ORDERS: dict[bytes, Literal["little", "big"]] = {b"II*\0": "little", b"MM\0*": "big"}
# Of EXIF: where the tags about the picture's making begin, and the one with a comment in it.
_EXIF_IFD, _USER_COMMENT = 0x8769, 0x9286
_MOST_TAGS = 1000


class FileTexts(NamedTuple):
    """What a picture file says beside its pixels.

    Attributes
    ----------
    ours
        Our own JSON, as text; None for none.
    infotext
        A1111's text; None for none.
    is_comment
        Whether that is the comment of a camera's file, which may be any words.

    """

    ours: str | None = None
    infotext: str | None = None
    is_comment: bool = False


def read_file_texts(data: bytes, media_type: str) -> FileTexts:
    """Return what a whole file says; nothing of it is believed but that it has parts.

    Raises
    ------
    UnreadablePicture
        Its parts do not add up.

    """
    found: dict[str, bytes] = {}
    for name, content in _parts(data, media_type):
        found.setdefault(name, content)
    if media_type == "image/png":
        ours = _text(found.get(OURS.decode()))
        infotext = _text(found.get(INFOTEXT))
        if infotext is not None:
            return FileTexts(ours or _ours_in(found), infotext)
    else:
        ours = None
    comment = _user_comment(found.get("exif", b""))
    return FileTexts(ours or _ours_in(found), comment, is_comment=comment is not None)


def is_signed(data: bytes, media_type: str) -> bool:
    """Say whether a file carries C2PA, whose signature holds for these very bytes.

    Raises
    ------
    UnreadablePicture
        Its parts do not add up.

    """
    if media_type == "image/png":
        return any(name == b"caBX" for name, _, _ in png_chunks(data))
    if media_type == "image/webp":
        return any(name == b"C2PA" for name, _, _ in webp_chunks(data))
    return any(
        mark == _JPEG_APP11 and data[start + 4 : start + 6] == _JUMBF
        for mark, start, _ in jpeg_segments(FileBytes(data))
    )


def png_keyword(content: bytes) -> bytes:
    """Return the keyword of a PNG's text chunk, as far as it can be one of those that are read."""
    return content[:_LONGEST_KEYWORD].partition(b"\0")[0]


def png_text(name: bytes, content: bytes) -> bytes | None:
    """Return the text of a PNG's text chunk; None for what is too long, or packed badly."""
    words = content.partition(b"\0")[2]
    is_packed = name == b"zTXt"
    if name == b"iTXt":
        parts = words[2:].split(b"\0", 2)
        if len(parts) < 3:  # noqa: PLR2004 -- language, translated keyword, text
            return None
        is_packed, words = words[:1] != b"\0", parts[2]
    elif is_packed:
        words = words[1:]
    if is_packed:
        unpack = zlib.decompressobj()
        try:
            words = unpack.decompress(words, LONGEST_TEXT)
        except zlib.error:
            return None
        if unpack.unconsumed_tail:
            return None
    return words if len(words) <= LONGEST_TEXT else None


def _parts(data: bytes, media_type: str) -> Iterator[tuple[str, bytes]]:
    """Yield the texts, XMP and EXIF of a file by their names."""
    if media_type == "image/png":
        yield from _png_parts(data)
    elif media_type == "image/webp":
        for name, start, end in webp_chunks(data):
            kind = {b"EXIF": "exif", b"XMP ": "xmp"}.get(name)
            if kind is not None and end - start <= LONGEST_TEXT:
                yield kind, data[start + 8 : end].removeprefix(JPEG_EXIF)
    else:
        for mark, start, end in jpeg_segments(FileBytes(data)):
            segment = data[start + 4 : end] if mark == JPEG_APP1 else b""
            if segment.startswith(JPEG_XMP):
                yield "xmp", segment.removeprefix(JPEG_XMP)
            elif segment.startswith(JPEG_EXIF):
                yield "exif", segment.removeprefix(JPEG_EXIF)


def _png_parts(data: bytes) -> Iterator[tuple[str, bytes]]:
    wanted = {OURS: OURS.decode(), INFOTEXT.encode(): INFOTEXT, XMP: "xmp"}
    for name, start, end in png_chunks(data):
        if end - start > LONGEST_TEXT:
            continue
        if name == b"eXIf":
            yield "exif", data[start + 8 : end - 4]
        if name in {b"tEXt", b"zTXt", b"iTXt"}:
            content = data[start + 8 : end - 4]
            named = wanted.pop(png_keyword(content), None)
            text = None if named is None else png_text(name, content)
            if named is not None and text is not None:
                yield named, text


def _ours_in(found: dict[str, bytes]) -> str | None:
    packet = found.get("xmp", b"")
    return read_xmp(packet) if len(packet) <= LONGEST_XMP else None


def _text(words: bytes | None) -> str | None:
    """Return text of a PNG: most write UTF-8, also where the format has Latin-1."""
    if words is None:
        return None
    try:
        return words.decode()
    except UnicodeDecodeError:
        return words.decode("latin-1")


def _user_comment(exif: bytes) -> str | None:
    """Return the comment that EXIF has, None for none.

    Not read by Pillow, which reads every tag: thousands of them may each claim all of the file.
    """
    order = _BYTE_ORDERS.get(exif[:4])
    if order is None:
        return None

    def number(at: int, size: int) -> int:
        return int.from_bytes(exif[at : at + size], order)

    def find(table: int, wanted: int) -> int | None:
        for at in range(table + 2, table + 2 + 12 * min(number(table, 2), _MOST_TAGS), 12):
            if at + 12 > len(exif):
                return None
            if number(at, 2) == wanted:
                return at
        return None

    place = find(number(4, 4), _EXIF_IFD)
    tag = None if place is None else find(number(place + 8, 4), _USER_COMMENT)
    if tag is None:
        return None
    start = number(tag + 8, 4)
    comment = exif[start : start + number(tag + 4, 4)]
    kind, words = comment[:8], comment[8:]
    if kind == b"UNICODE\0":
        return _utf16(words, order)
    try:
        return words.decode() if kind in {b"ASCII\0\0\0", bytes(8)} else None
    except UnicodeDecodeError:
        return None


def _utf16(words: bytes, order: Literal["little", "big"]) -> str | None:
    """Return a comment in UTF-16, whose byte order not all take from the file.

    A mark at its beginning says it, else the letters: of the two readings, the one with more ASCII.
    """
    if words[:2] in {b"\xff\xfe", b"\xfe\xff"}:
        names = ["utf-16"]
    else:
        names = ["utf-16-le", "utf-16-be"] if order == "little" else ["utf-16-be", "utf-16-le"]
    readings = []
    for name in names:
        try:
            readings.append(words[: len(words) // 2 * 2].decode(name))
        except UnicodeDecodeError:
            continue
    return max(readings, key=lambda text: sum(letter.isascii() for letter in text), default=None)

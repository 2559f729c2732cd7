"""Picture files opened with suspicion: three formats, by their first bytes, decoded to the end.

A file is first walked once, from its beginning to its end, part by part: the chunks of a PNG or
WebP, the segments of a JPEG. What says nothing about how the pixels look is left out before
anything is decoded. What the colours need (colour profile, gamma, transparency, Adobe's colour
transform) stays, and no part is encoded again.
"""

from __future__ import annotations

import contextlib
import io
import re
import zlib
from typing import TYPE_CHECKING, Literal, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterator

    from PIL.Image import Image
    from PIL.ImageFile import ImageFile

# 8192 x 8192: four times the service's largest tier, 256 MiB when decoded as RGBA, and below the
# size at which Pillow would warn of a decompression bomb.
MAX_PIXELS = 8192 * 8192

# What a JPEG can have at most. A PNG can have all of its pixels in one column, and each line takes
# memory of its own: 300 kB of file took 2.3 GB until it was shown.
MAX_SIDE = 65_535

# A 4096 x 4096 PNG of pure noise is 48 MiB: no honest picture of the service is larger than this.
MAX_BYTES = 64 * 1024 * 1024

# Where `decode` notes in an image's `info` what a PNG's chunk cICP says of its colours.
CICP = "cicp"

# A progressive JPEG brings its pixels in some ten scans. Each goes over all of them, and an empty
# one takes under a hundred bytes: without a cap, a file of 64 MiB would decode for hours. With this
# one, none takes more than a few times as long as an honest file of its size in pixels.
MOST_SCANS = 30

# A PNG chunk that is not here says nothing about how the pixels look: text, times, and whatever a
# program of its own adds.
_PNG_KEPT = frozenset(
    {b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"gAMA", b"cHRM", b"sRGB", b"iCCP", b"cICP"}
)

# And of how many pictures it is, and how they should be turned.
_PNG_READ = _PNG_KEPT | {b"acTL", b"eXIf"}

# Texts that say so too: XMP, and EXIF in hex as ImageMagick writes it.
_PNG_TEXTS = frozenset({b"tEXt", b"zTXt", b"iTXt"})
_PNG_XMP, _PNG_RAW_EXIF = b"XML:com.adobe.xmp", b"Raw profile type exif"
# A packed one may swell a thousandfold; Pillow stops there too.
_LONGEST_TEXT = 1 << 20

_WEBP_KEPT = frozenset({b"VP8 ", b"VP8L", b"VP8X", b"ALPH", b"ICCP", b"ANIM", b"ANMF"})

# In the flags byte of VP8X: EXIF is 0x08, XMP is 0x04.
_WEBP_METADATA_FLAGS = 0x0C

_JPEG_COMMENT = 0xFE
_JPEG_APP0, _JPEG_APP1, _JPEG_APP2, _JPEG_APP14, _JPEG_APP15 = 0xE0, 0xE1, 0xE2, 0xEE, 0xEF

# EXIF: how it begins, and the tag that says how a picture should be turned.
_EXIF = b"Exif\0\0"
_XMP = b"http://ns.adobe.com/xap/1.0/\0"
_BYTE_ORDERS: dict[bytes, Literal["little", "big"]] = {b"II*\0": "little", b"MM\0*": "big"}
_ORIENTATION_TAG = 0x0112
# How many bytes a whole number has, by its type in EXIF: short as a rule, which not all keep to.
_WHOLE_NUMBERS = {3: 2, 4: 4, 6: 1, 8: 2, 9: 4, 13: 4, 16: 8}
# The other types: of text, fractions and bytes. A tag of a type that is none is as good as none.
_NO_WHOLE_NUMBERS = dict.fromkeys((1, 2, 5, 7, 10, 11, 12), 0)
_SIZES = _WHOLE_NUMBERS | _NO_WHOLE_NUMBERS
# XMP is only asked where EXIF does not say it. Browsers do not look there; cameras' programs write
# it, and Pillow, whose images are given to calls too, turns by it.
_ORIENTATION_IN_XMP = re.compile(rb"tiff:Orientation(?:=[\"']|>)([0-9])")
# From this orientation on, width and height change places.
_ON_ITS_SIDE = 5
# Of an image that a caller opened Pillow reads it, and every tag may claim all of it: a camera's
# fits into one segment of a JPEG.
_MOST_EXIF = 0xFFFF

_JPEG_SCAN, _JPEG_END = 0xDA, 0xD9

# Each part takes some microseconds, however small it is. The largest honest file, 64 MiB in the
# chunks of 8 KiB that libpng writes, has 8,192.
MOST_PARTS = 100_000

# Once to find the parts, once for their checksums, once to copy them. A few bytes more are the
# beginning of a file.
_MOST_LOOKS, _BEGINNING = 3, 64

# Bytes of a PNG's pixels that are given to zlib at once, and that it may give back: what is packed
# may swell a thousandfold.
_PACKED, _UNPACKED = 1 << 16, 1 << 18

# How a PNG begins of which unpacking tells all, up to its sizes; where those are, and what follows
# them: eight bits a sample and a type of colour, then neither packing, filters nor interlacing of
# another kind. By the type of colour: samples of a pixel. Not a palette's, since a pixel may name a
# colour that it has not.
_PNG_HEAD = b"\x89PNG\r\n\x1a\n\x00\x00\x00\x0dIHDR"
_PNG_WIDTH, _PNG_HEIGHT, _PNG_KIND = slice(16, 20), slice(20, 24), slice(24, 29)
_PNG_SAMPLES = {
    bytes([8, kind, 0, 0, 0]): samples for kind, samples in ((0, 1), (2, 3), (4, 2), (6, 4))
}
_MOST_FILTER = 4

# What a part of a file is: kept, or what says how the picture should be turned.
_Kind: TypeAlias = Literal["kept", "exif", "exif in hex", "xmp"]

# The next mark: 0xFF is followed by 0 or by a restart mark where it is only a part of a scan. Only
# the last 0xFF of a run is looked for: to match runs as such takes quadratic time.
_JPEG_MARK = re.compile(rb"\xff[^\x00\x01\xd0-\xd8\xff]")


class UnreadablePicture(Exception):
    """Bytes that are not a picture we open; the text says what is wrong with them.

    It never leaves the client: where a picture came from decides which error a user sees.
    """


class DamagedPicture(UnreadablePicture):
    """Bytes that are no picture at all, or not a whole one: another fetch may bring it."""


class Decoded(NamedTuple):
    """A picture file that was looked at to its end.

    Attributes
    ----------
    media_type
        By its first bytes.
    image
        The picture, loaded. It says nothing of itself but its colours and how to turn it.
    clean
        The file without metadata; the very same bytes where it has none.

    """

    media_type: str
    image: ImageFile
    clean: bytes


class Checked(NamedTuple):
    """A picture file that is known to be whole.

    Attributes
    ----------
    media_type
        By its first bytes.
    width, height
        In pixels, as it is seen.

    """

    media_type: str
    width: int
    height: int


class _Opened(NamedTuple):
    """A picture file of which no pixel was decoded so far."""

    media_type: str
    image: ImageFile
    clean: bytes
    orientation: int | None


class FileBytes:
    """A file's bytes, of which each is looked at three times at most, or the file is refused.

    Parameters
    ----------
    data
        The file.

    Attributes
    ----------
    looked_at : int
        How many bytes were looked at, each as often as it was.

    """

    def __init__(self, data: bytes) -> None:
        self._data = data
        self.looked_at = 0

    def __len__(self) -> int:
        """Return the length of the file."""
        return len(self._data)

    def __getitem__(self, part: slice) -> bytes:
        """Return some of the bytes."""
        found = self._data[part]
        self._look(len(found))
        return found

    def next_jpeg_mark(self, start: int) -> int | None:
        """Return where the next mark of a JPEG is, whatever comes before it; None for none."""
        found = _JPEG_MARK.search(self._data, start)
        self._look((len(self) if found is None else found.end()) - start)
        return None if found is None else found.start()

    def _look(self, count: int) -> None:
        self.looked_at += max(0, count)
        if self.looked_at > _MOST_LOOKS * len(self) + _BEGINNING:
            raise UnreadablePicture("built so that reading it would take too long")


class Metadata(NamedTuple):
    """A picture file and what it says beside its pixels, apart.

    Attributes
    ----------
    clean
        The file without metadata; the very same bytes where it has none.
    orientation
        By its EXIF, else by its XMP, 2 to 8; None where it stands upright or does not say.

    """

    clean: bytes
    orientation: int | None


def media_type_of(data: bytes) -> str | None:
    """Return the media type by the first bytes, or None for anything but PNG, JPEG and WebP.

    Examples
    --------
    >>> media_type_of(bytes([0xFF, 0xD8, 0xFF, 0xE0]))
    'image/jpeg'

    """
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if data.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "image/webp"
    return None


def decode(data: bytes, *, max_pixels: int = MAX_PIXELS, long_side: int | None = None) -> Decoded:
    """Open a picture and decode every pixel of it.

    Parameters
    ----------
    data
        The whole file.
    max_pixels
        Width times height at most; checked before any pixel is decoded.
    long_side
        What is enough of its longer side, in pixels: a JPEG that has twice as many comes reduced to
        a half, a quarter or an eighth, in a fraction of the time. None is all of it.

    Returns
    -------
    Decoded
        The picture.

    Raises
    ------
    UnreadablePicture
        It is another format, an animation, too large, damaged, or ends too early.

    """
    opened = _opened(data, max_pixels)
    if long_side is not None:
        longest = max(opened.image.size)
        width, height = (max(1, side * long_side // longest) for side in opened.image.size)
        opened.image.draft(None, (width, height))
    _load(opened)
    return Decoded(opened.media_type, opened.image, opened.clean)


def check(data: bytes, *, max_pixels: int = MAX_PIXELS) -> Checked | None:
    """Look at a picture to its end without decoding a pixel, where that is enough to know it whole.

    Parameters
    ----------
    data, max_pixels
        As for `decode`.

    Returns
    -------
    Checked or None
        What `decode` is certain to decode; None where only decoding it can tell.

    Raises
    ------
    UnreadablePicture
        As `decode`.

    """
    if media_type_of(data) != "image/png":
        return None
    opened = _opened(data, max_pixels)
    if not _has_all_pixels(opened.clean):
        return None
    return Checked(opened.media_type, *_seen_size(opened.image, opened.orientation))


def copy_of(image: Image) -> Image:
    """Return a copy of a picture that `decode` returned, for somebody who may change it."""
    twin = image.copy()
    twin.format = image.format
    orientation = orientation_of(image)
    if orientation is not None:
        twin.getexif()[_ORIENTATION_TAG] = orientation
    return twin


def split_metadata(data: FileBytes, media_type: str) -> Metadata:
    """Return a file without metadata, and how it should be turned.

    Each part of the file is looked at once, and nothing of a part that is left out is believed but
    the orientation.

    Parameters
    ----------
    data
        A whole file.
    media_type
        ``image/png``, ``image/jpeg`` or ``image/webp``.

    Raises
    ------
    UnreadablePicture
        Its chunks or segments do not add up, its end is missing, or a checksum does not fit.

    """
    parts = {"image/png": _png, "image/jpeg": _jpeg, "image/webp": _webp}[media_type]
    kept: list[bytes] = []
    said: dict[_Kind, bytes] = {}
    for part, kind in parts(data):
        if kind == "kept":
            kept.append(part)
        elif not said.get(kind):
            said[kind] = part.removeprefix(_EXIF)
    if media_type == "image/webp":
        kept.insert(0, b"RIFF" + (4 + sum(map(len, kept))).to_bytes(4, "little") + b"WEBP")
    value = _exif_orientation(said.get("exif") or said.get("exif in hex", b""))
    return Metadata(
        b"".join(kept), _turn(_xmp_orientation(said.get("xmp", b"")) if value is None else value)
    )


def png_chunks(data: bytes | FileBytes) -> Iterator[tuple[bytes, int, int]]:
    """Yield name, start and end of each chunk of a PNG, up to its own end.

    Raises
    ------
    UnreadablePicture
        A chunk reaches beyond the end of the file, or there are too many.

    """
    name, at = b"", 8
    for _ in range(MOST_PARTS):
        head = data[at : at + 8]
        name, end = head[4:], at + 12 + int.from_bytes(head[:4], "big")
        if end > len(data):
            raise DamagedPicture("truncated: the end of the file is missing")
        yield name, at, end
        if name == b"IEND":
            return
        at = end
    raise _too_many_parts()


def webp_chunks(data: bytes | FileBytes) -> Iterator[tuple[bytes, int, int]]:
    """Yield name, start and end of each chunk of a WebP, up to the end that its head says.

    Raises
    ------
    UnreadablePicture
        A chunk reaches beyond that end, that end beyond the file, or there are too many.

    """
    limit = int.from_bytes(data[4:8], "little") + 8
    if limit > len(data):
        raise DamagedPicture("truncated: the end of the file is missing")
    at = 12
    for _ in range(MOST_PARTS):
        if at + 8 > limit:
            return
        head = data[at : at + 8]
        length = int.from_bytes(head[4:], "little")
        if at + 8 + length > limit:
            raise DamagedPicture("damaged: a WebP chunk reaches beyond the end of the file")
        yield head[:4], at, min(at + 8 + length + length % 2, len(data))
        at += 8 + length + length % 2
    raise _too_many_parts()


def jpeg_segments(data: FileBytes) -> Iterator[tuple[int, int, int]]:
    """Yield mark, start and end of each segment of a JPEG as its decoder meets them.

    A scan reaches to the next mark. What else lies between two segments, a decoder passes over.

    Raises
    ------
    UnreadablePicture
        A segment reaches beyond the end of the file, the end is missing, or there are too many.

    """
    at: int | None = 2
    for _ in range(MOST_PARTS):
        at = None if at is None else data.next_jpeg_mark(at)
        if at is None:
            raise DamagedPicture("truncated: the end of the file is missing")
        mark, *length = data[at + 1 : at + 4]
        if mark == _JPEG_END:
            yield mark, at, at + 2
            return
        start, end = at, at + 2 + int.from_bytes(length, "big")
        if end > len(data):
            raise DamagedPicture("truncated: the end of the file is missing")
        at = end
        if mark == _JPEG_SCAN:
            at = data.next_jpeg_mark(end)
            end = len(data) if at is None else at
        yield mark, start, end
    raise _too_many_parts()


def check_size(width: int, height: int, max_pixels: int = MAX_PIXELS) -> None:
    """Raise `UnreadablePicture` for a picture without pixels, with too many, or too long."""
    if width < 1 or height < 1:
        raise UnreadablePicture(f"empty: {width} x {height} pixels")
    if width * height > max_pixels:
        raise UnreadablePicture(
            f"too large: {width} x {height} pixels, where {max_pixels:,} in all are allowed"
        )
    if max(width, height) > MAX_SIDE:
        raise UnreadablePicture(
            f"too large: {width} x {height} pixels, where a side has {MAX_SIDE:,} at most"
        )


def orientation_of(image: Image) -> int | None:
    """Return the orientation, 2 to 8, of a picture that must be turned, else None.

    It is that of its EXIF, or where this has none, of its XMP.
    """
    value: object = None
    if len(image.info.get("exif") or b"") <= _MOST_EXIF:
        # broken EXIF raises in many ways; viewers then show the picture as it is
        with contextlib.suppress(Exception):
            value = image.getexif().get(_ORIENTATION_TAG)
    if value is None:
        xmp = image.info.get("xmp") or image.info.get("XML:com.adobe.xmp") or b""
        value = _xmp_orientation(xmp.encode("utf-8", "replace") if isinstance(xmp, str) else xmp)
    return _turn(value)


def bits_of(data: bytes) -> int:
    """Return how many bits a sample has in a picture file that was checked before."""
    return data[_PNG_KIND][0] if media_type_of(data) == "image/png" else 8


def is_upright(data: bytes) -> bool:
    """Say whether a picture file that was checked before is seen as it is stored."""
    media_type = media_type_of(data)
    return media_type is None or split_metadata(FileBytes(data), media_type).orientation is None


def upright_size(image: Image) -> tuple[int, int]:
    """Return width and height of a picture as its EXIF orientation says it should be seen."""
    return _seen_size(image, orientation_of(image))


def _seen_size(image: Image, orientation: int | None) -> tuple[int, int]:
    is_on_its_side = orientation is not None and orientation >= _ON_ITS_SIDE
    return (image.height, image.width) if is_on_its_side else image.size


def turned(image: Image) -> Image:
    """Return the picture as its EXIF orientation says it should be seen."""
    from PIL.Image import Transpose

    orientation = orientation_of(image)
    if orientation is None:
        return image
    return image.transpose(
        {
            2: Transpose.FLIP_LEFT_RIGHT,
            3: Transpose.ROTATE_180,
            4: Transpose.FLIP_TOP_BOTTOM,
            5: Transpose.TRANSPOSE,
            6: Transpose.ROTATE_270,
            7: Transpose.TRANSVERSE,
            8: Transpose.ROTATE_90,
        }[orientation]
    )


def plain(image: Image) -> Image:
    """Return the picture as L, LA, RGB or RGBA, eight bits a channel.

    Raises
    ------
    UnreadablePicture
        Its numbers have no fixed range (modes ``I`` and ``F``), so black and white are unknown.

    """
    if image.mode in {"I", "F"}:
        raise UnreadablePicture(
            f"of mode {image.mode!r}, whose numbers say neither what is black nor what is white"
        )
    if image.mode.startswith("I;16"):
        import numpy as np
        import PIL.Image

        # Pillow's own conversion clips at 255 instead of scaling.
        return PIL.Image.fromarray((np.asarray(image).astype(np.uint16) >> 8).astype(np.uint8))
    if image.has_transparency_data:
        return image if image.mode in {"LA", "RGBA"} else image.convert("RGBA")
    if image.mode == "1":
        return image.convert("L")
    return image if image.mode in {"L", "RGB"} else image.convert("RGB")


def _opened(data: bytes, max_pixels: int) -> _Opened:
    """Look at all of a file but its pixels."""
    media_type = media_type_of(data)
    if media_type is None:
        raise DamagedPicture(_guess(data))
    clean, orientation = split_metadata(FileBytes(data), media_type)
    # one of the two is enough to keep
    clean = data if clean == data else clean
    with _as_damaged():
        # Pillow gets nothing that the pixels do not need: a file of many small comments or EXIF
        # segments can keep it busy for hours.
        image = _open(clean, media_type)
        check_size(image.width, image.height, max_pixels)
        _refuse_animation(image)
    return _Opened(media_type, image, clean, orientation)


def _load(opened: _Opened) -> None:
    """Decode the pixels, and note what the image itself does not know of them."""
    image, clean = opened.image, opened.clean
    # Pillow fills it up to 256 colours when it loads.
    colours = len(image.palette.palette) // 3 if image.palette is not None else 0
    with _as_damaged():
        # All of it at once: given in pieces, a run of fill bytes is read anew with each of them.
        image.decodermaxblock = len(clean)
        image.load()
    if image.mode == "P" and image.palette is None:
        raise DamagedPicture("damaged: its table of colours is missing")
    transparency = image.info.get("transparency")
    if image.mode == "P" and isinstance(transparency, bytes) and len(transparency) > colours:
        # A browser leaves it out. Pillow keeps it, and fails when it converts the picture.
        del image.info["transparency"]
    if opened.media_type == "image/png":  # which Pillow does not know
        for name, at, end in png_chunks(clean):
            if name == b"cICP":
                image.info[CICP] = clean[at + 8 : end - 4]
    if opened.orientation is not None:
        image.getexif()[_ORIENTATION_TAG] = opened.orientation


@contextlib.contextmanager
def _as_damaged() -> Iterator[None]:
    """Raise as `DamagedPicture` whatever Pillow makes of a broken file."""
    try:
        yield
    except UnreadablePicture:
        raise
    except Exception as error:  # noqa: BLE001  Pillow raises OSError, SyntaxError, struct.error and more on broken files
        raise DamagedPicture(f"damaged: {error}") from None


def _open(data: bytes, media_type: str) -> ImageFile:
    """Read the header only.

    The format's own class is used, not `PIL.Image.open`: that would try every plugin that
    other code registered, and warns of large pictures through the process-wide warning filters.
    """
    file = io.BytesIO(data)
    if media_type == "image/png":
        from PIL.PngImagePlugin import PngImageFile

        return PngImageFile(file)
    if media_type == "image/jpeg":
        from PIL.JpegImagePlugin import JpegImageFile

        return JpegImageFile(file)
    from PIL.WebPImagePlugin import WebPImageFile

    return WebPImageFile(file)


def _refuse_animation(image: ImageFile) -> None:
    if getattr(image, "n_frames", 1) > 1:
        raise UnreadablePicture("an animation, where a single picture is needed")


def _guess(data: bytes) -> str:
    """Say what bytes of another format look like."""
    head = data[:512].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    looks = {
        "empty: it has no bytes": not data,
        "an SVG drawing, not a picture made of pixels": b"<svg" in head,
        "an HTML page, not a picture": head.startswith((b"<!doctype", b"<html")),
        "a GIF": head.startswith(b"gif8"),
        "a HEIC, AVIF or video file": head[4:8] == b"ftyp",
        "JSON text, not a picture": head.startswith((b"{", b"[")),
    }
    return next((name for name, fits in looks.items() if fits), "neither PNG nor JPEG nor WebP")


def _png(data: FileBytes) -> Iterator[tuple[bytes, _Kind]]:
    """Yield each part that is kept, EXIF and XMP; look at the checksums.

    Pillow does not check those of pixels, forgives a missing end in some places, and everywhere
    once anyone in the process has set `ImageFile.LOAD_TRUNCATED_IMAGES`.
    """
    yield data[:8], "kept"
    met = set[bytes]()
    for name, start, end in png_chunks(data):  # what follows the end is not the picture's
        if name in _PNG_TEXTS:
            yield _png_text(data, (name, start + 8, end - 4), met)
        needed = name[:1].isupper()  # without this chunk there is no picture
        # Of all but the pixels a PNG has one. Browsers take the first; Pillow would unpack each
        # profile of a kilobyte to a megabyte.
        if not (needed or name in _PNG_READ) or (name in met and name != b"IDAT"):
            continue
        met.add(name)
        chunk = data[start:end]
        if needed and zlib.crc32(chunk[4:-4]) != int.from_bytes(chunk[-4:], "big"):
            raise DamagedPicture("damaged: a PNG checksum does not fit")
        if name == b"acTL" and int.from_bytes(chunk[8:12], "big") > 1:
            raise UnreadablePicture("an animation, where a single picture is needed")
        if name in _PNG_KEPT:
            yield chunk, "kept"
        elif name == b"eXIf":
            yield chunk[8:-4], "exif"


def _has_all_pixels(data: bytes) -> bool:
    """Say whether a PNG, all else of which was looked at, is certain to have all of its pixels.

    They are unpacked and counted. Each line names the filter that its bytes went through, and
    undoing those is most of what decoding costs; where each is one that there is, it cannot fail.
    """
    samples = _PNG_SAMPLES.get(data[_PNG_KIND])
    chunks = list(png_chunks(data))
    names = [name for name, _, _ in chunks]
    first = names.index(b"IDAT") if b"IDAT" in names else -1
    if not data.startswith(_PNG_HEAD) or not samples or set(names[first:-1]) != {b"IDAT"}:
        return False
    width, height = (int.from_bytes(data[part], "big") for part in (_PNG_WIDTH, _PNG_HEIGHT))
    line, length, unpack = 1 + width * samples, 0, zlib.decompressobj()
    try:
        for _, start, end in chunks[first:-1]:
            for at in range(start + 8, end - 4, _PACKED):
                packed = data[at : min(at + _PACKED, end - 4)]
                while packed:
                    piece = unpack.decompress(packed, _UNPACKED)
                    # the first byte of each line that begins in this piece
                    if max(piece[-length % line :: line], default=0) > _MOST_FILTER:
                        return False
                    length += len(piece)
                    if length > line * height or unpack.unused_data:
                        return False
                    packed = unpack.unconsumed_tail
    except zlib.error:
        return False
    return unpack.eof and length == line * height


def _webp(data: FileBytes) -> Iterator[tuple[bytes, _Kind]]:
    for name, start, end in webp_chunks(data):
        if name in _WEBP_KEPT:
            chunk = data[start:end]
            if name == b"VP8X" and len(chunk) > 8:  # noqa: PLR2004  its head
                chunk = chunk[:8] + bytes([chunk[8] & ~_WEBP_METADATA_FLAGS]) + chunk[9:]
            yield chunk, "kept"
        elif name == b"EXIF":
            yield data[start + 8 : end], "exif"
        elif name == b"XMP ":
            yield data[start + 8 : end], "xmp"


def _jpeg(data: FileBytes) -> Iterator[tuple[bytes, _Kind]]:
    yield data[:2], "kept"
    scans = 0
    for mark, start, end in jpeg_segments(data):  # what follows the end is not the picture's
        scans += mark == _JPEG_SCAN
        if scans > MOST_SCANS:
            raise UnreadablePicture(f"a JPEG of more than {MOST_SCANS} scans")
        segment = data[start:end]
        if mark == _JPEG_APP1 and segment[4:10] == _EXIF:
            yield segment[4:], "exif"
        elif mark == _JPEG_APP1 and segment[4:].startswith(_XMP):
            yield segment[4 + len(_XMP) :], "xmp"
        yield _jpeg_segment(mark, segment), "kept"


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


def _exif_orientation(exif: bytes) -> int | None:
    """Return the orientation of the first picture that EXIF describes, None where it does not say.

    Not read by Pillow, which reads every tag: thousands of them may each claim all of the file.
    """
    order = _BYTE_ORDERS.get(exif[:4])
    if order is None:
        return None

    def number(at: int, size: int) -> int:
        return int.from_bytes(exif[at : at + size], order)

    first = number(4, 4) + 2
    for at in range(first, min(first + 12 * number(first - 2, 2), len(exif)), 12):
        size, count = _SIZES.get(number(at + 2, 2)), number(at + 4, 4)
        if number(at, 2) == _ORIENTATION_TAG and size is not None and count:
            # what is no number says that it is upright
            return number(at + 8 if count * size <= 4 else number(at + 8, 4), size)  # noqa: PLR2004  longer ones are elsewhere
    return None


def _xmp_orientation(xmp: object) -> int | None:
    found = _ORIENTATION_IN_XMP.search(xmp) if isinstance(xmp, bytes) else None
    return None if found is None else int(found[1])


def _turn(value: object) -> int | None:
    return value if isinstance(value, int) and 2 <= value <= 8 else None  # noqa: PLR2004  EXIF's values beside 1, upright


def _png_text(
    data: FileBytes, chunk: tuple[bytes, int, int], met: set[bytes]
) -> tuple[bytes, _Kind]:
    """Return what a text of a PNG says of how to turn it, nothing for any other and for a second.

    `met` has the keywords of those that were read: each may unpack to a megabyte.
    """
    name, start, end = chunk
    longest = start + max(len(_PNG_XMP), len(_PNG_RAW_EXIF)) + 1
    keyword = data[start : min(longest, end)].partition(b"\0")[0]
    if keyword not in {_PNG_XMP, _PNG_RAW_EXIF} - met:
        return b"", "exif"
    met.add(keyword)
    words = data[start + len(keyword) + 1 : end]
    is_packed = name == b"zTXt"
    try:
        if name == b"iTXt":
            is_packed, (_, _, words) = words[:1] != b"\0", words[2:].split(b"\0", 2)
        elif is_packed:
            words = words[1:]
        words = _unpacked(words) if is_packed else words
        if keyword == _PNG_XMP:
            return words, "xmp"
        # after its name and its length, each in a line
        return bytes.fromhex("".join(words.decode("latin-1").split("\n")[3:])), "exif in hex"
    except (ValueError, zlib.error):
        return b"", "exif"


def _unpacked(words: bytes) -> bytes:
    return zlib.decompressobj().decompress(words, _LONGEST_TEXT)


def _too_many_parts() -> UnreadablePicture:
    return UnreadablePicture(f"damaged: a file of more than {MOST_PARTS:,} parts")

"""Picture files opened with suspicion: three formats, by their first bytes, decoded to the end."""

from __future__ import annotations

import io
import re
import zlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from PIL.Image import Image
    from PIL.ImageFile import ImageFile

# 8192 x 8192: four times the service's largest tier, 256 MiB when decoded as RGBA, and below the
# size at which Pillow would warn of a decompression bomb.
MAX_PIXELS = 8192 * 8192

# A 4096 x 4096 PNG of pure noise is 48 MiB: no honest picture of the service is larger than this.
MAX_BYTES = 64 * 1024 * 1024

_ORIENTATION_TAG = 0x0112

# A progressive JPEG brings its pixels in some ten scans. Each goes over all of them, and an empty
# one takes under a hundred bytes: without a cap, a file of 64 MiB would decode for hours.
MOST_SCANS = 100

# The next mark: 0xFF is followed by 0 or by a restart mark where it is only a part of a scan. Only
# the last 0xFF of a run is looked for: to match runs as such takes quadratic time.
_JPEG_MARK = re.compile(rb"\xff[^\x00\x01\xd0-\xd8\xff]")
_JPEG_SCAN, _JPEG_END = 0xDA, 0xD9


class UnreadablePicture(Exception):
    """Bytes that are not a picture we open; the text says what is wrong with them.

    It never leaves the client: where a picture came from decides which error a user sees.
    """


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


def decode(data: bytes, *, max_pixels: int = MAX_PIXELS) -> tuple[str, ImageFile]:
    """Open a picture and decode every pixel of it.

    Parameters
    ----------
    data
        The whole file.
    max_pixels
        Width times height at most; checked before any pixel is decoded.

    Returns
    -------
    tuple of str and PIL.ImageFile.ImageFile
        The media type, and the picture, loaded.

    Raises
    ------
    UnreadablePicture
        It is another format, an animation, too large, damaged, or ends too early.

    """
    media_type = media_type_of(data)
    if media_type is None:
        raise UnreadablePicture(_guess(data))
    _refuse_cut_off(data, media_type)
    if media_type == "image/jpeg":
        _refuse_endless_scans(data)
    try:
        image = _open(data, media_type)
        check_size(image.width, image.height, max_pixels)
        _refuse_animation(image)
        image.load()
    except UnreadablePicture:
        raise
    except Exception as error:  # noqa: BLE001  Pillow raises OSError, SyntaxError, struct.error and more on broken files
        raise UnreadablePicture(f"damaged: {error}") from None
    return media_type, image


def png_chunks(data: bytes) -> Iterator[tuple[bytes, int, int]]:
    """Yield name, start and end of each chunk of a PNG, up to its own end.

    Raises
    ------
    UnreadablePicture
        A chunk reaches beyond the end of the file.

    """
    name, at = b"", 8
    while name != b"IEND":
        name = data[at + 4 : at + 8]
        end = at + 12 + int.from_bytes(data[at : at + 4], "big")
        if end > len(data):
            raise UnreadablePicture("truncated: the end of the file is missing")
        yield name, at, end
        at = end


def check_size(width: int, height: int, max_pixels: int = MAX_PIXELS) -> None:
    """Raise `UnreadablePicture` for a picture without pixels or with too many."""
    if width < 1 or height < 1:
        raise UnreadablePicture(f"empty: {width} x {height} pixels")
    if width * height > max_pixels:
        raise UnreadablePicture(
            f"too large: {width} x {height} pixels, where {max_pixels:,} in all are allowed"
        )


def orientation_of(image: Image) -> int | None:
    """Return the EXIF orientation, 2 to 8, of a picture that must be turned, else None."""
    try:
        value = image.getexif().get(_ORIENTATION_TAG)
    except Exception:  # noqa: BLE001  broken EXIF raises in many ways; viewers then show the picture as it is
        return None
    return value if isinstance(value, int) and 2 <= value <= 8 else None  # noqa: PLR2004  EXIF's values beside 1, upright


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


def _refuse_endless_scans(data: bytes) -> None:
    """Count the scans of a JPEG as its decoder will meet them, garbage between marks included."""
    at = scans = 0
    while (found := _JPEG_MARK.search(data, at)) is not None:
        mark, at = data[found.end() - 1], found.end()
        if mark == _JPEG_END:
            return
        if mark == _JPEG_SCAN:
            scans += 1
            if scans > MOST_SCANS:
                raise UnreadablePicture(f"a JPEG of more than {MOST_SCANS} scans")
        at += int.from_bytes(data[at : at + 2], "big")


def _refuse_cut_off(data: bytes, media_type: str) -> None:
    """Look for the format's own end mark, and at the checksums of a PNG.

    Pillow does not check those of pixels, forgives a missing end in some places, and everywhere
    once anyone in the process has set `ImageFile.LOAD_TRUNCATED_IMAGES`.
    """
    if media_type == "image/png":
        for name, start, end in png_chunks(data):
            said = int.from_bytes(data[end - 4 : end], "big")
            # A capital first letter: without this chunk there is no picture.
            if name[:1].isupper() and zlib.crc32(data[start + 4 : end - 4]) != said:
                raise UnreadablePicture("damaged: a PNG checksum does not fit")
        return
    whole = (
        b"\xff\xd9" in data[2:]
        if media_type == "image/jpeg"
        else len(data) >= int.from_bytes(data[4:8], "little") + 8
    )
    if not whole:
        raise UnreadablePicture("truncated: the end of the file is missing")


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

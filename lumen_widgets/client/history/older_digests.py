"""A request's digests as earlier releases made them, so that what they paid is found again.

The text of the first version had no version, and it took pictures for the same whose pixels were
equal once they were decoded to eight bits: it still finds what was paid then, but only where no two
pictures could be confused. The second had the service's address in it.
"""

from __future__ import annotations

import hashlib
import io
from typing import TYPE_CHECKING

from lumen_widgets.core.call import digest_with, is_data_uri, known_content
from lumen_widgets.core.errors import InvalidRequest
from lumen_widgets.core.pictures.decoding import UnreadablePicture, plain, png_chunks
from lumen_widgets.core.pictures.images import content_of, from_bytes
from lumen_widgets.core.pictures.masks import LocalMask
from lumen_widgets.core.pictures.picture import Picture
from lumen_widgets.core.pictures.recent_pixels import recent_pixels
from lumen_widgets.core.pictures.sources import is_url, read_bytes

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Any

    from lumen_widgets.core.pictures.images import LocalPicture
    from lumen_widgets.core.request import Request

# Where a PNG says how many bits a sample has, and how many the first version could tell apart.
_PNG_DEPTH_AT, _MAX_BITS = 24, 8
# PNG chunks that say how samples are to be seen, and that the first version did not look at or
# knew only as far as Pillow read them.
_PNG_COLOURS = frozenset({b"iCCP", b"cICP"})
# In the flags byte of a WebP's VP8X: there is a colour profile.
_WEBP_FLAGS_AT, _WEBP_PROFILE = 20, 0x20


class _Ambiguous(Exception):
    """A picture that the first version could confuse with another one."""


def digest_v2(origin: str, request: Request, asked: Mapping[str, Any] | None = None) -> str:
    """Return the digest that the second version made of a request.

    Parameters
    ----------
    origin
        Scheme, host and port of the service.
    request, asked
        As for `digest_of`.

    """
    return f"2:{digest_with([origin], request, known_content, asked)}"


def digest_v1(
    origin: str, request: Request, pictures: Iterable[tuple[object, str | LocalPicture]] = ()
) -> str | None:
    """Return the digest that the first version made of a request, None where it may not match.

    Parameters
    ----------
    origin
        Scheme, host and port of the service.
    request
        As for `digest_of`.
    pictures
        Of every picture and mask of the request: what the caller gave, and what `read_picture` or
        `read_mask` made of it.

    Returns
    -------
    str or None
        None unless each picture has eight bits a sample, and neither cICP nor a colour profile.
        Addresses and masks count as they did: by themselves, and by their bits.

    """
    known = {content_of(source, found): (source, found) for source, found in pictures}

    def content(text: str) -> str:
        if text in known:
            return _content_v1(*known[text])
        if is_data_uri(text):
            try:
                return _content_v1(text, from_bytes(*read_bytes(text, "picture")))
            except InvalidRequest:
                return text
        if is_url(text):
            return text
        raise _Ambiguous

    try:
        return digest_with([origin], request, content)
    except _Ambiguous:
        return None


def _content_v1(source: object, found: str | LocalPicture) -> str:
    """Return what stood for a picture in a digest of the first version."""
    if isinstance(found, LocalMask):
        return f"mask:{_mask_pixels(found)}"
    if isinstance(source, Picture):
        return _file_v1(source.bytes, source.media_type, source.sha256)
    if isinstance(found, str):
        return found
    if str(getattr(source, "mode", "")).startswith("I;16"):
        raise _Ambiguous  # a PIL image, of which eight bits are sent
    return _file_v1(found.data, found.media_type, found.sha256)


def _file_v1(file: bytes, media_type: str, sha256: str) -> str:
    try:
        if _has_more_information(file, media_type):
            raise _Ambiguous
        if media_type != "image/png":
            return f"sha256:{sha256}"
        image = recent_pixels().decode(file).image
    except UnreadablePicture:
        return f"sha256:{sha256}"
    colours = [image.info.get(name) for name in ("icc_profile", "gamma", "chromaticity")]
    seen = plain(image)
    digest = hashlib.sha256(f"{seen.mode} {seen.size} {colours} ".encode())
    digest.update(seen.tobytes())
    return f"pixels:{digest.hexdigest()}"


def _has_more_information(file: bytes, media_type: str) -> bool:
    """Say whether a picture has more than eight bits, or says how its samples are to be seen."""
    if media_type == "image/jpeg":
        return b"ICC_PROFILE\0" in file
    if media_type == "image/webp":
        return file[12:16] == b"VP8X" and any(
            flags & _WEBP_PROFILE for flags in file[_WEBP_FLAGS_AT : _WEBP_FLAGS_AT + 1]
        )
    deep = any(bits > _MAX_BITS for bits in file[_PNG_DEPTH_AT : _PNG_DEPTH_AT + 1])
    return deep or any(name in _PNG_COLOURS for name, _, _ in png_chunks(file))


def _mask_pixels(mask: LocalMask) -> str:
    import PIL.Image

    with PIL.Image.open(io.BytesIO(mask.data)) as image:
        pixels = image.convert("1").tobytes()
    return hashlib.sha256(f"{mask.width}x{mask.height} ".encode() + pixels).hexdigest()

"""What requests have in common that ask for the same: one digest, with pictures by their content.

Addresses of hosted pictures change with every upload, and that of a result expires: so a request
says beside its body what is behind its addresses, and the digest is made of that. Where the service
reports to is left out, since it changes nothing of what is made.
"""

from __future__ import annotations

import hashlib
import io
import json
from typing import TYPE_CHECKING, Any

from lumen_widgets.core.callback import SECRET_FIELD, URL_FIELD
from lumen_widgets.core.errors import InvalidRequest
from lumen_widgets.core.pictures.decoding import UnreadablePicture, decode, plain
from lumen_widgets.core.pictures.images import from_bytes
from lumen_widgets.core.pictures.masks import LocalMask
from lumen_widgets.core.pictures.picture import Picture
from lumen_widgets.core.pictures.sources import read_bytes

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lumen_widgets.core.pictures.images import LocalPicture
    from lumen_widgets.core.request import Request

# The fields that name pictures.
_PICTURES = frozenset({"image", "image_urls", "mask_url"})
_REPORTING = frozenset({URL_FIELD, SECRET_FIELD})

# Beyond this a float has no room for single units: it stays what it is.
_WHOLE = 2**53


def digest_of(origin: str, request: Request) -> str:
    """Return the digest of a request to a service.

    Parameters
    ----------
    origin
        Scheme, host and port of the service.
    request
        The request; its body may have contents in place of addresses.

    Examples
    --------
    >>> from lumen_widgets.core.request import Request
    >>> one = Request("generations", {"prompt": "a cat", "seed": 1})
    >>> other = Request("generations", {"seed": 1.0, "prompt": "a cat"})
    >>> digest_of("https://lumen.example", one) == digest_of("https://lumen.example", other)
    True

    """
    body = {
        name: _pictures(value, request.contents) if name in _PICTURES else _numbers(value)
        for name, value in request.body.items()
        if name not in _REPORTING
    }
    text = json.dumps([origin, request.endpoint, body], sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def content_of(source: object, found: str | LocalPicture) -> str:
    """Return what stands for a picture or a mask in a digest.

    Parameters
    ----------
    source
        What someone gave to a call.
    found
        What `read_picture` or `read_mask` made of it.

    Returns
    -------
    str
        Its address, where nothing else is known of it; else a digest. That of a mask or a PNG is
        one of its pixels: arrays and PIL images become PNGs here, and the same pixels make other
        files with another version of Pillow or zlib.

    """
    if isinstance(source, Picture) and not isinstance(found, LocalMask):
        return _content(source)
    if isinstance(found, str):
        return found
    if isinstance(found, LocalMask):
        return f"mask:{_mask_pixels(found)}"
    return _content(found)


def _content(picture: Picture | LocalPicture) -> str:
    file = picture.bytes if isinstance(picture, Picture) else picture.data
    pixels = _pixels(file) if picture.media_type == "image/png" else None
    return f"sha256:{picture.sha256}" if pixels is None else f"pixels:{pixels}"


def _pixels(file: bytes) -> str | None:
    """Return a digest of what a PNG looks like, None where only the file itself can say."""
    try:
        _, image = decode(file)
    except UnreadablePicture:
        return None
    if image.mode not in {"1", "L", "LA", "P", "RGB", "RGBA"}:  # sixteen bits are more than eight
        return None
    colours = [image.info.get(name) for name in ("icc_profile", "gamma", "chromaticity")]
    seen = plain(image)
    return hashlib.sha256(
        f"{seen.mode} {seen.size} {colours} ".encode() + seen.tobytes()
    ).hexdigest()


def _mask_pixels(mask: LocalMask) -> str:
    import PIL.Image

    with PIL.Image.open(io.BytesIO(mask.data)) as image:
        pixels = image.convert("1").tobytes()
    return hashlib.sha256(f"{mask.width}x{mask.height} ".encode() + pixels).hexdigest()


def _pictures(value: Any, contents: Mapping[str, str]) -> Any:
    if isinstance(value, list):
        return [_pictures(item, contents) for item in value]
    if not isinstance(value, str):
        return _numbers(value)
    if value in contents:
        return contents[value]
    if value.lstrip()[:5].lower() == "data:":
        try:
            return _content(from_bytes(*read_bytes(value, "picture")))
        except InvalidRequest:
            return value  # what it is, the service may know
    return value


def _numbers(value: Any) -> Any:
    """Return a value with every whole number written in one way: to JSON, 1 is 1.0."""
    if isinstance(value, float) and value.is_integer() and abs(value) < _WHOLE:
        return int(value)
    if isinstance(value, dict):
        return {name: _numbers(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_numbers(item) for item in value]
    return value

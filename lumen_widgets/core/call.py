"""One call on its way to be paid: what was asked for, what of it is sent, and its digest.

Calls that ask for the same have one digest. Addresses of hosted pictures change with every upload,
and that of a result expires: so it is made of what is behind them, the contents of the pictures,
such as ``file:9f86d0…`` (`content_of`). Where the service reports to is left out, since it changes
nothing of what is made.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from lumen_widgets.core.callback import SECRET_FIELD, URL_FIELD
from lumen_widgets.core.errors import InvalidRequest
from lumen_widgets.core.fields import PICTURE_FIELDS
from lumen_widgets.core.pictures.images import (
    LocalPicture,
    content_of,
    file_content,
    file_digest,
    read_picture,
    upright_source,
)
from lumen_widgets.core.pictures.masks import check_pair, read_mask
from lumen_widgets.core.pictures.picture import Picture
from lumen_widgets.core.pictures.sources import attribute, read_bytes
from lumen_widgets.core.recipe import FIELDS, SOURCE
from lumen_widgets.core.request import asks_for_reuse, build, check_fields
from lumen_widgets.core.sizes import check_same_size
from lumen_widgets.core.words import short_repr

if TYPE_CHECKING:
    from collections.abc import Callable

    from lumen_widgets.core.fields import Fields
    from lumen_widgets.core.models import Endpoint
    from lumen_widgets.core.pictures.images import PictureSource
    from lumen_widgets.core.pictures.masks import MaskSource
    from lumen_widgets.core.request import Request


# A digest begins with its version, so that one of an earlier release is never taken for one of now.
# It leaves the service out: whoever looks for one says where (the journal by a column of its own),
# and a lesson answers the same request whichever service made its pictures.
DIGEST_VERSION = 3

_REPORTING = frozenset({URL_FIELD, SECRET_FIELD})

# Beyond this a float has no room for single units: it stays what it is.
_WHOLE = 2**53


class Call:
    """One call on its way to be paid.

    Parameters
    ----------
    by_content
        What the caller asked for, each picture by its content: the digest is made of this.
    request
        What is to be sent; a picture that exists only here stands in it by its content.
    sources
        Of each picture and mask: what the caller gave, and what was read of it.
    reuse
        Whether a task that was paid before is as good.
    correlation_id
        What the caller knows the call by; None makes one up.
    asked
        What else was asked for that changes the pictures, and that no field of the request says
        as the caller said it: JSON, by names. It is a part of the digest.

    Attributes
    ----------
    request : Request
        What is to be sent, as far as it is prepared and hosted.
    pictures : dict
        The pictures that exist only here, by their content.

    """

    def __init__(
        self,
        by_content: Request,
        request: Request | None = None,
        *,
        sources: Sequence[tuple[object, str | LocalPicture]] = (),
        reuse: bool = False,
        correlation_id: str | None = None,
        asked: Mapping[str, Any] | None = None,
    ) -> None:
        self.by_content = by_content
        self.asked = asked or {}
        self.sources = sources
        self.pictures = {one.content: one for _, one in sources if isinstance(one, LocalPicture)}
        self.reuse = reuse
        self.correlation_id = _correlation_id(correlation_id)
        sent = request or by_content
        sent = sent.with_recipe(sent.recipe)
        self._unprepared = replace(sent, made_from=tuple(self.made_from))
        self.request = self._unprepared

    @cached_property
    def digest(self) -> str:
        """What calls that ask for the same have in common; taken once, of what was asked for."""
        again = self.by_content.recipe
        # this sends again what something else had become, unless its fields were changed since
        if again is not None and again.digest is not None:
            # an earlier release has not written them down
            fields = again.details.get(FIELDS)
            if fields is None or fields == fields_digest(self.by_content):
                return again.digest
        return digest_of(self.by_content, self.asked)

    @property
    def made_from(self) -> list[str]:
        """Hex digests of the files that it is made with, in their order.

        They are of the bytes that the caller gave, also of a `Picture` that travels by its address,
        before anything was turned, cropped or extended. A mask is none of them; nor is what is
        given by another address, or as pixels, which have no file. What is sent again and has none
        left has those that it had, a repaint the source that was kept for it.
        """
        named = self.by_content.body.get("image_urls")
        contents = named if isinstance(named, list) else []
        digests = [file_digest(one) for one in contents if isinstance(one, str)]
        found = [digest for digest in digests if digest is not None]
        if found or self.by_content.made_from:
            return found or list(self.by_content.made_from)
        again = self.by_content.recipe
        source = None if again is None else again.files.get(SOURCE)
        return [] if source is None else [source.sha256]

    def reset(self) -> None:
        """Forget what an earlier round has prepared and hosted."""
        self.request = self._unprepared


def _correlation_id(given: object) -> str:
    """Return what a call is known by, which the journal has to give back as it was given.

    Raises
    ------
    InvalidRequest
        If it is no text that can be written down.

    """
    if given is None or (isinstance(given, str) and not given):
        return uuid4().hex
    if not isinstance(given, str) or not given.isprintable():
        raise InvalidRequest(
            f"correlation_id is {short_repr(given)}, not text that can be printed; nothing was "
            "sent.",
            next_step="Pass it as text, such as str(…), or leave it out.",
            field="correlation_id",
        )
    return str(given)


def several(pictures: object) -> list[Any]:
    """Return one picture or a sequence of them as a list; text, bytes, files and arrays are one.

    Raises
    ------
    InvalidRequest
        If there is none.

    """
    is_file = attribute(pictures, "read") is not None  # which iterates over its lines
    if is_file or isinstance(pictures, str | bytes | bytearray | memoryview):
        return [pictures]
    listed = list(pictures) if isinstance(pictures, Sequence | Iterator) else [pictures]
    if not listed:
        raise InvalidRequest(
            "There is no picture to edit.", next_step="Pass at least one picture.", field="images"
        )
    return listed


def read_call(
    endpoint: Endpoint,
    prompt: str,
    fields: Fields,
    *,
    images: Sequence[PictureSource] = (),
    mask: MaskSource | None = None,
    base_url: str,
    correlation_id: str | None = None,
    asked: Mapping[str, Any] | None = None,
) -> Call:
    """Read and check what the caller passed, before anything is hosted or paid.

    Parameters
    ----------
    endpoint, prompt, fields
        As for `check_fields`.
    images
        The pictures of an edit; of an inpaint, the one that is repainted.
    mask
        What an inpaint repaints; None for the other calls.
    base_url
        The service that is to read the pictures.
    correlation_id, asked
        As for `Call`.

    Raises
    ------
    InvalidRequest
        Something in it is not as the call takes it.

    """
    checked = check_fields(endpoint, prompt, fields)
    extra, reuse = fields.get("extra"), asks_for_reuse(fields)
    call = partial(Call, reuse=reuse, correlation_id=correlation_id, asked=asked)
    if not images and mask is None:
        return call(build(endpoint, checked, extra=extra))
    field = "images" if mask is None else "image"
    # All are read before the first is hosted: a bad one costs no upload.
    sources: list[tuple[object, str | LocalPicture]] = [
        (picture, read_picture(picture, base_url=base_url, field=field)) for picture in images
    ]
    mask_content = repaint = None
    contents = [content_of(*source) for source in sources]
    if mask is not None:
        area = read_mask(mask)
        if isinstance(images[0], Picture) and not isinstance(area, str):
            # Its mask lies on it as it is seen, and the service need not turn what it reads by URL.
            sources[0] = images[0], upright_source(images[0], sources[0][1])
        # A Picture that travels by its URL has a known size all the same.
        sized = images[0] if isinstance(images[0], Picture) else sources[0][1]
        check_pair(sized, area)
        known = area if isinstance(sized, str) else sized
        if not isinstance(known, str):
            check_same_size(checked.get("size"), known.width, known.height)
        repaint = None if isinstance(area, str) else area.repaint
        mask_content = content_of(mask, area)
        sources.append((mask, area))
    by_content = build(
        endpoint, checked, image_urls=contents, mask_url=mask_content, repaint=repaint, extra=extra
    )
    urls = {content_of(given, read): read for given, read in sources if isinstance(read, str)}
    return call(by_content, by_content.with_addresses(urls), sources=sources)


def digest_of(request: Request, asked: Mapping[str, Any] | None = None) -> str:
    """Return the digest of a request, to whichever service.

    Parameters
    ----------
    request
        The request; its body may have contents in place of addresses.
    asked
        As for `Call`.

    Examples
    --------
    >>> from lumen_widgets.core.request import Request
    >>> one = Request("generations", {"prompt": "a cat", "seed": 1})
    >>> other = Request("generations", {"seed": 1.0, "prompt": "a cat"})
    >>> digest_of(one) == digest_of(other)
    True

    """
    return f"{DIGEST_VERSION}:{digest_with([], request, known_content, asked)}"


def fields_digest(request: Request) -> str:
    """Return a digest of what a request asks for beside its pictures."""
    body = {name: value for name, value in request.body.items() if name not in PICTURE_FIELDS}
    return digest_with([], replace(request, body=body), str)


def digest_with(
    parts: Sequence[str],
    request: Request,
    content: Callable[[str], str],
    asked: Mapping[str, Any] | None = None,
) -> str:
    """Return a digest of a request, in which `content` says what stands for a picture's address.

    `parts` are what it is made of before the request itself.
    """

    def pictures(value: Any) -> Any:
        if isinstance(value, list):
            return [pictures(item) for item in value]
        if isinstance(value, str):
            return content(request.content_by_url.get(value, value))
        return _numbers(value)

    body = {
        name: pictures(value) if name in PICTURE_FIELDS else _numbers(value)
        for name, value in request.body.items()
        if name not in _REPORTING
    }
    more = [_numbers(dict(asked))] if asked else []
    whole = [*parts, request.endpoint, body, *more]
    text = json.dumps(whole, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def is_data_uri(text: str) -> bool:
    """Say whether text is a picture in itself, as a ``data:`` URI."""
    return text.lstrip()[:5].lower() == "data:"


def known_content(text: str) -> str:
    """Return the content of what a field for pictures holds: an address, or a content already."""
    if is_data_uri(text):  # in `extra`, which was not read yet
        try:
            return file_content(read_bytes(text, "picture")[0])
        except InvalidRequest:
            return text  # what it is, the service may know
    return text


def _numbers(value: Any) -> Any:
    """Return a value with every whole number written in one way: to JSON, 1 is 1.0."""
    if isinstance(value, float) and value.is_integer() and abs(value) < _WHOLE:
        return int(value)
    if isinstance(value, dict):
        return {name: _numbers(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_numbers(item) for item in value]
    return value

"""A picture that a widget is given, read before it shows: fetched, where it is an address."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lumen_widgets.client import DownloadError, InvalidRequest, Picture
from lumen_widgets.core.errors import naming
from lumen_widgets.core.pictures.downloads import DownloadLimits, fetch_picture
from lumen_widgets.core.pictures.images import LocalPicture, from_bytes, read_picture
from lumen_widgets.core.pictures.sources import is_url, unwrapped
from lumen_widgets.core.words import has_items

if TYPE_CHECKING:
    from lumen_widgets.core.pictures.images import PictureSource

# the user waits for the cell that makes the widget
_DOWNLOAD_LIMITS = DownloadLimits(seconds=60.0)


def read_local(source: PictureSource, field: str) -> LocalPicture:
    """Read a picture as `LumenClient.edit` takes it: upright, and without metadata.

    Parameters
    ----------
    source
        The picture.
    field
        The keyword that it was given as, which an `InvalidRequest` names.

    Raises
    ------
    InvalidRequest
        It is no picture, is damaged, is too large, or cannot be fetched; the message says which,
        and what to give instead.

    """
    with naming(field):
        if isinstance(source, Picture):
            return from_bytes(source.bytes, "a Picture")
        inside = unwrapped(source)
        if isinstance(inside, str) and is_url(inside):
            return from_bytes(fetched(inside), "a picture from that address")
        found = read_picture(source)
        # only what is an address is not read, and those are fetched above
        assert isinstance(found, LocalPicture)  # noqa: S101 # for the type checker
        return found


def as_picture(given: object) -> Picture:
    """Return the one `Picture` that was given.

    Raises
    ------
    InvalidRequest
        It is none: a file's path, say, or a list of pictures.

    """
    if isinstance(given, Picture):
        return given
    raise InvalidRequest(
        f"A picture was expected, not {type(given).__name__}.",
        next_step="Give it one Picture, such as form.pictures[0]; of several, one by one.",
        field="picture",
    )


def as_pictures(given: object) -> list[Picture]:
    """Return the pictures that were given; one alone is one of them.

    Raises
    ------
    InvalidRequest
        There are none, or something in it is no `Picture`.

    """
    several = has_items(given) and not isinstance(given, str | bytes)
    pictures = [as_picture(one) for one in (given if several else [given])]  # type: ignore[attr-defined] # it was asked for
    if not pictures:
        raise InvalidRequest(
            "There is no picture among those that were given.",
            next_step="Give it one Picture or several.",
            field="pictures",
        )
    return pictures


def fetched(url: str) -> bytes:
    """Fetch a picture from an address that the user gave.

    Raises
    ------
    InvalidRequest
        It cannot be fetched.

    """
    try:
        # the user typed this address here: one on this machine is meant to be on this machine
        return fetch_picture(url.strip(), base_url=url.strip(), limits=_DOWNLOAD_LIMITS).data
    except DownloadError as error:
        raise InvalidRequest(
            f"The picture could not be fetched from its address. {error.message}",
            next_step="Download it yourself, and give the file's path or its bytes.",
        ) from None

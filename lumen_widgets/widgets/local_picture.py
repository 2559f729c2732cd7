"""A picture that a widget is given, read before it shows: fetched, where it is an address."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lumen_widgets.client import DownloadError, InvalidRequest, Picture
from lumen_widgets.core.errors import naming
from lumen_widgets.core.pictures.downloads import DownloadLimits, fetch_picture
from lumen_widgets.core.pictures.images import LocalPicture, from_bytes, read_picture
from lumen_widgets.core.pictures.sources import is_url, unwrapped

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

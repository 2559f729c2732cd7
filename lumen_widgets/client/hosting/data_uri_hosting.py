"""Pictures inside the request itself, as ``data:`` URIs: for services that take them."""

from __future__ import annotations

import base64
import sys

from lumen_widgets.client.hosting.protocol import HostedFile
from lumen_widgets.core.errors import HostingError, InvalidRequest
from lumen_widgets.core.words import whole_number


class DataURIHosting:
    """Puts pictures into the request itself, as ``data:`` URIs.

    The service does not say that it takes them. If it does not, it refuses the request, or the
    task fails and its credits are given back. Nothing is uploaded anywhere.

    Parameters
    ----------
    max_bytes
        The largest file that travels so, in bytes; the request has four bytes for three of them.
        Services that take data URIs warn of more than 1 MB.

    Raises
    ------
    InvalidRequest
        `max_bytes` is no number of bytes.

    Examples
    --------
    >>> hosting = DataURIHosting()
    >>> hosting.put(b"GIF89a", "image/gif", "").url  # doctest: +SKIP
    'data:image/gif;base64,R0lGODlh'

    """

    def __init__(self, max_bytes: int = 1_000_000) -> None:
        number = whole_number(max_bytes)
        if number is None or not 1 <= number <= sys.maxsize:
            # not repeated: other hostings have an address or a secret in its place
            raise InvalidRequest(
                "max_bytes is not a whole number of bytes from 1 up.",
                next_step="Leave it out for 1,000,000.",
                field="max_bytes",
            )
        self.max_bytes = number

    def __repr__(self) -> str:
        return f"DataURIHosting(max_bytes={self.max_bytes})"

    def put(self, data: bytes, media_type: str, digest: str) -> HostedFile:  # noqa: ARG002  nothing is named here
        """Return the file as its own address.

        Raises
        ------
        HostingError
            It is larger than `max_bytes`.

        """
        if len(data) > self.max_bytes:
            raise HostingError(
                f"A picture of {len(data):,} bytes is larger than the {self.max_bytes:,} that "
                "travel as a data: URI; nothing was sent.",
                next_step="Make it smaller (picture.thumbnail((1024, 1024)) with Pillow, or save "
                "it as JPEG), raise DataURIHosting(max_bytes=…), or host it: pass its URL, or "
                "hosting=lumen.FsspecHosting('s3://…').",
            )
        return HostedFile(f"data:{media_type};base64,{base64.b64encode(data).decode()}")

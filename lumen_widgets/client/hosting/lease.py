"""A lease: the hosted files that one request needs, until the service needs them no more."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from lumen_widgets.client.hosting.protocol import checked_hosting
from lumen_widgets.client.hosting.upload_cache import shared_upload_cache
from lumen_widgets.core.errors import HostingError
from lumen_widgets.core.pictures.addresses import is_loopback_url

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from lumen_widgets.client.hosting.protocol import Hosting
    from lumen_widgets.core.pictures.images import LocalPicture


class Lease:
    """Holds files from before their request is sent until `release` or `leave_to_expire`.

    A file is not deleted while a lease holds it. A lease that is never ended leaves its files to
    expire.

    Examples
    --------
    >>> lease = Lease()
    >>> url = lease.address(picture, hosting, "https://lumen.example")  # doctest: +SKIP
    >>> lease.release()

    """

    def __init__(self) -> None:
        self._cache = shared_upload_cache()

    def address(self, picture: LocalPicture, hosting: Hosting | None, base_url: str) -> str:
        """Return an address for a picture, and hold the file there.

        Parameters
        ----------
        picture
            What `read_picture` or `read_mask` returned.
        hosting
            Where it is put, unless it is there already and its address lasts.
        base_url
            The service that is to read it: one elsewhere cannot reach an address on this machine.

        Raises
        ------
        HostingError
            There is no hosting, or it failed. Nothing has been paid.
        InvalidRequest
            `hosting` is none.

        """
        url = self._cache.acquire(picture, checked_hosting(hosting), self)
        here = not url.startswith("data:") and is_loopback_url(url)
        if here and not is_loopback_url(base_url):
            raise HostingError(
                "The hosting gave an address on this machine, which the service cannot reach; "
                "nothing was sent.",
                next_step="Use a store on the internet.",
            )
        return url

    def acquire_urls(
        self, urls: Iterable[str], contents: Mapping[str, str] = MappingProxyType({})
    ) -> None:
        """Hold the files that a request names already, since it is sent again.

        Parameters
        ----------
        urls
            Its pictures' addresses; those that no hosting of this process gave are passed over.
        contents
            By their addresses, what is to be there, as far as it is known.

        Raises
        ------
        HostingError
            One of them has ended, or another picture lies there by now.

        """
        for url in urls:
            if not self._cache.acquire_url(url, self, contents.get(url)):
                raise HostingError(
                    "A picture of this request was hosted for a time, and is not at its address "
                    "any more; nothing was sent.",
                    next_step="Call edit or inpaint again with the picture itself.",
                )

    def release(self) -> None:
        """Release the files: the service reads them no more. A second call does nothing."""
        self._cache.release(self)

    def leave_to_expire(self) -> None:
        """Leave the files until they expire: the service may read them at any time."""
        self._cache.release(self, delete=False)

"""Hosting as an option: a call's local pictures get addresses until its task has ended."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lumen_widgets.client.hosting.lease import Lease
from lumen_widgets.client.hosting.place import place_of
from lumen_widgets.client.hosting.upload_cache import address_in_use
from lumen_widgets.core.answers import TERMINAL
from lumen_widgets.core.fields import PICTURE_FIELDS
from lumen_widgets.core.options import Option
from lumen_widgets.core.pictures.sources import is_url

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from lumen_widgets.client.hosting.protocol import Hosting
    from lumen_widgets.core.call import Call
    from lumen_widgets.core.options import StatusReport
    from lumen_widgets.core.request import Request


class HostingOption(Option):
    """Holds the files that one call and its task need.

    They are released where the call was refused, and once the task has ended; where its outcome is
    unknown they are left to expire, since the service may read them at any time.

    Parameters
    ----------
    hosting
        Where local pictures go, chosen when the first one has to; None where there is no place.
    base_url
        The service that reads them.

    """

    def __init__(self, hosting: Callable[[], Hosting | None], base_url: str) -> None:
        self._hosting = hosting
        self._base_url = base_url
        self._lease: Lease | None = None

    def host(self, call: Call) -> None:
        """Host the call's local pictures, and hold the files that it names already."""
        named = list(_addresses(call.request))
        if not named:
            return
        self._lease = lease = Lease()
        lease.acquire_urls(
            (url for url in named if url not in call.pictures), call.request.content_by_url
        )
        found = {
            content: lease.address(call.pictures[content], self._hosting(), self._base_url)
            for content in dict.fromkeys(named)
            if content in call.pictures
        }
        # what the caller named by an address may have been put there by an earlier process
        known = call.request.content_by_url
        places = {place_of(url): known.get(url) for url in named if is_url(url)}
        for content, url in found.items():
            if is_url(url) and places.get(place_of(url), content) != content:
                raise address_in_use()
        call.request = call.request.with_addresses(found)

    def refused(self, error: BaseException) -> None:  # noqa: ARG002 -- whatever it is
        """Release the files."""
        self._release()

    def unknown(self, error: BaseException) -> None:  # noqa: ARG002 -- whatever it is
        """Leave the files to expire."""
        if self._lease is not None:
            self._lease.leave_to_expire()

    def status(self, report: StatusReport) -> None:
        """Release the files once the task has ended: then the service reads them no more."""
        if report.status in TERMINAL:
            self._release()

    def _release(self) -> None:
        if self._lease is not None:
            self._lease.release()


def _addresses(request: Request) -> Iterator[str]:
    """Yield the values of the fields that name pictures."""
    for name in sorted(PICTURE_FIELDS):
        value = request.body.get(name)
        for one in value if isinstance(value, list) else [value]:
            if isinstance(one, str):
                yield one

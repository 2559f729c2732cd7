"""The uploads of a sandbox on this machine, as a hosting."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from lumen_widgets.client.hosting.protocol import HostedFile
from lumen_widgets.client.sandbox_server import FAILURES, Reply, ask, describe_sandbox
from lumen_widgets.core.errors import HostingError
from lumen_widgets.core.pictures.addresses import is_loopback_url

if TYPE_CHECKING:
    import requests

    from lumen_widgets.core.http.keys import Key

_CREATED, _GONE, _TOO_LARGE = 201, 404, 413
_DELETED = frozenset({200, 204, _GONE})


class SandboxHosting:
    """The uploads of a sandbox on this machine, which proves that it is the key's before each.

    Parameters
    ----------
    base_url
        The sandbox's address, on loopback.
    uploads_path
        The path that takes uploads, as the sandbox names it.
    key
        The sandbox's.
    session
        Used in place of one of our own.

    Raises
    ------
    HostingError
        The address is not on loopback, or the path is none.

    """

    def __init__(
        self,
        base_url: str,
        uploads_path: str,
        key: Key,
        session: requests.Session | None = None,
    ) -> None:
        # The path came over the wire: "//elsewhere" or "@elsewhere" would take the key along.
        if not is_loopback_url(base_url) or not uploads_path.startswith("/"):
            raise HostingError("A sandbox's uploads must be a path on this machine.")
        self._url = f"{base_url.rstrip('/')}/{uploads_path.lstrip('/')}"
        self._key = key
        self._session = session

    def __repr__(self) -> str:
        return f"SandboxHosting({self._url!r})"

    def put(self, data: bytes, media_type: str, digest: str) -> HostedFile:  # noqa: ARG002  the sandbox makes up its own names
        """Upload a file to the sandbox.

        Raises
        ------
        HostingError
            The sandbox cannot be reached, or did not take it.

        """
        response = self._ask("POST", self._url, data=data, headers={"Content-Type": media_type})
        url, expires_at = _address(response.body)
        if response.status == _TOO_LARGE:
            raise HostingError(
                f"The sandbox takes no picture of {len(data):,} bytes; nothing was sent.",
                next_step="Make it smaller (picture.thumbnail((2048, 2048)) with Pillow, or save "
                "it as JPEG).",
                status=response.status,
            )
        if response.status != _CREATED or url is None:
            raise HostingError(
                "The sandbox did not take an upload.",
                next_step="Its setting uploads=True allows them; or pass a URL instead.",
                status=response.status,
            )
        return HostedFile(url, expires_at, lambda: self._delete(url))

    def _delete(self, url: str) -> None:
        response = self._ask("DELETE", url)
        if response.status not in _DELETED:
            raise HostingError("The sandbox did not delete an upload.", status=response.status)

    def _ask(self, method: str, url: str, **more: Any) -> Reply:
        try:
            return ask(self._session, method, url, self._key, auth=self._key, **more)
        except FAILURES:
            raise _unreachable() from None


def find_sandbox_hosting(
    base_url: str, key: Key, session: requests.Session | None = None
) -> SandboxHosting | None:
    """Ask a service on loopback, once and without the key, whether it takes uploads.

    Parameters
    ----------
    base_url
        The service's address; nothing is asked of one that is not on loopback.
    key
        What the sandbox has to know, and what signs later uploads.
    session
        Used in place of one of our own.

    Returns
    -------
    SandboxHosting or None
        None for everything that is not the key's sandbox with uploads switched on.

    Raises
    ------
    HostingError
        The key is a sandbox's, and that sandbox does not answer there.

    """
    try:
        said = describe_sandbox(base_url, key, session)
    except FAILURES:
        if key.is_sandbox:
            raise _unreachable() from None
        return None  # some other service on this machine
    if said is None or not isinstance(path := said.get("uploads"), str):
        return None
    try:
        return SandboxHosting(base_url, path, key, session)
    except HostingError:
        return None


def _unreachable() -> HostingError:
    return HostingError(
        "The sandbox cannot be reached for an upload, or another program has its address; "
        "nothing was sent.",
        next_step="Start it again, or pass a URL instead of a local picture.",
    )


def _address(body: bytes) -> tuple[str | None, float | None]:
    """Return address and end of an upload, None for what the answer does not say properly."""
    try:
        said = json.loads(body)
        url, expires_at = said["url"], said.get("expires_at")
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        return None, None
    # The key goes along with a later DELETE, so the address must be on this machine too.
    if not isinstance(url, str) or not is_loopback_url(url):
        return None, None
    return url, expires_at if isinstance(expires_at, (int, float)) else None

"""The uploads of a sandbox on this machine, as a hosting."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import requests

from lumen_widgets.client.hosting.protocol import HostedFile
from lumen_widgets.core.errors import HostingError
from lumen_widgets.core.pictures.addresses import is_loopback_url

if TYPE_CHECKING:
    from requests.auth import AuthBase

# (connect, read) in seconds: the sandbox is on this machine.
_TIMEOUT = (5.0, 30.0)

# The sandbox is on this machine: no proxy that the environment names is asked.
_NO_PROXY = {"http": None, "https": None, "all": None}

_CREATED, _GONE, _TOO_LARGE = 201, 404, 413
_DELETED = frozenset({200, 204, _GONE})


class SandboxHosting:
    """The uploads of a sandbox on this machine.

    Parameters
    ----------
    base_url
        The sandbox's address, on loopback.
    uploads_path
        The path that takes uploads, as the sandbox names it.
    auth
        Adds the key to a request; the key itself stays in there.
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
        auth: AuthBase,
        session: requests.Session | None = None,
    ) -> None:
        # The path came over the wire: "//elsewhere" or "@elsewhere" would take the key along.
        if not is_loopback_url(base_url) or not uploads_path.startswith("/"):
            raise HostingError("A sandbox's uploads must be a path on this machine.")
        self._url = f"{base_url.rstrip('/')}/{uploads_path.lstrip('/')}"
        self._auth = auth
        self._session = session or _own_session()

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
        url, expires_at = _answer(response)
        if response.status_code == _TOO_LARGE:
            raise HostingError(
                f"The sandbox takes no picture of {len(data):,} bytes; nothing was sent.",
                next_step="Make it smaller (picture.thumbnail((2048, 2048)) with Pillow, or save "
                "it as JPEG).",
                status=response.status_code,
            )
        if response.status_code != _CREATED or url is None:
            raise HostingError(
                "The sandbox did not take an upload.",
                next_step="Its setting uploads=True allows them; or pass a URL instead.",
                status=response.status_code,
            )
        return HostedFile(url, expires_at, lambda: self._delete(url))

    def _delete(self, url: str) -> None:
        response = self._ask("DELETE", url)
        if response.status_code not in _DELETED:
            raise HostingError("The sandbox did not delete an upload.", status=response.status_code)

    def _ask(self, method: str, url: str, **more: Any) -> requests.Response:
        try:
            return _asked(self._session, method, url, auth=self._auth, **more)
        except (requests.RequestException, OSError):
            raise HostingError(
                "The sandbox cannot be reached for an upload.",
                next_step="Start it again, or pass a URL instead of a local picture.",
            ) from None


def find_sandbox_hosting(
    base_url: str, auth: AuthBase, session: requests.Session | None = None
) -> SandboxHosting | None:
    """Ask a service on loopback, once and without the key, whether it takes uploads.

    Parameters
    ----------
    base_url
        The service's address; nothing is asked of one that is not on loopback.
    auth
        Adds the key to later uploads.
    session
        Used in place of one of our own.

    Returns
    -------
    SandboxHosting or None
        None for everything that is not a sandbox with uploads switched on.

    """
    if not is_loopback_url(base_url):
        return None
    try:
        known = _asked(session or _own_session(), "GET", f"{base_url.rstrip('/')}/healthz").json()
        if known["service"] == "lumen-sandbox" and isinstance(known["uploads"], str):
            return SandboxHosting(base_url, known["uploads"], auth, session)
    except (requests.RequestException, OSError, ValueError, LookupError, TypeError, HostingError):
        pass  # some other service on this machine
    return None


def _asked(session: requests.Session, method: str, url: str, **more: Any) -> requests.Response:
    """Return this machine's answer, in time and from nowhere else."""
    return session.request(
        method,
        url,
        timeout=_TIMEOUT,
        allow_redirects=False,
        proxies=_NO_PROXY,  # type: ignore[arg-type]  # None for a scheme means no proxy; the stub knows only text
        **more,
    )


def _own_session() -> requests.Session:
    session = requests.Session()
    # Neither netrc nor proxies: both would be asked about this very machine.
    session.trust_env = False
    return session


def _answer(response: requests.Response) -> tuple[str | None, float | None]:
    """Return address and end of an upload, None for what the answer does not say properly."""
    try:
        said = response.json()
        url, expires_at = said["url"], said.get("expires_at")
    except (ValueError, LookupError, TypeError, AttributeError):
        return None, None
    # The key goes along with a later DELETE, so the address must be on this machine too.
    if not isinstance(url, str) or not is_loopback_url(url):
        return None, None
    return url, expires_at if isinstance(expires_at, (int, float)) else None

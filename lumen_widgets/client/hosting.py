"""Hosting: how a picture that exists only here gets an address that the service can read."""

from __future__ import annotations

import threading
import time
import weakref
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

import requests

from lumen_widgets.client.addresses import is_loopback_url
from lumen_widgets.client.errors import HostingError

if TYPE_CHECKING:
    from collections.abc import Callable

    from requests.auth import AuthBase

    from lumen_widgets.client.images import LocalPicture

# Seconds. A task may wait in a queue before the service reads its pictures: an address that ends
# sooner than this is renewed before it is used again.
RENEW_BEFORE = 15 * 60.0

# (connect, read) in seconds: the sandbox is on this machine.
_TIMEOUT = (5.0, 30.0)

# The sandbox is on this machine: no proxy that the environment names is asked.
_NO_PROXY = {"http": None, "https": None, "all": None}

_CREATED, _GONE = 201, 404
_DELETED = frozenset({200, 204, _GONE})


@dataclass(frozen=True)
class HostedFile:
    """A file that is reachable by its address until it expires or is deleted.

    Attributes
    ----------
    url
        Where it is. Whoever holds the address can read the file, so it is not in the repr.
    expires_at
        When the address ends, unix seconds; None if it does not.
    remove
        Takes the file away; None where that cannot be done.

    """

    url: str = field(repr=False)
    expires_at: float | None = None
    remove: Callable[[], None] | None = field(default=None, repr=False, compare=False)

    def delete(self) -> None:
        """Take the file away, if the host can.

        Raises
        ------
        HostingError
            The host could not be asked, or refused.

        """
        if self.remove is not None:
            self.remove()


class Hosting(Protocol):
    """A place for files that the service can read by URL; any object with this method is one."""

    def put(self, data: bytes, media_type: str, digest: str) -> HostedFile:
        """Host a file.

        Parameters
        ----------
        data
            The whole file, free of metadata.
        media_type
            ``image/png``, ``image/jpeg`` or ``image/webp``.
        digest
            Hex SHA-256 of `data`. It is not a secret: a name made of it alone can be guessed by
            whoever has the same file.

        Raises
        ------
        HostingError
            It could not be hosted.

        """


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
        response = self._ask("POST", self._url, data=data, media_type=media_type)
        url, expires_at = _answer(response)
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

    def _ask(
        self, method: str, url: str, *, data: bytes | None = None, media_type: str | None = None
    ) -> requests.Response:
        try:
            return self._session.request(
                method,
                url,
                data=data,
                headers={"Content-Type": media_type},
                auth=self._auth,
                timeout=_TIMEOUT,
                allow_redirects=False,
                proxies=_NO_PROXY,  # type: ignore[arg-type]  # None for a scheme means no proxy; the stub knows only text
            )
        except (requests.RequestException, OSError):
            raise HostingError(
                "The sandbox cannot be reached for an upload.",
                next_step="Start it again, or pass a URL instead of a local picture.",
            ) from None


def find_hosting(
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
        health = (session or _own_session()).get(
            f"{base_url.rstrip('/')}/healthz",
            timeout=_TIMEOUT,
            allow_redirects=False,
            proxies=_NO_PROXY,  # type: ignore[arg-type]  # None for a scheme means no proxy; the stub knows only text
        )
        known = health.json()
        if known["service"] == "lumen-sandbox" and isinstance(known["uploads"], str):
            return SandboxHosting(base_url, known["uploads"], auth, session)
    except (requests.RequestException, OSError, ValueError, LookupError, TypeError, HostingError):
        pass  # some other service on this machine
    return None


def host(picture: str | LocalPicture, hosting: Hosting | None) -> str:
    """Return an address for a picture.

    Parameters
    ----------
    picture
        What `read_picture` or `read_mask` returned; a URL stays as it is.
    hosting
        Where local pictures go. The same bytes are put there once, as long as the address lasts.

    Raises
    ------
    HostingError
        It is local and there is no hosting, or the hosting failed. Nothing has been paid.

    Examples
    --------
    >>> host("https://example.org/cat.png", None)
    'https://example.org/cat.png'

    """
    if isinstance(picture, str):
        return picture
    if hosting is None:
        raise HostingError(
            "The service reads pictures by URL, and this one exists only here; nothing was sent.",
            next_step="Pass a URL that the service can read, give the client a hosting= object, "
            "or run on the sandbox, which takes local pictures.",
        )
    shelf = _SHELVES.setdefault(hosting, _Shelf())
    return shelf.put(picture, hosting).url


class _Shelf:
    """What one hosting holds already."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._files: dict[str, HostedFile] = {}

    def put(self, picture: LocalPicture, hosting: Hosting) -> HostedFile:
        # Held while uploading: a second thread with the same picture waits instead of uploading.
        with self._lock:
            known = self._files.get(picture.sha256)
            if known is not None and (
                known.expires_at is None or known.expires_at - time.time() > RENEW_BEFORE
            ):
                return known
            hosted = hosting.put(picture.data, picture.media_type, picture.sha256)
            self._files[picture.sha256] = hosted
            return hosted


# Weak, so that a hosting which is no longer used is forgotten with its addresses.
_SHELVES: weakref.WeakKeyDictionary[Hosting, _Shelf] = weakref.WeakKeyDictionary()


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

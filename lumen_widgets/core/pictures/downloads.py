"""A result picture fetched from an address that a stranger may have written."""

from __future__ import annotations

import hashlib
import os
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import urljoin

import requests
from requests.utils import get_environ_proxies
from urllib3.exceptions import HTTPError

from lumen_widgets.core.errors import DownloadError
from lumen_widgets.core.http.addresses import AddressRefused, check_url
from lumen_widgets.core.http.guarded import Guard, GuardedAdapter
from lumen_widgets.core.pictures.decoding import MAX_BYTES, MAX_PIXELS, UnreadablePicture, decode

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lumen_widgets.core.http.addresses import Target

# Object stores redirect once, a content network in front of one twice.
MAX_REDIRECTS = 3

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_OK = 200
# Answers that blame the moment: too slow, too early, too many, or a fault of the server's.
_PASSING, _FAULT = frozenset({408, 425, 429}), 500
_CHUNK = 64 * 1024

_HEADERS = {
    "Accept": "image/png, image/jpeg, image/webp",
    # What is compressed may swell without end, and pictures are compressed already.
    "Accept-Encoding": "identity",
    "User-Agent": "lumen_widgets",
}


@dataclass(frozen=True)
class DownloadLimits:
    """How much of everything one picture may take.

    Attributes
    ----------
    max_bytes
        Size of the file; 64 MiB.
    max_pixels
        Width times height; 8192 x 8192.
    seconds
        All in all, redirects included; 120, in which a slow line of 4 Mbit/s brings 60 MB.

    """

    max_bytes: int = MAX_BYTES
    max_pixels: int = MAX_PIXELS
    seconds: float = 120.0


@dataclass(frozen=True)
class FetchedPicture:
    """A picture that was fetched, checked and decoded once.

    Attributes
    ----------
    data
        The file's bytes, as they came.
    media_type
        ``image/png``, ``image/jpeg`` or ``image/webp``, by the bytes.
    width, height
        In pixels.
    sha256
        Hex digest of `data`.

    """

    data: bytes = field(repr=False)
    media_type: str
    width: int
    height: int
    sha256: str


_LIMITS = DownloadLimits()


def fetch_picture(
    url: str,
    *,
    base_url: str,
    allow_hosts: Sequence[str] = (),
    limits: DownloadLimits = _LIMITS,
    session: requests.Session | None = None,
) -> FetchedPicture:
    """Fetch a result picture, trusting neither its address nor its bytes.

    No key, cookie or password goes along.

    Parameters
    ----------
    url
        The picture's address. It is not repeated in any error: it may be signed.
    base_url
        The service's address: only if it is on loopback may pictures come from there.
    allow_hosts
        Names that may lead into private networks.
    limits
        Caps on bytes, pixels and seconds.
    session
        Used as it is in place of our own connections, for tests and for Python in a browser: the
        address that it connects to is then its own affair, and so is a server that drips.

    Returns
    -------
    FetchedPicture
        PNG, JPEG or WebP by its first bytes, decoded to the end.

    Raises
    ------
    DownloadError
        The address is not asked, there is no such picture, it is not a picture, or a cap was
        reached.

    Examples
    --------
    >>> fetch_picture("https://pictures.example/1.png",
    ...               base_url="https://lumen.example")  # doctest: +SKIP

    """
    deadline = time.monotonic() + limits.seconds
    for _ in range(MAX_REDIRECTS + 1):
        try:
            target = check_url(url, base_url=base_url, allow_hosts=allow_hosts)
            answer = _ask(target, deadline, limits, session)
        except AddressRefused as error:
            raise DownloadError(
                f"A result's address is not asked: {error}.",
                next_step="If you trust that host, name it in the allow_hosts= of a new "
                "client, and take the task up there by its id.",
            ) from None
        except (requests.RequestException, HTTPError, OSError) as error:
            late = time.monotonic() >= deadline
            raise DownloadError(
                f"A picture could not be fetched: {_reason(error, late, limits.seconds)}.",
                next_step="Waiting for the task again fetches what is missing.",
                # A certificate does not get better, and what used up its time would do so again.
                passing=not late and not isinstance(error, requests.exceptions.SSLError),
            ) from None
        if isinstance(answer, bytes):
            return _checked(answer, limits)
        url = urljoin(target.url, answer)
    raise DownloadError(f"A picture's address leads to more than {MAX_REDIRECTS} others in a row.")


def _ask(
    target: Target, deadline: float, limits: DownloadLimits, session: requests.Session | None
) -> bytes | str:
    """Return the body, or the address that the server sends us on to."""
    if session is not None:
        return _get(session, target, deadline, limits, proxies={}, verify=None)
    guard = Guard(target.admits, deadline)
    with requests.Session() as own:
        # No netrc; what else an environment says about networks is read below.
        own.trust_env = False
        for scheme in ("https://", "http://"):
            own.mount(scheme, GuardedAdapter(guard))
        proxies = {} if target.is_loopback else dict(get_environ_proxies(target.url))
        verify = os.environ.get("REQUESTS_CA_BUNDLE") or os.environ.get("CURL_CA_BUNDLE")
        return _get(own, target, deadline, limits, proxies=proxies, verify=verify or True)


def _get(
    session: requests.Session,
    target: Target,
    deadline: float,
    limits: DownloadLimits,
    *,
    proxies: dict[str, str],
    verify: bool | str | None,
) -> bytes | str:
    # Not prepared by the session: its headers, cookies, parameters and password are for the
    # service. Its adapter is asked directly, so that a store cannot leave cookies in it either.
    prepared = requests.Request("GET", target.url, headers=_HEADERS).prepare()
    found = session.merge_environment_settings(
        target.url, proxies, stream=True, verify=verify, cert=None
    )
    with session.get_adapter(target.url).send(
        prepared,
        stream=True,
        timeout=max(0.001, deadline - time.monotonic()),
        verify=True if found["verify"] is None else found["verify"],
        proxies={} if target.is_loopback else found["proxies"],
    ) as response:
        location = response.headers.get("Location")
        if response.status_code in _REDIRECTS and location:
            return location
        if response.status_code != _OK:
            raise DownloadError(
                f"A picture could not be fetched: {target.host} answered "
                f"HTTP {response.status_code}.",
                next_step="Waiting for the task again asks anew; the link may also have expired.",
                status=response.status_code,
                passing=response.status_code in _PASSING or response.status_code >= _FAULT,
            )
        if response.headers.get("Content-Encoding", "identity").lower() != "identity":
            raise DownloadError(f"{target.host} sent a picture compressed, which was not asked.")
        return _body(response, deadline, limits)


def _body(response: requests.Response, deadline: float, limits: DownloadLimits) -> bytes:
    """Read the body, no further than the caps."""
    body = bytearray()
    announced = response.headers.get("Content-Length", "")
    if not announced.isdecimal() or int(announced[:20]) <= limits.max_bytes:
        for chunk in response.iter_content(_CHUNK):
            body += chunk
            if time.monotonic() >= deadline:
                raise TimeoutError
            if len(body) <= limits.max_bytes:
                continue
            break
        else:
            return bytes(body)
    raise DownloadError(
        f"A picture is larger than the {limits.max_bytes:,} bytes that are allowed."
    )


def _checked(data: bytes, limits: DownloadLimits) -> FetchedPicture:
    try:
        media_type, image = decode(data, max_pixels=limits.max_pixels)
    except UnreadablePicture as error:
        raise DownloadError(
            f"What was fetched as a picture is {error}.",
            next_step="Waiting for the task again fetches it anew.",
        ) from None
    return FetchedPicture(
        data, media_type, image.width, image.height, hashlib.sha256(data).hexdigest()
    )


def _reason(error: Exception, late: bool, seconds: float) -> str:
    """Say what went wrong, without the address that requests puts into its messages."""
    if late or isinstance(error, (requests.Timeout, TimeoutError)):
        return f"it took longer than allowed ({seconds:g} s in all)"
    if isinstance(error, requests.exceptions.SSLError):
        return "the server's certificate was not accepted"
    if isinstance(error, requests.exceptions.ProxyError):
        return "the proxy refused it"
    if isinstance(error, (requests.exceptions.ChunkedEncodingError, HTTPError)):
        return "the connection ended before the picture did"
    return "no connection could be made, or it broke off"

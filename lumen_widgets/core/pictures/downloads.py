"""A result picture fetched from an address that is not trusted."""

from __future__ import annotations

import hashlib
import sys
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urljoin

import requests
from requests.adapters import HTTPAdapter
from requests.utils import select_proxy
from urllib3.exceptions import HTTPError

from lumen_widgets.core.errors import DownloadError
from lumen_widgets.core.http.connection import (
    SendGuard,
    guarded_copy,
    read_header,
    read_pieces,
    reading,
    send_through,
)
from lumen_widgets.core.http.transport import describe
from lumen_widgets.core.pictures.addresses import AddressRefused, check_url
from lumen_widgets.core.pictures.decoding import (
    MAX_BYTES,
    MAX_PIXELS,
    Checked,
    DamagedPicture,
    UnreadablePicture,
    check,
    upright_size,
)
from lumen_widgets.core.pictures.recent_pixels import recent_pixels

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lumen_widgets.core.http.connection import Verify
    from lumen_widgets.core.pictures.addresses import Target

# Object stores redirect once, a content network in front of one twice.
MAX_REDIRECTS = 3

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_OK = 200
# Answers that blame the moment: not there yet, too slow, too early, too many, or a fault of the
# server's.
_TRANSIENT, _FAULT = frozenset({404, 408, 425, 429}), 500

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
    longest_wait
        Seconds of one wait on a socket; 20, so that a silent server is noticed before the end.

    """

    max_bytes: int = MAX_BYTES
    max_pixels: int = MAX_PIXELS
    seconds: float = 120.0
    longest_wait: float = 20.0


@dataclass(frozen=True)
class FetchedPicture:
    """A picture that was fetched, and is known to be whole.

    Attributes
    ----------
    data
        The file's bytes, as they came.
    media_type
        ``image/png``, ``image/jpeg`` or ``image/webp``, by the bytes.
    width, height
        In pixels, as it is seen.
    sha256
        Hex digest of `data`.

    """

    data: bytes = field(repr=False)
    media_type: str
    width: int
    height: int
    sha256: str


DOWNLOAD_LIMITS = DownloadLimits()


class DownloadWords(NamedTuple):
    """What is fetched, as errors name it.

    Attributes
    ----------
    what
        The thing itself.
    address
        Its address.

    """

    what: str
    address: str


_PICTURE = DownloadWords("A picture", "A result's address")


def fetch_picture(
    url: str,
    *,
    base_url: str,
    allow_hosts: Sequence[str] = (),
    limits: DownloadLimits = DOWNLOAD_LIMITS,
    session: requests.Session | None = None,
    verify: Verify | None = None,
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
        address that it connects to is then its own affair, and so is a server that drips. Only a
        server that has to be verified is asked on connections made for it, as `send_through` says.
    verify
        As a `SendGuard` has it, for servers on this machine; None for none.

    Returns
    -------
    FetchedPicture
        PNG, JPEG or WebP by its first bytes, which can be decoded to the end.

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
    data = fetch_file(
        url,
        _PICTURE,
        base_url=base_url,
        allow_hosts=allow_hosts,
        limits=limits,
        session=session,
        verify=verify,
    )
    return _checked(data, limits)


def fetch_file(
    url: str,
    words: DownloadWords,
    *,
    base_url: str,
    allow_hosts: Sequence[str] = (),
    limits: DownloadLimits,
    session: requests.Session | None = None,
    verify: Verify | None = None,
) -> bytes:
    """Fetch any file as `fetch_picture` fetches a picture, and return its bytes, which may be any.

    Parameters
    ----------
    url
        Its address; not repeated in any error.
    words
        What it is called in errors.
    base_url, allow_hosts, limits, session, verify
        As for `fetch_picture`; pixels do not count.

    Raises
    ------
    DownloadError
        The address is not asked, there is no such file, or a cap was reached.

    Examples
    --------
    >>> fetch_file("https://lessons.example/owls.lumen", DownloadWords("The lesson", "Its address"),
    ...            base_url="https://lessons.example", limits=DownloadLimits())  # doctest: +SKIP

    """
    deadline = time.monotonic() + limits.seconds
    for _ in range(MAX_REDIRECTS + 1):
        try:
            target = check_url(url, base_url=base_url, allow_hosts=allow_hosts)
            answer = _ask(target, deadline, limits, session, verify, words=words)
        except AddressRefused as error:
            raise DownloadError(
                f"{words.address} is not asked: {error}.",
                next_step="If you trust that host, name it in the allow_hosts= of a new "
                "client, and take the task up there by its id."
                if error.allowable
                else "No setting allows that: look for the picture in the service's console.",
            ) from None
        except (requests.RequestException, HTTPError, OSError) as error:
            late = time.monotonic() >= deadline
            over = f"it took longer than allowed ({limits.seconds:g} s in all)"
            raise DownloadError(
                f"{words.what} could not be fetched: {over if late else describe(error)}.",
                next_step="Waiting for the task again fetches what is missing.",
                # A certificate does not get better, and what used up its time would do so again.
                transient=not late and not isinstance(error, requests.exceptions.SSLError),
            ) from None
        if isinstance(answer, bytes):
            return answer
        try:
            url = urljoin(target.url, answer)
        except ValueError:
            raise DownloadError(f"{words.address} leads to one that is not a valid URL.") from None
    raise DownloadError(f"{words.address} leads to more than {MAX_REDIRECTS} others in a row.")


def _ask(
    target: Target,
    deadline: float,
    limits: DownloadLimits,
    session: requests.Session | None,
    verify: Verify | None,
    *,
    words: DownloadWords,
) -> bytes | str:
    """Return the body, or the address that the server sends us on to."""
    # Not prepared by the session: its headers, cookies, parameters and password are for the
    # service. An adapter is asked directly, so that a store cannot leave cookies in it either.
    prepared = requests.Request("GET", target.url, headers=_HEADERS).prepare()
    # As for the service: where no proxy is used, the environment is not searched for one.
    given = {"no_proxy": target.host} if target.is_loopback else {}
    found = (session or requests.Session()).merge_environment_settings(
        target.url, given, stream=True, verify=None, cert=None
    )
    proxies = {} if target.is_loopback else found["proxies"]
    # Behind a proxy it is the proxy that looks names up; its own address is often a private one.
    look_up = None if select_proxy(target.url, proxies) else target.look_up
    guard = SendGuard(
        deadline,
        longest_wait=limits.longest_wait,
        look_up=look_up,
        verify=verify if target.is_loopback else None,
    )
    adapter = session.get_adapter(target.url) if session else guarded_copy(HTTPAdapter())
    try:
        response = send_through(
            adapter,
            guard,
            prepared,
            verify=True if found["verify"] is None else found["verify"],
            proxies=proxies,
        )
        with reading(response):
            return _read(response, target, deadline, limits, words)
    finally:
        if session is None:
            adapter.close()


def _read(
    response: requests.Response,
    target: Target,
    deadline: float,
    limits: DownloadLimits,
    words: DownloadWords,
) -> bytes | str:
    location = read_header(response, "Location")
    if response.status_code in _REDIRECTS and location:
        return location
    if response.status_code != _OK:
        raise DownloadError(
            f"{words.what} could not be fetched: {target.host} answered "
            f"HTTP {response.status_code}.",
            next_step="The link may have expired: waiting for the task again asks for a new one.",
            status=response.status_code,
            transient=response.status_code in _TRANSIENT or response.status_code >= _FAULT,
        )
    if (read_header(response, "Content-Encoding") or "").strip().lower() not in {"", "identity"}:
        raise DownloadError(
            f"{words.what} came compressed from {target.host}, which was not asked."
        )
    announced = read_header(response, "Content-Length") or ""
    if announced.isdecimal() and int(announced[:20]) > limits.max_bytes:
        raise _too_large(words, limits)
    body = bytearray()
    for piece in read_pieces(response):
        body += piece
        if time.monotonic() >= deadline:
            raise TimeoutError
        if len(body) > limits.max_bytes:
            raise _too_large(words, limits)
    return bytes(body)


def _too_large(words: DownloadWords, limits: DownloadLimits) -> DownloadError:
    return DownloadError(
        f"{words.what} is larger than the {limits.max_bytes:,} bytes that are allowed."
    )


def _checked(data: bytes, limits: DownloadLimits) -> FetchedPicture:
    try:
        checked = look_at(data, max_pixels=limits.max_pixels)
    except UnreadablePicture as error:
        raise DownloadError(
            f"What was fetched as a picture is {error}.",
            next_step="Waiting for the task again fetches it anew.",
            # A page in its place, or a half of it: what serves it may be a moment behind.
            transient=isinstance(error, DamagedPicture),
        ) from None
    return FetchedPicture(
        data, checked.media_type, checked.width, checked.height, hashlib.sha256(data).hexdigest()
    )


def look_at(data: bytes, *, max_pixels: int = MAX_PIXELS) -> Checked:
    """Look at a picture file to its end: one that this returns of can be decoded.

    What a cell is about to show is decoded now, and once; a script may only save it.

    Raises
    ------
    UnreadablePicture
        As `decode`.

    """
    checked = None if _in_kernel() else check(data, max_pixels=max_pixels)
    if checked is not None:
        return checked
    media_type, image, _ = recent_pixels().decode(data, max_pixels=max_pixels)
    return Checked(media_type, *upright_size(image))


def _in_kernel() -> bool:
    """Say whether this runs in a kernel, whose cells show pictures; a script imports no IPython."""
    get_ipython = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)
    return getattr(get_ipython(), "kernel", None) is not None

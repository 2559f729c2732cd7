"""One HTTP call to this machine: the only kind of call that the sandbox makes.

The sandbox answers anyone who has its key, and fetches what they name. So that it can never be
used to reach further, everything that it fetches or posts goes through here, and here nothing but
loopback is called: no names are looked up, no proxy is used, no redirect is followed.
"""

from __future__ import annotations

import http.client
import ipaddress
import socket
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit

if TYPE_CHECKING:
    from collections.abc import Mapping

_CHUNK = 1 << 16


class Unreachable(Exception):
    """The call got no whole answer; the message says why."""


@dataclass(frozen=True)
class Reply:
    """An HTTP answer, whole: its status, where it points to if anywhere, and its body."""

    status: int
    location: str | None
    body: bytes


def is_loopback_host(host: str | None) -> bool:
    """Tell whether a host name is this machine's own, by its writing alone."""
    if host is None:
        return False
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def is_loopback(url: str) -> bool:
    """Tell whether an http(s) URL points to this machine."""
    try:
        parts = urlsplit(url)
        return parts.scheme in {"http", "https"} and is_loopback_host(parts.hostname)
    except ValueError:
        return False


def call(
    method: str,
    url: str,
    *,
    body: bytes | None = None,
    headers: Mapping[str, str] | None = None,
    seconds: float,
    max_bytes: int,
) -> Reply:
    """Make one HTTP call to this machine.

    Parameters
    ----------
    method
        The HTTP method.
    url
        An http or https URL whose host is loopback.
    body
        The body to send, if any.
    headers
        More headers.
    seconds
        For the whole call, however slowly the other side drips.
    max_bytes
        Of the answer's body.

    Returns
    -------
    Reply

    Raises
    ------
    Unreachable
        If the URL is not loopback, no server answers, the answer is not HTTP, or it is too late or
        too large.

    """
    if not is_loopback(url):
        raise Unreachable("not an http(s) URL of this machine")
    try:
        connection = _connection(url, seconds)
        connection.connect()
    except (OSError, ValueError) as error:
        raise Unreachable(f"no connection ({type(error).__name__})") from None
    # A time-out of the socket's own counts from the last byte; this one counts from the first.
    late = threading.Event()
    timer = threading.Timer(seconds, _hang_up, (connection.sock, late))
    timer.daemon = True
    timer.start()
    try:
        connection.request(method, _target(url), body=body, headers=dict(headers or {}))
        with connection.getresponse() as response:
            content = _read(response, max_bytes)
            missing = response.length
    except (OSError, ValueError, http.client.HTTPException) as error:
        raise Unreachable(f"no whole answer ({type(error).__name__})") from None
    finally:
        timer.cancel()
        connection.close()
    # A body without a length ends where the connection does, also where it was we who hung up.
    if late.is_set() or missing:
        raise Unreachable("no whole answer (cut short)")
    return Reply(response.status, response.headers.get("Location"), content)


def _connection(url: str, seconds: float) -> http.client.HTTPConnection:
    parts = urlsplit(url)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    return kind(parts.hostname or "", parts.port, timeout=seconds)


def _target(url: str) -> str:
    parts = urlsplit(url)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return quote(target, safe="/%:?@!$&'()*+,;=~-._")


def _hang_up(sock: socket.socket, late: threading.Event) -> None:
    late.set()
    try:
        sock.shutdown(socket.SHUT_RDWR)
    except OSError:
        return  # the call ended by itself at this very moment


def _read(response: http.client.HTTPResponse, max_bytes: int) -> bytes:
    content = bytearray()
    # `read` would take a chunk of negative size for all that may come.
    while chunk := response.read1(_CHUNK):
        content += chunk
        if len(content) > max_bytes:
            raise Unreachable(f"the answer is larger than {max_bytes} bytes")
    return bytes(content)

"""The service's address: where every request of a client goes, and nowhere else."""

from __future__ import annotations

import ipaddress
import os
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

from lumen_widgets.core.errors import InvalidRequest

# The service that the API documentation describes.
SERVICE = "https://lumen.mengfanlab.top"

_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True)
class Origin:
    """A checked base URL.

    Attributes
    ----------
    url
        The base URL in its normal form, by which the journal and the budget know the service: host
        in lower case and without a last dot, no port that is the scheme's own, no trailing slash.
        A path is kept, for those behind a gateway.
    host
        Host name in lower case.
    is_loopback
        Whether it is this machine: then http is allowed, no proxy is used, and it is asked more
        often.

    """

    url: str
    host: str
    is_loopback: bool

    def holds(self, url: str) -> bool:
        """Say whether `url` has the same scheme, host and port."""
        return _place(urlsplit(url)) == _place(urlsplit(self.url))

    def __str__(self) -> str:
        return self.url


def read_origin(base_url: str | None) -> Origin:
    """Check the service's address.

    Parameters
    ----------
    base_url
        ``https://host[:port][/path]``, or ``http://`` on loopback; None means ``LUMEN_BASE_URL``
        and, where that is not set, the service itself.

    Raises
    ------
    InvalidRequest
        If it is anything else. Its value is not repeated where it holds a password.

    Examples
    --------
    >>> read_origin("http://127.0.0.1:8000/").url
    'http://127.0.0.1:8000'
    >>> read_origin("https://Lumen.example.:443").url
    'https://lumen.example'

    """
    given = base_url if base_url is not None else os.environ.get("LUMEN_BASE_URL") or SERVICE
    if not isinstance(given, str):
        raise _refused(f"is a {type(given).__name__}, not text")
    given = given.strip()
    if not given.isascii() or not given.isprintable() or " " in given or "\\" in given:
        raise _refused("has characters that no address has")
    try:
        parts = urlsplit(given)
        port = parts.port
    except ValueError:
        raise _refused("is not a URL") from None
    host = (parts.hostname or "").removesuffix(".")
    if parts.scheme not in _PORTS or not host or port == 0:
        raise _refused("does not begin with https:// and a host name")
    if "@" in parts.netloc:
        raise _refused("has a user name or password in it")
    if parts.query or parts.fragment or given.endswith(("?", "#")):
        raise _refused("has a query or a fragment")
    loopback = _is_loopback(host)
    if parts.scheme == "http" and not loopback:
        raise _refused("is http: the key would travel in clear")
    place = f"[{host}]" if ":" in host else host
    if port is not None and port != _PORTS[parts.scheme]:
        place = f"{place}:{port}"
    return Origin(f"{parts.scheme}://{place}{parts.path.rstrip('/')}", host, loopback)


def _place(parts: SplitResult) -> tuple[str, str | None, int | None]:
    return parts.scheme, parts.hostname, parts.port or _PORTS.get(parts.scheme)


def _is_loopback(host: str) -> bool:
    # Names under .localhost are left out: some resolvers ask the network for them.
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _refused(why: str) -> InvalidRequest:
    return InvalidRequest(
        f"The base URL {why}.",
        next_step=f"Give the service's address, such as {SERVICE}, as base_url or LUMEN_BASE_URL.",
        field="base_url",
    )

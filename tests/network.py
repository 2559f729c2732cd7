"""The border of this machine, closed to the test process: only loopback can be reached."""

from __future__ import annotations

import ipaddress
import socket
from typing import Any, NoReturn

# what was tried since the list was last cleared; a test may catch the error, but not hide this
attempts: list[str] = []

_real_connect = socket.socket.connect
_real_connect_ex = socket.socket.connect_ex
_real_getaddrinfo = socket.getaddrinfo


class NetworkForbiddenError(RuntimeError):
    """A test tried to reach something beyond this machine."""


def close() -> None:
    """Let connections and look-ups reach loopback alone."""
    socket.socket.connect = _connect  # type: ignore[method-assign,assignment] # the border itself
    socket.socket.connect_ex = _connect_ex  # type: ignore[method-assign,assignment] # as above
    socket.getaddrinfo = _getaddrinfo


def reopen() -> None:
    """Undo ``close``."""
    socket.socket.connect = _real_connect  # type: ignore[method-assign] # as it was
    socket.socket.connect_ex = _real_connect_ex  # type: ignore[method-assign] # as it was
    socket.getaddrinfo = _real_getaddrinfo


def is_loopback(host: object) -> bool:
    """Tell whether a host name or address is this machine itself."""
    name = host.decode("ascii", "replace") if isinstance(host, bytes) else host
    if name is None or name in {"", "localhost"}:
        return True
    try:
        address = ipaddress.ip_address(str(name).split("%", 1)[0])
    except ValueError:
        return False
    return address.is_loopback or address.is_unspecified


def _connect(sock: socket.socket, address: Any) -> None:
    _check(sock, address)
    _real_connect(sock, address)


def _connect_ex(sock: socket.socket, address: Any) -> int:
    _check(sock, address)
    return _real_connect_ex(sock, address)


def _getaddrinfo(host: Any, port: Any, *rest: Any, **named: Any) -> Any:
    # .invalid is for tests (RFC 6761): it never exists, and no server need be asked to know it
    if isinstance(host, str) and host.rstrip(".").endswith(".invalid"):
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
    if not is_loopback(host) and not _is_address(host):
        _refuse(f"the name {host!r}")
    return _real_getaddrinfo(host, port, *rest, **named)


def _check(sock: socket.socket, address: Any) -> None:
    if sock.family in {socket.AF_INET, socket.AF_INET6} and not is_loopback(address[0]):
        _refuse(f"{address[0]}:{address[1]}")


def _is_address(host: object) -> bool:
    try:
        ipaddress.ip_address(str(host))
    except ValueError:
        return False
    return True


def _refuse(what: str) -> NoReturn:
    attempts.append(what)
    raise NetworkForbiddenError(f"a test tried to reach {what}; tests may only reach loopback")

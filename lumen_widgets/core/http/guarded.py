"""HTTP connections that go only to admitted addresses and end by a deadline.

The address that was checked is the one that is connected to: a name cannot lead to a harmless
address for the check and to another one for the connection.
"""

from __future__ import annotations

import io
import ipaddress
import socket
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import ConnectTimeoutError, NameResolutionError, NewConnectionError
from urllib3.util.connection import create_connection

from lumen_widgets.core.http.addresses import AddressRefused
from lumen_widgets.core.http.replies import Reply

if TYPE_CHECKING:
    from collections.abc import Callable

    from urllib3 import PoolManager
    from urllib3.connectionpool import ConnectionPool

    from lumen_widgets.core.http.addresses import IPAddress

# Seconds that no wait on a socket goes beyond, so that a silent server is noticed before the
# deadline of the whole.
_IDLE_SECONDS = 20.0


@dataclass(frozen=True)
class Guard:
    """What connections are held to.

    Attributes
    ----------
    admits
        Says whether an address may be connected to.
    deadline
        When everything must have ended, on the clock of `time.monotonic`, seconds.

    """

    admits: Callable[[IPAddress], bool]
    deadline: float

    def remaining(self) -> float:
        """Return how long the next wait on a socket may last, in seconds.

        Raises
        ------
        TimeoutError
            The deadline has passed.

        """
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError("the total time is used up")
        return min(left, _IDLE_SECONDS)


class GuardedAdapter(HTTPAdapter):
    """A transport whose connections obey one `Guard`.

    Behind a proxy it is the proxy that looks names up: its own address, often a private one, is
    not checked, and the deadline holds all the same (with a SOCKS proxy only between reads).
    """

    def __init__(self, guard: Guard) -> None:
        self._guard = guard
        self._unchecked = Guard(lambda _: True, guard.deadline)
        super().__init__(max_retries=0)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        """Make the pools for direct connections."""
        super().init_poolmanager(*args, **kwargs)
        _guard_pools(cast("PoolManager", self.poolmanager), self._guard)

    def proxy_manager_for(self, proxy: str, **proxy_kwargs: Any) -> Any:
        """Return the pools for connections through `proxy`."""
        manager = super().proxy_manager_for(proxy, **proxy_kwargs)
        if not proxy.lower().startswith("socks"):
            _guard_pools(manager, self._unchecked)
        return manager


def _guard_pools(manager: PoolManager, guard: Guard) -> None:
    """Have the manager make pools whose connections obey `guard`."""

    def http(*args: Any, **kwargs: Any) -> ConnectionPool:
        pool = HTTPConnectionPool(*args, **kwargs)
        pool.ConnectionCls = type("_Http", (_GuardedHttp,), {"guard": guard})
        return pool

    def https(*args: Any, **kwargs: Any) -> ConnectionPool:
        pool = HTTPSConnectionPool(*args, **kwargs)
        pool.ConnectionCls = type("_Https", (_GuardedHttps,), {"guard": guard})
        return pool

    manager.pool_classes_by_scheme = {"http": http, "https": https}  # type: ignore[dict-item]  # called like the classes that urllib3 has there


class _GuardedHttp(HTTPConnection):
    response_class = Reply
    guard: Guard

    def _new_conn(self) -> socket.socket:
        return _connected(self, self.guard)

    def connect(self) -> None:
        super().connect()
        self.sock = cast("socket.socket", _DeadlineSocket(self.sock, self.guard))


class _GuardedHttps(HTTPSConnection):
    response_class = Reply
    guard: Guard

    def _new_conn(self) -> socket.socket:
        return _connected(self, self.guard)

    def connect(self) -> None:
        super().connect()
        self.sock = cast("socket.socket", _DeadlineSocket(self.sock, self.guard))


def _connected(connection: HTTPConnection, guard: Guard) -> socket.socket:
    """Look the name up once, and connect to the first address that is admitted and answers."""
    host = connection._dns_host
    try:
        found = socket.getaddrinfo(host, connection.port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        reason = error if isinstance(error, socket.gaierror) else socket.gaierror(str(error))
        raise NameResolutionError(host, connection, reason) from error
    # A scope ("%eth0") only says by which door a link-local address is reached.
    numbers = [str(entry[4][0]) for entry in found]
    admitted = [
        number for number in numbers if guard.admits(ipaddress.ip_address(number.split("%")[0]))
    ]
    if not admitted:
        raise AddressRefused(f"{host} leads to no address of the public internet")
    trouble: Exception | None = None
    for number in admitted:
        try:
            return create_connection(
                (number, connection.port),
                min(guard.remaining(), _seconds(connection.timeout)),
                socket_options=connection.socket_options,
            )
        except TimeoutError as error:
            trouble = ConnectTimeoutError(connection, f"connecting timed out: {error}")
        except OSError as error:
            trouble = NewConnectionError(connection, f"connecting failed: {error}")
    raise trouble or NewConnectionError(connection, "no address was left to try")


def _seconds(timeout: object) -> float:
    """Return urllib3's connect time-out, which may also be None or a mark for a default."""
    return float(timeout) if isinstance(timeout, (int, float)) else _IDLE_SECONDS


class _DeadlineSocket:
    """A socket whose reads all end by the deadline, however slowly bytes drip in.

    A time-out on a socket starts anew with each byte; here it shrinks to what is left.
    """

    def __init__(self, sock: socket.socket, guard: Guard) -> None:
        self._sock = sock
        self._guard = guard

    def makefile(self, _mode: str = "rb", buffering: int = -1) -> io.BufferedReader:
        """Return a buffered reader, as `http.client` asks for it."""
        raw = cast("io.RawIOBase", self._sock.makefile("rb", buffering=0))
        reader = _DeadlineReader(self._sock, raw, self._guard)
        return io.BufferedReader(reader, buffering if buffering > 0 else io.DEFAULT_BUFFER_SIZE)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._sock, name)


class _DeadlineReader(io.RawIOBase):
    def __init__(self, sock: socket.socket, raw: io.RawIOBase, guard: Guard) -> None:
        super().__init__()
        self._sock = sock
        self._raw = raw
        self._guard = guard

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        self._sock.settimeout(self._guard.remaining())
        return self._raw.readinto(buffer)

    def close(self) -> None:
        self._raw.close()
        super().close()

"""Connections that take note of what left, end by a deadline and go where they may.

Money hangs on the first: a submit that failed may be sent again only if nothing of it was
written. The kind of exception does not tell (a reset during the TLS handshake and one after the
request look the same), so the connection itself takes note.
"""

from __future__ import annotations

import functools
import http.client
import math
import threading
import time
from dataclasses import KW_ONLY, dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, cast

from urllib3.exceptions import ConnectTimeoutError
from urllib3.poolmanager import PoolManager
from urllib3.util import Retry
from urllib3.util.connection import create_connection

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable

    from requests.adapters import BaseAdapter, HTTPAdapter
    from urllib3.connectionpool import HTTPConnectionPool

    # urllib3's connection, as far as it is http.client's: the browser's build has another.
    class _Connection(http.client.HTTPConnection):
        sock: Any
        socket_options: Any
        _dns_host: str

        def _new_conn(self) -> socket.socket: ...

else:
    _Connection = object


class SentOnce(ConnectTimeoutError):
    """A second request was about to leave although a byte of the first may have."""


@dataclass(eq=False, repr=False)
class SendGuard:
    """One request on its way.

    Parameters
    ----------
    deadline
        When it has to be over, as `time.monotonic` counts.
    once
        Whether a second attempt is refused once a byte of the first may have left: adapters of
        users may send again by themselves.
    longest_wait
        Seconds that no single wait on a socket goes beyond.
    look_up
        Returns the numbers that may be connected to, of a host and port: what it has checked is
        what is connected to. None leaves that to urllib3.

    Attributes
    ----------
    sent
        Whether a byte of the request may have been written.
    watched
        Whether the connection reports here; if not, only the exception's kind can tell.

    """

    deadline: float
    _: KW_ONLY
    once: bool = False
    longest_wait: float = math.inf
    look_up: Callable[[str, int], list[str]] | None = None
    sent: bool = field(default=False, init=False)
    watched: bool = field(default=False, init=False)
    _cancelled: bool = field(default=False, init=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, init=False)

    def remaining(self) -> float:
        """Return the seconds that the next wait on a socket may take.

        Raises
        ------
        TimeoutError
            If the deadline has passed.

        """
        seconds = self.deadline - time.monotonic()
        if seconds <= 0:
            raise TimeoutError("the total time is used up")
        return min(seconds, self.longest_wait)

    def mark_sent(self) -> None:
        """Note that the first byte is about to be written.

        Raises
        ------
        urllib3.exceptions.ConnectTimeoutError
            If the request was cancelled: nothing is written then.

        """
        with self._lock:
            if self._cancelled:
                raise ConnectTimeoutError(self, "no connection in time")
            self.sent = True

    def cancel_unsent(self) -> bool:
        """Forbid the request to leave; False if a byte of it may have left already."""
        with self._lock:
            self._cancelled = not self.sent
            return self._cancelled


class _Current(threading.local):
    """The guard of the request that the current thread is busy with, for its connections."""

    guard: SendGuard | None = None


_current = _Current()


def send_through(adapter: BaseAdapter, guard: SendGuard, prepared: Any, **settings: Any) -> Any:
    """Send a prepared request through `adapter`, with `guard` told of it; return the response.

    The body of the response is not read yet (`stream=True`).

    Raises
    ------
    requests.RequestException, OSError
        Whatever the adapter raises.

    """
    # It bounds what our connections do not: opening one, and adapters that are not ours. Never
    # zero, which sockets take as "do not wait".
    timeout = max(guard.deadline - time.monotonic(), 0.001)
    _current.guard = guard
    try:
        return adapter.send(prepared, stream=True, timeout=timeout, **settings)
    finally:
        _current.guard = None


def guarded_copy(adapter: HTTPAdapter) -> HTTPAdapter:
    """Return a copy of an adapter with a connection pool of its own, no retries, and guarded.

    The copy keeps the adapter's class and settings (TLS contexts, client certificates), which a
    session's owner chose. Making it opens nothing.
    """
    twin = object.__new__(type(adapter))
    twin.__dict__.update(adapter.__dict__)
    twin.max_retries = Retry(0, read=False)
    twin.proxy_manager = {}
    old = adapter.poolmanager
    twin.poolmanager = PoolManager(**old.connection_pool_kw)
    twin.poolmanager.pool_classes_by_scheme = old.pool_classes_by_scheme
    choose = twin.get_connection_with_tls_context
    # An instance attribute, so that it also goes before a method of the owner's own subclass.
    vars(twin)["get_connection_with_tls_context"] = functools.partial(_guarded_pool, choose)
    return twin


def _guarded_pool(choose: Callable[..., Any], *args: Any, **settings: Any) -> HTTPConnectionPool:
    pool: HTTPConnectionPool = choose(*args, **settings)
    # Any: to a type checker urllib3's connections are not http.client's, though they are; Python
    # in a browser has connections of another kind, which cannot be watched.
    kind = cast("Any", pool.ConnectionCls)
    watched = issubclass(kind, http.client.HTTPConnection)
    if watched:
        pool.ConnectionCls = _guarded_kind(kind)
    if _current.guard is not None:
        _current.guard.watched = watched
    return pool


@functools.cache
def _guarded_kind(kind: type[Any]) -> type[Any]:
    if issubclass(kind, _GuardedConnection):
        return kind
    return type(f"Guarded{kind.__name__}", (_GuardedConnection, kind), {})


class _Response(http.client.HTTPResponse):
    """A response that is read by the deadline and past any 1xx; no broken header of it is logged.

    A server, or a proxy before it, may say 102 or 103 and then what counts (RFC 9110, 15.2): taken
    for the answer, it would leave a paid task without its id. Headers that cannot be parsed are
    left out as ever; urllib3 would also log them, with the address, which may be signed, and that
    ends in the cell of a notebook.
    """

    def __init__(self, sock: socket.socket, *args: Any, **settings: Any) -> None:
        super().__init__(sock, *args, **settings)
        guard = _current.guard
        if guard is None:
            return

        # A socket's own time-out starts anew with each byte: a slow stream would never end.
        def readinto(buffer: Any) -> int:
            sock.settimeout(guard.remaining())
            return sock.recv_into(buffer)

        vars(self.fp.raw)["readinto"] = readinto  # before the method of its class

    def begin(self) -> None:
        """Read status and headers."""
        super().begin()
        self.msg.defects.clear()
        self.msg.set_payload("")

    def _read_status(self) -> tuple[str, int, str]:
        while True:
            found: tuple[str, int, str] = super()._read_status()  # type: ignore[misc] # http.client's own
            if not HTTPStatus.PROCESSING <= found[1] < HTTPStatus.OK:
                return found
            http.client.parse_headers(self.fp)


class _GuardedConnection(_Connection):
    """A mix-in for urllib3's connections, which asks the guard of the thread that uses it."""

    response_class = _Response

    # With http.client's debugging switched on, all headers would be printed into the notebook.
    debuglevel = 0

    _opening = False

    def _new_conn(self) -> socket.socket:
        guard = _current.guard
        if guard is None or guard.look_up is None:
            return super()._new_conn()
        trouble = OSError("there is no number to try")
        for number in guard.look_up(self._dns_host, self.port):
            try:
                return create_connection(
                    (number, self.port), guard.remaining(), socket_options=self.socket_options
                )
            except OSError as error:
                trouble = error
        raise trouble

    def connect(self) -> None:
        self._opening = True
        try:
            super().connect()
        finally:
            self._opening = False

    def putrequest(self, *args: Any, **settings: Any) -> None:
        # Once for each request, also for a second one on a connection that was kept.
        guard = _current.guard
        if guard is not None and guard.once and guard.sent:
            raise SentOnce(self, "it may have left before")
        super().putrequest(*args, **settings)

    def send(self, data: Any) -> None:
        if self.sock is None:
            self.connect()
        # While opening, what is written is a proxy's CONNECT: the request itself is still here.
        guard = _current.guard
        if guard is not None and not self._opening:
            # One time-out for all of it, by Python's documentation of sendall; nothing is noted
            # where none is left.
            self.sock.settimeout(guard.remaining())
            guard.mark_sent()
        super().send(data)

"""One HTTP request on its way: how long it may take, and whether a byte of it may have left.

Money hangs on the second: a submit that failed may be sent again only if nothing of it was
written. The kind of exception does not tell (a reset during the TLS handshake and one after the
request look the same), so the connection itself takes note.
"""

from __future__ import annotations

import functools
import http.client
import io
import threading
import time
from typing import TYPE_CHECKING, Any, cast

from urllib3.exceptions import ConnectTimeoutError
from urllib3.poolmanager import PoolManager
from urllib3.util import Retry

from lumen_widgets.core.http.replies import Reply

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable

    from requests.adapters import BaseAdapter, HTTPAdapter
    from urllib3.connectionpool import HTTPConnectionPool

    # urllib3's connection, as far as it is http.client's: the browser's build has another.
    class _Connection(http.client.HTTPConnection):
        sock: Any

else:
    _Connection = object


class Flight:
    """One request on its way.

    Parameters
    ----------
    deadline
        When it has to be over, as `time.monotonic` counts.

    Attributes
    ----------
    watched
        Whether the connection reports here; if not, only the exception's kind can tell.

    """

    def __init__(self, deadline: float) -> None:
        self.deadline = deadline
        self.watched = False
        self._lock = threading.Lock()
        self._departed = False
        self._recalled = False

    @property
    def departed(self) -> bool:
        """Whether a byte of the request may have been written."""
        return self._departed

    def left(self) -> float:
        """Return the seconds until the deadline; never zero, which sockets take as "don't wait"."""
        return max(self.deadline - time.monotonic(), 0.001)

    def depart(self) -> None:
        """Note that the first byte is about to be written.

        Raises
        ------
        urllib3.exceptions.ConnectTimeoutError
            If the request was recalled, or is too late: nothing is written then.

        """
        with self._lock:
            if self._recalled or (not self._departed and time.monotonic() > self.deadline):
                raise ConnectTimeoutError(self, "no connection in time")
            self._departed = True

    def recall(self) -> bool:
        """Forbid the request to leave; False if a byte of it may have left already."""
        with self._lock:
            self._recalled = not self._departed
            return self._recalled


class _Air(threading.local):
    """The flight that the current thread is busy with, for the connections that it uses."""

    flight: Flight | None = None


_air = _Air()


def send_through(adapter: BaseAdapter, flight: Flight, prepared: Any, **settings: Any) -> Any:
    """Send a prepared request through `adapter`, with `flight` told of it; return the response.

    The body of the response is not read yet (`stream=True`): read it on the same thread.

    Raises
    ------
    requests.RequestException, OSError
        Whatever the adapter raises.

    """
    # http.client's sockets wait per read: these two bound what a deadline socket does not cover,
    # the connection itself and adapters that are not ours.
    limits = (flight.left(), flight.left())
    _air.flight = flight
    try:
        return adapter.send(prepared, stream=True, timeout=limits, **settings)
    finally:
        _air.flight = None


def watched_copy(adapter: HTTPAdapter) -> HTTPAdapter:
    """Return a copy of an adapter with a connection pool of its own, no retries, and watched.

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
    vars(twin)["get_connection_with_tls_context"] = functools.partial(_watched_pool, choose)
    return twin


def _watched_pool(choose: Callable[..., Any], *args: Any, **settings: Any) -> HTTPConnectionPool:
    flight = _air.flight
    if flight is not None:
        flight.watched = True
    pool: HTTPConnectionPool = choose(*args, **settings)
    # Python in a browser has connections of another kind, which cannot be watched.
    kind = cast("type[Any]", pool.ConnectionCls)
    if issubclass(kind, http.client.HTTPConnection):
        # The cast: to a type checker urllib3's connections are not http.client's, though they are.
        pool.ConnectionCls = _watched_kind(cast("Any", kind))
    elif flight is not None:
        flight.watched = False
    return pool


@functools.cache
def _watched_kind(kind: type[Any]) -> type[Any]:
    if issubclass(kind, _Watched):
        return kind
    return type(f"Watched{kind.__name__}", (_Watched, kind), {})


class _Watched(_Connection):
    """A connection that reports to the flight of the thread that uses it."""

    response_class = Reply

    # Whoever switches http.client's debugging on has all headers printed into the notebook.
    debuglevel = 0

    _opening = False

    def connect(self) -> None:
        self._opening = True
        try:
            super().connect()
        finally:
            self._opening = False
        self.sock = _DeadlineSocket(self.sock)

    def send(self, data: Any) -> None:
        if self.sock is None:
            self.connect()
        # While opening, what is written is a proxy's CONNECT: the request itself is still here.
        if not self._opening and _air.flight is not None:
            _air.flight.depart()
            self.sock.flight = _air.flight
        super().send(data)


class _DeadlineSocket:
    """A socket each of whose waits ends at the flight's deadline.

    A socket's own time-out starts anew with each byte, so an answer that drips would never end.
    """

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self.flight: Flight | None = None

    def __getattr__(self, name: str) -> Any:
        return getattr(self._sock, name)

    def fileno(self) -> int:
        return self._sock.fileno()

    def sendall(self, data: Any) -> None:
        self.hurry()
        # One time-out for all of it, by Python's documentation of sendall.
        self._sock.sendall(data)

    def makefile(self, *_args: Any, **_settings: Any) -> io.BufferedReader:
        raw = self._sock.makefile("rb", buffering=0)
        return io.BufferedReader(_DeadlineReader(self, raw))

    def hurry(self) -> None:
        if self.flight is not None:
            self._sock.settimeout(self.flight.left())


class _DeadlineReader(io.RawIOBase):
    def __init__(self, sock: _DeadlineSocket, raw: io.RawIOBase) -> None:
        super().__init__()
        self._sock = sock
        self._raw = raw

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        self._sock.hurry()
        return self._raw.readinto(buffer)

    def close(self) -> None:
        self._raw.close()
        super().close()

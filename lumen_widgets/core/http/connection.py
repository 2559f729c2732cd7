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
from contextlib import closing, contextmanager, suppress
from dataclasses import KW_ONLY, dataclass, field
from functools import partial
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, TypeAlias, cast
from urllib.parse import urljoin, urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3.exceptions import ConnectTimeoutError, HTTPError
from urllib3.poolmanager import PoolManager
from urllib3.response import HTTPResponse
from urllib3.util import Retry
from urllib3.util.connection import create_connection

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Iterator

    from requests.adapters import BaseAdapter
    from urllib3.connectionpool import HTTPConnectionPool

    # urllib3's connection, as far as it is http.client's: the browser's build has another.
    class _Connection(http.client.HTTPConnection):
        sock: Any
        socket_options: Any
        _dns_host: str

        def _new_conn(self) -> socket.socket: ...

    # What a server is asked by, before it gets anything: its origin, and what returns the body of
    # its answer to a GET of a path.
    Verify: TypeAlias = Callable[[str, Callable[[str], bytes]], None]

else:
    _Connection = object

# Seconds for a question that decides whether a server gets the request: it is on this machine.
QUESTION_SECONDS = 5.0

# Bytes of the answer: a line of JSON.
_MAX_PROOF = 10_000


# All that the HTTP libraries here are known to raise; requests lets some of urllib3's own through.
HTTP_ERRORS = (requests.RequestException, HTTPError, http.client.HTTPException, OSError, ValueError)

# What only a mistake in an adapter's code raises: it is no trouble of a network that asking again
# ends. AttributeError and TypeError are left out: urllib3 raises them too, where a time-out of ours
# closed its socket.
_MISTAKES = (ArithmeticError, AssertionError, ImportError, NameError)


class ForeignError(requests.RequestException):
    """An adapter of the user's raised what is none of those: an error of its own library, say."""


class SentOnce(ConnectTimeoutError):
    """A second request was about to leave although a byte of the first may have."""


class NotProvenError(OSError):
    """The server did not prove who it is; nothing of the request was written."""


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
    verify
        Lets a server pass before anything of the request is written, as `send_through` says; raises
        OSError where it is not the right one. None where any server is.

    Attributes
    ----------
    sent
        Whether a byte of the request may have been written.
    watched
        Whether the connection reports here, None before there is one; if not, or if it may turn
        out not to, only the exception's kind can tell.
    unproven
        Whether the server has still to prove itself to an adapter of another kind: the adapter was
        not given the request yet.
    unconnectable
        Whether no connection could be chosen that it may go out on, as where the address of a proxy
        cannot be used: then requests' own adapter has written nothing.

    """

    deadline: float
    _: KW_ONLY
    once: bool = False
    longest_wait: float = math.inf
    look_up: Callable[[str, int], list[str]] | None = None
    verify: Verify | None = None
    sent: bool = field(default=False, init=False)
    unproven: bool = field(default=False, init=False)
    unconnectable: bool = field(default=False, init=False)
    watched: bool | None = field(default=None, init=False)
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

    def watch(self, *, watched: bool) -> None:
        """Note whether what gets the request now reports here.

        Raises
        ------
        urllib3.exceptions.ConnectTimeoutError
            It does not, and the request was cancelled: it must not get it.

        """
        with self._lock:
            if self._cancelled and not watched:
                raise ConnectTimeoutError(self, "no connection in time")
            self.watched = watched

    @property
    def surely_unsent(self) -> bool:
        """Whether it is known, however the attempt has ended, that not one byte was written."""
        # What an adapter of another kind did, before it asked for a connection, nobody saw.
        unconnected = self.unconnectable and self.watched is None
        return not self.sent and bool(self.watched or self.unproven or unconnected)

    def cancel_unsent(self) -> bool:
        """Forbid the request to leave; False if a byte of it may have left already."""
        with self._lock:
            self._cancelled = not self.sent and self.watched is not False
            return self._cancelled


class _Current(threading.local):
    """The guard of the request that the current thread is busy with, for its connections."""

    guard: SendGuard | None = None


_current = _Current()


def send_through(adapter: BaseAdapter, guard: SendGuard, prepared: Any, **settings: Any) -> Any:
    """Send a prepared request through `adapter`, with `guard` told of it; return the response.

    The body of the response is not read yet (`stream=True`).

    Where the guard has a `verify`, this is the one place that sees to it. Each connection that is
    opened asks on its own socket, before the request is written. A class of adapters that is not
    requests' own may bring connections of another kind, so the server is also asked through the
    adapter, immediately before the request. Of these connections no more is known: between question
    and answer another program may take the port, and what an adapter does with a question or a
    request is its owner's affair.

    Raises
    ------
    NotProvenError
        The server is not the right one.
    requests.RequestException, urllib3.exceptions.HTTPError, OSError, ValueError
        Whatever the adapter raises; `ForeignError` for what it raises of another kind.

    """
    if guard.verify is not None:
        if isinstance(adapter, HTTPAdapter) and not _is_guarded(adapter):
            # the response keeps its connection
            with closing(guarded_copy(adapter)) as fresh:
                return send_through(fresh, guard, prepared, **settings)
        if type(adapter) is not HTTPAdapter:
            parts = urlsplit(prepared.url)
            guard.unproven = True
            with _question(guard) as asking:
                ask = partial(_ask_through, adapter, asking, prepared.url, settings)
                guard.verify(f"http://{parts.hostname}:{parts.port}", ask)
            guard.unproven = False
    return _send(adapter, guard, prepared, settings)


def _send(
    adapter: BaseAdapter, guard: SendGuard, prepared: Any, settings: dict[str, Any]
) -> requests.Response:
    # It bounds what our connections do not: opening one, and adapters that are not ours. Never
    # zero, which sockets take as "do not wait".
    timeout = max(guard.deadline - time.monotonic(), 0.001)
    _current.guard = guard
    try:
        return adapter.send(prepared, stream=True, timeout=timeout, **settings)
    except (*HTTP_ERRORS, *_MISTAKES):
        raise
    except Exception as error:
        raise ForeignError from error
    finally:
        _current.guard = None


@contextmanager
def _question(guard: SendGuard) -> Iterator[SendGuard]:
    """Yield the guard of a question that is asked for another's request, and is soon over."""
    deadline = min(guard.deadline, time.monotonic() + QUESTION_SECONDS)
    asking = SendGuard(deadline, look_up=guard.look_up, verify=guard.verify)
    current, _current.guard = _current.guard, asking
    try:
        yield asking
    except (TimeoutError, requests.Timeout):
        raise NotProvenError("no answer in time") from None
    finally:
        _current.guard = current


def _ask_on(sock: Any, guard: SendGuard, target: str) -> bytes:
    """Return the answer to a GET on a socket; the connection stays open."""
    host, port = sock.getpeername()[:2]
    sock.settimeout(guard.remaining())
    head = f"GET {target} HTTP/1.1\r\nHost: {host}:{port}\r\nAccept-Encoding: identity\r\n\r\n"
    sock.sendall(head.encode("ascii"))
    with closing(_Response(sock, method="GET")) as answer:
        answer.begin()
        is_small = answer.length is not None and answer.length <= _MAX_PROOF
        if answer.status != HTTPStatus.OK or answer.will_close or not is_small:
            raise NotProvenError("no such answer")
        return answer.read()


def _ask_through(
    adapter: BaseAdapter, guard: SendGuard, url: str, settings: dict[str, Any], target: str
) -> bytes:
    """Return the answer to a GET through an adapter, without anything that a session adds."""
    question = requests.Request(
        "GET", urljoin(url, target), headers={"Accept-Encoding": "identity"}
    ).prepare()
    body = b""
    with reading(_send(adapter, guard, question, settings)) as answer:
        for piece in read_pieces(answer):
            body += piece
            guard.remaining()  # raises where it drips
            if len(body) > _MAX_PROOF:
                break
        if answer.status_code != HTTPStatus.OK:
            raise NotProvenError("no such answer")
    return body


def read_header(response: requests.Response, name: str) -> str | None:
    """Return a header of a response; None where there is none that can be read.

    An adapter of another library may leave them out or bring them as bytes: what the body says
    counts all the same.
    """
    try:
        value: object = response.headers.get(name)
    except Exception:  # noqa: BLE001 -- of the user's code, which may raise anything
        return None
    if isinstance(value, bytes):
        return value.decode("latin-1")
    return value if isinstance(value, str) else None


def read_pieces(response: requests.Response) -> Iterator[bytes]:
    """Yield the body as it comes, and as it was sent, in small pieces whatever the server says.

    Not by urllib3's own reading of chunks, to which one of negative size is all that may come.
    """
    # An adapter that is not built on urllib3 may bring any file, which it has unpacked itself.
    if not isinstance(response.raw, HTTPResponse):
        try:
            yield from response.iter_content(1024)
        except HTTP_ERRORS:
            raise
        except Exception as error:
            raise ForeignError from error
        return
    while piece := response.raw.read1(1 << 16, decode_content=False):
        yield piece


@contextmanager
def reading(response: requests.Response) -> Iterator[requests.Response]:
    """Close a response in the end, of which all that counts has been read by then."""
    try:
        yield response
    finally:
        # one of another library may raise anything
        with suppress(Exception):
            response.close()


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


def _is_guarded(adapter: HTTPAdapter) -> bool:
    return "get_connection_with_tls_context" in vars(adapter)


def _guarded_pool(choose: Callable[..., Any], *args: Any, **settings: Any) -> HTTPConnectionPool:
    guard = _current.guard
    if guard is not None:
        guard.unconnectable = True
    pool: HTTPConnectionPool = choose(*args, **settings)
    # Any: to a type checker urllib3's connections are not http.client's, though they are; Python
    # in a browser has connections of another kind, which cannot be watched.
    kind = cast("Any", pool.ConnectionCls)
    # A pool of the user's own may make other connections, or keep some that it made before.
    watched = (
        issubclass(kind, http.client.HTTPConnection)
        and type(pool).__module__.startswith("urllib3.")
        and (issubclass(kind, _GuardedConnection) or pool.num_connections == 0)
    )
    if watched:
        pool.ConnectionCls = _guarded_kind(kind)
    if guard is not None:
        guard.unconnectable = False
        guard.watch(watched=watched)
        if guard.verify is not None and not watched:
            raise NotProvenError("it cannot be asked")
    return pool


@functools.cache
def _guarded_kind(kind: type[Any]) -> type[Any]:
    if issubclass(kind, _GuardedConnection):
        return kind
    return type(f"Guarded{kind.__name__}", (_GuardedConnection, kind), {})


class _Response(http.client.HTTPResponse):
    """A response that is read by the deadline and past any 1xx; no broken header of it is logged.

    Where a redirect breaks off within its headers there is none: its address may be cut, and what
    is left of it be another picture's.

    A server, or a proxy before it, may say 102 or 103 and then what counts (RFC 9110, 15.2): taken
    for the answer, it would leave a paid task without its id. Headers that cannot be parsed are
    left out as ever; urllib3 would also log them, with the address, which may be signed, and that
    ends in the cell of a notebook.
    """

    def __init__(self, sock: socket.socket, *args: Any, **settings: Any) -> None:
        super().__init__(sock, *args, **settings)
        # whether the server has closed the connection, as far as was read
        self._has_ended = False
        guard = _current.guard
        if guard is None:
            return

        # A socket's own time-out starts anew with each byte: a slow stream would never end.
        def readinto(buffer: Any) -> int:
            sock.settimeout(guard.remaining())
            count = sock.recv_into(buffer)
            self._has_ended = count == 0
            return count

        vars(self.fp.raw)["readinto"] = readinto  # before the method of its class

    def begin(self) -> None:
        """Read status and headers."""
        super().begin()
        # whole headers end in a line of their own, for which nobody has to read on
        if self._has_ended and HTTPStatus.MULTIPLE_CHOICES <= self.status < HTTPStatus.BAD_REQUEST:
            raise http.client.IncompleteRead(b"")
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
            guard = _current.guard
            if guard is not None and guard.verify is not None:
                host, port = self.sock.getpeername()[:2]
                with _question(guard) as asking:
                    guard.verify(f"http://{host}:{port}", partial(_ask_on, self.sock, asking))
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

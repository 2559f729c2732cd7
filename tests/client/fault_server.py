"""A server over raw sockets that does, connection by connection, what a network can do to us."""

from __future__ import annotations

import json
import socket
import struct
import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Self, TypeAlias

    Behaviour: TypeAlias = "Callable[[FaultServer, socket.socket], None]"


@dataclass
class Received:
    """One request, as far as it was read."""

    raw: bytes
    connection: int = 0
    """Which of the server's connections it came on, counted from 1."""
    at: float = field(default_factory=time.monotonic)

    @property
    def method(self) -> str:
        """The method."""
        return self.raw.split(b" ", 1)[0].decode("ascii", "replace")

    @property
    def path(self) -> str:
        """The path as it was sent."""
        return self.raw.split(b" ", 2)[1].decode("ascii", "replace")

    @property
    def body(self) -> Any:
        """The body as JSON."""
        return json.loads(self.raw.split(b"\r\n\r\n", 1)[1])

    @property
    def is_whole(self) -> bool:
        """Whether all of it came."""
        head, ended, body = self.raw.partition(b"\r\n\r\n")
        return bool(ended) and len(body) >= _length(head)


class FaultServer:
    """Handles each connection with the next of its behaviours; the last one repeats."""

    def __init__(self, *behaviours: Behaviour, port: int = 0) -> None:
        self._behaviours = list(behaviours)
        self._socket = socket.create_server(("127.0.0.1", port), backlog=256)
        self._lock = threading.Lock()
        self._open: set[socket.socket] = set()
        # Of the connection that a thread serves: a socket may be wrapped, and where one lies in
        # memory the next one may lie once it is closed.
        self._number = threading.local()
        self.closing = threading.Event()
        self.connections = 0
        self.requests: list[Received] = []
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def port(self) -> int:
        """The port, on 127.0.0.1."""
        return int(self._socket.getsockname()[1])

    @property
    def url(self) -> str:
        """The address, http."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def posts(self) -> list[Received]:
        """The POSTs among the requests."""
        return [request for request in self.requests if request.method == "POST"]

    def note(self, raw: bytes) -> Received:
        """Keep what was read of a request."""
        with self._lock:
            self.requests.append(Received(raw, self._number.value))
            return self.requests[-1]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        self.closing.set()
        # A blocked accept is woken by shutdown, not by close.
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        with self._lock:
            for connection in self._open:
                connection.close()

    def _accept(self) -> None:
        while not self.closing.is_set():
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            with self._lock:
                self.connections += 1
                number = self.connections
                self._open.add(connection)
                behave = self._behaviours[0]
                if len(self._behaviours) > 1:
                    self._behaviours.pop(0)
            threading.Thread(
                target=self._serve, args=(behave, connection, number), daemon=True
            ).start()

    def _serve(self, behave: Behaviour, connection: socket.socket, number: int) -> None:
        self._number.value = number
        try:
            behave(self, connection)
        except OSError:
            pass  # the client went away, which is what some tests are about
        finally:
            with self._lock:
                self._open.discard(connection)
            connection.close()


def read_request(server: FaultServer, connection: socket.socket) -> Received:
    """Read one request and note it, as far as it comes; a connection without one is none."""
    data = b""
    while b"\r\n\r\n" not in data:
        piece = connection.recv(65536)
        if not piece and not data:
            raise ConnectionAbortedError("The connection was closed before a request.")
        if not piece:
            return server.note(data)
        data += piece
    head, _, body = data.partition(b"\r\n\r\n")
    length = _length(head)
    while len(body) < length and (piece := connection.recv(65536)):
        body += piece
    return server.note(head + b"\r\n\r\n" + body)


def _length(head: bytes) -> int:
    """Return how many bytes the head of a request says that its body has."""
    for line in head.split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            return int(value)
    return 0


def http(
    status: int, body: bytes | object = b"", headers: Mapping[str, str] | None = None
) -> bytes:
    """Return an HTTP answer as bytes; a body that is no bytes becomes JSON."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    head = {"Content-Length": str(len(content)), "Connection": "close", **(headers or {})}
    lines = [f"HTTP/1.1 {status} Something", *(f"{name}: {value}" for name, value in head.items())]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + content


def answers(
    status: int, body: bytes | object = b"", headers: Mapping[str, str] | None = None
) -> Behaviour:
    """Read the request and answer it."""
    return sends(http(status, body, headers))


def sends(raw: bytes) -> Behaviour:
    """Read the request, send these very bytes and close."""

    def behave(server: FaultServer, connection: socket.socket) -> None:
        read_request(server, connection)
        connection.sendall(raw)

    return behave


def calls(respond: Callable[[Received], bytes]) -> Behaviour:
    """Read the request and send what `respond` makes of it."""

    def behave(server: FaultServer, connection: socket.socket) -> None:
        connection.sendall(respond(read_request(server, connection)))

    return behave


def takes(server: FaultServer, connection: socket.socket) -> None:
    """Take each submit under an id of its own, and say of each task that it is queued."""
    request = read_request(server, connection)
    task_id = request.path.rpartition("/")[2]
    if request.method == "POST":
        task_id = f"task-{request.connection}"
    connection.sendall(http(200, {"id": task_id, "status": "queued"}))


def task(task_id: str, *statuses: Mapping[str, Any]) -> Behaviour:
    """Take a task, and give its statuses one after another; the last one repeats."""
    left = list(statuses)

    def respond(request: Received) -> bytes:
        if request.method == "POST":
            return http(200, {"id": task_id, "status": "queued"})
        return http(200, {"id": task_id, **(left.pop(0) if len(left) > 1 else left[0])})

    return calls(respond)


def drops_at_once(_server: FaultServer, connection: socket.socket) -> None:
    """Reset the connection as soon as something arrives, without reading a byte of it."""
    # Sooner, the client may take it for a connection that never opened, and rightly try again.
    connection.recv(1, socket.MSG_PEEK)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def drops_after_reading(server: FaultServer, connection: socket.socket) -> None:
    """Read the request and close without an answer."""
    read_request(server, connection)


def stalls(server: FaultServer, connection: socket.socket) -> None:
    """Read the request and say nothing for as long as the client stays."""
    read_request(server, connection)
    connection.recv(1)


def stalls_unread(server: FaultServer, _connection: socket.socket) -> None:
    """Accept and neither read nor write."""
    server.closing.wait(60)


def drops_after_tls(server: FaultServer, connection: socket.socket) -> None:
    """Read the beginning of a TLS handshake and close."""
    server.note(connection.recv(65536))


def keeps_alive(raw: bytes) -> Behaviour:
    """Answer one request after another on the same connection."""

    def behave(server: FaultServer, connection: socket.socket) -> None:
        while read_request(server, connection).raw:
            connection.sendall(raw)

    return behave


def drips(raw: bytes, at_once: int = 0) -> Behaviour:
    """Read the request, send the first bytes `at_once` and the rest one by one."""

    def behave(server: FaultServer, connection: socket.socket) -> None:
        read_request(server, connection)
        connection.sendall(raw[:at_once])
        for byte in raw[at_once:]:
            connection.sendall(bytes([byte]))
            if server.closing.wait(0.1):
                return

    return behave

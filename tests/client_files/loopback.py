"""A server on loopback that answers with exactly the bytes that a test wants, lies included."""

from __future__ import annotations

import contextlib
import json
import socket
import ssl
import threading
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from lumen_widgets.sandbox.proof import proof

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

Answer: TypeAlias = "bytes | Callable[[socket.socket], None]"


# Key and certificate for localhost and pictures.example, valid until 2120.
CERTIFICATE = Path(__file__).with_name("loopback.pem")


def secured(connection: socket.socket) -> ssl.SSLSocket:
    """Return the connection after a TLS handshake."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATE)
    return context.wrap_socket(connection, server_side=True)


def response(
    body: bytes = b"",
    *,
    status: str = "200 OK",
    headers: Iterable[str] = (),
    length: int | None = None,
) -> bytes:
    """Return an HTTP response, whose length may be a lie."""
    lines = [
        f"HTTP/1.1 {status}",
        f"Content-Length: {len(body) if length is None else length}",
        "Connection: close",
        *headers,
    ]
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body


class LoopbackServer:
    """Takes connections until it is closed; what came in is in `requests`."""

    def __init__(self, *, tls: bool = False, key: str | None = None) -> None:
        # As a sandbox with this key does, it proves that it knows it.
        self.key = key
        self.answers: dict[str, Answer] = {}
        # The head and body of each request, and b"" for a connection without any.
        self.requests: list[bytes] = []
        self.closing = threading.Event()
        self._tls = tls
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._socket.getsockname()[1])
        self.url = f"http://127.0.0.1:{self.port}"
        threading.Thread(target=self._serve, daemon=True).start()

    def close(self) -> None:
        """Take no more connections."""
        self.closing.set()
        # Closing alone does not wake a thread that waits in accept.
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()

    def heads(self) -> str:
        """Return the heads of all requests so far."""
        return "\n".join(
            request.split(b"\r\n\r\n")[0].decode("latin-1") for request in self.requests
        )

    def _serve(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._socket.accept()
                threading.Thread(target=self._answer, args=(connection,), daemon=True).start()

    def _answer(self, connection: socket.socket) -> None:
        with contextlib.suppress(OSError), secured(connection) if self._tls else connection as line:
            self._talk(line)

    def _talk(self, connection: socket.socket) -> None:
        request = read_request(connection)
        if self.key is not None and request.startswith(b"GET /healthz?nonce="):
            nonce = request.split()[1].partition(b"=")[2].decode()
            said = {"service": "lumen-sandbox", "proof": proof(self.key, self.url, nonce)}
            answer = response(json.dumps(said).encode()).replace(b"Connection: close\r\n", b"")
            connection.sendall(answer)
            request = read_request(connection)
        self.requests.append(request)
        words = request.split(maxsplit=2)
        path = words[1].decode("latin-1") if len(words) > 1 else ""
        told = self.answers.get(path, response(status="404 Not Found"))
        if isinstance(told, bytes):
            connection.sendall(told)
        else:
            told(connection)
        connection.shutdown(socket.SHUT_WR)


def read_request(connection: socket.socket) -> bytes:
    """Return the head and body of one request."""
    data = b""
    while b"\r\n\r\n" not in data:
        more = connection.recv(65536)
        data += more
        if not more or data[:1] == b"\x16":  # a TLS hello is never answered
            return data
    head, _, body = data.partition(b"\r\n\r\n")
    length = 0
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            length = int(line[15:])
    while len(body) < length:
        body += connection.recv(65536)
    return head + b"\r\n\r\n" + body

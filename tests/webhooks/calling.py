"""The service's side of a webhook, byte by byte: what it sends, and what an attacker sends."""

from __future__ import annotations

import json
import socket
import time
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from lumen_widgets.client import sign_webhook
from tests.conditions import PATIENCE

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lumen_widgets.client import WebhookReceiver

# Of a test; not ASCII, since nothing says that a user's is.
SECRET = "your-secret ü"  # noqa: S105 - as it says


def body_of(task_id: Any, status: str = "succeeded", **more: Any) -> bytes:
    """Return a body as the service writes it."""
    return json.dumps({"id": task_id, "status": status, **more}).encode()


def headers_of(body: bytes, secret: str = SECRET, at: float | None = None) -> list[str]:
    """Return the two headers that go with a body."""
    return [
        f"X-Lumen-Signature: {sign_webhook(body, secret)}",
        f"X-Lumen-Timestamp: {int(time.time() if at is None else at)}",
    ]


def request(
    receiver: WebhookReceiver,
    body: bytes = b"",
    headers: Iterable[str] = (),
    *,
    method: str = "POST",
    path: str | None = None,
    framing: str | None = None,
) -> bytes:
    """Return a request to a receiver; `framing` replaces its Content-Length."""
    lines = [
        f"{method} {urlsplit(receiver.url).path if path is None else path} HTTP/1.1",
        "Host: receiver.example",
        f"Content-Length: {len(body)}" if framing is None else framing,
        *headers,
    ]
    head = "\r\n".join(line for line in lines if line)
    return head.encode("utf-8", "surrogateescape") + b"\r\n\r\n" + body


def send(receiver: WebhookReceiver, raw: bytes, *, end: bool = False) -> bytes:
    """Send bytes on a connection of their own and return all that comes back.

    Parameters
    ----------
    receiver, raw
        Where to, and what.
    end
        Whether nothing more will be sent, and the receiver is told so.

    """
    with socket.create_connection(("127.0.0.1", receiver.port), PATIENCE) as connection:
        try:
            connection.sendall(raw)
            if end:
                connection.shutdown(socket.SHUT_WR)
            return read(connection)
        except ConnectionError:
            return b""


def read(connection: socket.socket) -> bytes:
    """Return what comes until the receiver closes."""
    answer = b""
    try:
        while piece := connection.recv(65536):
            answer += piece
    except ConnectionError:
        pass  # it threw the connection away
    return answer


def status_of(answer: bytes) -> int:
    """Return an answer's status, 0 where there is none."""
    return int(answer.split(b" ", 2)[1]) if answer else 0


def call(
    receiver: WebhookReceiver,
    body: bytes,
    headers: Iterable[str] | None = None,
    **how: Any,
) -> int:
    """Send a call, well signed unless told otherwise; return the status of the answer."""
    signed = headers_of(body, receiver.secret) if headers is None else headers
    return status_of(send(receiver, request(receiver, body, signed, **how)))

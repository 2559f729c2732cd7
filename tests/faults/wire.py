"""How an answer goes over a socket: its bytes, its framing, and the fault that befalls it."""

from __future__ import annotations

import socket
import struct
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.faults.plan import Framing, How, Where
from tests.faults.sayings import GARBAGE

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable

    from tests.faults.plan import Fault, Step
    from tests.faults.sayings import Saying

# Long enough that something else happens in between, short beside every time-out of the tests.
PAUSE = 0.02

# Between two bytes that drip: an answer of some hundred bytes takes longer than any time-out.
DRIP = 0.03

# No fault stalls for longer than this: a test that hangs ends all the same.
LONGEST = 30.0

_KEPT = {Framing.KEPT, Framing.KEPT_DEAD, Framing.TWICE}
_BEFORE = {
    Framing.CONTINUED: b"HTTP/1.1 100 Continue\r\n\r\n",
    Framing.HINTED: b"HTTP/1.1 102 Processing\r\n\r\n"
    b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n",
}
_INTRUDER = b'{"id": "intruder", "status": "failed", "error": {"message": "Not yours."}}'


class GoneError(Exception):
    """The connection is over, by either side's doing."""


@dataclass(frozen=True)
class Parts:
    """An answer as bytes, in the parts between which something can happen."""

    first: bytes
    headers: bytes
    body: bytes

    def cut(self, where: Where) -> int:
        """Return how many bytes are sent before the point."""
        head = len(self.first) + len(self.headers)
        return {
            # within the number: three digits alone are a status, however the line ends
            Where.IN_STATUS_LINE: len(b"HTTP/1.1 4"),
            Where.IN_HEADERS: len(self.first) + len(self.headers) // 2,
            Where.BEFORE_BODY: head,
            Where.IN_BODY: head + len(self.body) // 2,
            Where.AFTER: head + len(self.body),
        }.get(where, 0)

    @property
    def whole(self) -> bytes:
        """All of it."""
        return self.first + self.headers + self.body


def parts(saying: Saying | None, step: Step) -> Parts:
    """Return the bytes of an answer, framed as the step says."""
    if saying is None:
        return Parts(GARBAGE, b"", b"")
    body, framing = saying.body, step.framing
    headers = dict(saying.headers)
    headers["Connection"] = "keep-alive" if framing in _KEPT else "close"
    if step.retry_after is not None:
        headers["Retry-After"] = step.retry_after
    if framing in {Framing.CHUNKS, Framing.NO_LAST_CHUNK, Framing.CHUNK_CUT}:
        headers["Transfer-Encoding"] = "chunked"
        body = _chunked(body, framing)
    elif framing is Framing.TOO_LONG:
        headers["Content-Length"] = str(len(body) + 1000)
    elif framing is Framing.TOO_SHORT:
        headers["Content-Length"] = str(len(body) // 2)
    elif framing is not Framing.UNTIL_CLOSE:
        headers["Content-Length"] = str(len(body))
    before = _BEFORE.get(framing, b"")
    return Parts(
        before + f"HTTP/1.1 {saying.status} Something\r\n".encode(),
        "".join(f"{name}: {value}\r\n" for name, value in headers.items()).encode() + b"\r\n",
        body,
    )


def _chunked(body: bytes, framing: Framing) -> bytes:
    if framing is Framing.CHUNK_CUT:
        return f"{len(body):x}\r\n".encode() + body[: len(body) // 2]
    half = max(len(body) // 2, 1)
    pieces = [piece for piece in (body[:half], body[half:]) if piece]
    chunks = b"".join(f"{len(piece):x}\r\n".encode() + piece + b"\r\n" for piece in pieces)
    return chunks + (b"" if framing is Framing.NO_LAST_CHUNK else b"0\r\n\r\n")


def reset(connection: socket.socket) -> None:
    """Close a connection with a reset, whatever has been read and sent."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def befall(connection: socket.socket, fault: Fault, closing: threading.Event) -> None:
    """Do to a connection what a fault does; after a pause it is as good as before.

    Raises
    ------
    GoneError
        If it is not.

    """
    if fault.how is How.PAUSE:
        closing.wait(PAUSE)
        return
    if fault.how is How.RESET:
        reset(connection)
    elif fault.how is not How.CLOSE:
        until_gone(connection, closing)
    raise GoneError


def until_gone(connection: socket.socket, closing: threading.Event) -> None:
    """Say nothing until the client leaves."""
    connection.settimeout(0.2)
    end = time.monotonic() + LONGEST
    unread = socket.MSG_PEEK
    while time.monotonic() < end and not closing.is_set():
        try:
            if not connection.recv(1, unread):
                return
        except TimeoutError:
            continue
        # What is not read yet tells nothing of whether the client is there: read it away.
        unread = socket.MsgFlag(0)


def send(
    connection: socket.socket,
    answer: Parts,
    step: Step,
    closing: threading.Event,
    sent: Callable[[], None],
) -> None:
    """Send an answer with the fault that befalls it; `sent` is called once all of it has left.

    Raises
    ------
    GoneError
        If the connection is over by now.

    """
    whole, fault = answer.whole, step.fault
    cut = len(whole) if fault is None else answer.cut(fault.where)
    connection.sendall(whole[:cut])
    if cut == len(whole):
        sent()
    if fault is not None and fault.how is How.DRIP:
        for byte in whole[cut:]:
            if closing.wait(DRIP):
                break
            connection.sendall(bytes([byte]))
        else:
            if cut < len(whole):
                sent()
        raise GoneError
    if fault is not None:
        befall(connection, fault, closing)
        connection.sendall(whole[cut:])
        if cut < len(whole):
            sent()
    if step.framing is Framing.TWICE:
        # A moment later, when the first is read and the connection is put away for the next one.
        closing.wait(PAUSE / 4)
        head = f"HTTP/1.1 200 OK\r\nContent-Length: {len(_INTRUDER)}\r\n\r\n".encode()
        connection.sendall(head + _INTRUDER)
    elif step.framing is not Framing.KEPT:
        raise GoneError

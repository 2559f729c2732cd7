"""Servers that take what costs and then fall silent, each at another point of an answer."""

from __future__ import annotations

import contextlib
import socket
from typing import TYPE_CHECKING

from tests.client import fault_server as fault
from tests.client.fault_server import FaultServer, http

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Self

    from tests.client.fault_server import Behaviour

TASK_ID = "silent-1"
_TAKEN = http(200, {"id": TASK_ID, "status": "queued"})
_LONG = http(200, {"id": TASK_ID, "status": "processing", "padding": "x" * 5000})
_HEAD = _LONG.index(b"\r\n\r\n") + 4

# What any request but the first one gets.
SILENCES: dict[str, Behaviour] = {
    "accepted and not read": fault.stalls_unread,
    "read and not answered": fault.stalls,
    "the status line drips": fault.drips(_LONG),
    "the headers drip": fault.drips(_LONG, 20),
    "no body": fault.drips(_LONG, _HEAD),
    "the body drips": fault.drips(_LONG, _HEAD + 10),
    "reset": fault.drops_at_once,
    "closed": fault.drops_after_reading,
    "garbage": fault.sends(b"\x00\x01\x02 garbage \r\n\r\n"),
}

# A port that never answers, and one that is closed.
NOBODY = ("blackhole", "nobody listens")


@contextlib.contextmanager
def blackhole(port: int) -> Iterator[None]:
    """Have a port of this machine take connections into a full queue, where they hang."""
    with contextlib.ExitStack() as stack:
        listener = stack.enter_context(socket.socket())
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", port))
        listener.listen(0)
        for _ in range(3):
            filler = stack.enter_context(socket.socket())
            filler.settimeout(0)
            filler.connect_ex(("127.0.0.1", port))
        yield


class Silence:
    """A service that answers the first request, or takes no notice of any."""

    def __init__(self, kind: str, *, answers_first: bool) -> None:
        self._kind = kind
        first = [fault.sends(_TAKEN)] if answers_first else []
        self.server = FaultServer(*first, SILENCES.get(kind, fault.stalls))
        self._stack = contextlib.ExitStack()
        self._stack.callback(self.server.__exit__)
        self.url = self.server.url
        if not answers_first:
            self.fall_silent()

    def fall_silent(self) -> None:
        """Be gone, where that is the kind of silence."""
        if self._kind in NOBODY:
            port = self.server.port
            self._stack.close()
            if self._kind == "blackhole":
                self._stack.enter_context(blackhole(port))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        self._stack.close()

"""Answers that are packed although nobody asked for it, and answers without an end."""

from __future__ import annotations

import gzip
import json
import tracemalloc
import zlib
from functools import cache
from typing import TYPE_CHECKING

import pytest

from lumen_widgets.core import errors
from lumen_widgets.core.polling.scheduler import Scheduler, use_scheduler
from lumen_widgets.core.timing import Timing
from tests.client import fault_server as fault
from tests.client.fault_server import FaultServer, http, read_request
from tests.client.service import Service, png

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable

    from lumen_widgets.client import LumenClient

    Connect = Callable[..., LumenClient]

TAKEN = json.dumps({"id": "task-9", "status": "queued"}).encode()
PACKED = {
    "gzip": gzip.compress(TAKEN),
    "x-gzip": gzip.compress(TAKEN),
    "GZIP": gzip.compress(TAKEN),
    "deflate": zlib.compress(TAKEN),
    "deflate ": zlib.compress(TAKEN, wbits=-zlib.MAX_WBITS),
    "identity": TAKEN,
}

# bytes: what a bomb unpacks to, and what it may take here
INSIDE, ALLOWED = 256 << 20, 24 << 20


@cache
def bomb() -> bytes:
    """Return a few hundred kilobytes of gzip that unpack to `INSIDE` bytes."""
    packer = zlib.compressobj(9, wbits=16 + zlib.MAX_WBITS)
    piece = b" " * (1 << 20)
    return b"".join([packer.compress(piece) for _ in range(INSIDE >> 20)]) + packer.flush()


def bomb_in(packing: str) -> bytes:
    """Return it as it is sent under this name."""
    return gzip.compress(bomb()) if packing == "gzip, gzip" else bomb()


@pytest.mark.parametrize("packing", PACKED)
def test_a_task_that_was_taken_in_a_packed_answer(connect: Connect, packing: str) -> None:
    """A proxy may pack what the service says: the task is known all the same."""
    behaviour = fault.answers(200, PACKED[packing], {"Content-Encoding": packing})
    with FaultServer(behaviour) as server:
        task = connect(server.url).generate("a cat")

    assert task.id == "task-9"


@pytest.mark.slow
@pytest.mark.parametrize("packing", ["gzip", "gzip, gzip", "br", "zstd, gzip"])
def test_a_bomb_takes_no_memory(connect: Connect, packing: str) -> None:
    """A submit whose answer swells without end has an unknown outcome, and costs some megabytes."""
    behaviour = fault.answers(200, bomb_in(packing), {"Content-Encoding": packing})
    tracemalloc.start()
    try:
        with FaultServer(behaviour) as server, pytest.raises(errors.SubmitOutcomeUnknown):
            connect(server.url).generate("a cat")
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert most < ALLOWED


def test_a_bomb_as_a_status_takes_no_memory(service: Service, connect: Connect) -> None:
    """A status that swells without end is asked for again, and costs some megabytes."""
    use_scheduler(Scheduler(timing=Timing(local_interval=0.01)))
    packed = http(200, bomb(), {"Content-Encoding": "gzip"})
    service.statuses["*"] = [packed, service.succeeded("a")]
    tracemalloc.start()
    try:
        pictures = connect(service.server.url).generate("a cat").wait(30)
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert [picture.bytes for picture in pictures] == [png()]
    assert most < ALLOWED


def pours(head: bytes, piece: bytes) -> fault.Behaviour:
    """Read the request, and send a head and then pieces for as long as the client takes them."""

    def behave(server: FaultServer, connection: socket.socket) -> None:
        read_request(server, connection)
        connection.sendall(b"HTTP/1.1 200 OK\r\n" + head)
        while not server.closing.is_set():
            connection.sendall(piece)

    return behave


ENDLESS = {
    "chunks": (b"Transfer-Encoding: chunked\r\n\r\n", b"1000\r\n" + b" " * 0x1000 + b"\r\n"),
    "a chunk's size": (b"Transfer-Encoding: chunked\r\n\r\n", b"0" * 4096),
    "a body without a length": (b"\r\n", b" " * 4096),
    "headers": (b"", b"X-Some: " + b"y" * 4096 + b"\r\n"),
    "one header": (b"X-Some: ", b"y" * 4096),
}


@pytest.mark.parametrize("kind", ENDLESS)
def test_an_answer_without_an_end(connect: Connect, kind: str) -> None:
    """What does not end is cut off: the outcome is unknown, in time and with little memory."""
    tracemalloc.start()
    try:
        with FaultServer(pours(*ENDLESS[kind])) as server:
            with pytest.raises(errors.SubmitOutcomeUnknown):
                connect(server.url).generate("a cat")
            assert len(server.posts) == 1
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert most < ALLOWED

"""A program on a sandbox's port whose answers have no end: it cannot fill anybody's memory."""

from __future__ import annotations

import tracemalloc
from contextlib import contextmanager
from typing import TYPE_CHECKING

import numpy as np
import pytest

from lumen_widgets.client import HostingError, LumenClient, ServiceUnreachable
from lumen_widgets.sandbox.loopback import Unreachable, call
from tests.client.fault_server import FaultServer, read_request

if TYPE_CHECKING:
    import socket
    from collections.abc import Iterator

# Half a second of what a program on this machine can send is a hundred times as much.
ALLOWED = 10_000_000


@contextmanager
def endless() -> Iterator[str]:
    """Run such a program, and look at what it costs; yield its address."""

    def behave(server: FaultServer, connection: socket.socket) -> None:
        read_request(server, connection)
        connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\n")
        while not server.closing.is_set():
            connection.sendall(b" " * 65536)

    tracemalloc.start()
    try:
        with FaultServer(behave) as server:
            yield server.url
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert most < ALLOWED


def test_the_look_for_a_sandbox_is_cut_off() -> None:
    """The call that asks whether a sandbox runs reads no more than its limit."""
    with endless() as url, pytest.raises(Unreachable, match="larger than"):
        call("GET", f"{url}/healthz", seconds=2, max_bytes=1_000_000)


@pytest.mark.slow
def test_a_proof_without_an_end_is_none() -> None:
    """Nothing is sent to a server that proves itself without end."""
    with endless() as url, pytest.raises(ServiceUnreachable, match="did not prove"):
        LumenClient(f"sk-lumen-sandbox-{'a' * 32}", url, journal=False, timeout=3.0).generate(
            "a cat"
        )


@pytest.mark.slow
def test_the_look_for_uploads_is_cut_off() -> None:
    """A server that says without end whether it takes uploads takes none."""
    with endless() as url, pytest.raises(HostingError, match="exists only here"):
        LumenClient("sk-lumen-local-key", url, journal=False).edit(
            "a cat", np.zeros((20, 20, 3), np.uint8)
        )

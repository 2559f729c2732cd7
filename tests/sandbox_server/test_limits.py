"""What anybody may connect and send without a key stops neither the sandbox nor fills the disk."""

from __future__ import annotations

import json
import logging
import socket
import subprocess
import sys
from contextlib import ExitStack, contextmanager, suppress
from typing import TYPE_CHECKING

import psutil
import pytest
import requests

from lumen_widgets.sandbox.connection_limits import ConnectionLimits
from lumen_widgets.sandbox.logs import logging_to
from tests.conditions import until
from tests.sandbox_server.real_server import Child

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.slow

HALF = b"GET /x HTTP/1.1\r\nX: "

PROGRAM = """
import resource, sys
from lumen_widgets import sandbox
from lumen_widgets.sandbox.connection_limits import ConnectionLimits

home, files, limits = sys.argv[1], int(sys.argv[2]), eval(sys.argv[3])
hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
resource.setrlimit(resource.RLIMIT_NOFILE, (files, hard))
sandbox.serve(0, home, limits=limits)
"""


@contextmanager
def limited(
    home: Path, limits: ConnectionLimits | None = None, files: int = 1024
) -> Iterator[Child]:
    """Run a sandbox with limits of its own, which may open so many files."""
    words = [sys.executable, "-c", PROGRAM, str(home), str(files), repr(limits)]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield Child(home, **json.loads(process.stdout.readline()), process=process)
        finally:
            process.terminate()


def connect(server: Child) -> socket.socket:
    """Return a connection to a sandbox; a read on it that takes a minute fails the test."""
    return socket.create_connection(("127.0.0.1", int(server.url.rpartition(":")[2])), 60)


def ended(connection: socket.socket) -> bool:
    """Wait until the other side has ended a connection."""
    try:
        while connection.recv(1 << 16):
            pass
    except ConnectionError:
        pass
    return True


def open_connections(server: Child) -> int:
    """Return how many connections a sandbox holds."""
    found = psutil.Process(server.process.pid).net_connections()
    return sum(one.status != psutil.CONN_LISTEN for one in found)


def test_half_requests_do_not_keep_the_owner_out(tmp_path: Path) -> None:
    """Beyond the limit the oldest is ended, and each call of the owner is answered."""
    limits = ConnectionLimits(max_connections=8, backlog=4, head_seconds=600)
    with limited(tmp_path / "home", limits) as server, ExitStack() as held:
        connections = []
        for _ in range(20):
            connections.append(held.enter_context(connect(server)))
            connections[-1].sendall(HALF)
            assert server.account()["balance"] == 10_000
        assert all(map(ended, connections[:12]))
        until(lambda: open_connections(server) <= 8)


@pytest.mark.parametrize(
    ("files", "count"), [(128, 200), pytest.param(1024, 1100, marks=pytest.mark.full)]
)
def test_more_connections_than_files_are_no_trouble(tmp_path: Path, files: int, count: int) -> None:
    """Where a process may open few files the limit is lower; the log says nothing of them."""
    with limited(tmp_path / "home", files=files) as server, ExitStack() as held:
        server.call("POST", "/sandbox/settings", json={"latency": [0, 0]})
        for _ in range(count):
            held.enter_context(connect(server)).sendall(HALF)
        assert server.account()["balance"] == 10_000
        assert server.ended(server.submit(size="16x16"))["status"] == "succeeded"
        assert "Too many open files" not in server.log()
        assert len(server.log()) < 2_000


def test_half_requests_end_in_time(tmp_path: Path) -> None:
    """A connection without a byte, one with half a head, and one that was kept after a call."""
    limits = ConnectionLimits(head_seconds=0.2)
    with limited(tmp_path / "home", limits) as server, ExitStack() as held:
        silent, half, kept = (held.enter_context(connect(server)) for _ in range(3))
        half.sendall(HALF)
        kept.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n" + HALF)
        assert all(map(ended, (silent, half, kept)))


def test_a_body_that_comes_slowly_is_ended(tmp_path: Path) -> None:
    """Also one with the key."""
    with limited(tmp_path / "home", ConnectionLimits(call_seconds=0.2)) as server:
        head = (
            "POST /sandbox/uploads HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n"
            f"Authorization: Bearer {server.api_key}\r\n\r\nhalf"
        )
        with connect(server) as connection:
            connection.sendall(head.encode())
            assert ended(connection)
        assert server.account()["balance"] == 10_000


def answered(server: Child) -> bool:
    """Tell whether the owner's call is answered."""
    with suppress(requests.ConnectionError):
        return bool(server.account()["balance"] == 10_000)
    return False


@pytest.mark.parametrize("limits", [
    ConnectionLimits(call_seconds=0.5),
    ConnectionLimits(max_connections=2, call_seconds=600),
])  # fmt: skip
def test_answers_that_are_not_read_are_not_kept(tmp_path: Path, limits: ConnectionLimits) -> None:
    """They end in time, and at once where there are too many connections."""
    with limited(tmp_path / "home", limits) as server, ExitStack() as held:
        many = b"GET /openapi.json HTTP/1.1\r\nHost: localhost\r\n\r\n" * 2000
        for _ in range(3):
            connection = held.enter_context(connect(server))
            connection.setblocking(False)  # noqa: FBT003 - its only way
            connection.send(many)
        # Until their answers have filled the buffers, these calls are like any others.
        until(lambda: answered(server) and open_connections(server) <= 2)


def test_what_is_no_request_is_not_logged(tmp_path: Path) -> None:
    """Nor is a head that is too large; both are answered 400."""
    with limited(tmp_path / "home") as server:
        before = len(server.log())
        for nonsense in (b"\x16\x03\x01\r\n\r\n", b"GET /x HTTP/1.1\r\nX: " + b"x" * 20_000):
            for _ in range(20):
                with connect(server) as connection:
                    connection.sendall(nonsense)
                    assert ended(connection)
        assert len(server.log()) == before


def test_a_body_that_breaks_off_is_not_logged_as_a_fault(tmp_path: Path) -> None:
    """Each wrote the stack of an error; and a method as long as a head was written whole."""
    head = b" /v1/images/generations HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked"
    with limited(tmp_path / "home") as server:
        before = len(server.log())
        for method in (b"POST", b"HEAD", b"X" * 9_000):
            for body in (b"zz\r\n", b"-1\r\n"):
                with connect(server) as connection:
                    connection.sendall(method + head + b"\r\n\r\n" + body)
                    assert ended(connection)
        assert "Traceback" not in server.log()
        assert len(server.log()) < before + 1_500


def test_the_log_stays_small_while_it_is_written(tmp_path: Path) -> None:
    """However much is logged, by two processes: the newest lines are there."""
    path = tmp_path / "server.log"
    log = logging.getLogger("tests.sandbox_server")
    with logging_to(path, max_bytes=5_000), logging_to(path, max_bytes=5_000):
        for number in range(500):
            log.info("line %d %s", number, "x" * 50)
            assert path.stat().st_size < 5_000 + 200
    lines = path.read_text("utf-8").splitlines()
    assert "line 499" in lines[-1]
    assert "line 490" in path.read_text("utf-8")
    assert all("line" in line for line in lines)

"""The sandboxes under test."""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING

import pytest

from lumen_widgets.sandbox.home import Home
from tests.conditions import until
from tests.sandbox_server.in_process import InProcess
from tests.sandbox_server.real_server import RealServer, alive, serving
from tests.sandbox_server.receiver import Receiver, receiving

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def in_process(tmp_path: Path) -> InProcess:
    """Return a sandbox in this process, with a clock that stands still."""
    return InProcess(tmp_path)


@pytest.fixture(scope="package")
def shared_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealServer]:
    """Run one server for the tests that do not end it."""
    with serving(tmp_path_factory.mktemp("sandbox") / "home") as server:
        yield server


@pytest.fixture
def server(shared_server: RealServer) -> RealServer:
    """Return the shared server, with its first settings and balance."""
    first = {"latency": (0, 0), "fail_rate": 0, "data_uris": False, "uploads": True}
    first |= {"redraw_grain": 3, "redraw_changed": 0}
    first |= {"rate_limit": None, "revoked": False, "models": None}
    shared_server.call("POST", "/sandbox/settings", json={**first, "credits": 10_000})
    return shared_server


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """Run a webhook receiver on this machine."""
    with receiving() as taken:
        yield taken


@pytest.fixture
def own_home(tmp_path: Path) -> Iterator[Home]:
    """Return the folder of the sandbox that `start` starts here; what runs there is ended."""
    home = Home(tmp_path / "lumen-home" / "sandbox")
    yield home
    running = home.read_running()
    if running is not None and running.pid != os.getpid() and alive(running.pid):
        os.kill(running.pid, signal.SIGKILL)
        until(lambda: not alive(running.pid))

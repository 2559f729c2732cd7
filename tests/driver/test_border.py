"""What the run itself refuses: ways out of this machine, and browser tests that are skipped."""

from __future__ import annotations

import socket
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
import requests

from tests import checkout, network

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

pytestmark = pytest.mark.slow

_SKIPPED = """
import pytest
@pytest.mark.browser
def test_that_is_skipped() -> None:
    pytest.skip("no browser here")
"""
_SWALLOWED = """
import contextlib, socket
def test_that_hides_what_it_tried() -> None:
    with contextlib.suppress(Exception):
        socket.create_connection(("192.0.2.1", 80))
"""
_LARGE = """
import pytest
@pytest.mark.full
def test_that_is_large() -> None:
    raise AssertionError("the large test ran")
"""


@pytest.mark.parametrize(
    "attempt",
    [
        lambda: requests.get("https://example.com/", timeout=5),
        lambda: socket.create_connection(("192.0.2.1", 80), timeout=5),
        lambda: socket.socket().connect_ex(("192.0.2.1", 80)),
        lambda: socket.create_connection(("2001:db8::1", 80), timeout=5),
        lambda: socket.getaddrinfo("example.com", 80),
    ],
)
def test_nothing_beyond_this_machine_can_be_reached(attempt: Callable[[], object]) -> None:
    """A connection or a look-up that would leave the machine is refused, and remembered."""
    with pytest.raises(network.NetworkForbiddenError):
        attempt()

    assert network.attempts
    network.attempts.clear()


def test_loopback_can_be_reached() -> None:
    """Loopback can be reached by its name and by its addresses."""
    with (
        socket.create_server(("127.0.0.1", 0)) as server,
        socket.create_connection(("localhost", server.getsockname()[1])) as connection,
    ):
        assert connection.getpeername() == server.getsockname()


def test_names_for_tests_do_not_exist() -> None:
    """A name under .invalid cannot be resolved, as on any machine, and nobody is asked."""
    with pytest.raises(socket.gaierror):
        socket.getaddrinfo("nowhere.invalid", 80)


@pytest.mark.parametrize(
    ("code", "words", "status", "said"),
    [
        (_SKIPPED, [], pytest.ExitCode.TESTS_FAILED, "a browser test may not be skipped"),
        (_SWALLOWED, [], pytest.ExitCode.TESTS_FAILED, "tried to reach ['192.0.2.1:80']"),
        (_LARGE, [], pytest.ExitCode.NO_TESTS_COLLECTED, "1 deselected"),
        (_LARGE, ["--full"], pytest.ExitCode.TESTS_FAILED, "the large test ran"),
    ],
    ids=["browser test skipped", "attempt swallowed", "large left out", "large asked for"],
)
def test_the_run_tells(
    code: str, words: list[str], status: pytest.ExitCode, said: str, tmp_path: Path
) -> None:
    """A run fails when a browser test was skipped or a test hid that it tried to leave."""
    test = tmp_path / "test_inner.py"
    test.write_text(code)
    settings = ["-p", "tests.conftest", "-c", "pyproject.toml", f"--rootdir={tmp_path}"]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *settings, *words, str(test)],
        cwd=checkout.ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )

    assert said in done.stdout
    assert done.returncode == status

"""A program leaves when it is told to, or has nothing left to do, whatever a service keeps open."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from typing import TYPE_CHECKING

import pytest

from lumen_widgets.journal import Journal
from tests.client import fault_server as fault
from tests.client.fault_server import FaultServer, http
from tests.faults.silence import NOBODY, SILENCES, TASK_ID, Silence

if TYPE_CHECKING:
    import socket
    from pathlib import Path

pytestmark = pytest.mark.slow

# The client's time-out in seconds: far longer than it takes to leave.
PATIENT = 300.0

# So long a program may take to leave, in seconds: a sign of life on a busy machine, no measure.
PROMPTLY = 60.0

# Python says of itself what is not closed.
DEVELOPING = (sys.executable, "-X", "dev")


def start(url: str, verb: str, home: Path, timeout: float) -> subprocess.Popen[str]:
    """Start the program, and return it once it does what the verb says, or is about to submit."""
    program = subprocess.Popen(
        [*DEVELOPING, "-m", "tests.faults.bystander", url, verb, str(timeout)],
        env={**os.environ, "LUMEN_HOME": str(home)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert program.stdout is not None
    assert program.stdout.readline() == "ready\n"
    return program


def asked(silence: Silence, count: int) -> None:
    """Wait until so many connections have come."""
    end = time.monotonic() + PROMPTLY
    while silence.server.connections < count:
        assert time.monotonic() < end
        time.sleep(0.01)


@pytest.mark.parametrize("verb", ["wait", "as_completed", "stream", "refresh"])
@pytest.mark.parametrize("kind", ["read and not answered", "the body drips"])
def test_interrupted_while_waiting(verb: str, kind: str, tmp_path: Path) -> None:
    """Ctrl-C ends every wait for a silent service at once, and names the task that goes on."""
    with Silence(kind, answers_first=True) as silence:
        program = start(silence.url, verb, tmp_path, PATIENT)
        asked(silence, 2)
        began = time.monotonic()
        program.send_signal(signal.SIGINT)
        _, words = program.communicate(timeout=2 * PROMPTLY)
        assert time.monotonic() - began < PROMPTLY
        assert program.returncode == -signal.SIGINT, words
        assert f"the task {TASK_ID} goes on" in words
        assert "Exception ignored" not in words


def test_interrupted_while_submitting(tmp_path: Path) -> None:
    """Ctrl-C ends a submit, which says where its answer will be; the answer is waited for."""
    came, answer = threading.Event(), threading.Event()

    def take(server: FaultServer, connection: socket.socket) -> None:
        fault.read_request(server, connection)
        came.set()
        answer.wait(PATIENT)
        connection.sendall(http(200, {"id": TASK_ID, "status": "queued"}))

    with FaultServer(take) as server:
        program = start(server.url, "submit", tmp_path, PATIENT)
        assert came.wait(PROMPTLY)
        program.send_signal(signal.SIGINT)
        assert program.stderr is not None
        # said before the answer is there
        assert any("already on its way" in line for line in program.stderr)
        answer.set()
        _, words = program.communicate(timeout=2 * PROMPTLY)
        assert program.returncode == -signal.SIGINT, words
        assert len(server.posts) == 1
    assert [row.task_id for row in Journal(tmp_path).rows()] == [TASK_ID]


@pytest.mark.parametrize("kind", [*SILENCES, *NOBODY])
def test_the_interpreter_ends(kind: str, tmp_path: Path) -> None:
    """A script that ends with a task in flight ends at once and in silence, whatever comes."""
    with Silence(kind, answers_first=True) as silence:
        program = start(silence.url, "end", tmp_path, PATIENT)
        asked(silence, 2)
        silence.fall_silent()
        _, words = program.communicate(timeout=2 * PROMPTLY)
        assert (program.returncode, words) == (0, "")


@pytest.mark.parametrize("kind", ["read and not answered", "the body drips", "blackhole"])
def test_the_interpreter_waits_for_a_submit(kind: str, tmp_path: Path) -> None:
    """One that ends while a submit is under way ends with its time-out: the answer may cost."""
    with Silence(kind, answers_first=False) as silence:
        program = start(silence.url, "submit beside", tmp_path, 2.0)
        _, words = program.communicate(timeout=2 * PROMPTLY)
        assert program.returncode == 0
        assert "Fatal" not in words
        (row,) = Journal(tmp_path).rows()
        # a machine that is too slow to send it within the time-out has not sent it
        came = kind != "blackhole" and bool(silence.server.posts)
        assert row.state in ({"unknown"} if came else {"refused", "unknown"})

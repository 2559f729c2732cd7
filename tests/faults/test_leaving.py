"""A program leaves when it is told to, or has nothing left to do, whatever a service keeps open."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest

from tests.faults.silence import NOBODY, SILENCES, TASK_ID, Silence

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.slow

# The client's time-out in seconds: far longer than it takes to leave.
PATIENT = 60.0

# So long a program may take to leave, in seconds: a sign of life on a busy machine, no measure.
PROMPTLY = 15.0

# Python says of itself what is not closed.
DEVELOPING = (sys.executable, "-X", "dev")


def start(silence: Silence, verb: str, home: Path, timeout: float) -> subprocess.Popen[str]:
    """Start the program, and return it once it is about to do what the verb says."""
    program = subprocess.Popen(
        [*DEVELOPING, "-m", "tests.faults.bystander", silence.url, verb, str(timeout)],
        env={**os.environ, "LUMEN_HOME": str(home)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert program.stdout is not None
    assert program.stdout.readline() == "ready\n"
    return program


def asked(silence: Silence, count: int) -> None:
    """Wait until so many connections have come."""
    end = time.monotonic() + 30
    while silence.server.connections < count:
        assert time.monotonic() < end
        time.sleep(0.01)


@pytest.mark.parametrize("verb", ["wait", "as_completed", "stream", "refresh"])
@pytest.mark.parametrize("kind", ["read and not answered", "the body drips"])
def test_interrupted_while_waiting(verb: str, kind: str, tmp_path: Path) -> None:
    """Ctrl-C ends every wait for a silent service at once, and names the task that goes on."""
    with Silence(kind, answers_first=True) as silence:
        program = start(silence, verb, tmp_path, PATIENT)
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
    with Silence("read and not answered", answers_first=False) as silence:
        program = start(silence, "submit", tmp_path, 2.0)
        asked(silence, 1)
        program.send_signal(signal.SIGINT)
        _, words = program.communicate(timeout=2 * PROMPTLY)
        assert program.returncode == -signal.SIGINT, words
        assert "already on its way" in words
        assert silence.server.connections == 1


@pytest.mark.parametrize("kind", [*SILENCES, *NOBODY])
def test_the_interpreter_ends(kind: str, tmp_path: Path) -> None:
    """A script that ends with a task in flight ends at once and in silence, whatever comes."""
    with Silence(kind, answers_first=True) as silence:
        program = start(silence, "end", tmp_path, PATIENT)
        silence.fall_silent()
        _, words = program.communicate(timeout=2 * PROMPTLY)
        assert (program.returncode, words) == (0, "")


@pytest.mark.parametrize("kind", ["read and not answered", "the body drips", "blackhole"])
def test_the_interpreter_waits_for_a_submit(kind: str, tmp_path: Path) -> None:
    """One that ends while a submit is under way ends with its time-out: the answer may cost."""
    with Silence(kind, answers_first=False) as silence:
        program = start(silence, "submit beside", tmp_path, 1.0)
        _, words = program.communicate(timeout=2 * PROMPTLY)
        assert program.returncode == 0
        assert "Fatal" not in words
        from lumen_widgets.journal import Journal

        (row,) = Journal(tmp_path).rows()
        assert row.state == ("refused" if kind == "blackhole" else "unknown")

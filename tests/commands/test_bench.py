"""``python -m tests.bench``: what README's figures come from runs, and prints its tables."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests import checkout

pytestmark = pytest.mark.slow


def test_the_small_sizes_run() -> None:
    """The parts that need no browser print their tables; their figures are no test of the code."""
    program = [sys.executable, "-m", "tests.bench", "imports", "client", "pacing", "masks"]
    done = subprocess.run(
        program, cwd=checkout.ROOT, capture_output=True, text=True, timeout=280, check=False
    )
    assert done.returncode == 0, done.stderr
    for row in ("LumenClient", "nothing learnt", "with a webhook", "in flight together"):
        assert row in done.stdout


def test_a_part_that_is_none_is_refused() -> None:
    """A name that is none is said to be, before anything is measured."""
    program = [sys.executable, "-m", "tests.bench", "pacing", "everything"]
    done = subprocess.run(
        program, cwd=checkout.ROOT, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 2
    assert "no such part: everything" in done.stderr

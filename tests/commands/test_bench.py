"""``python -m tests.bench``: what README's figures come from runs, and prints its tables."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests import checkout

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.slow


@pytest.mark.parametrize(
    ("parts", "rows"),
    [
        ("imports journal client", ("LumenClient", "all at once", "ten at once", "tasks end")),
        ("pacing masks", ("nothing learnt", "with a webhook", "in flight together", "steps")),
        (
            "repaint contact_sheet",
            ("14 % masked", "beyond source, mask and result", "as PNG", "sheet of four"),
        ),
        ("cell throughput", ("of it beyond the render", "on the sandbox")),
        ("peers", ("learnt from as many", "could not be installed", "the same, learnt")),
    ],
)
def test_the_small_sizes_run(parts: str, rows: tuple[str, ...], tmp_path: Path) -> None:
    """The parts that need no browser print their tables; their figures are no test of the code.

    Where the clients that ours is measured beside cannot be installed, that is said, and ours is
    measured alone.
    """
    program = [sys.executable, "-m", "tests.bench", *parts.split()]
    offline = {"PIP_NO_INDEX": "1", "PIP_CONFIG_FILE": os.devnull, "XDG_CACHE_HOME": str(tmp_path)}
    done = subprocess.run(
        program,
        cwd=checkout.ROOT,
        capture_output=True,
        env=os.environ | offline,
        text=True,
        timeout=280,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    for row in rows:
        assert row in done.stdout


def test_a_part_that_is_none_is_refused() -> None:
    """A name that is none is said to be, before anything is measured."""
    program = [sys.executable, "-m", "tests.bench", "pacing", "everything"]
    done = subprocess.run(
        program, cwd=checkout.ROOT, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 2
    assert "no such part: everything" in done.stderr

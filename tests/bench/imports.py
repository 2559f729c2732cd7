"""How long an import takes, in a fresh process that finds compiled files, as pip leaves them."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from functools import partial

from tests.bench.table import Table, side_by_side

_STATEMENTS = (
    "import requests",
    "import lumen_widgets.client",
    "from lumen_widgets.client import LumenClient",
    "import lumen_widgets",
    "from lumen_widgets import generate",
)
_CODE = """
import time
start = time.perf_counter()
{statement}
print(time.perf_counter() - start)
"""


def measure(*, full: bool) -> Table:
    """Measure our imports beside that of the HTTP library that every client needs."""
    with tempfile.TemporaryDirectory() as folder:
        # Of this checkout there may be none: then it would be the compiler that is measured.
        environment = {**os.environ, "PYTHONPYCACHEPREFIX": folder, "PYTHONDONTWRITEBYTECODE": ""}
        for statement in _STATEMENTS:
            _seconds(statement, environment)
        taken = side_by_side(
            {statement: partial(_seconds, statement, environment) for statement in _STATEMENTS}
        )
    table = Table(("import", "ms", "beside requests, ms"))
    bare = taken[_STATEMENTS[0]]
    for statement, value in taken.items():
        table.add(f"`{statement}`", value * 1000, (value - bare) * 1000)
    return table


def _seconds(statement: str, environment: dict[str, str]) -> float:
    done = subprocess.run(
        [sys.executable, "-c", _CODE.format(statement=statement)],
        capture_output=True,
        check=True,
        env=environment,
        text=True,
    )
    return float(done.stdout)

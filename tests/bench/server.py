"""How soon a sandbox answers."""

from __future__ import annotations

import tempfile
from pathlib import Path
from time import perf_counter

import requests

from tests.bench.table import Table, seconds, side_by_side
from tests.sandboxes import serving


def measure(*, full: bool) -> Table:
    """Measure a start, and one call to a server that runs."""
    with tempfile.TemporaryDirectory() as folder, serving(Path(folder)) as server:
        session = requests.Session()
        taken = side_by_side(
            {
                "start of the program to its first answer": _start,
                "one call, on a kept connection": lambda: seconds(
                    lambda: session.get(f"{server.url}/healthz", timeout=30)
                ),
            }
        )
    table = Table(("sandbox", "ms"))
    for name, value in taken.items():
        table.add(name, value * 1000)
    return table


def _start() -> float:
    """Return the seconds from starting the program to its first answer, its end left out."""
    start = perf_counter()
    with tempfile.TemporaryDirectory() as folder, serving(Path(folder)) as server:
        requests.get(f"{server.url}/healthz", timeout=30)
        return perf_counter() - start

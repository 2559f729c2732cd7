"""What the client adds to a task: requests, and seconds after the service has the pictures."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from statistics import mean
from time import perf_counter
from typing import Any

from lumen_widgets.client import LumenClient
from tests.bench.table import ROUNDS, Table
from tests.sandboxes import serving

# every task takes as long, so that what is above it is the client's
_LATENCY = 1.0
_SIZE = "256x256"
_METHODS = (b"GET ", b"POST ")


def measure(*, full: bool) -> Table:
    """Measure whole tasks against a sandbox, POST in, pictures out."""
    requests_sent = _counted_requests()
    rounds = ROUNDS if full else 2
    table = Table((f"tasks of {_LATENCY:g} s", "wait, s", "requests a task"))
    with tempfile.TemporaryDirectory() as folder, serving(Path(folder, "sandbox")) as server:
        server.set(latency=[_LATENCY, _LATENCY])
        client = LumenClient(server.api_key, server.url, journal=Path(folder, "journal"))
        for name, at_once, n in _cases(full=full):
            waits, before = [], len(requests_sent)
            for _ in range(rounds):
                start = perf_counter()
                tasks = [client.generate("a fox", n=n, size=_SIZE) for _ in range(at_once)]
                for task in tasks:
                    task.wait(timeout=120)
                waits.append(perf_counter() - start)
            table.add(name, mean(waits), (len(requests_sent) - before) / (rounds * at_once))
    return table


def _cases(*, full: bool) -> list[tuple[str, int, int]]:
    cases = [("one, one picture", 1, 1), ("one, four pictures", 1, 4), ("ten at once", 10, 1)]
    return [*cases, ("fifty at once", 50, 1)] if full else cases


def _counted_requests() -> list[bytes]:
    """Return a list that grows with every request which this process sends from now on."""
    sent: list[bytes] = []

    def hear(event: str, arguments: tuple[Any, ...]) -> None:
        if event == "http.client.send":
            data = arguments[1]
            if isinstance(data, bytes) and data.startswith(_METHODS):
                sent.append(data[:4])

    # Python's own report of what it sends: it sees every connection, pooled or fresh
    sys.addaudithook(hear)
    return sent

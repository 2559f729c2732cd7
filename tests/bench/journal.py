"""How long a write to the journal takes, alone and where many come at once, each of them synced."""

from __future__ import annotations

import os
import tempfile
import threading
from functools import partial
from pathlib import Path
from statistics import median, quantiles
from typing import TYPE_CHECKING, Any

from lumen_widgets.journal import Journal
from tests.bench import summary
from tests.bench.table import ROUNDS, Table, seconds

if TYPE_CHECKING:
    from collections.abc import Callable

# as many tasks as end together, and the threads by which a client hears of them
_TASKS, _THREADS = 200, 4
_ACCOUNT: dict[str, Any] = {"origin": "https://lumen.example", "account": "a1b2"}


def measure(*, full: bool) -> Table:
    """Measure writes of one process, each on the disk when it returns; beside one bare sync."""
    rounds = ROUNDS if full else 1
    count = _TASKS if full else 40
    table = Table(("writes to the journal", "median, ms", "p95, ms", "a second"))
    with tempfile.TemporaryDirectory() as folder:
        bare = [seconds(partial(_sync, Path(folder, "bare"))) for _ in range(5 * rounds)]
    table.add("one bare `fsync`", *_in_ms(bare), 1 / median(bare))
    cases = {"one after the other": 1, "by a client's threads": _THREADS, "all at once": count}
    for name, threads in cases.items():
        for what, make in (("submits", _submits), ("ends", _ends)):
            taken, wholes = [], []
            for _ in range(rounds):
                with tempfile.TemporaryDirectory() as home:
                    took, whole = _at_once(make(Journal(home), count), threads)
                taken += took
                wholes.append(whole)
            if make is _ends and threads == count:
                summary.note(
                    "journal",
                    f"p95 of a journal write when {count} tasks end together",
                    f"{_in_ms(taken)[1]:.0f} ms",
                )
            table.add(f"{count} {what}, {name}", *_in_ms(taken), count / median(wholes))
    return table


def _submits(journal: Journal, count: int) -> list[Callable[[], object]]:
    return [
        partial(
            journal.insert_request,
            **_ACCOUNT,
            endpoint="generations",
            body={"prompt": f"cat {number}"},
        )
        for number in range(count)
    ]


def _ends(journal: Journal, count: int) -> list[Callable[[], object]]:
    rows = [submit() for submit in _submits(journal, count)]
    return [
        partial(journal.record_status, row, status="succeeded", seconds=3.0, task_id=f"task-{row}")
        for row in rows
        if isinstance(row, int)
    ]


def _at_once(writes: list[Callable[[], object]], threads: int) -> tuple[list[float], float]:
    """Have threads share writes out; return the seconds that each took, and that all did."""
    start, taken = threading.Barrier(threads + 1), list[float]()

    def run(thread: int) -> None:
        start.wait()
        taken.extend(seconds(write) for write in writes[thread::threads])

    running = [threading.Thread(target=run, args=(thread,)) for thread in range(threads)]
    for thread in running:
        thread.start()
    start.wait()

    def join() -> None:
        for thread in running:
            thread.join()

    return taken, seconds(join)


def _sync(path: Path) -> None:
    with path.open("ab") as file:
        file.write(b"\0" * 4096)
        file.flush()
        os.fsync(file.fileno())


def _in_ms(taken: list[float]) -> tuple[float, float]:
    return median(taken) * 1000, quantiles(taken, n=20)[-1] * 1000

"""How soon a cell has its picture, in a kernel and with a sandbox that are as they come.

From sending the cell to the message with the picture. What a cell takes beyond the render is
measured where the sandbox adds no latency: all but the time from the sandbox's taking the task to
the picture's being a file there.
"""

from __future__ import annotations

import os
import sqlite3
import subprocess
import tempfile
import time
from contextlib import closing, contextmanager
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

from jupyter_client.manager import start_new_kernel

from lumen_widgets.sandbox.home import open_home
from tests import checkout
from tests.bench import summary
from tests.bench.table import ROUNDS, Table
from tests.sandboxes import stop_left_running

if TYPE_CHECKING:
    from collections.abc import Iterator

_IMPORT = "import lumen_widgets as lumen"
_USE = f'{_IMPORT}\nlumen.use("sandbox")'
_NO_LATENCY = "lumen.sandbox.settings(latency=(0, 0));"
_PATIENCE = 120


def measure(*, full: bool) -> Table:
    """Measure first cells, each in a kernel and with a sandbox of its own, and warm ones."""
    rounds, warm = (ROUNDS, 10) if full else (1, 2)
    side = 1024 if full else 256
    generate = f'lumen.generate("a cute cat on a windowsill", size="{side}x{side}");'
    taken: dict[str, list[float]] = {}

    def add(name: str, seconds: float) -> None:
        taken.setdefault(name, []).append(seconds * 1000)

    for _ in range(rounds):
        with _fresh() as (cells, _):
            cells.run(_USE)
            add('first `generate`, after `lumen.use("sandbox")`', cells.run(generate))
            for _ in range(warm):
                add("each after that", cells.run(generate))
        with _fresh() as (cells, _):
            cells.run(_IMPORT)
            add(f"first `generate`, after `{_IMPORT}`", cells.run(generate))
        with _fresh() as (cells, home):
            whole = cells.run(f"{_IMPORT}\n{generate}")
            add(f"`{_IMPORT}` and first `generate` in one cell", whole)
            cells.run(_NO_LATENCY)
            for beyond, whole in _beyond(cells, home, generate, warm):
                add("each after that, no latency", whole)
                add("of it beyond the render", beyond)
    table = Table((f"cell, {side}²", "median, ms", "slowest, ms"))
    for name, milliseconds in taken.items():
        table.add(name, median(milliseconds), max(milliseconds))
    used, _, alone, whole, _, beyond = (median(one) / 1000 for one in taken.values())
    summary.note(
        "newcomer's cell",
        f"newcomer's first cell, {side}²: after `lumen.use`, without it, with the import",
        f"{used:.2f} s, {alone:.2f} s, {whole:.2f} s",
    )
    summary.note("warm cell", "warm cell beyond the render", f"{beyond * 1000:.0f} ms")
    return table


class _Cells:
    """Runs cells in a kernel, and hears of their outputs as a page does."""

    def __init__(self, client: Any) -> None:
        self._client = client

    def run(self, code: str) -> float:
        """Run a cell; return the seconds until its picture came, or it ended without one."""
        began = time.perf_counter()
        message = self._client.execute(code)
        picture = None
        while True:
            reply = self._client.get_iopub_msg(timeout=_PATIENCE)
            if reply["parent_header"].get("msg_id") != message:
                continue
            content = reply["content"]
            assert reply["msg_type"] != "error", content["evalue"]
            if picture is None and any(
                kind.startswith("image/") for kind in content.get("data", ())
            ):
                picture = time.perf_counter() - began
            if content.get("execution_state") == "idle":
                return picture or time.perf_counter() - began


@contextmanager
def _fresh() -> Iterator[tuple[_Cells, Path]]:
    """Start a kernel in a LUMEN_HOME of its own, which no sandbox has used yet."""
    # the sandbox may still be ending when its folder goes
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("LUMEN_")}
        # of this checkout there may be no installation
        ours = {"LUMEN_HOME": folder, "PYTHONPATH": str(checkout.ROOT)}
        # what it warns of is not what is measured; errors come as messages
        manager, client = start_new_kernel(
            kernel_name="python3", env=kept | ours, stderr=subprocess.DEVNULL
        )
        try:
            yield _Cells(client), Path(folder)
        finally:
            client.stop_channels()
            manager.shutdown_kernel(now=True)
            stop_left_running(Path(folder))


def _beyond(cells: _Cells, home: Path, code: str, count: int) -> list[tuple[float, float]]:
    """Run a cell so often; return the seconds beyond the render, and in all, of each."""
    began, shown = [], []
    for _ in range(count):
        began.append(time.time())
        shown.append(began[-1] + cells.run(code))
    stop_left_running(home)
    sandbox = open_home(home / "sandbox")
    # it holds its database until it has ended
    with closing(sqlite3.connect(sandbox.database, timeout=_PATIENCE)) as connection:
        rows = connection.execute("SELECT created FROM tasks ORDER BY created").fetchall()
    taken = [created for (created,) in rows[-count:]]
    drawn = sorted(path.stat().st_mtime for path in (sandbox.path / "pictures").iterdir())[-count:]
    return [
        (end - start - (picture - accepted), end - start)
        for start, end, accepted, picture in zip(began, shown, taken, drawn, strict=True)
    ]

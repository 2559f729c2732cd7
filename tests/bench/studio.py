"""A Studio beside a form alone: the first display of each in JupyterLab, and their bundles."""

from __future__ import annotations

import tempfile
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import TYPE_CHECKING

from playwright.sync_api import sync_playwright

from lumen_widgets.widgets.bundles import STATIC
from tests import chromium
from tests.bench import summary
from tests.bench.table import NOTHING, ROUNDS, Table
from tests.jupyter import Lab
from tests.lab_server import LabServer

if TYPE_CHECKING:
    from tests.jupyter import NotebookPage

# twelve tasks are as many as a Studio takes up
_BEGIN = """
import lumen_widgets as lumen
client = lumen.use("sandbox").client
tasks = [client.generate(f"a lighthouse, no. {n}") for n in range(12)]
for task in tasks:
    task.wait()
lumen.PromptForm, lumen.Studio  # loaded before the clock runs
"""
_CELLS = {"form": "lumen.PromptForm()", "Studio": "lumen.Studio()"}
# whether a cell shows a form that takes words
_READY = """(cell) => {
  const box = document.querySelector(`[data-lumen-cell="${cell}"] .lumen-prompt`);
  return box !== null && box.getBoundingClientRect().height > 0;
}"""
# whether it has the pictures of the account's last work too
_PICTURED = """(cell) => {
  const stage = document.querySelector(`[data-lumen-cell="${cell}"] .lumen-large-stage img`);
  return stage !== null && stage.complete && stage.naturalWidth > 0;
}"""


def measure(*, full: bool) -> Table:
    """Measure the first display of a form and of a Studio, in turns, and their bundles."""
    table = Table(("shown first", "ms", "the first time, ms", "bundle, kB"))
    rounds = 2 * ROUNDS if full else ROUNDS
    with (
        tempfile.TemporaryDirectory() as folder,
        LabServer(Path(folder, "lab")) as server,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(
            executable_path=chromium.get(), args=list(chromium.FLAGS)
        )
        lab = Lab(server, browser)
        notebook = lab.open([_BEGIN, *[*_CELLS.values()] * rounds], own_page=True)
        notebook.run_cell(0)
        times: dict[str, list[float]] = {name: [] for name in (*_CELLS, "pictures")}
        for cell in range(1, 2 * rounds + 1):
            name = list(_CELLS)[(cell - 1) % 2]
            shown, pictured = _shown(notebook, cell, pictured=name == "Studio")
            times[name].append(shown)
            if pictured is not None:
                times["pictures"].append(pictured)
        lab.close()
        browser.close()
    size = (STATIC / "studio.js").stat().st_size / 1000
    form = (STATIC / "prompt_form.js").stat().st_size / 1000
    table.add("form", median(times["form"]), times["form"][0], form)
    table.add("Studio", median(times["Studio"]), times["Studio"][0], size)
    pictures = times["pictures"]
    table.add("Studio, with its last pictures", median(pictures), pictures[0], NOTHING)
    later = median(times["Studio"]) - median(times["form"])
    words = f"{later:.0f} ms after the form; {size:.0f} kB beside its {form:.0f} kB"
    summary.note("Studio", "first display of a Studio", words)
    return table


def _shown(notebook: NotebookPage, cell: int, *, pictured: bool) -> tuple[float, float | None]:
    """Return milliseconds from running a cell until words can be typed, and until pictures are."""
    notebook.cell(cell).scroll_into_view_if_needed()
    began = perf_counter()
    notebook.run_cell(cell, wait=False)
    notebook.page.wait_for_function(_READY, arg=cell, polling="raf")
    shown = (perf_counter() - began) * 1000
    later = None
    if pictured:
        notebook.page.wait_for_function(_PICTURED, arg=cell, polling="raf")
        later = (perf_counter() - began) * 1000
    notebook.wait_done(cell)
    return shown, later

"""Ten pictures painted on, one after the other, in one prompt form in JupyterLab."""

from __future__ import annotations

import tempfile
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

import psutil
from playwright.sync_api import expect, sync_playwright

from tests import chromium
from tests.bench.page_messages import received_bytes
from tests.bench.table import Table
from tests.browser.painters import Painter
from tests.jupyter import Lab
from tests.lab_server import LabServer

if TYPE_CHECKING:
    from playwright.sync_api import Browser

    from tests.jupyter import NotebookPage

_COUNT = 10
_SMALL, _LARGE = 1024, 2048
# pictures with as much in them as a photograph has, and one more to begin with
_BEGIN = """
import numpy as np, io, PIL.Image, lumen_widgets as lumen
from ipywidgets.widgets.widget import _instances as every
lumen.use(lumen.LumenClient("sk-lumen-example", "http://127.0.0.1:9", journal=False))
noise = np.random.default_rng(1)
def photograph(seed):
    low = noise.integers(0, 255, (64, 64, 3), np.uint8)
    large = np.asarray(PIL.Image.fromarray(low).resize(({size}, {size})), np.int16)
    grain = noise.integers(-6, 7, ({size}, {size}, 1))
    file = io.BytesIO()
    PIL.Image.fromarray((large + grain).clip(0, 255).astype("uint8")).save(file, "JPEG", quality=90)
    return file.getvalue()
"""
_FORM = """form = lumen.PromptForm(prompt="a corgi", images=[photograph(n) for n in range({count})],
                        static=False)
form"""
# Presses a button, and returns the milliseconds until its picture can be painted on: the mask's
# past is here, and the picture is drawn in a stage that has a size.
_OPEN = """async ([cell, name]) => {
  const output = document.querySelector(`[data-lumen-cell="${cell}"]`);
  const button = [...output.querySelectorAll("button")].find(
    (one) => one.getAttribute("aria-label") === name || one.textContent === name);
  const began = performance.now();
  const before = output.querySelector(".lumen-painter-stage");
  button.click();
  for (;;) {
    await new Promise(requestAnimationFrame);
    const stage = output.querySelector(".lumen-painter-stage");
    const shown = stage?.querySelector(".lumen-painter-picture canvas");
    const note = output.querySelector(".lumen-painter-note");
    if (!stage || stage === before || !shown?.width || !note?.hidden) continue;
    if (stage.clientHeight < 50 || document.activeElement !== stage) continue;
    const { width, height } = shown;
    const pixel = shown.getContext("2d").getImageData(width >> 1, height >> 1, 1, 1).data;
    if (pixel[3] > 0) return performance.now() - began;
  }
}"""
_WIDGETS = "len([one for one in list(every.values()) if one.comm is not None])"


def measure(*, full: bool) -> Table:
    """Measure what the page gets, what is left, and how long it takes until one can paint."""
    table = Table(
        (
            "ten pictures painted on in a row",
            "first opened in, ms",
            "then, ms",
            "processor of the page, ms a picture",
            "first: sent to the page, kB",
            "then, kB a picture",
            "kernel's widgets made",
            "left",
            "page grew, MiB a picture",
        )
    )
    with (
        tempfile.TemporaryDirectory() as folder,
        LabServer(Path(folder, "lab")) as server,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(
            executable_path=chromium.get(), args=list(chromium.FLAGS)
        )
        lab = Lab(server, browser)
        for size in (_SMALL, _LARGE) if full else (_SMALL,):
            _measure_form(table, lab, browser, size)
        lab.close()
        browser.close()
    return table


def _measure_form(table: Table, lab: Lab, browser: Browser, size: int) -> None:
    begin = _BEGIN.format(size=size)
    notebook = lab.open([begin, _FORM.format(count=_COUNT), "made = []", ""], own_page=True)
    notebook.run_cell(0)
    notebook.run_cell(1)
    notebook.set_source(
        2, "import ipywidgets\nmade = []\nipywidgets.Widget.on_widget_constructed(made.append)"
    )
    notebook.run_cell(2)
    output = notebook.cell_output(1)
    rows = output.get_by_role("group", name="Reference pictures").locator(".lumen-picture")
    expect(rows).to_have_count(_COUNT)
    for number in range(_COUNT):
        expect(rows.nth(number)).to_contain_text(f"{size} \u00d7 {size}")
    labels = [
        str(one.get_attribute("aria-label"))
        for one in output.locator("button[aria-label^='Paint on']").all()
    ]
    assert len(labels) == _COUNT
    notebook.wait_idle()
    before = int(notebook.ask(3, _WIDGETS))
    memory, taken, told, work = [], list[float](), list[float](), list[float]()
    for label in labels:
        worked = sum(_page(browser).cpu_times()[:2])
        with received_bytes(notebook) as sent:
            taken.append(notebook.page.evaluate(_OPEN, [1, label]))
            notebook.wait_idle()
        work.append(1000 * (sum(_page(browser).cpu_times()[:2]) - worked))
        told.append(sum(sent) / 1000)
        painter = Painter(notebook, output.locator(".lumen-painter"))
        painter.drag([(size * 0.2, size * 0.2), (size * 0.6, size * 0.4)])
        expect(output.locator(".lumen-painted")).to_contain_text("% of the picture")
        memory.append(_page_memory(browser, notebook))
    made = int(notebook.ask(3, "len(made)"))
    left = int(notebook.ask(3, _WIDGETS)) - before
    table.add(
        f"{size} x {size}",
        taken[0],
        median(taken[1:]),
        median(work[1:]),
        told[0],
        median(told[1:]),
        made,
        left,
        (memory[-1] - memory[0]) / (_COUNT - 1),
    )


def _page_memory(browser: Browser, notebook: NotebookPage) -> float:
    """Return the MiB of the page's process once garbage is collected."""
    session = notebook.page.context.new_cdp_session(notebook.page)
    for _ in range(3):
        session.send("HeapProfiler.collectGarbage")
        notebook.page.evaluate("() => new Promise((done) => requestAnimationFrame(done))")
    resident: int = _page(browser).memory_info().rss
    return resident / 2**20


def _page(browser: Browser) -> psutil.Process:
    """Return the page's process: of those that draw one, the largest."""
    processes = browser.new_browser_cdp_session().send("SystemInfo.getProcessInfo")["processInfo"]
    pages = [psutil.Process(one["id"]) for one in processes if one["type"] == "renderer"]
    return max(pages, key=lambda one: one.memory_info().rss)

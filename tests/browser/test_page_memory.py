"""How much a page grows with each run of a painter's cell, as the operating system counts it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import psutil
import pytest

from tests.browser.painters import shown_painter

if TYPE_CHECKING:
    from playwright.sync_api import Browser

    from tests.jupyter import Lab, NotebookPage

pytestmark = [pytest.mark.browser, pytest.mark.full]

_BIG = """import lumen_widgets as lumen, numpy as np
y, x = np.mgrid[0:4096, 0:4096]
big = np.stack([x // 16 % 256, y // 16 % 256, (x + y) // 32 % 256], 2).astype(np.uint8)"""
_RUNS = 10
# MiB that a run may leave behind in the page: 2 to 3 were measured, and 48 where nothing is closed
_MOST = 5.0


def _page_memory(browser: Browser, notebook: NotebookPage) -> float:
    """Return the MiB of the page's process, of which there is one, once garbage is collected."""
    session = notebook.page.context.new_cdp_session(notebook.page)
    for _ in range(3):
        session.send("HeapProfiler.collectGarbage")
        notebook.page.evaluate("() => new Promise((done) => requestAnimationFrame(done))")
    processes = browser.new_browser_cdp_session().send("SystemInfo.getProcessInfo")["processInfo"]
    pages = [one["id"] for one in processes if one["type"] == "renderer"]
    resident: int = max(psutil.Process(one).memory_info().rss for one in pages)
    return resident / 2**20


def test_a_page_does_not_grow_with_each_run_of_a_painters_cell(lab: Lab, browser: Browser) -> None:
    """A picture of 4096², ten runs: nearly all of what a run replaced is given back."""
    notebook = lab.open([_BIG, "painter = lumen.MaskPainter(big)\npainter"])
    notebook.run_cell(0)
    for _ in range(3):
        notebook.run_cell(1)
        shown_painter(notebook, 1)
    before = _page_memory(browser, notebook)
    for _ in range(_RUNS):
        notebook.run_cell(1)
        shown_painter(notebook, 1)
    grown = (_page_memory(browser, notebook) - before) / _RUNS
    print(f"{grown:.1f} MiB a run, from {before:.0f} MiB")

    assert grown <= _MOST
    assert notebook.errors == []

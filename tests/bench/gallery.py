"""A gallery beside ipywidgets' `GridBox` of `Image`s with the same pictures, both in JupyterLab."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import TYPE_CHECKING

from playwright.sync_api import sync_playwright

from lumen_widgets.journal import PictureSearch
from lumen_widgets.notebook.account import accounts
from lumen_widgets.notebook.journal_pictures import JournalPictures
from lumen_widgets.widgets import Gallery
from tests import chromium
from tests.bench import summary
from tests.bench.page_messages import received_bytes
from tests.bench.pictures import ROWS, long_history
from tests.bench.table import NOTHING, ROUNDS, Table
from tests.jupyter import Lab
from tests.lab_server import LabServer
from tests.staged import use_offline_account
from tests.widgets.galleries import Page, loose

if TYPE_CHECKING:
    from tests.jupyter import NotebookPage

_COUNT, _MORE = 60, 500
_BEGIN = """
import hashlib, io, ipywidgets, numpy as np, lumen_widgets as lumen
from PIL import Image
from lumen_widgets.core.pictures.picture import thumbnail
lumen.use(lumen.LumenClient("sk-lumen-example", "http://127.0.0.1:9", journal=False))
rows, columns = np.mgrid[0:384, 0:512]
def picture(n):
    parts = (rows // 2 + n) % 256, (columns // 2 + 7 * n) % 256, (rows + columns) // 4 % 256
    file = io.BytesIO()
    Image.fromarray(np.stack(parts, axis=-1).astype("uint8")).save(file, "PNG", compress_level=1)
    data = file.getvalue()
    return lumen.Picture(data, media_type="image/png", width=512, height=384, prompt=f"no. {{n}}",
                         sha256=hashlib.sha256(data).hexdigest())
pictures = [picture(n) for n in range({count})]
tiles = [thumbnail(one, 320)[0] for one in pictures]
lumen.Gallery  # loaded before the clock runs
"""
_GALLERY = "gallery = lumen.Gallery(pictures, static=False); gallery"
_GRID = (
    "images = [ipywidgets.Image(value=one, format='jpeg', width=160) for one in tiles]\n"
    "ipywidgets.GridBox(images, layout=ipywidgets.Layout("
    "grid_template_columns='repeat(5, 170px)', max_height='600px', overflow='auto'))"
)
_HISTORY = """
import lumen_widgets as lumen
lumen.use(lumen.LumenClient("sk-lumen-example", "http://127.0.0.1:9", journal={home!r}))
lumen.Gallery  # loaded before the clock runs
"""
# whether each picture on the screen of a list is drawn, or is said to be gone
_ALL_DRAWN = """([cell, list, tile]) => {
  const screen = document.querySelector(`[data-lumen-cell="${cell}"] ${list}`);
  if (!screen) return false;
  const box = screen.getBoundingClientRect();
  const seen = [...screen.querySelectorAll(tile)].filter((one) => {
    const { bottom, top } = one.getBoundingClientRect();
    return bottom > box.top && top < box.bottom;
  });
  return seen.length > 0 && seen.every((one) => {
    const image = one.matches("img") ? one : one.querySelector("img");
    return one.matches("[data-missing]") || (image?.complete && image.naturalWidth > 0);
  });
}"""
_TILES = """(el) => {
  const screen = el.querySelector(".lumen-gallery-scroll").getBoundingClientRect();
  const tiles = [...el.querySelectorAll(".lumen-tile")].map((one) => one.getBoundingClientRect());
  return [tiles.length, tiles.filter(
    (box) => box.bottom > screen.top && box.top < screen.bottom).length];
}"""
# presses a key, and counts frames until the next picture is on the stage
_FRAMES = """async (el) => {
  const stage = el.querySelector(".lumen-large-stage");
  const before = stage.querySelector("img")?.alt;
  stage.dispatchEvent(new KeyboardEvent("keydown", { key: "ArrowRight", bubbles: true }));
  for (let frames = 1; frames < 600; frames += 1) {
    await new Promise(requestAnimationFrame);
    const image = stage.querySelector("img");
    const notice = el.querySelector(".lumen-large-notice").textContent;
    if (image && image.alt !== before && image.complete && notice === "") return frames;
  }
  return 600;
}"""
_PLACES = (0.0, 0.3, 0.6, 1.0)


def measure(*, full: bool) -> Table:
    """Measure a gallery, a grid of images, and the first screen of a long history."""
    table = Table(
        (
            "pictures",
            "shown in, ms",
            "sent to the page, kB",
            "elements in the page",
            "most tiles in the page (on screen)",
            "bytes a change",
            "next picture at a key, kernel asleep, frames",
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
        for count in (_COUNT, _MORE) if full else (_COUNT,):
            _measure_both(table, lab, count)
        _measure_history(table, lab, Path(folder, "journal"))
        lab.close()
        browser.close()
    return table


def _measure_both(table: Table, lab: Lab, count: int) -> None:
    notebook = lab.open([_BEGIN.format(count=count), _GALLERY, _GRID, ""], own_page=True)
    notebook.run_cell(0)
    elements = _elements(notebook)
    with received_bytes(notebook) as sent:
        shown = _shown(notebook, 1, ".lumen-gallery-scroll", ".lumen-tile")
        told = sum(sent) / 1000
    of_gallery = _elements(notebook) - elements
    gallery = notebook.cell_output(1).locator(".lumen-gallery")
    most, seen = max(_tiles_at(notebook, place) for place in _PLACES)
    gallery.locator(".lumen-gallery-scroll").evaluate("(el) => { el.scrollTop = 0; }")
    gallery.locator(".lumen-tile").first.click()
    notebook.page.keyboard.press("ArrowRight")
    notebook.page.locator('.lumen-large-stage[data-ahead="5"]').wait_for()
    with notebook.deaf(3):
        frames = max(gallery.evaluate(_FRAMES) for _ in range(4))
    table.add(
        f"gallery of {count}",
        shown,
        told,
        of_gallery,
        f"{most} ({seen})",
        _bytes_of_a_star(count),
        frames,
    )
    summary.note("gallery", f"gallery of {count}: next picture at a key", f"{frames} frame")

    elements = _elements(notebook)
    with received_bytes(notebook) as sent:
        grid_shown = _shown(notebook, 2, ".widget-gridbox", "img")
        grid_told = sum(sent) / 1000
    of_grid = _elements(notebook) - elements
    table.add(
        f"`GridBox` of {count} `Image`s",
        grid_shown,
        grid_told,
        of_grid,
        f"{count} (all)",
        NOTHING,
        NOTHING,
    )


def _measure_history(table: Table, lab: Lab, home: Path) -> None:
    journal = long_history(home)
    kept = JournalPictures(journal)
    for one in journal.kept_pictures(journal.find_pictures(PictureSearch(limit=20))):
        # as whatever shows a picture lays it beside its file
        kept.tile(one.sha256)
    cells = [_HISTORY.format(home=str(home)), *["lumen.Gallery()"] * ROUNDS]
    notebook = lab.open(cells, own_page=True)
    notebook.run_cell(0)
    times = [
        _shown(notebook, cell, ".lumen-gallery-scroll", ".lumen-tile")
        for cell in range(1, ROUNDS + 1)
    ]
    shown = median(times)
    nothing = [NOTHING] * 5
    table.add(f"gallery of a history of {ROWS:,}, first screen", shown, *nothing)
    words = f"{shown:.0f} ms; the first time {times[0]:.0f} ms"
    summary.note("first screen", f"first screen of a history of {ROWS:,}", words)


def _bytes_of_a_star(count: int) -> int:
    """Return the bytes of all messages about one star, in a gallery of so many pictures."""
    use_offline_account()
    pictures = [loose(number) for number in range(count)]
    gallery = Gallery(pictures)
    page = Page(gallery)
    page.act("star", pictures[count // 2].sha256)
    told = [one for one in page.heard if one["kind"] in {"stars", "picture_acted"}]
    gallery.close()
    accounts.forget()
    return sum(len(json.dumps(one).encode()) for one in told)


def _shown(notebook: NotebookPage, cell: int, of: str, tile: str) -> float:
    """Return milliseconds from running a cell until all that is on its screen is drawn."""
    notebook.cell(cell).wait_for()
    began = perf_counter()
    notebook.run_cell(cell, wait=False)
    notebook.page.wait_for_function(_ALL_DRAWN, arg=[cell, of, tile], polling="raf")
    taken = (perf_counter() - began) * 1000
    notebook.wait_done(cell)
    return taken


def _elements(notebook: NotebookPage) -> int:
    return int(notebook.page.evaluate("() => document.querySelectorAll('*').length"))


def _tiles_at(notebook: NotebookPage, place: float) -> tuple[int, int]:
    gallery = notebook.cell_output(1).locator(".lumen-gallery")
    gallery.locator(".lumen-gallery-scroll").evaluate(
        "(el, place) => { el.scrollTop = place * el.scrollHeight; }", place
    )
    # two frames: one scrolls, one has laid out
    notebook.page.evaluate("() => new Promise((r) => requestAnimationFrame(() => setTimeout(r)))")
    most, seen = gallery.evaluate(_TILES)
    return most, seen

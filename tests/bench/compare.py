"""Two large pictures compared in JupyterLab: frames of slider, zoom and pan, kernel asleep."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from playwright.sync_api import sync_playwright

from tests import chromium
from tests.bench import summary
from tests.bench.table import Table
from tests.jupyter import Lab
from tests.lab_server import LabServer

if TYPE_CHECKING:
    from playwright.sync_api import Locator

_SIDE, _FULL_SIDE = 1536, 4096
_BEGIN = """
import numpy as np, lumen_widgets as lumen
lumen.use(lumen.LumenClient("sk-lumen-example", "http://127.0.0.1:9", journal=False))
rows, columns = np.mgrid[0:{side}, 0:{side}]
def picture(n):
    parts = (rows // 8 + n) % 256, (columns // 8 + 7 * n) % 256, (rows + columns) // 16 % 256
    return np.stack(parts, axis=-1).astype("uint8")
pictures = picture(0), picture(40)
"""
_COMPARE = "lumen.Compare(*pictures)"
_FRAMES = 120
# does something in each frame, and returns how long the frames took; the first ones only begin it
_MEASURE = """async (el, [kind, frames]) => {
  const stage = el.querySelector(".lumen-stage");
  const range = el.querySelector(".lumen-split-range");
  const box = stage.getBoundingClientRect();
  const [middle, third] = [box.left + box.width / 2, box.top + box.height / 3];
  const pointer = (type, clientX, clientY) => stage.dispatchEvent(new PointerEvent(type, {
    clientX, clientY, pointerId: 1, button: 0, buttons: 1, isPrimary: true, bubbles: true }));
  const steps = {
    nothing: () => undefined,
    slider: (n) => {
      range.value = 50 + 40 * Math.sin(n / 8);
      range.dispatchEvent(new Event("input", { bubbles: true }));
    },
    zoom: (n) => stage.dispatchEvent(new WheelEvent("wheel", {
      deltaY: n % 60 < 30 ? -40 : 40, clientX: middle, clientY: third,
      bubbles: true, cancelable: true })),
    pan: (n) => pointer("pointermove",
      middle + 200 + 150 * Math.sin(n / 10), third + 100 * Math.cos(n / 10)),
  };
  stage.focus();
  if (kind === "pan") pointer("pointerdown", middle + 200, third + 100);
  const taken = [];
  let before = await new Promise(requestAnimationFrame);
  for (let n = 0; n < frames + 6; n += 1) {
    steps[kind](n);
    const now = await new Promise(requestAnimationFrame);
    taken.push(now - before);
    before = now;
  }
  if (kind === "pan") pointer("pointerup", middle, third);
  return taken.slice(6);
}"""


def measure(*, full: bool) -> Table:
    """Measure the frames of a comparison, beside those of the page in which nothing moves."""
    side = _FULL_SIDE if full else _SIDE
    table = Table(("two pictures, kernel asleep", "frame, ms", "p95, ms", "longest, ms"))
    with (
        tempfile.TemporaryDirectory() as folder,
        LabServer(Path(folder, "lab")) as server,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(
            executable_path=chromium.get(), args=list(chromium.FLAGS)
        )
        lab = Lab(server, browser)
        notebook = lab.open([_BEGIN.format(side=side), _COMPARE, ""], own_page=True)
        notebook.run_cell(0)
        notebook.run_cell(1)
        compare = notebook.cell_output(1).locator(".lumen-compare")
        compare.locator('.lumen-stage[data-ready="2"]').wait_for()
        compare.get_by_role("button", name="1 : 1").click()
        # the files are there, and drawn in place of their copies
        compare.locator(".lumen-pane-world img[hidden]").nth(1).wait_for(state="attached")
        ends = []
        with notebook.deaf(2):
            for kind in ("nothing", "slider", "zoom", "pan"):
                frames = sorted(_frames(compare, kind))
                end = frames[int(len(frames) * 0.95)]
                name = "the page, nothing moved" if kind == "nothing" else f"{kind}, {side}²"
                table.add(name, frames[len(frames) // 2], end, frames[-1])
                ends.append(f"{end:.0f}")
        what = f"slider, zoom, pan at {side}² (p95 of a frame; of a page at rest)"
        summary.note("compare", what, f"{' / '.join(ends[1:])} ({ends[0]}) ms")
        lab.close()
        browser.close()
    return table


def _frames(compare: Locator, kind: str) -> list[float]:
    taken: list[float] = compare.evaluate(_MEASURE, [kind, _FRAMES])
    return taken

"""A mask painter in JupyterLab: worked with a real mouse, and read from what is on the screen."""

from __future__ import annotations

import io
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import PIL.Image
from playwright.sync_api import expect

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray
    from playwright.sync_api import Locator

    from tests.jupyter import Lab, NotebookPage

# grey of one kind: what is painted over it is told from it by its colour alone
BEGIN = """import lumen_widgets as lumen, numpy as np, time
lumen.use("sandbox"); _ = lumen.sandbox.settings(latency=(0.0, 0.0))
grey = np.full(({height}, {width}, 3), 128, np.uint8)
"""
SHOW = "painter = lumen.MaskPainter(grey); painter.radius = {radius}; painter"
# what shows where the hand is, and the mask
_NO_HAND = ".lumen-painter-brush, .lumen-painter-cursor { visibility: hidden; }"
_BARE = ".lumen-painter-overlay { visibility: hidden; }"


@dataclass
class Painter:
    """A painter that is shown by a cell.

    Attributes
    ----------
    notebook
        Where it is shown.
    el
        The view.

    """

    notebook: NotebookPage
    el: Locator

    @property
    def stage(self) -> Locator:
        """What is painted on."""
        return self.el.locator(".lumen-painter-stage")

    def button(self, name: str) -> Locator:
        """Return the button with a name."""
        return self.el.get_by_role("button", name=name, exact=True)

    def tool(self, name: str) -> None:
        """Choose a tool, or how shapes go into the mask, as a click does."""
        self.el.locator("label", has_text=name).first.click()

    def corner(self) -> tuple[float, float, float]:
        """Return where the picture's corner comes to rest in the page, and a pixel's size there."""
        found: list[float] = self.el.evaluate(_CORNER)
        label = self.stage.get_attribute("aria-label") or ""
        return found[0], found[1], found[2] / int(re.findall(r"\d+", label)[0])

    def place(self, x: float, y: float) -> tuple[float, float]:
        """Return where a point of the picture is in the page."""
        return self.places((x, y))[0]

    def places(self, *points: tuple[float, float]) -> list[tuple[float, float]]:
        """Return where points of the picture are in the page."""
        left, top, scale = self.corner()
        return [(left + x * scale, top + y * scale) for x, y in points]

    def drag(self, points: Sequence[tuple[float, float]], *, lift: bool = True) -> None:
        """Press the mouse, move it through points of the picture, and lift it."""
        mouse = self.notebook.page.mouse
        places = self.places(*points)
        mouse.move(*places[0])
        mouse.down()
        for place in places[1:]:
            mouse.move(*place, steps=4)
        if lift:
            mouse.up()

    def share(self) -> str:
        """Return what the view says of how much is painted."""
        return self.el.locator(".lumen-painter-coverage").inner_text()

    def on_screen(self) -> NDArray[np.bool_]:
        """Return which device pixels of the stage look painted: those that a peek changes."""
        self.corner()
        painted, bare = self._shot(), self._shot(_BARE)
        # the fainter stripes change less than the others; an edge counts from about half of that
        found: NDArray[np.bool_] = np.abs(painted - bare).max(axis=2) > 30
        return found

    def _shot(self, style: str = "") -> NDArray[np.int16]:
        data = self.stage.screenshot(animations="disabled", style=_NO_HAND + style)
        return np.asarray(PIL.Image.open(io.BytesIO(data)).convert("RGB"), np.int16)

    def expected(self, mask: NDArray[np.bool_], ratio: float) -> NDArray[np.bool_]:
        """Return which device pixels of the stage should look painted."""
        stage = self.stage.bounding_box()
        assert stage is not None
        left, top, scale = self.corner()
        height, width = self._shot().shape[:2]
        # a screenshot begins at the whole CSS pixel at or before the element
        x0, y0 = (np.floor(stage[name]) for name in ("x", "y"))
        columns = ((np.arange(width) + 0.5) / ratio + x0 - left) / scale
        rows = ((np.arange(height) + 0.5) / ratio + y0 - top) / scale
        x, y = np.floor(columns).astype(int), np.floor(rows).astype(int)
        inside = ((y >= 0) & (y < mask.shape[0]))[:, None] & ((x >= 0) & (x < mask.shape[1]))
        found: NDArray[np.bool_] = (
            inside
            & mask[np.clip(y, 0, mask.shape[0] - 1)[:, None], np.clip(x, 0, mask.shape[1] - 1)]
        )
        return found


def open_painter(
    lab: Lab,
    *more: str,
    size: tuple[int, int] = (320, 240),
    radius: float = 12,
    begin: str = "",
    show: str = SHOW,
    **page: Any,
) -> Painter:
    """Show a painter of a grey picture in the second cell; more cells follow."""
    first = BEGIN.format(width=size[0], height=size[1]) + begin
    notebook = lab.open([first, show.format(radius=radius), *more], **page)
    notebook.page.evaluate("() => window.jupyterapp.shell.collapseLeft()")
    notebook.run_cell(0)
    notebook.run_cell(1)
    return shown_painter(notebook, 1)


def shown_painter(notebook: NotebookPage, index: int) -> Painter:
    """Return the painter that a cell shows, once picture and past are there and it is at rest."""
    el = notebook.cell_output(index).locator(".lumen-painter")
    painter = Painter(notebook, el)
    expect(painter.stage).to_be_visible()
    painter.stage.evaluate("(el) => el.scrollIntoView({ block: 'center' })")
    notebook.page.wait_for_function(_DRAWN, arg=el.element_handle(), polling=50)
    expect(el.locator(".lumen-painter-note")).to_be_hidden()
    painter.corner()
    return painter


# The picture's left, top and width, once they are the same in two frames: the wheel and a hand move
# it with the next frame, and after that frame the stage is measured, if its size changed.
_CORNER = """async (el) => {
  const frame = () => new Promise((drawn) => requestAnimationFrame(drawn));
  const look = () => {
    const { x, y, width } = el.querySelector(".lumen-painter-picture").getBoundingClientRect();
    return [x, y, width];
  };
  await frame();
  let [before, now] = [[], look()];
  while (`${before}` !== `${now}`) {
    await frame();
    [before, now] = [now, look()];
  }
  return now;
}"""
# whether the picture is on ipycanvas's own canvas
_DRAWN = """(el) => {
  const canvas = el.querySelector(".lumen-painter-picture canvas");
  if (!canvas) return false;
  const context = canvas.getContext("2d");
  return context.getImageData(canvas.width >> 1, canvas.height >> 1, 1, 1).data[3] > 0;
}"""


def mask_of(notebook: NotebookPage, index: int, name: str = "painter") -> NDArray[np.bool_]:
    """Return the kernel's mask of a painter, with all that the page did by now."""
    code = f"*{name}.array.shape, np.packbits({name}.array).tobytes().hex()"
    height, width, bits = notebook.ask(index, code).split()
    shape = int(height), int(width)
    packed = np.frombuffer(bytes.fromhex(bits), np.uint8)
    return np.unpackbits(packed, count=shape[0] * shape[1]).reshape(shape).astype(bool)


def near_edge(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return the pixels that are an edge's or next to one."""
    padded = np.pad(mask, 1, mode="edge")
    height, width = mask.shape
    shifted = [padded[dy : dy + height, dx : dx + width] for dy in range(3) for dx in range(3)]
    found: NDArray[np.bool_] = np.any(shifted, axis=0) & ~np.all(shifted, axis=0)
    return found

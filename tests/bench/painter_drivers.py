"""Drivers of painters in JupyterLab: each works its painter with the same strokes of the mouse."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tests.bench.fast_mouse import FastMouse
from tests.pointer import Noted, Wire, begin, drag, hover, noted, watch_drawing

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.jupyter import Lab, NotebookPage
    from tests.pointer import Message, Place

# large enough that our painter, which fits its picture to the page, shows it no smaller
_PAGE_WIDTH, _PAGE_HEIGHT = 1280, 1000
WIDTH, HEIGHT, RADIUS = 800, 600, 24
_LARGE = 4096

_MASK_PAINTER = """import numpy as np, lumen_widgets as lumen, time
painter = lumen.MaskPainter(np.full(({height}, {width}, 3), 128, np.uint8))
painter.radius = {radius}
painter"""

_FOCUS = """(el) => {
  el.scrollIntoView({ block: "center" });
  el.closest("[tabindex='0']").focus({ preventScroll: true });
}"""
_BUSY = """() => window.jupyterapp.shell.currentWidget.context.sessionContext
  .session.kernel.status === 'busy'"""


@dataclass
class Sample:
    """What came of the moves of strokes, or of presses of a key.

    Attributes
    ----------
    given
        How many events the browser was given.
    hertz
        At which rate, for each stroke.
    heard
        How many events the page heard; the browser puts moves together.
    drawn
        The drawings that answered them.

    """

    given: int = 0
    hertz: list[float] = field(default_factory=list)
    heard: int = 0
    drawn: list[Noted] = field(default_factory=list)


class PainterDriver(ABC):
    """Works a painter that is in a notebook of its own.

    Attributes
    ----------
    name
        What the painter is.
    notebook
        Where it is shown.
    wire
        What its page sends to its kernel.

    """

    name: str
    # code that shows the painter, its picture in the page, and the event that is drawn
    _cell: str
    _shown: str
    _moves: str

    def __init__(self, lab: Lab, port: int) -> None:
        self.notebook: NotebookPage = lab.open(
            [self._cell, "time.sleep(10)"], width=_PAGE_WIDTH, height=_PAGE_HEIGHT
        )
        self.page = self.notebook.page
        self.page.evaluate("() => window.jupyterapp.shell.collapseLeft()")
        self.notebook.run_cell(0)
        self._canvas = self.notebook.cell_output(0).locator(self._shown)
        self._canvas.wait_for()
        self.notebook.wait_idle()
        begin(self.page, "")
        self.watch()
        self.wire = Wire(self.page)
        self._mouse = FastMouse(self.page, port)

    @abstractmethod
    def watch(self) -> None:
        """Note from now on what the page hears and draws."""

    @abstractmethod
    def wait_drawn(self) -> None:
        """Wait until everything that was heard is drawn, or is taken never to be."""

    @property
    def size(self) -> str:
        """How large the picture is on the screen, in CSS pixels."""
        box = self._box()
        return f"{box['width']:.0f} x {box['height']:.0f}"

    def stroke(self, moves: int, sample: Sample, *, erase: bool = False) -> None:
        """Paint across the picture, or erase, always along the same line."""
        # running a cell scrolls to it, and gives it the keys
        self._canvas.evaluate(_FOCUS)
        self.page.keyboard.press("e" if erase else "b")
        begin(self.page, "eraser" if erase else "brush")
        # a pixel lower: a place is what tells which event was drawn
        sample.hertz.append(self._mouse.play(drag(self._path(moves, lower=float(erase)))))
        sample.given += moves

    def undo(self, sample: Sample) -> None:
        """Take back the last stroke."""
        begin(self.page, "undo")
        self.page.keyboard.down("Control")
        self.page.keyboard.press("z")
        self.page.keyboard.up("Control")
        sample.given += 1

    def hover(self, moves: int) -> None:
        """Move over the picture with the button up."""
        self._mouse.play(hover(self._path(moves - 1)))

    def collect(self, samples: Mapping[str, Sample]) -> None:
        """Add what was noted since to the samples: of brush, eraser and undo."""
        for entry in noted(self.page):
            if entry.type != self._moves and entry.key != "z":
                continue
            sample = samples[entry.part]
            if entry.what == "heard":
                sample.heard += 1
            else:
                sample.drawn.append(entry)

    def messages(self) -> list[Message]:
        """Return what the page sent since this was asked last, with nothing left on its way."""
        self.wait_drawn()
        self.notebook.wait_idle()
        return self.wire.sent()

    def start_sleep(self) -> None:
        """Have the kernel sleep for ten seconds from now on."""
        self.notebook.wait_idle()
        self.notebook.run_cell(1, wait=False)
        self.page.wait_for_function(_BUSY, polling=20)

    @property
    def asleep(self) -> bool:
        """Whether it still sleeps."""
        return not self.notebook.execution_done(1)

    def wait_awake(self) -> None:
        """Wait until the kernel has slept."""
        self.notebook.wait_done(1)
        self.notebook.wait_idle()

    def _box(self) -> dict[str, float]:
        box: Any = self._canvas.bounding_box()
        return {name: float(value) for name, value in box.items()}

    def _path(self, moves: int, lower: float = 0.0) -> list[Place]:
        """Return a wave from left to right, no place of which comes twice."""
        box = self._box()

        def place(part: float) -> Place:
            x, y = 0.08 + 0.84 * part, 0.5 + 0.2 * math.sin(9 * part)
            return box["x"] + x * box["width"], box["y"] + y * box["height"] + lower

        return [place(number / moves) for number in range(moves + 1)]


class MaskPainterDriver(PainterDriver):
    """Works the mask painter."""

    name = f"MaskPainter of {WIDTH} x {HEIGHT}"
    _cell = _MASK_PAINTER.format(width=WIDTH, height=HEIGHT, radius=RADIUS)
    _shown = ".lumen-painter-picture"
    _moves = "pointerrawupdate"

    def watch(self) -> None:
        """Note from now on what the page hears and draws."""
        watch_drawing(self.page)

    def wait_drawn(self) -> None:
        """Do nothing: what is not drawn when its event has been dealt with never is."""


class LargeMaskPainterDriver(MaskPainterDriver):
    """Works the mask painter with a large picture, and a brush to match."""

    name = f"MaskPainter of {_LARGE} x {_LARGE}"
    _cell = _MASK_PAINTER.format(width=_LARGE, height=_LARGE, radius=RADIUS * _LARGE // HEIGHT)

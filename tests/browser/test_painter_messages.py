"""What a painter sends while somebody paints, and when it draws: counts and order, never times."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.browser.painters import shown_painter
from tests.pointer import Noted, Pointer, Wire, drag, hover, watch_drawing
from tests.pointer import noted as noted_by_page

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.jupyter import Lab, NotebookPage
    from tests.pointer import Place

pytestmark = pytest.mark.browser

_SHOW = """import time
import numpy as np
import lumen_widgets as lumen
painter = lumen.MaskPainter(np.full((600, 800, 3), 128, np.uint8))
painter"""
_SAY = "print([type(one).__name__ for one in painter.operations])"
# what a page sends by itself after two seconds without an answer
_HELLO = "hello"
_MOVES = 20


class _Painted:
    """A painter in a notebook, a mouse over it, and what goes over the wire."""

    def __init__(self, lab: Lab, kernel: str = "python3") -> None:
        self.notebook: NotebookPage = lab.open([_SHOW, _SAY, ""], kernel=kernel)
        self.page = self.notebook.page
        self.notebook.run_cell(0)
        self.stage = shown_painter(self.notebook, 0).stage
        self.notebook.wait_idle()
        watch_drawing(self.page)
        self.wire = Wire(self.page)
        self.steps: set[int] = set()
        self.mouse = Pointer(self.page)

    def path(self) -> list[Place]:
        """Return places on a slanting line over the picture, in the page."""
        self.stage.scroll_into_view_if_needed()
        box = self.stage.bounding_box()
        assert box is not None
        x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
        steps = range(-_MOVES // 2, _MOVES // 2 + 1)
        return [(x + 10 * step, y + 3 * step) for step in steps]

    def stroke(self) -> None:
        """Paint a line, or erase it."""
        self.mouse.play(drag(self.path()))

    def press(self, key: str) -> None:
        """Press a key on the stage."""
        self.stage.press(key)

    def sent(self) -> list[str]:
        """Return the kinds of messages that were sent by now, of each step only the first."""
        sent = []
        for message in self.wire.sent():
            is_step = message.kind == "step"
            # a page that had no answer for two seconds says hello and each step that waits again
            if message.kind != _HELLO and not (is_step and message.number in self.steps):
                sent.append(message.method)
            if is_step:
                self.steps.add(message.number)
        return sent

    def methods(self) -> list[str]:
        """Return the kinds of messages that were sent, with nothing left on its way."""
        self.notebook.wait_idle()
        self.notebook.run_cell(1)
        # what the cell had them send was sent later than what is counted
        self.notebook.wait_idle()
        return self.sent()


def noted(page: Page) -> list[Noted]:
    """Return what was noted, without what a kernel's answer had drawn once more: it may be late."""
    return [one for one in noted_by_page(page) if one.type != "message"]


def _told(entries: list[Noted]) -> list[tuple[str, str]]:
    """Return what was noted in short; presses of Ctrl by itself say nothing."""
    return [(one.what, one.type) for one in entries if one.key != "Control"]


def _stroke(moves: int) -> list[tuple[str, str]]:
    """Return the only order in which a stroke may be heard and drawn, up to its end."""
    one_by_one = [("heard", "pointerrawupdate"), ("drawn", "pointerrawupdate")] * moves
    return [("heard", "pointerdown"), ("drawn", "pointerdown"), *one_by_one]


def _expect_drawn_at_once(entries: list[Noted], *, erased: bool) -> None:
    """Check that each event was drawn before the next one, and is seen where the pointer was."""
    last = entries[-1]
    assert (last.what, last.type) == ("heard", "pointerup")
    drawn = [one for one in entries if one.what == "drawn"]
    moves = [one for one in drawn if one.type == "pointerrawupdate"]
    assert _told(entries[:-1]) == _stroke(len(moves))
    assert sum(one.points for one in moves) == _MOVES, "a place of the hand was lost"
    assert all(one.inside for one in drawn)
    assert all((one.alpha == 0) == erased for one in drawn), "the pointer was elsewhere"


def test_each_step_is_one_message_and_hovering_is_none(lab: Lab) -> None:
    """Brush, eraser, shape and undo are a message each, however many moves they took."""
    painter = _Painted(lab)
    painter.stroke()
    assert painter.methods() == ["custom"]
    painter.mouse.play(hover(painter.path()))
    assert painter.methods() == []
    for key in ("e", "o"):
        painter.press(key)
        assert painter.methods() == ["update"], "the tool is a trait"
        painter.stroke()
        assert painter.methods() == ["custom"]
    painter.press("Control+z")
    assert painter.methods() == ["custom"]
    assert painter.notebook.errors == []


def test_a_stroke_is_drawn_move_by_move_inside_the_events_own_handlers(lab: Lab) -> None:
    """Nothing is put off to a timer, a frame or an answer of the kernel."""
    painter = _Painted(lab)
    painter.stroke()
    _expect_drawn_at_once(noted(painter.page), erased=False)
    painter.press("e")
    noted(painter.page)
    painter.stroke()
    _expect_drawn_at_once(noted(painter.page), erased=True)
    painter.press("Control+z")
    assert _told(noted(painter.page)) == [("heard", "keydown"), ("drawn", "keydown")]


def test_a_kernel_that_sleeps_holds_back_neither_pixels_nor_messages(lab: Lab, kernel: str) -> None:
    """Brush, eraser and undo work as ever; the kernel hears of each once it wakes up."""
    painter = _Painted(lab, kernel)
    with painter.notebook.busy(2):
        painter.stroke()
        _expect_drawn_at_once(noted(painter.page), erased=False)
        painter.press("e")
        noted(painter.page)
        painter.stroke()
        _expect_drawn_at_once(noted(painter.page), erased=True)
        painter.press("Control+z")
        assert _told(noted(painter.page)) == [("heard", "keydown"), ("drawn", "keydown")]
        sent = painter.sent()
        painter.mouse.play(hover(painter.path()))
        hovered = painter.sent()

    assert sent == ["custom", "update", "custom", "custom"]
    assert hovered == []
    assert painter.methods() == [], "something was kept for later"
    assert painter.notebook.printed(1) == "['Stroke']"
    assert painter.notebook.errors == []

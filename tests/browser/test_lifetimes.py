"""What becomes of widgets in a page: their kernel is gone, others are closed, cells run again."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.browser.forms import button
from tests.browser.painters import shown_painter

if TYPE_CHECKING:
    from tests.jupyter import Lab

pytestmark = pytest.mark.browser

_BEGIN = """import lumen_widgets as lumen, numpy as np, ipywidgets
lumen.use("sandbox"); _ = lumen.sandbox.settings(latency=(300, 300))
grey = np.full((240, 320, 3), 128, np.uint8)"""
_FORM = 'form = lumen.PromptForm(prompt="a fox")\nform'
_PANEL = "panel = lumen.TaskPanel()\npanel"
_PAINTER = "painter = lumen.MaskPainter(grey)\npainter"
# The pixels of all canvases of the page, those of ipycanvas that are in no document among them:
# noted as they are made, without holding them.
_COUNT_CANVASES = """() => {
  const made = [];
  const make = document.createElement;
  document.createElement = function (...args) {
    const element = make.apply(this, args);
    if (element instanceof HTMLCanvasElement) made.push(new WeakRef(element));
    return element;
  };
  window.lumenCanvasPixels = () => made
    .map((one) => one.deref())
    .reduce((sum, one) => sum + (one ? one.width * one.height : 0), 0);
}"""


def test_each_widget_says_that_its_kernel_is_gone(lab: Lab) -> None:
    """After a restart none of them looks alive, and what is clicked then throws nothing."""
    notebook = lab.open([_BEGIN, _FORM, _PANEL, _PAINTER, "lumen.generate('a fox', wait=False);"])
    for cell in range(5):
        notebook.run_cell(cell)
    form, panel = notebook.cell_output(1), notebook.cell_output(2)
    expect(panel.locator(".lumen-task-elapsed")).not_to_have_text("")
    expect(form.get_by_label("Prompt", exact=True)).to_have_value("a fox")
    painter = shown_painter(notebook, 3)
    notebook.restart_kernel()

    gone = panel.get_by_text("The kernel that this panel belongs to is gone")
    expect(gone).to_contain_text("lumen.resume()")
    elapsed = panel.locator(".lumen-task-elapsed").inner_text()
    expect(
        painter.el.get_by_text("The kernel that this painter belongs to is gone")
    ).to_be_visible()
    expect(form.get_by_text("nothing was sent")).to_be_visible()
    button(form, "Generate").click(force=True)
    form.get_by_label("Prompt", exact=True).press("Control+Enter")
    painter.drag([(60, 60), (200, 60)])
    painter.notebook.page.keyboard.press("e")
    expect(form.get_by_text("Waiting for the notebook")).to_be_hidden()
    assert panel.locator(".lumen-task-elapsed").inner_text() == elapsed
    assert notebook.errors == []


def test_after_a_reload_every_widget_is_there_but_what_was_closed(lab: Lab) -> None:
    """A panel that was closed inside its form, a painter inside a box: the others come back."""
    notebook = lab.open(
        [
            _BEGIN,
            _FORM,
            _PANEL,
            "box = ipywidgets.VBox([lumen.MaskPainter(grey), ipywidgets.Label('beside it')])\nbox",
            _PAINTER,
            "form.panel.close(); box.children[0].close(); painter.canvas.close()",
        ]
    )
    for cell in range(6):
        notebook.run_cell(cell)
    notebook.save()
    notebook.reload(1, "form.lumen-form")

    expect(notebook.cell_output(1).locator("form.lumen-form")).to_be_visible()
    expect(notebook.cell_output(2).locator(".lumen-tasks")).to_be_visible()
    expect(notebook.cell_output(3).get_by_text("beside it")).to_be_visible()
    expect(notebook.cell_output(3).locator(".lumen-painter")).to_have_count(0)
    shown_painter(notebook, 4)
    assert notebook.errors == []


def test_a_painters_cell_that_runs_again_leaves_no_pixels_behind(lab: Lab) -> None:
    """Each run gives back the canvases of the one before, and offers its mask."""
    notebook = lab.open([_BEGIN, _PAINTER, ""])
    notebook.page.evaluate(_COUNT_CANVASES)
    notebook.run_cell(0)
    notebook.run_cell(1)
    painter = shown_painter(notebook, 1)
    first = notebook.page.evaluate("window.lumenCanvasPixels()")
    assert first > 0
    painter.drag([(60, 60), (200, 60)])
    for _ in range(3):
        notebook.run_cell(1)
        painter = shown_painter(notebook, 1)
        painter.el.get_by_text("The painter that this cell showed before holds work").wait_for()
    # all that the page may have given back by now is given back
    notebook.page.wait_for_function(
        "(most) => window.lumenCanvasPixels() <= most", arg=1.2 * first, polling=50
    )
    painter.button("Take it over").click()

    expect(painter.el.locator(".lumen-painter-coverage")).not_to_have_text("Nothing painted yet")
    expect(painter.el.get_by_text("holds work on this picture")).to_be_hidden()
    assert notebook.ask(2, "len(painter.operations)") == "1"
    assert notebook.errors == []

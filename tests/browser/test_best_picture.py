"""From words to the best picture, in one form: type, send, choose, paint, send."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.browser.forms import button, expect_answered, field, open_form
from tests.browser.painters import Painter

if TYPE_CHECKING:
    from playwright.sync_api import Locator

    from tests.jupyter import Lab, NotebookPage

pytestmark = pytest.mark.browser

_ENDPOINT = "form.task and form.task.request.endpoint"
# whether the picture that was painted on is the one that was chosen, and all of the rest is its own
_REPAINTED = """
import numpy as np
made = form.task.wait()[0]
chosen = first.pictures[2]
outside = ~form.painter.array
print(form.images[0].sha256 == chosen.sha256, made.to_numpy().shape == chosen.to_numpy().shape,
      bool((made.to_numpy()[outside] == chosen.to_numpy()[outside]).all()),
      bool((made.to_numpy()[~outside] != chosen.to_numpy()[~outside]).any()))
"""


def _tiles(form: Locator) -> Locator:
    """Return the pictures of the strip."""
    return form.get_by_role("listbox", name="Made with this form").get_by_role("option")


def _painter(notebook: NotebookPage) -> Painter:
    """Return the painter in the form, once it is there."""
    painter = Painter(notebook, notebook.cell_output(1).locator(".lumen-painter"))
    expect(painter.stage).to_be_visible()
    return painter


def _walk(notebook: NotebookPage, key: str, to: Locator) -> None:
    """Press Tab, or Shift+Tab, until an element has the focus."""
    for _ in range(80):
        if to.evaluate("(el) => el === document.activeElement"):
            return
        notebook.page.keyboard.press(key)
    raise AssertionError(f"{key} does not lead to {to}")


def _check_repainted(notebook: NotebookPage) -> None:
    notebook.wait_value(2, _ENDPOINT, "inpaint")
    notebook.set_source(3, _REPAINTED)
    notebook.run_cell(3)
    expect(notebook.cell_output(3)).to_contain_text("True True True True")
    assert notebook.errors == []


def test_by_mouse_with_a_reload_in_the_middle(lab: Lab) -> None:
    """The strokes on the picture that was chosen are there after the reload, and are sent."""
    notebook, form = open_form(lab, "three boats on a lake")
    form.get_by_role("radio", name="4", exact=True).check()
    button(form, "Generate").click()
    expect(_tiles(form)).to_have_count(4)
    assert notebook.ask(2, "(first := form.task).status") == "succeeded"
    _tiles(form).nth(2).click()
    button(form, "Paint…").click()
    painter = _painter(notebook)
    painter.drag([(200, 200), (600, 300)])
    expect(form.locator(".lumen-painted")).to_contain_text("% of the picture")

    notebook.save()
    notebook.reload(1, "form.lumen-form")
    form = notebook.cell_output(1).locator("form.lumen-form")
    painter = _painter(notebook)
    expect(painter.el.locator(".lumen-painter-coverage")).to_contain_text("%")
    expect(_tiles(form)).to_have_count(4)
    field(form, "Prompt").fill("a red balloon")
    form.get_by_role("radio", name="1", exact=True).check()
    painter.drag([(700, 200), (800, 300)])
    button(form, "Repaint").click()
    expect(_tiles(form)).to_have_count(5)

    _check_repainted(notebook)


def test_by_keyboard_alone(lab: Lab) -> None:
    """Type, Ctrl+Enter, arrows to the third, P, paint, another word, Ctrl+Enter."""
    notebook, form = open_form(lab)
    keys = notebook.page.keyboard
    field(form, "Prompt").focus()
    keys.type("three boats on a lake")
    _walk(notebook, "Tab", form.get_by_role("radio", name="1", exact=True))
    for _ in range(3):
        keys.press("ArrowRight")
    expect(form.get_by_role("radio", name="4", exact=True)).to_be_checked()
    keys.press("Control+Enter")
    expect(_tiles(form)).to_have_count(4)
    expect_answered(form)
    assert notebook.ask(2, "(first := form.task).status") == "succeeded"
    _walk(notebook, "Tab", _tiles(form).first)
    for key in ("ArrowRight", "ArrowRight", "p"):
        keys.press(key)
    painter = _painter(notebook)
    expect(painter.stage).to_be_focused()
    for key in ("ArrowRight", "Enter"):
        keys.press(key)
    expect(form.locator(".lumen-painted")).to_contain_text("% of the picture")
    _walk(notebook, "Shift+Tab", field(form, "Prompt"))
    keys.press("Control+a")
    keys.type("a red balloon")
    keys.press("Control+Enter")
    expect(_tiles(form)).to_have_count(8)

    _check_repainted(notebook)

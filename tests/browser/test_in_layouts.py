"""A form with its strip, painter and list inside ipywidgets layouts, and shown twice."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.browser.forms import button
from tests.browser.painters import Painter
from tests.conditions import until

if TYPE_CHECKING:
    from playwright.sync_api import Locator

    from tests.jupyter import Lab

pytestmark = pytest.mark.browser

_BEGIN = """
import ipywidgets, lumen_widgets as lumen
lumen.use("sandbox")
form = lumen.PromptForm(prompt="a red fox")
"""
_TAB = """
tab = ipywidgets.Tab([ipywidgets.Label("another tab"), ipywidgets.VBox([form])])
tab.selected_index = 0
tab
"""
# screen pixels a picture pixel: a view that was hidden begins without a size
_SMALLEST = 0.1
_ACCORDION = "ipywidgets.Accordion([form], selected_index=0)"


def _tiles(form: Locator) -> Locator:
    return form.get_by_role("listbox", name="Made with this form").get_by_role("option")


def test_a_form_in_a_tab_and_in_an_accordion_is_one_form(lab: Lab) -> None:
    """What is sent, chosen and painted in one view is in the other, also where that was hidden."""
    notebook = lab.open([_BEGIN, _TAB, _ACCORDION, ""])
    for index in range(3):
        notebook.run_cell(index)
    tab, accordion = (
        notebook.cell_output(index).locator("section.lumen-prompt-form") for index in (1, 2)
    )
    expect(accordion).to_be_visible()
    button(accordion, "Generate").click()
    expect(_tiles(accordion)).to_have_count(1)
    _tiles(accordion).first.click()
    button(accordion, "Paint…").click()
    below = Painter(notebook, accordion.locator(".lumen-painter"))
    expect(below.stage).to_be_visible()
    below.drag([(300, 300), (600, 400)])
    expect(accordion.locator(".lumen-painted")).to_contain_text("% of the picture")

    notebook.set_source(3, "tab.selected_index = 1")
    notebook.run_cell(3)
    expect(tab).to_be_visible()
    expect(_tiles(tab)).to_have_count(1)
    expect(tab.locator(".lumen-painted")).to_contain_text("% of the picture")
    above = Painter(notebook, tab.locator(".lumen-painter"))
    expect(above.stage).to_be_visible()
    before = notebook.ask(3, "len(form.painter.operations)")
    # JupyterLab lays out what is off the screen once it is scrolled to
    above.stage.scroll_into_view_if_needed()
    until(lambda: above.corner()[2] > _SMALLEST, "the picture has its size in the tab")
    above.drag([(100, 100), (200, 200)])
    notebook.wait_value(3, "len(form.painter.operations)", str(int(before) + 1))
    button(tab, "Repaint").first.click()
    expect(_tiles(tab)).to_have_count(2)
    expect(_tiles(accordion)).to_have_count(2)
    expect(accordion.locator(".lumen-task")).to_have_count(2)
    notebook.set_source(3, "form.close()")
    notebook.run_cell(3)
    expect(tab).to_have_count(0)
    assert notebook.errors == []

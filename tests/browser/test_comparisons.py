"""What is compared by one action: from a form's strip and from the gallery, by mouse and by key."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.browser.access import faults, make_narrow, too_wide
from tests.browser.forms import button, expect_answered, field, open_form
from tests.browser.test_compare import CUT
from tests.browser.test_form_strip import tiles

if TYPE_CHECKING:
    from playwright.sync_api import Locator

    from tests.jupyter import Lab, NotebookPage

pytestmark = pytest.mark.browser

_BEGIN = """
import numpy as np, lumen_widgets as lumen
lumen.use("sandbox")
picture = np.full((240, 320, 3), (60, 110, 90), np.uint8)
mask = np.zeros((240, 320), bool); mask[60:160, 80:240] = True
"""
_MADE = """
repainted = lumen.inpaint("a moon", picture, mask, model="sandbox-redraws")
edited = lumen.edit("a moon by day", [repainted[0]], size="320x240")
extended = lumen.extend("a forest", repainted[0], left=160, model="sandbox-redraws")
foxes = lumen.generate("a fox", size="160x120", n=4)
owls = lumen.generate("an owl", size="160x120", n=2)
"""
_GALLERY = "gallery = lumen.Gallery([*extended, *edited, *repainted, *foxes, *owls]); gallery"


def _compared(widget: Locator) -> Locator:
    """Return the comparison inside of a widget."""
    return widget.locator(".lumen-child .lumen-compare")


def _names(notebook: NotebookPage, index: int, widget: str) -> list[str]:
    """Return what the pictures are called that are compared in a widget, in order."""
    words = notebook.ask(index, f"repr({widget}.compare)")
    return words.removeprefix("Lumen comparison · ").split(" | ")


def _open_gallery(lab: Lab) -> tuple[NotebookPage, Locator]:
    notebook = lab.open([_BEGIN, _MADE, _GALLERY, "", ""])
    for cell in range(3):
        notebook.run_cell(cell)
    return notebook, notebook.cell_output(2).locator(".lumen-gallery")


def _tile(gallery: Locator, prompt: str, number: int = 0) -> Locator:
    return gallery.get_by_role("option", name=re.compile(rf"^{prompt}\.")).nth(number)


def _close(widget: Locator) -> None:
    # by a key: a click so soon after the last may be one that was aimed at what stood there then
    button(widget, "Close the comparison").press("Enter")
    expect(_compared(widget)).to_have_count(0)


def test_from_the_strip_by_mouse_pictures_of_a_task_stand_beside_each_other(lab: Lab) -> None:
    """Below the form; what is compared next takes the place, and the focus comes back."""
    notebook, form = open_form(lab, "a red fox")
    section = notebook.cell_output(1).locator("section.lumen-prompt-form")
    form.get_by_role("radio", name="2", exact=True).check()
    button(form, "Generate").click()
    expect(tiles(form)).to_have_count(2)
    button(form, "Compare…").click()
    compare = _compared(section)
    expect(compare.locator(".lumen-stage")).to_be_focused()
    assert _names(notebook, 2, "form") == ["[0]", "[1]"]
    notebook.save()
    notebook.page.reload()
    notebook.wait_widget(1, "form.lumen-form")
    expect(compare.locator(".lumen-stage img").first).to_be_visible()
    button(form, "Compare…").click()
    expect(compare.locator(".lumen-stage")).to_be_focused()
    _close(section)
    expect(button(form, "Compare…")).to_be_focused()

    assert notebook.ask(2, "form.compare is None") == "True"
    assert notebook.errors == []


def test_from_the_strip_by_keys_alone_an_edit_stands_after_its_source(lab: Lab) -> None:
    """Escape leaves the comparison; a kernel that is busy is said to be waited for."""
    notebook, form = open_form(lab, "an owl")
    section = notebook.cell_output(1).locator("section.lumen-prompt-form")
    keys = notebook.page.keyboard
    field(form, "Prompt").focus()
    keys.press("Control+Enter")
    expect(tiles(form)).to_have_count(1)
    expect_answered(form)
    tiles(form).first.focus()
    keys.press("v")
    expect(form.get_by_text("There is nothing to compare this picture with")).to_be_visible()
    keys.press("r")
    expect(form.locator(".lumen-picture-name")).to_have_text("an owl")
    field(form, "Prompt").focus()
    keys.type(" by day")
    keys.press("Control+Enter")
    expect(tiles(form)).to_have_count(2)
    with notebook.deaf(2):
        tiles(form).first.focus()
        keys.press("v")
        form.get_by_text("Waits for the notebook").wait_for()
    compare = _compared(section)
    expect(compare.locator(".lumen-stage")).to_be_focused()
    assert faults(section, ".lumen-prompt-form") == []
    keys.press("Escape")
    expect(compare).to_have_count(0)
    expect(tiles(form).first).to_be_focused()
    make_narrow(section)
    tiles(form).first.focus()
    keys.press("v")
    expect(compare.locator(".lumen-stage")).to_be_focused()
    place = section.locator(".lumen-child:not([hidden])")
    assert too_wide(place, CUT) == []
    names = _names(notebook, 3, "form")
    assert [name.split()[0] for name in names] == ["Before", "After"]
    assert notebook.errors == []


def test_in_the_gallery_before_stands_beside_after_and_raw_beside_exact(lab: Lab) -> None:
    """Of a repaint, an edit and an extension, each by one action from its large picture."""
    notebook, gallery = _open_gallery(lab)
    expected = {
        "a moon": ["Before", "Put back", "As it came"],
        "a moon by day": ["Before", "After"],
        "a forest": ["Before", "Put back", "As it came"],
    }
    compare = _compared(gallery)
    for prompt, names in expected.items():
        _tile(gallery, prompt).click()
        button(gallery, "Compare…").click()
        expect(compare.locator(".lumen-stage")).to_be_focused()
        assert _names(notebook, 3, "gallery") == names
        _close(gallery)
        expect(button(gallery, "Compare…")).to_be_focused()
        button(gallery, "Back to all").click()

    assert notebook.ask(3, "gallery.compare is None") == "True"
    assert notebook.errors == []


def test_in_the_gallery_by_keys_marked_pictures_are_compared_and_many_put_to_a_blind_test(
    lab: Lab,
) -> None:
    """Space marks, v compares; what is selected and starred stays as it was."""
    notebook, gallery = _open_gallery(lab)
    keys = notebook.page.keyboard
    expect(gallery.locator(".lumen-tile img:visible").first).to_be_visible()
    _tile(gallery, "a fox").focus()
    keys.press("Space")
    keys.press("ArrowRight")
    keys.press("ArrowRight")
    keys.press("Space")
    keys.press("v")
    compare = _compared(gallery)
    expect(compare.locator(".lumen-stage")).to_be_focused()
    expect(compare.locator(".lumen-pane-name")).to_have_count(2)
    keys.press("Escape")
    expect(compare).to_have_count(0)
    expect(_tile(gallery, "a fox", 2)).to_be_focused()
    keys.press("End")
    keys.press("Shift+Home")
    expect(button(gallery, "Blind test of 9…")).to_be_visible()
    keys.press("v")
    expect(compare).to_be_attached()

    assert notebook.ask(3, "gallery.compare._blind, len(gallery.compare.pictures)") == "True 9"
    assert notebook.ask(4, "gallery.selected, len(gallery.starred)") == "None 0"
    assert notebook.errors == []


def test_what_is_compared_in_a_gallery_that_stands_in_a_form_opens_in_the_form(lab: Lab) -> None:
    """The focus goes there, and back into the gallery."""
    notebook, form = open_form(lab, "a hut")
    section = notebook.cell_output(1).locator("section.lumen-prompt-form")
    form.get_by_role("radio", name="2", exact=True).check()
    button(form, "Generate").click()
    expect(tiles(form)).to_have_count(2)
    button(form, "From the gallery…").click()
    gallery = section.locator(".lumen-form-gallery .lumen-gallery")
    gallery.get_by_role("option", name=re.compile("a hut")).first.click()
    button(gallery, "Compare…").click()
    compare = section.locator(":scope > .lumen-child .lumen-compare")
    expect(compare.locator(".lumen-stage")).to_be_focused()
    expect(gallery.locator(".lumen-compare")).to_have_count(0)
    button(section, "Close the comparison").click()
    expect(compare).to_have_count(0)
    expect(button(gallery, "Compare…")).to_be_focused()

    assert notebook.errors == []

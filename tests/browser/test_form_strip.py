"""The pictures that a form made, in the strip under its button: what is done with them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.browser.access import faults, make_narrow, too_wide
from tests.browser.forms import button, expect_answered, field, open_form

if TYPE_CHECKING:
    from playwright.sync_api import Locator

    from tests.jupyter import Lab

pytestmark = pytest.mark.browser

AGAIN = "The same again · free"


def tiles(form: Locator) -> Locator:
    """Return the pictures of the strip."""
    return form.get_by_role("listbox", name="Made with this form").get_by_role("option")


def test_by_mouse_a_picture_is_chosen_used_starred_saved_and_its_settings_come_back(
    lab: Lab,
) -> None:
    """What was made is there after a reload too, with its star; Undo takes back what came back."""
    notebook, form = open_form(lab, "a red fox")
    form.get_by_role("radio", name="2", exact=True).check()
    button(form, "Generate").click()
    expect(tiles(form)).to_have_count(2)
    expect(tiles(form).locator("img")).to_have_count(2)
    tiles(form).nth(1).click()
    expect(tiles(form).nth(1)).to_have_attribute("aria-selected", "true")
    button(form, "Use as reference").click()
    expect(form.locator(".lumen-picture-name")).to_have_text("[1] a red fox")
    button(form, "Star").click()
    expect(button(form, "Star")).to_have_attribute("aria-pressed", "true")
    button(form, "Save").click()
    expect(form.get_by_text(re.compile(r"Saved: .*a-red-fox-2-\w+\.png"))).to_be_visible()
    notebook.save()
    notebook.page.reload()
    notebook.wait_widget(1, "form.lumen-form")
    form = notebook.cell_output(1).locator("form.lumen-form")
    expect(tiles(form).locator("img[src^=blob]")).to_have_count(2)
    tiles(form).nth(1).click()
    expect(button(form, "Star")).to_have_attribute("aria-pressed", "true")

    prompt = form.get_by_role("textbox", name="Prompt", exact=True)
    prompt.fill("an owl")
    form.get_by_role("radio", name="1", exact=True).check()
    button(form, "Bring its settings back…").click()
    offer = form.get_by_role("group", name=re.compile("Bring back the settings of"))
    expect(offer.get_by_label("Prompt", exact=True)).to_be_focused()
    offer.get_by_label("Reference pictures", exact=True).uncheck()
    expect(prompt).to_have_value("an owl")
    button(form, "Bring back").click()
    expect(prompt).to_have_value("a red fox")
    expect(form.get_by_role("radio", name="2", exact=True)).to_be_checked()
    assert notebook.ask(2, "len(form.images)") == "1"
    button(form, "Undo").click()
    expect(prompt).to_have_value("an owl")
    assert notebook.errors == []


def test_by_keyboard_alone_a_picture_is_made_again_and_the_kernel_may_be_busy(lab: Lab) -> None:
    """Arrows choose, letters act, what waits for the kernel says so, and a second press pays
    nothing.
    """
    notebook, form = open_form(lab, "an owl")
    keys = notebook.page.keyboard
    field(form, "Prompt").focus()
    keys.press("Control+Enter")
    expect(tiles(form)).to_have_count(1)
    expect_answered(form)
    keys.type(" at night")
    keys.press("Control+Enter")
    expect(tiles(form)).to_have_count(2)
    tiles(form).first.focus()
    keys.press("ArrowRight")
    expect(tiles(form).nth(1)).to_be_focused()
    keys.press("r")
    expect(form.locator(".lumen-picture-name")).to_have_text("an owl")
    with notebook.deaf(2):
        tiles(form).nth(1).focus()
        keys.press("ArrowLeft")
        expect(tiles(form).first).to_be_focused()
        keys.press("ArrowRight")
        expect(tiles(form).nth(1)).to_be_focused()
        keys.press("Tab")
        for _ in range(3):
            keys.press("ArrowRight")
        expect(button(form, AGAIN)).to_be_focused()
        keys.press("Enter")
        form.get_by_text("Waits for the notebook").wait_for()
        keys.press("Enter")
    expect(tiles(form)).to_have_count(3)
    expect(form.get_by_text("Sent again: it is in the form's list.")).to_be_visible()
    expect(tiles(form).nth(2)).to_have_attribute("aria-selected", "true")

    assert notebook.ask(3, "form._sent") == "3"
    assert notebook.errors == []


def test_the_strip_has_no_faults_and_fits_a_phone(lab: Lab) -> None:
    """Also with an offer and presets open."""
    notebook, form = open_form(lab, "a whale")
    button(form, "Generate").click()
    expect(tiles(form).locator("img[src^=blob]")).to_have_count(1)
    field(form, "Prompt").fill("a kite")
    form.get_by_text("Presets", exact=True).click()
    field(form, "Name of a new preset").fill("My kite")
    button(form, "Save as a preset").click()
    expect(field(form, "Preset")).to_have_value("My kite")
    button(form, "Bring its settings back…").click()
    expect(button(form, "Bring back")).to_be_visible()

    assert faults(form, "form.lumen-form") == []
    make_narrow(form)
    assert too_wide(form, ".lumen-heard, .lumen-results") == []
    assert notebook.errors == []


def test_the_gallery_opens_in_the_form_and_its_pictures_are_used_there(lab: Lab) -> None:
    """Choose one, use it, and go on; the focus comes back to the button."""
    notebook, form = open_form(lab, "a hut")
    button(form, "Generate").click()
    expect(tiles(form)).to_have_count(1)
    button(form, "From the gallery…").click()
    gallery = notebook.cell_output(1).locator(".lumen-form-gallery .lumen-gallery")
    gallery.get_by_role("option", name=re.compile("a hut")).first.click()
    gallery.get_by_role("button", name="Use as reference", exact=True).click()
    expect(form.locator(".lumen-picture-name")).to_have_text("a hut")
    section = notebook.cell_output(1).locator("section.lumen-prompt-form")
    button(section, "Close the gallery").click()
    expect(gallery).to_have_count(0)
    expect(button(form, "From the gallery…")).to_be_focused()

    assert notebook.errors == []

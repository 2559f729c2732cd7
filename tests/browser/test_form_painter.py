"""The painter inside a prompt form, in JupyterLab: opened, painted in, sent from, taken back."""

from __future__ import annotations

import io
import re
from typing import TYPE_CHECKING

import numpy as np
import PIL.Image
import pytest
from playwright.sync_api import expect

from tests.browser.access import faults, make_narrow, too_wide
from tests.browser.forms import PICTURE, SIZE, button, expect_answered, field, open_form
from tests.browser.painters import Painter

if TYPE_CHECKING:
    from playwright.sync_api import Locator

    from tests.jupyter import Lab, NotebookPage

pytestmark = pytest.mark.browser

_file = io.BytesIO()
PIL.Image.fromarray(np.full((40, 128, 3), (200, 90, 30), np.uint8)).save(_file, "PNG")
_OTHER = _file.getvalue()
_FILL, _LOW = "fal-flux-pro-fill", "gpt-image-2-low"
_SINCE = f"Model is now {_FILL}, since {_LOW} cannot repaint."


def _open_form(lab: Lab, *names: str) -> tuple[NotebookPage, Locator]:
    """Show a form with a prompt and pictures of these names."""
    notebook, form = open_form(lab, "a corgi")
    images = form.get_by_role("group", name="Reference pictures")
    for number, name in enumerate(names, 1):
        images.locator("input[type=file]").set_input_files(
            {"name": name, "mimeType": "image/png", "buffer": PICTURE}
        )
        expect(images.get_by_text(SIZE)).to_have_count(number)
    return notebook, form


def _painter(notebook: NotebookPage) -> Painter:
    """Return the painter in the form, once it is there."""
    painter = Painter(notebook, notebook.cell_output(1).locator(".lumen-painter"))
    expect(painter.stage).to_be_visible()
    return painter


def test_a_picture_is_painted_on_in_the_form_and_sent_with_the_last_stroke(lab: Lab) -> None:
    """It alone is sent, by a model that can; discarded, everything is as it was."""
    notebook, form = _open_form(lab, "sea.png", "dog.png")
    rows = form.get_by_role("group", name="Reference pictures").locator(".lumen-picture")
    button(form, "Paint on dog.png").click()
    painter = _painter(notebook)
    expect(painter.stage).to_be_focused()
    expect(form.locator(".lumen-form-state")).to_have_text(_SINCE)
    expect(form.locator(".lumen-model")).to_contain_text(_SINCE)
    expect(rows.nth(0)).to_contain_text("Left out")
    expect(rows.nth(1)).to_contain_text("is repainted")
    mask = form.get_by_role("group", name="Mask")
    expect(mask).to_contain_text("Nothing is painted yet")
    painter.drag([(20, 20), (60, 40)])
    notebook.page.keyboard.press("Control+Enter")
    row = notebook.cell_output(1).locator(".lumen-task")
    expect(row).to_have_count(1)
    expect(mask.locator(".lumen-painted")).to_contain_text("% of the picture")
    expect_answered(form)
    # the cell with the form has not run again
    expect(row).to_have_count(1)
    expect(row.locator(".lumen-task-state")).to_have_text("Succeeded")
    # they are on the page first
    notebook.wait_value(2, "form.task and form.task.request.endpoint", "inpaint")
    assert notebook.ask(2, "len(form.images)") == "2"
    painted = notebook.ask(2, "form.painter.operations, form.painter.coverage")

    notebook.save()
    notebook.reload(1, "form.lumen-form")
    form = notebook.cell_output(1).locator("form.lumen-form")
    painter = _painter(notebook)
    expect(painter.el.locator(".lumen-painter-coverage")).to_contain_text("%")
    assert notebook.ask(2, "form.painter.operations, form.painter.coverage") == painted
    expect(form.locator(".lumen-model")).to_contain_text(_SINCE)
    button(form, "Discard").click()
    expect(painter.el).to_have_count(0)
    expect(button(form, "Paint on dog.png")).to_be_focused()
    expect(form.get_by_role("group", name="Mask")).not_to_contain_text("Painted here")
    assert notebook.ask(2, "form.painter, form.mask, form.model") == f"None None {_LOW}"
    assert notebook.errors == []


def test_painting_by_keys_alone_sends_and_comes_back_to_the_button(lab: Lab) -> None:
    """Enter opens, arrows and Enter paint, Ctrl+Enter sends, and closing leads back."""
    notebook, form = _open_form(lab, "dog.png")
    keys = notebook.page.keyboard
    button(form, "Choose files").focus()
    for _ in range(4):
        keys.press("Shift+Tab")
    expect(button(form, "Paint on dog.png")).to_be_focused()
    keys.press("Enter")
    painter = _painter(notebook)
    expect(painter.stage).to_be_focused()
    for key in ("ArrowRight", "Enter", "Control+Enter"):
        keys.press(key)
    row = notebook.cell_output(1).locator(".lumen-task")
    expect(row).to_have_count(1)
    expect_answered(form)
    notebook.wait_value(2, "form.task and form.task.request.endpoint", "inpaint")

    close = notebook.cell_output(1).locator(".lumen-form-painter").get_by_role("button")
    close.get_by_text("Close painter").focus()
    keys.press("Enter")
    expect(painter.el).to_have_count(0)
    expect(button(form, "Paint on dog.png")).to_be_focused()
    expect(form.locator(".lumen-painted")).to_contain_text("% of the picture")
    # what was painted is there again, and can be undone
    keys.press("Enter")
    expect(painter.stage).to_be_focused()
    expect(painter.el.locator(".lumen-painter-coverage")).to_contain_text("%")
    keys.press("Control+z")
    expect(form.locator(".lumen-painted")).to_contain_text("Nothing is painted yet")
    keys.press("Shift+Tab")
    button(form, "Paint on dog.png").focus()
    keys.press("Enter")
    expect(painter.el).to_have_count(0)
    expect(field(form, "Model")).to_have_value(_LOW)
    assert notebook.errors == []


def test_a_busy_notebook_is_waited_for_and_the_last_stroke_goes_along(lab: Lab) -> None:
    """The button says that it waits; form and painter extend the picture alike meanwhile."""
    notebook, form = _open_form(lab, "dog.png")
    with notebook.deaf(2):
        button(form, "Paint on dog.png").click()
        expect(form.get_by_text("Opening the painter…")).to_be_visible()
        expect(form.locator(".lumen-form-state")).to_contain_text("Waiting for the notebook")
    painter = _painter(notebook)
    expect(form.locator(".lumen-form-state")).not_to_contain_text("Waiting")
    painter.button("Extend").click()
    with notebook.deaf(2):
        side = painter.el.get_by_label("Right", exact=True)
        side.fill("32")
        side.press("Enter")
        expect(field(form, "Right")).to_have_value("32")
        field(form, "Right").fill("0")
        expect(side).to_have_value("0")
        painter.drag([(10, 10), (30, 10)])
        notebook.page.keyboard.press("Control+Enter")
        expect(form.locator(".lumen-form-state")).to_contain_text("Waiting for the notebook")
        painter.drag([(10, 40), (30, 40)])
        notebook.page.keyboard.press("Control+Enter")
    expect_answered(form)
    row = notebook.cell_output(1).locator(".lumen-task")
    expect(row).to_have_count(1)
    assert notebook.ask(2, "form.right, form.painter.sides['right']") == "0 0"
    assert notebook.errors == []


# the mask of a submission, as it was kept when it was sent
_SENT_MASK = (
    "__import__('PIL.Image').Image.open(__import__('io').BytesIO("
    "one.task.request.recipe.files['mask'].data))"
)


def _stage_of(notebook: NotebookPage, size: str) -> Painter:
    """Return the painter in the form, once it shows a picture of a size."""
    painter = _painter(notebook)
    expect(painter.stage).to_have_attribute("aria-label", re.compile(size))
    return painter


def test_one_painter_goes_on_to_the_next_picture_and_each_is_sent_as_it_was_painted(
    lab: Lab,
) -> None:
    """Painted, sent and gone on from while the kernel is busy: each call has its own mask."""
    notebook, form = _open_form(lab, "sea.png")
    images = form.get_by_role("group", name="Reference pictures")
    images.locator("input[type=file]").set_input_files(
        {"name": "dog.png", "mimeType": "image/png", "buffer": _OTHER}
    )
    expect(images.get_by_text("128 \u00d7 40")).to_be_visible()
    button(form, "Paint on sea.png").click()
    painter = _stage_of(notebook, "96")
    notebook.ask(2, "globals().update(first=form.painter, sea=form.mask, sent=[])")
    notebook.ask(2, "form.on_submit(sent.append)")
    with notebook.deaf(2):
        painter.drag([(10, 10), (60, 10)])
        notebook.page.keyboard.press("Control+Enter")
        painter.drag([(10, 40), (60, 40)])
        button(form, "Paint on dog.png").click()
    painter = _stage_of(notebook, "128")
    expect(painter.stage).to_be_focused()
    assert painter.share() == "Nothing painted yet"
    painter.drag([(20, 20), (100, 20)])
    notebook.page.keyboard.press("Control+Enter")
    expect(notebook.cell_output(1).locator(".lumen-task")).to_have_count(2)
    notebook.wait_value(2, "[one.task is not None for one in sent]", "[True, True]")
    same = "form.painter is first, sea is not form.mask, form.painter.painting is form.mask"
    assert notebook.ask(2, same) == "True True True"
    assert notebook.ask(2, "len(sea.operations), len(form.mask.operations)") == "2 1"
    # each call has what was painted on its own picture
    assert notebook.ask(2, f"[{_SENT_MASK}.size for one in sent]") == "[(96, 64), (128, 40)]"
    assert notebook.ask(2, f"[{_SENT_MASK}.getbbox()[1] < 20 for one in sent]") == "[True, True]"
    equal = f"({_SENT_MASK}.tobytes() == form.mask.mask.tobytes()) for one in sent[1:]"
    assert notebook.ask(2, f"[{equal}]") == "[True]"

    button(form, "Paint on sea.png").click()
    painter = _stage_of(notebook, "96")
    expect(painter.el.locator(".lumen-painter-coverage")).to_contain_text("%")
    assert notebook.ask(2, "form.mask is sea, form.painter is first") == "True True"
    notebook.save()
    notebook.reload(1, "form.lumen-form")
    painter = _stage_of(notebook, "96")
    expect(painter.el.locator(".lumen-painter-coverage")).to_contain_text("%")
    painter.button("Undo").click()
    notebook.wait_value(2, "len(sea.operations)", "1")
    assert notebook.errors == []


def test_axe_finds_nothing_in_a_form_with_a_painter_and_it_fits_a_phone(lab: Lab) -> None:
    """In light and dark."""
    notebook, form = _open_form(lab, "sea.png", "dog.png")
    button(form, "Paint on sea.png").click()
    painter = _painter(notebook)
    painter.drag([(20, 20), (60, 40)])
    expect(form.locator(".lumen-painted")).to_contain_text("% of the picture")
    whole = notebook.cell_output(1).locator(".lumen-prompt-form")
    for theme in ("light", "dark"):
        notebook.set_theme(theme)
        assert faults(whole, ".lumen-prompt-form") == [], theme
    make_narrow(whole)
    whole.locator("details").evaluate_all("(all) => all.forEach((el) => { el.open = true; })")
    # long names and facts are cut off, and the stage shows a part of its picture
    cut = ".lumen-picture-name, .lumen-picture-facts, .lumen-ground"
    assert too_wide(whole, f"{cut}, .lumen-painter-frame, .lumen-painter-frame *") == []

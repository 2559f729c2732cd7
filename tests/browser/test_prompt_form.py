"""The prompt form in JupyterLab, filled in with a mouse, with keys, and with files."""

from __future__ import annotations

import base64
import json
import re
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.browser.forms import (
    GIVE,
    MASK,
    PICTURE,
    SIZE,
    button,
    expect_answered,
    field,
    open_form,
    shown_pictures,
)

if TYPE_CHECKING:
    from playwright.sync_api import Locator

    from tests.jupyter import Lab

pytestmark = pytest.mark.browser


def test_a_prompt_is_typed_and_sent_and_its_picture_appears_under_the_form(
    lab: Lab, kernel: str
) -> None:
    """Type, press, see the task's states, see both pictures; the form stays as it was filled in."""
    notebook, form = open_form(lab, kernel=kernel)
    field(form, "Prompt").fill("a red fox in fresh snow")
    form.get_by_role("radio", name="16:9").check()
    form.get_by_role("radio", name="2", exact=True).check()
    row = notebook.cell_output(1).locator(".lumen-task")
    with lab.server.drawing_held():
        button(form, "Generate").click()
        expect(row.locator(".lumen-task-state")).to_have_text(
            re.compile("Sending|Queued|Processing")
        )
        expect(field(form, "Prompt")).to_be_enabled()
    expect(shown_pictures(notebook)).to_have_count(1)
    expect(row.locator(".lumen-task-state")).to_have_text("Succeeded")
    expect(field(form, "Prompt")).to_have_value("a red fox in fresh snow")
    saved = notebook.save()

    kinds = [set(output.get("data", {})) for output in saved["cells"][1]["outputs"]]
    assert sum(bool(kind & {"image/jpeg", "image/png"}) for kind in kinds) == 1
    assert "'size': '16:9'" in notebook.ask(2, "form.task.request.body")
    # they are on the page first
    notebook.wait_value(2, "len(form.pictures)", "2")
    assert notebook.errors == []


def test_the_keyboard_alone_fills_in_and_sends_and_brings_back_earlier_prompts(lab: Lab) -> None:
    """Tab reaches each field, Ctrl+Enter sends without running the cell, arrows bring prompts."""
    notebook, form = open_form(lab)
    keys = notebook.page.keyboard
    field(form, "Prompt").focus()
    keys.type("an owl")
    keys.press("Tab")
    expect(field(form, "Leave out")).to_be_focused()
    keys.type("text")
    keys.press("Shift+Tab")
    keys.press("Control+Enter")
    states = notebook.cell_output(1).locator(".lumen-task-state")
    expect(states).to_have_count(1)
    expect_answered(form)
    keys.press("Control+a")
    keys.type("a whale")
    keys.press("Control+Enter")
    expect(states).to_have_count(2)
    expect_answered(form)
    keys.press("Control+a")
    keys.type("half of a thou")
    # the kernel told of earlier prompts before it told of these
    expect(shown_pictures(notebook)).to_have_count(2)
    prompt = field(form, "Prompt")
    for found in ("a whale", "an owl"):
        keys.press("ArrowUp")
        expect(prompt).to_have_value(found)
    for found in ("a whale", "half of a thou"):
        keys.press("ArrowDown")
        keys.press("End")
        expect(prompt).to_have_value(found)
    # a letter on a button would cut or add cells, if JupyterLab heard it
    button(form, "Choose files").focus()
    keys.press("x")
    keys.press("b")

    assert notebook.page.locator(".jp-Cell").count() == 4
    assert notebook.execution_done(1)
    assert notebook.ask(2, "form.negative_prompt") == "text"
    assert notebook.errors == []


def test_each_wrong_field_says_so_beside_it_and_nothing_typed_is_lost(lab: Lab) -> None:
    """A message stands with its field, which is described by it and marked as invalid."""
    notebook, form = open_form(lab)
    button(form, "Generate").click()
    prompt = field(form, "Prompt")
    expect(prompt).to_have_attribute("aria-invalid", "true")
    expect(prompt).to_be_focused()
    expect(prompt).to_have_accessible_description(re.compile("prompt is empty"))
    expect(form.get_by_role("alert")).to_have_text("Not sent. Look at: Prompt.")
    prompt.fill("a fox")
    expect(prompt).not_to_have_attribute("aria-invalid", "true")

    form.get_by_text("More", exact=True).click()
    size = field(form, "Pixels or ratio")
    cases: list[tuple[Locator, str, str]] = [
        (size, "banana", "neither pixels nor a ratio"),
        (size, "16:900", "out of reach"),
        (field(form, "Webhook address"), "ftp://example.org", "not an http or https address"),
        (field(form, "Extra fields"), "{seed: 7}", "not a JSON object"),
    ]
    for box, wrong, words in cases:
        before = box.input_value()
        box.fill(wrong)
        button(form, "Generate").click()
        error = form.locator(".lumen-error:visible")
        expect(error).to_contain_text(words)
        expect(box).to_have_attribute("aria-invalid", "true")
        expect(box).to_have_value(wrong)
        box.fill(before)
        expect(error).to_have_count(0)
    field(form, "Webhook address").fill("https://example.org/hook")
    button(form, "Generate").click()
    expect(field(form, "Webhook secret")).to_be_focused()
    expect(form.locator(".lumen-error:visible")).to_contain_text("webhook_secret")
    notebook.set_source(2, "form.n = 9\nform.resolution = '9K'")
    notebook.run_cell(2)
    expect(form.get_by_role("radiogroup", name="Pictures", exact=True)).to_contain_text("1 to 4")
    expect(form.get_by_role("radiogroup", name="Resolution")).to_contain_text("1K, 2K, 4K")

    expect(notebook.cell_output(1).locator(".lumen-task")).to_have_count(0)
    expect(prompt).to_have_value("a fox")


def test_pictures_are_chosen_dropped_pasted_and_named_and_put_in_order(lab: Lab) -> None:
    """Each way adds one, with a thumbnail and its size; they move and go by mouse and by keys."""
    notebook, form = open_form(lab, "make it snow")
    images = form.get_by_role("group", name="Reference pictures")
    rows = images.locator(".lumen-picture")
    images.locator("input[type=file]").set_input_files(
        {"name": "chosen.png", "mimeType": "image/png", "buffer": PICTURE}
    )
    expect(rows).to_have_count(1)
    expect(rows.first).to_contain_text(SIZE)
    encoded = base64.b64encode(PICTURE).decode()
    images.locator(".lumen-drop").evaluate(GIVE, ["drop", "dropped.png", encoded])
    expect(rows).to_have_count(2)
    field(form, "Prompt").evaluate(GIVE, ["paste", "pasted.png", encoded])
    expect(rows).to_have_count(3)
    button(images, "Address of a picture").click()
    address = images.get_by_role("textbox", name="Address of a picture")
    address.fill("nonsense")
    notebook.page.keyboard.press("Enter")
    expect(images.locator(".lumen-error:visible")).to_contain_text("no http, https or data:")
    address.fill("https://example.org/a/cat.png")
    notebook.page.keyboard.press("Enter")
    names = images.locator(".lumen-picture-name")
    expect(names).to_have_text(["chosen.png", "dropped.png", "pasted.png", "example.org · cat.png"])
    expect(images.locator(".lumen-thumb img")).to_have_count(3)

    expect(names.nth(0)).to_have_text("chosen.png")
    button(images, "Move chosen.png later").click()
    expect(names.nth(1)).to_have_text("chosen.png")
    button(images, "Move chosen.png later").press("ArrowUp")
    expect(names.nth(0)).to_have_text("chosen.png")
    button(images, "Remove example.org · cat.png").press("Delete")
    expect(rows).to_have_count(3)
    expect(button(images, "Remove pasted.png")).to_be_focused()
    images.locator("input[type=file]").set_input_files(
        {"name": "notes.png", "mimeType": "image/png", "buffer": b"not a picture"}
    )
    expect(images.locator(".lumen-error:visible")).to_contain_text("neither PNG nor JPEG nor WebP")
    button(images, "Remove notes.png").click()
    button(form, "Edit").click()
    expect(shown_pictures(notebook)).to_have_count(1)

    assert notebook.ask(2, "form.images, form.task.request.endpoint") == (
        f"(<chosen.png, {len(PICTURE)} bytes>, <dropped.png, {len(PICTURE)} bytes>, "
        f"<pasted.png, {len(PICTURE)} bytes>) edits"
    )
    assert notebook.errors == []


def test_a_model_says_what_it_cannot_do_and_one_that_can_repaints(lab: Lab) -> None:
    """The mask is disabled with the reason, and a press on the other model enables it."""
    notebook, form = open_form(lab, "a corgi")
    images = form.get_by_role("group", name="Reference pictures")
    mask = form.get_by_role("group", name="Mask")
    expect(mask).to_contain_text("gpt-image-2-low cannot repaint.")
    expect(button(mask, "Choose a file")).to_be_disabled()
    button(mask, "Use fal-flux-pro-fill").click()
    expect(button(mask, "Choose a file")).to_be_enabled()
    button(form, "Repaint").click()
    expect(images).to_contain_text("no picture to repaint")
    expect(mask).to_contain_text("no mask")
    for group, name, data in ((images, "p.png", PICTURE), (mask, "m.png", MASK)):
        group.locator("input[type=file]").set_input_files(
            {"name": name, "mimeType": "image/png", "buffer": data}
        )
        expect(group).to_contain_text(SIZE)
    expect(button(images, "Choose files")).to_be_disabled()
    expect(images).to_contain_text("A repaint takes one picture.")
    button(form, "Repaint").click()
    expect(shown_pictures(notebook)).to_have_count(1)

    assert notebook.ask(2, "form.task.request.endpoint") == "inpaint"
    assert notebook.errors == []


def test_a_key_that_is_pasted_is_cut_out_at_once_and_is_in_no_saved_notebook(lab: Lab) -> None:
    """The words around it stay, and the field says what was done and what to do."""
    key = "sk-lumen-0123456789abcdef"
    notebook, form = open_form(lab, "")
    prompt = field(form, "Prompt")
    prompt.focus()
    notebook.page.keyboard.insert_text(f"a fox {key} in snow")
    expect(prompt).to_have_value("a fox in snow")
    expect(form.locator(".lumen-form-state")).to_contain_text("it was cut out")
    expect(prompt).to_have_accessible_description(re.compile("it was cut out"))
    notebook.wait_value(2, "form.prompt", "a fox in snow")
    assert key not in json.dumps(notebook.save())
    assert notebook.errors == []

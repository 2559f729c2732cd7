"""A form as code, in JupyterLab: copied and run it sends the same; and what it will cost."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.browser.access import faults, make_narrow, too_wide
from tests.browser.forms import PICTURE, SIZE, button, expect_answered, field, open_form

if TYPE_CHECKING:
    from playwright.sync_api import Locator

    from tests.jupyter import Lab

pytestmark = pytest.mark.browser

_HOSTILE = 'a "red" fox, it\'s $(touch owned) </script>\n狐狸\u202e'
# of what the cell that ran last has shown
_SAME = "list(Out.values())[-1][0].task.request.body == form.task.request.body"


def _section(form: Locator) -> Locator:
    return form.locator("details.lumen-as-code")


def test_code_that_is_copied_into_a_cell_and_run_sends_what_the_form_sends(
    lab: Lab, kernel: str
) -> None:
    """With the picture that only the form has, and a prompt of quotes and several lines."""
    notebook, form = open_form(lab, kernel=kernel)
    page = notebook.page
    field(form, "Prompt").fill(_HOSTILE)
    images = form.get_by_role("group", name="Reference pictures")
    images.locator("input[type=file]").set_input_files(
        {"name": "fox.png", "mimeType": "image/png", "buffer": PICTURE}
    )
    expect(images).to_contain_text(SIZE)
    section = _section(form)
    section.locator("summary").click()
    code = section.locator("pre")
    expect(code).to_contain_text("form.images[0]")
    expect(code).to_contain_text(r"狐狸\u202e")
    button(section, "Copy the code").click()
    expect(section.get_by_role("button", name="Copied")).to_be_visible()
    notebook.cell(2).locator(".cm-content").click()
    page.keyboard.press("ControlOrMeta+v")
    notebook.run_cell(2)
    button(form, "Edit").click()
    expect_answered(form)
    notebook.wait_value(3, "form.task is not None and form.task.done", "True")

    assert notebook.ask(3, _SAME) == "True"
    assert notebook.errors == []


def test_by_keys_code_is_chosen_and_copied_and_waits_for_a_busy_kernel(lab: Lab) -> None:
    """Nothing old is copied; the budget is beside the button; nothing is too wide or unnamed."""
    notebook, form = open_form(lab, "a fox")
    keys = notebook.page.keyboard
    notebook.ask(3, 'lumen.prices.update({"gpt-image-2-low": 2}) or lumen.budget(credits=3)')
    cost = form.locator(".lumen-cost")
    expect(cost).to_contain_text("3 of 3 credits left in the budget")
    section = _section(form)
    summary = section.locator("summary")
    summary.focus()
    keys.press("Enter")
    code = section.locator("pre")
    expect(code).to_contain_text('lumen.generate("a fox", model="gpt-image-2-low")')
    keys.press("Tab")
    keys.press("ArrowRight")
    expect(code).to_contain_text("curl http://127.0.0.1")
    expect(code).to_contain_text("$LUMEN_SANDBOX_KEY")
    with notebook.deaf(2):
        form.get_by_role("radio", name="2", exact=True).check()
        expect(section.get_by_role("status")).to_contain_text("Waits for the notebook")
        expect(button(section, "Copy the code")).to_have_attribute("aria-disabled", "true")
        expect(cost).to_contain_text("Would not be sent: 4 credits are more than the 3 of 3")
    expect(code).to_contain_text('"n": 2')
    expect(section.get_by_role("status")).to_be_empty()
    section.get_by_role("radio", name="curl").focus()
    keys.press("Tab")
    keys.press("Enter")
    expect(section.get_by_role("button", name="Copied")).to_be_focused()
    field(form, "Prompt").focus()
    keys.press("ControlOrMeta+a")
    keys.press("ControlOrMeta+v")
    expect(field(form, "Prompt")).to_have_value(code.text_content() or "no code")
    root = notebook.cell_output(1).locator(".lumen-prompt-form")
    for theme in ("dark", "light"):
        notebook.set_theme(theme)
        assert faults(root, ".lumen-prompt-form") == []
    make_narrow(root)

    assert too_wide(root, "textarea, .lumen-heard") == []
    assert notebook.errors == []

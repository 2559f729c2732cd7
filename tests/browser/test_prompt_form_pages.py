"""The prompt form in JupyterLab after a reload, in two views, for every person and every width."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

from tests.browser.forms import PICTURE, SIZE, button, field, open_form

if TYPE_CHECKING:
    from playwright.sync_api import Locator

    from tests.jupyter import Lab

pytestmark = pytest.mark.browser

# the room that JupyterLab leaves a form in a window of 360 px
_WIDTH = 220
_NARROW = f"(root) => root.getBoundingClientRect().width <= {_WIDTH}"


def wait_taken(form: Locator) -> None:
    """Wait until the kernel has taken a picture: its row may come before the upload's is gone."""
    expect(form.locator(".lumen-picture")).to_have_count(1)
    expect(form.locator(".lumen-picture")).to_contain_text(SIZE)


def test_after_a_reload_everything_typed_is_there(lab: Lab) -> None:
    """Text, choices and pictures come back, also what was typed a moment before."""
    notebook, form = open_form(lab)
    form.get_by_role("group", name="Reference pictures").locator(
        "input[type=file]"
    ).set_input_files({"name": "p.png", "mimeType": "image/png", "buffer": PICTURE})
    wait_taken(form)
    form.get_by_role("radio", name="4K").check()
    form.get_by_text("More", exact=True).click()
    field(form, "Extra fields").fill('{"seed": 7')
    notebook.save()
    field(form, "Prompt").fill("typed at the very last")
    notebook.reload(1, "form.lumen-form")
    form = notebook.cell_output(1).locator("form.lumen-form")

    expect(field(form, "Prompt")).to_have_value("typed at the very last")
    expect(form.get_by_role("radio", name="4K")).to_be_checked()
    expect(field(form, "Extra fields")).to_have_value('{"seed": 7')
    wait_taken(form)
    form.get_by_text("More", exact=True).click()
    field(form, "Extra fields").fill("")
    button(form, "Edit").click()
    expect(form).to_contain_text("The page was reloaded")
    expect(notebook.cell_output(1).locator(".lumen-task-state")).to_have_text("Succeeded")


def test_python_and_two_views_are_in_step(lab: Lab) -> None:
    """An assignment shows in every view; what is typed in one is in the other and in Python."""
    notebook, form = open_form(lab, "a fox")
    notebook.set_source(2, "form.language = 'zh'; form.size = '9:16'; form")
    notebook.run_cell(2)
    second = notebook.cell_output(2).locator("form.lumen-form")
    expect(field(second, "提示词")).to_have_value("a fox")
    expect(form.get_by_role("radio", name="9:16")).to_be_checked()
    field(second, "提示词").fill("两只猫")
    expect(field(form, "提示词")).to_have_value("两只猫")
    expect(button(second, "生成")).to_be_visible()
    # what is typed is handed over after a moment
    notebook.wait_value(3, "form.prompt", "两只猫")
    assert notebook.errors == []


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_in_the_form(lab: Lab, theme: Any) -> None:
    """Names, roles and contrast are there, with pictures, errors and everything unfolded."""
    from axe_playwright_python.sync_playwright import Axe

    notebook, form = open_form(lab, theme=theme)
    form.get_by_role("group", name="Reference pictures").locator(
        "input[type=file]"
    ).set_input_files({"name": "p.png", "mimeType": "image/png", "buffer": PICTURE})
    wait_taken(form)
    form.get_by_text("More", exact=True).click()
    button(form, "Address of a picture").first.click()
    button(form, "Edit").click()
    expect(form.get_by_role("alert")).not_to_be_empty()
    results = Axe().run(notebook.page, context=".lumen-prompt-form")

    assert results.response["violations"] == []


def test_the_form_fits_into_a_window_of_360_pixels(lab: Lab) -> None:
    """Nothing scrolls sideways or sticks out there, in either language."""
    notebook, form = open_form(lab, width=480)
    root = notebook.cell_output(1).locator(".lumen-prompt-form")
    form.get_by_text("More", exact=True).click()
    for language in ("en", "zh"):
        notebook.set_source(2, f"form.layout.width = '{_WIDTH}px'; form.language = '{language}'")
        notebook.run_cell(2)
        expect(form).to_contain_text("Leave out" if language == "en" else "不要出现")
        # a layout is another widget than its form: each is brought up to date by itself
        notebook.page.wait_for_function(_NARROW, arg=root.element_handle(), polling=50)
        wide = root.evaluate(
            "(root) => [...root.querySelectorAll('*')].filter((one) => one.scrollWidth > "
            "one.clientWidth + 1 && one.clientWidth > 0 && getComputedStyle(one).overflowX !== "
            "'hidden').map((one) => one.className)"
        )
        assert wide == []
    small = root.evaluate(
        "(root) => [...root.querySelectorAll('button, label:has(input), summary, select')]"
        ".map((one) => one.getBoundingClientRect())"
        ".filter((box) => box.width > 0 && Math.min(box.width, box.height) < 24).length"
    )
    assert small == 0

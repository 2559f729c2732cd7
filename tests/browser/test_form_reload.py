"""A prompt form whose click nobody has answered, and then the page or the kernel is a new one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.browser.forms import button, expect_answered, field

if TYPE_CHECKING:
    from tests.jupyter import Lab, NotebookPage

pytestmark = pytest.mark.browser

BEGIN = 'import lumen_widgets as lumen\nlumen.use("sandbox")'
FORM = 'sent = []\nform = lumen.PromptForm(prompt="a fox")\n_ = form.on_submit(sent.append)\nform'

# The kernel says nothing, so that nothing else of the page can be waited for.
LOADED = "() => window.jupyterapp?.shell?.currentWidget?.content?.widgets?.length"


def _open_form(lab: Lab) -> NotebookPage:
    """Show a form in the second of four cells of a notebook that is saved."""
    notebook = lab.open([BEGIN, FORM, "", ""])
    notebook.run_cell(0)
    notebook.run_cell(1)
    notebook.cell_output(1).locator("form.lumen-form").wait_for()
    notebook.save()
    return notebook


def _click_unanswered(notebook: NotebookPage) -> None:
    """Press *Generate* while the kernel deals with nothing."""
    form = notebook.cell_output(1).locator("form.lumen-form")
    button(form, "Generate").click()
    form.get_by_text("Waiting for the notebook").wait_for()


def test_a_click_that_was_not_answered_is_not_paid_twice(lab: Lab) -> None:
    """Generate, pressed again after a reload since nobody had answered the first click, is paid
    once: as long as nothing in the form was changed, it is the same submit.
    """
    notebook = _open_form(lab)
    with notebook.deaf(2):
        _click_unanswered(notebook)
        notebook.page.reload()
        notebook.page.wait_for_function(LOADED, polling=50)
    notebook.wait_widget(1, "form.lumen-form")
    form = notebook.cell_output(1).locator("form.lumen-form")
    button(form, "Generate").click()

    assert notebook.ask(3, "len(sent)") == "1"
    # another click is another submit
    expect_answered(form)
    button(form, "Generate").click()
    notebook.wait_value(3, "len(sent)", "2")


def test_a_click_of_which_a_restarted_kernel_knows_nothing_is_shown_and_sent_once(
    lab: Lab,
) -> None:
    """The form of the new kernel says what was sent, and sends it when it is asked to."""
    notebook = _open_form(lab)
    with notebook.deaf(2):
        _click_unanswered(notebook)
        notebook.restart_kernel()
    notebook.set_source(1, FORM.replace("a fox", ""))
    notebook.run_cell(0)
    notebook.run_cell(1)
    form = notebook.cell_output(1).locator("form.lumen-form")
    form.locator(".lumen-sent").get_by_text("a fox").wait_for()
    assert notebook.ask(3, "len(sent)") == "0"
    button(form, "Put it back into the form").click()
    expect(field(form, "Prompt")).to_have_value("a fox")
    button(form, "Generate").click()
    expect_answered(form)

    expect(form.locator(".lumen-sent")).to_be_empty()
    assert notebook.ask(3, "[one.prompt for one in sent]") == "['a fox']"

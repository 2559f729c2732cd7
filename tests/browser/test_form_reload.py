"""A prompt form whose page is reloaded while the notebook is busy."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.browser.forms import button

if TYPE_CHECKING:
    from pathlib import Path

    from tests.jupyter import Lab

pytestmark = [pytest.mark.browser, pytest.mark.full]

BEGIN = 'import lumen_widgets as lumen\nlumen.use("sandbox")'
FORM = 'sent = []\nform = lumen.PromptForm(prompt="a fox")\n_ = form.on_submit(sent.append)\nform'
# runs until the test has seen enough
BUSY = "import pathlib, time\nwhile not pathlib.Path({!r}).exists():\n    time.sleep(0.05)"

# The kernel is not idle, so that nothing else of the page can be waited for.
LOADED = "() => window.jupyterapp?.shell?.currentWidget?.content?.widgets?.length"


@pytest.mark.xfail(
    strict=True,
    raises=AssertionError,
    reason="attack 5: the page that was reloaded knows nothing of the submit that it sent",
)
def test_a_click_that_was_not_answered_is_not_paid_twice(lab: Lab, tmp_path: Path) -> None:
    """Generate, pressed again after a reload since nobody had answered the first click, is paid
    once: as long as nothing in the form was changed, it is the same submit.
    """
    go_on = tmp_path / "go-on"
    notebook = lab.open([BEGIN, FORM, BUSY.format(str(go_on)), ""])
    notebook.run_cell(0)
    notebook.run_cell(1)
    form = notebook.cell_output(1).locator("form.lumen-form")
    form.wait_for()
    notebook.save()
    notebook.run_cell(2, wait=False)
    notebook.cell(2).get_by_text("[*]").wait_for()
    button(form, "Generate").click()
    form.get_by_text("Waiting for the notebook").wait_for()
    notebook.page.reload()
    notebook.page.wait_for_function(LOADED)
    go_on.touch()
    notebook.wait_ready()
    form = notebook.cell_output(1).locator("form.lumen-form")
    form.wait_for()
    button(form, "Generate").click()

    assert notebook.ask(3, "len(sent)") == "1"

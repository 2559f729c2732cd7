"""The browser tests' own tool: JupyterLab driven step by step."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

if TYPE_CHECKING:
    from tests.jupyter import Lab

pytestmark = pytest.mark.browser

_WAIT_FOREVER = "import time\nprint('going')\nwhile True: time.sleep(0.05)"
_ASK_STRANGERS = """from IPython.display import HTML
HTML('<img src="https://example.com/a.png"><img src="http://192.0.2.1/b.png">')"""


def test_cells_run_and_their_outputs_are_seen_and_saved(lab: Lab) -> None:
    """A cell's output is in the page when its run has ended, and in the file after saving."""
    notebook = lab.open(["a = 20", "print(a + 22)", "1 / 0"], theme="dark", width=900)

    notebook.run_cell(0)
    notebook.run_cell(1)
    notebook.run_cell(2)

    expect(notebook.cell_output(1)).to_have_text("42\n", use_inner_text=True)
    expect(notebook.cell_output(2)).to_contain_text("ZeroDivisionError")
    assert notebook.page.evaluate("[document.body.dataset.jpThemeLight, innerWidth]") == [
        "false",
        900,
    ]
    assert notebook.save()["cells"][1]["outputs"][0]["text"] == ["42\n"]
    assert notebook.errors == []


def test_a_kernel_is_interrupted_and_restarted(lab: Lab) -> None:
    """An endless cell ends by an interrupt; a restart forgets what the cells had made."""
    notebook = lab.open(["b = 1", _WAIT_FOREVER, "print('b' in globals())"])
    notebook.run_cell(0)
    notebook.run_cell(1, wait=False)
    expect(notebook.cell_output(1)).to_contain_text("going")
    assert not notebook.execution_done(1)

    notebook.interrupt()
    notebook.wait_done(1)
    expect(notebook.cell_output(1)).to_contain_text("KeyboardInterrupt")

    notebook.restart_kernel()
    notebook.run_cell(2)
    notebook.wait_idle()
    expect(notebook.cell_output(2)).to_contain_text("False")


def test_a_page_reaches_nobody_else_and_says_who_it_asked_for(lab: Lab) -> None:
    """Names and addresses beyond this machine stay unreached, and each is noted."""
    notebook = lab.open([_ASK_STRANGERS])

    notebook.run_all()

    expect(notebook.cell_output(0).locator("img")).to_have_count(2)
    notebook.page.wait_for_function(
        "[...document.querySelectorAll('img')].every((i) => i.complete)"
    )
    widths = notebook.page.evaluate(
        "[...document.querySelectorAll('.jp-OutputArea img')].map((i) => i.naturalWidth)"
    )
    assert widths == [0, 0]
    # a set: JupyterLab may draw an output twice, and each time its pictures are asked for
    assert set(notebook.strangers) == {"http://192.0.2.1/b.png", "https://example.com/a.png"}

"""What widgets leave in a notebook, in JupyterLab: hidden by what is live, and seen without it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.browser.painters import BEGIN, SHOW, shown_painter

if TYPE_CHECKING:
    from tests.jupyter import Lab

pytestmark = pytest.mark.browser

# the picture of another cell, and what only looks as if a widget had left it
_OTHERS = """from IPython.display import HTML
display(HTML('<p class="lumen-static">mine</p>'))
lumen.generate('a tree', size='64x64')"""
_CELLS = [
    BEGIN.format(width=400, height=300),
    SHOW.format(radius=12),
    "form = lumen.PromptForm(prompt='a <b>red</b> fox'); form",
    "import ipywidgets\nipywidgets.VBox([lumen.TaskPanel()])",
    _OTHERS,
    "",
]


def test_a_live_widget_hides_what_it_leaves_and_a_notebook_without_it_shows_that(lab: Lab) -> None:
    """Also after a reload; in a copy that is opened later it is seen, trusted or not."""
    notebook = lab.open(_CELLS, own_page=True)
    for cell in range(5):
        notebook.run_cell(cell)
    left = {cell: notebook.cell_output(cell).locator(".lumen-static") for cell in (1, 2, 3)}
    expect(left[1]).to_contain_text("nothing painted")
    expect(left[2]).to_contain_text("a <b>red</b> fox")
    # it came with another cell
    expect(left[3]).to_contain_text("a tree")
    painter = shown_painter(notebook, 1)
    painter.drag([(60, 60), (200, 60)])
    expect(left[1].locator("pre")).to_contain_text("painter.stroke(")
    for hidden in left.values():
        expect(hidden).to_be_hidden()
    for cell in (1, 2, 3):
        # not even a line of space
        rows = notebook.cell_output(cell).locator(".jp-OutputArea-child").all()
        assert [row.is_visible() for row in rows] == [True, False]
    expect(notebook.cell_output(4).get_by_text("mine")).to_be_visible()
    expect(notebook.cell_output(4).locator(".jp-RenderedImage img")).to_be_visible()
    notebook.save()
    notebook.reload(1, ".lumen-painter-stage")
    expect(notebook.cell_output(1).locator(".lumen-static")).to_be_hidden()
    notebook.page.keyboard.press("Escape")
    saved = notebook.save()
    assert "sk-lumen-" not in json.dumps(saved)
    assert notebook.errors == []

    # a copy of the same content is trusted, one that was changed elsewhere is not; both in the page
    # in which the first one is still live
    for name, by in (("copy", {}), ("changed", {"by": "hand"})):
        file = notebook.file.with_name(f"{name}.ipynb")
        file.write_text(json.dumps({**saved, "metadata": {**saved["metadata"], **by}}))
        notebook.open(file.relative_to(lab.server.root).as_posix())
        cells = notebook.page.locator(".jp-NotebookPanel:not(.lm-mod-hidden) .jp-Cell")
        for cell, words in ((1, "painter.stroke("), (2, "a <b>red</b> fox"), (3, "a tree")):
            shown = cells.nth(cell).locator(".lumen-static")
            expect(shown).to_contain_text(words)
            expect(shown).to_be_visible()
        expect(cells.nth(1).locator(".lumen-painter")).to_have_count(0)
        picture = cells.nth(1).locator(".lumen-static img")
        assert picture.evaluate("(el) => el.complete && el.naturalWidth") == 400


def test_a_prompt_with_dollars_is_shown_as_it_was_typed_and_not_as_a_formula(lab: Lab) -> None:
    """In headings, tables and what widgets leave; a user's own formulas are set as ever."""
    prompt = r"a $5 note, a $10 note and \\(x^2\\)"
    begin = f"{BEGIN.format(width=64, height=64)}prompt = {prompt!r}\n"
    notebook = lab.open(
        [
            f"{begin}tasks = [lumen.generate(prompt, n=1, wait=False) for _ in range(2)]",
            "lumen.show(tasks)",
            "lumen.history()",
            "form = lumen.PromptForm(prompt=prompt); form.submit().task; form",
            "lumen.TaskPanel()",
            "from IPython.display import HTML\nHTML('<p>mine: $x^2$</p>')",
        ]
    )
    notebook.run_all()
    left = [notebook.cell_output(cell).locator(".lumen-static") for cell in (3, 4)]
    for shown in (notebook.cell_output(1).locator("p"), notebook.cell_output(2), *left):
        expect(shown.filter(has_text=prompt).first).to_be_attached()
    expect(notebook.cell_output(5).locator("mjx-container")).to_have_count(1)

    expect(notebook.page.locator("mjx-container")).to_have_count(1)

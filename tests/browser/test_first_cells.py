"""The first notebook in JupyterLab, as somebody sees it who runs its cells."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

if TYPE_CHECKING:
    from tests.jupyter import Lab, NotebookPage

pytestmark = pytest.mark.browser

NOTEBOOK = Path(__file__).parents[2] / "notebooks" / "01_pictures_from_a_prompt.ipynb"
_STATES = ["Queued", "Processing", "Succeeded"]
# notes every state that a panel shows, however briefly
_WATCH_STATES = """() => {
  window.lumenStates = [];
  window.lumenObserver?.disconnect();
  window.lumenObserver = new MutationObserver(() => {
    for (const el of document.querySelectorAll(".lumen-task-state")) {
      if (window.lumenStates.at(-1) !== el.textContent) window.lumenStates.push(el.textContent);
    }
  });
  window.lumenObserver.observe(document.body,
    { subtree: true, childList: true, characterData: true });
}"""
_LOADED = "(images) => images.every((image) => image.complete && image.naturalWidth > 0)"


def _outputs(saved: dict[str, Any], index: int) -> list[dict[str, Any]]:
    outputs: list[dict[str, Any]] = saved["cells"][index]["outputs"]
    return outputs


def _pictures(notebook: NotebookPage, index: int, count: int) -> None:
    """Wait until a cell shows this many pictures, each really decoded."""
    images = notebook.cell_output(index).locator(".jp-RenderedImage img")
    expect(images).to_have_count(count)
    notebook.page.wait_for_function(
        f"(index) => ({_LOADED})([...document.querySelectorAll("
        "`[data-lumen-cell='${index}'] .jp-RenderedImage img`)])",
        arg=index,
        polling=50,
    )


def test_the_first_cells_show_each_state_and_then_pictures_that_are_saved(lab: Lab) -> None:
    """Queued, processing, succeeded; then two pictures on a sheet, in the cell and in the file."""
    notebook = lab.open(NOTEBOOK)
    notebook.run_cell(1)
    expect(notebook.cell_output(1)).to_contain_text("Sandbox")
    states: list[str] = []
    # a slow machine may show the panel only when the task has left the queue, or has ended
    for seconds in (3, 6, 12, 24, 48):
        lab.server.sandbox.set(latency=(seconds, seconds))
        notebook.page.evaluate(_WATCH_STATES)
        notebook.run_cell(3)
        _pictures(notebook, 3, 1)
        states = notebook.page.evaluate("() => window.lumenStates")
        if set(_STATES) <= set(states):
            break
    expect(notebook.cell_output(3)).to_contain_text("· 2 pictures ·")
    saved = notebook.save()

    assert [one for one in dict.fromkeys(states) if one in _STATES] == _STATES
    bundles = [output["data"] for output in _outputs(saved, 3)]
    kept = [bundle for bundle in bundles if {"image/jpeg", "image/png"} & set(bundle)]
    assert len(kept) == 1
    assert "[1] Picture 2 of 2: a cute cat" in "".join(kept[0]["text/plain"])
    assert all("text/plain" in bundle and "text/html" not in bundle for bundle in kept)
    text = json.dumps(saved)
    assert "widget-view" not in text, "the file would need a kernel to be read"
    assert "widgets" not in saved["metadata"]
    assert "127.0.0.1" not in text, "a result's URL is in the file"
    assert "sk-lumen-" not in text
    assert notebook.errors == []


def test_pictures_of_a_call_that_does_not_wait_arrive_in_its_own_cell(
    lab: Lab, kernel: str
) -> None:
    """With wait=False the next cell runs at once, and the first one gets the pictures."""
    notebook = lab.open(
        [
            'import lumen_widgets as lumen\nlumen.use("sandbox")',
            'task = lumen.generate("a whale and a star, sea at night", n=2, wait=False)',
            (
                "import time\n"
                'print("first the second cell ran:", task.status)\n'
                "while True:\n    time.sleep(0.05)"
            ),
        ],
        kernel=kernel,
    )
    notebook.run_cell(0)
    notebook.run_cell(1)
    expect(notebook.cell_output(1).locator(".lumen-task")).to_have_count(1)
    notebook.run_cell(2, wait=False)
    _pictures(notebook, 1, 1)
    assert not notebook.execution_done(2), "the pictures came only after the second cell"
    expect(notebook.cell_output(2)).to_contain_text("first the second cell ran: ")
    expect(notebook.cell_output(1)).to_contain_text("· 2 pictures ·")
    notebook.interrupt()
    notebook.wait_done(2)
    saved = notebook.save()

    kinds = [set(output["data"]) for output in _outputs(saved, 1)]
    assert sum(bool(kind & {"image/jpeg", "image/png"}) for kind in kinds) == 1
    assert "widget-view" not in json.dumps(saved)
    assert notebook.errors == []


def test_an_interrupt_stops_the_waiting_and_says_how_to_take_the_task_up(lab: Lab) -> None:
    """The stop button loses nothing: the line that the cell then shows brings the picture."""
    notebook = lab.open(
        [
            'import lumen_widgets as lumen\nlumen.use("sandbox")',
            'lumen.generate("a lighthouse by the sea", size="16:9")',
            "",
        ]
    )
    notebook.run_cell(0)
    with lab.server.drawing_held():
        notebook.run_cell(1, wait=False)
        expect(notebook.cell_output(1).locator(".lumen-task-state")).to_have_text("Processing")
        notebook.interrupt()
        notebook.wait_done(1)
    advice = notebook.cell_output(1).locator("p code").filter(has_text="lumen.show(")
    expect(advice).to_have_count(1)
    notebook.set_source(2, f"import lumen_widgets as lumen\n{advice.text_content()}")
    notebook.run_cell(2)
    _pictures(notebook, 2, 1)


def test_a_failed_task_says_why_and_what_to_do_and_that_credits_came_back(lab: Lab) -> None:
    """A model that fails shows a readable error, not a page of stack."""
    notebook = lab.open(
        [
            'import lumen_widgets as lumen\nlumen.use("sandbox")',
            'lumen.generate("a fox", model="sandbox-always-fails")',
            'lumen.generate("a fox", n=7)',
        ]
    )
    notebook.run_cell(0)
    notebook.run_cell(1)
    output = notebook.cell_output(1)
    expect(output).to_contain_text("✗ Failed")
    expect(output).to_contain_text("TaskFailed")
    expect(output).to_contain_text("credits")
    notebook.run_cell(2)
    expect(notebook.cell_output(2)).to_contain_text("InvalidRequest")
    expect(notebook.cell_output(2)).to_contain_text("1 to 4")
    lines = notebook.cell_output(1).inner_text().splitlines()

    assert len(lines) < 20, "a stack buries the message"


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_in_the_live_panel(lab: Lab, theme: Any) -> None:
    """The panel has names, roles and contrast that assistive technology and weak eyes need."""
    from axe_playwright_python.sync_playwright import Axe

    notebook = lab.open(
        [
            'import lumen_widgets as lumen\nlumen.use("sandbox")',
            (
                "panel = lumen.TaskPanel([lumen.LumenClient(lumen.sandbox.start().api_key, "
                "lumen.sandbox.start().url).generate(prompt, model=model) for prompt, model in "
                '[("a fox", "gpt-image-2-low"), ("an owl", "sandbox-always-fails")]])\npanel'
            ),
        ],
        theme=theme,
    )
    notebook.run_cell(0)
    notebook.run_cell(1)
    states = notebook.cell_output(1).locator(".lumen-task-state")
    expect(states).to_have_text(["Failed", "Succeeded"])
    results = Axe().run(notebook.page, context=".lumen-tasks")

    assert results.response["violations"] == []

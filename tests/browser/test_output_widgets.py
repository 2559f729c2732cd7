"""Pictures inside `ipywidgets.Output`: in a block, in callbacks, in `interact` and in threads."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.browser.forms import button

if TYPE_CHECKING:
    from playwright.sync_api import Locator

    from tests.jupyter import Lab, NotebookPage

pytestmark = pytest.mark.browser

BEGIN = """
import threading
import ipywidgets as W
from IPython.display import display
import lumen_widgets as lumen
lumen.use("sandbox")

def make(name, work):
    button, out = W.Button(description=name), W.Output()
    out.add_class(f"made-{name}")
    button.on_click(lambda _: work(out))
    display(button, out)
"""

# a name, and what a click on its button does
WAITS = """
def work(out):
    with out:
        print("before")
        made.extend(lumen.generate("a cat", n=2))
        print("after")
made = []
make("waits", work)
"""
LATER = """
def work(out):
    with out:
        print("before")
        lumen.generate("a cat", n=2, wait=False)
        print("after")
make("later", work)
"""
FAILS = """
def work(out):
    with out:
        print("before")
        lumen.generate("a cat", n=2, model="sandbox-always-fails", wait=False)
make("fails", work)
"""
CAPTURED = """
out = W.Output()
out.add_class("made-captured")
@out.capture(clear_output=True)
def work(_):
    lumen.generate("a cat", wait=False)
button = W.Button(description="captured")
button.on_click(work)
display(button, out)
"""
INTERACT = """
box = W.interact_manual(lambda prompt: lumen.generate(prompt) and None, prompt="a cat").widget
_ = box.add_class("made-interact")
"""
THREAD = """
def work(out):
    def run():
        go.wait()
        with out:
            lumen.generate("a cat")
    go = threading.Event()
    threading.Timer(0.5, go.set).start()
    threading.Thread(target=run).start()
make("thread", work)
"""
NESTED = """
def work(out):
    inner = W.Output()
    with out:
        display(inner)
        with inner:
            lumen.generate("a cat", wait=False)
make("nested", work)
"""


# the first of two calls is cleared while it runs, the second one's widget is closed
CLEARED = """
outs = []
def work(out):
    with out:
        lumen.generate("a cat", wait=False)
    outs.append(out)
make("cleared", work)
make("closed", work)
"""
SHOWN = """
task = lumen.LumenClient(lumen.sandbox.start().api_key, lumen.sandbox.start().url).generate("a fox")
def work(out):
    with out:
        lumen.show(task)
make("shown", work)
"""


POOL = """
import asyncio
from concurrent.futures import ThreadPoolExecutor

def pool(out):
    with out:
        print("before")
        with ThreadPoolExecutor(4) as threads:
            list(threads.map(lumen.generate, "abcd"))
        print("after")

def make_task(out):
    async def run():
        with out:
            await asyncio.sleep(0)
            lumen.generate("a cat", wait=False)
    tasks.append(asyncio.get_running_loop().create_task(run()))

tasks = []
make("pool", pool)
make("task", make_task)
now = W.Output()
now.add_class("made-now")
display(now)
pool(now)
"""
FORM = """
out = W.Output()
out.add_class("made-form")
display(out)
with out:
    print("before")
    form = lumen.PromptForm(prompt="a cat")
    display(form)
    form.submit().task
"""


def _images(notebook: NotebookPage, name: str) -> Locator:
    return notebook.page.locator(f".made-{name} .jp-RenderedImage img")


def _said(notebook: NotebookPage, name: str) -> Locator:
    return notebook.page.locator(f".made-{name}")


def _click(notebook: NotebookPage, description: str) -> None:
    notebook.page.get_by_role("button", name=description, exact=True).click()


def test_pictures_and_failures_arrive_in_the_output_that_asked_for_them(lab: Lab) -> None:
    """Now or later, among what else is in there, and its words say how each task ended."""
    notebook = lab.open([BEGIN, WAITS, LATER, FAILS, CAPTURED, INTERACT, THREAD, NESTED, SHOWN])
    notebook.run_all()
    for name in ("waits", "later", "fails", "captured", "nested", "shown"):
        _click(notebook, name)
    _click(notebook, "Run Interact")
    for name in ("waits", "later", "captured", "interact"):
        expect(_images(notebook, name)).to_have_count(1)
        expect(_said(notebook, name)).to_contain_text("✓ Succeeded")
    # alone: a thread's `with` block takes what any callback shows meanwhile
    _click(notebook, "thread")
    for name in ("nested", "shown", "thread"):
        expect(_images(notebook, name)).to_have_count(1)
        expect(_said(notebook, name)).to_contain_text("✓ Succeeded")
    expect(_said(notebook, "fails")).to_contain_text("this model fails every task")
    expect(_said(notebook, "fails")).to_contain_text("✗ No picture.")
    for name in ("waits", "later", "fails"):
        expect(_said(notebook, name)).to_contain_text("before")
    for name in ("waits", "later"):
        expect(_said(notebook, name)).to_contain_text("after")
    expect(notebook.page.get_by_text("Sending…")).to_have_count(0)
    expect(notebook.page.get_by_text("appears here")).to_have_count(0)

    assert notebook.errors == []


def test_an_output_shows_live_status_and_what_came_after_it_was_cleared(lab: Lab) -> None:
    """The panel is there while the task runs; what was paid is shown, unless the widget is gone."""
    notebook = lab.open([BEGIN, CLEARED, "outs[0].clear_output(); outs[1].close()"])
    notebook.run_cell(0)
    notebook.run_cell(1)
    with lab.server.drawing_held():
        for name in ("cleared", "closed"):
            _click(notebook, name)
            state = _said(notebook, name).locator(".lumen-task-state")
            expect(state).to_have_text(re.compile("Queued|Processing"))
            notebook.wait_idle()
        notebook.run_cell(2)
        expect(_said(notebook, "cleared")).to_have_text("")
        expect(_said(notebook, "closed")).to_have_count(0)
    expect(_images(notebook, "cleared")).to_have_count(1)
    expect(_said(notebook, "cleared")).to_contain_text("✓ Succeeded")

    assert notebook.errors == []


def test_a_threads_pictures_arrive_in_the_cell_that_started_it(lab: Lab) -> None:
    """Also where another cell runs by then, and captures what it shows."""
    notebook = lab.open(
        [
            f"{BEGIN}\nfrom IPython.utils.capture import capture_output",
            'thread = threading.Thread(target=lumen.generate, args=("a cat",))\nthread.start()',
            "with capture_output() as taken: thread.join()\nlen(taken.outputs)",
        ]
    )
    notebook.run_cell(0)
    cell = notebook.cell_output(1)
    with lab.server.drawing_held():
        notebook.run_cell(1)
        expect(cell.locator(".lumen-task-state")).to_have_text(re.compile("Queued|Processing"))
        notebook.run_cell(2, wait=False)
    notebook.wait_done(2)

    expect(cell.locator(".jp-RenderedImage img")).to_have_count(1)
    expect(cell).to_contain_text("✓ Succeeded")
    expect(notebook.cell_output(2)).to_contain_text("0")
    assert notebook.errors == []


def test_threads_and_tasks_add_to_what_an_output_has(lab: Lab) -> None:
    """While its cell or callback runs, or after it; nothing that is in there is lost or moved."""
    notebook = lab.open([BEGIN, POOL])
    notebook.run_all()
    _click(notebook, "pool")
    for name in ("now", "pool"):
        expect(_images(notebook, name)).to_have_count(4)
        said = re.compile("^before(.*✓ Succeeded){4}.*after\\s*$", re.DOTALL)
        expect(_said(notebook, name)).to_contain_text(said)
    _click(notebook, "task")
    expect(_images(notebook, "task")).to_have_count(1)
    expect(_said(notebook, "task")).to_contain_text("✓ Succeeded")

    assert notebook.errors == []


def test_a_forms_pictures_arrive_in_the_output_that_shows_it(lab: Lab) -> None:
    """Below the form, and what is above it stays; after a reload of the page too."""
    notebook = lab.open([BEGIN, FORM])
    notebook.run_all()
    form = _said(notebook, "form")
    expect(_images(notebook, "form")).to_have_count(1)
    expect(form).to_contain_text(re.compile("^before.*a cat", re.DOTALL))
    expect(form.locator("textarea").first).to_have_value("a cat")
    expect(notebook.cell_output(1).locator(".jp-RenderedImage img")).to_have_count(1)
    notebook.save()
    notebook.reload(1, "form.lumen-form")
    button(form, "Generate").click()
    expect(_images(notebook, "form")).to_have_count(2)

    assert notebook.errors == []


def test_headings_wrap_and_are_read_in_their_own_direction(lab: Lab) -> None:
    """A prompt that is one long word stays within a narrow cell, and so does what a form leaves."""
    word, sentence = "A" * 200, "חתול בשלג!"
    tasks = f"tasks = [lumen.generate(one, wait=False) for one in ({word!r}, {sentence!r})]"
    left = f"""from IPython.display import HTML
from lumen_widgets.widgets.static_form import StaticParts
parts = StaticParts()
parts.add_prompt({word!r}), parts.add_words({word!r}), parts.add_line({word!r})
HTML(parts.form().html)"""
    start = "import lumen_widgets as lumen\nlumen.use('sandbox')"
    notebook = lab.open([start, tasks, "lumen.show(tasks)", left], width=500, height=900)
    notebook.run_all()
    shown = notebook.cell_output(2)
    expect(shown.get_by_text(word)).to_be_visible()

    overflows = """(all) => all.map((one) => one.scrollWidth > one.clientWidth + 1)"""
    assert not any(shown.locator("p").evaluate_all(overflows))
    assert notebook.cell_output(3).locator("p").evaluate_all(overflows) == [False, False, False]
    direction = shown.get_by_text(sentence).evaluate("(one) => getComputedStyle(one).direction")
    assert direction == "rtl"

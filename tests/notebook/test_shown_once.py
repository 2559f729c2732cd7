"""Which pictures a cell shows, run in a kernel: those asked for, and none twice without need."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

import pytest

from tests.conditions import PATIENCE
from tests.notebook.executed import execute

if TYPE_CHECKING:
    from pathlib import Path

    from tests.sandboxes import SandboxServer

LATER = "[lumen.generate(word, size='64x64', wait=False) for word in 'ab']"
# what a cell says, and how many outputs with pictures it then shows: several are on one sheet
CELLS = {
    "q = lumen.generate('a', n=2, size='64x64')\nq": 1,
    "q": 1,
    "q[0]": 1,
    "q[:1]": 1,
    "q + q[1:]": 1,
    "lumen.generate('a', size='64x64')[0]": 1,
    "r = lumen.generate('a', size='64x64')\ndisplay(r)": 2,
    "r = lumen.generate('a', size='64x64')\nclear_output()\nr": 1,
    # on a thread, after another cell has cleared what it showed
    "await asyncio.to_thread(lumen.generate, 'a', size='64x64')": 1,
    # on a thread that ends in another cell than it began in, to which its pictures belong
    "t = threading.Thread(target=make)\nt.start()\nassert begun.wait(PATIENCE)": 0,
    "go_on.set()\nt.join()\nmade[0]": 1,
    "go_on.clear(), begun.clear()\nt = asyncio.get_running_loop().run_in_executor(None, make)\n"
    "assert begun.wait(PATIENCE)": 0,
    "go_on.set()\nawait t\nmade[1][0]": 1,
    "with capture_output() as seen: r = lumen.generate('a', size='64x64')\nr": 1,
    "seen.show()": 1,
    "with capture_output(): r = lumen.generate('a', size='64x64')\ndisplay(r)": 1,
    "with W.Output(): r = lumen.generate('a', size='64x64')\nr": 1,
    "with capture_output() as seen: t = lumen.generate('a', size='64x64', wait=False)\n"
    "until_shown(t)": 0,
    "seen.show() ": 1,
    # shown before the task has ended, which it does while something else is captured
    "with capture_output() as seen: t = lumen.generate('a', size='64x64', wait=False)\n"
    "seen.show()\nwith capture_output(): until_shown(t)": 1,
    # asked for in the cell that has left a place for them
    f"for _ in lumen.stream({LATER}): pass": 2,
    f"lumen.show({LATER})": 2,
    "lumen.show(lumen.generate('a', size='64x64', wait=False))": 1,
    f"t = {LATER}[1]\nuntil_shown(t)\nclear_output()\nlumen.show(t)": 1,
    # the result of the cell in which they come by themselves
    "t = lumen.generate('a', size='64x64', wait=False)\nt.wait()\nuntil_shown(t)\nt.wait()": 1,
    "t = lumen.generate('a', n=2, size='64x64', wait=False)\nuntil_shown(t)\nawait t": 1,
    "t = lumen.generate('a', size='64x64', wait=False)\nuntil_shown(t)\nt.wait()[0]": 1,
    "t = lumen.generate('a', size='64x64', wait=False)\nuntil_shown(t)\nt.pictures": 1,
    "t.wait()": 1,
    # the result of a cell that was asked to show them
    "lumen.show(t)\nt.wait()": 1,
    "for picture in lumen.stream([t]): pass\npicture": 1,
    "lumen.show(t)\nclear_output()\nt.wait()": 1,
    "with W.Output(): lumen.show(t)\nt.wait()": 1,
    "t = lumen.generate('a', size='64x64', wait=False)\nuntil_shown(t)\nclear_output()\n"
    "t.wait()": 1,
    "with capture_output(): t = lumen.generate('a', size='64x64', wait=False)\nt.wait()": 1,
    "t = lumen.generate('a', size='64x64', wait=False)\nuntil_shown(t)\ndisplay(t.wait())": 2,
    f"t, other = {LATER}\nuntil_shown(t)\nuntil_shown(other)": 2,
    "lumen.show(t)": 1,
}
BEGIN = """
PATIENCE = SECONDS
import asyncio
import threading
import ipywidgets as W
from IPython.display import clear_output, display
from IPython.utils.capture import capture_output
import lumen_widgets as lumen
from lumen_widgets.notebook.publisher import publisher
lumen.use('service')
begun, go_on, made = threading.Event(), threading.Event(), []
class Waits:
    def __fspath__(self):
        begun.set()
        assert go_on.wait(PATIENCE)
        return 'cat.png'
def make():
    made.append(lumen.edit('a', Waits()))
r = lumen.generate('a', size='64x64')
r[0].save('cat.png')
def until_shown(task):
    shown = threading.Event()
    task.subscribe(lambda task: task.done and publisher.run_soon(shown.set, 0.5))
    if task.done:
        publisher.run_soon(shown.set, 0.5)
    task.wait()
    assert shown.wait(PATIENCE)
""".replace("SECONDS", str(PATIENCE))


@pytest.mark.slow
def test_each_cell_shows_what_it_was_asked_for(
    sandbox: SandboxServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only the result of the cell that has shown it is held back, and nothing that was captured."""
    monkeypatch.setenv("LUMEN_API_KEY", sandbox.api_key)
    monkeypatch.setenv("LUMEN_BASE_URL", sandbox.url)
    done = execute([BEGIN, *CELLS], tmp_path)

    found = {
        cell.source: sum(
            bool({"image/jpeg", "image/png"} & set(output.get("data", ())))
            for output in cell.outputs
        )
        for cell in done.cells[1:]
    }
    assert found == CELLS


@pytest.mark.slow
def test_pictures_that_are_added_to_an_output_are_in_there(
    sandbox: SandboxServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A list of pictures was shown in the cell, and the output that it was given to had nothing."""
    monkeypatch.setenv("LUMEN_API_KEY", sandbox.api_key)
    monkeypatch.setenv("LUMEN_BASE_URL", sandbox.url)
    make = "with capture_output(): q = lumen.generate('a', n=2, size='64x64')\nout = W.Output()"
    add = "for some in (q[0], q[1:], q, q[:0]): out.append_display_data(some)"
    kinds = "[sorted(one['data']) for one in out.outputs]"
    done = execute([BEGIN, make, add, kinds], tmp_path)

    assert done.cells[2].outputs == []
    (found,) = (output["data"]["text/plain"] for output in done.cells[3].outputs)
    words = ["text/plain"]
    assert ast.literal_eval(found) == [
        ["image/jpeg", *words], ["image/jpeg", *words], ["image/jpeg", *words], words
    ]  # fmt: skip


@pytest.mark.slow
def test_pictures_that_have_a_display_id_take_each_others_place(
    sandbox: SandboxServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Those that were to be replaced stayed, and the new ones were shown in another cell."""
    monkeypatch.setenv("LUMEN_API_KEY", sandbox.api_key)
    monkeypatch.setenv("LUMEN_BASE_URL", sandbox.url)
    make = "with capture_output(): q = lumen.generate('a', n=2, size='64x64')"
    cells = ["handle = display(q, display_id=True)", "handle.update(q[1:])", "handle.update(q)"]
    done = execute([BEGIN, make, *cells], tmp_path)

    assert [len(cell.outputs) for cell in done.cells[2:]] == [1, 0, 0]
    (output,) = done.cells[2].outputs
    assert "image/jpeg" in output["data"]
    assert len(output["data"]["text/plain"].splitlines()) == 2


INTERACT = """
def draw(prompt):
    return lumen.generate(prompt, size='64x64'){}
_ = W.interact(draw, prompt='a')
"""


@pytest.mark.slow
def test_interact_shows_what_its_function_has_shown_once(
    sandbox: SandboxServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`interact` displays what its function returns; other pictures than that are shown too."""
    monkeypatch.setenv("LUMEN_API_KEY", sandbox.api_key)
    monkeypatch.setenv("LUMEN_BASE_URL", sandbox.url)
    for item, count in (("", 1), ("[0]", 1), (" and display(_kept)", 2)):
        keep = "with capture_output(): _kept = lumen.generate('b', size='64x64')"
        done = execute([BEGIN, keep, INTERACT.format(item)], tmp_path)
        state = done.metadata["widgets"]["application/vnd.jupyter.widget-state+json"]["state"]
        outputs = [one for model in state.values() for one in model["state"].get("outputs", ())]
        shown = [one for one in outputs if {"image/jpeg", "image/png"} & set(one.get("data", ()))]
        assert len(shown) == count

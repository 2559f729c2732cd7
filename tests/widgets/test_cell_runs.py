"""Cells that run again, in a real kernel: what they made before is closed, if nothing needs it."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest

from tests.cell_kernel import CellKernel
from tests.conditions import until

if TYPE_CHECKING:
    from collections.abc import Iterator

_BEGIN = """
import ipywidgets, traitlets, threading, weakref
import numpy as np
import lumen_widgets as lumen
from tests.widgets.quiet_service import QuietService

client = QuietService().client()
grey = np.full((40, 60, 3), 128, np.uint8)
made = []

def note(widget):
    made.append(weakref.ref(widget))
    return widget

def still_open():
    living = [(place, one()) for place, one in enumerate(made)]
    return [place for place, one in living if one is not None and one.comm is not None]

def painted_in():
    form = note(lumen.PromptForm(client, images=grey))
    form.paint().rectangle(8, 8, 8, 8)
    return form

def wait(widget, until):
    until.wait()
    widget.close()

makers = {
    "painter": lambda: note(lumen.MaskPainter(grey)),
    "form": lambda: note(lumen.PromptForm(client, prompt="a fox")),
    "panel": lambda: note(lumen.TaskPanel()),
    "painted form": painted_in,
    "gallery": lambda: note(lumen.Gallery()),
    "compare": lambda: note(lumen.Compare(grey, grey)),
}
"""
_KINDS = ("painter", "form", "panel", "gallery", "compare")


@pytest.fixture(scope="module")
def started() -> Iterator[CellKernel]:
    """One kernel for all tests of this file."""
    with CellKernel() as started:
        started.run(_BEGIN)
        yield started


@pytest.fixture
def cells(started: CellKernel) -> Iterator[CellKernel]:
    """Give the kernel with none of the names of the test before."""
    yield started
    # what waits for it ends too
    started.run("getattr(globals().get('kept'), 'set', int)()\nmade.clear()")
    names = ("w", "kept", "_", "__", "___", "_1")
    started.run(f"In, Out = _ih, _oh\nfor name in {names}: globals().pop(name, None)")


def _open(cells: CellKernel) -> list[int]:
    """Return which of the widgets that were made are open, by the order in which they were made."""
    return [int(word) for word in cells.run("print(*still_open())").split()]


def _wait_open(cells: CellKernel, *expected: int) -> None:
    """Wait for what other threads do: they may have held a widget for a moment."""
    until(
        lambda: _open(cells) == list(expected) or threading.Event().wait(0.1),
        f"open are {expected}, not {_open(cells)}",
    )


@pytest.mark.slow
@pytest.mark.parametrize("kind", [*_KINDS, "painted form"])
@pytest.mark.parametrize(
    "code", ["makers['{0}']()", "w = makers['{0}']()\nw", "w = {0!r} and makers['{0}']()"]
)
def test_a_cell_that_runs_again_closes_what_its_last_run_made(
    cells: CellKernel, kind: str, code: str
) -> None:
    """With a name or without, shown or not: the results that IPython keeps do not count."""
    for _ in range(4):
        cells.run(code.format(kind), f"{kind} {code}")

    _wait_open(cells, 3)


_USES = [
    "kept = w",
    "kept = [{'one': (w,)}]",
    "kept = type('Mine', (), {})(); kept.widget = w",
    "kept = ipywidgets.VBox([w])",
    "kept = ipywidgets.Button(); kept.on_click((lambda one: lambda _: one.close())(w))",
    "kept = w.close",
    "kept = ipywidgets.Text(); traitlets.link((w, 'language'), (kept, 'tooltip'))",
    "w.observe((lambda one: lambda _: one)(w), 'language')",
    "kept = ipywidgets.Text(); ipywidgets.jslink((w, 'language'), (kept, 'value'))",
    "kept = threading.Event(); threading.Thread(target=wait, args=(w, kept)).start()",
]


# each use with one widget, and each widget with the first and the last
@pytest.mark.parametrize(
    ("kind", "use"),
    sorted(
        {(_KINDS[place % len(_KINDS)], use) for place, use in enumerate(_USES)}
        | {(kind, use) for kind in _KINDS for use in (_USES[0], _USES[-1])}
    ),
)
def test_what_the_user_can_still_touch_stays_open(cells: CellKernel, kind: str, use: str) -> None:
    """A name, a container, an attribute, a callback, another widget, a running function."""
    first = f"w = makers['{kind}']()\nif len(made) == 1:\n    {use}\nw"
    for _ in range(3):
        cells.run(first.replace("; ", "\n    "), f"{kind} {use}")

    _wait_open(cells, 0, 2)


@pytest.mark.parametrize(
    "use", ["Out = w", "Out = {1: w}", "In = w", "_ = w", "__ = w", "___ = [w]", "_1 = w"]
)
def test_a_name_of_ipythons_that_the_user_has_taken_is_the_users(
    cells: CellKernel, use: str
) -> None:
    """`Out = w` is like `kept = w`: only what IPython itself put there does not count."""
    for _ in range(3):
        cells.run(f"w = makers['form']()\nif len(made) == 1:\n    {use}\nNone", use)

    _wait_open(cells, 0, 2)


@pytest.mark.parametrize("kind", ["painter", "form", "painted form"])
def test_what_has_a_part_of_a_widget_keeps_it_open(cells: CellKernel, kind: str) -> None:
    """Its free layer, its panel, its painter: they would be closed with it."""
    part = {"painter": "canvas", "form": "panel", "painted form": "painter"}[kind]
    code = f"w = makers['{kind}']()\nif len(made) == 1: kept = w.{part}\nw"
    for _ in range(3):
        cells.run(code, f"part {kind}")

    _wait_open(cells, 0, 2)


@pytest.mark.parametrize("kind", _KINDS)
def test_a_widget_that_another_cell_shows_stays_until_that_cell_runs_again(
    cells: CellKernel, kind: str
) -> None:
    """The name goes on to the new one; the old one is still on the screen."""
    make, show = f"w = makers['{kind}']()\nw", "w"
    cells.run(make, f"make {kind}")
    cells.run(show, f"show {kind}")
    cells.run(make, f"make {kind}")
    _wait_open(cells, 0, 1)
    cells.run(show, f"show {kind}")

    _wait_open(cells, 1)


@pytest.mark.slow
@pytest.mark.parametrize("kind", _KINDS)
def test_a_widget_that_a_page_has_a_view_of_is_closed_once_the_view_is_gone(
    cells: CellKernel, kind: str
) -> None:
    """A view may have a tab of its own, of which only the page knows."""
    make = f"w = makers['{kind}']()\nw"
    cells.run(make, f"viewed {kind}")
    model = cells.run("print(w.model_id)")
    cells.say(model, {"kind": "shown", "view": "a"})
    cells.say(model, {"kind": "shown", "view": "b"})
    cells.run(make, f"viewed {kind}")
    cells.say(model, {"kind": "hidden", "view": "a"})
    assert _open(cells) == [0, 1]
    cells.say(model, {"kind": "hidden", "view": "b"})

    _wait_open(cells, 1)


@pytest.mark.slow
def test_a_run_that_failed_closes_nothing(cells: CellKernel) -> None:
    """What the last good run made is the best that there is."""
    cells.run("makers['painter']()", "failing")
    cells.run("makers['painter']() if False else missing", "failing", fails=True)
    assert _open(cells) == [0]
    cells.run("makers['painter']()", "failing")

    _wait_open(cells, 1)


def test_cells_without_an_id_close_nothing(cells: CellKernel) -> None:
    """Whether it is the same cell is not known then."""
    for _ in range(3):
        cells.run("makers['panel']()")

    assert _open(cells) == [0, 1, 2]


def test_what_an_output_shows_stays_open(cells: CellKernel) -> None:
    """It may stand anywhere, and keeps what it shows when the cell runs again."""
    code = (
        "kept = globals().get('kept') or ipywidgets.Output()\nwith kept: display(makers['form']())"
    )
    for _ in range(3):
        cells.run(code, "output")

    assert _open(cells) == [0, 1, 2]


@pytest.mark.slow
def test_a_widget_with_an_unfinished_task_stays_until_it_has_ended(cells: CellKernel) -> None:
    """A task that nothing shows any more would be forgotten: a form's, and a panel's."""
    cells.run(
        "service = QuietService(); service.status = 'processing'; slow = service.client()\n"
        "task = slow.generate('a fox')"
    )
    code = (
        "w = note(lumen.PromptForm(slow, prompt='a fox')), note(lumen.TaskPanel([task]))\n"
        "if len(made) == 2: w[0].submit()\nelse: w = note(lumen.TaskPanel([]))"
    )
    for _ in range(3):
        cells.run(code, "unfinished")
    _wait_open(cells, 0, 1, 3, 5, 6, 7)
    cells.run("service.status = 'failed'")

    _wait_open(cells, 5, 6, 7)


def _take_over(cells: CellKernel, painter: str) -> None:
    """Have a page of a painter ask for the mask that is offered there."""
    model, painting = cells.run(f"print({painter}.model_id, {painter}.painting.id)").split()
    cells.say(model, {"kind": "take_over", "painting": painting, "copy_id": "a"})


@pytest.mark.slow
def test_the_mask_of_a_painter_is_offered_to_the_one_that_takes_its_place(
    cells: CellKernel,
) -> None:
    """It is taken over with a click, steps and all, as long as nothing is painted there."""
    code = "w = makers['painter']()\nw"
    cells.run(code, "offer")
    cells.run("w.rectangle(5, 5, 10, 10); w.ellipse(20, 20, 8, 8); before = w.array")
    cells.run(code, "offer")
    _wait_open(cells, 1)
    assert cells.run("print(w.get_state('_offer'), w.coverage)") == "{'_offer': True} 0.0"
    # one that was not taken over goes on to the next
    cells.run(code, "offer")
    _wait_open(cells, 2)
    _take_over(cells, "w")
    _take_over(cells, "w")

    assert cells.run("print((w.array == before).all(), len(w.operations))") == "True 2"
    cells.run("w.undo()")
    assert cells.run("print(len(w.operations))") == "1"


@pytest.mark.slow
def test_new_ground_is_offered_too_with_a_mask_and_without(cells: CellKernel) -> None:
    """A cell that runs again loses no extension; what was set since is not written over."""
    code = "w = makers['painter']()\nw"
    offered = "print(w.get_state('_offer')['_offer'], w.sides['left'], len(w.operations))"
    cells.run(code, "ground")
    cells.run("w.sides = {'left': 7}")
    cells.run(code, "ground")
    _wait_open(cells, 1)
    assert cells.run(offered) == "True 0 0"
    _take_over(cells, "w")
    assert cells.run(offered) == "False 7 0"
    cells.run("w.rectangle(5, 5, 10, 10)")
    cells.run(code, "ground")
    _wait_open(cells, 2)
    cells.run("w.sides = {'left': 9}")
    # what is only offered goes on to the next, with what was set meanwhile
    cells.run(code, "ground")
    _wait_open(cells, 3)
    _take_over(cells, "w")

    assert cells.run(offered) == "True 9 1"


@pytest.mark.slow
def test_a_mask_is_offered_for_its_own_picture_alone(cells: CellKernel) -> None:
    """Of several painters that a cell makes, each gets the mask of its picture."""
    code = (
        "w = [note(lumen.MaskPainter(grey + add)) for add in (0, 9)]\n"
        "w[0].rectangle(1, 1, 5, 5) if len(made) == 2 else None"
    )
    for _ in range(2):
        cells.run(code, "two")
    _wait_open(cells, 2, 3)

    assert cells.run("print(*[one.get_state('_offer')['_offer'] for one in w])") == "True False"


@pytest.mark.slow
@pytest.mark.parametrize("painted", [(0, 1, 2), (1, 2), (2,)])
def test_each_painter_of_one_picture_gets_the_mask_of_the_one_in_its_place(
    cells: CellKernel, painted: tuple[int, ...]
) -> None:
    """Masks of one picture are told apart by their places among the painters of their cell."""
    code = "w = [makers['painter']() for _ in range(3)]"
    cells.run(code, f"one picture {painted}")
    paint = "[w[place].rectangle(10 * place, 1, 5, 5) for place in {}]"
    cells.run(f"{paint.format(painted)}; before = [one.array for one in w]")
    cells.run(code, f"one picture {painted}")
    _wait_open(cells, 3, 4, 5)
    for place in painted:
        _take_over(cells, f"w[{place}]")

    equal = "all((one.array == mask).all() for one, mask in zip(w, before))"
    offers = "[place for place in range(3) if w[place].get_state('_offer')['_offer']]"
    assert cells.run(f"print({equal}, {offers})") == f"True {list(painted)}"


@pytest.mark.slow
def test_a_mask_is_not_offered_on_another_beginning(cells: CellKernel) -> None:
    """Its steps would come to another mask there."""
    code = "w = note(lumen.MaskPainter(grey, None if not made else np.eye(40, 60) > 0))\nw"
    cells.run(code, "base")
    cells.run("w.invert()")
    cells.run(code, "base")
    _wait_open(cells, 1)

    assert cells.run("print(w.get_state('_offer')['_offer'])") == "False"

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from lumen_widgets.masks import Clear, Invert, Raster, Rectangle, Stroke
from lumen_widgets.widgets import MaskPainter
from tests.conditions import PATIENCE, until
from tests.masks.test_wire import described
from tests.widgets.painters import (
    HEIGHT,
    PICTURE,
    WIDTH,
    Page,
    Wire,
    elsewhere,
    kinds,
    painter_of,
    steps_of,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

LINE = Stroke(np.array([(3, 3), (50.5, 31.25)], np.float32), 4.5)
DAB = Stroke(np.array([(9, 9)], np.float32), 2, erase=True)


@pytest.fixture
def wire() -> Iterator[Wire]:
    """Return what a painter sends, and the way to it."""
    painter = painter_of()
    yield Wire(painter)
    painter.close()


def test_a_page_that_says_hello_gets_the_whole_history(wire: Wire) -> None:
    """What is done and what can be redone, in order, with the points of all of it."""
    wire.painter.rectangle(1, 2, 3, 4)
    wire.painter.stroke(LINE.points.tolist(), LINE.radius)
    wire.painter.stroke(DAB.points.tolist(), DAB.radius, erase=True)
    wire.painter.invert()
    wire.painter.undo()
    wire.painter.undo()
    snapshot = Page(wire).hello()
    points, base = wire.buffers("snapshot")

    assert kinds(wire.painter.operations) == ["rectangle", "stroke"]
    steps = steps_of([*snapshot["done"], *snapshot["undone"]], points)
    assert [one["kind"] for one in snapshot["done"]] == ["rectangle", "stroke"]
    assert [one["kind"] for one in snapshot["undone"]] == ["invert", "stroke"]
    assert described(steps[1]) == described(LINE)
    assert described(steps[3]) == described(DAB)
    assert (snapshot["sequence"], snapshot["number"], base) == (6, 0, b"")


def test_a_page_gets_what_the_mask_began_with() -> None:
    """One bit a pixel, row after row without gaps."""
    begun = np.random.default_rng(1).random((HEIGHT, WIDTH)) < 0.5
    painter = painter_of(begun)
    wire = Wire(painter)
    Page(wire).hello()
    painter.clear()
    base = np.frombuffer(wire.buffers("snapshot")[1], np.uint8)

    assert np.array_equal(np.unpackbits(base, count=WIDTH * HEIGHT).reshape(HEIGHT, WIDTH), begun)


def test_a_step_is_in_the_mask_when_its_message_is_taken_in(wire: Wire) -> None:
    """What a person did counts like what code does, and can be undone by code."""
    page = Page(wire)
    page.hello()
    page.do(Rectangle(0, 0, 60, 10))
    assert wire.painter.coverage == 0.25
    page.do(Invert())
    assert wire.painter.coverage == 0.75
    wire.painter.undo()
    wire.painter.undo()

    assert wire.painter.coverage == 0
    page.do("redo")
    assert wire.painter.coverage == 0.25


def test_a_step_that_arrives_twice_is_taken_once(wire: Wire) -> None:
    """A connection that repeats a message inverts nothing twice."""
    page = Page(wire)
    page.hello()
    page.do(Invert(), 1)
    page.do(Invert(), 1)
    page.do(Invert(), 0)

    assert len(wire.painter.operations) == 1
    assert wire.of("resend") == []


def test_a_step_that_comes_too_early_is_asked_for_again(wire: Wire) -> None:
    """The page is told from where; what comes again in order is all taken."""
    page = Page(wire)
    page.hello()
    page.do(Rectangle(0, 0, 9, 9), 1)
    page.do(Invert(), 3)

    painting = wire.painter.painting.id
    told = {"kind": "resend", "painting": painting, "copy_id": "a", "number": 2}
    assert wire.of("resend") == [told]
    assert kinds(wire.painter.operations) == ["rectangle"]
    page.do(Clear(), 2)
    page.do(Invert(), 3)
    assert kinds(wire.painter.operations) == ["rectangle", "clear", "invert"]


def test_a_step_that_is_none_is_refused_and_the_page_hears_of_it(wire: Wire) -> None:
    """The page takes it back; what it does next is taken in."""
    page = Page(wire)
    page.hello()
    bad = {"kind": "step", "copy_id": "a", "number": 1, "step": {"kind": "rectangle", "x": None}}
    wire.say(bad)
    wire.say({**bad, "number": 2, "step": "nothing"}, [b"\0" * 7])
    page.do(Invert(), 3)

    decided = [(step["number"], step["accepted"], step["step"]) for step in page.told(3)]
    assert decided == [(1, False, None), (2, False, None), (3, True, None)]
    assert kinds(wire.painter.operations) == ["invert"]


def test_a_page_that_is_alone_does_not_hear_its_own_steps(wire: Wire) -> None:
    """It is told that they are in; their points do not travel back."""
    page = Page(wire)
    page.hello()
    page.do(LINE)
    told = page.told(1)

    assert told == [{"copy_id": "a", "number": 1, "accepted": True, "step": None}]
    assert wire.buffers("decided") == [b""]
    assert wire.of("decided")[-1]["sequence"] == 1


def test_two_pages_hear_each_others_steps(wire: Wire) -> None:
    """In the kernel's order, with the points of each."""
    one, other = Page(wire, "a"), Page(wire, "b")
    one.hello()
    other.hello()
    wire.sent.clear()
    one.do(LINE)
    other.do(DAB)
    one.do("undo")
    told = one.told(3)

    assert [(step["copy_id"], step["number"]) for step in told] == [("a", 1), ("b", 1), ("a", 2)]
    steps = [
        found
        for content, buffers in wire.sent
        if content["kind"] == "decided"
        for found in steps_of([step["step"] for step in content["steps"]], buffers[0])
    ]
    assert [described(step) for step in steps] == [described(LINE), described(DAB), "undo"]
    assert wire.of("decided")[-1]["sequence"] == 3


def test_pages_hear_what_code_does(wire: Wire) -> None:
    """A cell that paints is seen at once."""
    page = Page(wire)
    page.hello()
    wire.painter.stroke(LINE.points.tolist(), LINE.radius)
    (told,) = page.told(1)

    assert (told["copy_id"], told["number"], told["accepted"]) == ("", 0, True)
    (step,) = steps_of([told["step"]], wire.buffers("decided")[0])
    assert described(step) == described(LINE)


@pytest.mark.slow
def test_steps_are_numbered_without_gaps(wire: Wire) -> None:
    """A page that counts them notices when a message is lost."""
    page = Page(wire)
    page.hello()
    for _ in range(3):
        for _ in range(40):
            wire.painter.invert()
        page.told(len(page.decided()) + 1)
    page.told(120)

    at = 0
    for message in wire.of("decided"):
        at += len(message["steps"])
        assert message["sequence"] == at


def test_a_page_that_comes_later_is_told_what_came_before(wire: Wire) -> None:
    """Its snapshot holds all; what is told afterwards goes on from there."""
    wire.painter.rectangle(0, 0, 9, 9)
    first = Page(wire, "a")
    first.hello()
    first.do(Invert())
    snapshot = Page(wire, "b").hello()

    assert snapshot["sequence"] == 2
    assert snapshot["number"] == 0
    assert [one["kind"] for one in snapshot["done"]] == ["rectangle", "invert"]
    assert first.hello()["number"] == 1


def test_nothing_is_sent_before_a_page_shows_the_painter(wire: Wire) -> None:
    """A painter that no page shows is silent."""
    wire.painter.invert()
    wire.painter.clear()
    page = Page(wire)
    page.hello()
    wire.painter.undo()
    page.told(1)

    assert [content["kind"] for content, _ in wire.sent] == ["snapshot", "decided"]


def test_a_closed_painter_sends_nothing(wire: Wire) -> None:
    """What code still paints on it is in the mask alone."""
    page = Page(wire)
    page.hello()
    wire.painter.close()
    wire.sent.clear()
    wire.painter.rectangle(0, 0, 60, 10)
    other = painter_of()
    another = Page(Wire(other), "c")
    another.hello()
    other.invert()
    # told after the closed one would have been
    another.told(1)

    assert wire.sent == []
    assert wire.painter.coverage == 0.25
    other.close()


def test_a_message_is_taken_in_while_the_mask_is_worked_out(
    wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Painting does not wait for the drawing: the step is in when its message was taken in."""
    page = Page(wire)
    page.hello()
    drawing, go_on = threading.Event(), threading.Event()
    follow = Raster.follow

    def slow(*arguments: Any) -> Any:
        drawing.set()
        assert go_on.wait(PATIENCE)
        return follow(*arguments)

    monkeypatch.setattr(Raster, "follow", slow)
    cell = threading.Thread(target=lambda: wire.painter.coverage)
    cell.start()
    assert drawing.wait(PATIENCE)
    elsewhere(lambda: page.do(Invert()))
    assert kinds(wire.painter.operations) == ["invert"]
    go_on.set()
    cell.join(PATIENCE)

    until(lambda: wire.painter.coverage == 1.0, "the mask of it")


def test_a_painter_that_is_not_static_keeps_its_picture_out_of_its_state(wire: Wire) -> None:
    """A page that shows it asks, and is sent the file that the state of another has."""
    painter = wire.painter
    file = painter.get_state("_picture")["_picture"]
    painter.static = False
    assert painter.get_state()["_picture"] == b""
    wire.say({"kind": "picture", "copy_id": "a"})

    told = {"kind": "picture", "painting": painter.painting.id, "copy_id": "a"}
    assert wire.of("picture") == [told]
    assert wire.buffers("picture") == [file]
    painter.static = True
    assert painter.get_state("_picture")["_picture"] == file
    assert MaskPainter(PICTURE, static=False).get_state()["_picture"] == b""

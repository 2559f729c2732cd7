"""A painter that goes on from one painting to another: each keeps what was done in it."""

from __future__ import annotations

import gc
import weakref
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from lumen_widgets.client import InvalidRequest
from lumen_widgets.masks import Rectangle
from lumen_widgets.widgets import MaskPainter
from lumen_widgets.widgets.mask_painter.painting import Painting
from tests.conditions import until
from tests.widgets.painters import HEIGHT, PICTURE, WIDTH, Page, Wire, open_widgets, painter_of

if TYPE_CHECKING:
    from collections.abc import Iterator

_OTHER = np.full((30, 80, 3), 60, np.uint8)
_UPPER = Rectangle(0, 0, WIDTH, HEIGHT // 2)


@pytest.fixture
def wire() -> Iterator[Wire]:
    """Return what a painter sends, and the way to it."""
    painter = painter_of()
    yield Wire(painter)
    painter.close()


def _about(painting: Painting, content: dict[str, Any]) -> dict[str, Any]:
    return {**content, "painting": painting.id}


def test_a_painter_shows_another_painting_with_all_that_belongs_to_it(wire: Wire) -> None:
    """Picture, mask, sides and the brush that was left; the first has its own when it is back."""
    painter, other = wire.painter, Painting(_OTHER)
    first = painter.painting
    painter.rectangle(0, 0, 10, 10)
    painter.sides = {"left": 8}
    painter.radius, painter.tool = 9, "eraser"
    other.ellipse(0, 0, 20, 20)
    painter.painting = other
    state = painter.get_state()
    assert state["_shown"] == {"painting": other.id, "width": 80, "height": 30, "alt": ""}
    assert (painter.canvas.width, painter.canvas.height) == (80, 30)
    assert painter.image is _OTHER
    assert painter.sides["left"] == 0
    assert painter.tool == "brush"
    np.testing.assert_array_equal(painter.array, other.array)
    painter.clear()
    painter.painting = first

    assert other.coverage == 0
    assert (painter.radius, painter.tool, painter.sides["left"]) == (9, "eraser", 8)
    assert painter.coverage == first.coverage > 0
    assert repr(painter).startswith("Lumen mask painter · 60 x 40")
    assert repr(other).startswith("Lumen painting · 80 x 30")


def test_a_painter_makes_no_widget_for_another_painting(wire: Wire) -> None:
    """It has the layers that it had, in another size; closed ones are made anew."""
    before = open_widgets()
    wire.painter.painting = Painting(_OTHER)
    assert open_widgets() <= before
    wire.painter.canvas.close()
    assert wire.painter.get_state("_canvas") == {"_canvas": None}
    wire.painter.painting = Painting(PICTURE)

    assert wire.painter.canvas.width == WIDTH
    assert wire.painter.get_state("_canvas")["_canvas"]


def test_a_step_that_comes_late_goes_to_the_painting_that_it_names(wire: Wire) -> None:
    """Its page is told that it was taken in, and what is shown is untouched."""
    page, first, other = Page(wire), wire.painter.painting, Painting(PICTURE)
    page.hello()
    wire.painter.painting = other
    content, points = page.message(_UPPER)
    wire.say(_about(first, content), points)
    told = until(lambda: wire.of("decided"), "the page is told")

    assert told[0]["painting"] == first.id
    assert first.coverage == 0.5
    assert other.coverage == 0
    assert wire.painter.coverage == 0


def test_what_names_no_painting_of_the_painter_changes_nothing(wire: Wire) -> None:
    """Nor does what names none: it may be about any."""
    page, other = Page(wire), Painting(PICTURE)
    page.hello()
    content, points = page.message(_UPPER)
    for name in (other.id, "", None, 5, ["x"]):
        wire.say({**content, "painting": name}, points)

    assert wire.painter.coverage == other.coverage == 0


def test_sides_that_come_late_extend_the_picture_that_they_were_set_for(wire: Wire) -> None:
    """The trait says whose sides it has."""
    first, other = wire.painter.painting, Painting(PICTURE)
    wire.painter.painting = other
    sides = {"left": 16}
    wire.say(_about(first, {"kind": "sides", "copy_id": "a", "number": 1, "sides": sides}))

    assert first.sides["left"] == 16
    assert wire.painter.sides["left"] == 0
    assert wire.painter.get_state("_sides")["_sides"]["painting"] == other.id


def test_a_call_waits_for_the_last_stroke_of_a_painting_that_is_shown_no_more(wire: Wire) -> None:
    """Its page has gone on, and says by name what it made of the former one."""
    page, first = Page(wire), wire.painter.painting
    page.hello()
    content, points = page.message(_UPPER)

    def answer(asked: dict[str, Any]) -> None:
        if asked["kind"] != "ask":
            return
        assert asked["painting"] == first.id
        wire.painter.painting = Painting(_OTHER)
        wire.say(_about(first, content), points)
        known = {"kind": "up_to", "request": asked["request"], "copy_id": "a", "number": 1}
        wire.say(_about(first, known))

    wire.answer = answer
    mask = wire.painter.__lumen_mask__()

    assert mask.shape == (HEIGHT, WIDTH)
    assert mask.mean() == 0.5


def test_a_page_that_has_left_a_painting_is_not_asked_about_it(wire: Wire) -> None:
    """Nor waited for: a call for a painting that was put aside is as quick as one without pages."""
    page, first = Page(wire), wire.painter.painting
    page.hello()
    page.do(_UPPER)
    wire.painter.painting = Painting(_OTHER)
    wire.say(_about(first, {"kind": "left", "copy_id": "a"}))
    wire.sent.clear()
    mask = first.__lumen_mask__()

    assert wire.of("ask") == []
    assert mask.mean() == 0.5


def test_a_painter_tells_that_it_shows_another_mask_and_of_that_alone(wire: Wire) -> None:
    """What listens to the painter hears of what it shows, and who wants one painting of that."""
    heard: list[str] = []
    painter, first, other = wire.painter, wire.painter.painting, Painting(_OTHER)
    painter.on_change(lambda: heard.append("painter"))
    painter.on_extend(lambda: heard.append("sides"))
    first.on_change(lambda: heard.append("first"))
    painter.painting = other
    assert heard == ["painter", "sides"]
    heard.clear()
    first.invert()
    assert heard == ["first"]
    heard.clear()
    other.invert()
    painter.sides = {"top": 4}

    assert heard == ["painter", "sides"]


def test_two_painters_show_one_painting() -> None:
    """A painting that is open is shown by another painter too; closing one is no end of it."""
    one = painter_of()
    other = MaskPainter(one.painting)
    other.rectangle(0, 0, WIDTH, 10)
    one.close()
    other.rectangle(0, 10, WIDTH, 10)

    assert one.coverage == other.coverage == 0.5
    with pytest.raises(InvalidRequest, match="painter is closed"):
        one.painting = Painting(_OTHER)
    nothing: Any = PICTURE
    with pytest.raises(InvalidRequest, match="painting is of type ndarray"):
        other.painting = nothing
    with pytest.raises(InvalidRequest, match="has a mask already"):
        MaskPainter(one.painting, np.ones((HEIGHT, WIDTH), bool))
    other.close()


def test_a_painter_holds_no_painting_that_it_has_shown(wire: Wire) -> None:
    """Whoever wants to go back to one keeps it."""
    held = weakref.ref(wire.painter.painting)
    page = Page(wire)
    page.hello()
    wire.painter.painting = Painting(_OTHER)
    gc.collect()

    assert held() is None


def test_a_painting_is_saved_and_read_as_a_mask(tmp_path: Any) -> None:
    """Put aside, too: it is drawn when it is asked for."""
    painter = painter_of(np.eye(HEIGHT, WIDTH, dtype=bool))
    painting = painter.painting
    painting.rectangle(0, 0, WIDTH, 10)
    before = painting.array
    painter.painting = Painting(_OTHER)
    painting.save(tmp_path / "mask.png")
    painter.close()

    np.testing.assert_array_equal(painting.array, before)
    again = MaskPainter(PICTURE, tmp_path / "mask.png")
    np.testing.assert_array_equal(again.array, before)
    np.testing.assert_array_equal(MaskPainter(PICTURE, painting).array, before)

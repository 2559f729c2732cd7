"""The painter in a form: what is sent while it is open, and what is as it was once it is not."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

import ipywidgets
import numpy as np
import pytest

from lumen_widgets.client import InvalidRequest
from lumen_widgets.core.pictures.images import read_picture
from lumen_widgets.core.pictures.masks import read_mask
from lumen_widgets.masks import Rectangle
from lumen_widgets.widgets import MaskPainter, PromptForm
from tests.conditions import until
from tests.widgets.forms import MASK, PICTURE, FormPage, taken
from tests.widgets.painters import Page, Wire, open_widgets

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.widgets.quiet_service import QuietService

_LOW, _FILL = "gpt-image-2-low", "fal-flux-pro-fill"
_OTHER = np.full((20, 30, 3), 90, np.uint8)


@pytest.fixture
def painted(form: PromptForm) -> PromptForm:
    """Return a form with two pictures, whose second one is painted on."""
    form.images = _OTHER, PICTURE
    form.paint(PICTURE).rectangle(8, 8, 8, 8)
    return form


def _key(page: FormPage, place: int = 0) -> str:
    """Return what a page knows a reference picture by."""
    return str(page.hello()["images"][place]["key"])


def _press_paint(page: FormPage, key: str, request: str = "paint") -> str:
    """Press *Paint*, and return why the painter is not open."""
    before = len(page.of("opened"))
    page.say({"kind": "paint", "request": request, "key": key})
    until(lambda: len(page.of("opened")) > before, "an answer")
    answer = page.of("opened")[-1]
    assert answer["request"] == request
    return str(answer["error"])


def test_the_picture_that_is_painted_on_is_the_only_one_that_is_sent(
    painted: PromptForm, service: QuietService
) -> None:
    """The form keeps the others, and says which one it is and why the model is another."""
    snapshot = FormPage(painted).hello()
    painted.submit()
    path, body = taken(service)

    assert path.endswith("inpaint")
    assert body["model"] == _FILL
    assert len(painted.images) == 2
    key, painting = snapshot["images"][1]["key"], painted.painter.painting.id
    assert snapshot["painted"] == {"key": key, "own": True, "painting": painting}
    chosen = {"model": _FILL, "instead_of": _LOW, "cannot": "repaint"}
    assert snapshot["chosen"] == chosen
    assert snapshot["errors"] == []


def test_paint_is_pressed_and_the_form_reads_the_picture_on_another_thread(
    form: PromptForm, service: QuietService
) -> None:
    """Pressed twice there is one painter; of a picture that is gone or broken it says why not."""
    form.images = PICTURE, b"no picture"
    page = FormPage(form)
    key = _key(page)
    assert _press_paint(page, key) == ""
    painter = form.painter
    assert _press_paint(page, key, "again") == ""
    assert form.painter is painter
    assert form.mask is painter.painting
    assert "neither PNG" in _press_paint(page, _key(page, 1))
    assert form.painter is painter
    assert "not in the form any more" in _press_paint(page, "99")
    painter.rectangle(8, 8, 8, 8)
    form.submit()

    assert taken(service)[0].endswith("inpaint")


def test_nothing_painted_is_no_error_until_it_is_to_be_sent(form: PromptForm) -> None:
    """A painter that was just opened has nothing wrong with it."""
    form.images = PICTURE
    painter = form.paint()
    page = FormPage(form)
    mask = until(
        lambda: (one := page.hello()["mask"]) and one["coverage"] == 0 and one, "the mask is known"
    )
    assert mask["error"] == ""
    with pytest.raises(InvalidRequest, match="Nothing is painted yet"):
        form.submit()
    painter.rectangle(8, 8, 8, 8)
    found = until(lambda: (one := page.hello()["mask"]) and one["coverage"] and one, "its share")

    assert found["coverage"] == painter.coverage


def _discard(form: PromptForm) -> None:
    FormPage(form).say({"kind": "discard"})


def _remove_mask(form: PromptForm) -> None:
    page = FormPage(form)
    page.say({"kind": "remove", "key": page.hello()["mask"]["key"]})


def _remove_picture(form: PromptForm) -> None:
    page = FormPage(form)
    page.say({"kind": "remove", "key": _key(page, 1)})


def _clear_and_close(form: PromptForm) -> None:
    form.painter.clear()
    FormPage(form).say({"kind": "close_painter"})


def _clear_and_close_by_code(form: PromptForm) -> None:
    form.painter.clear()
    form.painter.close()


@pytest.mark.parametrize(
    "abandon", [_discard, _remove_mask, _remove_picture, _clear_and_close, _clear_and_close_by_code]
)
def test_abandoned_painting_leaves_mask_model_and_sides_as_they_were(
    form: PromptForm, abandon: Callable[[PromptForm], None]
) -> None:
    """However it is abandoned: also the mask of before is there again."""
    form.images, form.mask, form.left = (_OTHER, PICTURE), MASK, 8
    form.paint(PICTURE).rectangle(8, 8, 8, 8)
    painter = form.painter
    if abandon in (_clear_and_close, _clear_and_close_by_code):
        # with new ground it would be an extension
        form.left = 0
    else:
        painter.sides = {"top": 16}
    abandon(form)

    assert form.painter is None
    assert painter.comm is None
    assert form.mask is MASK
    assert form.model == _LOW
    assert (form.left, form.top) == (0 if "clear" in abandon.__name__ else 8, 0)


def test_a_model_that_was_chosen_meanwhile_stays(painted: PromptForm) -> None:
    """What the user has chosen is not taken back; nor is the one that could repaint."""
    painted.model = "my-own-model"
    _discard(painted)
    assert painted.model == "my-own-model"
    painted.model = _FILL
    painted.paint(PICTURE)
    _discard(painted)

    assert painted.model == _FILL


def test_a_closed_painter_is_the_mask_and_opens_with_its_steps_and_its_brush(
    painted: PromptForm, service: QuietService
) -> None:
    """Whoever closes it: closing throws nothing away."""
    first = painted.painter
    first.radius, first.tool = 7, "eraser"
    first.close()
    assert painted.painter is None
    assert FormPage(painted).hello()["painted"]["own"]
    painted.submit()
    assert taken(service)[0].endswith("inpaint")
    painted.paint()
    second: Any = painted.painter
    second.undo()

    assert (second.radius, second.tool) == (7, "eraser")
    assert second.coverage == 0
    second.redo()
    assert second.coverage > 0
    np.testing.assert_array_equal(second.array, first.array)


def test_each_picture_keeps_what_was_painted_on_it(painted: PromptForm) -> None:
    """One painter shows each in turn, and what is put aside is as it was."""
    painter, first = painted.painter, painted.mask
    before, painter.tool = first.array, "eraser"
    second = painted.paint(_OTHER)
    second.ellipse(4, 4, 9, 9)
    assert painted.painter is painter
    assert (painter.tool, painter.image) == ("brush", _OTHER)
    assert FormPage(painted).hello()["painted"]["key"] == _key(FormPage(painted))
    again: tuple[Any, Any] = painted.paint(PICTURE), painted.mask
    assert all(one is first for one in again)
    np.testing.assert_array_equal(painter.array, before)
    assert painter.tool == "eraser"
    np.testing.assert_array_equal(first.array, before)
    _discard(painted)
    assert painted.mask is None

    assert painted.paint(PICTURE).coverage == 0
    assert painted.paint(_OTHER).coverage > 0


def test_another_mask_takes_the_painter_s_place(painted: PromptForm) -> None:
    """With another mask the model goes on repainting; with none it is as before."""
    painter = painted.painter
    painted.mask = MASK
    assert painted.painter is None
    assert painter.comm is None
    assert painted.mask is MASK
    assert painted.model == _FILL
    painted.mask, painted.model = None, _LOW
    painted.paint(PICTURE)
    painted.mask = None

    assert painted.painter is None
    assert painted.model == _LOW


@pytest.mark.parametrize("own", [True, False])
def test_painter_and_form_extend_the_picture_alike(
    form: PromptForm, service: QuietService, own: bool
) -> None:
    """In both directions, of the form's painter and of one that was given as its mask."""
    form.images, form.model, form.left = PICTURE, _FILL, 16
    painter = form.paint() if own else MaskPainter(PICTURE)
    form.mask = painter
    assert painter.sides["left"] == 16
    painter.sides = {"left": 8, "top": 32, "bottom": 4}
    assert (form.left, form.top, form.right, form.bottom) == (8, 32, 0, 4)
    form.right = 12
    assert painter.sides == {"left": 8, "top": 32, "right": 12, "bottom": 4}
    assert FormPage(form).hello()["errors"] == []
    form.submit()
    path, body = taken(service)

    # nothing is painted: the mask that is sent is that of the new ground
    assert path.endswith("inpaint")
    assert body["mask_url"]
    painter.rectangle(8, 8, 8, 8)
    with pytest.raises(InvalidRequest, match="cannot go together"):
        form.submit()


def test_a_painter_brings_its_new_ground_along(form: PromptForm) -> None:
    """Given as the mask of a form that has none, also of one that is made with it."""
    painter = MaskPainter(PICTURE)
    painter.sides = {"left": 24}
    form.mask = painter
    made = PromptForm(mask=painter, images=PICTURE)
    made.close()

    assert form.left == 24
    assert made.left == 24


def test_an_extension_that_was_dragged_stays_when_the_painter_is_closed(
    form: PromptForm, service: QuietService
) -> None:
    """It needs no mask, and goes on with the model that can."""
    form.images = PICTURE
    form.paint().sides = {"right": 16}
    form.painter.close()
    assert form.mask is None
    assert (form.right, form.model) == (16, _FILL)
    form.submit()

    assert taken(service)[0].endswith("inpaint")


def test_extend_has_a_picture_as_the_only_one_and_unfolds_the_sides(painted: PromptForm) -> None:
    """The model is one that can, and the form says so."""
    page = FormPage(painted)
    painted.extend(_OTHER)
    snapshot = page.hello()

    assert painted.images == (_OTHER,)
    assert painted.painter is None
    assert snapshot["mask"] is None
    assert snapshot["chosen"]["cannot"] == "extend"
    assert len(page.of("show_extend")) == 1


def test_a_picture_that_the_form_does_not_have_is_added_to_it(form: PromptForm) -> None:
    """Without a picture there is nothing to paint on, and one that cannot be read is not added."""
    with pytest.raises(InvalidRequest, match="no picture to paint on"):
        form.paint()
    with pytest.raises(InvalidRequest):
        form.paint(b"no picture")
    assert form.images == ()
    painter = form.paint(PICTURE)

    assert form.images == (PICTURE,)
    assert form.paint(PICTURE) is painter
    with pytest.raises(Exception, match="read-only"):
        form.painter = None


def test_two_clicks_in_two_pages_are_one_submit_unless_more_was_painted(
    painted: PromptForm, service: QuietService
) -> None:
    """What a page could not know of is not paid twice; another mask is another request."""
    page = FormPage(painted)
    sequence = page.hello()["sequence"]

    def click(request: str) -> dict[str, Any]:
        page.say({"kind": "submit", "request": request, "sequence": sequence, "fields": []})
        return page.of("answer")[-1]

    assert not click("one")["repeated"]
    assert click("two")["repeated"]
    painted.painter.rectangle(20, 20, 4, 4)
    assert not click("three")["repeated"]
    until(lambda: len(service.submits) == 2, "two submits")


def test_a_closed_form_closes_its_painter_and_leaves_no_widget(service: QuietService) -> None:
    """Painted on twice, and also where the painter was closed before."""
    before = open_widgets()
    form = PromptForm(service.client(), images=[PICTURE, _OTHER])
    form.paint().rectangle(8, 8, 8, 8)
    form.paint(_OTHER)
    form.close()
    form.close()

    assert open_widgets() <= before


def _sent(service: QuietService) -> tuple[str, str]:
    """Return the addresses of picture and mask of the one submit that the service got."""
    _, body = taken(service)
    return body["image_urls"][0], body["mask_url"]


def _hosted(picture: Any, mask: Any) -> tuple[str, str]:
    """Return where picture and mask are hosted."""
    found = read_picture(picture), read_mask(mask)
    first, second = (f"https://pictures.example.org/{one.sha256}" for one in found)  # type: ignore[union-attr] # both are files
    return first, second


def test_going_on_to_another_picture_changes_nothing_that_is_being_sent(
    painted: PromptForm, service: QuietService
) -> None:
    """A call asks for the last stroke, and then the painter shows another picture of that size."""
    other = np.full_like(PICTURE, 30)
    painted.images = PICTURE, other
    painting, wire = painted.mask, Wire(painted.painter)
    page = Page(wire)
    page.hello()
    content, points = page.message(Rectangle(0, 0, 48, 4))

    def answer(asked: dict[str, Any]) -> None:
        if asked["kind"] != "ask" or asked["painting"] != painting.id:
            return
        painted.paint(other).ellipse(0, 0, 48, 32)
        wire.say({**content, "painting": painting.id}, points)
        known = {"kind": "up_to", "request": asked["request"], "copy_id": "a", "number": 1}
        wire.say({**known, "painting": painting.id})

    wire.answer = answer
    painted.submit()
    expected = np.zeros((32, 48), bool)
    expected[8:16, 8:16] = expected[:4] = True

    assert _sent(service) == _hosted(PICTURE, expected)
    assert painted.painter.image is other


def test_a_page_sends_what_it_shows_where_the_form_has_gone_on_meanwhile(
    painted: PromptForm, service: QuietService
) -> None:
    """A busy kernel gets a click after code that opened another picture: one click, one call."""
    page, first = FormPage(painted), painted.mask
    sequence = page.hello()["sequence"]
    painted.paint(_OTHER).ellipse(4, 4, 9, 9)
    shown = {"kind": "submit", "sequence": sequence, "fields": [], "painting": first.id}
    page.say({**shown, "request": "one"})
    page.say({**shown, "request": "two"})

    assert [one["repeated"] for one in page.of("answer")] == [False, True]
    assert _sent(service) == _hosted(PICTURE, first.array)
    assert painted.mask.image is _OTHER


def test_nothing_is_sent_of_a_painting_that_was_thrown_away(
    painted: PromptForm, service: QuietService
) -> None:
    """Nor of another one in place of it; where nothing is painted, the page may not know it yet."""
    page, first = FormPage(painted), painted.mask
    painted.paint(_OTHER).ellipse(4, 4, 9, 9)
    page.say({"kind": "discard", "painting": first.id})
    assert painted.mask.coverage > 0
    assert painted.paint(PICTURE) is not first
    shown = {"kind": "submit", "sequence": 0, "fields": [], "painting": first.id}
    page.say({**shown, "request": "one"})
    (answer,) = page.of("answer")
    assert not answer["taken"]
    assert "thrown away" in {one["field"]: one["message"] for one in answer["errors"]}["mask"]
    assert service.submits == []
    page.say({"kind": "discard", "painting": painted.mask.id})
    page.say({**shown, "request": "two"})

    assert page.of("answer")[-1]["taken"]
    assert taken(service)[0].endswith("edits")


def test_a_page_closes_what_it_shows_and_nothing_else(painted: PromptForm) -> None:
    """Where the form has gone on since, its painter stays open."""
    page, first = FormPage(painted), painted.mask
    second = painted.paint(_OTHER)
    page.say({"kind": "close_painter", "painting": first.id})
    assert painted.painter.painting is second
    page.say({"kind": "close_painter", "painting": second.id})

    assert painted.painter is None


def test_the_form_s_own_painter_as_its_mask_is_what_it_shows(painted: PromptForm) -> None:
    """It stays open, and may go on to another picture."""
    painting = painted.mask
    painted.mask = painted.painter
    assert painted.mask is painting
    assert painted.painter.painting is painting


def _states() -> dict[str, Any] | None:
    """Return the state of every open widget, as a page that is loaded asks for it."""
    with suppress(RuntimeError):  # the widgets changed while they were counted
        state: dict[str, Any] = ipywidgets.Widget.get_manager_state()["state"]
        return state
    return None


@pytest.mark.parametrize("order", ["pf", "fp", "lp", "clp"])
def test_painter_and_form_are_closed_in_any_order_and_a_page_is_answered(
    painted: PromptForm, order: str
) -> None:
    """Also where a part of the painter is closed first."""
    painter = painted.painter
    closed: dict[str, ipywidgets.Widget] = {
        "p": painter,
        "f": painted,
        "l": painter.layout,
        "c": painter.canvas,
    }
    for letter in order:
        closed[letter].close()
        states = until(_states, "no thread of another test closes a widget meanwhile")
        assert painted.comm is None or painted.model_id in states

    assert painted.painter is None
    painted.close()


def test_the_painter_speaks_as_the_form_does(painted: PromptForm) -> None:
    """From the first, and when that changes."""
    painted.language = "zh"
    assert painted.painter.language == "zh"
    painted.painter.close()
    painted.paint(_OTHER)
    assert painted.painter.language == "zh"


def test_a_form_that_is_not_static_has_a_painter_that_is_not(form: PromptForm) -> None:
    """Said before it is opened or while it is open: no picture of it is in any saved state."""

    def kept() -> bytes:
        assert form.painter is not None
        return bytes(form.painter.get_state("_picture")["_picture"])

    form.images = PICTURE, _OTHER
    form.paint(PICTURE)
    assert kept()
    form.static = False
    assert not kept()
    form.paint(_OTHER)
    assert not kept()
    form.painter.close()
    form.paint(_OTHER)
    assert not kept()
    form.static = True
    assert kept()

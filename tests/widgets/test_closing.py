"""Widgets that are closed: they leave the kernel's memory, and take nothing else with them."""

from __future__ import annotations

import gc
import itertools
import weakref
from typing import TYPE_CHECKING, Any

import ipywidgets
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lumen_widgets.widgets import Compare, Gallery, MaskPainter, PromptForm, Studio, TaskPanel
from tests.conditions import until
from tests.staged import use_offline_account
from tests.widgets.galleries import loose
from tests.widgets.painters import PICTURE
from tests.widgets.quiet_service import QuietService

if TYPE_CHECKING:
    from collections.abc import Callable

_MASK = np.zeros(PICTURE.shape[:2], bool)
_MASK[4:9, 4:9] = True


def _painter() -> MaskPainter:
    painter = MaskPainter(PICTURE)
    painter.ellipse(5, 5, 20, 20)
    assert painter.coverage > 0
    return painter


def _form() -> PromptForm:
    client, model = QuietService().client(), "fal-flux-pro-fill"
    return PromptForm(client, prompt="a fox", model=model, images=[PICTURE], mask=_MASK)


def _used_form() -> PromptForm:
    form = _form()
    submission = form.submit()
    until(lambda: submission.task is not None and submission.task.done, "its task ended")
    return form


def _panel() -> TaskPanel:
    return TaskPanel()


def _gallery() -> Gallery:
    return Gallery([loose(1), loose(2)])


def _used_gallery() -> Gallery:
    gallery, digest = _gallery(), loose(1).sha256
    copies = [{"sha256": digest, "copy": "tile"}]
    act = {"request": "r", "action": "star", "sha256": [digest], "seen": 0}
    for content in (
        {"kind": "wants", "view": "v", "copies": copies},
        {"kind": "picture_action", **act},
        {"kind": "choose", "view": "v", "key": "g0"},
    ):
        # by the comm that it has: another one in its place would hold the widget
        data = {"method": "custom", "content": content}
        gallery.comm.handle_msg({"content": {"data": data}, "buffers": []})
    until(lambda: gallery.selected and gallery.starred, "both were taken in")
    return gallery


def _compare() -> Compare:
    return Compare(loose(1), loose(2))


def _used_compare() -> Compare:
    compare, answered = _compare(), []
    compare.comm.send = lambda data, **_: answered.append(data)
    content = {"kind": "differ", "request": "r", "left": 0, "right": 1}
    data = {"method": "custom", "content": content}
    compare.comm.handle_msg({"content": {"data": data}, "buffers": []})
    until(lambda: bool(answered), "it was answered")
    return compare


def _studio() -> Studio:
    return Studio(QuietService().client())


def _used_studio() -> Studio:
    studio = _studio()
    studio.form.prompt = "a fox"
    submission = studio.form.submit()
    until(lambda: submission.task is not None and submission.task.done, "its task ended")
    return studio


def _used_panel() -> TaskPanel:
    return TaskPanel([QuietService().client().generate("a fox")])


@pytest.mark.slow
@pytest.mark.parametrize(
    "make",
    [
        _painter,
        _form,
        _used_form,
        _panel,
        _used_panel,
        _gallery,
        _used_gallery,
        _compare,
        _used_compare,
        _studio,
        _used_studio,
    ],
)
def test_a_closed_widget_leaves_the_kernel(make: Callable[[], ipywidgets.Widget]) -> None:
    """Of those that were closed, and to which no name leads, none is left."""
    use_offline_account()
    left = []
    for _ in range(2):
        widget = make()
        left.append(weakref.ref(widget))
        widget.close()
        del widget

    def gone() -> bool:
        gc.collect()
        return all(reference() is None for reference in left)

    until(gone, "every closed widget was given back")


@pytest.mark.slow
def test_a_form_that_is_closed_does_not_stay_with_the_painter_that_was_its_mask() -> None:
    """What a form listened to outlives it."""
    painter = _painter()
    form = PromptForm(QuietService().client(), prompt="a fox", images=[PICTURE], mask=painter)
    left = weakref.ref(form)
    form.close()
    del form
    gc.collect()
    painter.clear()

    until(lambda: gc.collect() is not None and left() is None, "the form was given back")


def test_a_closed_painter_still_says_what_was_painted() -> None:
    """`close` takes it from the pages, and what is left is small."""
    painter = MaskPainter(PICTURE, _MASK)
    painter.rectangle(20, 20, 5, 5)
    before = painter.array
    painter.close()
    painter.close()

    np.testing.assert_array_equal(painter.array, before)
    assert painter.coverage == before.mean()
    painter.undo()
    np.testing.assert_array_equal(painter.array, _MASK)


# what a user may close, by the way to it
_CLOSED: dict[str, Callable[[dict[str, Any]], ipywidgets.Widget]] = {
    "the form": lambda held: held["form"],
    "its panel": lambda held: held["panel"],
    "the painter": lambda held: held["painter"],
    "its free layer": lambda held: held["canvas"],
    "the layout of its layer": lambda held: held["canvas"].layout,
    "a panel": lambda held: held["every"],
    "the layout of a panel": lambda held: held["every"].layout,
    "a box": lambda held: held["box"],
    "tabs": lambda held: held["tabs"],
}


@pytest.mark.slow
@settings(max_examples=25)
@given(st.lists(st.sampled_from(sorted(_CLOSED)), unique=True))
def test_whatever_is_closed_in_whatever_order_the_others_are_there_after_a_reload(
    order: list[str],
) -> None:
    """A page asks for all widgets at once, and none of them fails to answer."""
    form, painter, every = PromptForm(QuietService().client()), MaskPainter(PICTURE), TaskPanel()
    box = ipywidgets.VBox([form, painter, painter.canvas])
    tabs = ipywidgets.Tab([every, painter, form.panel], titles=["a", "b", "c"])
    link = ipywidgets.jslink((painter, "radius"), (ipywidgets.FloatSlider(), "value"))
    held = {
        "form": form,
        "panel": form.panel,
        "painter": painter,
        "canvas": painter.canvas,
        "every": every,
        "box": box,
        "tabs": tabs,
    }
    for name in order:
        _CLOSED[name](held).close()
        # what a reloaded page is answered with; it raises where one of the widgets does
        states = ipywidgets.Widget.get_manager_state()["state"]
        assert link.model_id in states
        for widget in (form, painter, every, box, tabs):
            assert widget.comm is None or widget.model_id in states
        shown = [child for one in (box, tabs) if one.comm is not None for child in one.children]
        assert all(child.comm is not None for child in shown)
    for widget in (*held.values(), link, link.target[0]):
        widget.close()


def test_tabs_keep_their_titles_when_one_of_them_is_closed() -> None:
    """The widget takes its title with it."""
    panels = [TaskPanel([]) for _ in range(3)]
    tabs = ipywidgets.Tab(panels, titles=["first", "second", "third"])
    panels[1].close()

    assert tabs.children == (panels[0], panels[2])
    assert tabs.titles == ("first", "third")


@pytest.mark.parametrize("kind", [ipywidgets.VBox, ipywidgets.Tab, ipywidgets.Accordion])
def test_a_widget_leaves_a_box_of_which_something_else_was_closed(
    kind: type[ipywidgets.Box],
) -> None:
    """A button that closes itself and then the widget beside it leaves an empty box."""
    button, panel, rest = ipywidgets.Button(), TaskPanel([]), ipywidgets.Label()
    box = kind([button, panel, rest])
    button.close()
    panel.close()

    assert panel.comm is None
    assert box.children == (rest,)
    for widget in (box, rest):
        widget.close()


def test_a_painter_can_be_made_after_every_widget_was_closed() -> None:
    """`Widget.close_all()` closes more than the user has made."""
    MaskPainter(PICTURE)
    ipywidgets.Widget.close_all()
    painter = MaskPainter(PICTURE)
    painter.rectangle(20, 20, 5, 5)

    assert painter.coverage > 0
    assert painter.canvas.model_id in ipywidgets.Widget.get_manager_state()["state"]
    painter.close()


def test_a_form_goes_on_without_its_panel() -> None:
    """Whoever closes the panel closes no more than that."""
    service = QuietService()
    form = PromptForm(service.client(), prompt="a fox")
    assert form.panel is not None
    form.panel.close()
    form.language = "zh"
    submission = form.submit()
    until(lambda: submission.task is not None, "the service took it")

    assert form.panel is None
    assert len(service.submits) == 1


def test_a_painter_whose_layer_was_closed_shows_its_picture_itself() -> None:
    """The page is told that there is no canvas any more, and has the picture."""
    painter = MaskPainter(PICTURE)
    painter.canvas.close()
    painter.rectangle(1, 1, 5, 5)

    assert painter.get_state("_canvas") == {"_canvas": None}
    assert painter.get_state("_picture")["_picture"]
    assert painter.coverage > 0


@pytest.mark.slow
def test_the_order_of_closing_makes_no_difference_to_what_is_left() -> None:
    """Parts before the whole, or after it: nothing of a painter stays open."""
    for order in itertools.permutations(range(3)):
        painter = MaskPainter(PICTURE)
        before = {painter.model_id, painter.canvas.model_id}
        closing = [painter.close, painter.canvas.close, painter.canvas.layout.close]
        for place in order:
            closing[place]()
        state = ipywidgets.Widget.get_manager_state()["state"]
        assert before.isdisjoint(state)


@pytest.mark.parametrize("make", [_painter, _form, _panel])
def test_a_closed_widget_leaves_no_layout_open(make: Callable[[], ipywidgets.Widget]) -> None:
    """A page kept one of each run of a cell, for as long as it lived."""
    use_offline_account()
    before = set(ipywidgets.Widget.get_manager_state()["state"])
    make().close()

    assert set(ipywidgets.Widget.get_manager_state()["state"]) <= before


def test_a_layout_that_is_the_users_or_has_another_widget_stays_open() -> None:
    """Who made it closes it, and not while something else is laid out by it."""
    given = ipywidgets.Layout(width="50%")
    panel = TaskPanel([])
    panel.layout = given
    panel.close()
    form, label = _form(), ipywidgets.Label()
    label.layout = form.layout
    form.close()

    assert given.comm is not None
    assert label.layout.comm is not None
    assert PromptForm(QuietService().client(), layout=given).layout is given
    label.close()

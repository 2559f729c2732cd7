"""What is added to an `ipywidgets.Output`, in a kernel's process without a page."""

from __future__ import annotations

import contextlib
import threading
from typing import TYPE_CHECKING, Any

import ipywidgets
from ipywidgets.widgets.widget import _instances as open_widgets

from lumen_widgets.notebook import output_widget
from lumen_widgets.notebook.output_widget import HeldOutput, append_output

if TYPE_CHECKING:
    import pytest

_VIEW = "application/vnd.jupyter.widget-view+json"


def _text(words: str) -> dict[str, Any]:
    return {"text/plain": words}


def _entry(bundle: dict[str, Any]) -> dict[str, Any]:
    return {"output_type": "display_data", "data": bundle, "metadata": {}}


def _texts(out: ipywidgets.Output) -> list[str]:
    """Return the words in an output, those inside of what it holds included."""
    found: list[str] = []
    for one in out.outputs:
        held = open_widgets.get(one["data"].get(_VIEW, {}).get("model_id"))
        is_held = isinstance(held, ipywidgets.Output)
        found += _texts(held) if is_held else [one["data"]["text/plain"]]
    return found


def test_what_two_threads_add_is_all_there(monkeypatch: pytest.MonkeyPatch) -> None:
    """The one does not put in place what it read before the other one added something."""
    out = ipywidgets.Output()
    both = threading.Barrier(2)

    class Slow(tuple[Any, ...]):
        __slots__ = ()

        def __add__(self, other: Any) -> Any:
            # both have read it by then, or the other one has to wait
            with contextlib.suppress(threading.BrokenBarrierError):
                both.wait(0.5)
            return Slow(super().__add__(other))

    monkeypatch.setattr(type(out).outputs, "validate", lambda _, value: Slow(value))
    out.outputs = ()
    threads = [threading.Thread(target=append_output, args=(out, _text(w))) for w in "ab"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(_texts(out)) == ["a", "b"]


def test_nothing_is_added_before_the_page_has_told_what_it_is_to_stand_below() -> None:
    """The page would lose the form whose pictures these are."""
    out, form = ipywidgets.Output(), ipywidgets.Label()
    held = HeldOutput(out, behind=form.model_id)
    held.append(_text("a"))
    held.append(_text("b"))
    assert out.outputs == ()
    shown = (_entry({_VIEW: {"model_id": form.model_id}, "text/plain": "form"}),)
    out.outputs = (_entry(_text("before")), *shown)
    held.append(_text("c"))

    assert _texts(out)[-3:] == ["a", "b", "c"]
    assert len(out.outputs) == 3


def test_what_comes_after_an_output_was_cleared_is_added_anew() -> None:
    """What was cleared does not come back, and nothing stays open that held it."""
    out = ipywidgets.Output()
    held = HeldOutput(out, behind="")
    out.outputs = (_entry(_text("first")),)
    held.append(_text("a"))
    before = len(open_widgets)
    out.outputs = ()
    assert len(open_widgets) < before
    held.append(_text("b"))

    assert _texts(out) == ["b"]
    out.close()
    held.append(_text("c"))


def test_of_nested_outputs_the_page_knows_the_inner_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """`interact` makes its own after the user's, and captures outside of it."""
    inner, outer = ipywidgets.Output(), ipywidgets.Output()
    inner.msg_id = outer.msg_id = "a message"
    added: list[dict[str, Any]] = []
    monkeypatch.setattr(output_widget, "parent_header", lambda: {"msg_id": "a message"})
    monkeypatch.setattr(output_widget, "append_output", lambda _, bundle: added.append(bundle))
    assert [output_widget.capturing_output()] == [outer]
    held = HeldOutput(outer)
    held.replace(_text("Sending"))
    inner.outputs = (_entry(added[0]),)
    held.replace(_text("a picture"))
    assert _texts(inner) == ["a picture"]
    outer.outputs = (_entry(_text("something else")),)
    outer.close()
    held.replace(_text("another"))
    assert _texts(inner) == ["another"]
    before = len(open_widgets)
    inner.outputs = ()

    assert len(open_widgets) < before
    monkeypatch.undo()
    held.replace(_text("the last"))
    assert _texts(inner) == ["the last"]


def test_a_form_in_a_nested_output_has_its_pictures_there(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whichever of them the page shows it in."""
    inner, outer, form = ipywidgets.Output(), ipywidgets.Output(), ipywidgets.Label()
    inner.msg_id = outer.msg_id = "a message"
    monkeypatch.setattr(output_widget, "parent_header", lambda: {"msg_id": "a message"})
    held = HeldOutput(outer, behind=form.model_id)
    monkeypatch.undo()
    inner.msg_id = outer.msg_id = ""
    held.append(_text("a picture"))
    inner.outputs = (_entry({_VIEW: {"model_id": form.model_id}, "text/plain": "form"}),)

    assert _texts(inner) == ["form", "a picture"]
    assert outer.outputs == ()

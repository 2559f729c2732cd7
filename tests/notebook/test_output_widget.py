"""What is added to an `ipywidgets.Output`, in a kernel's process without a page."""

from __future__ import annotations

import contextlib
import gc
import threading
import time
import weakref
from typing import TYPE_CHECKING, Any

import ipywidgets
import pytest
from ipywidgets.widgets.widget import _instances as open_widgets

from lumen_widgets.notebook import output_widget
from lumen_widgets.notebook.output_widget import HeldOutput, append_output
from tests.cell_kernel import CellKernel
from tests.conditions import until

if TYPE_CHECKING:
    from collections.abc import Iterator

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


class _Page:
    """Stands in for the page of an output: it captures at once, and is heard when it is asked."""

    def __init__(self, out: ipywidgets.Output) -> None:
        self._out = out
        self._shown: list[dict[str, Any]] = []
        self._sent: list[list[dict[str, Any]]] = []

    def capture(self, *entries: dict[str, Any]) -> None:
        """Add what a cell shows, or the text of a stream to that of the one above."""
        for one in entries:
            last = self._shown[-1] if self._shown else {}
            if "name" in one and one["name"] == last.get("name"):
                self._shown[-1] = {**last, "text": last["text"] + one["text"]}
            else:
                self._shown.append(one)
        self._sent.append([*self._shown])

    def clear(self, *entries: dict[str, Any]) -> None:
        """Do what `clear_output` says; with entries, once they come."""
        self._shown = [*entries]
        self._sent.append([*self._shown])

    def hear(self) -> None:
        """Show what the kernel has set."""
        self._shown = [*self._out.outputs]

    def arrive(self) -> None:
        """Let the kernel deal with what was sent, each as the page had it then."""
        while self._sent:
            self._out.set_state({"outputs": self._sent.pop(0)})


def _stream(words: str) -> dict[str, Any]:
    return {"output_type": "stream", "name": "stdout", "text": words}


@pytest.fixture
def out() -> Iterator[ipywidgets.Output]:
    """Give an output, closed at the end."""
    out = ipywidgets.Output()
    yield out
    out.close()


@pytest.mark.parametrize("before", [(), ("first",), ("first", "second")])
def test_what_the_page_captured_before_it_heard_of_a_picture_undoes_nothing(
    out: ipywidgets.Output, before: tuple[str, ...]
) -> None:
    """A thread's panel stays and goes on, and a finished picture stays; each of them once."""
    page, held = _Page(out), HeldOutput(out)
    if before:
        page.capture(*(_entry(_text(one)) for one in before))
        page.arrive()
    page.capture(_entry(_text("captured")))
    held.replace(_text("Sending"))
    append_output(out, _text("a picture"))
    panel = next(one for one in out.outputs if _VIEW in one["data"])
    page.arrive()
    assert _texts(out) == [*before, "captured", "Sending", "a picture"]
    page.capture(_entry(_text("more")))
    page.arrive()
    assert _texts(out) == [*before, "captured", "more", "Sending", "a picture"]
    # in the place where it was, not shown anew
    assert panel in out.outputs
    held.replace(_text("Succeeded"))
    assert _texts(out) == [*before, "captured", "more", "Succeeded", "a picture"]
    page.hear()
    page.capture(_entry(_text("the last")))
    page.arrive()

    assert _texts(out)[-3:] == ["Succeeded", "a picture", "the last"]


def test_text_that_goes_on_undoes_no_picture(out: ipywidgets.Output) -> None:
    """The page adds printed words to those that are there, which makes its list no longer."""
    page = _Page(out)
    page.capture(_stream("before\n"))
    page.arrive()
    page.capture(_stream("after\n"))
    append_output(out, _text("a picture"))
    page.arrive()

    assert out.outputs == (_stream("before\nafter\n"), _entry(_text("a picture")))


def test_what_the_page_lost_to_a_picture_is_there_once_it_captures_more(
    out: ipywidgets.Output,
) -> None:
    """What the kernel set took its place in the page before the kernel had heard of it."""
    page = _Page(out)
    page.capture(_entry(_text("captured")))
    append_output(out, _text("a picture"))
    page.hear()
    page.capture(_entry(_text("more")))
    page.arrive()

    assert _texts(out) == ["captured", "a picture", "more"]


def test_what_several_threads_add_to_what_is_captured_keeps_its_order(
    out: ipywidgets.Output,
) -> None:
    """Also where the page has heard of the first ones only."""
    page = _Page(out)
    pictures = [_text(one) for one in "aabc"]
    for one in pictures[:2]:
        append_output(out, one)
    page.hear()
    page.capture(_entry(_text("captured")))
    for one in pictures[2:]:
        thread = threading.Thread(target=append_output, args=(out, one))
        thread.start()
        thread.join()
    page.arrive()

    assert _texts(out) == ["a", "a", "captured", "b", "c"]


@pytest.mark.parametrize("after", ["clear", "clear and wait", "another"])
def test_what_was_cleared_is_not_taken_for_late(out: ipywidgets.Output, after: str) -> None:
    """Neither before the page heard of a picture nor after it; nothing stays open."""
    page, held = _Page(out), HeldOutput(out)
    page.capture(_entry(_text("first")), _entry(_text("second")))
    page.arrive()
    held.replace(_text("Sending"))
    holder = out.outputs[-1]["data"][_VIEW]["model_id"]
    append_output(out, _text("a picture"))
    page.clear(*[_entry(_text("other"))] * ["clear", "clear and wait", "another"].index(after))
    page.arrive()

    assert set(_texts(out)) <= {"other"}
    assert holder not in open_widgets


def test_what_the_page_clears_after_it_knew_of_a_picture_stays_cleared(
    out: ipywidgets.Output,
) -> None:
    """At once, although the output was empty before."""
    page = _Page(out)
    append_output(out, _text("a picture"))
    page.hear()
    append_output(out, _text("another"))
    page.capture(_entry(_text("captured")))
    page.arrive()
    assert _texts(out) == ["a picture", "captured", "another"]
    page.clear(_entry(_text("new")))
    page.arrive()

    assert _texts(out) == ["new"]


def test_after_a_while_an_update_without_a_picture_is_one_that_cleared_it(
    out: ipywidgets.Output, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As `clear_output(wait=True)` does, which the page tells together with what comes then."""
    page, held = _Page(out), HeldOutput(out)
    held.replace(_text("Succeeded"))
    append_output(out, _text("a picture"))
    holder = out.outputs[0]["data"][_VIEW]["model_id"]
    later = time.monotonic() + 11
    monkeypatch.setattr(output_widget, "monotonic", lambda: later)
    page.clear(_entry(_text("new")))
    page.arrive()

    assert _texts(out) == ["new"]
    assert holder not in open_widgets


def test_an_output_that_is_closed_leaves_the_kernel() -> None:
    """Also where the page never told that it knew what was added to it."""
    out = ipywidgets.Output()
    append_output(out, _text("a picture"))
    out.set_state({"outputs": [_entry(_text("captured"))]})
    out.close()
    left = weakref.ref(out)
    del out

    until(lambda: gc.collect() is not None and left() is None, "it was given back")


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


# A thread without a message of its own takes the one that came last; on some kernels those of the
# page come while a cell runs.
_THREADS = """
import ipywidgets, threading
from lumen_widgets.notebook import output_widget
from lumen_widgets.notebook.cell import Place

def run(work):
    thread = threading.Thread(target=work)
    thread.start()
    thread.join()

def hear_another():
    header = {"msg_id": "another", "msg_type": "comm_msg"}
    get_ipython().set_parent({"header": header, "content": {}})

out = ipywidgets.Output()
"""
_CAPTURED = """
with out:
    run(hear_another)
    run(lambda: output_widget.append_output(out, {"text/plain": "one"}))
    run(lambda: Place().show({"text/plain": "two"}))
print(len(out.outputs))
"""
_NOT_CAPTURED = """
run(hear_another)
run(lambda: Place().show({"text/plain": "two"}))
hidden = []
run(lambda: hidden.append(Place().is_hidden))
print(*hidden)
"""
# what the thread adds takes until the block is left, or half a second where it waits for it
_LEAVING = """
adding, left, publisher = threading.Event(), threading.Event(), output_widget.page_publisher

def slow_publisher():
    if threading.current_thread() is thread:
        adding.set()
        left.wait(0.5)
    return publisher()

output_widget.page_publisher = slow_publisher
add = lambda: output_widget.append_output(out, {"text/plain": "late"})
thread = threading.Thread(target=add)
output_widget.append_output(out, {"text/plain": "first"})
with out:
    thread.start()
    adding.wait()
left.set()
thread.join()
"""


def _shown(kernel: CellKernel) -> list[str]:
    shown = (one["content"] for one in kernel.replies if one["msg_type"] == "display_data")
    return [one["data"]["text/plain"] for one in shown]


@pytest.fixture(scope="module")
def kernel() -> Iterator[CellKernel]:
    """Run a kernel in which threads can be told of messages."""
    with CellKernel() as running:
        running.run(_THREADS)
        yield running


@pytest.mark.slow
def test_what_a_pools_thread_shows_lands_where_it_was_asked_for(kernel: CellKernel) -> None:
    """In the block, and not where the page's own message came from; the page captures it."""
    assert kernel.run(_CAPTURED) == "0"
    assert _shown(kernel) == ["one", "two"]


@pytest.mark.slow
def test_what_a_pools_thread_shows_lands_in_its_cell(kernel: CellKernel) -> None:
    """A message of the page has no cell: what was shown for it was nowhere."""
    assert kernel.run(_NOT_CAPTURED) == "False"
    assert _shown(kernel) == ["two"]


@pytest.mark.slow
def test_what_a_thread_adds_as_a_block_is_left_is_captured(kernel: CellKernel) -> None:
    """Sent after the page had heard that the block was left, it was lost in a callback."""
    kernel.run(_LEAVING)
    kinds = [
        "late" if one["msg_type"] == "display_data" else "left"
        for one in kernel.replies
        if one["msg_type"] == "display_data"
        or one["content"].get("data", {}).get("state", {}).get("msg_id") == ""
    ]

    assert kinds == ["late", "left"]

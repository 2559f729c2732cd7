from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lumen_widgets.masks import Clear, Invert, UndoHistory
from tests.masks.drawing import history_of

if TYPE_CHECKING:
    from lumen_widgets.masks import Operation

_STEPS = st.lists(st.builds(Invert) | st.builds(Clear) | st.sampled_from(["undo", "redo"]))
_RUNS = settings(deadline=None)


@pytest.mark.slow
@_RUNS
@given(steps=_STEPS)
def test_a_history_is_what_an_editor_makes_of_the_same_keys(steps: list[Any]) -> None:
    """Undo goes back one, redo forward one, and anything new forgets what lay ahead."""
    past: list[Operation] = []
    at = 0
    for step in steps:
        if step == "undo":
            at = max(0, at - 1)
        elif step == "redo":
            at = min(len(past), at + 1)
        else:
            past[at:] = [step]
            at += 1
    history = history_of(steps)

    assert list(history.done) == past[:at]
    assert list(history.undone) == past[at:][::-1]


@pytest.mark.slow
@_RUNS
@given(steps=_STEPS)
def test_undo_and_redo_are_inverses(steps: list[Any]) -> None:
    """One after the other leads back to where one was, if there was anything to undo or redo."""
    history = history_of(steps)
    if history.done:
        assert history.after("undo").after("redo") == history
    if history.undone:
        assert history.after("redo").after("undo") == history


@pytest.mark.slow
@_RUNS
@given(steps=_STEPS)
def test_undo_and_redo_with_nothing_left_do_nothing(steps: list[Any]) -> None:
    """The very same history comes back, so that nothing is drawn again."""
    history = history_of(steps)
    while history.done:
        history = history.after("undo")
    assert history.after("undo") is history
    while history.undone:
        history = history.after("redo")
    assert history.after("redo") is history


def test_a_new_step_forgets_what_was_undone() -> None:
    """What was taken back before it cannot come again."""
    first, second, third = Invert(), Clear(), Invert()
    history = history_of([first, second, "undo", third])

    assert history == UndoHistory((first, third))
    assert history.after("redo") is history


def test_a_history_is_not_changed_by_later_steps() -> None:
    """A history that a caller holds never changes, on any thread."""
    first = Invert()
    before = UndoHistory().after(first)
    before.after(Clear()).after("undo")

    assert before == UndoHistory((first,))


def test_every_call_is_one_undo_step_even_if_no_pixel_changes() -> None:
    """Two that look alike are two."""
    history = history_of([Clear(), Clear()])

    assert len(history.done) == 2
    assert len(history.after("undo").done) == 1

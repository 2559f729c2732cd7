from __future__ import annotations

import tracemalloc
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lumen_widgets.masks import Clear, Invert, Raster, Rectangle, Stroke, UndoHistory, raster
from lumen_widgets.masks.raster import SnapshotLimits
from tests.masks.drawing import Case, any_operations, history_of, stepped, stroke

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from lumen_widgets.masks import Operation

pytestmark = pytest.mark.slow

_RUNS = settings(max_examples=150, deadline=None)
_FEW = settings(max_examples=40, deadline=None)


def scratch(operations: Any, width: int, height: int, base: Any = None) -> NDArray[np.bool_]:
    """Return a mask that was never anything else."""
    return Raster(width, height, base).follow(operations)


@_RUNS
@given(case=stepped())
def test_a_mask_that_was_followed_is_the_one_drawn_from_scratch(case: Case) -> None:
    """However often something was taken back and brought again on the way."""
    followed = Raster(case.width, case.height)
    history = UndoHistory()
    for step in case.steps:
        history = history.after(step)
        mask = followed.follow(history.done)

        assert np.array_equal(mask, scratch(history.done, case.width, case.height))


@_RUNS
@given(case=stepped())
def test_undo_gives_the_pixels_before_and_redo_those_after(case: Case) -> None:
    """To the pixel, also across invert, clear and intersections."""
    history = history_of([step for step in case.steps if not isinstance(step, str)])
    followed = Raster(case.width, case.height)
    masks = [followed.follow(history.done[:count]).copy() for count in range(len(history.done) + 1)]
    for mask in masks[-2::-1]:
        history = history.after("undo")
        assert np.array_equal(followed.follow(history.done), mask)
    for mask in masks[1:]:
        history = history.after("redo")
        assert np.array_equal(followed.follow(history.done), mask)


@st.composite
def journeys(draw: st.DrawFn) -> tuple[list[Operation], list[int], bool]:
    """Draw a long list of operations, how much of it to look at in turn, and whether over noise."""
    few = draw(st.lists(any_operations(), min_size=2, max_size=6))
    order = draw(st.lists(st.integers(0, len(few) - 1), min_size=41, max_size=70))
    stops = draw(st.lists(st.integers(0, len(order)), min_size=2, max_size=8))
    return [few[place] for place in order], stops, draw(st.booleans())


def check_journey(
    operations: list[Operation],
    stops: list[int],
    *,
    noise: bool,
    limits: SnapshotLimits | None = None,
) -> Raster:
    """Jump about in a long history, and compare each mask with one from scratch."""
    base = np.random.default_rng(7).random((23, 37)) < 0.5 if noise else None
    followed = Raster(37, 23, base, limits=limits or SnapshotLimits())
    followed.follow(operations)
    for count in stops:
        mask = followed.follow(operations[:count])
        assert np.array_equal(mask, scratch(operations[:count], 37, 23, base))
    return followed


@_FEW
@given(journey=journeys())
def test_undoing_far_back_and_forth_gives_the_right_mask(
    journey: tuple[list[Operation], list[int], bool],
) -> None:
    """More than forty steps, in any jumps, with and without something to begin with."""
    operations, stops, noise = journey
    check_journey(operations, stops, noise=noise)


@_FEW
@given(journey=journeys())
def test_undoing_is_right_where_memory_for_it_is_short(
    journey: tuple[list[Operation], list[int], bool],
) -> None:
    """What is not kept is drawn again."""
    operations, stops, _ = journey
    followed = check_journey(operations, stops, noise=True, limits=SnapshotLimits(total_bytes=300))

    base = Raster(37, 23, np.random.default_rng(7).random((23, 37)) < 0.5).snapshot_bytes
    # one is kept in any case
    assert followed.snapshot_bytes <= base + max(300, base + 64)


@_FEW
@given(one=stepped(), other=stepped())
def test_a_raster_goes_from_any_list_to_any_other(one: Case, other: Case) -> None:
    """Two lists need not have anything in common, or one may go on from the middle of the other."""
    followed = Raster(one.width, one.height)
    branch = (*one.done[: len(one.done) // 2], *other.done)
    for operations in (one.done, other.done, branch, one.done, ()):
        mask = followed.follow(operations)
        assert np.array_equal(mask, scratch(operations, one.width, one.height))


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> list[Operation]:
    """Collect the operations that are carried out."""
    found: list[Operation] = []
    real = raster.apply

    def counted(operation: Operation, mask: NDArray[np.bool_]) -> None:
        found.append(operation)
        real(operation, mask)

    monkeypatch.setattr(raster, "apply", counted)
    return found


def test_only_what_is_new_is_drawn(drawn: list[Operation]) -> None:
    """A stroke costs one stroke, however many came before; an undo costs a few at most."""
    operations = [stroke([(at % 20, at % 13)], 2) for at in range(200)]
    followed = Raster(20, 13)
    followed.follow(operations[:-1])
    drawn.clear()
    followed.follow(operations)
    assert drawn == operations[-1:]

    drawn.clear()
    for count in range(199, 100, -1):
        followed.follow(operations[:count])
    assert len(drawn) <= 99 * 16


def test_before_a_clear_nothing_is_drawn_again(drawn: list[Operation]) -> None:
    """Undo of a stroke after a clear begins at the clear."""
    followed = Raster(9, 9)
    operations: list[Operation] = [*(Invert() for _ in range(12)), Clear(), Invert(), Invert()]
    followed.follow(operations)
    drawn.clear()
    followed.follow(operations[:-1])

    assert drawn == operations[-2:-1]


def test_what_a_mask_begins_with_comes_back() -> None:
    """Undoing everything gives the pixels that were first there, which a caller cannot change."""
    base = np.random.default_rng(3).random((11, 13)) < 0.4
    kept = base.copy()
    followed = Raster(13, 11, base)
    base[:] = True
    assert followed.follow([Clear()]).sum() == 0

    assert np.array_equal(followed.follow([]), kept)
    assert np.array_equal(followed.follow([Invert()]), ~kept)


@pytest.mark.parametrize("error", [KeyboardInterrupt, MemoryError])
def test_a_mask_is_right_after_it_could_not_be_finished(
    error: type[BaseException], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ctrl-C in the middle of the work spoils nothing: asked again, the mask is the whole one."""
    operations: list[Operation] = [Rectangle(0, 0, 3, 3), Invert(), stroke([(6, 6)], 2), Invert()]
    real = raster.apply

    def interrupted(operation: Operation, mask: NDArray[np.bool_]) -> None:
        real(operation, mask)
        if isinstance(operation, Stroke):
            raise error

    followed = Raster(9, 9)
    with monkeypatch.context() as patched:
        patched.setattr(raster, "apply", interrupted)
        with pytest.raises(error):
            followed.follow(operations)

    assert np.array_equal(followed.follow(operations), scratch(operations, 9, 9))


@pytest.mark.parametrize(
    "side", [256, pytest.param(4096, marks=pytest.mark.full, id="the largest")]
)
def test_five_hundred_undo_steps_are_small(side: int) -> None:
    """Less than 5 MB beside the mask itself, the strokes included; and all can be undone."""
    dice = np.random.default_rng(1)
    followed = Raster(side, side)
    followed.follow([])
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        operations: list[Operation] = []
        for number in range(500):
            middle, turns = dice.random(2) * side, np.linspace(0, 6, 60)
            line = middle + (side / 9) * np.c_[np.cos(turns), np.sin(turns)] * turns[:, None] / 6
            points = line.astype(np.float32)
            radius = float(dice.integers(1, 2 + side // 25))
            operations.append(Stroke(points, radius, erase=number % 5 == 4))
            followed.follow(operations)
        grown = tracemalloc.get_traced_memory()[0] - before
    finally:
        tracemalloc.stop()

    assert grown < 5_000_000
    assert followed.snapshot_bytes < 5_000_000
    whole = followed.follow(operations).copy()
    for count in (*range(499, 480, -1), 250, 1):
        followed.follow(operations[:count])
    assert not followed.follow([]).any()
    assert np.array_equal(followed.follow(operations), whole)


def test_masks_of_noise_are_kept_within_the_same_bounds() -> None:
    """Nothing that can be painted makes undo steps grow without end."""
    noise = np.random.default_rng(2).random((1024, 1024)) < 0.5
    followed = Raster(1024, 1024, noise)
    operations: list[Operation] = []
    for _ in range(700):
        operations.append(Invert())
        followed.follow(operations)

    assert followed.snapshot_bytes < 3_000_000 + 2 * 1024 * 1024 / 8 + 1000
    assert np.array_equal(followed.follow(operations[:1]), ~noise)

from __future__ import annotations

import json
import math
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from lumen_widgets.masks import Clear, MaskError, Stroke
from lumen_widgets.masks.wire import operations_only, pack, unpack
from tests.masks.drawing import any_operations, stroke

pytestmark = pytest.mark.slow

_RUNS = settings(deadline=None)
_STEPS = st.lists(any_operations() | st.sampled_from(["undo", "redo"]), max_size=6)


def described(step: Any) -> Any:
    """Return everything that a step says, in a form that can be compared."""
    if isinstance(step, str):
        return step
    return type(step), {
        name: value.tolist() if isinstance(value, np.ndarray) else value
        for name, value in vars(step).items()
    }


@_RUNS
@given(steps=_STEPS)
def test_steps_come_back_as_they_were(steps: list[Any]) -> None:
    """Through JSON and one run of points, to the last bit."""
    objects, points = pack(steps)
    back = unpack(json.loads(json.dumps(objects)), points)

    assert [described(step) for step in back] == [described(step) for step in steps]


@_RUNS
@given(steps=_STEPS, start=st.integers(0, 3))
def test_points_are_read_wherever_they_lie_in_memory(steps: list[Any], start: int) -> None:
    """A message's buffer need not begin at a multiple of four bytes."""
    objects, points = pack(steps)
    view = memoryview(b"x" * start + points)[start:]

    assert [described(step) for step in unpack(objects, view)] == [
        described(step) for step in steps
    ]


def test_points_are_little_endian_pairs() -> None:
    """What a browser's Float32Array holds, on every machine that matters."""
    objects, points = pack([stroke([(1, -2)], 3)])

    assert objects == [{"kind": "stroke", "radius": 3.0, "erase": False, "points": 1}]
    assert points == b"\x00\x00\x80\x3f\x00\x00\x00\xc0"


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner),
    max_leaves=5,
)
_KINDS = st.sampled_from(
    ["stroke", "rectangle", "ellipse", "polygon", "invert", "clear", "undo", "redo", "wand", ""]
)
_NUMBERS: st.SearchStrategy[Any] = st.sampled_from(
    [0, 1, -1, 2, True, 0.5, 10**400, 1e999, math.nan, "3", None, [1], {}]
)
_OBJECT = st.builds(
    lambda kind, rest: {"kind": kind, **rest},
    _KINDS | _JSON,
    st.fixed_dictionaries(
        {},
        optional=dict.fromkeys(("points", "radius", "x", "y", "width", "height"), _NUMBERS | _JSON)
        | dict.fromkeys(("erase", "mode"), st.sampled_from(["add", True, "xor", []]) | _JSON),
    ),
)
_BYTES = st.binary(max_size=40) | st.lists(st.floats(width=32), max_size=8).map(
    lambda numbers: np.array(numbers, "<f4").tobytes()
)


@settings(max_examples=400, deadline=None)
@given(objects=st.lists(_OBJECT | _JSON, max_size=4), data=_BYTES)
@example(objects=[{"kind": "stroke", "points": 1, "radius": 1}], data=b"\0\0\xc0\x7f" * 2)
@example(objects=[{"kind": "polygon", "points": -1}], data=b"")
@example(objects=[{"kind": {"kind": "clear"}}], data=b"")
def test_anything_that_is_received_is_steps_or_a_mask_error(objects: Any, data: bytes) -> None:
    """Nothing else is raised, and steps that come of it are as good as any."""
    try:
        steps = unpack(objects, data)
    except MaskError:
        return
    again = unpack(*pack(steps))
    assert [described(step) for step in again] == [described(step) for step in steps]


@pytest.mark.parametrize(
    ("objects", "words"),
    [
        ([{"kind": "stroke", "points": 3, "radius": 1}], "more points than came"),
        ([{"kind": "stroke", "points": -1, "radius": 1}], "more points than came"),
        ([{"kind": "stroke", "points": 1}], "radius"),
        ([{"kind": "rectangle", "x": 0, "y": 0, "width": 1}], "height is None"),
        ([{"kind": "wand"}], "no step 'wand'"),
        ([{}], "no step None"),
        (["undo"], "a str, not an object"),
    ],
)
def test_what_is_wrong_with_a_step_is_said(objects: Any, words: str) -> None:
    """For the author of another front end."""
    with pytest.raises(MaskError, match=words):
        unpack(objects, b"\0" * 16)


def test_half_a_point_is_none() -> None:
    """Bytes that are no pairs of float32 are refused, and not rounded off."""
    for length in (1, 4, 12):
        with pytest.raises(MaskError, match="pairs of float32"):
            unpack([], b"\0" * length)


def test_a_step_takes_its_own_points_and_leaves_the_others() -> None:
    """Strokes and polygons of one message share its buffer, one after the other."""
    first, second = stroke([(1, 1), (2, 2)], 1), stroke([(3, 3)], 2, erase=True)
    back = unpack(*pack([first, Clear(), second]))

    assert isinstance(back[2], Stroke)
    assert back[2].points.tolist() == [[3, 3]]


def test_undo_is_no_operation() -> None:
    """A file of operations that holds one was not made by us."""
    assert operations_only([Clear()])
    with pytest.raises(MaskError, match="undo is no operation"):
        operations_only([Clear(), "undo"])

from __future__ import annotations

import contextlib
import math
import re
import warnings
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lumen_widgets.masks import Ellipse, MaskError, Polygon, Rectangle, Stroke

if TYPE_CHECKING:
    from collections.abc import Callable

_DAB: Any = [(1, 2)]
_CORNERS: Any = [(0, 0), (9, 0), (4, 7)]
_RANGE = r"Give a number of pixels between -1e\+06 and 1e\+06"
_ABOVE = "Give a number of pixels above 0"
_PAIRS = r"Give \[\(x, y\), …\]"
_HUGE: Any = 10**400
_TEXT: Any = "12"


def refused(make: Callable[[], object]) -> str:
    """Return the words with which an operation is refused; nothing is said beside them."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(MaskError) as caught:
            make()
    return str(caught.value)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: Stroke(_DAB, math.nan), _RANGE),
        (lambda: Stroke(_DAB, math.inf), _RANGE),
        (lambda: Stroke(_DAB, 1_000_001), _RANGE),
        (lambda: Stroke(_DAB, _TEXT), _RANGE),
        (lambda: Stroke(_DAB, 0), _ABOVE),
        (lambda: Stroke(_DAB, -1), _ABOVE),
        (lambda: Stroke(_DAB, _HUGE), "radius is 1000+…, not a number of pixels"),
        (lambda: Stroke(_DAB, None), "radius is None, not a number of pixels"),  # type: ignore[arg-type] # what is tested
        (lambda: Stroke(_DAB, 1, "yes"), "erase is 'yes'. Give True or False"),  # type: ignore[arg-type] # what is tested
        (lambda: Rectangle(math.nan, 0, 1, 1), f"x is nan. {_RANGE}"),
        (lambda: Rectangle(0, -math.inf, 1, 1), f"y is -inf. {_RANGE}"),
        (lambda: Rectangle(0, 0, 0, 1), f"width is 0. {_ABOVE}"),
        (lambda: Ellipse(0, 0, 1, -2), f"height is -2. {_ABOVE}"),
        (lambda: Ellipse(0, 0, 1e7, 1), f"width is 10000000.0. {_RANGE}"),
        (lambda: Ellipse(0, _TEXT, 1, 1), f"y is '12'. {_RANGE}"),
        (
            lambda: Rectangle(0, 0, 1, 1, "xor"),  # type: ignore[arg-type] # what is tested
            "mode is 'xor'. Give one of 'add', 'subtract', 'intersect'",
        ),
        (
            lambda: Polygon(_CORNERS, ["add"]),  # type: ignore[arg-type] # what is tested
            r"mode is \['add'\]. Give one of 'add', 'subtract', 'intersect'",
        ),
    ],
)
def test_a_bad_parameter_is_refused_with_what_to_give(
    make: Callable[[], object], words: str
) -> None:
    """The message names the parameter, repeats what was given, and says what would do."""
    assert re.search(words, refused(make))


@pytest.mark.parametrize(
    ("points", "words"),
    [
        ([], _PAIRS),
        (None, _PAIRS),
        (5, _PAIRS),
        ("ab", _PAIRS),
        ([1, 2], _PAIRS),
        ([(1, 2, 3)], _PAIRS),
        ([(1, 2), (3,)], _PAIRS),
        ([("x", "y")], _PAIRS),
        ([(1j, 2)], _PAIRS),
        ([(_HUGE, 0)], _PAIRS),
        (np.zeros((4, 3)), _PAIRS),
        (np.zeros((0, 2)), "There are 0 points. Give between 1 and 1,000,000"),
        (np.zeros((1_000_001, 2)), "There are 1000001 points. Give between 1 and 1,000,000"),
        ([(math.nan, 0)], "not a finite number.*Give picture pixels"),
        ([(None, 0)], "not a finite number.*Give picture pixels"),
        ([(0, math.inf)], "not a finite number.*Give picture pixels"),
        ([(0, 1.1e6)], "more than a million pixels away.*Give picture pixels"),
        ([(1e300, 0)], "more than a million pixels away.*Give picture pixels"),
        (np.array([(0, 1e300)]), "more than a million pixels away.*Give picture pixels"),
    ],
    ids=repr,
)
def test_bad_points_are_refused_with_what_to_give(points: Any, words: str) -> None:
    """Whatever they are, the way to write points is shown; no warning comes beside it."""
    assert re.search(words, refused(lambda: Stroke(points, 3)))


@pytest.mark.parametrize("points", [[(0, 0)], [(0, 0), (9, 9)]])
def test_a_polygon_has_three_corners(points: Any) -> None:
    """Less is a line, which a stroke draws."""
    assert "Give between 3" in refused(lambda: Polygon(points))


@pytest.mark.parametrize("value", [10**5000, -(10**5000)], ids=["positive", "negative"])
def test_a_number_too_long_to_be_written_out_is_refused_like_any_other(value: int) -> None:
    """Python itself refuses to write more than 4300 digits."""
    assert "radius" in refused(lambda: Stroke(_DAB, value))


def test_a_mode_in_an_array_is_refused_like_any_other() -> None:
    """An array is equal to nothing in particular."""
    mode: Any = np.array(["add", "subtract"])

    assert "mode is" in refused(lambda: Rectangle(0, 0, 1, 1, mode))


_ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.binary(),
    lambda inner: st.lists(inner, max_size=3) | st.tuples(inner, inner),
    max_leaves=6,
)


@pytest.mark.slow
@settings(deadline=None)
@given(one=_ANYTHING, other=_ANYTHING, third=_ANYTHING)
def test_whatever_is_given_there_is_an_operation_or_a_message(
    one: Any, other: Any, third: Any
) -> None:
    """No value of Python's own kinds makes an operation fail in another way."""
    for make in (
        lambda: Stroke(one, other, third),
        lambda: Polygon(one, third),
        lambda: Rectangle(one, other, third, other),
        lambda: Ellipse(0, 0, one, other, third),
    ):
        with contextlib.suppress(MaskError):
            make()


@pytest.mark.parametrize("given", ["list", "tuple", "generator", "array", "float64", "strided"])
def test_points_are_taken_in_any_form(given: str) -> None:
    """A list, anything that yields pairs, or an array of numbers."""
    pairs = [(0.5, 1), (2, 3), (4, 5.25)]
    forms: dict[str, Any] = {
        "list": pairs,
        "tuple": tuple(pairs),
        "generator": (pair for pair in pairs),
        "array": np.array(pairs, np.float32),
        "float64": np.array(pairs),
        "strided": np.array([(x, y, 0) for x, y in pairs])[:, :2],
    }
    made = Stroke(forms[given], 3)

    assert made.points.dtype == np.float32
    assert made.points.tolist() == [list(pair) for pair in pairs]


def test_an_operation_is_not_changed_by_its_maker() -> None:
    """The points are a copy, which is read-only."""
    points = np.zeros((2, 2), np.float32)
    made = Stroke(points, 3)
    points[:] = 7

    assert not made.points.any()
    with pytest.raises(ValueError, match="read-only"):
        made.points[0] = 1


def test_numbers_of_numpy_are_numbers() -> None:
    """What an array's element gives is as good as Python's own."""
    numbers: list[Any] = [np.float32(1.5), np.int64(2), np.uint8(3), np.float16(4)]
    truth: Any = np.True_
    made = Rectangle(*numbers)

    assert (made.x, made.y, made.width, made.height) == (1.5, 2, 3, 4)
    assert Stroke(_DAB, 1, truth).erase is True


def test_an_operation_says_in_a_line_what_it_is() -> None:
    """A repr in a list of operations does not write out thousands of points."""
    assert repr(Stroke(_DAB, 2.5)) == "Stroke(1 point, radius=2.5, erase=False)"
    assert repr(Polygon(_CORNERS, "subtract")) == "Polygon(3 points, mode='subtract')"
    assert repr(Rectangle(1, 2, 3, 4)).startswith("Rectangle(x=1.0, y=2.0, width=3.0")


def test_operations_that_look_alike_are_not_the_same() -> None:
    """Each is that very one in a history."""
    assert Rectangle(0, 0, 1, 1) != Rectangle(0, 0, 1, 1)
    assert len({Stroke(_DAB, 1), Stroke(_DAB, 1)}) == 2

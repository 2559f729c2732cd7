from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import lumen_widgets as lumen
from lumen_widgets.client.exact.wish import Sides
from lumen_widgets.widgets import MaskPainter
from tests.widgets.painters import Page, Wire, painter_of

_NONE = {"left": 0, "top": 0, "right": 0, "bottom": 0}


def _say(wire: Wire, number: Any, sides: Any, copy_id: str = "a") -> None:
    wire.say({"kind": "sides", "copy_id": copy_id, "number": number, "sides": sides})


def _shown(painter: MaskPainter) -> tuple[str, int, dict[str, int]]:
    """Return what a page that is loaded now would be told: whose change, its number, the sides."""
    decided = painter.get_state("_sides")["_sides"]
    return decided["copy_id"], decided["number"], decided["sides"]


def test_at_first_nothing_is_added() -> None:
    """The four sides are there, in the words that `extend` takes."""
    assert painter_of().sides == _NONE


@pytest.mark.parametrize(
    "value",
    [
        {"left": 256, "bottom": 16},
        {"left": np.int64(256), "top": 0, "right": 0, "bottom": np.uint8(16)},
        Sides(left=256, bottom=16),
    ],
)
def test_sides_are_set_as_people_write_them(value: Any) -> None:
    """A side that is left out is 0, and a number of numpy's is a number."""
    painter = painter_of()
    painter.sides = {"top": 5}
    painter.sides = value

    assert painter.sides == {"left": 256, "top": 0, "right": 0, "bottom": 16}
    assert [type(side) for side in painter.sides.values()] == [int] * 4
    assert _shown(painter) == ("", 0, painter.sides)


def test_what_is_read_is_a_copy() -> None:
    """Changing it changes no painter."""
    painter = painter_of()
    painter.sides["left"] = 5

    assert painter.sides == _NONE


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ({"left": -1}, "left is -1"),
        ({"left": 1.0}, "left is 1.0"),
        ({"top": True}, "top is True"),
        ({"right": "64"}, "right is '64'"),
        ({"bottom": None}, "bottom is of type NoneType"),
        ({"bottom": 4097}, "bottom is 4097"),
        ({"left": 4000, "right": 37}, "4097 x 40 pixels"),
        ({"lft": 5}, "'lft', which is no side"),
        ({1: 5}, "1, which is no side"),
        ((1, 2, 3, 4), "which does not say"),
        (64, "which does not say"),
        (None, "which does not say"),
    ],
)
def test_what_no_extension_could_have_is_refused(value: Any, said: str) -> None:
    """The error names the side, and the sides of before stay."""
    painter = painter_of()
    painter.sides = {"left": 7}
    with pytest.raises(lumen.InvalidRequest, match=said):
        painter.sides = value

    assert painter.sides == {**_NONE, "left": 7}


def test_a_picture_larger_than_any_extension_may_still_have_none() -> None:
    """It can be painted on, and its sides can be set to 0."""
    painter = MaskPainter(np.zeros((2, 5000, 3), np.uint8))
    painter.sides = {}
    with pytest.raises(lumen.InvalidRequest, match="5000 x 3 pixels"):
        painter.sides = {"top": 1}

    assert painter.sides == _NONE


def test_the_largest_extension_is_taken() -> None:
    """4096 pixels on the larger side, not one more."""
    painter = painter_of()
    painter.sides = {"left": 4000, "right": 36, "bottom": 4056}

    assert painter.sides["right"] == 36


def test_what_a_page_says_counts_and_every_page_is_told() -> None:
    """One message is enough, before or after a hello; mask and undo steps do not change."""
    painter = painter_of()
    painter.rectangle(1, 2, 3, 4)
    wire = Wire(painter)
    _say(wire, 1, {**_NONE, "left": 64})
    Page(wire).hello()
    painter.undo()

    assert painter.sides == {**_NONE, "left": 64}
    assert _shown(painter) == ("a", 1, painter.sides)
    assert painter.operations == ()
    assert "_sides" in painter.keys


@pytest.mark.parametrize(
    "sides",
    [None, 5, "left", [1, 2, 3, 4], {"left": -1}, {"left": 10**400}, {"left": 1.5}, {"x": 1},
     {"left": 4090}, {"left": True}, {"left": [1]}],
)  # fmt: skip
def test_nonsense_of_a_page_changes_nothing_and_is_answered(sides: Any) -> None:
    """The page is told what holds, under the number of what it sent."""
    painter = painter_of()
    painter.sides = {"left": 7}
    _say(Wire(painter), 3, sides)

    assert painter.sides == {**_NONE, "left": 7}
    assert _shown(painter) == ("a", 3, painter.sides)


def test_a_message_that_comes_again_undoes_nothing() -> None:
    """A page sends again what it heard nothing of; meanwhile somebody may have set other sides."""
    painter = painter_of()
    wire = Wire(painter)
    _say(wire, 1, {**_NONE, "left": 64})
    painter.sides = {"top": 8}
    _say(wire, 1, {**_NONE, "left": 64})

    assert painter.sides == {**_NONE, "top": 8}
    assert _shown(painter) == ("a", 1, painter.sides)
    _say(wire, 2, {**_NONE, "left": 65})
    _say(wire, 1, {**_NONE, "right": 1}, "b")
    assert painter.sides == {**_NONE, "right": 1}


def test_a_closed_painter_still_says_its_sides() -> None:
    """As it does its mask."""
    painter = painter_of()
    painter.sides = {"left": 64}
    painter.close()

    assert painter.sides == {**_NONE, "left": 64}
    painter.sides = {"top": 3}
    assert painter.sides == {**_NONE, "top": 3}


def test_a_page_cannot_write_the_trait_itself() -> None:
    """It would go past the checks."""
    painter = painter_of()
    painter.set_state({"_sides": {"copy_id": "", "number": 0, "sides": {"left": -5}}, "sides": 1})

    assert painter.sides == _NONE
    assert _shown(painter) == ("", 0, _NONE)

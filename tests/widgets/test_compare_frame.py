"""Where pictures of any sizes lie in the frame in which they are compared."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lumen_widgets.client.exact.wish import Sides
from lumen_widgets.widgets.compare.frame import common_frame

if TYPE_CHECKING:
    from lumen_widgets.widgets.compare.messages import FramePlace

_SIZE = st.tuples(st.integers(1, 4096), st.integers(1, 4096))


def _whole(place: FramePlace) -> tuple[float, ...]:
    sides = place["left"], place["top"], place["width"], place["height"]
    return tuple(round(one, 6) for one in sides)


def test_pictures_of_the_same_proportions_fill_the_frame_whatever_their_sizes() -> None:
    """A model that rounds a side to a multiple of 16 has still made the same picture."""
    frame = common_frame([(512, 512), (1024, 1008), (2048, 2048)])

    assert frame.is_filled_by(0, 1, 2)
    assert (frame.width, frame.height) == (2048, 2048)


def test_a_picture_of_other_proportions_is_fitted_in_and_centred() -> None:
    """Nothing of it is cut off, and nothing is stretched."""
    frame = common_frame([(1024, 512), (512, 512)])

    assert _whole(frame.places[0]) == (0, 0, 1024, 512)
    assert _whole(frame.places[1]) == (256, 0, 512, 512)
    assert not frame.is_filled_by(0, 1)


def test_an_upright_and_a_lying_picture_are_shown_about_as_large() -> None:
    """In the frame of either one, the other would be a stamp."""
    frame = common_frame([(2000, 1000), (1000, 2000)])

    assert frame.width == pytest.approx(frame.height)
    assert frame.places[0]["width"] == pytest.approx(frame.places[1]["height"])


def test_what_was_extended_lies_where_it_lies_in_the_extended_picture() -> None:
    """So the slider shows the same pixels left and right of it, in whatever size they came."""
    frame = common_frame([(400, 300), (1200, 600)], {1: (0, Sides(left=150, right=50))})
    left, top, width, height = _whole(frame.places[0])

    assert (frame.width, frame.height) == (1200, 600)
    assert frame.is_filled_by(0, 1), "so they are shown with a slider"
    assert (left, top, width, height) == (300, 0, 800, 600)


@given(sizes=st.lists(_SIZE, min_size=2, max_size=4))
def test_every_picture_lies_in_the_frame_in_its_own_proportions(
    sizes: list[tuple[int, int]],
) -> None:
    """Each touches two edges of it, and the finest has a pixel for each of the frame's."""
    frame = common_frame(sizes)
    finest = max(size[0] / place["width"] for size, place in zip(sizes, frame.places, strict=True))

    assert finest == pytest.approx(1)
    for (width, height), place in zip(sizes, frame.places, strict=True):
        assert place["left"] >= 0
        assert place["top"] >= 0
        assert place["left"] + place["width"] <= frame.width * (1 + 1e-9)
        assert place["top"] + place["height"] <= frame.height * (1 + 1e-9)
        assert place["width"] / place["height"] == pytest.approx(width / height, rel=0.031)

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings

from lumen_widgets.masks import Ellipse, Operation, Polygon, Raster, Rectangle, Stroke
from tests.masks.drawing import EIGHTHS, FLOATS, HALVES, Case, cases, polygon, stroke
from tests.masks.reference import expected

pytestmark = pytest.mark.slow

SOME = settings(max_examples=250, deadline=None)
MANY = settings(max_examples=2500, deadline=None)


def same_without_ties(case: Case) -> None:
    """Compare a mask with the definition, leaving out what rounding may decide."""
    drawn = Raster(case.width, case.height).follow(case.steps)
    wanted = expected(case.steps, case.width, case.height)

    wrong = (drawn != wanted.mask) & ~wanted.doubtful
    assert np.argwhere(wrong).tolist() == []


def same(case: Case) -> None:
    """Compare a mask with the definition, every pixel."""
    drawn = Raster(case.width, case.height).follow(case.steps)
    wanted = expected(case.steps, case.width, case.height)

    assert np.argwhere(drawn != wanted.mask).tolist() == []


@SOME
@given(case=cases(EIGHTHS))
def test_a_mask_is_what_its_operations_mean_to_the_pixel(case: Case) -> None:
    """On a grid of eighths, where doubles are exact, every pixel is right."""
    same(case)


@SOME
@given(case=cases(HALVES, most=3))
def test_pixels_on_an_edge_are_in_or_out_as_the_definition_says(case: Case) -> None:
    """Where centres lie exactly on edges, corners and ends, every pixel is right too."""
    same(case)


@SOME
@given(case=cases(FLOATS))
def test_a_mask_is_what_its_operations_mean_wherever_a_hand_was(case: Case) -> None:
    """With any float32 coordinates every pixel is right that is not on an edge to 12 digits."""
    same_without_ties(case)


@pytest.mark.full
@MANY
@given(case=cases(EIGHTHS) | cases(HALVES))
def test_thousands_of_masks_are_what_their_operations_mean(case: Case) -> None:
    """The same, for long enough to meet what is rare."""
    same(case)


@pytest.mark.full
@MANY
@given(case=cases(FLOATS))
def test_thousands_of_masks_are_right_wherever_hands_were(case: Case) -> None:
    """The same, for long enough to meet what is rare."""
    same_without_ties(case)


def drawn_as_text(width: int, height: int, *operations: Stroke | Rectangle | Ellipse) -> list[str]:
    """Return a mask as rows of # and dots."""
    mask = Raster(width, height).follow(operations)
    return ["".join("#" if pixel else "." for pixel in row) for row in mask]


def test_a_dab_is_a_disc_and_a_centre_on_its_edge_is_in_it() -> None:
    """Distance 1 from a centre takes in the four beside it, and no corner."""
    assert drawn_as_text(5, 4, stroke([(2.5, 1.5)], 1)) == [
        "..#..",
        ".###.",
        "..#..",
        ".....",
    ]


def test_a_stroke_reaches_the_centres_that_are_just_as_far_as_its_radius() -> None:
    """Beside a level line and beyond its ends, within the radius means up to it."""
    assert drawn_as_text(7, 4, stroke([(2.5, 1.5), (4.5, 1.5)], 1)) == [
        "..###..",
        ".#####.",
        "..###..",
        ".......",
    ]


def test_a_slanted_stroke_reaches_the_centres_that_are_just_as_far_as_its_radius() -> None:
    """The sides of a 3-4-5 triangle put two centres exactly on the edge, one on either side."""
    mask = Raster(12, 12).follow([stroke([(0, 0.5), (16, 12.5)], 2.5)])

    assert mask[5, 2]
    assert mask[1, 5]
    assert not mask[5, 1]
    assert not mask[1, 6]


def test_an_ellipse_touches_its_rectangle() -> None:
    """The centres in the middle of its sides are in it, and no corner is."""
    assert drawn_as_text(6, 4, Ellipse(0.5, 0.5, 4, 2)) == [
        "..#...",
        "#####.",
        "..#...",
        "......",
    ]


def test_a_rectangle_is_half_open() -> None:
    """A centre on the left or upper edge is in it, one on the right or lower edge is not."""
    assert drawn_as_text(5, 3, Rectangle(1.5, 0.5, 2, 1)) == [".##..", ".....", "....."]


def test_two_rectangles_that_share_an_edge_share_no_pixel() -> None:
    """Side by side they make the one that is as large as both, wherever the edge is."""
    for edge in (2.0, 2.25, 2.5, 2.75, 3.0):
        left, right = Rectangle(0, 0, edge, 2), Rectangle(edge, 0, 6 - edge, 2)
        parts = [Raster(6, 2).follow([part]).copy() for part in (left, right)]

        assert not (parts[0] & parts[1]).any()
        assert (parts[0] | parts[1]).all()


def test_polygons_that_share_a_side_share_no_pixel() -> None:
    """A picture cut in four from a point that is itself a centre has each pixel once."""
    corners = [(0, 0), (9, 0), (9, 7), (0, 7)]
    times = np.zeros((7, 9), int)
    for one, other in zip(corners, [*corners[1:], corners[0]], strict=True):
        times += Raster(9, 7).follow([polygon([one, other, (4.5, 3.5)])])

    assert (times == 1).all()


def test_a_star_is_hollow() -> None:
    """What a polygon is around twice is outside, as it is even."""
    turns = np.array([0, 2, 4, 1, 3]) * 2 * np.pi / 5
    star = Polygon(np.c_[50 + 48 * np.sin(turns), 50 - 48 * np.cos(turns)].astype(np.float32))
    mask = Raster(100, 100).follow([star])

    assert mask[20, 50]
    assert not mask[50, 50]


def test_what_is_beside_the_picture_sets_nothing() -> None:
    """Shapes a million pixels away, and dabs just too small to reach a centre."""
    far = 1e6
    operations: list[Operation] = [
        stroke([(-far, -far), (far, -far)], 3),
        stroke([(2, 2)], 0.7),
        Rectangle(-far, 0, far, 5),
        Ellipse(5, 0, far, 5),
        polygon([(far, 0), (far, 5), (far - 9, 5)]),
    ]

    assert not Raster(5, 5).follow(operations).any()


def test_what_is_larger_than_the_picture_sets_all_of_it() -> None:
    """Shapes that reach a million pixels out have the picture inside."""
    far = 1e6
    everything: list[Operation] = [
        stroke([(-far, 2), (far, 2)], 9),
        stroke([(2, 2)], far),
        Rectangle(-far / 2, -far / 2, far, far),
        Ellipse(-far / 2, -far / 2, far, far),
        polygon([(-far, -far), (far, -far), (far, far), (-far, far)]),
    ]
    for operation in everything:
        assert Raster(5, 5).follow([operation]).all(), operation


@pytest.mark.parametrize(
    "size",
    [
        (1, 1),
        (1, 8192),
        (8192, 64),
        (1023, 767),
        pytest.param((4096, 4096), marks=pytest.mark.full),
    ],
)
def test_a_picture_of_any_size_has_a_mask_of_that_size(size: tuple[int, int]) -> None:
    """Counted exactly: a rectangle, what is left of it, and a disc as large as π says."""
    width, height = size
    raster = Raster(width, height)
    half = Rectangle(0, 0, width / 2 + 0.5, height)
    mask = raster.follow([half])

    assert mask.shape == (height, width)
    assert mask.sum() == ((width + 1) // 2) * height
    disc = stroke([(width / 2, height / 2)], min(width, height) / 2)
    area = raster.follow([disc]).sum()
    assert area == pytest.approx(np.pi * disc.radius**2, abs=2 + 4 * disc.radius**0.67)

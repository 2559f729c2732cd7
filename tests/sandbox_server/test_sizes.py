"""Sizes: pixels, ratios and tiers, and their limits."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lumen_widgets.sandbox.errors import Refusal
from lumen_widgets.sandbox.sizes import (
    BLOCK,
    MAX_REDRAWN_SIDE,
    MAX_SIDE,
    MIN_SIDE,
    at_tier,
    fitted,
    read_size,
    redrawn,
)


@pytest.mark.slow
@given(st.text(max_size=12) | st.from_regex(r"[0-9]{1,6}[x:][0-9]{1,6}", fullmatch=True))
def test_every_size_is_pixels_within_the_limits_or_refused(size: str) -> None:
    """Nothing else comes of reading a size."""
    try:
        pixels = read_size(size, None)
    except Refusal:
        return
    assert pixels is not None
    assert all(MIN_SIDE <= side <= MAX_SIDE for side in pixels)


@pytest.mark.parametrize(
    ("size", "tier", "pixels"),
    [
        ("1024x768", None, (1024, 768)),
        ("1000x17", "4K", (1000, 17)),
        ("1:1", None, (1024, 1024)),
        ("1:1", "2K", (2048, 2048)),
        ("1:1", "4K", (4096, 4096)),
        ("16:9", None, (1360, 768)),
        ("9:16", "1K", (768, 1360)),
        ("16:9", "4K", (4096, 2304)),
        (None, "2K", None),
    ],
)
def test_size_and_tier_give_pixels(
    size: str | None, tier: str | None, pixels: tuple[int, int] | None
) -> None:
    """Pixels are taken as they stand; a ratio gets the pixels of its tier, no side above 4096."""
    assert read_size(size, tier) == pixels


@given(st.integers(1, 20_000), st.integers(1, 20_000))
def test_an_edited_picture_keeps_its_shape_within_the_limits(width: int, height: int) -> None:
    """A size within the limits stays; any other comes as near as they allow."""
    fit = fitted(width, height)
    if MIN_SIDE <= min(width, height) <= max(width, height) <= MAX_SIDE:
        assert fit == (width, height)
    for result in (fit, at_tier(width, height, "4K")):
        assert all(MIN_SIDE <= side <= MAX_SIDE for side in result)


@pytest.mark.parametrize(
    ("picture", "asked", "tier", "answer"),
    [
        ((1024, 1024), None, None, (1024, 1024)),
        ((1, 1), None, None, (1024, 1024)),
        ((4000, 3000), None, None, (1184, 880)),
        ((300, 400), None, None, (880, 1184)),
        ((3000, 2000), None, None, (1248, 832)),
        ((1080, 1920), None, None, (768, 1360)),
        ((20_000, 10), None, None, (1360, 768)),
        ((1000, 1000), None, "2K", (2048, 2048)),
        ((1000, 1000), None, "4K", (2048, 2048)),
        ((640, 360), (1000, 500), None, (992, 496)),
        ((640, 360), (17, 4096), None, (16, 2048)),
        ((4096, 2048), (4096, 2048), None, (2048, 1024)),
    ],
)
def test_a_model_that_redraws_answers_in_a_size_of_its_own(
    picture: tuple[int, int],
    asked: tuple[int, int] | None,
    tier: str | None,
    answer: tuple[int, int],
) -> None:
    """In the nearest of the usual ratios, or in what was asked for as far as it can."""
    assert redrawn(picture, asked, tier) == answer


@given(
    st.integers(1, 20_000),
    st.integers(1, 20_000),
    st.none() | st.tuples(st.integers(MIN_SIDE, MAX_SIDE), st.integers(MIN_SIDE, MAX_SIDE)),
    st.sampled_from([None, "1K", "2K", "4K"]),
)
def test_a_redrawn_picture_is_of_whole_blocks(
    width: int, height: int, asked: tuple[int, int] | None, tier: str | None
) -> None:
    """Whatever the picture and the request."""
    answer = redrawn((width, height), asked, tier)
    assert all(side % BLOCK == 0 and BLOCK <= side <= MAX_REDRAWN_SIDE for side in answer)

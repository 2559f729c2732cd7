"""Sizes: pixels, ratios and tiers, and their limits."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lumen_widgets.sandbox.errors import Refusal
from lumen_widgets.sandbox.sizes import MAX_SIDE, MIN_SIDE, at_tier, fitted, read_size


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

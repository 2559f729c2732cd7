"""How much of a result each masked pixel takes."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.ndimage import distance_transform_edt

from lumen_widgets.client.exact.blending import Tile, blend_width, shares, squared_depths


def _mask(height: int, width: int, seed: int, share: float) -> np.ndarray:
    mask = np.random.default_rng(seed).random((height, width)) < share
    # whole parts as well as dust
    mask[height // 3 :, : width // 2] = True
    return mask


@given(
    st.integers(1, 40),
    st.integers(1, 40),
    st.integers(0, 999),
    st.sampled_from((0.5, 0.9, 0.99, 1.0)),
    st.integers(1, 17),
)
def test_depths_are_exact(height: int, width: int, seed: int, share: float, reach: int) -> None:
    """A pixel's depth is its distance to the nearest pixel outside, in any direction."""
    mask = _mask(height, width, seed, share)
    # scipy measures from nowhere where there is no outside
    wanted = distance_transform_edt(mask) ** 2 if not mask.all() else np.full(mask.shape, np.inf)

    assert np.array_equal(squared_depths(mask, reach), np.minimum(np.rint(wanted), reach * reach))


@given(
    st.integers(1, 60),
    st.integers(1, 60),
    st.integers(0, 999),
    st.sampled_from((0.5, 0.9, 0.99)),
    st.floats(0, 16),
)
def test_shares_are_only_inside(
    height: int, width: int, seed: int, share: float, blend: float
) -> None:
    """No pixel outside takes anything, every one inside takes some, and a tile is as the whole."""
    mask = _mask(height, width, seed, share)
    whole = _of(shares(mask, Tile(0, 0, width, height), blend), mask)

    assert (whole[~mask] == 0).all()
    assert (whole[mask] > 0).all()
    tile = Tile(width // 3, height // 4, width, height // 4 + 1)
    part = _of(shares(mask, tile, blend), mask[tile.slices])
    assert np.array_equal(part, whole[tile.slices])


def test_without_a_blend_all_of_the_mask_is_the_results() -> None:
    """An extension has its new ground up to the last pixel."""
    mask = _mask(50, 50, 1, 0.5)

    assert np.array_equal(_of(shares(mask, Tile(0, 0, 50, 50), 0), mask) == 255, mask)


def test_a_blend_rises_from_the_edge_to_its_width() -> None:
    """Deeper pixels take more, and beyond the width they take all; the picture's border is none."""
    mask = np.zeros((40, 100), bool)
    mask[:, 20:] = True
    share = _of(shares(mask, Tile(0, 0, 100, 40), 8), mask)

    assert (share == share[0]).all()
    rise = share[0, 19:29].astype(int)
    assert (np.diff(rise) > 0).all()
    assert (share[0, 28:] == 255).all()


def test_a_thin_part_is_the_results_in_its_middle() -> None:
    """A line that is thinner than the blend is wide is still painted, and nowhere jumps."""
    mask = np.zeros((60, 400), bool)
    for column in range(400):
        half = 1 + column // 16
        mask[30 - half : 30 + half, column] = True
    share = _of(shares(mask, Tile(0, 0, 400, 60), 16), mask).astype(int)

    assert (share[29:31] >= 200).all()
    # along the wedge, as it grows from thin to wide, and across it
    assert np.abs(np.diff(share[29:31], axis=1)).max() <= 40


@pytest.mark.parametrize(
    ("scale", "width"), [((1, 1), 4), ((0.5, 0.5), 8), ((0.25, 0.25), 16), ((0.1, 0.1), 16)]
)
def test_a_blend_is_as_wide_as_the_results_pixels_are_coarse(
    scale: tuple[float, float], width: float
) -> None:
    """Four pixels of the result, and never more than sixteen of the source."""
    assert blend_width(scale) == width


def _of(share: np.ndarray | None, mask: np.ndarray) -> np.ndarray:
    return np.full(mask.shape, 255, np.uint8) if share is None else share

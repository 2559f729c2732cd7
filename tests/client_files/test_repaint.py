from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import PIL.Image
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lumen_widgets.core.pictures.masks import LocalMask, read_mask
from tests.client_files.samples import decoded

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from lumen_widgets.core.pictures.repaint import Repaint


def repaint(mask: NDArray[np.bool_]) -> Repaint:
    """Return what a mask repaints."""
    read = read_mask(mask)
    assert isinstance(read, LocalMask)
    return read.repaint


def small(mask: NDArray[np.bool_]) -> NDArray[np.uint8]:
    """Return the greys of a mask's thumbnail."""
    return np.asarray(decoded(repaint(mask).thumbnail))


@pytest.mark.slow
@given(width=st.integers(1, 300), height=st.integers(1, 300), data=st.data())
def test_the_share_is_counted_exactly(width: int, height: int, data: st.DataObject) -> None:
    """Every pixel counts, and nothing else does."""
    mask = np.zeros((height, width), bool)
    mask.flat[: data.draw(st.integers(1, width * height))] = True

    assert repaint(mask).share == mask.sum() / mask.size


@pytest.mark.parametrize("size", [(4096, 4096), (1000, 777), (97, 97), (96, 96), (7000, 3), (1, 1)])
def test_a_single_pixel_is_seen_in_the_thumbnail(size: tuple[int, int]) -> None:
    """However large the mask is and wherever the pixel, black is not all that is left of it."""
    width, height = size
    for x, y in {(0, 0), (width - 1, height - 1), (width // 2, height // 3), (width // 7, 0)}:
        mask = np.zeros((height, width), bool)
        mask[y, x] = True
        shown = small(mask)

        assert max(shown.shape) <= 96
        assert (max(shown.shape) >= 49) == (max(size) >= 49)
        rows, columns = np.nonzero(shown)
        row, column = (rows.min() + rows.max()) / 2, (columns.min() + columns.max()) / 2
        down, across = height / shown.shape[0], width / shown.shape[1]
        assert shown.max() >= 128
        # as wide as a screen can show, where the mask was made smaller
        assert (len(rows) > 1) == (max(size) > 96)
        assert abs((column + 0.5) * across - x) <= 1.5 * across
        assert abs((row + 0.5) * down - y) <= 1.5 * down


def test_a_thin_line_is_a_line_in_the_thumbnail() -> None:
    """Nothing of it is passed over, and nothing beside it is painted."""
    mask = np.zeros((1536, 1024), bool)
    mask[700, :] = True
    shown = small(mask)
    rows, columns = np.nonzero(shown)

    assert len(set(rows)) <= 3
    assert set(columns) == set(range(shown.shape[1]))


def test_the_thumbnail_is_white_where_all_is_repainted_and_black_where_nothing_is() -> None:
    """It shows the mask as it is, smaller; one that is small already is not enlarged."""
    mask = np.zeros((480, 960), bool)
    mask[:, 480:] = True
    expected = np.zeros((48, 96), np.uint8)
    expected[:, 48:] = 255

    assert np.array_equal(small(mask), expected)
    assert np.array_equal(small(expected > 0), expected)


def test_a_thumbnail_says_nothing_but_its_pixels() -> None:
    """What a mask's file says beside them stays behind."""
    image = PIL.Image.new("L", (20, 10), 255)
    image.info = {"comment": "secret", "dpi": (300, 300)}
    read = read_mask(image)
    assert isinstance(read, LocalMask)

    assert decoded(read.repaint.thumbnail).info == {}
    assert b"secret" not in read.data

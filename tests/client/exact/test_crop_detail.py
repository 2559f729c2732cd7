"""How much detail a crop keeps in a large photograph, beside a repaint of the whole of it."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

from lumen_widgets.client.exact.comparison import eroded
from lumen_widgets.client.exact.crop import crop_box
from lumen_widgets.client.exact.put_back import put_back
from lumen_widgets.core.models import Model
from tests.client.exact.photographs import photograph
from tests.client.exact.simulated_model import SimulatedModel

if TYPE_CHECKING:
    from tests.client.exact.photographs import Mask, Pixels

SIDE = 4096
# px: as deep as the widest blend
BLEND = 17
# grain would count as detail
MODEL = SimulatedModel(grain=0.0)


@cache
def large(name: str) -> Pixels:
    """Return a photograph and its mirror images, at its own scale, as one of 4096 x 4096."""
    tile = photograph(name)
    down, across = (-(-SIDE // length) for length in tile.shape[:2])
    rows = np.vstack([tile[:: 1 - 2 * (row % 2)] for row in range(down)])
    return np.hstack([rows[:, :: 1 - 2 * (at % 2)] for at in range(across)])[:SIDE, :SIDE]


def detail(pixels: Pixels, mask: Mask) -> float:
    """Return the variance of the Laplacian of the lightness inside of a mask."""
    grey = pixels.astype(np.float32) @ np.array([0.299, 0.587, 0.114], np.float32)
    beside = np.roll(grey, 1, 0) + np.roll(grey, -1, 0) + np.roll(grey, 1, 1) + np.roll(grey, -1, 1)
    return float((beside - 4 * grey)[mask].var())


def ratio(side: int) -> float:
    """Return how many times the detail of a whole repaint a crop keeps, for a mask of that side.

    Where the blend has ended: before, it is the source's own detail that shows.
    """
    source, wanted = large("chelsea.png"), large("coffee.png")
    mask = np.zeros((SIDE, SIDE), bool)
    mask[1500 : 1500 + side, 700 : 700 + side] = True
    ideal = source.copy()
    ideal[mask] = wanted[mask]
    whole = put_back(source, mask, MODEL.answer(ideal, mask, 3).pixels).pixels
    box, sent = crop_box(mask, 0.5, Model(frozenset()))
    place = np.s_[box.top : box.bottom, box.left : box.right]
    part = Image.fromarray(ideal[place]).resize((sent.width, sent.height), Image.Resampling.LANCZOS)
    # a model makes about as many pixels of a part as of the whole
    model = SimulatedModel(pixels=1024 * 1024, grain=0.0)
    covered = Image.fromarray(mask[place]).resize(part.size, Image.Resampling.NEAREST)
    answer = model.answer(np.asarray(part), np.asarray(covered), 3).pixels
    cropped = source.copy()
    cropped[place] = put_back(source[place], mask[place], answer).pixels
    assert (cropped[~mask] == source[~mask]).all()
    inside = eroded(mask, BLEND)
    return detail(cropped, inside) / detail(whole, inside)


@pytest.mark.slow
def test_a_crop_keeps_five_times_the_detail_of_a_small_part() -> None:
    """Of a mask whose box is a tenth of a 4096 x 4096 photograph's side."""
    assert ratio(410) >= 5


@pytest.mark.slow
@pytest.mark.full
@pytest.mark.parametrize(("side", "least"), [(200, 5), (819, 5), (1638, 1.5)])
def test_a_crop_keeps_more_detail_of_every_part(side: int, least: float) -> None:
    """Five times as much up to a fifth of the side, and half as much again up to two fifths."""
    assert ratio(side) >= least

"""What a model had shifted, as it is found, and what it had redrawn."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from lumen_widgets.client.exact.put_back import PutBack, put_back
from tests.client.exact.photographs import mask_like, other_than, photograph
from tests.client.exact.simulated_model import Answer, SimulatedModel, joined

pytestmark = pytest.mark.slow


def _repainted(
    name: str, model: SimulatedModel, kind: str = "ellipse", seed: int = 1
) -> tuple[PutBack, Answer]:
    source = photograph(name)
    mask = mask_like(kind, source.shape, seed)
    answer = model.answer(joined(source, mask, other_than(name)), mask, seed)
    return put_back(source, mask, answer.pixels), answer


@pytest.mark.parametrize("name", ["astronaut.png", "coffee.png", "motorcycle_left.png"])
def test_a_drift_is_found_to_a_fraction_of_a_pixel(name: str) -> None:
    """However the colours were shifted, and whatever was painted in the middle."""
    made, answer = _repainted(name, SimulatedModel())

    assert made.alignment.drift == pytest.approx(answer.drift, abs=0.3)


@pytest.mark.parametrize("name", ["astronaut.png", "motorcycle_left.png", "ihc.png"])
def test_a_drift_is_found_beside_what_was_redrawn(name: str) -> None:
    """Where half of the outside shows something else, what is left of it says the drift."""
    made, answer = _repainted(name, replace(SimulatedModel(), redraws=0.5), seed=7)

    assert made.alignment.drift == pytest.approx(answer.drift, abs=0.3)


def test_colours_are_found_to_a_level() -> None:
    """What is undone takes each channel back to where it was, in the middle of its range."""
    made, answer = _repainted("coffee.png", SimulatedModel())
    alignment = made.alignment

    back = alignment.gains * (answer.gains * 128 + answer.offsets) + alignment.offsets
    assert back == pytest.approx(128, abs=2)


@pytest.mark.parametrize("ground", [255, 250, 0])
def test_a_plain_ground_stays_as_it_was(ground: int) -> None:
    """Where a model's colours were cut off at white or black, undoing them makes no grey."""
    photo = photograph("coffee.png")
    source = np.where(mask_like("ellipse", photo.shape, 1)[..., None], photo, np.uint8(ground))
    mask = np.zeros(photo.shape[:2], bool)
    mask[170:260, 330:] = True
    answer = SimulatedModel().answer(source, mask, 1)
    made = put_back(source, mask, answer.pixels)

    painted = made.pixels[170:260, 480:].astype(float)
    assert painted.mean(axis=(0, 1)) == pytest.approx(ground, abs=3)
    assert made.changed_outside is not None
    assert made.changed_outside <= 0.05


def test_nothing_is_undone_that_was_not_done() -> None:
    """A model that only adds grain has moved nothing and shifted nothing."""
    made, _ = _repainted("coffee.png", replace(SimulatedModel(), drift=0, cast=0, shift=0))

    assert made.alignment.drift == pytest.approx((0, 0), abs=0.15)
    assert made.alignment.gains == pytest.approx((1, 1, 1), abs=0.03)
    assert made.alignment.offsets == pytest.approx((0, 0, 0), abs=3)


def test_in_a_sky_no_drift_is_found() -> None:
    """Where there is nothing to hold on to, a picture is not moved."""
    source = np.full((300, 300, 3), (90, 140, 220), np.uint8)
    mask = np.zeros((300, 300), bool)
    mask[100:200, 100:200] = True
    answer = SimulatedModel().answer(source, mask, 4)

    assert put_back(source, mask, answer.pixels).alignment.drift == (0, 0)


def test_a_drift_of_many_pixels_is_another_picture() -> None:
    """What seems to have moved by more than any model moves a picture is left where it is."""
    source = photograph("coffee.png")
    mask = mask_like("ellipse", source.shape, 1)
    moved = np.roll(source, (0, 14), (0, 1))

    assert put_back(source, mask, moved).alignment.drift == (0, 0)


@pytest.mark.parametrize("crops", [False, True])
def test_a_result_of_nearly_the_same_proportions_lies_where_it_belongs(crops: bool) -> None:
    """Whether the model stretched the picture or cut it off, its content fits at the edge."""
    model = replace(SimulatedModel(), multiple=64, crops=crops, drift=1.0)
    source = photograph("coffee.png")[:, :570]
    mask = mask_like("nearly all", source.shape, 2) & ~mask_like("ellipse", source.shape, 2)
    ideal = joined(source, mask, other_than("coffee.png"))
    answer = model.answer(ideal, mask, 3)
    across, down = (
        a / b for a, b in zip(answer.pixels.shape[1::-1], source.shape[1::-1], strict=True)
    )
    assert 1.01 < max(across, down) / min(across, down) <= 1.03
    made = put_back(source, mask, answer.pixels)

    assert (made.alignment.placement.scale[0] == made.alignment.placement.scale[1]) == crops
    assert made.alignment.drift == pytest.approx(answer.drift, abs=0.3)


def test_what_was_only_shifted_was_not_redrawn() -> None:
    """Grain, blur, drift and colours alone count as next to nothing."""
    made, _ = _repainted("astronaut.png", SimulatedModel())

    assert made.changed_outside is not None
    assert made.changed_outside <= 0.03


def test_what_was_redrawn_is_measured() -> None:
    """Of what was painted over, what looks different counts."""
    made, _ = _repainted("astronaut.png", replace(SimulatedModel(), redraws=0.3))

    assert made.changed_outside is not None
    assert 0.2 <= made.changed_outside <= 0.36


def test_the_share_that_was_redrawn_is_counted_in_cells() -> None:
    """Twenty of a hundred cells of 5 x 5 pixels differ by more than 8, and 10 touch the mask."""
    source = np.full((50, 50, 3), 100, np.uint8)
    mask = np.zeros((50, 50), bool)
    mask[22] = True
    result = source.copy()
    result[:10] = 109
    result[10:20] = 108

    assert put_back(source, mask, result).changed_outside == pytest.approx(20 / 90)

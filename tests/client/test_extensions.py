"""A picture that is extended: new ground on its sides, and all that was there bit for bit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from lumen_widgets.client import InvalidRequest, LumenClient
from tests.client.redrawing import RedrawingModel, landscape, pixels

if TYPE_CHECKING:
    from collections.abc import Callable

    from lumen_widgets.client import Picture
    from tests.client.service import Service

    Connect = Callable[..., LumenClient]

SOURCE = landscape()


@pytest.fixture
def model(service: Service) -> RedrawingModel:
    """Return a model that redraws everything, and answers in the size that it was sent."""
    return RedrawingModel(service, size=None)


@pytest.fixture
def extend(service: Service, connect: Connect, model: RedrawingModel) -> Callable[..., Picture]:
    """Return what extends a picture."""
    client = connect(service.server.url, hosting=model.uploads)

    def run(source: Any = SOURCE, **sides: Any) -> Picture:
        with service.holding_statuses():
            task = client.extend("more hills", source, **sides)
            number = len(service.server.posts)
            service.statuses[f"task-{number}"] = [model.answer(f"result-{number}")]
        return task.wait(60)[0]

    return run


def test_what_was_there_stays_bit_for_bit(extend: Callable[..., Picture]) -> None:
    """The new ground is the model's, the old one untouched up to its last pixel."""
    picture = extend(left=120, bottom=40)
    made = pixels(picture.bytes)

    assert (picture.width, picture.height) == (600, 400)
    assert (made[:360, 120:] == SOURCE).all()
    assert made[:, :120].any()
    assert picture.raw is not picture


def test_the_first_picture_survives_any_number_of_extensions(
    extend: Callable[..., Picture],
) -> None:
    """Each begins with the exact result of the one before."""
    picture = extend(left=64)
    picture = extend(picture, top=48)
    picture = extend(picture, right=80, bottom=16)

    assert (pixels(picture.bytes)[48:408, 64:544] == SOURCE).all()


def test_what_is_sent_begins_as_a_mirror_of_the_edge(
    extend: Callable[..., Picture], model: RedrawingModel
) -> None:
    """The mask that is sent overlaps the old picture a little, so that the model joins it."""
    extend(left=160)
    mask = model.mask()
    seam = round(160 / 640 * mask.shape[1])

    assert mask[:, : seam + 4].all()
    assert not mask[:, seam + 20 :].any()
    ground = model.picture()[:, seam // 2].astype(float)
    assert ground.std() > 3


def test_reuse_knows_an_extension_by_its_sides(
    extend: Callable[..., Picture], service: Service, connect: Connect, model: RedrawingModel
) -> None:
    """The same one is not paid again, another one is."""
    picture = extend(left=64)
    client = connect(service.server.url, hosting=model.uploads)
    same = client.extend("more hills", SOURCE, left=64, reuse=True)

    assert same.wait(60)[0].bytes == picture.bytes
    assert len(service.server.posts) == 1
    client.extend("more hills", SOURCE, left=65, reuse=True)
    assert len(service.server.posts) == 2


@pytest.mark.parametrize(
    ("sides", "words"),
    [
        ({}, "nothing to extend"),
        ({"left": -1}, "left is -1"),
        ({"top": 0.5}, "top is 0.5"),
        ({"right": "64"}, "right is '64'"),
        ({"bottom": True}, "bottom is True"),
        ({"left": 4097}, "left is 4097"),
        ({"left": 3000, "right": 3000}, "4096 is the most"),
        ({"left": 64, "size": "1024x1024"}, "size"),
    ],
    ids=str,
)
def test_what_cannot_be_meant_is_refused(
    service: Service, connect: Connect, model: RedrawingModel, sides: dict[str, Any], words: str
) -> None:
    """Nothing is uploaded and nothing is sent."""
    client = connect(service.server.url, hosting=model.uploads)
    with pytest.raises(InvalidRequest, match=words):
        client.extend("more hills", SOURCE, **sides)

    assert service.server.requests == []
    assert model.uploads.files == {}


def test_whole_numbers_of_numpy_are_numbers(extend: Callable[..., Picture]) -> None:
    """Who computes a side gets one of those."""
    assert extend(left=np.int64(64)).width == 544


def test_transparency_of_the_old_picture_stays(extend: Callable[..., Picture]) -> None:
    """The new ground has none."""
    alpha = (np.mgrid[:360, :480][1] % 256).astype(np.uint8)
    made = pixels(extend(np.dstack([SOURCE, alpha]), right=64).bytes)

    assert (made[:, :480, 3] == alpha).all()
    assert (made[:, 480:, 3] == 255).all()

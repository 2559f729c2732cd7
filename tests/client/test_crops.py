"""A crop sends what is around the mask, in a size of its own, and its answer goes back in place."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lumen_widgets.client import InvalidRequest, LumenClient
from lumen_widgets.client.exact.crop import box_of, crop_box
from lumen_widgets.core.models import MODELS, Model
from tests.client.redrawing import RedrawingModel, landscape, pixels

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from lumen_widgets.client import Task
    from tests.client.service import Service

    Connect = Callable[..., LumenClient]

SOURCE = landscape(1600, 1200)
MODEL = Model(frozenset())


def rectangle(
    left: int, top: int, width: int, height: int, of: tuple[int, int] = (1600, 1200)
) -> NDArray[np.bool_]:
    """Return a mask of one rectangle."""
    mask = np.zeros((of[1], of[0]), bool)
    mask[top : top + height, left : left + width] = True
    return mask


@pytest.fixture
def model(service: Service) -> RedrawingModel:
    """Return a model that redraws everything, and answers in the size that it was sent."""
    return RedrawingModel(service, size=None)


MASK = rectangle(700, 500, 200, 100)


@pytest.fixture
def cropped(service: Service, connect: Connect, model: RedrawingModel) -> Task:
    """Return a task that repaints the mask, and has ended."""
    client = connect(service.server.url, hosting=model.uploads)
    with service.holding_statuses():
        task = client.inpaint("a boat", SOURCE, MASK, crop=0.5)
        service.statuses["*"] = [model.answer()]
    task.wait(60)
    return task


def test_only_what_is_around_the_mask_is_sent(
    service: Service, model: RedrawingModel, cropped: Task
) -> None:
    """A part in 1024 pixels, with the size that it asks for; all else stays bit for bit."""
    picture = cropped.pictures[0]
    height, width = model.mask().shape

    assert service.server.posts[-1].body["size"] == f"{width}x{height}"
    assert max(width, height) == 1024
    assert width % 16 == height % 16 == 0
    made = pixels(picture.bytes)
    assert made.shape == SOURCE.shape
    assert (made == SOURCE).all(axis=2)[~MASK].all()
    assert not (made == SOURCE).all(axis=2)[MASK].any()
    assert picture.raw.width == width


def test_what_is_sent_is_the_part_itself(
    service: Service, connect: Connect, model: RedrawingModel
) -> None:
    """The mask lies in it as in the picture: half of its longer side stands around it."""
    mask = rectangle(700, 500, 200, 100)
    service.statuses["*"] = [{"status": "queued"}]
    connect(service.server.url, hosting=model.uploads).inpaint("a boat", SOURCE, mask, crop=0.5)
    sent = box_of(model.mask())
    scale = model.mask().shape[1] / crop_box(mask, 0.5, MODEL)[0].width

    assert sent.width == pytest.approx(200 * scale, abs=2)
    assert sent.left >= 100 * scale - 2
    assert model.mask().shape[1] - sent.right >= 100 * scale - 2


def test_another_process_puts_it_back_the_same(
    service: Service, connect: Connect, model: RedrawingModel, cropped: Task
) -> None:
    """Where the part belongs is kept with the row; `reuse` finds it by what was asked."""
    later = connect(service.server.url, hosting=model.uploads)

    assert later.task(cropped.id).wait(60)[0].bytes == cropped.pictures[0].bytes
    assert later.inpaint("a boat", SOURCE, MASK, crop=0.5, reuse=True).id == cropped.id
    assert len(service.server.posts) == 1
    other = later.inpaint("a boat", SOURCE, MASK, crop=0.6, reuse=True)
    assert other.id != cropped.id
    assert len(service.server.posts) == 2


def test_a_second_try_counts_as_the_same_request(
    service: Service, connect: Connect, model: RedrawingModel
) -> None:
    """What a panel sends again after a failure is found by `reuse` as the call that it was."""
    mask = rectangle(700, 500, 200, 100)
    client = connect(service.server.url, hosting=model.uploads)
    service.statuses["task-1"] = [{"status": "failed", "error": {"code": "busy", "message": "No."}}]
    with service.holding_statuses():
        first = client.inpaint("a boat", SOURCE, mask, crop=0.5)
        service.statuses["task-2"] = [model.answer()]
    again = client.submit(first.request)
    again.wait(60)

    assert client.inpaint("a boat", SOURCE, mask, crop=0.5, reuse=True).id == again.id


@pytest.mark.slow
@pytest.mark.parametrize(
    "changed",
    [
        {"prompt": "a duck"},
        {"seed": 7},
        {"image_urls": ["https://example.org/dog.png"]},
        {"mask_url": "https://example.org/mask.png"},
    ],
    ids=str,
)
@pytest.mark.parametrize("later", [False, True], ids=["here", "in another process"])
def test_a_second_try_of_something_else_counts_as_another_request(
    service: Service,
    connect: Connect,
    model: RedrawingModel,
    cropped: Task,
    changed: dict[str, Any],
    *,
    later: bool,
) -> None:
    """A request of which a field was changed does not answer for the one that it was before."""
    client = connect(service.server.url, hosting=model.uploads)
    request = client.task(cropped.id).request if later else cropped.request
    other = client.submit(replace(request, body={**request.body, **changed}))
    other.wait(60)

    assert other.id != cropped.id
    assert client.inpaint("a boat", SOURCE, MASK, crop=0.5, reuse=True).id == cropped.id


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"crop": 0.5, "exact": False}, "exact=False"),
        ({"crop": 0.5, "size": "1600x1200"}, "size"),
        ({"crop": -0.1}, "0 to 100"),
        ({"crop": float("nan")}, "0 to 100"),
        ({"crop": float("inf")}, "0 to 100"),
        ({"crop": True}, "0 to 100"),
        ({"crop": "half"}, "0 to 100"),
        ({"crop": 1e9}, "0 to 100"),
        ({"crop": [0.5]}, "0 to 100"),
        ({"crop": 0.5, "extra": {"mask_url": "https://example.org/other.png"}}, "extra"),
        ({"exact": "yes"}, "True or False"),
        ({"exact": np.ones(3)}, "True or False"),
    ],
    ids=str,
)
def test_what_cannot_be_meant_is_refused(
    service: Service, connect: Connect, model: RedrawingModel, fields: dict[str, Any], words: str
) -> None:
    """Nothing is uploaded and nothing is sent."""
    client = connect(service.server.url, hosting=model.uploads)
    with pytest.raises(InvalidRequest, match=words):
        client.inpaint("a boat", SOURCE, rectangle(700, 500, 200, 100), **fields)

    assert service.server.requests == []
    assert model.uploads.files == {}


def test_islands_far_apart_are_refused(
    service: Service, connect: Connect, model: RedrawingModel
) -> None:
    """Cropped together they would keep little; a call each keeps more, which is said."""
    mask = rectangle(10, 10, 40, 40) | rectangle(1500, 1100, 40, 40)
    client = connect(service.server.url, hosting=model.uploads)
    with pytest.raises(InvalidRequest, match=r"2 islands far apart.*a call of its own"):
        client.inpaint("a boat", SOURCE, mask, crop=0.5)

    assert service.server.requests == []
    near = rectangle(700, 500, 100, 100) | rectangle(850, 500, 100, 100)
    client.inpaint("a boat", SOURCE, near, crop=0.5)
    assert len(service.server.posts) == 1


def test_a_picture_too_narrow_for_any_size_is_refused(
    service: Service, connect: Connect, model: RedrawingModel
) -> None:
    """Its answer could not be put back."""
    client = connect(service.server.url, hosting=model.uploads)
    source = np.zeros((3, 8000, 3), np.uint8)
    with pytest.raises(InvalidRequest, match="too narrow"):
        client.inpaint("a boat", source, np.ones((3, 8000), bool), crop=0.5)

    assert service.server.requests == []


@pytest.fixture
def ratios(monkeypatch: pytest.MonkeyPatch) -> Model:
    """Know a model that takes nothing but ratios."""
    known = Model(
        frozenset({"inpaint"}), ratios=("1:1", "4:3", "3:4", "3:2", "2:3", "16:9", "9:16")
    )
    monkeypatch.setitem(MODELS, "by-ratio", known)
    return known


def test_a_model_that_takes_only_ratios_gets_the_nearest(
    service: Service, connect: Connect, model: RedrawingModel, ratios: Model
) -> None:
    """The part is grown to it, inside of the picture."""
    mask = rectangle(700, 500, 220, 100)
    client = connect(service.server.url, hosting=model.uploads)
    with service.holding_statuses():
        task = client.inpaint("a boat", SOURCE, mask, crop=0.5, model="by-ratio")
        service.statuses["*"] = [model.answer()]
    size = service.server.posts[-1].body["size"]
    across, down = map(int, size.split(":"))
    height, width = model.mask().shape

    assert size in ratios.ratios
    assert width / height == pytest.approx(across / down, rel=0.01)
    assert (pixels(task.wait(60)[0].bytes) == SOURCE).all(axis=2)[~mask].all()


@given(
    width=st.integers(1, 5000),
    height=st.integers(1, 5000),
    share=st.floats(0, 5),
    by_ratio=st.booleans(),
    data=st.data(),
)
def test_every_box_holds_the_mask_and_its_margin(
    width: int, height: int, share: float, by_ratio: bool, data: st.DataObject
) -> None:
    """It lies inside of the picture, and its size is one that the model takes, of its ratio."""
    left, top = data.draw(st.integers(0, width - 1)), data.draw(st.integers(0, height - 1))
    across = data.draw(st.integers(1, width - left))
    down = data.draw(st.integers(1, height - top))
    mask = rectangle(left, top, across, down, (width, height))
    model = Model(frozenset(), ratios=("1:1", "3:2", "2:3", "16:9", "9:16")) if by_ratio else MODEL
    try:
        box, sent = crop_box(mask, share, model)
    except InvalidRequest:
        # only what has no size of nearly its ratio
        narrow = min(width, height) / max(width, height)
        assert by_ratio or narrow < 0.2 or min(across, down) / max(across, down) < 0.2
        return
    margin = max(32, share * max(across, down))

    assert box.left >= 0
    assert box.top >= 0
    assert box.right <= width
    assert box.bottom <= height
    assert box.left <= max(0, left - margin) or box.width >= min(width, across + 2 * margin) - 1
    assert box.top <= max(0, top - margin) or box.height >= min(height, down + 2 * margin) - 1
    assert box.left <= left
    assert box.right >= left + across
    assert box.top <= top
    assert box.bottom >= top + down
    assert 1008 <= max(sent.width, sent.height) <= 2048
    assert abs(np.log(box.width * sent.height / (box.height * sent.width))) <= 0.0301

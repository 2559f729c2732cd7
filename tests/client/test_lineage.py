"""What a request was made with is in the journal, by the content that was given."""

from __future__ import annotations

import hashlib
import io
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import PIL.Image
import pytest

from lumen_widgets.client import (
    CallableHosting,
    DataURIHosting,
    LumenClient,
    Picture,
    SubmitOutcomeUnknown,
)
from lumen_widgets.client.history.account_journal import request_of
from lumen_widgets.journal import Journal
from tests.client import fault_server as fault
from tests.client.fault_server import http
from tests.client.redrawing import RedrawingModel, disc, file_of, landscape
from tests.client.service import Service, png

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from lumen_widgets.client import Task

    Connect = Callable[..., LumenClient]

SIZE = (60, 40)
MASK = np.eye(40, 60, dtype=bool)


@pytest.fixture
def client(service: Service, connect: Connect) -> LumenClient:
    """Return a client of a service that makes red pictures."""
    service.pictures["/red"] = [http(200, png("red", SIZE))]
    service.statuses["*"] = [service.succeeded("red")]
    return connect(service.server.url, hosting=DataURIHosting(10**7))


@pytest.fixture
def ours(client: LumenClient) -> Picture:
    """Return a picture that was made here."""
    return client.generate("a cat").wait(60)[0]


def made_from(client: LumenClient, task: Task) -> list[str]:
    """Return what the journal says that a task was made with."""
    journal = client.journal
    assert journal is not None
    row = journal.find(origin=client.base_url, account=client.fingerprint, task_id=task.id)
    assert row is not None
    return journal.made_from(row.number)


def digest(data: bytes) -> str:
    """Return the hex digest of a file's bytes."""
    return hashlib.sha256(data).hexdigest()


def test_a_picture_of_ours_in_any_shape(client: LumenClient, ours: Picture, tmp_path: Path) -> None:
    """As itself, by its bytes, and by a file that it was saved to; and the journal finds both."""
    path = ours.save(tmp_path / "cat.png")
    shapes: list[Any] = [ours, ours.bytes, path, str(path), io.BytesIO(ours.bytes)]
    for shape in shapes:
        assert made_from(client, client.edit("snow", shape)) == [ours.sha256]
    journal = Journal(tmp_path / "journal")
    assert len(journal.led_to(ours.sha256)) == len(shapes)
    # the service makes the same of each of them, sooner or later
    row_number, _ = journal.find_by_sha256(ours.sha256)[-1]
    assert [row.task_id for row in journal.rows_by_number([row_number])] == [ours.task.id]


def test_several_references_are_in_their_order(client: LumenClient, ours: Picture) -> None:
    """Of several pictures each is written down; pixels and addresses have no file to know."""
    array = np.zeros((4, 6, 3), np.uint8)
    task = client.edit(
        "snow",
        [png("blue"), "https://example.org/cat.png", array, ours, PIL.Image.new("RGB", (6, 4))],
    )

    assert made_from(client, task) == [digest(png("blue")), ours.sha256]
    assert made_from(client, client.generate("a dog")) == []


def test_a_picture_that_travels_by_its_address(
    service: Service, client: LumenClient, ours: Picture
) -> None:
    """Its address says nothing; the picture is known all the same."""
    assert ours.url is not None
    task = client.edit("snow", ours)

    assert service.server.posts[-1].body["image_urls"] == [ours.url]
    assert made_from(client, task) == [ours.sha256]
    assert made_from(client, client.edit("snow", ours.url)) == []


@pytest.mark.parametrize("fields", [{}, {"exact": False}])
def test_a_mask_is_no_source(client: LumenClient, ours: Picture, fields: dict[str, Any]) -> None:
    """A repaint is made from the picture alone, also where the mask is a file."""
    mask = io.BytesIO()
    PIL.Image.fromarray(MASK).save(mask, "PNG")
    for area in (MASK, mask.getvalue()):
        task = client.inpaint("a hat", ours, area, **fields)
        assert made_from(client, task) == [ours.sha256]


@pytest.mark.parametrize("fields", [{}, {"crop": 0.5}])
def test_an_exact_picture_leads_on(
    service: Service, connect: Connect, tmp_path: Path, fields: dict[str, Any]
) -> None:
    """What is made of it is found by it and by what came; a crop is of the picture it is cut from.

    Sent again, also where only the crop is left of it, it is made from the same.
    """
    model = RedrawingModel(service, None if fields else (512, 384))
    client = connect(service.server.url, hosting=model.uploads)
    source = file_of(landscape())
    with service.holding_statuses():
        first = client.inpaint("a lake", source, disc(), **fields)
        service.statuses["*"] = [model.answer()]
    exact = first.wait(60)[0]
    assert exact.raw.sha256 != exact.sha256
    by_exact = client.edit("snow", exact.bytes)
    by_raw = client.edit("snow", exact.raw)
    again = client.submit(first.request)

    assert made_from(client, first) == made_from(client, again) == [digest(source)]
    journal = Journal(tmp_path / "journal")
    for picture in (exact, exact.raw):
        rows = journal.rows_by_number(journal.led_to(picture.sha256))
        assert [row.task_id for row in rows] == [by_exact.id, by_raw.id]


def test_an_extension_is_made_from_the_picture(client: LumenClient, ours: Picture) -> None:
    """Not from what was sent, which has new ground already."""
    assert made_from(client, client.extend("more", ours, left=16)) == [ours.sha256]


def test_sent_again_it_is_made_from_the_same(client: LumenClient, ours: Picture) -> None:
    """An edit whose pictures stand in it by their addresses."""
    task = client.edit("snow", [ours, png("blue")])

    assert made_from(client, client.submit(task.request)) == [ours.sha256, digest(png("blue"))]


def test_sent_again_by_another_kernel_it_is_made_from_the_same(
    client: LumenClient, ours: Picture
) -> None:
    """The journal's own word for the request has an address that says nothing."""
    task = client.edit("snow", ours)
    assert client.journal is not None
    row = client.journal.find(origin=client.base_url, account=client.fingerprint, task_id=task.id)

    assert request_of(row).made_from == (ours.sha256,)
    assert made_from(client, client.submit(request_of(row))) == [ours.sha256]


@pytest.mark.parametrize("exact", [None, True, False], ids=["edit", "exact", "as it comes"])
@pytest.mark.parametrize("later", [False, True], ids=["here", "by another kernel"])
def test_sent_again_with_another_picture_it_is_made_from_that(
    client: LumenClient, connect: Connect, ours: Picture, *, exact: bool | None, later: bool
) -> None:
    """Or from nothing that is known here: its code would have the first one paid again."""
    names = iter(["cat.png", "mask.png"])
    hosting = CallableHosting(lambda *_: f"https://files.example/{next(names)}")
    client = connect(client.base_url, hosting=hosting)
    if exact is None:
        task = client.edit("snow", ours)
    else:
        task = client.inpaint("snow", ours, MASK, exact=exact)
    request, journal = task.request, client.journal
    if later:
        assert journal is not None
        request = request_of(journal.rows()[0])
    named = {"image_urls": ["https://example.org/dog.png"]}
    mask = {"mask_url": "https://example.org/mask.png"}
    other, painted = (
        client.submit(replace(request, body={**request.body, **changed}))
        for changed in (named, mask)
    )

    assert made_from(client, other) == []
    assert other.request.repaint is None
    assert made_from(client, painted) == [ours.sha256]
    assert painted.request.repaint is None


def test_it_is_known_whatever_the_answer_is(connect: Connect, tmp_path: Path) -> None:
    """It is written with the row, before the request is sent."""
    with (
        fault.FaultServer(fault.drops_after_reading) as server,
        pytest.raises(SubmitOutcomeUnknown),
    ):
        connect(server.url, hosting=DataURIHosting(10**7)).edit("snow", png())
    journal = Journal(tmp_path / "journal")

    assert journal.made_from(journal.rows()[0].number) == [digest(png())]


def test_what_was_forgotten_is_paid_anew(
    client: LumenClient, service: Service, ours: Picture, tmp_path: Path
) -> None:
    """``reuse=True`` does not find it; the picture in memory can still be used."""
    journal = Journal(tmp_path / "journal")
    again = client.generate("a cat", reuse=True)
    assert again.id == ours.task.id
    ((row, _),) = journal.find_by_sha256(ours.sha256)
    assert journal.forget([row]).rows == (row,)

    assert client.generate("a cat", reuse=True).id != ours.task.id
    assert ours.save(tmp_path / "still here.png").read_bytes() == ours.bytes
    assert made_from(client, client.edit("snow", ours.bytes)) == [ours.sha256]

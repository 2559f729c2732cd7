"""What a task knows of what it repaints, against the real sandbox."""

from __future__ import annotations

import dataclasses
import io
import pickle
from typing import TYPE_CHECKING

import numpy as np
import PIL.Image
import pytest

from lumen_widgets.client import InvalidRequest, LumenClient
from lumen_widgets.client.hosting.protocol import HostedFile

if TYPE_CHECKING:
    from pathlib import Path

    from tests.sandboxes import SandboxServer

PICTURE = np.full((96, 128, 3), (200, 120, 40), np.uint8)
MASK = np.zeros((96, 128), bool)
MASK[:48, :32] = True


class Counted:
    """A hosting that takes everything and counts it; nothing can be fetched from it."""

    def __init__(self) -> None:
        self.taken: list[bytes] = []

    def put(self, data: bytes, media_type: str, digest: str) -> HostedFile:
        """Take a file."""
        self.taken.append(data)
        return HostedFile(f"https://pictures.invalid/{digest}.png")


class Painter:
    """Stands where a mask painter is in which nothing is painted."""

    def __lumen_mask__(self) -> PIL.Image.Image:
        """Return the empty mask."""
        return PIL.Image.new("1", (128, 96))


@pytest.fixture
def client(sandbox: SandboxServer, tmp_path: Path) -> LumenClient:
    """Return a client of the run's sandbox, with a journal of its own."""
    return LumenClient(sandbox.api_key, sandbox.url, journal=tmp_path / "journal")


def test_a_task_knows_what_it_repaints_and_so_does_the_same_request_again(
    client: LumenClient,
) -> None:
    """The share and the mask in small stay with the request; the rest of the mask does not."""
    task = client.inpaint("a corgi", PICTURE, MASK)
    known = task.request.repaint
    assert known is not None
    assert known.share == 0.125
    shown = np.asarray(PIL.Image.open(io.BytesIO(known.thumbnail)))
    assert shown.shape == (48, 64)
    assert np.array_equal(shown, MASK[::2, ::2] * np.uint8(255))

    again = client.submit(task.request)
    assert again.request.repaint == known
    assert again.request == task.request
    assert pickle.loads(pickle.dumps(task.request)).repaint == known  # noqa: S301 # our own bytes
    assert len(pickle.dumps(known)) < 1000
    assert "repaint" not in repr(task.request)


@pytest.mark.slow
def test_the_journal_keeps_nothing_of_it(client: LumenClient, sandbox: SandboxServer) -> None:
    """What is read from the journal later knows the mask's address, as it always did."""
    task = client.inpaint("a corgi", PICTURE, MASK)
    task.wait(60)
    assert client.journal is not None
    (row,) = client.journal.rows()
    assert set(row.body) == {"model", "prompt", "image_urls", "mask_url"}
    later = LumenClient(sandbox.api_key, sandbox.url, journal=client.journal)

    assert later.task(task.id).request.repaint is None


@pytest.mark.slow
def test_what_was_not_seen_here_is_not_known(client: LumenClient) -> None:
    """A prompt repaints nothing, and a mask given by its address was never read."""
    made = client.generate("a fox")
    assert made.request.repaint is None
    first = client.inpaint("a corgi", PICTURE, MASK)
    url = first.request.body["mask_url"]
    assert client.inpaint("a corgi", PICTURE, url).request.repaint is None
    replaced = client.inpaint("a corgi", PICTURE, ~MASK, extra={"mask_url": url})

    assert replaced.request.repaint is None


@pytest.mark.parametrize("mask", [Painter(), np.zeros((96, 128), bool)], ids=["painter", "array"])
def test_an_empty_mask_costs_no_upload_and_no_credits(
    sandbox: SandboxServer, tmp_path: Path, mask: Painter
) -> None:
    """It is refused before the picture is hosted, and before anything is written down."""
    hosting = Counted()
    client = LumenClient(
        sandbox.api_key, sandbox.url, journal=tmp_path / "journal", hosting=hosting
    )
    with pytest.raises(InvalidRequest, match="empty mask") as caught:
        client.inpaint("a corgi", PICTURE, mask)

    assert caught.value.next_step
    assert hosting.taken == []
    assert client.journal is not None
    assert client.journal.rows() == []


def test_a_request_of_ones_own_may_say_what_it_repaints(client: LumenClient) -> None:
    """A copy of a request keeps what is known, and takes no part in comparing requests."""
    task = client.inpaint("a corgi", PICTURE, MASK)
    other = dataclasses.replace(task.request, repaint=None)

    assert other == task.request
    assert client.submit(other).request.repaint is None

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import PIL.Image
import pytest

from lumen_widgets.client import InvalidRequest, LumenClient
from lumen_widgets.client.hosting.protocol import HostedFile
from lumen_widgets.masks import Rectangle
from lumen_widgets.widgets import MaskPainter
from tests.client_files.samples import encoded, gradient
from tests.conditions import PATIENCE
from tests.widgets.painters import Page, Wire

if TYPE_CHECKING:
    from pathlib import Path

    from tests.sandboxes import SandboxServer

PICTURE = np.asarray(gradient(160, 128))


@pytest.mark.slow
def test_only_what_is_painted_is_repainted(client: LumenClient) -> None:
    """Every pixel outside the mask comes back bit for bit; inside there is something new."""
    painter = MaskPainter(PICTURE)
    painter.stroke([(30, 30), (120, 90), (60, 100)], radius=17)
    painter.ellipse(90, 20, 50, 40, "subtract")
    (picture,) = client.inpaint("a corgi", PICTURE, painter).wait(PATIENCE)
    pixels, mask = picture.to_numpy(), painter.array

    assert pixels.shape == PICTURE.shape
    assert np.array_equal(pixels[~mask], PICTURE[~mask])
    assert (pixels[mask] != PICTURE[mask]).any(axis=-1).mean() > 0.5
    painter.close()


@pytest.mark.slow
def test_a_picture_is_extended_by_what_was_dragged(client: LumenClient) -> None:
    """The sides are those that the call takes; the picture is in the result, bit for bit."""
    painter = MaskPainter(PICTURE)
    sides = {"left": 48, "top": 16, "right": 0, "bottom": 0}
    Wire(painter).say({"kind": "sides", "copy_id": "a", "number": 1, "sides": sides})
    (picture,) = client.extend("more of it", PICTURE, **painter.sides).wait(PATIENCE)
    pixels = picture.to_numpy()

    assert pixels.shape == (128 + 16, 160 + 48, 3)
    assert np.array_equal(pixels[16:, 48:], PICTURE)
    painter.close()


@pytest.mark.slow
def test_what_a_page_painted_last_is_repainted(client: LumenClient) -> None:
    """A call waits for the stroke that is on its way."""
    painter = MaskPainter(PICTURE)
    page = Page(Wire(painter))
    page.hello()

    def on_its_way(content: dict[str, Any]) -> None:
        if content["kind"] == "ask":
            page.later(0.01, Rectangle(40, 30, 60, 60))

    page.wire.answer = on_its_way
    task = client.inpaint("a corgi", PICTURE, painter)
    (picture,) = task.wait(PATIENCE)
    mask = np.zeros(PICTURE.shape[:2], bool)
    mask[30:90, 40:100] = True

    assert task.request.repaint is not None
    assert task.request.repaint.share == mask.mean()
    assert np.array_equal(picture.to_numpy()[~mask], PICTURE[~mask])
    painter.close()


@pytest.mark.slow
def test_a_photo_is_repainted_where_it_was_painted_as_it_was_seen(client: LumenClient) -> None:
    """A camera's picture that lies on its side is uploaded upright, as the painter shows it."""
    exif = PIL.Image.Exif()
    exif[0x0112] = 6
    photo = encoded(gradient(160, 128), "JPEG", exif=exif, quality=95)
    painter = MaskPainter(photo)
    painter.rectangle(10, 90, 70, 60)
    assert painter.mask.size == (128, 160)
    (picture,) = client.inpaint("a corgi", photo, painter).wait(PATIENCE)

    assert (picture.width, picture.height) == (128, 160)
    painter.close()


class Counted:
    """A hosting that takes everything and counts it; its addresses cannot be fetched."""

    def __init__(self) -> None:
        self.taken: list[bytes] = []

    def put(self, data: bytes, media_type: str, digest: str) -> HostedFile:
        """Take a file."""
        self.taken.append(data)
        return HostedFile(f"https://pictures.invalid/{digest}.png")


@pytest.mark.parametrize("how", ["never painted", "undone", "erased"])
def test_an_empty_painter_is_refused_before_anything_is_sent_or_paid(
    sandbox: SandboxServer, tmp_path: Path, how: str
) -> None:
    """Nothing is uploaded, no credits are spent, and nothing is written down."""
    painter = MaskPainter(PICTURE)
    if how != "never painted":
        painter.rectangle(0, 0, 50, 50)
    if how == "undone":
        painter.undo()
    if how == "erased":
        painter.stroke([(25, 25)], 90, erase=True)
    hosting = Counted()
    client = LumenClient(
        sandbox.api_key, sandbox.url, journal=tmp_path / "journal", hosting=hosting
    )
    credits_before = sandbox.set()["credits"]
    with pytest.raises(InvalidRequest, match="MaskPainter with an empty mask") as caught:
        client.inpaint("a corgi", PICTURE, painter)

    assert caught.value.field == "mask"
    assert "Paint what is to be repainted" in caught.value.next_step
    assert not caught.value.may_have_cost
    assert hosting.taken == []
    assert sandbox.set()["credits"] == credits_before
    assert client.journal is not None
    assert client.journal.rows() == []
    painter.close()


def test_a_painter_of_another_picture_is_refused_before_anything_is_paid(
    client: LumenClient, sandbox: SandboxServer
) -> None:
    """A mask that lies elsewhere would repaint the wrong thing."""
    painter = MaskPainter(PICTURE)
    painter.invert()
    credits_before = sandbox.set()["credits"]
    with pytest.raises(InvalidRequest, match="160 x 128"):
        client.inpaint("a corgi", PICTURE[:100], painter)

    assert sandbox.set()["credits"] == credits_before
    painter.close()

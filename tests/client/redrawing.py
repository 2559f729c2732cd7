"""A model that redraws everything a little, as real ones do, behind a service of tests."""

from __future__ import annotations

import base64
import io
from typing import TYPE_CHECKING

import numpy as np
import PIL.Image

from lumen_widgets.client.hosting.protocol import HostedFile
from tests.client.fault_server import http

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tests.client.service import Service

COLOUR = (20, 60, 220)
"""What it paints inside of the mask."""


class Uploads:
    """A hosting that takes everything, and gives it back by its address."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}

    def put(self, data: bytes, media_type: str, digest: str) -> HostedFile:
        """Take a file."""
        url = f"https://pictures.invalid/{len(self.files)}-{digest[:8]}.png"
        self.files[url] = data
        return HostedFile(url)


class RedrawingModel:
    """Answers the newest repaint of a service.

    Attributes
    ----------
    picture, mask
        What the newest repaint sent; the mask is bool.
    size
        Width and height of its answers; None answers in the size of what was sent.

    """

    def __init__(self, service: Service, size: tuple[int, int] | None = (512, 384)) -> None:
        self.uploads = Uploads()
        self.size = size
        self._service = service

    def picture(self) -> NDArray[np.uint8]:
        """Return the picture that was sent."""
        return pixels(self._file(self._service.server.posts[-1].body["image_urls"][0]))

    def mask(self) -> NDArray[np.bool_]:
        """Return the mask that was sent."""
        white = pixels(self._file(self._service.server.posts[-1].body["mask_url"]))[..., 0] > 127
        return np.asarray(white, bool)

    def _file(self, url: str) -> bytes:
        kind, _, data = url.partition(",")
        return base64.b64decode(data) if kind.startswith("data:") else self.uploads.files[url]

    def answer(self, name: str = "result") -> dict[str, object]:
        """Return the status of the newest repaint, with the picture that was made of it."""
        sent = self.picture()[..., :3].astype(float)
        noise = np.random.default_rng(7).normal(0, 2, sent.shape)
        made = np.roll(sent, 1, axis=1) * (1.02, 0.97, 1.0) + (5, -4, 3) + noise
        made[self.mask()] = COLOUR
        image = PIL.Image.fromarray(made.clip(0, 255).astype(np.uint8))
        image = image.resize(self.size or image.size, PIL.Image.Resampling.LANCZOS)
        self._service.pictures[f"/{name}"] = [http(200, file_of(np.asarray(image)))]
        return self._service.succeeded(name)


def pixels(data: bytes) -> NDArray[np.uint8]:
    """Return a file's pixels, red, green, blue and where it has any alpha."""
    image = PIL.Image.open(io.BytesIO(data))
    mode = "RGBA" if "A" in image.mode or "transparency" in image.info else "RGB"
    return np.asarray(image.convert(mode))


def file_of(array: NDArray[np.uint8], kind: str = "PNG") -> bytes:
    """Return pixels as a file."""
    file = io.BytesIO()
    PIL.Image.fromarray(array).save(file, kind)
    return file.getvalue()


def landscape(width: int = 480, height: int = 360) -> NDArray[np.uint8]:
    """Return a picture with something to hold on to in it."""
    y, x = np.mgrid[:height, :width]
    hills = 40 * np.sin(x / 23) + 30 * np.cos(y / 17) + 20 * np.sin((x + 2 * y) / 11)
    return np.stack([120 + hills, 90 + x / width * 80, 60 + y / height * 120], 2).astype(np.uint8)


def disc(width: int = 480, height: int = 360) -> NDArray[np.bool_]:
    """Return a mask in the middle of it."""
    y, x = np.mgrid[:height, :width]
    inside = (x - width / 2) ** 2 + (y - height / 2) ** 2 < (min(width, height) / 6) ** 2
    return np.asarray(inside, bool)

"""A model that redraws all of a picture, as real ones do: in another size, colours and place.

What it does is known to the pixel, so that what is left of it can be measured.
"""

from __future__ import annotations

import io
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image, ImageDraw, ImageFilter
from scipy.ndimage import distance_transform_edt

if TYPE_CHECKING:
    from tests.client.exact.photographs import Mask, Pixels


@dataclass(frozen=True)
class SimulatedModel:
    """What a model does to a picture beside repainting it; what is a range is drawn from it.

    Attributes
    ----------
    pixels, multiple
        It answers with about so many pixels, in sides that are multiples.
    drift
        It moves the picture by as much in each direction, in pixels of its answer.
    cast, shift
        It multiplies each channel by up to 1 more or less this, and adds or takes up to that.
    blur, grain
        It blurs, and adds noise, both as standard deviations.
    quality
        It writes a JPEG of this quality.
    redraws
        The part outside of the mask that it paints something else on.
    crops
        Where its sides have other proportions, it cuts off what is too much, and stretches nothing.

    """

    pixels: int = 1024 * 1024
    multiple: int = 16
    drift: float = 3.0
    cast: float = 0.08
    shift: float = 8.0
    blur: float = 0.7
    grain: float = 3.0
    quality: int = 90
    redraws: float = 0.0
    crops: bool = False

    def size(self, width: int, height: int) -> tuple[int, int]:
        """Return width and height of its answers to pictures of a size."""
        scale = (self.pixels / (width * height)) ** 0.5
        across, down = (
            max(self.multiple, round(side * scale / self.multiple) * self.multiple)
            for side in (width, height)
        )
        return across, down

    def answer(self, ideal: Pixels, mask: Mask, seed: int) -> Answer:
        """Return what it makes of a picture whose repainted part is perfect.

        Parameters
        ----------
        ideal
            The picture, repainted.
        mask
            Where it was; what it redraws beside lies elsewhere.
        seed
            Of all that is drawn from ranges.

        """
        draws = np.random.default_rng(seed)
        height, width = mask.shape
        size = self.size(width, height)
        right, down = draws.uniform(-self.drift, self.drift, 2)
        image = self._moved(ideal, size, right, down)
        if self.redraws:
            image = self._redrawn(image, mask, draws)
        image = image.filter(ImageFilter.GaussianBlur(self.blur))
        gains = 1 + draws.uniform(-self.cast, self.cast, 3)
        offsets = draws.uniform(-self.shift, self.shift, 3)
        values = np.asarray(image) * gains + offsets
        values += draws.normal(0, self.grain, values.shape)
        pixels = np.clip(np.rint(values), 0, 255).astype(np.uint8)
        return Answer(_as_jpeg(pixels, self.quality), (right, down), gains, offsets)

    def _moved(
        self, ideal: Pixels, size: tuple[int, int], right: float, down: float
    ) -> Image.Image:
        height, width = ideal.shape[:2]
        across, along = width / size[0], height / size[1]
        if self.crops:
            across = along = min(across, along)
        # what is moved into the picture
        border = math.ceil(self.drift * max(across, along)) + 1
        wide = np.pad(ideal, ((border, border), (border, border), (0, 0)), "edge")
        left = border + (width - size[0] * across) / 2 - right * across
        top = border + (height - size[1] * along) / 2 - down * along
        box = left, top, left + size[0] * across, top + size[1] * along
        return Image.fromarray(wide).resize(size, Image.Resampling.LANCZOS, box)

    def _redrawn(self, image: Image.Image, mask: Mask, draws: np.random.Generator) -> Image.Image:
        """Put in discs of the picture turned round, until enough of the outside is another."""
        painted, outside = Image.new("L", image.size), Image.fromarray(~mask).resize(image.size)
        draw, free = ImageDraw.Draw(painted), np.asarray(outside)
        while np.asarray(painted)[free].mean() < 255 * self.redraws:
            x, y = draws.uniform(0, 1, 2) * image.size
            radius = draws.uniform(0.03, 0.1) * image.width
            draw.ellipse((x - radius, y - radius, x + radius, y + radius), 255)
        painted.paste(0, mask=Image.fromarray(~free))
        turned = image.transpose(Image.Transpose.ROTATE_180)
        return Image.composite(turned, image, painted.filter(ImageFilter.GaussianBlur(3)))


@dataclass(frozen=True)
class Answer:
    """What a model sent, and what it had done: drift in its pixels, gains and offsets."""

    pixels: Pixels
    drift: tuple[float, float]
    gains: np.ndarray
    offsets: np.ndarray


def joined(source: Pixels, mask: Mask, other: Pixels) -> Pixels:
    """Return a source repainted perfectly: something else, which meets what surrounds it.

    Real models paint so. What meets nothing has an edge of its own there, which no way to put a
    picture back can take away.
    """
    image = Image.fromarray(other).resize(mask.shape[::-1], Image.Resampling.LANCZOS)
    depths = distance_transform_edt(mask)
    part = np.clip((depths - 3) / max(8.0, 0.6 * float(depths.max())), 0, 1)
    part = (part * part * (3 - 2 * part))[..., None]
    made: Pixels = np.rint(source * (1 - part) + np.asarray(image) * part).astype(np.uint8)
    return made


def _as_jpeg(pixels: Pixels, quality: int) -> Pixels:
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "JPEG", quality=quality)
    with Image.open(file) as image:
        return np.asarray(image.convert("RGB"), np.uint8)

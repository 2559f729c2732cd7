"""An alteration is what a model does to a whole picture of which it was to repaint a part.

Real models decode all of their picture anew. What they were told to keep comes back moved by a
pixel or two, in slightly other colours, softer, and with a grain of its own; parts of it may come
back as something else.
"""

from __future__ import annotations

import json
import math
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image, ImageFilter

from lumen_widgets.sandbox.engine.field import noise, to_canvas, to_image
from lumen_widgets.sandbox.engine.view import seed_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.random import Generator
    from numpy.typing import NDArray

    from lumen_widgets.sandbox.engine.field import Field
    from lumen_widgets.sandbox.engine.job import Redrawing

# The ranges of all that a seed decides. They begin above zero: each picture shows all of it.
_DRIFT = (1.0, 2.0)
_GAIN = (0.02, 0.08)
_OFFSET = (2.0, 8.0)
_BLUR = (0.5, 0.9)
# More than a drift and what resampling looks at, in pixels.
_MARGIN = 6
# Of what comes back as something else: how many places across the shorter side, how far its
# brightness is off where the picture by chance looks the same there, and how soft its edge is.
_PLACES = 5
_UNLIKE = 96.0
_EDGE = 1.5
# Digits that are kept: what the picture's file says of the alteration is then all there is to it.
_DIGITS = 3


@dataclass(frozen=True)
class Alteration:
    """What is done to one picture.

    Attributes
    ----------
    drift
        How far it is moved to the right and down, in its own pixels.
    gain, offset
        What each level of red, green and blue is multiplied by, and what is then added to it.
    blur
        The radius of its blur, in pixels.
    grain
        The standard deviation of its grain, in levels.
    changed
        The share of what lies outside of the coarse mask that comes back as something else.
    seed
        Where grain and changes come from.

    """

    drift: tuple[float, float]
    gain: tuple[float, float, float]
    offset: tuple[float, float, float]
    blur: float
    grain: float
    changed: float
    seed: int

    @classmethod
    def of_seed(cls, seed: int, redrawing: Redrawing) -> Alteration:
        """Draw an alteration; one without grain or changes has all else of the one with them."""
        rng = np.random.default_rng(seed_of(seed, "alteration"))
        angle, length = rng.uniform(0, 2 * math.pi), rng.uniform(*_DRIFT)
        return cls(
            drift=(_rounded(length * math.cos(angle)), _rounded(length * math.sin(angle))),
            gain=_for_each_channel(lambda: 1 + _either(rng, *_GAIN)),
            offset=_for_each_channel(lambda: _either(rng, *_OFFSET)),
            blur=_rounded(rng.uniform(*_BLUR)),
            grain=redrawing.grain,
            changed=redrawing.changed,
            seed=seed,
        )

    def to_json(self) -> str:
        """Write it down for the ``lumen:alteration`` chunk of the picture's file."""
        return json.dumps({name: part for name, part in asdict(self).items() if name != "seed"})

    def applied(self, picture: Image.Image, outside: NDArray[np.bool_]) -> Image.Image:
        """Return a picture with all of it done.

        Parameters
        ----------
        picture
            RGB.
        outside
            Shape (height, width): what the model was to keep.

        """
        if self.changed and outside.any():
            picture = self._with_changes(picture, outside)
        picture = self._moved(picture).filter(ImageFilter.GaussianBlur(self.blur))
        return self._coloured(picture)

    def _with_changes(self, picture: Image.Image, outside: NDArray[np.bool_]) -> Image.Image:
        rng = np.random.default_rng(seed_of(self.seed, "changes"))
        places = noise(rng, outside.shape, _PLACES, octaves=3)
        least = np.quantile(places[outside], 1 - self.changed)
        chosen = Image.fromarray((places >= least) & outside).convert("L")
        other = to_canvas(picture.transpose(Image.Transpose.ROTATE_180))
        unlike = noise(rng, outside.shape, 4 * _PLACES, octaves=4) - np.float32(0.5)
        other += unlike[..., None] * np.float32(_UNLIKE)
        return Image.composite(
            to_image(other), picture, chosen.filter(ImageFilter.GaussianBlur(_EDGE))
        )

    def _moved(self, picture: Image.Image) -> Image.Image:
        around = ((_MARGIN, _MARGIN), (_MARGIN, _MARGIN), (0, 0))
        wider = Image.fromarray(np.pad(np.asarray(picture), around, "edge"))
        left, top = _MARGIN - self.drift[0], _MARGIN - self.drift[1]
        box = (left, top, left + picture.width, top + picture.height)
        return wider.resize(picture.size, Image.Resampling.BICUBIC, box)

    def _coloured(self, picture: Image.Image) -> Image.Image:
        canvas = to_canvas(picture)
        rng = np.random.default_rng(seed_of(self.seed, "grain"))
        for channel in range(3):
            plane = canvas[..., channel]
            plane *= np.float32(self.gain[channel])
            # a half, since what follows the point is cut off in the end
            plane += np.float32(self.offset[channel] + 0.5)
            if self.grain:
                plane += self._grain(rng, plane.shape)
        return to_image(canvas)

    def _grain(self, rng: Generator, shape: tuple[int, ...]) -> Field:
        field: Field = rng.standard_normal(shape, np.float32)
        field *= np.float32(self.grain)
        return field


def _either(rng: Generator, least: float, most: float) -> float:
    """Draw a number of that size, above or below zero."""
    return float(rng.uniform(least, most) * rng.choice((-1, 1)))


def _for_each_channel(number: Callable[[], float]) -> tuple[float, float, float]:
    return _rounded(number()), _rounded(number()), _rounded(number())


def _rounded(number: float) -> float:
    return round(float(number), _DIGITS)

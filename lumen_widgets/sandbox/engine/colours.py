"""The colours that a prompt can name, and how they are written in numbers."""

from __future__ import annotations

import colorsys
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


# Below this saturation the eye names no hue.
_LEAST_HUE = 0.2


@dataclass(frozen=True)
class Colour:
    """A colour: hue in degrees, saturation and lightness from 0 to 1."""

    hue: float
    saturation: float
    light: float

    @property
    def is_grey(self) -> bool:
        """Whether it is black, white or between: it has no hue to show."""
        return self.saturation < _LEAST_HUE


COLOURS = {
    "red": Colour(2, 0.78, 0.50),
    "orange": Colour(26, 0.92, 0.55),
    "yellow": Colour(48, 0.95, 0.58),
    "gold": Colour(43, 0.80, 0.52),
    "green": Colour(125, 0.50, 0.45),
    "teal": Colour(178, 0.60, 0.42),
    "blue": Colour(214, 0.75, 0.55),
    "purple": Colour(275, 0.55, 0.56),
    "pink": Colour(338, 0.80, 0.74),
    "brown": Colour(25, 0.45, 0.38),
    "white": Colour(40, 0.15, 0.93),
    "grey": Colour(215, 0.06, 0.58),
    "black": Colour(230, 0.08, 0.22),
}


def rgb(hue: float, saturation: float, light: float) -> NDArray[np.float32]:
    """Return red, green and blue, 0 to 255, of a hue in degrees and two numbers from 0 to 1.

    Numbers out of their range are brought into it.
    """
    values = colorsys.hls_to_rgb(
        (hue % 360) / 360, min(max(light, 0.0), 1.0), min(max(saturation, 0.0), 1.0)
    )
    return np.array(values, np.float32) * 255

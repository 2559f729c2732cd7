"""A view is what every layer of a scene agrees on: size, horizon, light and sources of chance."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from lumen_widgets.sandbox.engine.colours import COLOURS, rgb
from lumen_widgets.sandbox.engine.glyph import flies, swims

if TYPE_CHECKING:
    from lumen_widgets.sandbox.engine.field import Field
    from lumen_widgets.sandbox.engine.plan import Plan

_Hsl = tuple[float, float, float]

# The share of the picture above the horizon.
_HORIZON = 0.62
# Hue, saturation and lightness of the sky's top and of its lower edge, by hour.
_SKIES: dict[str, tuple[_Hsl, _Hsl]] = {
    "day": ((208, 0.62, 0.58), (40, 0.55, 0.92)),
    "sunset": ((262, 0.42, 0.36), (24, 0.92, 0.66)),
    "night": ((230, 0.58, 0.08), (246, 0.42, 0.29)),
}
_SPACE: tuple[_Hsl, _Hsl] = ((252, 0.60, 0.05), (262, 0.55, 0.10))
# How much darker than by day the land is, as lightness.
_DARKNESS = {"day": 0.0, "sunset": 0.15, "night": 0.34}
# What the hour's light does to red, green and blue of what stands in it.
_LIGHT = {"day": (1.0, 1.0, 1.0), "sunset": (1.0, 0.86, 0.78), "night": (0.60, 0.66, 0.88)}


def seed_of(*parts: object) -> int:
    """Return a seed for numpy from anything that has words, the same in every process."""
    text = "\x1f".join(str(part) for part in parts)
    return int.from_bytes(hashlib.sha256(text.encode("utf-8", "replace")).digest()[:8], "big")


@dataclass(frozen=True)
class Seeds:
    """Where a picture's chance comes from, apart so that an edit can keep some of it.

    Attributes
    ----------
    layout
        Where the subjects stand.
    land
        Hills, houses and trees.
    air
        Clouds, stars, weather and brush strokes.

    """

    layout: int
    land: int
    air: int


class View:
    """One scene's frame and light.

    Parameters
    ----------
    plan
        What the picture shows.
    seeds
        Its sources of chance.
    size
        (width, height) in pixels.

    """

    def __init__(self, plan: Plan, seeds: Seeds, size: tuple[int, int]) -> None:
        self.plan = plan
        self.width, self.height = size
        self.unit = min(size)
        self.scene = plan.scene or ("sea" if plan.lake else "meadow")
        self.time = plan.time or "day"
        self.horizon = int(self.height * _HORIZON)
        self.layout = np.random.default_rng(seeds.layout)
        self.land = np.random.default_rng(seeds.land)
        self.air = np.random.default_rng(seeds.air)
        self.darkness = _DARKNESS[self.time]
        self.light: Field = np.array(_LIGHT[self.time], np.float32)
        self.snowy = "snow" in plan.weather
        self.dull = bool({"rain", "fog", "snow", "cloud"} & set(plan.weather))
        self.wet = plan.lake or self.scene in {"sea", "beach"}
        # who neither swims nor flies needs a shore to stand on
        codes = [subject.glyph for subject in plan.subjects]
        on_foot = any(not flies(code) and not swims(code) for code in codes)
        self.shore = self.scene == "beach" or (self.wet and on_foot and self.scene != "room")
        self._pick_sky()
        # the sun stands beside the middle, where the subject is
        side = self.air.choice([-1, 1])
        self.sun_x = self.width * (0.5 + float(side * self.air.uniform(0.16, 0.34)))
        low = self.time == "sunset"
        self.sun_y = self.horizon * (0.80 if low else float(self.air.uniform(0.20, 0.36)))
        self.sun_radius = self.unit * (0.055 if low else 0.045)
        self.rows = np.arange(self.height, dtype=np.float32)[:, None]
        self.columns = np.arange(self.width, dtype=np.float32)[None]

    def _pick_sky(self) -> None:
        top, low = _SPACE if self.scene == "space" else _SKIES[self.time]
        drift = float(self.air.uniform(-6, 6))
        hue, saturation, light = top
        low_hue, low_saturation, low_light = low
        if self.plan.hue is not None:
            colour = COLOURS[self.plan.hue]
            hue, low_hue = colour.hue, colour.hue
            saturation = 0.05 if colour.is_grey else max(saturation, colour.saturation)
            low_saturation = min(low_saturation, saturation)
        if self.dull:
            saturation, low_saturation = saturation * 0.45, low_saturation * 0.45
            light = light * 0.7 + 0.15 * (1 - self.darkness)
            low_light *= 0.92
        self.sky_hue = hue + drift
        self.sky_top = rgb(self.sky_hue, saturation, light)
        self.sky_low = rgb(low_hue + drift, low_saturation, low_light)
        self.haze = rgb(low_hue + drift, low_saturation * 0.6, low_light)

    def paint(self, hue: float, saturation: float, light: float) -> Field:
        """Return a colour of the land as this hour's light shows it."""
        return rgb(
            hue, saturation * (0.7 if self.dull else 1.0), light - self.darkness * light * 1.5
        )

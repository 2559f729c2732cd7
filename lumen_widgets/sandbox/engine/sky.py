"""The sky: its gradient, sun or moon, stars and clouds; in space a planet before nebulas."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from lumen_widgets.sandbox.engine.colours import rgb
from lumen_widgets.sandbox.engine.field import blank, noise, over

if TYPE_CHECKING:
    from lumen_widgets.sandbox.engine.field import Field
    from lumen_widgets.sandbox.engine.view import View

_SUN = np.array([255, 249, 230], np.float32)
_CLOUDS = {
    "day": np.array([255, 255, 255], np.float32),
    "sunset": np.array([255, 190, 160], np.float32),
    "night": np.array([84, 90, 120], np.float32),
}


def draw_sky(view: View) -> Field:
    """Start a canvas with the whole sky; the land is drawn over its lower part."""
    if view.scene == "space":
        return _draw_space(view)
    mix: Field = (np.clip(view.rows / view.horizon, 0, 1) ** 1.15).astype(np.float32)
    column = view.sky_top * (1 - mix) + view.sky_low * mix
    canvas = blank(view.height, view.width)
    canvas[:] = column[:, None]
    if view.time == "night" and not view.dull:
        _draw_stars(view, canvas, view.horizon)
    if not {"rain", "snow"} & set(view.plan.weather):
        _draw_sun(view, canvas)
    _draw_clouds(view, canvas)
    return canvas


def _draw_sun(view: View, canvas: Field) -> None:
    distance = np.hypot(view.columns - view.sun_x, view.rows - view.sun_y)
    night = view.time == "night"
    glow = np.exp(-((distance / (view.sun_radius * 5.5)) ** np.float32(1.1)))
    over(canvas, _SUN, glow * np.float32(0.35 if night else 0.75))
    box = _around(view.sun_x, view.sun_y, view.sun_radius + 1)
    disc, columns, rows = canvas[box], view.columns[:, box[1]], view.rows[box[0]]
    over(disc, _SUN, np.clip(view.sun_radius - distance[box] + np.float32(0.5), 0, 1))
    if night:
        # the moon's seas: two soft spots keep it from looking like a lamp
        for dx, dy, size in ((-0.25, -0.2, 0.3), (0.3, 0.25, 0.22)):
            spot = np.hypot(
                columns - view.sun_x - dx * view.sun_radius,
                rows - view.sun_y - dy * view.sun_radius,
            )
            edge = (np.float32(size * view.sun_radius) - spot) / np.float32(view.sun_radius * 0.2)
            over(disc, rgb(230, 0.15, 0.80), np.clip(edge, 0, 1) * np.float32(0.5))


def _around(x: float, y: float, radius: float) -> tuple[slice, slice]:
    """Return the rows and columns that a disc touches."""
    row, column = (
        slice(max(0, int(middle - radius)), max(0, int(middle + radius) + 2)) for middle in (y, x)
    )
    return row, column


def _draw_stars(view: View, canvas: Field, below: int) -> None:
    # one star on about 2,300 square units of a 1024 picture; larger pictures get larger stars
    size = max(1, view.unit // 560)
    count = max(12, int(view.width * below / (size * size) / 2300))
    y = (view.air.random(count) * max(1, below - size)).astype(int)
    x = (view.air.random(count) * max(1, view.width - size)).astype(int)
    shine = (0.2 + 0.8 * view.air.random(count) ** 3).astype(np.float32)[:, None]
    for dy in range(size):
        for dx in range(size):
            canvas[y + dy, x + dx] += (255 - canvas[y + dy, x + dx]) * shine


def _draw_clouds(view: View, canvas: Field) -> None:
    if "clear" in view.plan.weather or (view.time == "night" and not view.dull):
        return
    sky = canvas[: view.horizon]
    cover = noise(view.air, sky.shape[:2], 3, octaves=6, stretch=2.0)
    start = 0.34 if view.dull else 0.53
    lower = np.float32(1) - view.rows[: view.horizon] / view.horizon
    alpha = np.clip((cover - start) * np.float32(2.8), 0, 1) * lower ** np.float32(0.5)
    colour = _CLOUDS[view.time]
    if view.dull:
        colour = colour * np.float32(0.80) if view.time != "night" else colour * np.float32(0.7)
    # thick cloud is a little darker than its edge
    shade = np.float32(1.02) - np.float32(0.16) * np.clip((cover - start - 0.12) * 3, 0, 1)
    over(sky, colour, alpha * np.float32(0.86), shade)


def _draw_space(view: View) -> Field:
    canvas = blank(view.height, view.width)
    canvas[:] = view.sky_top
    shape = (view.height, view.width)
    for turn, strength in ((62, 0.75), (-38, 0.6), (150, 0.35)):
        gas = noise(view.air, shape, 2.2, octaves=6)
        alpha = np.clip(gas * np.float32(1.7) - np.float32(0.8), 0, 1) * np.float32(strength)
        over(canvas, rgb(view.sky_hue + turn, 0.7, 0.46), alpha)
    _draw_stars(view, canvas, view.height)
    radius = view.unit * 0.2
    x = view.width * float(view.air.choice([0.2, 0.8]))
    y = view.height * 0.27
    dx, dy = view.columns - x, view.rows - y
    distance = np.hypot(dx, dy)
    lit = np.clip(1.2 - np.hypot(dx + radius * 0.5, dy + radius * 0.5) / (radius * 1.35), 0.06, 1.1)
    bands = np.float32(0.8) + np.float32(0.35) * noise(view.air, shape, 5, octaves=4, stretch=7)
    disc = np.clip(radius - distance + np.float32(0.5), 0, 1)
    over(canvas, rgb(view.sky_hue + 145, 0.5, 0.6), disc, lit * bands)
    return canvas

"""A scene is a whole picture before style and label: sky, land, cast and weather."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PIL import Image, ImageDraw

from lumen_widgets.sandbox.engine.cast import draw_cast
from lumen_widgets.sandbox.engine.field import noise, over
from lumen_widgets.sandbox.engine.land import draw_land
from lumen_widgets.sandbox.engine.sky import draw_sky
from lumen_widgets.sandbox.engine.town import draw_city, draw_room
from lumen_widgets.sandbox.engine.view import View

if TYPE_CHECKING:
    from lumen_widgets.sandbox.engine.field import Field
    from lumen_widgets.sandbox.engine.plan import Plan
    from lumen_widgets.sandbox.engine.view import Seeds


def draw_scene(plan: Plan, seeds: Seeds, size: tuple[int, int]) -> Field:
    """Draw a plan as a canvas of shape (height, width, 3).

    Parameters
    ----------
    plan
        What to show; its style is not applied here.
    seeds
        The sources of chance.
    size
        (width, height) in pixels, at least 64 each.

    """
    view = View(plan, seeds, size)
    canvas = draw_background(view)
    canvas = draw_cast(view, canvas)
    draw_weather(view, canvas)
    return np.clip(canvas, 0, 255)


def draw_background(view: View) -> Field:
    """Draw everything but subjects and weather."""
    canvas = draw_sky(view)
    if view.scene == "space":
        return canvas
    if view.scene == "city":
        return np.clip(draw_city(view, canvas), 0, 255)
    canvas = np.clip(draw_land(view, canvas), 0, 255)
    return draw_room(view, canvas) if view.scene == "room" else canvas


def draw_weather(view: View, canvas: Field) -> None:
    """Let snow or rain fall, or fog rise, over a canvas in place."""
    weather = view.plan.weather
    if view.scene == "space":
        return
    if "fog" in weather:
        drift = noise(view.air, canvas.shape[:2], 2, octaves=5, stretch=4)
        low = np.exp(-(((view.rows / view.height - np.float32(0.66)) / np.float32(0.22)) ** 2))
        # fog has light of its own: it spreads what the moon or a town gives
        veil = view.haze * np.float32(0.75) + np.float32(52)
        over(canvas, veil, np.clip(0.12 + low * (0.25 + 0.45 * drift), 0, 0.75))
    if "snow" not in weather and "rain" not in weather:
        return
    flakes = Image.new("L", (view.width, view.height))
    pen = ImageDraw.Draw(flakes)
    snow = "snow" in weather
    unit = view.unit
    for _ in range(int(220 * min(6.0, view.width * view.height / unit**2))):
        x, y, chance = view.air.random(3) * (view.width, view.height, 1)
        if snow:
            radius = max(0.6, unit * (0.0012 + 0.0040 * chance**2))
            pen.ellipse(
                (x - radius, y - radius, x + radius, y + radius), fill=int(130 + 100 * chance)
            )
        else:
            length = unit * (0.025 + 0.03 * chance)
            pen.line(
                (x, y, x - length * 0.22, y + length),
                fill=int(60 + 60 * chance),
                width=max(1, unit // 700),
            )
    over(canvas, np.full(3, 255, np.float32), np.asarray(flakes, np.float32) / np.float32(255))

"""What people build: a city's skyline above a wet street, and a room with a window."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PIL import ImageDraw

from lumen_widgets.sandbox.engine.colours import COLOURS, rgb
from lumen_widgets.sandbox.engine.field import (
    below,
    blank,
    blur,
    noise,
    profile,
    to_canvas,
    to_image,
)
from lumen_widgets.sandbox.engine.land import draw_water

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from lumen_widgets.sandbox.engine.field import Field
    from lumen_widgets.sandbox.engine.view import View

# The window of the room, as shares of the picture: left, top, right, sill.
_LEFT, _TOP, _RIGHT, SILL = 0.13, 0.07, 0.87, 0.70
_BOARD = 0.075
_LIT_BY_NIGHT = ((45, 0.85, 0.70), (45, 0.85, 0.62), (190, 0.85, 0.66), (320, 0.80, 0.68))
_LIT_BY_DAY = ((205, 0.45, 0.80), (205, 0.35, 0.70), (48, 0.35, 0.78))


def _ink(colour: Field) -> tuple[int, int, int]:
    red, green, blue = (int(value) for value in colour)
    return red, green, blue


def draw_city(view: View, canvas: Field) -> Field:
    """Draw three rows of houses and the street that mirrors them; return the canvas."""
    picture = to_image(canvas)
    pen = ImageDraw.Draw(picture)
    night = view.time == "night"
    for row in range(3):
        x = -0.02 * view.width
        while x < view.width:
            width = view.unit * view.land.uniform(0.08, 0.16)
            height = view.height * view.land.uniform(0.22, 0.52) * (1 - 0.2 * row)
            top = view.horizon + view.height * 0.03 * row - height
            wall = view.paint(view.sky_hue + view.land.uniform(-18, 28), 0.24, 0.60 - 0.13 * row)
            mix = np.float32(0.5 - 0.25 * row)
            pen.rectangle(
                (x, top, x + width, view.height), fill=_ink(wall * (1 - mix) + view.haze * mix)
            )
            if row:
                _light_windows(view, pen, (x, top, width, view.horizon - top), night=night)
            x += width * view.land.uniform(0.96, 1.25)
    canvas = to_canvas(picture)
    if night:
        # lit windows bleed into the wet air
        for channel in range(3):
            glow = blur(canvas[..., channel], view.unit / 60)
            canvas[..., channel] += np.clip(glow - 40, 0, 255) * np.float32(0.45)
    draw_water(view, canvas)
    pavement = view.height * 0.84 + view.height * 0.006 * profile(
        view.land, view.width, 3, octaves=3
    )
    grain = noise(view.land, (view.height, view.width), 30, octaves=3, stretch=3)
    street = view.paint(view.sky_hue, 0.10, 0.42)
    below(canvas, pavement, street, np.float32(0.92) + np.float32(0.14) * grain)
    return canvas


def _light_windows(
    view: View, pen: ImageDraw.ImageDraw, wall: tuple[float, float, float, float], *, night: bool
) -> None:
    left, top, width, height = wall
    pitch = max(3.0, view.unit * 0.026)
    columns = max(1, int(width / pitch))
    colours = [_ink(rgb(*colour)) for colour in (_LIT_BY_NIGHT if night else _LIT_BY_DAY)]
    for row in range(int(height / pitch / 1.2)):
        for column in range(columns):
            chance, pick = view.land.random(2)
            if chance > (0.5 if night else 0.75):
                continue
            x = left + (column + 0.25) * width / columns
            y = top + pitch * (0.5 + 1.2 * row)
            colour = colours[int(pick * len(colours))]
            pen.rectangle((x, y, x + width / columns * 0.5, y + pitch * 0.6), fill=colour)


def draw_room(view: View, canvas: Field) -> Field:
    """Put a wall with a window and a sill before an outdoor canvas; return the canvas."""
    x, y = view.columns / view.width, view.rows / view.height
    tone = COLOURS[view.plan.hue] if view.plan.hue is not None else None
    hue, saturation = (34.0, 0.34) if tone is None else (tone.hue, min(tone.saturation, 0.45))
    wall = view.paint(hue, saturation, 0.80) * view.light
    falloff = (
        np.float32(1.04) - np.float32(0.30) * np.abs(x - np.float32(0.5)) - np.float32(0.12) * y
    )
    plaster = noise(view.land, (view.height, view.width), 40, octaves=3)
    falloff = falloff * (np.float32(0.98) + np.float32(0.04) * plaster)
    frame = 0.020 * view.unit
    fx, fy = frame / view.width, frame / view.height
    window = _span((y > _TOP) & (y < SILL)), _span((x > _LEFT) & (x < _RIGHT))
    room = blank(view.height, view.width)
    for channel in range(3):
        np.multiply(wall[channel], falloff, out=room[..., channel])
    room[window] = canvas[window]
    glass = (x > _LEFT + fx) & (x < _RIGHT - fx) & (y > _TOP + fy) & (y < SILL - fy)
    bars = (np.abs(x - np.float32(0.5)) < fx * 0.4) | (np.abs(y - np.float32(0.30)) < fy * 0.3)
    white = view.paint(40, 0.25, 0.93) * view.light
    framed = (~glass | bars)[window]
    for channel in range(3):
        room[window][..., channel][framed] = white[channel]
    wood = noise(view.land, (view.height, view.width), 2.5, octaves=5, stretch=16)
    along = _span((x > _LEFT - 0.06) & (x < _RIGHT + 0.06))
    board = view.paint(26, 0.42, 0.58) * view.light
    for start, end, dim in (
        (SILL, SILL + _BOARD, 1.0),
        (SILL + _BOARD, SILL + _BOARD + 0.018, 0.66),
    ):
        part = _span((y >= start) & (y < end)), along
        grain = np.float32(0.86) + np.float32(0.24) * wood[part]
        for channel in range(3):
            room[part][..., channel] = board[channel] * grain * dim
    # the sill's shadow on the wall below it
    drop = (y - np.float32(SILL + _BOARD + 0.018)) / np.float32(0.05)
    part = _span((drop > 0) & (drop < 1)), along
    room[part] *= (np.float32(1) - np.float32(0.16) * (1 - drop[part[0]]))[..., None]
    return room


def _span(inside: NDArray[np.bool_]) -> slice:
    """Return where a row or a column of the picture is inside, which it is in one piece."""
    found = np.flatnonzero(inside)
    return slice(int(found[0]), int(found[-1]) + 1) if found.size else slice(0, 0)

"""The land under the open sky: ridges, hills, dunes, snow, trees and the water among them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from lumen_widgets.sandbox.engine.field import below, noise, over, profile, to_canvas, to_image
from lumen_widgets.sandbox.engine.glyph import render_glyph

if TYPE_CHECKING:
    from lumen_widgets.sandbox.engine.field import Field
    from lumen_widgets.sandbox.engine.view import View

_SNOW = np.array([248, 251, 255], np.float32)
_TREES = ("1f332", "1f332", "1f333")
_GROUND_HUES = {"desert": 34, "mountain": 104, "forest": 122, "beach": 42, "sea": 42}


def draw_land(view: View, canvas: Field) -> Field:
    """Draw ridges, then water or ground, over a sky; return the canvas."""
    if view.scene == "mountain":
        for step in range(3):
            _draw_ridge(view, canvas, step)
    else:
        _draw_hills(view, canvas)
    if view.wet:
        canvas = draw_trees(view, canvas, far=True)
        draw_water(view, canvas)
        if view.shore:
            _draw_ground(view, canvas, view.height * 0.80, layers=1)
    else:
        _draw_ground(view, canvas, view.horizon + view.height * 0.02, layers=3)
        canvas = draw_trees(view, canvas, far=False)
    return canvas


def _draw_ridge(view: View, canvas: Field, step: int) -> None:
    """Draw one mountain ridge; the higher `step`, the nearer."""
    rng, height, width = view.land, view.height, view.width
    near = step / 3
    foot = view.horizon + height * 0.02
    relief = min(height, width * 1.2) * (0.23 - 0.04 * step)
    peaks = profile(rng, width, 2.5 * width / view.unit + step, octaves=8)
    line = np.minimum(foot - height * (0.17 - 0.06 * step) - relief * peaks, foot)
    # facets: noise sheared along the slopes, as if light came from one side
    texture = noise(rng, (height, width), 9 + 4 * step, octaves=5, stretch=0.7)
    slope = np.gradient(np.convolve(np.pad(line, 6, "edge"), np.ones(13) / 13, "valid"))
    lean = np.float32(0.8 if step % 2 else -0.7)
    sheared = view.columns + (view.rows - line[None]) * lean + (texture - 0.5) * view.unit * 0.14
    facet = np.clip(slope * 0.24, -0.24, 0.24)[np.clip(sheared, 0, width - 1).astype(np.intp)]
    shade = (np.float32(0.86) + np.float32(0.28) * texture + facet).astype(np.float32)
    rock = view.paint(view.sky_hue + 8, 0.24, 0.56 - 0.10 * step)
    colour = rock * np.float32(0.55 + 0.45 * near) + view.haze * np.float32(0.45 - 0.45 * near)
    below(canvas, line, colour, shade)
    if not view.snowy and step > 0:
        return
    depth = (
        relief * (0.9 if view.snowy else 0.35) * (0.6 + 0.5 * profile(rng, width, 26, octaves=4))
    )
    reach = line + np.maximum(depth, 0).astype(np.float32)
    soft = np.float32(height * 0.014)
    alpha = np.clip((reach[None] - view.rows) / soft + (shade - 1) * 3, 0, 1)
    alpha *= np.clip(view.rows - line[None] + np.float32(0.5), 0, 1)
    snow = _snow(view)
    over(canvas, snow, alpha * np.float32(0.7 + 0.3 * near), np.clip(shade, 0.74, 1.03))


def _snow(view: View) -> Field:
    """Return the colour of snow in this hour's light, which it takes on more than land does."""
    return _SNOW * (
        view.light * np.float32(0.75 if view.time == "night" else 0.9) + np.float32(0.1)
    )


def _draw_hills(view: View, canvas: Field) -> None:
    for step in range(2):
        top = view.horizon - view.height * (0.035 - 0.02 * step)
        line = top - view.height * 0.055 * profile(view.land, view.width, 2 + 2 * step, octaves=5)
        line = np.minimum(line, view.horizon + view.height * 0.01)
        hill = view.paint(view.sky_hue + 6, 0.26, 0.62 - 0.10 * step)
        mix = np.float32(0.55 - 0.25 * step)
        below(canvas, line, hill * (1 - mix) + view.haze * mix)


def _draw_ground(view: View, canvas: Field, top: float, *, layers: int) -> None:
    hue = 92 if view.plan.lake else _GROUND_HUES.get(view.scene, 92)
    sandy = view.scene in {"desert", "beach", "sea"} and not view.plan.lake
    white = view.snowy and not sandy
    for layer in range(layers):
        rise = profile(view.land, view.width, 2, octaves=2 if sandy else 4)
        line = np.float32(top + view.height * 0.12 * layer) - view.height * 0.04 * rise
        saturation, light = (0.52, 0.66) if sandy else (0.42, 0.46)
        colour = view.paint(hue - 6 * layer, saturation, light - 0.05 * layer)
        if white:
            colour = _snow(view) * np.float32(0.96 - 0.03 * layer)
        grain = noise(view.land, (view.height, view.width), 14, octaves=5, stretch=3.0)
        below(canvas, line, colour, np.float32(0.90) + np.float32(0.18) * grain)


def draw_trees(view: View, canvas: Field, *, far: bool) -> Field:
    """Plant trees from back to front: many in a forest, a few elsewhere, none in deserts."""
    if view.scene in {"desert", "sea", "beach"}:
        return canvas
    dense = view.scene == "forest"
    spread = view.width / view.unit
    count = int((34 if dense else 9) * min(spread, 4))
    picture = to_image(canvas)
    drawings: dict[tuple[str, int], Image.Image] = {}
    for depth in sorted(view.land.random(count) ** 1.3):
        code = _TREES[int(view.land.integers(len(_TREES)))]
        x = view.width * view.land.uniform(-0.02, 1.02)
        # sizes in steps, so that a forest is cut from a handful of drawings
        size = view.unit * (0.08 + (0.05 if far else 0.15) * depth) * (1.4 if dense else 0.85)
        step = max(6, view.unit // 40)
        size = max(step, round(size / step) * step)
        base = view.horizon + view.height * (0.015 if far else 0.035 + 0.14 * depth)
        if (code, size) not in drawings:
            drawings[code, size] = render_glyph(code, size)
        tree = _tree(view, drawings[code, size], float(depth))
        picture.paste(tree, (int(x - tree.width / 2), int(base - tree.height)), tree)
    return to_canvas(picture)


def _tree(view: View, tree: Image.Image, depth: float) -> Image.Image:
    """Return a tree as it looks from afar, at this hour."""
    colours = np.asarray(tree, np.float32).copy()
    near = np.float32(0.72 + 0.25 * depth)
    dim = view.light * np.float32(1 - view.darkness)
    colours[..., :3] = colours[..., :3] * dim * near + view.haze * (1 - near)
    if view.snowy:
        top = np.linspace(1, 0, tree.height, dtype=np.float32)[:, None]
        over(colours[..., :3], _snow(view), np.broadcast_to(top * 0.8, colours.shape[:2]))
    return Image.fromarray(np.clip(colours, 0, 255).astype(np.uint8))


def draw_water(view: View, canvas: Field) -> None:
    """Lay water from the horizon to the lower edge: what stands above it, mirrored and rippled."""
    top = view.horizon + 1
    depth = view.height - top
    rows = np.arange(depth)
    share = (rows / depth).astype(np.float32)
    source = np.clip(view.horizon - 1 - (rows * 0.8).astype(int), 0, view.horizon - 1)
    ripple = noise(view.air, (depth, view.width), 3.2, octaves=6, stretch=9) - np.float32(0.5)
    reach = view.unit * 0.055 * (0.15 + share)[:, None]
    columns = np.clip(np.arange(view.width)[None] + (ripple * reach).astype(int), 0, view.width - 1)
    tint = view.paint(view.sky_hue + 4 if view.scene == "city" else 203, 0.5, 0.42)
    mix = (np.float32(0.35) + np.float32(0.4) * share)[:, None]
    glints = np.clip((ripple - np.float32(0.14)) * 300, 0, 46) * (1 - view.darkness * 1.6)
    for channel in range(3):
        mirror = canvas[source[:, None], columns, channel]
        canvas[top:, :, channel] = mirror * (1 - mix) + tint[channel] * mix + glints

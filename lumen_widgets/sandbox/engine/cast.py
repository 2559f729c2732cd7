"""The cast: the plan's subjects, each with a place, a size, a shadow and the hour's light."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from lumen_widgets.sandbox.engine.colours import COLOURS
from lumen_widgets.sandbox.engine.field import to_canvas, to_image
from lumen_widgets.sandbox.engine.glyph import flies, glyph, render_glyph, swims
from lumen_widgets.sandbox.engine.town import SILL

if TYPE_CHECKING:
    from lumen_widgets.sandbox.engine.field import Field
    from lumen_widgets.sandbox.engine.plan import Subject
    from lumen_widgets.sandbox.engine.view import View

# How large a thing is beside the others, as a share of the picture's shorter side.
_SIZES = {
    "animal-bug": 0.20,
    "animal-bird": 0.30,
    "food": 0.26,
    "drink": 0.24,
    "plant-flower": 0.30,
    "plant-other": 0.42,
    "place": 0.52,
    "transport-water": 0.42,
    "transport": 0.42,
    "clothing": 0.26,
    "animal-mammal": 0.40,
    "person": 0.42,
}
_OTHER_SIZE = 0.30
# The first subject is what the picture is about, however small it is in life.
_LEAD_SIZE = 0.46
# Of a crowd each one is smaller.
_CROWD = {1: 1.0, 2: 0.86, 3: 0.72, 4: 0.64, 5: 0.58, 6: 0.54}


@dataclass(frozen=True)
class _Actor:
    """One figure: what it is, where its foot is, and how it stands there."""

    subject: Subject
    x: float
    base: float
    size: int
    grounded: bool
    afloat: bool
    flip: bool


def draw_cast(view: View, canvas: Field) -> Field:
    """Draw all subjects over a scene, those farther away first; return the canvas."""
    actors = sorted(_place(view), key=lambda actor: (actor.grounded, actor.base))
    if not actors:
        return canvas
    picture = to_image(canvas)
    for actor in actors:
        _draw_actor(view, picture, actor)
    return to_canvas(picture)


def _size(view: View, subject: Subject, rank: int) -> float:
    kind = glyph(subject.glyph).kind
    share = next((size for prefix, size in _SIZES.items() if kind.startswith(prefix)), _OTHER_SIZE)
    if rank == 0:
        share = max(share, _LEAD_SIZE)
    elif view.scene == "room":
        share = min(share, 0.30)
    # wide pictures have room to spare, so what stands in them may be somewhat larger
    roomy = min(1.25, math.pow(view.width / view.unit, 0.3))
    return view.unit * share * _CROWD[subject.count] * roomy


def _place(view: View) -> list[_Actor]:
    """Give every figure its own slot across the picture, the lead in the middle ones."""
    subjects = view.plan.subjects
    figures = [
        (rank, subject) for rank, subject in enumerate(subjects) for _ in range(subject.count)
    ]
    if not figures:
        return []
    rng = view.layout
    left = [figure for place, figure in enumerate(figures[subjects[0].count :]) if place % 2]
    right = [figure for place, figure in enumerate(figures[subjects[0].count :]) if not place % 2]
    row = [*reversed(left), *figures[: subjects[0].count], *right]
    sizes = [_size(view, subject, rank) for rank, subject in row]
    # a row wider than the picture shrinks until its figures overlap by a third at most
    squeeze = min(1.0, view.width * 0.92 / (0.72 * sum(sizes)))
    sizes = [max(4.0, size * squeeze) for size in sizes]
    gap = max(0.0, view.width * 0.94 - sum(sizes)) / (len(sizes) + 1)
    gap = min(gap, view.unit * 0.12) if len(sizes) > 1 else gap
    span = sum(sizes) + gap * (len(sizes) - 1)
    step = min(1.0, view.width * 0.94 / span)
    x = (view.width - span * step) / 2
    if len(row) == 1:
        x += view.width * float(rng.choice([-0.07, 0.0, 0.07]))
    else:
        x += rng.uniform(-0.5, 0.5) * max(0.0, (view.width * 0.94 - span * step) / 2)
    actors = []
    for place, ((rank, subject), size) in enumerate(zip(row, sizes, strict=True)):
        depth = float(rng.uniform(-1, 1)) if len(row) > 1 else 0.0
        flip = bool(rng.integers(2))
        actors.append(
            _stand(
                view,
                subject,
                rank,
                (x + size * step / 2, size, depth + 0.4 * (place % 2)),
                flip=flip,
            )
        )
        x += (size + gap) * step
    return actors


def _stand(
    view: View, subject: Subject, rank: int, slot: tuple[float, float, float], *, flip: bool
) -> _Actor:
    x, size, depth = slot
    aloft = flies(subject.glyph) or view.scene == "space"
    afloat = swims(subject.glyph) and view.wet and not aloft and view.scene not in {"room", "city"}
    if aloft:
        centre = (0.56 if view.scene == "space" else 0.40) + 0.07 * depth
        base = view.height * (centre - (0.05 if rank else 0.0)) + size / 2
    elif view.scene == "room":
        base = view.height * (SILL + 0.048)
    elif afloat:
        base = view.height * ((0.75 if view.shore else 0.84) + 0.03 * depth)
    else:
        base = view.height * (
            (0.91 if view.scene == "city" or view.shore else 0.89) + 0.022 * depth
        )
        base -= view.height * 0.03 * (rank > 0)
    # nothing is cut off at the top because it is large
    size = min(size, base * 0.94)
    return _Actor(subject, x, base, max(4, int(size)), not aloft and not afloat, afloat, flip)


def _draw_actor(view: View, picture: Image.Image, actor: _Actor) -> None:
    tint = COLOURS[actor.subject.colour] if actor.subject.colour is not None else None
    figure = _lit(view, render_glyph(actor.subject.glyph, actor.size, tint, flip=actor.flip))
    left, top = int(actor.x - figure.width / 2), int(actor.base - figure.height)
    if actor.grounded:
        _draw_shadow(view, picture, actor, figure)
    if actor.afloat:
        _draw_afloat(picture, figure, (left, top))
    else:
        picture.paste(figure, (left, top), figure)


def _lit(view: View, figure: Image.Image) -> Image.Image:
    """Light a figure as the hour does: its colours, and a little brighter on the sun's side."""
    down = np.linspace(1.05, 0.90, figure.height, dtype=np.float32)[:, None]
    side = np.linspace(-0.05, 0.05, figure.width, dtype=np.float32)[None]
    # figures stay readable at night: they are what the picture is about
    light = np.float32(0.35) + np.float32(0.65) * view.light
    if view.scene == "space":
        light = np.ones(3, np.float32)
    shade = down + (side if view.sun_x > view.width / 2 else -side)
    *colours, alpha = figure.split()
    lit = [
        Image.fromarray(np.clip(np.asarray(levels) * (share * shade), 0, 255).astype(np.uint8))
        for levels, share in zip(colours, light, strict=True)
    ]
    return Image.merge("RGBA", (*lit, alpha))


def _draw_shadow(view: View, picture: Image.Image, actor: _Actor, figure: Image.Image) -> None:
    """Put a soft dark pool under a figure's feet, a little away from the sun."""
    width, height = int(figure.width * 1.1) + 4, max(4, int(actor.size * 0.16))
    soft = max(1.0, actor.size * 0.022)
    edge = int(soft * 3)
    pool = Image.new("L", (width + 2 * edge, height + 2 * edge))
    ImageDraw.Draw(pool).ellipse((edge, edge, edge + width, edge + height), fill=96)
    pool = pool.filter(ImageFilter.GaussianBlur(soft))
    shift = actor.size * (-0.05 if view.sun_x > view.width / 2 else 0.05)
    corner = (int(actor.x + shift - pool.width / 2), int(actor.base - pool.height * 0.52))
    picture.paste((14, 18, 30), corner, pool)


def _draw_afloat(picture: Image.Image, figure: Image.Image, corner: tuple[int, int]) -> None:
    """Let a figure sink a little into the water, with its mirror image under it."""
    dip = max(1, figure.height // 14)
    above = figure.crop((0, 0, figure.width, figure.height - dip))
    mirror = above.transpose(Image.Transpose.FLIP_TOP_BOTTOM)
    mirror = mirror.resize((mirror.width, max(1, int(mirror.height * 0.45))))
    fade = np.linspace(0.42, 0.0, mirror.height, dtype=np.float32)[:, None]
    alpha = np.asarray(mirror.getchannel("A"), np.float32) * fade
    stencil = Image.fromarray(alpha.astype(np.uint8))
    left, top = corner[0], corner[1] + dip
    picture.paste(mirror.convert("RGB"), (left, top + above.height), stencil)
    picture.paste(above, (left, top), above)

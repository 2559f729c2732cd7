"""Edits: a picture of this engine is planned anew; any other one is cut out or repainted."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image, ImageOps

from lumen_widgets.sandbox.engine.cast import draw_cast
from lumen_widgets.sandbox.engine.colours import COLOURS, rgb
from lumen_widgets.sandbox.engine.composition import Composition, working_size
from lumen_widgets.sandbox.engine.cutout import subject_mask
from lumen_widgets.sandbox.engine.field import over, to_canvas, to_image
from lumen_widgets.sandbox.engine.plan import MOST_SUBJECTS
from lumen_widgets.sandbox.engine.scene import draw_background, draw_weather
from lumen_widgets.sandbox.engine.style import apply_style
from lumen_widgets.sandbox.engine.view import Seeds, View, seed_of

if TYPE_CHECKING:
    from lumen_widgets.sandbox.engine.field import Field
    from lumen_widgets.sandbox.engine.plan import Plan, Subject

# What an hour's light leaves of red, green and blue in a picture of another origin.
_GRADES = {"day": (1.06, 1.05, 1.02), "sunset": (1.08, 0.86, 0.70), "night": (0.34, 0.40, 0.62)}
# How much of a picture of another origin a named colour takes over.
_HUE_SHARE = 0.45


def replan(old: Composition, wish: Composition) -> Composition:
    """Change a composition as an edit's prompt asks, and keep all that it does not name.

    Parameters
    ----------
    old
        What the picture shows.
    wish
        What the prompt says, with the edit's own seeds.

    """
    new = wish.plan
    moved = "background" in new.wishes or (new.scene is not None and new.scene != old.plan.scene)
    plan = replace(
        old.plan,
        scene=new.scene or old.plan.scene,
        time=new.time or old.plan.time,
        style=new.style or old.plan.style,
        hue=new.hue or (None if moved else old.plan.hue),
        lake=new.lake or (old.plan.lake and not moved),
        weather=_weather(old.plan.weather, new, moved=moved),
        subjects=_subjects(old.plan.subjects, new),
    )
    # figures stay where they stood; hills too, unless they are to be others; the air is new
    land = wish.seeds.land if moved else old.seeds.land
    return Composition(plan, Seeds(old.seeds.layout, land, wish.seeds.air))


def _weather(old: tuple[str, ...], new: Plan, *, moved: bool) -> tuple[str, ...]:
    if "remove" in new.wishes:
        return tuple(name for name in old if name not in new.weather)
    if moved or "clear" in new.weather:
        return new.weather
    return tuple(dict.fromkeys((*old, *new.weather)))


def _subjects(old: tuple[Subject, ...], new: Plan) -> tuple[Subject, ...]:
    named = {subject.glyph: subject for subject in new.subjects}
    kept = tuple(subject for subject in old if subject.glyph not in new.unwanted)
    if "remove" in new.wishes:
        return tuple(subject for subject in kept if subject.glyph not in named)
    if "background" in new.wishes:
        return kept
    if "replace" in new.wishes and kept and named:
        *leaving, coming = new.subjects
        codes = {subject.glyph for subject in leaving}
        place = next((k for k, subject in enumerate(kept) if subject.glyph in codes), 0)
        # "the two cats with a dog" still means two, unless the prompt counts the newcomers
        count = coming.count if coming.count > 1 else kept[place].count
        return (*kept[:place], replace(coming, count=count), *kept[place + 1 :])
    changed = tuple(named.pop(subject.glyph, subject) for subject in kept)
    return (*changed, *named.values())[:MOST_SUBJECTS]


def repaint(source: Image.Image, wish: Composition, size: tuple[int, int]) -> Image.Image:
    """Change a picture that the engine did not make.

    Parameters
    ----------
    source
        Any mode and size, upright; cropped to the ratio of `size`.
    wish
        What the prompt says: another background, hour, weather, style, colour, further subjects.
    size
        (width, height) of the result, in pixels.

    Returns
    -------
    PIL.Image.Image
        RGB, without a label.

    """
    view = View(wish.plan, wish.seeds, working_size(size))
    photo = to_image(to_canvas(source))
    photo = ImageOps.fit(photo, (view.width, view.height), Image.Resampling.LANCZOS)
    canvas = to_canvas(photo)
    if "background" in wish.plan.wishes:
        backdrop = draw_background(view)
        over(backdrop, canvas, subject_mask(photo))
        canvas = backdrop
    else:
        canvas = _grade(canvas, wish.plan)
        if "remove" not in wish.plan.wishes:
            canvas = draw_cast(view, canvas)
    draw_weather(view, canvas)
    rng = np.random.default_rng(seed_of(wish.seeds.air, "style"))
    picture = to_image(apply_style(np.clip(canvas, 0, 255), wish.plan.style, rng))
    return picture if picture.size == size else picture.resize(size, Image.Resampling.LANCZOS)


def _grade(canvas: Field, plan: Plan) -> Field:
    """Move a picture's light to the hour and the colour that the prompt names."""
    if plan.time is not None:
        canvas = canvas * np.array(_GRADES[plan.time], np.float32)
    if plan.hue is not None:
        colour = COLOURS[plan.hue]
        grey = canvas.mean(axis=2, keepdims=True) / 140
        tone = rgb(colour.hue, colour.saturation, 0.55) * grey
        canvas = canvas * np.float32(1 - _HUE_SHARE) + tone * np.float32(_HUE_SHARE)
    return np.clip(canvas, 0, 255)

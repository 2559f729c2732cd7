"""A composition is a plan with its seeds: what a picture shows and how chance fills in the rest.

It is stored in the pictures that the engine makes, so that an edit can start from it.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from PIL import Image

from lumen_widgets.sandbox.engine.field import to_image
from lumen_widgets.sandbox.engine.plan import Plan
from lumen_widgets.sandbox.engine.scene import draw_scene
from lumen_widgets.sandbox.engine.style import apply_style
from lumen_widgets.sandbox.engine.view import Seeds, seed_of

# Above this a scene is drawn smaller and enlarged: 4096 by 4096 in full would take 2 GB of floats.
_MOST_PIXELS = 2048 * 2048
# Below this, hills and figures have no pixels to be drawn with: the scene is drawn larger, reduced.
_LEAST_SIDE = 64


@dataclass(frozen=True)
class Composition:
    """A plan and its seeds."""

    plan: Plan
    seeds: Seeds

    @classmethod
    def of_prompt(cls, plan: Plan, prompt: str, seed: int) -> Composition:
        """Compose a plan anew, with all its chance from a prompt and a seed."""
        seeds = (seed_of(prompt, seed, part) for part in ("layout", "land", "air"))
        return cls(plan, Seeds(*seeds))

    @classmethod
    def from_json(cls, text: str) -> Composition:
        """Read a composition out of a picture's ``lumen:plan`` chunk.

        Raises
        ------
        ValueError
            It is not one that this engine could have written.

        """
        try:
            stored: dict[str, Any] = json.loads(text)
            seeds = Seeds(**{name: stored["seeds"][name] for name in ("layout", "land", "air")})
            plan = stored["plan"]
        except (KeyError, TypeError, RecursionError) as error:
            raise ValueError("not a stored composition") from error
        # numpy takes no negative seeds, and a number from outside may be of any length
        for seed in (seeds.layout, seeds.land, seeds.air):
            if type(seed) is not int or not 0 <= seed < 1 << 64:
                raise ValueError(f"{seed!r} is no seed")
        return cls(Plan.from_json(plan), seeds)

    def to_json(self, *, with_seeds: bool = True) -> str:
        """Write the composition for the ``lumen:plan`` chunk.

        Without its seeds it can be read but not drawn again: an inpainted picture is not what its
        prompt alone would make, so an edit must start from its pixels.
        """
        stored = {
            "plan": self.plan.to_json(),
            **({"seeds": vars(self.seeds)} if with_seeds else {}),
        }
        return json.dumps(stored, ensure_ascii=False, sort_keys=True)

    def render(self, size: tuple[int, int]) -> Image.Image:
        """Draw it.

        Parameters
        ----------
        size
            (width, height) in pixels; any ratio.

        Returns
        -------
        PIL.Image.Image
            RGB, of that size, without a label.

        """
        canvas = draw_scene(self.plan, self.seeds, working_size(size))
        rng = np.random.default_rng(seed_of(self.seeds.air, "style"))
        picture = to_image(apply_style(canvas, self.plan.style, rng))
        return picture if picture.size == size else picture.resize(size, Image.Resampling.LANCZOS)


def working_size(size: tuple[int, int]) -> tuple[int, int]:
    """Return the size at which to draw a picture that is shown at `size`, near its ratio."""
    width, height = size
    scale = max(1.0, _LEAST_SIDE / min(size)) * min(1.0, math.sqrt(_MOST_PIXELS / (width * height)))
    return max(_LEAST_SIDE, round(width * scale)), max(_LEAST_SIDE, round(height * scale))

"""How long the sandbox's painter draws, and how much of that goes into the PNG file."""

from __future__ import annotations

import io
from dataclasses import replace
from functools import partial

import numpy as np
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from lumen_widgets.sandbox.engine import Job, Redrawing, draw
from lumen_widgets.sandbox.engine.png import write_png
from tests.bench.table import Table, seconds, side_by_side

_PROMPTS = (
    "a cute cat on a windowsill",
    "a lighthouse in a storm, oil painting",
    "一只柯基在海边 水彩",
)
_MORE_PROMPTS = (
    "three boats at night, ink",
    "a fox in a snowy forest, pixel art",
    "a city skyline at sunset, poster",
    "something that no dictionary knows: qwzrt",
)
_SIZE = (1024, 1024)
_MORE_SIZES = ((2048, 2048), (4096, 4096))


def measure(*, full: bool) -> Table:
    """Measure a picture of each prompt, an edit, and both kinds of inpaint."""
    jobs = {prompt: _generate(prompt, _SIZE) for prompt in _PROMPTS}
    source = draw(jobs[_PROMPTS[0]]).png
    jobs["edit: make it night"] = Job("edit", "make it night", 1, _SIZE, images=(source,))
    jobs["inpaint: a corgi"] = Job(
        "inpaint", "a corgi", 1, _SIZE, images=(source,), mask=_mask(_SIZE)
    )
    jobs["inpaint, all of it redrawn"] = replace(
        jobs["inpaint: a corgi"], redrawing=Redrawing(changed=0.2)
    )
    if full:
        jobs |= {prompt: _generate(prompt, _SIZE) for prompt in _MORE_PROMPTS}
        jobs |= {f"{_PROMPTS[0]}, {size[0]}²": _generate(_PROMPTS[0], size) for size in _MORE_SIZES}

    drawn = side_by_side({name: partial(seconds, partial(draw, job)) for name, job in jobs.items()})
    table = Table(("picture (1024² unless said)", "ms", "of it PNG, ms", "kB"))
    for name, job in jobs.items():
        png = draw(job).png
        table.add(name, drawn[name] * 1000, _png_seconds(png) * 1000, len(png) / 1000)
    return table


def _generate(prompt: str, size: tuple[int, int]) -> Job:
    return Job("generate", prompt, 1, size)


def _mask(size: tuple[int, int]) -> bytes:
    """Return a mask whose middle ninth is to be repainted."""
    width, height = size
    mask = np.zeros((height, width), np.uint8)
    mask[height // 3 : 2 * height // 3, width // 3 : 2 * width // 3] = 255
    file = io.BytesIO()
    Image.fromarray(mask).save(file, "PNG")
    return file.getvalue()


def _png_seconds(png: bytes) -> float:
    """Return how long the same pixels take to encode as the painter encodes them."""
    picture = Image.open(io.BytesIO(png))
    picture.load()
    return side_by_side({"PNG": lambda: seconds(lambda: write_png(picture, PngInfo()))})["PNG"]

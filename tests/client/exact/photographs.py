"""Photographs that come inside scikit-image's wheel, and masks as people paint them on those."""

from __future__ import annotations

from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image, ImageDraw

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Pixels = NDArray[np.uint8]
    Mask = NDArray[np.bool_]

# All in colour. skimage itself is not imported: it would fetch what its wheel does not hold.
NAMES = (
    "astronaut.png",
    "chelsea.png",
    "coffee.png",
    "rocket.jpg",
    "motorcycle_left.png",
    "retina.jpg",
    "hubble_deep_field.jpg",
    "ihc.png",
)


@cache
def photograph(name: str) -> Pixels:
    """Return a photograph as red, green and blue."""
    spec = find_spec("skimage")
    assert spec is not None
    assert spec.origin is not None
    with Image.open(Path(spec.origin).parent / "data" / name) as picture:
        return np.asarray(picture.convert("RGB"))


def other_than(name: str) -> Pixels:
    """Return another photograph, whose content is painted into this one."""
    return photograph(NAMES[(NAMES.index(name) + 3) % len(NAMES)])


def mask_like(kind: str, shape: tuple[int, ...], seed: int) -> Mask:
    """Return one of `MASKS` for a picture."""
    height, width = shape[:2]
    image = Image.new("1", (width, height))
    MASKS[kind](ImageDraw.Draw(image), width, height, np.random.default_rng(seed))
    return np.asarray(image)


def _ellipse(draw: ImageDraw.ImageDraw, width: int, height: int, _: np.random.Generator) -> None:
    side = min(width, height)
    _disc(draw, width / 2, height / 2, 0.25 * side, 0.18 * side)


def _blob(draw: ImageDraw.ImageDraw, width: int, height: int, any_: np.random.Generator) -> None:
    turn = np.linspace(0, 2 * np.pi, 200, endpoint=False)
    waves = sum(any_.normal(0, 0.13) * np.cos(k * turn + any_.uniform(0, 6.3)) for k in range(2, 7))
    radius = 0.2 * min(width, height) * (1 + waves)
    x, y = 0.45 * width + radius * np.cos(turn), 0.55 * height + radius * np.sin(turn)
    draw.polygon(list(zip(x.tolist(), y.tolist(), strict=True)), fill=1)


def _border(draw: ImageDraw.ImageDraw, width: int, height: int, _: np.random.Generator) -> None:
    side = min(width, height)
    draw.ellipse((width - 0.4 * side, 0.3 * height, width + 0.2 * side, height + 0.1 * side), 1)


def _islands(draw: ImageDraw.ImageDraw, width: int, height: int, any_: np.random.Generator) -> None:
    for _ in range(6):
        x, y = any_.uniform(0.12, 0.88, 2) * (width, height)
        radius = min(width, height) * any_.uniform(0.03, 0.08)
        _disc(draw, x, y, radius, 0.8 * radius)


def _most(draw: ImageDraw.ImageDraw, width: int, height: int, _: np.random.Generator) -> None:
    draw.rectangle((0, 0, int(0.6 * width), height), 1)


def _nearly_all(draw: ImageDraw.ImageDraw, width: int, height: int, _: np.random.Generator) -> None:
    draw.ellipse((-0.15 * width, -0.15 * height, 1.15 * width, 1.15 * height), 1)


def _disc(draw: ImageDraw.ImageDraw, x: float, y: float, across: float, down: float) -> None:
    draw.ellipse((x - across, y - down, x + across, y + down), 1)


MASKS: dict[str, Callable[[ImageDraw.ImageDraw, int, int, np.random.Generator], None]] = {
    "ellipse": _ellipse,
    "blob": _blob,
    "border": _border,
    "islands": _islands,
    "most": _most,
    "nearly all": _nearly_all,
}

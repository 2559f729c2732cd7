"""The ``size`` and ``resolution`` of a request, as the pixels of a picture.

- ``"1024x768"`` is taken as it stands; each side is 16 to 4096 pixels.
- ``"16:9"`` is a ratio, at most 8:1 either way. The tier says how many pixels it gets: 1K, 2K and
  4K are as many as 1024², 2048² and 4096², sides rounded to multiples of 16, and no side longer
  than 4096 (so 16:9 at 4K is 4096x2304). Without a tier it is 1K.
- Without a size, a new picture is 1:1, and an edited one keeps its own size or, with a tier, its
  own ratio.
- A model that redraws takes what it was asked for in multiples of 16 and no longer than 2048;
  without a size it is the nearest of seven ratios, at the tier.
"""

from __future__ import annotations

import math
import re

from lumen_widgets.sandbox.errors import invalid

MIN_SIDE = 16
# What the drawing engine is built for, and what people mean by 4K.
MAX_SIDE = 4096
# Beyond this a picture is a stripe on which nothing can be composed.
MAX_RATIO = 8
# Image models work in blocks of 8 or 16 pixels; the larger suits both.
BLOCK = 16

# What most image models were trained on, and all that many of them answer in.
RATIOS = ((1, 1), (4, 3), (3, 4), (3, 2), (2, 3), (16, 9), (9, 16))
# The longest side of a model that redraws, as of many that repaint.
MAX_REDRAWN_SIDE = 2048

TIERS = {"1K": 1024, "2K": 2048, "4K": 4096}

# Five digits are more than any valid side has, and keep the numbers small.
_PIXELS = re.compile(r"([0-9]{1,5})x([0-9]{1,5})")
_RATIO = re.compile(r"([0-9]{1,5}):([0-9]{1,5})")


def read_size(size: str | None, tier: str | None) -> tuple[int, int] | None:
    """Return the (width, height) in pixels that a request asks for.

    Parameters
    ----------
    size
        ``"WxH"`` in pixels, ``"W:H"`` as a ratio, or None.
    tier
        ``"1K"``, ``"2K"``, ``"4K"`` or None. Pixels win over it.

    Returns
    -------
    tuple of int, or None
        None without a size: what that means depends on the call.

    Raises
    ------
    Refusal
        400, if the size is written otherwise or beyond the limits, or the tier is unknown.

    Examples
    --------
    >>> read_size("16:9", "2K")
    (2736, 1536)

    """
    if tier is not None and tier not in TIERS:
        raise invalid(f"resolution must be one of {', '.join(TIERS)}")
    if size is None:
        return None
    if match := _PIXELS.fullmatch(size):
        width, height = int(match[1]), int(match[2])
        if not all(MIN_SIDE <= side <= MAX_SIDE for side in (width, height)):
            raise invalid(f"each side of size must be {MIN_SIDE} to {MAX_SIDE} pixels")
        return width, height
    if match := _RATIO.fullmatch(size):
        across, down = int(match[1]), int(match[2])
        if not (across and down and max(across, down) <= MAX_RATIO * min(across, down)):
            raise invalid(f"the ratio in size must be between 1:{MAX_RATIO} and {MAX_RATIO}:1")
        return at_tier(across, down, tier)
    raise invalid('size must be pixels such as "1024x1024" or a ratio such as "16:9"')


def at_tier(across: float, down: float, tier: str | None) -> tuple[int, int]:
    """Return the (width, height) of a ratio at a tier, 1K if it is None."""
    edge = TIERS[tier or "1K"]
    width = edge * math.sqrt(across / down)
    height = edge * math.sqrt(down / across)
    shrink = min(1.0, MAX_SIDE / max(width, height))
    return _to_block(width * shrink), _to_block(height * shrink)


def fitted(width: int, height: int) -> tuple[int, int]:
    """Return the size itself, or the nearest of the same shape that is within the limits."""
    scale = min(1.0, MAX_SIDE / max(width, height))
    return max(MIN_SIDE, round(width * scale)), max(MIN_SIDE, round(height * scale))


def redrawn(
    picture: tuple[int, int], asked: tuple[int, int] | None, tier: str | None
) -> tuple[int, int]:
    """Return the (width, height) in which a model that redraws answers.

    Parameters
    ----------
    picture
        The source's (width, height), at least 1.
    asked
        What `read_size` made of the request's size.
    tier
        The request's.

    Examples
    --------
    >>> redrawn((4000, 3000), None, None), redrawn((4000, 3000), (4000, 3000), None)
    ((1184, 880), (2048, 1536))

    """
    if asked is None:
        shape = math.log(picture[0] / picture[1])
        nearest = min(RATIOS, key=lambda ratio: abs(shape - math.log(ratio[0] / ratio[1])))
        asked = at_tier(*nearest, tier)
    shrink = min(1.0, MAX_REDRAWN_SIDE / max(asked))
    return _to_block(asked[0] * shrink), _to_block(asked[1] * shrink)


def _to_block(side: float) -> int:
    return max(MIN_SIDE, round(side / BLOCK) * BLOCK)

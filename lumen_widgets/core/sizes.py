"""The size of a picture as a request names it: pixels, width first, or a ratio."""

from __future__ import annotations

import re

from lumen_widgets.core.errors import InvalidRequest
from lumen_widgets.core.words import short_repr

# The API documentation states no limits; these only catch slips such as 10241024x1 or 1:1000.
SMALLEST_SIDE, LARGEST_SIDE = 16, 16_384
STEEPEST_RATIO = 20

_SIZE = re.compile(r"([1-9][0-9]{0,5})([x:])([1-9][0-9]{0,5})")


def check_size(size: object) -> str:
    """Check a size in pixels (``"1024x1024"``, width first) or a ratio (``"16:9"``).

    Raises
    ------
    InvalidRequest
        If it is neither, or beyond reason.

    Examples
    --------
    >>> check_size("16:9")
    '16:9'

    """
    found = _SIZE.fullmatch(size) if isinstance(size, str) else None
    if found is None:
        raise InvalidRequest(
            f"The size {short_repr(size)} is neither pixels nor a ratio.",
            next_step='Write it as "1024x1024" or "16:9".',
            field="size",
        )
    width, height = int(found[1]), int(found[3])
    if found[2] == "x":
        sane = min(width, height) >= SMALLEST_SIDE and max(width, height) <= LARGEST_SIDE
        limits = f"Sides are {SMALLEST_SIDE} to {LARGEST_SIDE} pixels."
    else:
        sane = max(width, height) <= STEEPEST_RATIO * min(width, height)
        limits = f"Ratios go up to {STEEPEST_RATIO}:1."
    if not sane:
        raise InvalidRequest(f"The size {size} is out of reach.", next_step=limits, field="size")
    return found[0]


def check_same_size(size: str | None, width: int, height: int) -> None:
    """Check that the size asked of an inpaint is the picture's own, `width` by `height` pixels.

    Raises
    ------
    InvalidRequest
        If they differ: the mask would no longer lie where it was painted.

    Examples
    --------
    >>> check_same_size("3:2", 1024, 683)

    """
    found = _SIZE.fullmatch(size) if size is not None else None
    if found is None:
        return
    across, down = int(found[1]), int(found[3])
    if found[2] == "x":
        same = (across, down) == (width, height)
    else:
        # A ratio is met where rounding one side to whole pixels meets it.
        same = abs(width * down - height * across) <= max(across, down)
    if not same:
        raise InvalidRequest(
            f"The size {size} is not the picture's, {width}x{height}.",
            next_step="Leave size out, or resize picture and mask first.",
            field="size",
        )

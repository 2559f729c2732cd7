"""The size of a picture as a request names it: pixels, width first, or a ratio."""

from __future__ import annotations

import re
import unicodedata

from lumen_widgets.core.errors import InvalidRequest
from lumen_widgets.core.words import short_repr, whole_number

# The API documentation states no limits; these only catch slips such as 10241024x1 or 1:1000.
SMALLEST_SIDE, LARGEST_SIDE = 16, 16_384
STEEPEST_RATIO = 20

_SIZE = re.compile(r"\s*([1-9][0-9]{0,5})\s*([x:])\s*([1-9][0-9]{0,5})\s*")

# What people type for "x" and ":", beside what NFKC makes of full-width letters, digits and signs.
# Letters are those of a Cyrillic keyboard.
_SIGNS = str.maketrans({**dict.fromkeys("X*∗×⨯✕✖хХ", "x"), **dict.fromkeys("∶꞉", ":")})  # noqa: RUF001 -- signs that look alike are the point

# More is no size, and not worth to be normalised.
_LONGEST = 40


def check_size(size: object) -> str:
    """Return a size as the service reads it: pixels (``"1024x1024"``) or a ratio (``"16:9"``).

    Parameters
    ----------
    size
        As people write it: with spaces, a multiplication sign or ``*``, full-width letters and
        digits; or a pair of whole numbers, (width, height) in pixels.

    Raises
    ------
    InvalidRequest
        If it is neither, or beyond reason.

    Examples
    --------
    >>> check_size("16:9"), check_size("1024 * 768"), check_size((1024, 768))
    ('16:9', '1024x768', '1024x768')

    """
    if isinstance(size, tuple | list) and len(size) == 2:  # noqa: PLR2004 -- width and height
        # of a number of thousands of digits Python makes no text
        text = "x".join(short_repr(whole_number(side)) for side in size)
    else:
        text = size if isinstance(size, str) and len(size) <= _LONGEST else ""
    # NFKC would also make digits of an exponent: 64² is not 642
    is_plain = not any(letter.isdigit() and not letter.isdecimal() for letter in text)
    found = _SIZE.fullmatch(unicodedata.normalize("NFKC", text).translate(_SIGNS))
    if found is None or not is_plain:
        raise InvalidRequest(
            f"The size {short_repr(size)} is neither pixels nor a ratio.",
            next_step='Write it as "1024x1024" (width first) or "16:9".',
            field="size",
        )
    plain, width, height = found[1] + found[2] + found[3], int(found[1]), int(found[3])
    if found[2] == "x":
        sane = min(width, height) >= SMALLEST_SIDE and max(width, height) <= LARGEST_SIDE
        limits = f"Sides are {SMALLEST_SIDE} to {LARGEST_SIDE} pixels."
    else:
        sane = max(width, height) <= STEEPEST_RATIO * min(width, height)
        limits = f"Ratios go up to {STEEPEST_RATIO}:1."
    if not sane:
        raise InvalidRequest(f"The size {plain} is out of reach.", next_step=limits, field="size")
    return plain


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

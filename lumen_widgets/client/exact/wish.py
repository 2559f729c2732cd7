"""What a call wants of a repaint beside its fields: exact, cropped, extended; checked."""

from __future__ import annotations

import math
from dataclasses import dataclass
from numbers import Real
from typing import TYPE_CHECKING, Any, NamedTuple

from lumen_widgets.core.errors import InvalidRequest
from lumen_widgets.core.request import read_flag
from lumen_widgets.core.words import short_repr, whole_number

if TYPE_CHECKING:
    from collections.abc import Mapping

# px: the largest tier that the service names has no longer side.
LONGEST_SIDE = 4096

# More of the box than this on every side is the whole picture, or a slip.
_LARGEST_CROP = 100.0


class Sides(NamedTuple):
    """How many pixels of new ground a picture gets on each of its sides."""

    left: int = 0
    top: int = 0
    right: int = 0
    bottom: int = 0


@dataclass(frozen=True)
class Wish:
    """What a call wants of a repaint.

    Attributes
    ----------
    exact
        Whether everything outside of the mask is put back.
    crop
        How much of the mask's box is added on every side before only that part is sent; None sends
        the whole picture.
    sides
        The new ground of an extension, in place of a mask.

    """

    exact: bool = True
    crop: float | None = None
    sides: Sides | None = None

    @property
    def asked(self) -> Mapping[str, Any]:
        """What of it decides what comes: `Call` has it in its digest."""
        if self.sides is not None:
            return {"extend": list(self.sides)}
        return {} if self.crop is None else {"crop": self.crop}


def read_wish(exact: object = True, crop: object = None) -> Wish:
    """Return what an inpaint wants.

    Raises
    ------
    InvalidRequest
        `exact` is no bool, `crop` no number from 0, or it is not to be exact.

    Examples
    --------
    >>> read_wish(crop=0.5)
    Wish(exact=True, crop=0.5, sides=None)

    """
    wanted = read_flag("exact", exact)
    if crop is None:
        return Wish(wanted)
    share = _number(crop)
    if share is None or not 0 <= share <= _LARGEST_CROP:
        raise InvalidRequest(
            f"crop is {short_repr(crop)}, not a number from 0 to {_LARGEST_CROP:g}.",
            next_step="Pass how much of the mask's box is to be added on every side, such as "
            "crop=0.5, or leave it out.",
            field="crop",
        )
    if not wanted:
        raise InvalidRequest(
            "crop sends a part of the picture, whose answer has to be put back into the rest.",
            next_step="Leave out exact=False, or crop.",
            field="crop",
        )
    return Wish(wanted, share)


def read_sides(left: object, top: object, right: object, bottom: object) -> Wish:
    """Return what an extension wants.

    Raises
    ------
    InvalidRequest
        A side is no whole number from 0 to 4096, or all are 0.

    Examples
    --------
    >>> read_sides(256, 0, 0, 0).sides
    Sides(left=256, top=0, right=0, bottom=0)

    """
    sides = whole_sides(left, top, right, bottom)
    if not any(sides):
        raise InvalidRequest(
            "There is nothing to extend: left, top, right and bottom are all 0.",
            next_step="Say how many pixels are to be added on which side, such as left=256.",
            field="left",
        )
    return Wish(sides=sides)


def whole_sides(left: object, top: object, right: object, bottom: object) -> Sides:
    """Return sides of whole pixels; all of them may be 0.

    Raises
    ------
    InvalidRequest
        A side is no whole number from 0 to 4096.

    Examples
    --------
    >>> whole_sides(0, 0, 0, 0)
    Sides(left=0, top=0, right=0, bottom=0)

    """
    given = {"left": left, "top": top, "right": right, "bottom": bottom}
    sides = {}
    for name, value in given.items():
        side = whole_number(value)
        if side is None or not 0 <= side <= LONGEST_SIDE:
            raise InvalidRequest(
                f"{name} is {short_repr(value)}, not a whole number of pixels from 0 to "
                f"{LONGEST_SIDE}.",
                next_step=f"Say how far the picture is to grow there, such as {name}=256.",
                field=name,
            )
        sides[name] = side
    return Sides(**sides)


def _number(value: object) -> float | None:
    """Return a number of Python's or numpy's as a float, None for anything else."""
    if isinstance(value, bool) or not isinstance(value, Real):
        return None
    try:
        number = float(value)
    except (TypeError, OverflowError):
        return None
    return number if math.isfinite(number) else None

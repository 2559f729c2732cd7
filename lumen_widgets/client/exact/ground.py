"""A picture with new ground on its sides, as it is sent to be extended."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lumen_widgets.client.exact.wish import LONGEST_SIDE, Sides
from lumen_widgets.core.errors import InvalidRequest

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

# px of the old picture along its edge that the model may repaint too, so that it joins what is
# there; they are not put back.
_OVERLAP = 8

# The new ground begins as a mirror of the edge, without its details: the blur's standard
# deviation, in px, is this part of how far it reaches.
_BLUR = 1 / 8
_LEAST_BLUR, _MOST_BLUR = 2.0, 24.0


def check_sides(sides: Sides, width: int, height: int) -> tuple[int, int]:
    """Return width and height of a picture of that size once it is extended.

    Raises
    ------
    InvalidRequest
        A side of the result is longer than 4096 pixels.

    """
    across, down = sides.left + width + sides.right, sides.top + height + sides.bottom
    if max(across, down) > LONGEST_SIDE:
        raise InvalidRequest(
            f"The extended picture would be {across} x {down} pixels, and {LONGEST_SIDE} is the "
            "most on a side.",
            next_step="Extend it by less, or resize the picture first.",
            field="left" if across >= down else "top",
        )
    return across, down


def new_ground(sides: Sides, width: int, height: int, *, overlap: int = 0) -> NDArray[np.bool_]:
    """Return the mask of what is added to a picture of that size.

    Parameters
    ----------
    sides, width, height
        The picture, and what is added.
    overlap
        How many of the old pixels along the edge count as new.

    Returns
    -------
    bool array of shape (height, width)
        Of the extended picture: True is new.

    """
    import numpy as np

    mask = np.ones((sides.top + height + sides.bottom, sides.left + width + sides.right), bool)
    # never all of the old picture: a third of it, at most
    across, down = min(overlap, width // 3), min(overlap, height // 3)
    left, right = (sides.left + across * bool(sides.left)), (across * bool(sides.right))
    top, bottom = (sides.top + down * bool(sides.top)), (down * bool(sides.bottom))
    mask[top : sides.top + height - bottom, left : sides.left + width - right] = False
    return mask


def sent_ground(sides: Sides, width: int, height: int) -> NDArray[np.bool_]:
    """Return the mask that is sent with it, which overlaps the old picture by some pixels."""
    return new_ground(sides, width, height, overlap=_OVERLAP)


def with_sides(pixels: NDArray[np.uint8], sides: Sides) -> NDArray[np.uint8]:
    """Return a picture with room for new ground, in which there is nothing yet."""
    import numpy as np

    around = ((sides.top, sides.bottom), (sides.left, sides.right), (0, 0))
    return np.pad(pixels, around)


def extended(pixels: NDArray[np.uint8], sides: Sides) -> NDArray[np.uint8]:
    """Return a picture with new ground: a blurred mirror of its edge, without transparency.

    Parameters
    ----------
    pixels
        uint8 of shape (height, width, 3 or 4); it stands unchanged in what is returned.
    sides
        What is added.

    """
    import numpy as np
    import PIL.Image
    from PIL.ImageFilter import GaussianBlur

    height, width, channels = pixels.shape
    around = ((sides.top, sides.bottom), (sides.left, sides.right), (0, 0))
    mirrored = np.pad(pixels, around, mode="symmetric")
    if channels > 3:  # noqa: PLR2004 -- alpha
        mirrored[..., 3] = 255
    sigma = min(max(max(sides) * _BLUR, _LEAST_BLUR), _MOST_BLUR)
    blurred = np.array(PIL.Image.fromarray(mirrored).filter(GaussianBlur(sigma)))
    blurred[sides.top : sides.top + height, sides.left : sides.left + width] = pixels
    return blurred

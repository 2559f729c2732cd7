"""Smaller copies of a picture, to be shown: one for a notebook's output, one for a list."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from lumen_widgets.core.pictures.decoding import decode, plain

if TYPE_CHECKING:
    from PIL.Image import Image

    from lumen_widgets.core.pictures.picture import Picture

# Long side in pixels. The copy is stored in the notebook: two originals of 4K would make it larger
# than GitHub shows, and at this size a laptop's screen still has no pixel to spare.
DISPLAY_SIDE = 1024

# Measured for generated pictures: below this, gradients begin to band.
_JPEG_QUALITY = 88


def display_copy(picture: Picture, long_side: int = DISPLAY_SIDE) -> tuple[bytes, str]:
    """Return the copy of a picture that a notebook shows and stores.

    Parameters
    ----------
    picture
        The picture.
    long_side
        Width or height at most, in pixels; a smaller picture is not enlarged.

    Returns
    -------
    tuple of bytes and str
        The file, and its media type: JPEG, or PNG where there is any transparency. It carries no
        metadata.

    Examples
    --------
    >>> data, media_type = display_copy(picture)  # doctest: +SKIP

    """
    _, original = decode(picture.bytes)
    profile = original.info.get("icc_profile")
    if original.mode == "CMYK":
        profile = None  # it described inks
    image = _opaque(plain(original))
    # Palettes and greys are widened first: resizing mixes neighbouring colours.
    image = image.convert("RGBA" if image.mode in {"LA", "RGBA"} else "RGB")
    image.thumbnail((long_side, long_side))
    image.info = {}
    file = io.BytesIO()
    if image.mode == "RGBA":
        image.save(file, "PNG", icc_profile=profile)
        return file.getvalue(), "image/png"
    image.save(file, "JPEG", quality=_JPEG_QUALITY, icc_profile=profile)
    return file.getvalue(), "image/jpeg"


def thumbnail(picture: Picture, long_side: int = 96) -> tuple[bytes, str]:
    """Return a copy for a list, small enough to travel in a widget's state.

    Parameters
    ----------
    picture
        The picture.
    long_side
        Width or height at most, in pixels.

    Returns
    -------
    tuple of bytes and str
        The file, and its media type, as for `display_copy`.

    """
    return display_copy(picture, long_side)


def _opaque(image: Image) -> Image:
    """Return the picture without an alpha channel that hides nothing."""
    if image.mode not in {"LA", "RGBA"} or image.getextrema()[-1][0] < 255:  # type: ignore[index]  # noqa: PLR2004  opaque; extrema of several channels are pairs of numbers
        return image
    return image.convert(image.mode[:-1])

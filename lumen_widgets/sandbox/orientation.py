"""Which way up a picture is seen, by its EXIF, else its XMP: sizes and masks go by that."""

from __future__ import annotations

import re
import warnings
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL.Image import Image

_ORIENTATION_TAG = 0x0112
# As Pillow and cameras' programs write it.
_ORIENTATION_IN_XMP = re.compile(rb"tiff:Orientation(?:=[\"']|>)([0-9])")
# From this orientation on, width and height change places.
_ON_ITS_SIDE = 5


def upright_size(image: Image) -> tuple[int, int]:
    """Return a picture's (width, height) as it is seen; nothing is decoded."""
    return (image.height, image.width) if _orientation(image) >= _ON_ITS_SIDE else image.size


def upright(image: Image) -> Image:
    """Return a picture as it is seen."""
    from PIL.Image import Transpose

    turns = {
        2: Transpose.FLIP_LEFT_RIGHT,
        3: Transpose.ROTATE_180,
        4: Transpose.FLIP_TOP_BOTTOM,
        5: Transpose.TRANSPOSE,
        6: Transpose.ROTATE_270,
        7: Transpose.TRANSVERSE,
        8: Transpose.ROTATE_90,
    }
    turn = turns.get(_orientation(image))
    return image if turn is None else image.transpose(turn)


def _orientation(image: Image) -> int:
    """Return the orientation, 1 to 8; broken EXIF is upright, as viewers show it."""
    from PIL.Image import Exif

    # Not the image's own `getexif`: that of a PNG decodes all of it first.
    exif = Exif()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            exif.load(image.info.get("exif") or b"")
            value = exif.get(_ORIENTATION_TAG)
    except Exception:  # noqa: BLE001  broken EXIF raises in many ways
        value = None
    if value is None:
        xmp = image.info.get("xmp")
        found = _ORIENTATION_IN_XMP.search(xmp) if isinstance(xmp, bytes) else None
        value = None if found is None else int(found[1])
    return value if isinstance(value, int) and 1 <= value <= 8 else 1  # noqa: PLR2004  EXIF's values

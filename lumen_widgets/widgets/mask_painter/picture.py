"""The picture that is painted on, and the mask that painting begins with: read before either shows.

A page gets nothing but what was decoded here and encoded anew: something that a browser can decode,
without what the file said beside its pixels.
"""

from __future__ import annotations

import hashlib
import io
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from lumen_widgets.client import InvalidRequest, Picture
from lumen_widgets.core.errors import naming
from lumen_widgets.core.log import Log
from lumen_widgets.core.pictures.decoding import CICP
from lumen_widgets.core.pictures.masks import MaskSource, mask_image, other_size
from lumen_widgets.core.pictures.picture import to_srgb
from lumen_widgets.core.pictures.recent_pixels import recent_pixels
from lumen_widgets.core.pictures.sources import attribute, is_url, read_given, unwrapped
from lumen_widgets.masks import UndoHistory
from lumen_widgets.masks.mask_file import SavedMask, read
from lumen_widgets.widgets.local_picture import fetched, read_local

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from lumen_widgets.core.pictures.images import PictureSource

_log = Log()

# Pixels of a canvas's longer side: sharp on a dense screen, while its layers stay below 100 MB.
_LONGEST_VIEW = 2048
# beyond this a browser makes no canvas, and float32 knows no half pixel
_LONGEST_SIDE = 32_767
# below this many pixels every one of them counts, and a PNG is small
_PIXEL_ART = 512 * 512
_JPEG_QUALITY = 92


@dataclass(frozen=True)
class BackgroundPicture:
    """The picture under the mask, as a painter shows it.

    Attributes
    ----------
    width, height
        Of the picture itself, upright, in pixels.
    view_width, view_height
        Of the copy that is shown.
    file
        That copy: JPEG, or PNG where the picture is small or has any transparency.
    alt
        What stands in for it where it cannot be seen.
    source
        What it was read from.

    """

    width: int
    height: int
    view_width: int
    view_height: int
    file: bytes = field(repr=False)
    alt: str
    source: Any = field(repr=False, compare=False)

    @property
    def digest(self) -> str:
        """What tells it from other pictures."""
        return f"{self.width} {self.height} {hashlib.sha256(self.file).hexdigest()}"


def read_background(source: PictureSource | BackgroundPicture) -> BackgroundPicture:
    """Read a picture to paint on, fetching it if it is an address; one that was read is itself.

    Raises
    ------
    InvalidRequest
        It is no picture, is damaged, is too large, or cannot be fetched; the message says which,
        and what to give instead.

    """
    if isinstance(source, BackgroundPicture):
        return source
    local = read_local(source, "image")
    if max(local.width, local.height) > _LONGEST_SIDE:
        raise InvalidRequest(
            f"The picture is {local.width} x {local.height} pixels.",
            next_step=f"No side may be longer than {_LONGEST_SIDE} pixels: cut it into parts.",
            field="image",
        )
    decoded = recent_pixels().decode(local.data).image
    if CICP in decoded.info:
        _log.warning(
            "The picture's colours are described by cICP, which the painter does not convert: it "
            "shows the picture as it is stored. What is sent is the picture unchanged."
        )
    shown, profile = to_srgb(decoded, _LONGEST_VIEW)
    shown.info = {}
    file = io.BytesIO()
    if shown.mode == "RGBA" or shown.width * shown.height <= _PIXEL_ART:
        shown.save(file, "PNG", compress_level=1, icc_profile=profile)
    else:
        shown.save(file, "JPEG", quality=_JPEG_QUALITY, subsampling=0, icc_profile=profile)
    return BackgroundPicture(
        local.width,
        local.height,
        *shown.size,
        file.getvalue(),
        source.alt if isinstance(source, Picture) else "",
        source,
    )


def read_start(source: MaskSource | SavedMask | None, width: int, height: int) -> SavedMask:
    """Read what a mask begins with: pixels, and how they were made if a painter saved them.

    What another painter of the picture had `saved` is taken as it is.

    Raises
    ------
    InvalidRequest
        It is no mask, or its size is not the picture's.

    """
    if source is None:
        return SavedMask(None, UndoHistory())
    if isinstance(source, SavedMask):
        return source
    given: Any = source
    with naming("mask"):
        if (read_painter := attribute(given, "__lumen_mask__")) is not None:
            given = read_painter()
        given = unwrapped(given)
        if isinstance(given, str) and is_url(given):
            given = fetched(given)
        image = mask_image(given)
        file = read_given(given, "mask").file if not isinstance(given, Picture) else given.bytes
        if image.size != (width, height):
            raise other_size(image, width, height)
    pixels: NDArray[np.bool_] = np.asarray(image, bool)
    saved = read(file, pixels) if file is not None else None
    if saved is not None:
        return saved
    return SavedMask(pixels if pixels.any() else None, UndoHistory())

"""The picture that is painted on, and the mask that painting begins with: read before either shows.

One picture that a browser cannot decode would silently end every ipycanvas of the page, so nothing
reaches it but what was decoded here and encoded anew.
"""

from __future__ import annotations

import io
import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from lumen_widgets.client import DownloadError, InvalidRequest, Picture
from lumen_widgets.core.errors import naming
from lumen_widgets.core.pictures.decoding import decode, plain
from lumen_widgets.core.pictures.downloads import DownloadLimits, fetch_picture
from lumen_widgets.core.pictures.images import LocalPicture, from_bytes, read_picture
from lumen_widgets.core.pictures.masks import MaskSource, mask_image
from lumen_widgets.core.pictures.sources import is_url, read_bytes
from lumen_widgets.masks import UndoHistory
from lumen_widgets.masks.mask_file import SavedMask, read

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from lumen_widgets.core.pictures.images import PictureSource

# Pixels of a canvas's longer side: sharp on a dense screen, while its layers stay below 100 MB.
_LONGEST_VIEW = 2048
# beyond this a browser makes no canvas, and float32 knows no half pixel
_LONGEST_SIDE = 32_767
# below this many pixels every one of them counts, and a PNG is small
_PIXEL_ART = 512 * 512
_JPEG_QUALITY = 92
# the user waits for the cell that makes the painter
_DOWNLOAD_LIMITS = DownloadLimits(seconds=60.0)


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
    format
        ``"jpeg"`` or ``"png"``.
    alt
        What stands in for it where it cannot be seen.

    """

    width: int
    height: int
    view_width: int
    view_height: int
    file: bytes = field(repr=False)
    format: str
    alt: str


def read_background(source: PictureSource) -> BackgroundPicture:
    """Read a picture to paint on, fetching it if it is an address.

    Raises
    ------
    InvalidRequest
        It is no picture, is damaged, is too large, or cannot be fetched; the message says which,
        and what to give instead.

    """
    local = _local(source, "image")
    if max(local.width, local.height) > _LONGEST_SIDE:
        raise InvalidRequest(
            f"The picture is {local.width} x {local.height} pixels.",
            next_step=f"No side may be longer than {_LONGEST_SIDE} pixels: cut it into parts.",
            field="image",
        )
    _, decoded = decode(local.data)
    profile = decoded.info.get("icc_profile") if decoded.mode != "CMYK" else None
    image = plain(decoded)
    image = image.convert("RGBA" if image.mode in {"LA", "RGBA"} else "RGB")
    # `thumbnail` would make one side of a very long picture 0
    scale = min(1.0, _LONGEST_VIEW / max(image.size))
    size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
    shown = image if size == image.size else image.resize(size, reducing_gap=2.0)
    shown.info = {}
    file = io.BytesIO()
    if shown.mode == "RGBA" or shown.width * shown.height <= _PIXEL_ART:
        kind = "png"
        shown.save(file, "PNG", compress_level=1, icc_profile=profile)
    else:
        kind = "jpeg"
        shown.save(file, "JPEG", quality=_JPEG_QUALITY, subsampling=0, icc_profile=profile)
    return BackgroundPicture(
        local.width,
        local.height,
        *size,
        file.getvalue(),
        kind,
        source.alt if isinstance(source, Picture) else "",
    )


def read_start(source: MaskSource | None, width: int, height: int) -> SavedMask:
    """Read what a mask begins with: pixels, and how they were made if a painter saved them.

    Raises
    ------
    InvalidRequest
        It is no mask, or its size is not the picture's.

    """
    if source is None:
        return SavedMask(None, UndoHistory())
    given: Any = source
    file: bytes | None = None
    with naming("mask"):
        if hasattr(given, "__lumen_mask__"):
            given = given.__lumen_mask__()
        if isinstance(given, str) and is_url(given):
            given = _fetched(given)
        elif isinstance(given, (str, os.PathLike, bytes, bytearray, memoryview)):
            given, _ = read_bytes(given, "mask")
        if isinstance(given, bytes):
            file = given
        image = mask_image(given)
        if image.size != (width, height):
            raise InvalidRequest(
                f"The mask is {image.width} x {image.height} pixels, the picture "
                f"{width} x {height}.",
                next_step="Give a mask of this picture, or resize it: "
                f"mask.resize(({width}, {height}), PIL.Image.Resampling.NEAREST).",
            )
    pixels: NDArray[np.bool_] = np.asarray(image, bool)
    saved = read(file, pixels) if file is not None else None
    if saved is not None:
        return saved
    return SavedMask(pixels if pixels.any() else None, UndoHistory())


def _local(source: PictureSource, name: str) -> LocalPicture:
    with naming(name):
        if isinstance(source, Picture):
            return from_bytes(source.bytes, "a Picture")
        if isinstance(source, str) and is_url(source):
            return from_bytes(_fetched(source), "a picture from that address")
        found = read_picture(source)
        # only what is an address is not read, and those are fetched above
        assert isinstance(found, LocalPicture)  # noqa: S101 # for the type checker
        return found


def _fetched(url: str) -> bytes:
    try:
        # the user typed this address here: one on this machine is meant to be on this machine
        return fetch_picture(url.strip(), base_url=url.strip(), limits=_DOWNLOAD_LIMITS).data
    except DownloadError as error:
        raise InvalidRequest(
            f"The picture could not be fetched from its address. {error.message}",
            next_step="Download it yourself, and give the file's path or its bytes.",
        ) from None

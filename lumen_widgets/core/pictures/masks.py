"""A mask as someone gives it to a call: read, checked, and made into two colours."""

from __future__ import annotations

import hashlib
import io
import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol, TypeAlias

from lumen_widgets.core.errors import InvalidRequest, naming
from lumen_widgets.core.pictures.decoding import UnreadablePicture, decode, png_chunks
from lumen_widgets.core.pictures.images import LocalPicture, unreadable, upright_image
from lumen_widgets.core.pictures.picture import Picture
from lumen_widgets.core.pictures.repaint import Repaint, repaint_of
from lumen_widgets.core.pictures.sources import checked_url, is_url, read_bytes

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from PIL.Image import Image

MaskSource: TypeAlias = (
    "str | os.PathLike[str] | bytes | bytearray | memoryview | Image | NDArray[np.uint8]"
    " | NDArray[np.bool_] | Picture | Painted"
)

# White is repainted (the service's page); grey counts as white from the middle upwards.
_WHITE = 128

# zlib's fastest: measured at 4096 x 4096 it takes a quarter to a half of the time of Pillow's
# default where a mask has fine grain, for files a fifth to a half larger, which are read once.
_COMPRESS_LEVEL = 1

# The chunks of a PNG that says nothing but its pixels.
_BARE = frozenset({b"IHDR", b"IDAT", b"IEND"})


class Painted(Protocol):
    """Anything that can say what it has painted, such as a mask painter."""

    def __lumen_mask__(self) -> bytes | Image:
        """Return the mask as the bytes of a picture file, or as a PIL image."""


class Sized(Protocol):
    """Anything with a size in pixels."""

    @property
    def width(self) -> int:
        """Width in pixels."""

    @property
    def height(self) -> int:
        """Height in pixels."""


@dataclass(frozen=True)
class LocalMask(LocalPicture):
    """A mask that exists only here, ready to be hosted: a PNG of one bit a pixel.

    Attributes
    ----------
    repaint
        What it repaints, to be shown.

    """

    repaint: Repaint = field(compare=False)


def read_mask(source: MaskSource) -> str | LocalMask:
    """Read a mask that someone gave to a call; white, True and 128 or more are repainted.

    Parameters
    ----------
    source
        Whatever a picture may be, a bool array of shape (height, width), or an object with
        ``__lumen_mask__()``. Colours count by their lightness.

    Returns
    -------
    str or LocalMask
        A URL as it was given (nothing is fetched), or a PNG of one bit a pixel, upright. A file
        that is one already and says nothing else passes byte for byte.

    Raises
    ------
    InvalidRequest
        It is none of these or cannot be read; it would repaint nothing; or its transparency
        varies, so that it could be meant either way round: the message has a line for each.

    Examples
    --------
    >>> import numpy as np
    >>> read_mask(np.eye(8, dtype=bool))
    LocalMask(media_type='image/png', width=8, height=8, ...)

    """
    with naming("mask"):
        painter = source if hasattr(source, "__lumen_mask__") else None
        if painter is not None:
            source = painter.__lumen_mask__()
        if isinstance(source, str) and is_url(source):
            return checked_url(source)
        grey, name, file = _grey(source)
        _refuse_empty(grey, name, painter)
        return _local(grey, file)


def mask_image(source: object) -> Image:
    """Return a mask that someone gave as a PIL image of mode ``"1"``; it may be empty.

    Parameters
    ----------
    source
        As for `read_mask`, but no http(s) address: nothing is fetched.

    Raises
    ------
    InvalidRequest
        It cannot be read, or its transparency varies.

    Examples
    --------
    >>> import numpy as np
    >>> mask_image(np.eye(8, dtype=bool)).size
    (8, 8)

    """
    grey, _, _ = _grey(source)
    return _bits(grey)


def check_pair(picture: str | Sized, mask: str | Sized) -> None:
    """Check that picture and mask have one size, where both are known.

    Parameters
    ----------
    picture
        A URL, whose size is unknown; or a `LocalPicture`, or a `Picture` itself: one that
        travels by its URL has a known size all the same.
    mask
        What `read_mask` returned.

    Raises
    ------
    InvalidRequest
        They differ.

    """
    if isinstance(picture, str) or isinstance(mask, str):
        return
    if (picture.width, picture.height) != (mask.width, mask.height):
        raise InvalidRequest(
            f"The mask is {mask.width} x {mask.height} pixels, the picture "
            f"{picture.width} x {picture.height}.",
            next_step="Make the mask for this picture, or resize it: "
            f"mask.resize(({picture.width}, {picture.height}), PIL.Image.Resampling.NEAREST).",
            field="mask",
        )


def _grey(source: object) -> tuple[Image, str, bytes | None]:
    """Return a mask as L, how to name what was given, and a file to pass on as it is."""
    image, name, file = _image(source)
    _refuse_varying_alpha(image, name)
    return image if image.mode == "L" else image.convert("L"), name, file


def _image(source: object) -> tuple[Image, str, bytes | None]:
    """Return a mask as L, LA, RGB or RGBA, how to name what was given, and a file to pass on."""
    if isinstance(source, Picture):
        source = source.bytes
    if isinstance(source, (str, os.PathLike, bytes, bytearray, memoryview)):
        data, name = read_bytes(source, "mask")
        try:
            _, image = decode(data)
        except UnreadablePicture as error:
            raise unreadable(name, error) from None
        return upright_image(image, name), name, data if _is_bare(data, image) else None

    import numpy as np
    import PIL.Image

    if isinstance(source, PIL.Image.Image):
        name = f"a PIL image of mode {source.mode!r}"
        return upright_image(source, name), name, None
    if isinstance(source, np.ndarray):
        return (*_from_array(source), None)
    raise InvalidRequest(
        f"Given a {type(source).__name__}, which is not a mask.",
        next_step="Give a bool array, a URL, a path, bytes or a PIL image; white is repainted.",
    )


def _from_array(array: NDArray[np.generic]) -> tuple[Image, str]:
    import numpy as np
    import PIL.Image

    name = f"an array of {array.dtype} and shape {array.shape}"
    grey = array.ndim == 2  # noqa: PLR2004  (height, width)
    colours = array.ndim == 3 and array.shape[2] in {3, 4}  # noqa: PLR2004  (height, width, 3 or 4)
    if array.dtype == np.bool_ and grey:
        pixels = np.where(array, np.uint8(255), np.uint8(0))
    elif array.dtype == np.uint8 and (grey or colours):
        pixels = np.ascontiguousarray(array, dtype=np.uint8)
    else:
        raise InvalidRequest(
            f"Given {name}, which is not a mask.",
            next_step="Give a bool array of shape (height, width), True where to repaint: "
            + ("mask > 0.5." if array.dtype.kind == "f" else "mask > 0."),
        )
    if not array.size:
        raise InvalidRequest(f"Given {name}, which has no pixels.")
    return upright_image(PIL.Image.fromarray(pixels), name), name


def _refuse_varying_alpha(image: Image, name: str) -> None:
    if image.mode not in {"LA", "RGBA"}:
        return
    lowest, highest = image.getchannel("A").getextrema()
    if lowest == highest:
        return  # one transparency for all pixels says nothing: the colours are the mask
    raise InvalidRequest(
        f"Given {name}, whose transparency varies: it could be meant either way round.",
        next_step="With image = PIL.Image.open(...).convert('RGBA'), or "
        "PIL.Image.fromarray(array), say which:\n"
        "    mask = PIL.ImageOps.invert(image.getchannel('A'))  # transparent is repainted\n"
        "    mask = image.getchannel('A')  # opaque is repainted",
    )


def _refuse_empty(grey: Image, name: str, painter: object | None) -> None:
    highest = int(grey.getextrema()[1])  # type: ignore[arg-type]  # of one channel, so a number
    if highest >= _WHITE:
        return
    if painter is not None:
        raise InvalidRequest(
            f"Given a {type(painter).__name__} with an empty mask: nothing is painted in it.",
            next_step="Paint what is to be repainted, or pass another mask.",
        )
    hint = " Its largest value is 1: give mask.astype(bool)." if highest == 1 else ""
    raise InvalidRequest(
        f"Given {name}, which is an empty mask: nothing in it is white.{hint}",
        next_step="White, True or 128 and more is what will be repainted.",
    )


def _is_bare(data: bytes, image: Image) -> bool:
    """Say whether a file is a PNG of one bit a pixel, and nothing else."""
    if image.format != "PNG" or image.mode != "1":
        return False
    chunks = list(png_chunks(data))
    return {name for name, _, _ in chunks} == _BARE and chunks[-1][2] == len(data)


def _local(grey: Image, file: bytes | None) -> LocalMask:
    """Return a mask with the file that it came in, or else one that is made of it."""
    if file is None:
        bits = _bits(grey)
        made = io.BytesIO()
        bits.save(made, "PNG", compress_level=_COMPRESS_LEVEL)
        file, grey = made.getvalue(), bits.convert("L")
    return LocalMask(
        file,
        "image/png",
        grey.width,
        grey.height,
        hashlib.sha256(file).hexdigest(),
        repaint_of(grey),
    )


def _bits(grey: Image) -> Image:
    bits = grey.point([255 if value >= _WHITE else 0 for value in range(256)], "1")
    bits.info = {}
    return bits

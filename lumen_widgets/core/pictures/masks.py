"""A mask as a call takes it: read, checked, and made into two colours."""

from __future__ import annotations

import hashlib
import os
import struct
import zlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple, Protocol, TypeAlias

from lumen_widgets.core.errors import InvalidRequest, naming
from lumen_widgets.core.pictures.decoding import (
    UnreadablePicture,
    check_size,
    decode,
    png_chunks,
)
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
    " | NDArray[np.bool_] | Picture | HasMask"
)

# White is repainted (API documentation); grey counts as white from the middle upwards.
_WHITE = 128

# PNG: one bit a pixel, grey, and the only compression, filter method and order that matter here.
_KIND = bytes([1, 0, 0, 0, 0])

# PNG's filter "up", a byte less the one above it: rows of a mask are mostly alike, so most are 0.
# Of those, zlib looks for runs only. Measured at 4096 x 4096: 5 ms, and smaller than a general
# search without the filter.
_UP, _LEVEL, _STRATEGY = 2, 1, zlib.Z_RLE

# The chunks of a PNG that says nothing but its pixels.
_BARE = frozenset({b"IHDR", b"IDAT", b"IEND"})


class HasMask(Protocol):
    """Anything that can say what it has painted, such as a mask painter."""

    def __lumen_mask__(self) -> NDArray[np.bool_] | Image | bytes:
        """Return the mask: a bool array (height, width), a PIL image, or a picture file's bytes."""


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
    """Read the mask of a call; white, True and 128 or more are repainted.

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
        mask = _pixels(source)
        _refuse_empty(mask, painter)
        return _local(mask)


def mask_image(source: object) -> Image:
    """Return the mask of a call as a PIL image of mode ``"1"``; it may be empty.

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
    import PIL.Image

    return PIL.Image.fromarray(_pixels(source).bits)


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


class _Pixels(NamedTuple):
    """A mask as it was read.

    Attributes
    ----------
    bits
        Bool of shape (height, width): True is repainted.
    name
        How to name what was given.
    brightest
        The largest grey in it, 0 to 255.
    file
        A file to pass on as it is.

    """

    bits: NDArray[np.bool_]
    name: str
    brightest: int
    file: bytes | None


def _pixels(source: object) -> _Pixels:
    import numpy as np

    if isinstance(source, np.ndarray) and source.dtype == np.bool_ and source.ndim == 2:  # noqa: PLR2004  (height, width)
        # as it is: an image of it would be made only to become an array again
        name = _name_of(source)
        _refuse_no_pixels(source, name)
        try:
            check_size(source.shape[1], source.shape[0])
        except UnreadablePicture as error:
            raise unreadable(name, error) from None
        return _Pixels(source, name, 255 if source.any() else 0, None)
    image, name, file = _image(source)
    _refuse_varying_alpha(image, name)
    grey = np.asarray(image if image.mode == "L" else image.convert("L"))
    return _Pixels(grey >= _WHITE, name, int(grey.max()), file)


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

    name = _name_of(array)
    grey = array.ndim == 2  # noqa: PLR2004  (height, width)
    colours = array.ndim == 3 and array.shape[2] in {3, 4}  # noqa: PLR2004  (height, width, 3 or 4)
    if array.dtype != np.uint8 or not (grey or colours):
        raise InvalidRequest(
            f"Given {name}, which is not a mask.",
            next_step="Give a bool array of shape (height, width), True where to repaint: "
            + ("mask > 0.5." if array.dtype.kind == "f" else "mask > 0."),
        )
    _refuse_no_pixels(array, name)
    pixels = np.ascontiguousarray(array, dtype=np.uint8)
    return upright_image(PIL.Image.fromarray(pixels), name), name


def _name_of(array: NDArray[np.generic]) -> str:
    return f"an array of {array.dtype} and shape {array.shape}"


def _refuse_no_pixels(array: NDArray[np.generic], name: str) -> None:
    if not array.size:
        raise InvalidRequest(f"Given {name}, which has no pixels.")


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


def _refuse_empty(mask: _Pixels, painter: object | None) -> None:
    if mask.brightest >= _WHITE:
        return
    if painter is not None:
        raise InvalidRequest(
            f"Given a {type(painter).__name__} with an empty mask: nothing is painted in it.",
            next_step="Paint what is to be repainted, or pass another mask.",
        )
    hint = " Its largest value is 1: give mask.astype(bool)." if mask.brightest == 1 else ""
    raise InvalidRequest(
        f"Given {mask.name}, which is an empty mask: nothing in it is white.{hint}",
        next_step="White, True or 128 and more is what will be repainted.",
    )


def _is_bare(data: bytes, image: Image) -> bool:
    """Say whether a file is a PNG of one bit a pixel, and nothing else."""
    if image.format != "PNG" or image.mode != "1":
        return False
    chunks = list(png_chunks(data))
    return {name for name, _, _ in chunks} == _BARE and chunks[-1][2] == len(data)


def _local(mask: _Pixels) -> LocalMask:
    """Return a mask with the file that it came in, or else one that is made of its pixels."""
    import numpy as np

    height, width = mask.bits.shape
    packed = np.packbits(mask.bits, axis=1)
    file = _png(packed, width) if mask.file is None else mask.file
    return LocalMask(
        file,
        "image/png",
        width,
        height,
        hashlib.sha256(file).hexdigest(),
        f"mask:{width}x{height}:{hashlib.sha256(packed.tobytes()).hexdigest()}",
        repaint_of(mask.bits),
    )


def _png(packed: NDArray[np.uint8], width: int) -> bytes:
    """Return a PNG of rows of bits, eight to a byte."""
    import numpy as np

    rows = np.empty((packed.shape[0], 1 + packed.shape[1]), np.uint8)
    rows[:, 0] = _UP
    rows[:1, 1:] = packed[:1]
    np.subtract(packed[1:], packed[:-1], out=rows[1:, 1:])
    deflater = zlib.compressobj(_LEVEL, strategy=_STRATEGY)
    pixels = deflater.compress(rows.tobytes()) + deflater.flush()
    head = struct.pack(">II", width, packed.shape[0]) + _KIND
    chunks = ((b"IHDR", head), (b"IDAT", pixels), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        for name, data in chunks
    )

"""A mask as a call takes it: read, checked, and made into two colours."""

from __future__ import annotations

import hashlib
import struct
import zlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, TypeAlias

from lumen_widgets.core.errors import InvalidRequest, naming
from lumen_widgets.core.pictures.decoding import (
    UnreadablePicture,
    check_size,
    decode,
    png_chunks,
    turned,
)
from lumen_widgets.core.pictures.images import LocalPicture, unreadable, upright_image
from lumen_widgets.core.pictures.picture import Picture
from lumen_widgets.core.pictures.repaint import Repaint, repaint_of
from lumen_widgets.core.pictures.sources import (
    attribute,
    checked_url,
    is_url,
    read_given,
    unwrapped,
    words_of,
)

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from PIL.Image import Image

    from lumen_widgets.core.pictures.images import PictureSource
    from lumen_widgets.core.pictures.sources import Given

MaskSource: TypeAlias = "PictureSource | NDArray[np.generic] | HasMask"

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
        Whatever a picture may be, an array of shape (height, width), or an object with
        ``__lumen_mask__()``. Axes of one are left out, and colours count by their lightness. What
        holds only 0 and 1 is 0 and 1; floats from 0 to 1 are cut at 0.5; of 16 bits there may be 0
        and 65535.

    Returns
    -------
    str or LocalMask
        A URL as it was given (nothing is fetched), or a PNG of one bit a pixel, upright. A file
        that is one already and says nothing else passes byte for byte.

    Raises
    ------
    InvalidRequest
        It is none of these or cannot be read; it would repaint nothing; its numbers say neither
        what is black nor what is white; or its transparency varies, so that it could be meant
        either way round: the message has a line for each.

    Examples
    --------
    >>> import numpy as np
    >>> read_mask(np.eye(8, dtype=bool))
    LocalMask(media_type='image/png', width=8, height=8, ...)

    """
    with naming("mask"):
        read_painter = attribute(source, "__lumen_mask__")
        painter = None if read_painter is None else source
        if read_painter is not None:
            source = read_painter()
        inside = unwrapped(source)
        if isinstance(inside, str) and is_url(inside):
            return checked_url(inside)
        mask = _pixels(inside)
        _refuse_empty(mask, painter)
        return _local(mask)


def local_mask(bits: NDArray[np.bool_]) -> LocalMask:
    """Return a mask of shape (height, width), some of it True, ready to be hosted."""
    return _local(_Pixels(bits, "a mask"))


def mask_image(source: object) -> Image:
    """Return the mask of a call as a PIL image of mode ``"1"``; it may be empty.

    Parameters
    ----------
    source
        As for `read_mask`, but no http(s) address: nothing is fetched.

    Raises
    ------
    InvalidRequest
        It cannot be read, its transparency varies, or something in it is lighter than black and
        nothing white.

    Examples
    --------
    >>> import numpy as np
    >>> mask_image(np.eye(8, dtype=bool)).size
    (8, 8)

    """
    import PIL.Image

    mask = _pixels(source)
    _refuse_faint(mask)
    return PIL.Image.fromarray(mask.bits)


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
        raise other_size(mask, picture.width, picture.height)


def other_size(mask: Sized, width: int, height: int) -> InvalidRequest:
    """Return the error of a mask that has not the size of its picture, `width` by `height`."""
    return InvalidRequest(
        f"The mask is {mask.width} x {mask.height} pixels, the picture {width} x {height}.",
        next_step="Make the mask for this picture, or resize it as a PIL image, which "
        "PIL.Image.open(path) and PIL.Image.fromarray(array) are: "
        f"mask.resize(({width}, {height}), PIL.Image.Resampling.NEAREST).",
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
    faint
        Where nothing is repainted though something is not black: Python that repaints that.
    file
        A file to pass on as it is.

    """

    bits: NDArray[np.bool_]
    name: str
    faint: str = ""
    file: bytes | None = None


def _pixels(source: object) -> _Pixels:
    import numpy as np

    if isinstance(source, Picture):
        source = source.bytes
    given = read_given(unwrapped(source), "mask")
    if given.array is not None:
        mask = _of_array(_two_axes(given), given)
    elif given.image is not None:
        mask = _of_image(given.image, given)
    else:
        data = given.file or b""
        try:
            image = decode(data).image
        except UnreadablePicture as error:
            raise unreadable(given.name, error) from None
        mask = _of_image(image, given)
        if _is_bare(data, image):
            mask = mask._replace(file=data)
    return mask._replace(bits=np.asarray(mask.bits, np.bool_))


def _of_image(image: Image, given: Given) -> _Pixels:
    """Return the mask of an image by its colours, their alpha left out."""
    import numpy as np

    if image.mode in {"I", "F"} or image.mode.startswith("I;16"):
        try:
            check_size(image.width, image.height)
            image.load()
            samples = np.asarray(turned(image))
        except UnreadablePicture as error:
            raise unreadable(given.name, error) from None
        except Exception as error:  # noqa: BLE001  an image that was opened lazily fails here, in any of Pillow's ways
            raise unreadable(given.name, UnreadablePicture(f"damaged: {words_of(error)}")) from None
        return _of_array(samples, given)
    upright = upright_image(image, given.name)
    _refuse_varying_alpha(upright, given.name)
    line = f"{given.as_array.removesuffix(')')}.convert('RGB')).any(axis=2)"
    mask = _of_colours(upright.convert("RGB"), given, line)
    if image.mode == "P" and not mask.bits.any():
        # labels, whose colours are only there to tell them apart
        labels = np.asarray(turned(image))
        if labels.max() == 1:
            return _Pixels(np.asarray(labels == 1), given.name)
        if labels.any():
            return mask._replace(faint=f"{given.as_array} > 0")
    return mask


def _of_colours(image: Image, given: Given, line: str) -> _Pixels:
    """Return the mask of an RGB image; `line` is Python for what of it is not black."""
    import numpy as np

    brightest = max(high for _, high in image.getextrema())  # type: ignore[misc]  # of several channels they are pairs
    if brightest == 1:
        return _Pixels(np.asarray(np.asarray(image).any(axis=2)), given.name)
    bits = np.asarray(image.convert("L")) >= _WHITE
    return _Pixels(bits, given.name, "" if bits.any() or not brightest else line)


def _two_axes(given: Given) -> NDArray[np.generic]:
    """Return an array without the axes of one that are too many; it may have colours.

    Raises
    ------
    InvalidRequest
        It has no pixels or too many, or is no mask; a line makes one of several.

    """
    import numpy as np

    array = np.asarray(given.array)
    if not array.size:
        raise InvalidRequest(f"Given {given.name}, which has no pixels.")
    while array.ndim > 2 and 1 in array.shape:  # noqa: PLR2004  height and width
        array = array.squeeze(array.shape.index(1))
    if array.ndim < 2:  # noqa: PLR2004
        raise InvalidRequest(
            f"Given {given.name}, which is not a mask.",
            next_step="Give one of shape (height, width): mask.reshape(height, width).",
        )
    if array.ndim > 2 and not _is_coloured(array):  # noqa: PLR2004
        first = array.ndim - (3 if array.shape[-1] in {2, 3, 4} else 2)
        axes = (*range(first), *range(first + 2, array.ndim))
        # the axes as they were given, those of one included
        kept = [axis for axis, length in enumerate(np.asarray(given.array).shape) if length > 1]
        kept = kept if len(kept) == array.ndim else list(range(array.ndim))
        named = tuple(kept[axis] for axis in axes)
        line = f"{given.as_array.format('mask')}.any(axis={named if len(named) > 1 else named[0]})"
        raise InvalidRequest(
            f"Given {given.name}, which is several masks and not one.",
            next_step=f"To repaint what any of them has, give mask = {line}",
        )
    try:
        check_size(array.shape[1], array.shape[0])
    except UnreadablePicture as error:
        raise unreadable(given.name, error) from None
    return array


def _is_coloured(array: NDArray[np.generic]) -> bool:
    """Say whether an array is of shape (height, width, 3 or 4) and has samples of 8 bits."""
    return array.ndim == 3 and array.shape[2] in {3, 4} and array.dtype == "uint8"  # noqa: PLR2004


def _of_array(array: NDArray[Any], given: Given) -> _Pixels:
    """Return the mask of an array of shape (height, width), or of one of colours.

    Raises
    ------
    InvalidRequest
        Its numbers say neither what is white nor what is black.

    """
    import numpy as np
    import PIL.Image

    if array.ndim > 2:  # noqa: PLR2004  colours
        colours = PIL.Image.fromarray(np.ascontiguousarray(array))
        _refuse_varying_alpha(colours, given.name)
        line = f"{given.as_array}[..., :3].any(axis=-1)"
        return _of_colours(colours.convert("RGB"), given, line)
    bits, condition = _cut(array)
    line = condition.replace("_", given.as_array)
    if bits is None:
        raise InvalidRequest(
            f"Given {given.name}, whose numbers say neither what is black nor what is white.",
            next_step=f"Say what is to be repainted, such as mask = {line.format('mask')}",
        )
    return _Pixels(bits, given.name, line if array.any() and not bits.any() else "")


def _cut(array: NDArray[Any]) -> tuple[NDArray[np.bool_] | None, str]:
    """Return the mask that an array is, None where it could be several, and another condition.

    In the condition, which repaints something wherever not all is black, ``_`` is the array.
    """
    import numpy as np

    if array.dtype.kind not in "biuf":
        return None, "_.astype(bool)"
    low, high = array.min().item(), array.max().item()
    if low >= 0 and high <= 1:
        return array >= 0.5, "_ > 0"  # noqa: PLR2004  the middle
    if array.dtype == np.uint8:
        return array >= _WHITE, "_ > 0"
    if high == 0xFFFF and array.dtype.kind != "f" and np.isin(array, (0, 0xFFFF)).all():  # noqa: PLR2004  16 bits
        return array > 0, ""
    if not high > 0:  # or it is no number
        # beside numbers, NaN says that nothing is known there
        return None, "_ > 0" if (array > 0).any() else "_ != 0"
    middle = _WHITE if high <= 0xFF else 0x8000  # noqa: PLR2004  8 bits, or 16
    return None, f"_ >= {middle}" if low >= 0 and middle <= high <= 0xFFFF else "_ > 0"  # noqa: PLR2004


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
    if mask.bits.any():
        return
    if painter is not None and not mask.faint:
        raise InvalidRequest(
            f"Given a {type(painter).__name__} with an empty mask: nothing is painted in it.",
            next_step="Paint what is to be repainted, or pass another mask.",
        )
    _refuse_faint(mask)
    raise InvalidRequest(
        f"Given {mask.name}, which is an empty mask: nothing in it is white.",
        next_step="White, True or 128 and more is what will be repainted.",
    )


def _refuse_faint(mask: _Pixels) -> None:
    """Refuse a mask of labels, of which none is as light as what is repainted."""
    if mask.faint:
        raise InvalidRequest(
            f"Given {mask.name}, which is an empty mask: nothing in it is white, but not all of "
            "it is black.",
            next_step="White, True or 128 and more is what will be repainted. For all that is not "
            f"black, give mask = {mask.faint.format('mask')}",
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

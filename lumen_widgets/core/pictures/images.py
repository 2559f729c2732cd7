"""A picture as a call takes it: read, checked, turned upright, freed of metadata."""

from __future__ import annotations

import dataclasses
import hashlib
import io
import re
import struct
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Any, Protocol, TypeAlias

from lumen_widgets.core.errors import InvalidRequest, naming
from lumen_widgets.core.pictures.addresses import is_loopback_url
from lumen_widgets.core.pictures.colours import by_profile
from lumen_widgets.core.pictures.decoding import (
    CICP,
    UnreadablePicture,
    check_size,
    is_upright,
    orientation_of,
    plain,
    turned,
)
from lumen_widgets.core.pictures.picture import Picture
from lumen_widgets.core.pictures.recent_pixels import recent_pixels
from lumen_widgets.core.pictures.sources import (
    ACCEPTED,
    checked_url,
    is_url,
    read_given,
    unwrapped,
    words_of,
)

if TYPE_CHECKING:
    import os

    import numpy as np
    from numpy.typing import NDArray
    from PIL.Image import Image
    from PIL.PngImagePlugin import PngInfo

    from lumen_widgets.core.pictures.sources import Given

PictureSource: TypeAlias = (
    "str | os.PathLike[str] | bytes | bytearray | memoryview | IO[bytes] | Image"
    " | NDArray[np.uint8] | SupportsNumpy | Picture"
)

# What an opened PNG says of its colours in `info`, beside its profile.
_COLOURS = (CICP, "srgb", "gamma", "chromaticity")

# What the content of a file begins with; see `content_of`.
_FILE = "file:"
_DIGEST = re.compile(r"[0-9a-f]{64}")

# Where an ICC profile says of which colours it is.
_COLOUR_SPACE = slice(16, 20)

# A JPEG that must be encoded again to stand upright: beyond this quality files grow and nothing
# can be seen to improve.
_JPEG_QUALITY = 95


class SupportsNumpy(Protocol):
    """A tensor of torch, TensorFlow or another library; one with ``__array__`` is as good."""

    def numpy(self) -> Any:  # Any: what is no array is refused in words
        """Return an array."""


@dataclass(frozen=True)
class LocalPicture:
    """A picture that exists only here, ready to be hosted.

    Attributes
    ----------
    data
        The whole file, upright and without metadata.
    media_type
        ``image/png``, ``image/jpeg`` or ``image/webp``.
    width, height
        In pixels, as it is seen.
    sha256
        Hex digest of `data`.
    content
        What stands for it where two requests are compared; see `content_of`.
    before_turning
        The file as it was given, where `data` is a JPEG that was encoded again to stand upright,
        which loses a little (`without_loss`); empty where nothing was lost.
    was_inks
        Whether `data` is the red, green and blue that `without_loss` made of inks.

    """

    data: bytes = dataclasses.field(repr=False)
    media_type: str
    width: int
    height: int
    sha256: str
    content: str = dataclasses.field(repr=False)
    before_turning: bytes = dataclasses.field(default=b"", repr=False, compare=False, kw_only=True)
    was_inks: bool = dataclasses.field(default=False, compare=False, kw_only=True)


def read_picture(
    source: PictureSource, *, base_url: str | None = None, field: str | None = None
) -> str | LocalPicture:
    """Read a picture of a call.

    Parameters
    ----------
    source
        An ``http(s):`` or ``data:`` string, a path, bytes, an open file (all of it, wherever it
        stands), a PIL image, a uint8 array of shape (height, width), (height, width, 3) or
        (height, width, 4), whatever has ``numpy()`` or ``__array__`` and comes to such an array, an
        image of IPython or ipywidgets, or a `Picture`.
    base_url
        The service that is to read it: it cannot reach the results of a sandbox on this machine,
        nor does a sandbox fetch from the internet. None takes a `Picture`'s URL as it is.
    field
        The keyword that it was given as, which an `InvalidRequest` names.

    Returns
    -------
    str or LocalPicture
        A URL as it was given (nothing is fetched); the URL of a `Picture` that still has one,
        where `base_url` can reach it; or else the picture itself: upright, without metadata. A
        file that is upright and has no metadata passes byte for byte; otherwise it is changed
        without loss, except for a JPEG that must be turned.

    Raises
    ------
    InvalidRequest
        It is none of these, is not there, is damaged, or is larger than 64 MiB or 8192 x 8192
        pixels; the message says what was given and what to do.

    Examples
    --------
    >>> read_picture("https://example.org/cat.png")
    'https://example.org/cat.png'

    """
    with naming(field):
        if isinstance(source, Picture):
            url = source.url
            if url and (base_url is None or is_loopback_url(url) == is_loopback_url(base_url)):
                return url
            return from_bytes(source.bytes, "a Picture")
        inside = unwrapped(source)
        if isinstance(inside, str) and is_url(inside):
            return checked_url(inside)
        given = read_given(inside, "picture")
        if given.file is not None:
            return from_bytes(given.file, given.name)
        if given.image is not None:
            return from_image(given.image, given.name)
        return _from_array(given)


def upright_source(picture: Picture, found: str | LocalPicture) -> str | LocalPicture:
    """Return what was found of a `Picture`, or itself where its file has to be turned."""
    if isinstance(found, LocalPicture) or is_upright(picture.bytes):
        return found
    return from_bytes(picture.bytes, "a Picture")


def content_of(source: object, found: str | LocalPicture) -> str:
    """Return what stands for a picture or a mask where two requests are compared.

    Parameters
    ----------
    source
        As the call was given it.
    found
        What `read_picture` or `read_mask` made of it.

    Returns
    -------
    str
        ``file:`` and a digest of the bytes as they were given, also where they came from a path,
        a ``data:`` URI or a `Picture`; ``samples:`` and a digest of mode, size, samples and colour
        profile of an array or a PIL image; ``mask:``, its size and a digest of its bits; or an
        http(s) address. Never a digest of an encoding that was made here: the same pixels make
        other files with another release of Pillow or zlib.

    Examples
    --------
    >>> content_of("https://example.org/cat.png", read_picture("https://example.org/cat.png"))
    'https://example.org/cat.png'

    """
    if isinstance(found, LocalPicture):
        return found.content
    # It travels by its address, which expires; its file is known all the same.
    return f"{_FILE}{source.sha256}" if isinstance(source, Picture) else found


def file_content(data: bytes) -> str:
    """Return what stands for the bytes of a file, as `content_of` says."""
    return f"{_FILE}{hashlib.sha256(data).hexdigest()}"


def file_digest(content: str) -> str | None:
    """Return the hex digest of the bytes of a file that a content stands for, None for no file."""
    digest = content.removeprefix(_FILE)
    return digest if digest != content and _DIGEST.fullmatch(digest) else None


def from_bytes(data: bytes, name: str) -> LocalPicture:
    """Return the bytes of a file as a picture: upright, without metadata.

    Raises
    ------
    InvalidRequest
        They are not one picture of a known format, whole and within the caps.

    """
    content = file_content(data)
    before_turning = b""
    try:
        media_type, image, clean = recent_pixels().decode(data)
        if orientation_of(image) is None:
            data = clean
            width, height = image.size
        else:
            upright = turned(image)
            width, height = upright.size
            if media_type == "image/jpeg":
                before_turning = data
            data, media_type = _encoded(upright, media_type)
    except UnreadablePicture as error:
        raise unreadable(name, error) from None
    sha256 = hashlib.sha256(data).hexdigest()
    return LocalPicture(
        data, media_type, width, height, sha256, content, before_turning=before_turning
    )


def without_loss(picture: LocalPicture) -> LocalPicture:
    """Return a picture with the very pixels of the file that was given, as a PNG if need be.

    What is sent of a JPEG that must be turned is encoded again, as small as it was; what stays
    outside of a repaint's mask is the user's own, bit for bit.
    """
    if not picture.before_turning:
        return picture
    upright = turned(recent_pixels().decode(picture.before_turning).image)
    was_inks = upright.mode == "CMYK"
    # a profile of inks says nothing of red, green and blue
    profile = None if was_inks else upright.info.get("icc_profile")
    data = _png(plain(upright), profile)
    return dataclasses.replace(
        picture,
        data=data,
        media_type="image/png",
        sha256=hashlib.sha256(data).hexdigest(),
        before_turning=b"",
        was_inks=was_inks,
    )


def from_image(image: Image, name: str) -> LocalPicture:
    """Return a PIL image as a PNG: upright, without metadata, its colour profile kept.

    A profile of inks is applied, since a PNG holds none.

    Raises
    ------
    InvalidRequest
        It cannot be decoded, has no pixels or too many, or is of a mode without a fixed range.

    """
    upright = upright_image(image, name)
    try:
        data = _png(upright, upright.info.get("icc_profile"))
    except Exception as error:  # noqa: BLE001  what `info` says of the colours may be anything
        raise unreadable(name, UnreadablePicture(f"damaged: {words_of(error)}")) from None
    return LocalPicture(
        data,
        "image/png",
        upright.width,
        upright.height,
        hashlib.sha256(data).hexdigest(),
        _samples(image, upright),
    )


def upright_image(image: Image, name: str) -> Image:
    """Return a PIL image turned upright, as L, LA, RGB or RGBA.

    Raises
    ------
    InvalidRequest
        It cannot be decoded, has no pixels or too many, or is of a mode without a fixed range.

    """
    try:
        check_size(image.width, image.height)
        image.load()
        upright = turned(image)
        inks = _ink_profile(image)
        shown = None if inks is None else by_profile(upright, inks)
        result = plain(upright) if shown is None else shown
    except UnreadablePicture as error:
        refused = unreadable(name, error)
        if image.mode in {"I", "F"}:
            advice = "if its numbers go from 0 to 255"
            refused.next_step = f'Give uint8: np.asarray(image).astype("uint8"), {advice}.'
        raise refused from None
    except Exception as error:  # noqa: BLE001  an image that was opened lazily fails here, in any of Pillow's ways
        raise unreadable(name, UnreadablePicture(f"damaged: {words_of(error)}")) from None
    profile = image.info.get("icc_profile") or b""
    if image.mode in {"CMYK", "YCbCr", "LAB", "HSV"} and profile[_COLOUR_SPACE] != b"RGB ":
        result.info.pop("icc_profile", None)  # it described the colours of that mode
    return result


def _ink_profile(image: Image) -> bytes | None:
    """Return the profile of a PIL image's inks, without which their colours are another picture."""
    profile: bytes = image.info.get("icc_profile") or b""
    return profile if image.mode == "CMYK" and profile[_COLOUR_SPACE] == b"CMYK" else None


def _samples(image: Image, upright: Image) -> str:
    """Return what stands for a PIL image, which is sent as the upright one."""
    # Sixteen bits are more than the eight that are sent of them, and inks become other numbers with
    # another release of what converts them.
    inks = _ink_profile(image)
    seen = upright if inks is None and not image.mode.startswith("I;16") else turned(image)
    profile = inks or upright.info.get("icc_profile") or None
    colours = [(name, upright.info[name]) for name in _COLOURS if name in upright.info]
    digest = hashlib.sha256(repr((image.mode, seen.mode, seen.size, profile, *colours)).encode())
    digest.update(seen.tobytes())
    return f"samples:{digest.hexdigest()}"


def unreadable(name: str, error: UnreadablePicture) -> InvalidRequest:
    """Return the error that says what was given, what is wrong with it, and what is accepted."""
    return InvalidRequest(
        f"Given {name}, which is {error}.",
        next_step=f"Give a whole {ACCEPTED} of at most 64 MiB and 8192 x 8192 pixels.",
    )


def _from_array(given: Given) -> LocalPicture:
    import numpy as np
    import PIL.Image

    array = np.asarray(given.array)
    advice = _dtype_advice(array) or _shape_advice(array.shape)
    if advice:
        # the argument's own name: what is advised can be typed as it stands
        with_array = given.as_array.format("image")
        known = "" if given.as_array == "{}" else f"With array = {with_array}: "
        raise InvalidRequest(f"Given {given.name}.", next_step=f"{known}{advice}")
    if not array.size:
        raise InvalidRequest(f"Given {given.name}, which has no pixels.")
    try:
        # before it is copied: one that repeats a pixel has a size without end in a few bytes
        check_size(array.shape[1], array.shape[0])
    except UnreadablePicture as error:
        raise unreadable(given.name, error) from None
    return from_image(PIL.Image.fromarray(np.ascontiguousarray(array)), given.name)


def _dtype_advice(array: NDArray[np.generic]) -> str:
    """Return what makes uint8 of an array, nothing for one that is."""
    kind, dtype = array.dtype.kind, array.dtype
    if dtype == "uint8":
        return ""
    if kind == "f":
        return 'Give uint8: (255 * array).round().astype("uint8"), if its numbers go from 0 to 1.'
    if kind == "b":
        return 'This looks like a mask; as a picture it is array.astype("uint8") * 255.'
    if kind == "u" and dtype.itemsize == 2:  # noqa: PLR2004  16 bits, in either order of bytes
        return 'Give uint8: (array // 256).astype("uint8"), if its numbers go from 0 to 65535.'
    return 'Give uint8: array.astype("uint8"), if its numbers go from 0 to 255.'


def _shape_advice(shape: tuple[int, ...]) -> str:
    """Return what gives an array the shape of a picture, nothing for one that has it."""
    if len(shape) == 2 or (len(shape) == 3 and shape[2] in {3, 4}):  # noqa: PLR2004  grey; RGB and RGBA
        return ""
    wanted = "The shape must be (height, width), (height, width, 3) or (height, width, 4)"
    if len(shape) > 2 and shape[0] == 1:  # noqa: PLR2004
        return f"{wanted}: array[0]."
    if len(shape) > 2 and shape[-1] == 1:  # noqa: PLR2004
        return f"{wanted}: array[..., 0]."
    if len(shape) == 3 and shape[0] in {3, 4}:  # noqa: PLR2004
        return f"{wanted}: np.moveaxis(array, 0, -1)."
    if len(shape) == 4:  # noqa: PLR2004  several pictures
        return f"{wanted}: list(array) is several pictures, array[0] the first."
    return f"{wanted}."


def _encoded(upright: Image, media_type: str) -> tuple[bytes, str]:
    """Return the file of a picture that was turned, and its type.

    WebP becomes PNG: Pillow does not say whether a WebP was lossless, and PNG loses nothing.
    """
    profile = upright.info.get("icc_profile")
    if media_type != "image/jpeg":
        return _png(plain(upright), profile), "image/png"
    file = io.BytesIO()
    upright.info = {}
    upright.save(file, "JPEG", quality=_JPEG_QUALITY, subsampling=0, icc_profile=profile)
    return file.getvalue(), media_type


def png_of(pixels: NDArray[np.uint8], like: Image) -> bytes:
    """Return pixels as a PNG whose colours are those of another picture, as it was decoded.

    It is packed quickly: at 4096 x 4096 in a third of the time, into a sixth more bytes.
    """
    import PIL.Image

    image = PIL.Image.fromarray(pixels)
    image.info = {name: like.info[name] for name in _COLOURS if name in like.info}
    return _png(image, _rgb_profile(like), compress_level=1)


def has_colours_of(image: Image, like: Image) -> bool:
    """Say whether a picture's file says of its colours what `png_of` writes of another's."""
    return _said_of_colours(image) == _said_of_colours(like)


def _said_of_colours(image: Image) -> dict[str, Any]:
    """Return what a file says of its colours beside that they are sRGB, which goes without it."""
    profile = _rgb_profile(image)
    said = {name: image.info[name] for name in _COLOURS if name in image.info}
    if profile is None and CICP not in said:
        return {} if "srgb" in said else said
    return said | {"icc_profile": profile}


def _rgb_profile(image: Image) -> bytes | None:
    """Return a colour profile; one of inks or of greys says nothing of red, green and blue."""
    is_other = image.mode in {"CMYK", "L", "LA", "I;16"}
    return None if is_other else image.info.get("icc_profile") or None


def _png(image: Image, profile: bytes | None, **settings: int) -> bytes:
    """Return a PNG that says nothing but its pixels and their colours."""
    clean = image.copy()
    clean.info = {}  # else text and EXIF that came with the picture are written again
    file = io.BytesIO()
    clean.save(file, "PNG", icc_profile=profile, pnginfo=_colour_chunks(image.info), **settings)
    return file.getvalue()


def _colour_chunks(info: dict[str | tuple[int, int], Any]) -> PngInfo:
    """Return the chunks of a PNG that say how its samples are to be seen, beside a profile."""
    from PIL.PngImagePlugin import PngInfo

    chunks = PngInfo()
    if CICP in info:
        chunks.add(b"cICP", info[CICP])
    if "srgb" in info:
        chunks.add(b"sRGB", bytes([info["srgb"]]))
    if "gamma" in info:
        chunks.add(b"gAMA", struct.pack(">I", round(info["gamma"] * 100_000)))
    if "chromaticity" in info:
        chunks.add(b"cHRM", struct.pack(">8I", *(round(n * 100_000) for n in info["chromaticity"])))
    return chunks

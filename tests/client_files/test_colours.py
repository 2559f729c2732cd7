"""Colours that a picture's file describes, in the copies that are shown."""

from __future__ import annotations

import hashlib
import io
import logging
import struct
import zlib
from typing import TYPE_CHECKING, Any

import numpy as np
import PIL.Image
import PIL.ImageCms
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lumen_widgets.core.pictures.decoding import media_type_of
from lumen_widgets.core.pictures.images import LocalPicture, read_picture
from lumen_widgets.core.pictures.picture import Picture, display_copy, thumbnail
from lumen_widgets.widgets.mask_painter.picture import read_background
from tests.client_files.samples import decoded, encoded

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

_WIDE = struct.pack(">8I", 31270, 32900, 70800, 29200, 17000, 79700, 13100, 4600)  # BT.2020
_SRGB = struct.pack(">8I", 31270, 32900, 64000, 33000, 30000, 60000, 15000, 6000)


def chunk(name: bytes, data: bytes) -> bytes:
    """Return a chunk of a PNG."""
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def gamma(value: float) -> bytes:
    """Return a PNG's gAMA."""
    return chunk(b"gAMA", struct.pack(">I", round(value * 100_000)))


def flat(colour: Any, *chunks: bytes, mode: str = "RGB") -> bytes:
    """Return a PNG of one colour that says more of its colours."""
    data = encoded(PIL.Image.new(mode, (8, 8), colour))
    return data[:33] + b"".join(chunks) + data[33:]


def picture(data: bytes) -> Picture:
    """Return a picture as a task has it."""
    return Picture(
        data, media_type="image/png", width=8, height=8, sha256=hashlib.sha256(data).hexdigest()
    )


_SHOWN: dict[str, Callable[[bytes], bytes]] = {
    "cell": lambda data: display_copy(picture(data))[0],
    "thumbnail": lambda data: thumbnail(picture(data))[0],
    "painter": lambda data: read_background(data).file,
}


def seen(data: bytes, where: str) -> list[int]:
    """Return the colour of a picture's middle where it is shown."""
    image = decoded(_SHOWN[where](data))
    assert "icc_profile" not in image.info
    pixel = image.getpixel((4, 4))
    assert isinstance(pixel, tuple)
    return [round(channel) for channel in pixel]


def profile(name: str) -> bytes:
    """Return the ICC profile that one of Pillow's colour spaces has."""
    return PIL.ImageCms.ImageCmsProfile(PIL.ImageCms.createProfile(name)).tobytes()  # type: ignore[arg-type]


def swapped() -> bytes:
    """Return an ICC profile that is named sRGB, in which red and blue are the other's."""
    data = profile("sRGB")
    return (
        data.replace(b"rXYZ", b"----", 1).replace(b"bXYZ", b"rXYZ", 1).replace(b"----", b"bXYZ", 1)
    )


@pytest.mark.parametrize("where", _SHOWN)
@pytest.mark.parametrize(
    ("data", "wanted"),
    [
        # measured: a browser shows 160 where 90 is stored
        (flat((90, 90, 90), gamma(1.0)), [160, 160, 160]),
        (flat(90, gamma(1.0), mode="L"), [160, 160, 160]),
        (flat((90, 90, 90, 128), gamma(1.0), mode="RGBA"), [160, 160, 160, 128]),
        (flat((90, 120, 200), gamma(0.45455)), [90, 120, 200]),
        (flat((90, 120, 200), gamma(0.45455), chunk(b"cHRM", _SRGB)), [90, 120, 200]),
        (flat((255, 255, 255), chunk(b"cHRM", _WIDE)), [255, 255, 255]),
        (flat((128, 128, 128), gamma(0.45455), chunk(b"cHRM", _WIDE)), [128, 128, 128]),
        (flat((0, 200, 0), chunk(b"cHRM", _WIDE)), [0, 211, 0]),
        # what goes before: sRGB, and cICP, which is shown as it is stored
        (flat((90, 120, 200), chunk(b"sRGB", b"\0"), gamma(1.0)), [90, 120, 200]),
        (flat((90, 120, 200), chunk(b"cICP", bytes([9, 16, 0, 1])), gamma(1.0)), [90, 120, 200]),
        # nothing that makes sense
        (flat((90, 120, 200), gamma(0.0)), [90, 120, 200]),
        (flat((90, 120, 200), gamma(20_000)), [90, 120, 200]),
        (flat((90, 120, 200), chunk(b"cHRM", bytes(32))), [90, 120, 200]),
    ],
)
def test_a_png_is_shown_as_a_browser_shows_it(where: str, data: bytes, wanted: list[int]) -> None:
    """Its gAMA and cHRM are applied, in a cell, a thumbnail and the painter."""
    assert np.allclose(seen(data, where), wanted, atol=3)


@pytest.mark.parametrize("where", _SHOWN)
@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
@pytest.mark.parametrize("mode", ["RGB", "RGBA"])
def test_a_profile_is_applied(where: str, kind: str, mode: str) -> None:
    """In every format, beside any transparency; the file itself stays as it is."""
    if (kind, mode) == ("JPEG", "RGBA"):
        mode = "RGB"
    image = PIL.Image.new("RGB", (8, 8), (200, 40, 40)).convert(mode)
    if mode == "RGBA":
        image.putalpha(100)
    data = encoded(image, kind, icc_profile=swapped())

    colour = seen(data, where)
    assert np.allclose(colour[:3], [40, 40, 200], atol=6)
    assert len(colour) == 3 or colour[3] == 100
    read = read_picture(data)
    assert isinstance(read, LocalPicture)
    assert read.data == data


@pytest.mark.parametrize("where", _SHOWN)
def test_a_profile_that_changes_nothing_changes_no_pixel(where: str) -> None:
    """Most pictures say that they are sRGB."""
    data = encoded(PIL.Image.new("RGB", (8, 8), (90, 120, 200)), icc_profile=profile("sRGB"))

    assert np.allclose(seen(data, where), [90, 120, 200], atol=2)


def of_elements(count: int) -> bytes:
    """Return an ICC profile of multiprocess elements, each of which swaps red and blue."""
    matrix = struct.pack(">4s4xHH12f", b"matf", 3, 3, 0, 0, 1, 0, 1, 0, 1, *[0] * 5)
    table = struct.pack(">II", 16 + 8 * count, len(matrix)) * count
    elements = struct.pack(">4s4xHHI", b"mpet", 3, 3, count) + table + matrix
    tags = [(b"D2B0", elements), (b"wtpt", struct.pack(">4s4xIII", b"XYZ ", 63190, 65536, 54061))]
    head, places, at = b"", b"", 132 + 12 * len(tags)
    for name, tag in tags:
        places += name + struct.pack(">II", at, len(tag))
        at += len(tag)
    names = struct.pack(">4sI4s4s4s", b"lcms", 0x04400000, b"mntr", b"RGB ", b"XYZ ")
    date = struct.pack(">6H4s", 2026, 1, 1, 0, 0, 0, b"acsp")
    white = struct.pack(">28xIII", 63190, 65536, 54061)
    head = struct.pack(">I", at) + names + date + white + bytes(48)
    return head + struct.pack(">I", len(tags)) + places + b"".join(tag for _, tag in tags)


@pytest.mark.parametrize("where", _SHOWN)
def test_a_profile_without_end_is_left_to_the_browser(where: str) -> None:
    """One of 8 kB, packed to 200 bytes, kept a notebook busy for 9 seconds, and could for hours."""
    long = of_elements(1000)
    image = decoded(
        _SHOWN[where](encoded(PIL.Image.new("RGB", (8, 8), (200, 40, 40)), icc_profile=long))
    )

    assert image.info["icc_profile"] == long
    assert np.allclose(np.asarray(image)[4, 4], [200, 40, 40], atol=3)


@pytest.mark.parametrize("where", _SHOWN)
def test_a_profile_that_is_not_applied_makes_no_large_copy(where: str) -> None:
    """A picture of 64 pixels with ten megabytes of profile went whole into cell and panel."""
    noise = np.random.default_rng(0).bytes(200_000)
    data = encoded(PIL.Image.new("RGB", (8, 8), (90, 120, 200)), "JPEG", icc_profile=noise)

    assert len(data) > 200_000
    assert len(_SHOWN[where](data)) < 20_000


def of_greys() -> bytes:
    """Return an ICC profile of greys, as scanners and editors write it."""
    curve = struct.pack(">4s4xIH2x", b"curv", 1, 0x0100)
    white = struct.pack(">4s4xIII", b"XYZ ", 63190, 65536, 54061)
    places = struct.pack(">4sII4sII", b"kTRC", 156, len(curve), b"wtpt", 172, len(white))
    names = struct.pack(">4sI4s4s4s", b"lcms", 0x02400000, b"mntr", b"GRAY", b"XYZ ")
    date = struct.pack(">6H4s", 2026, 1, 1, 0, 0, 0, b"acsp")
    rest = struct.pack(">28xIII48xI", 63190, 65536, 54061, 2)
    return struct.pack(">I", 192) + names + date + rest + places + curve + white


@pytest.mark.parametrize("where", _SHOWN)
def test_a_profile_of_greys_takes_no_colours_away(where: str) -> None:
    """It is applied to greys; beside colours, a browser leaves it out."""
    grey = encoded(PIL.Image.new("L", (8, 8), 90), icc_profile=of_greys())
    assert seen(grey, where)[0] > 150
    for mode in ("RGB", "RGBA", "P"):
        image = PIL.Image.new("RGB", (8, 8), (204, 51, 51)).convert(mode)
        colour = seen(encoded(image, icc_profile=of_greys()), where)
        assert np.allclose(colour[:3], [204, 51, 51], atol=3)
    inks = PIL.Image.new("CMYK", (8, 8), (0, 255, 255, 0))
    red = seen(encoded(inks, "JPEG", icc_profile=of_greys()), where)
    assert red[0] > 200
    assert red[1] < 100


@pytest.mark.parametrize("where", _SHOWN)
@pytest.mark.parametrize("transparency", [0, 90])
def test_a_profile_of_greys_goes_with_one_grey_that_is_transparent(
    where: str, transparency: int
) -> None:
    """Such a picture still stores greys, and a browser applies it."""
    grey = PIL.Image.new("L", (8, 8), 90)
    data = encoded(grey, icc_profile=of_greys(), transparency=transparency)

    assert np.allclose(seen(data, where)[:3], [160, 160, 160], atol=3)


def _inks() -> bytes:
    """Return a JPEG of inks."""
    return encoded(PIL.Image.new("CMYK", (8, 8), (0, 200, 0, 40)), "JPEG")


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".webp"])
@pytest.mark.parametrize(
    "data",
    [
        flat((90, 90, 90), gamma(1.0)),
        flat(90, gamma(1.0), mode="L"),
        flat((0, 200, 0), chunk(b"cHRM", _WIDE)),
        encoded(PIL.Image.new("RGB", (8, 8), (200, 40, 40)), icc_profile=swapped()),
        encoded(PIL.Image.new("L", (8, 8), 90), icc_profile=of_greys()),
        encoded(PIL.Image.new("L", (8, 8), 90), "JPEG", icc_profile=of_greys()),
        encoded(PIL.Image.new("LA", (8, 8), (90, 255)), icc_profile=of_greys()),
        encoded(PIL.Image.new("P", (8, 8), 0), icc_profile=of_greys()),
        _inks(),
    ],
    ids=range(9),
)
def test_a_picture_looks_the_same_in_another_format(
    tmp_path: Path, data: bytes, suffix: str
) -> None:
    """What the other format cannot say of its colours is applied to them."""
    one = picture(data)
    one.media_type = media_type_of(data) or ""
    saved = one.save(tmp_path / f"a{suffix}").read_bytes()

    assert np.allclose(seen(saved, "cell")[:3], seen(data, "cell")[:3], atol=6)


@given(noise=st.binary(max_size=300))
def test_a_profile_that_is_none_is_left(noise: bytes) -> None:
    """A picture whose profile makes no sense is shown all the same."""
    data = encoded(PIL.Image.new("RGB", (8, 8), (90, 120, 200)), icc_profile=noise)
    image = decoded(_SHOWN["painter"](data))

    assert image.getpixel((4, 4)) == (90, 120, 200)


def test_a_picture_that_is_shown_as_stored_is_said_to_be(caplog: pytest.LogCaptureFixture) -> None:
    """The painter cannot convert the colours of cICP, and says so."""
    with caplog.at_level(logging.WARNING, "lumen_widgets"):
        read_background(flat((90, 120, 200)))
        assert caplog.messages == []
        read_background(flat((90, 120, 200), chunk(b"cICP", bytes([9, 16, 0, 1]))))

    assert "cICP" in caplog.text
    assert "as it is stored" in caplog.text


@pytest.mark.parametrize("turn", [False, True])
def test_colours_go_along_with_what_is_made_anew(turn: bool) -> None:
    """An opened PNG, or one that is turned, is sent with what its file says of its colours."""
    more = (gamma(1.0), chunk(b"cHRM", _WIDE))
    exif = chunk(b"eXIf", b"II*\0" + struct.pack("<IHHHIH", 8, 1, 0x0112, 3, 1, 6) + bytes(6))
    data = flat((90, 120, 200), *more, *((exif,) if turn else ()))
    given = data if turn else PIL.Image.open(io.BytesIO(data))
    read = read_picture(given)

    assert isinstance(read, LocalPicture)
    assert all(part in read.data for part in more)
    wide = chunk(b"cICP", bytes([9, 16, 0, 1]))
    read = read_picture(flat((90, 120, 200), wide, exif))
    assert isinstance(read, LocalPicture)
    assert wide in read.data


def test_opened_pictures_of_other_colours_are_other_pictures() -> None:
    """The same samples under another gamma are another request."""
    contents = set()
    for more in ((), (gamma(1.0),), (gamma(0.5),), (chunk(b"cHRM", _WIDE),)):
        read = read_picture(PIL.Image.open(io.BytesIO(flat((90, 120, 200), *more))))
        assert isinstance(read, LocalPicture)
        contents.add(read.content)

    assert len(contents) == 4

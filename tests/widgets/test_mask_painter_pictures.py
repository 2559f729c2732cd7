from __future__ import annotations

import base64
import hashlib
import io
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import PIL.Image
import pytest

from lumen_widgets.client import InvalidRequest, Picture
from lumen_widgets.core.pictures.images import LocalPicture, read_picture
from lumen_widgets.masks import encode
from lumen_widgets.widgets import MaskPainter
from tests.client_files.loopback import LoopbackServer, response
from tests.client_files.samples import FORMATS, decoded, encoded, gradient
from tests.widgets.painters import open_widgets

if TYPE_CHECKING:
    from collections.abc import Iterator

_DATA = encoded(gradient())


@pytest.fixture
def server() -> Iterator[LoopbackServer]:
    """Serve on loopback for one test."""
    running = LoopbackServer()
    yield running
    running.close()


def file_of(painter: MaskPainter) -> bytes:
    """Return the file of the picture, as a page gets it."""
    (file,) = state_of(painter, "_picture")
    return bytes(file)


def shown(painter: MaskPainter) -> PIL.Image.Image:
    """Return the picture as the browser gets it."""
    image = decoded(file_of(painter))
    assert image.size == (painter.canvas.width, painter.canvas.height)
    return image


def state_of(painter: MaskPainter, *names: str) -> tuple[Any, ...]:
    """Return the values of these traits, as they are sent to a page."""
    state = painter.get_state(names)
    return tuple(state[name] for name in names)


def picture_of(data: bytes, **facts: Any) -> Picture:
    """Return a picture as a task gives it."""
    return Picture(
        data,
        media_type="image/png",
        width=40,
        height=24,
        sha256=hashlib.sha256(data).hexdigest(),
        **facts,
    )


_KINDS = ["path", "text path", "bytes", "bytearray", "memoryview", "image", "array", "picture",
          "hosted picture", "data uri"]  # fmt: skip


@pytest.mark.parametrize("kind", _KINDS)
def test_a_picture_is_given_in_any_form(kind: str, tmp_path: Path) -> None:
    """Its size is the mask's, and every pixel of a small one is shown as it is."""
    path = tmp_path / "photo.png"
    path.write_bytes(_DATA)
    sources: dict[str, Any] = {
        "path": path,
        "text path": str(path),
        "bytes": _DATA,
        "bytearray": bytearray(_DATA),
        "memoryview": memoryview(_DATA),
        "image": gradient(),
        "array": np.asarray(gradient()),
        "picture": picture_of(_DATA),
        # what it shows is at hand: its address may be over by now
        "hosted picture": picture_of(_DATA, url="https://example.invalid/1.png?signature=x"),
        "data uri": f"data:image/png;base64,{base64.b64encode(_DATA).decode()}",
    }
    painter = MaskPainter(sources[kind])

    assert painter.array.shape == (24, 40)
    assert np.array_equal(np.asarray(shown(painter)), np.asarray(gradient()))


@pytest.mark.parametrize("kind", FORMATS)
def test_a_picture_is_read_in_every_format_of_the_service(kind: str) -> None:
    """PNG, JPEG and WebP; the browser gets what was decoded here and encoded anew."""
    data = encoded(gradient(), kind)
    painter = MaskPainter(data)

    assert painter.array.shape == (24, 40)
    assert file_of(painter) != data
    assert np.array_equal(np.asarray(shown(painter)), np.asarray(decoded(data)))


@pytest.mark.parametrize(
    "mode",
    ["1", "L", "LA", "P", "PA", "RGB", "RGBA", "RGBX", "CMYK", "YCbCr", "HSV", "LAB", "I;16"],
)
def test_an_image_of_any_mode_is_shown_as_it_is_uploaded(mode: str) -> None:
    """Painter and service see the same picture: the same size, and the same colours."""
    image = gradient()
    if mode == "I;16":
        image = PIL.Image.fromarray((np.arange(24 * 40).reshape(24, 40) * 68).astype(np.uint16))
    elif mode == "LAB":
        image = PIL.Image.frombytes("LAB", (40, 24), image.tobytes())
    elif mode == "PA":
        image = image.convert("P").convert("PA")
    else:
        image = gradient(mode="RGBA" if mode in {"RGBA", "LA"} else "RGB").convert(mode)
    assert image.mode == mode
    uploaded = read_picture(image)
    assert isinstance(uploaded, LocalPicture)
    painter = MaskPainter(image)
    seen = shown(painter)

    assert painter.array.shape == (uploaded.height, uploaded.width)
    assert seen.mode in {"RGB", "RGBA"}
    assert np.array_equal(np.asarray(seen), np.asarray(decoded(uploaded.data).convert(seen.mode)))


@pytest.mark.parametrize("name", ["16 bit", "palette", "see-through palette", "CMYK"])
def test_odd_files_are_shown_as_they_are_uploaded(name: str) -> None:
    """A scan, a screenshot and a print shop's file."""
    colours = gradient().convert("P")
    data = {
        "16 bit": encoded(PIL.Image.fromarray(np.full((24, 40), 40_000, np.uint16))),
        "palette": encoded(colours),
        "see-through palette": encoded(colours, transparency=3),
        "CMYK": encoded(gradient(mode="CMYK"), "JPEG"),
    }[name]
    painter = MaskPainter(data)
    uploaded = read_picture(data)
    assert isinstance(uploaded, LocalPicture)

    assert painter.array.shape == (uploaded.height, uploaded.width)
    if name == "16 bit":
        assert np.asarray(shown(painter)).max() == 40_000 >> 8
    else:
        seen = shown(painter)
        assert np.array_equal(
            np.asarray(seen), np.asarray(decoded(uploaded.data).convert(seen.mode))
        )


@pytest.mark.parametrize("shape", [(24, 40), (24, 40, 3), (24, 40, 4)])
def test_arrays_are_grey_or_coloured(shape: tuple[int, ...]) -> None:
    """Height comes first, as in every array."""
    array = np.random.default_rng(9).integers(0, 256, shape).astype(np.uint8)
    painter = MaskPainter(array)

    assert painter.array.shape == (24, 40)
    seen = np.asarray(shown(painter))
    assert np.array_equal(seen if len(shape) == 3 else seen[..., 0], array)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_photo_that_a_camera_held_upright_is_painted_upright(orientation: int) -> None:
    """The mask has the size of what is uploaded, and lies on it as the picture is seen."""
    exif = PIL.Image.Exif()
    exif[0x0112] = orientation
    data = encoded(gradient(), "JPEG", exif=exif, quality=95)
    uploaded = read_picture(data)
    assert isinstance(uploaded, LocalPicture)
    painter = MaskPainter(data)

    assert painter.array.shape == (uploaded.height, uploaded.width)
    (known,) = state_of(painter, "_shown")
    size = known["width"], known["height"]
    assert size == (uploaded.width, uploaded.height)
    assert (size[0] == 24) == (orientation >= 5)
    seen = np.asarray(shown(painter)).astype(int)
    wanted = np.asarray(decoded(uploaded.data)).astype(int)
    assert abs(seen - wanted).max() <= 2
    assert "exif" not in shown(painter).info


@pytest.mark.parametrize(
    ("size", "view"),
    [
        ((1, 1), (1, 1)),
        ((3, 5), (3, 5)),
        ((2049, 100), (2048, 100)),
        ((8192, 64), (2048, 16)),
        ((64, 8192), (16, 2048)),
        ((32_767, 1), (2048, 1)),
        pytest.param((4096, 4096), (2048, 2048), marks=pytest.mark.full),
    ],
)
def test_a_picture_of_any_size_is_painted_at_its_own(
    size: tuple[int, int], view: tuple[int, int]
) -> None:
    """The mask is as large as the picture, what is shown as large as a screen can use."""
    painter = MaskPainter(PIL.Image.new("RGB", size, "teal"))
    painter.invert()

    assert painter.mask.size == size
    assert painter.coverage == 1.0
    assert shown(painter).size == view
    assert (painter.canvas.width, painter.canvas.height) == view


@pytest.mark.slow
def test_a_large_photo_is_shown_as_a_jpeg_and_one_with_transparency_as_png() -> None:
    """Whichever shows it, none of what the file said beside its pixels is passed on."""
    noise = np.random.default_rng(1).integers(0, 256, (700, 900, 4)).astype(np.uint8)
    info = PIL.Image.fromarray(noise[..., :3])
    file = io.BytesIO()
    info.save(file, "JPEG", comment=b"secret words")
    photo, cut_out = MaskPainter(file.getvalue()), MaskPainter(noise)

    assert shown(photo).format == "JPEG"
    assert b"secret" not in file_of(photo)
    assert shown(cut_out).format == "PNG"
    assert shown(cut_out).mode == "RGBA"


def test_the_words_of_a_picture_are_kept() -> None:
    """Whoever cannot see it hears what was asked for."""
    painter = MaskPainter(picture_of(_DATA, prompt="a fox"))

    words = [state_of(one, "_shown")[0]["alt"] for one in (painter, MaskPainter(_DATA))]
    assert words == ["Picture 1 of 1: a fox", ""]


def test_an_address_is_fetched(server: LoopbackServer) -> None:
    """Once, when the painter is made; spaces around it mean nothing."""
    server.answers["/1.png"] = response(_DATA)
    painter = MaskPainter(f" {server.url}/1.png\n")

    assert painter.array.shape == (24, 40)
    assert len(server.requests) == 1


_LOST = {
    "gone": response(status="404 Not Found"),
    "a page": response(b"<html>sign in</html>"),
    "an animation": response(b"GIF89a" + bytes(20)),
    "elsewhere": response(status="302 Found", headers=["Location: http://169.254.169.254/"]),
    "cut off": response(_DATA[:-30]),
}


@pytest.mark.parametrize("answer", _LOST)
def test_an_address_that_gives_no_picture_is_said_so(server: LoopbackServer, answer: str) -> None:
    """With what to do instead; the address is not repeated, since it may be signed."""
    server.answers["/1.png?key=sentinel"] = _LOST[answer]
    before = open_widgets()
    with pytest.raises(InvalidRequest) as caught:
        MaskPainter(f"{server.url}/1.png?key=sentinel")

    assert caught.value.field == "image"
    assert "bytes" in caught.value.next_step
    assert "sentinel" not in str(caught.value)
    assert open_widgets() <= before


@pytest.mark.parametrize(
    "url",
    [
        "https://10.0.0.1/1.png",
        "http://example.com/1.png",
        "https://",
        "http://[::1",
        "https://a b",
    ],
)
def test_an_address_that_is_not_asked_is_said_so(url: str) -> None:
    """Private, without encryption, or none at all: nothing is connected to."""
    with pytest.raises(InvalidRequest) as caught:
        MaskPainter(url)

    assert caught.value.field == "image"
    assert caught.value.next_step


_BAD: dict[str, Any] = {
    "svg": b"<svg xmlns='http://www.w3.org/2000/svg'/>",
    "gif": b"GIF89a" + bytes(30),
    "truncated": _DATA[:-30],
    "damaged": _DATA[:60] + b"?" + _DATA[61:],
    "empty": b"",
    "words": b"hello",
    "bomb": encode(np.broadcast_to(np.zeros(1, bool), (9000, 9000))),
    "animation": encoded(
        gradient(), save_all=True, append_images=[gradient().rotate(180)], duration=90
    ),
    "too long": np.zeros((1, 40_000, 3), np.uint8),
    "no pixels": np.zeros((0, 5, 3), np.uint8),
    "floats": np.zeros((4, 4, 3)),
    "a mask": np.zeros((4, 4), bool),
    "integers": PIL.Image.new("I", (4, 4)),
    "floating": PIL.Image.new("F", (4, 4)),
    "nothing": None,
    "a number": 5,
    "no file": "no-such-file.png",
    "a folder": Path(),
    "another scheme": "ftp://example.org/1.png",
    "data uri of svg": "data:image/svg+xml,<svg/>",
    "data uri of nothing": "data:,",
    "broken data uri": "data:image/png;base64,!!!",
}


@pytest.mark.slow
@pytest.mark.parametrize("name", _BAD)
def test_what_is_no_picture_is_refused_before_anything_is_shown(name: str) -> None:
    """The message says what to give instead; no half-made widget stays in the kernel."""
    before = open_widgets()
    with pytest.raises(InvalidRequest) as caught:
        MaskPainter(_BAD[name])

    assert caught.value.field == "image"
    assert caught.value.next_step or "pixels" in str(caught.value)
    assert open_widgets() <= before

from __future__ import annotations

import base64
import hashlib
from typing import TYPE_CHECKING, Any

import numpy as np
import PIL.Image
import pytest

from lumen_widgets.client import InvalidRequest, Picture
from lumen_widgets.masks import Invert, Rectangle, Stroke, encode
from lumen_widgets.widgets import MaskPainter
from tests.client_files.loopback import LoopbackServer, response
from tests.client_files.samples import FORMATS, encoded
from tests.masks.test_mask_file import text_of
from tests.masks.test_wire import described
from tests.widgets.painters import HEIGHT, WIDTH, Page, Wire, kinds, open_widgets, painter_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

BEGUN = np.zeros((HEIGHT, WIDTH), bool)
BEGUN[10:30, 5:33] = True


class HasMask:
    """Anything that says what it has painted."""

    def __lumen_mask__(self) -> Any:
        """Return it as an image."""
        return PIL.Image.fromarray(BEGUN)


def _sources(folder: Path) -> dict[str, Any]:
    image = PIL.Image.fromarray(BEGUN)
    data = encoded(image)
    path = folder / "mask.png"
    path.write_bytes(data)
    other = painter_of(BEGUN)
    return {
        "bool array": BEGUN,
        "grey array": BEGUN * np.uint8(200),
        "coloured array": np.repeat(BEGUN[..., None], 3, axis=2) * np.uint8(255),
        "image of one bit": image,
        "grey image": image.convert("L"),
        "coloured image": image.convert("RGB"),
        "opaque image": image.convert("RGBA"),
        "path": path,
        "text path": str(path),
        "bytes": data,
        "memoryview": memoryview(data),
        "data uri": f"data:image/png;base64,{base64.b64encode(data).decode()}",
        "picture": Picture(
            data,
            media_type="image/png",
            width=WIDTH,
            height=HEIGHT,
            sha256=hashlib.sha256(data).hexdigest(),
        ),
        "painter": other,
        "anything painted": HasMask(),
    }


_NAMES = ["bool array", "grey array", "coloured array", "image of one bit", "grey image",
          "coloured image", "opaque image", "path", "text path", "bytes", "memoryview",
          "data uri", "picture", "painter", "anything painted"]  # fmt: skip


@pytest.mark.parametrize("name", _NAMES)
def test_painting_begins_with_a_mask_in_any_form(name: str, tmp_path: Path) -> None:
    """White is painted already; it is no undo step, so that undoing everything leads back to it."""
    painter = painter_of(_sources(tmp_path)[name])
    assert np.array_equal(painter.array, BEGUN)
    assert painter.operations == ()
    painter.undo()
    assert np.array_equal(painter.array, BEGUN)
    painter.clear()
    assert painter.coverage == 0
    painter.undo()

    assert np.array_equal(painter.array, BEGUN)


@pytest.mark.parametrize("kind", FORMATS)
def test_a_mask_file_of_any_format_is_read(kind: str) -> None:
    """What another program saved as JPEG or WebP has soft edges: the middle decides."""
    data = encoded(PIL.Image.fromarray(BEGUN).convert("RGB"), kind, quality=100)

    assert np.array_equal(painter_of(data).array, BEGUN)


def test_a_mask_from_an_address_is_fetched() -> None:
    """As a picture is."""
    server = LoopbackServer()
    server.answers["/mask.png"] = response(encode(BEGUN))
    server.answers["/gone.png"] = response(status="404 Not Found")
    try:
        assert np.array_equal(painter_of(f"{server.url}/mask.png").array, BEGUN)
        with pytest.raises(InvalidRequest) as caught:
            painter_of(f"{server.url}/gone.png")
    finally:
        server.close()

    assert caught.value.field == "mask"
    assert caught.value.next_step


def test_painting_may_begin_with_an_empty_mask() -> None:
    """It is as good as none; only a call for pictures refuses it."""
    painter = painter_of(np.zeros((HEIGHT, WIDTH), bool))
    painter.invert()

    assert painter.coverage == 1.0


def test_the_array_that_was_given_may_be_changed_later() -> None:
    """The painter has a copy of it."""
    given = BEGUN.copy()
    painter = painter_of(given)
    given[:] = False

    assert np.array_equal(painter.array, BEGUN)


_CUT_OUT = PIL.Image.new("RGBA", (WIDTH, HEIGHT), "white")
_CUT_OUT.putalpha(PIL.Image.fromarray(BEGUN).convert("L"))
_BAD: dict[str, tuple[Any, str]] = {
    "other size": (BEGUN[:, :-1], "resize"),
    "turned": (BEGUN.T, r"mask.resize\(\(60, 40\)"),
    "transparency": (_CUT_OUT, "mask = "),
    "floats": (BEGUN * 9.0, "mask = mask > 0"),
    "svg": (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "PNG, JPEG or WebP"),
    "gif": (b"GIF89a" + bytes(30), "PNG, JPEG or WebP"),
    "truncated": (encode(BEGUN)[:-20], "PNG, JPEG or WebP"),
    "bomb": (encode(np.broadcast_to(np.zeros(1, bool), (9000, 9000))), "8192 x 8192"),
    "no file": ("no-such-mask.png", "Check the path"),
    "a list": ([[1, 0]], "a list, which is not a mask"),
}


@pytest.mark.parametrize("name", _BAD)
def test_what_is_no_mask_of_this_picture_is_refused(name: str) -> None:
    """The message says what to give instead; no half-made widget stays in the kernel."""
    source, words = _BAD[name]
    before = open_widgets()
    with pytest.raises(InvalidRequest, match=words) as caught:
        painter_of(source)

    assert caught.value.field == "mask"
    assert open_widgets() <= before


@pytest.fixture(params=["nothing", "a mask"])
def painted(request: pytest.FixtureRequest) -> Iterator[MaskPainter]:
    """Return a painter that was painted on by hand and by code, over nothing or a mask."""
    painter = painter_of(None if request.param == "nothing" else BEGUN)
    page = Page(Wire(painter))
    page.hello()
    page.do(Stroke(np.array([(3, 3), (50, 31)], np.float32), 4.5))
    painter.ellipse(20, 10, 30, 25, "subtract")
    painter.invert()
    painter.stroke([(1, 1)], 3)
    painter.undo()
    yield painter
    painter.close()


def test_a_saved_mask_goes_on_where_it_was_left(painted: MaskPainter, tmp_path: Path) -> None:
    """A new painter, of a new kernel or not, has the mask and all its undo steps."""
    painter = painted
    written = painter.save(tmp_path / "mask.png")
    assert written == tmp_path / "mask.png"
    again = painter_of(written)

    assert np.array_equal(again.array, painter.array)
    assert [described(one) for one in again.operations] == [
        described(one) for one in painter.operations
    ]
    for _ in range(3):
        again.undo()
        painter.undo()
        assert np.array_equal(again.array, painter.array)
    assert again.operations == ()
    again.redo()
    painter.redo()
    assert np.array_equal(again.array, painter.array)


def test_a_page_of_a_loaded_painter_gets_its_history(painted: MaskPainter, tmp_path: Path) -> None:
    """What was there before is what its undo button takes back."""
    again = painter_of(painted.save(tmp_path / "mask.png"))
    page = Page(Wire(again))
    snapshot = page.hello()
    points, base = page.wire.buffers("snapshot")

    assert [one["kind"] for one in snapshot["done"]] == kinds(painted.operations)
    assert len(points) == 8 * 2
    first = Page(Wire(painted), "b")
    first.hello()
    assert base == first.wire.buffers("snapshot")[1]


def test_a_saved_mask_is_an_ordinary_picture_of_a_mask(
    painted: MaskPainter, tmp_path: Path
) -> None:
    """Any program shows it; a file that was there before is replaced as a whole."""
    path = tmp_path / "mask.PNG"
    path.write_bytes(b"old")
    painted.save(str(path))
    with PIL.Image.open(path) as image:
        image.load()
        assert (image.format, image.mode, image.size) == ("PNG", "1", (WIDTH, HEIGHT))
        assert np.array_equal(np.asarray(image), painted.array)

    assert [one.name for one in tmp_path.iterdir() if "mask" in one.name] == ["mask.PNG"]


def test_a_mask_that_was_edited_elsewhere_is_taken_as_it_is(
    painted: MaskPainter, tmp_path: Path
) -> None:
    """Whoever painted in another program finds those pixels, and no steps that make others."""
    with PIL.Image.open(painted.save(tmp_path / "mask.png")) as image:
        pixels = np.asarray(image).copy()
        words = PIL.PngImagePlugin.PngInfo()
        for name, text in image.info.items():
            words.add_text(str(name), str(text))
    pixels[:2, :2] ^= True
    edited = encoded(PIL.Image.fromarray(pixels), pnginfo=words)
    assert b"lumen_widgets operations" in edited
    again = painter_of(edited)

    assert np.array_equal(again.array, pixels)
    assert again.operations == ()


@pytest.mark.parametrize("name", ["mask.jpg", "mask", "mask.png.txt"])
def test_a_mask_is_saved_as_png_only(name: str, tmp_path: Path) -> None:
    """Any other name is refused with the way to write it, and nothing is written."""
    with pytest.raises(InvalidRequest, match=r"End the name in \.png"):
        painter_of(BEGUN).save(tmp_path / name)

    assert not (tmp_path / name).exists()


def test_a_folder_that_is_not_there_says_so(tmp_path: Path) -> None:
    """As everywhere in Python."""
    with pytest.raises(FileNotFoundError):
        painter_of(BEGUN).save(tmp_path / "nowhere" / "mask.png")
    with pytest.raises(FileNotFoundError):
        painter_of(BEGUN).save("~nobody-of-this-name/mask.png")


def test_a_name_that_no_file_can_have_is_said_in_words() -> None:
    """As where a picture is saved."""
    with pytest.raises(InvalidRequest, match="no file's name"):
        painter_of(BEGUN).save("a\0b.png")


def test_what_cannot_be_called_hears_of_no_change() -> None:
    """It is said at once, and not in the log with the first stroke."""
    nothing: Any = None
    with pytest.raises(InvalidRequest, match="cannot be called"):
        painter_of(BEGUN).on_change(nothing)


def test_a_file_with_a_hostile_text_is_a_mask_all_the_same() -> None:
    """Only its pixels count; nothing is raised and no step believed."""
    undo: dict[str, Any] = {"version": 1, "operations": [{"kind": "undo"}], "base": None}
    for text in (b"", b"?", text_of(b"[" * 3000), text_of(undo), text_of({"version": 99})):
        data = encode(BEGUN, [(b"tEXt", b"lumen_widgets operations\0" + text)])
        painter = painter_of(data)

        assert np.array_equal(painter.array, BEGUN)
        assert painter.operations == ()


def test_a_saved_mask_of_another_picture_is_refused(tmp_path: Path) -> None:
    """Its size tells."""
    path = painter_of(BEGUN).save(tmp_path / "mask.png")
    with pytest.raises(InvalidRequest, match="60 x 40"):
        MaskPainter(np.zeros((41, 60, 3), np.uint8), path)


def test_a_saved_mask_is_a_mask_for_any_painter_more(tmp_path: Path) -> None:
    """Saved, loaded, painted on and saved again, it still has every step."""
    first = painter_of()
    first.rectangle(0, 0, 9, 9)
    second = painter_of(first.save(tmp_path / "one.png"))
    second.invert()
    third = painter_of(second.save(tmp_path / "two.png"))

    assert [type(one) for one in third.operations] == [Rectangle, Invert]
    assert np.array_equal(third.array, second.array)

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import numpy as np
import PIL.Image
import PIL.PngImagePlugin
import pytest
from hypothesis import assume, given
from hypothesis.extra import numpy as numpy_st

from lumen_widgets.core.errors import InvalidRequest
from lumen_widgets.core.pictures.images import LocalPicture, read_picture
from lumen_widgets.core.pictures.masks import check_pair, read_mask
from lumen_widgets.core.pictures.picture import Picture
from tests.client_files.samples import FORMATS, arrays, decoded, encoded, gradient

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

SQUARE = np.zeros((20, 30), bool)
SQUARE[5:15, 10:20] = True


def repainted(source: Any) -> NDArray[np.bool_]:
    """Return which pixels of a mask are repainted; check that it has two colours only."""
    read = read_mask(source)
    assert isinstance(read, LocalPicture)
    image = decoded(read.data)
    assert image.mode == "1"
    assert (read.media_type, (read.width, read.height)) == ("image/png", image.size)
    return np.asarray(image)


@pytest.mark.slow
@given(array=numpy_st.arrays(bool, numpy_st.array_shapes(min_dims=2, max_dims=2, max_side=20)))
def test_bool_arrays_arrive_exactly(array: NDArray[np.bool_]) -> None:
    """True is repainted, and nothing else is."""
    assume(array.any())

    assert np.array_equal(repainted(array), array)


@pytest.mark.slow
@given(array=arrays(channels=(None,)))
def test_grey_counts_from_the_middle(array: NDArray[np.uint8]) -> None:
    """128 and more is repainted."""
    assume((array >= 128).any())

    assert np.array_equal(repainted(array), array >= 128)


@pytest.mark.parametrize("kind", FORMATS)
def test_files_and_images_give_the_same_mask(kind: str, tmp_path: Path) -> None:
    """The same drawing is the same mask as file, bytes, image or array, with soft edges too."""
    grey = np.where(SQUARE, np.uint8(255), np.uint8(0))
    grey[4, 10:20] = 90
    image = PIL.Image.fromarray(grey)
    path = tmp_path / "mask"
    path.write_bytes(encoded(image.convert("RGB"), kind, quality=100))

    colours = np.repeat(grey[..., None], 3, axis=2)
    sources: list[Any] = [path, str(path), path.read_bytes(), image, image.convert("RGB"), grey]
    for source in (*sources, colours):
        assert np.array_equal(repainted(source), SQUARE)
    for mode in ("1", "P"):
        assert np.array_equal(repainted(PIL.Image.fromarray(SQUARE).convert(mode)), SQUARE)


def test_an_address_stays_one() -> None:
    """A mask given as URL is passed on."""
    assert read_mask("https://example.org/mask.png") == "https://example.org/mask.png"


def test_a_painter_is_asked() -> None:
    """Whatever has __lumen_mask__ is a mask, as an array, as a PIL image or as bytes."""
    image = PIL.Image.fromarray(SQUARE)
    assert np.array_equal(repainted(Painter(SQUARE)), SQUARE)
    assert np.array_equal(repainted(Painter(np.asarray(image.convert("RGB")))), SQUARE)
    assert np.array_equal(repainted(Painter(image)), SQUARE)
    assert np.array_equal(repainted(Painter(encoded(image))), SQUARE)


@pytest.mark.parametrize("shape", [(1, 1), (3, 7), (5, 8), (4, 9), (300, 1), (1, 300)])
@pytest.mark.parametrize("view", [np.s_[:, :], np.s_[::-1, ::-1], np.s_[::2, :]])
def test_arrays_of_every_width_and_order_of_memory_arrive(
    shape: tuple[int, int], view: Any
) -> None:
    """What is left of a row's last byte is no pixel, and a view is the mask that it shows."""
    mask = np.random.default_rng(3).random(shape) < 0.5
    mask[0, 0] = mask[-1, -1] = True

    assert np.array_equal(repainted(mask[view]), mask[view])
    assert np.array_equal(repainted(mask.T[view]), mask.T[view])


class Painter:
    """Stands where a mask painter is."""

    def __init__(self, painted: Any) -> None:
        self.painted = painted

    def __lumen_mask__(self) -> Any:
        """Return what was painted."""
        return self.painted


@pytest.mark.parametrize("level", [0, 1, 9])
def test_a_file_that_is_a_bare_mask_passes_byte_for_byte(level: int) -> None:
    """A PNG of one bit a pixel that says nothing else is not made again, from a painter or not."""
    data = encoded(PIL.Image.fromarray(SQUARE), compress_level=level)
    for source in (data, Painter(data)):
        read = read_mask(source)

        assert isinstance(read, LocalPicture)
        assert read.data is data
        assert (read.width, read.height) == (30, 20)
        assert read.sha256 == hashlib.sha256(data).hexdigest()


def test_a_file_that_says_more_than_its_pixels_is_made_again() -> None:
    """Text, a resolution, a tail behind the end and wider pixels are not passed on."""
    image = PIL.Image.fromarray(SQUARE)
    text = PIL.PngImagePlugin.PngInfo()
    text.add_text("place", "home")
    bare = encoded(image)
    for data in (
        encoded(image, pnginfo=text),
        encoded(image, dpi=(300, 300)),
        bare + b"tail",
        encoded(image.convert("L")),
    ):
        read = read_mask(data)

        assert isinstance(read, LocalPicture)
        assert read.data != data
        assert decoded(read.data).info == {}
        assert np.array_equal(repainted(data), SQUARE)


def test_a_bare_mask_is_looked_at_before_it_passes() -> None:
    """One that is damaged is refused like any other file."""
    data = bytearray(encoded(PIL.Image.fromarray(SQUARE)))
    data[-20] ^= 0xFF
    with pytest.raises(InvalidRequest, match="damaged"):
        read_mask(data)


@pytest.mark.parametrize("form", ["array", "image", "bytes"])
def test_a_painter_in_which_nothing_is_painted_is_told_so(form: str) -> None:
    """The way on is to paint, or to take another mask."""
    image = PIL.Image.new("1", (30, 20))
    painted: Any = {"array": ~SQUARE & SQUARE, "image": image, "bytes": encoded(image)}[form]
    with pytest.raises(InvalidRequest, match="a Painter with an empty mask") as caught:
        read_mask(Painter(painted))

    assert caught.value.next_step == "Paint what is to be repainted, or pass another mask."
    assert caught.value.field == "mask"


@pytest.mark.parametrize("form", ["image", "array", "bytes"])
def test_varying_alpha_is_refused_with_both_ways_out(form: str) -> None:
    """A cut-out could mean either side: the message has a line that runs for each."""
    image = PIL.Image.new("RGBA", (30, 20), "white")
    image.putalpha(PIL.Image.fromarray(SQUARE).convert("L"))
    source: Any = {"image": image, "array": np.asarray(image), "bytes": encoded(image)}[form]
    with pytest.raises(InvalidRequest, match="either way") as caught:
        read_mask(source)

    lines = [line.strip() for line in caught.value.next_step.splitlines() if "mask = " in line]
    results = []
    for line in lines:
        names: dict[str, Any] = {"PIL": PIL, "image": image}
        exec(f"import PIL.ImageOps\n{line}", names)  # noqa: S102  the message's own lines must run
        results.append(repainted(names["mask"]))
    assert np.array_equal(results[0], ~SQUARE)
    assert np.array_equal(results[1], SQUARE)


def test_alpha_that_is_the_same_everywhere_says_nothing() -> None:
    """An opaque RGBA mask goes by its colours."""
    grey = PIL.Image.fromarray(SQUARE).convert("RGBA")

    assert np.array_equal(repainted(grey), SQUARE)


@pytest.mark.parametrize(
    ("source", "said"),
    [
        (np.zeros((4, 4), bool), "empty mask"),
        (np.full((4, 4), 127, np.uint8), "empty mask.*mask = mask > 0"),
        (np.zeros((0, 4), bool), "no pixels"),
        (np.zeros((0, 4), np.uint8), "no pixels"),
        (np.ones((1, 8192 * 8192 + 1), bool), "too large"),
        (np.ones((4, 4, 3), bool), "several masks"),
        (np.ones(16, bool), "shape \\(height, width\\)"),
        ("no/such/mask.png", "no file"),
        (b"words", "neither PNG"),
        (None, "NoneType"),
    ],
)
def test_what_is_no_mask_is_refused_in_words(source: Any, said: str) -> None:
    """The error says what was given, and what to do instead."""
    with pytest.raises(InvalidRequest, match=said):
        read_mask(source)


def test_picture_and_mask_have_one_size() -> None:
    """Sizes are compared where both are known, also for a picture that travels by its URL."""
    mask = read_mask(SQUARE)
    fitting = read_picture(gradient(30, 20))
    fresh = Picture(
        b"", media_type="image/png", width=20, height=30, sha256="", url="https://x.example/1"
    )

    check_pair(fitting, mask)
    check_pair("https://example.org/cat.png", mask)
    check_pair(fitting, "https://example.org/mask.png")
    for other in (read_picture(gradient(20, 30)), fresh):
        with pytest.raises(InvalidRequest, match="30 x 20 pixels, the picture 20 x 30") as caught:
            check_pair(other, mask)
        # SQUARE is one
        assert "PIL.Image.fromarray(array)" in str(caught.value)
    resized = PIL.Image.fromarray(SQUARE).resize((20, 30), PIL.Image.Resampling.NEAREST)
    check_pair(fresh, read_mask(resized))

"""Several pictures as one: what stands where, what is said of it, and what becomes of colours."""

from __future__ import annotations

import hashlib
import subprocess
import sys
import threading
from typing import TYPE_CHECKING, Any

import numpy as np
import PIL.Image
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import ImageFont

from lumen_widgets.core.pictures.contact_sheet import (
    LONG_SIDE,
    ContactSheet,
    contact_sheet,
    sheet_bundle,
    sheets_of,
    small_sheet,
)
from lumen_widgets.core.pictures.decoding import media_type_of
from lumen_widgets.core.pictures.picture import Picture, display_copy
from tests.client_files.samples import decoded, encoded, gradient
from tests.client_files.test_colours import swapped

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

# far from each other, from grey and from white
COLOURS = ((200, 30, 30), (30, 150, 30), (30, 30, 200), (190, 170, 20))
WIDE, HIGH, SQUARE = (320, 180), (180, 320), (240, 240)


def of_file(data: bytes, size: tuple[int, int], **facts: Any) -> Picture:
    """Return a picture of a file."""
    return Picture(
        data,
        media_type=media_type_of(data) or "",
        width=size[0],
        height=size[1],
        sha256=hashlib.sha256(data).hexdigest(),
        **{"prompt": "a cute cat", "count": 4, **facts},
    )


def flat(size: tuple[int, int], number: int = 0, alpha: int = 254, **facts: Any) -> Picture:
    """Return a picture of one colour, by its number.

    Unless it is opaque it makes a PNG of a sheet, which keeps every pixel as it was drawn.
    """
    image = PIL.Image.new("RGBA", size, (*COLOURS[number % len(COLOURS)], alpha))
    return of_file(encoded(image), size, **{"index": number, **facts})


def places(sheet: ContactSheet, count: int) -> list[tuple[int, int, int, int]]:
    """Return left, top, right and bottom of each picture of another colour on a sheet."""
    found = []
    pixels = pixels_of(sheet)
    for colour in COLOURS[:count]:
        rows, columns = np.nonzero(_is_of(colour, pixels))
        found.append((columns.min(), rows.min(), columns.max() + 1, rows.max() + 1))
    return [tuple(int(edge) for edge in place) for place in found]  # type: ignore[misc]  # four edges


def _is_of(colour: tuple[int, int, int], pixels: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Say which pixels are of a colour; where there is alpha, reducing rounds it."""
    same: NDArray[np.bool_] = np.abs(pixels - colour).max(axis=-1) <= 3
    return same


def pixels_of(sheet: ContactSheet) -> NDArray[np.int64]:
    """Return the pixels of a sheet."""
    image = decoded(sheet.data)
    assert image.size == (sheet.width, sheet.height)
    return np.asarray(image.convert("RGB")).astype(np.int64)


def rows_of(sheet: ContactSheet, count: int) -> list[int]:
    """Return how many pictures each row of a sheet has."""
    tops = [top for _, top, _, _ in places(sheet, count)]
    return [tops.count(top) for top in sorted(set(tops))]


@pytest.mark.slow
def test_four_are_two_by_two_in_the_order_of_reading() -> None:
    """As large as a sheet allows, none over another, and each as it was."""
    sheet = contact_sheet([flat((1024, 1024), number) for number in range(4)])
    first, second, third, fourth = places(sheet, 4)

    assert max(sheet.width, sheet.height) == LONG_SIDE == 1536
    assert first[0] == third[0] < first[2] < second[0] == fourth[0] < second[2] < sheet.width
    assert first[1] == second[1] < first[3] < third[1] == fourth[1] < third[3] < sheet.height
    for left, top, right, bottom in (first, second, third, fourth):
        assert right - left == bottom - top > LONG_SIDE * 0.45


@pytest.mark.slow
@pytest.mark.parametrize(
    ("sizes", "rows"),
    [
        ([SQUARE] * 2, [2]),
        ([(320, 240)] * 2, [2]),
        ([WIDE] * 2, [1, 1]),
        ([HIGH] * 2, [2]),
        ([SQUARE] * 3, [2, 1]),
        ([WIDE] * 3, [2, 1]),
        ([HIGH] * 3, [3]),
        ([WIDE] * 4, [2, 2]),
        ([HIGH] * 4, [2, 2]),
        ([WIDE, HIGH, SQUARE, WIDE], [2, 2]),
    ],
)
def test_how_many_stand_side_by_side_follows_from_their_shapes(
    sizes: Sequence[tuple[int, int]], rows: list[int]
) -> None:
    """Wide ones stand one above the other where they are larger for it; four are always 2 x 2."""
    large = [(4 * width, 4 * height) for width, height in sizes]
    sheet = contact_sheet([flat(size, number) for number, size in enumerate(large)])

    assert rows_of(sheet, len(sizes)) == rows


@pytest.mark.slow
def test_each_index_stands_above_its_picture_and_over_none() -> None:
    """Labels are 26 pixels high, white on grey, and nothing is drawn into a picture."""
    pictures = [flat((1024, 1024), number) for number in range(4)]
    sheet = contact_sheet(pictures)
    pixels = pixels_of(sheet)
    for number, (left, top, right, bottom) in enumerate(places(sheet, 4)):
        assert _is_of(COLOURS[number], pixels[top:bottom, left:right]).all()
        above = pixels[top - 34 : top, left : left + 60].min(axis=2) > 160
        written = np.nonzero(above.any(axis=1))[0]
        assert 22 <= written.max() - written.min() + 1 <= 26
    # other numbers are other labels, which is all that differs
    other = pixels_of(contact_sheet(pictures, [0, 1, 2, 7]))
    rows, columns = np.nonzero(np.abs(other - pixels).max(axis=2) > 60)
    left, top, _, _ = places(sheet, 4)[3]
    assert top - 34 < rows.min() <= rows.max() < top
    assert left <= columns.min() <= columns.max() < left + 60


@pytest.mark.slow
@given(
    sizes=st.lists(st.tuples(st.integers(1, 2500), st.integers(1, 60)), min_size=1, max_size=7),
    turned=st.booleans(),
    columns=st.none() | st.integers(1, 9),
)
def test_any_pictures_fit_whatever_their_shapes(
    sizes: list[tuple[int, int]], turned: bool, columns: int | None
) -> None:
    """The sheet keeps to its long side, and no picture is enlarged."""
    shapes = [(height, width) if turned else (width, height) for width, height in sizes]
    sheet = contact_sheet([flat(size) for size in shapes], columns=columns)

    assert max(sheet.width, sheet.height) <= LONG_SIDE
    drawn = _is_of(COLOURS[0], pixels_of(sheet)).sum()
    assert len(shapes) <= drawn <= sum(width * height for width, height in shapes)


def test_a_small_picture_is_not_enlarged_beside_a_large_one() -> None:
    """Each keeps its pixels, and the sheet is shown pixel by pixel where it has few."""
    sheet = contact_sheet([flat((40, 24), 0), flat((300, 300), 1)])
    small, large = places(sheet, 2)

    assert (small[2] - small[0], small[3] - small[1]) == (40, 24)
    assert (large[2] - large[0], large[3] - large[1]) == (300, 300)
    assert sheet.shown_width == sheet.width


def test_a_list_of_forty_fills_rows() -> None:
    """All of it is seen at once, and no row is nearly empty."""
    sheet = contact_sheet([flat(SQUARE, number) for number in range(40)])
    width, height = sheet.width, sheet.height

    assert max(width, height) == pytest.approx(LONG_SIDE, abs=8)
    assert min(width, height) > LONG_SIDE / 2


@pytest.mark.slow
def test_thousands_still_fit() -> None:
    """Whoever shows a whole history gets something to look at, and no error."""
    sheet = contact_sheet([flat((8, 8))] * 3000)

    assert max(sheet.width, sheet.height) <= LONG_SIDE


@pytest.mark.slow
def test_it_is_shown_at_half_its_size_for_dense_screens() -> None:
    """All of a sheet fits a laptop's screen."""
    wide = contact_sheet([flat((1600, 900), number) for number in range(3)])
    high = contact_sheet([flat((1600, 900), number) for number in range(2)])

    assert (wide.width, wide.shown_width) == (1536, 768)
    assert high.height == 1536
    assert high.shown_width == round(high.width / 2)


def test_transparency_stays_and_makes_a_png() -> None:
    """The page is seen through it, as through one picture; an alpha that hides nothing goes."""
    image = gradient(200, 200, "RGBA")
    image.putalpha(PIL.Image.new("L", image.size, 0))
    clear = of_file(encoded(image), image.size)
    sheet = contact_sheet([flat((200, 200), alpha=255), clear])
    pixels = np.asarray(decoded(sheet.data))
    opaque = contact_sheet([flat((200, 200), alpha=255), flat((200, 200), 1, alpha=255)])

    assert sheet.media_type == "image/png"
    assert pixels.shape[2] == 4
    assert (pixels[..., 3] == 0).sum() == 200 * 200
    assert (pixels[..., 3] == 255).sum() == pixels.shape[0] * pixels.shape[1] - 200 * 200
    assert opaque.media_type == "image/jpeg"


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
def test_colours_and_turns_are_those_of_a_single_picture(kind: str) -> None:
    """A profile is applied, and a picture on its side stands upright, also of a reduced JPEG."""
    exif = PIL.Image.Exif()
    exif[0x0112] = 6
    for options in ({"exif": exif}, {"icc_profile": swapped()}):
        data = encoded(gradient(3200, 1600), kind, **options)
        picture = of_file(data, (1600, 3200) if "exif" in options else (3200, 1600))
        alone = decoded(display_copy(picture)[0])
        sheet = decoded(contact_sheet([picture]).data)
        # within its margins, and below its label
        tile = sheet.crop((16, 46, sheet.width - 16, sheet.height - 16))
        seen = np.asarray(tile.resize((20, 20)), dtype=int)
        assert np.abs(seen - np.asarray(alone.resize((20, 20)), dtype=int)).max() < 25


def test_words_name_every_picture_with_its_index() -> None:
    """The text has a line for each; what is read out says a prompt that several share once."""
    cats = [flat(SQUARE, number, 255, count=2) for number in range(2)]
    dog = flat(SQUARE, 0, 255, count=1, prompt="a \x1b[31mdog\u202e")
    data, metadata = sheet_bundle([*cats, dog, flat(SQUARE, 3, 255, prompt=None)], [0, 1, 2, 5])

    assert set(data) == {"image/jpeg", "text/plain"}
    assert data["text/plain"].splitlines() == [
        "[0] Picture 1 of 2: a cute cat",
        "[1] Picture 2 of 2: a cute cat",
        "[2] Picture 1 of 1: a [31mdog",
        "[5] Picture 4 of 4",
    ]
    assert metadata["image/jpeg"]["alt"] == (
        "[0] Picture 1 of 2, [1] Picture 2 of 2: a cute cat; [2] Picture 1 of 1: a [31mdog; "
        "[5] Picture 4 of 4"
    )
    assert isinstance(metadata["image/jpeg"]["width"], int)


def test_what_is_read_out_of_many_long_prompts_is_bounded() -> None:
    """Every picture is still named."""
    pictures = [flat((8, 8), 0, 255, prompt=f"{number} " * 500) for number in range(40)]
    _, metadata = sheet_bundle(pictures)
    alt = str(metadata["image/jpeg"]["alt"])

    assert len(alt) < 2500
    assert all(f"[{number}] Picture 1 of 4" in alt for number in range(40))


def test_it_carries_no_metadata() -> None:
    """A prompt in a comment of the original does not reach the notebook."""
    data = encoded(gradient(), "JPEG", comment=b"my secret")

    assert b"secret" not in contact_sheet([of_file(data, (40, 24))] * 2).data


def test_a_list_has_a_sheet_of_96_pixels_without_labels() -> None:
    """It is small enough for a widget's state, and all of it is picture."""
    data, media_type = small_sheet([flat((1024, 1024), number, 255) for number in range(4)])
    image = decoded(data)

    assert media_type == "image/jpeg"
    assert image.size == (96, 96)
    assert len(data) < 3000
    for number, at in enumerate([(10, 10), (85, 10), (10, 85), (85, 85)]):
        seen = np.array(image.getpixel(at), dtype=int)
        assert np.abs(seen - COLOURS[number]).max() < 25


@pytest.mark.parametrize(
    ("size", "count", "columns", "lengths"),
    [
        (SQUARE, 4, None, [4]),
        (SQUARE, 40, None, [40]),
        (SQUARE, 0, None, []),
        (SQUARE, 0, 3, []),
        (SQUARE, 3, 9, [3]),
        (SQUARE, 4, 2, [4]),
        (SQUARE, 5, 3, [5]),
        (SQUARE, 10, 3, [9, 1]),
        (WIDE, 7, 2, [6, 1]),
        (HIGH, 7, 2, [2, 2, 2, 1]),
    ],
)
def test_so_many_in_a_row_take_as_many_sheets_as_keep_them_large(
    size: tuple[int, int], count: int, columns: int | None, lengths: list[int]
) -> None:
    """No row makes those of the first much smaller, and each picture is on one sheet."""
    large = (size[0] * 5, size[1] * 5)
    pictures = [of_file(b"", large)] * count
    found = sheets_of(pictures, columns)

    assert [len(one) for one in found] == lengths
    assert [place for one in found for place in one] == list(range(count))


def test_it_is_made_without_freetype_and_without_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither every Pillow has the one, nor a browser the other."""
    pictures = [flat(SQUARE, number) for number in range(3)]
    usual = contact_sheet(pictures)

    def start(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    with monkeypatch.context() as patched:
        patched.setattr(threading.Thread, "start", start)
        assert contact_sheet(pictures).data == usual.data

    def without_freetype(size: float | None = None) -> Any:
        if size is not None:
            raise ImportError("The _imagingft C module is not installed")
        return ImageFont.load_default_imagefont()

    monkeypatch.setattr(ImageFont, "load_default", without_freetype)
    plain = contact_sheet(pictures)
    left, top, _, _ = places(plain, 3)[0]
    assert (pixels_of(plain)[top - 20 : top, left : left + 40].min(axis=2) > 160).any()


@pytest.mark.slow
def test_it_is_made_while_the_program_ends() -> None:
    """Pictures may arrive once the last line has run, when no pool of threads can begin."""
    program = """
import threading
from tests.client_files.test_contact_sheet import SQUARE, contact_sheet, flat

def last():
    threading.main_thread().join()
    print(contact_sheet([flat(SQUARE, number) for number in range(3)]).width > SQUARE[0])

threading.Thread(target=last).start()
"""
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    assert (done.stdout.strip(), done.stderr) == ("True", "")


def test_without_a_picture_there_is_no_sheet() -> None:
    """It is the caller's to say what stands in its place."""
    with pytest.raises(ValueError, match="no picture"):
        contact_sheet([])

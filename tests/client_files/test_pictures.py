from __future__ import annotations

import base64
import hashlib
import io
import os
import pickle
import zlib
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

import numpy as np
import PIL.Image
import PIL.ImageOps
import pytest
from hypothesis import given
from hypothesis import strategies as st
from IPython.utils.capture import capture_output

from lumen_widgets.core.errors import InvalidRequest
from lumen_widgets.core.pictures.decoding import media_type_of
from lumen_widgets.core.pictures.images import LocalPicture, read_picture
from lumen_widgets.core.pictures.picture import Picture, Pictures, display_copy, thumbnail
from lumen_widgets.core.request import Request
from lumen_widgets.core.task import Task, TaskState
from tests.client_files.fetching import fetch
from tests.client_files.loopback import response
from tests.client_files.samples import FORMATS, arrays, decoded, encoded, gradient
from tests.ipython import running_ipython

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from IPython.core.interactiveshell import InteractiveShell
    from numpy.typing import NDArray

    from tests.client_files.loopback import LoopbackServer

URL = "https://store.example/1.png?signature=sentinel"


def picture(data: bytes | None = None, **facts: Any) -> Picture:
    """Return a picture as the client makes one."""
    read = read_picture(encoded(gradient()) if data is None else data)
    assert isinstance(read, LocalPicture)
    return Picture(
        data or read.data,
        media_type=media_type_of(data or read.data) or "",
        sha256=hashlib.sha256(data or read.data).hexdigest(),
        **{
            "width": read.width,
            "height": read.height,
            "url": URL,
            "prompt": "a cute\n cat",
            "count": 2,
            **facts,
        },
    )


@pytest.fixture
def shell() -> Iterator[InteractiveShell]:
    """Run an IPython in this process, and take it away again."""
    with running_ipython() as instance:
        yield instance


@pytest.mark.slow
@given(array=arrays(channels=(3, 4)))
def test_pixels_come_back_as_they_were(array: NDArray[np.uint8]) -> None:
    """Bytes, PIL and numpy all show the same pixels."""
    read = read_picture(array)
    assert isinstance(read, LocalPicture)
    made = picture(read.data)

    assert np.array_equal(made.to_numpy(), array)
    assert np.array_equal(np.asarray(made.to_pil()), array)


@pytest.mark.parametrize(("mode", "channels"), [("L", 3), ("1", 3), ("P", 3), ("LA", 4)])
def test_to_numpy_has_three_channels_or_four(mode: str, channels: int) -> None:
    """Greys and palettes become RGB, and RGBA where there is alpha."""
    array = picture(encoded(gradient().convert(mode))).to_numpy()

    assert array.dtype == np.uint8
    assert array.shape == (24, 40, channels)


@pytest.mark.parametrize("kind", FORMATS)
@pytest.mark.parametrize(
    ("orientation", "turn"),
    [
        (2, PIL.Image.Transpose.FLIP_LEFT_RIGHT),
        (3, PIL.Image.Transpose.ROTATE_180),
        (6, PIL.Image.Transpose.ROTATE_90),
    ],
)
def test_a_result_on_its_side_is_seen_upright(
    server: LoopbackServer, tmp_path: Path, kind: str, orientation: int, turn: Any
) -> None:
    """In a cell, a list, an array, another format and its own size, as in a viewer."""
    exif = PIL.Image.Exif()
    exif[0x0112] = orientation
    data = encoded(gradient().transpose(turn), kind, exif=exif)
    server.answers["/1.png"] = response(data)
    found = fetch(server)
    made = picture(data, width=found.width, height=found.height)
    saved = [made.save(tmp_path / name).read_bytes() for name in ("a.png", "a.jpg", "a.webp")]
    files = [display_copy(made)[0], thumbnail(made)[0], *saved]
    seen = [np.asarray(PIL.ImageOps.exif_transpose(decoded(file))) for file in files]
    read = read_picture(made.bytes)

    assert isinstance(read, LocalPicture)
    assert (made.width, made.height) == (read.width, read.height) == (40, 24)
    for pixels in [*seen, made.to_numpy()]:
        # JPEG loses a little; a wrong turn would be off by hundreds
        assert np.abs(pixels[..., :3].astype(int) - np.asarray(gradient()).astype(int)).max() < 40


def test_what_stands_in_for_a_picture() -> None:
    """The words name its place and the prompt on one line, cut where they become a burden."""
    assert picture().alt == "Picture 1 of 2: a cute cat"
    assert picture(prompt=None, index=1).alt == "Picture 2 of 2"
    assert len(picture(prompt="word " * 500).alt) == 300


def test_a_cell_gets_a_copy_and_its_words_and_no_html() -> None:
    """The bundle holds one image in base64, its words, and the alt text in its metadata."""
    data, metadata = picture()._repr_mimebundle_()

    assert set(data) == {"image/jpeg", "text/plain"}
    assert data["text/plain"] == "Picture 1 of 2: a cute cat"
    assert metadata == {"image/jpeg": {"alt": "Picture 1 of 2: a cute cat", "width": 40}}
    assert decoded(base64.b64decode(data["image/jpeg"], validate=True)).size == (40, 24)
    assert set(picture(encoded(gradient(mode="RGBA")))._repr_mimebundle_()[0]) == {
        "image/png",
        "text/plain",
    }


@pytest.mark.slow
def test_a_cell_shows_a_large_picture_at_a_size_that_can_be_compared() -> None:
    """The longer side is at most 512 CSS pixels, whichever side it is."""
    wide, high = picture(encoded(gradient(2048, 1024))), picture(encoded(gradient(1024, 2048)))

    assert wide._repr_mimebundle_()[1]["image/jpeg"]["width"] == 512
    assert high._repr_mimebundle_()[1]["image/jpeg"]["width"] == 256


def test_its_address_is_nowhere() -> None:
    """Neither repr, nor pickle, nor what a notebook stores tells the address or the task."""
    asked = Request("edits", {"prompt": "a cat", "image_urls": [URL]})
    made = picture(
        task=Task(TaskState("a1", asked, origin="https://sentinel.example", status="succeeded"))
    )
    again = pickle.loads(pickle.dumps(made))  # noqa: S301  our own bytes

    assert (again.url, again.task) == (None, None)
    assert (again.bytes, again.alt, again.index) == (made.bytes, made.alt, made.index)
    for shown in (repr(made), repr(Pictures([made])), repr(made._repr_mimebundle_())):
        assert "sentinel" not in shown
    assert b"sentinel" not in pickle.dumps(Pictures([made]))


@pytest.mark.slow
@given(width=st.integers(1, 3000), height=st.integers(1, 60), mode=st.sampled_from(["RGB", "RGBA"]))
def test_copies_fit_and_keep_the_shape(width: int, height: int, mode: str) -> None:
    """The long side is at most what was asked, nothing is enlarged, and alpha stays alpha."""
    made = picture(encoded(gradient(width, height, mode), compress_level=1))
    for make, most in ((display_copy, 1024), (thumbnail, 96)):
        data, media_type = make(made)
        image = decoded(data)
        scale = min(1, most / max(width, height))

        assert abs(image.width - width * scale) <= 1
        assert abs(image.height - height * scale) <= 1
        transparent = made.to_numpy().shape[2] == 4 and made.to_numpy()[..., 3].min() < 255
        assert media_type == ("image/png" if transparent else "image/jpeg")


def test_copies_carry_no_metadata() -> None:
    """A prompt in the original's comments does not reach the notebook."""
    data, _ = display_copy(picture(encoded(gradient(), "JPEG", comment=b"my secret")))

    assert b"secret" not in data


@pytest.mark.parametrize("kind", FORMATS)
@pytest.mark.parametrize("suffix", [".png", ".jpg", ".JPEG", ".webp"])
def test_the_suffix_decides(kind: str, suffix: str, tmp_path: Path) -> None:
    """The same format keeps every byte; another one is converted, without metadata."""
    data = encoded(gradient(), kind)
    path = picture(data).save(tmp_path / f"cat{suffix}")

    wanted = {"png": "PNG", "jpg": "JPEG", "jpeg": "JPEG", "webp": "WEBP"}[suffix[1:].lower()]
    assert decoded(path.read_bytes()).format == wanted
    assert (path.read_bytes() == data) == (wanted == kind)
    assert [found.name for found in tmp_path.iterdir()] == [f"cat{suffix}"]


def test_transparency_becomes_white_in_a_jpeg(tmp_path: Path) -> None:
    """A cut-out is saved as JPEG on white, not on black."""
    image = gradient(mode="RGBA")
    image.putalpha(0)
    path = picture(encoded(image)).save(tmp_path / "cat.jpg")

    assert decoded(path.read_bytes()).getextrema() == ((255, 255),) * 3


@pytest.mark.parametrize("prompt", ["a cute/../cat?", "窗台上的猫" * 30, None, "///"])
def test_a_folder_gets_a_name_made_up(prompt: str | None, tmp_path: Path) -> None:
    """In a folder the name comes from prompt, index and content, and stays in that folder."""
    made = picture(prompt=prompt)
    path = made.save(tmp_path)

    assert path.parent == tmp_path
    assert path.read_bytes() == made.bytes
    assert path.name.endswith(f"-1-{made.sha256[:8]}.png")


def test_saving_replaces_a_file_but_not_a_link(tmp_path: Path) -> None:
    """A file of that name is replaced; a link still points to where it did."""
    (tmp_path / "real.png").write_bytes(b"old")
    (tmp_path / "link.png").symlink_to(tmp_path / "real.png")
    made = picture()
    made.save(tmp_path / "link.png")

    assert (tmp_path / "link.png").is_symlink()
    assert (tmp_path / "real.png").read_bytes() == made.bytes


def test_a_name_made_up_follows_no_link(tmp_path: Path) -> None:
    """In a folder, a link that was put under the made-up name is replaced, not followed."""
    target = tmp_path / "theirs"
    target.write_bytes(b"theirs")
    (folder := tmp_path / "shared").mkdir()
    name = picture().save(tmp_path).name
    (folder / name).symlink_to(target)

    assert picture().save(folder) == folder / name
    assert target.read_bytes() == b"theirs"
    assert not (folder / name).is_symlink()


@pytest.mark.parametrize(
    "prompt", ["../../etc/passwd", "/etc/passwd", "C:\\a", "a\0b", "..", "con", "a" * 400, "\u202e"]
)
def test_no_prompt_leaves_the_folder(prompt: str, tmp_path: Path) -> None:
    """Whatever the prompt, the file is in the folder that was named, under a plain name."""
    (folder := tmp_path / "folder").mkdir()
    saved = picture(prompt=prompt).save(folder)

    assert saved.parent == folder
    assert [path.name for path in folder.iterdir()] == [saved.name]
    assert not set(saved.name) & set('/\\:*?"<>|\0\u202e')
    assert saved.name[:1].isalnum()


def test_words_of_a_prompt_steer_nothing() -> None:
    """Escape sequences and marks that turn the order around are left out of the words."""
    made = picture(prompt="a \x1b[31mred\x1b]0;title\x07 cat\u202e\x9b2J 👩‍🎨")
    data, metadata = made._repr_mimebundle_()
    for words in (made.alt, data["text/plain"], *(str(one["alt"]) for one in metadata.values())):
        assert not set(words) & set("\x1b\x07\u202e\x9b")
        assert "👩‍🎨" in words  # joined by a mark that is part of writing


def test_a_suffix_that_is_no_picture(tmp_path: Path) -> None:
    """An unknown suffix is refused with the way out, and nothing is written."""
    for name in ("cat.gif", "cat", "no/such/folder"):
        with pytest.raises(InvalidRequest, match=r"to_pil\(\)\.save"):
            picture().save(tmp_path / name)
    with pytest.raises(OSError, match="folder"):
        picture().save(tmp_path / "no-folder" / "cat.png")
    assert list(tmp_path.iterdir()) == []


def shown(shell: InteractiveShell, code: str, **names: Any) -> list[dict[str, Any]]:
    """Run a cell, and return what it put out, its result last as a kernel would send it."""
    shell.push(names)
    results: list[dict[str, Any]] = []
    write = patch.object(
        shell.displayhook, "write_format_data", lambda data, _=None: results.append(data)
    )
    with capture_output() as captured, write:
        result = shell.run_cell(code, store_history=True)
    result.raise_error()
    return [output.data for output in captured.outputs] + results


def test_pictures_show_themselves_as_one_sheet(shell: InteractiveShell) -> None:
    """The last value of a cell is shown as one picture, whose words name each with its index."""
    (output,) = shown(shell, "pictures", pictures=Pictures([picture(), picture(index=1)]))

    assert set(output) == {"image/jpeg", "text/plain"}
    assert output["text/plain"].splitlines() == [
        "[0] Picture 1 of 2: a cute cat",
        "[1] Picture 2 of 2: a cute cat",
    ]


def test_a_suppressed_list_shows_nothing_in_its_cell_and_no_other(shell: InteractiveShell) -> None:
    """The cell that has shown the pictures does not show them twice; the next one does."""
    pictures = Pictures([picture()])

    assert shown(shell, "pictures.suppress_display()\npictures", pictures=pictures) == []
    assert len(shown(shell, "pictures")) == 1


@pytest.mark.parametrize(
    ("line", "count"),
    [
        ("pictures[0]", 0),
        ("pictures[-1]", 0),
        ("pictures", 0),
        ("display(pictures)", 1),
        ("display(pictures[0])", 1),
        ("pictures.append(other); pictures", 1),
        ("with capture_output() as seen: display(pictures)\nseen.show()\npictures", 1),
    ],
)
def test_only_the_result_of_the_cell_that_has_shown_it_is_held_back(
    shell: InteractiveShell, line: str, count: int
) -> None:
    """What somebody asks for is shown; so is a list to which something was added since."""
    pictures = Pictures([picture(), picture(index=1)])
    begin = (
        "from IPython.display import display\nfrom IPython.utils.capture import capture_output\n"
        "pictures.suppress_display()\n"
    )
    assert len(shown(shell, begin + line, pictures=pictures, other=picture())) == count


def test_what_was_shown_into_a_capture_is_shown_when_it_is_asked_for(
    shell: InteractiveShell,
) -> None:
    """Only what the cell itself has shown need not be shown again as its result."""
    code = (
        "from IPython.utils.capture import capture_output\n"
        "with capture_output(): pictures.suppress_display()\npictures"
    )
    assert len(shown(shell, code, pictures=Pictures([picture()]))) == 1
    assert len(shown(shell, f"{code}[0]", pictures=Pictures([picture()]))) == 1


@pytest.mark.parametrize(
    "line",
    [
        "cats[:2]",
        "cats[::-1][1:]",
        "cats[:1] + dogs",
        "list(cats[:1]) + dogs",
        "dogs + list(cats[:1])",
        "dogs * 2",
        "2 * dogs",
        "cats[1:].copy()",
        "copy.copy(cats[1:])",
        "copy.deepcopy(cats[1:])",
        "Pictures(sorted(cats, key=lambda one: -one.index))[:2]",
    ],
)
def test_what_is_made_of_pictures_is_pictures(shell: InteractiveShell, line: str) -> None:
    """Slices, sums, multiples and copies of pictures that a cell has shown are shown too."""
    names = {"cats": Pictures(picture(index=i) for i in range(3)), "dogs": Pictures([picture()])}
    shell.push({"Pictures": Pictures})
    (output,) = shown(shell, f"import copy\ncats.suppress_display()\n{line}", **names)

    assert set(output) == {"image/jpeg", "text/plain"}
    assert len(output["text/plain"].splitlines()) == 2


def test_a_sum_with_something_else_is_a_plain_list_and_no_pictures_are_text(
    shell: InteractiveShell,
) -> None:
    """A list of pictures holds pictures only; an empty one says so, since a cell would be empty."""
    pictures = Pictures([picture()])

    assert type(pictures + [1]) is list  # noqa: RUF005  it is the sum that is tested
    assert type([1] + pictures) is list  # noqa: RUF005
    (output,) = shown(shell, "pictures[5:]", pictures=pictures)
    assert output == {"text/plain": "[]"}


def test_marimo_gets_one_piece_of_html_in_which_no_prompt_is_markup() -> None:
    """Marimo takes lists apart, unless they say what to show."""
    from html.parser import HTMLParser

    found: list[tuple[str, dict[str, str | None]]] = []
    parser = HTMLParser()
    parser.handle_starttag = lambda tag, attrs: found.append((tag, dict(attrs)))  # type: ignore[method-assign]
    made = picture(prompt='"><script>alert(1)</script>\x1b[2J\u202e')
    kind, markup = Pictures([made, made])._display_()._mime_()
    parser.feed(markup)
    one = Pictures([made])._display_()._mime_()
    parser.feed(one[1])

    assert kind == "text/html"
    assert made._mime_() == one
    assert [tag for tag, _ in found] == ["img"] * 2
    words = made.alt.removeprefix("Picture 1 of 2")
    assert found[0][1]["alt"] == f"[0] Picture 1 of 2, [1] Picture 1 of 2{words}"
    assert found[1][1]["alt"] == made.alt
    assert all(str(image["src"]).startswith("data:image/jpeg;base64,") for _, image in found)


def test_suppressing_outside_ipython_does_nothing() -> None:
    """In a script there is no cell."""
    pictures = Pictures([picture()])
    pictures.suppress_display()

    assert pickle.loads(pickle.dumps(pictures))[0].alt == pictures[0].alt  # noqa: S301  our own bytes


@pytest.mark.parametrize(("size", "suffix"), [((16_400, 2), ".webp"), ((2, 65_535), ".jpg")])
def test_a_picture_that_is_too_long_for_a_format_says_so(
    tmp_path: Path, size: tuple[int, int], suffix: str
) -> None:
    """The message names a format that it fits into, and nothing is written."""
    made = picture(encoded(PIL.Image.new("RGB", size)))
    with pytest.raises(InvalidRequest, match="no side of"):
        made.save(tmp_path / f"a{suffix}")
    assert not list(tmp_path.iterdir())
    assert made.save(tmp_path / "a.png").is_file()


@pytest.mark.parametrize("name", ["a\0b.png", "\ud800.png"])
def test_a_name_that_no_file_can_have_is_said_in_words(tmp_path: Path, name: str) -> None:
    """Nothing of Python's own about bytes comes out of save."""
    for path in (tmp_path / name, f"~{name}"):
        with pytest.raises(InvalidRequest, match="no file's name"):
            picture().save(path)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("path", [None, io.BytesIO(), b"cat.png", 7])
def test_what_is_no_path_is_said_in_words(path: Any) -> None:
    """A file that is open already is written to by whoever opened it."""
    with pytest.raises(InvalidRequest, match="not the name of a file") as caught:
        picture().save(path)
    assert caught.value.field == "path"


class _Path:
    """A path that says where it is in bytes, or raises."""

    def __init__(self, said: bytes | Exception) -> None:
        self._said = said

    def __fspath__(self) -> Any:
        if isinstance(self._said, Exception):
            raise self._said
        return self._said


def test_a_path_in_bytes_is_one_and_one_that_raises_is_said_in_words(tmp_path: Path) -> None:
    """`os.scandir` gives such for a folder in bytes; a path of a library may ask a network."""
    in_bytes: Any = _Path(os.fsencode(tmp_path / "cat.png"))
    assert picture().save(in_bytes) == tmp_path / "cat.png"
    lost: Any = _Path(LookupError("the bucket is gone"))
    with pytest.raises(InvalidRequest, match="does not say its path: the bucket is gone"):
        picture().save(lost)


def test_links_that_lead_in_a_circle_are_no_folder(tmp_path: Path) -> None:
    """As for any other folder that cannot be written to, an OSError says so."""
    (tmp_path / "circle").symlink_to("circle")
    with pytest.raises(OSError, match="circle"):
        picture().save(tmp_path / "circle" / "cat.png")


def test_a_home_that_is_not_there_is_a_folder_that_is_not_there() -> None:
    """As for any other folder, an OSError says so."""
    with pytest.raises(OSError, match="nobody-of-this-name"):
        picture().save("~nobody-of-this-name/cat.png")


@pytest.mark.parametrize("entries", [3, 256, 257, 400])
def test_more_transparencies_than_colours_are_left_out(tmp_path: Path, entries: int) -> None:
    """As a browser does; the picture was paid, and a cell ended with an error of Pillow's."""
    image = PIL.Image.new("P", (8, 8), 1)
    image.putpalette([1, 2, 3, 200, 100, 50])
    file = encoded(image)
    at = file.index(b"IDAT") - 4
    name_and_data = b"tRNS" + bytes(entries)
    checksum = zlib.crc32(name_and_data).to_bytes(4, "big")
    data = file[:at] + entries.to_bytes(4, "big") + name_and_data + checksum + file[at:]
    made = picture(data)
    saved = made.save(tmp_path / "a.webp").read_bytes()

    assert made.to_numpy()[0, 0].tolist() == [200, 100, 50]
    for shown in (display_copy(made)[0], thumbnail(made)[0], saved):
        seen = decoded(shown)
        assert seen.mode == "RGB"
        assert np.allclose(np.asarray(seen)[4, 4], [200, 100, 50], atol=12)

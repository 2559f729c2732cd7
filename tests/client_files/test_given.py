"""What notebooks have at hand: tensors, open files, and images of other libraries."""

from __future__ import annotations

import base64
import gzip
import http.client
import io
import lzma
import re
import urllib.request
import zipfile
import zlib
from typing import TYPE_CHECKING, Any

import IPython.display
import ipywidgets
import numpy as np
import PIL.Image
import PIL.ImageOps
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as numpy_st

from lumen_widgets.core.call import several
from lumen_widgets.core.errors import InvalidRequest
from lumen_widgets.core.pictures.images import LocalPicture, read_picture
from lumen_widgets.core.pictures.masks import read_mask
from lumen_widgets.widgets import MaskPainter
from tests.client_files.samples import decoded, encoded, gradient

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from numpy.typing import NDArray

HEIGHT, WIDTH = 20, 30
SQUARE = np.zeros((HEIGHT, WIDTH), bool)
SQUARE[5:15, 10:20] = True
_URL = "https://example.org/cat.png"


class Tensor:
    """A tensor of torch: on a device, and in a graph whose gradient is asked for."""

    def __init__(self, array: Any, *, device: str = "cuda:0", grad: bool = True) -> None:
        self._array, self._device, self._grad = np.asarray(array), device, grad

    def detach(self) -> Tensor:
        """Take it off the graph."""
        return Tensor(self._array, device=self._device, grad=False)

    def cpu(self) -> Tensor:
        """Take it off the device."""
        return Tensor(self._array, device="cpu", grad=self._grad)

    def numpy(self) -> Any:
        """Return an array, of what is neither on a device nor in a graph."""
        if self._grad:
            raise RuntimeError("Can't call numpy() on Tensor that requires grad.")
        if self._device != "cpu":
            raise TypeError(f"can't convert {self._device} device type tensor to numpy.")
        return self._array

    def __array__(self, dtype: Any = None, copy: Any = None) -> Any:
        """Convert itself, as `numpy` does."""
        return np.asarray(self.numpy(), dtype)


class EagerTensor:
    """A tensor of TensorFlow, which only has ``numpy()``."""

    def __init__(self, array: Any) -> None:
        self._array = array

    def numpy(self) -> Any:
        """Return an array."""
        return self._array


class JaxArray:
    """An array of jax, which only has ``__array__``."""

    def __init__(self, array: Any) -> None:
        self._array = array

    def __array__(self, dtype: Any = None, copy: Any = None) -> Any:
        """Return an array."""
        return np.asarray(self._array, dtype)


def _at(file: Any, place: int) -> Any:
    file.seek(place)
    return file


_FILE = encoded(gradient())
_SOURCES: dict[str, Callable[[Path], Any]] = {
    "torch": lambda _: Tensor(np.asarray(gradient())),
    "TensorFlow": lambda _: EagerTensor(np.asarray(gradient())),
    "jax": lambda _: JaxArray(np.asarray(gradient())),
    "BytesIO": lambda _: io.BytesIO(_FILE),
    "BytesIO after writing": lambda _: _at(io.BytesIO(_FILE), len(_FILE)),
    "BytesIO in the middle": lambda _: _at(io.BytesIO(_FILE), 7),
    "a file": lambda path: path.open("rb"),
    "IPython": lambda _: IPython.display.Image(_FILE),
    "IPython, of a file": lambda path: IPython.display.Image(filename=str(path)),
    "ipywidgets": lambda _: ipywidgets.Image(value=_FILE),
    "ipywidgets, of a file": ipywidgets.Image.from_file,
}


@pytest.mark.parametrize("kind", _SOURCES)
def test_one_reader_takes_them_all(kind: str, tmp_path: Path) -> None:
    """As the picture of a call and of a painter, and the same twice."""
    path = tmp_path / "cat.png"
    path.write_bytes(_FILE)
    source = _SOURCES[kind](path)
    before = source.tell() if hasattr(source, "tell") else None
    for _ in range(2):
        (only,) = several(source)
        read = read_picture(only)

        assert isinstance(read, LocalPicture)
        assert np.array_equal(np.asarray(decoded(read.data)), np.asarray(gradient()))
    assert MaskPainter(source).array.shape == (24, 40)
    if before is not None:
        assert source.tell() == before
        source.close()


@pytest.mark.parametrize(
    "source",
    [
        IPython.display.Image(url=_URL),
        ipywidgets.Image.from_url(_URL),
    ],
)
def test_an_image_that_is_an_address_stays_one(source: Any) -> None:
    """It is passed on, as picture and as mask, and nothing is fetched."""
    assert read_picture(source) == read_mask(source) == _URL


@pytest.mark.parametrize("name", ["image", "images", "mask"])
def test_errors_name_the_argument(name: str, tmp_path: Path) -> None:
    """Whatever was given, the message says for which argument and what to give instead."""
    closed = io.BytesIO(_FILE)
    closed.close()
    (tmp_path / "text.png").write_text("text")
    for source in (object(), closed, Tensor([["a"]]), 5, (tmp_path / "text.png").open()):
        with pytest.raises(InvalidRequest) as caught:
            read_mask(source) if name == "mask" else read_picture(source, field=name)  # type: ignore[arg-type]

        assert caught.value.field == name
        assert caught.value.next_step
        if hasattr(source, "close"):
            source.close()


class Piecemeal(io.RawIOBase):
    """An unbuffered file, which gives some bytes for each read."""

    def __init__(self, data: bytes) -> None:
        self._file = io.BytesIO(data)

    def readable(self) -> bool:
        """Say that it can be read."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Give no more than a hundred bytes."""
        data = self._file.read(min(len(buffer), 100))
        buffer[: len(data)] = data
        return len(data)


def test_a_file_that_gives_less_at_once_is_read_to_its_end() -> None:
    """A pipe or a file of another library was refused as one whose end is missing."""
    piecemeal: Any = Piecemeal
    read = read_picture(piecemeal(_FILE))
    assert isinstance(read, LocalPicture)
    assert read.data == _FILE
    mask = encoded(PIL.Image.fromarray(SQUARE))
    assert len(mask) > 50
    read = read_mask(piecemeal(mask))
    assert isinstance(read, LocalPicture)
    assert (read.width, read.height) == (WIDTH, HEIGHT)


class OfAnotherLibrary:
    """An open file whose library raises what it likes."""

    def __init__(self, error: Exception) -> None:
        self._error = error

    def seekable(self) -> bool:
        """Say that it can only be read on."""
        return False

    def read(self, _: int) -> bytes:
        """Break off."""
        raise self._error


@pytest.mark.parametrize("reader", [read_picture, read_mask, MaskPainter])
@pytest.mark.parametrize(
    "source",
    [
        lambda: gzip.GzipFile(fileobj=io.BytesIO(gzip.compress(_FILE)[:-30])),
        lambda: OfAnotherLibrary(lzma.LZMAError("Corrupt input data")),
        lambda: OfAnotherLibrary(http.client.IncompleteRead(b"")),
        lambda: OfAnotherLibrary(zipfile.BadZipFile("Bad CRC-32.")),
        lambda: OfAnotherLibrary(zlib.error()),
    ],
    ids=["gzip", "lzma", "http", "zip", "without words"],
)
def test_a_file_that_breaks_off_is_refused_in_words(
    source: Callable[[], Any], reader: Callable[[Any], Any]
) -> None:
    """A library raises what it likes where a file is packed, or on its way, and ends early."""
    with pytest.raises(InvalidRequest, match=r"cannot be read: .+\. Give the (picture|mask)'s"):
        reader(source())


@pytest.mark.parametrize("reader", [read_picture, read_mask, MaskPainter])
def test_bytes_that_are_gone_are_refused_in_words(reader: Callable[[Any], Any]) -> None:
    """A buffer that was given back raises as soon as it is looked at."""
    view = memoryview(_FILE)
    view.release()
    with pytest.raises(InvalidRequest, match=r"cannot be read: .+[^.]\. Give the (picture|mask)'s"):
        reader(view)


@pytest.mark.parametrize("error", [EOFError(), OSError("It ends early.")])
@pytest.mark.parametrize("reader", [read_picture, read_mask])
def test_what_another_library_says_ends_in_one_full_stop(
    error: Exception, reader: Callable[[Any], Any]
) -> None:
    """An array that is read late may fail without a word, or with a whole sentence."""

    class Late:
        def numpy(self) -> Any:
            raise error

    words = str(error) or "EOFError."
    with pytest.raises(InvalidRequest, match=rf"cannot read: {re.escape(words)} Give"):
        reader(Late())


@pytest.mark.parametrize("reader", [read_picture, read_mask, MaskPainter])
def test_what_another_library_says_has_no_signature_and_an_end(
    reader: Callable[[Any], Any],
) -> None:
    """A file on a web server names its address, all of it, where it cannot be read."""
    said = "403, url='https://me:pw0rd@store.example/cat.png?X-Signature=f00d'\n\x1b[2J"
    with pytest.raises(InvalidRequest) as caught:
        reader(OfAnotherLibrary(PermissionError(said + "x" * 9000)))

    told = f"{caught.value} {vars(caught.value)}"
    assert "store.example/cat.png?…'" in told
    assert re.search("f00d|pw0rd|\x1b", told) is None
    assert len(str(caught.value)) < 600


class Wordless(Exception):
    """An error that cannot even say what it is about."""

    def __str__(self) -> str:
        raise TypeError


class Attributes(dict[str, Any]):
    """A dict whose keys are its attributes, as several libraries have one."""

    def __getattr__(self, name: str) -> Any:
        """Return a value, or raise KeyError where AttributeError is asked for."""
        return self[name]


@pytest.mark.parametrize("reader", [read_picture, read_mask, MaskPainter])
def test_what_raises_for_each_attribute_that_it_has_not_is_refused_in_words(
    reader: Callable[[Any], Any],
) -> None:
    """It is no picture, and the error was KeyError: 'read'."""
    with pytest.raises(InvalidRequest, match="Given a Attributes, which is not a"):
        reader(several(Attributes(url=_URL))[0])
    with pytest.raises(InvalidRequest, match="Given a Attributes, which is not a mask"):
        MaskPainter(SQUARE.astype("uint8"), Attributes(url=_URL))


@pytest.mark.parametrize("method", ["numpy", "__array__", "__fspath__"])
@pytest.mark.parametrize("reader", [read_picture, read_mask, MaskPainter])
def test_what_cannot_be_had_is_refused_in_words(reader: Callable[[Any], Any], method: str) -> None:
    """A path of another library may fetch its file to say where it is, and fail like any other."""

    def fail(*_: Any) -> Any:
        raise Wordless

    source = type("Remote", (), {method: fail})()
    with pytest.raises(InvalidRequest, match=r"Given a Remote that .+: Wordless\. Give"):
        reader(source)


@pytest.mark.parametrize("mode", ["I;16", "L", "P"])
def test_an_opened_image_that_breaks_off_is_refused_in_words(mode: str) -> None:
    """Pillow reads a file only when its pixels are wanted."""
    rng = np.random.default_rng(1)
    noise = rng.integers(0, 255, (40, 50), np.uint8)
    image = PIL.Image.fromarray(noise).convert("I;16" if mode == "I;16" else mode)
    cut: Any = PIL.Image.open(io.BytesIO(encoded(image)[:-200]))
    for read in (read_picture, read_mask):
        with pytest.raises(InvalidRequest, match="damaged"):
            read(cut)


def followed(read: Callable[[Any], Any], name: str, source: Any) -> Any:
    """Do what each error says until there is none, and return what is read then."""
    names: dict[str, Any] = {
        "np": np, "PIL": PIL, "io": io, "urllib": urllib, "array": source, name: source,
    }  # fmt: skip
    for _ in range(4):
        try:
            return read(names[name])
        except InvalidRequest as error:
            advice = error.next_step or ""
        if name == "mask":
            code = advice.partition("mask = ")[2]
        else:
            _, known, after = advice.partition("With array = ")
            if known:
                names["array"] = eval(after.partition(": ")[0], names)  # noqa: S307  the message's own words
                advice = after.partition(": ")[2]
            code = advice.partition(": ")[2] or advice.partition("it is ")[2]
            code = code.split(", if ")[0].split(" is several")[0].rstrip(".")
        assert code, advice
        names[name] = names["array"] = eval(code, names)  # noqa: S307
    pytest.fail("the advice leads in a circle")


def repainted(source: Any) -> NDArray[np.bool_]:
    """Return which pixels are repainted, by a call and by a painter that begin with a mask."""
    read = read_mask(source)
    assert isinstance(read, LocalPicture)
    bits = np.asarray(decoded(read.data))
    painter = MaskPainter(np.zeros((*bits.shape, 3), np.uint8), mask=source)
    assert np.array_equal(painter.array, bits)
    return bits


_SHAPES: dict[str, Callable[[Any], Any]] = {
    "(h, w)": lambda array: array,
    "(1, h, w)": lambda array: array[None],
    "(h, w, 1)": lambda array: array[..., None],
    "(1, 1, h, w)": lambda array: array[None, None],
    "(1, h, w, 1)": lambda array: array[None, ..., None],
    "(h, 1, w)": lambda array: array[:, None],
}
_DTYPES = ["bool", "uint8", "int8", "int64", "uint16", "float16", "float32", "float64"]


@pytest.mark.parametrize("shape", _SHAPES)
@pytest.mark.parametrize("wrap", [np.asarray, Tensor, EagerTensor, JaxArray])
@pytest.mark.parametrize("dtype", _DTYPES)
def test_a_segmenter_s_mask_is_taken_as_it_is(shape: str, wrap: Any, dtype: str) -> None:
    """0 and 1 of every type, with axes of one too many, from every library."""
    assert np.array_equal(repainted(wrap(_SHAPES[shape](SQUARE.astype(dtype)))), SQUARE)


@pytest.mark.parametrize(
    "source",
    [
        PIL.Image.fromarray(SQUARE),
        PIL.Image.fromarray(SQUARE.astype(np.uint8)),
        PIL.Image.fromarray(SQUARE.astype(np.int32)),
        PIL.Image.fromarray(SQUARE.astype(np.float32)),
        PIL.Image.fromarray(SQUARE.astype(np.uint16)),
        PIL.Image.fromarray(SQUARE.astype(np.uint16) * np.uint16(65535)),
        PIL.Image.fromarray(SQUARE.astype(np.uint8)).convert("P"),
        np.where(SQUARE, np.uint16(65535), np.uint16(0)),
        np.where(SQUARE, 0.5, 0.49),
        np.dstack([SQUARE] * 3).astype(np.uint8),
        np.dstack([SQUARE, ~SQUARE & False, SQUARE]).astype(np.uint8),
        encoded(PIL.Image.fromarray(SQUARE.astype(np.uint8))),
        encoded(PIL.Image.fromarray(SQUARE.astype(np.uint16))),
        encoded(PIL.Image.fromarray(SQUARE.astype(np.uint16) * np.uint16(65535))),
        io.BytesIO(encoded(PIL.Image.fromarray(SQUARE.astype(np.uint8)))),
        ipywidgets.Image(value=encoded(PIL.Image.fromarray(SQUARE))),
    ],
    ids=lambda source: type(source).__name__,
)
def test_images_and_files_of_two_values_are_taken(source: Any) -> None:
    """In every mode that can hold them, and as a PNG."""
    assert np.array_equal(repainted(source), SQUARE)


def test_labels_are_told_from_the_colours_that_stand_for_them() -> None:
    """A palette of dark colours is one of labels: 1 is what was found."""
    labels = PIL.Image.fromarray(SQUARE.astype(np.uint8), "P")
    labels.putpalette([0, 0, 0, 128, 0, 0])

    assert np.array_equal(repainted(labels), SQUARE)
    assert np.array_equal(repainted(encoded(labels)), SQUARE)


_MASKS: dict[str, Callable[[Path], Any]] = {
    "several": lambda _: np.stack([SQUARE, SQUARE]),
    "several of three axes": lambda _: np.stack([SQUARE, SQUARE])[None, :, None],
    "bool of three channels": lambda _: np.dstack([SQUARE] * 3),
    "int64 of three channels": lambda _: np.dstack([SQUARE] * 3).astype(np.int64),
    "int64 of 0 and 255": lambda _: SQUARE.astype(np.int64) * 255,
    "float of 0 and 255": lambda _: SQUARE * 255.0,
    "int8 of -1": lambda _: -SQUARE.astype(np.int8),
    "logits": lambda _: np.where(SQUARE, 9.0, -9.0),
    "faint": lambda _: SQUARE * 0.2,
    "labels": lambda _: SQUARE.astype(np.uint8) * 3,
    "labels in colours": lambda _: (
        np.dstack([SQUARE] * 4).astype(np.uint8) * np.array([3, 0, 2, 0], np.uint8)
        + np.array([0, 0, 0, 9], np.uint8)
    ),
    "labels of 16 bits": lambda _: SQUARE.astype(np.uint16) * 300,
    "16 bits": lambda _: SQUARE.astype(np.uint16) * 65000,
    "objects": lambda _: SQUARE.astype(object),
    "no number": lambda _: np.where(SQUARE, np.nan, 0),
    "no number elsewhere": lambda _: np.where(SQUARE, 0.9, np.nan),
    "masked": lambda _: np.ma.masked_array(np.ones_like(SQUARE), mask=~SQUARE),
    "mode I": lambda _: PIL.Image.fromarray(SQUARE.astype(np.int32) * 7),
    "mode F": lambda _: PIL.Image.fromarray(SQUARE.astype(np.float32) * 7),
    "mode L": lambda _: PIL.Image.fromarray(SQUARE.astype(np.uint8) * 7),
    "mode P": lambda _: _dark_labels(),
    "a file": lambda path: _written(path, PIL.Image.fromarray(SQUARE.astype(np.uint8) * 7)),
    "a file of 16 bits": lambda path: _written(
        path, PIL.Image.fromarray(SQUARE.astype(np.uint16) * 7)
    ),
    "a file of colours": lambda path: _written(
        path, PIL.Image.fromarray(np.dstack([SQUARE] * 3).astype(np.uint8) * 7)
    ),
    "a file's bytes": lambda _: encoded(PIL.Image.fromarray(SQUARE.astype(np.uint8) * 7)),
    "a data URI": lambda _: _data_uri(PIL.Image.fromarray(SQUARE.astype(np.uint8) * 7)),
    "BytesIO": lambda _: io.BytesIO(encoded(PIL.Image.fromarray(SQUARE.astype(np.uint8) * 7))),
    "torch": lambda _: Tensor(np.where(SQUARE, 9.0, -9.0)),
    "several of torch": lambda _: Tensor(np.stack([SQUARE, SQUARE])),
    "TensorFlow": lambda _: EagerTensor(SQUARE.astype(np.int64) * 255),
    "jax": lambda _: JaxArray(SQUARE.astype(np.int64) * 255),
}


def _dark_labels() -> PIL.Image.Image:
    labels = PIL.Image.fromarray(SQUARE.astype(np.uint8) * 2, "P")
    labels.putpalette([0, 0, 0, 128, 0, 0, 0, 100, 0])
    return labels


def _written(path: Path, image: PIL.Image.Image) -> Path:
    (path / "mask.png").write_bytes(encoded(image))
    return path / "mask.png"


def _data_uri(image: PIL.Image.Image) -> str:
    return f"data:image/png;base64,{base64.b64encode(encoded(image)).decode()}"


@pytest.mark.parametrize("kind", _MASKS)
@pytest.mark.parametrize("reader", [read_mask, repainted], ids=["call", "call and painter"])
def test_advice_leads_to_a_mask(kind: str, reader: Any, tmp_path: Path) -> None:
    """What could be meant in several ways is refused, and the line that the error has is taken."""
    source = _MASKS[kind](tmp_path)
    with pytest.raises(InvalidRequest):
        read_mask(source)
    with pytest.raises(InvalidRequest):
        MaskPainter(np.zeros((HEIGHT, WIDTH, 3), np.uint8), mask=source)

    assert np.array_equal(followed(repainted, "mask", source), SQUARE)
    assert followed(reader, "mask", source) is not None


@pytest.mark.slow
@settings(max_examples=200, deadline=None)
@given(
    array=numpy_st.arrays(
        st.sampled_from(_DTYPES),
        numpy_st.array_shapes(min_dims=2, max_dims=4, min_side=1, max_side=5),
    )
)
def test_every_array_is_taken_or_refused_with_what_is_taken(array: NDArray[Any]) -> None:
    """Whatever numbers and shape, the advice ends in a mask, unless all of it is black."""
    # also without a last axis of one, as the advice may have it
    may_be_transparent = array.dtype == np.uint8 and 4 in array.shape[-2:]
    if not array.any() or may_be_transparent:
        return  # nothing to repaint, or transparency, which has a test of its own
    read = followed(read_mask, "mask", array)

    assert isinstance(read, LocalPicture)


def test_an_empty_mask_is_where_a_painter_may_begin() -> None:
    """All black is nothing painted yet; a call has nothing to repaint, and says so."""
    for dtype in _DTYPES:
        empty = np.zeros((HEIGHT, WIDTH), dtype)
        assert MaskPainter(np.zeros((HEIGHT, WIDTH, 3), np.uint8), mask=empty).coverage == 0
        with pytest.raises(InvalidRequest, match="empty mask"):
            read_mask(empty)


_PICTURE = np.asarray(gradient())
_ARRAYS: dict[str, Any] = {
    "float": _PICTURE / 255,
    "bool": SQUARE,
    "int64": _PICTURE.astype(np.int64),
    "uint16": _PICTURE.astype(np.uint16) * 257,
    "(1, h, w, 3)": _PICTURE[None],
    "(3, h, w)": np.moveaxis(_PICTURE, -1, 0),
    "(1, 3, h, w) of floats": np.moveaxis(_PICTURE, -1, 0)[None] / 255,
    "(h, w, 1)": _PICTURE[..., :1],
    "(2, h, w, 3)": np.stack([_PICTURE, _PICTURE]),
    "torch": Tensor(np.moveaxis(_PICTURE, -1, 0)[None] / np.float32(255)),
    "jax": JaxArray(_PICTURE / 255),
    "mode I": PIL.Image.fromarray(_PICTURE[..., 0].astype(np.int32)),
    "mode F": PIL.Image.fromarray(_PICTURE[..., 0].astype(np.float32)),
}


@pytest.mark.parametrize("kind", _ARRAYS)
def test_advice_leads_to_a_picture(kind: str) -> None:
    """Numbers and axes of another order are refused, and what the error says is taken."""
    with pytest.raises(InvalidRequest):
        read_picture(_ARRAYS[kind])

    read = followed(lambda one: read_picture(several(one)[0]), "image", _ARRAYS[kind])
    assert isinstance(read, LocalPicture)
    pixels = np.asarray(decoded(read.data))
    if kind.startswith("mode"):
        assert np.array_equal(pixels, _PICTURE[..., 0])
    elif kind not in {"bool", "(h, w, 1)"}:
        assert np.array_equal(pixels, _PICTURE)


@pytest.mark.parametrize("reader", [read_picture, read_mask, MaskPainter])
@pytest.mark.parametrize(
    "given",
    ["store.example/cat.png?sig=f00d", "//me:pw0rd@store.example/cat.png", "a.example/\0?sig=f00d"],
)
def test_an_address_without_its_scheme_is_named_without_its_signature(
    reader: Callable[[Any], Any], given: str
) -> None:
    """It is taken for a path, which the error names."""
    with pytest.raises(InvalidRequest) as caught:
        reader(given)

    assert "example/" in str(caught.value)
    assert re.search("f00d|pw0rd", str(caught.value)) is None

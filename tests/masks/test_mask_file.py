from __future__ import annotations

import base64
import io
import json
import struct
import tracemalloc
import zlib
from typing import TYPE_CHECKING, Any

import numpy as np
import PIL.Image
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lumen_widgets.core.pictures.decoding import decode
from lumen_widgets.core.pictures.masks import LocalMask, read_mask
from lumen_widgets.masks import Operation, Raster, Rectangle, Stroke, UndoHistory, encode
from lumen_widgets.masks.mask_file import FileLimits, SavedMask, read, write
from tests.masks.drawing import SIZES, any_operations, stroke
from tests.masks.test_wire import described

if TYPE_CHECKING:
    from numpy.typing import NDArray

pytestmark = pytest.mark.slow

_RUNS = settings(deadline=None, max_examples=80)
_WORD = b"lumen_widgets operations\0"
_DONE: list[Operation] = [Rectangle(1, 1, 9, 4), stroke([(3, 3), (12, 7)], 2)]


def mask_of(operations: Any, width: int, height: int, base: Any = None) -> NDArray[np.bool_]:
    """Return the mask that operations make."""
    return Raster(width, height, base).follow(operations).copy()


def kept(found: SavedMask | None) -> list[Any] | None:
    """Return what was read of a file, in a form that can be compared."""
    if found is None:
        return None
    base = None if found.base is None else found.base.tolist()
    return [base, [described(one) for one in found.history.done], found.history.undone]


def file_with(mask: NDArray[np.bool_], text: bytes) -> bytes:
    """Return a mask with any text under our keyword."""
    return encode(mask, [(b"tEXt", _WORD + text)])


def text_of(head: Any, points: bytes = b"", *, length: int | None = None, base: int = 0) -> bytes:
    """Return a text in the form of `write`, with any content."""
    words = head if isinstance(head, bytes) else json.dumps(head).encode()
    size = len(words) if length is None else length
    return base64.b64encode(zlib.compress(struct.pack("<II", size, base) + words + points))


@_RUNS
@given(size=SIZES, done=st.lists(any_operations(), max_size=6), noise=st.booleans())
def test_a_saved_mask_comes_back_with_how_it_was_made(
    size: tuple[int, int], done: list[Operation], noise: bool
) -> None:
    """Pixels, operations in order, and what there was before the first one."""
    width, height = size
    base = np.random.default_rng(6).random((height, width)) < 0.5 if noise else None
    mask = mask_of(done, width, height, base)
    before = SavedMask(base, UndoHistory(tuple(done)))
    data = write(mask, before)
    after = read(data, mask)

    assert kept(after) == kept(before)
    assert np.array_equal(np.asarray(decode(data)[1]), mask)


def test_what_was_undone_is_not_kept() -> None:
    """A file holds the mask; redo ends with the session."""
    mask = mask_of(_DONE[:1], 20, 10)
    found = read(
        write(mask, SavedMask(None, UndoHistory(tuple(_DONE[:1]), tuple(_DONE[1:])))), mask
    )

    assert found is not None
    assert found.history.undone == ()


def test_hours_of_painting_are_an_ordinary_mask_in_any_program() -> None:
    """Megabytes of operations lie in chunks that every reader takes."""
    dice = np.random.default_rng(8)
    done = tuple(Stroke((dice.random((1500, 2)) * 64).astype(np.float32), 0.6) for _ in range(120))
    mask = mask_of(done, 64, 64)
    data = write(mask, SavedMask(None, UndoHistory(done)))
    image = PIL.Image.open(io.BytesIO(data))
    image.load()

    assert len(data) > 3 << 19
    assert (image.mode, image.size) == ("1", (64, 64))
    assert np.array_equal(np.asarray(image), mask)
    found = read(data, mask)
    assert found is not None
    assert [described(one) for one in found.history.done] == [described(one) for one in done]


def test_a_saved_mask_goes_to_the_service_without_its_operations() -> None:
    """A mask file may be given to any call; how it was painted stays here."""
    mask = mask_of(_DONE, 20, 10)
    data = write(mask, SavedMask(None, UndoHistory(tuple(_DONE))))
    taken = read_mask(data)

    assert isinstance(taken, LocalMask)
    assert b"lumen_widgets" in data
    assert b"lumen_widgets" not in taken.data


def test_more_than_readers_take_is_left_out() -> None:
    """The mask is whole all the same, and an ordinary one."""
    mask = mask_of(_DONE, 20, 10)
    data = write(mask, SavedMask(None, UndoHistory(tuple(_DONE))), limits=FileLimits(text_bytes=50))

    assert data == encode(mask)
    assert read(data, mask) is None


def test_changed_pixels_count_more_than_the_operations() -> None:
    """Operations that make another mask than the file shows are not believed."""
    mask = mask_of(_DONE, 20, 10)
    data = write(mask, SavedMask(None, UndoHistory(tuple(_DONE))))
    edited = mask.copy()
    edited[9, 0] = True

    assert read(data, edited) is None
    assert read(data, mask[:, 3:]) is None
    assert read(data, mask.T) is None


@pytest.mark.parametrize("other", ["none", "jpeg", "empty"])
def test_a_file_that_no_painter_saved_is_just_a_mask(other: str) -> None:
    """Nothing is looked for where nothing can be."""
    mask = mask_of(_DONE, 20, 10)
    file = io.BytesIO()
    PIL.Image.fromarray(mask).save(file, "JPEG")
    data = {"none": encode(mask), "jpeg": file.getvalue(), "empty": b""}[other]

    assert read(data, mask) is None


def test_a_file_of_a_later_version_is_just_a_mask() -> None:
    """What is not understood is not guessed at."""
    mask = np.zeros((10, 20), bool)
    head: dict[str, Any] = {"version": 1, "operations": []}
    assert read(file_with(mask, text_of(head)), mask) is not None

    for version in (2, 0, "1", None, [1]):
        assert read(file_with(mask, text_of({**head, "version": version})), mask) is None


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner),
    max_leaves=5,
)
_STEP = st.fixed_dictionaries(
    {
        "kind": st.sampled_from(["stroke", "polygon", "rectangle", "clear", "invert", "undo"])
        | _JSON
    },
    optional={"points": st.integers(-1, 3) | _JSON, "radius": _JSON, "mode": _JSON, "x": _JSON},
)
_HEAD = st.fixed_dictionaries(
    {},
    optional={
        "version": st.just(1) | _JSON,
        "operations": st.lists(_STEP | _JSON, max_size=3) | _JSON,
        "base": st.none() | st.sampled_from(["", "AAAA", "////", "é", 5]) | _JSON,
    },
)
_TEXT = st.one_of(
    st.binary(max_size=60),
    st.binary(max_size=60).map(base64.b64encode),
    st.binary(max_size=60).map(lambda data: base64.b64encode(zlib.compress(data))),
    st.builds(text_of, _JSON | _HEAD | st.binary(max_size=30), st.binary(max_size=24)),
    st.builds(lambda head, length: text_of(head, length=length), _HEAD, st.integers(0, 2**32 - 1)),
    st.builds(lambda head, base: text_of(head, bytes(9), base=base), _HEAD, st.integers(0, 20)),
    st.integers(1, 5000).map(lambda depth: text_of(b"[" * depth)),
)


@settings(deadline=None, max_examples=300)
@given(text=_TEXT)
def test_a_hostile_text_leaves_the_mask_as_it_is(text: bytes) -> None:
    """It raises nothing; and if it is believed, it makes the very pixels of the file."""
    mask = np.zeros((4, 6), bool)
    found = read(file_with(mask, text), mask)

    if found is not None:
        assert np.array_equal(mask_of(found.history.done, 6, 4, found.base), mask)


@settings(deadline=None, max_examples=300)
@given(data=st.data())
def test_a_damaged_text_is_ignored(data: st.DataObject) -> None:
    """Bytes changed, lost or doubled anywhere in the file never raise anything."""
    mask = mask_of(_DONE, 20, 10)
    file = bytearray(write(mask, SavedMask(None, UndoHistory(tuple(_DONE)))))
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(file) - 1))
        new = data.draw(st.binary(max_size=6))
        file[at : at + data.draw(st.integers(0, 6))] = new
    found = read(bytes(file), mask)

    if found is not None:
        assert np.array_equal(mask_of(found.history.done, 20, 10, found.base), mask)


def test_a_file_that_ends_too_early_is_ignored() -> None:
    """Wherever it was cut off nothing is raised, and nothing believed that makes another mask."""
    mask = mask_of(_DONE, 20, 10)
    data = write(mask, SavedMask(None, UndoHistory(tuple(_DONE))))
    found = [read(data[:length], mask) for length in range(len(data))]

    assert found[data.index(b"tEXt") + 100] is None
    for one in found:
        assert one is None or np.array_equal(mask_of(one.history.done, 20, 10), mask)


def test_a_text_that_swells_does_not_fill_the_memory() -> None:
    """A small file that would unpack to fifty megabytes is given up where the bound is."""
    mask = np.zeros((4, 6), bool)
    data = file_with(mask, text_of(b"[" + b" " * 50_000_000 + b"]"))
    tracemalloc.start()
    try:
        found = read(data, mask, limits=FileLimits(unpacked_bytes=1_000_000))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()

    assert len(data) < 100_000
    assert found is None
    assert peak < 10_000_000


def test_operations_that_would_take_for_ever_are_not_carried_out() -> None:
    """However many there are, or however long one is: the pixels are the mask all the same."""
    mask = np.zeros((64, 64), bool)
    twice = [{"kind": "invert"}] * 40
    short = file_with(mask, text_of({"version": 1, "operations": twice}))
    assert read(short, mask) is not None
    assert read(short, mask, limits=FileLimits(seconds=-1.0)) is None
    # to and fro over all rows: thin as it is, each segment meets every row
    across = np.tile(np.array([[0, 0], [64, 64]], np.float32), (450_000, 1))
    for kind in ("stroke", "polygon"):
        one = {"kind": kind, "radius": 0.5, "erase": True, "mode": "subtract", "points": 900_000}
        data = text_of({"version": 1, "operations": [one]}, across.tobytes())
        assert read(file_with(mask, data), mask) is None
    assert read(short, mask, limits=FileLimits(head_bytes=500)) is None

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import numpy as np
import PIL.Image
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as numpy_st

from lumen_widgets.core.pictures.decoding import decode, png_chunks
from lumen_widgets.core.pictures.masks import LocalMask, read_mask
from lumen_widgets.masks import encode

if TYPE_CHECKING:
    from numpy.typing import NDArray

_SIDES = numpy_st.array_shapes(min_dims=2, max_dims=2, max_side=70)


def read(data: bytes) -> PIL.Image.Image:
    """Open a file as any program does, and decode it whole."""
    image = PIL.Image.open(io.BytesIO(data))
    image.load()
    return image


@pytest.mark.slow
@settings(deadline=None)
@given(mask=numpy_st.arrays(bool, _SIDES))
def test_any_mask_reads_back_as_it_was(mask: NDArray[np.bool_]) -> None:
    """White is True, one bit a pixel, in Pillow and in the strict reader of the client."""
    image = read(encode(mask))

    assert (image.format, image.mode) == ("PNG", "1")
    assert np.array_equal(np.asarray(image), mask)
    assert np.array_equal(np.asarray(decode(encode(mask))[1]), mask)


@pytest.mark.parametrize("width", range(1, 18))
def test_rows_of_every_width_end_in_whole_bytes(width: int) -> None:
    """What is left of a row's last byte is no pixel."""
    for mask in (np.ones((3, width), bool), np.eye(3, width, dtype=bool)):
        assert np.array_equal(np.asarray(read(encode(mask))), mask)


@pytest.mark.parametrize(
    "size", [(8192, 64), (1, 4096), pytest.param((4096, 4096), marks=pytest.mark.full)]
)
def test_large_masks_read_back(size: tuple[int, int]) -> None:
    """Noise is the worst that can be painted."""
    mask = np.random.default_rng(4).random(size[::-1]) < 0.5

    assert np.array_equal(np.asarray(read(encode(mask))), mask)


def test_arrays_in_any_order_of_memory_read_back() -> None:
    """A transposed or mirrored view is the mask that it shows."""
    mask = np.random.default_rng(5).random((9, 14)) < 0.5
    for view in (mask.T, mask[::-1], mask[:, ::-2]):
        assert np.array_equal(np.asarray(read(encode(view))), view)


@settings(deadline=None)
@given(texts=st.lists(st.binary(max_size=40).filter(lambda text: b"\0" not in text), max_size=3))
def test_more_chunks_stand_before_the_pixels(texts: list[bytes]) -> None:
    """A reader finds them without decoding a pixel, and the pixels are what they were."""
    mask = np.eye(5, 9, dtype=bool)
    data = encode(mask, [(b"tEXt", b"word\0" + text) for text in texts])

    assert np.array_equal(np.asarray(decode(data)[1]), mask)
    chunks = [(name, data[start + 8 : end - 4]) for name, start, end in png_chunks(data)]
    assert [name for name, _ in chunks] == [b"IHDR", *(b"tEXt" for _ in texts), b"IDAT", b"IEND"]
    assert [content for name, content in chunks if name == b"tEXt"] == [
        b"word\0" + text for text in texts
    ]


def test_a_mask_goes_to_the_service_byte_for_byte() -> None:
    """The file is as the client wants masks: it need not be encoded a second time."""
    data = encode(np.eye(20, dtype=bool))
    taken = read_mask(data)

    assert isinstance(taken, LocalMask)
    assert taken.data is data

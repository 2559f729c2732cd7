"""Picture files that are built to keep their reader busy."""

from __future__ import annotations

import contextlib
import struct
import zlib
from itertools import chain, repeat
from typing import TYPE_CHECKING, Any

import numpy as np
import PIL.Image
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lumen_widgets.core.errors import InvalidRequest
from lumen_widgets.core.pictures.decoding import (
    MOST_PARTS,
    FileBytes,
    UnreadablePicture,
    decode,
    split_metadata,
)
from lumen_widgets.core.pictures.images import LocalPicture, read_picture
from tests.client_files.samples import FORMATS, decoded, encoded, gradient

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

# A few bytes are looked at to know what a file is.
_BEGINNING = 64


def chunk(name: bytes, data: bytes = b"") -> bytes:
    """Return a chunk of a PNG."""
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def segment(mark: int, data: bytes = b"") -> bytes:
    """Return a segment of a JPEG."""
    return bytes([0xFF, mark]) + (len(data) + 2).to_bytes(2, "big") + data


def riff(name: bytes, data: bytes = b"") -> bytes:
    """Return a chunk of a WebP."""
    return name + len(data).to_bytes(4, "little") + data + bytes(len(data) % 2)


def exif(*entries: tuple[int, int, int, int]) -> bytes:
    """Return EXIF with tags: number, type, count, and value or place."""
    rows = b"".join(struct.pack("<HHII", *entry) for entry in entries)
    return b"II*\0" + struct.pack("<IH", 8, len(entries)) + rows + bytes(4)


def with_parts(kind: str, parts: Iterable[bytes]) -> bytes:
    """Return a small picture with more parts behind its first one."""
    data, more = encoded(gradient(), kind), b"".join(parts)
    if kind == "PNG":
        return data[:33] + more + data[33:]
    if kind == "JPEG":
        return data[:20] + more + data[20:]
    return b"RIFF" + (len(data) - 8 + len(more)).to_bytes(4, "little") + data[8:] + more


_PARTS: dict[str, st.SearchStrategy[bytes]] = {
    "PNG": st.builds(
        chunk,
        st.sampled_from(
            [b"tEXt", b"zTXt", b"iTXt", b"eXIf", b"IDAT", b"gAMA", b"cICP", b"sBIT", b"prVt"]
        ),
        st.builds(
            bytes.__add__,
            st.sampled_from([b"", b"XML:com.adobe.xmp\0", b"Raw profile type exif\0"]),
            st.binary(max_size=40),
        ),
    ),
    "JPEG": st.one_of(
        st.builds(segment, st.integers(0xC0, 0xFE), st.binary(max_size=40)),
        st.integers(1, 200).map(lambda count: b"\xff" * count),
        st.integers(1, 200).map(lambda count: b"\xff\x00" * count),
        st.binary(max_size=20),
    ),
    "WEBP": st.builds(
        riff, st.sampled_from([b"EXIF", b"XMP ", b"ICCP", b"junk"]), st.binary(max_size=40)
    ),
}


@st.composite
def files(draw: st.DrawFn) -> tuple[str, bytes]:
    """Draw a picture with parts repeated in it, cut off or overwritten anywhere."""
    kind = draw(st.sampled_from(FORMATS))
    some = draw(st.lists(st.tuples(_PARTS[kind], st.integers(1, 300)), max_size=4))
    data = with_parts(kind, chain.from_iterable(repeat(part, count) for part, count in some))
    at, other = draw(st.integers(0, len(data))), draw(st.binary(max_size=30))
    end = draw(st.sampled_from([len(data), len(data) - 1, len(data) // 2, len(data) + 20]))
    return f"image/{kind.lower()}", (data[:at] + other + data[at + len(other) :])[:end]


@pytest.mark.slow
@given(file=files())
def test_no_byte_is_looked_at_more_than_three_times(file: tuple[str, bytes]) -> None:
    """Whatever a file is made of, finding, checking and copying its parts is one walk."""
    media_type, data = file
    counted = FileBytes(data)
    with contextlib.suppress(UnreadablePicture):
        split_metadata(counted, media_type)

    assert counted.looked_at <= 3 * len(data) + _BEGINNING


@pytest.mark.parametrize("place", ["in a scan", "before the end"])
def test_a_run_of_fill_bytes_is_decoded_once(place: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """However long a run of fill bytes in a JPEG is, its decoder is given each byte once."""
    data = encoded(gradient(), "JPEG")
    at = data.index(b"\xff\xda") + 100 if place == "in a scan" else len(data) - 2
    run = data[:at] + b"\xff" * 1_000_000 + (b"\0" if place == "in a scan" else b"") + data[at:]
    given: list[int] = []

    def made(*arguments: Any) -> Any:
        decoder = make(*arguments)

        class Counted:
            def decode(self, piece: bytes) -> Any:
                given.append(len(piece))
                return decoder.decode(piece)

            def __getattr__(self, name: str) -> Any:
                return getattr(decoder, name)

        return Counted()

    make = PIL.Image._getdecoder
    monkeypatch.setattr(PIL.Image, "_getdecoder", made)
    decode(run)

    assert 0 < sum(given) <= len(run)


def test_a_file_that_is_looked_at_too_often_is_refused() -> None:
    """The count is a limit: a reader that goes back again and again is stopped."""
    counted = FileBytes(bytes(1000))
    assert all(counted[0:1000] for _ in range(3))
    with pytest.raises(UnreadablePicture, match="too long"):
        counted[0:1000]


_LONG_EXIF = exif(*((0x1000 + number, 7, 60_000, 8) for number in range(5000)))

_FLOODS: dict[str, Callable[[], bytes]] = {
    "fill bytes": lambda: with_parts("JPEG", [b"\xff" * 4_000_000 + b"\0"]),
    "stuffed bytes": lambda: with_parts("JPEG", [b"\xff\0" * 2_000_000]),
    "restart marks": lambda: with_parts("JPEG", [b"\xff\xd0" * 2_000_000]),
    "garbage": lambda: with_parts("JPEG", [b"garbage" * 500_000]),
    "EXIF segments": lambda: with_parts("JPEG", [segment(0xE1, b"Exif\0\0" + bytes(20))] * 90_000),
    "comments": lambda: with_parts("JPEG", [segment(0xFE, b"a")] * 90_000),
    "text": lambda: with_parts("PNG", [chunk(b"tEXt", b"a\0b")] * 90_000),
    "a text bomb": lambda: with_parts(
        "PNG", [chunk(b"zTXt", b"a\0\0" + zlib.compress(bytes(4_000_000)))] * 200
    ),
    "profiles that unpack to a megabyte": lambda: with_parts(
        "PNG", [chunk(b"iCCP", b"a\0\0" + zlib.compress(bytes(1_000_000)))] * 1000
    ),
    "EXIF whose tags are all of the file": lambda: with_parts("PNG", [chunk(b"eXIf", _LONG_EXIF)]),
    "the same in a WebP": lambda: with_parts("WEBP", [riff(b"EXIF", _LONG_EXIF)]),
    "chunks of a WebP": lambda: with_parts("WEBP", [riff(b"junk")] * 90_000),
}


@pytest.mark.slow
@pytest.mark.parametrize("flood", _FLOODS)
def test_a_flood_is_left_out_before_anything_is_decoded(flood: str) -> None:
    """What is no part of the picture neither takes time nor is passed on, however much it is."""
    data = _FLOODS[flood]()
    read = read_picture(data)

    assert isinstance(read, LocalPicture)
    assert len(read.data) < 20_000
    assert decoded(read.data).size == (40, 24)
    assert np.array_equal(np.asarray(decoded(read.data)), np.asarray(decode(data).image))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("kind", "part"),
    [
        ("PNG", chunk(b"IDAT")),
        ("PNG", chunk(b"tEXt")),
        ("JPEG", segment(0xFE)),
        ("JPEG", segment(0xDB)),
        ("WEBP", riff(b"junk")),
    ],
)
def test_a_file_of_too_many_parts_is_refused(kind: str, part: bytes) -> None:
    """Each takes some microseconds: more than any honest file has are an error in words."""
    with pytest.raises(InvalidRequest, match="more than 100,000 parts"):
        read_picture(with_parts(kind, [part] * (MOST_PARTS + 1)))


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("kind", FORMATS)
def test_the_orientation_is_read_in_both_orders_of_bytes(kind: str, order: str) -> None:
    """EXIF of a camera and of a phone, among other tags, turn a picture alike."""
    rows = [(0x0100, 3, 1, 40), (0x0112, 3, 1, 6), (0x0132, 2, 20, 100)]
    tags = b"".join(
        struct.pack(f"{order}HHIH2x" if form == 3 else f"{order}HHII", tag, form, count, value)
        for tag, form, count, value in rows
    )
    head = (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(f"{order}IH", 8, len(rows))
    data = head + tags + bytes(4)
    part: Any = {
        "PNG": chunk(b"eXIf", data),
        "JPEG": segment(0xE1, b"Exif\0\0" + data),
        "WEBP": riff(b"EXIF", data),
    }[kind]
    read = read_picture(with_parts(kind, [part]))

    assert isinstance(read, LocalPicture)
    assert (read.width, read.height) == (24, 40)


def test_a_picture_whose_table_of_colours_is_missing_is_refused() -> None:
    """It was taken, sent and paid for, and then could not be shown."""
    data = encoded(gradient().quantize(16))
    length = int.from_bytes(data[33:37], "big")
    assert data[37:41] == b"PLTE"
    without = data[:33] + data[45 + length :]

    with pytest.raises(InvalidRequest, match="table of colours is missing"):
        read_picture(without)

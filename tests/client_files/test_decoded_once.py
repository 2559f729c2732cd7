"""A picture is decoded once, by whoever looks at it first, and its pixels are let go of soon."""

from __future__ import annotations

import hashlib
import os
import struct
import subprocess
import sys
import textwrap
import threading
import tracemalloc
import zlib
from typing import TYPE_CHECKING

import numpy as np
import PIL.Image
import PIL.ImageFile
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lumen_widgets.core.pictures.decoding import UnreadablePicture, check, decode
from lumen_widgets.core.pictures.images import read_picture
from lumen_widgets.core.pictures.picture import Picture, display_copy, thumbnail
from lumen_widgets.core.pictures.recent_pixels import RecentPixels
from tests.client_files.fetching import fetch
from tests.client_files.loopback import response
from tests.client_files.samples import FORMATS, encoded, gradient

if TYPE_CHECKING:
    from tests.client_files.loopback import LoopbackServer

EXIF_TURNED = PIL.Image.Exif()
EXIF_TURNED[0x0112] = 6


@pytest.fixture
def in_kernel(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let this process look like a kernel."""
    shell = type("Shell", (), {"kernel": object()})
    monkeypatch.setitem(sys.modules, "IPython", type("IPython", (), {"get_ipython": shell}))


def fetched(server: LoopbackServer, data: bytes) -> Picture:
    """Return a picture as a task gets it."""
    server.answers["/1.png"] = response(data)
    found = fetch(server)
    return Picture(
        found.data,
        media_type=found.media_type,
        width=found.width,
        height=found.height,
        sha256=found.sha256,
    )


def look_at(picture: Picture) -> None:
    """Do all that a notebook does with a picture soon after it has come."""
    display_copy(picture)
    thumbnail(picture)
    picture.to_pil()
    picture.to_numpy()
    read_picture(picture)


@pytest.mark.usefixtures("in_kernel")
@pytest.mark.parametrize("kind", FORMATS)
def test_a_kernel_decodes_what_arrives_once(
    server: LoopbackServer, decodes: list[str], kind: str
) -> None:
    """Checking decodes it; its display copy, thumbnail and pixels are made of that."""
    picture = fetched(server, encoded(gradient(300, 200), kind))
    assert len(decodes) == 1
    look_at(picture)
    assert len(decodes) == 1


@pytest.mark.parametrize(("kind", "checked"), [("PNG", 0), ("JPEG", 1), ("WEBP", 1)])
def test_a_script_decodes_what_somebody_looks_at_once(
    server: LoopbackServer, decodes: list[str], kind: str, checked: int
) -> None:
    """A PNG that is only saved is not decoded at all: that it is whole is known with less work."""
    picture = fetched(server, encoded(gradient(300, 200), kind))
    assert len(decodes) == checked
    look_at(picture)
    assert len(decodes) == 1


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "I;16"])
def test_nobody_draws_on_the_pixels_of_others(mode: str) -> None:
    """What is done to one image of a picture is not seen in the next, nor in what is shown."""
    data = encoded(
        PIL.Image.new(mode, (40, 24)) if mode == "I;16" else gradient(mode="RGB").convert(mode)
    )
    picture = Picture(data, media_type="image/png", width=40, height=24, sha256="")
    shown, first = display_copy(picture), picture.to_pil()
    before = first.tobytes()
    first.putpixel((0, 0), 1 if mode not in {"LA", "RGB", "RGBA"} else (9,) * len(mode))
    first.info["text"] = "mine"

    assert picture.to_pil().tobytes() == before
    assert "text" not in picture.to_pil().info
    assert display_copy(picture) == shown


@pytest.mark.parametrize("kind", FORMATS)
def test_a_copy_says_what_the_original_says(kind: str) -> None:
    """Format and orientation come with each image, as if it was opened from the file."""
    data = encoded(gradient(), kind, exif=EXIF_TURNED)
    picture = Picture(data, media_type=f"image/{kind.lower()}", width=40, height=24, sha256="")
    for image in (picture.to_pil(), picture.to_pil()):
        assert image.format == kind
        assert image.getexif()[0x0112] == 6


def test_what_is_kept_is_counted_in_bytes() -> None:
    """The newest that fit are kept; what is too large alone is not."""
    pixels = RecentPixels(most_bytes=50_000)
    files = [encoded(gradient(100, 50 + number)) for number in range(3)]
    kept = [pixels.decode(file) for file in files]

    assert pixels.size <= 50_000
    assert pixels.decode(files[1]) is kept[1]
    assert pixels.decode(files[2]) is kept[2]
    assert pixels.decode(files[0]) is not kept[0]
    before, large = pixels.size, encoded(gradient(200, 200))
    assert pixels.decode(large) is not pixels.decode(large)
    assert pixels.size == before


def test_what_is_kept_is_let_go_of() -> None:
    """After its seconds it is gone, though nobody asks for it again."""
    gone = threading.Event()

    class Watched(RecentPixels):
        def let_go(self) -> None:
            super().let_go()
            if not self.size:
                gone.set()

    pixels = Watched(seconds=0.05)
    pixels.decode(encoded(gradient()))

    assert gone.wait(30)


def test_without_threads_nothing_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where nothing could let go of it later, a picture is decoded again."""

    def refuse(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    pixels, data = RecentPixels(), encoded(gradient())
    monkeypatch.setattr(threading.Thread, "start", refuse)

    assert pixels.decode(data).image.size == (40, 24)
    assert pixels.size == 0


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_a_forked_child_keeps_its_own() -> None:
    """A child of a process that decodes just then decodes too, and holds nothing of its parent."""
    code = textwrap.dedent("""
        import os, threading
        from lumen_widgets.core.pictures.recent_pixels import recent_pixels
        from tests.client_files.samples import encoded, gradient
        data, busy = encoded(gradient(300, 200)), threading.Event()
        def work():
            while True:
                recent_pixels().decode(bytes(bytearray(data)))
                busy.set()
        threading.Thread(target=work, daemon=True).start()
        busy.wait()
        for _ in range(20):
            child = os.fork()
            if not child:
                held = recent_pixels().size
                recent_pixels().decode(data)
                os._exit(1 if held or not recent_pixels().size else 0)
            print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
    """)
    words = [sys.executable, "-c", code]
    said = subprocess.run(words, capture_output=True, text=True, timeout=120, check=True).stdout

    assert said.split() == ["0"] * 20


def chunk(name: bytes, data: bytes) -> bytes:
    """Return a chunk of a PNG, with its checksum."""
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


@st.composite
def odd_pngs(draw: st.DrawFn) -> bytes:
    """Draw a PNG whose checksums fit, and whose lines, filters, packing or order may not."""
    kinds = [(1, 0), (8, 0), (16, 0), (8, 2), (16, 2), (4, 3), (8, 3), (8, 4), (8, 6), (7, 2)]
    depth, colour = draw(st.sampled_from(kinds))
    width, height = draw(st.integers(1, 9)), draw(st.integers(1, 9))
    bits = depth * {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}[colour]
    line = 1 + (width * bits + 7) // 8
    raw = bytearray(draw(st.binary(min_size=line * height, max_size=line * height)))
    for start in range(0, line * height, line):
        raw[start] = draw(st.sampled_from([0, 1, 2, 3, 4, 4, 4]))
    change = draw(st.sampled_from(["none", "none", "filter", "short", "long", "cut", "junk"]))
    if change == "filter":
        raw[draw(st.integers(0, height - 1)) * line] = draw(st.integers(5, 255))
    if change == "short":
        del raw[draw(st.integers(0, len(raw) - 1)) :]
    if change == "long":
        raw += draw(st.binary(min_size=1, max_size=40))
    packed = bytearray(zlib.compress(bytes(raw), draw(st.sampled_from([0, 1, 9]))))
    if change == "cut":
        del packed[draw(st.integers(0, len(packed) - 1)) :]
    if change == "junk" and packed:
        packed[draw(st.integers(0, len(packed) - 1))] ^= draw(st.integers(1, 255))
    interlace = draw(st.sampled_from([0, 0, 0, 1]))
    head = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, interlace)
    cut = draw(st.integers(0, len(packed)))
    parts = [chunk(b"IDAT", bytes(packed[:cut])), chunk(b"IDAT", bytes(packed[cut:]))]
    extra = [b"", chunk(b"PLTE", draw(st.binary(max_size=12))), chunk(b"tRNS", b"\0\1")]
    extra += [chunk(b"gAMA", b"\0\0\xb1\x8f"), chunk(b"tEXt", b"a\0b"), chunk(b"IDAT", b"")]
    parts.insert(draw(st.integers(0, 2)), draw(st.sampled_from(extra)))
    if draw(st.integers(0, 20)) == 0:
        parts = []
    whole = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + b"".join(parts)
    return whole + chunk(b"IEND", b"")


def sizes(data: bytes) -> tuple[tuple[int, int] | None, tuple[int, int] | None]:
    """Return the size of a picture by checking it and by decoding it, None where it is refused."""
    try:
        decoded = decode(data).image.size
    except UnreadablePicture:
        decoded = None
    try:
        checked = check(data)
    except UnreadablePicture:
        return None, decoded
    return decoded if checked is None else (checked.width, checked.height), decoded


@given(data=odd_pngs())
def test_what_is_only_checked_is_what_can_be_decoded(data: bytes) -> None:
    """A script refuses the very files that a notebook refuses: no picture fails later."""
    checked, decoded = sizes(data)

    assert checked == decoded


@pytest.mark.slow
@given(data=odd_pngs(), at=st.integers(0, 400), bits=st.integers(1, 255))
def test_what_was_damaged_on_its_way_is_judged_alike(data: bytes, at: int, bits: int) -> None:
    """So it is for files in which a byte is another one."""
    damaged = bytearray(data)
    damaged[at % len(data)] ^= bits

    checked, decoded = sizes(bytes(damaged))

    assert checked == decoded


def test_a_small_file_of_a_huge_picture_takes_no_memory_to_check() -> None:
    """What swells as it is unpacked is counted and not kept."""
    data = encoded(PIL.Image.new("L", (8000, 8000)), compress_level=9)
    tracemalloc.start()
    try:
        assert check(data) == ("image/png", 8000, 8000)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()

    assert peak < 16_000_000


def test_the_pixels_are_those_of_the_file(server: LoopbackServer) -> None:
    """Whoever decoded it first, everyone sees the same picture, of the same digest."""
    image = gradient(300, 200)
    picture = fetched(server, encoded(image))
    look_at(picture)

    assert np.array_equal(picture.to_numpy(), np.asarray(image))
    assert picture.sha256 == hashlib.sha256(picture.bytes).hexdigest()

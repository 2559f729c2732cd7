from __future__ import annotations

import base64
import contextlib
import hashlib
import io
import os
import struct
import urllib.parse
import zlib
from typing import TYPE_CHECKING, Any

import numpy as np
import PIL.Image
import PIL.ImageCms
import PIL.PngImagePlugin
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lumen_widgets.core.errors import InvalidRequest
from lumen_widgets.core.pictures.decoding import FileBytes, split_metadata
from lumen_widgets.core.pictures.images import LocalPicture, read_picture
from lumen_widgets.core.pictures.picture import Picture, display_copy
from tests.client.png_files import chunk
from tests.client_files.samples import FORMATS, arrays, decoded, encoded, gradient

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

ORIENTATION, GPS = 0x0112, 0x8825
PROFILE = PIL.ImageCms.ImageCmsProfile(PIL.ImageCms.createProfile("sRGB")).tobytes()
SVG = b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"/>'


def local(source: Any) -> LocalPicture:
    """Read a picture that is not a URL."""
    read = read_picture(source)
    assert isinstance(read, LocalPicture)
    return read


def exif(orientation: int | None) -> PIL.Image.Exif:
    """Return EXIF with a place, and an orientation."""
    tags = PIL.Image.Exif()
    tags[0x010E] = "my secret holiday"
    tags.get_ifd(GPS)[1] = "N"
    if orientation is not None:
        tags[ORIENTATION] = orientation
    return tags


@pytest.mark.slow
@given(array=arrays())
def test_arrays_arrive_pixel_for_pixel(array: NDArray[np.uint8]) -> None:
    """Every uint8 array that may be a picture comes out of the PNG as it went in."""
    read = local(array)
    image = decoded(read.data)

    assert np.array_equal(np.asarray(image), array)
    assert (read.width, read.height) == image.size == array.shape[1::-1]
    assert read.media_type == "image/png"
    assert read.sha256 == hashlib.sha256(read.data).hexdigest()


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "YCbCr", "HSV"])
def test_pil_images_of_every_mode_become_png(mode: str) -> None:
    """A PIL image looks the same as a PNG, whatever its mode."""
    image = gradient(mode="RGB").convert(mode)
    read = decoded(local(image).data)

    wanted = "RGBA" if "A" in read.mode else "RGB"
    assert np.array_equal(np.asarray(read.convert(wanted)), np.asarray(image.convert(wanted)))


def test_a_palette_with_a_transparent_colour_keeps_it() -> None:
    """Transparency that sits in a palette arrives as alpha."""
    image = gradient().quantize(4)
    image.info["transparency"] = 0
    read = decoded(local(image).data)

    assert read.mode == "RGBA"
    assert np.array_equal(np.asarray(read)[..., 3] == 0, np.asarray(image) == 0)


def test_sixteen_bits_are_scaled_not_clipped() -> None:
    """A 16-bit grey image keeps its greys."""
    array = np.array([[0, 0x7FFF, 0xFFFF]], dtype=np.uint16)
    read = decoded(local(PIL.Image.fromarray(array)).data)

    assert np.asarray(read).tolist() == [[0, 127, 255]]


@pytest.mark.parametrize("kind", FORMATS)
def test_a_clean_file_passes_byte_for_byte(kind: str, tmp_path: Path) -> None:
    """A file that is upright and has no metadata is not touched, however it is given."""
    data = encoded(gradient(), kind, icc_profile=PROFILE)
    path = tmp_path / f"a picture {kind}"
    path.write_bytes(data)
    uri = f"data:image/x;base64,{base64.b64encode(data).decode()}"

    for source in (data, bytearray(data), memoryview(data), path, str(path), uri):
        read = local(source)
        assert read.data == data
        assert read.media_type == f"image/{kind.lower()}"
        assert (read.width, read.height) == (40, 24)


def test_a_progressive_jpeg_passes_byte_for_byte() -> None:
    """A JPEG of many scans is understood to its end."""
    data = encoded(gradient(200, 150), "JPEG", progressive=True, quality=95)

    assert local(data).data == data


@pytest.mark.parametrize("kind", FORMATS)
@pytest.mark.parametrize("trailer", [b"", b"\0hidden trailer"])
def test_metadata_is_removed_without_touching_pixels(kind: str, trailer: bytes) -> None:
    """Places, texts, comments and hidden tails go; pixels and colour profile stay."""
    options: dict[str, Any] = {"exif": exif(None), "icc_profile": PROFILE}
    if kind == "PNG":
        options["pnginfo"] = PIL.PngImagePlugin.PngInfo()
        options["pnginfo"].add_text("prompt", "my secret")
        options["pnginfo"].add_itxt("XML:com.adobe.xmp", "my secret", zip=True)
    elif kind == "WEBP":
        options["xmp"] = b"<x>my secret</x>"
    else:
        options["comment"] = b"my secret"
    dirty = encoded(gradient(), kind, **options) + trailer
    assert b"secret" in dirty
    clean = local(dirty).data

    assert b"secret" not in clean
    assert b"hidden" not in clean
    image = decoded(clean)
    assert np.array_equal(np.asarray(image), np.asarray(decoded(dirty)))
    assert image.info.get("icc_profile") == PROFILE
    assert not image.getexif()
    assert local(clean).data == clean


def test_metadata_of_a_pil_image_is_not_written_again() -> None:
    """What came along with an opened file does not go out with it."""
    image = decoded(encoded(gradient(), "JPEG", exif=exif(None), comment=b"my secret"))
    image.info["prompt"] = "my secret"

    assert b"secret" not in local(image).data
    assert image.info["prompt"] == "my secret"


@pytest.mark.parametrize("kind", FORMATS)
@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("opened", [False, True])
def test_every_orientation_stands_upright(kind: str, orientation: int, opened: bool) -> None:
    """A camera's eight ways to hold it all give the picture as it is seen, and once only."""
    seen = gradient(48, 32)
    stored = {
        1: lambda: seen,
        2: lambda: seen.transpose(PIL.Image.Transpose.FLIP_LEFT_RIGHT),
        3: lambda: seen.transpose(PIL.Image.Transpose.ROTATE_180),
        4: lambda: seen.transpose(PIL.Image.Transpose.FLIP_TOP_BOTTOM),
        5: lambda: seen.transpose(PIL.Image.Transpose.TRANSPOSE),
        6: lambda: seen.transpose(PIL.Image.Transpose.ROTATE_90),
        7: lambda: seen.transpose(PIL.Image.Transpose.TRANSVERSE),
        8: lambda: seen.transpose(PIL.Image.Transpose.ROTATE_270),
    }[orientation]()
    data = encoded(stored, kind, exif=exif(orientation))
    read = local(decoded(data) if opened else data)

    assert (read.width, read.height) == (48, 32)
    image = decoded(read.data).convert("RGB")
    # JPEG loses a little each time; a wrong turn would be off by hundreds.
    off = np.abs(np.asarray(image).astype(int) - np.asarray(seen).astype(int)).max()
    assert off <= (16 if kind == "JPEG" else 0)
    assert not image.getexif()
    assert b"secret" not in read.data


def _raw_exif(orientation: int) -> str:
    """Return EXIF as ImageMagick writes it into a text of a PNG."""
    tags = PIL.Image.Exif()
    tags[ORIENTATION] = orientation
    digits = tags.tobytes().hex()
    lines = [digits[at : at + 72] for at in range(0, len(digits), 72)]
    return "\n".join(["", "exif", f"{len(digits) // 2:8}", *lines, ""])


def _xmp(orientation: int, *, element: bool = False) -> str:
    said = f"<tiff:Orientation>{orientation}</tiff:Orientation>" if element else ""
    tag = "" if element else f' tiff:Orientation="{orientation}"'
    return f"<x:xmpmeta><rdf:Description{tag}>{said}</rdf:Description></x:xmpmeta>"


def _exif_of(kind: int, form: str) -> bytes:
    """Return EXIF with the orientation 6 as a number of another type, or as the first of two."""
    value = struct.pack(f">{form}", *[6, 1][: len(form)]).ljust(4, b"\0")
    tag = struct.pack(">HHHL", 1, 0x0112, kind, len(form))
    # what is longer than four bytes stands behind all tags
    tag += value + bytes(4) if len(value) <= 4 else struct.pack(">LL", 26, 0) + value
    return b"Exif\0\0MM\0*\0\0\0\x08" + tag


def _with_chunk(name: bytes, keyword: bytes, text: str) -> dict[str, Any]:
    """Return options of a PNG with a text in a chunk that the text's own standard does not name."""
    info = PIL.PngImagePlugin.PngInfo()
    between = {b"iTXt": bytes(4), b"zTXt": bytes(1), b"tEXt": b""}[name]
    packed = zlib.compress(text.encode()) if name == b"zTXt" else text.encode()
    info.add(name, keyword + b"\0" + between + packed)
    return {"pnginfo": info}


def _with_texts(**texts: tuple[str, bool]) -> dict[str, Any]:
    """Return options of a PNG with texts under these names, each packed or not."""
    info = PIL.PngImagePlugin.PngInfo()
    for name, (text, packed) in texts.items():
        add = info.add_itxt if name == "xmp" else info.add_text
        add("XML:com.adobe.xmp" if name == "xmp" else "Raw profile type exif", text, zip=packed)
    return {"pnginfo": info}


@pytest.mark.parametrize("opened", [False, True])
@pytest.mark.parametrize(
    ("kind", "options"),
    [
        ("JPEG", {"xmp": _xmp(6).encode()}),
        ("JPEG", {"xmp": _xmp(6, element=True).encode()}),
        ("WEBP", {"xmp": _xmp(6).encode()}),
        ("PNG", _with_texts(xmp=(_xmp(6), False))),
        ("PNG", _with_texts(xmp=(_xmp(6), True))),
        ("PNG", _with_texts(raw=(_raw_exif(6), False))),
        ("PNG", _with_texts(raw=(_raw_exif(6), True))),
        ("PNG", _with_chunk(b"tEXt", b"XML:com.adobe.xmp", _xmp(6))),
        ("PNG", _with_chunk(b"zTXt", b"XML:com.adobe.xmp", _xmp(6))),
        ("PNG", _with_chunk(b"iTXt", b"Raw profile type exif", _raw_exif(6))),
        # as some programs write the number
        *(
            (("PNG", {"exif": _exif_of(*typed)}))
            for typed in ((3, "HH"), (4, "L"), (6, "B"), (8, "H"), (13, "L"), (16, "Q"))
        ),
        # a tag of a type that is none says nothing
        ("JPEG", {"exif": _exif_of(17, "Q"), "xmp": _xmp(6).encode()}),
        # what EXIF says goes first
        ("JPEG", {"exif": exif(6), "xmp": _xmp(3).encode()}),
        ("PNG", {"exif": exif(6), **_with_texts(xmp=(_xmp(3), False), raw=(_raw_exif(3), False))}),
        ("PNG", _with_texts(xmp=(_xmp(3), False), raw=(_raw_exif(6), False))),
    ],
)
def test_a_file_and_its_pil_image_stand_alike(
    kind: str, options: dict[str, Any], opened: bool
) -> None:
    """Whichever way a file says how it is turned that Pillow knows, and however it is given."""
    data = encoded(gradient(48, 32).transpose(PIL.Image.Transpose.ROTATE_90), kind, **options)
    read = local(decoded(data) if opened else data)

    assert (read.width, read.height) == (48, 32)
    image = decoded(read.data)
    seen = np.asarray(gradient(48, 32)).astype(int)
    assert np.abs(np.asarray(image.convert("RGB")).astype(int) - seen).max() <= 16
    assert not image.getexif()
    assert b"Orientation" not in read.data


def test_a_picture_that_exif_says_is_upright_is_not_turned_by_xmp() -> None:
    """An editor that has turned the pixels may have left the older of the two as it was."""
    data = encoded(gradient(48, 32), "JPEG", exif=exif(1), xmp=_xmp(6).encode())

    assert [(one.width, one.height) for one in (local(data), local(decoded(data)))] == [
        (48, 32),
        (48, 32),
    ]


def test_packed_texts_are_unpacked_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each may swell to a megabyte: thousands of them in a file kept a process busy."""
    begin = b"XML:com.adobe.xmp\0\1\0\0\0"
    text = chunk(b"iTXt", begin + zlib.compress(bytes(1 << 20)))
    data = encoded(gradient())
    unpack, unpacked = zlib.decompressobj, 0

    def counted() -> Any:
        nonlocal unpacked
        unpacked += 1
        return unpack()

    monkeypatch.setattr(zlib, "decompressobj", counted)
    split_metadata(FileBytes(data[:33] + text * 50 + data[33:]), "image/png")

    assert unpacked == 1


def _ink_profile() -> bytes:
    """Return an ICC profile of inks by which magenta alone is a green, and whatever else a grey."""
    grid = [(128, 128, 128)] * 16
    grid[0], grid[4] = (255, 128, 128), (150, 60, 180)
    ramps = b"".join(bytes(range(256)) for _ in range(7))
    matrix = struct.pack(">9i", *(65536 if at % 4 == 0 else 0 for at in range(9)))
    table = struct.pack(">4s4xBBBx", b"mft1", 4, 3, 2) + matrix + ramps[:1024]
    table += b"".join(map(bytes, grid)) + ramps[1024:]
    white = struct.pack(">4s4xIII", b"XYZ ", 63190, 65536, 54061)
    places = struct.pack(
        ">4sII4sII", b"A2B0", 156, len(table), b"wtpt", 156 + len(table), len(white)
    )
    names = struct.pack(">4sI4s4s4s", b"lcms", 0x02400000, b"prtr", b"CMYK", b"Lab ")
    date = struct.pack(">6H4s", 2026, 1, 1, 0, 0, 0, b"acsp")
    rest = struct.pack(">28xIII48xI", 63190, 65536, 54061, 2)
    end = places + table + white
    return struct.pack(">I", 128 + 4 + len(end)) + names + date + rest + end


@pytest.mark.parametrize("orientation", [1, 6])
def test_a_pil_image_of_inks_has_the_colours_of_its_file(orientation: int) -> None:
    """A PNG holds no inks: their profile was left out, and magenta came as another magenta."""
    stored = PIL.Image.new("CMYK", (12, 8), (0, 255, 0, 0))
    data = encoded(stored, "JPEG", quality=100, icc_profile=_ink_profile(), exif=exif(orientation))
    sent = decoded(local(decoded(data)).data)
    file = local(data)
    shown, _ = display_copy(
        Picture(file.data, media_type=file.media_type, width=12, height=8, sha256=file.sha256)
    )

    assert "icc_profile" not in sent.info
    assert sent.size == decoded(shown).size
    colour = np.asarray(sent.convert("RGB"))[4, 4].astype(int)
    assert np.abs(colour - np.asarray(decoded(shown).convert("RGB"))[4, 4]).max() <= 8
    assert colour[1] > colour[0] + 40


@pytest.mark.parametrize("mode", ["CMYK", "YCbCr", "HSV"])
def test_a_pil_image_that_was_converted_keeps_the_profile_of_its_colours(mode: str) -> None:
    """Pillow hands on the profile of the picture before, which is as good for the picture after."""
    image = decoded(encoded(gradient(), icc_profile=PROFILE)).convert(mode)

    assert decoded(local(image).data).info.get("icc_profile") == PROFILE


def test_broken_exif_counts_as_upright() -> None:
    """A picture whose EXIF is nonsense is still a picture."""
    data = encoded(gradient(), "JPEG", exif=b"Exif\0\0nonsense")

    assert (local(data).width, local(data).height) == (40, 24)


@pytest.mark.parametrize(
    "url",
    ["https://example.org/a.png?sig=1", " HTTP://example.org/a.png ", "http://[::1]:8000/a"],
)
def test_urls_stay_urls(url: str) -> None:
    """An address is passed on, and nothing is fetched."""
    assert read_picture(url) == url.strip()


@pytest.mark.parametrize(
    "source", ["https://", "https:///a.png", "https://exa mple.org/", "https://example.org/\n/a"]
)
def test_broken_urls_are_refused_unseen(source: str) -> None:
    """An address that cannot be one is refused, and not repeated."""
    with pytest.raises(InvalidRequest, match="not a valid URL") as caught:
        read_picture(source)
    assert "example" not in caught.value.message


def test_a_picture_travels_by_its_url_while_it_has_one() -> None:
    """A picture fresh from the service is not uploaded; an older one goes by its bytes."""
    data = encoded(gradient())
    facts: dict[str, Any] = {"media_type": "image/png", "width": 40, "height": 24, "sha256": "0"}

    assert read_picture(Picture(data, url="https://x.example/1", **facts)) == "https://x.example/1"
    assert local(Picture(data, **facts)).data == data


def test_a_sandboxes_result_is_uploaded_to_the_service() -> None:
    """A picture goes by its bytes where the service that needs it cannot reach its address."""
    facts: dict[str, Any] = {"media_type": "image/png", "width": 40, "height": 24, "sha256": "0"}
    ours = Picture(encoded(gradient()), url="http://127.0.0.1:9/pictures/1.png", **facts)
    theirs = Picture(encoded(gradient()), url="https://store.example/1.png", **facts)
    sandbox, service = "http://localhost:8000", "https://lumen.example"

    assert read_picture(ours, base_url=sandbox) == ours.url
    assert read_picture(theirs, base_url=service) == theirs.url
    assert isinstance(read_picture(ours, base_url=service), LocalPicture)
    assert isinstance(read_picture(theirs, base_url=sandbox), LocalPicture)


def test_data_uris_may_be_percent_encoded() -> None:
    """Both ways to write a data: URI are read."""
    data = encoded(gradient())

    assert local(f"data:image/png,{urllib.parse.quote_from_bytes(data)}").data == data


def with_size(width: int, height: int) -> bytes:
    """Return a tiny PNG that claims to be of some size."""
    data = bytearray(encoded(gradient()))
    data[16:24] = width.to_bytes(4, "big") + height.to_bytes(4, "big")
    data[29:33] = zlib.crc32(data[12:29]).to_bytes(4, "big")
    return bytes(data)


def animation() -> bytes:
    """Return a WebP of two frames."""
    return encoded(gradient(), "WEBP", save_all=True, append_images=[gradient().rotate(90)])


@pytest.mark.parametrize(
    ("source", "said"),
    [
        (b"", "no bytes"),
        (SVG, "SVG"),
        (b"<!DOCTYPE html><p>Not found</p>", "HTML"),
        (b"GIF89a" + bytes(20), "GIF"),
        (b"\0\0\0\x18ftypheic", "HEIC"),
        (b'{"error": 1}', "JSON"),
        (b"just words", "neither PNG"),
        (encoded(gradient())[:-20], "truncated|damaged"),
        (encoded(gradient(), "JPEG")[:-200], "truncated"),
        (encoded(gradient(), "WEBP")[:-9], "truncated"),
        (with_size(60_000, 60_000), "too large"),
        (with_size(1, 65_536), "a side has 65,535 at most"),
        (with_size(65_536, 1), "a side has 65,535 at most"),
        (with_size(0, 5), "damaged|empty"),
        (animation(), "animation"),
        ("no/such/file.png", "no file"),
        ("x" * 5000, "cannot be read|no file"),
        ("nul\0byte", "cannot be read"),
        ("/", "^'/' is a folder or a device, not a picture. Give the path of a PNG"),
        ("/dev/zero", "^'/dev/zero' is a folder or a device, not a picture. Give the path"),
        ("s3://bucket/cat.png", "s3: address"),
        ("file:///etc/passwd", "file: address"),
        ("data:image/png;base64,!!!", "cannot be decoded"),
        ("data:image/png", "cannot be decoded"),
        ("data:image/png;base64,\ud800", "cannot be decoded"),
        ("data:,\ud800", "cannot be decoded"),
        (np.zeros((4, 5), np.uint8).data, "^Given 20 bytes, which"),
        ("data:image/svg+xml;base64," + base64.b64encode(SVG).decode(), "SVG"),
        (np.zeros((4, 4)), "uint8"),
        (np.zeros((4, 4), bool), "mask"),
        (np.zeros((4, 4), int), "uint8"),
        (np.zeros((4, 4, 2), np.uint8), "shape"),
        (np.zeros((4,), np.uint8), "shape"),
        (np.zeros((0, 4), np.uint8), "no pixels"),
        (np.zeros((4, 4), ">u2"), "array // 256"),
        (PIL.Image.new("F", (4, 4)), "mode 'F'"),
        (PIL.Image.new("RGB", (0, 4)), "empty"),
        (io.BytesIO(b"x"), "neither PNG"),
        (io.StringIO("x"), "reads text"),
        (object(), "a object, which is not a picture"),
        (None, "NoneType"),
        (["a.png"], "list"),
    ],
)
def test_what_is_not_a_picture_is_refused_in_words(source: Any, said: str) -> None:
    """The error says what was given, and what to do instead."""
    with pytest.raises(InvalidRequest, match=said):
        read_picture(source)


@pytest.mark.slow
def test_files_above_the_cap_are_not_read(tmp_path: Path) -> None:
    """A file, bytes or a data: URI that is too large is refused before it is decoded."""
    most = 64 * 1024 * 1024
    path = tmp_path / "big.png"
    path.touch()
    os.truncate(path, most + 1)

    for source in (
        path,
        bytes(most + 1),
        "data:," + "a" * (most + 1),
        "data:," + "a" * (3 * most + 1),
    ):
        with pytest.raises(InvalidRequest, match="larger"):
            read_picture(source)


def test_a_bomb_is_refused_before_it_is_decoded() -> None:
    """A lazily opened image is measured before Pillow touches its pixels."""
    with pytest.warns(PIL.Image.DecompressionBombWarning):
        bomb = PIL.Image.open(io.BytesIO(with_size(12_000, 12_000)))

    with pytest.raises(InvalidRequest, match="too large"):
        read_picture(bomb)


def test_an_array_that_is_too_large_is_refused_before_it_is_copied() -> None:
    """One pixel that is repeated takes no memory, and its copy took ten gigabytes."""
    large = np.broadcast_to(np.uint8(0), (1 << 40, 1 << 20))
    with pytest.raises(InvalidRequest, match="too large"):
        read_picture(large)
    with pytest.raises(InvalidRequest, match="too large"):
        read_picture(np.broadcast_to(np.uint8(0), (9000, 9000, 3)))


def test_the_name_of_a_file_may_be_bytes(tmp_path: Path) -> None:
    """A folder that is listed by bytes gives such paths."""
    (tmp_path / "cat.png").write_bytes(encoded(gradient()))
    (entry,) = os.scandir(os.fsencode(tmp_path))

    assert local(entry).width == 40


@pytest.mark.slow
@given(data=st.binary(max_size=200), kind=st.sampled_from(FORMATS), at=st.integers(0, 400))
def test_damaged_files_never_raise_anything_else(data: bytes, kind: str, at: int) -> None:
    """Bytes overwritten anywhere give a picture or InvalidRequest, and nothing else."""
    whole = encoded(gradient(8, 8), kind)
    with contextlib.suppress(InvalidRequest):
        read_picture(whole[:at] + data + whole[at + len(data) :])


@pytest.mark.slow
@given(
    mode=st.sampled_from(["1", "L", "LA", "P", "RGB", "RGBA"]),
    left_out=st.sets(st.integers(0, 4)),
    depth=st.sampled_from([1, 2, 4, 8, 16]),
    colours=st.sampled_from([0, 2, 3, 4, 6]),
)
def test_what_is_taken_can_be_shown(
    mode: str, left_out: set[int], depth: int, colours: int
) -> None:
    """A PNG without some of its chunks, or of another kind, is refused or has a copy to show."""
    whole = encoded(gradient(8, 8).convert(mode))
    at, parts = 8, []
    while at < len(whole):
        end = at + 12 + int.from_bytes(whole[at : at + 4], "big")
        parts.append(whole[at:end])
        at = end
    head = parts[0][4:16] + bytes([depth, colours]) + parts[0][18:21]
    parts[0] = parts[0][:4] + head + zlib.crc32(head).to_bytes(4, "big")
    data = whole[:8] + b"".join(part for n, part in enumerate(parts) if n not in left_out)
    with contextlib.suppress(InvalidRequest):
        read = read_picture(data)
        assert isinstance(read, LocalPicture)
        facts: dict[str, Any] = {"width": read.width, "height": read.height, "sha256": "0"}
        display_copy(Picture(read.data, media_type=read.media_type, **facts))


@pytest.mark.parametrize(
    "said",
    [
        {"icc_profile": "sRGB"},
        {"gamma": -1.0},
        {"gamma": float("nan")},
        {"srgb": 999},
        {"chromaticity": (0.3, 0.3)},
        {"cicp": "BT.2020"},
    ],
)
def test_an_image_that_says_nonsense_of_its_colours_is_refused_in_words(said: Any) -> None:
    """Any program can write anything into the `info` of a PIL image."""
    image = PIL.Image.new("RGB", (8, 8))
    image.info.update(said)
    with pytest.raises(InvalidRequest, match="mode 'RGB', which is damaged"):
        read_picture(image)

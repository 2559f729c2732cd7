"""A saved copy of a picture that says how it was made."""

from __future__ import annotations

import errno
import hashlib
import io
import json
import pickle
import struct
import zlib
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import PIL.Image
import pytest
from hypothesis import given
from hypothesis import strategies as st

import lumen_widgets
from lumen_widgets.core.errors import InvalidRequest
from lumen_widgets.core.parameters import (
    FoundProvenance,
    parameters_of,
    read_provenance,
    read_sidecar,
)
from lumen_widgets.core.pictures.decoding import decode, media_type_of
from lumen_widgets.core.pictures.picture import Picture
from lumen_widgets.core.pictures.provenance.infotext import infotext, read_infotext
from lumen_widgets.core.provenance import provenance_of
from lumen_widgets.core.request import Request
from tests.client_files.samples import FORMATS, decoded, encoded, gradient

SUFFIXES = {"PNG": ".png", "JPEG": ".jpg", "WEBP": ".webp"}
ORIGIN = "https://lumen.example"
PROMPT = '一只猫 "on" a\n: windowsill, Negative prompt: & <b>]]> 😀\r\n\t&#x26;'


def request(prompt: str = PROMPT, endpoint: Any = "generations", **body: Any) -> Request:
    """Return a request as it was sent, with all that is to stay here."""
    private = {
        "seed": 7,
        "image_urls": ["https://store.example/cat.png?signature=sentinel"],
        "webhook_url": "https://hook.example/sentinel",
    }
    return Request(endpoint, {"model": "gpt-image-2-low", "prompt": prompt, **private, **body})


def made(data: bytes, asked: Request | None = None, **facts: Any) -> Picture:
    """Return a picture of a task, as the client makes one."""
    size = decoded(data).size
    return Picture(
        data,
        media_type=media_type_of(data) or "",
        width=size[0],
        height=size[1],
        sha256=hashlib.sha256(data).hexdigest(),
        provenance=provenance_of(asked or request(), task_id="a1b2c3", origin=ORIGIN),
        **facts,
    )


def found_in(data: bytes) -> FoundProvenance:
    """Return what a file says, which has to say something."""
    found = read_provenance(data)
    assert found is not None
    return found


def same_pixels(one: bytes, other: bytes) -> bool:
    """Tell whether Pillow sees the same picture in two files."""
    first, second = decoded(one), decoded(other)
    return first.mode == second.mode and np.array_equal(np.asarray(first), np.asarray(second))


@pytest.mark.parametrize("kind", FORMATS)
@pytest.mark.parametrize("mode", ["RGB", "L", "RGBA"])
def test_a_copy_says_how_it_was_made(kind: str, mode: str, tmp_path: Path) -> None:
    """In each format, with every letter of the prompt, and the pixels as they were."""
    if (kind, mode) == ("JPEG", "RGBA"):
        mode = "CMYK"
    asked = request(negative_prompt="雾, fog", n=2, size="64x64", resolution="1K", quality="low")
    data = encoded(gradient(mode="RGBA").convert(mode), kind)
    picture = made(data, asked, index=1, count=2)
    saved = picture.save(tmp_path / f"cat{SUFFIXES[kind]}", provenance=True).read_bytes()

    assert same_pixels(saved, data)
    assert decode(saved).clean == decode(data).clean or kind == "WEBP"
    found = found_in(saved)
    assert parameters_of(found) == {
        "prompt": PROMPT,
        "model": "gpt-image-2-low",
        "negative_prompt": "雾, fog",
        "n": 2,
        "size": "64x64",
        "resolution": "1K",
        "quality": "low",
        "task_id": "a1b2c3",
        "parents": [],
        "source": "service",
        "version": "0.1.0",
    }
    assert found.sha256 == picture.sha256
    assert found.made.left_out == ("seed",)
    for private in (b"sentinel", b"store.example", b"lumen.example", str(tmp_path).encode()):
        assert private not in saved


@pytest.mark.parametrize("kind", FORMATS)
def test_a_copy_is_marked_as_made_by_a_model(kind: str, tmp_path: Path) -> None:
    """In the terms of IPTC, where its tools look: a repaint as made in part."""
    data = encoded(gradient(), kind)
    path = tmp_path / f"cat{SUFFIXES[kind]}"
    marks = []
    for endpoint in ("generations", "edits", "inpaint"):
        made(data, request(endpoint=endpoint)).save(path, provenance=True)
        says = path.read_bytes().partition(b"<Iptc4xmpExt:DigitalSourceType>")[2].partition(b"<")[0]
        marks.append(says.decode().rpartition("/")[2])

    assert marks == [
        "trainedAlgorithmicMedia",
        "trainedAlgorithmicMedia",
        "compositeWithTrainedAlgorithmicMedia",
    ]


@pytest.mark.parametrize("kind", FORMATS)
def test_nothing_is_written_unasked(kind: str, tmp_path: Path) -> None:
    """A file that is saved as ever has the bytes that it had."""
    data = encoded(gradient(), kind)
    saved = made(data).save(tmp_path / f"cat{SUFFIXES[kind]}").read_bytes()

    assert saved == data
    assert read_provenance(saved) is None
    with pytest.raises(InvalidRequest, match="not True or False"):
        made(data).save(tmp_path / "cat.png", provenance="yes")  # type: ignore[arg-type]


def test_a_converted_copy_says_it_too(tmp_path: Path) -> None:
    """It names the picture that it was converted from."""
    picture = made(encoded(gradient()))
    for suffix in (".jpg", ".webp", ".png"):
        saved = picture.save(tmp_path / f"cat{suffix}", provenance=True).read_bytes()
        assert found_in(saved).sha256 == picture.sha256


@pytest.mark.slow
@given(
    prompt=st.text(min_size=1).filter(str.strip),
    negative=st.text(),
    kind=st.sampled_from(FORMATS),
)
def test_any_words_come_back(
    tmp_path_factory: pytest.TempPathFactory, prompt: str, negative: str, kind: str
) -> None:
    """Whatever is asked for is read again, letter by letter; half of a letter is in no request."""
    more = {"negative_prompt": negative} if negative.strip() else {}
    data = encoded(gradient(8, 8), kind)
    path = tmp_path_factory.getbasetemp() / f"any{SUFFIXES[kind]}"
    saved = made(data, request(prompt, **more)).save(path, provenance=True).read_bytes()

    assert same_pixels(saved, data)
    said = parameters_of(found_in(saved))
    assert (said["prompt"], said.get("negative_prompt", "")) == (
        prompt,
        more.get("negative_prompt", ""),
    )


def test_a_copy_can_be_pickled_and_saved_later(tmp_path: Path) -> None:
    """What is known of it goes with the picture, and no address does."""
    pickled = pickle.dumps(made(encoded(gradient())))
    assert b"sentinel" not in pickled
    again: Picture = pickle.loads(pickled)  # noqa: S301 -- our own bytes

    saved = again.save(tmp_path / "cat.png", provenance=True).read_bytes()
    assert parameters_of(found_in(saved))["prompt"] == PROMPT


def test_a_picture_of_nowhere_says_so(tmp_path: Path) -> None:
    """How it was made is not known: nothing is written, rather than half."""
    picture = made(encoded(gradient()))
    stranger = Picture(
        picture.bytes, media_type="image/png", width=40, height=24, sha256=picture.sha256
    )
    with pytest.raises(InvalidRequest, match="not known here"):
        stranger.save(tmp_path / "cat.png", provenance=True)

    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("before", ["with the key ", "\n", "\r\n", "\t", "密钥"])
def test_a_key_in_the_words_is_written_into_no_file(tmp_path: Path, before: str) -> None:
    """What was pasted into a prompt by mistake is not handed on with the picture."""
    asked = request(f"a cat, {before}sk-lumen-0123456789abcdef")
    for data in (encoded(gradient()), encoded(gradient(), "JPEG")):
        with pytest.raises(InvalidRequest, match="seems to be a key"):
            made(data, asked).save(tmp_path, provenance=True)

    assert list(tmp_path.iterdir()) == []


# ---- files that say something already


def png_chunk(name: bytes, content: bytes) -> bytes:
    """Return one chunk of a PNG."""
    crc = struct.pack(">I", zlib.crc32(name + content))
    return struct.pack(">I", len(content)) + name + content + crc


def with_png_chunk(name: bytes, content: bytes, data: bytes | None = None) -> bytes:
    """Return a PNG with one more chunk behind its head."""
    data = encoded(gradient()) if data is None else data
    return data[:33] + png_chunk(name, content) + data[33:]


def with_jpeg_segment(mark: int, content: bytes) -> bytes:
    """Return a JPEG with one more segment behind its first."""
    data = encoded(gradient(), "JPEG")
    end = 4 + int.from_bytes(data[4:6], "big")
    head = bytes([0xFF, mark]) + struct.pack(">H", 2 + len(content))
    return data[:end] + head + content + data[end:]


def with_webp_chunk(name: bytes, content: bytes) -> bytes:
    """Return a WebP with one more chunk at its end."""
    data = encoded(gradient(), "WEBP")
    body = data[8:] + name + struct.pack("<I", len(content)) + content + bytes(len(content) % 2)
    return b"RIFF" + struct.pack("<I", len(body)) + body


XMP = (
    '<?xpacket begin="" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/">'
    '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    '<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/"%s>'
    "<dc:format>image</dc:format></rdf:Description></rdf:RDF></x:xmpmeta>"
    '<?xpacket end="w"?>'
)

SIGNED = {
    "a PNG": with_png_chunk(b"caBX", b"manifest"),
    "a JPEG": with_jpeg_segment(0xEB, b"JP\0\1\0\0\0\1\0\0\0\x20jumb manifest"),
    "a WebP": with_webp_chunk(b"C2PA", b"manifest"),
    "a JPEG whose manifest is elsewhere": with_jpeg_segment(
        0xE1,
        b"http://ns.adobe.com/xap/1.0/\0"
        + (
            XMP % ' xmlns:dcterms="http://purl.org/dc/terms/" dcterms:provenance="https://c2pa.x/1"'
        ).encode(),
    ),
}


@pytest.mark.parametrize("name", SIGNED)
def test_a_signed_file_stays_as_it_is(name: str, tmp_path: Path) -> None:
    """With C2PA in it not one bit changes; what is to be said stands beside it."""
    data = SIGNED[name]
    picture = made(data)
    path = tmp_path / f"cat{SUFFIXES[decoded(data).format or '']}"
    assert picture.save(path, provenance=True) == path

    beside = path.with_name(f"{path.name}.json")
    assert path.read_bytes() == data
    assert sorted(tmp_path.iterdir()) == sorted([path, beside])
    found = read_sidecar(beside.read_bytes(), hashlib.sha256(data).hexdigest())
    assert found is not None
    assert parameters_of(found)["prompt"] == PROMPT
    # of another picture it says nothing
    assert read_sidecar(beside.read_bytes(), "0" * 64) is None
    # saved again, it takes its own place
    picture.save(path, provenance=True)


def odd_files() -> dict[str, bytes]:
    """Return files that decoders read, though their parts do not stand as the formats have it."""
    png, jpeg, webp = encoded(gradient()), encoded(gradient(), "JPEG"), encoded(gradient(), "WEBP")
    head = struct.pack("<4sI", b"RIFF", len(webp) - 8 + 18) + webp[8:]
    end = 4 + int.from_bytes(jpeg[4:6], "big")
    return {
        "a PNG whose head is not its first chunk": png[:8] + png_chunk(b"gAMA", bytes(4)) + png[8:],
        "a JPEG with a segment shorter than its length": jpeg[:end] + b"\xff\xe0\0\0" + jpeg[end:],
        "a WebP with a frame of no animation": with_webp_chunk(b"ANMF", bytes(10)),
        "a WebP with alpha of another kind": with_webp_chunk(b"ALPH", b""),
        "a WebP with a second picture": with_webp_chunk(b"VP8 ", webp[40:]),
        "a WebP whose head is its last chunk": head + b"VP8X" + struct.pack("<I10x", 10),
        "a WebP whose head is too short": with_webp_chunk(b"VP8X", bytes(4)),
    }


@pytest.mark.parametrize("name", odd_files())
def test_a_file_of_odd_parts_is_saved_as_it_is(name: str, tmp_path: Path) -> None:
    """What is put between them would be read as another part, and the picture not at all."""
    data = odd_files()[name]
    before = decode(data).image
    path = tmp_path / f"cat{SUFFIXES[before.format or '']}"
    made(data).save(path, provenance=True)

    after = decode(path.read_bytes()).image
    assert (after.size, after.mode, after.tobytes()) == (
        before.size,
        before.mode,
        before.tobytes(),
    )
    assert path.read_bytes() == data
    found = read_sidecar(path.with_name(f"{path.name}.json").read_bytes(), made(data).sha256)
    assert found is not None


@pytest.mark.parametrize(
    ("there", "instead"),
    [
        ("</rdf:RDF>", "</rdf:RDF><!-- </rdf:RDF> -->"),
        ("</rdf:RDF>", "<dc:source><![CDATA[</rdf:RDF>]]></dc:source></rdf:RDF >"),
        ("</dc:format>", "<dc:broken></dc:format>"),
        ("<x:xmpmeta", "<!DOCTYPE x><x:xmpmeta"),
        ("<dc:format>image", "<dc:format>\0"),
    ],
    ids=["words in a comment", "words in text", "parts that do not end", "a type", "a control"],
)
@pytest.mark.parametrize("kind", ["JPEG", "WEBP"])
def test_a_file_with_xmp_that_cannot_be_added_to_stays_as_it_is(
    there: str, instead: str, kind: str, tmp_path: Path
) -> None:
    """What was added to it was found by nobody, and no sidecar said it either."""
    xmp = (XMP % "").replace(there, instead, 1).encode()
    jpeg = with_jpeg_segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0" + xmp)
    data = jpeg if kind == "JPEG" else with_webp_chunk(b"XMP ", xmp)
    path = made(data).save(tmp_path / f"cat{SUFFIXES[kind]}", provenance=True)

    assert lumen_widgets.parameters(path)["prompt"] == PROMPT
    assert path.read_bytes() == data


def test_a_jpeg_keeps_the_pictures_that_it_lists(tmp_path: Path) -> None:
    """A phone's has a second one behind its end, and says how far that is from the list."""
    xmp = b"http://ns.adobe.com/xap/1.0/\0" + (XMP % "").encode()
    for behind in (False, True):
        file = io.BytesIO()
        twin = gradient()
        twin.save(file, "MPO", save_all=True, append_images=[twin.rotate(180)])
        data = file.getvalue()
        if behind:
            data = _with_segment_behind_its_list(data, xmp)
        path = made(data).save(tmp_path / "cat.jpg", provenance=True)

        pixels = []
        for one in (io.BytesIO(data), path):
            with PIL.Image.open(one) as image:
                image.seek(1)
                pixels.append(image.tobytes())
        assert pixels[0] == pixels[1]
        assert lumen_widgets.parameters(path)["prompt"] == PROMPT


def _with_segment_behind_its_list(mpo: bytes, content: bytes) -> bytes:
    """Return a JPEG of two pictures with XMP behind the list of them, which is right again."""
    at = mpo.index(b"MPF\0")
    end = at - 2 + int.from_bytes(mpo[at - 2 : at], "big")
    segment = b"\xff\xe1" + struct.pack(">H", 2 + len(content)) + content
    second = mpo.index(b"\xff\xd9\xff\xd8") + 2
    offset = struct.pack("<I", second - at - 4)
    assert mpo[at:end].count(offset) == 1
    listed = mpo[at:end].replace(offset, struct.pack("<I", second - at - 4 + len(segment)))
    return mpo[:at] + listed + segment + mpo[end:]


def test_only_the_texts_that_are_asked_for_are_unpacked(tmp_path: Path) -> None:
    """A kilobyte of each swells to a megabyte: a file of them held a save for minutes."""
    packed = zlib.compress(bytes(1 << 20), 9)
    texts = [b"Comment\0\0" + packed, b"XML:com.adobe.xmp\0\0" + packed]
    for text in texts:
        data = encoded(gradient())
        for _ in range(30):
            data = with_png_chunk(b"zTXt", text, data)
        picture = made(data)
        with patch("zlib.decompressobj", wraps=zlib.decompressobj) as unpack:
            picture.save(tmp_path / "cat.png", provenance=True)
            read_provenance(data)
        assert unpack.call_count <= 3
        assert same_pixels((tmp_path / "cat.png").read_bytes(), data)


@pytest.mark.parametrize("name", ["foo", "hex", "rot13", "mbcs", "utf-7", "undefined", "idna"])
@pytest.mark.parametrize("kind", FORMATS)
def test_xmp_may_name_any_encoding(name: str, kind: str) -> None:
    """What is no encoding of text raised an error of Python's; XMP in these files is UTF-8."""
    body = XMP.partition("?>")[2].replace("%s", ' xmlns:l="urn:lumen-widgets:provenance:"')
    body = body.replace("<dc:format>", '<l:parameters>{"prompt": "雾"}</l:parameters><dc:format>')
    xmp = f'<?xml version="1.0" encoding="{name}"?>{body}'.encode()
    data = {
        "PNG": lambda: with_png_chunk(b"iTXt", b"XML:com.adobe.xmp" + bytes(5) + xmp),
        "JPEG": lambda: with_jpeg_segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0" + xmp),
        "WEBP": lambda: with_webp_chunk(b"XMP ", xmp),
    }[kind]()

    found = read_provenance(data)
    assert found is not None
    assert found.made.settings == {"prompt": "雾"}


def test_a_sidecar_takes_no_other_files_place(tmp_path: Path) -> None:
    """A user's own file of that name is kept, and nothing is written."""
    beside = tmp_path / "cat.png.json"
    for there in ('{"labels": ["cat"]}', "[[[" * 100_000, ""):
        beside.write_text(there)
        with pytest.raises(InvalidRequest, match="Nothing was written"):
            made(SIGNED["a PNG"]).save(tmp_path / "cat.png", provenance=True)
        assert beside.read_text() == there
    assert list(tmp_path.iterdir()) == [beside]
    # a file that needs none is saved
    made(encoded(gradient())).save(tmp_path / "cat.png", provenance=True)


@pytest.mark.parametrize(
    ("kind", "data"),
    [
        ("JPEG", with_jpeg_segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0" + (XMP % "").encode())),
        ("WEBP", with_webp_chunk(b"XMP ", (XMP % "").encode())),
    ],
)
def test_xmp_that_is_there_is_added_to(kind: str, data: bytes, tmp_path: Path) -> None:
    """What it said is still said, once, by the one packet that there is."""
    saved = made(data).save(tmp_path / f"cat{SUFFIXES[kind]}", provenance=True).read_bytes()

    assert saved.count(b"<x:xmpmeta") == 1
    assert b"<dc:format>image</dc:format>" in saved
    assert parameters_of(found_in(saved))["prompt"] == PROMPT
    assert same_pixels(saved, data)


def test_what_the_service_wrote_stays(tmp_path: Path) -> None:
    """A mark of its own is not doubled, its text of A1111's kind counts, its name for ours not."""
    mark = XMP % ' xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/"'
    mark = mark.replace(
        "<dc:", "<Iptc4xmpExt:DigitalSourceType>x</Iptc4xmpExt:DigitalSourceType><dc:", 1
    )
    jpeg = with_jpeg_segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0" + mark.encode())
    saved = made(jpeg).save(tmp_path / "a.jpg", provenance=True).read_bytes()
    assert saved.count(b"<Iptc4xmpExt:DigitalSourceType>") == 1

    png = with_png_chunk(b"tEXt", b"parameters\0theirs\nSteps: 9, Seed: 1, Size: 8x8")
    png = with_png_chunk(b"tEXt", b'lumen_widgets\0{"prompt": "forged"}', png)
    saved = made(png).save(tmp_path / "a.png", provenance=True).read_bytes()
    info = PIL.Image.open(tmp_path / "a.png").info
    assert info["parameters"].startswith("theirs")
    assert b"forged" not in saved
    assert parameters_of(found_in(saved))["prompt"] == PROMPT


def test_words_that_no_segment_holds_stand_beside_the_file(tmp_path: Path) -> None:
    """A JPEG's segment takes 64 kB: what is longer is written all the same."""
    data = encoded(gradient(), "JPEG")
    made(data, request("a cat, " * 20_000)).save(tmp_path / "cat.jpg", provenance=True)

    assert (tmp_path / "cat.jpg").read_bytes() == data
    assert (tmp_path / "cat.jpg.json").is_file()


@pytest.mark.parametrize("name", ["cat.png", "cat.png.json"])
def test_a_full_disk_leaves_what_was_there(name: str, tmp_path: Path) -> None:
    """Whichever of the two files does not fit, both are as they were, and nothing is left over."""
    path = tmp_path / "cat.png"
    made(SIGNED["a PNG"], request("the first")).save(path, provenance=True)
    before = {one.name: one.read_bytes() for one in tmp_path.iterdir()}
    opened = Path.open

    def full(part: Path, *given: Any, **more: Any) -> Any:
        """Have no room for one of the files: the first has the sidecar's, the second the other."""
        if part.suffix == ".part" and (name == "cat.png.json" or any(tmp_path.glob(".*.part"))):
            raise OSError(errno.ENOSPC, "No space left on device")
        return opened(part, *given, **more)

    with patch.object(Path, "open", full), pytest.raises(OSError, match="No space left"):
        made(SIGNED["a PNG"], request("the second")).save(path, provenance=True)
    assert {one.name: one.read_bytes() for one in tmp_path.iterdir()} == before


# ---- A1111's text


@pytest.mark.parametrize(
    ("text", "prompt", "negative", "settings"),
    [
        ("", "", "", {}),
        ("a cat", "a cat", "", {}),
        ("a cat\nSteps: 20, Seed: 7", "a cat\nSteps: 20, Seed: 7", "", {}),
        (
            "a\nb\nNegative prompt: c\nd\nA: 1, B: 2, C: 3",
            "a\nb",
            "c\nd",
            {"A": "1", "B": "2", "C": "3"},
        ),
        ('A: "x, y: z", B: "1, C: 3, D:', "", "", {"A": "x, y: z", "B": '"1', "C": "3", "D": ""}),
        ("Negative prompt: fog\nA: 1, B: 2, C: 3", "", "fog", {"A": "1", "B": "2", "C": "3"}),
    ],
)
def test_a1111_is_read(text: str, prompt: str, negative: str, settings: dict[str, str]) -> None:
    """As its web UI reads it: the last line has settings if it has three."""
    assert read_infotext(text) == (prompt, negative, settings)


@given(text=st.text())
def test_any_words_of_a1111_are_read(text: str) -> None:
    """Whatever stands there is something or nothing, and never an error."""
    read_infotext(text)
    read_infotext(f"a cat\nSteps: 20, Seed: {text}, Size: 8x8")


@given(value=st.text().filter(lambda value: value.isprintable() and value == value.strip()))
def test_a_setting_comes_back(value: str) -> None:
    """Commas, colons and quotation marks in it included."""
    text = infotext("a cat", "fog", {"Steps": "1", "Model": value, "Seed": "2"})
    assert " ".join(read_infotext(text).settings["Model"].split()) == " ".join(value.split())


# ---- files of strangers


def packed(words: bytes) -> bytes:
    """Return words as zTXt and iTXt have them."""
    return zlib.compress(words, 9)


BOMB = b" " * (50 << 20)
HOSTILE = {
    "a zTXt that swells": with_png_chunk(b"zTXt", b"parameters\0\0" + packed(BOMB)),
    "an iTXt that swells": with_png_chunk(b"iTXt", b"lumen_widgets\0\1\0\0\0" + packed(BOMB)),
    "an iTXt without its parts": with_png_chunk(b"iTXt", b"lumen_widgets\0\1"),
    "a long tEXt": with_png_chunk(b"tEXt", b"parameters\0" + b"a" * (2 << 20)),
    "no zlib": with_png_chunk(b"zTXt", b"parameters\0\0nothing"),
    "no JSON": with_png_chunk(b"tEXt", b"lumen_widgets\0{"),
    "JSON of another kind": with_png_chunk(b"tEXt", b"lumen_widgets\0[1]"),
    "deep JSON": with_png_chunk(b"tEXt", b"lumen_widgets\0" + b"[" * 500_000),
    "a long number": with_png_chunk(b"tEXt", b"lumen_widgets\0" + b"1" * 500_000),
    "JSON that says nothing": with_png_chunk(b"tEXt", b'lumen_widgets\0{"n": true, "size": []}'),
    "XML with entities": with_webp_chunk(
        b"XMP ",
        b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
        b'<x xmlns:l="urn:lumen-widgets:provenance:">'
        b'<l:parameters>{"prompt": "&b;"}</l:parameters></x>',
    ),
    "XML that does not end": with_webp_chunk(
        b"XMP ", b'<l:x xmlns:l="urn:lumen-widgets:provenance:">'
    ),
    "a file of the machine": with_webp_chunk(
        b"XMP ",
        b'<!DOCTYPE x SYSTEM "file:///etc/hostname"><x xmlns:l="urn:lumen-widgets:provenance:"/>',
    ),
    "long XMP": with_webp_chunk(
        b"XMP ", b'<l:p xmlns:l="urn:lumen-widgets:provenance:">' + b" " * (2 << 20) + b"</l:p>"
    ),
    "EXIF that goes round": with_jpeg_segment(
        0xE1, b"Exif\0\0II*\0\x08\0\0\0\x01\0\x69\x87\4\0\1\0\0\0\x08\0\0\0" + bytes(8)
    ),
    "EXIF that leads out": with_jpeg_segment(
        0xE1, b"Exif\0\0MM\0*\0\0\0\x08\0\1\x87\x69\0\4\0\0\0\1\xff\xff\xff\xff" + bytes(8)
    ),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_says_nothing(name: str) -> None:
    """It is neither unpacked at length nor expanded, and nothing else goes wrong."""
    assert read_provenance(HOSTILE[name]) is None


def test_what_a_file_says_is_checked_field_by_field() -> None:
    """What no call takes is not taken over, and shown in one line where there is a way to."""
    said = {
        "prompt": "a cat",
        "negative_prompt": "\ud800",
        "model": ["m"],
        "n": 9,
        "size": "1x99999",
        "resolution": "8K",
        "quality": {"a": 1},
        "task_id": "x" * 500,
        "parents": ["0" * 64, "../../etc/passwd"],
        "source": "elsewhere",
        "version": "\x1b[2J",
        "call": "delete",
        "exact": 1,
        "crop": float("nan"),
        "left": -5,
        "extra": {"webhook_url": "https://evil.example"},
        "api\x1b_key": "\u202esk",
        "wait": False,
    }
    found = found_in(with_png_chunk(b"tEXt", b"lumen_widgets\0" + json.dumps(said).encode()))

    assert parameters_of(found) == {
        "prompt": "a cat",
        "task_id": None,
        "parents": [],
        "source": None,
        "version": None,
    }
    made_with = found.made
    assert (made_with.call, made_with.exact, made_with.crop, made_with.sides) == (
        "",
        None,
        None,
        {},
    )
    assert found.rest["n"] == "9"
    assert found.rest["api_key"] == "sk"
    assert all(words.isprintable() for words in found.rest.values())


@given(data=st.binary(max_size=200), kind=st.sampled_from(["tEXt", "zTXt", "iTXt", "eXIf"]))
def test_any_chunk_is_something_or_nothing(data: bytes, kind: str) -> None:
    """Never an error that is not ours, whatever a chunk holds."""
    for keyword in (b"parameters\0", b"lumen_widgets\0", b"XML:com.adobe.xmp\0", b"II*\0"):
        read_provenance(with_png_chunk(kind.encode(), keyword + data))

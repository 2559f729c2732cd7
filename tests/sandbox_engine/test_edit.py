from __future__ import annotations

import io
import json
from typing import Any

import numpy as np
import pytest
from PIL import Image, PngImagePlugin

from lumen_widgets.sandbox.engine import DrawingError, Job, draw
from tests.sandbox_engine.files import decode, photo, png, with_chunk

SIZE = (192, 160)
SEEDS = '{"plan": {}, "seeds": {"layout": 1, "land": 1, "air": %s}}'


def edited(
    source: bytes, prompt: str, *, seed: int = 2, size: tuple[int, int] = SIZE
) -> Image.Image:
    """Edit a file and decode the result."""
    return decode(draw(Job("edit", prompt, seed, size, images=(source,))).png)


def plan_of(picture: Image.Image) -> dict[str, Any]:
    """Return the plan that a picture carries."""
    plan: dict[str, Any] = json.loads(picture.info["lumen:plan"])["plan"]
    return plan


def codes(picture: Image.Image) -> list[str]:
    """Return the glyphs of the plan that a picture carries."""
    return [subject["glyph"] for subject in plan_of(picture)["subjects"]]


@pytest.fixture(scope="module")
def corgi() -> bytes:
    """Draw a file of the engine's own, with a dog in a meadow."""
    return draw(Job("generate", "一只柯基", 1, SIZE)).png


def test_a_new_background_keeps_the_subject(corgi: bytes) -> None:
    """Asked for another background, an edit changes the scene and keeps dog and place."""
    picture = edited(corgi, "把背景换成雪山")
    assert (plan_of(picture)["scene"], codes(picture)) == ("mountain", ["1f415"])
    assert plan_of(picture)["weather"] == ["snow"]


@pytest.mark.slow
@pytest.mark.parametrize("prompt", ["make it night", "make it night, oil painting", "改成夜晚"])
def test_make_it_night_changes_the_hour(corgi: bytes, prompt: str) -> None:
    """Asked for night, an edit of the engine's own picture plans the night and grows dark."""
    picture = edited(corgi, prompt)
    assert (plan_of(picture)["time"], codes(picture)) == ("night", ["1f415"])
    before, after = (np.asarray(p.convert("RGB")).mean() for p in (decode(corgi), picture))
    assert after < before * 0.6


@pytest.mark.parametrize(
    ("prompt", "expected"),
    [
        ("add a red hat", ["1f415", "1f3a9"]),
        ("replace the dog with a cat", ["1f408"]),
        ("把狗换成猫", ["1f408"]),
        ("remove the dog", []),
        ("去掉狗", []),
        ("watercolor", ["1f415"]),
    ],
)
def test_subjects_are_added_replaced_and_removed(
    corgi: bytes, prompt: str, expected: list[str]
) -> None:
    """An edit's nouns join the cast, take a place in it, or leave it, as its verb says."""
    assert codes(edited(corgi, prompt)) == expected


def test_an_edit_of_an_edit_remembers_both(corgi: bytes) -> None:
    """Each edit starts from what the last one left."""
    night = png_of(edited(corgi, "make it night"))
    picture = edited(night, "add a cat")
    assert (plan_of(picture)["time"], codes(picture)) == ("night", ["1f415", "1f408"])


def png_of(picture: Image.Image) -> bytes:
    """Encode a picture of the engine again, with its plan."""
    chunks = PngImagePlugin.PngInfo()
    chunks.add_itxt("lumen:plan", picture.info["lumen:plan"])
    file = io.BytesIO()
    picture.save(file, "PNG", pnginfo=chunks)
    return file.getvalue()


def test_edits_with_other_seeds_differ(corgi: bytes) -> None:
    """Two pictures of one edit, as n=2 asks for, are not the same."""
    first, second = (np.asarray(edited(corgi, "make it sunset", seed=seed)) for seed in (1, 2))
    assert (first[:100] != second[:100]).mean() > 0.2


@pytest.mark.parametrize(
    "prompt",
    [
        "把背景换成雪山",
        "watercolor",
        "pixel art",
        "make it night",
        "add a cat",
        "in red light",
        "雨",
    ],
)
@pytest.mark.parametrize("mode", ["RGB", "RGBA", "L", "P"])
def test_a_picture_of_another_origin_is_changed(prompt: str, mode: str) -> None:
    """A picture that the engine did not make is visibly changed, in any of its modes."""
    source = photo((120, 90), seed=4).convert(mode)
    picture = edited(png(source), prompt)
    assert picture.size == SIZE
    plain = np.asarray(edited(png(source), "qwx").convert("RGB"), np.float64)
    assert np.abs(np.asarray(picture.convert("RGB"), np.float64) - plain).mean() > 0.5


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        '{"plan": null, "seeds": {}}',
        "[" * 5000,
        SEEDS % -1,
        SEEDS % "Infinity",
        SEEDS % '"1"',
    ],
)
def test_a_picture_with_a_forged_plan_is_taken_as_any_other(text: str) -> None:
    """A plan chunk that the engine did not write is passed over, never believed, never fatal."""
    chunks = PngImagePlugin.PngInfo()
    chunks.add_itxt("lumen:plan", text)
    file = io.BytesIO()
    photo(SIZE).save(file, "PNG", pnginfo=chunks)
    assert codes(edited(file.getvalue(), "add a cat")) == ["1f408"]


@pytest.mark.parametrize("data", [b"", b"GIF89a", b"\x89PNG\r\n\x1a\n", png(photo((40, 40)))[:-30]])
def test_what_cannot_be_decoded_is_refused(data: bytes) -> None:
    """Empty, foreign and cut-off files raise a DrawingError with a code, whatever the mode."""
    for mode in ("edit", "inpaint"):
        job = Job(mode, "cat", 1, SIZE, images=(data,), mask=png(Image.new("L", SIZE, 255)))
        with pytest.raises(DrawingError) as raised:
            draw(job)
        assert raised.value.code == "undecodable_image"


def test_an_edit_without_a_picture_is_refused() -> None:
    """No picture to edit is said as such."""
    with pytest.raises(DrawingError) as raised:
        draw(Job("edit", "cat", 1, SIZE))
    assert raised.value.code == "missing_image"


@pytest.mark.parametrize("exif", [b"", b"M", bytes(8), b"II*\0" + b"\xff" * 40])
def test_broken_exif_counts_as_upright(exif: bytes) -> None:
    """As viewers do; here the task failed as one of the engine's faults."""
    data = with_chunk(png(photo(SIZE)), b"eXIf", exif)

    assert edited(data, "make it night").size == SIZE


def test_a_table_of_colours_that_is_missing_is_a_picture_that_cannot_be_decoded() -> None:
    """It is said of the picture, and not of the engine."""
    file = png(photo(SIZE).quantize(8))
    at = file.index(b"PLTE") - 4
    data = file[:at] + file[at + 12 + int.from_bytes(file[at : at + 4], "big") :]
    with pytest.raises(DrawingError) as raised:
        edited(data, "make it night")
    assert raised.value.code == "undecodable_image"

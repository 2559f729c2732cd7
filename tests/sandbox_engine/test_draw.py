from __future__ import annotations

import hashlib
import json
import os
import pickle
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageChops

from lumen_widgets.sandbox.engine import Drawing, Job, draw
from lumen_widgets.sandbox.engine.composition import Composition
from lumen_widgets.sandbox.engine.label import draw_label
from lumen_widgets.sandbox.engine.plan import STYLES, read_prompt
from tests.sandbox_engine.files import decode

pytestmark = pytest.mark.slow

SMALL = (160, 128)
PROMPT = "a cat and two birds by a lake, watercolor, 下雪"


def pixels(job: Job) -> Image.Image:
    """Draw a job and decode it."""
    return decode(draw(job).png).convert("RGB")


def difference(first: Image.Image, second: Image.Image) -> float:
    """Return the mean difference of two pictures, in levels."""
    return float(np.asarray(ImageChops.difference(first, second), np.float64).mean())


@pytest.mark.parametrize("style", ["", *STYLES])
def test_the_same_job_gives_the_same_bytes_in_any_process(style: str) -> None:
    """Two interpreters with other hash seeds, and this one, draw the same file to the byte."""
    job = Job("generate", f"{PROMPT} {style}", seed=3, size=SMALL)
    program = (
        "import hashlib, pickle, sys\n"
        "from lumen_widgets.sandbox.engine import draw\n"
        "job = pickle.loads(bytes.fromhex(sys.argv[1]))\n"
        "print(hashlib.sha256(draw(job).png).hexdigest())"
    )
    digests = {hashlib.sha256(draw(job).png).hexdigest()}
    for hash_seed in ("1", "77"):
        result = subprocess.run(
            [sys.executable, "-c", program, pickle.dumps(job).hex()],
            env={**os.environ, "PYTHONHASHSEED": hash_seed},
            capture_output=True,
            text=True,
            check=True,
        )
        digests.add(result.stdout.strip())
    assert len(digests) == 1


def test_another_seed_gives_another_picture() -> None:
    """Pictures of one prompt with other seeds differ in much more than their label."""
    first, second = (pixels(Job("generate", "雪山 湖", seed, SMALL)) for seed in (1, 2))
    upper = (0, 0, SMALL[0], SMALL[1] * 3 // 4)
    assert difference(first.crop(upper), second.crop(upper)) > 3


def test_another_prompt_gives_another_picture() -> None:
    """Two prompts with nothing known in them still give two pictures."""
    first, second = (pixels(Job("generate", words, 1, SMALL)) for words in ("qwx", "zzy"))
    assert difference(first, second) > 1


@pytest.mark.parametrize("style", STYLES)
def test_each_style_changes_the_whole_picture(style: str) -> None:
    """A style repaints the same scene: every quarter of the picture changes visibly."""
    plain, styled = Image.new("RGB", SMALL), Image.new("RGB", SMALL)
    for sheet, words in ((plain, ""), (styled, style)):
        base = Composition.of_prompt(read_prompt(f"a cat in the mountains, {words}"), "one", 1)
        sheet.paste(base.render(SMALL))
    width, height = SMALL
    for left in (0, width // 2):
        for top in (0, height // 2):
            box = (left, top, left + width // 2, top + height // 2)
            assert difference(plain.crop(box), styled.crop(box)) > 1.5


def test_the_picture_says_what_it_is() -> None:
    """The file's text chunks name its maker, the prompt, the seed and the plan, and no more."""
    drawing = draw(Job("generate", "一只猫 at night", seed=-5, size=SMALL))
    info = decode(drawing.png).info
    assert {"Software", "prompt", "seed", "lumen:plan"} == set(info)
    assert "sandbox" in info["Software"]
    assert "not the model" in info["Software"]
    assert (info["prompt"], info["seed"]) == ("一只猫 at night", "-5")
    plan = json.loads(info["lumen:plan"])["plan"]
    assert (plan["time"], plan["subjects"][0]["glyph"]) == ("night", "1f408")


@pytest.mark.parametrize("mode", ["generate", "edit"])
def test_the_label_is_in_the_pixels(mode: str) -> None:
    """The lower left corner holds the label: the picture is what a labelled scene would be."""
    job = Job("generate", "a whale in the sea", seed=12, size=(512, 384))
    drawing = draw(job)
    if mode == "edit":
        drawing = draw(Job("edit", "make it night", 12, (512, 384), images=(drawing.png,)))
    shown = decode(drawing.png)
    bare = Composition.from_json(shown.info["lumen:plan"]).render(job.size)
    changed = ImageChops.difference(shown.convert("RGB"), bare).getbbox()
    assert changed is not None
    assert changed[0] < 20
    assert changed[1] > 384 * 0.9
    draw_label(bare, 12)
    assert difference(shown.convert("RGB"), bare) == 0


def test_labels_shrink_and_go() -> None:
    """A small picture has a shorter label, the smallest none, and nothing is ever cut off."""
    widths = []
    for width in (1024, 300, 110, 70, 40):
        blank = Image.new("RGB", (width, 64), "#888888")
        plain = blank.copy()
        draw_label(blank, 7)
        box = ImageChops.difference(blank, plain).getbbox()
        widths.append(box[2] - box[0] if box else 0)
        assert box is None or box[2] < width
    assert widths == sorted(widths, reverse=True)
    assert widths[-1] == 0
    assert widths[-2] > 0


sides = st.integers(16, 400)


@settings(max_examples=25, deadline=None)
@given(sides, sides, st.sampled_from(["", "oil painting", "水墨", "城市 night", "a cat, window"]))
def test_any_size_and_ratio_can_be_drawn(width: int, height: int, words: str) -> None:
    """The picture has exactly the size that was asked for, whatever it is."""
    drawing = draw(Job("generate", f"three cats {words}", 1, (width, height)))
    assert (drawing.width, drawing.height) == decode(drawing.png).size == (width, height)


@pytest.mark.parametrize("size", [(16, 16), (16, 4096), (4096, 16), (4096, 2304)])
def test_extreme_sizes_can_be_drawn(size: tuple[int, int]) -> None:
    """The smallest, the thinnest and a very large picture come out in their size."""
    assert decode(draw(Job("generate", "two boats on a lake", 1, size)).png).size == size


@pytest.mark.parametrize(
    "scene", ["meadow", "mountain", "forest", "desert", "sea", "beach", "city", "room", "space"]
)
@pytest.mark.parametrize("hour", ["day", "sunset", "night"])
def test_every_scene_has_every_hour(scene: str, hour: str) -> None:
    """Each scene can be drawn at each hour; by night it is darker than by day."""
    job = Job("generate", f"{scene}, {hour}, fog", 1, SMALL)
    day = Job("generate", f"{scene}, day, fog", 1, SMALL)
    light, full = (float(np.asarray(pixels(each)).mean()) for each in (job, day))
    assert light > 3
    if hour == "night" and scene != "space":
        assert light < full * 0.8


def test_a_negative_prompt_keeps_a_noun_out() -> None:
    """With "dog" in the negative prompt a cat and a dog give what the cat's place alone shows."""
    drawing = draw(Job("generate", "a cat and a dog", 1, SMALL, negative_prompt="dog"))
    plan = json.loads(decode(drawing.png).info["lumen:plan"])["plan"]
    assert [subject["word"] for subject in plan["subjects"]] == ["cat"]
    assert drawing.recognised == ("cat",)


def test_jobs_and_drawings_travel_between_processes() -> None:
    """A job and its drawing survive pickling unchanged."""
    job = Job("generate", "猫", 1, (64, 64), images=(b"x",), mask=b"y")
    drawing = Drawing(b"png", 1, 2, ("猫",))
    assert pickle.loads(pickle.dumps((job, drawing))) == (job, drawing)  # noqa: S301 - our own bytes

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lumen_widgets.sandbox.engine.lexicon import meanings, nouns
from lumen_widgets.sandbox.engine.plan import (
    SCENES,
    STYLES,
    TIMES,
    WEATHERS,
    Plan,
    Subject,
    read_prompt,
)


def glyphs(prompt: str) -> list[str]:
    """Return the glyphs that a prompt plans."""
    return [subject.glyph for subject in read_prompt(prompt).subjects]


@pytest.mark.parametrize(
    ("english", "chinese"),
    [
        ("a cat", "一只猫"),
        ("a corgi", "柯基"),
        ("a red fox in the forest", "一只红色的狐狸在森林里"),
        ("three sailboats on the sea at sunset, oil painting", "三只帆船在海上、日落、油画"),
        ("two pandas, ink painting", "两只熊猫、水墨画"),
        ("a cup of coffee on the table", "桌上一杯咖啡"),
        ("snow mountain lake", "雪山 湖"),
        ("an astronaut in space, pixel art", "太空里的宇航员、像素画"),
        ("a rabbit in the rain at night", "雨夜的兔子"),
    ],
)
def test_english_and_chinese_plan_the_same_picture(english: str, chinese: str) -> None:
    """A prompt and its Chinese translation give one scene, hour, weather, style and cast."""
    plans = [read_prompt(prompt) for prompt in (english, chinese)]
    first, second = (
        (
            plan.scene,
            plan.time,
            plan.style,
            plan.lake,
            set(plan.weather),
            [(subject.glyph, subject.count, subject.colour) for subject in plan.subjects],
        )
        for plan in plans
    )
    assert first == second


def test_traditional_and_simplified_chinese_name_the_same_things() -> None:
    """Traditional characters are read as the simplified ones are."""
    assert glyphs("一隻貓和龍") == glyphs("一只猫和龙") == ["1f408", "1f409"]


@pytest.mark.parametrize("phrase", sorted(meanings()))
def test_words_about_the_picture_never_become_subjects(phrase: str) -> None:
    """A word for a scene, hour, weather, style, colour or number puts no thing into the picture."""
    assert glyphs(phrase) == []


@pytest.mark.parametrize(
    "prompt",
    [
        "oil painting of a cat in the rain at night",
        "a beautiful ink drawing of a cat, soft morning light, 35mm film",
        "cat, pencil sketch, snowy winter sunset, moon and stars",
        "水彩画\uff0c下雪的夜晚\uff0c一只猫",
        "一张猫的照片、电影感、春天的风",
        "pixel art cat on a windowsill by the sea",
    ],
)
def test_only_the_cat_is_a_subject(prompt: str) -> None:
    """Words for style, weather, hour and mood around a noun leave it the only subject."""
    assert glyphs(prompt) == ["1f408"]


@pytest.mark.parametrize(
    ("prompt", "expected"),
    [
        ("two red balloons and a blue car", [("1f388", 2, "red"), ("1f697", 1, "blue")]),
        ("3 cats and 2 dogs", [("1f408", 3, None), ("1f415", 2, None)]),
        ("a flock of sheep", [("1f411", 5, None)]),
        ("wolves", [("1f43a", 3, None)]),
        ("五只黑色的猫", [("1f408", 5, "black")]),
        ("an orange cat", [("1f408", 1, "orange")]),
        ("oranges", [("1f34a", 3, None)]),
        ("a cat in blue", [("1f408", 1, None)]),
    ],
)
def test_numbers_and_colours_go_to_their_nouns(
    prompt: str, expected: list[tuple[str, int, str | None]]
) -> None:
    """A number and a colour belong to the noun that follows them, and to no other."""
    plan = read_prompt(prompt)
    found = [(subject.glyph, subject.count, subject.colour) for subject in plan.subjects]
    assert found == expected


@pytest.mark.parametrize("prompt", ["a park without dogs", "公园、没有狗", "a park, no dogs"])
def test_what_is_said_to_be_absent_is_not_drawn(prompt: str) -> None:
    """A noun after "without" or its like is no subject and is not said to be shown."""
    plan = read_prompt(prompt)
    assert plan.subjects == ()
    assert plan.scene == "meadow"
    assert plan.unwanted == ("1f415",)


def test_a_negative_prompt_takes_nouns_and_weather_out() -> None:
    """What the negative prompt names is neither in the plan nor among the recognised words."""
    plan = read_prompt("a cat and a dog in the rain").without(read_prompt("dog, rain"))
    assert [subject.word for subject in plan.subjects] == ["cat"]
    assert plan.weather == ()
    assert "dog" not in plan.recognised


def test_recognised_words_are_those_of_the_prompt() -> None:
    """The recognised words keep the prompt's spelling and order; unknown words are not in them."""
    plan = read_prompt("Two Corgis and a quasiparticle at dusk, watercolour")
    assert plan.recognised == ("corgis", "dusk", "watercolour")


@given(st.text())
def test_any_text_can_be_planned(prompt: str) -> None:
    """No text raises, and what is planned is always something that can be stored and drawn."""
    plan = read_prompt(prompt)
    assert plan.scene in (None, *SCENES)
    assert Plan.from_json(plan.to_json()).to_json() == plan.to_json()


phrases = st.sampled_from(sorted({*nouns(), *meanings()}))


@pytest.mark.slow
@given(st.lists(phrases, max_size=8).map(", ".join))
def test_a_plan_of_known_words_survives_storage(prompt: str) -> None:
    """What a picture stores of its plan comes back as the same plan."""
    stored = read_prompt(prompt).to_json()
    assert Plan.from_json(stored).to_json() == stored


plans = st.fixed_dictionaries(
    {
        "scene": st.sampled_from([None, *SCENES]),
        "time": st.sampled_from([None, *TIMES]),
        "style": st.sampled_from([None, *STYLES]),
        "lake": st.booleans(),
        "weather": st.lists(st.sampled_from(WEATHERS), max_size=3),
        "hue": st.none(),
        "subjects": st.just([{"glyph": "1f408", "word": "cat", "count": 1, "colour": None}]),
    }
)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda children: st.lists(children) | st.dictionaries(st.text(), children),
    max_leaves=5,
)


@pytest.mark.slow
@given(
    plans, st.sampled_from(["scene", "time", "style", "weather", "hue", "subjects"]), json_values
)
def test_a_forged_plan_is_refused_or_harmless(
    stored: dict[str, object], field: str, value: object
) -> None:
    """A stored plan with anything in one of its fields is read as a plan or refused as none."""
    try:
        plan = Plan.from_json({**stored, field: value})
    except ValueError:
        return
    assert plan.scene in (None, *SCENES)
    assert plan.time in (None, *TIMES)
    assert plan.style in (None, *STYLES)
    assert set(plan.weather) <= set(WEATHERS)
    assert all(isinstance(subject, Subject) for subject in plan.subjects)

"""A plan is what a picture shows: a scene, its hour, weather and style, and who stands in it."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

from lumen_widgets.sandbox.engine.colours import COLOURS
from lumen_widgets.sandbox.engine.glyph import glyph_codes
from lumen_widgets.sandbox.engine.lexicon import (
    LONGEST_PHRASE,
    Meaning,
    join,
    meanings,
    nouns,
    singulars,
    tokens,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

SCENES = ("meadow", "mountain", "forest", "desert", "sea", "beach", "city", "room", "space")
TIMES = ("day", "sunset", "night")
STYLES = ("watercolor", "oil", "ink", "sketch", "pixel")
WEATHERS = ("rain", "snow", "fog", "cloud", "clear")
# More kinds of things than this cannot be told apart in one picture; more of one kind neither.
MOST_SUBJECTS = 4
MOST_OF_A_KIND = 6
# A plural without a number.
_SOME = 3


@dataclass(frozen=True)
class Subject:
    """One kind of thing in the picture: its glyph, the word for it, how many, and its colour."""

    glyph: str
    word: str
    count: int = 1
    colour: str | None = None


@dataclass(frozen=True)
class Plan:
    """What a picture shows.

    Attributes
    ----------
    scene, time, style
        A name from `SCENES`, `TIMES`, `STYLES`, or None where the prompt does not say.
    lake
        Whether there is fresh water in the foreground.
    weather
        Names from `WEATHERS`.
    hue
        A name from `COLOURS` for the light of the whole picture, or None.
    subjects
        The most important first.
    wishes
        What an edit asks for: ``background``, ``remove``, ``replace``.
    unwanted
        Glyphs that the prompt says are not there.
    recognised
        The prompt's words that the plan took up, in their order.

    """

    scene: str | None = None
    time: str | None = None
    style: str | None = None
    lake: bool = False
    weather: tuple[str, ...] = ()
    hue: str | None = None
    subjects: tuple[Subject, ...] = ()
    wishes: tuple[str, ...] = ()
    unwanted: tuple[str, ...] = ()
    recognised: tuple[str, ...] = ()

    def without(self, unwanted: Plan) -> Plan:
        """Return the plan without what another one, such as a negative prompt's, names."""
        codes = {subject.glyph for subject in unwanted.subjects} | set(unwanted.unwanted)
        words = {subject.word for subject in self.subjects if subject.glyph in codes}
        return replace(
            self,
            subjects=tuple(subject for subject in self.subjects if subject.glyph not in codes),
            weather=tuple(name for name in self.weather if name not in unwanted.weather),
            recognised=tuple(word for word in self.recognised if word not in words),
        )

    def to_json(self) -> dict[str, Any]:
        """Return what the picture shows, for its text chunk; not what was asked of an edit."""
        fields = asdict(self)
        return {key: fields[key] for key in _STORED}

    @classmethod
    def from_json(cls, stored: Any) -> Plan:
        """Read a plan back.

        Raises
        ------
        ValueError
            It is not a plan that this engine could have written.

        """
        try:
            plan = cls(
                scene=_one_of(stored["scene"], SCENES),
                time=_one_of(stored["time"], TIMES),
                style=_one_of(stored["style"], STYLES),
                lake=stored["lake"] is True,
                weather=tuple(name for name in WEATHERS if name in stored["weather"]),
                hue=_one_of(stored["hue"], tuple(COLOURS)),
                subjects=tuple(_subject(row) for row in stored["subjects"][:MOST_SUBJECTS]),
            )
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError("not a stored plan") from error
        return plan


_STORED = ("scene", "time", "style", "lake", "weather", "hue", "subjects")


def _one_of(value: Any, names: tuple[str, ...]) -> str | None:
    if value is not None and value not in names:
        raise ValueError(f"{value!r} is not one of {names}")
    return None if value is None else str(value)


def _subject(row: Any) -> Subject:
    if row["glyph"] not in glyph_codes() or type(row["count"]) is not int:
        raise ValueError(f"{row!r} is no subject")
    return Subject(
        glyph=row["glyph"],
        word=str(row["word"]),
        count=min(max(row["count"], 1), MOST_OF_A_KIND),
        colour=_one_of(row["colour"], tuple(COLOURS)),
    )


@dataclass(frozen=True)
class _Phrase:
    """A phrase of the prompt, and what it means: a glyph, or meanings, or nothing known."""

    words: str
    glyph: str | None = None
    meanings: tuple[Meaning, ...] = ()
    plural: bool = False


def _phrases(prompt: str) -> Iterator[_Phrase]:
    """Cut a prompt into the longest phrases that mean something, from left to right."""
    parts = tokens(prompt)
    start = 0
    while start < len(parts):
        phrase = _Phrase(parts[start])
        length = 1
        for size in range(min(LONGEST_PHRASE, len(parts) - start), 0, -1):
            found = _look_up(join(parts[start : start + size]))
            if found is not None:
                phrase, length = found, size
                break
        yield phrase
        start += length


def _look_up(words: str) -> _Phrase | None:
    # of equally long readings the table's wins: "ink" is a style before it is anything to draw
    forms = singulars(words)
    for form in (words, *forms):
        if form in meanings():
            return _Phrase(words, meanings=meanings()[form])
        if form in nouns():
            code = nouns()[form]
            known = any(nouns().get(single) == code or single in meanings() for single in forms)
            plural = form != words or known
            return _Phrase(words, glyph=code, plural=plural)
    return None


class _Reader:
    """What has been read of a prompt so far, and what still waits for its noun."""

    def __init__(self) -> None:
        self.said: dict[str, str] = {}
        self.weather: list[str] = []
        self.wishes: list[str] = []
        self.unwanted: list[str] = []
        self.subjects: list[Subject] = []
        self.recognised: list[str] = []
        self._colour: tuple[str, str] | None = None
        self._count: int | None = None
        self._not = False

    def read(self, phrase: _Phrase) -> None:
        if phrase.glyph is not None:
            self._noun(phrase, phrase.glyph)
            return
        if not phrase.words[0].isalnum():
            self.end_phrase()
        for aspect, value in phrase.meanings:
            self._meaning(aspect, value, phrase.words)

    def end_phrase(self) -> None:
        """Forget what waited; a colour that found no noun colours the whole picture."""
        if self._colour is not None:
            self._light(*self._colour)
        self._colour, self._count, self._not = None, None, False

    def _light(self, colour: str, word: str) -> None:
        self.said.setdefault("hue", colour)
        self.recognised.append(word)

    def _noun(self, phrase: _Phrase, code: str) -> None:
        if self._not:
            self.unwanted.append(code)
        elif all(subject.glyph != code for subject in self.subjects):
            count = self._count or (_SOME if phrase.plural else 1)
            colour, word = self._colour or (None, "")
            self.subjects.append(Subject(code, phrase.words, count, colour))
            self.recognised += [word, phrase.words] if word else [phrase.words]
        self._colour, self._count, self._not = None, None, False

    def _meaning(self, aspect: str, value: str, words: str) -> None:
        if aspect == "colour":
            self._colour = (value, words)
        elif aspect == "count":
            self._count = int(value)
        elif aspect == "break":
            self.end_phrase()
        elif aspect == "edit":
            self._not = value == "not"
            if not self._not:
                self.wishes.append(value)
        elif aspect != "ignore":
            self._setting(aspect, value, words)

    def _setting(self, aspect: str, value: str, words: str) -> None:
        # "blue sky" and "purple sunset" are about the light; "green forest" is about the forest
        if self._colour is not None and aspect in {"sky", "time"}:
            self._light(*self._colour)
        self._colour, self._count = None, None
        if self._not:
            self._not = False
            return
        if aspect == "weather":
            self.weather.append(value)
        elif aspect != "sky":
            self.said.setdefault(aspect, value)
        if words not in self.recognised:
            self.recognised.append(words)


def read_prompt(prompt: str) -> Plan:
    """Plan a picture from words.

    Parameters
    ----------
    prompt
        English, Chinese or both; what is not understood is passed over.

    Returns
    -------
    Plan
        What the prompt names, and None for what it leaves open.

    Examples
    --------
    >>> plan = read_prompt("two red balloons over a forest at night, 水彩")
    >>> plan.scene, plan.time, plan.style
    ('forest', 'night', 'watercolor')
    >>> [(subject.word, subject.count, subject.colour) for subject in plan.subjects]
    [('balloons', 2, 'red')]

    """
    reader = _Reader()
    for phrase in _phrases(prompt):
        reader.read(phrase)
    reader.end_phrase()
    return Plan(
        scene=reader.said.get("scene"),
        time=reader.said.get("time"),
        style=reader.said.get("style"),
        lake="lake" in reader.said,
        weather=tuple(name for name in WEATHERS if name in reader.weather),
        hue=reader.said.get("hue"),
        subjects=tuple(reader.subjects[:MOST_SUBJECTS]),
        wishes=tuple(dict.fromkeys(reader.wishes)),
        unwanted=tuple(reader.unwanted),
        recognised=tuple(dict.fromkeys(reader.recognised)),
    )

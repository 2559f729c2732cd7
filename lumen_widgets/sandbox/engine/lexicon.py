"""The lexicon is what each word of a prompt means: a scene, an hour, a style, or a noun to draw."""

from __future__ import annotations

import gzip
import json
import re
import unicodedata
from functools import lru_cache
from importlib.resources import files
from typing import NamedTuple

from lumen_widgets.sandbox.engine.vocabulary import VOCABULARY

# One token is a word, one Chinese character, or a mark that ends a phrase. Hyphens join words.
_TOKEN = re.compile(r"[a-z0-9]+(?:'[a-z]+)?|[\u3400-\u9fff]|[^\w\s'-]")
_HAN = re.compile(r"[\u3400-\u9fff]")
# The longest phrase of the tables and of the pack, in tokens; a longer one is never looked up.
LONGEST_PHRASE = 7


class Meaning(NamedTuple):
    """One thing that a phrase says, such as scene = forest."""

    aspect: str
    value: str


_IRREGULAR = {
    "mice": "mouse", "geese": "goose", "people": "person", "men": "man", "women": "woman",
    "children": "child", "oxen": "ox", "feet": "foot", "teeth": "tooth",
}  # fmt: skip


def tokens(text: str) -> list[str]:
    """Split a text into lower-case words, single Chinese characters and punctuation marks."""
    return _TOKEN.findall(unicodedata.normalize("NFKC", text).lower().replace("\u2019", "'"))


def join(parts: list[str]) -> str:
    """Write some tokens as a phrase, with spaces around words and none within Chinese."""
    if all(_HAN.match(part) for part in parts):
        return "".join(parts)
    return " ".join(parts)


@lru_cache(maxsize=1)
def meanings() -> dict[str, tuple[Meaning, ...]]:
    """Return what each phrase of the vocabulary says; some say several things."""
    table: dict[str, tuple[Meaning, ...]] = {}
    meaning = Meaning("", "")
    for line in VOCABULARY.strip().splitlines():
        if not line.startswith(" "):
            aspect, _, value = line.partition(" ")
            meaning = Meaning(aspect, value)
            continue
        for phrase in filter(None, line.strip().split(",")):
            key = join(tokens(phrase))
            table[key] = (*table.get(key, ()), meaning)
    return table


@lru_cache(maxsize=1)
def nouns() -> dict[str, str]:
    """Return the code points of the glyph that each noun of the pack names."""
    packed = files("lumen_widgets.sandbox").joinpath("data", "words.json.gz").read_bytes()
    words: dict[str, str] = json.loads(gzip.decompress(packed))
    return {join(tokens(word)): code for word, code in words.items()}


def singulars(phrase: str) -> list[str]:
    """Return what a phrase could be the plural of, the likeliest first."""
    head, _, last = phrase.rpartition(" ")
    forms = [_IRREGULAR[last]] if last in _IRREGULAR else []
    if last.isascii() and last.endswith("s") and not last.endswith("ss"):
        forms.append(last[:-1])
        if last.endswith("ies"):
            forms.insert(0, last[:-3] + "y")
        elif last.endswith("ves"):
            forms += [last[:-3] + "f", last[:-3] + "fe"]
        elif last.endswith("es"):
            forms.append(last[:-2])
    return [f"{head} {form}".strip() for form in forms]

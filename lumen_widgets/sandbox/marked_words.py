"""The marked words of a prompt, which make the API's errors on demand: ``[[rate_limit]]``.

The server reads them, and takes them out of the prompt before it is drawn. What each of them does
is in `marked_answers`. No other server reads them: what this package sends to one has none of them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING

from lumen_widgets.sandbox.errors import invalid

if TYPE_CHECKING:
    from collections.abc import Mapping

# What may stand behind a word, whole.
_SECONDS = r"\d{1,3}(\.\d{1,3})?"
_HTTP_ERROR = r"[45]\d\d"
_CODE = r"[a-z][a-z0-9_]{0,39}"

# As long as the setting latency may be.
MAX_SECONDS = 600.0


@dataclass(frozen=True)
class MarkedWord:
    """A word that can be marked.

    Attributes
    ----------
    pattern
        Of the value that may stand behind it; empty where none may.
    value
        What it is without one.
    ends
        Whether it decides how a submit or its task ends; of those a prompt may have one.

    """

    pattern: str = ""
    value: str = ""
    ends: bool = True


WORDS: Mapping[str, MarkedWord] = {
    # the submit is refused
    "invalid_request": MarkedWord(),
    "unauthorized": MarkedWord(),
    "insufficient_credits": MarkedWord(),
    "forbidden": MarkedWord(),
    "model_not_found": MarkedWord(),
    "rate_limit": MarkedWord(_SECONDS),
    "http_error": MarkedWord(_HTTP_ERROR, "502"),
    # it is answered, and the answer does not say what became of it
    "html_error": MarkedWord(_HTTP_ERROR, "502"),
    "empty_error": MarkedWord(_HTTP_ERROR, "503"),
    "redirect": MarkedWord(),
    # it is taken and paid, and the answer is lost
    "unknown": MarkedWord(),
    "no_answer": MarkedWord(),
    "unreadable": MarkedWord(),
    # the task goes wrong
    "failed": MarkedWord(_CODE, "upstream_error"),
    "cancelled": MarkedWord(),
    "unknown_status": MarkedWord(_CODE, "paused"),
    "task_not_found": MarkedWord(),
    # its pictures do
    "missing_pictures": MarkedWord(),
    "expired_pictures": MarkedWord(),
    "broken_pictures": MarkedWord(),
    "fewer_pictures": MarkedWord(),
    # it takes its time
    "slow": MarkedWord(_SECONDS, "20", ends=False),
    "outage": MarkedWord(_SECONDS, "5", ends=False),
}

# One bracket more is not a mark; the others are what a keyboard for Chinese writes.
_MARK = re.compile(r"(?<!\[)(?:\[\[|【【)([^\[\]【】]{1,80})(?:\]\]|】】)(?!\])")
# So alike that it is more likely a slip than a part of the prompt: "cancel", "insuficient_credits".
_ALIKE = 0.8


def read_marked_words(prompt: str) -> tuple[str, dict[str, str]]:
    """Return a prompt without its marked words, and their values by their names.

    Other words in such brackets are left in: to some people ``[[cat]]`` is a faint cat.

    Raises
    ------
    Refusal
        400, if a word is nearly one of these, has a value that it cannot have, or there are two
        that decide how it ends.

    Examples
    --------
    >>> read_marked_words("a [[cat]] [[slow 3]] [[failed]]")
    ('a [[cat]]', {'slow': '3', 'failed': 'upstream_error'})

    """
    found: dict[str, str] = {}

    def take_out(match: re.Match[str]) -> str:
        name, value = _parted(match[1])
        word = WORDS.get(name)
        if word is None:
            alike = get_close_matches(name, WORDS, cutoff=_ALIKE)
            if alike:
                # those first, since a client may cut what is long
                others = [one for one in WORDS if one not in alike]
                listed = ", ".join([f"[[{one}]]" for one in alike] + others)
                raise invalid(f"there is no marked word [[{name}]]; there are {listed}")
            return match[0]
        found[name] = _checked(name, word, value)
        return ""

    rest = _MARK.sub(take_out, prompt)
    ends = [name for name in found if WORDS[name].ends]
    if len(ends) > 1:
        raise invalid(
            f"[[{ends[0]}]] and [[{ends[1]}]] cannot both be how it ends; of all marked words only "
            "[[slow]] and [[outage]] may stand beside another"
        )
    return (" ".join(rest.split()) if found else prompt), found


def seconds(words: Mapping[str, str], name: str) -> float | None:
    """Return the seconds that a word's value says, None without the word or a value."""
    value = words.get(name)
    return float(value) if value else None


def _parted(words: str) -> tuple[str, str]:
    """Return what a mark holds as a name and its value; a keyboard has more than one space."""
    name, *value = words.lower().split(None, 1) or [""]
    return name, "".join(value).strip()


def _checked(name: str, word: MarkedWord, value: str) -> str:
    """Return a word's value; refuses what it cannot be."""
    if not value:
        return word.value
    fits = bool(word.pattern) and re.fullmatch(word.pattern, value, re.ASCII) is not None
    if not fits or (word.pattern == _SECONDS and float(value) > MAX_SECONDS):
        wanted = {
            "": f"nothing behind it: [[{name}]]",
            _SECONDS: f"seconds behind it, 0 to {MAX_SECONDS:g}: [[{name} 20]]",
            _HTTP_ERROR: f"an HTTP status from 400 to 599 behind it: [[{name} 503]]",
            _CODE: f"one word behind it, of a to z, 0 to 9 and _: [[{name} {word.value}]]",
        }
        raise invalid(f"the marked word [[{name}]] takes {wanted[word.pattern]}")
    return value

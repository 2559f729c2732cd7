"""The text by which A1111's web UI says how a picture was made: prompt, negative prompt, settings.

::

    a cat on a windowsill
    Negative prompt: blurry
    Steps: 20, Sampler: Euler a, Seed: 7, Size: 512x768, Model: dreamshaper_8, Version: v1.9.4

The last line has the settings, if it has at least three. A value with a comma, a colon or a line
feed in it stands there as a text of JSON.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, NamedTuple

from lumen_widgets.core.words import clean

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

# The keyword of the text in a PNG.
KEYWORD = "parameters"

# What a line begins with from which on it says what is not to be seen.
_NEGATIVE = "Negative prompt:"

# With fewer, the last line belongs to the prompt.
_FEWEST_SETTINGS = 3

# Of settings that are read: a web UI with many extensions writes some thirty.
_MOST_SETTINGS = 200

# Letters of a setting's name; what is longer is a sentence with a colon in it.
_LONGEST_NAME = 60


class Infotext(NamedTuple):
    """What such a text says.

    Attributes
    ----------
    prompt, negative_prompt
        The words; "" for none.
    settings
        The others, as they are written.

    """

    prompt: str
    negative_prompt: str
    settings: Mapping[str, str]


def read_infotext(text: str) -> Infotext:
    r"""Return what a text says, which may be anything; it takes as long as the text is.

    Examples
    --------
    >>> read_infotext("a cat\nNegative prompt: fog\nSteps: 20, Size: 512x768, Model: m").settings
    {'Steps': '20', 'Size': '512x768', 'Model': 'm'}

    """
    lines = text.replace("\r\n", "\n").strip().split("\n")
    settings = dict(_settings(lines[-1]))
    if len(settings) < _FEWEST_SETTINGS:
        settings = {}
    else:
        lines.pop()
    begins = (at for at, line in enumerate(lines) if line.lstrip().startswith(_NEGATIVE))
    split = next(begins, len(lines))
    rest = "\n".join(lines[split:]).lstrip().removeprefix(_NEGATIVE)
    return Infotext("\n".join(lines[:split]).strip(), rest.strip(), settings)


def infotext(prompt: str, negative_prompt: str, settings: Mapping[str, str]) -> str:
    r"""Return prompts and settings as such a text.

    Examples
    --------
    >>> infotext("a cat", "", {"Size": "512x768", "Model": "a, b"})
    'a cat\nSize: 512x768, Model: "a, b"'

    """
    last = ", ".join(f"{name}: {_quoted(value)}" for name, value in settings.items())
    negative = f"{_NEGATIVE} {negative_prompt}" if negative_prompt else ""
    return "\n".join(filter(None, (prompt, negative, last)))


def _quoted(value: str) -> str:
    return json.dumps(value, ensure_ascii=False) if set(value) & set(',:\n"') else value


def _settings(line: str) -> Iterator[tuple[str, str]]:
    """Yield name and value of each setting in a line."""
    at = 0
    for _ in range(_MOST_SETTINGS):
        if at >= len(line):
            return
        end = _next(line, ",", at, len(line))
        colon = line.find(":", at, end)
        if colon < 0:
            at = end + 1
            continue
        name, start = line[at:colon].strip(), colon + 1
        while start < len(line) and line[start] == " ":
            start += 1
        value, end = _value(line, start, max(start, end))
        if name and len(name) <= _LONGEST_NAME and name.replace(" ", "").isprintable():
            yield name, clean(value)
        at = end + 1


def _value(line: str, start: int, end: int) -> tuple[str, int]:
    """Return the value that begins at `start`, and where the comma behind it is."""
    if line[start : start + 1] == '"':
        try:
            value, behind = json.JSONDecoder(strict=False).raw_decode(line, start)
        except ValueError:
            pass  # a quotation mark of its own
        else:
            return str(value), _next(line, ",", behind, len(line))
    return line[start:end].strip(), end


def _next(line: str, letter: str, at: int, without: int) -> int:
    found = line.find(letter, at)
    return without if found < 0 else found

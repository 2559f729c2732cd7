"""Text for people: untrusted text made harmless, and numbers and times in words.

Untrusted is what the service says and what a prompt holds, on its way to a terminal, a cell or an
alt text. A prompt may come from anywhere: copied from a page, read from a table, found in a
picture. Escape sequences in it would recolour a terminal, or write over what stands there; marks
that turn the order of letters around would make a sentence of ours read as another one.
"""

from __future__ import annotations

import json
import re
import time
from typing import Any

# Of a sentence of the service's, as much as fits in a message.
LONGEST_WORDS = 300

# C0 and C1 controls but for tab and line feed, and the marks that embed, override or isolate a
# direction. Marks that only join or hint (ZWJ in an emoji, RLM in Hebrew) are part of writing.
_CONTROLS = re.compile("[\0-\b\v-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def strip_controls(text: str) -> str:
    r"""Return text without what would steer a terminal or turn sentences around.

    Examples
    --------
    >>> strip_controls("a\x1b[2J cat")
    'a[2J cat'

    """
    return _CONTROLS.sub("", text)


def literal(text: str) -> str:
    r"""Return text as Python code that can be copied: an id may hold any characters.

    Examples
    --------
    >>> print(literal('a"); import os'))
    "a\"); import os"

    """
    return json.dumps(strip_controls(text), ensure_ascii=False)


def one_line(value: Any) -> str:
    """Return untrusted text as one printable line of at most `LONGEST_WORDS` characters."""
    if value is None or isinstance(value, bool):
        return ""
    try:
        text = value if isinstance(value, str) else repr(value)
    except RecursionError:
        return ""
    line = " ".join(text[: LONGEST_WORDS * 4].split())
    return "".join(letter for letter in line if letter.isprintable())[:LONGEST_WORDS]


def sentence(words: str) -> str:
    """Return a service's sentence with a full stop, so that ours can follow."""
    return words if words.endswith((".", "!", "?", "。", "！", "？")) else f"{words}."  # noqa: RUF001 -- the service may answer in Chinese


def short_repr(value: object) -> str:
    """Return a value for a message, short and printable whatever a user passed.

    Examples
    --------
    >>> short_repr("9:0"), short_repr([1])
    ("'9:0'", 'of type list')

    """
    if isinstance(value, str | int | float):
        try:
            return ascii(value)[:60]
        except ValueError:  # an int of more digits than Python writes out
            return "too large"
    return f"of type {type(value).__name__}"


def format_count(number: int, thing: str) -> str:
    """Return a number of things in words.

    Examples
    --------
    >>> format_count(1, "picture"), format_count(0, "task")
    ('1 picture', '0 tasks')

    """
    return f"{number} {thing}{'' if number == 1 else 's'}"


def format_time(seconds: float) -> str:
    """Return unix seconds in words: on which day, and at what time by this machine's clock."""
    return time.strftime("on %Y-%m-%d at %H:%M", time.localtime(seconds))

"""Text for people: untrusted text made harmless, and numbers and times in words.

Untrusted is what the service says and what a prompt holds, on its way to a terminal, a cell or an
alt text. A prompt may come from anywhere: copied from a page, read from a table, found in a
picture. Escape sequences in it would recolour a terminal, or write over what stands there; marks
that turn the order of letters around would make a sentence of ours read as another one.
"""

from __future__ import annotations

import html
import json
import re
import time
from functools import lru_cache
from numbers import Integral, Real
from typing import Any

# Of a sentence of the service's, as much as fits in a message.
LONGEST_WORDS = 300

# Letters of a secret that are looked for in each of their forms: more take long to prepare.
_SPELT = 256

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
    return clean(text[: LONGEST_WORDS * 4])[:LONGEST_WORDS]


def clean(text: str) -> str:
    r"""Return untrusted text as one line in which every letter can be seen.

    Examples
    --------
    >>> clean("a\x1b[2J\u202e\n cat")
    'a[2J cat'

    """
    seen = "".join(letter for letter in text if letter.isprintable() or letter.isspace())
    return " ".join(seen.split())


def sentence(words: str) -> str:
    """Return a service's sentence with a full stop, so that ours can follow."""
    return words if words.endswith((".", "!", "?", "。", "！", "？")) else f"{words}."  # noqa: RUF001 -- the service may answer in Chinese


def spellings(secret: str) -> bytes:
    r"""Return a pattern of a secret as a service may write it in JSON, in HTML or in an address.

    Each letter may stand there as itself or in any of its escaped forms: one service writes ``\/``,
    another ``\u002B``, and both are read as the letter that they stand for.

    Examples
    --------
    >>> sub = re.compile(spellings("a/b")).sub
    >>> sub(b"*", rb"a/b a\/b \u0061\u002Fb a%2fb a&#x2F;b")
    b'* * * * *'

    """
    # Backslashes that follow each other are read at once, with what escapes the letter after them:
    # where the secret is not there, each way to share them out would be tried.
    parts = re.findall(r"(\\*)([^\\]?)", secret[:_SPELT])
    pattern = b"".join(_run(run) + _letter(letter, after=bool(run)) for run, letter in parts)
    # the rest of a very long one, up to where it must end in any of the three
    return pattern if len(secret) <= _SPELT else pattern + rb"[^\s\"'<>]{0,65536}"


@lru_cache(maxsize=64)
def _run(backslashes: str) -> bytes:
    count = len(backslashes)
    forms = [form for form in _forms("\\") if form != re.escape(b"\\\\")]
    return b"(?:%s){%d,%d}" % (b"|".join(forms), count, 2 * count + 1) if count else b""


# Letters are few and no secret; a client's first answer waits for the pattern of its whole key.
@lru_cache(maxsize=1024)
def _letter(letter: str, *, after: bool) -> bytes:
    if not letter:
        return b""
    escaped = re.escape(f"\\{letter}".encode("utf-8", "replace"))
    return b"(?:%s)" % b"|".join(form for form in _forms(letter) if not after or form != escaped)


def _forms(letter: str) -> list[bytes]:
    units = letter.encode("utf-16-be", "replace")
    in_json = "".join(f"\\\\u{units[at : at + 2].hex()}" for at in range(0, len(units), 2))
    in_address = "".join(f"%{byte:02x}" for byte in letter.encode("utf-8", "replace"))
    # no more zeros than any encoder writes: a repeat without end would take its time
    forms = [in_json, in_address, f"&#0{{0,6}}{ord(letter)};", f"&#x0{{0,6}}{ord(letter):x};"]
    patterns = [f"(?i:{form})".encode() for form in forms]
    plain = {letter, json.dumps(letter)[1:-1], html.escape(letter)}
    if letter.isascii() and not letter.isalnum():
        plain.add(f"\\{letter}")
    patterns += [re.escape(one.encode("utf-8", "replace")) for one in sorted(plain)]
    return patterns


def short_repr(value: object) -> str:
    """Return a value for a message, short and printable whatever a user passed.

    Examples
    --------
    >>> print(short_repr("9比0"), short_repr([1]))
    '9比0' of type list

    """
    if isinstance(value, str | Real):
        try:
            # Marks that cannot be seen are escaped by repr, and letters of any script are not.
            return (repr(value) if isinstance(value, str) else str(value))[:60]
        except ValueError:  # an int of more digits than Python writes out
            return "too large"
    return f"of type {type(value).__name__}"


def whole_number(value: object) -> int | None:
    """Return a whole number as Python's own, whosever it is (numpy's, say); None for what is none.

    Examples
    --------
    >>> whole_number(2), whole_number(True), whole_number(2.0)
    (2, None, None)

    """
    if isinstance(value, bool) or not isinstance(value, Integral):
        return None
    try:
        return int(value)
    except TypeError:  # numpy counts its spans of time among the whole numbers
        return None


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

r"""Text and values as code: Python as its formatters write it, JSON for a shell, and comments.

What is quoted here may come from anybody. Whatever it holds, it comes back as the same text, and no
letter of it is read as code; what cannot be seen, or would turn a line around, is escaped.
"""

from __future__ import annotations

import json
import re
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lumen_widgets.core.words import one_line

if TYPE_CHECKING:
    from collections.abc import Sequence

# Columns of a line of code: what Black and Ruff have when nothing else is set.
_WIDTH = 88

_INDENT = "    "

# Seen, though Unicode does not count them as printable: what joins an emoji, and the space of
# Chinese and Japanese.
_SEEN = frozenset("\u200d\u3000")

_SHORT = {"\n": r"\n", "\r": r"\r", "\t": r"\t", "\\": r"\\"}

# What a comment in a shell keeps of a name or a sentence. Some shells that are typed into take a
# comment for a command: without signs, all that they say then is that there is no such command.
_NO_SHELL_WORD = re.compile(r"[^\w .,:@%+/-]+")


@dataclass(frozen=True)
class Lines:
    """Text of several lines, each of which may stand on a line of its own."""

    text: str


@dataclass(frozen=True)
class Group:
    """What stands in brackets, in one line or with each item on a line of its own.

    Attributes
    ----------
    opening, closing
        The brackets; with what is called before the first.
    items
        Each with what stands before it, such as ``"model="``.

    """

    opening: str
    items: Sequence[tuple[str, Node]]
    closing: str


# Code as it is, or what may be laid out in several lines.
Node = str | Lines | Group


def python_text(text: str) -> str:
    r"""Return text as a Python literal that can be read.

    Examples
    --------
    >>> print(python_text('a "red" fox'), python_text("狐\u202e\n"))
    'a "red" fox' "狐\u202e\n"

    """
    quote = "'" if text.count('"') > text.count("'") else '"'
    return quote + "".join(_escaped(letter, quote) for letter in text) + quote


def python_value(value: Any) -> Node:
    """Return a value of JSON as Python; what is code already (a `Code`) stays as it is."""
    if isinstance(value, Code):
        return value.code
    if isinstance(value, str):
        return python_text(value)
    if isinstance(value, dict):
        items = [(f"{python_text(name)}: ", python_value(one)) for name, one in value.items()]
        return Group("{", items, "}")
    if isinstance(value, list | tuple):
        return Group("[", [("", python_value(one)) for one in value], "]")
    return repr(value)


@dataclass(frozen=True)
class Code:
    """Code in place of a value."""

    code: str


def laid_out(node: Node, indent: str = "", before: str = "", after: str = "") -> str:
    """Return code in one line or, where that is too long, in several, as Black lays it out.

    Parameters
    ----------
    node
        The code.
    indent
        Of the line in which it begins.
    before, after
        What stands in this line before it, and behind it.

    """
    flat = _flat(node)
    if isinstance(node, str) or _width(indent + before + flat + after) <= _WIDTH:
        return before + flat + after
    inner = indent + _INDENT
    if isinstance(node, Lines):
        pieces = [python_text(piece) for piece in re.findall(r"[^\n]*\n|[^\n]+", node.text)]
        if len(pieces) == 1:
            return before + flat + after
        if not before:
            return f"\n{indent}".join(pieces) + after
        lines = "".join(f"\n{inner}{piece}" for piece in pieces)
        return f"{before}({lines}\n{indent}){after}"
    if not node.items:
        return before + flat + after
    lines = "".join(f"\n{inner}{laid_out(one, inner, name, ',')}" for name, one in node.items)
    return f"{before}{node.opening}{lines}\n{indent}{node.closing}{after}"


def python_comment(words: str) -> str:
    """Return words as a comment of one line, in which every letter can be seen."""
    return f"# {one_line(words)}"


def shell_comment(words: str) -> str:
    """Return words as a comment for a shell; see `_NO_SHELL_WORD`."""
    return f"# {' '.join(_NO_SHELL_WORD.sub(' ', one_line(words)).split())}"


def shell_text(text: str) -> str:
    r"""Return text in single quotes, in which a POSIX shell reads nothing as code.

    Examples
    --------
    >>> print(shell_text("$(it's)"))
    '$(it'\''s)'

    """
    return "'" + text.replace("'", r"'\''") + "'"


def json_text(value: Any) -> str:
    r"""Return a value as JSON of several lines, with what cannot be seen in it escaped.

    Examples
    --------
    >>> print(json_text({"prompt": "狐\u202e"}))
    {
      "prompt": "狐\u202e"
    }

    """
    text = json.dumps(value, ensure_ascii=False, indent=2)
    # in a text of JSON there are no line feeds: those that are here lay it out
    return "".join(
        letter if letter == "\n" or _is_seen(letter) else _in_json(letter) for letter in text
    )


def _in_json(letter: str) -> str:
    units = letter.encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[at : at + 2].hex()}" for at in range(0, len(units), 2))


def _is_seen(letter: str) -> bool:
    return letter.isprintable() or letter in _SEEN


def _escaped(letter: str, quote: str) -> str:
    if letter == quote:
        return f"\\{quote}"
    if letter in _SHORT:
        return _SHORT[letter]
    if _is_seen(letter):
        return letter
    number = ord(letter)
    if number <= 0xFF:  # noqa: PLR2004 -- two digits
        return f"\\x{number:02x}"
    return f"\\u{number:04x}" if number <= 0xFFFF else f"\\U{number:08x}"  # noqa: PLR2004 -- four


def _flat(node: Node) -> str:
    if isinstance(node, str):
        return node
    if isinstance(node, Lines):
        return python_text(node.text)
    items = ", ".join(name + _flat(one) for name, one in node.items)
    return f"{node.opening}{items}{node.closing}"


def _width(text: str) -> int:
    """Return how many columns a line takes: letters of Chinese take two."""
    if text.isascii():
        return len(text)
    wide = sum(unicodedata.east_asian_width(letter) in "WF" for letter in text)
    return len(text) + wide - sum(bool(unicodedata.combining(letter)) for letter in text)

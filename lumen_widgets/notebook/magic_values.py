"""What the words of `%lumen` stand for: variables of the notebook, paths, numbers, filled texts."""

from __future__ import annotations

import ast
import json
import keyword
import re
from difflib import get_close_matches
from numbers import Number
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unicodedata import normalize

from IPython.core.error import UsageError

from lumen_widgets.core.words import clean, short_repr
from lumen_widgets.notebook.magic_options import Kind, Option

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from lumen_widgets.notebook.magic_line import Word

# a name in braces, of which any number may stand around it; each run of them is walked once
_IN_BRACES = re.compile(r"(?<!\{)(\{+)([^\W\d]\w*)(\}+)")

# what names something that a variable holds: cats, cats[0], cats[:2], form.pictures, made["owl"]
_NAME = r"[^\W\d]\w*"
_ITEM = r"""\[(?:-?\d+|-?\d*:-?\d*|'[^'\]]*'|"[^"\]]*")\]"""
_EXPRESSION = re.compile(rf"{_NAME}(?:\.{_NAME}|{_ITEM})*")
_STEP = re.compile(rf"\.({_NAME})|({_ITEM})")

_ADDRESS = re.compile(r"[a-z][a-z0-9+.-]*:(?://|[a-z]+/)", re.IGNORECASE)

# letters of a word that a message quotes
_QUOTED = 60


class Names:
    """The variables that a notebook has now.

    Parameters
    ----------
    values
        Each by its name.

    """

    def __init__(self, values: Mapping[str, Any]) -> None:
        self._values = values

    def fill(self, text: str) -> str:
        """Return text with the values of the variables whose names stand in braces.

        ``{{name}}`` is ``{name}`` as it stands, and other braces are left alone: a list of choices
        such as ``{a|b}`` is not Python's.

        Raises
        ------
        UsageError
            There is no such variable, or it holds neither text nor a number.

        Examples
        --------
        >>> Names({"animal": "fox"}).fill("a {animal} in {{ink}}")
        'a fox in {ink}'

        """
        return _IN_BRACES.sub(self._filled, text)

    def _filled(self, found: re.Match[str]) -> str:
        opened, name, closed = found.groups()
        pairs = min(len(opened), len(closed))
        before, after = opened[pairs:] + "{" * (pairs // 2), "}" * (pairs // 2) + closed[pairs:]
        if pairs % 2 == 0:
            return f"{before}{name}{after}"
        value = self._of(name)
        if not isinstance(value, str | Number):
            raise UsageError(
                f"{{{name}}} is {_kind_of(value)}, neither text nor a number. Make a text of it "
                f"first, or write {{{{{name}}}}} for these letters themselves."
            )
        try:
            return f"{before}{value}{after}"
        except Exception as error:  # noqa: BLE001 -- of too many digits, or of a user's own class
            why = type(error).__name__
            raise UsageError(
                f"{{{name}}} cannot be written out ({why}). Make a text of it first."
            ) from None

    def _of(self, name: str) -> Any:
        # as Python reads a name
        found = normalize("NFKC", name)
        if found in self._values and not keyword.iskeyword(found):
            return self._values[found]
        shown = name if len(name) <= _QUOTED else f"{name[: _QUOTED - 1]}…"
        # what IPython itself has there, such as `open`, is not what anybody means
        named = [
            one for one, value in self._values.items() if one[:1] != "_" if not callable(value)
        ]
        near = get_close_matches(found, named, 1)
        meant = f" Did you mean {{{near[0]}}}?" if near else ""
        raise UsageError(
            f"There is no variable {shown} to fill in.{meant} Write {{{{{shown}}}}} for these "
            "letters themselves."
        )

    def value_of(self, option: Option, words: Sequence[Word] | bool) -> Any:
        """Return what an option was given, for the parameter that it sets.

        Raises
        ------
        UsageError
            In one sentence, why it cannot be that.

        """
        if isinstance(words, bool):
            return words
        if option.kind is Kind.PICTURES:
            return [picture for word in words for picture in self._pictures(option, word)]
        word = words[0]
        if option.kind is Kind.PICTURE:
            return self._picture(option, word)
        if option.kind is Kind.NAME:
            return _new_name(option, word)
        alone = _IN_BRACES.fullmatch(word.text)
        if alone is not None and len(alone[1]) == len(alone[3]) == 1:
            # not as text: a pair may be a size, and None leaves a field out
            return self._of(alone[2])
        return self._read(option, word)

    def _read(self, option: Option, word: Word) -> Any:
        text = word.text
        if option.kind is Kind.SECRET:
            # not repeated
            raise UsageError(
                f"{option.dashed} takes the name of a variable in braces, such as {{secret}}: what "
                "is written in a cell is saved with the notebook."
            )
        if option.kind is Kind.TEXT:
            return self.fill(text)
        if option.kind in (Kind.WHOLE_NUMBER, Kind.NUMBER):
            return _number(option, self.fill(text))
        if not word.is_quoted and _EXPRESSION.fullmatch(text):
            found, value, reason = self._look_up(text)
            if found:
                return value
            raise UsageError(f"{option.dashed}: {reason}.")
        if option.kind is Kind.MAPPING:
            return _mapping(option, text)
        raise UsageError(f"{option.dashed} takes a variable, not {_cited(text)}.")

    def _pictures(self, option: Option, word: Word) -> list[Any]:
        value = self._source(option, word)
        listed = list(value) if isinstance(value, list | tuple) else [value]
        if not listed:
            raise UsageError(f"{option.dashed}: {_cited(word.text)} has no picture in it.")
        return listed

    def _picture(self, option: Option, word: Word) -> Any:
        listed = self._pictures(option, word)
        if len(listed) > 1:
            raise UsageError(
                f"{option.dashed} takes one picture, and {_cited(word.text)} has {len(listed)}: "
                f"write {clean(word.text)}[0] for the first."
            )
        return listed[0]

    def _source(self, option: Option, word: Word) -> Any:
        """Return what a word names: a variable first, then an address or a file."""
        text, reason = word.text, ""
        in_braces = _IN_BRACES.fullmatch(text)
        if in_braces is not None and len(in_braces[1]) == len(in_braces[3]) == 1:
            text = in_braces[2]
        if not word.is_quoted and _EXPRESSION.fullmatch(text):
            found, value, reason = self._look_up(text)
            if found and value is None:
                raise UsageError(f"{option.dashed}: {_cited(text)} is None, and no picture.")
            if found:
                return value
        path = self.fill(word.text)
        if _ADDRESS.match(path) or _is_file(path):
            return path
        root = re.match(_NAME, text)
        if reason and root is not None and normalize("NFKC", root[0]) in self._values:
            raise UsageError(f"{option.dashed}: {reason}.")
        raise UsageError(
            f"{option.dashed}: {_cited(path)} is neither a variable nor a file nor an address."
        )

    def _look_up(self, text: str) -> tuple[bool, Any, str]:
        """Return whether an expression has a value, the value, and why it has none."""
        root = re.match(_NAME, text)
        name = normalize("NFKC", root[0]) if root else text
        if name not in self._values:
            return False, None, f"There is no variable {_cited(name)}"
        value = self._values[name]
        for attribute, item in _STEP.findall(text[len(root[0]) if root else 0 :]):
            try:
                value = getattr(value, attribute) if attribute else value[_key(item)]
            except Exception as error:  # noqa: BLE001 -- a user's object may raise anything
                said = f": {clean(str(error))[:_QUOTED]}" if str(error) else ""
                return False, None, f"{_cited(text)} has no value ({type(error).__name__}{said})"
        return True, value, ""


def _key(item: str) -> Any:
    inside = item[1:-1]
    if ":" in inside and inside[0] not in "\"'":
        first, last = (int(end) if end else None for end in inside.split(":"))
        return slice(first, last)
    return ast.literal_eval(inside)


def _number(option: Option, text: str) -> float:
    whole = option.kind is Kind.WHOLE_NUMBER
    try:
        return int(text) if whole else float(text)
    except ValueError:
        what = "a whole number" if whole else "a number"
        raise UsageError(f"{option.dashed} takes {what}, not {_cited(text)}.") from None


def _mapping(option: Option, text: str) -> dict[str, Any]:
    example = """such as '{"seed": 7}'"""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        why = clean(str(error)) if isinstance(error, ValueError) else "it is nested too deep"
        raise UsageError(
            f"{option.dashed} takes a variable, or a JSON object in quotes {example}: {why}."
        ) from None
    if not isinstance(value, dict):
        raise UsageError(f"{option.dashed} takes a JSON object, {example}, not {_cited(text)}.")
    return value


def _new_name(option: Option, word: Word) -> str:
    name = normalize("NFKC", word.text)
    if not name.isidentifier() or keyword.iskeyword(name):
        raise UsageError(
            f"{option.dashed} takes a name for a variable, which {_cited(word.text)} is not."
        )
    return name


def _is_file(path: str) -> bool:
    try:
        return Path(path).expanduser().is_file()
    except (OSError, ValueError, RuntimeError):  # too long, a zero byte in it, nobody's home
        return False


def _kind_of(value: object) -> str:
    return "None" if value is None else f"a {type(value).__name__}"


def _cited(text: str) -> str:
    line = clean(text)
    return short_repr(line if len(line) <= _QUOTED else f"{line[: _QUOTED - 1]}…")

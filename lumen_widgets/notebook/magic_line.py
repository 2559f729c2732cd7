"""The line of `%lumen`, read: where its prompt stands, and which options it gives."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import NamedTuple

from IPython.core.error import UsageError

from lumen_widgets.core.words import clean, short_repr
from lumen_widgets.notebook.magic_options import Kind, Option, options

# What a word that is no option may be quoted with, and what ends that. People whose keyboard
# writes typographic quotes mean the same by them.
_QUOTES = {'"': '"', "'": "'", "“": "”", "‘": "’"}  # noqa: RUF001 -- these are the point

# a dash, or two, and a letter; -5 and a dash alone are text
_OPTION = re.compile(r"--?[^\W\d_]")
# what programs for prose make of two dashes, in front of the name of an option
_LOOKS_DASHED = re.compile(r"[—–‒―−－-]{1,2}([a-z][\w-]*)")  # noqa: RUF001 -- these are the point

# what may be an option in a prompt of several lines
_IN_CELL = re.compile(r"(?<!\S)--[^\W\d_]\S*")

# letters of the user's text that a message quotes
_QUOTED = 40

_HELP = "%lumen? lists all options."


class Word(NamedTuple):
    """A word of a line.

    Attributes
    ----------
    text
        What it says, without quotes.
    start, end
        Where it stands, quotes included.
    is_quoted
        Whether it stands in quotes.

    """

    text: str
    start: int
    end: int
    is_quoted: bool = False


@dataclass
class Line:
    """What a line of `%lumen` says.

    Attributes
    ----------
    prompt
        The text beside the options, as it stands there; empty where there is none.
    values
        What each option was given, in the line's order; of a flag, whether it is to be True.
    is_ended
        Whether ``--`` ends the options.

    """

    prompt: str = ""
    values: dict[Option, list[Word] | bool] = field(default_factory=dict)
    is_ended: bool = False


def read_line(line: str, *, of_cell: bool) -> Line:
    """Read the text after `%lumen`, or `%%lumen` where `of_cell`.

    Raises
    ------
    UsageError
        In one sentence, what is wrong with it.

    Examples
    --------
    >>> read_line("the cat's hat --size 1:1", of_cell=False).prompt
    "the cat's hat"

    """
    reader = _Reader(line, of_cell=of_cell)
    reader.read()
    if reader.has_more_than_quotes:
        # the quotes of "Open" above a "Shop" belong to the prompt
        reader = _Reader(line, of_cell=of_cell, quotes=False)
        reader.read()
    return Line(reader.prompt, reader.values, reader.is_ended)


def refuse_options(cell: str) -> None:
    """Refuse a prompt that has an option in it: it would be paid for, and the option not heard.

    Raises
    ------
    UsageError
        It has one.

    Examples
    --------
    >>> refuse_options("a cat, --as-is--, -5 degrees")

    """
    for found in _IN_CELL.finditer(cell):
        named = _find_option(Word(found[0], found.start(), found.end()))
        if named is not None:
            raise UsageError(
                f"{_cited(found[0])} stands in the cell, where it would be part of the prompt. "
                "Write it in the line of %%lumen; or end that line with -- to have it painted."
            )


class _Reader:
    """Reads a line from its start to its end.

    Parameters
    ----------
    line
        What follows the magic's name.
    of_cell
        Whether there is a cell below, which has the prompt.
    quotes
        Whether quotes may hold the prompt together.

    """

    def __init__(self, line: str, *, of_cell: bool, quotes: bool = True) -> None:
        self.values: dict[Option, list[Word] | bool] = {}
        self._line, self._of_cell, self._at = line, of_cell, 0
        self._quotes = quotes and not of_cell
        # the pieces of text between options: where each begins and ends
        self._pieces: list[tuple[int, int]] = []
        self._in_piece = self._is_quoted = self.is_ended = False

    @property
    def has_more_than_quotes(self) -> bool:
        """Whether there is text beside what was taken for a prompt in quotes."""
        return self._is_quoted and len(self._pieces) > 1

    @property
    def prompt(self) -> str:
        """The text.

        Raises
        ------
        UsageError
            There is text on both sides of an option, which may be part of its value.

        """
        texts = [self._line[start:end] for start, end in self._pieces]
        if len(texts) > 1:
            raise UsageError(
                f"There is text before and after an option: {_cited(texts[0])} and "
                f"{_cited(texts[1])}. Write the prompt in one piece, and a value of several words "
                "in quotes."
            )
        return texts[0] if texts else ""

    def read(self) -> None:
        """Read all of it."""
        while (word := self._peek()) is not None:
            if word.text == "--" and not self._pieces:
                # the usual end of options: the rest is text, whatever it looks like
                self.is_ended, self._at = True, word.end
                first = self._peek()
                if first is not None:
                    self._pieces.append((first.start, len(self._line.rstrip())))
                    self._refuse_text_of_cell(self._line[first.start :])
                return
            if self._of_cell and word.text.startswith("#"):
                return
            if _OPTION.match(word.text):
                self._read_option(word)
            else:
                self._read_text(word)

    def _read_text(self, word: Word) -> None:
        found = _LOOKS_DASHED.match(word.text)
        if found and _named(found[1]) is not None:
            raise UsageError(
                f"{_cited(word.text)} is written with another sign than two hyphens: "
                f"--{found[1]}. {_HELP}"
            )
        self._refuse_text_of_cell(word.text)
        end = self._end_of_quote(word) if self._quotes and not self._pieces else None
        if end is not None:
            self._pieces.append((word.start + 1, end))
            self._is_quoted, self._at = True, end + 1
            return
        if self._in_piece:
            self._pieces[-1] = self._pieces[-1][0], word.end
        else:
            self._pieces.append((word.start, word.end))
        self._in_piece, self._at = True, word.end

    def _end_of_quote(self, word: Word) -> int | None:
        """Return where the quote ends that a word begins with; None if it begins with none."""
        closing = _QUOTES.get(word.text[0])
        # an apostrophe in the words ends nothing
        ends = None if closing is None else re.compile(re.escape(closing) + r"(?=\s|$)")
        found = None if ends is None else ends.search(self._line, word.start + 1)
        return None if found is None else found.start()

    def _refuse_text_of_cell(self, text: str) -> None:
        if self._of_cell:
            raise UsageError(
                f"{_cited(text)} is no option of %%lumen. Write the prompt in the cell below it, "
                "and a value of several words in quotes."
            )

    def _read_option(self, word: Word) -> None:
        self._in_piece = False
        found = _option_of(word)
        option = found.option
        if option in self.values:
            raise UsageError(f"{option.dashed} is given twice.")
        # a value behind "=" begins right there, and may be quoted
        self._at = word.end if found.value is None else word.start + found.value
        if option.kind is Kind.FLAG:
            if found.value is not None:
                ways = " or ".join(option.spellings)
                raise UsageError(f"{option.dashed} takes no value: write {ways}.")
            self.values[option] = not found.is_negated
            return
        words = self._read_values(option)
        if not words:
            raise UsageError(f"{option.dashed} has no value. {_HELP}")
        self.values[option] = words

    def _read_values(self, option: Option) -> list[Word]:
        words: list[Word] = []
        while (word := self._peek(quotes=True)) is not None:
            if not word.is_quoted and (
                word.text == "--"
                or _OPTION.match(word.text)
                or (self._of_cell and words and word.text.startswith("#"))
            ):
                break
            words.append(word)
            self._at = word.end
            if option.kind is not Kind.PICTURES:
                break
        return words

    def _peek(self, *, quotes: bool = False) -> Word | None:
        """Return the next word, None at the end; where `quotes`, what is quoted is one word."""
        found = re.compile(r"\S+").search(self._line, self._at)
        if found is None:
            return None
        start = found.start()
        if not quotes or self._line[start] not in _QUOTES:
            return Word(found[0], start, found.end())
        end = self._line.find(_QUOTES[self._line[start]], start + 1)
        if end < 0:
            raise UsageError(f"The quote before {_cited(self._line[start + 1 :])} is not closed.")
        after = self._line[end + 1 : end + 2]
        if after and not after.isspace():
            raise UsageError(
                f"There is no space after the quote behind {_cited(self._line[start + 1 : end])}. "
                "Quote the value with the other kind of quotes if this one belongs to it."
            )
        return Word(self._line[start + 1 : end], start, end + 1, is_quoted=True)


class _Found(NamedTuple):
    """The option that a word names; where in the word its value begins, None without one."""

    option: Option
    is_negated: bool = False
    value: int | None = None


def _option_of(word: Word) -> _Found:
    """Return the option that a word names.

    Raises
    ------
    UsageError
        There is none of that name.

    """
    found = _find_option(word)
    if found is None:
        raise UsageError(_unknown(word.text.partition("=")[0]))
    return found


def _find_option(word: Word) -> _Found | None:
    """Return the option that a word names, None where there is none of that name."""
    written, equals, _ = word.text.partition("=")
    value = len(written) + 1 if equals else None
    name = written.lstrip("-").replace("_", "-")
    option = _named(name)
    # of one letter it may have one dash or two, as a parameter's name has none
    if option is not None and (len(name) == 1 or written.startswith("--")):
        return _Found(option, value=value)
    flag = _named(name.removeprefix("no-"))
    if written.startswith("--no") and flag is not None and flag.kind is Kind.FLAG:
        return _Found(flag, is_negated=True, value=value)
    # -n2, as other programs have it
    letter = re.match(r"-(\w)(?=\d)", written)
    counted = None if letter is None else _named(letter[1])
    if letter is not None and counted is not None:
        return _Found(counted, value=letter.end())
    return None


def _named(name: str) -> Option | None:
    return options().get(name)


def _unknown(written: str) -> str:
    name = written.lstrip("-").replace("_", "-").lower()
    spellings = {one.lstrip("-"): one for option in options().values() for one in option.spellings}
    near = get_close_matches(name, spellings, 1) or [
        one for one in spellings if len(name) > 1 and one.startswith(name)
    ]
    meant = f" Did you mean {spellings[near[0]]}?" if near else ""
    return (
        f"There is no option {_cited(written)}.{meant} {_HELP} A prompt with such a word stands in "
        "quotes, or in a cell below %%lumen."
    )


def _cited(text: str) -> str:
    """Return some of the user's text for a message."""
    line = clean(text)
    return short_repr(line if len(line) <= _QUOTED else f"{line[: _QUOTED - 1]}…")

"""The options of `%lumen`: the parameters of a notebook's calls, read from the calls themselves.

A parameter that a call gains is an option without a line here: its name, whether it takes a value
and of which kind come from the signature, and what it means from the docstring.
"""

from __future__ import annotations

import inspect
import re
import textwrap
from dataclasses import dataclass
from enum import Enum, auto
from functools import cache
from itertools import groupby
from typing import TYPE_CHECKING, Any

from lumen_widgets.core.callback import SECRET_FIELD
from lumen_widgets.notebook.calls import edit, extend, generate, inpaint

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

# The first is the one that is made where no option names another.
CALLS: dict[str, Callable[..., Any]] = {
    call.__name__: call for call in (generate, edit, inpaint, extend)
}
PLAIN_CALL = generate.__name__

# columns of the help, which pagers and JupyterLab's pop-ups show without wrapping it
_WIDTH = 88
_INDENT = " " * 8


class Kind(Enum):
    """What an option takes."""

    FLAG = auto()
    """Nothing: there are two of it, ``--reuse`` and ``--no-reuse``."""
    WHOLE_NUMBER = auto()
    NUMBER = auto()
    TEXT = auto()
    SECRET = auto()
    """A variable in braces alone: what is written in a cell is saved with the notebook."""
    PICTURE = auto()
    """A variable, a path or an address."""
    PICTURES = auto()
    """One picture or several."""
    OBJECT = auto()
    """A variable."""
    MAPPING = auto()
    """A variable, or a JSON object."""
    NAME = auto()
    """A name for a variable."""


@dataclass(frozen=True)
class Option:
    """One option.

    Attributes
    ----------
    name
        As it is written, without its dashes.
    keyword
        The parameter that it sets; empty where it is the magic's own.
    kind
        What it takes.
    calls
        The calls that have it; empty for the magic's own.
    chooses
        The call that it asks for, such as ``"edit"``; empty for most.
    words
        What it means.

    """

    name: str
    keyword: str
    kind: Kind
    calls: tuple[str, ...] = ()
    chooses: str = ""
    words: str = ""

    @property
    def dashed(self) -> str:
        """The option as it is written: one dash before a single letter, else two."""
        return f"-{self.name}" if len(self.name) == 1 else f"--{self.name}"

    @property
    def negation(self) -> str:
        """A flag as it is written where it is to be False."""
        return f"--no-{self.name}"

    @property
    def spellings(self) -> tuple[str, ...]:
        """Every way to write it."""
        both = self.kind is Kind.FLAG and self.keyword
        return (self.dashed, self.negation) if both else (self.dashed,)


AS = Option(
    "as",
    "",
    Kind.NAME,
    words="The variable that keeps the pictures; the task with --no-wait, the form with --form.",
)
FORM = Option(
    "form",
    "",
    Kind.FLAG,
    words="Opens a prompt form with this prompt and these options, and sends nothing.",
)


@cache
def options() -> dict[str, Option]:
    """Return every option by its name, in the order in which the help lists them."""
    found: dict[str, Option] = {}
    for call, function in CALLS.items():
        meanings = _meanings(function)
        for option in _of_call(call, function, meanings):
            known = found.get(option.name)
            calls = (call,) if known is None else (*known.calls, call)
            first = option if known is None else known
            found[option.name] = Option(
                first.name, first.keyword, first.kind, calls, first.chooses, first.words
            )
    return {**found, AS.name: AS, FORM.name: FORM}


def _of_call(call: str, function: Callable[..., Any], meanings: dict[str, str]) -> Iterator[Option]:
    # after the prompt: what is not given by keyword alone are pictures
    _, *parameters = inspect.signature(function).parameters.values()
    chooses = call
    for one in parameters:
        annotation = str(one.annotation)
        words = meanings.get(one.name, "")
        if one.kind is one.KEYWORD_ONLY:
            kind = _kind(one.name, annotation)
            yield Option(one.name.replace("_", "-"), one.name, kind, words=words)
        else:
            kind = Kind.PICTURES if "Sequence" in annotation else Kind.PICTURE
            name = chooses or one.name
            yield Option(name, one.name, kind, chooses=chooses, words=words)
            chooses = ""


_KINDS = {"bool": Kind.FLAG, "int": Kind.WHOLE_NUMBER, "float": Kind.NUMBER, "str": Kind.TEXT}


def _kind(name: str, annotation: str) -> Kind:
    if name == SECRET_FIELD:
        return Kind.SECRET
    first = annotation.partition(" | ")[0]
    return _KINDS.get(first, Kind.MAPPING if first.startswith("Mapping") else Kind.OBJECT)


# in a docstring of numpy's style: the section, and each entry of it
_PARAMETERS = re.compile(r"^Parameters\n-+\n(.*?)(?=^\w[^\n]*\n-+\n|\Z)", re.DOTALL | re.MULTILINE)
_PARAMETER = re.compile(r"^(\S[^\n]*)\n((?:[ ]+[^\n]*\n|\n)+)", re.MULTILINE)


def _meanings(function: Callable[..., Any]) -> dict[str, str]:
    """Return what a docstring in numpy's style says of each parameter."""
    text = inspect.getdoc(function) or ""
    found: dict[str, str] = {}
    section = _PARAMETERS.search(text)
    for names, body in _PARAMETER.findall(f"{section[1]}\n") if section else ():
        words = " ".join(body.split())
        # a reference to another call, whose docstring says it
        if not words.startswith("As in `"):
            found |= dict.fromkeys((name.strip() for name in names.split(",")), words)
    return found


def help_text() -> str:
    """Return what ``%lumen?`` shows: how it is used, and every option with its meaning."""
    # neighbours that a docstring describes together
    described = groupby(options().values(), lambda option: (option.words, option.calls))
    listed = "\n".join(_help_of(list(group)) for _, group in described)
    return f"{_USAGE}\n{listed}\n"


_USAGE = """\
Make pictures from a prompt, with a call's parameters as options.

    %lumen a cute cat on a windowsill --size 16:9 -n 2

    %%lumen --as night --edit cats[0]
    make it night,
    with stars

    %lumen a corgi --inpaint cats[0] --mask painter
    %lumen more beach --extend photo.png --left 256
    %lumen a cute cat --form

The prompt is the text of the line, or the cell below `%%lumen`, as it stands there; the options
stand together, before or after a line's prompt. Without --edit, --inpaint or --extend it is
`lumen.generate`.

- ``{name}`` in the prompt or in a value is filled in from Python, for names of variables only:
  text and numbers. ``{{name}}`` is ``{name}`` as it stands.
- A value of several words stands in quotes: --negative-prompt "snow and rain". So does a prompt
  in a line that ends with a question mark, or has words with dashes that are no options; quotes
  around the whole prompt are no part of it. A cell needs none.
- A cell that has an option in it is refused, since it would be painted: options stand in the line
  above. Where that ends with ``--``, the cell is taken as it stands, whatever it holds.
- Pictures are variables (`cats[0]`, `form.pictures`, `painter`), paths or addresses.
- What is wrong is said before anything is paid.

Options:
"""


def _help_of(group: list[Option]) -> str:
    head = ", ".join(", ".join(one.spellings) + _VALUES.get(one.kind, "") for one in group)
    first = group[0]
    if first.chooses:
        head += f"    (calls lumen.{first.chooses})"
    elif first.calls and len(first.calls) < len(CALLS):
        head += f"    (with {' or '.join(f'--{call}' for call in first.calls)})"
    body = textwrap.fill(
        first.words.replace("`", ""),
        _WIDTH,
        initial_indent=_INDENT,
        subsequent_indent=_INDENT,
        break_on_hyphens=False,
    )
    return f"    {head}\n{body}".rstrip()


_VALUES = {
    Kind.WHOLE_NUMBER: " NUMBER",
    Kind.NUMBER: " NUMBER",
    Kind.TEXT: " TEXT",
    Kind.SECRET: " {NAME}",
    Kind.PICTURE: " PICTURE",
    Kind.PICTURES: " PICTURE…",
    Kind.OBJECT: " VARIABLE",
    Kind.MAPPING: " VARIABLE or JSON",
    Kind.NAME: " NAME",
}

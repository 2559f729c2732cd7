"""Completion of `%lumen`: its options, their values, and names of variables in braces."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

from IPython.core.completer import SimpleCompletion, context_matcher

from lumen_widgets.client import LumenClient, Picture
from lumen_widgets.core.models import INPAINT, MODELS, VERBS
from lumen_widgets.core.request import MAX_PICTURES, RESOLUTIONS
from lumen_widgets.notebook.magic_options import PLAIN_CALL, Kind, Option, options

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from lumen_widgets.core.models import Endpoint

_IDENTIFIER = "lumen_widgets"
# IPython's own, which completes paths
_FILES = "IPCompleter.file_matcher"

# the rest of the first line of a cell; of a line, also where its result is assigned
_OF_CELL = re.compile(r"%%lumen(?=\s)")
_OF_LINE = re.compile(r"\s*(?:[^\W\d][\w.,\s]*=\s*)?%lumen(?=\s)")

# what is offered by the parameter: the tiers of the service's documentation, and the sizes that a
# form offers
_OFFERED: dict[str, Sequence[str]] = {
    "n": [str(number) for number in range(1, MAX_PICTURES + 1)],
    "size": ("1:1", "4:3", "3:4", "3:2", "2:3", "16:9", "9:16"),
    "resolution": RESOLUTIONS,
    "quality": ("low", "medium", "high"),
}
# which endpoint serves a call; an extension is a repaint
_ENDPOINTS: dict[str, Endpoint] = {call: endpoint for endpoint, call in VERBS.items()}
# of a list of pictures, how many are offered one by one
_MOST_OFFERED = 9


class _Offer(NamedTuple):
    """What may stand at the cursor.

    Attributes
    ----------
    fragment
        What stands there already.
    texts
        What may stand in its place.
    kind
        What a front end calls them.
    with_files
        Whether a path may stand there too.

    """

    fragment: str
    texts: Iterable[str] = ()
    kind: str = "instance"
    with_files: bool = False


def add_completion(shell: Any) -> None:
    """Have a shell's completer know `%lumen`: IPython's own matchers from 8.6 on."""

    # before IPython's own, which would take the words for Python
    @context_matcher(identifier=_IDENTIFIER, priority=1000)  # type: ignore[untyped-decorator] # IPython ships no types
    def match_lumen(context: Any) -> dict[str, Any]:
        offer = _offer(context, shell.user_ns)
        texts = [text for text in dict.fromkeys(offer.texts) if text.startswith(offer.fragment)]
        return {
            "completions": [SimpleCompletion(text=text, type=offer.kind) for text in texts],
            "matched_fragment": offer.fragment,
            "ordered": True,
            "suppress": True,
            "do_not_suppress": {_FILES} if offer.with_files else set(),
        }

    remove_completion(shell)
    shell.Completer.custom_matchers.append(match_lumen)


def remove_completion(shell: Any) -> None:
    """Take it away again."""
    matchers = shell.Completer.custom_matchers
    matchers[:] = [one for one in matchers if getattr(one, "matcher_identifier", "") != _IDENTIFIER]


def _offer(context: Any, variables: Mapping[str, Any]) -> _Offer:
    """Return what is offered at the cursor; nothing where no `%lumen` is written."""
    before: str = context.text_until_cursor
    is_cell = _OF_CELL.match(context.full_text) is not None
    in_body = is_cell and context.cursor_line > 0
    start = (_OF_CELL if is_cell else _OF_LINE).match(before)
    if start is None and not in_body:
        return _Offer("")
    opened = re.search(r"(?<!\{)\{(?:[^\W\d]\w*)?$", before)
    if opened is not None:
        fillable = _named(variables, lambda value: isinstance(value, str | int | float))
        # an editor may have closed the brace by itself
        closing = "" if context.line_with_cursor[len(before) :].startswith("}") else "}"
        return _Offer(opened[0], (f"{{{name}{closing}" for name in fillable))
    if start is None:
        return _Offer("")
    *earlier, fragment = re.split(r"\s+", before[start.end() :])
    return _offer_in_line(earlier, fragment, variables, is_cell=is_cell)


def _offer_in_line(
    earlier: list[str], fragment: str, variables: Mapping[str, Any], *, is_cell: bool
) -> _Offer:
    """Return what is offered for the last word of a line of options, after other words."""
    given = [option for word in earlier if (option := _option_of(word)) is not None]
    written, equals, value = fragment.partition("=")
    option = _option_of(written) if equals else _open_option(earlier)
    if fragment.startswith("-") and not equals:
        return _Offer(fragment, _spellings(given), "param")
    if option is not None:
        return _values(option, given, variables)._replace(fragment=value if equals else fragment)
    # in a line, what is not begun yet may be the prompt
    return _Offer(fragment, _spellings(given) if is_cell and not fragment else (), "param")


def _option_of(word: str) -> Option | None:
    """Return the option that a word names."""
    name = word.partition("=")[0].lstrip("-") if word.startswith("-") else ""
    return options().get(name) or options().get(name.removeprefix("no-"))


def _open_option(earlier: list[str]) -> Option | None:
    """Return the option whose value comes next."""
    for distance, word in enumerate(reversed(earlier)):
        option = _option_of(word)
        if option is not None:
            takes_more = distance == 0 or option.kind is Kind.PICTURES
            return (
                option if takes_more and "=" not in word and option.kind is not Kind.FLAG else None
            )
    return None


def _spellings(given: list[Option]) -> Iterator[str]:
    call = _call_of(given)
    chosen = any(option.chooses for option in given)
    for option in options().values():
        fits = not option.calls or call in option.calls or (option.chooses and not chosen)
        if fits and option not in given:
            yield from option.spellings


def _call_of(given: list[Option]) -> str:
    return next((option.chooses for option in given if option.chooses), PLAIN_CALL)


def _values(option: Option, given: list[Option], variables: Mapping[str, Any]) -> _Offer:
    """Return what is offered as the value of an option."""
    if option.kind in (Kind.PICTURE, Kind.PICTURES):
        return _Offer("", _pictures(variables), with_files=True)
    if option.keyword == "client":
        return _Offer("", _named(variables, lambda value: isinstance(value, LumenClient)))
    if option.kind is Kind.MAPPING:
        return _Offer("", _named(variables, lambda value: isinstance(value, dict)))
    if option.keyword == "model":
        endpoint = _ENDPOINTS.get(_call_of(given), INPAINT)
        return _Offer("", [code for code, model in MODELS.items() if endpoint in model.can])
    return _Offer("", _OFFERED.get(option.keyword, ()))


def _pictures(variables: Mapping[str, Any]) -> Iterator[str]:
    """Yield the names of variables that hold pictures or masks, and of each picture of a list."""
    for name in _named(variables, _is_picture):
        yield name
        if isinstance(variables[name], list):
            yield from (f"{name}[{at}]" for at in range(len(variables[name][:_MOST_OFFERED])))


def _is_picture(value: object) -> bool:
    if isinstance(value, list):
        return bool(value) and all(_is_picture(one) for one in value[:_MOST_OFFERED])
    # by the class: an object of the user's may do anything when it is asked for an attribute
    signs = ("__array_interface__", "__lumen_mask__")
    return isinstance(value, Picture) or any(hasattr(type(value), sign) for sign in signs)


def _named(variables: Mapping[str, Any], wanted: Callable[[Any], bool]) -> list[str]:
    return sorted(name for name, value in variables.items() if name[:1] != "_" and wanted(value))

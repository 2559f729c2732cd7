"""What a file says of how it was made, as a call takes it: checked, for anybody may have said it.

Prompt, negative prompt, model, number, size, resolution and quality are taken over where a call
takes them; all else is to be shown, and never to be sent.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from lumen_widgets.core.models import VERBS
from lumen_widgets.core.pictures.decoding import media_type_of
from lumen_widgets.core.pictures.provenance.copies import FILE, OURS, loaded_json
from lumen_widgets.core.pictures.provenance.file_texts import read_file_texts
from lumen_widgets.core.pictures.provenance.infotext import read_infotext
from lumen_widgets.core.pictures.provenance.record import (
    EXTEND,
    LESSON,
    LONGEST_NAME,
    SANDBOX,
    SERVICE,
    SIDE_NAMES,
    Provenance,
)
from lumen_widgets.core.request import settings_of
from lumen_widgets.core.words import one_line, whole_number

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Final

# What says so of a file that A1111's web UI has written, or a program that writes as it does.
A1111: Final = "a1111"

# Of what is only shown; and of pictures that another one was made from, more than any call takes.
_MOST_SHOWN, _MOST_PARENTS = 100, 64

_DIGEST = re.compile(r"[0-9a-f]{64}")
_MASK = re.compile(r"(?:mask:[0-9]{1,6}x[0-9]{1,6}:)?[0-9a-f]{64}")

# Names in A1111's text, by keywords of a call. A size is width first there too.
_OF_A1111 = {"size": "Size", "model": "Model"}
# What tells its text from any other words that may stand in a camera's comment.
_MARKS = frozenset({"Steps", "Sampler", "Seed", "Size", "Model", "Model hash", "CFG scale"})

# More pixels a side or a larger share than any call takes: those check it once more.
_LARGEST_CROP, _LONGEST_SIDE = 100, 1 << 14


@dataclass(frozen=True)
class FoundProvenance:
    """What a file, or a sidecar, says of how a picture was made.

    Attributes
    ----------
    made
        What of it is as it should be.
    sha256
        Hex digest of the picture's file without any of this; "" where it is not said.
    version
        Of the program that wrote it; "" where it is not said.
    rest
        What else it says, each in one line.

    """

    made: Provenance
    sha256: str = ""
    version: str = ""
    rest: Mapping[str, str] = field(default_factory=dict, repr=False)


class Parameters(dict[str, Any]):
    """What a picture was made with: keywords of `lumen.generate`, and where it is from.

    Attributes
    ----------
    rest : dict of str
        What else its file says: to be read, in no call.

    Examples
    --------
    >>> Parameters({"prompt": "a cat", "source": "a1111"}, rest={"Steps": "20"})
    {'prompt': 'a cat', 'source': 'a1111'}

    """

    def __init__(self, said: Mapping[str, Any], *, rest: Mapping[str, str]) -> None:
        super().__init__(said)
        self.rest = dict(rest)

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:  # noqa: ARG002 -- IPython passes it
        """Write what a cell shows: the dict, and below it the rest."""
        printer.pretty(dict(self))
        if self.rest:
            printer.break_()
            words = ", ".join(f"{name}: {value}" for name, value in self.rest.items())
            printer.text(f"# also in the file: {words}")


def parameters_of(found: FoundProvenance) -> Parameters:
    """Return what is known of a picture as `lumen.parameters` says it."""
    made = found.made
    said = {
        **made.settings,
        "task_id": made.task_id or None,
        "parents": list(made.parents),
        "source": made.source or None,
        "version": found.version or None,
    }
    return Parameters(said, rest=found.rest)


def read_provenance(data: bytes) -> FoundProvenance | None:
    """Return what a picture file says of how it was made; None for nothing.

    Parameters
    ----------
    data
        A whole file, which may be anybody's.

    Raises
    ------
    UnreadablePicture
        Its parts do not add up.

    """
    media_type = media_type_of(data)
    if media_type is None:
        return None
    texts = read_file_texts(data, media_type)
    if texts.ours is not None and (found := provenance_from(loaded_json(texts.ours))) is not None:
        return found
    return None if texts.infotext is None else _from_a1111(texts.infotext, texts.is_comment)


def provenance_from(said: Any) -> FoundProvenance | None:
    """Return what JSON says, as `Provenance.as_json` makes it; None for what says nothing."""
    if not isinstance(said, dict):
        return None
    settings = settings_of(said)
    calls = {*VERBS.values(), EXTEND}
    call = said.get("call")
    task_id, version, source = said.get("task_id"), said.get("version"), said.get("source")
    parents, mask, sha256 = said.get("parents"), said.get("mask"), said.get("sha256")
    crop, exact = said.get("crop"), said.get("exact")
    made = Provenance(
        call if isinstance(call, str) and call in calls else "",
        settings,
        _name(task_id),
        source if isinstance(source, str) and source in {SANDBOX, SERVICE, LESSON} else "",
        _digests(parents),
        _count(said.get("images")),
        mask if isinstance(mask, str) and _MASK.fullmatch(mask) else "",
        exact if isinstance(exact, bool) else None,
        _share(crop),
        _sides(said),
        _names(said.get("left_out")),
    )
    if not (settings or made.task_id):
        return None
    shown = {"version", "source", "task_id", "parents", *settings}
    rest = {name: value for name, value in said.items() if name not in shown}
    digest = sha256 if isinstance(sha256, str) and _DIGEST.fullmatch(sha256) else ""
    return FoundProvenance(made, digest, _name(version), _shown(rest))


def read_sidecar(data: bytes, sha256: str) -> FoundProvenance | None:
    """Return what a sidecar says of the file of that digest; None where it is about another."""
    said = loaded_json(data)
    if not isinstance(said, dict) or said.get(FILE) != sha256:
        return None
    return provenance_from(said.get(OURS))


def _from_a1111(text: str, is_comment: bool) -> FoundProvenance | None:
    said = read_infotext(text)
    if is_comment and not said.settings.keys() & _MARKS:
        return None
    words = {"prompt": said.prompt, "negative_prompt": said.negative_prompt}
    named = {keyword: said.settings.get(name) for keyword, name in _OF_A1111.items()}
    settings = settings_of({**{name: one or None for name, one in words.items()}, **named})
    if not settings:
        return None
    taken = {_OF_A1111[name] for name in settings if name in _OF_A1111} | {"Version"}
    rest = {name: value for name, value in said.settings.items() if name not in taken}
    made = Provenance(VERBS["generations"], settings, source=A1111)
    return FoundProvenance(made, version=_name(said.settings.get("Version")), rest=_shown(rest))


def _shown(rest: Mapping[Any, Any]) -> dict[str, str]:
    """Return what is only shown: each in one line, and not more than anybody reads."""
    few = list(rest.items())[:_MOST_SHOWN]
    return {
        one_line(name): str(value) if isinstance(value, bool) else one_line(value)
        for name, value in few
    }


def _name(value: object) -> str:
    """Return what somebody calls something, where that is one."""
    is_name = isinstance(value, str) and len(value) <= LONGEST_NAME and value.isprintable()
    return str(value) if is_name else ""


def _names(value: object) -> tuple[str, ...]:
    names = (_name(one) for one in value[:_MOST_SHOWN]) if isinstance(value, list) else ()
    return tuple(filter(None, names))


def _digests(value: object) -> tuple[str, ...]:
    if not isinstance(value, list) or len(value) > _MOST_PARENTS:
        return ()
    digests = [one for one in value if isinstance(one, str) and _DIGEST.fullmatch(one)]
    return tuple(digests) if len(digests) == len(value) else ()


def _count(value: object) -> int:
    count = whole_number(value) or 0
    return count if 0 < count <= _MOST_PARENTS else 0


def _sides(said: Mapping[str, Any]) -> dict[str, int]:
    sides = {name: whole_number(said.get(name)) for name in SIDE_NAMES}
    return {
        name: pixels
        for name, pixels in sides.items()
        if pixels is not None and 0 < pixels <= _LONGEST_SIDE
    }


def _share(value: object) -> float | None:
    if not isinstance(value, int | float) or isinstance(value, bool):
        return None
    return value if 0 <= value <= _LARGEST_CROP else None

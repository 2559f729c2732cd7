"""The pictures that are compared: read, named by what tells them apart, and laid in one frame."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from lumen_widgets.client import InvalidRequest, LumenError, Picture, Pictures
from lumen_widgets.client.exact.recipe import read_recipe
from lumen_widgets.core.log import Log
from lumen_widgets.core.recipe import SOURCE
from lumen_widgets.core.words import has_items, one_line, short_repr
from lumen_widgets.notebook.cell import shortened
from lumen_widgets.notebook.journal_pictures import JournalPictures, pictures_in_use
from lumen_widgets.widgets.compare.frame import Frame, common_frame
from lumen_widgets.widgets.compare.messages import ComparedPicture
from lumen_widgets.widgets.local_picture import read_local

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from lumen_widgets.client import Request
    from lumen_widgets.client.exact.wish import Sides

# beyond four, panes side by side would be too small to compare, and differences too many to name
MOST = 4
# in a blind test they come in pairs; each is shown against every other one: 496 pairs of 32
MOST_BLIND = 32
_LEAST = 2
# characters of a name, two of which stand beside each other on a telephone
_LONGEST_NAME = 40

Relation = Literal["", "before", "after", "raw", "exact"]

_log = Log(__name__)


@dataclass(frozen=True)
class Compared:
    """What is compared.

    Attributes
    ----------
    pictures
        The pictures, in the order in which they were given.
    items
        What a page is told of each.
    frame
        The frame in which they lie.

    """

    pictures: Pictures
    items: list[ComparedPicture]
    frame: Frame

    @property
    def names(self) -> list[str]:
        """What each is called, in English."""
        return [
            " ".join(filter(None, (_WORDS[one["relation"]], one["name"]))) for one in self.items
        ]


_WORDS: dict[Relation, str] = {
    "": "",
    "before": "Before",
    "after": "After",
    "raw": "As it came",
    "exact": "Put back",
}


def read_compared(
    given: Sequence[Any], names: Iterable[str] | None = None, *, blind: bool = False
) -> Compared:
    """Read what is to be compared.

    Parameters
    ----------
    given
        Pictures, as `Compare` takes them.
    names
        What each is called; None finds what tells them apart.
    blind
        Whether they are for a blind test.

    Raises
    ------
    InvalidRequest
        They are too few or too many, one is no picture, or the names are not as many.

    """
    sources = _listed(given)
    most = MOST_BLIND if blind else MOST
    if not _LEAST <= len(sources) <= most:
        raise InvalidRequest(
            f"{len(sources)} pictures cannot be compared.",
            next_step=_count_advice(len(sources), blind=blind),
            field="pictures",
        )
    pictures = Pictures([as_picture(one) for one in sources])
    known = _Known(pictures)
    called = _checked_names(names, len(pictures))
    if called is None:
        relations, words = known.relations(), _own_names(sources)
        if words is None:
            words = known.telling(relations)
    else:
        # what the comparison itself would say, each page says in its language
        split = [_split(one) for one in called]
        relations, words = [one for one, _ in split], [name for _, name in split]
    # in a blind test, the source of an extended picture would be told by where it lies
    extended = {} if blind else known.extended()
    frame = common_frame([(one.width, one.height) for one in pictures], extended)
    items = [
        ComparedPicture(
            sha256=one.sha256,
            width=one.width,
            height=one.height,
            bytes=len(one.bytes),
            name=name,
            relation=relation,
            alt=one.alt if one.prompt or one.task else "",
            place=place,
        )
        for one, name, relation, place in zip(pictures, words, relations, frame.places, strict=True)
    ]
    return Compared(pictures, items, frame)


def _listed(given: Sequence[Any]) -> list[Any]:
    """Return pictures as they were given one by one, or as one list."""
    if len(given) == 1 and isinstance(given[0], list | tuple):
        return list(given[0])
    return list(given)


def _count_advice(count: int, *, blind: bool) -> str:
    if blind:
        return f"Give {_LEAST} to {MOST_BLIND}."
    if _LEAST <= count <= MOST_BLIND:
        return f"Give {_LEAST} to {MOST}; up to {MOST_BLIND} with blind=True, as a blind test."
    return f"Give {_LEAST} to {MOST}, such as lumen.Compare(before, after)."


def _checked_names(names: object, count: int) -> list[str] | None:
    if names is None:
        return None
    given = list(names) if has_items(names) and not isinstance(names, str) else [names]
    if len(given) != count or not all(isinstance(one, str) for one in given):
        raise InvalidRequest(
            f"{short_repr(names)} does not name {count} pictures.",
            next_step=f"Give a list of {count} short texts, or leave it out.",
            field="names",
        )
    return [shortened(one_line(one), _LONGEST_NAME) for one in given]


def as_picture(source: Any) -> Picture:
    """Return a picture; one that is none of ours is read as `LumenClient.edit` reads it.

    Raises
    ------
    InvalidRequest
        It is no picture, or cannot be read or fetched.

    """
    if isinstance(source, Picture):
        return source
    local = read_local(source, "pictures")
    return Picture(
        local.data,
        media_type=local.media_type,
        width=local.width,
        height=local.height,
        sha256=local.sha256,
    )


def _split(name: str) -> tuple[Relation, str]:
    """Return what a name says of a picture's relation, and the rest of it: ``Before 2``."""
    for relation, word in _WORDS.items():
        rest = name.removeprefix(word).strip()
        if word and name.startswith(word) and (rest == "" or rest.isdecimal()):
            return relation, rest
    return "", name


def _own_names(sources: Sequence[Any]) -> list[str] | None:
    """Return the names of files, where all of them have some and they differ."""
    if not all(isinstance(one, str | os.PathLike) for one in sources):
        return None
    names = [Path(os.fsdecode(one)).stem for one in sources]
    if "" in names or len(set(names)) < len(names):
        return None
    return [shortened(one, _LONGEST_NAME) for one in names]


class _Known:
    """What is known of some pictures, by their tasks and the journal.

    Parameters
    ----------
    pictures
        The pictures.

    """

    def __init__(self, pictures: Pictures) -> None:
        self._pictures = pictures
        self._journal = pictures_in_use(pictures)
        found = [self._look_up(one) for one in pictures]
        self._requests = [request for request, _ in found]
        # the digests of what each was made from
        self._sources = [sources for _, sources in found]

    def relations(self) -> list[Relation]:
        """Return what each picture is to one of the others."""
        relations: list[Relation] = [""] * len(self._pictures)
        for place, one in enumerate(self._pictures):
            for other_place, other in enumerate(self._pictures):
                if other.sha256 == one.sha256:
                    continue
                if one.raw.sha256 == other.sha256:
                    relations[place], relations[other_place] = "exact", "raw"
                elif other.sha256 in self._sources[place]:
                    relations[place] = relations[place] or "after"
                    relations[other_place] = relations[other_place] or "before"
        return relations

    def telling(self, relations: Sequence[Relation]) -> list[str]:
        """Return what tells the pictures apart that are not told apart by their relation."""
        shared = {one for one in relations if one == "" or list(relations).count(one) > 1}
        places = [place for place, one in enumerate(relations) if one in shared]
        names = [""] * len(relations)
        if len(places) == 1:
            names[places[0]] = self._readings(places[0])[0] or str(places[0] + 1)
            return names
        for readings in zip(*(self._readings(place) for place in places), strict=True):
            if "" not in readings and len(set(readings)) == len(readings):
                for place, name in zip(places, readings, strict=True):
                    names[place] = shortened(name, _LONGEST_NAME)
                return names
        for place in places:
            names[place] = str(place + 1)
        return names

    def extended(self) -> dict[int, tuple[int, Sides]]:
        """Return, by its place, what each extended picture was made from, and its new ground."""
        found = {}
        for place, request in enumerate(self._requests):
            recipe = None if request is None else request.recipe
            try:
                sides = None if recipe is None else read_recipe(recipe).sides
            except (ValueError, TypeError):  # written by another release
                continue
            source = next(
                (
                    number
                    for number, one in enumerate(self._pictures)
                    if number != place and one.sha256 in self._sources[place]
                ),
                None,
            )
            if sides is not None and source is not None:
                found[place] = source, sides
        return found

    def _readings(self, place: int) -> list[str]:
        """Return what might tell a picture apart, the most telling first."""
        picture, request = self._pictures[place], self._requests[place]
        asked = {} if request is None else request.body
        task = picture.task
        same_task = all(one.task is task for one in self._pictures)
        return [
            one_line(asked.get("model")),
            one_line(asked.get("quality")),
            f"[{picture.index}]" if task is not None and same_task else "",
            one_line(asked.get("size")),
            one_line(picture.prompt or asked.get("prompt")),
            f"{picture.width} × {picture.height}",  # noqa: RUF001 -- as sizes are written
        ]

    def _look_up(self, picture: Picture) -> tuple[Request | None, set[str]]:
        task = picture.task
        request: Request | None = None if task is None else task.request
        sources: set[str] = set()
        try:
            row = self._row(self._journal, picture)
            if row is not None:
                sources.update(self._journal.made_from(row))
                entry = self._journal.entry(row)
                if request is None and entry is not None:
                    request = entry.request
        except LumenError as error:
            # names are found without it
            _log.debug("%s", error)
        if request is not None and request.recipe is not None:
            source = request.recipe.files.get(SOURCE)
            if source is not None:
                sources.add(source.sha256)
        return request, sources

    @staticmethod
    def _row(journal: JournalPictures, picture: Picture) -> int | None:
        kept = journal.kept(journal.keys_of(picture.sha256))
        mine = (one for one in kept if one.task_id == getattr(picture.task, "id", None))
        found = next(mine, None) or next(iter(kept), None)
        return None if found is None else found.row_number

"""A ranking as code has it: a list of pictures with their scores, which a cell shows as a table.

The table is plain HTML without a style sheet, with thumbnails in it, so that it is seen wherever a
notebook is. Nothing in it is markup that came from a prompt or a name.
"""

from __future__ import annotations

import html
from typing import TYPE_CHECKING, Any

from lumen_widgets.client import LumenError, Picture
from lumen_widgets.core.log import Log
from lumen_widgets.core.pictures.decoding import UnreadablePicture
from lumen_widgets.core.pictures.picture import thumbnail
from lumen_widgets.core.words import as_written, format_count, strip_controls
from lumen_widgets.notebook.cell import data_uri

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lumen_widgets.widgets.compare.ranking import Method, Place, Ranking

# px of the longer side: eight rows of it are on one screen
_SIDE = 72
# beyond, sureness reads as if it were certain
_SURE = 0.995
# two pictures of one score
_EVEN = 0.5

_METHODS: dict[Method, str] = {
    "bradley-terry": "by Bradley–Terry with ties (Davidson's model)",  # noqa: RUF001 # a dash
    "wins": "by the share of votes won, since they are too few, or too unanimous, for a model",
}
_SCORES = (
    "A score is the share of votes that the picture would win against each of the others, a tie "
    "being half a win, and its standard error."
)
_HEADS = ("Place", "Picture", "Score", "Votes", "Above the next")
# as in the history's table: JupyterLab aligns cells to the right
_CELL = 'align="left" valign="top" style="text-align:left;vertical-align:top"'
_WRAP = _CELL[:-1] + ';overflow-wrap:anywhere"'

_log = Log(__name__)


class RankedPictures(list[tuple[Picture, float]]):
    """Pictures with their scores (0 to 1), the best first.

    Parameters
    ----------
    pictures
        The pictures, in the order in which they were numbered.
    names
        What each is called.
    ranking
        Their places.

    Attributes
    ----------
    method : str
        How it was found: ``"bradley-terry"``, with ties as in Davidson's model; or ``"wins"``, the
        share of votes that each won, where the votes do not determine that model.
    places : tuple of Place
        Of each, in this order: its number among the pictures, its place, score and standard error,
        on how many votes these rest, and how sure it is above the next one (0.5 to 1).

    Examples
    --------
    >>> (best, score), *others = compare.ranking  # doctest: +SKIP
    >>> compare.ranking.places[0].above_next  # doctest: +SKIP
    0.84

    """

    def __init__(self, pictures: Sequence[Picture], names: Sequence[str], ranking: Ranking) -> None:
        super().__init__((pictures[one.picture], one.score) for one in ranking.places)
        self.method = ranking.method
        self.places: tuple[Place, ...] = ranking.places
        # of some pictures nothing is known that tells them apart
        numbers = [str(one.picture + 1) for one in ranking.places]
        called = (names[one.picture] for one in ranking.places)
        self._names = [
            f"Picture no. {number}" if name == number else name
            for name, number in zip(called, numbers, strict=True)
        ]
        self._votes = ranking.votes

    @property
    def words(self) -> str:
        """How it was found, in a sentence."""
        return f"Ranking {_METHODS[self.method]}; {format_count(self._votes, 'vote')}."

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        """Return the table as HTML, and as lines of text."""
        return {"text/html": self._table(), "text/plain": self._text()}

    def _table(self) -> str:
        head = "".join(f'<th scope="col" {_CELL}>{name}</th>' for name in _HEADS)
        rows = "".join(map(self._row, range(len(self))))
        return as_written(
            f"<table><caption>{html.escape(self.words)}</caption><thead><tr>{head}</tr></thead>"
            f"<tbody>{rows}</tbody></table><p>{html.escape(_SCORES)}</p>"
        )

    def _row(self, at: int) -> str:
        place, name = self.places[at], _escaped(self._names[at])
        cells = [
            f"<td {_CELL}>{place.place}</td>",
            f"<td {_WRAP}>{_image(self[at][0], name)}<br>{name}</td>",
            f"<td {_CELL}>{_score(place)}</td>",
            f"<td {_CELL}>{place.votes}</td>",
            f"<td {_CELL}>{html.escape(_sure(place))}</td>",
        ]
        return f"<tr>{''.join(cells)}</tr>"

    def _text(self) -> str:
        lines = [self.words]
        for place, name in zip(self.places, self._names, strict=True):
            facts = [_score(place), format_count(place.votes, "vote")]
            if place.above_next is not None:
                facts.append(f"{_sure(place)} to be above the next")
            lines.append(f"{place.place}. {name} · {' · '.join(facts)}")
        return strip_controls("\n".join([*lines, _SCORES]))


def _score(place: Place) -> str:
    return f"{place.score * 100:.0f} % ± {place.error * 100:.0f}"


def _sure(place: Place) -> str:
    if place.above_next is None:
        return ""
    if place.above_next <= _EVEN:
        return "as likely as not"
    if place.above_next > _SURE:
        return "over 99 % sure"
    return f"{place.above_next * 100:.0f} % sure"


def _image(picture: Picture, name: str) -> str:
    try:
        data, media_type = thumbnail(picture, _SIDE)
    except (LumenError, UnreadablePicture, OSError, ValueError) as error:
        # the table is there all the same
        _log.debug("%s", error)
        return ""
    return f'<img src="{data_uri(data, media_type)}" alt="{name}">'


def _escaped(text: str) -> str:
    return html.escape(strip_controls(text), quote=True)

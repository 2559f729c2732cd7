"""A search for pictures of the journal: its conditions, and the pictures that meet them."""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass
from operator import index
from typing import TYPE_CHECKING

from lumen_widgets.journal.kept_pictures import SHOWN, asked_fields

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator

    from lumen_widgets.journal.kept_pictures import PictureKey

# Width and height with an x or a multiplication sign between them, or a ratio with a colon; as they
# are typed in Chinese too. No picture has more pixels on a side than six digits say.
_SIZE = re.compile(r"\s*([1-9]\d{0,5})\s*([x×:：＊*])\s*([1-9]\d{0,5})\s*", re.IGNORECASE)  # noqa: RUF001

# Models round sides to multiples of 8 or 16: 1360 x 768 is meant as 16:9.
_RATIO_TOLERANCE = 0.01


@dataclass(frozen=True)
class PictureSearch:
    """The conditions of one search for pictures; what is None or left out takes all of them.

    Attributes
    ----------
    text
        Words, each of which the prompt contains: in any order, in upper or lower case.
    model
        What the model's code contains, in upper or lower case.
    size
        ``"1024x1024"``: the picture's own pixels, width first; or ``"16:9"``: their ratio, within
        one in a hundred.
    since, until
        When the row was written, unix seconds.
    starred
        Whether to take starred pictures only.
    limit
        How many pictures at most, the newest.

    Raises
    ------
    ValueError
        `size` is neither of these, or `limit` is negative.
    TypeError
        `limit` is no whole number.

    Examples
    --------
    >>> PictureSearch("cat snow", size="16:9", limit=100).text
    'cat snow'

    """

    text: str | None = None
    model: str | None = None
    size: str | None = None
    since: float | None = None
    until: float | None = None
    starred: bool = False
    limit: int | None = None

    def __post_init__(self) -> None:
        if self.size is not None:
            _size_condition(self.size)
        if self.limit is not None and index(self.limit) < 0:
            raise ValueError("limit is negative")


def find_pictures(connection: sqlite3.Connection, search: PictureSearch) -> list[PictureKey]:
    """Return which pictures a search finds, newest first, those of one task in their order."""
    clauses, values = ["1"], list[float]()
    for clause, value in (("submitted >= ?", search.since), ("submitted <= ?", search.until)):
        if value is not None:
            clauses.append(clause)
            values.append(float(value))
    if search.size is not None:
        condition, sides = _size_condition(search.size)
        clauses.append(condition)
        values += sides
    if search.starred:
        clauses.append("shown.sha256 IN (SELECT sha256 FROM stars)")
    limit = -1 if search.limit is None else min(index(search.limit), sys.maxsize)
    words = (search.text or "").casefold().split()
    model = (search.model or "").casefold().strip()
    filtered = bool(words or model)
    entries = connection.execute(
        f"SELECT shown.row, shown.number{', tasks.body' * filtered} FROM tasks"  # noqa: S608  our own clauses, with question marks
        f" JOIN {SHOWN} ON shown.row = tasks.row WHERE {' AND '.join(clauses)}"
        " ORDER BY tasks.row DESC, shown.number LIMIT ?",
        (*values, -1 if filtered else limit),
    )
    if not filtered:
        return [(row, number) for row, number in entries]
    found: list[PictureKey] = []
    for key in _asked_for(entries, words, model):
        if len(found) == limit:
            break
        found.append(key)
    return found


def _asked_for(entries: sqlite3.Cursor, words: list[str], model: str) -> Iterator[PictureKey]:
    """Yield those pictures whose request has all words in its prompt, and the model."""
    seen, fits = None, False
    for row, number, body in entries:
        if row != seen:
            asked = asked_fields(body)
            prompt = str(asked.get("prompt") or "").casefold()
            seen = row
            fits = all(word in prompt for word in words) and (
                model in str(asked.get("model") or "").casefold()
            )
        if fits:
            yield row, number


def _size_condition(size: str) -> tuple[str, list[float]]:
    """Return the SQL condition of a size, and the values of its question marks."""
    read = _SIZE.fullmatch(size)
    if read is None:
        raise ValueError(f"no size and no ratio: {size!r}")
    width, height = float(read[1]), float(read[3])
    if read[2] in ":：":  # noqa: RUF001
        return (
            "abs(shown.width * ? / (shown.height * ?) - 1) <= ?",
            [height, width, _RATIO_TOLERANCE],
        )
    return "shown.width = ? AND shown.height = ?", [width, height]

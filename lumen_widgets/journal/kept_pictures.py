"""The pictures of the journal one by one, as they are shown: nothing of them is read or decoded.

What is shown is what a user gets: the picture that was made of the one that came, where there is
such a one, else the one that came.
"""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

from lumen_widgets.journal.picture_files import picture_path

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Mapping, Sequence
    from pathlib import Path

# Which picture of the journal: the number of its row, and its place among the row's, from 0.
PictureKey: TypeAlias = tuple[int, int]

# Every picture as it is shown, the columns of `KeptPicture` that are no request's: `shown` in the
# queries that are put together with it.
SHOWN = (
    "(SELECT pictures.row AS row, pictures.number AS number, pictures.sha256 AS raw_sha256,"
    " coalesce(derived.sha256, pictures.sha256) AS sha256,"
    " coalesce(derived.media_type, pictures.media_type) AS media_type,"
    " coalesce(derived.width, pictures.width) AS width,"
    " coalesce(derived.height, pictures.height) AS height"
    " FROM pictures LEFT JOIN derived ON derived.row = pictures.row"
    " AND derived.number = pictures.number AND derived.made_of = pictures.sha256) AS shown"
)

# Rows of one query: old releases of SQLite take 999 question marks.
_BATCH = 500


@dataclass(frozen=True)
class KeptPicture:
    """A picture of the journal as it is shown, and what was asked for.

    Attributes
    ----------
    row_number
        The number of its task's row.
    index
        Place in the task's list of pictures, from 0.
    count
        How many pictures the task has.
    sha256
        Hex digest of the file that is shown.
    raw_sha256
        Hex digest of the file that came of the service, which may be the same one.
    media_type
        ``image/png``, ``image/jpeg`` or ``image/webp``.
    width, height
        In pixels.
    path
        Where the file was put; it may have been removed since, or be on another machine.
    prompt, model, endpoint, size
        What was asked for; "" for what was not said, or is not known here. `size` is the request's
        word for it, not what came.
    submitted
        When the row was written, unix seconds.
    origin
        Which service it was sent to.
    task_id
        The service's id.
    starred
        Whether a user has starred it.

    """

    row_number: int
    index: int
    count: int
    sha256: str
    raw_sha256: str
    media_type: str
    width: int
    height: int
    path: Path
    # Prompts are private: a picture that is logged by accident does not carry it.
    prompt: str = field(repr=False)
    model: str
    endpoint: str
    size: str
    submitted: float
    origin: str
    task_id: str | None
    starred: bool

    @property
    def key(self) -> PictureKey:
        """Which picture it is."""
        return self.row_number, self.index


def select_kept_pictures(
    connection: sqlite3.Connection, home: Path, keys: Sequence[PictureKey]
) -> list[KeptPicture]:
    """Return pictures in the order of their keys; one that is no longer there is left out."""
    numbers = list(dict.fromkeys(row_number for row_number, _ in keys))
    found: dict[PictureKey, KeptPicture] = {}
    for start in range(0, len(numbers), _BATCH):
        batch = numbers[start : start + _BATCH]
        for entry in connection.execute(
            "SELECT shown.*, tasks.*, stars.sha256 IS NOT NULL AS starred"  # noqa: S608  our own tables, question marks only
            f" FROM tasks JOIN {SHOWN} ON shown.row = tasks.row"
            " LEFT JOIN stars ON stars.sha256 = shown.sha256"
            f" WHERE tasks.row IN ({', '.join('?' * len(batch))})",
            batch,
        ).fetchall():
            kept = _read(entry, home)
            found[kept.key] = kept
    wanted = (found.get((row_number, index)) for row_number, index in keys)
    return [kept for kept in wanted if kept is not None]


def select_by_sha256(connection: sqlite3.Connection, sha256: str) -> list[PictureKey]:
    """Return the pictures of that digest, as they are shown or as they came; newest first."""
    found = connection.execute(
        "SELECT row, number FROM pictures WHERE sha256 = ?1 UNION"
        " SELECT derived.row, derived.number FROM derived JOIN pictures"
        " ON pictures.row = derived.row AND pictures.number = derived.number"
        " AND pictures.sha256 = derived.made_of WHERE derived.sha256 = ?1"
        " ORDER BY row DESC, number",
        (sha256,),
    )
    return [(entry["row"], entry["number"]) for entry in found]


def asked_fields(body: str) -> Mapping[str, Any]:
    """Return the fields of a stored request; none of one that cannot be read."""
    with suppress(ValueError, RecursionError):
        fields = json.loads(body)
        if isinstance(fields, dict):
            return fields
    return {}


def _read(entry: sqlite3.Row, home: Path) -> KeptPicture:
    asked = asked_fields(entry["body"])
    return KeptPicture(
        row_number=entry["row"],
        index=entry["number"],
        count=entry["wanted"],
        sha256=entry["sha256"],
        raw_sha256=entry["raw_sha256"],
        media_type=entry["media_type"],
        width=entry["width"],
        height=entry["height"],
        path=picture_path(home, entry["sha256"], entry["media_type"]),
        prompt=str(asked.get("prompt") or ""),
        model=str(asked.get("model") or ""),
        endpoint=entry["endpoint"] or "",
        size=str(asked.get("size") or ""),
        submitted=entry["submitted"],
        origin=entry["origin"],
        task_id=entry["task_id"],
        starred=bool(entry["starred"]),
    )

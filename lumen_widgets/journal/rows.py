"""The journal's rows, one a request, and how they are looked up."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from lumen_widgets.journal.lineage import select_made_from
from lumen_widgets.journal.picture_files import picture_path
from lumen_widgets.journal.processes import ended_processes
from lumen_widgets.journal.recipes import select_derived, select_recipe

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Collection, Iterable, Mapping, Sequence
    from pathlib import Path

    from lumen_widgets.journal.recipes import DerivedPicture, StoredRecipe


# The value in the column `settled` of a row that a user has dismissed.
DISMISSED = 2

# The condition of a request that was certainly not taken. A row with an id has the service's own
# word for its state, which may be the same one.
REFUSED = "(state = 'refused' AND task_id IS NULL)"

# A row is final if its request was certainly not taken, if its task ended without pictures, or if
# its id and all of its pictures are stored. Follow it by a condition that names the row.
MARK_FINAL = (
    "UPDATE tasks SET settled = 1 WHERE settled <> 1 AND ((state = 'refused' AND task_id IS NULL)"
    " OR state IN ('failed', 'cancelled') OR (state = 'succeeded' AND task_id IS NOT NULL"
    " AND wanted <= (SELECT count(*) FROM pictures WHERE pictures.row = tasks.row)))"
)

# Prefix of the text that stands in place of a ``data:`` URI.
SHORTENED = "data:,sha256="

# Fields that hold what somebody wrote, which is kept whatever it begins with.
_WRITTEN = frozenset({"prompt", "negative_prompt"})

# Rows of one query: old releases of SQLite take 999 question marks.
_BATCH = 500

# The fields of a request that decide how long its task takes, as far as is known.
_DURATION_FIELDS = ("model", "size", "resolution", "quality")


@dataclass(frozen=True)
class StoredPicture:
    """A picture that the journal has stored as a file.

    Attributes
    ----------
    index
        Place in the task's list of pictures, from 0.
    sha256
        Hex digest of the file's bytes.
    media_type
        ``image/png``, ``image/jpeg`` or ``image/webp``.
    width, height
        In pixels.
    path
        Where the file was put; it may have been removed since.

    """

    index: int
    sha256: str
    media_type: str
    width: int
    height: int
    path: Path


@dataclass(frozen=True)
class JournalRow:
    """One request that was, or may have been, sent.

    Attributes
    ----------
    number
        The number by which the journal knows it: larger than those of earlier rows, and of no
        other row in any journal.
    origin
        Scheme, host and port of the service.
    account
        Fingerprint of the key; never the key.
    endpoint
        ``generations``, ``edits`` or ``inpaint``; None for a task that was taken up by its id.
    body
        The request's JSON as sent, with ``data:`` URIs shortened to digest and length.
    task_id
        The service's id, once it gave one.
    correlation_id
        What the caller knows the call by, written before it was sent; None where the caller is
        of an earlier release, or the task was taken up by its id.
    digest
        What requests have in common that ask for the same; None where nobody looks for it.
    state
        ``sending`` (written, not yet answered), ``refused`` (certainly not taken), ``unknown``
        (it may have been taken), or the service's own word once there is an id.
    reason
        Why it was refused, or why its outcome is unknown.
    error
        ``code`` and ``message`` of a failed task, as the service gave them.
    created
        When the service says the task was created, unix seconds.
    submitted
        When the row was written, unix seconds.
    seconds
        How long it took from the service's answer to its end, as the process saw it that
        followed the task all the way; None if none did.
    recipe
        What other pictures are made with of those that come; None for nothing.
    pictures
        The pictures stored so far, by index.
    derived
        What was made of them so far, by index.
    picture_count
        How many pictures the task has: as asked for, until the service says so.
    is_final
        Whether nothing more will come of it: it was refused, failed or cancelled, or it succeeded
        and all of its pictures are stored, or a user has dismissed it.
    dismissed
        Whether a user has dismissed it.
    outcome_unknown
        Whether it may have been taken or not, and no answer will come: it has no id, and is not
        being sent by a process that still runs. Not once it is final or dismissed.
    made_from
        Hex digests of the pictures that the request was made with, in their order.

    """

    number: int
    origin: str
    account: str
    endpoint: str | None
    # Prompts are private: a row that is logged by accident does not carry them.
    body: dict[str, Any] = field(repr=False)
    task_id: str | None
    correlation_id: str | None
    digest: str | None
    state: str
    reason: str | None
    error: dict[str, str] | None
    created: float | None
    submitted: float
    seconds: float | None
    recipe: StoredRecipe | None
    pictures: tuple[StoredPicture, ...]
    derived: tuple[DerivedPicture, ...]
    picture_count: int
    is_final: bool
    dismissed: bool
    outcome_unknown: bool
    made_from: tuple[str, ...] = ()

    def shown(self, picture: StoredPicture) -> StoredPicture | DerivedPicture:
        """Return what the user gets in place of a picture that came, which may be itself."""
        made = (one for one in self.derived if one.index == picture.index)
        return next((one for one in made if one.made_of == picture.sha256), picture)


def read_row(
    connection: sqlite3.Connection, entry: sqlite3.Row, home: Path, ended: Collection[int]
) -> JournalRow:
    """Return what a row of the tables says; `ended` is the numbers of processes that have ended."""
    # fetched at once: a row that cannot be read must not keep the file locked
    pictures = connection.execute(
        "SELECT * FROM pictures WHERE row = ? ORDER BY number", (entry["row"],)
    ).fetchall()
    return JournalRow(
        number=entry["row"],
        origin=entry["origin"],
        account=entry["account"],
        endpoint=entry["endpoint"],
        body=json.loads(entry["body"]),
        task_id=entry["task_id"],
        correlation_id=entry["correlation_id"],
        digest=entry["digest"],
        state=entry["state"],
        reason=entry["reason"],
        error=None if entry["error"] is None else json.loads(entry["error"]),
        created=entry["created"],
        submitted=entry["submitted"],
        seconds=entry["seconds"],
        pictures=tuple(
            StoredPicture(
                index=picture["number"],
                sha256=picture["sha256"],
                media_type=picture["media_type"],
                width=picture["width"],
                height=picture["height"],
                path=picture_path(home, picture["sha256"], picture["media_type"]),
            )
            for picture in pictures
        ),
        recipe=select_recipe(connection, home, entry),
        derived=select_derived(connection, home, entry),
        picture_count=entry["wanted"],
        is_final=bool(entry["settled"]),
        dismissed=entry["settled"] == DISMISSED,
        outcome_unknown=is_outcome_unknown(entry, ended),
        # words alone are made from no picture: most rows are not looked up
        made_from=()
        if entry["endpoint"] == "generations"
        else tuple(select_made_from(connection, entry["row"])),
    )


def is_outcome_unknown(entry: sqlite3.Row, ended: Collection[int]) -> bool:
    """Say whether a request may have been taken or not, and no answer will come."""
    orphaned = entry["owner"] is None or entry["owner"] in ended
    return (
        entry["task_id"] is None
        and not entry["settled"]
        and (entry["state"] != "sending" or orphaned)
    )


def picture_count_of(body: Any) -> int:
    """Return how many pictures a request asks for; the service makes 1 where nothing is said.

    Examples
    --------
    >>> picture_count_of({"n": 3}), picture_count_of({}), picture_count_of({"n": "many"})
    (3, 1, 1)

    """
    n = body.get("n") if isinstance(body, dict) else None
    # no service makes more than a few: a huge number is an experiment with `extra`
    return n if isinstance(n, int) and not isinstance(n, bool) and 0 < n <= 2**31 else 1


def stored_body(body: Mapping[str, object]) -> str:
    """Return a request's body as it is stored: JSON, with ``data:`` URIs shortened."""
    stored = {
        name: value if name in _WRITTEN and isinstance(value, str) else _shortened(value)
        for name, value in body.items()
    }
    return json.dumps(stored, allow_nan=False)


def stored_kind(endpoint: str | None, body: Mapping[str, object]) -> str:
    """Return what the tasks have in common that take about as long, as one text.

    Examples
    --------
    >>> stored_kind("generations", {"model": "m", "prompt": "a cat", "n": 2})
    '["generations", 2, "m", null, null, null]'

    """
    fields = [_shortened(body.get(name)) for name in _DURATION_FIELDS]
    # The service makes one where nothing was said.
    return json.dumps([endpoint, body.get("n") or 1, *fields], sort_keys=True)


def stored_text(text: str) -> str:
    """Return `text` as SQLite can store it: the service's words may hold lone surrogates."""
    return text.encode("utf-8", "replace").decode("utf-8")


def _shortened(value: Any) -> Any:
    """Return `value` with every ``data:`` URI replaced by its digest and length."""
    if isinstance(value, str) and value.lstrip()[:5].lower() == "data:":
        digest = hashlib.sha256(value.encode("utf-8", "surrogatepass")).hexdigest()
        return f"{SHORTENED}{digest},length={len(value)}"
    if isinstance(value, dict):
        return {key: _shortened(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_shortened(item) for item in value]
    return value


def select_by_task(
    connection: sqlite3.Connection, home: Path, task: tuple[str, str, str]
) -> JournalRow | None:
    """Return the row of a task by origin, account and id.

    A server of one's own may count anew with each start: it is the newest task of that id.
    """
    found = connection.execute(
        # Where two processes both wrote the task down, the one with pictures is the better; none
        # of them was written before the task's submit.
        "WITH same AS (SELECT * FROM tasks WHERE origin = ? AND account = ? AND task_id = ?)"
        " SELECT * FROM same WHERE row >="
        " (SELECT coalesce(max(row), 0) FROM same WHERE endpoint IS NOT NULL) ORDER BY"
        " (SELECT count(*) FROM pictures WHERE pictures.row = same.row) DESC, row DESC"
        " LIMIT 1",
        task,
    ).fetchall()
    return next(iter(read_rows(connection, home, found)), None)


def select_by_correlation_id(
    connection: sqlite3.Connection, home: Path, correlation_id: str
) -> JournalRow | None:
    """Return the newest row of a call by what its caller knows it by."""
    found = connection.execute(
        "SELECT * FROM tasks WHERE correlation_id = ? ORDER BY row DESC LIMIT 1", (correlation_id,)
    ).fetchall()
    return next(iter(read_rows(connection, home, found)), None)


def select_same_request(
    connection: sqlite3.Connection,
    home: Path,
    account: tuple[str, str],
    digests: Sequence[str],
    excluded: Collection[int] = (),
) -> JournalRow | None:
    """Return the row that says most of the same request, None where there is none to go by.

    Pictures that are here already go before a task whose pictures are still to be fetched, that
    before one that runs, before a request that is being sent, and last comes one that may have
    been taken. One that was refused, failed or was cancelled is none: it cost nothing that is left.
    Of other accounts only pictures count.

    Parameters
    ----------
    connection, home
        The journal.
    account
        Origin and account.
    digests
        What the request is known by, in this release and in earlier ones: any of them matches.
    excluded
        Rows that do not count.

    """
    origin, fingerprint = account
    found = connection.execute(
        "SELECT row, state, task_id, owner, settled, account = ? AS ours FROM tasks"  # noqa: S608  question marks only
        f" WHERE digest IN ({', '.join('?' * len(digests))}) AND origin = ? ORDER BY row DESC",
        (fingerprint, *digests, origin),
    ).fetchall()
    sending = any(entry["state"] == "sending" for entry in found)
    ended = ended_processes(connection) if sending else set[int]()
    ranked = [
        (rank, entry["row"])
        for entry in found
        if entry["row"] not in excluded and (rank := _rank(entry, ended)) is not None
    ]
    if not ranked:
        return None
    _, number = min(ranked, key=lambda one: one[0])
    return select_by_numbers(connection, home, [number])[0]


def select_newest(
    connection: sqlite3.Connection, home: Path, limit: int | None
) -> list[JournalRow]:
    """Return the newest rows, newest first."""
    found = connection.execute(
        "SELECT * FROM tasks ORDER BY row DESC LIMIT ?", (-1 if limit is None else limit,)
    ).fetchall()
    return read_rows(connection, home, found)


def select_by_numbers(
    connection: sqlite3.Connection, home: Path, numbers: Sequence[int]
) -> list[JournalRow]:
    """Return the rows of these numbers in their order; one that is no longer there is left out."""
    rows: dict[int, JournalRow] = {}
    for start in range(0, len(numbers), _BATCH):
        batch = numbers[start : start + _BATCH]
        found = connection.execute(
            f"SELECT * FROM tasks WHERE row IN ({', '.join('?' * len(batch))})",  # noqa: S608  question marks only
            batch,
        ).fetchall()
        rows |= {row.number: row for row in read_rows(connection, home, found)}
    return [rows[number] for number in numbers if number in rows]


def select_durations(
    connection: sqlite3.Connection, origin: str, kind: str, limit: int
) -> list[float]:
    """Return how long the newest tasks of a kind took that succeeded, in seconds, newest first."""
    found = connection.execute(
        "SELECT seconds FROM tasks WHERE origin = ? AND kind = ? AND seconds IS NOT NULL"
        " AND state = 'succeeded' ORDER BY row DESC LIMIT ?",
        (origin, kind, limit),
    )
    return [float(entry["seconds"]) for entry in found]


def read_rows(
    connection: sqlite3.Connection, home: Path, found: Iterable[sqlite3.Row]
) -> list[JournalRow]:
    """Return what rows of the tables say, each with its pictures."""
    entries = list(found)
    sending = any(entry["state"] == "sending" for entry in entries)
    ended = ended_processes(connection) if sending else set[int]()
    return [read_row(connection, entry, home, ended) for entry in entries]


def _rank(entry: sqlite3.Row, ended: set[int]) -> int | None:
    """Return how much a row helps, 0 the most; None for not at all."""
    if entry["settled"] == DISMISSED:
        return None
    if entry["state"] == "succeeded" and entry["task_id"] is not None:
        if entry["settled"]:
            return 0
        return 1 if entry["ours"] else None
    if entry["settled"] or not entry["ours"]:
        return None
    if entry["task_id"] is not None:
        return 2
    waits = entry["state"] == "sending" and entry["owner"] is not None
    return 3 if waits and entry["owner"] not in ended else 4

"""A row of the journal: one request, what became of it, and the pictures kept of it."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from lumen_widgets.journal.picture_files import picture_path
from lumen_widgets.journal.schema import DISMISSED

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Collection, Iterable, Mapping
    from pathlib import Path

# How the text begins that stands for the bytes of a ``data:`` URI.
SHORTENED = "data:,sha256="

# The fields of a request that decide how long its task takes, as far as anyone can tell.
_PACE_FIELDS = ("model", "size", "resolution", "quality")


@dataclass(frozen=True)
class KeptPicture:
    """A picture that the journal keeps as a file.

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
        Where the file was put; someone may have removed it since.

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
    row
        The number by which the journal knows it.
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
        How long it took from the service's answer to its last word, as the process saw it that
        followed the task all the way; None if none did.
    pictures
        The pictures kept so far, by index.
    wanted
        How many pictures the task has: as asked for, until the service says so.
    settled
        Whether nothing more will come of it: refused, ended, and all of its pictures kept.
    dismissed
        Whether a user has given up on it.
    lost
        Whether it may have been taken and nobody will hear of it: its state is ``unknown``, or it
        is ``sending`` and the process that sent it is gone. Not once it is dismissed.

    """

    row: int
    origin: str
    account: str
    endpoint: str | None
    # Prompts are private: a row that is logged by accident does not carry them.
    body: dict[str, Any] = field(repr=False)
    task_id: str | None
    state: str
    reason: str | None
    error: dict[str, str] | None
    created: float | None
    submitted: float
    seconds: float | None
    pictures: tuple[KeptPicture, ...]
    wanted: int
    settled: bool
    dismissed: bool
    lost: bool


def read_row(
    entry: sqlite3.Row, pictures: Iterable[sqlite3.Row], home: Path, over: Collection[int]
) -> JournalRow:
    """Return what a row of the tables says, where the processes of the numbers `over` are gone."""
    orphaned = entry["owner"] is None or entry["owner"] in over
    return JournalRow(
        row=entry["row"],
        origin=entry["origin"],
        account=entry["account"],
        endpoint=entry["endpoint"],
        body=json.loads(entry["body"]),
        task_id=entry["task_id"],
        state=entry["state"],
        reason=entry["reason"],
        error=None if entry["error"] is None else json.loads(entry["error"]),
        created=entry["created"],
        submitted=entry["submitted"],
        seconds=entry["seconds"],
        pictures=tuple(
            KeptPicture(
                index=kept["number"],
                sha256=kept["sha256"],
                media_type=kept["media_type"],
                width=kept["width"],
                height=kept["height"],
                path=picture_path(home, kept["sha256"], kept["media_type"]),
            )
            for kept in pictures
        ),
        wanted=entry["wanted"],
        settled=bool(entry["settled"]),
        dismissed=entry["settled"] == DISMISSED,
        lost=entry["task_id"] is None
        and not entry["settled"]
        and (entry["state"] == "unknown" or (entry["state"] == "sending" and orphaned)),
    )


def stored_body(body: Mapping[str, object]) -> str:
    """Return a request's body as it is stored: JSON, with ``data:`` URIs shortened."""
    return json.dumps(_shortened(dict(body)), allow_nan=False)


def stored_kind(endpoint: str | None, body: Mapping[str, object]) -> str:
    """Return what the tasks have in common that take about as long, as one text.

    Examples
    --------
    >>> stored_kind("generations", {"model": "m", "prompt": "a cat", "n": 2})
    '["generations", 2, "m", null, null, null]'

    """
    fields = [_shortened(body.get(name)) for name in _PACE_FIELDS]
    # The service makes one where nothing was said.
    return json.dumps([endpoint, body.get("n") or 1, *fields], sort_keys=True)


def stored_text(text: str) -> str:
    """Return `text` as SQLite can store it: a stranger's words may hold half characters."""
    return text.encode("utf-8", "replace").decode("utf-8")


def _shortened(value: Any) -> Any:
    """Return `value` with every ``data:`` URI replaced by its digest and length."""
    if isinstance(value, str) and value[:5].lower() == "data:":
        digest = hashlib.sha256(value.encode("utf-8", "surrogatepass")).hexdigest()
        return f"{SHORTENED}{digest},length={len(value)}"
    if isinstance(value, dict):
        return {key: _shortened(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_shortened(item) for item in value]
    return value

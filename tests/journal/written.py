"""What a journal may hold, written down as if it had been, and what is left of it."""

from __future__ import annotations

import contextlib
import hashlib
import sqlite3
import time
from typing import TYPE_CHECKING, Any

from lumen_widgets.journal import Journal, Search

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

ACCOUNT: dict[str, Any] = {"origin": "o", "account": "a"}
DAY = 24 * 3600.0


def digest(data: bytes) -> str:
    """Return the hex digest of a picture's bytes."""
    return hashlib.sha256(data).hexdigest()


class Kept:
    """A file that a recipe keeps."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.sha256 = digest(data)
        self.media_type = "image/png"


class Repaint:
    """A recipe, with the picture that is repainted."""

    digest = None
    details: Mapping[str, Any] = {}

    def __init__(self, source: bytes) -> None:
        self.files = {"source": Kept(source), "mask": Kept(b"mask of " + source)}


def store(
    journal: Journal, row: int, data: bytes, index: int = 0, size: tuple[int, int] = (1, 1)
) -> Path:
    """Store a picture, as far as the journal can tell."""
    return journal.store_picture(
        row,
        index,
        data,
        sha256=digest(data),
        media_type="image/png",
        width=size[0],
        height=size[1],
    )


def derive(
    journal: Journal, row: int, made_of: bytes, data: bytes, size: tuple[int, int] = (1, 1)
) -> None:
    """Store what was made of a row's first picture."""
    journal.store_derived(
        row,
        0,
        data,
        made_of=digest(made_of),
        sha256=digest(data),
        media_type="image/png",
        width=size[0],
        height=size[1],
        facts={"changed_outside": 0.25, "note": "put back"},
    )


def sent(
    journal: Journal,
    state: str,
    data: bytes | None = None,
    days: float = 0.0,
    *,
    made_from: Sequence[str] = (),
    source: bytes | None = None,
    **body: Any,
) -> int:
    """Write down a request, as far as that state, as if it had been so many days ago."""
    row = journal.insert_request(
        **ACCOUNT,
        endpoint="edits",
        body={"prompt": state, **body},
        made_from=made_from,
        recipe=None if source is None else Repaint(source),
    )
    if state == "unknown":
        journal.mark_unknown(row, "no answer")
    elif state == "refused":
        journal.mark_refused(row, "no credits")
    elif state != "sending":
        journal.mark_accepted(row, task_id=f"t{row}", created=None, status="queued")
        journal.record_status(row, status=state)
    if data is not None:
        store(journal, row, data)
    with contextlib.closing(sqlite3.connect(journal.home / "journal.sqlite3")) as connection:
        connection.execute(
            "UPDATE tasks SET submitted = ? WHERE row = ?", (time.time() - days * DAY, row)
        )
        connection.commit()
    return row


def numbers(journal: Journal) -> list[int]:
    """Return the numbers of all rows, newest first."""
    return journal.search(Search())


def files(home: Path) -> set[bytes]:
    """Return what the kept pictures are."""
    return {path.read_bytes() for path in (home / "pictures").rglob("*.png")}

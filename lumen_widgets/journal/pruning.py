"""Pruning and forgetting: final rows are deleted, and then their picture files.

Rows go first, and the files that may go with them are written down in the same transaction: a crash
in between leaves files that the next pruning finds. A file is deleted only where no row names it,
in a transaction, so that no process can name it at the same moment. Files that no journal ever
named stay: they may be all that is left of a journal that was moved away.
"""

from __future__ import annotations

import time
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

from lumen_widgets.journal.lineage import delete_lineage
from lumen_widgets.journal.picture_files import picture_path, small_copy_paths
from lumen_widgets.journal.processes import ended_processes
from lumen_widgets.journal.rows import is_outcome_unknown

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from lumen_widgets.journal.database import Database

# The tables whose rows name files: those that came, what they are made into, and with what; the
# first two are what a user sees of a task.
_SEEN = ("pictures", "derived")
_NAMING = (*_SEEN, "recipe_files")

# Files deleted in one transaction: other processes wait for it, and a network file system is slow.
_BATCH = 100

# Seconds. A file that is being written has another name until it is complete; one that is still
# incomplete after a day was left behind by a process that was killed.
_PARTIAL_FILE_AGE = 24 * 3600.0

# Only what is final goes: not a task that runs, not a request that may have been paid, not a
# paid task whose pictures never arrived.
_PRUNABLE = "SELECT row FROM tasks WHERE row = ? AND settled > 0 AND submitted < ?"


# Why a task cannot be forgotten, as `Forgotten.refused` says it.
Refusal: TypeAlias = Literal["running", "sending", "unknown", "incomplete", "gone"]


@dataclass(frozen=True)
class Forgotten:
    """What a forgetting did.

    Attributes
    ----------
    rows
        The numbers of the rows that the journal no longer has.
    refused
        Of each other one why it stays: it is ``running``; is ``sending``; is of ``unknown``
        outcome, and may have been paid; is ``incomplete``: paid, and not all of its pictures have
        arrived; or is ``gone``: the journal has no such row any more.

    """

    rows: tuple[int, ...]
    refused: Mapping[int, Refusal]


@dataclass(frozen=True)
class Pruned:
    """What a pruning did.

    Attributes
    ----------
    tasks
        How many tasks the journal no longer knows.
    pictures
        How many picture files were deleted; one that another task has too stays.
    bytes
        How much room that made.

    """

    tasks: int
    pictures: int
    bytes: int

    def __str__(self) -> str:
        return (
            f"{self.tasks} task{'' if self.tasks == 1 else 's'} forgotten, {self.pictures} picture"
            f"{'' if self.pictures == 1 else 's'} deleted, {self.bytes / 1e6:.1f} MB freed"
        )


def prune(
    database: Database,
    home: Path,
    numbers: Sequence[int],
    *,
    before: float | None,
    max_bytes: int | None,
) -> Pruned:
    """Delete rows by age, then by the size of their pictures, and files that no row names.

    Parameters
    ----------
    database, home
        The journal's file, and its folder.
    numbers
        The rows that may go, newest first.
    before
        Unix seconds: older ones go. None keeps them.
    max_bytes
        Bytes that the pictures of the rows may have in all; the oldest go until they fit.

    """
    if not database.exists:
        return Pruned(0, 0, 0)
    tasks = 0
    if before is not None:
        tasks += _delete_rows(database, list(numbers), before)
    if max_bytes is not None:
        beyond = _beyond_limit(database, home, numbers, max_bytes)
        tasks += _delete_rows(database, beyond, float("inf"))
    pictures, freed = _delete_files(database, home)
    _delete_partial_files(home)
    return Pruned(tasks, pictures, freed)


def _delete_rows(database: Database, numbers: list[int], before: float) -> int:
    """Delete those of the rows that are final and old enough; note which files they had."""
    if not numbers:
        return 0

    def delete(connection: sqlite3.Connection) -> int:
        prunable = [
            number
            for number in numbers
            if connection.execute(_PRUNABLE, (number, before)).fetchone()
        ]
        _delete(connection, prunable)
        connection.execute(
            "DELETE FROM processes WHERE seen < ? AND process NOT IN"
            " (SELECT owner FROM tasks WHERE owner IS NOT NULL)",
            (time.time() - _PARTIAL_FILE_AGE,),
        )
        return len(prunable)

    return database.write(delete)


def forget(database: Database, home: Path, numbers: Sequence[int]) -> Forgotten:
    """Delete those of the rows that are final, and files that no row names then.

    Parameters
    ----------
    database, home
        The journal's file, and its folder.
    numbers
        The rows.

    """

    def delete(connection: sqlite3.Connection) -> Forgotten:
        ended = ended_processes(connection)
        refused = {number: _refusal(connection, number, ended) for number in numbers}
        final = tuple(number for number, why in refused.items() if why is None)
        # and nothing says any more that something was made from them
        delete_lineage(connection, _delete(connection, final))
        return Forgotten(final, {number: why for number, why in refused.items() if why is not None})

    forgotten = database.update(delete)
    if forgotten.rows:
        _delete_files(database, home)
    return forgotten


def _refusal(connection: sqlite3.Connection, number: int, ended: set[int]) -> Refusal | None:
    """Return why a row must stay, None if it may go."""
    entry = connection.execute(
        "SELECT state, task_id, owner, settled FROM tasks WHERE row = ?", (number,)
    ).fetchone()
    if entry is None:
        return "gone"
    if entry["settled"]:
        return None
    if is_outcome_unknown(entry, ended):
        return "unknown"
    if entry["task_id"] is None:
        return "sending"
    return "incomplete" if entry["state"] == "succeeded" else "running"


def _delete(connection: sqlite3.Connection, numbers: Iterable[int]) -> set[str]:
    """Delete rows and what hangs on them, and note which files they had.

    Returns the digests of those of their pictures that no other row has; these have no star any
    more.
    """
    # what is deleted is overwritten: prompts are private
    connection.execute("PRAGMA secure_delete = ON")
    seen: set[str] = set()
    for number in numbers:
        for table in _SEEN:
            found = connection.execute(f"SELECT sha256 FROM {table} WHERE row = ?", (number,))  # noqa: S608  our own tables
            seen |= {entry["sha256"] for entry in found}
        for table in _NAMING:
            connection.execute(
                f"INSERT OR IGNORE INTO doomed SELECT sha256, media_type FROM {table}"  # noqa: S608  our own tables
                " WHERE row = ?",
                (number,),
            )
        for table in (*_NAMING, "lineage", "tasks"):
            connection.execute(f"DELETE FROM {table} WHERE row = ?", (number,))  # noqa: S608  our own tables
    gone = {
        sha256
        for sha256 in seen
        if not any(
            connection.execute(f"SELECT 1 FROM {table} WHERE sha256 = ?", (sha256,)).fetchone()  # noqa: S608  our own tables
            for table in _SEEN
        )
    }
    connection.executemany("DELETE FROM stars WHERE sha256 = ?", [(one,) for one in gone])
    return gone


def _beyond_limit(
    database: Database, home: Path, numbers: Sequence[int], max_bytes: int
) -> list[int]:
    """Return the oldest final rows with pictures that do not fit into `max_bytes`."""

    def look(connection: sqlite3.Connection) -> tuple[list[tuple[int, list[Path]]], set[int]]:
        files_of = [(number, _files(connection, home, number)) for number in numbers]
        final = {
            entry["row"] for entry in connection.execute("SELECT row FROM tasks WHERE settled > 0")
        }
        return files_of, final

    files_of, final = database.write(look)
    seen: set[Path] = set()
    total, beyond = 0, []
    # the newest first: what they share with older ones counts as theirs
    for number, files in files_of:
        new = set(files) - seen
        seen |= new
        total += sum(_size(one) for file in new for one in (file, *small_copy_paths(file)))
        if total > max_bytes and files and number in final:
            beyond.append(number)
    return beyond


def _delete_files(database: Database, home: Path) -> tuple[int, int]:
    """Delete the files that were noted and that no row names; return how many, and their bytes."""
    # by their files: a batch may be deleted again, where its transaction failed
    freed: dict[Path, int] = {}
    freed_with_them: dict[Path, int] = {}

    def delete(connection: sqlite3.Connection) -> int:
        batch = connection.execute("SELECT * FROM doomed LIMIT ?", (_BATCH,)).fetchall()
        for entry in batch:
            sha256, media_type = entry["sha256"], entry["media_type"]
            is_named = any(
                connection.execute(
                    f"SELECT 1 FROM {table} WHERE sha256 = ? AND media_type = ?",  # noqa: S608  our own tables
                    (sha256, media_type),
                ).fetchone()
                for table in _NAMING
            )
            file = picture_path(home, sha256, media_type)
            if not is_named and not file.is_dir():  # a folder there is not ours
                size = _size(file)
                with suppress(FileNotFoundError):
                    file.unlink()
                    freed[file] = size
                # after it: whoever stores a copy just now looks for the picture afterwards
                for small in small_copy_paths(file):
                    size = _size(small)
                    with suppress(OSError):
                        small.unlink()
                        freed_with_them[small] = size
            connection.execute(
                "DELETE FROM doomed WHERE sha256 = ? AND media_type = ?", (sha256, media_type)
            )
        return len(batch)

    while database.write(delete) == _BATCH:
        pass
    return len(freed), sum(freed.values()) + sum(freed_with_them.values())


def _delete_partial_files(home: Path) -> None:
    """Delete files that were left behind incomplete."""
    for part in (home / "pictures").glob("*/.*.part"):
        with suppress(OSError):
            if time.time() - part.stat().st_mtime > _PARTIAL_FILE_AGE:
                part.unlink()


def _files(connection: sqlite3.Connection, home: Path, number: int) -> list[Path]:
    return [
        picture_path(home, entry["sha256"], entry["media_type"])
        for table in _NAMING
        for entry in connection.execute(
            f"SELECT sha256, media_type FROM {table} WHERE row = ?",  # noqa: S608  our own tables
            (number,),
        ).fetchall()
    ]


def _size(file: Path) -> int:
    try:
        return file.stat().st_size
    except OSError:
        return 0

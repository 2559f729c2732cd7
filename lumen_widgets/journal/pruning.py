"""What makes room: rows that are over and done with are forgotten, and then their picture files.

Rows go first, and the files that may go with them are written down in the same step: a crash in
between leaves files that the next pruning finds. A file is deleted only where no row names it, in a
transaction, so that nobody is just about to name it. Files that no journal ever named are let be:
they may be all that is left of a journal that someone moved away.
"""

from __future__ import annotations

import time
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lumen_widgets.journal.database import writing
from lumen_widgets.journal.picture_files import picture_path

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence
    from pathlib import Path

# Files deleted in one transaction: others wait for it, and a network file system takes its time.
_AT_ONCE = 100

# Seconds. A file that is being written has another name until it is whole; one that is still not
# whole after a day was left behind by a process that was killed.
_PART_AGE = 24 * 3600.0

# Only what is settled goes: not a task that runs, not a request that may have been paid, not a
# paid task whose pictures never arrived.
_PRUNABLE = "SELECT row FROM tasks WHERE row = ? AND settled > 0 AND submitted < ?"


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
    path: Path, home: Path, numbers: Sequence[int], *, before: float | None, most: int | None
) -> Pruned:
    """Forget rows by age, then by the size of their pictures, and delete files nobody needs.

    Parameters
    ----------
    path, home
        The journal's file, and its folder.
    numbers
        The rows that may go, newest first.
    before
        Unix seconds: older ones go. None keeps them.
    most
        Bytes that the pictures of the rows may have in all; the oldest go until they fit.

    """
    tasks = 0
    if before is not None:
        tasks += _forget(path, list(numbers), before)
    if most is not None:
        tasks += _forget(path, _beyond(path, home, numbers, most), float("inf"))
    pictures, freed = _delete_doomed(path, home)
    _sweep(home)
    return Pruned(tasks, pictures, freed)


def _forget(path: Path, numbers: list[int], before: float) -> int:
    """Forget those of the rows that are settled and old enough; note which files they had."""
    if not numbers:
        return 0
    with writing(path) as connection:
        gone = [
            number
            for number in numbers
            if connection.execute(_PRUNABLE, (number, before)).fetchone()
        ]
        for number in gone:
            connection.execute(
                "INSERT OR IGNORE INTO doomed SELECT sha256, media_type FROM pictures"
                " WHERE row = ?",
                (number,),
            )
            connection.execute("DELETE FROM pictures WHERE row = ?", (number,))
            connection.execute("DELETE FROM tasks WHERE row = ?", (number,))
        connection.execute(
            "DELETE FROM processes WHERE seen < ? AND process NOT IN"
            " (SELECT owner FROM tasks WHERE owner IS NOT NULL)",
            (time.time() - _PART_AGE,),
        )
    return len(gone)


def _beyond(path: Path, home: Path, numbers: Sequence[int], most: int) -> list[int]:
    """Return the oldest settled rows with pictures, as many as do not fit into `most` bytes."""
    with writing(path) as connection:
        kept = [(number, _files(connection, home, number)) for number in numbers]
        settled = {
            entry["row"] for entry in connection.execute("SELECT row FROM tasks WHERE settled > 0")
        }
    seen: set[Path] = set()
    total, beyond = 0, []
    # the newest first: what they share with older ones counts as theirs
    for number, files in kept:
        new = set(files) - seen
        seen |= new
        total += sum(_size(file) for file in new)
        if total > most and files and number in settled:
            beyond.append(number)
    return beyond


def _delete_doomed(path: Path, home: Path) -> tuple[int, int]:
    """Delete the files that were noted and that no row names; return how many, and their bytes."""
    count, freed = 0, 0
    while True:
        with writing(path) as connection:
            some = connection.execute("SELECT * FROM doomed LIMIT ?", (_AT_ONCE,)).fetchall()
            for entry in some:
                sha256, media_type = entry["sha256"], entry["media_type"]
                named = connection.execute(
                    "SELECT 1 FROM pictures WHERE sha256 = ? AND media_type = ?",
                    (sha256, media_type),
                ).fetchone()
                if named is None:
                    file = picture_path(home, sha256, media_type)
                    size = _size(file)
                    with suppress(FileNotFoundError):
                        file.unlink()
                        count, freed = count + 1, freed + size
                connection.execute(
                    "DELETE FROM doomed WHERE sha256 = ? AND media_type = ?", (sha256, media_type)
                )
        if len(some) < _AT_ONCE:
            return count, freed


def _sweep(home: Path) -> None:
    """Delete what was left behind half written."""
    for part in (home / "pictures").glob("*/.*.part"):
        with suppress(OSError):
            if time.time() - part.stat().st_mtime > _PART_AGE:
                part.unlink()


def _files(connection: sqlite3.Connection, home: Path, number: int) -> list[Path]:
    return [
        picture_path(home, entry["sha256"], entry["media_type"])
        for entry in connection.execute(
            "SELECT sha256, media_type FROM pictures WHERE row = ?", (number,)
        )
    ]


def _size(file: Path) -> int:
    try:
        return file.stat().st_size
    except OSError:
        return 0

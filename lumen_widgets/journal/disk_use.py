"""How much of the disk a journal's pictures take: those that came, and those that were given."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lumen_widgets.journal.picture_files import picture_path, small_copy_paths

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Collection, Iterable
    from pathlib import Path

# What came of the service and what was made of it, with small copies; and what was given to it.
_MADE, _GIVEN = ("pictures", "derived"), ("recipe_files",)


@dataclass(frozen=True)
class DiskUse:
    """What pictures take on the disk; one that several requests have counts once.

    Attributes
    ----------
    pictures
        How many files there are of pictures that came, and that were made of them.
    bytes
        Their bytes, small copies for lists included.
    given
        How many files there are of pictures and masks that were given to be repainted, and are
        kept for as long as their requests; one that is a result too counts there.
    given_bytes
        Their bytes.

    """

    pictures: int
    bytes: int
    given: int
    given_bytes: int

    def __str__(self) -> str:
        own = f"{self.pictures} picture{'' if self.pictures == 1 else 's'}"
        return (
            f"{own}, {self.bytes / 1e6:.1f} MB, and {self.given} that were given to be repainted, "
            f"{self.given_bytes / 1e6:.1f} MB"
        )


def disk_use(
    connection: sqlite3.Connection, home: Path, numbers: Collection[int] | None
) -> DiskUse:
    """Return what the pictures of rows take; None is all rows."""
    made = _files(connection, home, _MADE, numbers)
    given = _files(connection, home, _GIVEN, numbers) - made
    sizes, given_sizes = _sizes(made), _sizes(given)
    small = sum(_sizes(copy for file in made for copy in small_copy_paths(file)))
    return DiskUse(len(sizes), sum(sizes) + small, len(given_sizes), sum(given_sizes))


def _files(
    connection: sqlite3.Connection,
    home: Path,
    tables: Iterable[str],
    numbers: Collection[int] | None,
) -> set[Path]:
    wanted = None if numbers is None else set(numbers)
    return {
        picture_path(home, entry["sha256"], entry["media_type"])
        for table in tables
        for entry in connection.execute(
            f"SELECT row, sha256, media_type FROM {table}"  # noqa: S608  our own tables
        )
        if wanted is None or entry["row"] in wanted
    }


def _sizes(files: Iterable[Path]) -> list[int]:
    """Return the sizes of those files that are there."""
    found = []
    for file in files:
        try:
            found.append(file.stat().st_size)
        except OSError:
            continue
    return found

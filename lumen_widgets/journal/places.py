"""The places of a task's pictures in the journal: provisional as they come, then decided once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lumen_widgets.journal.picture_files import picture_path, read_file, why_unreadable

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence
    from pathlib import Path

# Both have a picture's place in `number`: as it came, and what was made of it.
_TABLES = ("pictures", "derived")


def free_place(connection: sqlite3.Connection, row_number: int, index: int, sha256: str) -> None:
    """Have another picture that was stored in a place make room; it stands behind all others."""
    found = connection.execute(
        "SELECT sha256, (SELECT max(number) + 1 FROM pictures WHERE row = p.row) AS last"
        " FROM pictures AS p WHERE row = ? AND number = ?",
        (row_number, index),
    ).fetchone()
    if found is None or found["sha256"] == sha256:
        return
    for table in _TABLES:
        connection.execute(
            f"UPDATE OR REPLACE {table} SET number = ? WHERE row = ? AND number = ?",  # noqa: S608  our own names
            (found["last"], row_number, index),
        )


def place_pictures(
    connection: sqlite3.Connection, home: Path, row_number: int, digests: Sequence[str]
) -> None:
    """Put a task's pictures, and what was made of them, in their order.

    Parameters
    ----------
    connection
        The caller's transaction is open.
    home
        The journal's folder.
    row_number
        The number of the task's row.
    digests
        Hex digests of the pictures as they came: these are all.

    """
    stored, made = (
        connection.execute(
            f"SELECT * FROM {table} WHERE row = ? ORDER BY number",  # noqa: S608  our own names
            (row_number,),
        ).fetchall()
        for table in _TABLES
    )
    by_digest = {entry["sha256"]: entry for entry in stored}
    made_of = {entry["made_of"]: entry for entry in made}
    # paid too, whoever stored it: only where its file is no picture any more it would be in the way
    paths = {
        sha256: picture_path(home, sha256, entry["media_type"])
        for sha256, entry in by_digest.items()
        if sha256 not in digests
    }
    others = [
        sha256
        for sha256, path in paths.items()
        if read_file(path, sha256) is not None or why_unreadable(path) is not None
    ]
    connection.execute("DELETE FROM pictures WHERE row = ?", (row_number,))
    connection.execute("DELETE FROM derived WHERE row = ?", (row_number,))
    for place, digest in enumerate([*digests, *others]):
        if digest in by_digest:
            _, _, *facts = by_digest[digest]
            connection.execute(
                "INSERT INTO pictures VALUES (?, ?, ?, ?, ?, ?)", (row_number, place, *facts)
            )
        if digest in made_of:
            _, _, *facts = made_of[digest]
            connection.execute(
                "INSERT INTO derived VALUES (?, ?, ?, ?, ?, ?, ?, ?)", (row_number, place, *facts)
            )
    connection.execute("UPDATE tasks SET wanted = ? WHERE row = ?", (len(digests), row_number))

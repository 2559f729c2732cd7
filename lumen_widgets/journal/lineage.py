"""Lineage: which pictures a request was made with, and which requests a picture led to.

An edge is written down in the transaction that begins the row, by the bytes that were given. A
picture that was made of one that came here is the same as that one: whichever of the two was given,
both led to the request.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Sequence


def insert_lineage(
    connection: sqlite3.Connection, row_number: int, made_from: Sequence[str]
) -> None:
    """Write down which pictures a request is made with; the caller's transaction is open."""
    connection.executemany(
        "INSERT INTO lineage VALUES (?, ?, ?)",
        [(row_number, number, sha256) for number, sha256 in enumerate(dict.fromkeys(made_from))],
    )


def select_made_from(connection: sqlite3.Connection, row_number: int) -> list[str]:
    """Return the digests of the pictures that a request was made with, in their order."""
    found = connection.execute(
        "SELECT sha256 FROM lineage WHERE row = ? ORDER BY number", (row_number,)
    )
    return [entry["sha256"] for entry in found]


def select_led_to(connection: sqlite3.Connection, sha256: str) -> list[int]:
    """Return the numbers of the rows that a picture led to, oldest first."""
    found = connection.execute(
        "SELECT DISTINCT row FROM lineage WHERE sha256 IN (SELECT ?1"
        " UNION SELECT made_of FROM derived WHERE sha256 = ?1"
        " UNION SELECT derived.sha256 FROM derived JOIN pictures"
        " ON pictures.row = derived.row AND pictures.number = derived.number"
        " WHERE pictures.sha256 = ?1 AND derived.made_of = ?1) ORDER BY row",
        (sha256,),
    )
    return [entry["row"] for entry in found]


def delete_lineage(connection: sqlite3.Connection, gone: Iterable[str]) -> None:
    """Have pictures lead to nothing any more."""
    connection.executemany("DELETE FROM lineage WHERE sha256 = ?", [(one,) for one in gone])

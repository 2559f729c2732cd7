"""The pictures that a user has starred, by their content; the journal need not have them."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import sqlite3


def set_star(connection: sqlite3.Connection, sha256: str, *, starred: bool) -> None:
    """Star a picture, or take its star away; one that stands already keeps its time."""
    if starred:
        connection.execute("INSERT OR IGNORE INTO stars VALUES (?, ?)", (sha256, time.time()))
    else:
        connection.execute("DELETE FROM stars WHERE sha256 = ?", (sha256,))


def select_starred(connection: sqlite3.Connection) -> set[str]:
    """Return the digests of all starred pictures."""
    return {entry["sha256"] for entry in connection.execute("SELECT sha256 FROM stars")}

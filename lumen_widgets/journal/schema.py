"""The journal's tables, and how a file of an earlier release is brought up to them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import sqlite3

# Raised whenever the tables change; a higher number in a file means a newer release.
SCHEMA_VERSION = 2

# `by_task` is not unique: the same id may be taken up by one process while another still writes
# down the answer that gave it, and neither may fail for that.
_FIRST = """
CREATE TABLE tasks (
    row INTEGER PRIMARY KEY AUTOINCREMENT,
    origin TEXT NOT NULL,
    account TEXT NOT NULL,
    endpoint TEXT,
    kind TEXT,
    body TEXT NOT NULL,
    task_id TEXT,
    state TEXT NOT NULL,
    reason TEXT,
    error TEXT,
    created REAL,
    submitted REAL NOT NULL,
    seconds REAL
);
CREATE INDEX by_task ON tasks (task_id, origin, account);
CREATE INDEX by_kind ON tasks (origin, kind);
CREATE TABLE pictures (
    row INTEGER NOT NULL REFERENCES tasks (row),
    number INTEGER NOT NULL,
    sha256 TEXT NOT NULL,
    media_type TEXT NOT NULL,
    width INTEGER NOT NULL,
    height INTEGER NOT NULL,
    PRIMARY KEY (row, number)
);
"""

# owner: the process that sends or follows a task. digest: what is the same in like requests.
# wanted: how many pictures the task has. settled: nothing more
# will come of it (SETTLE below), or DISMISSED.
# doomed: picture files to be deleted, written down before they are, so that a crash forgets none.
_SECOND = """
ALTER TABLE tasks ADD COLUMN owner INTEGER;
ALTER TABLE tasks ADD COLUMN digest TEXT;
ALTER TABLE tasks ADD COLUMN wanted INTEGER NOT NULL DEFAULT 1;
ALTER TABLE tasks ADD COLUMN settled INTEGER NOT NULL DEFAULT 0;
UPDATE tasks SET wanted = wanted_by(body);
CREATE TABLE processes (
    process INTEGER PRIMARY KEY AUTOINCREMENT,
    mark TEXT NOT NULL UNIQUE,
    seen REAL NOT NULL
);
CREATE TABLE doomed (
    sha256 TEXT NOT NULL,
    media_type TEXT NOT NULL,
    PRIMARY KEY (sha256, media_type)
);
CREATE INDEX by_digest ON tasks (digest) WHERE digest IS NOT NULL;
CREATE INDEX by_open ON tasks (origin, account) WHERE settled = 0;
CREATE INDEX by_picture ON pictures (sha256);
"""

# What `settled` says of a row that a user has given up on.
DISMISSED = 2

# What makes a row settled: it was certainly not taken, it ended without pictures, or all of its
# pictures are kept. Follow it by a condition that names the row.
SETTLE = (
    "UPDATE tasks SET settled = 1 WHERE settled <> 1 AND (state IN ('refused', 'failed',"
    " 'cancelled') OR (state = 'succeeded' AND wanted <="
    " (SELECT count(*) FROM pictures WHERE pictures.row = tasks.row)))"
)


def migrate(connection: sqlite3.Connection, version: int) -> None:
    """Bring a file of that version up to this release; the caller's transaction is open."""
    connection.create_function("wanted_by", 1, _wanted_by, deterministic=True)
    for step in (_FIRST, f"{_SECOND}{SETTLE};")[version:]:
        # One statement at a time: `executescript` would commit the transaction first, and another
        # process could then see half of the tables.
        for statement in step.split(";"):
            if statement.strip():
                connection.execute(statement)
    connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")


def wanted_in(body: Any) -> int:
    """Return how many pictures a request asks for; the service makes 1 where nothing is said.

    Examples
    --------
    >>> wanted_in({"n": 3}), wanted_in({}), wanted_in({"n": "many"})
    (3, 1, 1)

    """
    n = body.get("n") if isinstance(body, dict) else None
    # no service makes more than a few: a wild number is somebody's experiment with `extra`
    return n if isinstance(n, int) and not isinstance(n, bool) and 0 < n <= 2**31 else 1


def _wanted_by(body: str) -> int:
    try:
        return wanted_in(json.loads(body))
    except ValueError:
        return 1

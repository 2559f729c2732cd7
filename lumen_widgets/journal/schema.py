"""The journal's tables, and how a file of an earlier release is brought up to them."""

from __future__ import annotations

import json
import secrets
import time
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from lumen_widgets.journal.rows import MARK_FINAL, picture_count_of

if TYPE_CHECKING:
    import sqlite3

# Raised whenever the tables change; a higher number in a file means a newer release.
SCHEMA_VERSION = 7

# A scheme's own ports: an origin that names one is the same as one that does not.
_PORTS = {"http": 80, "https": 443}

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

# Columns keep the names of earlier releases' files. In the code
#   tasks.row is `JournalRow.number`, and pictures.number `StoredPicture.index`;
#   tasks.wanted is `JournalRow.picture_count`: how many pictures the task has;
#   tasks.settled is `JournalRow.is_final`: 1 by MARK_FINAL, 2 if it was DISMISSED;
#   tasks.owner is the process that sends or follows a task, tasks.digest what like requests share;
#   tasks.correlation_id is what the caller knows the call by, from before it is sent;
#   processes.mark and .seen are a process's identity, and its last heartbeat;
#   doomed are picture files to be deleted, written down before they are: a crash forgets none.
_SECOND = """
ALTER TABLE tasks ADD COLUMN owner INTEGER;
ALTER TABLE tasks ADD COLUMN digest TEXT;
ALTER TABLE tasks ADD COLUMN wanted INTEGER NOT NULL DEFAULT 1;
ALTER TABLE tasks ADD COLUMN settled INTEGER NOT NULL DEFAULT 0;
UPDATE tasks SET wanted = count_in(body);
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

# origin: earlier releases wrote it as it was typed; now one service has one spelling.
_THIRD = """
UPDATE tasks SET origin = normal_origin(origin) WHERE origin <> normal_origin(origin);
"""

# tasks.row: earlier releases counted from 1 in each file (see `next_row_number`).
# tasks.settled: they took a task whose id had not been written for one like any other.
_FOURTH = """
ALTER TABLE tasks ADD COLUMN correlation_id TEXT;
CREATE INDEX by_correlation_id ON tasks (correlation_id) WHERE correlation_id IS NOT NULL;
UPDATE tasks SET settled = 0 WHERE settled = 1 AND task_id IS NULL AND state = 'succeeded';
UPDATE pictures SET row = row + first_row();
UPDATE tasks SET row = row + first_row();
"""

# tasks.recipe is JSON: the details of `JournalRow.recipe`, and its digest.
_FIFTH = """
ALTER TABLE tasks ADD COLUMN recipe TEXT;
CREATE TABLE recipe_files (
    row INTEGER NOT NULL REFERENCES tasks (row),
    name TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    media_type TEXT NOT NULL,
    PRIMARY KEY (row, name)
);
CREATE TABLE derived (
    row INTEGER NOT NULL REFERENCES tasks (row),
    number INTEGER NOT NULL,
    made_of TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    media_type TEXT NOT NULL,
    width INTEGER NOT NULL,
    height INTEGER NOT NULL,
    facts TEXT NOT NULL,
    PRIMARY KEY (row, number)
);
CREATE INDEX by_recipe_file ON recipe_files (sha256);
CREATE INDEX by_derived ON derived (sha256);
"""

# stars: by what a user has starred, which may be a picture that no row has.
# lineage: which pictures a request was made with, in their order, by the bytes that were given. Of
# an earlier release's request that is known where a repaint's source, as it was kept, is a picture
# that the journal had before.
_SIXTH = """
CREATE TABLE stars (
    sha256 TEXT PRIMARY KEY,
    since REAL NOT NULL
);
CREATE TABLE lineage (
    row INTEGER NOT NULL REFERENCES tasks (row),
    number INTEGER NOT NULL,
    sha256 TEXT NOT NULL,
    PRIMARY KEY (row, number)
);
CREATE INDEX by_source ON lineage (sha256);
INSERT INTO lineage SELECT row, 0, sha256 FROM recipe_files AS kept WHERE name = 'source' AND (
    EXISTS (SELECT 1 FROM pictures WHERE sha256 = kept.sha256 AND row < kept.row)
    OR EXISTS (SELECT 1 FROM derived WHERE sha256 = kept.sha256 AND row < kept.row));
"""

# by_account: the newest rows of one account are found without a look at any other row.
_SEVENTH = """
CREATE INDEX by_account ON tasks (origin, account);
"""


def next_row_number(last: int) -> int:
    """Return the number of a new row after `last`: the time in milliseconds, then 20 random bits.

    So a number is never used twice, in no file: what is written of a task by its number finds its
    row or none, also where the file was deleted, replaced or restored from a copy meanwhile.
    """
    random = secrets.randbits(20)
    now = (time.time_ns() // 1_000_000 << 20) + random
    # within one millisecond, or after the clock was set back
    return now if now > last else last + 1 + random


def migrate(connection: sqlite3.Connection, version: int) -> None:
    """Bring a file of that version up to this release; the caller's transaction is open."""
    connection.create_function("count_in", 1, _count_in, deterministic=True)
    connection.create_function("normal_origin", 1, _normal_origin, deterministic=True)
    first_row = next_row_number(0)
    connection.create_function("first_row", 0, lambda: first_row, deterministic=True)
    for step in (_FIRST, f"{_SECOND}{MARK_FINAL};", _THIRD, _FOURTH, _FIFTH, _SIXTH, _SEVENTH)[
        version:
    ]:
        # One statement at a time: `executescript` would commit the transaction first, and another
        # process could then see half of the tables.
        for statement in step.split(";"):
            if statement.strip():
                connection.execute(statement)
    connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")


def _count_in(body: str) -> int:
    try:
        return picture_count_of(json.loads(body))
    except ValueError:
        return 1


def _normal_origin(origin: str) -> str:
    """Return an origin without the scheme's own port and without the last dot of its host.

    What cannot be read as one stays as it is.
    """
    try:
        parts = urlsplit(origin)
        host, port = (parts.hostname or "").removesuffix("."), parts.port
    except ValueError:
        return origin
    if not host or parts.scheme not in _PORTS or "@" in parts.netloc:
        return origin
    place = f"[{host}]" if ":" in host else host
    if port is not None and port != _PORTS[parts.scheme]:
        place = f"{place}:{port}"
    return f"{parts.scheme}://{place}{parts.path.rstrip('/')}"

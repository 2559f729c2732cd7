"""What is written down of one task, step by step: sent, taken or not, its end, its pictures."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING

from lumen_widgets.journal import likes
from lumen_widgets.journal.database import explained, state_of, writing
from lumen_widgets.journal.picture_files import is_whole, keep_file
from lumen_widgets.journal.processes import gone, register
from lumen_widgets.journal.rows import stored_body, stored_kind, stored_text
from lumen_widgets.journal.schema import SETTLE, wanted_in

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Collection, Mapping
    from pathlib import Path

    from lumen_widgets.journal.rows import JournalRow

# The service's last words on a task: nothing that arrives later changes them.
_TERMINAL = ("succeeded", "failed", "cancelled")


class Records:
    """What a journal takes down; `Journal` says of what and where."""

    home: Path
    _path: Path

    def begin(
        self,
        *,
        origin: str,
        account: str,
        endpoint: str,
        body: Mapping[str, object],
        digest: str | None = None,
    ) -> int:
        """Write down a request that is about to be sent, and return its row number.

        When this returns, the row is on the disk: whatever happens to this process next, the
        journal knows that something may have been paid for.

        Parameters
        ----------
        origin
            Scheme, host and port of the service.
        account
            Fingerprint of the key.
        endpoint
            ``generations``, ``edits`` or ``inpaint``.
        body
            The JSON object to be sent. ``data:`` URIs are kept as digest and length only.
        digest
            What requests have in common that ask for the same; None where nobody will look for it.

        Raises
        ------
        JournalUnwritable
            The row could not be written: nothing should be sent.

        """
        texts = (origin, account, endpoint, stored_kind(endpoint, body), stored_body(body))
        with writing(self._path) as connection:
            return _insert(connection, texts, "sending", digest=digest, wanted=wanted_in(body))

    def begin_or_find(
        self,
        *,
        origin: str,
        account: str,
        endpoint: str,
        body: Mapping[str, object],
        digest: str,
        passed: Collection[int] = (),
    ) -> int | JournalRow:
        """Write down a request as `begin` does, or return the row of the same one sent before.

        Both are one step: of any number of processes that do this at once, one begins.

        Parameters
        ----------
        origin, account, endpoint, body, digest
            As for `begin`.
        passed
            Rows that do not count.

        Raises
        ------
        JournalUnwritable
            The journal could not be read or written: nothing should be sent.

        """
        texts = (origin, account, endpoint, stored_kind(endpoint, body), stored_body(body))
        with writing(self._path) as connection:
            same = likes.same(connection, self.home, (origin, account, digest), passed)
            if same is not None:
                return same
            return _insert(connection, texts, "sending", digest=digest, wanted=wanted_in(body))

    def accept(self, row: int, *, task_id: str, created: float | None, status: str) -> None:
        """Complete a row with the id that the service gave.

        Parameters
        ----------
        row
            What `begin` returned.
        task_id
            The service's id.
        created
            When the service says it was created, unix seconds.
        status
            The service's word for its state.

        Raises
        ------
        JournalUnwritable
            It could not be written, or the row is no longer there.

        """
        with writing(self._path) as connection:
            if state_of(connection, row) in {"sending", "unknown"}:
                connection.execute(
                    "UPDATE tasks SET task_id = ?, created = ?, state = ?, reason = NULL,"
                    " settled = 0 WHERE row = ?",
                    (task_id, created, status, row),
                )
            _settle(connection, row)

    def refuse(self, row: int, reason: str) -> None:
        """Note that the request was certainly not taken.

        Raises
        ------
        JournalUnwritable
            It could not be written, or the row is no longer there.

        """
        self._give_up(row, "refused", reason)

    def lose(self, row: int, reason: str) -> None:
        """Note that nobody knows whether the request was taken; the request itself stays.

        Raises
        ------
        JournalUnwritable
            It could not be written, or the row is no longer there.

        """
        self._give_up(row, "unknown", reason)

    def adopt(self, *, origin: str, account: str, task_id: str, status: str) -> int:
        """Return the row of a task that this process follows, written if it is new.

        Raises
        ------
        JournalUnwritable
            It could not be written.

        """
        with writing(self._path) as connection:
            known = connection.execute(
                "SELECT row, owner FROM tasks WHERE origin = ? AND account = ? AND task_id = ?",
                (origin, account, task_id),
            ).fetchone()
            if known is None:
                return _insert(connection, (origin, account, None, None, "{}"), status, task_id)
            if known["owner"] is None or known["owner"] in gone(connection):
                connection.execute(
                    "UPDATE tasks SET owner = ? WHERE row = ?", (register(connection), known["row"])
                )
            return int(known["row"])

    def record(
        self,
        row: int,
        *,
        status: str,
        error: Mapping[str, str] | None = None,
        seconds: float | None = None,
    ) -> None:
        """Note what the service last said of a task; a final word is never taken back.

        Parameters
        ----------
        row
            The task's row.
        status
            The service's word.
        error
            ``code`` and ``message`` of a failed task.
        seconds
            With a last word: how long it took to come, for whoever saw all of it.

        Raises
        ------
        JournalUnwritable
            It could not be written, or the row is no longer there.

        """
        said = None if error is None else json.dumps(dict(error))
        with writing(self._path) as connection:
            if state_of(connection, row) not in _TERMINAL:
                connection.execute(
                    "UPDATE tasks SET state = ?, error = coalesce(?, error), seconds = ?"
                    " WHERE row = ?",
                    (stored_text(status), said, seconds if status in _TERMINAL else None, row),
                )
            _settle(connection, row)

    def keep(
        self,
        row: int,
        index: int,
        data: bytes,
        *,
        sha256: str,
        media_type: str,
        width: int,
        height: int,
        count: int | None = None,
    ) -> Path:
        """Keep a picture of a task: its file first, then the row that names it.

        Parameters
        ----------
        row
            The task's row.
        index
            Place in the task's list of pictures, from 0.
        data
            The file's bytes, as the service gave them.
        sha256
            Their hex digest.
        media_type
            ``image/png``, ``image/jpeg`` or ``image/webp``.
        width, height
            In pixels.
        count
            How many pictures the task has, where that is known by now.

        Returns
        -------
        Path
            The file; two tasks with the same picture share one.

        Raises
        ------
        ValueError
            The digest is not that of the data, or the type is not one that is kept.
        JournalUnwritable
            File or row could not be written, or the task's row is no longer there.

        """
        with explained(self.home / "pictures"):
            path = keep_file(self.home, data, sha256=sha256, media_type=media_type)
        with writing(self._path) as connection:
            state_of(connection, row)  # the row must be there
            connection.execute(
                "INSERT OR REPLACE INTO pictures VALUES (?, ?, ?, ?, ?, ?)",
                (row, index, sha256, media_type, width, height),
            )
            connection.execute(
                "UPDATE tasks SET wanted = coalesce(?, wanted) WHERE row = ?", (count, row)
            )
            _settle(connection, row)
            # Nobody deletes a file but in such a transaction and where no row names it: one that
            # went away while this one waited for its turn is written once more.
            if not is_whole(path, len(data)):
                keep_file(self.home, data, sha256=sha256, media_type=media_type)
        return path

    def _give_up(self, row: int, state: str, reason: str) -> None:
        """Close a row that has no answer; one that has an id by now keeps it."""
        with writing(self._path) as connection:
            if state_of(connection, row) == "sending":
                connection.execute(
                    "UPDATE tasks SET state = ?, reason = ? WHERE row = ?",
                    (state, stored_text(reason), row),
                )
            _settle(connection, row)


def _insert(
    connection: sqlite3.Connection,
    texts: tuple[str | None, ...],
    state: str,
    task_id: str | None = None,
    *,
    digest: str | None = None,
    wanted: int = 1,
) -> int:
    """Add a task (origin, account, endpoint, kind, body) of this process; return its row number."""
    row = connection.execute(
        "INSERT INTO tasks (origin, account, endpoint, kind, body, task_id, state, digest, wanted,"
        " owner, submitted) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (*texts, task_id, state, digest, wanted, register(connection), time.time()),
    ).lastrowid
    return int(row or 0)


def _settle(connection: sqlite3.Connection, row: int) -> None:
    connection.execute(f"{SETTLE} AND row = ?", (row,))

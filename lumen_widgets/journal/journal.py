"""The journal itself: what was asked of the service, what came of it, and the pictures."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from lumen_widgets.journal import queries
from lumen_widgets.journal.database import (
    FILE_NAME,
    explained,
    insert,
    reading,
    state_of,
    writing,
)
from lumen_widgets.journal.home import default_home
from lumen_widgets.journal.picture_files import keep_file
from lumen_widgets.journal.rows import stored_body, stored_kind, stored_text

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping

    from lumen_widgets.journal.rows import JournalRow

# The service's last words on a task: nothing that arrives later changes them.
_TERMINAL = ("succeeded", "failed", "cancelled")


class Journal:
    """Every task submitted from one home folder.

    Any number of threads and processes may use the same folder at once. The key is never in it,
    nor are the addresses of results.

    Parameters
    ----------
    home
        The folder; None is `default_home()`. Nothing is read or created until the first call.

    Attributes
    ----------
    home : Path
        The folder, absolute.

    Examples
    --------
    >>> import tempfile
    >>> journal = Journal(tempfile.mkdtemp())
    >>> row = journal.begin(
    ...     origin="https://lumen.example", account="a1", endpoint="generations",
    ...     body={"prompt": "a cat"})
    >>> journal.accept(row, task_id="t1", created=None, status="queued")
    >>> [entry.state for entry in journal.rows()]
    ['queued']

    """

    def __init__(self, home: str | os.PathLike[str] | None = None) -> None:
        # Absolute, so that a later change of folder does not move it.
        self.home = default_home() if home is None else Path(home).expanduser().absolute()
        self._path = self.home / FILE_NAME

    def __repr__(self) -> str:
        return f"Journal({str(self.home)!r})"

    def begin(self, *, origin: str, account: str, endpoint: str, body: Mapping[str, object]) -> int:
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

        Raises
        ------
        JournalUnwritable
            The row could not be written: nothing should be sent.

        """
        text = stored_body(body)
        with writing(self._path) as connection:
            kind = stored_kind(endpoint, body)
            return insert(connection, (origin, account, endpoint, kind, text, None, "sending"))

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
                    "UPDATE tasks SET task_id = ?, created = ?, state = ?, reason = NULL"
                    " WHERE row = ?",
                    (task_id, created, status, row),
                )

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
        """Return the row of a task that is known by its id alone, written if it is new.

        Raises
        ------
        JournalUnwritable
            It could not be written.

        """
        with writing(self._path) as connection:
            known = connection.execute(
                "SELECT row FROM tasks WHERE origin = ? AND account = ? AND task_id = ?",
                (origin, account, task_id),
            ).fetchone()
            if known is not None:
                return int(known["row"])
            return insert(connection, (origin, account, None, None, "{}", task_id, status))

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
        return path

    def find(self, *, origin: str, account: str, task_id: str) -> JournalRow | None:
        """Return the row of a task by the service's id, or None if the journal has none.

        Raises
        ------
        JournalUnwritable
            The file cannot be read.

        """
        with reading(self._path) as connection:
            if connection is None:
                return None
            return queries.by_task(connection, self.home, (origin, account, task_id))

    def durations(
        self, *, origin: str, endpoint: str, body: Mapping[str, object], limit: int = 30
    ) -> list[float]:
        """Return how long the newest like tasks took that succeeded, in seconds, newest first.

        Alike are tasks of the same origin, endpoint, model, size, resolution, quality and n.

        Parameters
        ----------
        origin, endpoint, body
            As for `begin`.
        limit
            How many at most.

        Raises
        ------
        JournalUnwritable
            The file cannot be read.

        """
        kind = stored_kind(endpoint, body)
        with reading(self._path) as connection:
            return [] if connection is None else queries.durations(connection, origin, kind, limit)

    def rows(self, limit: int | None = None) -> list[JournalRow]:
        """Return the newest `limit` rows, newest first; None returns all of them.

        Raises
        ------
        JournalUnwritable
            The file cannot be read.

        """
        with reading(self._path) as connection:
            if connection is None:
                return []
            return queries.newest(connection, self.home, limit)

    def _give_up(self, row: int, state: str, reason: str) -> None:
        """Close a row that has no answer; one that has an id by now keeps it."""
        with writing(self._path) as connection:
            if state_of(connection, row) == "sending":
                connection.execute(
                    "UPDATE tasks SET state = ?, reason = ? WHERE row = ?",
                    (state, stored_text(reason), row),
                )

"""The journal itself: what was asked of the service, what came of it, and the pictures."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from lumen_widgets.journal import claims, pruning, rows
from lumen_widgets.journal.database import (
    FILE_NAME,
    default_home,
    explained,
    reading,
    state_of,
    writing,
)
from lumen_widgets.journal.picture_files import is_whole, keep_file
from lumen_widgets.journal.processes import SEEN_EVERY, gone, register
from lumen_widgets.journal.rows import SETTLE, stored_body, stored_kind, stored_text, wanted_in
from lumen_widgets.journal.search import found_by

if TYPE_CHECKING:
    import os
    import sqlite3
    from collections.abc import Callable, Collection, Mapping, Sequence

    from lumen_widgets.journal.pruning import Pruned
    from lumen_widgets.journal.rows import JournalRow
    from lumen_widgets.journal.search import Search

T = TypeVar("T")

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
        self._attended = 0.0

    def __repr__(self) -> str:
        return f"Journal({str(self.home)!r})"

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
        digests: Sequence[str],
        passed: Collection[int] = (),
    ) -> int | JournalRow:
        """Write down a request as `begin` does, or return the row of the same one sent before.

        Both are one step: of any number of processes that do this at once, one begins.

        Parameters
        ----------
        origin, account, endpoint, body
            As for `begin`.
        digests
            The request's digest, and those of earlier releases that may match too: any of them
            does, and the first is written down.
        passed
            Rows that do not count.

        Raises
        ------
        JournalUnwritable
            The journal could not be read or written: nothing should be sent.

        """
        texts = (origin, account, endpoint, stored_kind(endpoint, body), stored_body(body))
        with writing(self._path) as connection:
            same = rows.same_request(connection, self.home, (origin, account), digests, passed)
            if same is not None:
                return same
            return _insert(connection, texts, "sending", digest=digests[0], wanted=wanted_in(body))

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

    def find(self, *, origin: str, account: str, task_id: str) -> JournalRow | None:
        """Return the row of a task by the service's id, or None if the journal has none.

        Raises
        ------
        JournalUnwritable
            The file cannot be read.

        """
        names = origin, account, task_id
        return self._read(lambda journal: rows.by_task(journal, self.home, names), None)

    def find_same(
        self, *, origin: str, account: str, digests: Sequence[str], passed: Collection[int] = ()
    ) -> JournalRow | None:
        """Return the row of a request sent before, None if there is none to go by.

        Parameters
        ----------
        origin, account, digests, passed
            As for `begin_or_find`, which finds the same.

        Raises
        ------
        JournalUnwritable
            The file cannot be read.

        """
        names = origin, account
        return self._read(
            lambda journal: rows.same_request(journal, self.home, names, digests, passed), None
        )

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
            How many at most: a service's pace changes with the months.

        Raises
        ------
        JournalUnwritable
            The file cannot be read.

        """
        kind = stored_kind(endpoint, body)
        return self._read(lambda journal: rows.durations(journal, origin, kind, limit), [])

    def rows(self, limit: int | None = None) -> list[JournalRow]:
        """Return the newest `limit` rows, newest first; None returns all of them.

        Raises
        ------
        JournalUnwritable
            The file cannot be read.

        """
        return self._read(lambda journal: rows.newest(journal, self.home, limit), [])

    def search(self, search: Search) -> list[int]:
        """Return the numbers of the rows that a search finds, newest first.

        Raises
        ------
        JournalUnwritable
            The file cannot be read.

        """
        return self._read(lambda journal: found_by(journal, search), [])

    def numbered(self, numbers: Sequence[int]) -> list[JournalRow]:
        """Return rows by their numbers, in that order; one that was pruned since is left out.

        Raises
        ------
        JournalUnwritable
            The file cannot be read.

        """
        return self._read(lambda journal: rows.by_numbers(journal, self.home, numbers), [])

    def attend(self) -> None:
        """Say that this process lives and follows tasks; writes about once a minute at most.

        Raises
        ------
        JournalUnwritable
            It could not be written; nothing is tried again for another minute.

        """
        now = time.monotonic()
        if self._attended and now - self._attended < SEEN_EVERY:
            return
        self._attended = now
        with writing(self._path) as connection:
            register(connection)

    def claim(
        self, *, origin: str, account: str, followed: Collection[str] = ()
    ) -> list[JournalRow]:
        """Take over the tasks that nobody follows any more, and return them, oldest first.

        They are those of which more may come: not ended, or ended without all of their pictures.
        Of several processes that do this at once, each task goes to one.

        Parameters
        ----------
        origin, account
            As for `begin`.
        followed
            Ids of the tasks that this process follows already.

        Raises
        ------
        JournalUnwritable
            The journal could not be read or written.

        """
        if not self._path.exists():
            return []
        with writing(self._path) as connection:
            return claims.claim(connection, self.home, (origin, account), followed)

    def lost(self, *, origin: str, account: str) -> list[JournalRow]:
        """Return the requests of which nobody will hear whether they were taken, newest first.

        Raises
        ------
        JournalUnwritable
            The file cannot be read.

        """
        names = origin, account
        return self._read(lambda journal: claims.lost(journal, self.home, names), [])

    def dismiss(self, numbers: Sequence[int]) -> int:
        """Give up on rows of which more might come, and return how many there were.

        Nobody takes them up or counts them for the same request any more, and they may be pruned.
        Should more come of one all the same, it is written down as ever.

        Parameters
        ----------
        numbers
            The rows; one that is settled, or that a living process is just sending, stays as it is.

        Raises
        ------
        JournalUnwritable
            The journal could not be read or written.

        """
        if not self._path.exists():
            return 0
        with writing(self._path) as connection:
            return claims.dismiss(connection, self.home, numbers)

    def prune(
        self, numbers: Sequence[int], *, before: float | None = None, most: int | None = None
    ) -> Pruned:
        """Forget rows that are over and done with, and delete their pictures.

        A task that runs, a request that may have been paid, and a paid task whose pictures never
        arrived stay, however old they are.

        Parameters
        ----------
        numbers
            The rows that may go, newest first.
        before
            Unix seconds: those written earlier go.
        most
            Bytes that their pictures may have in all: the oldest go until they fit.

        Raises
        ------
        JournalUnwritable
            The journal could not be read or written, or a file not be deleted.

        """
        if not self._path.exists():
            return pruning.Pruned(0, 0, 0)
        return pruning.prune(self._path, self.home, numbers, before=before, most=most)

    def _read(self, look: Callable[[sqlite3.Connection], T], nothing: T) -> T:
        """Return what `look` finds in the journal, `nothing` where there is none."""
        with reading(self._path) as connection:
            return nothing if connection is None else look(connection)

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

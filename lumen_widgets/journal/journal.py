"""The journal itself: what was asked of the service, what came of it, and the pictures."""

from __future__ import annotations

import json
import sys
import time
from operator import index
from typing import TYPE_CHECKING, Any, Protocol

from lumen_widgets.journal import ownership, pruning
from lumen_widgets.journal.database import (
    BUSY_TIMEOUT,
    FILE_NAME,
    Database,
    as_journal_unusable,
    default_home,
    folder_path,
    shielded,
    state_of,
)
from lumen_widgets.journal.disk_use import disk_use
from lumen_widgets.journal.kept_pictures import select_by_sha256, select_kept_pictures
from lumen_widgets.journal.lineage import insert_lineage, select_led_to, select_made_from
from lumen_widgets.journal.picture_files import picture_path, store_file
from lumen_widgets.journal.picture_search import find_pictures
from lumen_widgets.journal.places import free_place, place_pictures
from lumen_widgets.journal.processes import HEARTBEAT_INTERVAL, ended_processes, register
from lumen_widgets.journal.recipes import (
    DerivedPicture,
    StoredRecipe,
    insert_derived,
    insert_recipe,
    store_files,
    stored_recipe,
)
from lumen_widgets.journal.rows import (
    MARK_FINAL,
    REFUSED,
    picture_count_of,
    select_by_correlation_id,
    select_by_numbers,
    select_by_task,
    select_durations,
    select_newest,
    select_same_request,
    stored_body,
    stored_kind,
    stored_text,
)
from lumen_widgets.journal.schema import next_row_number
from lumen_widgets.journal.search import find_numbers
from lumen_widgets.journal.stars import select_starred, set_star

if TYPE_CHECKING:
    import os
    import sqlite3
    from collections.abc import Callable, Collection, Mapping, Sequence
    from pathlib import Path

    from lumen_widgets.journal.disk_use import DiskUse
    from lumen_widgets.journal.kept_pictures import KeptPicture, PictureKey
    from lumen_widgets.journal.picture_search import PictureSearch
    from lumen_widgets.journal.pruning import Forgotten, Pruned
    from lumen_widgets.journal.recipes import Recipe
    from lumen_widgets.journal.rows import JournalRow
    from lumen_widgets.journal.search import Search

# The service's words for a task that has ended: nothing that arrives later changes them.
_TERMINAL = ("succeeded", "failed", "cancelled")

# Ours for a request whose task is not known.
_UNANSWERED = ("sending", "unknown", "refused")


class PictureFile(Protocol):
    """A picture's file that is to be kept."""

    @property
    def data(self) -> bytes:
        """All of it."""

    @property
    def sha256(self) -> str:
        """Hex digest of its bytes."""

    @property
    def media_type(self) -> str:
        """``image/png``, ``image/jpeg`` or ``image/webp``."""

    @property
    def width(self) -> int:
        """In pixels."""

    @property
    def height(self) -> int:
        """In pixels."""


class AlreadySent(Exception):
    """The journal has a call of this correlation id that was not refused: nothing was inserted."""


class Journal:
    """Every task submitted from one home folder.

    Any number of threads and processes may use the same folder at once. The key is never in it,
    nor are the addresses of results.

    Parameters
    ----------
    home
        The folder; None is `default_home()`. Nothing is read or created until the first call.
    busy_timeout
        Seconds to wait for a lock that another program holds on the journal's file.
    clock
        Seconds that only go forward, by which heartbeats are spaced.

    Attributes
    ----------
    home : Path
        The folder, absolute.

    Examples
    --------
    >>> import tempfile
    >>> journal = Journal(tempfile.mkdtemp())
    >>> row_number = journal.insert_request(
    ...     origin="https://lumen.example", account="a1", endpoint="generations",
    ...     body={"prompt": "a cat"})
    >>> journal.mark_accepted(row_number, task_id="t1", created=None, status="queued")
    >>> [row.state for row in journal.rows()]
    ['queued']

    """

    def __init__(
        self,
        home: str | os.PathLike[str] | None = None,
        *,
        busy_timeout: float = BUSY_TIMEOUT,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        # Absolute, so that a later change of folder does not move it.
        self.home = default_home() if home is None else folder_path(home)
        self._busy_timeout = busy_timeout
        self._database = Database(self.home / FILE_NAME, busy_timeout)
        self._clock = clock
        self._last_heartbeat: float | None = None

    def __repr__(self) -> str:
        return f"Journal({str(self.home)!r})"

    def stored(self, recipe: Recipe) -> StoredRecipe:
        """Return a recipe that was inserted here, with its files on the disk: it holds no bytes."""
        return stored_recipe(self.home, recipe)

    def with_patience(self, seconds: float) -> Journal:
        """Return the same journal, which waits for `seconds` at most for another program."""
        patience = min(seconds, self._busy_timeout)
        return Journal(self.home, busy_timeout=patience, clock=self._clock)

    @shielded
    def insert_request(
        self,
        *,
        origin: str,
        account: str,
        endpoint: str,
        body: Mapping[str, object],
        digest: str | None = None,
        correlation_id: str | None = None,
        recipe: Recipe | None = None,
        made_from: Sequence[str] = (),
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
            What requests have in common that ask for the same; None if it will not be looked for.
        correlation_id
            What the caller knows this one call by, for `find_submit`.
        recipe
            What other pictures are made with of those that come; its files are kept too.
        made_from
            Hex digests of the pictures that the request is made with.

        Raises
        ------
        AlreadySent
            A call of this correlation id is there already, and was not refused. Of any number of
            processes that do this at once, one inserts a row.
        JournalUnusable
            The row could not be written: nothing should be sent.

        """
        texts = (origin, account, endpoint, stored_kind(endpoint, body), stored_body(body))
        picture_count = picture_count_of(body)
        self._store_files(recipe)

        def insert(connection: sqlite3.Connection) -> int:
            row_number = _insert(
                connection,
                texts,
                "sending",
                digest=digest,
                picture_count=picture_count,
                correlation_id=correlation_id,
            )
            if recipe is not None:
                insert_recipe(connection, self.home, row_number, recipe)
            if made_from:
                insert_lineage(connection, row_number, made_from)
            return row_number

        return self._database.write(insert)

    @shielded
    def find_or_insert_request(
        self,
        *,
        origin: str,
        account: str,
        endpoint: str,
        body: Mapping[str, object],
        digests: Sequence[str],
        excluded: Collection[int] = (),
        correlation_id: str | None = None,
        recipe: Recipe | None = None,
        made_from: Sequence[str] = (),
    ) -> int | JournalRow:
        """Return the row of the same request sent before, else insert one and return its number.

        Both are one step: of any number of processes that do this at once, one inserts a row.

        Parameters
        ----------
        origin, account, endpoint, body
            As for `insert_request`.
        digests
            The request's digest, and those of earlier releases that may match too: any of them
            does, and the first is written down.
        excluded
            Rows that do not count.
        correlation_id, recipe, made_from
            As for `insert_request`.

        Raises
        ------
        AlreadySent
            As for `insert_request`.
        JournalUnusable
            The journal could not be read or written: nothing should be sent.

        """
        texts = (origin, account, endpoint, stored_kind(endpoint, body), stored_body(body))
        picture_count = picture_count_of(body)
        self._store_files(recipe)

        def find_or_insert(connection: sqlite3.Connection) -> int | JournalRow:
            same = select_same_request(connection, self.home, (origin, account), digests, excluded)
            if same is not None:
                return same
            row_number = _insert(
                connection,
                texts,
                "sending",
                digest=digests[0],
                picture_count=picture_count,
                correlation_id=correlation_id,
            )
            if recipe is not None:
                insert_recipe(connection, self.home, row_number, recipe)
            if made_from:
                insert_lineage(connection, row_number, made_from)
            return row_number

        return self._database.write(find_or_insert)

    @shielded
    def insert_given(
        self,
        *,
        origin: str,
        account: str,
        endpoint: str,
        body: Mapping[str, object],
        task_id: str,
        pictures: Sequence[PictureFile],
        made: Mapping[int, tuple[PictureFile, Mapping[str, Any]]],
        digest: str | None = None,
        correlation_id: str | None = None,
        recipe: Recipe | None = None,
        made_from: Sequence[str] = (),
    ) -> int:
        """Write down a task that no service was asked for, complete with its pictures.

        It is all of it or nothing, and never a request that may have been paid. A task that is
        there already stays as it is.

        Parameters
        ----------
        origin, account, endpoint, body, digest, correlation_id, recipe, made_from
            As for `insert_request`.
        task_id
            The task's id, which is its own at that origin.
        pictures
            Its pictures, in their order.
        made
            By the index of one: what was made of it, which may be itself, and as JSON what is known
            of that beside its pixels.

        Returns
        -------
        int
            The number of its row.

        Raises
        ------
        AlreadySent
            As for `insert_request`.
        ValueError
            A digest is not that of its data, or a type is not one that is stored.
        JournalUnusable
            Row or files could not be written.

        """
        texts = (origin, account, endpoint, stored_kind(endpoint, body), stored_body(body))
        files = [*pictures, *(file for file, _ in made.values())]
        self._store_files(recipe)
        with as_journal_unusable(self.home / "pictures"):
            for file in files:
                self._store(file)

        def insert(connection: sqlite3.Connection) -> int:
            found = select_by_task(connection, self.home, (origin, account, task_id))
            if found is not None:
                return found.number
            number = _insert(
                connection,
                texts,
                "succeeded",
                task_id,
                digest=digest,
                picture_count=len(pictures),
                correlation_id=correlation_id,
            )
            connection.executemany(
                "INSERT INTO pictures VALUES (?, ?, ?, ?, ?, ?)",
                [
                    (number, place, one.sha256, one.media_type, one.width, one.height)
                    for place, one in enumerate(pictures)
                ],
            )
            if made or recipe is not None:
                # what was made is only looked for where there is one
                how = StoredRecipe({}, {}, None) if recipe is None else recipe
                insert_recipe(connection, self.home, number, how)
            for place, (file, facts) in made.items():
                path = picture_path(self.home, file.sha256, file.media_type)
                size = (file.width, file.height)
                one = DerivedPicture(
                    place, pictures[place].sha256, file.sha256, file.media_type, *size, path, facts
                )
                insert_derived(connection, number, one)
            if made_from:
                insert_lineage(connection, number, made_from)
            _mark_if_final(connection, number)
            # as for `store_picture`
            for file in files:
                if not picture_path(self.home, file.sha256, file.media_type).exists():
                    self._store(file)
            return number

        return self._database.write(insert)

    @shielded
    def mark_accepted(
        self, row_number: int, *, task_id: str, created: float | None, status: str
    ) -> None:
        """Complete a row with the id that the service gave.

        Parameters
        ----------
        row_number
            What `insert_request` returned.
        task_id
            The service's id.
        created
            When the service says it was created, unix seconds.
        status
            The service's word for its state.

        Raises
        ------
        JournalUnusable
            It could not be written, or the row is no longer there.

        """

        def complete(connection: sqlite3.Connection) -> None:
            state = state_of(connection, row_number)
            if state in _UNANSWERED:
                state = stored_text(status)
            connection.execute(
                "UPDATE tasks SET task_id = coalesce(task_id, ?), created = coalesce(created, ?),"
                " state = ?, reason = NULL, settled = 0 WHERE row = ?",
                (task_id, created, state, row_number),
            )
            _mark_if_final(connection, row_number)

        self._database.update(complete)

    @shielded
    def mark_refused(self, row_number: int, reason: str) -> None:
        """Note that the request was certainly not taken.

        Raises
        ------
        JournalUnusable
            It could not be written, or the row is no longer there.

        """
        self._close(row_number, "refused", reason)

    @shielded
    def mark_unknown(self, row_number: int, reason: str) -> None:
        """Note that the request may have been taken or not; its row stays until it is dismissed.

        Raises
        ------
        JournalUnusable
            It could not be written, or the row is no longer there.

        """
        self._close(row_number, "unknown", reason)

    @shielded
    def find_or_insert_task(
        self,
        *,
        origin: str,
        account: str,
        task_id: str,
        status: str,
        row_number: int | None = None,
    ) -> int:
        """Return the row of a task that this process follows, inserted if it is new.

        This process becomes its owner, unless the owner still runs.

        Parameters
        ----------
        origin, account
            As for `insert_request`.
        task_id, status
            The service's id, and its word so far.
        row_number
            The task's row, where it is known: another task may have had the same id before.

        Raises
        ------
        JournalUnusable
            It could not be written.

        """

        def find_or_insert(connection: sqlite3.Connection) -> int:
            number = row_number
            if number is None:
                found = select_by_task(connection, self.home, (origin, account, task_id))
                number = None if found is None else found.number
            known = connection.execute(
                "SELECT owner FROM tasks WHERE row = ?", (number,)
            ).fetchone()
            if number is None or known is None:
                return _insert(connection, (origin, account, None, None, "{}"), status, task_id)
            if known["owner"] is None or known["owner"] in ended_processes(connection):
                connection.execute(
                    "UPDATE tasks SET owner = ? WHERE row = ?", (register(connection), number)
                )
            return number

        return self._database.write(find_or_insert)

    @shielded
    def record_status(
        self,
        row_number: int,
        *,
        status: str,
        error: Mapping[str, str] | None = None,
        seconds: float | None = None,
        task_id: str | None = None,
    ) -> None:
        """Note what the service last said of a task; a task that has ended stays ended.

        Parameters
        ----------
        row_number
            The number of the task's row.
        status
            The service's word.
        error
            ``code`` and ``message`` of a failed task.
        seconds
            Of a task that has ended: how long it took, if this process saw all of it.
        task_id
            The service's id, for a row that does not have it yet: it may have come at a moment at
            which the journal could not be written.

        Raises
        ------
        JournalUnusable
            It could not be written, or the row is no longer there.

        """
        said = None if error is None else json.dumps(dict(error))
        took = seconds if status in _TERMINAL else None

        def note(connection: sqlite3.Connection) -> None:
            if _state_of(connection, row_number, task_id) not in _TERMINAL:
                connection.execute(
                    "UPDATE tasks SET state = ?, error = coalesce(?, error), seconds = ?"
                    " WHERE row = ?",
                    (stored_text(status), said, took, row_number),
                )
            _mark_if_final(connection, row_number)

        self._database.update(note)

    @shielded
    def store_picture(
        self,
        row_number: int,
        index: int,
        data: bytes,
        *,
        sha256: str,
        media_type: str,
        width: int,
        height: int,
        count: int | None = None,
        task_id: str | None = None,
    ) -> Path:
        """Store a picture of a task: its file first, then the row that names it.

        Parameters
        ----------
        row_number
            The number of the task's row.
        index
            Place in the task's list of pictures, from 0. Another picture that was stored with it
            makes room, and stands behind the others until `place_pictures`.
        data
            The file's bytes, as the service gave them.
        sha256
            Their hex digest.
        media_type
            ``image/png``, ``image/jpeg`` or ``image/webp``.
        width, height
            In pixels.
        count
            How many pictures the task has, where that is known by now; the row is not final before
            as many are stored.
        task_id
            As for `record_status`.

        Returns
        -------
        Path
            The file; two tasks with the same picture share one.

        Raises
        ------
        ValueError
            The digest is not that of the data, or the type is not one that is stored.
        JournalUnusable
            File or row could not be written, or the task's row is no longer there.

        """
        with as_journal_unusable(self.home / "pictures"):
            path = store_file(self.home, data, sha256=sha256, media_type=media_type)

        def name_file(connection: sqlite3.Connection) -> None:
            _state_of(connection, row_number, task_id)  # the row must be there
            free_place(connection, row_number, index, sha256)
            connection.execute(
                "INSERT OR REPLACE INTO pictures VALUES (?, ?, ?, ?, ?, ?)",
                (row_number, index, sha256, media_type, width, height),
            )
            connection.execute(
                "UPDATE tasks SET wanted = coalesce(?, wanted) WHERE row = ?", (count, row_number)
            )
            _mark_if_final(connection, row_number)
            # Files are deleted only in such a transaction and where no row names them: one that
            # was deleted while this transaction waited for its turn is written once more.
            if not path.exists():
                store_file(self.home, data, sha256=sha256, media_type=media_type)

        self._database.update(name_file)
        return path

    @shielded
    def place_pictures(
        self, row_number: int, digests: Sequence[str], *, task_id: str | None = None
    ) -> None:
        """Put the stored pictures of a task, and what was made of them, in their places.

        One that is not named is behind the others, unless its file is gone.

        Parameters
        ----------
        row_number
            The number of the task's row.
        digests
            Hex digests of the task's pictures, in their order: these are all.
        task_id
            As for `record_status`.

        Raises
        ------
        JournalUnusable
            It could not be written, or the row is no longer there.

        """

        def place(connection: sqlite3.Connection) -> None:
            _state_of(connection, row_number, task_id)  # the row must be there
            place_pictures(connection, self.home, row_number, digests)
            _mark_if_final(connection, row_number)

        self._database.update(place)

    @shielded
    def store_derived(
        self,
        row_number: int,
        index: int,
        data: bytes,
        *,
        made_of: str,
        sha256: str,
        media_type: str,
        width: int,
        height: int,
        facts: Mapping[str, Any],
    ) -> None:
        """Store a picture that was made of one that came: its file first, then what names it.

        Parameters
        ----------
        row_number, index
            As for `store_picture`, of the one that came.
        data, sha256, media_type, width, height
            As for `store_picture`; those of the one that came where nothing was changed.
        made_of
            Hex digest of the one that came.
        facts
            JSON: what is known of it beside its pixels.

        Raises
        ------
        ValueError
            The digest is not that of the data, or the type is not one that is stored.
        JournalUnusable
            File or row could not be written, or the task's row is no longer there.

        """
        with as_journal_unusable(self.home / "pictures"):
            path = store_file(self.home, data, sha256=sha256, media_type=media_type)
        made = DerivedPicture(index, made_of, sha256, media_type, width, height, path, facts)

        def name_file(connection: sqlite3.Connection) -> None:
            state_of(connection, row_number)  # the row must be there
            insert_derived(connection, row_number, made)
            # as for `store_picture`
            if not path.exists():
                store_file(self.home, data, sha256=sha256, media_type=media_type)

        self._database.update(name_file)

    @shielded
    def find(self, *, origin: str, account: str, task_id: str) -> JournalRow | None:
        """Return the row of a task by the service's id, or None if the journal has none.

        Raises
        ------
        JournalUnusable
            The file cannot be read.

        """
        with self._database.read() as connection:
            return select_by_task(connection, self.home, (origin, account, task_id))

    @shielded
    def find_submit(self, correlation_id: str) -> JournalRow | None:
        """Return the row of a call by what its caller knows it by, None if none was ever sent.

        Any process finds it, from before the request is sent until its row is pruned.

        Raises
        ------
        JournalUnusable
            The file cannot be read.

        """
        with self._database.read() as connection:
            return select_by_correlation_id(connection, self.home, correlation_id)

    @shielded
    def find_same_request(
        self, *, origin: str, account: str, digests: Sequence[str], excluded: Collection[int] = ()
    ) -> JournalRow | None:
        """Return the row of a request sent before, None if there is none to go by.

        Parameters
        ----------
        origin, account, digests, excluded
            As for `find_or_insert_request`, which finds the same.

        Raises
        ------
        JournalUnusable
            The file cannot be read.

        """
        with self._database.read() as connection:
            return select_same_request(connection, self.home, (origin, account), digests, excluded)

    @shielded
    def durations(
        self, *, origin: str, endpoint: str, body: Mapping[str, object], limit: int = 30
    ) -> list[float]:
        """Return how long the newest like tasks took that succeeded, in seconds, newest first.

        Alike are tasks of the same origin, endpoint, model, size, resolution, quality and n.

        Parameters
        ----------
        origin, endpoint, body
            As for `insert_request`.
        limit
            How many at most: a service's pace changes with the months.

        Raises
        ------
        JournalUnusable
            The file cannot be read.

        """
        kind = stored_kind(endpoint, body)
        with self._database.read() as connection:
            return select_durations(connection, origin, kind, limit)

    @shielded
    def rows(self, limit: int | None = None) -> list[JournalRow]:
        """Return the newest `limit` rows, newest first; None returns all of them.

        Raises
        ------
        JournalUnusable
            The file cannot be read.
        TypeError
            `limit` is no whole number.

        """
        # SQLite knows Python's own numbers only
        count = None if limit is None else min(index(limit), sys.maxsize)
        with self._database.read() as connection:
            return select_newest(connection, self.home, count)

    @shielded
    def search(self, search: Search) -> list[int]:
        """Return the numbers of the rows that a search finds, newest first.

        Raises
        ------
        JournalUnusable
            The file cannot be read.

        """
        with self._database.read() as connection:
            return find_numbers(connection, search)

    @shielded
    def rows_by_number(self, numbers: Sequence[int]) -> list[JournalRow]:
        """Return rows by their numbers, in that order; one that was pruned since is left out.

        Raises
        ------
        JournalUnusable
            The file cannot be read.

        """
        with self._database.read() as connection:
            return select_by_numbers(connection, self.home, numbers)

    @shielded
    def find_pictures(self, search: PictureSearch) -> list[PictureKey]:
        """Return which pictures a search finds, newest first, those of one task in their order.

        Raises
        ------
        JournalUnusable
            The file cannot be read.

        """
        with self._database.read() as connection:
            return find_pictures(connection, search)

    @shielded
    def kept_pictures(self, keys: Sequence[PictureKey]) -> list[KeptPicture]:
        """Return pictures in the order of their keys; one that is no longer there is left out.

        Raises
        ------
        JournalUnusable
            The file cannot be read.

        """
        with self._database.read() as connection:
            return select_kept_pictures(connection, self.home, keys)

    @shielded
    def find_by_sha256(self, sha256: str) -> list[PictureKey]:
        """Return the pictures of that digest, as they are shown or as they came; newest first.

        Raises
        ------
        JournalUnusable
            The file cannot be read.

        """
        with self._database.read() as connection:
            return select_by_sha256(connection, sha256)

    @shielded
    def star(self, sha256: str, starred: bool = True) -> None:
        """Star a picture by its hex digest, or take its star away.

        The journal need not have it; the star of one that it has goes with its last row.

        Raises
        ------
        JournalUnusable
            It could not be written.

        """

        def change(connection: sqlite3.Connection) -> None:
            set_star(connection, sha256, starred=starred)

        # nothing is created to say that nothing is starred
        (self._database.write if starred else self._database.update)(change)

    @shielded
    def starred(self) -> set[str]:
        """Return the hex digests of all starred pictures.

        Raises
        ------
        JournalUnusable
            The file cannot be read.

        """
        with self._database.read() as connection:
            return select_starred(connection)

    @shielded
    def made_from(self, row_number: int) -> list[str]:
        """Return the hex digests of the pictures that a request was made with, in their order.

        Each is of the bytes that were given; `find_by_sha256` finds those that are here.

        Raises
        ------
        JournalUnusable
            The file cannot be read.

        """
        with self._database.read() as connection:
            return select_made_from(connection, row_number)

    @shielded
    def led_to(self, sha256: str) -> list[int]:
        """Return the numbers of the rows that a picture led to, oldest first.

        Parameters
        ----------
        sha256
            Hex digest of the picture as it is shown, or as it came: either finds them.

        Raises
        ------
        JournalUnusable
            The file cannot be read.

        """
        with self._database.read() as connection:
            return select_led_to(connection, sha256)

    @shielded
    def forget(self, numbers: Sequence[int]) -> Forgotten:
        """Delete final rows with their prompts, pictures, stars and lineage.

        A picture, or what was kept for a repaint, stays where another row has it too. A task that
        runs, a request that may have been paid, and a paid task whose pictures never arrived stay.

        Parameters
        ----------
        numbers
            The rows.

        Raises
        ------
        JournalUnusable
            The journal could not be read or written, or a file not be deleted.

        """
        return pruning.forget(self._database, self.home, numbers)

    @shielded
    def heartbeat(self) -> None:
        """Write that this process runs and follows tasks; about once a minute at most.

        Raises
        ------
        JournalUnusable
            It could not be written; nothing is tried again for another minute.

        """
        now = self._clock()
        last = self._last_heartbeat
        if last is not None and now - last < HEARTBEAT_INTERVAL:
            return
        self._last_heartbeat = now
        self._database.write(register)

    @shielded
    def claim(
        self,
        *,
        origin: str,
        account: str,
        followed: Collection[str] = (),
        among: Collection[int] | None = None,
    ) -> list[JournalRow]:
        """Become the owner of the tasks that no process follows now; return them, oldest first.

        They are those of which more may come: not ended, or ended without all of their pictures.
        Of several processes that do this at once, each task goes to one.

        Parameters
        ----------
        origin, account
            As for `insert_request`.
        followed
            What the tasks that this process follows already are known by: ids, or correlation ids.
        among
            The numbers of the rows that may be claimed; None is all.

        Raises
        ------
        JournalUnusable
            The journal could not be read or written.

        """
        return self._database.update(
            lambda connection: ownership.claim(
                connection, self.home, (origin, account), followed, among
            )
        )

    @shielded
    def unknown_outcomes(self, *, origin: str, account: str) -> list[JournalRow]:
        """Return the requests of unknown outcome, newest first.

        They may have been taken or not, and no answer will come.

        Raises
        ------
        JournalUnusable
            The file cannot be read.

        """
        with self._database.read() as connection:
            return ownership.unknown_outcomes(connection, self.home, (origin, account))

    @shielded
    def dismiss(self, numbers: Sequence[int]) -> int:
        """Dismiss rows of which more might come, and return how many there were.

        They are neither claimed nor found as the same request any more, and may be pruned. Should
        more come of one all the same, it is written down as before.

        Parameters
        ----------
        numbers
            The rows; one that is final, or is being sent by a running process, stays as it is.

        Raises
        ------
        JournalUnusable
            The journal could not be read or written.

        """
        return self._database.update(
            lambda connection: ownership.dismiss(connection, self.home, numbers)
        )

    @shielded
    def disk_use(self, numbers: Collection[int] | None = None) -> DiskUse:
        """Return how much of the disk the pictures of rows take; None is all rows.

        Raises
        ------
        JournalUnusable
            The file cannot be read.

        """
        with self._database.read() as connection:
            return disk_use(connection, self.home, numbers)

    @shielded
    def prune(
        self, numbers: Sequence[int], *, before: float | None = None, max_bytes: int | None = None
    ) -> Pruned:
        """Delete final rows and their pictures.

        A task that runs, a request that may have been paid, and a paid task whose pictures never
        arrived stay, however old they are.

        Parameters
        ----------
        numbers
            The rows that may go, newest first.
        before
            Unix seconds: those written earlier go.
        max_bytes
            Bytes that their pictures may have in all: the oldest go until they fit.

        Raises
        ------
        JournalUnusable
            The journal could not be read or written, or a file not be deleted.

        """
        return pruning.prune(self._database, self.home, numbers, before=before, max_bytes=max_bytes)

    def _store(self, file: PictureFile) -> None:
        store_file(self.home, file.data, sha256=file.sha256, media_type=file.media_type)

    def _store_files(self, recipe: Recipe | None) -> None:
        """Store what a recipe needs; nothing should be sent where that cannot be."""
        if recipe is None:
            return
        with as_journal_unusable(self.home / "pictures"):
            store_files(self.home, recipe)

    def _close(self, row_number: int, state: str, reason: str) -> None:
        """Note why a request has no task; one that has an id by now stays as it is."""

        def close(connection: sqlite3.Connection) -> None:
            if state_of(connection, row_number) == "sending":
                connection.execute(
                    "UPDATE tasks SET state = ?, reason = ? WHERE row = ?",
                    (state, stored_text(reason), row_number),
                )
            _mark_if_final(connection, row_number)

        self._database.update(close)


def _insert(
    connection: sqlite3.Connection,
    texts: tuple[str | None, ...],
    state: str,
    task_id: str | None = None,
    *,
    digest: str | None = None,
    picture_count: int = 1,
    correlation_id: str | None = None,
) -> int:
    """Add a task (origin, account, endpoint, kind, body) of this process; return its row number."""
    if (
        correlation_id is not None
        and connection.execute(
            f"SELECT 1 FROM tasks WHERE correlation_id = ? AND NOT {REFUSED}",  # noqa: S608  our own condition
            (correlation_id,),
        ).fetchone()
    ):
        raise AlreadySent
    (last,) = connection.execute("SELECT coalesce(max(row), 0) FROM tasks").fetchone()
    row_number = next_row_number(last)
    owner, now = register(connection), time.time()
    connection.execute(
        "INSERT INTO tasks (row, origin, account, endpoint, kind, body, task_id, state, digest,"
        " wanted, correlation_id, owner, submitted) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (row_number, *texts, task_id, state, digest, picture_count, correlation_id, owner, now),
    )
    return row_number


def _state_of(connection: sqlite3.Connection, row_number: int, task_id: str | None) -> str:
    """Return a task's state, and complete its row with the id if that is missing."""
    state = state_of(connection, row_number)
    connection.execute(
        "UPDATE tasks SET task_id = coalesce(task_id, ?) WHERE row = ?", (task_id, row_number)
    )
    return state


def _mark_if_final(connection: sqlite3.Connection, row_number: int) -> None:
    connection.execute(f"{MARK_FINAL} AND row = ?", (row_number,))

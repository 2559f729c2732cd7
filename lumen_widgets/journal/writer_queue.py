"""The changes to one file that wait in this process, and the thread that writes them.

What has returned is on the disk, and syncing is most of what a write takes. So changes that wait
together are one transaction with one sync, and return after it. Each is a savepoint of its own: one
that fails is undone alone. Where the transaction itself fails, as on a full disk, each is made once
more in one of its own, so that none fails for another.

They are made on a thread of their own, which ends with the last of them: a caller that is
interrupted, at whatever instant, gives up its own place and nobody else's.
"""

from __future__ import annotations

import _thread
import os
import random
import sqlite3
import threading
import time
from collections import deque
from typing import TYPE_CHECKING, Any, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from contextlib import AbstractContextManager
    from pathlib import Path

T = TypeVar("T")

# Seconds between two looks at a file that another program holds, at most: often enough to find the
# moments between the writes of a busy one.
_LOOK = 0.01

# A transaction takes in no more after so many changes, or so many seconds: other programs wait for
# its end. Two hundred take about as long as the sync that they share.
_MOST_CHANGES = 200
_LONGEST_GROUP = 0.03

# Where one transaction follows another, another program's look hits a moment in between only by
# chance: after so many seconds of them the file is left alone for as long as a look is away.
_LONGEST_RUN = 0.2

# Seconds between two looks of a caller at whether anybody writes.
_WAIT_SLICE = 0.1


class HeldByAnother(Exception):
    """Another program holds the file for longer than a writer is willing to wait."""


class CutShort(sqlite3.Error):
    """A change was being written as what wrote it ended; whether it is on the disk is not known."""


class Change(Generic[T]):
    """A change that waits to be written.

    Parameters
    ----------
    path
        The file, by the name by which `begin` opens it.
    begin
        Opens a transaction; it is rolled back if it is left without a commit.
    make
        Makes the change in a transaction, in which others may have made theirs. It is called once
        more where the transaction failed.
    patience
        Seconds to wait while another program holds the file.

    """

    def __init__(
        self,
        path: Path,
        begin: Callable[[], AbstractContextManager[sqlite3.Connection]],
        make: Callable[[sqlite3.Connection], T],
        patience: float,
    ) -> None:
        self.path = path
        self.begin = begin
        self.patience = patience
        self.asked_at = time.monotonic()
        # whether it shares no transaction; and whether the caller may return
        self.is_alone = False
        self.is_over = False
        self._make = make
        self._made: list[T] = []
        self._error: BaseException | None = None
        # Without Python's own objects for threads, whose waits are not safe from an interrupt.
        self._over = threading.Lock()
        self._over.acquire()

    def make(self, connection: sqlite3.Connection) -> None:
        """Make it in a transaction; what it raises undoes this change alone, and is its result.

        Raises
        ------
        sqlite3.Error
            Nothing can be undone alone: the fault may be the file's.

        """
        self._made, self._error = [], None
        connection.execute("SAVEPOINT change")
        try:
            self._made.append(self._make(connection))
        except sqlite3.Error:
            raise
        except Exception as error:  # noqa: BLE001 -- raised where the caller waits
            self._error = error
            connection.execute("ROLLBACK TO change")
        connection.execute("RELEASE change")

    def finish(self, error: BaseException | None = None) -> None:
        """Have the caller return: the transaction is on the disk, or failed by an error."""
        if error is not None:
            self._error = error
        self.is_over = True
        self._over.release()

    def wait(self) -> bool:
        """Wait a moment, and say whether it is over."""
        # both: memory may run out between the one and the other
        return self._over.acquire(timeout=_WAIT_SLICE) or self.is_over

    def result(self) -> T:
        """Return what the change returned, or raise what went wrong."""
        if self._error is not None:
            raise self._error
        return self._made[0]


class WriterQueue:
    """The changes that the threads of this process want to make to one file, in their order.

    However long the queue is, each has its turn: only the time for which another program holds the
    file counts as waiting in vain, and it counts for all who wait at once.
    """

    def __init__(self) -> None:
        # Guards what waits; held for no longer than it takes to read this.
        self._lock = threading.Lock()
        self._waiting: deque[Change[Any]] = deque()
        self._is_started = False
        # Held by the one that writes, which alone uses what follows.
        self._writing = threading.Lock()
        self._held_since: float | None = None

    def __len__(self) -> int:
        """Return how many changes wait, those that are being made not counted."""
        return len(self._waiting)

    def write(self, change: Change[T]) -> T:
        """Have a change written, and return what it returned, once it is on the disk.

        Raises
        ------
        HeldByAnother
            Another program held the file for too long.
        CutShort
            What wrote it ended, as where memory runs out.

        """
        try:
            with self._lock:
                self._waiting.append(change)
                is_first, self._is_started = not self._is_started, True
            if is_first:
                self._start(change)
            while not change.wait():
                if not self._writing.locked():  # who was to start it may have been interrupted
                    self._check_waits(change)
                    self._start(change)
        finally:
            if not change.is_over:
                self._remove(change)
        return change.result()

    def _check_waits(self, change: Change[Any]) -> None:
        """Raise `CutShort` if a change is taken out of the queue, and nobody writes it any more."""
        with self._writing:
            self._check_is_known(change)

    def _check_is_known(self, change: Change[Any]) -> None:
        """Do so where nobody else writes."""
        with self._lock:
            if not change.is_over and change not in self._waiting:
                raise CutShort("what wrote it ended before it was done")

    def _start(self, change: Change[Any]) -> None:
        """Have a thread write all that waits; where there can be none, write this change."""
        try:
            _thread.start_new_thread(self._write_all, ())
        except (RuntimeError, MemoryError):  # too many, or (in a browser) there are none
            self._write_one(change)

    def _write_all(self) -> None:
        with self._writing:
            began = time.monotonic()
            while self._is_more():
                if not self._write_group():
                    time.sleep(random.uniform(_LOOK / 10, _LOOK))  # noqa: S311 -- so that two processes do not keep step
                    began = time.monotonic()
                elif time.monotonic() - began > _LONGEST_RUN:
                    time.sleep(_LOOK)
                    began = time.monotonic()

    def _is_more(self) -> bool:
        with self._lock:
            self._is_started = bool(self._waiting)
            return self._is_started

    def _write_one(self, change: Change[Any]) -> None:
        with self._writing:
            try:
                if self._remove(change):
                    change.is_alone = True
                    self._put_back([change])
                while not change.is_over:
                    if not self._write_group():
                        time.sleep(_LOOK)
                    self._check_is_known(change)
            finally:
                self._is_started = False

    def _write_group(self) -> bool:
        """Write what may go into one transaction; say whether no other program held the file."""
        with self._lock:
            if not self._waiting:  # whoever waited has been interrupted
                return True
            first = self._waiting[0]
        group: list[Change[Any]] = []
        began = time.monotonic()
        try:
            self._commit(first, group)
        except BaseException as error:  # noqa: BLE001 -- raised where the callers wait
            if _is_busy(error):
                self._put_back(group)
                self._refuse_impatient(began)
                return False
            if len(group) > 1:
                for change in group:
                    change.is_alone = True
                self._put_back(group)
            elif group or self._remove(first):
                (group or [first])[0].finish(error)
        else:
            for change in group:
                change.finish()
        self._held_since = None
        return True

    def _commit(self, first: Change[Any], group: list[Change[Any]]) -> None:
        """Make changes in one transaction, and commit it; they go into `group` one by one."""
        with first.begin() as connection:
            began = time.monotonic()
            while (change := self._next(first.path, group, began)) is not None:
                group.append(change)
                change.make(connection)
            began = time.monotonic()
            connection.execute(f"PRAGMA busy_timeout = {int(_WAIT_SLICE * 1000)}")
            while group:
                try:
                    connection.commit()
                except sqlite3.OperationalError as error:
                    # others read it just now; who comes later waits for the commit
                    if not _is_busy(error) or self._refuse_impatient(began, group):
                        raise
                else:
                    return

    def _next(self, path: Path, group: Sequence[Change[Any]], began: float) -> Change[Any] | None:
        """Take out what is made next in a transaction; None if it is complete."""
        with self._lock:
            if not self._waiting or self._waiting[0].path != path:
                return None
            if group and (
                group[0].is_alone
                or self._waiting[0].is_alone
                or len(group) >= _MOST_CHANGES
                or time.monotonic() - began > _LONGEST_GROUP
            ):
                return None
            return self._waiting.popleft()

    def _put_back(self, group: Sequence[Change[Any]]) -> None:
        with self._lock:
            self._waiting.extendleft(reversed(group))

    def _remove(self, change: Change[Any]) -> bool:
        """Take a change out of the queue; say whether it was there."""
        with self._lock:
            try:
                self._waiting.remove(change)
            except ValueError:
                return False
            return True

    def _refuse_impatient(self, began: float, group: Sequence[Change[Any]] = ()) -> bool:
        """Have those return for which another program holds the file for too long.

        Those of an open transaction cannot yet; say whether it has any.
        """
        held_since = self._held_since = began if self._held_since is None else self._held_since
        now = time.monotonic()

        def is_impatient(change: Change[Any]) -> bool:
            return now - max(held_since, change.asked_at) >= change.patience

        with self._lock:
            waiting = list(self._waiting)
        for change in waiting:
            if is_impatient(change) and self._remove(change):
                change.finish(HeldByAnother())
        return any(is_impatient(change) for change in group)


def _is_busy(error: BaseException) -> bool:
    """Say whether another program holds the file."""
    return getattr(error, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_BUSY


# By the real path of the file: it may have several names. Setdefault is one step.
_queues: dict[str, WriterQueue] = {}


def writer_queue(path: Path) -> WriterQueue:
    """Return the queue of the changes to a file."""
    return _queues.setdefault(os.path.realpath(path), WriterQueue())


# Their threads are not there in a forked child. There is no fork on Windows, nor in a browser.
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_queues.clear)

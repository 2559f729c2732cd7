"""The journal's SQLite file: where it is, how it is opened, and what can be wrong with it."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from lumen_widgets.journal.schema import SCHEMA_VERSION, migrate

if TYPE_CHECKING:
    from collections.abc import Iterator

FILE_NAME = "journal.sqlite3"

# Seconds to wait for a lock that another process holds (SQLite's own term). A write here takes
# milliseconds, on NFS some tens of them: a process that holds the lock for ten seconds is stuck.
BUSY_TIMEOUT = 10.0

# What to do about a file that is not what it should be.
_DAMAGED = (
    "The file is damaged: move it away to start a new one, and keep it, since it may still name "
    "paid tasks."
)


class JournalUnusable(OSError):
    """The journal cannot be used as it is.

    Parameters
    ----------
    message
        Which file, and what is wrong with it.
    next_step
        What to do about it.

    """

    def __init__(self, message: str, next_step: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.next_step = next_step

    def __str__(self) -> str:
        return f"{self.message} {self.next_step}".rstrip()

    def __reduce__(self) -> tuple[type[JournalUnusable], tuple[str, str]]:
        return type(self), (self.message, self.next_step)


def default_home() -> Path:
    """Return the folder for journal and pictures; nothing is created.

    Returns
    -------
    Path
        ``LUMEN_HOME`` where it is set, else the platform's folder for user data.

    Examples
    --------
    >>> default_home().is_absolute()
    True

    """
    chosen = os.environ.get("LUMEN_HOME")
    if chosen:
        return Path(chosen).expanduser().absolute()
    import platformdirs  # here, so that importing the journal stays cheap

    return Path(platformdirs.user_data_dir("lumen-widgets", appauthor=False))


@contextlib.contextmanager
def as_journal_unusable(path: Path) -> Iterator[None]:
    """Raise what the file system or SQLite raises about `path` as `JournalUnusable`."""
    try:
        yield
    except JournalUnusable:
        raise
    except (sqlite3.Error, OSError, UnicodeError, OverflowError) as error:
        raise JournalUnusable(
            f"The journal at {path} cannot be used: {error}.", _advice(error)
        ) from error


class Database:
    """The SQLite file of one journal.

    Each connection lives for one use: it is never shared between threads or carried over a fork,
    and no lock is held on a network file system between two calls.

    Parameters
    ----------
    path
        The file, absolute. A file that is not there has no rows: it reads as an empty journal.
    busy_timeout
        Seconds to wait for a lock that another process holds.

    """

    def __init__(self, path: Path, busy_timeout: float = BUSY_TIMEOUT) -> None:
        self._path = path
        self._busy_timeout = busy_timeout

    @property
    def exists(self) -> bool:
        """Whether the file is there."""
        return self._path.exists()

    @contextlib.contextmanager
    def write(self) -> Iterator[sqlite3.Connection]:
        """Open one transaction, committed on a clean exit; the file is created if need be."""
        with as_journal_unusable(self._path):
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            if not self.exists:
                _create_file(self._path)
            with contextlib.closing(self._connect()) as connection:
                # A rollback journal: home folders on hubs are often NFS, where WAL is unsafe.
                connection.execute("PRAGMA journal_mode = DELETE")
                # FULL, and the folder synced too: a row must survive a power cut that follows it.
                connection.execute("PRAGMA synchronous = EXTRA")
                connection.execute("BEGIN IMMEDIATE")
                try:
                    version = _version(connection, self._path)
                    if version < SCHEMA_VERSION:
                        migrate(connection, version)
                    yield connection
                except BaseException:
                    connection.rollback()
                    raise
                connection.commit()

    @contextlib.contextmanager
    def update(self) -> Iterator[sqlite3.Connection]:
        """Open one transaction as `write` does, but create no file."""
        with self.write() if self.exists else _empty_journal() as connection:
            yield connection

    @contextlib.contextmanager
    def read(self) -> Iterator[sqlite3.Connection]:
        """Open the journal to read it; create no file."""
        with as_journal_unusable(self._path), contextlib.ExitStack() as stack:
            connection = stack.enter_context(
                contextlib.closing(self._connect()) if self.exists else _empty_journal()
            )
            version = _version(connection, self._path)
            if version == 0:  # created just now, and without tables so far
                connection = stack.enter_context(_empty_journal())
            elif version < SCHEMA_VERSION:
                with self.write():
                    pass  # opening it to write migrates it to this release
            try:
                yield connection
            except (ValueError, TypeError, LookupError) as error:
                raise JournalUnusable(
                    f"The journal at {self._path} has a row that cannot be read: {error!r}.",
                    _DAMAGED,
                ) from error

    def _connect(self) -> sqlite3.Connection:
        """Connect without ever creating a file."""
        connection = sqlite3.connect(
            f"{self._path.as_uri()}?mode=rw",
            uri=True,
            timeout=self._busy_timeout,
            isolation_level=None,
        )
        connection.row_factory = sqlite3.Row
        return connection


def state_of(connection: sqlite3.Connection, row_number: int) -> str:
    """Return a task's state; a row that is not there any more is an error."""
    found = connection.execute("SELECT state FROM tasks WHERE row = ?", (row_number,)).fetchone()
    if found is None:
        raise JournalUnusable(
            f"The journal has lost its row {row_number}.",
            "The file was removed or replaced while it was in use.",
        )
    return str(found["state"])


def _create_file(path: Path) -> None:
    """Create an empty file that only its owner can read; SQLite gives its own files the same mode.

    The file gets its name only once it is closed: closing a file drops every lock that this process
    holds on it, also those of another thread's transaction (POSIX, and SQLite's own warning).
    """
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f"{path.name}-")
    os.close(handle)
    try:
        os.link(name, path)
    except FileExistsError:
        pass  # another thread or process was faster
    except OSError:
        # a file system without hard links: still only one process can create the name
        with contextlib.suppress(FileExistsError):
            os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
    finally:
        Path(name).unlink()


@contextlib.contextmanager
def _empty_journal() -> Iterator[sqlite3.Connection]:
    """Open a journal without rows, in memory."""
    with contextlib.closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        connection.row_factory = sqlite3.Row
        migrate(connection, 0)
        yield connection


def _version(connection: sqlite3.Connection, path: Path) -> int:
    """Return the file's schema version, 0 for an empty file; a newer one is refused."""
    version = int(connection.execute("PRAGMA user_version").fetchone()[0])
    if version > SCHEMA_VERSION:
        raise JournalUnusable(
            f"The journal at {path} was written by a newer release of lumen_widgets "
            f"(schema {version}; this one knows {SCHEMA_VERSION}).",
            "Upgrade lumen_widgets, or set LUMEN_HOME to another folder.",
        )
    return version


def _advice(error: Exception) -> str:
    """Return what to do about `error`."""
    text = str(error).lower()
    if "malformed" in text or "not a database" in text:
        return _DAMAGED
    if "no such column" in text or "no such table" in text:
        return "It is not of this release: move it away to start a new one, and keep it."
    if "locked" in text:
        return "Another program has held it for too long: end that program, then try again."
    if "full" in text or "no space" in text or "quota" in text:
        return "Make room on that disk, or set LUMEN_HOME to a folder on another one."
    return "Make the folder writable, or set LUMEN_HOME to one that is."

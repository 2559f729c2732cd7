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

# Seconds to wait for another process. A write here takes milliseconds, on NFS some tens of them:
# whoever holds the lock for ten seconds is stuck.
BUSY_SECONDS = 10.0

# What to do about a file that is not what it should be.
_DAMAGED = (
    "The file is damaged: move it away to start a new one, and keep it, since it may still name "
    "paid tasks."
)


class JournalUnwritable(OSError):
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

    def __reduce__(self) -> tuple[type[JournalUnwritable], tuple[str, str]]:
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
def explained(path: Path) -> Iterator[None]:
    """Turn whatever the file system or SQLite raises about `path` into `JournalUnwritable`."""
    try:
        yield
    except JournalUnwritable:
        raise
    except (sqlite3.Error, OSError, UnicodeError, OverflowError) as error:
        raise JournalUnwritable(
            f"The journal at {path} cannot be used: {error}.", _advice(error)
        ) from error


@contextlib.contextmanager
def writing(path: Path) -> Iterator[sqlite3.Connection]:
    """Open the journal for one transaction, made if it is not there; committed on a clean exit.

    The connection lives for this one use: it is never shared between threads or carried over a
    fork, and no lock is held on a network file system between two calls.
    """
    with explained(path):
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not path.exists():
            _make(path)
        with contextlib.closing(_connect(path)) as connection:
            # A rollback journal, because home folders on hubs are often NFS, where WAL is unsafe.
            connection.execute("PRAGMA journal_mode = DELETE")
            # FULL, and the folder synced too: a row must survive a power cut that follows it.
            connection.execute("PRAGMA synchronous = EXTRA")
            connection.execute("BEGIN IMMEDIATE")
            try:
                version = _version(connection, path)
                if version < SCHEMA_VERSION:
                    migrate(connection, version)
                yield connection
            except BaseException:
                connection.rollback()
                raise
            connection.commit()


@contextlib.contextmanager
def reading(path: Path) -> Iterator[sqlite3.Connection | None]:
    """Open the journal to look something up; None, and nothing created, where there is none."""
    with explained(path):
        if not path.exists():
            yield None
            return
        with contextlib.closing(_connect(path)) as connection:
            version = _version(connection, path)
            if 0 < version < SCHEMA_VERSION:
                with writing(path):
                    pass  # opening it to write brings it up to this release
            try:
                yield connection if version else None
            except (ValueError, TypeError, LookupError) as error:
                raise JournalUnwritable(
                    f"The journal at {path} has a row that cannot be read: {error!r}.", _DAMAGED
                ) from error


def state_of(connection: sqlite3.Connection, row: int) -> str:
    """Return a task's state; a row that is not there any more is an error."""
    found = connection.execute("SELECT state FROM tasks WHERE row = ?", (row,)).fetchone()
    if found is None:
        raise JournalUnwritable(
            f"The journal has lost its row {row}.",
            "Someone removed or replaced the file while it was in use.",
        )
    return str(found["state"])


def _make(path: Path) -> None:
    """Make an empty file that only its owner can read; SQLite gives its own files the same mode.

    It gets its name only once it is closed: closing a file drops every lock that this process
    holds on it, also those of another thread's transaction (POSIX, and SQLite's own warning).
    """
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f"{path.name}-")
    os.close(handle)
    try:
        os.link(name, path)
    except FileExistsError:
        pass  # another thread or process was faster
    except OSError:
        # a file system without hard links: the name is still taken by one alone
        with contextlib.suppress(FileExistsError):
            os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
    finally:
        Path(name).unlink()


def _connect(path: Path) -> sqlite3.Connection:
    """Connect without ever creating a file."""
    connection = sqlite3.connect(
        f"{path.as_uri()}?mode=rw", uri=True, timeout=BUSY_SECONDS, isolation_level=None
    )
    connection.row_factory = sqlite3.Row
    return connection


def _version(connection: sqlite3.Connection, path: Path) -> int:
    """Return the file's schema version, 0 for an empty file; a newer one is refused."""
    version = int(connection.execute("PRAGMA user_version").fetchone()[0])
    if version > SCHEMA_VERSION:
        raise JournalUnwritable(
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

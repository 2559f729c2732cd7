"""The journal's SQLite file: where it is, how it is opened, and what can be wrong with it.

SQLite's own locks are for other processes: among the threads of one they are neither fair nor
patient, and a fork copies them, and SQLite's inner ones, in whatever state another thread has them.
So what the threads of a process write waits in one queue (`writer_queue.py`), a fork waits until
none of them is inside, and Ctrl-C ends the wait for a call, never the call.
"""

from __future__ import annotations

import _thread
import contextlib
import functools
import os
import sqlite3
import tempfile
import threading
from pathlib import Path
from typing import TYPE_CHECKING, ParamSpec, TypeVar

from lumen_widgets.journal.schema import SCHEMA_VERSION, migrate
from lumen_widgets.journal.writer_queue import Change, HeldByAnother, writer_queue

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

P = ParamSpec("P")
T = TypeVar("T")

FILE_NAME = "journal.sqlite3"

# Seconds to wait for a lock that another program holds (SQLite's own term). A write here takes
# milliseconds, on NFS some tens of them: a process that holds the lock for ten seconds is stuck.
BUSY_TIMEOUT = 10.0

# What to do about a file that is not what it should be.
_DAMAGED = (
    "The file is damaged: move it away to start a new one, and keep it, since it may still name "
    "paid tasks."
)


_HELD = "Another program has held it for too long: end that program, then try again."

# The file was moved away or replaced since it was opened.
_MOVED = sqlite3.SQLITE_READONLY_DBMOVED

# Seconds between two looks: on Windows Ctrl-C does not end a wait for a lock.
_WAIT_SLICE = 0.1

# Seconds that a fork waits for what other threads have begun. A write takes milliseconds: one that
# takes as long as this hangs in a disk, and the child then has no journal rather than no answer.
_LONGEST_FORK = 10.0

# Seconds for a look at whether SQLite answers in a forked child, which takes milliseconds.
_LONGEST_LOOK = 5.0


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


class RowLost(JournalUnusable):
    """The journal has no such row any more: its file was removed or replaced, or it was pruned."""


def default_home() -> Path:
    """Return the folder for journal and pictures; nothing is created.

    Returns
    -------
    Path
        ``LUMEN_HOME`` where it is set, else the platform's folder for user data.

    Raises
    ------
    JournalUnusable
        ``LUMEN_HOME`` can be no folder.

    Examples
    --------
    >>> default_home().is_absolute()
    True

    """
    chosen = os.environ.get("LUMEN_HOME")
    if chosen:
        return folder_path(chosen)
    import platformdirs  # here, so that importing the journal stays cheap

    return Path(platformdirs.user_data_dir("lumen-widgets", appauthor=False))


def folder_path(given: str | os.PathLike[str]) -> Path:
    """Return the absolute path of a folder that was named; nothing is created.

    Raises
    ------
    JournalUnusable
        It can be no folder: ``~name`` of a user that there is not, or a NUL in it; or it is
        relative, and the working folder is gone.

    """
    with contextlib.suppress(OSError, RuntimeError, TypeError, ValueError):
        path = Path(given).expanduser().absolute()
        if "\0" not in str(path):
            return path
    raise JournalUnusable(
        f"The journal cannot be in {given!r}: that is no folder's path here.",
        "Set LUMEN_HOME or journal= to a folder of your own.",
    )


def shielded(call: Callable[P, T]) -> Callable[P, T]:
    """Have a function run on a thread of its own where Ctrl-C could reach it, on the main one.

    It comes between any two steps of Python, also where a context manager has taken something and
    is not entered yet: then nothing gives it back, and every later call waits for it.

    In a child that a signal handler forks meanwhile there is no such thread: it raises there.
    """

    @functools.wraps(call)
    def wrapper(*args: P.args, **kwargs: P.kwargs) -> T:
        if threading.get_ident() != threading.main_thread().ident:
            return call(*args, **kwargs)
        made: list[T] = []
        raised: list[BaseException] = []
        process = os.getpid()
        # Without Python's own objects for threads, whose waits are not safe from Ctrl-C either.
        running = threading.Lock()
        running.acquire()

        def run() -> None:
            try:
                made.append(call(*args, **kwargs))
            except BaseException as error:  # noqa: BLE001 -- raised where the caller waits
                raised.append(error)
            finally:
                running.release()

        try:
            _thread.start_new_thread(run, ())
        except (RuntimeError, MemoryError):  # none can be started, or (in a browser) there are none
            return call(*args, **kwargs)
        while not running.acquire(timeout=_WAIT_SLICE):
            if os.getpid() != process:
                raise JournalUnusable(
                    "The journal cannot be used for this call: a signal handler forked meanwhile, "
                    "and the call goes on in the parent alone.",
                    "Call it again if it is wanted in this process too.",
                )
        for error in raised:
            raise error
        return made[0]

    return wrapper


@contextlib.contextmanager
def as_journal_unusable(path: Path) -> Iterator[None]:
    """Raise what the file system or SQLite raises about `path` as `JournalUnusable`."""
    try:
        yield
    except JournalUnusable:
        raise
    except HeldByAnother:
        raise JournalUnusable(
            f"The journal at {path} cannot be used: it is locked.", _HELD
        ) from None
    except ForkedMeanwhile:
        raise JournalUnusable(
            f"The journal at {path} cannot be used here: this process was forked while another "
            "thread used SQLite.",
            "Start the process with multiprocessing's spawn method, or fork before the first call.",
        ) from None
    except MemoryError:  # SQLite's too
        raise JournalUnusable(
            f"The journal at {path} cannot be used: memory has run out.",
            "Close other programs or delete what you need no more, then try again.",
        ) from None
    except (sqlite3.Error, OSError, UnicodeError, OverflowError) as error:
        raise JournalUnusable(
            f"The journal at {path} cannot be used: {error}.", _advice(error)
        ) from error


class ForkedMeanwhile(Exception):
    """The process was forked while another thread used a journal, whose locks nothing frees."""


class _ForkGate:
    """Has a fork wait until no other thread is inside of SQLite."""

    def __init__(self) -> None:
        self._broken = self._unproven = False
        self._reset()

    def _reset(self) -> None:
        # Reentrant, for a signal handler that forks.
        self._changed = threading.Condition(threading.RLock())
        self._inside: dict[int, int] = {}
        self._forking = False

    @contextlib.contextmanager
    def inside(self) -> Iterator[None]:
        me = threading.get_ident()
        with self._changed:
            if self._unproven:
                self._unproven, self._broken = False, self._broken or not _sqlite_answers()
            if self._broken:
                raise ForkedMeanwhile
            while self._forking and me not in self._inside:
                self._changed.wait()
            self._inside[me] = self._inside.get(me, 0) + 1
        try:
            yield
        finally:
            with self._changed:
                self._inside[me] -= 1
                if not self._inside[me]:
                    del self._inside[me]
                self._changed.notify_all()

    def before_fork(self) -> None:
        self._changed.acquire()
        self._forking = True
        self._changed.wait_for(lambda: not self._others(), _LONGEST_FORK)

    def after_fork_in_parent(self) -> None:
        self._forking = False
        self._changed.notify_all()
        self._changed.release()

    def after_fork_in_child(self) -> None:
        own = self._inside.get(threading.get_ident(), 0)
        self._broken = self._broken or self._others()
        self._unproven = True
        self._reset()
        if own:  # a signal handler forked: what it interrupted goes on in the child too
            self._inside[threading.get_ident()] = own

    def _others(self) -> bool:
        return bool(self._inside.keys() - {threading.get_ident()})


def _sqlite_answers() -> bool:
    """Say whether SQLite works in a forked child.

    Others use it too, such as IPython's history in a thread of its own: what that held of SQLite's
    locks for the whole process at the fork is never given back, and a call would hang for ever.
    """
    answered = threading.Event()

    def ask(address: str, question: str) -> None:
        # an error is an answer too, as where a disk is full
        with (
            contextlib.suppress(sqlite3.Error),
            contextlib.closing(sqlite3.connect(address, uri=True, isolation_level=None)) as asked,
        ):
            asked.execute("SELECT randomblob(8)")
            asked.execute(question)

    def look() -> None:
        try:
            with tempfile.TemporaryDirectory() as folder:
                ask(Path(folder, "look.sqlite3").as_uri(), "CREATE TABLE look (at)")
        except OSError:
            # No folder is to be had: to read what is no database takes the same locks.
            ask(f"{Path(__file__).as_uri()}?mode=ro", "PRAGMA schema_version")
        answered.set()

    threading.Thread(target=look, name="lumen-look", daemon=True).start()
    return answered.wait(_LONGEST_LOOK)


_gate = _ForkGate()
inside_sqlite = _gate.inside

# There is no fork on Windows, nor in a browser.
if hasattr(os, "register_at_fork"):
    os.register_at_fork(
        before=_gate.before_fork,
        after_in_parent=_gate.after_fork_in_parent,
        after_in_child=_gate.after_fork_in_child,
    )


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
        """Whether the file is there.

        Raises
        ------
        JournalUnusable
            That cannot be told, as where a network folder is stale, or the right to it has ended.

        """
        with as_journal_unusable(self._path):
            try:
                self._path.stat()
            except (FileNotFoundError, NotADirectoryError):
                return False
            return True

    def write(self, make: Callable[[sqlite3.Connection], T]) -> T:
        """Make a change, and return what it returned, once it is on the disk.

        Parameters
        ----------
        make
            Makes the change in a transaction, in which others may have made theirs, and of which
            it is undone if it raises. It may be called again, where the transaction failed. The
            file is created if need be.

        """
        with as_journal_unusable(self._path):
            change = Change(self._path, self._begin, make, self._busy_timeout)
            return writer_queue(self._path).write(change)

    def update(self, make: Callable[[sqlite3.Connection], T]) -> T:
        """Make a change as `write` does, but create no file."""
        if self.exists:
            return self.write(make)
        with _empty_journal() as connection:
            return make(connection)

    @contextlib.contextmanager
    def _begin(self) -> Iterator[sqlite3.Connection]:
        """Open a transaction, unless another program holds the file."""
        with inside_sqlite(), contextlib.ExitStack() as stack:
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            if not self.exists:
                _create_file(self._path)
            connection = stack.enter_context(contextlib.closing(self._connect()))
            # who waits for another program does it outside of SQLite, where a fork does no harm
            connection.execute("PRAGMA busy_timeout = 0")
            # A rollback journal: home folders on hubs are often NFS, where WAL is unsafe.
            connection.execute("PRAGMA journal_mode = DELETE")
            # FULL, and the folder synced too: a row must survive a power cut after it.
            connection.execute("PRAGMA synchronous = EXTRA")
            connection.execute("BEGIN IMMEDIATE")
            try:
                version = _version(connection, self._path)
                if version < SCHEMA_VERSION:
                    migrate(connection, version)
                yield connection
            finally:
                connection.rollback()  # does nothing after a commit

    @contextlib.contextmanager
    def read(self) -> Iterator[sqlite3.Connection]:
        """Open the journal to read it; create no file."""
        with as_journal_unusable(self._path), contextlib.ExitStack() as stack:
            connection, version = stack.enter_context(self._open_to_read())
            if version < SCHEMA_VERSION:
                stack.close()
                self.write(lambda _: None)  # opening it to write migrates it to this release
                connection, _ = stack.enter_context(self._open_to_read())
            try:
                yield connection
            except (ValueError, TypeError, LookupError) as error:
                raise JournalUnusable(
                    f"The journal at {self._path} has a row that cannot be read: {error!r}.",
                    _DAMAGED,
                ) from error

    @contextlib.contextmanager
    def _open_to_read(self) -> Iterator[tuple[sqlite3.Connection, int]]:
        """Open the file, or an empty journal where it has no tables; return its version too."""
        with inside_sqlite(), contextlib.ExitStack() as stack:
            connection = stack.enter_context(
                contextlib.closing(self._connect()) if self.exists else _empty_journal()
            )
            version = _version(connection, self._path)
            if version == 0:  # created just now, and without tables so far
                connection = stack.enter_context(_empty_journal())
                version = SCHEMA_VERSION
            yield connection, version

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
        raise RowLost(
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
        return _HELD
    if getattr(error, "sqlite_errorcode", None) == _MOVED:
        return "The file was moved or replaced just now: try again."
    if "full" in text or "no space" in text or "quota" in text:
        return "Make room on that disk, or set LUMEN_HOME to a folder on another one."
    return "Make the folder writable, or set LUMEN_HOME to one that is."

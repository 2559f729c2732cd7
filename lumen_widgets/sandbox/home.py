"""The folder of one sandbox: its database, pictures and log, and the file that says where it runs.

``LUMEN_HOME/sandbox`` if that is set, else in the user's runtime folder of this platform. Only
its user may read it: it holds the key. The key stays the same for as long as the folder is there,
so that what was submitted to a server that was killed goes on with the next one.

A release that finds a server of another one in that folder has a folder in it,
``releases/VERSION``, until it has not been used for a day.
"""

from __future__ import annotations

import errno
import json
import os
import re
import secrets
import stat
import warnings
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path

from lumen_widgets.sandbox.errors import SandboxError

# The number changes with the tables: an older database is then left alone rather than misread.
_DATABASE = "sandbox-1.sqlite3"
_PORT = "port"
# The prefix tells clients that the server has to prove that it knows the key.
_KEY = re.compile(r"sk-lumen-sandbox-[\w-]{32}", re.ASCII)
# A runtime file has two hundred bytes; more is none of ours.
_MAX_FILE = 10_000
# below are the ports of an administrator's servers
_FIRST_PORT, _LAST_PORT = 1024, 65535
_PRIVATE_FOLDER = 0o700
PRIVATE_FILE = 0o600
_OTHERS = 0o077


@dataclass(frozen=True)
class Running:
    """What the runtime file says of a server: where it is, its key, version and process id."""

    version: str
    url: str
    api_key: str = field(repr=False)
    pid: int


@dataclass(frozen=True)
class Home:
    """The folder of one sandbox.

    Parameters
    ----------
    path
        The folder, which `open_home` has made.

    """

    path: Path

    @property
    def database(self) -> Path:
        """The file with tasks and credits."""
        return self.path / _DATABASE

    @property
    def log(self) -> Path:
        """The server's log."""
        return self.path / "server.log"

    @property
    def lock(self) -> Path:
        """The file that is locked while a server is started."""
        return self.path / "start.lock"

    def of_release(self, version: str) -> Home:
        """Return the home of a release that cannot use this one; its folder may not be there."""
        return Home(self.path / "releases" / re.sub(r"[^\w.+!-]", "_", version))

    def key(self) -> str:
        """Return the key of the servers here; the first one makes it up."""
        key = _read_own(self.path / "key")
        if key is None or not _KEY.fullmatch(key):
            key = f"sk-lumen-sandbox-{secrets.token_urlsafe(24)}"
            _write_own(self.path / "key", key)
        return key

    @property
    def last_port(self) -> int:
        """The port that the last server here had; 0 if there was none, or it cannot be read."""
        try:
            port = int((self.path / _PORT).read_text("ascii"))
        except (OSError, ValueError):
            return 0
        return port if _FIRST_PORT <= port <= _LAST_PORT else 0

    def remember_port(self, port: int) -> None:
        """Keep a port for the next server here, if it can be written down."""
        with suppress(OSError):
            (self.path / _PORT).touch(mode=PRIVATE_FILE)
            (self.path / _PORT).write_text(f"{port}", "ascii")

    @property
    def _runtime(self) -> Path:
        return self.path / "runtime.json"

    def folder(self, name: str) -> Path:
        """Return a folder in this one, made if it is not there."""
        folder = self.path / name
        folder.mkdir(mode=_PRIVATE_FOLDER, exist_ok=True)
        return folder

    def read_running(self) -> Running | None:
        """Return what the runtime file says; None if there is none of this user's server."""
        try:
            said = json.loads(_read_own(self._runtime) or "")
            running = Running(said["version"], said["url"], said["api_key"], said["pid"])
        except (ValueError, LookupError, TypeError, RecursionError):
            return None
        texts = running.version, running.url, running.api_key
        return running if all(isinstance(text, str) for text in texts) else None

    def write_running(self, running: Running) -> None:
        """Say where the server runs, whole or not at all."""
        _write_own(self._runtime, json.dumps(asdict(running)))

    def remove_running(self) -> None:
        """Say that no server runs any more."""
        self._runtime.unlink(missing_ok=True)


def open_home(path: Path | str | None = None) -> Home:
    """Return a sandbox's folder, made and closed to others if need be.

    Parameters
    ----------
    path
        The folder; None is the user's own.

    Returns
    -------
    Home

    Raises
    ------
    SandboxError
        If the folder cannot be made, or belongs to another user.

    """
    folder = _absolute(path) if path is not None else user_folder()
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=_PRIVATE_FOLDER)
        _close_to_others(folder)
    except (OSError, ValueError) as error:
        raise unusable(folder, error) from None
    return Home(folder)


def unusable(folder: Path | str, error: Exception) -> SandboxError:
    """Return the error of a folder that cannot be used: what is wrong, and what to do."""
    reason = getattr(error, "strerror", None) or str(error)
    name = getattr(error, "filename", None)
    place = f": {name}" if name and str(name) != str(folder) else ""
    return SandboxError(
        f"The sandbox cannot use the folder {folder} ({reason}{place})."
        " Make room there if its disk is full, or set LUMEN_HOME to a folder of your own."
    )


def user_folder() -> Path:
    """Return the folder of this user's own sandbox, which may not be there yet."""
    home = os.environ.get("LUMEN_HOME")
    if home:
        return _absolute(home) / "sandbox"
    import platformdirs

    try:
        with warnings.catch_warnings():
            # That it falls back to the temporary folder is no news to a user: it works there too.
            warnings.simplefilter("ignore")
            runtime = platformdirs.user_runtime_path("lumen_widgets", appauthor=False)
        # Under /tmp others can make the folder first, and then change what is in it.
        for folder in (runtime.parent, runtime):
            if folder.exists() and not _is_own(folder):
                raise unusable(folder, _not_own())
    except SandboxError:
        raise
    except (OSError, RuntimeError) as error:
        raise unusable("of running programs", error) from None
    return runtime / "sandbox"


def _absolute(path: Path | str) -> Path:
    try:
        return Path(path).expanduser().absolute()
    except (OSError, RuntimeError, ValueError) as error:  # no such user, no folder's name
        raise unusable(path, error) from None


def _not_own() -> PermissionError:
    return PermissionError(errno.EPERM, "it belongs to another user")


def _read_own(path: Path) -> str | None:
    """Return what a file says if only this user can have written or read it, else None."""
    # A link or a pipe that somebody left there is not followed and not waited for.
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
    try:
        with open(os.open(path, flags), "rb") as file:  # noqa: PTH123 - a descriptor, no path
            if not _is_private(os.fstat(file.fileno()), path.parent):
                return None
            return file.read(_MAX_FILE).decode()
    except (OSError, ValueError):
        return None


def _is_private(found: os.stat_result, folder: Path) -> bool:
    if os.name != "posix":
        return True
    if not stat.S_ISREG(found.st_mode) or found.st_uid != os.getuid():
        return False
    # Where a folder stays open although it was closed, the disk keeps no permissions at all.
    return not found.st_mode & _OTHERS or bool(folder.stat().st_mode & _OTHERS)


def _write_own(path: Path, text: str) -> None:
    """Write a file for this user alone, whole or not at all."""
    part = path.with_suffix(".part")
    part.unlink(missing_ok=True)
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE_FILE)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
    part.replace(path)


def _close_to_others(folder: Path) -> None:
    """Close a folder to others; an OSError if it is not the user's own."""
    if not _is_own(folder):
        raise _not_own()
    if os.name == "posix" and stat.S_IMODE(folder.stat().st_mode) != _PRIVATE_FOLDER:
        folder.chmod(_PRIVATE_FOLDER)


def _is_own(folder: Path) -> bool:
    """Tell whether a folder is the user's; where there are no user ids, access lists see to it."""
    found = folder.lstat()
    return os.name != "posix" or (stat.S_ISDIR(found.st_mode) and found.st_uid == os.getuid())

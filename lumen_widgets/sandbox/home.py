"""The folder of one sandbox: its database, pictures and log, and the file that says where it runs.

``LUMEN_HOME/sandbox`` if that is set, else in the user's runtime folder of this platform. Only
its user may read it: the runtime file holds the key.
"""

from __future__ import annotations

import errno
import json
import os
import stat
import warnings
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path

from lumen_widgets.sandbox.errors import SandboxError

# The number changes with the tables: an older database is then left alone rather than misread.
_DATABASE = "sandbox-1.sqlite3"
_PORT = "port"
# below are the ports of an administrator's servers
_FIRST_PORT, _LAST_PORT = 1024, 65535
_PRIVATE_FOLDER = 0o700
PRIVATE_FILE = 0o600


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
        """Return what the runtime file says; None if there is none that can be read."""
        try:
            return Running(**json.loads(self._runtime.read_text("utf-8")))
        except (OSError, ValueError, TypeError):
            return None

    def write_running(self, running: Running) -> None:
        """Say where the server runs, whole or not at all."""
        part = self._runtime.with_suffix(".part")
        part.unlink(missing_ok=True)
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE_FILE)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            json.dump(asdict(running), file)
        part.replace(self._runtime)

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
    folder = Path(path).expanduser().absolute() if path is not None else user_folder()
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=_PRIVATE_FOLDER)
        _close_to_others(folder)
    except OSError as error:
        raise SandboxError(
            f"The sandbox cannot use the folder {folder} ({error.strerror})."
            " Set LUMEN_HOME to a folder of your own."
        ) from None
    return Home(folder)


def user_folder() -> Path:
    """Return the folder of this user's own sandbox, which may not be there yet."""
    home = os.environ.get("LUMEN_HOME")
    if home:
        return Path(home).expanduser().absolute() / "sandbox"
    import platformdirs

    with warnings.catch_warnings():
        # That it falls back to the temporary folder is no news to a user: it works there too.
        warnings.simplefilter("ignore")
        runtime = platformdirs.user_runtime_path("lumen_widgets", appauthor=False)
    # Under /tmp others can make the folder first, and then change what is in it.
    for folder in (runtime.parent, runtime):
        if folder.exists() and not _is_own(folder):
            raise SandboxError(
                f"The folder {folder} belongs to another user."
                " Set LUMEN_HOME to a folder of your own."
            )
    return runtime / "sandbox"


def _close_to_others(folder: Path) -> None:
    """Close a folder to others; an OSError if it is not the user's own."""
    if not _is_own(folder):
        raise PermissionError(errno.EPERM, "it belongs to another user")
    if os.name == "posix" and stat.S_IMODE(folder.stat().st_mode) != _PRIVATE_FOLDER:
        folder.chmod(_PRIVATE_FOLDER)


def _is_own(folder: Path) -> bool:
    """Tell whether a folder is the user's; where there are no user ids, access lists see to it."""
    found = folder.lstat()
    return os.name != "posix" or (stat.S_ISDIR(found.st_mode) and found.st_uid == os.getuid())

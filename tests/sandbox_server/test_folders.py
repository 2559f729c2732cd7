"""A folder, a disk or a machine that the sandbox cannot use: an error that says so, at once."""

from __future__ import annotations

import errno
import os
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import pytest

from lumen_widgets import sandbox
from lumen_widgets.sandbox.home import open_home
from lumen_widgets.sandbox.store import Store
from tests.sandbox_server.in_process import InProcess
from tests.sandbox_server.pictures import encoded

if TYPE_CHECKING:
    from lumen_widgets.sandbox.home import Home

ADVICE = "set LUMEN_HOME to a folder of your own"


def _raises(error: Exception) -> Any:
    def fail(*_arguments: object, **_named: object) -> NoReturn:
        raise error

    return fail


@pytest.mark.parametrize(
    "error", [PermissionError("runtime directory /tmp/runtime-0 is below /tmp"), RuntimeError("no")]
)
def test_a_platform_without_a_runtime_folder(
    monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    """What the platform's own folder is refused for is said, with what to set."""
    monkeypatch.delenv("LUMEN_HOME")
    monkeypatch.setattr("platformdirs.user_runtime_path", _raises(error))
    with pytest.raises(sandbox.SandboxError, match=ADVICE) as caught:
        sandbox.start()
    assert str(error) in str(caught.value)


@pytest.mark.parametrize(
    "home", ["~no-such-user/lumen", "/dev/null/lumen", "/proc/lumen", "x" * 300]
)
def test_a_home_that_cannot_be(monkeypatch: pytest.MonkeyPatch, home: str) -> None:
    """A user that is not there, a file, a system's folder, a name that is too long."""
    monkeypatch.setenv("LUMEN_HOME", home)
    with pytest.raises(sandbox.SandboxError, match=ADVICE):
        sandbox.start()


def test_a_working_folder_that_is_gone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A relative LUMEN_HOME then leads nowhere."""
    monkeypatch.setenv("LUMEN_HOME", "lumen")
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    with pytest.raises(sandbox.SandboxError, match=ADVICE):
        sandbox.start()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a disk that is always full")
def test_a_full_disk(own_home: Home) -> None:
    """The log cannot say it, so the error does."""
    open_home(own_home.path).log.symlink_to("/dev/full")
    with pytest.raises(sandbox.SandboxError, match="No space left on device"):
        sandbox.start()


@pytest.mark.parametrize("name", ["start.lock", "server.log"])
def test_a_file_that_cannot_be_written(own_home: Home, name: str) -> None:
    """The first one that is touched, and the log."""
    (open_home(own_home.path).path / name).mkdir()
    with pytest.raises(sandbox.SandboxError, match=ADVICE):
        sandbox.start()


def test_a_disk_that_is_read_only(own_home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever could be opened before."""
    open_home(own_home.path)
    error = OSError(errno.EROFS, os.strerror(errno.EROFS))
    monkeypatch.setattr(Path, "touch", _raises(error))
    with pytest.raises(sandbox.SandboxError, match="Read-only file system"):
        sandbox.start()


@pytest.mark.skipif(sys.platform == "win32", reason="has other locks")
def test_a_disk_without_locks(own_home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is said at once, and not taken for another process that starts the sandbox."""
    open_home(own_home.path)
    error = OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))
    monkeypatch.setattr("fcntl.flock", _raises(error))
    with pytest.raises(sandbox.SandboxError, match="No locks available"):
        sandbox.start()


def test_a_machine_without_processes(own_home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    """In a browser, or where there are too many already."""
    open_home(own_home.path)
    error = OSError(errno.EAGAIN, "emscripten does not support processes.")
    monkeypatch.setattr(subprocess, "Popen", _raises(error))
    with pytest.raises(sandbox.SandboxError, match=r"No process can be started .*emscripten"):
        sandbox.start()


@pytest.mark.parametrize("name", ["key", "pictures", "server.log"])
def test_a_server_says_which_file_is_in_its_way(tmp_path: Path, name: str) -> None:
    """In a sentence, before it prints an address."""
    home = open_home(tmp_path / "home")
    if name == "pictures":
        (home.path / name).write_text("in the way")
    else:
        (home.path / name).mkdir()
    with pytest.raises(sandbox.SandboxError, match=name):
        sandbox.serve(0, home.path)


@pytest.mark.slow
def test_a_server_that_cannot_start_says_why(own_home: Home) -> None:
    """Its last words are in the error, not in the log alone."""
    (open_home(own_home.path).path / "pictures").write_text("in the way")
    with pytest.raises(sandbox.SandboxError, match="File exists"):
        sandbox.start()


class _FullStore(Store):
    """A store on a disk that has become full."""

    def submit(self, *_arguments: Any, **_named: Any) -> NoReturn:
        """Fail."""
        raise sqlite3.OperationalError("database or disk is full")


def test_a_submit_on_a_full_disk_is_refused(tmp_path: Path) -> None:
    """In the words of the API, so that a client knows that nothing was charged."""
    answer = InProcess(tmp_path, store=_FullStore).submit()
    assert answer.status == 503
    assert answer.json()["error"]["code"] == "storage_failed"


def test_an_upload_on_a_full_disk_is_refused(
    in_process: InProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same for a file."""
    error = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    monkeypatch.setattr(Path, "write_bytes", _raises(error))
    assert in_process.call("POST", "/sandbox/uploads", encoded()).status == 503

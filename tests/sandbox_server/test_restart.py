"""A server that was killed and started again, and servers of two releases side by side."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

import lumen_widgets as lumen
from lumen_widgets import sandbox
from lumen_widgets.sandbox.version import code_digest, version
from tests.conditions import until
from tests.sandbox_server.real_server import alive, running_in

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lumen_widgets.sandbox.home import Home

pytestmark = pytest.mark.slow

OTHER = "0.0.1"
# what its server is known by: it has the same code
_PLACE = f"{OTHER}+{code_digest(Path(sandbox.__file__).parent)}"

SUBMIT = """
import os
import lumen_widgets as lumen

lumen.use("sandbox")
lumen.sandbox.settings(latency=(2, 2))
print(lumen.generate("a fox", model="sandbox-always-fails", wait=False).id, flush=True)
os._exit(0)
"""


def _killed(home: Home) -> None:
    pid = running_in(home).pid
    os.kill(pid, signal.SIGKILL)
    until(lambda: not alive(pid))


@pytest.mark.usefixtures("own_home")
def test_settings_take_the_numbers_of_others() -> None:
    """Numpy's are numbers, one by one and as an array; what is none is said in words."""
    pair = np.array([2, 8])
    assert sandbox.settings(latency=pair, workers=np.int64(2))["latency"] == [2.0, 8.0]
    assert sandbox.settings(fail_rate=Fraction(1, 4), uploads=np.False_)["fail_rate"] == 0.25
    for wrong in (object(), Fraction(10**400)):
        with pytest.raises(sandbox.SandboxError, match="A setting is a number"):
            sandbox.settings(fail_rate=wrong)


def test_a_waiting_task_goes_on_with_the_next_server(own_home: Home) -> None:
    """The sandbox is killed while a notebook waits, and started again by another one."""
    lumen.use("sandbox")
    sandbox.settings(latency=(2, 2))
    task = lumen.generate("a fox", model="sandbox-always-fails", wait=False)
    _killed(own_home)
    code = "from lumen_widgets import sandbox; sandbox.start()"
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
    with pytest.raises(lumen.TaskFailed, match="sandbox_failure"):
        task.wait(60)


def test_a_new_kernel_takes_up_tasks_from_before_the_restart(own_home: Home) -> None:
    """The account in the journal is the same: `resume` finds what was submitted before."""
    told = subprocess.run(
        [sys.executable, "-c", SUBMIT], capture_output=True, text=True, check=True, timeout=60
    ).stdout.strip()
    _killed(own_home)
    lumen.use("sandbox")
    (task,) = lumen.resume()
    assert task.id == told
    with pytest.raises(lumen.TaskFailed, match="sandbox_failure"):
        task.wait(60)


@pytest.fixture
def other_release(own_home: Home, tmp_path: Path) -> Iterator[Path]:
    """Return a folder that makes this package another release, where it comes first on the path."""
    folder = tmp_path / "other"
    (folder / f"lumen_widgets-{OTHER}.dist-info").mkdir(parents=True)
    metadata = f"Metadata-Version: 2.1\nName: lumen_widgets\nVersion: {OTHER}\n"
    (folder / f"lumen_widgets-{OTHER}.dist-info" / "METADATA").write_text(metadata)
    yield folder
    running = own_home.of_release(_PLACE).read_running()
    if running is not None and alive(running.pid):
        os.kill(running.pid, signal.SIGKILL)
        until(lambda: not alive(running.pid))


def _start_of(release: Path) -> str:
    """Return where a notebook of another release has its sandbox."""
    path = os.pathsep.join([str(release), *filter(None, [os.environ.get("PYTHONPATH")])])
    return subprocess.run(
        [sys.executable, "-c", "from lumen_widgets import sandbox; print(sandbox.start().url)"],
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    ).stdout.strip()


def test_two_releases_have_servers_of_their_own(own_home: Home, other_release: Path) -> None:
    """Whichever asks, and however often, each finds its own, and neither ends the other's."""
    ours = sandbox.start().url
    theirs = _start_of(other_release)
    assert theirs != ours
    pids = running_in(own_home).pid, running_in(own_home.of_release(_PLACE)).pid
    assert sandbox.start().url == ours
    assert _start_of(other_release) == theirs
    assert all(map(alive, pids))
    # killed, each starts anew in its place
    for home in (own_home, own_home.of_release(_PLACE)):
        _killed(home)
    assert sandbox.start().url == ours
    assert _start_of(other_release) == theirs


def test_a_checkout_that_has_changed_is_another_release(tmp_path: Path) -> None:
    """Its server from before lacks what the new code asks for: the code counts, not where it is."""
    here = Path(sandbox.__file__).parent
    copy = shutil.copytree(here, tmp_path / "copy")
    assert version().endswith(f"+{code_digest(copy)}")
    with (copy / "app.py").open("a") as file:
        file.write("\n")
    assert code_digest(copy) != code_digest(here)


def test_the_server_of_another_release_that_has_ended_leaves_its_place(
    own_home: Home, other_release: Path
) -> None:
    """After an update the new release goes on with address, key and tasks of the old one."""
    theirs = _start_of(other_release)
    _killed(own_home)
    assert sandbox.start().url == theirs
    assert not own_home.of_release(_PLACE).path.exists()


def test_the_folder_of_a_release_that_nobody_uses_is_removed(
    own_home: Home, other_release: Path
) -> None:
    """A day after its last use, with the next start; while its server runs it stays."""
    sandbox.start()
    _start_of(other_release)
    place = own_home.of_release(_PLACE).path
    _killed(own_home)
    long_ago = time.time() - 2 * 24 * 3600
    for path in (place, *place.rglob("*")):
        os.utime(path, (long_ago, long_ago))
    sandbox.start()
    assert place.exists()
    _killed(own_home)
    _killed(own_home.of_release(_PLACE))
    for path in (place, *place.rglob("*")):
        os.utime(path, (long_ago, long_ago))
    sandbox.start()
    assert not place.exists()

"""The server as a program: found, started, crashed, killed, and stopped."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

import pytest
import requests

from lumen_widgets import sandbox
from lumen_widgets.sandbox.home import Home, open_home
from lumen_widgets.sandbox.models import MODELS
from tests.conditions import until
from tests.sandbox_server.real_server import RealServer, alive, children, running_in, serving

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.sandbox_server.real_server import Child

pytestmark = pytest.mark.slow

# Large enough that a worker is at it for seconds.
HUGE: dict[str, Any] = {"size": "4096x4096", "n": 4}


def test_a_crashed_worker_fails_its_task_alone(tmp_path: Path) -> None:
    """The task is refunded, what another worker draws goes on, and the next gets a new worker."""
    with _drawing_with_one_held(tmp_path / "home") as (server, task_id, held):
        assert server.ended(server.submit(size="16x16"))["status"] == "succeeded"
        os.kill(held, signal.SIGKILL)
        ended = server.ended(task_id)
        assert (ended["status"], ended["error"]["code"]) == ("failed", "worker_crashed")
        assert server.account()["balance"] == 10_000 - 2 * 2
        server.call("POST", "/sandbox/settings", json={"workers": 1}).raise_for_status()
        assert server.ended(server.submit(size="16x16"))["status"] == "succeeded"
        assert held not in until(lambda: children(server.process.pid))


def test_a_killed_server_leaves_no_task_behind(tmp_path: Path) -> None:
    """Started again in the same folder, it fails what was being drawn and draws what waited."""
    with _drawing_with_one_held(tmp_path / "home") as (server, drawing, held):
        until(lambda: server.status(drawing)["status"] == "processing")
        server.call("POST", "/sandbox/settings", json={"latency": [600, 600]})
        waiting = server.submit(size="16x16")
        workers = _workers(server, 2)
        assert held in workers
        server.process.kill()
        server.process.wait()
        # Neither the one that waits for a task nor the one in the middle of one stays.
        os.kill(held, signal.SIGCONT)
        until(lambda: not any(alive(worker) for worker in workers))
    with serving(tmp_path / "home") as server:
        assert server.ended(drawing)["error"]["code"] == "interrupted"
        assert server.status(waiting)["status"] == "queued"
        assert server.account()["balance"] == 10_000 - 2 * 2


def _workers(server: Child, count: int) -> list[int]:
    """Wait until so many workers run; return their ids."""
    until(lambda: len(children(server.process.pid)) == count)
    return children(server.process.pid)


@contextmanager
def _drawing_with_one_held(home: Path) -> Iterator[tuple[Child, str, int]]:
    """Run a server of two workers, the first of which is at a task and does not get on with it."""
    with serving(home) as server:
        server.call("POST", "/sandbox/settings", json={"workers": 2}).raise_for_status()
        server.ended(server.submit(size="16x16"))
        (worker,) = children(server.process.pid)
        os.kill(worker, signal.SIGSTOP)
        try:
            yield server, server.submit(size="16x16"), worker
        finally:
            with suppress(ProcessLookupError):
                os.kill(worker, signal.SIGCONT)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize("terminal", [False, True], ids=["one", "all"])
def test_a_stopped_server_leaves_nothing_running(
    tmp_path: Path, number: signal.Signals, *, terminal: bool
) -> None:
    """Also in the middle of a drawing, and where all its processes hear a Ctrl-C: it ends well."""
    with serving(tmp_path / "home") as server:
        server.call("POST", "/sandbox/settings", json={"workers": 3}).raise_for_status()
        task_id = server.submit(**HUGE)
        until(lambda: server.status(task_id)["status"] == "processing")
        workers = _workers(server, 3)
        if terminal:
            os.killpg(server.process.pid, number)
        else:
            server.process.send_signal(number)
        assert server.process.wait(30) == 0
        assert not any(alive(worker) for worker in workers)
        assert Home(tmp_path / "home").read_running() is None


def test_pictures_of_one_seed_are_the_same_on_any_number_of_workers(tmp_path: Path) -> None:
    """To the byte and in their order, whichever workers draw them."""
    sheets = []
    with serving(tmp_path / "home") as server:
        for workers in (1, 4):
            server.call("POST", "/sandbox/settings", json={"workers": workers}).raise_for_status()
            ended = server.ended(server.submit(n=4, seed=7, size="160x128", prompt="a cat, ink"))
            sheets.append([requests.get(one["url"], timeout=30).content for one in ended["data"]])
    assert len(set(sheets[0])) == 4
    assert sheets[0] == sheets[1]


def test_an_idle_server_ends_by_itself(tmp_path: Path) -> None:
    """After the time it was given without any call."""
    with serving(tmp_path / "home", "--idle-seconds", "0.5") as server:
        assert server.process.wait(30) == 0


def test_a_folder_has_one_server(tmp_path: Path) -> None:
    """A second one in it ends with a sentence that says what to do."""
    with serving(tmp_path / "home"):
        second = subprocess.run(
            [sys.executable, "-m", "lumen_widgets.sandbox", "--home", str(tmp_path / "home")],
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
    assert second.returncode == 1
    assert second.stdout == ""
    assert "another sandbox" in second.stderr
    assert "Traceback" not in second.stderr


def test_a_port_in_use_is_said(server: RealServer, tmp_path: Path) -> None:
    """In a sentence, not a traceback."""
    port = int(server.url.rpartition(":")[2])
    with pytest.raises(sandbox.SandboxError, match=f"Port {port} cannot be used"):
        sandbox.serve(port, tmp_path / "home")


def test_two_starts_at_once_give_one_server(own_home: Home) -> None:
    """Processes that start it at the same time all get the same one, which outlives them."""
    code = "from lumen_widgets import sandbox; s = sandbox.start(); print(s.url, s.api_key)"

    def start(_: int) -> str:
        return subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
        ).stdout

    with ThreadPoolExecutor(3) as pool:
        said = set(pool.map(start, range(3)))
    found = sandbox.start()
    assert said == {f"{found.url} {found.api_key}\n"}
    assert found.api_key not in repr(found)
    running = running_in(own_home)
    assert alive(running.pid)
    server = RealServer(own_home.path, running.url, running.api_key)
    server.call("POST", "/sandbox/settings", json={"latency": [0, 0]})
    assert server.ended(server.submit(size="16x16"))["status"] == "succeeded"


def test_a_stale_runtime_file_is_seen_through(own_home: Home) -> None:
    """A file that a killed server left, or a damaged one, does not keep a new one from starting."""
    first = sandbox.start()
    pid = running_in(own_home).pid
    os.kill(pid, signal.SIGKILL)
    until(lambda: not alive(pid))
    assert sandbox.start() == first
    second = running_in(own_home).pid
    assert second != pid
    assert sandbox.settings()["credits"] == 10_000
    os.kill(second, signal.SIGKILL)
    (own_home.path / "runtime.json").write_text('{"url": 3')
    sandbox.start()
    assert alive(running_in(own_home).pid)


def test_a_runtime_file_that_was_deleted_comes_back(own_home: Home) -> None:
    """Something tidied up: the server is found as before, and no second one is tried."""
    first = sandbox.start()
    pid = running_in(own_home).pid
    (own_home.path / "runtime.json").unlink()

    assert sandbox.start() == first
    assert running_in(own_home).pid == pid


def test_a_server_whose_folder_was_deleted_leaves_the_next_one_alone(tmp_path: Path) -> None:
    """It writes nothing into the folder that is in its folder's place now."""
    with serving(tmp_path / "home") as old:
        shutil.rmtree(tmp_path / "home")
        with serving(tmp_path / "home") as new:
            (tmp_path / "home" / "runtime.json").unlink()
            until(Home(tmp_path / "home").read_running)
            running = running_in(Home(tmp_path / "home"))

    assert new.url != old.url
    assert (running.url, running.api_key) == (new.url, new.api_key)


def _ended(home: Home) -> None:
    """End the user's server in an orderly way, as it ends by itself when it is not used."""
    pid = running_in(home).pid
    os.kill(pid, signal.SIGTERM)
    until(lambda: not alive(pid))


def test_the_next_server_has_the_same_address_and_key(own_home: Home) -> None:
    """What was made there is found again after the server has ended and started anew."""
    first = sandbox.start()
    _ended(own_home)
    assert sandbox.start() == first


def test_a_port_that_another_program_has_taken_is_left_to_it(own_home: Home) -> None:
    """Where the last port is not free any more, or cannot be read, another one is taken."""
    first = sandbox.start()
    _ended(own_home)
    port = int(first.url.rpartition(":")[2])
    with socket.create_server(("127.0.0.1", port)):
        second = sandbox.start()
        assert second.url != first.url
        _ended(own_home)
    assert sandbox.start().url == second.url
    _ended(own_home)
    for damage in ("", "80", "99999", "-1", "port"):
        (own_home.path / "port").write_text(damage)
        assert own_home.last_port == 0
    assert sandbox.start().url.startswith("http://127.0.0.1:")


def test_run_all_after_the_sandbox_ended_pays_nothing(own_home: Home) -> None:
    """A cell with reuse=True shows its pictures again, although the sandbox was started anew."""
    import lumen_widgets as lumen

    lumen.use("sandbox")
    (first,) = lumen.generate("a fox", size="64x64", reuse=True)
    left = sandbox.settings()["credits"]
    _ended(own_home)
    lumen.use("sandbox")
    (again,) = lumen.generate("a fox", size="64x64", reuse=True)
    assert again.bytes == first.bytes
    assert again.task is not None
    assert again.task.reused
    assert sandbox.settings()["credits"] == left


def test_settings_are_posted_to_the_user_s_server(own_home: Home) -> None:
    """It is started if need be and answers all settings; a wrong one is an error that says why."""
    assert sandbox.settings(latency=(2, 8), fail_rate=0.2, workers=2) == {
        "latency": [2, 8],
        "fail_rate": 0.2,
        "data_uris": False,
        "uploads": True,
        "workers": 2,
        "redraw_grain": 3,
        "redraw_changed": 0,
        "rate_limit": None,
        "revoked": False,
        "models": list(MODELS),
        "credits": 10_000,
    }
    assert sandbox.settings()["latency"] == [2, 8]
    with pytest.raises(sandbox.SandboxError, match="latency, fail_rate"):
        sandbox.settings(speed=3)
    with pytest.raises(sandbox.SandboxError):
        sandbox.settings(latency=object())


def test_a_sandbox_that_is_switched_off_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a machine where it is not wanted, nothing is started."""
    monkeypatch.setenv("LUMEN_SANDBOX", "off")
    with pytest.raises(sandbox.SandboxError, match="LUMEN_SANDBOX=off"):
        sandbox.start()


def test_a_server_that_cannot_start_names_its_log(own_home: Home) -> None:
    """The error says where to look."""
    open_home().folder("pictures").rmdir()
    (own_home.path / "pictures").write_text("in the way")
    with pytest.raises(sandbox.SandboxError, match=r"server\.log"):
        sandbox.start()
    assert "pictures" in own_home.log.read_text("utf-8")


def test_its_files_are_the_user_s_alone(server: RealServer, own_home: Home) -> None:
    """Folders are 0700 and files 0600: the key and the pictures are private."""
    server.ended(server.submit(size="16x16"))
    sandbox.start()
    for path in (server.home, *server.home.rglob("*"), own_home.path, *own_home.path.rglob("*")):
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600), path


def test_a_folder_of_another_user_is_not_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another user's, or a link that leads elsewhere: its maker could read the key."""
    (tmp_path / "link").symlink_to(tmp_path)
    with pytest.raises(sandbox.SandboxError, match="LUMEN_HOME"):
        open_home(tmp_path / "link")
    monkeypatch.setattr(os, "getuid", lambda: 12345)
    with pytest.raises(sandbox.SandboxError, match="LUMEN_HOME"):
        open_home(tmp_path)


def test_the_log_has_no_key_and_no_prompt(server: RealServer) -> None:
    """Whether the key comes where it should, or in a path, a query or a body."""
    key = server.api_key
    server.ended(server.submit(size="16x16", prompt="a sentinel prompt"))
    server.call("GET", f"/v1/images/generations/{key}?key={key}")
    server.call("GET", f"/{key}", headers={"Authorization": f"Basic {key}"})
    server.call("POST", "/v1/images/edits", json={"model": key, "prompt": key})
    server.call("POST", "/v1/images/edits", json={"image": f"http://localhost:1/{key}"})
    until(lambda: "POST edit 400" in server.log())
    log = server.log()
    assert key not in log
    assert "sentinel" not in log
    assert json.loads((server.home / "runtime.json").read_text())["api_key"] == key


def test_the_application_needs_no_machine() -> None:
    """It is imported without uvicorn, which needs sockets, and without numpy, which takes time."""
    code = "import sys, lumen_widgets.sandbox.app; print(*sys.modules)"
    said = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert not {"uvicorn", "numpy", "PIL", "lumen_widgets.sandbox.runner"} & set(
        said.stdout.split()
    )

"""Another program on the port of a sandbox that was killed gets neither key, prompt nor picture."""

from __future__ import annotations

import hashlib
import hmac
import os
import signal
from typing import TYPE_CHECKING

import numpy as np
import pytest
import requests

import lumen_widgets as lumen
from lumen_widgets import sandbox
from lumen_widgets.client import HostingError, LumenClient, ServiceUnreachable
from lumen_widgets.core.http.keys import Key
from lumen_widgets.core.http.origin import read_origin
from lumen_widgets.core.pictures.downloads import fetch_picture
from lumen_widgets.sandbox.home import open_home
from tests.conditions import until
from tests.sandbox_server.impostor import impostor_at
from tests.sandbox_server.real_server import alive, running_in

if TYPE_CHECKING:
    from lumen_widgets.sandbox.home import Home
    from tests.sandbox_server.real_server import RealServer

pytestmark = pytest.mark.slow


def _killed(home: Home) -> None:
    """Kill the user's server as a full memory or a power cut does: its runtime file stays."""
    pid = running_in(home).pid
    os.kill(pid, signal.SIGKILL)
    until(lambda: not alive(pid))


def test_a_strange_server_on_the_port_gets_nothing(own_home: Home, server: RealServer) -> None:
    """Whatever it answers: no proof, one of another key, an old one, or one got elsewhere."""
    first = sandbox.start()
    old = requests.get(f"{first.url}/healthz?nonce=1", timeout=30).json()
    _killed(own_home)
    with impostor_at(first.url) as impostor:
        second = sandbox.start()
        assert second.url != first.url
        assert second.api_key == first.api_key

        def relayed(url: str, path: str) -> dict[str, object]:
            found: dict[str, object] = requests.get(url + path, timeout=30).json()
            return found

        def of_another_key(path: str) -> dict[str, object]:
            nonce = path.partition("=")[2]
            text = f"lumen-sandbox\0{first.url}\0{nonce}".encode()
            return {"proof": hmac.new(b"a guess", text, hashlib.sha256).hexdigest()}

        client = LumenClient(first.api_key, first.url, timeout=1.0)
        for prove in (
            lambda _path: {},
            lambda path: {"proof": path.partition("=")[2]},
            lambda _path: {"proof": ["\ud800"]},
            lambda _path: {"proof": "\u00e9"},
            lambda _path: b"[" * 9000,
            of_another_key,
            lambda _path: old,
            lambda path: relayed(server.url, path),
            lambda path: relayed(second.url, path),
            lambda path: f"{second.url}{path}",
        ):
            impostor.prove = prove
            with pytest.raises(ServiceUnreachable, match="did not prove"):
                client.generate("a secret product")
            with pytest.raises(HostingError, match="another program"):
                client.edit("a secret product", np.zeros((8, 8, 3), np.uint8))
        assert sandbox.start() == second
        lumen.use("sandbox")
        assert lumen.generate("a fox", size="16x16", wait=False).wait(60)
        assert impostor.seen
        assert impostor.secrets() == []


def test_a_task_that_waits_tells_a_strange_server_nothing(own_home: Home) -> None:
    """Its status is asked of the sandbox alone, and once that is back the task goes on."""
    lumen.use("sandbox")
    sandbox.settings(latency=(2, 2))
    task = lumen.generate("a fox", model="sandbox-always-fails", wait=False)
    url = running_in(own_home).url
    _killed(own_home)
    with impostor_at(url) as impostor:
        until(lambda: len(impostor.seen) > 2)
        assert not task.done
    assert sandbox.start().url == url
    with pytest.raises(lumen.TaskFailed):
        task.wait(60)
    assert impostor.secrets() == []


def test_a_server_that_took_over_between_two_calls_gets_no_upload(own_home: Home) -> None:
    """A client that has uploaded before asks for the proof again with each connection."""
    first = sandbox.start()
    client = LumenClient(first.api_key, first.url, timeout=1.0)
    picture = np.zeros((8, 8, 3), np.uint8)
    client.edit("snow", picture, size="16x16").wait(60)
    _killed(own_home)
    with impostor_at(first.url) as impostor:
        with pytest.raises(HostingError, match="another program"):
            client.edit("snow", picture + 1)
        with pytest.raises(ServiceUnreachable, match="did not prove"):
            client.task("another-task")
        assert impostor.seen
        assert impostor.secrets() == []


def test_a_runtime_file_that_others_may_have_written_is_not_believed(
    own_home: Home, server: RealServer
) -> None:
    """One that others may write or read, or a link, is as good as none, also if it is right."""
    open_home(own_home.path)
    said = (server.home / "runtime.json").read_text()
    runtime = own_home.path / "runtime.json"
    for mode in (0o666, 0o640):
        runtime.write_text(said)
        runtime.chmod(mode)
        assert own_home.read_running() is None
    runtime.unlink()
    runtime.symlink_to(server.home / "runtime.json")
    assert sandbox.start().url != server.url


def test_a_key_that_others_may_have_read_is_not_used_again(own_home: Home) -> None:
    """The next server has a new one."""
    first = sandbox.start()
    _killed(own_home)
    (own_home.path / "key").chmod(0o644)
    assert sandbox.start().api_key != first.api_key


def test_a_picture_is_not_asked_of_a_strange_server() -> None:
    """Its address is a secret too: with it, the sandbox gives the picture to anyone."""
    with impostor_at("http://127.0.0.1:0") as impostor:
        url = f"http://127.0.0.1:{impostor.server_address[1]}"
        key = Key(f"sk-lumen-sandbox-{'x' * 32}", read_origin(url))
        with pytest.raises(lumen.DownloadError, match="did not prove"):
            fetch_picture(f"{url}/pictures/secret.png", base_url=url, verify=key.verify)
        assert impostor.seen
        assert impostor.secrets() == []

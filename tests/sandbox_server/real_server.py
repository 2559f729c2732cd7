"""A sandbox as a program of its own, on a real socket."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import requests

from tests.conditions import until

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lumen_widgets.sandbox.home import Home, Running

ENDED = {"succeeded", "failed"}


@dataclass
class RealServer:
    """A sandbox that runs, and the calls to it."""

    home: Path
    url: str
    api_key: str

    def call(self, method: str, path: str, **how: Any) -> requests.Response:
        """Make a call with the key."""
        with requests.Session() as session:
            session.trust_env = False
            session.headers["Authorization"] = f"Bearer {self.api_key}"
            return session.request(method, self.url + path, timeout=30, **how)

    def submit(self, call: str = "generations", **body: Any) -> str:
        """Submit a task that is accepted; return its id."""
        body = {"model": "gpt-image-2-low", "prompt": "a cat", **body}
        answer = self.call("POST", f"/v1/images/{call}", json=body)
        assert answer.status_code == 200, answer.text
        return str(answer.json()["id"])

    def status(self, task_id: str) -> Any:
        """Return the answer to the status call."""
        return self.call("GET", f"/v1/images/generations/{task_id}").json()

    def ended(self, task_id: str) -> Any:
        """Wait for a task's end; return the answer to the status call then."""
        return until(lambda: (now := self.status(task_id))["status"] in ENDED and now)

    def account(self) -> Any:
        """Return the account."""
        return self.call("GET", "/sandbox/account").json()

    def upload(self, content: bytes) -> str:
        """Upload a picture; return its URL."""
        answer = self.call("POST", "/sandbox/uploads", data=content)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["url"])

    def log(self) -> str:
        """Return the server's log so far."""
        return (self.home / "server.log").read_text("utf-8")


@dataclass
class Child(RealServer):
    """A sandbox whose process is this one's child."""

    process: subprocess.Popen[str]


@contextmanager
def serving(home: Path, *arguments: str, latency: tuple[float, float] = (0, 0)) -> Iterator[Child]:
    """Run a sandbox in a folder while the block runs."""
    command = [sys.executable, "-m", "lumen_widgets.sandbox", "--home", str(home), *arguments]
    # A group of its own, as a program has in a terminal: Ctrl-C goes to all of it.
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, process_group=0) as process:
        try:
            said = json.loads(_line(process.stdout))
            server = Child(home, **said, process=process)
            server.call("POST", "/sandbox/settings", json={"latency": latency}).raise_for_status()
            yield server
        finally:
            process.terminate()


def _line(stdout: IO[str] | None) -> str:
    assert stdout is not None
    line = stdout.readline()
    assert line, "the sandbox ended before it said where it is"
    return line


def children(pid: int) -> list[int]:
    """Return the ids of a process's worker processes."""
    found = []
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                parent = (folder / "stat").read_text().rpartition(")")[2].split()[1]
                command = (folder / "cmdline").read_bytes()
            except OSError:
                continue  # it ended meanwhile
            if int(parent) == pid and b"spawn_main" in command:
                found.append(int(folder.name))
    return found


def alive(pid: int) -> bool:
    """Tell whether a process runs; one that ended and is not yet reaped does not."""
    try:
        os.kill(pid, 0)
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


def running_in(home: Home) -> Running:
    """Return what the runtime file of a folder says."""
    running = home.read_running()
    assert running is not None
    return running

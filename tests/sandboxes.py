"""The sandboxes that tests start: one for the whole run, and others that a test left running."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, NamedTuple

import psutil
import requests

from tests.conditions import PATIENCE

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


class SandboxServer(NamedTuple):
    """A sandbox that runs."""

    url: str
    api_key: str
    pid: int

    def set(self, **changes: Any) -> dict[str, Any]:
        """Change settings, and return all of them."""
        answer = requests.post(
            f"{self.url}/sandbox/settings",
            json=changes,
            headers={"Authorization": f"Bearer {self.api_key}"},
            timeout=PATIENCE,
        )
        answer.raise_for_status()
        settings: dict[str, Any] = answer.json()
        return settings

    @contextmanager
    def drawing_held(self) -> Iterator[None]:
        """Have it draw nothing for as long as the block lasts.

        Tasks that are to succeed begin as always and then run until the block is over, however long
        that takes; those that fail by themselves are not drawn, and end in their time.
        """
        server = psutil.Process(self.pid)
        before = self.set()["workers"]
        # with more, one that is started meanwhile would draw
        self.set(workers=1)
        while len(drawing := [one for one in server.children() if _draws(one)]) != 1:
            # it starts the process that draws when it starts itself, and ends those too many
            with suppress(psutil.TimeoutExpired):
                server.wait(timeout=0.05)
        drawing[0].suspend()
        try:
            yield
        finally:
            drawing[0].resume()
            self.set(workers=before)


@contextmanager
def serving(home: Path, python: str = sys.executable) -> Iterator[SandboxServer]:
    """Run ``lumen-widgets sandbox`` in a home of its own, for as long as the block lasts."""
    words = [python, "-m", "lumen_widgets", "sandbox", "--port", "0", "--home", str(home)]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            assert line, "the sandbox ended before it said where it is"
            yield SandboxServer(**json.loads(line), pid=process.pid)
        finally:
            process.terminate()


def left_running(lumen_home: Path) -> SandboxServer | None:
    """Return the sandbox that ``start()`` left running for this LUMEN_HOME; None if it did not."""
    with suppress(OSError, ValueError):
        running = _running(lumen_home)
        return SandboxServer(running["url"], running["api_key"], running["pid"])
    return None


def stop_left_running(lumen_home: Path) -> None:
    """End the sandbox that ``start()`` left running for this LUMEN_HOME, if it did."""
    with suppress(OSError, ValueError):
        os.kill(_running(lumen_home)["pid"], signal.SIGTERM)


def _running(lumen_home: Path) -> dict[str, Any]:
    path = lumen_home / "sandbox" / "runtime.json"
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found


def _draws(process: psutil.Process) -> bool:
    """Tell whether this is a process that draws, and not one that has just ended."""
    with suppress(psutil.NoSuchProcess):
        return "spawn_main" in " ".join(process.cmdline())
    return False

"""The sandboxes that tests start: one for the whole run, and others that a test left running."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, NamedTuple

import requests

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


class SandboxServer(NamedTuple):
    """A sandbox that runs."""

    url: str
    api_key: str

    def set(self, **changes: Any) -> dict[str, Any]:
        """Change settings, and return all of them."""
        answer = requests.post(
            f"{self.url}/sandbox/settings",
            json=changes,
            headers={"Authorization": f"Bearer {self.api_key}"},
            timeout=30,
        )
        answer.raise_for_status()
        settings: dict[str, Any] = answer.json()
        return settings


@contextmanager
def serving(home: Path, python: str = sys.executable) -> Iterator[SandboxServer]:
    """Run ``lumen-widgets sandbox`` in a home of its own, for as long as the block lasts."""
    words = [python, "-m", "lumen_widgets", "sandbox", "--port", "0", "--home", str(home)]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            assert line, "the sandbox ended before it said where it is"
            yield SandboxServer(**json.loads(line))
        finally:
            process.terminate()


def stop_left_running(lumen_home: Path) -> None:
    """End the sandbox that ``start()`` left running for this LUMEN_HOME, if it did."""
    with suppress(OSError, ValueError):
        running = json.loads((lumen_home / "sandbox" / "runtime.json").read_text(encoding="utf-8"))
        os.kill(running["pid"], signal.SIGTERM)

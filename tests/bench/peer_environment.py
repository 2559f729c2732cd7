"""An environment of their own for the clients that ours is measured beside; never a dependency.

It is made once, in the user's cache folder, and kept for the next run.
"""

from __future__ import annotations

import hashlib
import os
import platform
import shutil
import subprocess
import sys
import venv
from typing import TYPE_CHECKING, NamedTuple

import platformdirs

if TYPE_CHECKING:
    from pathlib import Path

# The releases that were looked into; what they need comes as pip finds it.
PEERS = {"openai": "3.54.0", "replicate": "1.0.7", "fal-client": "1.0.3"}

_SECONDS = 600
_INSTALLED = "installed"


class Peers(NamedTuple):
    """The Python that has the other clients, or why there is none."""

    python: Path | None
    problem: str = ""


def installed() -> Peers:
    """Return the environment, made if it is not there; where that fails, why."""
    pins = [f"{name}=={version}" for name, version in PEERS.items()]
    key = hashlib.sha256(" ".join([platform.python_version(), *pins]).encode()).hexdigest()[:12]
    folder = platformdirs.user_cache_path("lumen_widgets_bench", appauthor=False) / key
    python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    if (folder / _INSTALLED).exists() and python.exists():
        return Peers(python)
    # pip of this environment installs into the other one, which needs none
    words = [sys.executable, "-m", "pip", f"--python={python}", "install", "--quiet", *pins]
    try:
        shutil.rmtree(folder, ignore_errors=True)
        venv.create(folder, with_pip=False, symlinks=os.name != "nt")
        done = subprocess.run(words, capture_output=True, text=True, timeout=_SECONDS, check=False)
    except (OSError, subprocess.SubprocessError) as error:
        return Peers(None, f"{type(error).__name__}: {error}")
    if done.returncode:
        last = done.stderr.strip().splitlines() or [f"pip ended with {done.returncode}"]
        return Peers(None, last[-1])
    (folder / _INSTALLED).touch()
    return Peers(python)

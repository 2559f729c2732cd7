"""Importing the package costs little and starts nothing."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests import checkout

# Everything that a module could start when it is imported. `threading.Lock` in memory is no more
# than an object; a lock that others can see is a file, and files are opened for writing below.
_STERN = """
import _thread, asyncio, builtins, multiprocessing, os, socket, sqlite3, subprocess, sys, threading
# not ours: urllib3 finds out about IPv6 with a socket that it closes at once
import urllib3

def forbid(what):
    def refuse(*arguments, **named):
        raise SystemExit(f"importing {sys.argv[1]} {what}: {arguments}")
    return refuse

class Socket(socket.socket):
    def __init__(self, *arguments, **named):
        raise SystemExit(f"importing {sys.argv[1]} opened a socket")

real_open = builtins.open
def stern_open(file, mode="r", *arguments, **named):
    if set(mode) & set("wax+"):
        raise SystemExit(f"importing {sys.argv[1]} wrote {file}")
    return real_open(file, mode, *arguments, **named)

def audit(event, arguments):
    if event == "open" and arguments[1] and set(str(arguments[1])) & set("wax+"):
        raise SystemExit(f"importing {sys.argv[1]} wrote {arguments[0]}")
    if event in {"os.mkdir", "sqlite3.connect", "socket.bind", "socket.connect", "subprocess.Popen",
                 "os.fork", "os.exec", "os.posix_spawn", "socket.getaddrinfo"}:
        raise SystemExit(f"importing {sys.argv[1]} did {event} {arguments}")

sys.addaudithook(audit)
threading.Thread.start = forbid("started a thread")
_thread.start_new_thread = forbid("started a thread")
multiprocessing.Process.start = forbid("started a process")
subprocess.Popen = type("Popen", (subprocess.Popen,), {"__init__": forbid("started a process")})
socket.socket = Socket
builtins.open = stern_open

import importlib
module = importlib.import_module(sys.argv[1])
for name in getattr(module, "__all__", ()) if sys.argv[2] == "names" else ():
    getattr(module, name)
"""

_PACKAGES = sorted(
    ".".join(path.parts[:-1])
    for path in checkout.files("lumen_widgets")
    if path.name == "__init__.py"
)

_FRONT_END = {"IPython", "ipywidgets", "anywidget", "traitlets", "comm"}
_HEAVY = {"numpy", "PIL", "starlette", "uvicorn", "multiprocessing", "sqlite3"}


@pytest.mark.slow
@pytest.mark.parametrize("package", _PACKAGES)
def test_importing_starts_nothing(package: str) -> None:
    """No thread, process, socket or file is made by importing a package."""
    _run(_STERN, package, "bare")


@pytest.mark.slow
def test_the_public_names_start_nothing() -> None:
    """Loading every public name of the package starts nothing either."""
    _run(_STERN, "lumen_widgets", "names")


@pytest.mark.parametrize(
    ("package", "unwanted"),
    [
        ("lumen_widgets", _FRONT_END | _HEAVY | {"requests", "lumen_widgets.client"}),
        ("lumen_widgets.client", _FRONT_END | _HEAVY - {"sqlite3"}),
        # all that there is of webhooks until a receiver starts
        ("lumen_widgets.client.webhooks.receiver", _FRONT_END | _HEAVY - {"sqlite3"}),
        ("lumen_widgets.journal", _FRONT_END | _HEAVY - {"sqlite3"} | {"requests"}),
        ("lumen_widgets.sandbox", _FRONT_END | _HEAVY | {"requests"}),
    ],
)
def test_importing_is_cheap(package: str, unwanted: set[str]) -> None:
    """A package loads none of the libraries that its user may never need."""
    code = "import sys, importlib; importlib.import_module(sys.argv[1]); print(*sys.modules)"

    assert set(_run(code, package).split()) & unwanted == set()


def _run(code: str, *words: str) -> str:
    """Run code in a fresh process and return what it printed."""
    done = subprocess.run(
        # -B: no module asks for the compiled files that Python's own loader writes
        [sys.executable, "-B", "-c", code, *words],
        cwd=checkout.ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout

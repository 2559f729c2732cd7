"""The user's one sandbox: found if it runs, started if not, and set while it runs."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from lumen_widgets.sandbox.errors import SandboxError
from lumen_widgets.sandbox.home import PRIVATE_FILE, Home, Running, open_home
from lumen_widgets.sandbox.lock import locked
from lumen_widgets.sandbox.loopback import Reply, Unreachable, call
from lumen_widgets.sandbox.version import version

if TYPE_CHECKING:
    from collections.abc import Callable

# A start takes half a second; a machine that is starting fifty kernels takes its time.
START_SECONDS = 30.0
# A started server ends after so long without a call: a lunch break ends it, a talk does not.
IDLE_SECONDS = 30 * 60.0
# For one call to a server on this machine that has nothing to do.
_CALL_SECONDS = 5.0
_MAX_REPLY = 1_000_000
_PAUSE = 0.02
_MAX_LOG = 1_000_000

# The server runs the same code as this process, also from a checkout that was never installed;
# last on the path, so that nothing beside the package hides a module of Python's.
_PROGRAM = (
    "import sys; sys.path.append(sys.argv.pop(1));"
    " from lumen_widgets.sandbox.__main__ import main; sys.exit(main())"
)

# Kept so that a server which ended is reaped, and does not stay behind as a zombie of this process.
_started: list[subprocess.Popen[bytes]] = []


@dataclass(frozen=True)
class Sandbox:
    """A sandbox that runs.

    Attributes
    ----------
    url
        Its origin, such as ``http://127.0.0.1:40001``: the ``base_url`` of a client.
    api_key
        Its key; not in the repr, as no key ever is.

    """

    url: str
    api_key: str = field(repr=False)


def start() -> Sandbox:
    """Return this user's sandbox, started if it does not run yet.

    All notebooks and scripts of a user share one. It outlives the process that started it, and
    ends by itself after half an hour without a call.

    Returns
    -------
    Sandbox

    Raises
    ------
    SandboxError
        If it is switched off (``LUMEN_SANDBOX=off``) or cannot be started.

    Examples
    --------
    >>> start().url
    'http://127.0.0.1:40001'

    """
    if os.environ.get("LUMEN_SANDBOX", "").strip().lower() == "off":
        raise SandboxError(
            "The sandbox is switched off on this machine (LUMEN_SANDBOX=off)."
            " Use the service with a key, or unset LUMEN_SANDBOX."
        )
    home = open_home()
    running = _find(home)
    if running is None:
        home.lock.touch(mode=PRIVATE_FILE)
        try:
            with locked(home.lock, START_SECONDS):
                # Another process may have started it while this one waited for the lock.
                running = _find(home) or _start(home)
        except TimeoutError:
            raise SandboxError(
                f"Another process has been starting the sandbox for {START_SECONDS:g} seconds."
                f" Its log is {home.log}; try again, or end that process."
            ) from None
    return Sandbox(running.url, running.api_key)


def settings(**changes: Any) -> dict[str, Any]:
    """Change how the sandbox behaves, and return all of its settings.

    Parameters
    ----------
    **changes
        ``latency=(1.5, 3.0)``: shortest and longest seconds that a task takes.
        ``fail_rate=0.0``: the share of tasks that fail and are refunded.
        ``data_uris=False``: whether pictures may be ``data:`` URLs.
        ``uploads=True``: whether pictures can be uploaded.
        ``credits``: the balance.

    Returns
    -------
    dict
        Every setting by its name. They last as long as the server.

    Raises
    ------
    SandboxError
        If there is no such setting, a value cannot be, or the sandbox cannot be started.

    Examples
    --------
    >>> settings(latency=(2, 8), fail_rate=0.2)["fail_rate"]
    0.2

    """
    sandbox = start()
    try:
        body = json.dumps(changes).encode() if changes else None
    except (TypeError, ValueError):
        raise SandboxError("A setting is a number, a pair of numbers, or True or False.") from None
    try:
        reply = _call(sandbox.url, sandbox.api_key, "/sandbox/settings", body)
        answer = json.loads(reply.body)
    except (Unreachable, ValueError) as error:
        raise SandboxError(f"The sandbox did not answer ({error}). Try again.") from None
    if not isinstance(answer, dict):
        raise SandboxError("The sandbox's answer makes no sense. Try again.")
    if "error" in answer:
        raise SandboxError(f"The sandbox refused the settings: {answer['error']['message']}.")
    return answer


def _find(home: Home) -> Running | None:
    """Return the server of this version that runs in a folder, None if there is none."""
    running = home.read_running()
    if running is None or not answers(running):
        return None
    if running.version == version():
        return running
    _stop(running)
    return None


# The server that this process has found to be ours by its key.
_known: list[Running] = []


def answers(running: Running) -> bool:
    """Tell whether it is our server that answers there: another may have got its port since.

    One that took our key before is only asked whether it is still there.
    """
    try:
        reply = _call(running.url, None, "/healthz")
        if json.loads(reply.body).get("service") != "lumen-sandbox":
            return False
        if running not in _known:
            ours = _call(running.url, running.api_key, "/sandbox/account").status == 200  # noqa: PLR2004 - HTTP's number for yes
            _known[:] = [running] if ours else []
    except (Unreachable, ValueError, AttributeError):
        return False
    return running in _known


def _stop(running: Running) -> None:
    """End a server of another version: what it draws and answers is not ours to rely on."""
    with suppress(OSError):
        os.kill(running.pid, signal.SIGTERM)
    _wait_until(lambda: not answers(running))


def _start(home: Home) -> Running:
    """Start a server, at the port of the last one if that is free.

    What was made at an address is only found again by that address: after the sandbox has ended by
    itself, a notebook that is run again finds its pictures, and pays its credits for nothing new.
    """
    running = _start_at(home, home.last_port) if home.last_port else None
    running = running or _start_at(home, 0)
    if running is None:
        raise SandboxError(f"The sandbox did not start. Its log says why: {home.log}")
    home.remember_port(urlsplit(running.url).port or 0)
    return running


def _start_at(home: Home, port: int) -> Running | None:
    """Start a server at a port, 0 for any; None if it ends or does not answer."""
    with suppress(OSError):
        if home.log.stat().st_size > _MAX_LOG:
            home.log.unlink()
    home.log.touch(mode=PRIVATE_FILE)
    # The server needs no key but its own.
    env = {name: value for name, value in os.environ.items() if name != "LUMEN_API_KEY"}
    package = str(Path(__file__).parents[2])
    arguments = ["--home", str(home.path), "--port", str(port)]
    arguments += ["--idle-seconds", f"{IDLE_SECONDS:g}"]
    with home.log.open("ab") as log:
        process = subprocess.Popen(  # noqa: S603 - our own program, no shell
            # -P and a folder of its own: a user's random.py beside the notebook is not Python's.
            [sys.executable, "-P", "-c", _PROGRAM, package, *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=log,
            env=env,
            cwd=home.path,
            start_new_session=True,
            creationflags=getattr(subprocess, "DETACHED_PROCESS", 0),
        )
    _started[:] = [child for child in _started if child.poll() is None] + [process]
    found: list[Running] = []

    def answers_or_ended() -> bool:
        running = home.read_running()
        if running is not None and answers(running):
            found.append(running)
        return bool(found) or process.poll() is not None

    _wait_until(answers_or_ended)
    if not found:
        process.kill()
        process.wait()
        return None
    return found[0]


def _wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not condition() and time.monotonic() < deadline:
        time.sleep(_PAUSE)


def _call(url: str, api_key: str | None, path: str, body: bytes | None = None) -> Reply:
    headers = {"Authorization": f"Bearer {api_key}"} if api_key else {}
    return call(
        "GET" if body is None else "POST",
        url + path,
        body=body,
        headers=headers,
        seconds=_CALL_SECONDS,
        max_bytes=_MAX_REPLY,
    )

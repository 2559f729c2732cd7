"""The user's one sandbox: found if it runs, started if not, and set while it runs."""

from __future__ import annotations

import hmac
import json
import os
import secrets
import shutil
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass, field
from http import HTTPStatus
from numbers import Real
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from lumen_widgets.sandbox.errors import SandboxError
from lumen_widgets.sandbox.home import PRIVATE_FILE, Home, Running, open_home, unusable
from lumen_widgets.sandbox.lock import locked
from lumen_widgets.sandbox.logs import MAX_LOG
from lumen_widgets.sandbox.loopback import Reply, Unreachable, call
from lumen_widgets.sandbox.proof import proof
from lumen_widgets.sandbox.server_info import UPLOAD_SECONDS
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
# Of the server's last words, in an error.
_MAX_WORDS = 300

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

    All notebooks and scripts of a user share one, those of another release of this package
    another. It outlives the process that started it, and ends by itself after half an hour without
    a call.

    Returns
    -------
    Sandbox

    Raises
    ------
    SandboxError
        If it is switched off (``LUMEN_SANDBOX=off``) or cannot be started, also where its folder
        cannot be used.

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
        try:
            home.lock.touch(mode=PRIVATE_FILE)
            with locked(home.lock, START_SECONDS):
                # Another process may have started it while this one waited for the lock.
                running = _find(home) or _start(_free_home(home))
        except TimeoutError:
            raise SandboxError(
                f"Another process has been starting the sandbox for {START_SECONDS:g} seconds."
                f" Its log is {home.log}; try again, or end that process."
            ) from None
        except OSError as error:
            raise unusable(home.path, error) from None
    return Sandbox(running.url, running.api_key)


def settings(**changes: Any) -> dict[str, Any]:
    """Change how the sandbox behaves, and return all of its settings.

    Parameters
    ----------
    **changes
        ``latency=(0.2, 0.5)``: shortest and longest seconds that a task takes.
        ``fail_rate=0.0``: the share of tasks that fail and are refunded.
        ``data_uris=False``: whether pictures may be ``data:`` URLs.
        ``uploads=True``: whether pictures can be uploaded.
        ``workers``: how many pictures are drawn at once, 1 to 16; by default the cores, four at
        most. Each takes about 60 MB of memory, and more while it draws.
        ``redraw_grain=3.0``: the grain that the model ``sandbox-redraws`` adds, in levels, 0 to 64.
        ``redraw_changed=0.0``: the share of what it was to keep that it paints as something else.
        ``rate_limit=None``: at most so many tasks in so many seconds, such as ``(2, 10)``.
        ``revoked=False``: whether the API refuses the key, as one that was revoked.
        ``models``: the codes of the models that the key's group has; None is all.
        ``credits``: the balance.

    Returns
    -------
    dict
        Every setting by its name, so that ``settings(**before)`` brings back what was. They last
        as long as the server.

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
        body = json.dumps(changes, default=_plain).encode() if changes else None
    except (TypeError, ValueError, OverflowError):
        raise SandboxError(
            "A setting is a number, a pair of numbers, True or False, or a list of model codes."
        ) from None
    answer = _asked(sandbox, "/sandbox/settings", body)
    if "error" in answer:
        raise SandboxError(f"The sandbox refused the settings: {answer['error']['message']}.")
    return answer


def account() -> dict[str, Any]:
    """Return the sandbox's account: what a service shows in its console.

    Returns
    -------
    dict
        ``balance``, the credits that are left, and ``ledger``, the last charges (below zero) and
        refunds (above), newest first: each a dict of ``task``, its id, ``kind``, ``"charge"`` or
        ``"refund"``, ``credits`` and ``at``, in unix seconds. A task whose answer was lost is
        there too; its id takes it up.

    Raises
    ------
    SandboxError
        If the sandbox cannot be started.

    Examples
    --------
    >>> account()["balance"]
    9998

    """
    return _asked(start(), "/sandbox/account")


def _asked(sandbox: Sandbox, path: str, body: bytes | None = None) -> dict[str, Any]:
    """Return the JSON object that the sandbox answers."""
    try:
        reply = _call(sandbox.url, sandbox.api_key, path, body)
        answer = json.loads(reply.body)
    except (Unreachable, ValueError, RecursionError) as error:
        raise SandboxError(f"The sandbox did not answer ({error}). Try again.") from None
    if not isinstance(answer, dict):
        raise SandboxError("The sandbox's answer makes no sense. Try again.")
    return answer


def _plain(value: Any) -> Any:
    """Return numpy's numbers as Python's own; asked for each value that JSON does not know."""
    if hasattr(value, "tolist"):
        return value.tolist()
    if isinstance(value, Real):
        return float(value)
    raise TypeError


def _find(home: Home) -> Running | None:
    """Return the server of this release that runs in a home, None if there is none."""
    for place in (home.of_release(version()), home):
        running = place.read_running()
        if running is not None and running.version == version() and answers(running):
            return running
    return None


def answers(running: Running) -> bool:
    """Tell whether the server answers there: it proves that it knows the key, which is not sent.

    One that was killed leaves its runtime file, and another user's program may get its port.
    """
    nonce = secrets.token_hex(16)
    try:
        reply = _call(running.url, None, f"/healthz?nonce={nonce}")
        said = json.loads(reply.body)["proof"]
        expected = proof(running.api_key, running.url, nonce)
        return reply.status == HTTPStatus.OK and hmac.compare_digest(said, expected)
    except (Unreachable, ValueError, LookupError, TypeError, RecursionError):
        return False


def _free_home(home: Home) -> Home:
    """Return where this release may start a server: in no folder that another one's server uses."""
    own = home.of_release(version())
    _remove_unused(own)
    running = home.read_running()
    if own.path.exists() or (running is not None and _of_another_release(running)):
        home.folder(own.path.parent.name)
        return open_home(own.path)
    return home


def _of_another_release(running: Running) -> bool:
    if running.version == version():
        return False
    try:
        # An older release may know of no proof; a stranger's server there does no harm either.
        _call(running.url, None, "/healthz")
    except Unreachable:
        return False
    return True


def _remove_unused(own: Home) -> None:
    """Remove the folders of releases that were not used for as long as pictures are kept."""
    with suppress(OSError):
        for folder in own.path.parent.iterdir():
            running = Home(folder).read_running()
            if folder == own.path or (running is not None and answers(running)):
                continue
            last = max(entry.stat().st_mtime for entry in [folder, *folder.iterdir()])
            if last < time.time() - UPLOAD_SECONDS:
                shutil.rmtree(folder, ignore_errors=True)


def _start(home: Home) -> Running:
    """Start a server, at the port of the last one if that is free.

    What was made at an address is only found again by that address: after the sandbox has ended by
    itself, a notebook that is run again finds its pictures, and pays its credits for nothing new.
    """
    running = _start_at(home, home.last_port) if home.last_port else None
    running = running or _start_at(home, 0)
    if running is None:
        raise SandboxError(
            f"The sandbox did not start{_last_words(home)}. Its log says more: {home.log}"
        )
    home.remember_port(urlsplit(running.url).port or 0)
    return running


def _start_at(home: Home, port: int) -> Running | None:
    """Start a server at a port, 0 for any; None if it ends or does not answer."""
    with suppress(OSError):
        if home.log.stat().st_size > MAX_LOG:
            home.log.unlink()
    home.log.touch(mode=PRIVATE_FILE)
    # The server needs no key but its own.
    env = {name: value for name, value in os.environ.items() if name != "LUMEN_API_KEY"}
    package = str(Path(__file__).parents[2])
    arguments = ["--home", str(home.path), "--port", str(port)]
    arguments += ["--idle-seconds", f"{IDLE_SECONDS:g}"]
    with home.log.open("ab", buffering=0) as log:
        # Where the disk is full, the server could not even say so.
        log.write(b"the sandbox is started\n")
        try:
            process = subprocess.Popen(  # noqa: S603 - our own program, no shell
                # -P and a folder of its own: a random.py beside the notebook is not Python's.
                [sys.executable, "-P", "-c", _PROGRAM, package, *arguments],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=log,
                env=env,
                cwd=home.path,
                start_new_session=True,
                creationflags=getattr(subprocess, "DETACHED_PROCESS", 0),
            )
        except OSError as error:
            raise SandboxError(
                f"No process can be started for the sandbox ({error.strerror or error})."
                " End other programs and try again, or use the service with a key."
            ) from None
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


def _last_words(home: Home) -> str:
    """Return the last line of a server's log, to be put into a sentence."""
    try:
        words = home.log.read_text("utf-8", "replace").split("\n")[-2]
    except (OSError, IndexError):
        return ""
    return f": {''.join(filter(str.isprintable, words)).rstrip('.')[:_MAX_WORDS]}"


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

"""Which process owns a row, and whether that process has ended.

A process id alone is not enough: it is used again after a restart, is the same in many containers,
and changes in a forked child. So a process is identified by its machine and that machine's boot,
the namespace that its id counts in, the id, and its start time as the system counts.
"""

from __future__ import annotations

import hashlib
import json
import os
import time
from contextlib import suppress
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import sqlite3

# Seconds between two heartbeats of a process that sends or follows tasks: a process on another
# machine cannot be looked up, so each one writes into the journal that it still runs …
HEARTBEAT_INTERVAL = 60.0
# … and counts as ended after so many seconds without a heartbeat: longer than a laptop that slept
# or a disk that hung for some minutes. A wrong guess costs only a second process that asks about
# the same task.
HEARTBEAT_TIMEOUT = 600.0

# By process id: a forked child is a process of its own.
_own: dict[int, ProcessIdentity] = {}


@dataclass(frozen=True)
class ProcessIdentity:
    """One run of one process, told apart from every other.

    Attributes
    ----------
    host
        The machine: digest of its name, and of its id where it has one.
    boot
        The boot of that machine; empty where the system does not number them.
    namespace
        In which the process id counts: each container has its own.
    pid
        The process id there.
    started
        When the process started, as the system counts; empty where the system does not say.

    """

    host: str
    boot: str
    namespace: str
    pid: int
    started: str


def identify(pid: int) -> ProcessIdentity:
    """Return the identity of a process of this machine that has the id now."""
    import platform

    # as a digest: a machine's id is not to be passed on as it is (machine-id(5))
    names = f"{platform.node()} {_text('/etc/machine-id')}"
    host = hashlib.sha256(names.encode("utf-8", "replace")).hexdigest()[:16]
    boot = _text("/proc/sys/kernel/random/boot_id")
    return ProcessIdentity(host, boot, _namespace(), pid, _start_time(pid))


def this_process() -> ProcessIdentity:
    """Return the identity of this process."""
    pid = os.getpid()
    known = _own.get(pid)
    if known is None:
        known = identify(pid)
        _own.clear()  # a forked child has no use for its parent's identity
        _own[pid] = known
    return known


def register(connection: sqlite3.Connection) -> int:
    """Write a heartbeat of this process, and return the process's number in the journal."""
    identity = json.dumps(astuple(this_process()))
    connection.execute(
        "INSERT INTO processes (mark, seen) VALUES (?, ?)"
        " ON CONFLICT (mark) DO UPDATE SET seen = excluded.seen",
        (identity, time.time()),
    )
    found = connection.execute(
        "SELECT process FROM processes WHERE mark = ?", (identity,)
    ).fetchone()
    return int(found["process"])


def ended_processes(connection: sqlite3.Connection) -> set[int]:
    """Return the numbers of the processes that have ended, as far as this one can tell."""
    now = time.time()
    return {
        entry["process"]
        for entry in connection.execute("SELECT * FROM processes")
        if has_ended(_parse(entry["mark"]), silence=now - entry["seen"])
    }


def has_ended(process: ProcessIdentity | None, *, silence: float) -> bool:
    """Say whether a process has ended.

    Parameters
    ----------
    process
        None where its identity cannot be read.
    silence
        Seconds since its last heartbeat.

    """
    own = this_process()
    if process == own:
        return False
    # A heartbeat in the future was written by another clock, or this one was set back since: a
    # process that still runs writes the next one within a minute, by the clock of now.
    timed_out = abs(silence) > HEARTBEAT_TIMEOUT
    if process is None or process.host != own.host or (process.boot and not own.boot):
        return timed_out
    if process.boot != own.boot:
        return True  # this machine has been restarted since
    if process.namespace != own.namespace:
        return timed_out  # another container of this machine: its process ids mean nothing here
    if not process.started:
        return timed_out
    return _start_time(process.pid) != process.started


def _parse(text: str) -> ProcessIdentity | None:
    try:
        host, boot, namespace, pid, started = json.loads(text)
        return ProcessIdentity(str(host), str(boot), str(namespace), int(pid), str(started))
    except (ValueError, TypeError):
        return None


def _start_time(pid: int) -> str:
    """Return when a process started, as the system counts; empty if none runs, or it is unknown."""
    import platform

    if platform.system() == "Linux":
        # The kernel's own count of ticks since the boot: psutil adds the wall clock to it, which
        # can be set. A zombie has ended, and only waits for its parent to read its exit status.
        state, _, rest = _text(f"/proc/{pid}/stat").rpartition(")")[2].strip().partition(" ")
        return "" if state in {"Z", "X", ""} else rest.split()[18]
    try:
        import psutil
    except ImportError:  # in a browser there is only one process
        return ""
    try:
        return f"{psutil.Process(pid).create_time():.2f}"
    except psutil.Error:
        return ""


def _namespace() -> str:
    with suppress(OSError, AttributeError):
        return str(Path("/proc/self/ns/pid").readlink())
    return ""


def _text(path: str) -> str:
    with suppress(OSError):
        return Path(path).read_text(encoding="utf-8", errors="replace").strip()
    return ""

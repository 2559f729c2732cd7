"""Who owns a row: one life of one process, told apart from every other, and whether it is over.

A process id alone says little: it is used again after a restart, is the same in many containers,
and is another one in a forked child. So a process is known by its machine and that machine's boot,
the namespace that its id counts in, the id, and when it began by the system's own count.
"""

from __future__ import annotations

import hashlib
import json
import os
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import sqlite3

# A process on another machine cannot be asked whether it lives. It says so here, about once in so
# many seconds while it sends or follows tasks …
SEEN_EVERY = 60.0
# … and is taken for gone after so many of silence: a laptop that slept, a disk that hung for some
# minutes. A guess that is wrong costs nothing but a second process that asks about the same task.
SILENCE = 600.0

# By process id: a forked child is a process of its own.
_own: dict[int, Mark] = {}


class Mark(NamedTuple):
    """One life of one process.

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
    began
        When the process began, as the system counts; empty where it does not say.

    """

    host: str
    boot: str
    namespace: str
    pid: int
    began: str


def own_mark() -> Mark:
    """Return the mark of this process."""
    pid = os.getpid()
    known = _own.get(pid)
    if known is None:
        import platform

        # as a digest: a machine's id is not to be passed on as it is (machine-id(5))
        names = f"{platform.node()} {_text('/etc/machine-id')}"
        host = hashlib.sha256(names.encode("utf-8", "replace")).hexdigest()[:16]
        known = Mark(host, _text("/proc/sys/kernel/random/boot_id"), _namespace(), pid, _began(pid))
        _own.clear()  # what a parent knew of itself is of no use to its child
        _own[pid] = known
    return known


def register(connection: sqlite3.Connection) -> int:
    """Return the number of this process in the journal, written if it is new, and seen now."""
    connection.execute(
        "INSERT INTO processes (mark, seen) VALUES (?, ?)"
        " ON CONFLICT (mark) DO UPDATE SET seen = excluded.seen",
        (json.dumps(own_mark()), time.time()),
    )
    found = connection.execute(
        "SELECT process FROM processes WHERE mark = ?", (json.dumps(own_mark()),)
    ).fetchone()
    return int(found["process"])


def gone(connection: sqlite3.Connection) -> set[int]:
    """Return the numbers of the processes that are over, as far as anyone here can tell."""
    now = time.time()
    return {
        entry["process"]
        for entry in connection.execute("SELECT * FROM processes")
        if is_over(_read(entry["mark"]), silent=now - entry["seen"])
    }


def is_over(mark: Mark | None, *, silent: float) -> bool:
    """Say whether a process has ended.

    Parameters
    ----------
    mark
        The process; None where its mark cannot be read.
    silent
        Seconds since it last said that it lives.

    """
    own = own_mark()
    if mark == own:
        return False
    # Seen in the time to come, it was another clock that said so, or this one was put back since:
    # whoever lives says it again within a minute, by the clock of now.
    silent = abs(silent)
    if mark is None or mark.host != own.host or (mark.boot and not own.boot):
        return silent > SILENCE
    if mark.boot != own.boot:
        return True  # this machine has been started anew since
    if mark.namespace != own.namespace:
        return silent > SILENCE  # a container beside this one: its ids mean nothing here
    if not mark.began:
        return silent > SILENCE
    return _began(mark.pid) != mark.began


def _read(text: str) -> Mark | None:
    try:
        host, boot, namespace, pid, began = json.loads(text)
        return Mark(str(host), str(boot), str(namespace), int(pid), str(began))
    except (ValueError, TypeError):
        return None


def _began(pid: int) -> str:
    """Return when a process began, as the system counts; empty if there is none, or no saying."""
    import platform

    if platform.system() == "Linux":
        # The kernel's own count of ticks since the boot: psutil adds the wall clock to it, which
        # someone may set. A zombie is only waiting for its parent to hear that it ended.
        state, _, rest = _text(f"/proc/{pid}/stat").rpartition(")")[2].strip().partition(" ")
        return "" if state in {"Z", "X", ""} else rest.split()[18]
    try:
        import psutil
    except ImportError:  # in a browser there is but one process
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

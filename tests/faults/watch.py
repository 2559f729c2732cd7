"""What must not be left behind, and how late this machine itself is: looked at, not guessed."""

from __future__ import annotations

import gc
import os
import sys
import threading
import time
import warnings
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Self

# DESIGN: `wait(T)` ends by T + 50 ms.
LATE = 0.05


class Metronome:
    """Measures beside something else how late a thread of this process is woken.

    It sleeps two milliseconds at a time. What it oversleeps is the doing of the machine and of
    Python's own lock, and would befall any thread that waits: so that much is forgiven, and no
    more, to a wait in the same stretch of time.
    """

    def __init__(self) -> None:
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._tick, daemon=True, name="metronome")
        self._ticks: list[tuple[float, float]] = []

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_exception: object) -> None:
        self._over.set()
        self._thread.join()

    def _tick(self) -> None:
        while not self._over.is_set():
            before = time.monotonic()
            self._over.wait(0.002)
            self._ticks.append((before, time.monotonic() - before - 0.002))

    def noise(self, start: float, end: float) -> float:
        """Return by how much a sleep between two instants was late at the worst, in seconds."""
        # a tick that is late now is only written down when it is over
        time.sleep(0.004)
        late = [tick for at, tick in self._ticks if at <= end and at + 0.002 + tick >= start]
        return max(late, default=0.0)


@contextmanager
def nothing_unheard() -> Iterator[list[str]]:
    """Collect what fails in any thread or destructor, and each resource that nobody closed."""
    found: list[str] = []
    in_thread, in_destructor = threading.excepthook, sys.unraisablehook

    def hear(args: Any) -> None:
        found.append(f"{args.exc_type.__name__}: {args.exc_value}")

    threading.excepthook = sys.unraisablehook = hear
    try:
        with warnings.catch_warnings(record=True) as warned:
            warnings.simplefilter("always", ResourceWarning)
            yield found
            gc.collect()
        found += [str(one.message) for one in warned if one.category is ResourceWarning]
    finally:
        threading.excepthook, sys.unraisablehook = in_thread, in_destructor


def lumen_threads() -> list[threading.Thread]:
    """Return the threads of the client that live now."""
    return [one for one in threading.enumerate() if one.name.startswith("lumen-")]


def none_stays(seconds: float = 10.0) -> bool:
    """Say whether all threads of the client end by themselves within some seconds."""
    end = time.monotonic() + seconds
    for thread in lumen_threads():
        thread.join(max(end - time.monotonic(), 0.0))
    return not lumen_threads()


def open_files() -> list[str]:
    """Return what this process has open and still needs, each by what it is."""
    gc.collect()
    found = []
    for entry in Path("/proc/self/fd").iterdir():
        try:
            found.append(str(entry.readlink()).partition(":")[0])
        except OSError:
            continue  # the listing's own
    return found


def has_proc() -> bool:
    """Say whether this system tells what a process has open."""
    return os.path.isdir("/proc/self/fd")  # noqa: PTH112 -- asked of the system, not of a file

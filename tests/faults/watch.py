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
    from collections.abc import Collection, Iterator
    from typing import Self

# `wait(T)` ends by T + 50 ms: later is noticed by a caller who plans with T.
LATE = 0.05


class Metronome:
    """Measures beside something else how late the threads of this process get their turn.

    A wait is forgiven what in the same stretch of time befell others by no doing of the client's:
    what a thread overslept that only sleeps, two milliseconds at a time, since Python's own lock or
    the machine was busy; and how long the kernel let any one thread of this process wait for a
    processor, which it says itself. No more is forgiven.
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

    def begin(self) -> Stretch:
        """Begin a stretch of time."""
        return Stretch(self._ticks, len(self._ticks))


class Stretch:
    """A stretch of time, and how late the machine was in it."""

    def __init__(self, ticks: list[tuple[float, float]], first: int) -> None:
        self._ticks = ticks
        self._first = max(first - 1, 0)
        self._delays = _delays()
        self._began = time.monotonic()

    def end(self) -> tuple[float, float]:
        """Return how many seconds passed, and how many of them are the machine's."""
        took = time.monotonic() - self._began
        now = _delays()
        starved = max((now[one] - self._delays.get(one, 0.0) for one in now), default=0.0)
        # a tick that is late now is only written down when it is over
        time.sleep(0.004)
        late = max((tick for _, tick in self._ticks[self._first :]), default=0.0)
        return took, max(late, starved)


def _delays() -> dict[str, float]:
    """Return how long each thread of this process has waited for a processor so far, in seconds."""
    found = {}
    for task in Path("/proc/self/task").glob("*"):
        try:
            found[task.name] = int((task / "schedstat").read_text().split()[1]) / 1e9
        except (OSError, IndexError):
            continue  # a thread that has ended, or a kernel that does not say
    return found


@contextmanager
def nothing_unheard() -> Iterator[list[str]]:
    """Collect what fails in any thread or destructor, and each resource that was not closed."""
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


def lumen_threads(but: Collection[threading.Thread] = ()) -> list[threading.Thread]:
    """Return the threads of this test's clients that live now, `but` some: those of other tests."""
    # Schedulers of earlier tests are closed, and start no more.
    names = {"lumen-worker", "lumen-submit"}
    return [one for one in threading.enumerate() if one not in but and one.name in names]


def none_stays(but: Collection[threading.Thread], seconds: float = 60.0) -> bool:
    """Say whether all threads of the client, `but` some, end by themselves within some seconds."""
    end = time.monotonic() + seconds
    # one that ends may start another first, for what is left to do
    while (left := lumen_threads(but)) and time.monotonic() < end:
        left[0].join(max(end - time.monotonic(), 0.0))
    return not lumen_threads(but)


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

"""A condition and an event that Ctrl-C never leaves locked, at whatever instant it comes.

Python's own take and free their lock in functions of Python, where an interrupt may come once the
lock is taken and before anything would free it: every other thread then waits for it for ever.

Whatever a user may call takes a lock that its own thread may take again (`threading.RLock`): a
signal handler, or a `__del__` that the garbage collector runs, may look at a budget or a task in
the middle of such a call, and would wait for the very thread that it runs on.
"""

from __future__ import annotations

import contextlib
import threading
from operator import attrgetter


class Condition(threading.Condition):
    """As Python's own; but a `with` block takes and frees the lock itself, each in one step.

    And a wait that is interrupted ends with the lock held, as the `with` block around it expects.
    """

    # looked up before anything is taken
    __enter__ = property(attrgetter("_lock.__enter__"))
    __exit__ = property(attrgetter("_lock.__exit__"))

    def wait(self, timeout: float | None = None) -> bool:
        """Wait for a notification, or for so many seconds; say whether there was one.

        In one `with` block, not in one that stands in another.
        """
        # looked up before anything is freed
        is_held, take = _is_held(self), self.acquire
        try:
            return super().wait(timeout)
        finally:
            # Where Ctrl-C came in there, the lock may be free.
            if not is_held():
                take()


_is_held = attrgetter("_lock._is_owned")


class Event:
    """As Python's own; but a wait may end early where it was set and cleared before."""

    def __init__(self) -> None:
        self._is_set = False
        # free where a wait is to look
        self._news = threading.Lock()
        self._news.acquire()

    def is_set(self) -> bool:
        """Say whether it is set."""
        return self._is_set

    def set(self) -> None:
        """Set it, and end a wait."""
        self._is_set = True
        with contextlib.suppress(RuntimeError):  # it is free already
            self._news.release()

    def clear(self) -> None:
        """Have it not set any more."""
        self._is_set = False

    def wait(self, timeout: float) -> bool:
        """Wait until it is set, or for so many seconds; say whether it is."""
        if not self.is_set() and self._news.acquire(timeout=max(0.0, timeout)) and self.is_set():
            self.set()  # for others that wait
        return self.is_set()

"""A thread that runs while there is work, so that an idle notebook has no thread of ours."""

from __future__ import annotations

import logging
import threading
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

_log = logging.getLogger(__name__)


class Worker:
    """Runs what it is given, one after the other.

    A function that is given again before it has run is run once.

    Parameters
    ----------
    name
        Of the thread.
    failed
        What the log says of work that raised something.
    interval
        Seconds between two runs of the same function, at least.
    idle_seconds
        Seconds without work after which the thread ends; the next work starts another.

    """

    def __init__(
        self, name: str, failed: str, interval: float = 0.0, *, idle_seconds: float = 5.0
    ) -> None:
        self._name = name
        self._failed = failed
        self._interval = interval
        self._idle_seconds = idle_seconds
        self._changed = threading.Condition()
        self._due: dict[Callable[[], None], float] = {}
        self._last: dict[Callable[[], None], float] = {}
        self._thread: threading.Thread | None = None

    def run_soon(
        self, work: Callable[[], None], after: float = 0.0, *, urgent: bool = False
    ) -> None:
        """Run `work` in `after` seconds, or as soon after as its interval allows.

        Work that is `urgent` is run before all other work.
        """
        with self._changed:
            due = max(time.monotonic() + after, self._last.get(work, 0.0) + self._interval)
            if urgent:
                due = min([0.0, *self._due.values()]) - 1.0
            self._due[work] = min(due, self._due.get(work, due))
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name=self._name, daemon=True)
                self._thread.start()
            self._changed.notify()

    def _run(self) -> None:
        while (work := self._next()) is not None:
            try:
                work()
            except Exception:  # noqa: BLE001 # the rest of the work is done all the same
                _log.exception(self._failed)

    def _next(self) -> Callable[[], None] | None:
        """Wait for work that is due; None once the thread has been idle for long enough."""
        with self._changed:
            while True:
                now = time.monotonic()
                self._last = {
                    one: at for one, at in self._last.items() if now - at < self._interval
                }
                work = min(self._due, key=self._due.__getitem__, default=None)
                if work is not None and self._due[work] <= now:
                    del self._due[work]
                    self._last[work] = now
                    return work
                pause = self._idle_seconds if work is None else self._due[work] - now
                if not self._changed.wait(pause) and not self._due:
                    self._thread = None
                    return None

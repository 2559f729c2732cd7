"""The one thread that speaks to the browser about tasks, at most four times a second each."""

from __future__ import annotations

import logging
import threading
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

# a person cannot follow more than four changes a second, and a hub's network should not have to
_INTERVAL = 0.25
# seconds without work after which the thread ends; the next change starts another
_IDLE = 5.0

_log = logging.getLogger(__name__)


class Publisher:
    """Runs what is to be sent, on a thread of its own, so that no worker waits for the browser.

    Marking the same function again before it ran runs it once.
    """

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._due: dict[Callable[[], None], float] = {}
        self._last: dict[Callable[[], None], float] = {}
        self._thread: threading.Thread | None = None

    def mark(self, flush: Callable[[], None], after: float = 0.0) -> None:
        """Run `flush` in `after` seconds, or as soon after as its pace allows."""
        with self._changed:
            now = time.monotonic()
            due = max(now + after, self._last.get(flush, 0.0) + _INTERVAL)
            self._due[flush] = min(due, self._due.get(flush, due))
            if self._thread is None:
                self._thread = threading.Thread(
                    target=self._run, name="lumen-publisher", daemon=True
                )
                self._thread.start()
            self._changed.notify()

    def _run(self) -> None:
        while (ready := self._next()) is not None:
            for flush in ready:
                try:
                    flush()
                except Exception:  # noqa: BLE001 # whatever a view does, the others go on
                    _log.exception("a view could not be brought up to date")

    def _next(self) -> list[Callable[[], None]] | None:
        """Wait for what is due; None once there has been nothing for a while."""
        with self._changed:
            while True:
                now = time.monotonic()
                self._last = {f: at for f, at in self._last.items() if now - at < _INTERVAL}
                ready = [flush for flush, due in self._due.items() if due <= now]
                if ready:
                    for flush in ready:
                        del self._due[flush]
                        self._last[flush] = now
                    return ready
                pause = min(self._due.values()) - now if self._due else _IDLE
                if not self._changed.wait(pause) and not self._due:
                    self._thread = None
                    return None


publisher = Publisher()

"""Small work that neither a handler nor the publisher should do: one thread, ended when idle."""

from __future__ import annotations

import logging
import threading
from collections import deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

_log = logging.getLogger(__name__)

# seconds without work after which the thread ends; the next errand starts another
_IDLE = 5.0


class Errands:
    """Runs what it is given, one after the other."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._waiting: deque[Callable[[], None]] = deque()
        self._thread: threading.Thread | None = None

    def add(self, work: Callable[[], None], *, urgent: bool = False) -> None:
        """Run `work` as soon as all others are done, or before them if somebody waits for it."""
        with self._changed:
            if urgent:
                self._waiting.appendleft(work)
            else:
                self._waiting.append(work)
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="lumen-errands", daemon=True)
                self._thread.start()
            self._changed.notify()

    def _run(self) -> None:
        while (work := self._next()) is not None:
            try:
                work()
            except Exception:  # noqa: BLE001 # whatever one errand does, the others are run
                _log.exception("an errand of a widget failed")

    def _next(self) -> Callable[[], None] | None:
        with self._changed:
            while not self._waiting:
                if not self._changed.wait(_IDLE) and not self._waiting:
                    self._thread = None
                    return None
            return self._waiting.popleft()


errands = Errands()

"""Who is told of a task's changes."""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from lumen_widgets.core.task import Task

_log = logging.getLogger("lumen_widgets")


class Subscribers:
    """The functions that are called with a task after each of its changes."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._called: list[Callable[[Task], None]] = []

    def add(self, fn: Callable[[Task], None]) -> Callable[[], None]:
        """Have `fn` called, and return what ends that."""
        with self._lock:
            self._called = [*self._called, fn]

        def remove() -> None:
            with self._lock:
                self._called = [one for one in self._called if one is not fn]

        return remove

    def call(self, task: Task) -> None:
        """Call them all, on whichever thread this is; what one raises is logged."""
        for fn in self._called:
            try:
                fn(task)
            except Exception:  # noqa: BLE001 -- logged: a stranger's code must not stop the following
                _log.exception("A subscriber of the task %s failed.", task.id)

"""A thread that runs while there is work, so that an idle notebook has no thread of ours."""

from __future__ import annotations

import time
import weakref
from functools import partial
from types import MethodType
from typing import TYPE_CHECKING

from lumen_widgets.core.errors import LumenError
from lumen_widgets.core.locks import Condition
from lumen_widgets.core.log import Log
from lumen_widgets.core.polling.scheduler import start_thread
from lumen_widgets.core.signal import forked

if TYPE_CHECKING:
    from collections.abc import Callable

_log = Log(__name__)


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
        self._begin_anew()
        forked.connect_method(self._begin_anew)

    def run_soon(
        self, work: Callable[[], object], after: float = 0.0, *, urgent: bool = False
    ) -> None:
        """Run `work` in `after` seconds, or as soon after as its interval allows.

        Work that is `urgent` is run before all other work. Where no thread can be started, the log
        says so, and it is run with the next work: what is shown, such as a paid task, goes on.
        """
        with self._changed:
            due = time.monotonic() + after
            if isinstance(work, MethodType):
                due = max(due, self._last.get(weakref.WeakMethod(work), 0.0) + self._interval)
            if urgent:
                due = min([0.0, *self._due.values()]) - 1.0
            self._due[work] = min(due, self._due.get(work, due))
            self._changed.notify()
            if self._has_thread:
                return
        # Without the lock: Python may collect garbage on the new thread before that says that it
        # runs, and a widget that is garbage has its work forgotten.
        try:
            start_thread(self._run, self._name, "what a view is to show")
        except LumenError as error:
            _log.warning("%s", error)

    def _begin_anew(self, _: None = None) -> None:
        """Begin with no work, as in a forked child, whose parent does the work that it has."""
        self._changed = Condition()
        self._due: dict[Callable[[], object], float] = {}
        # weakly, since what has run need not be held
        self._last: dict[weakref.WeakMethod[MethodType], float] = {}
        self._has_thread = False

    def forget(self, owner: object) -> None:
        """Leave out the work that methods of `owner` have yet to do: it is used no more."""
        with self._changed:
            self._due = {one: at for one, at in self._due.items() if _owner(one) is not owner}

    def _run(self) -> None:
        with self._changed:
            # two were started at once
            if self._has_thread:
                return
            self._has_thread = True
        while (work := self._next()) is not None:
            try:
                work()
            except Exception:  # noqa: BLE001 # the rest of the work is done all the same
                _log.exception(self._failed)
            # not held while there is nothing to do
            del work

    def _next(self) -> Callable[[], object] | None:
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
                    if isinstance(work, MethodType):
                        self._last[weakref.WeakMethod(work)] = now
                    return work
                pause = self._idle_seconds if work is None else self._due[work] - now
                if not self._changed.wait(pause) and not self._due:
                    self._has_thread = False
                    return None


def _owner(work: Callable[[], object]) -> object:
    """Return the object whose method this is, also where its arguments are given already."""
    while isinstance(work, partial):
        work = work.func
    return getattr(work, "__self__", None)

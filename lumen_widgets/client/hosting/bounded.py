"""A call that ends in time, whatever the code of others does that it calls."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Generic, TypeVar

from lumen_widgets.core.waiting import lean

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")


def call_within(seconds: float, job: Callable[[], T], late: Callable[[T], None]) -> T:
    """Return what a job returns, or raise what it raises, unless it takes too long.

    Parameters
    ----------
    seconds
        How long to wait for it.
    job
        Runs on a daemon thread, which may outlive the wait.
    late
        Called there with what the job returned when nobody waits for it any more.

    Raises
    ------
    TimeoutError
        It is not over in time.
    KeyboardInterrupt
        The wait was interrupted.

    Examples
    --------
    >>> call_within(5.0, lambda: 7, lambda _: None)
    7

    """
    call = _Call(job, late)
    thread = threading.Thread(target=call.run, name="lumen-hosting", daemon=True)
    deadline = time.monotonic() + seconds
    try:
        thread.start()
        while not call.over.wait(lean(deadline)):
            if time.monotonic() >= deadline:
                break
    except BaseException:
        call.abandon()
        raise
    if not call.over.is_set() and call.abandon():
        raise TimeoutError
    if call.error is not None:
        raise call.error
    return call.results[0]


class _Call(Generic[T]):
    """One job, as its thread and its waiter share it."""

    def __init__(self, job: Callable[[], T], late: Callable[[T], None]) -> None:
        self.over = threading.Event()
        self.results: list[T] = []
        self.error: BaseException | None = None
        self._job = job
        self._late = late
        self._lock = threading.Lock()
        self._abandoned = False

    def run(self) -> None:
        """Do the job."""
        try:
            self.results.append(self._job())
        except BaseException as error:  # noqa: BLE001 -- handed to the waiter, whatever it is
            self.error = error
        with self._lock:
            self.over.set()
            if not self._abandoned or not self.results:
                return
        self._late(self.results[0])

    def abandon(self) -> bool:
        """Wait no more; return False if it is over after all."""
        with self._lock:
            self._abandoned = True
            return not self.over.is_set()

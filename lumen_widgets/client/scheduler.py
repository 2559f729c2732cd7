"""The one thing in a process that follows tasks: jobs with a time, and at most four threads.

Threads start with the first job and end when there is nothing left to wait for. They are daemons:
an interpreter that exits does not wait for pictures (a submit's thread is another matter).
"""

from __future__ import annotations

import heapq
import itertools
import logging
import os
import threading
import time
from collections import deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

_log = logging.getLogger("lumen_widgets")

# One answer that drips may hold one thread until its time-out; the others go on.
MOST_THREADS = 4

# "At most 20 requests a second for the process" (DESIGN), counted over a second and a little more,
# since requests that leave a second apart may arrive closer together.
MOST_REQUESTS, SECOND = 20, 1.05

# An idle thread stays this long, in seconds, so that submits in a row do not start one each.
IDLE = 5.0


class Scheduler:
    """Runs jobs at their times.

    Jobs that talk to the network are `requests` and share the process's limit; all others are
    `errands`, which never wait behind them.

    Parameters
    ----------
    clock
        Seconds that only go forward; tests bring their own.
    threads
        How many threads may run jobs; with 0 jobs run in `run_due` only.

    Examples
    --------
    >>> scheduler = Scheduler(clock=lambda: 0.0, threads=0)
    >>> scheduler.request(0.0, lambda: print("asked"))
    >>> scheduler.run_due()
    asked
    1

    """

    def __init__(
        self, clock: Callable[[], float] = time.monotonic, threads: int = MOST_THREADS
    ) -> None:
        self.now = clock
        self._most_threads = threads
        self._changed = threading.Condition()
        self._requests: list[tuple[float, int, Callable[[], None]]] = []
        self._errands: deque[Callable[[], None]] = deque()
        self._order = itertools.count()
        self._sent: deque[float] = deque(maxlen=MOST_REQUESTS)
        self._threads: set[threading.Thread] = set()
        self._idle = 0

    def request(self, when: float, job: Callable[[], None]) -> None:
        """Run a job that sends one request, at `when` on this scheduler's clock or soon after.

        Raises
        ------
        RuntimeError
            If there is no thread for it and none can be started.

        """
        with self._changed:
            heapq.heappush(self._requests, (when, next(self._order), job))
            self._see_to_it()

    def errand(self, job: Callable[[], None]) -> None:
        """Run a job that sends nothing, as soon as a thread is free."""
        with self._changed:
            self._errands.append(job)
            self._see_to_it()

    def claim(self, deadline: float) -> bool:
        """Wait for the turn to send one request from the caller's own thread.

        Returns
        -------
        bool
            False if its turn does not come before `deadline`.

        """
        while True:
            with self._changed:
                wait = self._wait_for_limit()
                if wait <= 0:
                    self._sent.append(self.now())
                    return True
            if self.now() + wait > deadline:
                return False
            time.sleep(wait)

    def run_due(self) -> int:
        """Run every job that is due now, on the caller's thread; return how many ran."""
        ran = 0
        while True:
            with self._changed:
                job, _ = self._next()
            if job is None:
                return ran
            job()
            ran += 1

    def _see_to_it(self) -> None:
        """Wake a thread, or start one, for what was just added; the lock is held."""
        if self._idle:
            self._changed.notify()
            return
        # A thread whose start was interrupted never lived: it must not hold a place for ever.
        self._threads = {thread for thread in self._threads if thread.is_alive()}
        if len(self._threads) < self._most_threads:
            thread = threading.Thread(target=self._work, name="lumen-worker", daemon=True)
            self._threads.add(thread)
            try:
                thread.start()
            except RuntimeError:
                # Too many threads on this machine: those that are here get to the job, if any.
                self._threads.discard(thread)
                if not self._threads:
                    raise

    def _work(self) -> None:
        with self._changed:
            while True:
                job, wait = self._next()
                if job is not None:
                    if self._requests or self._errands:
                        self._see_to_it()
                    self._changed.release()
                    try:
                        job()
                    except Exception:  # noqa: BLE001 -- logged: one job must not end the others
                        _log.exception("A job of the scheduler failed.")
                    finally:
                        # No job may be kept alive by this frame while the thread is idle.
                        job = None
                        self._changed.acquire()
                    continue
                self._idle += 1
                try:
                    woken = self._changed.wait(IDLE if wait is None else wait)
                finally:
                    self._idle -= 1
                if wait is None and not woken and not self._requests and not self._errands:
                    self._threads.discard(threading.current_thread())
                    return

    def _next(self) -> tuple[Callable[[], None] | None, float | None]:
        """Take the job whose turn it is, or say how long until there is one; None is never."""
        if self._errands:
            return self._errands.popleft(), None
        if not self._requests:
            return None, None
        wait = max(self._requests[0][0] - self.now(), self._wait_for_limit())
        if wait > 0:
            return None, wait
        self._sent.append(self.now())
        return heapq.heappop(self._requests)[2], None

    def _wait_for_limit(self) -> float:
        if len(self._sent) < MOST_REQUESTS:
            return 0.0
        return self._sent[0] + SECOND - self.now()


# By process id: the threads of a parent do not live on in a forked child. No lock is needed (and
# none may be made at import): setdefault is atomic, and a scheduler without jobs costs nothing.
_schedulers: dict[int, Scheduler] = {}


def shared_scheduler() -> Scheduler:
    """Return the process's scheduler."""
    known = _schedulers.get(os.getpid())
    return known if known is not None else _schedulers.setdefault(os.getpid(), Scheduler())

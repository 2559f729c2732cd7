"""The one thing in a process that follows tasks: jobs with a time, and at most four that talk.

Threads start with the first job and end when there is nothing left to wait for. They are daemons:
an interpreter that exits does not wait for pictures (a submit's thread is another matter).

Where threads do not help (Colab shows no update made from one; Python in a browser has none)
something else can drive the same jobs: make a ``Scheduler(threads=0, wake=…)``, pass it to
`use_scheduler` before the first task, and call its `run_due` whenever `next_due` has come, on the
thread that suits: from a front end's tick, or from an event loop's timer.

>>> import asyncio, contextlib
>>> async def drive(scheduler, earlier):  # earlier: an asyncio.Event that `wake` sets
...     while True:
...         scheduler.run_due(limit=1)
...         due = scheduler.next_due()
...         earlier.clear()
...         left = None if due is None else max(due - scheduler.now(), 0.0)
...         with contextlib.suppress(TimeoutError):
...             await asyncio.wait_for(earlier.wait(), left)
"""

from __future__ import annotations

import logging
import os
import threading
import time
from collections import deque
from typing import TYPE_CHECKING

from lumen_widgets.core.polling.lanes import Sort
from lumen_widgets.core.polling.traffic import NEVER, Traffic

if TYPE_CHECKING:
    from collections.abc import Callable

    from lumen_widgets.core.polling.lanes import Job, Lane

_log = logging.getLogger("lumen_widgets")

# So many threads may talk at once: one answer that drips holds one until its time-out, the others
# go on. One more may start for errands alone, so that news reach the user also while all talk.
MOST_THREADS = 4

# An idle thread stays this long, in seconds, so that submits in a row do not start one each.
IDLE = 5.0


class Scheduler:
    """Runs jobs at their times.

    Jobs that talk to the network are `requests` and share the process's limit (see `Traffic`);
    others are `errands`, which never wait behind them.

    Parameters
    ----------
    clock
        Seconds that only go forward; tests bring their own.
    threads
        How many threads may talk; with 0 jobs run in `run_due` only.
    wake
        With 0 threads: called after a job was added, on whichever thread added it. It should take
        no time, and call nothing here.

    Examples
    --------
    >>> scheduler = Scheduler(clock=lambda: 0.0, threads=0)
    >>> job = scheduler.request(0.0, lambda: print("asked"))
    >>> scheduler.run_due()
    asked
    1

    """

    def __init__(
        self,
        clock: Callable[[], float] = time.monotonic,
        threads: int = MOST_THREADS,
        wake: Callable[[], None] | None = None,
    ) -> None:
        self.now = clock
        self._most_threads = threads
        self._wake = wake
        self._changed = threading.Condition()
        self._traffic = Traffic()
        self._errands: deque[Callable[[], None]] = deque()
        self._threads: set[threading.Thread] = set()
        self._idle = self._talking = 0
        # When the one thread wakes that waits for the next job; the other idle ones just wait.
        self._alarm = NEVER

    def request(
        self,
        when: float,
        job: Callable[[], None],
        *,
        sort: Sort = Sort.QUESTION,
        origin: str = "",
    ) -> Job:
        """Run a job that sends one request, at `when` on this scheduler's clock or soon after.

        Parameters
        ----------
        when
            Not before.
        job
            Sends the request.
        sort
            What it is.
        origin
            Whom it asks: it waits while that one is known not to answer (see `shut`).

        Returns
        -------
        Job
            For `cancel`.

        Raises
        ------
        RuntimeError
            If there is no thread for it and none can be started.

        """
        with self._changed:
            entry = self._traffic.add(when, job, sort, origin)
            try:
                self._see_to_it()
            except RuntimeError:
                entry.lane.cancel(entry)
                raise
            return entry

    def cancel(self, job: Job) -> None:
        """Forget a request; one that has run or runs already stays as it is."""
        with self._changed:
            job.lane.cancel(job)

    def errand(self, job: Callable[[], None]) -> None:
        """Run a job that sends nothing, as soon as a thread is free."""
        with self._changed:
            self._errands.append(job)
            self._see_to_it()

    def shut(self, origin: str, sent: float, pause: Callable[[int], float]) -> None:
        """Ask `origin` nothing for a while, since what left at `sent` had to fail for anybody.

        From then on one request at a time tries, until one is answered. `pause` says for how many
        seconds, from how often in a row this was so.
        """
        with self._changed:
            self._traffic.gate(origin).close(self.now(), sent, pause)

    def reopen(self, origin: str, sent: float) -> None:
        """Note that `origin` has answered a request that left at `sent`."""
        with self._changed:
            if self._traffic.gate(origin).open(sent) and self._traffic:
                self._call()

    def behind(self, origin: str) -> float:
        """Return by how many seconds questions to `origin` are late, since too many are due."""
        with self._changed:
            return self._traffic.late(origin, self.now())

    def claim(self, deadline: float) -> bool:
        """Wait for the turn to send one request from the caller's own thread.

        Returns
        -------
        bool
            False, at once, if its turn does not come before `deadline`.

        """
        with self._changed:
            now = self.now()
            turn = self._traffic.reserve(now, deadline)
        if turn is None:
            return False
        if turn > now:
            time.sleep(turn - now)
        return True

    def next_due(self) -> float | None:
        """Return when `run_due` has something to run, on this scheduler's clock; None is never.

        Examples
        --------
        >>> scheduler = Scheduler(clock=lambda: 0.0, threads=0)
        >>> job = scheduler.request(3.0, lambda: None)
        >>> scheduler.next_due()
        3.0

        """
        with self._changed:
            return self.now() if self._errands else self._traffic.due()

    def run_due(self, limit: int | None = None) -> int:
        """Run every job that is due now, on the caller's thread; return how many ran.

        Parameters
        ----------
        limit
            How many at most, for a thread that has other things to do in between.

        """
        ran = 0
        while limit is None or ran < limit:
            with self._changed:
                job, lane, _ = self._next()
            if job is None:
                break
            self._run(job, lane)
            ran += 1
        return ran

    def clear(self) -> None:
        """Forget every job."""
        with self._changed:
            self._errands.clear()
            self._traffic.clear()

    def _run(self, job: Callable[[], None], lane: Lane | None) -> None:
        try:
            job()
        except Exception:  # noqa: BLE001 -- logged: one job must not end the others
            _log.exception("A job of the scheduler failed.")
        finally:
            if lane is not None:
                with self._changed:
                    lane.done()
                    self._talking -= 1

    def _see_to_it(self) -> None:
        """Wake a thread, or start one, for what was just added; the lock is held."""
        if self._call():
            return
        # A thread whose start was interrupted never lived: it must not hold a place for ever.
        self._threads = {thread for thread in self._threads if thread.is_alive()}
        if len(self._threads) <= self._most_threads:
            thread = threading.Thread(target=self._work, name="lumen-worker", daemon=True)
            self._threads.add(thread)
            try:
                thread.start()
            except RuntimeError:
                # Too many threads on this machine: those that are here get to the job, if any.
                self._threads.discard(thread)
                if not self._threads:
                    raise

    def _call(self) -> bool:
        """Have an idle thread, or whatever drives this, look again; return whether there is one."""
        if self._most_threads == 0 and self._wake is not None:
            self._wake()
        if self._idle:
            self._changed.notify()
        return self._idle > 0 or self._most_threads == 0

    def _work(self) -> None:
        while True:
            with self._changed:
                job, lane, wait = self._next()
                while job is None:
                    woken = self._rest(wait)
                    job, lane, wait = self._next()
                    # Looked for first: a thread that was just called may believe that it was not.
                    if not woken and job is None and not self._is_next(wait):
                        self._threads.discard(threading.current_thread())
                        return
                if self._errands or self._traffic:
                    self._see_to_it()
            self._run(job, lane)
            # No job may be kept alive by this frame while the thread is idle.
            job = None

    def _rest(self, wait: float | None) -> bool:
        """Wait for the next job, which is due in `wait` seconds; return whether it was called."""
        # One thread waits for that; the other idle ones wait until they are called, or not needed.
        guards = self._is_next(wait)
        alarm = self._alarm = self.now() + (wait or 0.0) if guards else self._alarm
        self._idle += 1
        try:
            return self._changed.wait(wait if guards else IDLE)
        finally:
            self._idle -= 1
            if guards and self._alarm == alarm:
                self._alarm = NEVER

    def _is_next(self, wait: float | None) -> bool:
        """Say whether nobody wakes in time for a job that is due in `wait` seconds."""
        return wait is not None and self.now() + wait < self._alarm

    def _next(self) -> tuple[Callable[[], None] | None, Lane | None, float | None]:
        """Take the job whose turn it is, or say how long until there is one; None is never."""
        if self._errands:
            return self._errands.popleft(), None, None
        if self._talking >= max(self._most_threads, 1):
            return None, None, None
        now = self.now()
        taken = self._traffic.take(now)
        if taken is None:
            due = self._traffic.due()
            return None, None, None if due is None else max(due - now, 0.0)
        self._talking += 1
        return *taken, None


# By process id: the threads of a parent do not live on in a forked child. No lock is needed (and
# none may be made at import): setdefault is atomic, and a scheduler without jobs costs nothing.
_schedulers: dict[int, Scheduler] = {}


def shared_scheduler() -> Scheduler:
    """Return the process's scheduler."""
    known = _schedulers.get(os.getpid())
    return known if known is not None else _schedulers.setdefault(os.getpid(), Scheduler())


def use_scheduler(scheduler: Scheduler) -> None:
    """Follow this process's new tasks with `scheduler`; earlier ones stay where they are."""
    _schedulers[os.getpid()] = scheduler

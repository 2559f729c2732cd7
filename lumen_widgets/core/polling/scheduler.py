"""The scheduler: every request about a task, each at its time, on a few threads of the process.

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

import _thread
import itertools
import threading
import time
from bisect import bisect_left, insort
from collections import defaultdict, deque
from enum import Enum
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from lumen_widgets.core.errors import LumenError
from lumen_widgets.core.locks import Condition, Event
from lumen_widgets.core.log import Log
from lumen_widgets.core.polling.pace import Paces
from lumen_widgets.core.signal import forked
from lumen_widgets.core.timing import TIMING
from lumen_widgets.core.waiting import WAIT_SLICE

if TYPE_CHECKING:
    from collections.abc import Callable

    from lumen_widgets.core.timing import Timing

_log = Log()

# So many requests may be under way at once: one answer that drips holds one thread until its
# time-out, the others go on. One more thread may start for jobs that send nothing, so that news
# reach the user also while all of these talk.
MAX_THREADS = 4

NEVER = float("inf")


class RequestKind(Enum):
    """What a request is for, which says how many of its kind may be under way at once."""

    PICTURE = "picture"
    STATUS = "status"
    # The status of a task whose last answer did not come in time.
    UNANSWERED = "unanswered"


# Four threads talk. No kind may take them all, so that slow pictures never keep questions waiting,
# nor slow answers the pictures; tasks without an answer share one, however many there are.
MAX_RUNNING = {RequestKind.PICTURE: 3, RequestKind.STATUS: 3, RequestKind.UNANSWERED: 1}


class Job(NamedTuple):
    """One request that waits for its time; the scheduler's, to be passed to `cancel` only.

    Jobs sort by their time, and then by which was added first: no two have the same number.
    """

    when: float
    number: int
    run: Callable[[], None]
    kind: RequestKind
    origin: str
    is_local: bool
    hear_trouble: Callable[[LumenError | None], None] | None = None

    @property
    def queue(self) -> tuple[RequestKind, str, bool]:
        """What it has in common with the requests of which the first one due goes first."""
        return self.kind, self.origin, self.is_local


class _ClosedOrigin:
    """An origin that cannot answer now: nothing is sent until a time, then one request at a time.

    Attributes
    ----------
    failures
        How often in a row it could not.
    since
        When it was last found so. An answer to what was sent before says nothing of it.
    until
        When it may be asked again.

    """

    __slots__ = ("failures", "since", "until")

    def __init__(self) -> None:
        self.failures = 0
        self.since = self.until = -NEVER


class Scheduler:
    """Runs jobs at their times.

    Requests share the process's limits: how many are under way at once, and, but for those to this
    machine, how many leave in a second. Where more are due than may leave, pictures go first: their
    addresses may not last, and each was earned by a question, so that they never crowd out the
    questions. After them goes whichever has been due for longest, so that none waits for ever.
    Jobs that send nothing (`run_soon`) wait for no request.

    Parameters
    ----------
    clock
        Seconds that only go forward; tests bring their own.
    threads
        How many threads may talk; with 0 jobs run in `run_due` only.
    wake
        With 0 threads: called, on whichever thread, after a job was added or may run earlier than
        `next_due` said. It should take no time, and call nothing here.
    timing
        How long the core waits, for what.
    paces
        What an earlier scheduler has learnt of how long tasks take; None begins with nothing.

    Attributes
    ----------
    timing : Timing
        As above.
    paces : Paces
        What was learnt.

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
        threads: int = MAX_THREADS,
        wake: Callable[[], None] | None = None,
        *,
        timing: Timing = TIMING,
        paces: Paces | None = None,
    ) -> None:
        self.now = clock
        self.timing = timing
        self.paces = Paces(timing) if paces is None else paces
        self._max_threads = threads
        # Guards what follows; an idle thread waits on it for the next job.
        self._changed = Condition()
        self._wake = self._changed.notify if threads or wake is None else wake
        self._numbers = itertools.count()
        # Sorted lists, not heaps: a cancelled job leaves at once, and to move the places of a
        # thousand others takes less than a microsecond.
        self._requests: defaultdict[tuple[RequestKind, str, bool], list[Job]] = defaultdict(list)
        self._soon: deque[Callable[[], None]] = deque()
        # Requests under way; when the last ones left, or will that have reserved their turn; and
        # when one more may.
        self._running: list[Job] = []
        self._sent: deque[float] = deque(maxlen=timing.requests)
        self._next_turn = -NEVER
        self._closed: dict[str, _ClosedOrigin] = {}
        self._threads: set[threading.Thread] = set()
        self._idle = 0
        self._is_closed = False

    def request(
        self,
        when: float,
        run: Callable[[], None],
        *,
        kind: RequestKind = RequestKind.STATUS,
        origin: str = "",
        is_local: bool = False,
        hear_trouble: Callable[[LumenError | None], None] | None = None,
    ) -> Job:
        """Run a job that sends one request, at `when` on this scheduler's clock or soon after.

        Parameters
        ----------
        when
            Not before.
        run
            Sends the request.
        kind
            What it is for.
        origin
            Where it goes: it waits while that one is closed (see `close_origin`).
        is_local
            Whether that is this machine: then it counts in no second.
        hear_trouble
            Called while it waits: with why its origin cannot answer, and with None once it can.

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
            job = Job(when, next(self._numbers), run, kind, origin, is_local, hear_trouble)
            if self._is_closed:
                return job
            insort(self._requests[job.queue], job)
            try:
                self._wake_thread()
            except BaseException:
                self.cancel(job)
                raise
            return job

    def cancel(self, job: Job) -> None:
        """Forget a request; one that has run or runs already stays as it is."""
        with self._changed:
            self._remove(job)

    def run_soon(self, run: Callable[[], None]) -> None:
        """Run a job that sends nothing, as soon as a thread is free."""
        with self._changed:
            if not self._is_closed:
                self._soon.append(run)
                self._wake_thread()

    def close_origin(self, origin: str, sent: float, pause: Callable[[int], float]) -> int:
        """Send nothing to `origin` for a while, since what left at `sent` failed for every task.

        From then on one request at a time tries, until one is answered. `pause` says for how many
        seconds, from how often in a row this was so, which is returned.
        """
        with self._changed:
            closed = self._closed.setdefault(origin, _ClosedOrigin())
            now = self.now()
            # Requests that were under way together fail together: that counts once.
            if sent >= closed.since:
                closed.failures += 1
                closed.since = now
            closed.until = max(closed.until, now + pause(closed.failures))
            return closed.failures

    def open_origin(self, origin: str, sent: float) -> None:
        """Note that `origin` has answered a request that left at `sent`."""
        with self._changed:
            closed = self._closed.get(origin)
            if closed is None or sent < closed.since:
                return
            del self._closed[origin]
            self._wake()
        self.tell_trouble(origin, None)

    def tell_trouble(self, origin: str, error: LumenError | None) -> None:
        """Tell whoever waits to ask `origin` why it cannot answer, or that it can again."""
        with self._changed:
            queues = [jobs for queue, jobs in self._requests.items() if queue[1] == origin]
            waiting = [job.hear_trouble for jobs in queues for job in jobs]
        # without the lock: what is called may send or cancel something
        for hear in waiting:
            if hear is not None:
                hear(error)

    def crowd(self, origin: str) -> int:
        """Return how many questions to `origin` wait for their time."""
        with self._changed:
            queues = [self._requests[RequestKind.STATUS, origin, local] for local in (False, True)]
            return sum(map(len, queues))

    def claim(self, deadline: float) -> bool:
        """Wait for the turn to send one request from the caller's own thread.

        Returns
        -------
        bool
            False, at once, if its turn does not come before `deadline`.

        """
        with self._changed:
            now = self.now()
            turn = max(now, self._next_turn)
            if turn > deadline:
                return False
            self._note_sent(turn)
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
            now = self.now()
            if self._soon:
                return now
            due, job = self._next_request(now)
            return None if job is None else due

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
                run, _ = self._take(self.now())
            if run is None:
                break
            self._run(run)
            ran += 1
        return ran

    def close(self) -> None:
        """Forget every job, take no more, and let the threads end: nothing is asked any more."""
        with self._changed:
            self._is_closed = True
            self._soon.clear()
            self._requests.clear()
            self._changed.notify_all()

    # What follows is called with the lock held, but for `_run`, `_send`, `_work` and `_next_job`.
    # A signal handler or a __del__ may add and cancel jobs on the same thread after any call in it:
    # what is looked at counts no longer than until the next one.

    def _remove(self, job: Job) -> bool:
        """Take out a request, and say whether it was there."""
        jobs = self._requests[job.queue]
        while True:
            place = bisect_left(jobs, job)
            try:
                if jobs[place] is job:
                    del jobs[place]
                    return True
            except IndexError:
                pass
            if job not in jobs:
                return False

    def _has_jobs(self) -> bool:
        return bool(self._soon) or any(list(self._requests.values()))

    def _note_sent(self, when: float) -> None:
        self._sent.append(when)
        timing = self.timing
        is_full = len(self._sent) == timing.requests
        self._next_turn = max(when, self._sent[0] + timing.requests_window) if is_full else when

    def _next_request(self, now: float) -> tuple[float, Job | None]:
        """Return the request whose turn is next, and when; none if others must end before."""
        if len(self._running) >= max(self._max_threads, 1):
            return NEVER, None
        kinds = [job.kind for job in self._running]
        origins = [job.origin for job in self._running]
        candidates = []
        for (kind, origin, is_local), jobs in list(self._requests.items()):
            first = jobs[0] if jobs else None
            closed = self._closed.get(origin)
            if (
                first is None
                or kinds.count(kind) >= MAX_RUNNING[kind]
                or (closed and origin in origins)
            ):
                continue
            opens = max(first.when, closed.until) if closed else first.when
            turn = now if is_local else max(now, self._next_turn)
            is_picture = kind is RequestKind.PICTURE
            candidates.append((max(opens, turn), not is_picture, opens, first))
        if not candidates:
            return NEVER, None
        due, _, _, job = min(candidates)
        return due, job

    def _take(self, now: float) -> tuple[Callable[[], None] | None, float]:
        """Take out the job whose turn it is, or say when there is one."""
        if self._soon:
            return self._soon.popleft(), now
        while True:
            due, job = self._next_request(now)
            if job is None or due > now:
                return None, due
            if self._remove(job):
                break
        if not job.is_local:
            self._note_sent(now)
        self._running.append(job)
        return partial(self._send, job), now

    def _send(self, job: Job) -> None:
        try:
            job.run()
        finally:
            with self._changed:
                self._running.remove(job)

    def _run(self, run: Callable[[], None]) -> None:
        try:
            run()
        except Exception:  # noqa: BLE001 -- logged: one job must not end the others
            _log.exception("A job of the scheduler failed.")

    def _wake_thread(self) -> None:
        """Have one thread, or whatever drives this, look at the jobs again."""
        self._wake()
        if self._idle or not self._max_threads:
            return
        # One whose start was interrupted, or that a job ended, must not hold a place for ever.
        self._threads = {thread for thread in list(self._threads) if thread.is_alive()}
        if len(self._threads) <= self._max_threads:
            try:
                purpose = "asking about tasks, which go on at the service"
                self._threads.add(start_thread(self._work, "lumen-worker", purpose))
            except RuntimeError:
                # Those that are here get to the job, if any.
                if not self._threads:
                    raise

    def _work(self) -> None:
        while (run := self._next_job()) is not None:
            try:
                self._run(run)
            except BaseException as error:  # noqa: BLE001 -- a SystemExit of an adapter's, say: no Ctrl-C comes here
                _log.error("A job of the scheduler was ended by %s.", type(error).__name__)
            # No job may be kept alive by this frame while the thread is idle.
            del run

    def _next_job(self) -> Callable[[], None] | None:
        """Wait for a job and take it; None if this thread has been idle for long."""
        with self._changed:
            now = self.now()
            ends = now + self.timing.idle_thread
            run, due = self._take(now)
            while run is None:
                if self._is_closed:
                    return None
                if now >= ends:
                    if self._idle or not self._has_jobs():
                        self._threads.discard(threading.current_thread())
                        # It may have been this thread that was called last.
                        self._changed.notify()
                        return None
                    ends = now + self.timing.idle_thread
                self._idle += 1
                self._changed.wait(min(due, ends) - now)
                self._idle -= 1
                now = self.now()
                run, due = self._take(now)
            if self._has_jobs():
                self._wake_thread()
            return run


# The process's scheduler, under "shared": no lock is needed (and none may be made at import), since
# setdefault is one step, and a scheduler without jobs costs nothing.
_schedulers: dict[str, Scheduler] = {}


def shared_scheduler() -> Scheduler:
    """Return the process's scheduler."""
    known = _schedulers.get("shared")
    return known if known is not None else _schedulers.setdefault("shared", Scheduler())


def use_scheduler(scheduler: Scheduler | None) -> Scheduler | None:
    """Follow this process's new tasks with another scheduler; earlier ones stay where they are.

    Parameters
    ----------
    scheduler
        None is one with threads and the usual `Timing`, made when it is needed.

    Returns
    -------
    Scheduler or None
        The one before, which this takes to have it back.

    Examples
    --------
    >>> before = use_scheduler(Scheduler(threads=0))
    >>> driven = use_scheduler(before)

    """
    before = _schedulers.pop("shared", None)
    if scheduler is not None:
        _schedulers["shared"] = scheduler
    return before


def _begin_anew(_: None) -> None:
    """Replace the parent's scheduler in a forked child, where its threads are gone."""
    parents = use_scheduler(None)
    if parents is not None:
        use_scheduler(Scheduler(timing=parents.timing))


forked.connect(_begin_anew)


def start_thread(
    run: Callable[[], object], name: str, purpose: str, *, daemon: bool = True
) -> threading.Thread:
    """Start a thread, or say that there is none.

    Parameters
    ----------
    run
        What it does.
    name
        Its name.
    purpose
        What it is for, and what became of that, as the error says it.
    daemon
        Whether the interpreter may exit while it runs.

    Raises
    ------
    LumenError
        This machine has too many threads or no memory for one, or (in a browser) there are none at
        all. It is a RuntimeError too.

    Examples
    --------
    >>> start_thread(lambda: print("hello"), "example", "a greeting, which is not said").join()
    hello

    """
    thread = threading.Thread(target=run, name=name, daemon=daemon)
    try:
        _start(thread)
    except (RuntimeError, MemoryError) as error:
        raise NoThread(
            f"No thread could be started ({str(error) or 'memory has run out'}) for {purpose}.",
            next_step="Close other programs or end tasks of this one, then try again.",
        ) from None
    return thread


def _start(thread: threading.Thread) -> None:
    """Start a thread, where Ctrl-C could come on another one.

    It may hit Python's own wait for the new thread: that then never begins, and an exit waits for
    it; or the error is one that says that no thread could be started.
    """
    if threading.get_ident() != threading.main_thread().ident:
        thread.start()
        return
    failed: list[Exception] = []
    begun = Event()

    def start() -> None:
        try:
            thread.start()
        except Exception as error:  # noqa: BLE001 -- raised where the caller waits
            failed.append(error)
        finally:
            begun.set()

    _thread.start_new_thread(start, ())
    while not begun.wait(WAIT_SLICE):
        pass
    for error in failed:
        raise error


class NoThread(LumenError, RuntimeError):
    """No thread could be started, so that what it was for has not begun."""

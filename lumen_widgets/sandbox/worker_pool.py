"""The renderer on a machine: as many workers as are needed at once, and a thread for each.

Pictures of one task are drawn by several workers at once, and a picture is the same whichever of
them draws it. The first worker starts with the server, while people still type their prompt; the
others when there is something for them to draw, and they end when that was the last for a minute.

Not `concurrent.futures.ProcessPoolExecutor`: one crash there fails the tasks of all workers, none
can be ended because its task hangs, and where the server is killed they stay behind for good.
"""

from __future__ import annotations

import contextlib
import logging
import sqlite3
import threading
from collections import deque
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from lumen_widgets.sandbox.tasks import Outcome

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from lumen_widgets.sandbox.fetching import Fetcher
    from lumen_widgets.sandbox.picture_store import PictureStore
    from lumen_widgets.sandbox.store import Store
    from lumen_widgets.sandbox.tasks import Task
    from lumen_widgets.sandbox.worker import Worker

# What may be in work at once, in pixels: four scenes of 2048 x 2048, in which larger pictures are
# composed too, or the largest picture that is repainted. About a gigabyte, at worst two: no more
# than one worker takes for the largest.
MOST_PIXELS = 4096 * 4096
# For how long a worker that is not the only one has nothing to do before it ends, in seconds.
IDLE_SECONDS = 60.0

log = logging.getLogger(__name__)


class WorkerPool:
    """Carries out tasks in worker processes, in the order in which they came.

    Parameters
    ----------
    make_worker
        Makes a worker, which has no process yet.
    store
        Where outcomes go.
    fetcher, results
        What the workers read pictures with, and where they keep their own.
    workers
        How many there may be, to begin with.

    """

    def __init__(
        self,
        make_worker: Callable[[], Worker],
        store: Store,
        fetcher: Fetcher,
        results: PictureStore,
        workers: int,
    ) -> None:
        self._make_worker = make_worker
        self._store = store
        self._fetcher = fetcher
        self._results = results
        self._most = workers
        self._room = _Room(MOST_PIXELS)
        # Held for all that follows, and notified when any of it has changed.
        self._changed = threading.Condition()
        self._waiting: deque[_Part] = deque()
        self._threads: dict[Worker, threading.Thread] = {}
        self._drawing = 0
        self._closing = False
        with self._changed:
            self._start_worker()

    def enqueue(self, task: Task) -> None:
        """Queue a task for the workers."""
        work = _Work(task, self._parts(task))
        with self._changed:
            self._waiting.extend(_Part(work, number) for number in range(len(work.parts)))
            self._start_workers()

    def set_workers(self, count: int) -> None:
        """Set how many workers there may be; one too many ends when it has drawn what it is at."""
        with self._changed:
            self._most = count
            self._start_workers()

    def close(self) -> None:
        """End all workers; the tasks in work stay as they are in the store."""
        with self._changed:
            self._closing = True
            self._changed.notify_all()
            threads = dict(self._threads)
        self._room.close()
        for worker in threads:
            worker.close()
        for thread in threads.values():
            thread.join()

    def _parts(self, task: Task) -> list[Task]:
        """Return a task for each picture of one, or the task where its sources are read once."""
        spec = task.spec
        sources = spec.images if spec.mask is None else (*spec.images, spec.mask)
        if not all(self._fetcher.is_own(url) for url in sources):
            return [task]
        return [
            replace(task, spec=replace(spec, n=1, seed=spec.seed + index))
            for index in range(spec.n)
        ]

    def _start_workers(self) -> None:
        """Start as many as have something to draw, as far as there may be so many."""
        while len(self._threads) < min(self._most, self._drawing + len(self._waiting)):
            self._start_worker()
        self._changed.notify_all()

    def _start_worker(self) -> None:
        worker = self._make_worker()
        thread = threading.Thread(
            target=self._run, args=(worker,), name=f"lumen-sandbox-worker-{len(self._threads)}"
        )
        self._threads[worker] = thread
        thread.start()

    def _run(self, worker: Worker) -> None:
        # Ready before it takes anything on: until then another worker may be done with it.
        while (part := self._next(worker, ready=worker.start())) is not None:
            outcome = worker.carry_out(part.task, self._room.taken)
            self._drawn(part, outcome)
        worker.close()

    def _next(self, worker: Worker, *, ready: bool) -> _Part | None:
        """Wait for something to draw; None where the worker is to end."""
        with self._changed:
            idle = not ready
            while not self._closing and len(self._threads) <= self._most:
                if idle and len(self._threads) > 1:
                    break
                if self._waiting:
                    self._drawing += 1
                    return self._waiting.popleft()
                idle = not self._changed.wait(IDLE_SECONDS) and not self._waiting
            if not self._closing:
                del self._threads[worker]
        return None

    def _drawn(self, part: _Part, outcome: Outcome) -> None:
        """Note what came of a part, and with the last one of its task, what came of that."""
        work = part.work
        with self._changed:
            self._drawing -= 1
            work.outcomes[part.number] = outcome
            if outcome.failed:
                # What was not begun of it need not be drawn.
                given_up = [other for other in self._waiting if other.work is work]
                for other in given_up:
                    self._waiting.remove(other)
                    work.outcomes[other.number] = outcome
            # What fails because the server ends is taken up by the next one.
            if self._closing or len(work.outcomes) < len(work.parts):
                return
        self._record(work)

    def _record(self, work: _Work) -> None:
        outcomes = [work.outcomes[number] for number in range(len(work.parts))]
        pictures = tuple(name for outcome in outcomes for name in outcome.pictures)
        failure = next((outcome for outcome in outcomes if outcome.failed), None)
        if failure is not None:
            for name in pictures:
                self._results.delete(name)
        try:
            self._store.record(work.task.id, failure or Outcome(pictures=pictures))
        except sqlite3.Error:
            log.exception("task %s: its outcome could not be stored", work.task.id)


@dataclass(eq=False)
class _Work:
    """A task, the tasks of one picture each that it is drawn as, and what came of these so far."""

    task: Task
    parts: list[Task]
    outcomes: dict[int, Outcome] = field(default_factory=dict)


@dataclass(frozen=True)
class _Part:
    """One of the tasks that a task is drawn as."""

    work: _Work
    number: int

    @property
    def task(self) -> Task:
        return self.work.parts[self.number]


class _Room:
    """A number of pixels that are taken and given back, first come, first served.

    What needs more than there is gets all of it, alone.
    """

    def __init__(self, pixels: int) -> None:
        self._free = self._all = pixels
        self._waiting: deque[object] = deque()
        self._changed = threading.Condition()
        self._closed = False

    @contextlib.contextmanager
    def taken(self, pixels: int) -> Iterator[None]:
        """Wait for so many pixels, and have them for as long as the block lasts."""
        needed = min(pixels, self._all)
        turn = object()
        with self._changed:
            self._waiting.append(turn)
            self._changed.wait_for(
                lambda: self._closed or (self._waiting[0] is turn and needed <= self._free)
            )
            self._waiting.remove(turn)
            self._free -= needed
            self._changed.notify_all()
        try:
            yield
        finally:
            with self._changed:
                self._free += needed
                self._changed.notify_all()

    def close(self) -> None:
        """Let all that wait go on: their workers are ended."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

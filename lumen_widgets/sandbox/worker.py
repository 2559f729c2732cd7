"""The renderer on a machine: one worker process that draws, and a thread that hands it tasks.

Drawing is a process of its own so that it neither slows the answers nor, where it crashes, takes
the server down: the task that it was at fails and is refunded, and the next one gets a new process.
"""

from __future__ import annotations

import contextlib
import logging
import queue
import signal
import sqlite3
import threading
from typing import TYPE_CHECKING, Any

from lumen_widgets.sandbox.logs import logging_to
from lumen_widgets.sandbox.tasks import Outcome

if TYPE_CHECKING:
    from multiprocessing.connection import Connection
    from multiprocessing.context import SpawnContext, SpawnProcess
    from pathlib import Path

    from lumen_widgets.sandbox.fetching import Fetcher
    from lumen_widgets.sandbox.picture_store import PictureStore
    from lumen_widgets.sandbox.store import Store
    from lumen_widgets.sandbox.tasks import Task

# Four pictures of 4096 x 4096 on a slow machine; what takes longer hangs.
TASK_SECONDS = 300.0
# How long a process is given to go by itself, in seconds.
_GRACE = 2.0

CRASHED = Outcome(code="worker_crashed", message="the process that drew this task ended")
TOO_SLOW = Outcome(code="worker_timeout", message="drawing this task took too long")

log = logging.getLogger(__name__)


class WorkerRenderer:
    """Carries out tasks one after the other in a worker process.

    Parameters
    ----------
    context
        ``multiprocessing.get_context("spawn")``: given, so that only the runner needs to import it.
    store
        Where outcomes go.
    fetcher, results
        What the worker process reads pictures with, and where it keeps its own.
    log_file
        Where the worker process logs.

    """

    def __init__(
        self,
        context: SpawnContext,
        store: Store,
        fetcher: Fetcher,
        results: PictureStore,
        log_file: Path,
    ) -> None:
        self._store = store
        self._worker = _Worker(context, fetcher, results, log_file)
        self._tasks: queue.SimpleQueue[Task | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="lumen-sandbox-renderer")
        self._closing = False
        self._thread.start()

    def enqueue(self, task: Task) -> None:
        """Queue a task for the worker."""
        self._tasks.put(task)

    def close(self) -> None:
        """End the thread and the process; the task in work stays as it is in the store."""
        self._closing = True
        self._tasks.put(None)
        self._worker.kill()
        self._thread.join()

    def _run(self) -> None:
        # Started before the first task, while people still type their prompt.
        with contextlib.suppress(OSError):
            self._worker.ensure()
        while (task := self._tasks.get()) is not None and not self._closing:
            outcome = self._worker.carry_out(task)
            # What fails because the server ends is taken up by the next one.
            if not self._closing:
                self._record(task.id, outcome)
        self._worker.kill()

    def _record(self, task_id: str, outcome: Outcome) -> None:
        try:
            self._store.record(task_id, outcome)
        except sqlite3.Error:
            log.exception("task %s: its outcome could not be stored", task_id)


class _Worker:
    """One process at a time, replaced when it is gone."""

    def __init__(
        self, context: SpawnContext, fetcher: Fetcher, results: PictureStore, log_file: Path
    ) -> None:
        self._context = context
        self._tools = (fetcher, results, log_file)
        self._process: SpawnProcess | None = None
        self._connection: Connection[Any, Any] | None = None

    def ensure(self) -> Connection[Any, Any]:
        """Return the connection to a living process, a new one if need be."""
        if self._connection and self._process and self._process.is_alive():
            return self._connection
        self.kill()
        self._connection, theirs = self._context.Pipe()
        process = self._context.Process(
            target=_work, args=(theirs, *self._tools), name="lumen-sandbox-worker", daemon=True
        )
        process.start()
        self._process = process
        # Our copy of their end is closed, so that its own end, and so a crash, is seen at once.
        theirs.close()
        return self._connection

    def carry_out(self, task: Task) -> Outcome:
        """Have a task carried out; a process that fails at it is not used again."""
        try:
            connection = self.ensure()
            connection.send(task)
            if connection.poll(TASK_SECONDS):
                outcome = connection.recv()
                if isinstance(outcome, Outcome):
                    return outcome
            outcome = TOO_SLOW
        except (EOFError, OSError):
            outcome = CRASHED
        log.warning("task %s: %s", task.id, outcome.message)
        self.kill()
        return outcome

    def kill(self) -> None:
        """End the process, if there is one."""
        if self._process is not None:
            self._process.kill()
            self._process.join(_GRACE)


def _work(
    connection: Connection[Any, Any], fetcher: Fetcher, results: PictureStore, log_file: Path
) -> None:
    """Carry out tasks until the other end is closed, also by the server's death."""
    # Ctrl-C in a terminal goes to both processes; the server says when to end.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    from lumen_widgets.sandbox.drawing import carry_out
    from lumen_widgets.sandbox.engine import draw

    with logging_to(log_file):
        while True:
            try:
                task = connection.recv()
            except EOFError:
                return
            connection.send(carry_out(task, fetch=fetcher.fetch, draw=draw, results=results))

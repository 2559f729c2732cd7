"""A worker: one process that draws, and the server's end of the connection to it.

Drawing is a process of its own so that it neither slows the answers nor, where it crashes, takes
the server down: the task that it was at fails and is refunded, and the next one gets a new process.
It is spawned and not forked: a forked one would hold copies of the server's locks in whatever state
its threads had them, and of its pipes, so that a worker of a killed server would never hear of it.
"""

from __future__ import annotations

import contextlib
import logging
import os
import signal
import threading
from typing import TYPE_CHECKING, Any

from lumen_widgets.sandbox.logs import logging_to
from lumen_widgets.sandbox.tasks import Outcome

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager
    from multiprocessing.connection import Connection
    from multiprocessing.context import SpawnContext, SpawnProcess
    from pathlib import Path

    from lumen_widgets.sandbox.fetching import Fetcher
    from lumen_widgets.sandbox.picture_store import PictureStore
    from lumen_widgets.sandbox.tasks import Task

# Four pictures of 4096 x 4096 on a slow machine, or the start of a process on one that starts fifty
# kernels at once; what takes longer hangs.
TASK_SECONDS = 300.0
# How long a process is given to go by itself, in seconds.
_GRACE = 2.0

CRASHED = Outcome(code="worker_crashed", message="the process that drew this task ended")
TOO_SLOW = Outcome(code="worker_timeout", message="drawing this task took too long")

log = logging.getLogger(__name__)


class Worker:
    """One process at a time, replaced when it is gone; used by one thread, and closed by any.

    Parameters
    ----------
    context
        ``multiprocessing.get_context("spawn")``: given, so that only the runner needs to import it.
    fetcher, results
        What the process reads pictures with, and where it keeps its own.
    log_file
        Where it logs.

    """

    def __init__(
        self, context: SpawnContext, fetcher: Fetcher, results: PictureStore, log_file: Path
    ) -> None:
        self._context = context
        self._tools = (fetcher, results, log_file)
        self._process: SpawnProcess | None = None
        self._connection: Connection[Any, Any] | None = None
        # Held while a process is started, so that none is started once this is closed.
        self._lock = threading.Lock()
        self._closed = False

    def start(self) -> bool:
        """Have a process that has loaded all it draws with; tell whether there is one."""
        try:
            self._connected()
        except (EOFError, OSError) as error:
            if not self._closed:
                log.warning("no process to draw with could be started: %r", error)
            self._end()
            return False
        return True

    def carry_out(self, task: Task, room: Callable[[int], AbstractContextManager[None]]) -> Outcome:
        """Have a task carried out; a process that fails at it is not used again.

        Parameters
        ----------
        task
            What to make.
        room
            Entered with the pixels that the task takes in memory, before anything is drawn.

        """
        with contextlib.ExitStack() as held:
            try:
                connection = self._connected()
                connection.send(task)
                while connection.poll(TASK_SECONDS):
                    said = connection.recv()
                    if isinstance(said, Outcome):
                        return said
                    held.enter_context(room(said))
                    connection.send(None)
                outcome = TOO_SLOW
            except (EOFError, OSError):
                outcome = CRASHED
            log.warning("task %s: %s", task.id, outcome.message)
            self._end()
        return outcome

    def close(self) -> None:
        """End the process, also in the middle of a task, and start no other."""
        with self._lock:
            self._closed = True
        self._end()

    def _connected(self) -> Connection[Any, Any]:
        """Return the connection to a living process, a new one if need be."""
        if self._connection and self._process and self._process.is_alive():
            return self._connection
        self._end()
        with self._lock:
            if self._closed:
                raise EOFError("closed")
            self._connection, theirs = self._context.Pipe()
            process = self._context.Process(
                target=_work, args=(theirs, *self._tools), name="lumen-sandbox-worker", daemon=True
            )
            process.start()
            self._process = process
            # Our copy of their end is closed, so that its own end, and so a crash, is seen at once.
            theirs.close()
        if not self._connection.poll(TASK_SECONDS):
            raise TimeoutError(f"it was not ready after {TASK_SECONDS:g} seconds")
        self._connection.recv()
        return self._connection

    def _end(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.join(_GRACE)


def _work(
    connection: Connection[Any, Any], fetcher: Fetcher, results: PictureStore, log_file: Path
) -> None:
    """Carry out tasks until the other end is closed, also by the server's death."""
    # Ctrl-C in a terminal goes to all processes; the server says when to end.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # The cores are shared out among workers; read when numpy is loaded.
    os.environ["OMP_NUM_THREADS"] = "1"
    from lumen_widgets.sandbox.drawing import carry_out
    from lumen_widgets.sandbox.engine import Job, draw

    def wait_for_room(pixels: int) -> None:
        connection.send(pixels)
        connection.recv()

    with logging_to(log_file), contextlib.suppress(EOFError, OSError):
        # The first picture loads numpy, Pillow, the words and the glyphs: nobody is to wait for it.
        draw(Job("generate", "a cat", seed=0, size=(64, 64)))
        connection.send(None)
        while True:
            task = connection.recv()
            outcome = carry_out(
                task, fetch=fetcher.fetch, draw=draw, results=results, wait_for_room=wait_for_room
            )
            connection.send(outcome)

"""Several tasks at once: which of them ends next, and which picture arrives next."""

from __future__ import annotations

import threading
import time
from functools import partial
from typing import TYPE_CHECKING, Literal

from lumen_widgets.client.arguments import wait_timeout
from lumen_widgets.core.errors import InvalidRequest, TasksFailed, interrupted
from lumen_widgets.core.task import Task
from lumen_widgets.core.waiting import lean, named, not_yet

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from typing import Self

    from lumen_widgets.core.pictures.picture import Picture

Errors = Literal["raise", "skip"]


def as_completed(tasks: Iterable[Task], timeout: float | None = None) -> Iterator[Task]:
    """Yield tasks as they end, however they end.

    Parameters
    ----------
    tasks
        The tasks, of any client; one that is given twice is yielded once.
    timeout
        Seconds for all of them, from this call on; None waits as long as it takes.

    Yields
    ------
    Task
        A task that is done: look at its ``error``, or call its ``wait``, which returns at once.

    Raises
    ------
    WaitTimeout
        If some are not done in time; they go on.
    InvalidRequest
        If something in `tasks` is no task, or `timeout` is no number of seconds.

    Examples
    --------
    >>> for task in client.as_completed(tasks):  # doctest: +SKIP
    ...     print(task.id, task.error or task.pictures)

    """
    watched, limit, deadline = _prepare(tasks, timeout)

    def ended() -> Iterator[Task]:
        with _Watch(watched) as watch:
            left = list(watched)
            while left:
                for task in _ended(left):
                    left.remove(task)
                    yield task
                if left:
                    watch.rest(left, limit, deadline, lambda: any(task.done for task in left))

    return ended()


def stream(
    tasks: Iterable[Task], timeout: float | None = None, errors: Errors = "raise"
) -> Iterator[Picture]:
    """Yield pictures as they arrive, from all tasks.

    Parameters
    ----------
    tasks, timeout
        As for `as_completed`.
    errors
        ``"raise"`` raises `TasksFailed` after the last picture if any task has an error;
        ``"skip"`` leaves the errors to the tasks.

    Yields
    ------
    Picture
        Each picture once; ``picture.task`` and ``picture.index`` say which it is.

    Raises
    ------
    TasksFailed
        At the end, with ``tasks`` and ``errors``.
    WaitTimeout
        If some are not done in time; they go on.
    InvalidRequest
        If an argument is not as above.

    Examples
    --------
    >>> for picture in client.stream(tasks):  # doctest: +SKIP
    ...     picture.save("pictures")

    """
    if errors not in {"raise", "skip"}:
        raise InvalidRequest(
            "errors is neither 'raise' nor 'skip'.",
            next_step='Pass errors="raise" or "skip".',
            field="errors",
        )
    watched, limit, deadline = _prepare(tasks, timeout)

    def arriving() -> Iterator[Picture]:
        seen: dict[Task, set[int]] = {task: set() for task in watched}
        left = list(watched)
        failed: list[Task] = []
        with _Watch(watched) as watch:
            while left:
                # Done is read before the pictures: a task that was done then has no more to come.
                done = _ended(left)
                for task in left:
                    for picture in _fresh(task, seen[task]):
                        seen[task].add(picture.index)
                        yield picture
                failed += [task for task in done if task.error is not None]
                left = [task for task in left if task not in done]
                if left:
                    watch.rest(left, limit, deadline, partial(_news, left, seen))
        if failed and errors == "raise":
            outcomes = [(task, task._outcome()) for task in failed]
            told = [(task, came[0]) for task, came in outcomes if came and came[0]]
            raise TasksFailed([task for task, _ in told], [error for _, error in told])

    return arriving()


def _ended(tasks: list[Task]) -> list[Task]:
    """Return those of the tasks that are done, in the order in which they ended."""
    return sorted((task for task in tasks if task.done), key=lambda task: task._ended or 0.0)


def _fresh(task: Task, seen: set[int]) -> list[Picture]:
    return [picture for picture in task.pictures if picture.index not in seen]


def _news(tasks: list[Task], seen: dict[Task, set[int]]) -> bool:
    return any(task.done or _fresh(task, seen[task]) for task in tasks)


class _Watch:
    """Waits for changes of several tasks, subscribed for as long as it is open."""

    def __init__(self, tasks: list[Task]) -> None:
        self._tasks = tasks
        self._changed = threading.Event()
        self._unsubscribe: list[Callable[[], None]] = []

    def __enter__(self) -> Self:
        for task in self._tasks:
            self._unsubscribe.append(task.subscribe(lambda _: self._changed.set()))
            if not task.done:
                # Whoever waits for it wants it watched.
                task.watch()
        return self

    def __exit__(self, *_exception: object) -> None:
        for unsubscribe in self._unsubscribe:
            unsubscribe()

    def rest(
        self,
        left: list[Task],
        limit: float | None,
        deadline: float | None,
        ready: Callable[[], bool],
    ) -> None:
        """Wait until something changed, or raise WaitTimeout."""
        try:
            while True:
                self._changed.clear()
                # Looked at after clearing: a change in between sets the event again.
                if ready():
                    return
                wait = lean(deadline)
                if wait <= 0:
                    raise not_yet(left, limit)
                self._changed.wait(wait)
        except KeyboardInterrupt:
            raise interrupted(
                f"Stopped waiting; {named(left)} goes on. "
                "Take a task up with client.task(id).wait()."
            ) from None


def _prepare(
    tasks: Iterable[Task], timeout: float | None
) -> tuple[list[Task], float | None, float | None]:
    given = list(tasks) if not isinstance(tasks, Task) else [tasks]
    if not all(isinstance(task, Task) for task in given):
        raise InvalidRequest(
            "Only tasks can be waited for.",
            next_step="Pass what generate, edit, inpaint or task of a LumenClient returned.",
            field="tasks",
        )
    limit = wait_timeout(timeout)
    deadline = None if limit is None else time.monotonic() + limit
    return list(dict.fromkeys(given)), limit, deadline

"""Waiting for tasks, one or several: how it ends early, and saying how to take a task up."""

from __future__ import annotations

import json
import math
import threading
import time
from contextlib import ExitStack
from numbers import Real
from typing import TYPE_CHECKING, Any, Literal, Protocol, TypeVar, runtime_checkable

from lumen_widgets.core.errors import InvalidRequest, TasksFailed, WaitTimeout, interrupted
from lumen_widgets.core.locks import Event
from lumen_widgets.core.words import has_items, short_path

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from pathlib import Path

    from lumen_widgets.core.errors import LumenError
    from lumen_widgets.core.pictures.picture import Picture

# Where a signal only sets a flag (Windows, or a kernel that is interrupted through another
# thread), a wait on a lock does not end by it: wait in slices, in seconds, so that Ctrl-C is
# noticed.
WAIT_SLICE = 0.5

# Far beyond any submit, in seconds; more is a slip of units.
LONGEST_TIMEOUT = 3600.0


def wait_slice(deadline: float | None) -> float:
    """Return the seconds that the next single wait may take; 0 where the deadline is over.

    Parameters
    ----------
    deadline
        As `time.monotonic` counts; None for no deadline.

    Examples
    --------
    >>> wait_slice(None)
    0.5

    """
    if deadline is None:
        return WAIT_SLICE
    return max(min(deadline - time.monotonic(), WAIT_SLICE), 0.0)


def check_wait_timeout(timeout: object) -> float | None:
    """Return the seconds that a wait may take; None is as long as it takes.

    Raises
    ------
    InvalidRequest
        If it is not a number from 0 up.

    Examples
    --------
    >>> check_wait_timeout(2)
    2.0

    """
    if timeout is None:
        return None
    seconds = to_seconds(timeout)
    if not seconds >= 0:
        raise InvalidRequest(
            "The time-out is not a number of seconds from 0 up.",
            next_step="Pass seconds, or None to wait as long as it takes.",
            field="timeout",
        )
    # Beyond this, in seconds, a platform's own waits overflow.
    return min(seconds, threading.TIMEOUT_MAX)


def check_request_timeout(timeout: object) -> float:
    """Return the seconds that a request may take.

    Raises
    ------
    InvalidRequest
        If it is not a number above 0 and up to an hour.

    """
    seconds = to_seconds(timeout)
    if not 0 < seconds <= LONGEST_TIMEOUT:
        raise InvalidRequest(
            f"timeout is not a number of seconds above 0 and up to {LONGEST_TIMEOUT:g}.",
            next_step="Pass seconds; the default is 30.",
            field="timeout",
        )
    return seconds


def to_seconds(value: object) -> float:
    """Return a number of seconds as a user passed it; NaN for what is no number."""
    if isinstance(value, bool) or not isinstance(value, Real):
        return math.nan
    try:
        return float(value)
    except OverflowError:
        return -math.inf if value < 0 else math.inf
    except TypeError:  # numpy counts its spans of time among the numbers
        return math.nan


def stopped_waiting(task_id: str) -> str:
    """Return the message of a wait for a task that was interrupted.

    Examples
    --------
    >>> stopped_waiting("a1")
    'Stopped waiting; the task a1 goes on. Take it up with client.task("a1").wait().'

    """
    return f"Stopped waiting; the task {task_id} goes on. {take_up_hint(task_id)}"


def take_up_hint(task_id: str) -> str:
    """Return how to go on waiting for a task, in this process or another.

    Examples
    --------
    >>> take_up_hint("a1")
    'Take it up with client.task("a1").wait().'

    """
    # An id is the service's text, and this line is there to be copied.
    return f"Take it up with client.task({json.dumps(task_id, ensure_ascii=False)}).wait()."


def stopped_before_answer(home: Path | None) -> str:
    """Return the message of a wait for a submit's answer that was interrupted.

    Parameters
    ----------
    home
        The folder in which the request is kept, None if it is not.

    """
    begin = "Stopped waiting for the service's answer. The request was already on its way and goes"
    if home is None:
        return f"{begin} on; without a journal its task id is only logged (logger lumen_widgets)."
    return (
        f"{begin} on, and its answer will be in the journal at {short_path(home)}: "
        "client.journal.rows(1)[0].task_id is the task, client.task(…).wait() takes it up."
    )


def task_names(task_ids: Sequence[str]) -> str:
    """Return how to name the tasks that are still waited for: ``the task a1 (and 2 more)``."""
    first = f"the task {task_ids[0]}"
    return first if len(task_ids) == 1 else f"{first} (and {len(task_ids) - 1} more)"


def timed_out(task_ids: Sequence[str], limit: float | None, trouble: str | None) -> WaitTimeout:
    """Return the error of a wait for tasks that are not done after `limit` seconds.

    Parameters
    ----------
    task_ids
        What is waited for, at least one.
    limit
        Seconds.
    trouble
        Why the service cannot be asked at the moment, in words; None while it can.

    """
    return WaitTimeout(
        f"Waiting ended after {limit:g} s: {task_names(task_ids)} is not done. "
        f"It goes on, and may be charged.{f' The last answer: {trouble}' if trouble else ''}",
        next_step=take_up_hint(task_ids[0]),
        task_id=task_ids[0],
        may_have_cost=True,
    )


@runtime_checkable
class Waitable(Protocol):
    """A task, as far as waiting for it asks."""

    id: str

    @property
    def done(self) -> bool:
        """Whether it ended and its pictures are here, or are not to be had."""

    @property
    def ended(self) -> float | None:
        """When it was done."""

    @property
    def error(self) -> LumenError | None:
        """What went wrong."""

    @property
    def trouble(self) -> str | None:
        """Why the service cannot be asked at the moment."""

    @property
    def pictures(self) -> Sequence[Picture]:
        """The pictures that are here already."""

    def outcome(self) -> tuple[LumenError | None, Sequence[Picture]] | None:
        """Return what waiting would raise and bring, once done."""

    def watch(self) -> None:
        """Have it looked after."""

    def subscribe(self, fn: Callable[[Any], None]) -> Callable[[], None]:
        """Have `fn` called after every change; return what ends that."""


T = TypeVar("T", bound=Waitable)
Errors = Literal["raise", "skip"]


def as_completed(tasks: Iterable[T], timeout: float | None = None) -> Iterator[T]:
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
    return (task for done, _ in _rounds(tasks, timeout) for task in done)


def stream(
    tasks: Iterable[Waitable], timeout: float | None = None, errors: Errors = "raise"
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
    word: object = errors  # what a user passed may be anything
    if not isinstance(word, str) or word not in {"raise", "skip"}:
        raise InvalidRequest(
            "errors is neither 'raise' nor 'skip'.",
            next_step='Pass errors="raise" or "skip".',
            field="errors",
        )
    rounds = _rounds(tasks, timeout)

    def arriving() -> Iterator[Picture]:
        # by themselves: one may get another place in a longer list
        seen: set[Picture] = set()
        failed: list[Waitable] = []
        for done, left in rounds:
            for task in left:
                for picture in task.pictures:
                    if picture not in seen:
                        seen.add(picture)
                        yield picture
            failed += [task for task in done if task.error is not None]
        if failed and errors == "raise":
            outcomes = [(task, task.outcome()) for task in failed]
            errors_of = [(task, one[0]) for task, one in outcomes if one and one[0]]
            raise TasksFailed([task for task, _ in errors_of], [one for _, one in errors_of])

    return arriving()


def _rounds(tasks: Iterable[T], timeout: float | None) -> Iterator[tuple[list[T], list[T]]]:
    """Yield, whenever something may have changed, the tasks that are done since and all awaited."""
    alone = isinstance(tasks, Waitable) or not has_items(tasks)
    given: list[Any] = [tasks] if alone else list(tasks)
    if not all(isinstance(task, Waitable) for task in given):
        raise InvalidRequest(
            "Only tasks can be waited for.",
            next_step="Pass what generate, edit, inpaint or task of a LumenClient returned.",
            field="tasks",
        )
    limit = check_wait_timeout(timeout)
    deadline = None if limit is None else time.monotonic() + limit
    return _watched_rounds(list(dict.fromkeys(given)), limit, deadline)


def _watched_rounds(
    left: list[T], limit: float | None, deadline: float | None
) -> Iterator[tuple[list[T], list[T]]]:
    changed = Event()
    try:
        with ExitStack() as subscriptions:
            for task in left:
                subscriptions.callback(task.subscribe(lambda _: changed.set()))
                if not task.done:
                    task.watch()
            over = False
            while True:
                # Looked at after clearing: a change in between sets the event again. Done is read
                # before the pictures: a task that was done then has no more to come.
                changed.clear()
                ended = [task for task in left if task.done]
                yield sorted(ended, key=lambda task: task.ended or 0.0), left
                left = [task for task in left if task not in ended]
                if not left:
                    return
                if over and not changed.is_set():
                    trouble = next((task.trouble for task in left if task.trouble), None)
                    raise timed_out([task.id for task in left], limit, trouble)
                # Where the time is over, one more look: something may have come since the last.
                while not over and not changed.wait(wait := wait_slice(deadline)):
                    over = wait <= 0
    except KeyboardInterrupt:
        if not left:
            raise
        raise interrupted(
            f"Stopped waiting; {task_names([task.id for task in left])} goes on. "
            "Take a task up with client.task(id).wait()."
        ) from None

"""How Ctrl-C ends a wait: soon on every platform, and saying how to take the task up."""

from __future__ import annotations

import time

# Where a signal only sets a flag (Windows, or a kernel that is interrupted through another
# thread), a wait on a lock does not end by it: so none is longer, in seconds, than a person leans
# on the keys.
LONGEST_LEAN = 0.5


def lean(deadline: float | None) -> float:
    """Return the seconds that the next single wait may take; 0 where the deadline is over.

    Parameters
    ----------
    deadline
        As `time.monotonic` counts; None for no deadline.

    Examples
    --------
    >>> lean(None)
    0.5

    """
    if deadline is None:
        return LONGEST_LEAN
    return max(min(deadline - time.monotonic(), LONGEST_LEAN), 0.0)


def goes_on(task_id: str) -> str:
    """Return what to tell someone who stopped waiting for a task.

    Examples
    --------
    >>> goes_on("a1")
    'Stopped waiting; the task a1 goes on. Take it up with client.task("a1").wait().'

    """
    return f"Stopped waiting; the task {task_id} goes on. {take_up(task_id)}"


def take_up(task_id: str) -> str:
    """Return how to go on waiting for a task, in this process or another.

    Examples
    --------
    >>> take_up("a1")
    'Take it up with client.task("a1").wait().'

    """
    return f'Take it up with client.task("{task_id}").wait().'

"""How a wait ends early, by Ctrl-C or a time-out: soon, and saying how to take the task up."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING

from lumen_widgets.core.errors import WaitTimeout

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from lumen_widgets.core.task import Task

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
    # An id is a stranger's text, and this line is there to be copied.
    return f"Take it up with client.task({json.dumps(task_id, ensure_ascii=False)}).wait()."


def answer_follows(home: Path | None) -> str:
    """Return what to tell someone who stopped waiting for a submit's answer.

    Parameters
    ----------
    home
        The journal's folder, None without a journal.

    """
    begin = "Stopped waiting for the service's answer. The request was already on its way and goes"
    if home is None:
        return f"{begin} on; without a journal its task id is only logged (logger lumen_widgets)."
    return (
        f"{begin} on, and its answer will be in the journal at {home}: "
        "client.journal.rows(1)[0].task_id is the task, client.task(…).wait() takes it up."
    )


def named(tasks: Sequence[Task]) -> str:
    """Return how to name the tasks that are still waited for: ``the task a1 (and 2 more)``."""
    first = f"the task {tasks[0].id}"
    return first if len(tasks) == 1 else f"{first} (and {len(tasks) - 1} more)"


def not_yet(tasks: Sequence[Task], limit: float | None) -> WaitTimeout:
    """Return the error of a wait for tasks that are not done after `limit` seconds."""
    trouble = next((task._trouble for task in tasks if task._trouble), None)
    return WaitTimeout(
        f"Waiting ended after {limit:g} s: {named(tasks)} is not done. "
        f"It goes on, and may be charged.{f' The last answer: {trouble}' if trouble else ''}",
        next_step=take_up(tasks[0].id),
        task_id=tasks[0].id,
        may_have_cost=True,
    )

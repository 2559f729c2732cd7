"""The tasks of this process: all that it submitted or took up and that somebody still holds."""

from __future__ import annotations

import itertools
import logging
import weakref
from functools import partial
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from lumen_widgets.core.task import Task

_log = logging.getLogger("lumen_widgets")

# Both by number, oldest first. There is no lock: a weak reference is cleared at any instant, also
# inside a call from here, and each single operation on a dict is one step by itself.
_tasks: dict[int, weakref.ref[Task]] = {}
_listeners: dict[int, Callable[[Task], None]] = {}
_numbers = itertools.count()


def known() -> list[Task]:
    """Return the tasks that somebody still holds, oldest first.

    A task that is being followed is held by what follows it; one that has ended is here for as
    long as a variable, a widget or one of its pictures refers to it.

    Examples
    --------
    >>> known()
    []

    """
    tasks = (reference() for _, reference in sorted(_tasks.copy().items()))
    return [task for task in tasks if task is not None]


def with_id(task_id: str) -> list[Task]:
    """Return the known tasks that have this id: more than one where several clients share it.

    Examples
    --------
    >>> with_id("a1b2c3")
    []

    """
    return [task for task in known() if task.id == task_id]


def listen(fn: Callable[[Task], None]) -> Callable[[], None]:
    """Have `fn` called with each new task, once.

    A task that is new at this very moment may be both heard of here and in `known()`.

    Parameters
    ----------
    fn
        Called on whichever thread submitted or took up the task, before it gets it: it should
        take no time. What it raises is logged.

    Returns
    -------
    Callable
        Ends it; calling that again does nothing.

    Examples
    --------
    >>> stop = listen(lambda task: None)
    >>> stop()

    """
    number = next(_numbers)
    _listeners[number] = fn

    def stop() -> None:
        _listeners.pop(number, None)

    return stop


def add(task: Task) -> None:
    """Take a task in, and tell whoever listens."""
    number = next(_numbers)
    _tasks[number] = weakref.ref(task, partial(_forget, number))
    for fn in _listeners.copy().values():
        try:
            fn(task)
        except Exception:  # noqa: BLE001 -- logged: a stranger's code must not lose a paid task
            _log.exception("A listener failed on the task %s.", task.id)


def _forget(number: int, _reference: weakref.ref[Task]) -> None:
    _tasks.pop(number, None)

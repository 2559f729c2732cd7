"""Follows tasks in a cell: their pictures appear as ordinary outputs, each failure in its place."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from lumen_widgets.client import InvalidRequest, LumenError, Task, TasksFailed
from lumen_widgets.notebook.account import account_of, current
from lumen_widgets.notebook.cell import note, show_note, show_picture
from lumen_widgets.notebook.status import Status, heading, words_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from lumen_widgets.client import Picture

# seconds that a notebook call waits at most: long for a picture, short for a forgotten cell
LONGEST_WAIT = 15 * 60.0


def show(tasks: Task | str | Iterable[Task | str]) -> None:
    """Wait for tasks, and show their pictures in this cell.

    Parameters
    ----------
    tasks
        A task or a task's id, or several; ids are looked up with the account in use.

    Raises
    ------
    TaskFailed, TaskCancelled, DownloadError
        A single task did not deliver all of its pictures.
    TasksFailed
        Some of several tasks did not; the others' pictures are shown, and each failure in its
        place.
    WaitTimeout
        Fifteen minutes have passed; the tasks go on, and the message says how to take them up.

    Examples
    --------
    >>> lumen.show("a1b2c3")  # doctest: +SKIP

    """
    for _ in stream(tasks):
        pass


def stream(
    tasks: Task | str | Iterable[Task | str],
    timeout: float | None = None,
    errors: Literal["raise", "skip"] = "raise",
) -> Iterator[Picture]:
    """Yield pictures as their tasks end, and show them in this cell.

    Parameters
    ----------
    tasks
        A task or a task's id, or several; ids are looked up with the account in use.
    timeout
        Seconds to wait at most; None is fifteen minutes.
    errors
        ``"raise"`` raises at the end what went wrong; ``"skip"`` only shows it.

    Yields
    ------
    Picture
        Each picture, in the order in which the tasks end.

    Raises
    ------
    TaskFailed, TaskCancelled, DownloadError, TasksFailed, WaitTimeout
        As `show`.

    Examples
    --------
    >>> for picture in lumen.stream([first, second]):  # doctest: +SKIP
    ...     picture.save("pictures")

    """
    if errors not in ("raise", "skip"):
        raise InvalidRequest(f'errors is "raise" or "skip", not {errors!r}.')
    alone = isinstance(tasks, (Task, str))
    followed = _tasks([tasks] if isinstance(tasks, (Task, str)) else tasks)
    if not followed:
        return
    failed: list[tuple[Task, LumenError]] = []
    for task in follow(followed, timeout=LONGEST_WAIT if timeout is None else timeout):
        yield from task.pictures
        if task.error is not None:
            failed.append((task, task.error))
    if not failed or errors == "skip":
        return
    if alone:
        raise failed[0][1]
    raise TasksFailed([task for task, _ in failed], [error for _, error in failed])


def follow(
    tasks: Sequence[Task], *, timeout: float, status: Status | None = None
) -> Iterator[Task]:
    """Yield each task once it has ended and its pictures, or its failure, stand in this cell.

    However this ends — all done, out of time, interrupted, or left early — the live panel is
    replaced by plain words that say how to take up what still runs.
    """
    client = tasks[0].client
    status = status or Status(account_of(client))
    status.follow(tasks)
    try:
        for task in client.as_completed(tasks, timeout=timeout):
            if len(tasks) > 1:
                show_note(heading(task))
            for picture in task.pictures:
                show_picture(picture)
            if task.error is not None and len(tasks) > 1:
                show_note(note(f"✗ {words_of(task.error)}"))
            yield task
    finally:
        status.end()


def _tasks(given: Iterable[Task | str]) -> list[Task]:
    tasks = []
    for task in given:
        if isinstance(task, Task):
            tasks.append(task)
        elif isinstance(task, str):
            tasks.append(current().client.task(task))
        else:
            raise InvalidRequest(
                f"A task was expected, not {type(task).__name__}.",
                next_step="Give it a Task, a task's id, or several of them.",
            )
    return tasks

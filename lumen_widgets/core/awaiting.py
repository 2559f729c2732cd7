"""A task awaited in asyncio: the event loop runs on, and is called when the task has ended."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lumen_widgets.core.pictures.picture import Pictures
    from lumen_widgets.core.task import Task


async def arrival(task: Task) -> Pictures:
    """Wait, without holding up the event loop, until a task is done; return its pictures.

    Cancelling it stops the waiting only, as Ctrl-C does with `Task.wait`.

    Raises
    ------
    LumenError
        As `Task.wait` does.

    Examples
    --------
    >>> pictures = await client.generate("a fox in ink")  # doctest: +SKIP

    """
    import asyncio  # here, since who never awaits need not load it

    loop = asyncio.get_running_loop()
    changed = asyncio.Event()

    def tell(_: Task) -> None:
        with suppress(RuntimeError):  # the loop was closed meanwhile
            loop.call_soon_threadsafe(changed.set)

    task._take_up()
    unsubscribe = task.subscribe(tell)
    try:
        while (came := task._outcome()) is None:
            await changed.wait()
            changed.clear()
    finally:
        unsubscribe()
    error, pictures = came
    if error is not None:
        raise error
    return pictures

"""Tasks awaited in asyncio, where nothing may hold up the event loop."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from lumen_widgets.core import errors
from tests.client.service import FAILED, PROCESSING, Service, png

if TYPE_CHECKING:
    from collections.abc import Callable

    from lumen_widgets.client import LumenClient, Pictures


@pytest.mark.slow
def test_the_loop_goes_on(service: Service, connect: Callable[..., LumenClient]) -> None:
    """Several tasks are awaited at once, and other coroutines run meanwhile."""
    service.statuses["*"] = [PROCESSING, PROCESSING, service.succeeded("a")]
    client = connect(service.server.url)
    tasks = [client.generate(prompt) for prompt in "abc"]

    async def wait() -> tuple[list[Pictures], int]:
        turns = 0
        over = asyncio.Event()

        async def spin() -> None:
            nonlocal turns
            while not over.is_set():
                turns += 1
                await asyncio.sleep(0.005)

        async def one(index: int) -> Pictures:
            return await tasks[index]

        spinning = asyncio.create_task(spin())
        found = await asyncio.wait_for(asyncio.gather(*map(one, range(3))), 30)
        over.set()
        await spinning
        return list(found), turns

    found, turns = asyncio.run(wait())
    assert [[picture.bytes for picture in pictures] for pictures in found] == [[png("red")]] * 3
    # each needed two more questions, a quarter of a second apart
    assert turns > 10


def test_what_wait_raises_is_raised(service: Service, connect: Callable[..., LumenClient]) -> None:
    """A task that failed raises the same from `await`, each time, also when it ended long ago."""
    service.statuses["*"] = [FAILED]
    task = connect(service.server.url).generate("a")

    async def wait() -> Pictures:
        return await task

    for _ in range(2):
        with pytest.raises(errors.TaskFailed, match=r"No\."):
            asyncio.run(wait())


def test_giving_up_stops_the_waiting_only(
    service: Service, connect: Callable[..., LumenClient]
) -> None:
    """A time-out of asyncio ends the waiting; the task goes on, and can be awaited again."""
    service.statuses["*"] = [PROCESSING]
    task = connect(service.server.url).generate("a")

    async def wait(seconds: float) -> Pictures:
        async with asyncio.timeout(seconds):
            return await task

    with pytest.raises(TimeoutError):
        asyncio.run(wait(0.05))
    assert task.watched
    service.statuses["*"] = [service.succeeded("a")]
    assert asyncio.run(wait(30))[0].bytes == png("red")

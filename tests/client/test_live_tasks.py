"""The registry: which tasks this process has, and who hears of new ones."""

from __future__ import annotations

import gc
import logging
from typing import TYPE_CHECKING

import pytest

from lumen_widgets.client import LumenClient, Task, live_tasks
from tests.client.service import FAILED, PROCESSING, Service

if TYPE_CHECKING:
    from collections.abc import Callable


def test_submitted_and_taken_up(service: Service, connect: Callable[..., LumenClient]) -> None:
    """Each task that is submitted or taken up is heard of once, and known, oldest first."""
    service.statuses["*"] = [PROCESSING]
    service.statuses["over"] = [FAILED]
    client = connect(service.server.url)
    heard: list[Task] = []
    stop = live_tasks.subscribe(heard.append)
    tasks = [client.generate("a cat"), client.task("over"), client.generate("a fox")]
    assert client.task("over") is tasks[1]
    again = connect(service.server.url).task("over")  # out of the journal
    stop()
    stop()
    late = client.generate("a hen")
    assert heard == [*tasks, again]
    assert [task for task in live_tasks.known() if task in {*heard, late}] == [*heard, late]


@pytest.mark.slow
def test_only_what_is_held(service: Service, connect: Callable[..., LumenClient]) -> None:
    """A followed task is known; one that is over, and that no variable holds, is forgotten."""
    service.statuses["*"] = [FAILED]
    client = connect(service.server.url)
    task = client.generate("a cat")
    list(client.as_completed([task], 30))
    assert task in live_tasks.known()
    del task
    gc.collect()
    # A worker may hold it for another moment, to tell its subscribers.
    assert all(one.done for one in live_tasks.known() if LumenClient.of(one) is client)


def test_a_listener_that_fails(
    service: Service, connect: Callable[..., LumenClient], caplog: pytest.LogCaptureFixture
) -> None:
    """What a listener raises is logged; the task is returned, and the others hear of it."""
    service.statuses["*"] = [PROCESSING]
    heard: list[Task] = []

    def fails(_task: Task) -> None:
        raise RuntimeError("of the listener")

    stops = [live_tasks.subscribe(fails), live_tasks.subscribe(heard.append)]
    with caplog.at_level(logging.ERROR, "lumen_widgets"):
        task = connect(service.server.url).generate("a cat")
    for stop in stops:
        stop()
    assert heard == [task]
    assert "of the listener" in caplog.text
    assert "a cat" not in caplog.text

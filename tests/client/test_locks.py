"""Ctrl-C where Python's own `threading` takes and frees a lock: nobody waits for it for ever."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest

from lumen_widgets.client import WaitTimeout
from lumen_widgets.core.locks import Condition
from lumen_widgets.notebook.worker import Worker
from tests.client.interrupts import interrupt
from tests.client.service import QUEUED
from tests.conditions import PATIENCE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from lumen_widgets.client import LumenClient
    from tests.client.service import Service


# Python swallows what is raised where it clears a reference: then the call was not interrupted.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")


def _instants(call: Callable[[], object]) -> Iterator[str]:
    instant, place = 0, "at the beginning"
    while place:
        instant += 1
        place = interrupt(call, instant, files=(threading.__file__,)) or ""
        yield place
    assert instant > 10, "it was interrupted at each of many instants"


def _goes_on(call: Callable[[], object], place: str) -> None:
    """See that another thread is not stopped by what an interrupted one has left."""
    over = threading.Event()

    def run() -> None:
        call()
        over.set()

    threading.Thread(target=run, daemon=True).start()
    assert over.wait(PATIENCE), place


@pytest.mark.parametrize("step", ["watch", "wait"])
def test_other_tasks_go_on(
    service: Service, connect: Callable[..., LumenClient], step: str
) -> None:
    """Wherever Ctrl-C hits a call of a task, the next submit and every other task go on."""
    service.statuses["*"] = [QUEUED]
    client = connect(service.server.url, journal=False)
    task = client.generate("a cat")

    def wait() -> None:
        with pytest.raises(WaitTimeout):
            task.wait(0)

    def watch() -> None:
        task.stop_watching()
        task.watch()

    for place in _instants(wait if step == "wait" else watch):
        _goes_on(lambda: client.generate("a dog"), place)
        _goes_on(watch, place)


def test_a_submit_says_nothing_was_sent_only_if_so(
    service: Service, connect: Callable[..., LumenClient]
) -> None:
    """Wherever Ctrl-C hits a submit, it is stopped by that, and no words about threads come."""
    service.statuses["*"] = [QUEUED]
    client = connect(service.server.url, journal=False)
    for place in _instants(lambda: client.generate("a cat")):
        _goes_on(lambda: client.generate("a dog"), place)


def test_views_are_brought_up_to_date() -> None:
    """Wherever Ctrl-C hits what gives a view's thread work, the thread does its next work."""
    worker = Worker("test", "failed", idle_seconds=0.1)
    for place in _instants(lambda: worker.run_soon(lambda: None)):
        done = threading.Event()
        _goes_on(lambda: worker.run_soon(done.set), place)  # noqa: B023 -- called before the next round
        assert done.wait(PATIENCE), place


def test_a_wait_is_stopped_by_ctrl_c_alone() -> None:
    """Wherever Ctrl-C hits a wait, it is no error about locks, and others take the lock."""
    condition = Condition()

    def wait() -> None:
        with condition:
            condition.wait(0.001)

    def notify() -> None:
        with condition:
            condition.notify_all()

    for place in _instants(wait):
        _goes_on(notify, place)
        _goes_on(wait, place)

"""Watching: stopped and taken up again at will, without waking or losing anything."""

from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING, Any

import pytest
import requests
from requests.adapters import HTTPAdapter

from lumen_widgets.client import LumenClient
from lumen_widgets.core import errors
from tests.client import fault_server as fault
from tests.client.fault_server import FaultServer, Received, http
from tests.client.service import FAILED, PROCESSING, Service, png, serving

if TYPE_CHECKING:
    from collections.abc import Callable

    from lumen_widgets.client import Task


class Breaking(HTTPAdapter):
    """Fails, until it is over, to ask about a task, and not in the way of any HTTP library."""

    def __init__(self) -> None:
        super().__init__()
        self.over = threading.Event()

    def send(self, request: requests.PreparedRequest, *words: Any, **named: Any) -> Any:
        """Send a request."""
        if request.method == "GET" and not self.over.is_set():
            raise ZeroDivisionError
        return super().send(request, *words, **named)


class Ending(HTTPAdapter):
    """Ends, once, whatever asks about a task."""

    def __init__(self, end: type[BaseException]) -> None:
        super().__init__()
        self._ends = [end]

    def send(self, request: requests.PreparedRequest, *words: Any, **named: Any) -> Any:
        """Send a request."""
        if request.method == "GET" and self._ends:
            raise self._ends.pop()
        return super().send(request, *words, **named)


def heard(task: Task, *, watched: bool) -> threading.Event:
    """Return what is set once subscribers find the task watched, or not."""
    event = threading.Event()
    task.subscribe(lambda task: event.set() if task.watched == watched else None)
    return event


def quiet(service: Service, task: Task) -> bool:
    """Say whether nothing is asked about a task while another one is asked about five times."""
    before = 0
    for questions in (1, 5):  # what is under way when this is called may still arrive
        before = service.asked(task.id)
        witness = f"task-{len(service.server.posts) + 1}"
        service.statuses[witness] = [*[PROCESSING] * (questions - 1), FAILED]
        client = LumenClient.of(task)
        assert client is not None
        list(client.as_completed([client.generate("a witness")], 30))
    return service.asked(task.id) == before


@pytest.mark.slow
def test_stopped_and_watched_again(service: Service, connect: Callable[..., LumenClient]) -> None:
    """A task that is not watched is not asked about, keeps what is known, and can be resumed."""
    service.statuses["*"] = [PROCESSING]
    task = connect(service.server.url).generate("a cat")
    assert (task.watched, task.done) == (True, False)
    task.refresh()
    told = heard(task, watched=False)
    task.stop_watching()
    assert told.wait(10)
    assert not task.watched
    assert (task.done, task.error) == (False, None)
    assert (task.id, task.status) == ("task-1", "processing")
    assert quiet(service, task)
    task.stop_watching()
    service.statuses["*"] = [service.succeeded("a")]
    told = heard(task, watched=True)
    task.watch()
    assert told.wait(10)
    assert len(task.wait(30)) == 1
    assert not task.watched
    assert service.asked("task-1") < 20


def test_wait_takes_it_up(service: Service, connect: Callable[..., LumenClient]) -> None:
    """A wait for a task that is not watched, or taking it up, has it watched again."""
    service.statuses["*"] = [PROCESSING]
    client = connect(service.server.url)
    first, second, third = client.generate("a"), client.generate("b"), client.generate("c")
    for task in (first, second, third):
        task.stop_watching()
    assert client.task(third.id) is third
    assert third.watched
    with pytest.raises(errors.WaitTimeout):
        first.wait(0.05)
    assert first.watched
    assert not second.watched
    service.statuses["*"] = [service.succeeded("a")]
    assert set(client.as_completed([first, second], 30)) == {first, second}


@pytest.mark.slow
def test_stopping_wakes_nobody(service: Service, connect: Callable[..., LumenClient]) -> None:
    """A wait that is under way goes on, and gets the pictures once the task is watched again."""
    service.statuses["*"] = [PROCESSING]
    task = connect(service.server.url).generate("a cat")
    found: list[int] = []
    waiter = threading.Thread(target=lambda: found.append(len(task.wait(60))), daemon=True)
    waiter.start()
    task.stop_watching()
    # The waiter may have begun after it, and taken the task up: what counts is that it waits.
    assert quiet(service, task) or task.watched
    assert waiter.is_alive()
    service.statuses["*"] = [service.succeeded("a")]
    task.watch()
    waiter.join(30)
    assert found == [1]


@pytest.mark.slow
def test_refresh_without_watching(service: Service, connect: Callable[..., LumenClient]) -> None:
    """A refresh of a task that is not watched hears what there is, also its end, and asks once."""
    service.statuses["*"] = [PROCESSING]
    task = connect(service.server.url).generate("a cat")
    task.stop_watching()
    assert task.refresh().status == "processing"
    assert not task.watched
    assert quiet(service, task)
    service.statuses["*"] = [service.succeeded("a")]
    task.refresh()
    assert [picture.bytes for picture in task.wait(30)] == [png()]


def test_pictures_are_not_left_behind(connect: Callable[..., LumenClient]) -> None:
    """Once a task has succeeded its pictures are fetched, although watching was stopped."""
    with serving() as service:
        fetching, stopped = threading.Event(), threading.Event()
        respond = service.respond

        def slowly(request: Received) -> bytes:
            if request.path == "/a":
                fetching.set()
                assert stopped.wait(30)
            return respond(request)

        with FaultServer(fault.calls(slowly)) as server:
            service.server = server
            service.statuses["*"] = [service.succeeded("a")]
            task = connect(server.url).generate("a cat")
            assert fetching.wait(30)
            task.stop_watching()
            assert task.watched
            stopped.set()
            assert len(task.wait(30)) == 1


def test_watch_after_the_end(service: Service, connect: Callable[..., LumenClient]) -> None:
    """Watching resumes what an error had stopped, and leaves alone what has ended for good."""
    service.statuses["task-1"] = [http(401), service.succeeded("a")]
    service.statuses["task-2"] = [FAILED]
    client = connect(service.server.url)
    refused, failed = client.generate("a"), client.generate("b")
    over = threading.Event()
    refused.subscribe(lambda task: over.set() if task.done else None)
    if not refused.done:
        assert over.wait(30)
    assert isinstance(refused.error, errors.AuthenticationError)
    assert not refused.watched
    refused.watch()
    assert len(refused.wait(30)) == 1
    with pytest.raises(errors.TaskFailed):
        failed.wait(30)
    failed.watch()
    failed.stop_watching()
    assert (failed.done, failed.watched) == (True, False)
    assert service.asked("task-2") == 1


def test_a_bug_does_not_leave_a_wait_hanging(
    service: Service, connect: Callable[..., LumenClient]
) -> None:
    """Where asking fails in a way that was not foreseen, wait says so; the next one goes on."""
    service.statuses["*"] = [service.succeeded("a")]
    session, adapter = requests.Session(), Breaking()
    session.mount("http://", adapter)
    task = connect(service.server.url, session=session).generate("a cat")
    with pytest.raises(errors.UpstreamError, match=r"task-1 failed here \(ZeroDivisionError\)"):
        task.wait(30)
    adapter.over.set()
    assert len(task.wait(30)) == 1


@pytest.mark.parametrize("end", [SystemExit, asyncio.CancelledError])
@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_what_ends_a_thread_ends_no_wait(
    service: Service, connect: Callable[..., LumenClient], end: type[BaseException]
) -> None:
    """A task is asked about again where an adapter ended what asked."""
    service.statuses["*"] = [service.succeeded("a")]
    session = requests.Session()
    session.mount("http://", Ending(end))
    task = connect(service.server.url, session=session).generate("a cat")
    assert len(task.wait(30)) == 1

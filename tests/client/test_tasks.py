"""Tasks: followed to their end, whatever happens on the way."""

from __future__ import annotations

import asyncio
import logging
import subprocess
import sys
import threading
from typing import TYPE_CHECKING

import pytest

from lumen_widgets.client import Request, Task, prices
from lumen_widgets.core import errors
from lumen_widgets.core.polling.poller import MAX_UNKNOWN
from lumen_widgets.core.polling.scheduler import Scheduler, use_scheduler
from lumen_widgets.core.task import TaskState
from lumen_widgets.core.timing import Timing
from tests.client import fault_server as fault
from tests.client.fault_server import FaultServer, http
from tests.client.service import FAILED, PROCESSING, QUEUED, Service, png, serving
from tests.conditions import PATIENCE, until

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from typing import Any

    from lumen_widgets.client import LumenClient


@pytest.mark.slow
def test_followed_to_its_pictures(service: Service, connect: Callable[..., LumenClient]) -> None:
    """A task goes from queued to done; its pictures are in order, in memory and in the journal."""
    prices["priced"] = 2.5
    service.pictures["/b"] = [http(200, png("blue"))]
    service.statuses["*"] = [QUEUED, PROCESSING]
    client = connect(service.server.url)
    seen: list[str] = []
    done = threading.Event()
    with service.holding_statuses():
        task = client.generate("a cat", model="priced", n=2)
        task.subscribe(lambda task: seen.append(task.status))
        task.subscribe(lambda task: done.set() if task.done else None)
    until(lambda: seen, "the task is under way")
    service.statuses["*"] = [service.succeeded("a", "b")]
    pictures = task.wait(30)
    assert done.wait(30)
    assert [picture.bytes for picture in pictures] == [png("red"), png("blue")]
    assert [(p.index, p.count, p.width, p.height) for p in pictures] == [(0, 2, 6, 4), (1, 2, 6, 4)]
    assert pictures[0].task is task
    assert pictures == task.pictures
    assert (task.status, task.done, task.error, task.credits) == ("succeeded", True, None, 5.0)
    assert seen[0] == "processing"
    assert set(seen[1:]) == {"succeeded"}
    assert repr(task) == "<Task task-1 succeeded>"
    journal = client.journal
    assert journal is not None
    until(lambda: journal.rows()[0].is_final, "the journal knows of the end")
    (row,) = journal.rows()
    assert row.state == "succeeded"
    assert [kept.path.read_bytes() for kept in row.pictures] == [png("red"), png("blue")]
    assert task.elapsed is not None
    assert task.elapsed == task.elapsed  # it has stopped


def test_failed_and_cancelled(service: Service, connect: Callable[..., LumenClient]) -> None:
    """Wait raises TaskFailed and TaskCancelled with the service's words, each time it is called."""
    service.statuses["task-1"] = [FAILED]
    service.statuses["task-2"] = [{"status": "cancelled"}]
    client = connect(service.server.url)
    failed, cancelled = client.generate("a"), client.generate("b")
    for _ in range(2):
        with pytest.raises(errors.TaskFailed, match=r"No\. .*credits are given back") as caught:
            failed.wait(30)
        assert (caught.value.code, caught.value.task_id) == ("unsafe", "task-1")
        with pytest.raises(errors.TaskCancelled):
            cancelled.wait(30)
    assert client.journal is not None
    by_id = {row.task_id: row for row in client.journal.rows()}
    assert by_id["task-1"].error == {"code": "unsafe", "message": "No."}
    assert by_id["task-2"].state == "cancelled"


@pytest.mark.slow
def test_blips_are_ridden_out(service: Service, connect: Callable[..., LumenClient]) -> None:
    """Status calls that fail are repeated: one lost answer does not lose a paid picture."""
    blips = [
        http(500, b"oops"),
        http(429, b"", {"Retry-After": "0"}),
        b"garbage\r\n\r\n",
        b"",
        http(302, b"", {"Location": "/elsewhere"}),
        http(200, b"not json"),
        http(503, {"error": {"code": "busy", "message": "Busy."}}),
    ]
    # A good answer now and then, as in life, keeps the back-off and this test short.
    service.statuses["*"] = [
        *blips[:2],
        PROCESSING,
        *blips[2:5],
        *blips[5:],
        service.succeeded("a"),
    ]
    task = connect(service.server.url).generate("a cat")
    assert len(task.wait(60)) == 1
    assert service.asked("task-1") == 9


@pytest.mark.slow
@pytest.mark.parametrize(
    ("status", "error"), [(401, errors.AuthenticationError), (404, errors.NotFound)]
)
def test_refusals_end_following(
    status: int,
    error: type[errors.LumenError],
    service: Service,
    connect: Callable[..., LumenClient],
) -> None:
    """401 and 404 stop the following at once, without calling the task failed; wait resumes it."""
    service.statuses["*"] = [PROCESSING, http(status), service.succeeded("a")]
    task = connect(service.server.url).generate("a cat")
    with pytest.raises(error):
        task.wait(30)
    assert (task.done, task.status) == (True, "processing")
    assert service.asked("task-1") == 2
    assert len(task.wait(30)) == 1


def impatient() -> None:
    """Have pictures that are not there be an error at once."""
    use_scheduler(Scheduler(timing=Timing(late_pictures=0.0, doubtful_pictures=0.0)))


@pytest.mark.slow
def test_unknown_status(service: Service, connect: Callable[..., LumenClient]) -> None:
    """An unknown word counts as running for a while, then as an error that names it."""
    use_scheduler(Scheduler(timing=Timing(local_interval=0.01, requests=1000)))
    service.statuses["*"] = [{"status": "dreaming"}]
    task = connect(service.server.url).generate("a cat")
    with pytest.raises(errors.UpstreamError, match="dreaming"):
        task.wait(30)
    assert task.status == "dreaming"
    assert service.asked("task-1") == MAX_UNKNOWN
    service.statuses["*"] = [{"status": "dreaming"}, service.succeeded("a")]
    assert len(task.wait(30)) == 1


UNREADABLE: list[Any] = [None, [], {}, "x", [7], [{"url": 7}], [{"url": ""}], [{}], [None]]


@pytest.mark.parametrize("data", UNREADABLE)
def test_unreadable_lists(data: Any, service: Service, connect: Callable[..., LumenClient]) -> None:
    """A list of pictures that is none is a DownloadError; the next wait asks for it again."""
    impatient()
    service.statuses["*"] = [{"status": "succeeded", "data": data}, service.succeeded("a")]
    task = connect(service.server.url).generate("a cat")
    with pytest.raises(errors.DownloadError, match="list"):
        task.wait(30)
    assert task.status == "succeeded"
    assert len(task.wait(30)) == 1


@pytest.mark.parametrize("data", UNREADABLE)
def test_a_list_that_is_filled_a_moment_later(
    data: Any, service: Service, connect: Callable[..., LumenClient]
) -> None:
    """A task that has succeeded is asked again for its pictures by itself, and nothing fails."""
    use_scheduler(Scheduler(timing=Timing(local_interval=0.01)))
    early = {"status": "succeeded", "data": data}
    service.statuses["*"] = [QUEUED, early, http(500), early, service.succeeded("a")]
    task = connect(service.server.url).generate("a cat")

    assert [picture.bytes for picture in task.wait(30)] == [png()]
    assert task.notice is None


HALF = png("blue", (60, 40))[:-20]
PAGE = http(200, b"<!doctype html><p>Just a moment</p>", {"Content-Type": "text/html"})


@pytest.mark.parametrize(
    "early",
    [[http(404)], [PAGE], [http(200, HALF)], [http(200, b"")], [http(503), b"", http(429), PAGE]],
    ids=["not there yet", "a page", "a half", "nothing", "several"],
)
def test_a_picture_that_is_there_a_moment_later(
    early: list[bytes], service: Service, connect: Callable[..., LumenClient]
) -> None:
    """A picture that is not whole yet is asked for again, and the others are fetched once."""
    use_scheduler(Scheduler(timing=Timing(local_interval=0.01)))
    service.pictures["/b"] = [*early, http(200, png("blue"))]
    service.statuses["*"] = [service.succeeded("a", "b")]
    task = connect(service.server.url).generate("a cat", n=2)

    assert [picture.bytes for picture in task.wait(30)] == [png(), png("blue")]
    assert sum(request.path == "/a" for request in service.server.requests) == 1


def test_pictures_that_are_listed_one_by_one(
    service: Service, connect: Callable[..., LumenClient]
) -> None:
    """Where fewer pictures are listed than were asked for, the rest is waited for a while."""
    use_scheduler(Scheduler(timing=Timing(local_interval=0.01)))
    lists = (["a"], ["a", "b"], ["a", "b", "c"])
    service.statuses["*"] = [service.succeeded(*names) for names in lists]
    task = connect(service.server.url).generate("a cat", n=3)

    assert [picture.index for picture in task.wait(30)] == [0, 1, 2]
    assert task.notice is None


@pytest.mark.parametrize(
    "lists",
    [
        [["b"], ["a", "b"]],
        [["b?first"], ["a", "b?second"]],
        [["c", "b"], ["a", "b", "c"]],
        [["b", "missing"], ["a", "b"]],
        [["?id=b"], ["?id=a", "?id=b"]],
        [["c"], ["b", "c"], ["a", "b", "c"]],
    ],
    ids=["one by one", "signed anew", "several", "not there yet", "in a query", "moved twice"],
)
def test_pictures_that_get_another_place_in_the_list(
    lists: list[list[str]], service: Service, connect: Callable[..., LumenClient]
) -> None:
    """Each picture is there once and in its place, whichever the service lists first."""
    use_scheduler(Scheduler(timing=Timing(local_interval=0.01)))
    names = {name for listed in lists for name in listed}
    for name in names:
        # what names a picture is the query or, if that is a signature, what stands before it
        known = name[-1] if "id=" in name else name.partition("?")[0]
        colour = {"a": "red", "b": "blue", "c": "green"}.get(known)
        service.pictures[f"/{name}"] = [http(200, png(colour)) if colour else http(404)]
    service.statuses["*"] = [service.succeeded(*listed) for listed in lists]
    client = connect(service.server.url)
    task = client.generate("a cat", n=len(lists[-1]))
    expected = [png(colour) for colour in ("red", "blue", "green")][: len(lists[-1])]

    streamed = list(client.stream([task]))
    assert [picture.bytes for picture in task.wait(30)] == expected
    assert {picture.sha256 for picture in streamed} == {one.sha256 for one in task.pictures}
    assert len(streamed) == len(expected)
    words = [f"Picture {place + 1} of {len(expected)}: a cat" for place in range(len(expected))]
    assert [picture.alt for picture in task.pictures] == words
    journal = client.journal
    assert journal is not None
    until(lambda: journal.rows()[0].is_final, "the journal knows of the end")
    (row,) = journal.rows()
    assert [one.path.read_bytes() for one in row.pictures] == expected


def test_pictures_that_may_still_be_listed_are_looked_for_by_another_process(
    service: Service, connect: Callable[..., LumenClient]
) -> None:
    """A list that has one of two so far is no whole one: neither for `reuse` nor for `resume`."""
    use_scheduler(Scheduler(timing=Timing(local_interval=0.01)))
    service.statuses["*"] = [service.succeeded("a")]
    client = connect(service.server.url)
    task = client.generate("a cat", n=2)
    until(lambda: task.pictures, "the first picture is here")
    journal = client.journal
    assert journal is not None
    assert not journal.rows()[0].is_final
    other = connect(service.server.url).generate("a cat", n=2, reuse=True)
    service.statuses["*"] = [service.succeeded("a", "b")]

    assert len(other.wait(30)) == len(task.wait(30)) == 2
    until(lambda: journal.rows()[0].is_final, "the journal knows of the end")


def test_a_model_that_makes_fewer_pictures(
    service: Service, connect: Callable[..., LumenClient], caplog: pytest.LogCaptureFixture
) -> None:
    """Fewer pictures than were asked for are no error, and it is said how many are missing."""
    use_scheduler(Scheduler(timing=Timing(doubtful_pictures=0.0)))
    service.statuses["*"] = [service.succeeded("a")]
    client = connect(service.server.url)
    task = client.generate("a cat", n=3)

    assert len(task.wait(30)) == 1
    assert client.journal is not None
    assert client.journal.rows()[0].is_final
    assert task.notice is not None
    assert "2 pictures fewer" in task.notice
    assert task.notice in caplog.text


@pytest.mark.slow
@pytest.mark.parametrize("case", [(100, {}, 4), (5, {"n": 2}, 4), (9, {"n": 6}, 6)])
def test_more_pictures_than_can_be_asked_for(
    case: tuple[int, dict[str, int], int],
    service: Service,
    connect: Callable[..., LumenClient],
    caplog: pytest.LogCaptureFixture,
) -> None:
    """At most four pictures are fetched, or what `extra` asked for; the rest is counted aloud."""
    listed, extra, fetched = case
    service.statuses["*"] = [service.succeeded(*(f"{number}" for number in range(listed)))]
    task = connect(service.server.url).generate("a cat", extra=extra)

    assert len(task.wait(30)) == fetched
    assert sum(request.path.count("/") == 1 for request in service.server.requests) == fetched
    assert task.notice is not None
    assert f"lists {listed} pictures" in task.notice
    assert task.notice in caplog.text
    assert task.error is None


@pytest.mark.slow
def test_a_missing_picture_is_fetched_by_the_next_wait(
    service: Service, connect: Callable[..., LumenClient]
) -> None:
    """DownloadError keeps the good pictures; another wait fetches the rest and pays nothing."""
    impatient()
    service.pictures["/b"] = [http(404), http(200, b"<svg/>"), http(200, png("blue"))]
    service.statuses["*"] = [service.succeeded("a", "b")]
    task = connect(service.server.url).generate("a cat", n=2)
    for _ in range(2):
        with pytest.raises(errors.DownloadError, match="1 of 2") as caught:
            task.wait(30)
        assert [picture.index for picture in caught.value.pictures] == [0]
        assert [picture.index for picture in task.pictures] == [0]
    assert [picture.bytes for picture in task.wait(30)] == [png("red"), png("blue")]
    assert len(service.server.posts) == 1
    assert sum(request.path == "/a" for request in service.server.requests) == 1


@pytest.mark.slow
def test_pictures_are_tried_again(service: Service, connect: Callable[..., LumenClient]) -> None:
    """A download that the moment is to blame for is repeated by itself."""
    use_scheduler(Scheduler(timing=Timing(local_interval=0.01, refresh_interval=0.01)))
    service.pictures["/a"] = [http(503), b"", http(429), http(200, png())]
    service.statuses["*"] = [service.succeeded("a")]
    assert len(connect(service.server.url).generate("a").wait(60)) == 1


@pytest.mark.slow
def test_pictures_are_not_tried_for_ever(
    service: Service, connect: Callable[..., LumenClient]
) -> None:
    """A download that fails again after a while is an error, however it was to be repeated."""
    use_scheduler(
        Scheduler(timing=Timing(local_interval=0.01, refresh_interval=0.01, late_pictures=1.0))
    )
    service.pictures["/a"] = [http(503)]
    service.statuses["*"] = [service.succeeded("a")]
    with pytest.raises(errors.DownloadError, match="503"):
        connect(service.server.url).generate("a").wait(60)
    assert sum(request.path == "/a" for request in service.server.requests) > 1


def test_a_refused_address_says_how_to_allow_it(
    service: Service, connect: Callable[..., LumenClient]
) -> None:
    """A result in a private network is not fetched, once and for all, and the error says why."""
    service.statuses["*"] = [{"status": "succeeded", "data": [{"url": "https://10.0.0.1/a.png"}]}]
    task = connect(service.server.url).generate("a cat")
    with pytest.raises(errors.DownloadError, match=r"10\.0\.0\.1.*allow_hosts"):
        task.wait(30)


@pytest.mark.parametrize(
    "url",
    ["http://pictures.example/a.png", "ftp://pictures.example/a.png", "/a.png", "https://u@h/"],
)
def test_an_address_that_nothing_allows_leads_in_no_circle(
    url: str, service: Service, connect: Callable[..., LumenClient]
) -> None:
    """Where `allow_hosts` would not help, the error does not advise it."""
    service.statuses["*"] = [{"status": "succeeded", "data": [{"url": url}]}]
    task = connect(service.server.url, allow_hosts=["pictures.example", "h"]).generate("a cat")
    with pytest.raises(errors.DownloadError, match="console") as raised:
        task.wait(30)
    assert "allow_hosts" not in str(raised.value)


def test_an_address_with_a_line_break_after_it(
    service: Service, connect: Callable[..., LumenClient]
) -> None:
    """A service that reads its addresses from a file may leave one there."""
    listed = service.succeeded("a")
    service.statuses["*"] = [{**listed, "data": [{"url": f" {listed['data'][0]['url']} \r\n"}]}]

    assert len(connect(service.server.url).generate("a cat").wait(30)) == 1


def test_a_wait_that_ends_says_what_is_wrong(
    service: Service, connect: Callable[..., LumenClient]
) -> None:
    """A wait that ran out while no answer came says so; one answer later it does not."""
    service.statuses["*"] = [http(500)]
    task = connect(service.server.url).generate("a cat")
    while task.trouble is None:
        with pytest.raises(errors.WaitTimeout):
            task.wait(0.1)
    with pytest.raises(errors.WaitTimeout, match=r"goes on.*last answer: The service.*failed"):
        task.wait(0)
    service.statuses["*"] = [PROCESSING]
    task.refresh()
    with pytest.raises(errors.WaitTimeout) as caught:
        task.wait(0)
    assert "last answer" not in str(caught.value)


@pytest.mark.slow
def test_wait_timeout(service: Service, connect: Callable[..., LumenClient]) -> None:
    """A wait that ends first names the task and leaves it going."""
    service.statuses["*"] = [PROCESSING]
    task = connect(service.server.url).generate("a cat")
    for timeout in (0, 0.4):
        with pytest.raises(errors.WaitTimeout, match="task-1") as caught:
            task.wait(timeout)
        assert isinstance(caught.value, TimeoutError)
    service.statuses["*"] = [service.succeeded("a")]
    assert len(task.wait(30)) == 1


@pytest.mark.slow
def test_a_dripping_answer_delays_nobody_else(connect: Callable[..., LumenClient]) -> None:
    """While one status call drips, another task is followed to its end, and waits end in time."""
    with serving() as service:

        def behave(server: FaultServer, connection: Any) -> None:
            request = fault.read_request(server, connection)
            if request.path.endswith("/task-1"):
                while True:
                    server.closing.wait(0.1)
                    connection.sendall(b"H")
            connection.sendall(service.respond(request))

        with FaultServer(behave) as server:
            service.server = server
            service.statuses["task-2"] = [service.succeeded("a")]
            client = connect(server.url)
            stuck, quick = client.generate("a"), client.generate("b")
            assert len(quick.wait(30)) == 1
            with pytest.raises(errors.WaitTimeout):
                stuck.wait(0.2)


def test_refresh_asks_now(service: Service, connect: Callable[..., LumenClient]) -> None:
    """Refresh asks once, returns the task with what it heard, and asks no more after the end."""
    service.statuses["*"] = [PROCESSING]
    client = connect(service.server.url)
    task = client.generate("a cat")
    assert task.refresh().status == "processing"
    service.statuses["*"] = [FAILED]
    with pytest.raises(errors.TaskFailed):
        task.wait(30)
    asked = service.asked("task-1")
    assert task.refresh().status == "failed"
    assert service.asked("task-1") == asked


def test_the_last_word_stays() -> None:
    """A task that has ended stays as it ended, whatever a late answer says."""
    request = Request("generations", {"prompt": "a cat"})
    state = TaskState("a", request, origin="https://lumen.example", status="queued")
    task = Task(state)
    state.finish(errors.TaskFailed("It failed."), "failed")
    assert not state.set_status("processing")
    assert (task.status, task.done) == ("failed", True)


@pytest.mark.parametrize("ended", [SystemExit, asyncio.CancelledError, KeyboardInterrupt])
def test_a_listener_that_is_ended_keeps_no_news_from_others(
    service: Service, connect: Callable[..., LumenClient], ended: type[BaseException]
) -> None:
    """A function of the user's that exits, or is cancelled, has no wait go on for ever."""
    service.statuses["*"] = [service.succeeded("a")]
    done = threading.Event()

    def end(_: Task) -> None:
        raise ended

    with service.holding_statuses():
        task = connect(service.server.url).generate("a cat")
        task.subscribe(end)
        # as `as_completed`, `stream` and `await` hear of it
        task.subscribe(lambda task: done.set() if task.done else None)
    assert done.wait(PATIENCE)
    assert [picture.bytes for picture in task.pictures] == [png()]


def test_subscribers(
    service: Service, connect: Callable[..., LumenClient], caplog: pytest.LogCaptureFixture
) -> None:
    """Subscribers are called on a background thread; what one raises is logged."""
    service.statuses["*"] = [PROCESSING]
    task = connect(service.server.url).generate("a cat")
    threads: list[str] = []
    left: list[Task] = []
    over = threading.Event()

    def fails(_task: Task) -> None:
        raise RuntimeError("of the subscriber")

    unsubscribe = task.subscribe(left.append)
    unsubscribe()
    unsubscribe()
    task.subscribe(fails)
    task.subscribe(lambda _: threads.append(threading.current_thread().name))
    task.subscribe(lambda task: over.set() if task.done else None)
    with caplog.at_level(logging.ERROR, "lumen_widgets"):
        service.statuses["*"] = [FAILED]
        assert over.wait(30)
    assert set(threads) == {"lumen-worker"}
    assert left == []
    assert "of the subscriber" in caplog.text
    assert "a cat" not in caplog.text


@pytest.mark.slow
def test_exit_does_not_wait(service: Service, tmp_path: Path) -> None:
    """An interpreter that exits does not wait for tasks that are still followed."""
    service.statuses["*"] = [PROCESSING]
    script = (
        "import sys; from lumen_widgets.client import LumenClient\n"
        "task = LumenClient('sk-lumen-x', sys.argv[1], journal=sys.argv[2]).generate('a cat')\n"
        "task.refresh()\n"
    )
    words = [sys.executable, "-c", script, service.server.url, str(tmp_path)]
    subprocess.run(words, timeout=60, check=True)

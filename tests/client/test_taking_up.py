"""Tasks taken up by their ids: out of the journal, or from the service."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lumen_widgets.core import errors
from lumen_widgets.core.polling.scheduler import Scheduler, use_scheduler
from lumen_widgets.core.timing import Timing
from lumen_widgets.journal import Journal
from tests.client.fault_server import http
from tests.client.service import FAILED, PROCESSING, Service, png
from tests.conditions import until

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from typing import Any

    from lumen_widgets.client import LumenClient


@pytest.mark.slow
def test_taken_up_from_the_journal(
    service: Service, connect: Callable[..., LumenClient], tmp_path: Path
) -> None:
    """A finished task whose pictures are on disk comes back without any network."""
    # a question that a busy machine asks late would not tell how long a task took
    use_scheduler(Scheduler(timing=Timing(local_interval=1.0)))
    service.statuses["task-1"] = [service.succeeded("a")]
    service.statuses["task-2"] = [FAILED]
    first = connect(service.server.url)
    for number in (1, 2):
        (ended,) = first.as_completed([first.generate(f"cat {number}")], 30)
        assert ended.elapsed is not None
    journal = Journal(tmp_path / "journal")
    until(lambda: all(row.is_final for row in journal.rows()), "the journal knows of both ends")
    asked = len(service.server.requests)
    second = connect(service.server.url)
    task = second.task("task-1")
    assert task.done
    assert [picture.bytes for picture in task.wait()] == [png("red")]
    assert task.request.prompt == "cat 1"
    assert task.request.endpoint == "generations"
    # Until the last word here; the pictures of the one that was followed came a little later.
    assert task.elapsed is not None
    assert 0 < task.elapsed < 30
    assert task.elapsed == task.elapsed
    assert second.task("task-1") is task
    with pytest.raises(errors.TaskFailed, match=r"No\."):
        second.task("task-2").wait()
    assert len(service.server.requests) == asked


def test_taken_up_when_a_picture_is_gone(
    service: Service, connect: Callable[..., LumenClient]
) -> None:
    """A finished task whose pictures are damaged or gone on disk is asked about again."""
    service.statuses["*"] = [service.succeeded("a", "b")]
    first = connect(service.server.url)
    first.generate("a cat", n=2).wait(30)
    assert first.journal is not None
    kept = first.journal.rows()[0].pictures
    kept[0].path.chmod(0o600)
    kept[0].path.write_bytes(b"damaged")
    assert len(connect(service.server.url).task("task-1").wait(30)) == 2
    assert service.asked("task-1") == 2


def test_taken_up_by_id_alone(service: Service, connect: Callable[..., LumenClient]) -> None:
    """A task that the journal does not know is asked about once, adopted, and followed."""
    service.statuses["far"] = [PROCESSING]
    service.statuses["over"] = [service.succeeded("a")]
    client = connect(service.server.url)
    task = client.task("far")
    assert task.status == "processing"
    service.statuses["far"] = [service.succeeded("a")]
    assert task.request.body == {}
    assert task.credits is None
    assert client.task("far") is task
    assert len(task.wait(30)) == 1
    assert client.journal is not None
    client.task("over").wait(30)
    assert [(row.task_id, row.state, len(row.pictures)) for row in client.journal.rows()] == [
        ("over", "succeeded", 1),
        ("far", "succeeded", 1),
    ]


def test_ids_are_quoted(service: Service, connect: Callable[..., LumenClient]) -> None:
    """An id is percent-encoded where it becomes part of a path."""
    service.statuses["*"] = [http(404)]
    client = connect(service.server.url)
    with pytest.raises(errors.NotFound):
        client.task("a/../b?c=d#é")
    assert service.server.requests[0].path == "/v1/images/generations/a%2F..%2Fb%3Fc%3Dd%23%C3%A9"


@pytest.mark.parametrize("task_id", ["", "..", ".", "a\nb", "x" * 201, 7, None])
def test_no_ids(task_id: Any, connect: Callable[..., LumenClient]) -> None:
    """What cannot be an id is refused without asking."""
    with pytest.raises(errors.InvalidRequest):
        connect("http://127.0.0.1:1").task(task_id)


@pytest.mark.slow
def test_take_up_rides_out_for_the_timeout(
    service: Service, connect: Callable[..., LumenClient]
) -> None:
    """Taking a task up repeats what fails until the client's time-out, then says what failed."""
    service.statuses["far"] = [http(500), PROCESSING]
    service.statuses["gone"] = [http(500)]
    # the last try, after 1.75 s, has more than a second to be answered in
    client = connect(service.server.url, timeout=3.0)
    assert client.task("far").status == "processing"
    with pytest.raises(errors.UpstreamError):
        client.task("gone")
    assert service.asked("gone") > 1
    with pytest.raises(errors.ServiceUnreachable):
        connect("http://127.0.0.1:1", timeout=0.3).task("far")


@pytest.mark.parametrize("given", ["task-1", None, 7])
def test_what_is_no_row_or_request_is_refused_in_words(
    connect: Callable[..., LumenClient], given: Any
) -> None:
    """An id in place of a row is led to the call that takes it."""
    client = connect("http://127.0.0.1:1")
    with pytest.raises(errors.InvalidRequest, match=r"client\.task\(…\)"):
        client.take_up(given)
    with pytest.raises(errors.InvalidRequest, match="no request"):
        client.usual_seconds(given)


@pytest.mark.parametrize(
    "address",
    [
        "https://store.example/cat.png?sig=f00d",
        "store.example/cat.png?sig=f00d",
        "me:f00d@store.example/cat.png",
        "data:image/png;base64,f00d",
        " DATA:image/png;base64,f00d",
    ],
)
def test_a_picture_s_address_is_taken_for_no_id(
    service: Service, connect: Callable[..., LumenClient], address: str
) -> None:
    """Nobody is asked about it, and the error does not show who may read the picture."""
    with pytest.raises(errors.InvalidRequest, match="address") as caught:
        connect(service.server.url).task(address)
    assert "f00d" not in str(caught.value)
    assert not service.server.requests


@pytest.mark.parametrize(
    "copied",
    ["{}", " {}", "Bearer {}", "LUMEN_API_KEY={}", 'key = "{}"', "密钥{}"],
)
def test_a_key_is_taken_for_no_id(
    service: Service, connect: Callable[..., LumenClient], copied: str
) -> None:
    """It would stand in the address of a question, which proxies write down, and in errors."""
    key = "sk-lumen-0123456789abcdef"
    with pytest.raises(errors.InvalidRequest, match="API key") as caught:
        connect(service.server.url).task(copied.format(key))
    assert key not in f"{caught.value} {vars(caught.value)}"
    assert not service.server.requests

"""The same request again, and what is known of its like."""

from __future__ import annotations

import pickle
from typing import TYPE_CHECKING, Any

import pytest

from lumen_widgets.client import Request
from lumen_widgets.core import errors
from lumen_widgets.core.polling.scheduler import Scheduler, use_scheduler
from lumen_widgets.core.timing import Timing
from tests.client import fault_server as fault
from tests.client.conftest import KEY
from tests.client.fault_server import FaultServer
from tests.client.service import FAILED, Service
from tests.conditions import until

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from lumen_widgets.client import LumenClient

TAKEN = {"id": "task-1", "status": "queued"}
WEBHOOK: dict[str, Any] = {
    "webhook_url": "https://example.invalid/hook",
    "webhook_secret": "SENTINEL-hush",
}
PICTURE = "https://your.invalid/cat.png"


def test_submitted_again(service: Service, connect: Callable[..., LumenClient]) -> None:
    """The same request is sent once more, byte for byte, as a task and a journal row of its own."""
    service.statuses["*"] = [FAILED]
    client = connect(service.server.url)
    task = client.edit("make it snow", PICTURE, n=2, **WEBHOOK, extra={"seed": 7})
    again = client.submit(task.request)
    assert (again.id, again.request) == ("task-2", task.request)
    first, second = service.server.posts
    assert first.raw == second.raw
    assert first.path == "/v1/images/edits"
    assert client.journal is not None
    assert [row.task_id for row in client.journal.rows()] == ["task-2", "task-1"]


def test_submitted_again_from_the_journal(
    service: Service, connect: Callable[..., LumenClient]
) -> None:
    """A request that was read from the journal is sent as it was, if all of it was kept."""
    service.statuses["*"] = [FAILED]
    list(connect(service.server.url).as_completed([connect(service.server.url).generate("猫")], 30))
    client = connect(service.server.url)
    client.submit(client.task("task-1").request)
    first, second = service.server.posts
    assert first.body == second.body == {"model": "gpt-image-2-low", "prompt": "猫"}


@pytest.mark.parametrize(
    ("request_", "field"),
    [
        (Request("generations", {}), "request"),
        (Request("generations", {"prompt": " "}), "request"),
        ({"prompt": "a cat"}, "request"),
        (Request("edits", {"prompt": "x", "image_urls": ["data:,sha256=0,length=9"]}), "request"),
        (Request("generations", {"prompt": "x", "webhook_url": PICTURE}), "webhook_secret"),
        (Request("generations", {"prompt": "x", "seed": object()}), "extra"),
    ],
    ids=["of an id alone", "blank", "no request", "no picture", "no secret", "no JSON"],
)
def test_what_cannot_be_sent_again(
    request_: Any, field: str, connect: Callable[..., LumenClient]
) -> None:
    """A request that is not whole is refused before anything is sent, and says what to do."""
    with FaultServer(fault.answers(200, TAKEN)) as server:
        with pytest.raises(errors.InvalidRequest) as caught:
            connect(server.url).submit(request_)
        assert server.connections == 0
    assert caught.value.field == field
    assert caught.value.next_step


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"webhook_url": "https://example.invalid/"}, "webhook_secret"),
        ({"webhook_secret": "SENTINEL"}, "webhook_url"),
        ({**WEBHOOK, "webhook_secret": " "}, "webhook_secret"),
        ({**WEBHOOK, "webhook_secret": 7}, "webhook_secret"),
        ({**WEBHOOK, "webhook_secret": "\ud800"}, "webhook_secret"),
        ({**WEBHOOK, "webhook_url": "ftp://SENTINEL"}, "webhook_url"),
        ({**WEBHOOK, "webhook_url": "https://"}, "webhook_url"),
        ({**WEBHOOK, "webhook_url": "https://a b"}, "webhook_url"),
        ({**WEBHOOK, "webhook_url": "https://SENTINEL:99999/"}, "webhook_url"),
        ({**WEBHOOK, "webhook_url": 7}, "webhook_url"),
    ],
    ids=ascii,
)
def test_webhooks_that_cannot_work(
    fields: dict[str, Any], wrong: str, connect: Callable[..., LumenClient]
) -> None:
    """Address and secret come together, each as documented; neither is in the message."""
    with FaultServer(fault.answers(200, TAKEN)) as server:
        with pytest.raises(errors.InvalidRequest) as caught:
            connect(server.url).generate("a cat", **fields)
        assert server.connections == 0
    assert caught.value.field == wrong
    assert "SENTINEL" not in str(caught.value)


def test_webhook_secret_is_sent_and_kept_nowhere(
    connect: Callable[..., LumenClient], tmp_path: Path
) -> None:
    """The secret is in the POST; not in the request's fields, reprs, pickles, or on the disk."""
    with FaultServer(fault.answers(200, TAKEN)) as server:
        task = connect(server.url).generate("a cat", **WEBHOOK)
        assert server.posts[0].body == {
            "model": "gpt-image-2-low",
            "prompt": "a cat",
            **WEBHOOK,
        }
    assert task.request.body["webhook_url"] == WEBHOOK["webhook_url"]
    assert repr(task.request.secret) == "<webhook secret>"
    copied = pickle.loads(pickle.dumps(task.request))  # noqa: S301 -- our own, a line ago
    assert copied.body == task.request.body
    assert copied.secret is None
    for place in (vars(task.request), task.request.secret, pickle.dumps(task.request)):
        assert "SENTINEL" not in repr(place)
    for file in (tmp_path / "journal").iterdir():
        assert b"SENTINEL" not in file.read_bytes()


@pytest.mark.parametrize("status", [400, 503])
def test_webhook_secret_in_an_answer(
    status: int, connect: Callable[..., LumenClient], tmp_path: Path
) -> None:
    """A service that repeats the secret which it refuses does not put it into the error."""
    said = {"error": {"code": "bad", "message": f"{WEBHOOK['webhook_secret']} is too short."}}
    with (
        FaultServer(fault.answers(status, said)) as server,
        pytest.raises(errors.LumenError, match=r"\[webhook secret\] is too short") as caught,
    ):
        connect(server.url).generate("a cat", **WEBHOOK)
    assert "SENTINEL" not in str(vars(caught.value))
    for file in (tmp_path / "journal").iterdir():
        assert b"SENTINEL" not in file.read_bytes()


@pytest.mark.parametrize("secret", ["SENTINEL-hush", 'SENTINEL "hush"'])
def test_webhook_secret_in_the_reason_of_a_failed_task(
    secret: str, service: Service, connect: Callable[..., LumenClient], tmp_path: Path
) -> None:
    """One that fails because of its webhook has the secret neither in its error nor on the disk."""
    said = {"code": "webhook", "message": f"{secret} is too short."}
    service.statuses["*"] = [{"status": "failed", "error": said}]
    task = connect(service.server.url).generate("x", **{**WEBHOOK, "webhook_secret": secret})
    with pytest.raises(errors.TaskFailed, match=r"\[webhook secret\] is too short"):
        task.wait(30)
    for file in (tmp_path / "journal").iterdir():
        assert b"SENTINEL" not in file.read_bytes()


def test_a_short_secret_garbles_no_id(connect: Callable[..., LumenClient]) -> None:
    """Words are hidden in errors alone: a task's id is never touched."""
    with FaultServer(fault.answers(200, TAKEN)) as server:
        task = connect(server.url).generate("x", **{**WEBHOOK, "webhook_secret": "task"})
    assert task.id == "task-1"


@pytest.mark.slow
def test_usual_seconds(service: Service, connect: Callable[..., LumenClient]) -> None:
    """Three like tasks that succeeded give an estimate; fewer, or others, give none."""
    # questions that a busy machine asks late would tell nothing
    use_scheduler(Scheduler(timing=Timing(local_interval=1.0)))
    service.statuses["*"] = [service.succeeded("a")]
    client = connect(service.server.url)
    request = Request("generations", {"model": "m", "prompt": "another", "size": "16:9"})
    for number in range(3):
        assert client.usual_seconds(request) is None
        client.generate(f"cat {number}", model="m", size="16:9").wait(30)
    # the journal hears of an end after those that wait
    usual = until(lambda: client.usual_seconds(request), "three ends are known")
    assert 0 < usual < 30
    for other in (
        Request("edits", request.body),
        Request("generations", {**request.body, "model": "n"}),
        Request("generations", {**request.body, "n": 2}),
        Request("generations", {**request.body, "quality": "high"}),
        Request("generations", {}),
    ):
        assert client.usual_seconds(other) is None
    assert connect("http://127.0.0.1:1").usual_seconds(request) is None
    assert connect(service.server.url, journal=False).usual_seconds(request) is None


def test_usual_seconds_counts_whole_watches_of_successes(
    service: Service, connect: Callable[..., LumenClient]
) -> None:
    """Failed tasks do not count, nor those that were not watched all the way, or taken up."""
    service.statuses["task-1"] = [FAILED]
    service.statuses["*"] = [{"status": "processing"}]
    client = connect(service.server.url)
    failed, stopped = client.generate("a"), client.generate("b")
    stopped.stop_watching()
    service.statuses["*"] = [service.succeeded("a")]
    stopped.wait(30)
    client.task("far").wait(30)
    list(client.as_completed([failed], 30))
    assert client.journal is not None
    seconds = {row.task_id: row.seconds for row in client.journal.rows()}
    assert seconds.pop("task-1") is not None
    assert seconds == {"task-2": None, "far": None}
    assert (
        client.journal.durations(
            origin=client.base_url, endpoint="generations", body=failed.request.body
        )
        == []
    )


def test_a_journal_that_cannot_be_read_knows_no_pace(
    connect: Callable[..., LumenClient], tmp_path: Path
) -> None:
    """An estimate is not worth an error."""
    (tmp_path / "journal").mkdir()
    (tmp_path / "journal" / "journal.sqlite3").write_bytes(b"not a database at all" * 99)
    client = connect("http://127.0.0.1:1")
    assert client.usual_seconds(Request("generations", {"prompt": "a"})) is None
    assert KEY not in repr(client)

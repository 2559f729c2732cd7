"""Submits beyond the outcome table: what is repeated, what is kept, and which way they go."""

from __future__ import annotations

import socket
import sqlite3
import threading
import warnings
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING

import pytest
import requests
from requests.adapters import BaseAdapter

from lumen_widgets.core import errors
from lumen_widgets.journal import Journal
from tests.client import fault_server as fault
from tests.client.conftest import KEY
from tests.client.fault_server import FaultServer, http

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path
    from typing import Any

    from lumen_widgets.client import LumenClient

TAKEN = {"id": "task-1", "status": "queued", "created": 1_700_000_000}


def test_error_carries_what_the_service_said(connect: Callable[..., LumenClient]) -> None:
    """A typed error has the status, the service's code and words, and the request id."""
    error = {"error": {"code": "some_code", "message": "Some words."}}
    behaviour = fault.answers(402, error, {"X-Request-Id": "req-9"})
    with FaultServer(behaviour) as server, pytest.raises(errors.InsufficientCredits) as caught:
        connect(server.url).generate("a cat")
    assert (caught.value.status, caught.value.code) == (402, "some_code")
    assert caught.value.request_id == "req-9"
    assert "Some words." in str(caught.value)


@pytest.mark.parametrize(
    ("field", "fields"),
    [
        ("prompt", {"prompt": f"a cat {KEY} in snow"}),
        ("negative_prompt", {"prompt": "a cat", "negative_prompt": KEY}),
        ("style", {"prompt": "a cat", "extra": {"style": {"notes": [f"Bearer {KEY}"]}}}),
    ],
)
def test_a_request_that_holds_the_key_is_refused(
    connect: Callable[..., LumenClient], tmp_path: Path, field: str, fields: dict[str, Any]
) -> None:
    """What was pasted by mistake is neither written down nor sent, and the error says where."""
    with FaultServer(fault.answers(200, TAKEN)) as server:
        with pytest.raises(errors.InvalidRequest, match=f"key stands in {field}") as caught:
            connect(server.url).generate(**fields)
        assert server.posts == []
    assert caught.value.field == field
    assert not errors.may_have_cost(caught.value)
    assert KEY not in str(caught.value)
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert not any(KEY.encode() in path.read_bytes() for path in files)


def test_refused_connections_are_repeated_until_there_is_a_server(
    connect: Callable[..., LumenClient],
) -> None:
    """A connection that never opened is tried again: a server that comes back gets one POST."""
    with socket.create_server(("127.0.0.1", 0)) as place:
        port = place.getsockname()[1]
    found: list[Any] = []
    client = connect(f"http://127.0.0.1:{port}", timeout=20.0)
    waiter = threading.Thread(target=lambda: found.append(client.generate("a cat")), daemon=True)
    waiter.start()
    waiter.join(0.3)
    assert waiter.is_alive()
    with FaultServer(fault.answers(200, TAKEN), port=port) as server:
        waiter.join(20)
        assert len(server.posts) == 1
    assert found[0].id == TAKEN["id"]


def test_nobody_there(connect: Callable[..., LumenClient], tmp_path: Path) -> None:
    """A service that refuses connections until the time-out is unreachable; nothing was spent."""
    with socket.create_server(("127.0.0.1", 0)) as place:
        port = place.getsockname()[1]
    with pytest.raises(errors.ServiceUnreachable) as caught:
        connect(f"http://127.0.0.1:{port}", timeout=0.5).generate("a cat")
    assert isinstance(caught.value, ConnectionError)
    assert not caught.value.may_have_cost
    assert Journal(tmp_path / "journal").rows()[0].state == "refused"


def test_no_such_name(connect: Callable[..., LumenClient], tmp_path: Path) -> None:
    """A name that cannot be resolved is unreachable, and says so."""
    with pytest.raises(errors.ServiceUnreachable, match="resolved"):
        connect("https://nowhere.invalid", timeout=0.5).generate("a cat")
    assert Journal(tmp_path / "journal").rows()[0].state == "refused"


def test_loopback_needs_no_proxy(
    connect: Callable[..., LumenClient], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The environment's proxies are not asked about this machine."""
    with FaultServer(fault.answers(407)) as proxy, FaultServer(fault.answers(200, TAKEN)) as server:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
            monkeypatch.setenv(name, proxy.url)
        session = requests.Session()
        session.proxies = {"http": proxy.url}
        assert connect(server.url, session=session).generate("a cat").id == TAKEN["id"]
        assert proxy.connections == 0


def test_netrc_is_not_read(
    connect: Callable[..., LumenClient], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A netrc file for the service's host does not replace the key."""
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login someone password else\n", encoding="utf-8")
    monkeypatch.setenv("NETRC", str(netrc))
    with FaultServer(fault.answers(200, TAKEN)) as server:
        connect(server.url).generate("a cat")
        assert f"Bearer {KEY}".encode() in server.posts[0].raw


def test_each_post_has_a_connection_of_its_own(connect: Callable[..., LumenClient]) -> None:
    """Two submits of one client never share a connection, although the server would keep it."""
    kept = [
        fault.keeps_alive(http(200, {**TAKEN, "id": name}, {"Connection": "keep-alive"}))
        for name in ("one", "two")
    ]
    with FaultServer(*kept) as server:
        client = connect(server.url)
        client.generate("one")
        client.generate("two")
        assert len(server.posts) == 2
        assert len({request.connection for request in server.posts}) == 2


class Scripted(BaseAdapter):
    """An adapter that is not built on urllib3, as in a browser's Python."""

    def __init__(self, outcome: Exception) -> None:
        super().__init__()
        self.outcome = outcome
        self.sent = 0

    def send(self, *_arguments: Any, **_settings: Any) -> requests.Response:
        """Count, and fail."""
        self.sent += 1
        raise self.outcome

    def close(self) -> None:
        """Hold nothing."""


@pytest.mark.parametrize(
    ("outcome", "error", "sent"),
    [
        (requests.ConnectionError("broken"), errors.SubmitOutcomeUnknown, 1),
        (requests.ReadTimeout("slow"), errors.SubmitOutcomeUnknown, 1),
        (requests.ConnectTimeout("far"), errors.ServiceUnreachable, 2),
    ],
)
def test_foreign_adapter(
    outcome: Exception,
    error: type[errors.LumenError],
    sent: int,
    connect: Callable[..., LumenClient],
) -> None:
    """An adapter that is not ours is used as it is; only errors that say so were never sent."""
    session = requests.Session()
    adapter = Scripted(outcome)
    session.mount("https://", adapter)
    with pytest.raises(error):
        connect("https://nowhere.invalid", session=session, timeout=1.0).generate("a cat")
    assert min(adapter.sent, 2) == sent


def test_unwritable_journal_before(connect: Callable[..., LumenClient], tmp_path: Path) -> None:
    """Where the journal cannot be written, nothing is sent."""
    (tmp_path / "file").write_bytes(b"")
    with FaultServer(fault.answers(200, TAKEN)) as server:
        with pytest.raises(errors.JournalError, match="Nothing was sent"):
            connect(server.url, journal=tmp_path / "file").generate("a cat")
        assert server.connections == 0


def test_unwritable_journal_after(connect: Callable[..., LumenClient], tmp_path: Path) -> None:
    """Where the journal breaks while the answer is awaited, the task is returned with a warning."""

    def respond(_request: fault.Received) -> bytes:
        (tmp_path / "journal" / "journal.sqlite3").unlink()
        return http(200, TAKEN)

    with FaultServer(fault.calls(respond)) as server:
        with pytest.warns(UserWarning, match="journal") as caught:
            task = connect(server.url).generate("a cat")
        assert caught[0].filename == __file__
        assert task.id == TAKEN["id"]


@contextmanager
def locked(home: Path) -> Iterator[None]:
    """Hold the journal in a folder as a program would that hangs in the middle of writing."""
    with closing(sqlite3.connect(home / "journal.sqlite3", check_same_thread=False)) as held:
        held.execute("BEGIN EXCLUSIVE")
        yield
        held.rollback()


@pytest.mark.slow
def test_journal_that_hangs_before(connect: Callable[..., LumenClient], tmp_path: Path) -> None:
    """Where the journal does not answer in time, nothing is sent, and that is what is said."""
    (tmp_path / "journal").mkdir()
    with FaultServer(fault.answers(200, TAKEN)) as server:
        client = connect(server.url, timeout=0.2)
        with locked(tmp_path / "journal"), pytest.raises(errors.JournalError, match="Nothing was"):
            client.generate("a cat")
        wait_for_submits()
        assert server.posts == []


@pytest.mark.slow
def test_journal_that_hangs_after(connect: Callable[..., LumenClient], tmp_path: Path) -> None:
    """Where the journal hangs once the answer is there, the task is returned all the same."""
    held: list[Any] = []

    def respond(request: fault.Received) -> bytes:
        if request.method == "POST":
            held.append(locked(tmp_path / "journal"))
            held[0].__enter__()
        return http(200, TAKEN)

    with FaultServer(fault.calls(respond)) as server:
        client = connect(server.url, timeout=3.0)
        task = client.generate("a cat")
        assert task.id == TAKEN["id"]
        held[0].__exit__(None, None, None)
        wait_for_submits()
    (row,) = Journal(tmp_path / "journal").rows()
    assert row.task_id == TAKEN["id"]


def wait_for_submits() -> None:
    """Wait for what submits left running."""
    for thread in threading.enumerate():
        if thread.name == "lumen-submit":
            thread.join(30)


def test_warnings_that_raise_lose_no_task(
    connect: Callable[..., LumenClient], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """With warnings made errors, a task whose journal broke is still returned; the id is logged."""

    def respond(_request: fault.Received) -> bytes:
        (tmp_path / "journal" / "journal.sqlite3").unlink(missing_ok=True)
        return http(200, TAKEN)

    with FaultServer(fault.calls(respond)) as server, warnings.catch_warnings():
        warnings.simplefilter("error")
        task = connect(server.url).generate("a cat")
    assert task.id == TAKEN["id"]
    assert "has taken the task task-1" in caplog.text


def test_no_thread_to_follow_with(
    connect: Callable[..., LumenClient], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where no thread can be started to follow a paid task, its id is returned all the same."""
    start = threading.Thread.start

    def refuse(thread: threading.Thread) -> None:
        if thread.name == "lumen-worker":
            raise RuntimeError("can't start new thread")
        start(thread)

    done = {"status": "failed"}
    with FaultServer(fault.task("task-1", done)) as server:
        with monkeypatch.context() as starved:
            starved.setattr(threading.Thread, "start", refuse)
            task = connect(server.url).generate("a cat")
            assert (task.id, task.watched) == ("task-1", False)
            with pytest.raises(RuntimeError, match="thread"):
                task.wait(5)
        with pytest.raises(errors.TaskFailed):
            task.wait(30)


def test_no_journal(connect: Callable[..., LumenClient], tmp_path: Path) -> None:
    """With journal=False a submit writes nothing to disk."""
    with FaultServer(fault.answers(200, TAKEN)) as server:
        client = connect(server.url, journal=False)
        assert client.generate("a cat").id == TAKEN["id"]
        assert client.journal is None
    assert not (tmp_path / "journal").exists()


def test_webhook_secret_stays_off_the_disk(
    connect: Callable[..., LumenClient], tmp_path: Path
) -> None:
    """A webhook's secret travels in extra, and is not written to the journal."""
    extra = {"webhook_url": "https://example.invalid/", "webhook_secret": "hush"}
    with FaultServer(fault.answers(200, TAKEN)) as server:
        connect(server.url).generate("a cat", extra=extra)
        assert server.posts[0].body["webhook_secret"] == "hush"  # noqa: S105 -- the test's own
    (row,) = Journal(tmp_path / "journal").rows()
    assert "webhook_secret" not in row.body

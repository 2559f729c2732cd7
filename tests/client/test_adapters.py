"""A user's session whose adapter sends a request again by itself."""

from __future__ import annotations

import asyncio
import io
import socket
import threading
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import pytest
import requests
from requests.adapters import BaseAdapter, HTTPAdapter
from urllib3.connection import HTTPConnection
from urllib3.connectionpool import HTTPConnectionPool

from lumen_widgets.client import LumenClient, LumenError, Task, budget
from lumen_widgets.core import errors
from lumen_widgets.core.polling.scheduler import Scheduler, use_scheduler
from lumen_widgets.core.timing import Timing
from lumen_widgets.journal import Journal
from tests.client import fault_server as fault
from tests.client.fault_server import FaultServer
from tests.client.journal_file import JournalFile
from tests.client.service import png
from tests.conditions import PATIENCE, until

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.client.service import Service

    Connect = Callable[..., LumenClient]

TAKEN = fault.answers(200, {"id": "task-1", "status": "queued"})


class Retrying(HTTPAdapter):
    """Tries three times whatever fails, as a recipe has it that many copy."""

    def between(self) -> None:
        """Do what happens before the next try."""

    def send(self, *arguments: Any, **settings: Any) -> requests.Response:
        """Send a request, three times if need be."""
        for _ in range(2):
            try:
                return super().send(*arguments, **settings)
            except requests.ConnectionError:
                self.between()
        return super().send(*arguments, **settings)


def outcome(client: LumenClient) -> Task | LumenError:
    """Submit, and return what comes of it."""
    try:
        return client.generate("a cat")
    except LumenError as error:
        return error


def session(adapter: BaseAdapter) -> requests.Session:
    """Return a session with an adapter."""
    made = requests.Session()
    made.mount("http://", adapter)
    return made


@pytest.mark.parametrize(
    "lost",
    [fault.drops_after_reading, fault.drops_at_once],
    ids=["read and closed", "reset"],
)
def test_what_may_have_left_is_not_sent_again(
    connect: Connect, lost: Callable[[FaultServer, socket.socket], None]
) -> None:
    """Once a byte may have left, the outcome is unknown, and no other connection is used for it."""
    with FaultServer(lost, TAKEN) as server:
        found = outcome(connect(server.url, session=session(Retrying())))
        posts = [request for request in server.requests if request.method == "POST"]

    # of the reset connection the server reads nothing
    assert len(posts) == (0 if lost is fault.drops_at_once else 1)
    assert isinstance(found, errors.SubmitOutcomeUnknown)


def test_what_never_left_may_be_sent_again(connect: Connect) -> None:
    """An adapter may try again by itself for as long as no connection was opened."""
    with socket.socket() as unused, ExitStack() as stack:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
        unused.close()
        servers: list[FaultServer] = []

        class Waiting(Retrying):
            def between(self) -> None:
                if not servers:
                    servers.append(stack.enter_context(FaultServer(TAKEN, port=port)))

        found = outcome(connect(f"http://127.0.0.1:{port}", session=session(Waiting())))
        assert isinstance(found, Task)
        assert len(servers[0].posts) == 1


@pytest.mark.parametrize("kind", ["none for its address", "a header that is no text"])
def test_a_session_that_can_send_nothing_costs_nothing(connect: Connect, kind: str) -> None:
    """It is refused at once, in words, and counts as not sent."""
    made = requests.Session()
    if kind == "none for its address":
        made.adapters.clear()
    else:
        made.headers["X-Group"] = 7  # type: ignore[assignment] # as a user may have it
    spent = budget(tasks=5)
    client = connect("http://127.0.0.1:1", session=made, timeout=3600.0)
    with pytest.raises(errors.ServiceUnreachable, match=r"of the session\b|the session has"):
        client.generate("a cat")
    assert spent.submitted == 0


@pytest.mark.slow
def test_what_is_put_on_an_adapter_may_have_sent(connect: Connect) -> None:
    """As a limit that is put around the `send` of one adapter: what is stuck there may be paid."""
    use_scheduler(Scheduler(timing=Timing(submit_grace=0.5)))
    over = threading.Event()
    adapter = HTTPAdapter()

    def send(*_arguments: Any, **_settings: Any) -> requests.Response:
        over.wait(30)
        raise requests.ConnectionError

    vars(adapter)["send"] = send
    try:
        client = connect("http://127.0.0.1:1", session=session(adapter), timeout=1.5)
        with pytest.raises(errors.SubmitOutcomeUnknown):
            client.generate("a cat")
    finally:
        over.set()


@pytest.mark.slow
def test_what_nobody_can_watch_may_have_left(connect: Connect) -> None:
    """Where an adapter of another kind is stuck, its request may have left: that is said."""
    use_scheduler(Scheduler(timing=Timing(submit_grace=0.5)))
    over = threading.Event()

    class Stuck(BaseAdapter):
        def send(self, *_arguments: Any, **_settings: Any) -> requests.Response:
            over.wait(30)
            raise requests.ConnectionError

        def close(self) -> None:
            pass

    made = requests.Session()
    made.mount("http://", Stuck())
    try:
        client = connect("http://127.0.0.1:1", session=made, timeout=1.5)
        with pytest.raises(errors.SubmitOutcomeUnknown):
            client.generate("a cat")
    finally:
        over.set()


class OtherLibrary(BaseAdapter):
    """Sends by an HTTP library of its own, whose errors are not those of requests."""

    class ReadTimeout(Exception):
        """What that library raises."""

    def __init__(self) -> None:
        super().__init__()
        self.sent = 0

    def send(self, *_arguments: Any, **_settings: Any) -> requests.Response:
        """Send a request, and get no answer."""
        self.sent += 1
        raise self.ReadTimeout

    def close(self) -> None:
        """Close nothing."""


def test_what_another_library_lost_may_be_paid(connect: Connect) -> None:
    """An error of a kind that nobody here knows does not say that nothing left."""
    adapter = OtherLibrary()
    client = connect("http://127.0.0.1:1", session=session(adapter))
    for _ in range(2):
        with pytest.raises(errors.SubmitOutcomeUnknown):
            client.generate("a cat", reuse=True)

    assert adapter.sent == 1, "reuse does not pay for it again"
    assert client.journal is not None
    assert [row.outcome_unknown for row in client.journal.rows()] == [True]


class Flaky(HTTPAdapter):
    """Fails in the way of another library, at first: as it asks, as it reads, or as it closes."""

    def __init__(self, step: str) -> None:
        super().__init__()
        self.step = step
        # a list, which copies of the adapter share
        self.failures: list[str] = []

    def send(self, request: Any, *arguments: Any, **settings: Any) -> requests.Response:
        """Send a request the usual way, unless it fails."""
        is_question = request.method == "GET"
        fails = len(self.failures) < 4 and (is_question or self.step == "close")
        self.failures += [request.method] * fails
        if fails and self.step == "send":
            raise OtherLibrary.ReadTimeout
        response = super().send(request, *arguments, **settings)
        if fails:
            lost = requests.Response()
            lost.status_code, lost.headers = response.status_code, response.headers
            lost.raw = Lost(response.content, self.step)
            return lost
        return response


class Lost(io.BytesIO):
    """A body in the hands of another library."""

    def __init__(self, body: bytes, step: str) -> None:
        super().__init__(body)
        self.step = step

    def read(self, *arguments: Any) -> bytes:
        """Read some of it, unless it fails."""
        if self.step == "read":
            raise OtherLibrary.ReadTimeout
        return super().read(*arguments)

    def release_conn(self) -> None:
        """Give its connection back, unless that fails."""
        if self.step == "close":
            raise OtherLibrary.ReadTimeout


@pytest.mark.parametrize("step", ["send", "read", "close"])
def test_what_another_library_lost_of_a_task_is_asked_again(
    service: Service, connect: Connect, step: str
) -> None:
    """An adapter's own kind of error, in a status or a picture, is a network that fails."""
    use_scheduler(
        Scheduler(timing=Timing(first_poll=0.05, refresh_interval=0.05, longest_backoff=0.1))
    )
    service.statuses["*"] = [service.succeeded("a")]
    adapter = Flaky(step)
    client = connect(service.server.url, session=session(adapter))
    task = client.generate("a cat")

    assert [picture.bytes for picture in task.wait(30)] == [png()]
    assert adapter.failures
    assert len(service.server.posts) == 1


class Ended(Flaky):
    """Is ended as it sends: by SystemExit, or as it is cancelled."""

    def __init__(self, error: type[BaseException]) -> None:
        super().__init__("send")
        self.error = error

    def send(self, request: Any, *arguments: Any, **settings: Any) -> requests.Response:
        """Send a request; the first for a picture ends with what is no Exception."""
        if not request.path_url.startswith("/v1/") and not self.failures:
            self.failures.append(request.method)
            raise self.error
        return HTTPAdapter.send(self, request, *arguments, **settings)


@pytest.mark.parametrize("error", [SystemExit, asyncio.CancelledError, KeyboardInterrupt])
def test_a_picture_whose_adapter_was_ended_is_fetched_again(
    service: Service, connect: Connect, error: type[BaseException]
) -> None:
    """No wait for it goes on for ever."""
    use_scheduler(Scheduler(timing=Timing(first_poll=0.05, refresh_interval=0.05)))
    service.statuses["*"] = [service.succeeded("a", "b")]
    adapter = Ended(error)
    client = connect(service.server.url, session=session(adapter))

    pictures = client.generate("two cats", n=2).wait(PATIENCE)
    assert [picture.bytes for picture in pictures] == [png(), png()]
    assert adapter.failures


class Converting(BaseAdapter):
    """Sends by another library, and makes a response of its answer that is not like requests'."""

    def __init__(self, **differing: Any) -> None:
        super().__init__()
        self.inner, self.differing = HTTPAdapter(), differing

    def send(self, *arguments: Any, **settings: Any) -> Any:
        """Send a request, and return what is a response to this library."""
        response = self.inner.send(*arguments, **settings)
        vars(response).update(self.differing)
        return None if self.differing == {"nothing": True} else response

    def close(self) -> None:
        """Close what sends."""
        self.inner.close()


class Opaque(Exception):
    """An error that can neither be looked at nor compared."""

    @property
    def args(self) -> Any:  # type: ignore[override] # the mistake itself
        """Refuse."""
        raise RuntimeError

    def __eq__(self, other: object) -> bool:
        raise RuntimeError

    __hash__ = Exception.__hash__


class Unlucky(Converting):
    """Sends by another library, and fails once that is done."""

    def send(self, *arguments: Any, **settings: Any) -> Any:
        """Send a request, and fail."""
        super().send(*arguments, **settings)
        raise Opaque


def test_what_ended_with_an_error_that_cannot_be_looked_at_may_be_paid(
    service: Service, connect: Connect
) -> None:
    """It says nothing of what had left: the task counts, and is not sent again by reuse."""
    client = connect(service.server.url, session=session(Unlucky()))
    spent = budget(tasks=5)
    for _ in range(2):
        with pytest.raises(errors.SubmitOutcomeUnknown):
            client.generate("a cat", reuse=True)
    assert spent.submitted == 1
    assert len(service.server.posts) == 1


@pytest.mark.parametrize(
    "differing",
    [{"nothing": True}, {"status_code": "200"}, {"status_code": None}, {"raw": io.StringIO("{}")}],
    ids=["nothing", "words for a status", "no status", "words for a body"],
)
def test_a_response_that_cannot_be_read_may_be_paid(
    connect: Connect, differing: dict[str, Any]
) -> None:
    """Whatever an adapter returns, it has sent the request: nobody says that nothing was spent."""
    with FaultServer(TAKEN, TAKEN) as server:
        spent = budget(tasks=5)
        client = connect(server.url, session=session(Converting(**differing)))
        for _ in range(2):
            with pytest.raises(errors.SubmitOutcomeUnknown):
                client.generate("a cat", reuse=True)
        posts = [request for request in server.requests if request.method == "POST"]

    assert len(posts) == 1, "reuse does not pay for it again"
    assert spent.submitted == 1
    assert client.journal is not None
    assert [row.outcome_unknown for row in client.journal.rows()] == [True]


class FaultyHeaders(dict[str, str]):
    """Headers of another library, which raises where there is none of a name."""

    def get(self, name: str, _default: object = None) -> Any:
        """Return a header."""
        return self[name]


@pytest.mark.parametrize(
    "headers", [None, {"X-Request-Id": b"r-1", "Location": 7}, FaultyHeaders()], ids=type
)
def test_a_task_is_kept_whatever_its_headers_are(
    service: Service, connect: Connect, headers: Any
) -> None:
    """An adapter of another library may bring none, or not as text: the id and pictures count."""
    service.statuses["*"] = [service.succeeded("a")]
    client = connect(service.server.url, session=session(Converting(headers=headers)))
    task = client.generate("a cat")

    assert [picture.bytes for picture in task.wait(30)] == [png()]


class Wrapper(HTTPAdapter):
    """Sends through another adapter, as those do that log, cache or limit, in its own time."""

    def __init__(self) -> None:
        super().__init__()
        self.inner = HTTPAdapter()

    def send(self, *arguments: Any, **settings: Any) -> requests.Response:
        """Send a request the other way."""
        return self.inner.send(*arguments, **{**settings, "timeout": 30})


@pytest.mark.slow
def test_what_left_by_another_adapter_may_be_paid(connect: Connect) -> None:
    """Where an adapter sends through one of its own, nobody says that nothing was sent."""
    use_scheduler(Scheduler(timing=Timing(submit_grace=0.05)))
    with FaultServer(fault.stalls) as server:
        client = connect(server.url, session=session(Wrapper()), timeout=1.0, journal=False)
        with pytest.raises(errors.SubmitOutcomeUnknown):
            client.generate("a cat")


class Outer(BaseAdapter):
    """Sends through another adapter, and is none of requests' own."""

    def __init__(self) -> None:
        super().__init__()
        self.inner = HTTPAdapter()

    def send(self, *arguments: Any, **settings: Any) -> requests.Response:
        """Send a request the other way."""
        return self.inner.send(*arguments, **{**settings, "timeout": 30})

    def close(self) -> None:
        """Do nothing."""


class OwnPool(HTTPAdapter):
    """Has a pool of its own, as adapters for other kinds of sockets do."""

    def __init__(self, pool: HTTPConnectionPool) -> None:
        super().__init__()
        self.pool = pool

    def get_connection_with_tls_context(self, *_arguments: Any, **_settings: Any) -> Any:
        """Return the pool."""
        return self.pool


class OwnConnections(HTTPConnectionPool):
    """Makes connections of its own kind."""

    def _new_conn(self) -> HTTPConnection:
        return HTTPConnection(self.host, self.port)


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["wrapper", "another library's", "with a pool of its own"])
def test_what_was_said_not_to_be_sent_never_is(
    service: Service, connect: Connect, tmp_path: Path, kind: str
) -> None:
    """The journal's disk hung as a request was written down: however late it answers, none leaves.

    Whoever was told that nothing was sent calls again, and pays once.
    """
    use_scheduler(Scheduler(timing=Timing(submit_grace=0.05)))
    service.statuses["*"] = [{"status": "processing"}]
    pool = OwnConnections("127.0.0.1", int(service.server.url.rpartition(":")[2]))
    adapters: dict[str, Callable[[], BaseAdapter]] = {
        "wrapper": Wrapper,
        "another library's": Outer,
        "with a pool of its own": lambda: OwnPool(pool),
    }
    journal = Journal(tmp_path / "journal", busy_timeout=PATIENCE)
    made = session(adapters[kind]())
    client = connect(service.server.url, journal=journal, session=made, timeout=1.0)
    client.generate("a cat")
    file = JournalFile(tmp_path / "journal")
    file.hold()
    with pytest.raises(errors.JournalError, match="Nothing was sent"):
        client.generate("a fox")
    file.let_go()
    until(lambda: file.states()[1:] not in ([], ["sending"]), "it was written down in the end")

    assert file.states()[1:] == ["refused"]
    assert len(service.server.posts) == 1


@pytest.mark.parametrize("kind", ["makes its own", "has kept one"])
def test_what_left_by_a_pool_of_the_users_is_not_sent_again(connect: Connect, kind: str) -> None:
    """A connection that does not report may have sent it: the outcome is unknown."""
    kept = fault.http(200, b"", {"Connection": "keep-alive"})

    def once(server: FaultServer, connection: socket.socket) -> None:
        if fault.read_request(server, connection).method == "GET":
            connection.sendall(kept)
            fault.read_request(server, connection)

    with FaultServer(once) as server:
        if kind == "makes its own":
            pool: HTTPConnectionPool = OwnConnections("127.0.0.1", server.port)
        else:
            pool = HTTPConnectionPool("127.0.0.1", server.port)
            pool.request("GET", "/")
        with pool:
            client = connect(server.url, session=session(OwnPool(pool)), timeout=2.0)
            with pytest.raises(errors.SubmitOutcomeUnknown):
                client.generate("a cat")
        assert len(server.posts) == 1

"""A strange server on a sandbox's port gets nothing through a session of the user's either."""

from __future__ import annotations

import socket
import threading
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import requests
from requests.adapters import BaseAdapter, HTTPAdapter

import lumen_widgets as lumen
from lumen_widgets.client import HostingError, LumenClient, ServiceUnreachable
from lumen_widgets.client.hosting.sandbox_hosting import SandboxHosting
from lumen_widgets.core.http import connection
from lumen_widgets.core.http.keys import Key
from lumen_widgets.core.http.origin import read_origin
from lumen_widgets.core.pictures.downloads import fetch_picture
from tests.conditions import until
from tests.sandbox_server.impostor import impostor_at

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.sandbox_server.impostor import Impostor
    from tests.sandbox_server.real_server import RealServer

pytestmark = pytest.mark.slow

KEY = f"sk-lumen-sandbox-{'x' * 32}"


class OwnWay(HTTPAdapter):
    """An adapter of the user's that sends in a way of its own."""

    def __init__(self) -> None:
        super().__init__()
        self._inner = HTTPAdapter()

    def send(self, *args: Any, **named: Any) -> requests.Response:
        """Send through another adapter, whose connections ask nothing."""
        return self._inner.send(*args, **named)


class OfAnotherKind(BaseAdapter):
    """An adapter that is not built on urllib3, as far as anybody can see."""

    def __init__(self) -> None:
        super().__init__()
        self._inner = HTTPAdapter()

    def send(self, *args: Any, **named: Any) -> requests.Response:
        """Send through connections that ask nothing."""
        return self._inner.send(*args, **named)

    def close(self) -> None:
        """Close the connections."""
        self._inner.close()


@pytest.fixture(params=[HTTPAdapter, OwnWay, OfAnotherKind])
def session(request: pytest.FixtureRequest) -> Iterator[requests.Session]:
    """Return a session with an adapter of the user's."""
    with requests.Session() as made:
        made.mount("http://", request.param())
        yield made


@pytest.fixture
def impostor() -> Iterator[Impostor]:
    """Run a strange server where the sandbox was."""
    with impostor_at("http://127.0.0.1:0") as running:
        yield running


def _url(impostor: Impostor) -> str:
    return f"http://127.0.0.1:{impostor.server_address[1]}"


def _download(url: str, session: requests.Session) -> object:
    verify = Key(KEY, read_origin(url)).verify
    return fetch_picture(f"{url}/pictures/secret.png", base_url=url, session=session, verify=verify)


def _upload(url: str, session: requests.Session) -> object:
    hosting = SandboxHosting(url, "/sandbox/uploads", Key(KEY, read_origin(url)), session)
    return hosting.put(b"a picture", "image/png", "")


def _client(url: str, session: requests.Session) -> LumenClient:
    return LumenClient(KEY, url, session=session, journal=False, timeout=0.2)


def _edit(url: str, session: requests.Session) -> object:
    return _client(url, session).edit("a secret product", np.zeros((8, 8, 3), np.uint8))


def _generate(url: str, session: requests.Session) -> object:
    return _client(url, session).generate("a secret product")


def _look_up(url: str, session: requests.Session) -> object:
    return _client(url, session).task("a-task")


@pytest.mark.parametrize(
    ("call", "error"),
    [
        (_download, lumen.DownloadError),
        (_upload, HostingError),
        (_edit, HostingError),
        (_generate, ServiceUnreachable),
        (_look_up, ServiceUnreachable),
    ],
)
def test_a_strange_server_gets_nothing_through_a_users_session(
    impostor: Impostor,
    session: requests.Session,
    call: Callable[[str, requests.Session], object],
    error: type[Exception],
) -> None:
    """Whatever carries a prompt, a picture or the key asks for the proof first, and stops."""
    with pytest.raises(error, match="sandbox"):
        call(_url(impostor), session)

    until(lambda: impostor.seen, "it is asked for its proof")
    assert impostor.secrets() == []


def test_the_sandbox_itself_is_known_through_a_users_session(
    server: RealServer, session: requests.Session
) -> None:
    """Pictures go there and come back, as through our own."""
    client = LumenClient(server.api_key, server.url, session=session, journal=False)
    task = client.edit("snow", np.zeros((8, 8, 3), np.uint8), size="16x16")

    assert len(task.wait(60)) == 1


@pytest.mark.parametrize("adapter", [HTTPAdapter, OfAnotherKind])
def test_a_server_that_never_answers_is_given_up_soon(
    adapter: type[BaseAdapter], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The question has its own short limit, and the error says what to do."""
    monkeypatch.setattr(connection, "QUESTION_SECONDS", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as silent, requests.Session() as session:
        session.mount("http://", adapter())
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        raised: list[HostingError] = []

        def edit() -> None:
            try:
                _edit(url, session)
            except HostingError as error:
                raised.append(error)

        editing = threading.Thread(target=edit, daemon=True)
        editing.start()
        editing.join(20)

    (error,) = raised
    assert "Start it again" in error.next_step

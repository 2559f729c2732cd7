"""A user's session whose adapter sends a request again by itself."""

from __future__ import annotations

import socket
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import pytest
import requests
from requests.adapters import HTTPAdapter

from lumen_widgets.client import LumenClient, LumenError, Task
from lumen_widgets.core import errors
from tests.client import fault_server as fault
from tests.client.fault_server import FaultServer

if TYPE_CHECKING:
    from collections.abc import Callable

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


def session(adapter: HTTPAdapter) -> requests.Session:
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

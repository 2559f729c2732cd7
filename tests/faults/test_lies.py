"""Single lies and accidents that random faults once found, each held down by a test of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lumen_widgets.core import errors
from tests.client import fault_server as fault
from tests.client.fault_server import FaultServer, http
from tests.client.service import png

if TYPE_CHECKING:
    from collections.abc import Callable

    from lumen_widgets.client import LumenClient

pytestmark = pytest.mark.slow


def test_an_answer_about_another_task_is_not_believed(connect: Callable[..., LumenClient]) -> None:
    """Pictures and failures of another id are not this task's, whoever mixed the answers up."""
    server: FaultServer
    own = png("green")

    def done(task_id: str, name: str) -> bytes:
        found = {"id": task_id, "status": "succeeded", "data": [{"url": f"{server.url}/{name}"}]}
        return http(200, found)

    def respond(request: fault.Received) -> bytes:
        if request.method == "POST":
            return http(200, {"id": "mine", "status": "queued"})
        if request.path.startswith("/v1/"):
            return wrong.pop() if wrong else done("mine", "own")
        return http(200, own if request.path == "/own" else png("red"))

    with FaultServer(fault.calls(respond)) as server:
        wrong = [done("theirs", "other"), http(200, {"id": "theirs", "status": "failed"})]
        task = connect(server.url).generate("a cat")
        assert [picture.bytes for picture in task.wait(60)] == [own]
        assert wrong == []


def test_a_wait_of_four_hundred_digits_is_no_invitation(
    connect: Callable[..., LumenClient],
) -> None:
    """A Retry-After beyond any number is a long wait: the request is not sent again."""
    refusal = fault.answers(429, {"error": {"code": "busy"}}, {"Retry-After": "9" * 400})
    with FaultServer(refusal) as server:
        with pytest.raises(errors.RateLimited):
            connect(server.url).generate("a cat")
        assert len(server.posts) == 1


def test_an_answer_may_be_announced(connect: Callable[..., LumenClient]) -> None:
    """A 102 or a 103 is not the answer to a submit: the id that comes after it is taken."""
    before = b"HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"
    taken = before + http(200, {"id": "announced", "status": "queued"})
    with FaultServer(fault.sends(taken), fault.answers(200, {"status": "failed"})) as server:
        task = connect(server.url).generate("a cat")
        assert task.id == "announced"
        with pytest.raises(errors.TaskFailed):
            task.wait(60)

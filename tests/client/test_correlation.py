"""What a caller knows its call by, in the journal before anything is sent."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lumen_widgets.journal import Journal
from tests.client import fault_server as fault
from tests.client.children import in_child
from tests.client.fault_server import FaultServer, Received, http
from tests.client.service import PROCESSING, Service

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from lumen_widgets.client import LumenClient

    Connect = Callable[..., LumenClient]


@pytest.mark.parametrize("reuse", [False, True])
def test_it_is_written_before_the_request_leaves(
    connect: Connect, tmp_path: Path, *, reuse: bool
) -> None:
    """While the service has not answered, any process can find the call by it."""
    seen: list[str] = []

    def respond(request: Received) -> bytes:
        if request.method == "POST":
            row = Journal(tmp_path / "journal").find_submit("of the form")
            seen.append("nothing" if row is None else row.state)
        return http(200, {"id": "task-1", "status": "queued"})

    with FaultServer(fault.calls(respond)) as server:
        client = connect(server.url)
        client.call("generations", "a cat", correlation_id="of the form", reuse=reuse)
    row = Journal(tmp_path / "journal").find_submit("of the form")

    assert seen == ["sending"]
    assert row is not None
    assert row.task_id == "task-1"


@pytest.mark.slow
def test_a_task_that_is_taken_up_still_has_it(
    service: Service, connect: Connect, tmp_path: Path
) -> None:
    """A new kernel knows the tasks of the one before by the same ids."""
    service.statuses["*"] = [PROCESSING]
    code = """
        client.call("generations", "a cat", correlation_id="of the form")
    """
    assert in_child(tmp_path / "journal", service.server.url, code).wait(60) == 0
    (task,) = connect(service.server.url).resume()

    assert task.correlation_id == "of the form"

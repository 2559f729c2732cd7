"""What a caller knows its call by, in the journal before anything is sent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest

from lumen_widgets.client import InvalidRequest
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


@pytest.mark.parametrize("given", [7, 2.5, b"of the form", [1], UUID(int=7), "\ud800", "a\0b"])
@pytest.mark.parametrize("journal", [True, False])
def test_what_is_no_text_is_refused_before_anything_is_sent(
    service: Service, connect: Connect, given: Any, *, journal: bool
) -> None:
    """The journal would give another back: the row were no more its task's, or not written."""
    client = connect(service.server.url, **({} if journal else {"journal": False}))
    with pytest.raises(InvalidRequest, match="correlation_id is") as caught:
        client.call("generations", "a cat", correlation_id=given)

    assert caught.value.field == "correlation_id"
    assert not service.server.posts

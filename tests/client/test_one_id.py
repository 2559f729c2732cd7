"""A service that answers two submits with one id."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest

from lumen_widgets.client import LumenClient, SubmitOutcomeUnknown
from tests.client import fault_server as fault
from tests.client.fault_server import FaultServer, http
from tests.client.service import QUEUED, Service, png

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from lumen_widgets.journal import Journal


def _journal(client: LumenClient) -> Journal:
    assert client.journal is not None
    return client.journal


@pytest.mark.slow
@pytest.mark.parametrize("what", ["one client", "another client", "no journal"])
def test_an_id_that_an_earlier_task_has_is_no_tasks(
    connect: Callable[..., LumenClient], what: str
) -> None:
    """The second would have had the first one's pictures, in its cell and in the history."""
    options: dict[str, Any] = {"journal": False} if what == "no journal" else {}
    with FaultServer(fault.task("same", QUEUED)) as server:
        first = connect(server.url, **options)
        task = first.generate("a cat")
        second = connect(server.url) if what == "another client" else first
        with pytest.raises(
            SubmitOutcomeUnknown, match="the id same, which an unfinished"
        ) as caught:
            second.generate("a dog")
        assert len(server.posts) == 2
        assert second.task("same").request.prompt == "a cat"

    assert caught.value.may_have_cost
    assert task.request.prompt == "a cat"
    if what != "no journal":
        rows = {row.body["prompt"]: row for row in _journal(second).rows()}
        assert (rows["a cat"].task_id, rows["a dog"].task_id) == ("same", None)
        assert rows["a dog"].outcome_unknown


@pytest.mark.slow
def test_one_of_many_submits_at_once_has_the_id(connect: Callable[..., LumenClient]) -> None:
    """However close the answers come to each other."""
    outcomes: list[object] = []
    together = threading.Barrier(6)

    def submit(number: int) -> None:
        together.wait()
        try:
            outcomes.append(client.generate(f"a cat of {number}"))
        except SubmitOutcomeUnknown:
            outcomes.append(None)

    with FaultServer(fault.task("same", QUEUED)) as server:
        client = connect(server.url)
        threads = [threading.Thread(target=submit, args=(number,)) for number in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(server.posts) == 6

    assert len(outcomes) == 6
    assert outcomes.count(None) == 5
    assert sum(row.task_id == "same" for row in _journal(client).rows()) == 1


@pytest.mark.slow
def test_an_id_may_come_again_once_its_task_has_ended(
    service: Service, connect: Callable[..., LumenClient]
) -> None:
    """A server of one's own counts anew with each start; each request gives its own pictures."""
    service.pictures["/cat"] = [http(200, png("red"))]
    service.pictures["/dog"] = [http(200, png("blue"))]
    client = connect(service.server.url)
    made = {}
    for name in ("cat", "dog"):
        service.statuses["task-1"] = [service.succeeded(name)]
        service.forget_tasks()
        task = client.generate(f"a {name}")
        made[name] = task.wait(30)[0].bytes

    assert made == {"cat": png("red"), "dog": png("blue")}
    again = [client.generate(f"a {name}", reuse=True).wait(30)[0].bytes for name in ("cat", "dog")]
    assert again == [png("red"), png("blue")]
    assert len(service.server.posts) == 2

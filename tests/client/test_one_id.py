"""A service that answers two submits with one id."""

from __future__ import annotations

import threading
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest

from lumen_widgets.client import LumenClient, NotFound, SubmitOutcomeUnknown, TaskFailed
from tests.client import fault_server as fault
from tests.client.children import in_child
from tests.client.fault_server import FaultServer, http
from tests.client.service import FAILED, PROCESSING, QUEUED, Service, png
from tests.conditions import until

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from typing import Any

    from lumen_widgets.client import Task
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


SUBMIT_A_DOG = """
    client.generate("a dog")
    print("sent", flush=True)
    sys.stdin.read()
"""


@pytest.mark.slow
@pytest.mark.parametrize("before", ["succeeded", "failed"])
@pytest.mark.parametrize("how", ["resume", "id", "reuse"])
def test_a_task_that_is_taken_up_has_its_own_row(
    service: Service, connect: Callable[..., LumenClient], tmp_path: Path, how: str, before: str
) -> None:
    """An earlier task had its id: that one got the pictures, or gave its own in their place."""
    service.pictures["/cat"] = [http(200, png("red"))]
    service.pictures["/dog"] = [http(200, png("blue"))]
    service.statuses["task-1"] = [service.succeeded("cat") if before == "succeeded" else FAILED]
    earlier = connect(service.server.url).generate("a cat")
    ended(earlier)
    service.forget_tasks()
    service.statuses["task-1"] = [PROCESSING]
    child = in_child(tmp_path / "journal", service.server.url, SUBMIT_A_DOG)
    assert child.stdout is not None
    assert child.stdout.readline() == "sent\n"
    child.kill()
    child.communicate()

    service.statuses["task-1"] = [service.succeeded("dog")]
    client = connect(service.server.url)
    take_up: dict[str, Callable[[], Task]] = {
        "resume": lambda: client.resume()[0],
        "id": lambda: client.task("task-1"),
        "reuse": lambda: client.generate("a dog", reuse=True),
    }
    taken_up = take_up[how]()
    assert (taken_up.request.prompt, taken_up.wait(30)[0].bytes) == ("a dog", png("blue"))
    until(lambda: _journal(client).rows()[0].is_final, "the journal knows of the end")
    kept = [[one.path.read_bytes() for one in row.pictures] for row in _journal(client).rows()]
    assert kept == [[png("blue")], [png("red")] if before == "succeeded" else []]
    assert len(service.server.posts) == 2


def ended(task: Task) -> None:
    """Wait for a task's end, whatever it is."""
    with suppress(TaskFailed):
        task.wait(30)


@pytest.mark.slow
def test_pictures_that_are_gone_are_not_those_of_another_task(
    service: Service, connect: Callable[..., LumenClient]
) -> None:
    """The service knows its id, and by that a task that was submitted since."""
    service.pictures["/dog"] = [http(200, png("blue"))]
    for name in ("cat", "dog"):
        service.statuses["task-1"] = [service.succeeded(name)]
        service.forget_tasks()
        ended(connect(service.server.url).generate(f"a {name}"))
    client = connect(service.server.url)
    _journal(client).rows()[1].pictures[0].path.unlink()

    with pytest.raises(NotFound, match="pictures are not all on this disk"):
        client.generate("a cat", reuse=True)
    assert len(service.server.posts) == 2

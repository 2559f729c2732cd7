"""A service that answers two submits with one id."""

from __future__ import annotations

import threading
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest

import lumen_widgets as lumen
from lumen_widgets.client import (
    DownloadError,
    LumenClient,
    NotFound,
    SubmitOutcomeUnknown,
    TaskFailed,
    prices,
)
from lumen_widgets.core.polling.scheduler import Scheduler, use_scheduler
from lumen_widgets.core.timing import Timing
from tests.client import fault_server as fault
from tests.client.children import in_child
from tests.client.conftest import KEY
from tests.client.fault_server import FaultServer, http
from tests.client.service import FAILED, PROCESSING, QUEUED, Service, png
from tests.client.spending import MODEL, stands
from tests.conditions import until

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from typing import Any

    from lumen_widgets.client import Task
    from lumen_widgets.journal import Journal, JournalRow


def _journal(client: LumenClient) -> Journal:
    assert client.journal is not None
    return client.journal


def _may_go_on(task: Task) -> bool:
    # mypy takes a property that was looked at to stay as it was
    return task.may_go_on


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
def test_an_id_may_come_again_once_its_row_is_dismissed(
    service: Service, connect: Callable[..., LumenClient]
) -> None:
    """The submit that was refused it kept it for itself, and no later one could have it."""
    service.statuses["*"] = [service.succeeded("cat")]
    client = connect(service.server.url)
    journal = _journal(client)
    number = journal.insert_request(
        origin=client.base_url,
        account=client.fingerprint,
        endpoint="generations",
        body={"prompt": "of a process that has ended"},
    )
    journal.mark_accepted(number, task_id="task-1", created=None, status="queued")
    with pytest.raises(SubmitOutcomeUnknown, match="the id task-1, which an unfinished"):
        client.generate("a cat")
    journal.dismiss([row.number for row in journal.rows()])

    service.forget_tasks()
    assert len(client.generate("a cat").wait(30)) == 1


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


@pytest.mark.slow
@pytest.mark.parametrize("journal", [True, False], ids=["dismissed", "no journal"])
@pytest.mark.parametrize("ended_by", ["not known", "a picture is gone"])
def test_a_task_whose_id_is_given_again_does_not_go_on(
    service: Service, connect: Callable[..., LumenClient], journal: bool, ended_by: str
) -> None:
    """Waited for once more, it had the pictures of the task that has its id by now."""
    use_scheduler(Scheduler(timing=Timing(doubtful_pictures=0.0)))
    service.pictures["/cat"] = [http(404)]
    service.pictures["/dog"] = [http(200, png("blue"))]
    service.statuses["task-1"] = [
        http(404) if ended_by == "not known" else service.succeeded("cat")
    ]
    client = connect(service.server.url, **({} if journal else {"journal": False}))
    cat = client.generate("a cat")
    with pytest.raises((NotFound, DownloadError)):
        cat.wait(30)
    assert _may_go_on(cat)
    if journal:
        _journal(client).dismiss([row.number for row in _journal(client).rows()])
    service.forget_tasks()
    service.statuses["task-1"] = [service.succeeded("dog")]

    dog = client.generate("a dog")
    assert dog.wait(30)[0].bytes == png("blue")
    assert not _may_go_on(cat)
    for _ in range(2):
        with pytest.raises(NotFound, match="given the id task-1 to another task"):
            cat.wait(30)
    cat.watch()
    assert cat.done
    assert cat.pictures == []
    if journal:
        until(lambda: _journal(client).rows()[0].is_final, "the journal knows of the end")
        assert [len(row.pictures) for row in _journal(client).rows()] == [1, 0]


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


def _ended_and_given_again(service: Service, client: LumenClient) -> JournalRow:
    """Have a cat made, and have the service count anew; return the cat's row."""
    service.pictures["/cat"] = [http(200, png("red"))]
    service.pictures["/dog"] = [http(200, png("blue"))]
    service.statuses["task-1"] = [service.succeeded("cat")]
    client.generate("a cat").wait(30)
    service.forget_tasks()
    return _journal(client).rows()[0]


@pytest.mark.slow
def test_pictures_of_an_earlier_task_leave_the_one_that_runs_alone(
    service: Service, connect: Callable[..., LumenClient]
) -> None:
    """It lost the refund of the one that ran, which was then not to be found by its id."""
    prices[MODEL] = 2
    lumen.budget(credits=10)
    _ended_and_given_again(service, connect(service.server.url))
    service.statuses["task-1"] = [PROCESSING]
    client = connect(service.server.url)
    dog = client.generate("a dog")

    assert client.generate("a cat", reuse=True).wait(30)[0].bytes == png("red")
    assert client.task("task-1") is dog
    service.statuses["task-1"] = [FAILED]
    with pytest.raises(TaskFailed):
        dog.wait(30)
    assert stands() == (2, 2, 8, 1)


@pytest.mark.slow
def test_a_refund_is_of_the_account_that_paid(
    service: Service, connect: Callable[..., LumenClient]
) -> None:
    """A service may count the tasks of each account by themselves."""
    prices[MODEL] = 2
    lumen.budget(credits=10)
    service.statuses["task-1"] = [PROCESSING]
    mine = connect(service.server.url).generate("a cat")
    service.forget_tasks()
    other = LumenClient(f"{KEY}-of-another", service.server.url, journal=False)
    other.generate("a dog", n=2)
    service.statuses["task-1"] = [FAILED]

    with pytest.raises(TaskFailed):
        mine.wait(30)
    until(lambda: stands() == (0, 6, 10, 0), "both are refunded")


@pytest.mark.slow
@pytest.mark.parametrize("kept", [True, False])
def test_a_request_of_the_history_is_never_another_ones_task(
    service: Service, connect: Callable[..., LumenClient], kept: bool
) -> None:
    """The earlier of two with one id gives its own pictures, and says so where they are gone."""
    cat = _ended_and_given_again(service, connect(service.server.url))
    service.statuses["task-1"] = [service.succeeded("dog")]
    connect(service.server.url).generate("a dog").wait(30)
    client = connect(service.server.url)
    if kept:
        assert client.take_up(cat).wait(30)[0].bytes == png("red")
    else:
        cat.pictures[0].path.unlink()
        with pytest.raises(NotFound, match="given the id task-1 to another task"):
            client.take_up(cat)

    dog = _journal(client).rows()[0]
    for task in (client.take_up(dog), client.task("task-1")):
        assert (task.request.prompt, task.wait(30)[0].bytes) == ("a dog", png("blue"))


@pytest.mark.slow
def test_of_two_unfinished_tasks_of_one_id_the_later_is_resumed(
    service: Service, connect: Callable[..., LumenClient]
) -> None:
    """The journal could not be asked as the later one was taken: its id has been given again."""
    service.pictures["/dog"] = [http(200, png("blue"))]
    service.statuses["task-1"] = [service.succeeded("dog")]
    client = connect(service.server.url)
    journal = _journal(client)
    for prompt in ("a cat", "a dog"):
        number = journal.insert_request(
            origin=client.base_url,
            account=client.fingerprint,
            endpoint="generations",
            body={"prompt": prompt},
            correlation_id=prompt,
        )
        journal.mark_accepted(number, task_id="task-1", created=None, status="queued")

    (task,) = client.resume()
    assert (task.request.prompt, task.wait(30)[0].bytes) == ("a dog", png("blue"))
    until(lambda: journal.rows()[0].is_final, "the journal knows of the end")
    assert client.resume() == []
    assert [len(row.pictures) for row in journal.rows()] == [1, 0]


@pytest.mark.slow
def test_a_task_is_resumed_while_another_account_has_one_of_its_id(
    service: Service, connect: Callable[..., LumenClient]
) -> None:
    """It was taken for followed already, and nobody fetched its pictures."""
    service.statuses["task-1"] = [PROCESSING]
    client = connect(service.server.url)
    followed = client.generate("a cat")
    other = LumenClient(f"{KEY}-of-another", client.base_url, journal=client.journal)
    number = _journal(other).insert_request(
        origin=other.base_url,
        account=other.fingerprint,
        endpoint="generations",
        body={"prompt": "a dog"},
    )
    _journal(other).mark_accepted(number, task_id="task-1", created=None, status="queued")

    assert [task.request.prompt for task in other.resume()] == ["a dog"]
    assert not followed.done


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

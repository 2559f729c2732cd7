"""An id that could not be written down while it arrived, since another process held the journal."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

import pytest

from lumen_widgets.client import LumenClient, Task
from lumen_widgets.core import errors
from lumen_widgets.journal import Journal
from tests.client import fault_server as fault
from tests.client.children import in_child
from tests.client.conftest import KEY
from tests.client.fault_server import FaultServer, Received, http
from tests.client.journal_file import JournalFile, wait_until
from tests.client.service import FAILED, PROCESSING, QUEUED, Service, png

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path
    from typing import Any

    Connect = Callable[..., LumenClient]

# Seconds that a client here waits for a lock on its journal: shorter than these tests hold it, and
# longer than a look at the file does.
BUSY_TIMEOUT = 0.5

# A program that submits one task, says its id and lives on.
SUBMIT = f"""
    import warnings
    from lumen_widgets.journal import Journal
    warnings.simplefilter("ignore")
    journal = Journal(client.journal.home, busy_timeout={BUSY_TIMEOUT})
    client = LumenClient({KEY!r}, client.base_url, journal=journal, timeout=10.0)
    task = client.generate("a cat")
    print(task.id, flush=True)
    input()
"""


class Held:
    """A service that answers a submit while another connection holds the journal."""

    def __init__(self, home: Path) -> None:
        self.journal = JournalFile(home)
        self.impatient = Journal(home, busy_timeout=BUSY_TIMEOUT)
        self.answers: list[Mapping[str, Any]] = [QUEUED]
        self.server: FaultServer

    def respond(self, request: Received) -> bytes:
        """Answer a request."""
        if request.method == "POST":
            self.journal.hold()
            return http(200, {"id": "task-1", "status": "queued"})
        if not request.path.startswith("/v1/"):
            return http(200, png())
        return http(200, {"id": "task-1", **self.answers[-1]})

    def says(self, answer: Mapping[str, Any]) -> None:
        """Let the journal go, and answer this from now on."""
        self.journal.let_go()
        self.answers.append(answer)
        wait_until(lambda: self.journal.states() != ["sending"], "the journal hears of the answer")

    def succeeds(self) -> None:
        """Let the journal go, and say that the task has succeeded."""
        self.says({"status": "succeeded", "data": [{"url": f"{self.server.url}/picture"}]})


@pytest.fixture
def held(tmp_path: Path) -> Iterator[Held]:
    """Run such a service for the journal of `connect`."""
    running = Held(tmp_path / "journal")
    with FaultServer(fault.calls(running.respond)) as server:
        running.server = server
        yield running
    running.journal.let_go()


def submitted(client: LumenClient) -> Task:
    """Return a task whose id could not be written down, which the user is told."""
    with pytest.warns(UserWarning, match="taken the task task-1"):
        return client.generate("a cat")


@pytest.mark.xfail(
    strict=True,
    raises=AssertionError,
    reason="attack 1: later writes to the row do not carry the id",
)
@pytest.mark.parametrize("word", ["processing", "succeeded", "failed"])
def test_the_id_is_written_with_what_is_heard_next(held: Held, connect: Connect, word: str) -> None:
    """Whatever is written of a task next, its id is written too."""
    _task = submitted(connect(held.server.url, journal=held.impatient))
    if word == "succeeded":
        held.succeeds()
    else:
        held.says(FAILED if word == "failed" else PROCESSING)

    assert held.journal.ids() == ["task-1"]


@pytest.mark.xfail(
    strict=True, raises=AssertionError, reason="attack 1: the finished task is given an empty id"
)
def test_a_finished_one_is_given_back_by_its_id(held: Held, connect: Connect) -> None:
    """`reuse=True` gives back the very task that was paid, with the id that the service knows."""
    task = submitted(connect(held.server.url, journal=held.impatient))
    held.succeeds()
    task.wait(30)
    again = connect(held.server.url).generate("a cat", reuse=True)

    assert again.id == "task-1"
    assert [picture.bytes for picture in again.wait(30)] == [png()]
    assert len(held.server.posts) == 1


@pytest.mark.xfail(
    strict=True, raises=AssertionError, reason="attack 1: the row has no id, so nobody takes it up"
)
def test_it_is_taken_up_after_a_kill(held: Held, connect: Connect, tmp_path: Path) -> None:
    """Once the journal is well again and the task was heard of, `kill -9` loses nothing of it."""
    child = in_child(tmp_path / "journal", held.server.url, SUBMIT)
    assert child.stdout is not None
    if child.stdout.readline() != "task-1\n":
        pytest.fail("the program did not submit")
    held.says(PROCESSING)
    child.send_signal(signal.SIGKILL)
    child.communicate()
    tasks = connect(held.server.url).resume()

    assert [task.id for task in tasks] == ["task-1"]


@pytest.fixture
def orphan(service: Service, tmp_path: Path) -> JournalFile:
    """Return a journal whose one row is processing, has no id, and belongs to a killed process."""
    service.statuses["*"] = [PROCESSING]
    child = in_child(tmp_path / "journal", service.server.url, SUBMIT)
    assert child.stdout is not None
    if child.stdout.readline() != "task-1\n":
        pytest.fail("the program did not submit")
    child.kill()
    child.communicate()
    journal = JournalFile(tmp_path / "journal")
    # as releases left it behind that wrote the id but once
    journal.ask("UPDATE tasks SET task_id = NULL, state = 'processing'")
    return journal


@pytest.mark.xfail(
    strict=True,
    raises=AssertionError,
    reason="attack 1: a row without an id counts as lost only while it is sending or unknown",
)
def test_a_row_that_never_got_its_id_is_lost(orphan: JournalFile) -> None:
    """A paid request without an id is named to the user, however far its task was heard of."""
    journal = Journal(orphan.path.parent)
    (row,) = journal.rows()
    lost = journal.unknown_outcomes(origin=row.origin, account=row.account)

    assert [one.number for one in lost] == [row.number]


@pytest.mark.xfail(
    strict=True,
    raises=AssertionError,
    reason="attack 1: it is waited for as if another call were sending it",
)
def test_nobody_waits_for_a_row_that_never_got_its_id(
    service: Service, orphan: JournalFile
) -> None:
    """`reuse=True` says at once that the outcome is unknown: no other call is waiting for it."""
    client = LumenClient(KEY, service.server.url, journal=orphan.path.parent, timeout=1.0)
    with pytest.raises(errors.SubmitOutcomeUnknown) as caught:
        client.generate("a cat", reuse=True)

    assert "another call" not in str(caught.value)
    assert len(service.server.posts) == 1

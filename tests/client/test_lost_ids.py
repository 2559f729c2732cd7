"""An id that could not be written down while it arrived, since another process held the journal."""

from __future__ import annotations

import signal
import subprocess
import sys
import textwrap
import threading
from functools import partial
from typing import TYPE_CHECKING, NoReturn

import pytest

from lumen_widgets.client import LumenClient, Task
from lumen_widgets.client.history.account_journal import JournalNotes
from lumen_widgets.core import errors
from lumen_widgets.core.polling.scheduler import Scheduler, use_scheduler
from lumen_widgets.core.timing import Timing
from lumen_widgets.journal import Journal
from tests.client import fault_server as fault
from tests.client.children import in_child
from tests.client.conftest import KEY
from tests.client.fault_server import FaultServer, Received, http
from tests.client.interrupts import interrupt
from tests.client.journal_file import JournalFile
from tests.client.service import FAILED, PROCESSING, QUEUED, Service, png
from tests.conditions import PATIENCE, until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path
    from typing import Any

    from lumen_widgets.journal import JournalRow

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
        until(lambda: self.journal.states() != ["sending"], "the journal hears of the answer")

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


@pytest.mark.slow
@pytest.mark.parametrize("word", ["queued", "processing", "succeeded", "failed"])
def test_the_id_is_written_with_what_is_heard_next(held: Held, connect: Connect, word: str) -> None:
    """Whatever is heard of a task next, if it is nothing new, its id is written."""
    _task = submitted(connect(held.server.url, journal=held.impatient))
    if word == "succeeded":
        held.succeeds()
    else:
        words: dict[str, Mapping[str, Any]] = {"queued": QUEUED, "processing": PROCESSING}
        held.says(words.get(word, FAILED))

    assert held.journal.ids() == ["task-1"]


@pytest.mark.slow
def test_a_finished_one_is_given_back_by_its_id(held: Held, connect: Connect) -> None:
    """`reuse=True` gives back the very task that was paid, with the id that the service knows."""
    task = submitted(connect(held.server.url, journal=held.impatient))
    held.succeeds()
    task.wait(30)
    again = connect(held.server.url).generate("a cat", reuse=True)

    assert again.id == "task-1"
    assert [picture.bytes for picture in again.wait(30)] == [png()]
    assert len(held.server.posts) == 1


@pytest.mark.slow
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


@pytest.mark.slow
def test_it_is_written_as_the_program_ends(held: Held, tmp_path: Path) -> None:
    """A program that ends before the next try to write the id writes it as it ends."""
    child = in_child(tmp_path / "journal", held.server.url, SUBMIT)
    assert child.stdout is not None
    if child.stdout.readline() != "task-1\n":
        pytest.fail("the program did not submit")
    held.journal.let_go()
    child.communicate("\n", timeout=60)

    assert held.journal.ids() == ["task-1"]


def test_it_waits_for_a_thread_that_cannot_be_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is to be written later is kept while a machine has no more threads to give."""
    written: list[str] = []
    notes = JournalNotes(Journal(tmp_path))
    with monkeypatch.context() as patch:
        patch.setattr(threading.Thread, "start", _no_thread)
        notes.write_later(lambda _: written.append("an id"))
    notes.write_later(lambda _: written.append("a status"))
    until(lambda: len(written) == 2, "both are written")

    assert written == ["an id", "a status"]


@pytest.mark.slow
def test_it_does_not_wait_for_what_another_task_cannot_keep(
    service: Service, connect: Connect, tmp_path: Path
) -> None:
    """Where the disk has room for no picture, the id of a task that was paid later is written."""
    home = tmp_path / "journal"
    home.mkdir()
    (home / "pictures").write_bytes(b"no folder")
    journal = JournalFile(home)
    service.statuses = {"task-1": [service.succeeded("a")], "*": [PROCESSING]}

    def respond(request: Received) -> bytes:
        if request.method == "POST" and "task-1" in journal.ids():
            journal.hold()
        return service.respond(request)

    with FaultServer(fault.calls(respond)) as server:
        service.server = server
        client = connect(server.url, journal=Journal(home, busy_timeout=BUSY_TIMEOUT))
        assert len(client.generate("a cat").wait(30)) == 1
        with pytest.warns(UserWarning, match="taken the task task-2"):
            client.generate("a fox")
        journal.let_go()
        until(lambda: "task-2" in journal.ids(), "the id of the other one is written")


def _no_thread(_: threading.Thread) -> NoReturn:
    raise RuntimeError("can't start new thread")


@pytest.mark.slow
def test_what_waits_for_a_thread_is_written_as_the_program_ends(tmp_path: Path) -> None:
    """Also where nothing else refers to what has it, and what waits before it fails once more."""
    program = """
        import gc, sys, threading
        from lumen_widgets.client.history.account_journal import JournalNotes
        from lumen_widgets.journal import Journal, JournalUnusable

        def no_thread(_):
            raise RuntimeError

        def no_room(_):
            print("no room")
            raise JournalUnusable("There is no room.")

        start, threading.Thread.start = threading.Thread.start, no_thread
        notes = JournalNotes(Journal(sys.argv[1]))
        notes.write_later(no_room, 1)
        notes.write_later(lambda _: print("what belongs after it"), 1)
        notes.write_later(lambda _: print("an id"), 2)
        threading.Thread.start = start
        del notes
        gc.collect()
        print("the program ends")
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program), str(tmp_path)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert done.stdout.splitlines() == ["the program ends", "no room", "an id"], done.stderr


@pytest.fixture(params=["processing", "succeeded"])
def orphan(service: Service, tmp_path: Path, request: pytest.FixtureRequest) -> JournalFile:
    """Return a journal whose one row has no id, though it was heard of; its process was killed."""
    service.statuses["*"] = [PROCESSING]
    child = in_child(tmp_path / "journal", service.server.url, SUBMIT)
    assert child.stdout is not None
    if child.stdout.readline() != "task-1\n":
        pytest.fail("the program did not submit")
    child.kill()
    child.communicate()
    journal = JournalFile(tmp_path / "journal")
    # as releases left it behind that wrote the id but once
    journal.ask("UPDATE tasks SET task_id = NULL, state = ?", request.param)
    return journal


def test_a_row_that_never_got_its_id_is_lost(orphan: JournalFile) -> None:
    """A paid request without an id is named to the user, however far its task was heard of."""
    journal = Journal(orphan.path.parent)
    (row,) = journal.rows()
    lost = journal.unknown_outcomes(origin=row.origin, account=row.account)

    assert [one.number for one in lost] == [row.number]


def test_no_call_waits_for_a_row_that_never_got_its_id(
    service: Service, orphan: JournalFile
) -> None:
    """`reuse=True` says at once that the outcome is unknown: no other call is waiting for it."""
    client = LumenClient(KEY, service.server.url, journal=orphan.path.parent, timeout=1.0)
    with pytest.raises(errors.SubmitOutcomeUnknown) as caught:
        client.generate("a cat", reuse=True)

    assert "another call" not in str(caught.value)
    assert len(service.server.posts) == 1


@pytest.mark.slow
@pytest.mark.parametrize(
    ("answer", "state"), [((402, "no credits"), "refused"), ((500, "oops"), "unknown")]
)
def test_what_became_of_a_request_is_written_later(
    connect: Connect, tmp_path: Path, answer: tuple[int, str], state: str
) -> None:
    """A refusal, or an unknown outcome, is written once the journal can be, by the same process."""
    journal = JournalFile(tmp_path / "journal")
    impatient = Journal(tmp_path / "journal", busy_timeout=BUSY_TIMEOUT)
    status, message = answer

    def respond(_: Received) -> bytes:
        journal.hold()
        return http(status, {"error": {"code": "c", "message": message}})

    with FaultServer(fault.calls(respond)) as server:
        client = connect(server.url, journal=impatient)
        with pytest.warns(UserWarning, match="journal"), pytest.raises(errors.LumenError):
            client.generate("a cat")
        journal.let_go()
        until(lambda: journal.states() == [state], "the outcome is written")


def test_an_id_that_came_is_said_although_the_disk_hangs(
    service: Service, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where it is not known in time whether another task has it, the error names it."""
    use_scheduler(Scheduler(timing=Timing(submit_grace=0.05)))
    client = connect(service.server.url, timeout=1.0)
    over, find = threading.Event(), Journal.find

    def hang(journal: Journal, **known: Any) -> JournalRow | None:
        assert over.wait(PATIENCE)
        return find(journal, **known)

    monkeypatch.setattr(Journal, "find", hang)
    with pytest.raises(errors.SubmitOutcomeUnknown, match="with the id task-1"):
        client.generate("a cat")
    over.set()
    assert client.journal is not None
    journal = client.journal
    until(lambda: journal.rows()[0].task_id == "task-1", "it was written all the same")


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_ctrl_c_loses_no_note(tmp_path: Path) -> None:
    """Wherever it hits what has a note written later, each note is written, once and in order."""
    notes = JournalNotes(Journal(tmp_path))
    written: list[int] = []
    number, place = 0, "at the beginning"
    while place:
        number += 1
        begun, go = threading.Event(), threading.Event()

        def first(_: Journal, begun: threading.Event = begun, go: threading.Event = go) -> None:
            begun.set()
            go.wait(30)
            written.append(0)

        note = partial(notes.write_later, first)
        place = interrupt(note, number, files=(threading.__file__,)) or ""
        # those after it, whether or not it came so far
        for one in (1, 2, 3):
            notes.write_later(lambda _, one=one: written.append(one))  # type: ignore[misc]  # mypy cannot infer a lambda with a default
        go.set()
        until(lambda: 3 in written, "the last note is written")
        assert written in ([0, 1, 2, 3], [1, 2, 3]), place
        assert written[0] == 0 or not begun.is_set(), place
        written.clear()

    assert number > 10, "it was interrupted at each of many instants"

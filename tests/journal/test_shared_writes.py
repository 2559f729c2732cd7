"""Writes that wait together share a transaction and a sync, and nothing else."""

from __future__ import annotations

import _thread
import ctypes
import sqlite3
import subprocess
import sys
import tempfile
import textwrap
import threading
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lumen_widgets.journal import AlreadySent, Journal, JournalUnusable, RowLost
from lumen_widgets.journal import writer_queue as writer_queue_module
from lumen_widgets.journal.database import FILE_NAME, Database
from lumen_widgets.journal.writer_queue import writer_queue
from tests.client.interrupts import interrupt
from tests.client.journal_file import JournalFile
from tests.conditions import until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ACCOUNT: dict[str, Any] = {"origin": "https://lumen.example", "account": "a1"}

# How long one waits for another program, in seconds: far longer than any of these tests.
PATIENT = 300.0

# What Python swallows where it clears a reference.
_UNRAISABLE = "ignore::pytest.PytestUnraisableExceptionWarning"


class Interrupted(BaseException):
    """What stops a thread from outside."""


class Call:
    """One call of the journal on a thread of its own, and what came of it."""

    def __init__(self, call: Callable[[], object]) -> None:
        self._call = call
        self.returned: list[object] = []
        self.raised: list[BaseException] = []
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        try:
            self.returned.append(self._call())
        except BaseException as error:  # noqa: BLE001 -- looked at by the test
            self.raised.append(error)

    @property
    def is_over(self) -> bool:
        """Whether it has returned or raised."""
        return not self._thread.is_alive()

    def interrupt(self) -> None:
        """Raise an exception in the thread, as programs do that end a call after some time."""
        thread = ctypes.c_ulong(self._thread.ident or 0)
        ctypes.pythonapi.PyThreadState_SetAsyncExc(thread, ctypes.py_object(Interrupted))

    def join(self) -> None:
        """Wait for its end; a call that hangs fails the test."""
        self._thread.join(30)
        if self._thread.is_alive():
            pytest.fail("a call hangs")


class Disk:
    """The disk as SQLite sees it: what is committed is counted, and may fail.

    Attributes
    ----------
    groups
        How many changes each transaction had that was committed.
    before_commit
        Called before each commit.

    """

    def __init__(self) -> None:
        self.groups: list[int] = []
        self.before_commit: Callable[[], object] = lambda: None

    @contextmanager
    def installed(self) -> Iterator[Disk]:
        """Have this process use it."""
        disk = self

        class Connection(sqlite3.Connection):
            changes = 0

            def execute(self, sql: str, *values: Any) -> sqlite3.Cursor:
                self.changes += sql.startswith("SAVEPOINT")
                return super().execute(sql, *values)

            def commit(self) -> None:
                disk.before_commit()
                # as on a disk with one bad block
                poison = "SELECT 1 FROM tasks WHERE body LIKE '%poison%'"
                if super().execute(poison).fetchone():
                    super().rollback()
                    raise sqlite3.OperationalError("disk I/O error")
                super().commit()
                disk.groups.append(self.changes)

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(sqlite3, "connect", partial(sqlite3.connect, factory=Connection))
            yield self


@contextmanager
def parked(home: Path) -> Iterator[None]:
    """Have a transaction open for as long as this lasts, so that what comes meanwhile waits."""
    entered, leave = threading.Event(), threading.Event()

    def wait(_: sqlite3.Connection) -> None:
        entered.set()
        leave.wait(60)

    database = Database(home / FILE_NAME)
    Call(partial(database.write, wait))
    assert entered.wait(30)
    try:
        yield
    finally:
        leave.set()


def insert(journal: Journal, name: str, **options: Any) -> int:
    """Insert a row of that name."""
    body = {"prompt": name}
    return journal.insert_request(**ACCOUNT, endpoint="generations", body=body, **options)


def waiting(home: Path, calls: list[Callable[[], object]]) -> list[Call]:
    """Start calls, one after the other, and return them once all wait in this order."""
    queue, started = writer_queue(home / FILE_NAME), []
    for call in calls:
        count = len(queue)
        started.append(Call(call))
        until(lambda: len(queue) == count + 1, "it waits")  # noqa: B023 -- called at once
    return started


def prompts(home: Path) -> list[str]:
    """Return the names of the rows, sorted."""
    return sorted(str(row.body["prompt"]) for row in Journal(home).rows())


@pytest.fixture
def _no_time_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have a transaction take in all that waits, however slow the machine is."""
    monkeypatch.setattr("lumen_widgets.journal.writer_queue._LONGEST_GROUP", 60.0)


@pytest.mark.usefixtures("_no_time_limit")
def test_what_waits_together_is_synced_together(tmp_path: Path) -> None:
    """However many tasks end at one moment, the disk syncs once, and then all are told."""
    journal, disk = Journal(tmp_path), Disk()
    told: list[list[Call]] = []
    with disk.installed():
        with parked(tmp_path):
            calls = waiting(tmp_path, [partial(insert, journal, f"{n}") for n in range(50)])
            disk.before_commit = lambda: told.append([call for call in calls if call.is_over])
        for call in calls:
            call.join()

    assert disk.groups == [51]
    assert told == [[]]
    numbers = [call.returned[0] for call in calls]
    assert numbers == sorted(row.number for row in journal.rows())


@pytest.mark.parametrize(("seconds", "groups"), [(60.0, [200, 200, 51]), (-1.0, [1] * 451)])
def test_a_transaction_has_an_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seconds: float, groups: list[int]
) -> None:
    """However many wait, a transaction takes in so many, for so long: other programs wait too."""
    monkeypatch.setattr("lumen_widgets.journal.writer_queue._LONGEST_GROUP", seconds)
    journal, disk = Journal(tmp_path), Disk()
    with disk.installed():
        with parked(tmp_path):
            calls = [Call(partial(insert, journal, f"{n}")) for n in range(450)]
            queue = writer_queue(tmp_path / FILE_NAME)
            until(lambda: len(queue) == 450, "all wait")
        for call in calls:
            call.join()

    assert disk.groups == groups


@pytest.mark.slow
def test_another_program_has_its_turns(tmp_path: Path) -> None:
    """While many threads write without a pause, another program that looks again and again can."""
    journal, stop = Journal(tmp_path), threading.Event()
    insert(journal, "first")

    def flood() -> None:
        while not stop.is_set():
            insert(journal, "flood")

    calls = [Call(flood) for _ in range(16)]
    other = sqlite3.connect(tmp_path / FILE_NAME, timeout=0, isolation_level=None)

    def get_in() -> bool:
        try:
            other.execute("UPDATE tasks SET reason = 'other' WHERE body LIKE '%first%'")
        except sqlite3.OperationalError:
            return False
        return True

    for turn in range(20):
        until(get_in, f"turn {turn}")
    other.close()
    stop.set()
    for call in calls:
        call.join()
    assert [call.raised for call in calls] == [[]] * len(calls)


class Model:
    """What each of some writers has to be told, were each of them alone, in their order."""

    def __init__(self, home: Path) -> None:
        self.journal = Journal(home)
        self.database = Database(home / FILE_NAME)
        self.known = insert(self.journal, "known")
        self.written = ["known"]
        self._ids: set[str] = set()
        self._digests: set[str] = set()

    def call(self, kind: str, number: int) -> Callable[[], object]:
        """Return what a writer of that kind calls."""
        journal, name = self.journal, f"{kind} {number}"
        calls: dict[str, Callable[[], object]] = {
            "new": partial(insert, journal, name),
            "one id": partial(insert, journal, name, correlation_id="id"),
            "one request": partial(
                journal.find_or_insert_request,
                **ACCOUNT,
                endpoint="generations",
                body={"prompt": name},
                digests=["digest"],
            ),
            "known row": partial(
                journal.mark_accepted, self.known, task_id="t1", created=None, status="queued"
            ),
            "lost row": partial(journal.mark_refused, 1, "there is no such row"),
            "bug": partial(self.database.write, self._bug),
            "SQL": partial(self.database.write, self._sql),
            "bad block": partial(insert, journal, f"poison {number}"),
            "bad block of one id": partial(
                insert, journal, f"poison {number}", correlation_id="id"
            ),
            "interrupted": partial(insert, journal, name),
        }
        return calls[kind]

    @staticmethod
    def _bug(connection: sqlite3.Connection) -> None:
        connection.execute("DELETE FROM tasks")
        raise ZeroDivisionError

    @staticmethod
    def _sql(connection: sqlite3.Connection) -> None:
        connection.execute("DELETE FROM tasks")
        connection.execute("INSERT INTO tasks (row) VALUES (NULL)")

    def expect(self, kind: str, number: int) -> type[BaseException] | None:
        """Note what a writer of that kind writes, and return what it is to raise."""
        errors: dict[str, type[BaseException]] = {
            "lost row": RowLost,
            "bug": ZeroDivisionError,
            "SQL": JournalUnusable,
            "bad block": JournalUnusable,
            "bad block of one id": AlreadySent if self._ids else JournalUnusable,
            "interrupted": Interrupted,
        }
        if kind in errors:
            return errors[kind]
        if kind == "one id" and self._ids:
            return AlreadySent
        if kind == "one id":
            self._ids.add("id")
        if kind == "one request" and self._digests:
            return None
        if kind == "one request":
            self._digests.add("digest")
        if kind != "known row":
            self.written.append(f"{kind} {number}")
        return None


_KINDS = [
    "new",
    "one id",
    "one request",
    "known row",
    "lost row",
    "bug",
    "SQL",
    "bad block",
    "bad block of one id",
    "interrupted",
]


@pytest.mark.slow
@settings(max_examples=40, deadline=None)
@given(kinds=st.lists(st.sampled_from(_KINDS), min_size=2, max_size=14))
def test_each_has_its_own_outcome(kinds: list[str]) -> None:
    """Whatever fails or is interrupted beside it, each writer is told what it would be alone."""
    with tempfile.TemporaryDirectory() as folder, Disk().installed():
        home = Path(folder)
        model = Model(home)
        with parked(home):
            calls = waiting(home, [model.call(kind, n) for n, kind in enumerate(kinds)])
            for kind, call in zip(kinds, calls, strict=True):
                if kind == "interrupted":
                    call.interrupt()
                    call.join()
        for call in calls:
            call.join()

        expected = [model.expect(kind, n) for n, kind in enumerate(kinds)]
        assert [type(call.raised[0]) if call.raised else None for call in calls] == expected
        assert prompts(home) == sorted(model.written)
        numbers = {row.number for row in model.journal.rows()}
        returned: dict[str, list[Any]] = {"new": [], "one id": [], "one request": []}
        for kind, call in zip(kinds, calls, strict=True):
            if kind in returned and call.returned:
                returned[kind].append(getattr(call.returned[0], "number", call.returned[0]))
        assert numbers == {model.known}.union(*returned.values())
        assert len(set(returned["one request"])) <= 1


@pytest.mark.usefixtures("_no_time_limit")
def test_an_error_that_all_share_is_nobodys(tmp_path: Path) -> None:
    """What SQLite could not do in a transaction of many, as for want of room, is tried alone."""
    journal, made = Journal(tmp_path), list[sqlite3.Connection]()

    def fail_once(connection: sqlite3.Connection) -> None:
        made.append(connection)
        if len(made) == 1:
            raise sqlite3.OperationalError("database or disk is full")

    shared = partial(Database(tmp_path / FILE_NAME).write, fail_once)
    with parked(tmp_path):
        calls = waiting(tmp_path, [partial(insert, journal, "a"), shared])
    for call in calls:
        call.join()
    assert [call.raised for call in calls] == [[], []]
    assert made[0] is not made[1]


@pytest.mark.parametrize("threads", [True, False], ids=["with threads", "without"])
def test_one_after_the_other_waits_for_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, threads: bool
) -> None:
    """A write begins at once after the last one is over, with threads and where there are none."""
    monkeypatch.setattr("lumen_widgets.journal.writer_queue._WAIT_SLICE", 60.0)
    journal = Journal(tmp_path)

    def write() -> None:
        for number in range(5):
            insert(journal, f"{number}")

    def refuse(*_: Any) -> int:
        raise RuntimeError("can't start new thread")

    start = _thread.start_new_thread
    if not threads:
        monkeypatch.setattr(_thread, "start_new_thread", refuse)
    call = Call(write)
    call.join()
    assert call.raised == []
    monkeypatch.setattr(_thread, "start_new_thread", start)
    call = Call(write)
    call.join()
    assert call.raised == []


@pytest.mark.usefixtures("_no_time_limit")
def test_who_is_interrupted_while_it_is_written(tmp_path: Path) -> None:
    """Who shares a transaction with one whose caller leaves is written and told all the same."""
    journal, disk, queue = Journal(tmp_path), Disk(), writer_queue(tmp_path / FILE_NAME)

    def leave() -> None:
        if not len(queue):  # all are in the transaction
            calls[2].interrupt()
            calls[2].join()

    with disk.installed():
        with parked(tmp_path):
            calls = waiting(tmp_path, [partial(insert, journal, f"{n}") for n in range(5)])
            disk.before_commit = leave
        for call in calls:
            call.join()

    assert [type(error) for call in calls for error in call.raised] == [Interrupted]
    assert [bool(call.returned) for call in calls] == [True, True, False, True, True]
    assert prompts(tmp_path) == [f"{n}" for n in range(5)]  # as it was under way


@pytest.mark.slow
@pytest.mark.filterwarnings(_UNRAISABLE)
@pytest.mark.parametrize("threads", [True, False], ids=["with threads", "without"])
def test_nobody_hangs_for_one_who_is_interrupted(tmp_path: Path, *, threads: bool) -> None:
    """At whatever instant a thread that writes is interrupted, those beside and after it write."""
    journal, start = Journal(tmp_path), _thread.start_new_thread
    insert(journal, "first")
    mine = threading.local()

    def refuse(*arguments: Any) -> int:
        if getattr(mine, "is_interrupted", False):
            raise RuntimeError("can't start new thread")
        return start(*arguments)

    def interrupted(instant: int) -> str:
        mine.is_interrupted = not threads
        return interrupt(partial(insert, journal, "interrupted"), instant) or ""

    instant, place = 0, "at the beginning"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_thread, "start_new_thread", refuse)
        while place:
            instant += 1
            calls = [Call(partial(interrupted, instant))]
            calls += [Call(partial(insert, journal, f"beside {instant}"))]
            for call in calls:
                call.join()
            assert [call.raised for call in calls] == [[], []]
            place = str(calls[0].returned[0])
            Call(partial(insert, journal, f"after {instant}")).join()
            assert {f"beside {instant}", f"after {instant}"} <= set(prompts(tmp_path)), place
    assert instant > 20


@pytest.mark.slow
def test_nobody_waits_for_ever_where_memory_runs_out(tmp_path: Path) -> None:
    """Whatever fails for want of memory in the thread that writes, each caller hears of its own."""
    journal, start = Journal(tmp_path), _thread.start_new_thread
    insert(journal, "first")
    places: list[str] = []

    def run_out(run: Callable[..., object], arguments: Any) -> int:
        # once in each round: there is memory again for the next
        if len(places) == instant:
            return start(run, arguments)
        places.append("not reached")
        return start(failing, (partial(run, *arguments),))

    def failing(run: Callable[[], object]) -> None:
        own = (writer_queue_module.__file__,)
        places[instant - 1] = interrupt(run, instant, own=own, error=MemoryError) or ""

    instant = 0
    while "" not in places:
        instant += 1
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(_thread, "start_new_thread", run_out)
            calls = [Call(partial(insert, journal, f"{instant} {name}")) for name in "ab"]
            for call in calls:
                call.join()
        kinds = {type(error) for call in calls for error in call.raised}
        until(lambda: places[-1] != "not reached", "where it failed")
        assert kinds <= {JournalUnusable}, places[-1]
        Call(partial(insert, journal, f"after {instant}")).join()
    assert instant > 20


def test_each_waits_for_another_program_as_long_as_it_will(tmp_path: Path) -> None:
    """Of those that wait together for another program, the impatient ones are told, one by one."""
    journal, file = Journal(tmp_path, busy_timeout=PATIENT), JournalFile(tmp_path)
    insert(journal, "first")
    impatient = journal.with_patience(0.05)
    file.hold()
    calls = [Call(partial(insert, each, "waits")) for each in (journal, impatient, journal)]
    calls[1].join()
    assert "Another program" in str(calls[1].raised[0])
    assert not calls[0].is_over
    file.let_go()
    for call in calls:
        call.join()
    assert [len(call.returned) for call in calls] == [1, 0, 1]


def test_a_reader_is_waited_for_as_long_as_each_will(tmp_path: Path) -> None:
    """Where another program reads for long, the impatient one of a transaction fails alone."""
    journal = Journal(tmp_path, busy_timeout=PATIENT)
    insert(journal, "first")
    reader = sqlite3.connect(tmp_path / FILE_NAME, isolation_level=None)
    impatient = journal.with_patience(0.05)
    with parked(tmp_path):
        writers = (journal, impatient, journal)
        calls = waiting(tmp_path, [partial(insert, each, "waits") for each in writers])
        reader.execute("BEGIN")
        reader.execute("SELECT * FROM tasks").fetchall()
    calls[1].join()
    assert "Another program" in str(calls[1].raised[0])
    reader.close()
    for call in calls:
        call.join()
    assert [call.raised for call in calls if call is not calls[1]] == [[], []]
    assert prompts(tmp_path) == ["first", "waits", "waits"]


@pytest.mark.slow
@pytest.mark.parametrize("daemon", [False, True])
def test_the_interpreter_ends_while_many_write(tmp_path: Path, *, daemon: bool) -> None:
    """A program that ends waits for threads that it has to wait for, and says nothing."""
    code = f"""
        import sys, threading
        from lumen_widgets.journal import Journal
        journal = Journal(sys.argv[1])
        def run():
            for _ in range(10):
                journal.insert_request(origin="o", account="a", endpoint="edits",
                                       body={{"prompt": "p"}})
        for _ in range(20):
            threading.Thread(target=run, daemon={daemon}).start()
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code), str(tmp_path)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    if not daemon:
        assert len(Journal(tmp_path).rows()) == 200

"""``kill -9`` at any instant: whatever came is in the journal, and whatever left is too.

"Received" is what the program could have known: an id that a submit had returned. Between the bytes
that arrive in the kernel and the row on disk there must be some time; a kill within it leaves a row
that says that a request was sent, and which.
"""

from __future__ import annotations

import hashlib
import os
import random
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING

import pytest

from lumen_widgets.client import LumenClient
from lumen_widgets.journal import Journal
from tests.client import fault_server as fault
from tests.client.fault_server import FaultServer, Received, http
from tests.client.service import png
from tests.conditions import until
from tests.faults.spender import Instant

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.slow

KEY = "sk-lumen-local-spender"

# Seconds until an instant has surely come, on a machine however slow.
PATIENCE = 120.0

# Those which the service sees; at the others the program holds itself.
SEEN = {Instant.POSTED, Instant.ANSWERED, Instant.ASKED, Instant.FETCHED}


class Till:
    """The service, in this process: it can be held at what it sees of a program."""

    def __init__(self) -> None:
        self.server: FaultServer
        self._lock = threading.Lock()
        self._names: dict[str, str] = {}
        self._held: tuple[Instant, str] | None = None
        self._left = 0
        self._came = threading.Event()
        self._let_go = threading.Event()

    def hold(self, instant: Instant, count: int, name: str) -> None:
        """Have a program's request wait at an instant: the one of that number, as they come."""
        with self._lock:
            self._held, self._left = (instant, name), count
            self._came.clear()
            self._let_go.clear()

    def wait_until_held(self) -> None:
        """Wait until the request waits."""
        assert self._came.wait(PATIENCE), "the instant never came"

    def let_go(self) -> None:
        """Let the request go on."""
        self._let_go.set()

    def serve(self, server: FaultServer, connection: socket.socket) -> None:
        """Serve one connection."""
        request = fault.read_request(server, connection)
        if not request.is_whole:
            return
        name, answer, before, after = self._answer(request)
        self._come(before, name)
        connection.sendall(answer)
        self._come(after, name)

    def _come(self, instant: Instant, name: str) -> None:
        with self._lock:
            if (instant, name) != self._held:
                return
            self._left -= 1
            if self._left:
                return
        self._came.set()
        self._let_go.wait(PATIENCE)

    def _answer(self, request: Received) -> tuple[str, bytes, Instant, Instant]:
        if request.method == "POST":
            name = request.body["prompt"].partition("-")[0]
            with self._lock:
                task_id = f"task-{len(self._names) + 1}"
                self._names[task_id] = name
            answer = http(200, {"id": task_id, "status": "queued"})
            return name, answer, Instant.POSTED, Instant.ANSWERED
        task_id = request.path.rpartition("/")[2]
        name = self._names[task_id]
        if request.path.startswith("/v1/"):
            data = [{"url": f"{self.server.url}/pictures/{task_id}"}]
            found = {"id": task_id, "status": "succeeded", "data": data}
            return name, http(200, found), Instant.ASKED, Instant.ASKED
        return name, http(200, made(task_id)), Instant.FETCHED, Instant.FETCHED


def made(task_id: str) -> bytes:
    """Return the picture of a task, unlike all others, which takes a moment to write."""
    number = int(task_id.rpartition("-")[2])
    noise = random.Random(number).randbytes(90_000)  # noqa: S311 -- bytes, not secrets
    return png("red", (8 + number % 500, 8 + number // 500)) + noise


@contextmanager
def till() -> Iterator[Till]:
    """Run the service."""
    service = Till()
    with FaultServer(service.serve) as server:
        service.server = server
        yield service


class Spender:
    """A program that spends, once it is told to."""

    def __init__(self, till: Till, home: Path, name: str, threads: int) -> None:
        self.home = home
        self._till = till
        self._name = name
        self._orders, theirs = socket.socketpair()
        self._orders.settimeout(PATIENCE)
        words = [till.server.url, str(home), name, str(threads), str(theirs.fileno())]
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tests.faults.spender", *words],
                env={**os.environ, "LUMEN_HOME": str(home)},
                stdout=subprocess.PIPE,
                text=True,
                pass_fds=[theirs.fileno()],
            )
        assert self._process.stdout is not None
        assert self._process.stdout.readline() == "ready\n"

    def go(self) -> None:
        """Have it spend."""
        self._order(f"{Instant.ANY.name} 0")

    def hold(self, instant: Instant, count: int) -> None:
        """Have it spend, and wait until it is held at the instant of that number of its kind."""
        if instant in SEEN:
            self._till.hold(instant, count, self._name)
            self.go()
            self._till.wait_until_held()
        else:
            self._order(f"{instant.name} {count}")
            assert self._orders.recv(5) == b"held\n", "the program has ended"

    def let_go(self) -> None:
        """Have it go on."""
        self._till.let_go()
        self._order("go on")

    def kill(self) -> set[str]:
        """Kill it, and return the ids that it had said by then."""
        self._process.send_signal(signal.SIGKILL)
        told = self._process.communicate(timeout=PATIENCE)[0].split()
        self._orders.close()
        self._till.let_go()
        return set(told)

    def _order(self, order: str) -> None:
        self._orders.sendall(f"{order}\n".encode())


def kill_at(instant: Instant, program: Spender, chance: random.Random) -> set[str]:
    """Kill a program at such an instant or just after it, and return the ids that it had said."""
    if instant is Instant.ANY:
        program.go()
        threading.Event().wait(chance.uniform(0, 0.3))
        return program.kill()
    most = {Instant.WRITING: 40, Instant.KEEPING: 15, Instant.MAKING: 40}.get(instant, 7)
    program.hold(instant, chance.randint(1, most))
    if instant is Instant.WRITING:
        assert (program.home / "journal.sqlite3-journal").exists()
    if instant is Instant.KEEPING:
        assert list(program.home.glob("pictures/*/.*.part"))
    if chance.random() < 0.4:
        program.let_go()
        threading.Event().wait(chance.uniform(0, 0.006))
    return program.kill()


def check(home: Path, server: FaultServer, told: set[str]) -> None:
    """Look that the journal is sound, and has all that came and all that left."""
    if not (home / "journal.sqlite3").exists():  # killed before it wrote anything
        assert (list(server.posts), told) == ([], set())
        return
    with closing(sqlite3.connect(home / "journal.sqlite3")) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    rows = Journal(home).rows()
    assert told <= {row.task_id for row in rows}
    by_prompt = {row.body["prompt"]: row for row in rows}
    assert len(by_prompt) == len(rows)
    for request in filter(lambda request: request.is_whole, server.posts):
        row = by_prompt[request.body["prompt"]]
        assert row.body == request.body
        assert row.task_id or row.state in {"sending", "unknown"}
    assert len({row.task_id for row in rows if row.task_id}) == sum(bool(r.task_id) for r in rows)
    for row in rows:
        for kept in row.pictures:
            assert kept.path.exists()
    for path in home.glob("pictures/*/*"):
        if path.suffix != ".part":
            assert hashlib.sha256(path.read_bytes()).hexdigest() == path.stem


def take_up_all(home: Path, url: str, most: int) -> None:
    """Take up tasks of the journal by their ids, in a process that never saw them."""
    client = LumenClient(KEY, url, journal=home)
    ids = [row.task_id for row in Journal(home).rows() if row.task_id]
    tasks = [client.task(task_id) for task_id in ids[:most]]
    for task in tasks:
        assert [picture.bytes for picture in task.wait(60)] == [made(task.id)]


def _kill_again_and_again(home: Path, times: int, seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 -- instants, not secrets
    told: set[str] = set()
    instants = list(Instant)
    with till() as service:
        for number in range(times):
            program = Spender(service, home, f"run{number}", threads=1 + number % 3)
            told |= kill_at(instants[number % len(instants)], program, chance)
            check(home, service.server, told)
        assert told
        take_up_all(home, service.server.url, 40)


def test_kill(tmp_path: Path) -> None:
    """Killed 15 times in the middle of something, a program has lost no id and no request."""
    _kill_again_and_again(tmp_path / "home", 15, seed=4)


@pytest.mark.full
def test_kill_many_times(tmp_path: Path) -> None:
    """Killed 200 times, it has not either."""
    for seed in range(8):
        _kill_again_and_again(tmp_path / f"home{seed}", 25, seed)


def test_kill_before_anything_is_sent(tmp_path: Path) -> None:
    """A program that is killed on the way to its request leaves a row that says which."""
    with till() as service:
        program = Spender(service, tmp_path, "run", threads=1)
        program.hold(Instant.BEFORE_POST, 3)
        told = program.kill()
        check(tmp_path, service.server, told)
        *sent, last = sorted(Journal(tmp_path).rows(), key=lambda row: str(row.body["prompt"]))
        assert [row.task_id for row in sent] == ["task-1", "task-2"]
        assert (last.body["prompt"], last.task_id) == ("run-0-2", None)
        assert len(service.server.posts) == 2


def test_kill_several_on_one_journal(tmp_path: Path) -> None:
    """Several programs that share a journal are killed one by one, and the others go on."""
    chance = random.Random(11)  # noqa: S311 -- instants, not secrets
    home, told = tmp_path / "home", set[str]()
    with till() as service:
        programs = [Spender(service, home, f"run{number}", 2) for number in range(3)]
        for program in programs:
            program.go()
        for instant, program in zip(
            (Instant.WRITING, Instant.ANSWERED, Instant.KEEPING), programs, strict=True
        ):
            told |= kill_at(instant, program, chance)
        check(home, service.server, told)
        take_up_all(home, service.server.url, 40)


@pytest.mark.parametrize(
    ("instant", "count"),
    [*((Instant.MAKING, count) for count in range(1, 38, 6)), (Instant.WRITING, 1)],
)
def test_kill_while_the_journal_is_made(instant: Instant, count: int, tmp_path: Path) -> None:
    """A program that is killed while it makes a new journal leaves one that can be gone on with."""
    with till() as service:
        program = Spender(service, tmp_path, "first", 3)
        program.hold(instant, count)
        assert program.kill() <= {row.task_id for row in Journal(tmp_path).rows()}
        client = LumenClient(KEY, service.server.url, journal=tmp_path)
        task = client.generate("after it")
        assert [picture.bytes for picture in task.wait(60)] == [made(task.id)]
        # what was being made, at most; SQLite's own file beside it goes with the last write
        until(lambda: len(list(tmp_path.glob("journal.sqlite3*"))) <= 2)

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
import sqlite3
import subprocess
import sys
import threading
import time
from contextlib import closing, contextmanager
from enum import Enum
from typing import TYPE_CHECKING

import pytest

from lumen_widgets.client import LumenClient
from lumen_widgets.journal import Journal
from tests.client import fault_server as fault
from tests.client.fault_server import FaultServer, Received, http
from tests.client.service import png

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Iterator
    from pathlib import Path

pytestmark = pytest.mark.slow

KEY = "sk-lumen-local-spender"


class Instant(Enum):
    """What the program is about when it is killed, as far as it can be seen from outside."""

    ANY = "at any time after its start"
    BEFORE_POST = "a row is begun, the request has not come yet"
    POSTED = "the request is there, no answer is sent"
    ANSWERED = "the answer has just been sent"
    WRITING = "a transaction of the journal is open"
    ASKED = "a status is asked for"
    FETCHED = "a picture has just been sent"
    KEEPING = "a picture is being written"


class Till:
    """The service, in this process: it notes what it is asked, and lets the killer know."""

    def __init__(self) -> None:
        self.server: FaultServer
        self.seen: dict[Instant, int] = dict.fromkeys(Instant, 0)
        self._lock = threading.Lock()
        self._taken = 0

    def see(self, instant: Instant) -> None:
        """Count an instant."""
        with self._lock:
            self.seen[instant] += 1

    def serve(self, server: FaultServer, connection: socket.socket) -> None:
        """Serve one connection."""
        request = fault.read_request(server, connection)
        if not request.raw:
            return
        answer, before, after = self._answer(request)
        self.see(before)
        connection.sendall(answer)
        self.see(after)

    def _answer(self, request: Received) -> tuple[bytes, Instant, Instant]:
        if request.method == "POST":
            with self._lock:
                self._taken += 1
                number = self._taken
            answer = http(200, {"id": f"task-{number}", "status": "queued"})
            return answer, Instant.POSTED, Instant.ANSWERED
        name = request.path.rpartition("/")[2]
        if request.path.startswith("/v1/"):
            data = [{"url": f"{self.server.url}/pictures/{name}"}]
            found = {"id": name, "status": "succeeded", "data": data}
            return http(200, found), Instant.ASKED, Instant.ASKED
        return http(200, made(name)), Instant.FETCHED, Instant.FETCHED


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


def spender(till: Till, home: Path, name: str, threads: int) -> subprocess.Popen[str]:
    """Start a program that spends, and wait until it begins to."""
    program = subprocess.Popen(
        [sys.executable, "-m", "tests.faults.spender", till.server.url, home, name, str(threads)],
        env={**os.environ, "LUMEN_HOME": str(home)},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert program.stdout is not None
    assert program.stdout.readline() == "ready\n"
    return program


def kill_at(
    instant: Instant, till: Till, home: Path, chance: random.Random, program: subprocess.Popen[str]
) -> list[str]:
    """Kill a program at such an instant, and return the ids that it had said by then."""
    seen = till.seen[instant] + chance.randrange(1, 8)
    posts = len(till.server.posts)
    path = home / "journal.sqlite3"
    came = {
        Instant.ANY: lambda: True,
        Instant.BEFORE_POST: lambda: path.exists() and len(till.server.posts) == posts,
        Instant.WRITING: lambda: path.with_name(f"{path.name}-journal").exists(),
        Instant.KEEPING: lambda: any(home.glob("pictures/*/.*.part")),
    }.get(instant, lambda: till.seen[instant] >= seen)
    pause = {Instant.ANY: 0.3, Instant.WRITING: 0.4, Instant.KEEPING: 0.6}.get(instant, 0.0)
    threading.Event().wait(chance.uniform(0, pause))
    _await(came)
    if instant not in {Instant.WRITING, Instant.KEEPING, Instant.ANY}:
        threading.Event().wait(chance.choice([0.0, 0.0, chance.uniform(0, 0.006)]))
    program.send_signal(signal.SIGKILL)
    return program.communicate(timeout=60)[0].split()


def _await(came: Callable[[], bool], seconds: float = 60.0) -> None:
    end = time.monotonic() + seconds
    # no pause: what is waited for lasts for less than a millisecond
    while not came():
        assert time.monotonic() < end, "the instant never came"


def check(home: Path, server: FaultServer, told: set[str]) -> None:
    """Look that the journal is sound, and has all that came and all that left."""
    with closing(sqlite3.connect(home / "journal.sqlite3")) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    rows = Journal(home).rows()
    assert told <= {row.task_id for row in rows}
    by_prompt = {row.body["prompt"]: row for row in rows}
    assert len(by_prompt) == len(rows)
    for request in list(server.posts):
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
            program = spender(service, home, f"run{number}", threads=1 + number % 3)
            instant = instants[number % len(instants)]
            told |= set(kill_at(instant, service, home, chance, program))
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


def test_kill_several_on_one_journal(tmp_path: Path) -> None:
    """Several programs that share a journal are killed one by one, and the others go on."""
    chance = random.Random(11)  # noqa: S311 -- instants, not secrets
    home, told = tmp_path / "home", set[str]()
    with till() as service:
        programs = [spender(service, home, f"run{number}", 2) for number in range(3)]
        for instant, program in zip(
            (Instant.WRITING, Instant.ANSWERED, Instant.KEEPING), programs, strict=True
        ):
            told |= set(kill_at(instant, service, home, chance, program))
        check(home, service.server, told)
        take_up_all(home, service.server.url, 40)


def test_kill_while_the_journal_is_made(tmp_path: Path) -> None:
    """A program that is killed while it makes a new journal leaves one that can be gone on with."""
    with till() as service:
        for number in range(6):
            home = tmp_path / f"home{number}"
            program = spender(service, home, "first", 3)
            _await(lambda home=home: any(home.glob("journal.sqlite3*")))  # type: ignore[misc]
            threading.Event().wait(number * 0.001)
            program.send_signal(signal.SIGKILL)
            told = set(program.communicate(timeout=60)[0].split())
            assert told <= {row.task_id for row in Journal(home).rows()}
            client = LumenClient(KEY, service.server.url, journal=home)
            task = client.generate("after it")
            assert [picture.bytes for picture in task.wait(60)] == [made(task.id)]
            # what was being made, at most; SQLite's own file beside it goes with the last write
            _await(lambda home=home: len(list(home.glob("journal.sqlite3*"))) <= 2)  # type: ignore[misc]

from __future__ import annotations

import contextlib
import json
import os
import sqlite3
import subprocess
import sys
import textwrap
import threading
import time
from dataclasses import astuple, replace
from typing import TYPE_CHECKING, Any

import pytest

from lumen_widgets.journal import Journal
from lumen_widgets.journal.processes import (
    HEARTBEAT_TIMEOUT,
    ProcessIdentity,
    has_ended,
    identify,
    this_process,
)

if TYPE_CHECKING:
    from pathlib import Path

ACCOUNT: dict[str, Any] = {"origin": "o", "account": "a"}

OTHER = textwrap.dedent("""
    import sys
    from lumen_widgets.journal import Journal
    journal = Journal(sys.argv[1])
    for number in range(int(sys.argv[2])):
        body = {"prompt": "p"}
        row = journal.insert_request(origin="o", account="a", endpoint="edits", body=body)
        journal.mark_accepted(row, task_id=f"t{number}", created=None, status="queued")
    journal.insert_request(origin="o", account="a", endpoint="edits", body={"prompt": "killed"})
    print("ready", flush=True)
    sys.stdin.read()
""")


def other(home: Path, tasks: int = 1) -> subprocess.Popen[str]:
    """Start a process that has tasks running and one on its way, and wait until it has."""
    child = subprocess.Popen(
        [sys.executable, "-c", OTHER, str(home), str(tasks)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert child.stdout is not None
    assert child.stdout.readline() == "ready\n"
    return child


def seen_from(home: Path, **changes: Any) -> None:
    """Make the other process's identity what another machine would have written, or a later one."""
    with contextlib.closing(sqlite3.connect(home / "journal.sqlite3")) as connection:
        (known,) = connection.execute("SELECT mark FROM processes LIMIT 1").fetchone()
        seen = changes.pop("seen", time.time())
        changed = json.dumps(astuple(replace(ProcessIdentity(*json.loads(known)), **changes)))
        connection.execute("UPDATE processes SET mark = ?, seen = ?", (changed, seen))
        connection.commit()


def test_a_living_process_keeps_its_tasks(tmp_path: Path) -> None:
    """What another process follows is left to it, however long it takes, until that has ended."""
    child = other(tmp_path)
    journal = Journal(tmp_path)
    try:
        seen_from(tmp_path, seen=time.time() - 10 * HEARTBEAT_TIMEOUT)
        assert journal.claim(**ACCOUNT) == []
        assert journal.unknown_outcomes(**ACCOUNT) == []
    finally:
        child.kill()
        child.wait()

    assert [row.task_id for row in journal.claim(**ACCOUNT)] == ["t0"]
    assert [row.body["prompt"] for row in journal.unknown_outcomes(**ACCOUNT)] == ["killed"]


def test_a_zombie_is_gone(tmp_path: Path) -> None:
    """A process that ended and that its parent has not asked after is no owner any more."""
    child = other(tmp_path)
    child.kill()
    # the exit is seen without being waited for: the process id is still taken
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
    try:
        assert [row.task_id for row in Journal(tmp_path).claim(**ACCOUNT)] == ["t0"]
    finally:
        child.wait()


@pytest.mark.slow
def test_a_later_process_of_the_same_id_is_not_the_owner(tmp_path: Path) -> None:
    """A process id that is in use again does not keep the tasks of the one that had it before."""
    child = other(tmp_path)
    try:
        seen_from(tmp_path, started="1")
        assert [row.task_id for row in Journal(tmp_path).claim(**ACCOUNT)] == ["t0"]
    finally:
        child.kill()
        child.wait()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("changes", "over"),
    [({"host": "elsewhere"}, False), ({"namespace": "pid:[1]"}, False), ({"boot": "b"}, True)],
)
def test_who_cannot_be_asked_says_so_itself(
    tmp_path: Path, changes: dict[str, str], over: bool
) -> None:
    """On another machine or in another container silence says it; a new boot says it at once."""
    child = other(tmp_path)
    child.kill()
    child.wait()
    seen_from(tmp_path, **changes, seen=time.time() - HEARTBEAT_TIMEOUT + 60)
    journal = Journal(tmp_path)
    assert bool(journal.unknown_outcomes(**ACCOUNT)) is over

    seen_from(tmp_path, seen=time.time() - HEARTBEAT_TIMEOUT - 1)
    assert len(journal.unknown_outcomes(**ACCOUNT)) == 1
    assert len(journal.claim(**ACCOUNT)) == 1


def test_a_forked_child_is_another_process() -> None:
    """A child has an identity of its own, and its parent has not ended for it."""
    parent = this_process()
    read, write = os.pipe()
    pid = os.fork()
    if pid == 0:
        answer = this_process() != parent and not has_ended(parent, silence=0.0)
        os.write(write, b"1" if answer else b"0")
        os._exit(0)
    os.waitpid(pid, 0)

    assert os.read(read, 1) == b"1"
    assert this_process() == parent


def test_elsewhere_the_system_is_asked_when_a_process_started(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Where there is no Linux, a process is told from a later one by its start time as well."""
    monkeypatch.setattr("platform.system", lambda: "Darwin")
    own = identify(os.getpid())
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    theirs = identify(child.pid)

    assert own.started
    assert not has_ended(theirs, silence=10 * HEARTBEAT_TIMEOUT)
    assert has_ended(replace(theirs, started=own.started), silence=0.0)
    child.kill()
    child.wait()
    assert has_ended(theirs, silence=0.0)


def test_a_clock_that_was_put_back_keeps_no_task_for_ever() -> None:
    """A process elsewhere whose last heartbeat is in the future has ended, unless more come."""
    elsewhere = replace(this_process(), host="another")

    assert has_ended(elsewhere, silence=-2 * HEARTBEAT_TIMEOUT)
    assert not has_ended(elsewhere, silence=-HEARTBEAT_TIMEOUT / 2)
    assert not has_ended(this_process(), silence=-2 * HEARTBEAT_TIMEOUT)


@pytest.mark.slow
def test_each_task_goes_to_one(tmp_path: Path) -> None:
    """Of several that take over at once, in threads or processes, each task goes to one of them."""
    child = other(tmp_path, tasks=30)
    child.kill()
    child.wait()
    code = textwrap.dedent("""
        import sys
        from lumen_widgets.journal import Journal
        input()
        journal = Journal(sys.argv[1], busy_timeout=100.0)
        print(*(row.task_id for row in journal.claim(origin="o", account="a")))
        sys.stdout.flush()
        sys.stdin.read()
    """)
    claimers = [
        subprocess.Popen(
            [sys.executable, "-c", code, str(tmp_path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(3)
    ]
    taken: list[str] = []
    for claimer in claimers:
        assert claimer.stdin is not None
        claimer.stdin.write("\n")
        claimer.stdin.flush()
    for claimer in claimers:
        assert claimer.stdout is not None
        taken += claimer.stdout.readline().split()
    for claimer in claimers:
        claimer.communicate(timeout=60)

    assert sorted(taken) == sorted(f"t{number}" for number in range(30))


def test_what_is_followed_here_is_not_taken_over(tmp_path: Path) -> None:
    """A process takes over those of its own tasks that it does not follow, and no others."""
    journal = Journal(tmp_path)
    for task_id in ("followed", "left"):
        row = journal.insert_request(**ACCOUNT, endpoint="edits", body={})
        journal.mark_accepted(row, task_id=task_id, created=None, status="queued")

    assert [row.task_id for row in journal.claim(**ACCOUNT, followed={"followed"})] == ["left"]


def test_a_process_writes_a_heartbeat_about_once_a_minute(tmp_path: Path) -> None:
    """However many tasks are asked about, the journal is told once a minute that they are."""
    now = 1000.0
    journal = Journal(tmp_path, clock=lambda: now)

    def seen() -> float:
        with contextlib.closing(sqlite3.connect(tmp_path / "journal.sqlite3")) as connection:
            return float(connection.execute("SELECT seen FROM processes").fetchone()[0])

    written: dict[float, float] = {}
    start = time.time()
    for _ in range(200):
        journal.heartbeat()
        written.setdefault(seen(), now)
        now += 1.0

    assert list(written.values()) == [1000.0, 1060.0, 1120.0, 1180.0]
    assert all(start <= heartbeat <= time.time() for heartbeat in written)


@pytest.mark.slow
def test_threads_are_one_process(tmp_path: Path) -> None:
    """However many threads write, the journal knows one process."""
    journal = Journal(tmp_path)
    threads = [
        threading.Thread(
            target=lambda: journal.insert_request(**ACCOUNT, endpoint="edits", body={})
        )
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    with contextlib.closing(sqlite3.connect(tmp_path / "journal.sqlite3")) as connection:
        assert connection.execute("SELECT count(*) FROM processes").fetchone() == (1,)
        assert connection.execute("SELECT count(DISTINCT owner) FROM tasks").fetchone() == (1,)

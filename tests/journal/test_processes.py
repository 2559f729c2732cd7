from __future__ import annotations

import random
import signal
import subprocess
import sys
import textwrap
import threading
from typing import TYPE_CHECKING, Any

import pytest

from lumen_widgets.journal import Journal
from lumen_widgets.journal.database import FILE_NAME, Database
from lumen_widgets.journal.writer_queue import writer_queue
from tests.conditions import until

if TYPE_CHECKING:
    import sqlite3
    from pathlib import Path

ACCOUNT: dict[str, Any] = {"origin": "o", "account": "a"}

# How long each waits for another program, in seconds: a busy machine is no reason to give up.
PATIENT = 100.0

WRITER = textwrap.dedent("""
    import hashlib, os, sys, threading
    from lumen_widgets.journal import Journal
    home, name, count, threads = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
    journal = Journal(home, busy_timeout=100.0)
    def say(*words):
        os.write(1, (" ".join(words) + "\\n").encode())
    def write(thread):
        for number in range(count):
            task_id = f"{name}-{thread}-{number}"
            row = journal.insert_request(origin="o", account="a", endpoint="generations",
                                body={"prompt": task_id})
            say("inserted", task_id)
            journal.mark_accepted(row, task_id=task_id, created=None, status="queued")
            say("accepted", task_id)
            data = task_id.encode()
            journal.store_picture(row, 0, data, sha256=hashlib.sha256(data).hexdigest(),
                         media_type="image/png", width=1, height=1)
            say("stored", task_id)
    for thread in range(threads):
        threading.Thread(target=write, args=(thread,)).start()
""")


def writer(home: Path, name: str, count: int, threads: int = 1) -> subprocess.Popen[str]:
    """Start a process that submits tasks, and says after each step what has returned."""
    return subprocess.Popen(
        [sys.executable, "-c", WRITER, str(home), name, str(count), str(threads)],
        stdout=subprocess.PIPE,
        text=True,
    )


@pytest.mark.slow
def test_several_processes_and_threads_lose_nothing(tmp_path: Path) -> None:
    """Processes and threads that start on a new home at once all find their rows there."""
    children = [writer(tmp_path, f"child{number}", 10) for number in range(3)]
    journal = Journal(tmp_path, busy_timeout=PATIENT)

    def write(name: str) -> None:
        for number in range(10):
            row = journal.insert_request(**ACCOUNT, endpoint="edits", body={"prompt": name})
            journal.mark_accepted(row, task_id=f"{name}-{number}", created=None, status="queued")

    threads = [threading.Thread(target=write, args=(f"thread{number}",)) for number in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENT)
    for child in children:
        child.communicate(timeout=60)

    assert [child.returncode for child in children] == [0, 0, 0]
    rows = journal.rows()
    assert len({row.task_id for row in rows}) == len(rows) == 60
    assert {row.state for row in rows} == {"queued"}


@pytest.mark.slow
@pytest.mark.parametrize("threads", [1, 20])
def test_kill_at_any_instant_loses_nothing_that_was_reported(tmp_path: Path, threads: int) -> None:
    """After SIGKILL in the middle of anything, each step that had returned is in the journal."""
    chance = random.Random(20)  # noqa: S311  instants, not secrets
    journal = Journal(tmp_path)
    steps: set[tuple[str, str]] = set()
    for number in range(12):
        child = writer(tmp_path, f"run{number}", 1000, threads)
        assert child.stdout is not None
        said = [child.stdout.readline() for _ in range(chance.randrange(1, 12 * threads))]
        # The kill falls while the next steps are being written.
        child.send_signal(signal.SIGKILL)
        said += child.communicate(timeout=60)[0].splitlines()
        steps |= {(step, task_id) for step, task_id in (line.split() for line in said)}

        rows = {str(row.body["prompt"]): row for row in journal.rows()}
        for step, task_id in steps:
            row = rows[task_id]
            assert step == "inserted" or row.task_id == task_id
            if step == "stored":
                assert row.pictures[0].path.read_bytes() == task_id.encode()


@pytest.mark.slow
def test_a_thread_that_waits_does_not_take_the_lock_from_one_that_writes(tmp_path: Path) -> None:
    """While a row is being written, no other process can write, whatever our threads do."""
    journal = Journal(tmp_path)
    journal.insert_request(**ACCOUNT, endpoint="edits", body={})
    path = tmp_path / FILE_NAME
    intruder = (
        "import sqlite3, sys\n"
        "sqlite3.connect(sys.argv[1], timeout=0, isolation_level=None).execute('BEGIN IMMEDIATE')"
    )
    waiting = threading.Thread(
        target=lambda: journal.insert_request(**ACCOUNT, endpoint="edits", body={"prompt": "waits"})
    )

    def look(_: sqlite3.Connection) -> str:
        waiting.start()
        until(lambda: len(writer_queue(path)) == 1, "it waits")
        done = subprocess.run(
            [sys.executable, "-c", intruder, str(path)], capture_output=True, text=True, check=False
        )
        return done.stderr

    said = Database(path).write(look)
    waiting.join(30)

    assert "database is locked" in said
    assert len(journal.rows()) == 2

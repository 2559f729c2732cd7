"""A journal that many threads of one process write to, and one that another program holds."""

from __future__ import annotations

import threading
import time
import warnings
from typing import TYPE_CHECKING

import pytest

from lumen_widgets.client import LumenClient, LumenError
from lumen_widgets.journal import Journal, JournalUnusable
from tests.client.journal_file import JournalFile
from tests.client.service import PROCESSING, QUEUED, Service, png
from tests.client.slow_sqlite import slow_commits
from tests.conditions import until

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Connect = Callable[..., LumenClient]

# All of the rows together take longer to begin than any one write waits for another program, as
# with fifty submits and tens of milliseconds of NFS: so some of them must wait longer than that.
THREADS, COMMIT, BUSY = 24, 0.05, 0.5


@pytest.mark.slow
def test_a_process_is_not_in_its_own_way(
    service: Service, connect: Connect, tmp_path: Path
) -> None:
    """However many threads submit at once, each waits its turn, and each id is written down."""
    service.statuses["*"] = [QUEUED]
    journal = Journal(tmp_path / "journal", busy_timeout=BUSY)
    client = connect(service.server.url, timeout=60.0, journal=journal)
    client.generate("the first, which makes the file")
    start = threading.Barrier(THREADS)
    refused: list[LumenError] = []

    def run(number: int) -> None:
        start.wait()
        try:
            client.generate(f"cat {number}")
        except LumenError as error:
            refused.append(error)

    threads = [threading.Thread(target=run, args=(number,)) for number in range(THREADS)]
    with slow_commits(COMMIT), warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
    ids = JournalFile(tmp_path / "journal").ids()

    assert refused == []
    assert [str(one.message) for one in caught] == []
    assert sorted(map(str, ids)) == sorted(f"task-{number}" for number in range(1, THREADS + 2))


@pytest.mark.slow
def test_a_held_file_is_waited_for_by_all_at_once(tmp_path: Path) -> None:
    """However many threads wait for another program, each is told in about the time of one."""
    journal, file = Journal(tmp_path, busy_timeout=BUSY), JournalFile(tmp_path)
    journal.heartbeat()
    told: list[JournalUnusable] = []

    def run() -> None:
        try:
            journal.insert_request(origin="o", account="a", endpoint="edits", body={})
        except JournalUnusable as error:
            told.append(error)

    threads = [threading.Thread(target=run) for _ in range(100)]
    file.hold()
    began = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    took = time.monotonic() - began
    file.let_go()

    assert ["Another program" in str(error) for error in told] == [True] * len(threads)
    assert took < 45  # one after the other it would be 50 seconds
    assert journal.insert_request(origin="o", account="a", endpoint="edits", body={})


@pytest.mark.slow
def test_finished_pictures_do_not_wait_for_a_held_file(
    service: Service, connect: Connect, tmp_path: Path
) -> None:
    """A program that holds the journal for minutes keeps no picture from `wait`, nor from disk."""
    service.statuses["*"] = [PROCESSING]
    journal = Journal(tmp_path / "journal", busy_timeout=1000.0)
    file = JournalFile(tmp_path / "journal")
    task = connect(service.server.url, journal=journal).generate("a cat", n=4)
    until(lambda: file.states() == ["processing"], "the task is under way")
    file.hold()
    service.statuses["*"] = [service.succeeded("a", "b", "c", "d")]
    pictures = task.wait(30)
    assert [picture.bytes for picture in pictures] == [png()] * 4

    file.let_go()
    until(lambda: Journal(tmp_path / "journal").rows()[0].is_final, "all of it is written")
    (row,) = Journal(tmp_path / "journal").rows()
    assert (row.state, row.task_id, len(row.pictures)) == ("succeeded", task.id, 4)

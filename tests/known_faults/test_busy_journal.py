"""Many submits of one process at once, with a journal on a slow disk."""

from __future__ import annotations

import threading
import warnings
from typing import TYPE_CHECKING

import pytest

from lumen_widgets.client import LumenClient, LumenError
from lumen_widgets.journal import Journal
from tests.client.journal_file import JournalFile
from tests.client.service import QUEUED, Service
from tests.known_faults.slow_sqlite import slow_commits

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Connect = Callable[..., LumenClient]

# All of the rows together take longer to begin than any one write waits for another program, as
# with fifty submits and tens of milliseconds of NFS: so some of them must wait longer than that.
THREADS, COMMIT, BUSY = 24, 0.05, 0.5


@pytest.mark.xfail(
    strict=True,
    raises=AssertionError,
    reason="attack 10: a process takes its own threads for another program that is stuck",
)
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

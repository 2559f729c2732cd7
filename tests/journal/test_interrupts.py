"""Ctrl-C at every instant of a call of the journal, and rows that cannot be read."""

from __future__ import annotations

import sqlite3
import threading
from contextlib import closing
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from lumen_widgets.journal import Journal, JournalUnusable
from lumen_widgets.journal.search import Search
from tests.client.interrupts import interrupt

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

# Python swallows what is raised where it clears a reference.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")

ACCOUNT: dict[str, Any] = {"origin": "https://lumen.example", "account": "a1"}
REQUEST: dict[str, Any] = {**ACCOUNT, "endpoint": "generations", "body": {"prompt": "a cat"}}


@pytest.mark.parametrize("name", ["claim", "dismiss", "prune", "find", "search"])
def test_the_journal_is_free_after_any_interrupt(tmp_path: Path, name: str) -> None:
    """Wherever Ctrl-C hits a call, and though its traceback is kept, others can write at once."""
    journal = Journal(tmp_path)
    number = journal.insert_request(**REQUEST)
    calls: dict[str, Callable[[], object]] = {
        "claim": partial(journal.claim, **ACCOUNT),
        "dismiss": partial(journal.dismiss, [number]),
        "prune": partial(journal.prune, [number], before=0.0),
        "find": partial(journal.find, **ACCOUNT, task_id="t1"),
        "search": partial(journal.search, Search()),
    }
    kept: list[KeyboardInterrupt] = []

    def keep() -> None:
        try:
            calls[name]()
        except KeyboardInterrupt as error:
            kept.append(error)  # as a notebook does until the next error
            raise

    instant, place = 0, "at the beginning"
    while place:
        instant += 1
        place = interrupt(keep, instant) or ""
        written: list[int] = []
        writer = threading.Thread(
            target=lambda: written.append(Journal(tmp_path).insert_request(**REQUEST)),  # noqa: B023 -- over before the next round
            daemon=True,
        )
        writer.start()
        writer.join(30)
        assert written, place
    assert kept


def test_a_row_that_cannot_be_read_keeps_no_lock(tmp_path: Path) -> None:
    """While the error about a damaged row is kept, other programs can write into the file."""
    journal = Journal(tmp_path)
    journal.insert_request(**REQUEST)
    with closing(sqlite3.connect(tmp_path / "journal.sqlite3", isolation_level=None)) as other:
        other.execute(
            "INSERT INTO pictures SELECT row, value, 'ab', 'image/png', 1, 1"
            " FROM tasks, json_each('[0, 1]')"
        )
        other.execute("UPDATE tasks SET body = '{'")
        with pytest.raises(JournalUnusable) as kept:
            journal.rows()
        other.execute("PRAGMA busy_timeout = 0")
        other.execute("UPDATE tasks SET body = '{}'")
        del kept
    assert len(journal.rows()) == 1

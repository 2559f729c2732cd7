"""What was done last in an account, out of a journal of any length."""

from __future__ import annotations

import contextlib
import json
import sqlite3
from typing import TYPE_CHECKING, Any

import pytest

from lumen_widgets.client import LumenClient
from lumen_widgets.journal import Journal, rows
from lumen_widgets.journal.schema import next_row_number
from lumen_widgets.journal.search import Search
from lumen_widgets.notebook.last_work import MOST_TASKS, lost_call, read_last_work

if TYPE_CHECKING:
    from pathlib import Path

KEY = "sk-lumen-example"
URL = "http://127.0.0.1:9"


@pytest.fixture
def client(tmp_path: Path) -> LumenClient:
    """Return a client of a server that does not run."""
    return LumenClient(KEY, URL, journal=tmp_path)


def wrote(journal: Journal, account: str, count: int, state: str = "succeeded") -> None:
    """Write down requests as if they had been made, one transaction for all."""
    # the file is there from the first write on
    journal.insert_request(origin=URL, account="first", endpoint="generations", body={})
    task = state != "unknown"
    with contextlib.closing(sqlite3.connect(journal.home / "journal.sqlite3")) as connection:
        (number,) = connection.execute("SELECT max(row) FROM tasks").fetchone()
        for index in range(count):
            number = next_row_number(number)
            body = json.dumps({"prompt": f"{account} {index}", "model": "m"})
            connection.execute(
                "INSERT INTO tasks (row, origin, account, endpoint, body, task_id, state,"
                " submitted, settled) VALUES (?, ?, ?, 'generations', ?, ?, ?, ?, ?)",
                (number, URL, account, body, f"t{number}" if task else None, state, 0.0, task),
            )
        connection.commit()


@pytest.mark.slow
@pytest.mark.parametrize("own", [3, 5000])
def test_only_the_newest_rows_of_the_account_are_read(
    client: LumenClient, monkeypatch: pytest.MonkeyPatch, own: int
) -> None:
    """Of thousands of rows, its own or another account's, a few are read, by an index."""
    journal = client.journal
    assert journal is not None
    wrote(journal, client.fingerprint, own)
    wrote(journal, "another", 5000)
    read: list[int] = []
    real = rows.read_row

    def counted(connection: Any, entry: Any, *rest: Any) -> Any:
        read.append(entry["row"])
        return real(connection, entry, *rest)

    monkeypatch.setattr(rows, "read_row", counted)
    work = read_last_work(client)

    assert len(read) == min(own, 3 * MOST_TASKS)
    newest = [f"{client.fingerprint} {own - 1 - place}" for place in range(min(own, MOST_TASKS))]
    assert [row.body["prompt"] for row in work.tasks] == newest
    assert work.request == work.tasks[0]
    condition, values = Search(origin=URL, account=client.fingerprint).condition(set())
    query = f"EXPLAIN QUERY PLAN SELECT row FROM tasks WHERE {condition} ORDER BY row DESC LIMIT 36"  # noqa: S608 -- ours
    with contextlib.closing(sqlite3.connect(journal.home / "journal.sqlite3")) as connection:
        plan = [step[3] for step in connection.execute(query, values)]
    assert len(plan) == 1
    assert "by_account (origin=? AND account=?)" in plan[0]


def test_requests_of_unknown_outcome_are_named_however_old(client: LumenClient) -> None:
    """The newest of them, with how many there are; the last request may be one of them."""
    journal = client.journal
    assert journal is not None
    wrote(journal, client.fingerprint, 30, state="unknown")
    wrote(journal, client.fingerprint, 40)
    work = read_last_work(client)

    assert len(work.tasks) == MOST_TASKS
    assert (len(work.unknown), work.unknown_count) == (MOST_TASKS, 30)
    call = lost_call(client, work.unknown[0], work.unknown_count)
    assert (call.state, call.prompt) == ("unknown", f"{client.fingerprint} 29")
    assert call.error is not None
    assert "It is one of 30 requests." in call.error.message
    # no server is there that could be asked
    call.start()
    assert call.task is None


def test_an_account_without_a_journal_has_done_nothing(tmp_path: Path) -> None:
    """Nor has one whose journal is not there yet, which is not made for that."""
    assert read_last_work(LumenClient(KEY, URL, journal=False)).request is None
    assert read_last_work(LumenClient(KEY, URL, journal=tmp_path / "none")).tasks == []
    assert not (tmp_path / "none").exists()

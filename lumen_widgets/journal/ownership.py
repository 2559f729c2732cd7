"""Which process owns a task: tasks without an owner are claimed by one process, or dismissed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lumen_widgets.journal.processes import ended_processes, register
from lumen_widgets.journal.rows import DISMISSED, select_by_numbers

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Collection, Sequence
    from pathlib import Path

    from lumen_widgets.journal.rows import JournalRow


def claim(
    connection: sqlite3.Connection,
    home: Path,
    account: tuple[str, str],
    followed: Collection[str],
    among: Collection[int] | None = None,
) -> list[JournalRow]:
    """Make this process the owner of the tasks that have none, and return them, oldest first.

    That is every task with an id of which more may come, whose owner has ended, or is this very
    process although it does not follow the task.

    Parameters
    ----------
    connection, home
        The journal, in a transaction.
    account
        Origin and account.
    followed
        What the tasks that this process follows are known by: ids, or correlation ids.
    among
        The numbers of the rows that may be claimed; None is all.

    """
    own = register(connection)
    ended = ended_processes(connection)
    numbers: dict[str, int] = {}
    for entry in connection.execute(
        "SELECT row, task_id, correlation_id, owner FROM tasks WHERE origin = ? AND account = ?"
        " AND settled = 0 AND task_id IS NOT NULL"
        # its id is the one of a later submit by now
        " AND NOT EXISTS (SELECT 1 FROM tasks AS later WHERE later.task_id = tasks.task_id"
        " AND later.origin = tasks.origin AND later.account = tasks.account"
        " AND later.row > tasks.row AND later.endpoint IS NOT NULL) ORDER BY row",
        account,
    ):
        free = entry["owner"] is None or entry["owner"] in ended or entry["owner"] == own
        wanted = among is None or entry["row"] in among
        if wanted and free and not {entry["task_id"], entry["correlation_id"]} & set(followed):
            # a task that two processes wrote down is claimed once
            numbers.setdefault(entry["task_id"], entry["row"])
    connection.executemany(
        "UPDATE tasks SET owner = ? WHERE row = ?", [(own, number) for number in numbers.values()]
    )
    return select_by_numbers(connection, home, list(numbers.values()))


def unknown_outcomes(
    connection: sqlite3.Connection, home: Path, account: tuple[str, str]
) -> list[JournalRow]:
    """Return the requests of unknown outcome, newest first."""
    found = connection.execute(
        "SELECT row FROM tasks WHERE origin = ? AND account = ? AND settled = 0"
        " AND task_id IS NULL ORDER BY row DESC",
        account,
    ).fetchall()
    rows = select_by_numbers(connection, home, [entry["row"] for entry in found])
    return [row for row in rows if row.outcome_unknown]


def dismiss(connection: sqlite3.Connection, home: Path, numbers: Sequence[int]) -> int:
    """Dismiss those of the rows of which more might come; return how many they were.

    A request that a running process is just sending is none of them: its answer is about to come.
    """
    open_rows = [
        (row.number,)
        for row in select_by_numbers(connection, home, numbers)
        if not row.is_final and (row.outcome_unknown or row.task_id is not None)
    ]
    connection.executemany(f"UPDATE tasks SET settled = {DISMISSED} WHERE row = ?", open_rows)  # noqa: S608  a number of our own
    return len(open_rows)

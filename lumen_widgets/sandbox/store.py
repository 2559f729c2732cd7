"""The sandbox's database: tasks, the account that pays for them, and webhooks still to deliver.

A task's row says when it shall begin and when it may end; `advance` moves rows on by the clock. So
the lifecycle needs no thread of its own: every look at a task moves it on first.
"""

from __future__ import annotations

import json
import secrets
import sqlite3
import threading
from contextlib import contextmanager
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from lumen_widgets.sandbox.engine.job import Redrawing
from lumen_widgets.sandbox.ledger import SCHEMA as LEDGER_SCHEMA
from lumen_widgets.sandbox.ledger import STARTING_BALANCE, Ledger
from lumen_widgets.sandbox.task_spec import TaskSpec
from lumen_widgets.sandbox.tasks import Outcome, Task

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

# The column `submission` holds the TaskSpec; its name is that of databases already on disk.
_SCHEMA = (
    LEDGER_SCHEMA
    + """
CREATE TABLE IF NOT EXISTS tasks (
    id TEXT PRIMARY KEY,
    status TEXT NOT NULL CHECK (status IN ('queued', 'processing', 'succeeded', 'failed')),
    created REAL NOT NULL,
    begins_at REAL NOT NULL,
    ends_at REAL NOT NULL,
    submission TEXT NOT NULL,
    outcome TEXT,
    webhook_due REAL,
    webhook_attempts INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX IF NOT EXISTS unfinished ON tasks (status) WHERE status IN ('queued', 'processing');
CREATE INDEX IF NOT EXISTS undelivered ON tasks (webhook_due) WHERE webhook_due IS NOT NULL;
"""
)
# How long a second server in the same folder waits before it gives up, in seconds.
_LOCK_TIMEOUT = 1.0

INTERRUPTED = Outcome(code="interrupted", message="the sandbox stopped while it drew this task")


class Store:
    """The database, open in this process alone; every method may be called from any thread.

    Parameters
    ----------
    path
        The file, made if it is not there, or ``":memory:"``.
    now
        Unix seconds, for the account's first entry.

    Raises
    ------
    sqlite3.OperationalError
        If another process has the file open, or it cannot be written.

    """

    def __init__(self, path: Path | str, *, now: float = 0.0) -> None:
        self._lock = threading.RLock()
        self._connection = sqlite3.connect(
            path, timeout=_LOCK_TIMEOUT, isolation_level=None, check_same_thread=False
        )
        self._connection.row_factory = sqlite3.Row
        self._ledger = Ledger(self._connection)
        try:
            # Held until this process ends: one server a folder. It also keeps the write-ahead log
            # out of shared memory, which network file systems do not have.
            self._connection.execute("PRAGMA locking_mode = EXCLUSIVE")
            self._connection.execute("PRAGMA journal_mode = WAL")
            # Losing the last moments in a power cut is no loss here; a consistent file is kept.
            self._connection.execute("PRAGMA synchronous = NORMAL")
            self._connection.executescript(_SCHEMA)
            with self._transaction():
                self._ledger.open(STARTING_BALANCE, now)
        except sqlite3.Error:
            self._connection.close()
            raise

    def submit(
        self,
        spec: TaskSpec,
        *,
        now: float,
        begins_at: float,
        ends_at: float,
        outcome: Outcome | None = None,
    ) -> Task:
        """Charge a task and queue it, both or neither.

        Parameters
        ----------
        spec
            What to make.
        now, begins_at, ends_at
            Unix seconds: the submit, the change to ``processing``, and the earliest end.
        outcome
            Given for a task that is to fail without any work.

        Returns
        -------
        Task

        Raises
        ------
        BalanceTooLow
            Nothing was charged or queued.

        """
        # Nothing can be derived from an id, least of all the next one.
        task = Task(secrets.token_hex(12), "queued", now, spec, outcome)
        with self._transaction() as connection:
            self._ledger.charge(task.id, spec.credits, now)
            connection.execute(
                "INSERT INTO tasks (id, status, created, begins_at, ends_at, submission, outcome)"
                " VALUES (?, ?, ?, ?, ?, ?, ?)",
                (
                    task.id,
                    task.status,
                    now,
                    begins_at,
                    ends_at,
                    json.dumps(asdict(spec)),
                    outcome and json.dumps(asdict(outcome)),
                ),
            )
        return task

    def task(self, task_id: str) -> Task | None:
        """Return a task by its id, None if there is none."""
        rows = self._select("SELECT * FROM tasks WHERE id = :id", id=task_id)
        return _task(rows[0]) if rows else None

    def record(self, task_id: str, outcome: Outcome) -> None:
        """Keep how a task's work ended; only the first word counts."""
        with self._transaction() as connection:
            connection.execute(
                "UPDATE tasks SET outcome = ? WHERE id = ? AND outcome IS NULL",
                (json.dumps(asdict(outcome)), task_id),
            )

    def advance(self, now: float) -> None:
        """Begin and end the tasks whose time (in unix seconds) has come, refund those that failed.

        Called before every look at a task, so it only reads as long as nothing is due.
        """
        with self._lock:
            due = self._select(
                "SELECT * FROM tasks WHERE status = 'queued' AND begins_at <= :now"
                " OR status IN ('queued', 'processing') AND outcome IS NOT NULL"
                " AND ends_at <= :now",
                now=now,
            )
            if due:
                with self._transaction():
                    for row in due:
                        self._move_on(row, now)

    def recover(self) -> list[Task]:
        """Take up what a server before this one left: return the tasks that must be drawn.

        A task that was being drawn fails, and is refunded by the next `advance`: it may be
        what ended that server.
        """
        with self._transaction() as connection:
            connection.execute(
                "UPDATE tasks SET outcome = ?, ends_at = 0"
                " WHERE status = 'processing' AND outcome IS NULL",
                (json.dumps(asdict(INTERRUPTED)),),
            )
            rows = connection.execute(
                "SELECT * FROM tasks WHERE status = 'queued' AND outcome IS NULL ORDER BY created"
            ).fetchall()
        return [_task(row) for row in rows]

    def unfinished(self) -> bool:
        """Tell whether any task or any delivery is still to come."""
        return bool(
            self._select(
                "SELECT 1 FROM tasks WHERE status IN ('queued', 'processing')"
                " UNION ALL SELECT 1 FROM tasks WHERE webhook_due IS NOT NULL LIMIT 1"
            )
        )

    def deliveries_due(self, now: float) -> list[tuple[Task, int]]:
        """Return the ended tasks whose webhook is to be called now, with the attempts so far."""
        rows = self._select(
            "SELECT * FROM tasks WHERE webhook_due <= :now ORDER BY webhook_due", now=now
        )
        return [(_task(row), row["webhook_attempts"]) for row in rows]

    def delivery_tried(self, task_id: str, *, again_at: float | None) -> None:
        """Count an attempt to deliver, with when to try again, or None for never."""
        with self._transaction() as connection:
            connection.execute(
                "UPDATE tasks SET webhook_due = ?, webhook_attempts = webhook_attempts + 1"
                " WHERE id = ?",
                (again_at, task_id),
            )

    def balance(self) -> int:
        """Return the credits that are left."""
        with self._lock:
            return self._ledger.balance()

    def set_balance(self, credits_: int, now: float) -> None:
        """Make the balance so many credits."""
        with self._transaction():
            self._ledger.set_balance(credits_, now)

    def account(self) -> dict[str, Any]:
        """Return the balance, and the last charges and refunds, newest first."""
        with self._lock:
            return {"balance": self._ledger.balance(), "ledger": self._ledger.entries()}

    def close(self) -> None:
        """Close the database; nothing else may be called afterwards."""
        with self._lock:
            self._connection.close()

    def _move_on(self, row: sqlite3.Row, now: float) -> None:
        task = _task(row)
        webhook_due = None
        if task.outcome is None or row["ends_at"] > now:
            status = "processing"
        else:
            status = "failed" if task.outcome.failed else "succeeded"
            webhook_due = now if task.spec.calls_back else None
        self._connection.execute(
            "UPDATE tasks SET status = ?, webhook_due = ? WHERE id = ?",
            (status, webhook_due, task.id),
        )
        if status == "failed":
            self._ledger.refund(task.id, task.spec.credits, now)

    def _select(self, sql: str, **parameters: Any) -> list[sqlite3.Row]:
        with self._lock:
            return self._connection.execute(sql, parameters).fetchall()

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with self._lock:
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
            except BaseException:
                self._connection.execute("ROLLBACK")
                raise
            self._connection.execute("COMMIT")


def _task(row: sqlite3.Row) -> Task:
    outcome = row["outcome"]
    return Task(
        id=row["id"],
        status=row["status"],
        created=row["created"],
        spec=_spec(json.loads(row["submission"])),
        outcome=outcome and _outcome(json.loads(outcome)),
    )


def _spec(fields: dict[str, Any]) -> TaskSpec:
    # JSON has lists where these have tuples.
    size = fields["size"] and tuple(fields["size"])
    redrawing = fields.get("redrawing") and Redrawing(**fields["redrawing"])
    images = tuple(fields["images"])
    return TaskSpec(**{**fields, "images": images, "size": size, "redrawing": redrawing})


def _outcome(fields: dict[str, Any]) -> Outcome:
    return Outcome(**{**fields, "pictures": tuple(fields["pictures"])})

"""Tasks that nobody looks after: a test says what becomes of them, as the poller does."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lumen_widgets.client import LumenClient
from lumen_widgets.client.spending.prices import credits_of
from lumen_widgets.core.task import Task, TaskState
from lumen_widgets.notebook import account as accounts

if TYPE_CHECKING:
    import pytest

    from lumen_widgets.core.request import Request

ORIGIN = "http://127.0.0.1:9"


def nobodys_account(monkeypatch: pytest.MonkeyPatch) -> accounts.Account:
    """Return the account of the tasks that belong to no client here; it is asked nothing."""
    account = accounts.account_of(LumenClient("sk-lumen-example", ORIGIN, journal=False))
    monkeypatch.setattr(accounts, "current", lambda _client=None: account)
    return account


class StagedTask:
    """A task with what is known of it.

    Parameters
    ----------
    task_id, request, status
        As for `TaskState`.

    Attributes
    ----------
    state : TaskState
        For a test to write.
    task : Task
        For what is tested.

    """

    def __init__(self, task_id: str, request: Request, *, status: str = "queued") -> None:
        self.state = TaskState(task_id, request, origin=ORIGIN, status=status, cost=credits_of)
        self.task = Task(self.state)

    def hear(self, status: str) -> None:
        """Have the service say another word, and tell whoever subscribed."""
        assert self.state.set_status(status), "it is news"
        self.state.signal.send(self.task)

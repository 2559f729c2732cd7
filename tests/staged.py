"""Tasks that no poller looks after: a test writes their state instead."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lumen_widgets.client import LumenClient
from lumen_widgets.client.spending.prices import credits_of
from lumen_widgets.core.task import Task, TaskState
from lumen_widgets.notebook.account import use

if TYPE_CHECKING:
    from lumen_widgets.core.request import Request
    from lumen_widgets.notebook.account import Account

ORIGIN = "http://127.0.0.1:9"


def use_offline_account() -> Account:
    """Choose an account whose service is never called, for tasks that belong to no client."""
    return use(LumenClient("sk-lumen-example", ORIGIN, journal=False))


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
        """Take in a status of the service, and tell the subscribers."""
        assert self.state.set_status(status), "it is news"
        self.state.signal.send(self.task)

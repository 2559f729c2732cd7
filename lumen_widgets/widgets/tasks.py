"""What several widgets say of a task, and of the account that is charged for it."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from lumen_widgets.client import TaskCancelled, TaskFailed

if TYPE_CHECKING:
    from lumen_widgets.client import Task
    from lumen_widgets.notebook.account import Account


def host_of(account: Account) -> str:
    """Return who charges: a host's name, or an empty text for the sandbox of this machine."""
    return "" if account.is_sandbox else urlsplit(account.client.base_url).netloc


def resumable(task: Task) -> bool:
    """Say whether what went wrong is not the task's own end: then it can be asked about again."""
    return task.error is not None and not isinstance(task.error, TaskFailed | TaskCancelled)

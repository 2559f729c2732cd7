"""What several widgets say of a task, and of the account that is charged for it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from lumen_widgets.client import InvalidRequest, Task
from lumen_widgets.client.lesson_client import LessonClient
from lumen_widgets.core.words import has_items
from lumen_widgets.notebook.kept_task import KeptTask
from lumen_widgets.notebook.submission import Submission

if TYPE_CHECKING:
    from lumen_widgets.notebook.account import Account


def checked_tasks(given: Any) -> list[Task | KeptTask | Submission]:
    """Return tasks, and submissions that become tasks, as a list; one alone is one of them.

    A task that is over may be as the journal has it.

    Raises
    ------
    InvalidRequest
        Something in it is neither.

    """
    several = has_items(given) and not isinstance(given, str | bytes)
    entries = list(given) if several else [given]
    for entry in entries:
        if not isinstance(entry, (Task, KeptTask, Submission)):
            raise InvalidRequest(
                f"A task was expected, not {type(entry).__name__}.",
                next_step='Give it a Task or several; of an id, client.task("its id") is the task.',
                field="tasks",
            )
    return entries


def host_of(account: Account) -> str:
    """Return who charges: a host's name, or an empty text for the sandbox of this machine.

    A lesson charges nothing: it is ``lesson/NAME``, or ``lesson+sandbox/NAME`` where the sandbox
    draws what it does not have. No host has a slash in its name.
    """
    if account.lesson:
        client = account.client
        draws_others = isinstance(client, LessonClient) and client.draws_others
        kind = "lesson+sandbox" if draws_others else "lesson"
        return f"{kind}/{account.lesson}"
    return "" if account.is_sandbox else urlsplit(account.client.base_url).netloc


def host_words(host: str) -> str:
    """Return in a word or two what `host_of` returned.

    Examples
    --------
    >>> host_words(""), host_words("lesson/owls"), host_words("lumen.example.org")
    ('sandbox', 'lesson owls', 'lumen.example.org')

    """
    kind, slash, name = host.partition("/")
    return f"lesson {name}" if slash else kind or "sandbox"


def charges(host: str) -> bool:
    """Say whether what `host_of` returned charges: neither the sandbox nor a lesson does."""
    return host != "" and "/" not in host

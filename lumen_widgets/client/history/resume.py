"""Tasks that nobody follows any more, taken up all at once, with one question each."""

from __future__ import annotations

import logging
import threading
import time
from functools import partial
from typing import TYPE_CHECKING

from lumen_widgets.client import registry
from lumen_widgets.client.history import journalled
from lumen_widgets.core.errors import InvalidRequest, LumenError
from lumen_widgets.core.polling import status as asking
from lumen_widgets.core.task import Task
from lumen_widgets.journal import JournalUnwritable

if TYPE_CHECKING:
    from collections.abc import Callable

    from lumen_widgets.client.client import LumenClient
    from lumen_widgets.core.http.keys import Key
    from lumen_widgets.core.http.transport import Transport
    from lumen_widgets.core.polling.poller import Follower
    from lumen_widgets.core.polling.scheduler import Scheduler
    from lumen_widgets.journal import JournalRow

_log = logging.getLogger("lumen_widgets")


class Resumed:
    """What was taken up.

    Attributes
    ----------
    tasks : list of Task
        The tasks, oldest first. Each is being asked about; one that the service does not know has
        its error, and stops none of the others.
    lost : list of JournalRow
        The requests of which nobody will hear whether they were taken, newest first.

    """

    def __init__(self, tasks: list[Task], lost: list[JournalRow]) -> None:
        self.tasks = tasks
        self.lost = lost
        self._heard = {task: threading.Event() for task in tasks}

    def hear(self, task: Task) -> None:
        """Note that the service has been asked about a task, whatever it said."""
        self._heard[task].set()

    def wait_until_heard(self, task: Task, seconds: float) -> bool:
        """Wait until the service has been asked about a task; return whether it was in time."""
        return self._heard[task].wait(seconds)


def resume(
    client: LumenClient,
    *,
    key: Key,
    transport: Transport,
    scheduler: Scheduler,
    timeout: float,
    followed: set[str],
    follow: Callable[[Task, int | None], Follower],
) -> Resumed:
    """Take up every task of this account whose process is gone.

    Parameters
    ----------
    client
        Whose tasks they become.
    key, transport, scheduler, timeout
        For which account, whom to ask, who runs the questions, and seconds for one of them.
    followed
        Ids of the tasks that this process follows already.
    follow
        Has a task followed, once it is told to.

    Raises
    ------
    InvalidRequest
        There is no journal.
    JournalError
        It cannot be read or written.

    """
    journal = client.journal
    if journal is None:
        raise InvalidRequest(
            "Only the journal knows which tasks there are, and this client has none "
            "(journal=False).",
            next_step="Make the client with a journal, or take a task up by its id.",
        )
    names = {"origin": key.origin.url, "account": key.fingerprint}
    try:
        rows = journal.claim(**names, followed=followed)
        resumed = Resumed([_task_of(row, client) for row in rows], journal.lost(**names))
    except JournalUnwritable as error:
        raise journalled.unreadable(error, "Nothing could be taken up.") from None
    for task, row in zip(resumed.tasks, rows, strict=True):
        follower = follow(task, row.row)
        ask = partial(_ask, task, follower, resumed, transport, timeout)
        registry.add(task)
        try:
            scheduler.request(scheduler.now(), ask, origin=key.origin.url)
        except RuntimeError as error:
            follower._end(_not_asked(task, error))
            resumed.hear(task)
    return resumed


def _ask(
    task: Task, follower: Follower, resumed: Resumed, transport: Transport, timeout: float
) -> None:
    """Ask once about a task, and have it followed from what the service says."""
    try:
        follower.begin(asking.ask(transport, task.id, timeout))
    except asking.PassingError as passing:
        task._trouble = passing.error.message
        follower.resume()
    except LumenError as error:
        follower._end(error)
    except Exception as error:  # noqa: BLE001 -- a bug must not leave a wait hanging
        _log.exception("The task %s could not be taken up.", task.id)
        follower._end(_not_asked(task, error))
    finally:
        resumed.hear(task)


def _not_asked(task: Task, error: Exception) -> LumenError:
    return LumenError(
        f"The task {task.id} could not be asked about here ({type(error).__name__}).",
        next_step="Call its wait() to try again.",
        task_id=task.id,
        may_have_cost=True,
    )


def _task_of(row: JournalRow, client: LumenClient) -> Task:
    return Task(
        row.task_id or "",
        client=client,
        status=row.state,
        request=journalled.request_of(row),
        created=row.created,
        submitted=row.submitted,
        age=max(time.time() - row.submitted, 0.0),
    )

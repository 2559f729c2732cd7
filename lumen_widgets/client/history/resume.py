"""Tasks that no process follows any more, taken up all at once, with one question each."""

from __future__ import annotations

import logging
import threading
from functools import partial
from typing import TYPE_CHECKING

from lumen_widgets.client.history.records import unreadable
from lumen_widgets.core.errors import InvalidRequest, LumenError
from lumen_widgets.core.polling import status
from lumen_widgets.core.polling.scheduler import shared_scheduler
from lumen_widgets.journal import JournalUnwritable

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lumen_widgets.client.history.records import AccountTasks, JournalRecords
    from lumen_widgets.core.http.transport import Transport
    from lumen_widgets.core.polling.poller import TaskPoller
    from lumen_widgets.core.task import Task
    from lumen_widgets.journal import JournalRow

_log = logging.getLogger("lumen_widgets")


class ResumedTasks(list["Task"]):
    """The tasks that were taken up, oldest first.

    Each is being asked about; one that the service does not know has its error, and stops none of
    the others.

    Attributes
    ----------
    lost : list of JournalRow
        The requests of which nobody will hear whether they were taken, newest first.

    """

    def __init__(self, tasks: Iterable[Task], lost: list[JournalRow]) -> None:
        super().__init__(tasks)
        self.lost = lost
        self._heard = {task: threading.Event() for task in self}

    def hear(self, task: Task) -> None:
        """Note that the service has been asked about a task, whatever it said."""
        self._heard[task].set()

    def wait_until_heard(self, task: Task, seconds: float) -> bool:
        """Wait until the service has been asked about a task; return whether it was in time."""
        return self._heard[task].wait(seconds)


def resume(
    records: JournalRecords,
    tasks: AccountTasks,
    *,
    transport: Transport,
    timeout: float,
    followed: set[str],
) -> ResumedTasks:
    """Take up every task of this account whose process is gone.

    Parameters
    ----------
    records
        The journal's rows of the account.
    tasks
        Who takes them up.
    transport, timeout
        Whom to ask, and seconds for one question.
    followed
        Ids of the tasks that this process follows already.

    Raises
    ------
    InvalidRequest
        There is no journal.
    JournalError
        It cannot be read or written.

    """
    journal = records.journal
    if journal is None:
        raise InvalidRequest(
            "Only the journal knows which tasks there are, and this client has none "
            "(journal=False).",
            next_step="Make the client with a journal, or take a task up by its id.",
        )
    names = {"origin": records.origin, "account": records.account}
    try:
        rows = journal.claim(**names, followed=followed)
        lost = journal.lost(**names)
    except JournalUnwritable as error:
        raise unreadable(error, "Nothing could be taken up.") from None
    pollers = [tasks.poller_of(row, row.task_id or "") for row in rows]
    resumed = ResumedTasks([poller.task for poller in pollers], lost)
    scheduler = shared_scheduler()
    for poller in pollers:
        tasks.keep(poller.task)
        ask = partial(_ask, poller, resumed, transport, timeout)
        try:
            scheduler.request(scheduler.now(), ask, origin=records.origin)
        except RuntimeError as error:
            poller.fail(_not_asked(poller.task, error))
            resumed.hear(poller.task)
    return resumed


def _ask(poller: TaskPoller, resumed: ResumedTasks, transport: Transport, timeout: float) -> None:
    """Ask once about a task, and have it followed from what the service says."""
    task = poller.task
    try:
        poller.start(status.poll(transport, task.id, timeout), age=task.elapsed)
    except status.TransientError as transient:
        poller.start(age=None, trouble=transient.error.message)
    except LumenError as error:
        poller.fail(error)
    except Exception as error:  # noqa: BLE001 -- a bug must not leave a wait hanging
        _log.exception("The task %s could not be taken up.", task.id)
        poller.fail(_not_asked(task, error))
    finally:
        resumed.hear(task)


def _not_asked(task: Task, error: Exception) -> LumenError:
    return LumenError(
        f"The task {task.id} could not be asked about here ({type(error).__name__}).",
        next_step="Call its wait() to try again.",
        task_id=task.id,
        may_have_cost=True,
    )

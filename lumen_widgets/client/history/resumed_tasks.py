"""Tasks that no process follows any more: claimed all at once, with one status request each."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from lumen_widgets.client.history.account_journal import journal_error
from lumen_widgets.core.errors import InvalidRequest, LumenError
from lumen_widgets.core.locks import Event
from lumen_widgets.core.log import Log
from lumen_widgets.core.polling import status
from lumen_widgets.core.polling.scheduler import shared_scheduler
from lumen_widgets.journal import JournalUnusable

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from lumen_widgets.client.history.account_journal import AccountJournal, AccountTasks
    from lumen_widgets.core.http.transport import Transport
    from lumen_widgets.core.polling.poller import TaskPoller
    from lumen_widgets.core.task import Task
    from lumen_widgets.journal import JournalRow

_log = Log()


class ResumedTasks(list["Task"]):
    """The tasks that were claimed, oldest first.

    The status of each is being requested; one that the service does not know has its error, and
    stops none of the others.

    Attributes
    ----------
    unknown_outcomes : list of JournalRow
        The requests of unknown outcome, newest first: they may have been taken or not, and no
        answer will come.

    """

    def __init__(self, tasks: Iterable[Task], unknown_outcomes: list[JournalRow]) -> None:
        super().__init__(tasks)
        self.unknown_outcomes = unknown_outcomes
        self._asked = {task: Event() for task in self}

    def mark_asked(self, task: Task) -> None:
        """Note that a task's status has been requested, whatever the answer was."""
        self._asked[task].set()

    def wait_until_asked(self, task: Task, seconds: float) -> bool:
        """Wait until a task's status has been requested; return whether it was in time."""
        return self._asked[task].wait(seconds)


def claim_tasks(
    account_journal: AccountJournal,
    tasks: AccountTasks,
    *,
    transport: Transport,
    timeout: float,
    followed: set[str],
    among: Collection[JournalRow] | None = None,
) -> ResumedTasks:
    """Claim every task of this account whose process has ended, and follow it.

    Parameters
    ----------
    account_journal
        The journal of the account.
    tasks
        The account's tasks in this process, which they join.
    transport, timeout
        Sends the requests, and seconds for one of them.
    followed
        What the tasks that this process follows already are known by.
    among
        The rows that may be claimed; None is all.

    Raises
    ------
    InvalidRequest
        There is no journal.
    JournalError
        It cannot be read or written.

    """
    journal = account_journal.journal
    if journal is None:
        raise InvalidRequest(
            "Only the journal knows which tasks there are, and this client has none "
            "(journal=False).",
            next_step="Make the client with a journal, or take a task up by its id.",
        )
    names = {"origin": account_journal.origin, "account": account_journal.account}
    try:
        numbers = None if among is None else {row.number for row in among}
        rows = journal.claim(**names, followed=followed, among=numbers)
        unknown = journal.unknown_outcomes(**names)
    except JournalUnusable as error:
        raise journal_error(error, "Nothing could be taken up.") from None
    pollers = [tasks.create_poller(row, row.task_id or "") for row in rows]
    resumed = ResumedTasks([poller.task for poller in pollers], unknown)
    scheduler = shared_scheduler()
    for poller in pollers:
        tasks.add(poller.task)
        ask = partial(_ask, poller, resumed, transport, timeout)
        try:
            scheduler.request(
                scheduler.now(),
                ask,
                origin=account_journal.origin,
                is_local=transport.origin.is_loopback,
            )
        except RuntimeError as error:
            poller.fail(_not_asked(poller.task, error))
            resumed.mark_asked(poller.task)
    return resumed


def _ask(poller: TaskPoller, resumed: ResumedTasks, transport: Transport, timeout: float) -> None:
    """Request a task's status once, and poll it from there on."""
    task = poller.task
    try:
        poller.start(status.poll(transport, task.id, timeout), age=task.elapsed)
    except status.TransientError as transient:
        poller.start(age=None, trouble=transient.error)
    except LumenError as error:
        poller.fail(error)
    except Exception as error:  # noqa: BLE001 -- a bug must not leave a wait hanging
        _log.exception("The task %s could not be taken up.", task.id)
        poller.fail(_not_asked(task, error))
    finally:
        resumed.mark_asked(task)


def _not_asked(task: Task, error: Exception) -> LumenError:
    return LumenError(
        f"The task {task.id} could not be asked about here ({type(error).__name__}).",
        next_step="Call its wait() to try again.",
        task_id=task.id,
        may_have_cost=True,
    )

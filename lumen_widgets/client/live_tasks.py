"""The tasks that this process holds: submitted, taken up, or brought back from the journal.

The functions of this module are about the tasks of all accounts, `LiveTasks` about those of one.
"""

from __future__ import annotations

import itertools
import re
import time
import weakref
from functools import partial
from typing import TYPE_CHECKING

from lumen_widgets.client.history.account_journal import request_of, restore_task
from lumen_widgets.client.spending.budget import refund_if_failed
from lumen_widgets.client.spending.prices import credits_of
from lumen_widgets.core.answers import read_id
from lumen_widgets.core.errors import InvalidRequest, NotFound
from lumen_widgets.core.polling.poller import TaskPoller
from lumen_widgets.core.polling.scheduler import shared_scheduler
from lumen_widgets.core.polling.status import poll_until
from lumen_widgets.core.signal import Signal, forked
from lumen_widgets.core.task import Task, TaskState
from lumen_widgets.core.words import holds_key, without_queries

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from lumen_widgets.client.history.account_journal import AccountJournal, JournalRow
    from lumen_widgets.core.answers import Accepted
    from lumen_widgets.core.call import Call
    from lumen_widgets.core.http.transport import Transport
    from lumen_widgets.core.options import Options
    from lumen_widgets.core.pictures.downloads import FetchedPicture
    from lumen_widgets.core.pictures.picture import Picture
    from lumen_widgets.core.request import Request


# By number, oldest first. There is no lock: a weak reference is cleared at any instant, also
# inside a call from here, and each single operation on a dict is one step by itself.
_references: dict[int, weakref.ref[Task]] = {}
_numbers = itertools.count()
_new_task: Signal[Task] = Signal("new tasks")
# Those who listen are widgets: in a forked child they have no page, and maybe no lock that is free.
forked.connect(lambda _: _new_task.clear())


def known() -> list[Task]:
    """Return the tasks that are still in memory, oldest first.

    A task that is being followed is held by what follows it; one that has ended is here for as
    long as a variable, a widget or one of its pictures refers to it.

    Examples
    --------
    >>> known()
    []

    """
    tasks = (reference() for _, reference in sorted(_references.copy().items()))
    return [task for task in tasks if task is not None]


def subscribe(fn: Callable[[Task], None]) -> Callable[[], None]:
    """Have `fn` called with each new task, once; return what ends that.

    A task that is new at this very moment may be both passed to `fn` and in `known()`.

    Parameters
    ----------
    fn
        Called on whichever thread submitted or took up the task, before it gets it: it should
        take no time. What it raises is logged.

    Examples
    --------
    >>> stop = subscribe(lambda task: None)
    >>> stop()

    """
    return _new_task.connect(fn)


def announce(task: Task) -> None:
    """Note that a task is new in this process, and call the subscribers."""
    number = next(_numbers)
    _references[number] = weakref.ref(task, partial(_forget, number))
    _new_task.send(task)


def _forget(number: int, _reference: weakref.ref[Task]) -> None:
    _references.pop(number, None)


class LiveTasks:
    """The tasks of one account in this process; one id is one task here.

    Parameters
    ----------
    transport
        Sends the requests.
    make_options
        Returns a task's options, by its request and the journal's row where it has one.
    fetch
        Downloads one picture by its address and `limits`.
    account_journal
        The journal of the account.
    timeout
        Seconds for one request.
    on_new
        Called with each task that is new here, on whichever thread made it.

    """

    def __init__(
        self,
        *,
        transport: Transport,
        make_options: Callable[[Request, JournalRow | None], Options],
        fetch: Callable[..., FetchedPicture],
        account_journal: AccountJournal,
        timeout: float,
        on_new: Callable[[Task], None],
    ) -> None:
        self._transport = transport
        self._make_options = make_options
        self._fetch = fetch
        self._account_journal = account_journal
        self._timeout = timeout
        self._on_new = on_new
        self._by_id: weakref.WeakValueDictionary[str, Task] = weakref.WeakValueDictionary()
        # by id, the submit that was answered with it, until its task is held
        self._claims: dict[str, object] = {}

    def get(self, task_id: str | None) -> Task | None:
        """Return a task that is held already."""
        return None if task_id is None else self._by_id.get(task_id)

    def claim(self, task_id: str) -> bool:
        """Say whether no unfinished task here has an id, and keep it for the submit that asks."""
        mine = object()
        if self._claims.setdefault(task_id, mine) is not mine:
            return False
        # in this order: what was claimed before is held by the time its claim is gone
        live = self.get(task_id)
        if live is None or live.done:
            return True
        del self._claims[task_id]
        return False

    def add_accepted(self, accepted: Accepted, call: Call, options: Options) -> Task:
        """Follow a task that the service has just taken."""
        state = TaskState(
            accepted.task_id,
            call.request,
            origin=self._transport.origin.url,
            status=accepted.status,
            created=accepted.created,
            submitted=time.time(),
            cost=credits_of,
            correlation_id=call.correlation_id,
        )
        return self.add(self._poller(state, options).start())

    def take_up(self, task_id: str) -> Task:
        """Return a task by its id: the one that is held already, or from the journal, or new.

        Raises
        ------
        LumenError
            As `LumenClient.task` says.

        """
        if read_id({"id": task_id}) is None:
            raise InvalidRequest(
                "That is no task id.",
                next_step="Pass the id that a Task shows, as a string.",
                field="task_id",
            )
        live = self.get(task_id)
        if live is not None:
            if not live.done:
                live.watch()
            return live
        row = self._account_journal.find(task_id)
        if row is not None and (stored := self.restore(row)) is not None:
            return self.add(stored)
        if row is None:
            refuse_secret(task_id)
        report = poll_until(self._transport, task_id, self._timeout, shared_scheduler())
        poller = self.create_poller(row, task_id)
        # The row keeps its earlier status until the poller writes the one of this report.
        known = bool(poller.task.request.body)
        poller.start(report, age=poller.task.elapsed if known else None)
        return self.add(poller.task)

    def take_up_row(self, row: JournalRow) -> Task:
        """Return the task of a row, though a server of one's own may have given its id again.

        Raises
        ------
        NotFound
            Another task has its id, and its pictures are not all here.
        LumenError
            As for `take_up`.

        """
        task_id = row.task_id or ""
        if not self._is_of_another(task_id, row):
            return self.take_up(task_id)
        if (task := self.restore(row)) is not None:
            return self.add(task, by_id=False)
        raise _given_again(task_id, "on this disk")

    def hold(self, task: Task, row: JournalRow) -> Task:
        """Hold a task that was restored from its row, by its id where that is still its own."""
        return self.add(task, by_id=not self._is_of_another(task.id, row))

    def _is_of_another(self, task_id: str, row: JournalRow) -> bool:
        """Say whether the newest task of an id is another one than a row's."""
        newest = self.get(task_id) or self._account_journal.find(task_id)
        return newest is not None and _is_another(newest, row)

    def create_poller(self, row: JournalRow | None, task_id: str) -> TaskPoller:
        """Return the poller of a task that was submitted earlier, not started yet."""
        state = TaskState(
            task_id,
            request_of(row),
            origin=self._transport.origin.url,
            status="queued" if row is None else row.state,
            created=None if row is None else row.created,
            submitted=None if row is None else row.submitted,
            age=0.0 if row is None else max(time.time() - row.submitted, 0.0),
            cost=credits_of,
            correlation_id=None if row is None else row.correlation_id,
        )
        options = self._make_options(state.request, row)
        options.taken_up(task_id, state.status)
        return self._poller(state, options)

    def restore(self, row: JournalRow, *, as_shown: bool = False) -> Task | None:
        """Return a task from its row, if it needs no network any more; see `restore_task`."""
        # Another process may have seen its end, which this one's budget does not know yet.
        known = row.origin, row.account, row.task_id or ""
        refund_if_failed(*known, row.state, correlation_id=row.correlation_id)
        derive = self._make_options(request_of(row), row).derive
        return restore_task(row, credits_of, derive, as_shown=as_shown)

    @staticmethod
    def with_pictures(task: Task, pictures: Sequence[Picture]) -> Task:
        """Return a task like one that is done, with other pictures; it is not held here."""
        state = TaskState(
            task.id,
            task.request,
            origin=task.origin,
            status=task.status,
            created=task.created,
            submitted=task.submitted,
            age=None,
            cost=credits_of,
            correlation_id=task.correlation_id,
        )
        state.set_pictures(pictures)
        state.finish(seconds=task.elapsed)
        twin = Task(state)
        twin.reused = task.reused
        return twin

    def add(self, task: Task, *, by_id: bool = True) -> Task:
        """Hold a task: the same one is returned for its id from now on, unless another has that."""
        if by_id:
            before = self.get(task.id)
            self._by_id[task.id] = task
            if before is not None and _is_another(before, task):
                # it would go on with what the service says of the other
                before.close(_given_again(task.id, "here"))
            self._claims.pop(task.id, None)
        self._on_new(task)
        return task

    def _poller(self, state: TaskState, options: Options) -> TaskPoller:
        return TaskPoller(
            state,
            options,
            transport=self._transport,
            fetch=self._fetch,
            timeout=self._timeout,
        )


def _is_another(one: Task | JournalRow, other: Task | JournalRow) -> bool:
    """Say whether two of one id are known to be of two calls."""
    return len({one.correlation_id, other.correlation_id} - {None}) > 1


def refuse_secret(task_id: str) -> None:
    """Refuse what is a picture's address or a key: it would be asked about, and errors name it.

    Raises
    ------
    InvalidRequest
        It is one.

    """
    # one that an id only has in it may be the service's own; a key is copied with what is around it
    words = re.split(r"[\s\"'`=]|[^!-~]", task_id)
    if any(word.startswith("sk-") and holds_key(word) for word in words):
        raise InvalidRequest(
            "That is an API key, and no task id.",
            next_step="Pass the id that a Task shows; a key goes to LumenClient, or stands in"
            " LUMEN_API_KEY.",
            field="task_id",
        )
    if (
        "//" in task_id
        or task_id.lstrip()[:5].lower() == "data:"
        # one without its scheme begins with a host
        or (re.match(r"[^/?#]*\w\.\w", task_id) and without_queries(task_id) != task_id)
    ):
        raise InvalidRequest(
            "That is an address, and no task id.",
            next_step="Pass the id that a Task shows; an address goes to lumen.edit or"
            " lumen.inpaint, as a picture.",
            field="task_id",
        )


def _given_again(task_id: str, where: str) -> NotFound:
    return NotFound(
        f"The service has given the id {task_id} to another task since, and the pictures of this "
        f"one are not all {where}.",
        next_step="Submit its request again, which is paid anew.",
        task_id=task_id,
    )

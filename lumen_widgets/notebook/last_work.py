"""What was done last in an account: its newest tasks and its last request, as the journal has them.

Nothing here pays, and nothing is sent again. Of a task that is over the journal has all there is;
of one that is not, its status is asked by one process alone, as `lumen.resume` does it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from lumen_widgets.client import SubmitOutcomeUnknown
from lumen_widgets.client.history.account_journal import request_of
from lumen_widgets.core.words import format_count, format_time
from lumen_widgets.journal import JournalUnusable, Search
from lumen_widgets.notebook.account import account_of
from lumen_widgets.notebook.current_journal import ask_journal
from lumen_widgets.notebook.kept_pictures import held_task
from lumen_widgets.notebook.kept_task import KeptTask, is_over
from lumen_widgets.notebook.submission import Submission

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lumen_widgets.client import LumenClient, Task
    from lumen_widgets.journal import Journal, JournalRow

# tasks that are taken up: what fits a strip and a panel without a search
MOST_TASKS = 12
# rows of the journal in which these are looked for: some requests were refused, and have no task
_ROWS = 3 * MOST_TASKS
# seconds to wait for another program that holds the journal: other work of the widgets waits too
_PATIENCE = 1.0


class LastWork(NamedTuple):
    """What was done last in an account.

    Attributes
    ----------
    tasks
        The rows of its newest tasks, the newest first.
    request
        The row of its last request, whatever came of that; None where there is none.
    unknown
        The rows of its newest requests of unknown outcome, the newest first.
    unknown_count
        How many of these there are in all.

    """

    tasks: list[JournalRow]
    request: JournalRow | None
    unknown: list[JournalRow]
    unknown_count: int


_NOTHING = LastWork([], None, [], 0)


def read_last_work(client: LumenClient) -> LastWork:
    """Return what was done last in a client's account; nothing where it has no journal.

    It reads the newest rows of this account alone, however many there are.

    Raises
    ------
    JournalError
        The journal cannot be read.

    Examples
    --------
    >>> read_last_work(client).request.body["prompt"]  # doctest: +SKIP
    'a cute cat'

    """
    if client.journal is None:
        return _NOTHING
    journal = client.journal.with_patience(_PATIENCE)
    found: LastWork = ask_journal(lambda: _read(journal, client.base_url, client.fingerprint))
    return found


def known_tasks(client: LumenClient, rows: Sequence[JournalRow]) -> list[Task | KeptTask | None]:
    """Return the tasks of rows, in their order, as far as that takes neither disk nor network.

    Parameters
    ----------
    client
        A client of their account.
    rows
        The journal's rows of tasks.

    Returns
    -------
    list
        Of a task that this process holds that very one; of one that is over what the journal has;
        None of any other.

    Examples
    --------
    >>> known_tasks(client, read_last_work(client).tasks)  # doctest: +SKIP
    [None, <KeptTask d4e5f6 succeeded>]

    """
    return [held_task(row) or (KeptTask(client, row) if is_over(row) else None) for row in rows]


def take_up_tasks(client: LumenClient, rows: Sequence[JournalRow]) -> list[Task | KeptTask | None]:
    """Return the tasks of rows as `known_tasks` does, and follow those that no process follows.

    It may wait for the journal to be written; the service is asked in the background.

    Returns
    -------
    list
        None is left of those that another process follows.

    Raises
    ------
    JournalError
        The journal cannot be written.

    Examples
    --------
    >>> take_up_tasks(client, read_last_work(client).tasks)  # doctest: +SKIP
    [<Task a1b2c3 processing>, <KeptTask d4e5f6 succeeded>]

    """
    known = known_tasks(client, rows)
    waiting = [row for row, task in zip(rows, known, strict=True) if task is None]
    if not waiting:
        return known
    # held until they are looked for, also where one is over by then
    resumed = client.resume(waiting)
    known = known_tasks(client, rows)
    del resumed
    return known


def lost_call(client: LumenClient, row: JournalRow, count: int) -> Submission:
    """Return a request of unknown outcome as a call that nothing sends any more.

    Parameters
    ----------
    client
        A client of its account.
    row
        The journal's row.
    count
        How many such requests there are in all.

    Examples
    --------
    >>> lost_call(client, work.unknown[0], work.unknown_count).state  # doctest: +SKIP
    'unknown'

    """
    request = request_of(row)
    others = "" if count == 1 else f" It is one of {format_count(count, 'request')}."
    error = SubmitOutcomeUnknown(
        f"This was sent {format_time(row.submitted)}, and it is not known whether it was taken, so "
        f"credits may have been spent. It is not sent again.{others}",
        next_step="Look for it in the service's console; once you have, "
        'lumen.history(state="unknown").dismiss() ends this notice.',
        may_have_cost=True,
    )
    return Submission.lost(
        lambda chosen, name: chosen.submit(request, correlation_id=name),
        error,
        account=account_of(client),
        prompt=request.prompt,
        model=request.model,
        correlation_id=row.correlation_id,
    )


def _read(journal: Journal, origin: str, account: str) -> LastWork:
    newest = journal.search(Search(origin=origin, account=account, limit=_ROWS))
    rows = _checked(journal.rows_by_number(newest), journal)
    # older ones may have been paid as well
    unknown = journal.search(Search(origin=origin, account=account, state="unknown"))
    tasks = [row for row in rows if row.task_id is not None and not row.dismissed]
    return LastWork(
        tasks[:MOST_TASKS],
        next((row for row in rows if row.endpoint is not None), None),
        _checked(journal.rows_by_number(unknown[:MOST_TASKS]), journal),
        len(unknown),
    )


def _checked(rows: list[JournalRow], journal: Journal) -> list[JournalRow]:
    """Return rows that hold what the journal writes: a damaged file may hold anything."""
    for row in rows:
        texts = (row.state, row.task_id or "", row.correlation_id or "", row.endpoint or "")
        objects = (row.body, row.error or {})
        whole = all(isinstance(one, str) for one in texts)
        if not (whole and all(isinstance(one, dict) for one in objects)):
            raise JournalUnusable(
                f"The journal in {journal.home} has a row that is damaged.",
                "Keep a copy of the file, since it may still name paid tasks.",
            )
    return rows

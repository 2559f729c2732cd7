"""Tasks of a kernel that has ended, taken up in a cell: their pictures, or outputs for them."""

from __future__ import annotations

import time
from contextlib import suppress
from typing import TYPE_CHECKING

from lumen_widgets.core.answers import SUCCEEDED
from lumen_widgets.core.errors import WaitTimeout, interrupted
from lumen_widgets.core.waiting import as_completed, wait_slice
from lumen_widgets.core.words import format_count, format_time
from lumen_widgets.notebook.account import current
from lumen_widgets.notebook.calls import follow_later, show_ended
from lumen_widgets.notebook.cell import Place, in_notebook, join_notes, note, shortened
from lumen_widgets.notebook.cell_status import CellStatus, task_heading

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lumen_widgets.client import LumenClient, Task
    from lumen_widgets.client.history.resumed_tasks import ResumedTasks
    from lumen_widgets.journal import JournalRow
    from lumen_widgets.notebook.account import Account

# Seconds that the cell waits for the status of all tasks: for the first, and for each more. The
# process asks for 20 a second; downloads take some time too.
_FIRST_WAIT, _NEXT_WAIT = 30.0, 0.2

# Running tasks that a cell leaves outputs for; a TaskPanel shows any number.
_MOST_RUNNING = 20

# Requests of unknown outcome that are listed, and characters of each prompt; the history has all.
_MOST_UNKNOWN = 5
_PROMPT = 80


def resume(client: LumenClient | None = None) -> list[Task]:
    """Take up the tasks that a kernel which is gone had submitted, and show what they made.

    They are those in the journal of the account in use that have not ended, or whose pictures are
    not all here, and that no living process follows. Each is asked about once. The pictures of
    those that are done appear in this cell, each failure in its place; those that still run go on
    as with ``wait=False``, and their pictures arrive in this cell. Nothing is paid.

    Parameters
    ----------
    client
        Whose tasks they are; None is the account in use (`lumen.use`).

    Returns
    -------
    list of Task
        The tasks, oldest first.

    Raises
    ------
    InvalidRequest
        The client has no journal.
    JournalError
        The journal cannot be read or written.

    Notes
    -----
    A request that was sent, and whose answer was lost, is never sent again: the cell says how
    many there are, and ``lumen.history(state="unknown")`` lists them.

    Examples
    --------
    >>> import lumen_widgets as lumen
    >>> lumen.resume()  # doctest: +SKIP
    [<Task a1b2c3 succeeded>]

    """
    account = current(client)
    resumed = account.client.resume()
    place = Place()
    if not resumed:
        place.show(
            note(
                "Nothing to take up: every task of this account is over, or is being followed. "
                f"{account.name}"
            )
        )
    elif in_notebook():
        _show_tasks(resumed, account, place)
    if resumed.unknown_outcomes:
        place.show(_unknown_outcomes(resumed.unknown_outcomes))
    return resumed


def _show_tasks(resumed: ResumedTasks, account: Account, place: Place) -> None:
    output = place.output(note(f"Taking up {format_count(len(resumed), 'task')}… · {account.name}"))
    deadline = time.monotonic() + _FIRST_WAIT + _NEXT_WAIT * len(resumed)
    running = 0
    try:
        for task in resumed:
            _wait_for_status(resumed, task, deadline)
            if task.done:
                show_ended(task, place, alone=False)
                continue
            running += 1
            if running <= _MOST_RUNNING:
                place.show(task_heading(task))
                follow_later(task, CellStatus(account))
    except KeyboardInterrupt:
        output.replace(_count_by_state(resumed, account))
        raise interrupted(
            f"Stopped showing; {format_count(len(resumed), 'task')} taken up, and followed in the "
            "background. lumen.show(task) shows one of them, lumen.TaskPanel() all."
        ) from None
    if running > _MOST_RUNNING:
        more = running - _MOST_RUNNING
        place.show(
            note(f"… and {more} more that still run; to see them:", code="lumen.TaskPanel()")
        )
    output.replace(_count_by_state(resumed, account))


def _wait_for_status(resumed: ResumedTasks, task: Task, deadline: float) -> None:
    """Wait until a task's status is known; if it succeeded, until its pictures are here.

    At the deadline it counts as running: it is still polled.
    """
    while not resumed.wait_until_asked(task, wait_slice(deadline)) and time.monotonic() < deadline:
        pass
    if task.status == SUCCEEDED:
        with suppress(WaitTimeout):
            next(as_completed([task], max(deadline - time.monotonic(), 0.0)))


def _count_by_state(tasks: Sequence[Task], account: Account) -> dict[str, object]:
    good = sum(task.done and task.error is None for task in tasks)
    bad = sum(task.done and task.error is not None for task in tasks)
    left = len(tasks) - good - bad
    words = [
        f"{number} {what}"
        for number, what in ((good, "done"), (bad, "failed or not found"), (left, "still running"))
        if number
    ]
    return note(f"Took up {format_count(len(tasks), 'task')}: {', '.join(words)} · {account.name}")


def _unknown_outcomes(rows: Sequence[JournalRow]) -> dict[str, object]:
    one = len(rows) == 1
    notes = [
        note(
            f"{format_count(len(rows), 'request')} of unknown outcome: it is not known whether "
            f"{'it was' if one else 'they were'} taken, so credits may have been spent. None is "
            f"sent again. Look for {'it' if one else 'them'} in the service's console."
        ),
        *(
            note(f"Sent {format_time(row.submitted)}: {_prompt(row)}")
            for row in rows[:_MOST_UNKNOWN]
        ),
    ]
    if len(rows) > _MOST_UNKNOWN:
        notes.append(note(f"… and {len(rows) - _MOST_UNKNOWN} more"))
    notes.append(note(f"To list {'it' if one else 'them'}:", code='lumen.history(state="unknown")'))
    notes.append(note("Once you have looked:", code='lumen.history(state="unknown").dismiss()'))
    return join_notes(notes)


def _prompt(row: JournalRow) -> str:
    return shortened(str(row.body.get("prompt", "")), _PROMPT) or "(no prompt)"

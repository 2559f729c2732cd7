"""What a killed kernel left, taken up in a cell: pictures of what is done, places for what runs."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from lumen_widgets.client.history.reuse import when
from lumen_widgets.core.answers import SUCCEEDED
from lumen_widgets.core.errors import interrupted
from lumen_widgets.core.waiting import lean
from lumen_widgets.notebook.account import account_of, current
from lumen_widgets.notebook.background import Background
from lumen_widgets.notebook.cell import (
    Output,
    in_notebook,
    note,
    show_note,
    show_picture,
    together,
)
from lumen_widgets.notebook.status import Status, heading, words_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lumen_widgets.client import LumenClient, Task
    from lumen_widgets.client.history.resume import Resumed
    from lumen_widgets.journal import JournalRow
    from lumen_widgets.notebook.account import Account

# Seconds that the cell waits for the service's word on the tasks: for one, and for each more. The
# process asks 20 a second; pictures take their time too.
_FIRST_WAIT, _NEXT_WAIT = 30.0, 0.2

# A cell with more live places than this is no longer looked through; a TaskPanel shows them all.
_MOST_PLACES = 20

# Requests of unknown outcome that are named; the history has them all.
_MOST_LOST = 5
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
    A request that was sent, and whose answer nobody saw, is never sent again: the cell says how
    many there are, and ``lumen.history(state="unknown")`` lists them.

    Examples
    --------
    >>> import lumen_widgets as lumen
    >>> lumen.resume()  # doctest: +SKIP
    [<Task a1b2c3 succeeded>]

    """
    account = current(client)
    resumed = account.client._account.resume(account.client)
    tasks = resumed.tasks
    if not tasks:
        show_note(
            note(
                "Nothing to take up: every task of this account is over, or is being followed. "
                f"{account.name}"
            )
        )
    elif in_notebook():
        _show(resumed, account)
    if resumed.lost:
        show_note(_lost(resumed.lost))
    return tasks


def _show(resumed: Resumed, account: Account) -> None:
    tasks = resumed.tasks
    head = Output(note(f"Taking up {_count(len(tasks))}… · {account.name}"))
    deadline = time.monotonic() + _FIRST_WAIT + _NEXT_WAIT * len(tasks)
    running = 0
    try:
        for task in tasks:
            _wait_for_word(resumed, task, deadline)
            if task.done:
                _show_ended(task)
                continue
            running += 1
            if running <= _MOST_PLACES:
                show_note(heading(task))
                Background(task, Status(account_of(task.client)))
    except KeyboardInterrupt:
        head.replace(_head(tasks, account))
        raise interrupted(
            f"Stopped showing; {_count(len(tasks))} taken up, and followed in the background. "
            "lumen.show(task) shows one of them, lumen.TaskPanel() all."
        ) from None
    if running > _MOST_PLACES:
        more = running - _MOST_PLACES
        show_note(note(f"… and {more} more that still run; to see them:", code="lumen.TaskPanel()"))
    head.replace(_head(tasks, account))


def _wait_for_word(resumed: Resumed, task: Task, deadline: float) -> None:
    """Wait until the service has said how a task is; if it succeeded, until its pictures are here.

    At the deadline it is taken for one that runs: it is still asked about.
    """
    while not resumed.wait_until_heard(task, lean(deadline)) and time.monotonic() < deadline:
        pass
    while not task.done and task.status == SUCCEEDED and time.monotonic() < deadline:
        with task._changed:
            task._changed.wait_for(lambda: task.done, lean(deadline))


def _show_ended(task: Task) -> None:
    show_note(heading(task))
    for picture in task.pictures:
        show_picture(picture)
    if task.error is not None:
        show_note(note(f"✗ {words_of(task.error)}"))


def _head(tasks: Sequence[Task], account: Account) -> dict[str, object]:
    good = sum(task.done and task.error is None for task in tasks)
    bad = sum(task.done and task.error is not None for task in tasks)
    left = len(tasks) - good - bad
    words = [
        f"{number} {what}"
        for number, what in ((good, "done"), (bad, "failed or not found"), (left, "still running"))
        if number
    ]
    return note(f"Took up {_count(len(tasks))}: {', '.join(words)} · {account.name}")


def _lost(rows: Sequence[JournalRow]) -> dict[str, object]:
    one = len(rows) == 1
    notes = [
        note(
            f"{len(rows)} request{'' if one else 's'} of unknown outcome: nobody knows whether "
            f"{'it was' if one else 'they were'} taken, so credits may have been spent. None is "
            f"sent again. Look for {'it' if one else 'them'} in the service's console."
        ),
        *(note(f"Sent {when(row.submitted)}: {_prompt(row)}") for row in rows[:_MOST_LOST]),
    ]
    if len(rows) > _MOST_LOST:
        notes.append(note(f"… and {len(rows) - _MOST_LOST} more"))
    notes.append(note(f"To list {'it' if one else 'them'}:", code='lumen.history(state="unknown")'))
    notes.append(note("Once you have looked:", code='lumen.history(state="unknown").dismiss()'))
    return together(notes)


def _prompt(row: JournalRow) -> str:
    words = " ".join(str(row.body.get("prompt", "")).split()) or "(no prompt)"
    return words if len(words) <= _PROMPT else f"{words[: _PROMPT - 1]}…"


def _count(number: int) -> str:
    return f"{number} task{'' if number == 1 else 's'}"

"""The status of a cell's tasks: one output, first a sentence, then a live panel, then a summary.

The saved notebook keeps the summary, which needs no kernel.
"""

from __future__ import annotations

import html
from typing import TYPE_CHECKING, Any, Protocol

from lumen_widgets.client.spending.prices import (
    cost_of,
    format_credits,
    format_number,
    picture_count,
)
from lumen_widgets.core.answers import CANCELLED, FAILED
from lumen_widgets.core.errors import may_have_cost
from lumen_widgets.core.words import (
    format_count,
    format_time,
    literal,
    strip_controls,
    without_keys,
)
from lumen_widgets.notebook.cell import (
    NOTHING,
    Place,
    data_uri,
    in_notebook,
    join_notes,
    note,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from lumen_widgets.client import LumenClient, LumenError, Request, Task
    from lumen_widgets.notebook.account import Account

# failures that are listed; the total stands above them
_MOST_LINES = 20
# a share below this would read as 0 %
_SMALLEST_SHARE = 0.001
MASK_ALT = "Mask: white is repainted"


class LivePanel(Protocol):
    """A widget that follows tasks while a cell waits for them."""

    def _repr_mimebundle_(self, **kwargs: Any) -> Any: ...

    def retire(self) -> None:
        """Send the tasks' last state, and close as soon as no view shows the panel."""


# Imports the panel's class, which is called with tasks and the client whose account it names. It is
# None until `lumen_widgets/__init__.py` sets it, since a notebook imports no widget.
_load_panel: Callable[[], Callable[[Sequence[Task], LumenClient], LivePanel]] | None = None


def set_panel_loader(
    load: Callable[[], Callable[[Sequence[Task], LumenClient], LivePanel]],
) -> None:
    """Set what imports the panel's class.

    `lumen_widgets/__init__.py` does so on the first notebook call, because this package imports no
    widget. Without it, a cell shows one sentence in place of a panel while its tasks run.
    """
    global _load_panel  # noqa: PLW0603 # one for the process, set once
    _load_panel = load


class CellStatus:
    """What a cell shows of its tasks while they run and once they have ended.

    Parameters
    ----------
    account
        Whose credits are spent.
    request
        What is about to be sent, as far as its price depends on it; None if nothing is.
    reuse
        Whether it is only sent if it was not paid before.

    Attributes
    ----------
    place : Place
        Where the status is, and the pictures belong.

    """

    def __init__(
        self, account: Account, request: Request | None = None, *, reuse: bool = False
    ) -> None:
        self.place = Place()
        self._account = account
        self._panel: LivePanel | None = None
        self._tasks: Sequence[Task] = ()
        self._reused = False
        words = [*_price_words(request, account), account.name]
        begin = "Looking for what was paid before, else sending…" if reuse else "Sending…"
        self._output = self.place.output(note(f"{begin} {' · '.join(words)}"))
        if in_notebook() and _load_panel is not None:
            # now: importing it after the submit would miss the first states
            _load_panel()

    def show_panel(self, tasks: Sequence[Task]) -> None:
        """Show a live panel of `tasks`."""
        self._tasks = tasks
        if in_notebook() and tasks and _load_panel is not None:
            self._panel = _load_panel()(tasks, self._account.client)
        if self._panel is None:
            self._output.replace(note(f"Waiting for {format_count(len(tasks), 'task')}…"))
        else:
            data = self._panel._repr_mimebundle_()
            self._output.replace(*(data if isinstance(data, tuple) else (data,)))

    def mark_reused(self) -> None:
        """Have the summary say that this cell spent nothing: its task had been paid before."""
        self._reused = True

    def show_submit_error(self, error: BaseException) -> None:
        """Say whether a failed submit may have cost credits; the exception says why it failed."""
        self._output.replace(
            note("✗ It is not known whether a task was made; what follows says how to find out.")
            if may_have_cost(error)
            else note("✗ No task was made, and nothing was spent.")
        )

    def clear(self) -> None:
        """Show nothing any more: the tasks are shown elsewhere."""
        if self._panel is not None:
            self._panel.retire()
            self._panel = None
        self._output.replace(NOTHING)

    def show_summary(self, *, explain: bool = False) -> None:
        """Replace the panel by a summary of each task.

        Parameters
        ----------
        explain
            Whether it says why a task failed: not needed where an error or a note does.

        """
        if self._panel is not None:
            # it sends the last states before it closes
            self._panel.retire()
            self._panel = None
        words = summary(self._tasks, self._account, explain=explain, reused=self._reused)
        self._output.replace(words)
        # whoever keeps this keeps no picture
        self._tasks = ()


def summary(
    tasks: Sequence[Task],
    account: Account,
    *,
    explain: bool = True,
    reused: bool = False,
) -> dict[str, Any]:
    """Return a bundle that sums up `tasks` in plain text; a `reused` one was paid before."""
    if len(tasks) == 1:
        line = _line(tasks[0], account, explain=explain, reused=reused)
        notes = [line, *_repaint_notes(tasks[0])]
    else:
        good = sum(task.done and task.error is None for task in tasks)
        words = [f"{good} of {len(tasks)} tasks succeeded", *_charge_words(tasks, account)]
        notes = [note(" · ".join([*words, account.name]))]
        rest = [task for task in tasks if not task.done or (explain and task.error is not None)]
        notes += [_line(task, account, explain=explain) for task in rest[:_MOST_LINES]]
        if len(rest) > _MOST_LINES:
            notes.append(note(f"… and {len(rest) - _MOST_LINES} more"))
    return join_notes(notes)


def task_heading(task: Task) -> dict[str, Any]:
    """Return the heading of a task's pictures, in a cell that shows the pictures of several."""
    prompt = without_keys(task.request.prompt)
    title = note(prompt, is_prompt=True) if prompt else note(f"Task {task.id}")
    said = [note(task.notice)] if task.notice else []
    return join_notes([title, *said, *_repaint_notes(task)])


def _line(task: Task, account: Account, *, explain: bool, reused: bool = False) -> dict[str, Any]:
    """Return one task's line, with the code to copy where there is something to do."""
    after = "" if task.elapsed is None else f" after {task.elapsed:.1f} s"
    if not task.done:
        why = f" {strip_controls(task.lasting_trouble)}" if task.lasting_trouble else ""
        return note(
            f"Stopped waiting{after}.{why} The task goes on; to show its pictures in a cell:",
            code=f"lumen.show({literal(task.id)})",
        )
    charge = [_reused_words(task)] if reused else _charge_words([task], account)
    if task.error is None:
        pictures = format_count(len(task.pictures), "picture")
        words = " · ".join([f"✓ Succeeded{after}", pictures, *charge, account.name])
        return note(f"{words}. {task.notice}" if task.notice else words)
    why = f": {error_words(task.error)}" if explain else ""
    return note(" · ".join([f"✗ {_outcome_words(task)}{after}", *charge]) + why)


def _outcome_words(task: Task) -> str:
    """Say how a task with an error ended: of one that did not fail, that pictures are missing."""
    if task.status in (FAILED, CANCELLED):
        return task.status.capitalize()
    arrived = len(task.pictures) or len(getattr(task.error, "pictures", ()))
    return f"Only {format_count(arrived, 'picture')}" if arrived else "No pictures"


def _reused_words(task: Task) -> str:
    """Say that nothing was spent, and when the task was paid."""
    since = "" if task.submitted is None else f" {format_time(task.submitted)}"
    return f"nothing spent here: submitted before,{since}" if since else "nothing spent here"


def _price_words(request: Request | None, account: Account) -> list[str]:
    """Return what is asked for and what it will cost, where that is known."""
    cost = None if request is None else cost_of(request)
    if request is None or cost is None or account.lesson:
        return []
    pictures = format_count(picture_count(request) or 1, "picture")
    return [pictures, format_credits(cost, _credit_kind(account))]


def _charge_words(tasks: Sequence[Task], account: Account) -> list[str]:
    """Return what tasks cost and what came back, where prices are known.

    The service does not say whether a cancelled task was charged. That a lesson charges nothing is
    said by its account.
    """
    if account.lesson:
        return []
    costs = [(task.status, cost_of(task.request)) for task in tasks if task.status != CANCELLED]
    known = [(status, cost) for status, cost in costs if cost is not None]
    spent = [cost for status, cost in known if status != FAILED]
    back = [cost for status, cost in known if status == FAILED]
    words = []
    if spent:
        least = "at least " if any(s != FAILED and cost is None for s, cost in costs) else ""
        words.append(f"{least}{format_credits(sum(spent), _credit_kind(account))} spent")
    if back:
        amount = (
            format_number(sum(back)) if spent else format_credits(sum(back), _credit_kind(account))
        )
        words.append(f"{amount} refunded")
    return [", ".join(words)] if words else []


def _credit_kind(account: Account) -> str:
    return "sandbox" if account.is_sandbox else ""


def error_words(error: LumenError) -> str:
    """Return what happened and what to do next, without the facts that only support needs."""
    return strip_controls(" ".join(part for part in (error.message, error.next_step) if part))


def _repaint_notes(task: Task) -> list[dict[str, Any]]:
    """Return what a task repaints, where that is known: how much of the picture, and its mask."""
    repaint = task.request.repaint
    if repaint is None:
        return []
    text = f"Repaints {share_words(repaint.share)}"
    # with a border, or a mask would have no edge on a page of the same colour
    mask = f'<img alt="{MASK_ALT}" align="middle" border="1" src="{data_uri(repaint.thumbnail)}">'
    return [{"text/html": f"<p>{mask} {html.escape(text)}</p>", "text/plain": text}]


def share_words(share: float) -> str:
    """Return a share as a percentage that is rounded neither to 0 nor to 100."""
    if share >= 1:
        return "the whole picture"
    percent = (
        "less than 0.1" if share < _SMALLEST_SHARE else f"{min(round(share * 100, 1), 99.9):g}"
    )
    return f"{percent} % of the picture"

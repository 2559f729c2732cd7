"""The live status of a cell's tasks: one output, first words, then a panel, then plain words again.

The last of these is what the saved notebook keeps, so it needs no kernel.
"""

from __future__ import annotations

import html
from typing import TYPE_CHECKING, Any, Protocol

from lumen_widgets.client import LumenError
from lumen_widgets.client.history.reuse import timestamp
from lumen_widgets.client.spending.prices import (
    cost_of,
    format_count,
    format_credits,
    format_number,
    picture_count,
)
from lumen_widgets.core.answers import CANCELLED, FAILED
from lumen_widgets.core.words import literal
from lumen_widgets.notebook.cell import (
    Output,
    data_uri,
    in_notebook,
    note,
    together,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from lumen_widgets.client import LumenClient, Request, Task
    from lumen_widgets.notebook.account import Account

# a list of failures longer than this helps nobody; the total stands above it
_LINES = 20
# a share that would read as nothing
_LITTLE = 0.001
_MASK = "Mask: white is repainted"


class LivePanel(Protocol):
    """A widget that follows tasks while a cell waits for them."""

    def _repr_mimebundle_(self, **kwargs: Any) -> Any: ...

    def retire(self) -> None:
        """Send the tasks' last state, and close as soon as no view shows the panel."""


# Loads the panel's class, which makes one of some tasks and names the account of a client.
_load: Callable[[], Callable[[Sequence[Task], LumenClient], LivePanel]] | None = None


def provide(load: Callable[[], Callable[[Sequence[Task], LumenClient], LivePanel]]) -> None:
    """Set what loads the panel's class; the package's face does, on the first notebook call."""
    global _load  # noqa: PLW0603 # one provider for the process, set once
    _load = load


class Status:
    """What a cell says of its tasks while they run and once they have ended.

    Parameters
    ----------
    account
        Whose credits are spent.
    request
        What is about to be sent, as far as its price depends on it; None if nothing is.
    reuse
        Whether it is only sent if it was not paid before.

    """

    def __init__(
        self, account: Account, request: Request | None = None, *, reuse: bool = False
    ) -> None:
        self._account = account
        self._panel: LivePanel | None = None
        self._tasks: Sequence[Task] = ()
        self._reused = False
        words = [*_price_words(request, account), account.name]
        begin = "Looking for what was paid before, else sending…" if reuse else "Sending…"
        self._output = Output(note(f"{begin} {' · '.join(words)}"))
        if in_notebook() and _load is not None:
            # now: after a submit, the first states would be missed meanwhile
            _load()

    def follow(self, tasks: Sequence[Task]) -> None:
        """Show a live panel of `tasks`."""
        self._tasks = tasks
        if in_notebook() and tasks and _load is not None:
            self._panel = _load()(tasks, self._account.client)
        if self._panel is None:
            self._output.replace(note(f"Waiting for {format_count(len(tasks), 'task')}…"))
        else:
            data = self._panel._repr_mimebundle_()
            self._output.replace(*(data if isinstance(data, tuple) else (data,)))

    def paid_before(self) -> None:
        """Say in the end that this cell spent nothing, since its task had been paid before."""
        self._reused = True

    def not_sent(self, error: BaseException) -> None:
        """Say what no task means for the credits; the exception that follows says why."""
        known = isinstance(error, LumenError) and not error.may_have_cost
        self._output.replace(
            note("✗ No task was made, and nothing was spent.")
            if known
            else note(
                "✗ It is not known whether a task was made; what follows says how to find out."
            )
        )

    def end(self, *, explain: bool = False, more: str = "") -> None:
        """Replace the panel by plain words about how each task stands.

        Parameters
        ----------
        explain
            Whether they say why a task failed: not needed where an error or a note does.
        more
            A sentence to add to them.

        """
        if self._panel is not None:
            # it says its last word before it goes
            self._panel.retire()
            self._panel = None
        words = summary(self._tasks, self._account, explain=explain, more=more, reused=self._reused)
        self._output.replace(words)


def summary(
    tasks: Sequence[Task],
    account: Account,
    *,
    explain: bool = True,
    more: str = "",
    reused: bool = False,
) -> dict[str, Any]:
    """Return a bundle of plain words about how `tasks` stand; a `reused` one was paid before."""
    if len(tasks) == 1:
        line = _line(tasks[0], account, explain=explain, reused=reused)
        notes = [line, *_repaint_notes(tasks[0])]
    else:
        good = sum(task.done and task.error is None for task in tasks)
        words = [f"{good} of {len(tasks)} tasks succeeded", *_charge_words(tasks, account)]
        notes = [note(" · ".join([*words, account.name]))]
        rest = [task for task in tasks if not task.done or (explain and task.error is not None)]
        notes += [_line(task, account, explain=explain) for task in rest[:_LINES]]
        if len(rest) > _LINES:
            notes.append(note(f"… and {len(rest) - _LINES} more"))
    if more:
        notes.append(note(more))
    return together(notes)


def heading(task: Task) -> dict[str, Any]:
    """Return what stands above a task's pictures, where other tasks have theirs in one cell."""
    title = task.request.prompt or f"Task {task.id}"
    return together([note(title), *_repaint_notes(task)])


def _line(task: Task, account: Account, *, explain: bool, reused: bool = False) -> dict[str, Any]:
    """Return one task's words, with the code to copy where there is something to do."""
    after = "" if task.elapsed is None else f" after {task.elapsed:.1f} s"
    if not task.done:
        return note(
            f"Stopped waiting{after}. The task goes on; to show its pictures in a cell:",
            code=f"lumen.show({literal(task.id)})",
        )
    charge = [_paid_before(task)] if reused else _charge_words([task], account)
    if task.error is None:
        pictures = format_count(len(task.pictures), "picture")
        return note(" · ".join([f"✓ Succeeded{after}", pictures, *charge, account.name]))
    why = f": {words_of(task.error)}" if explain else ""
    return note(" · ".join([f"✗ {task.status.capitalize()}{after}", *charge]) + why)


def _paid_before(task: Task) -> str:
    """Return that nothing was spent, and when the task was paid."""
    since = "" if task.submitted is None else f" {timestamp(task.submitted)}"
    return f"nothing spent here: submitted before,{since}" if since else "nothing spent here"


def _price_words(request: Request | None, account: Account) -> list[str]:
    """Return what is asked for and what it will cost, where that is known."""
    cost = None if request is None else cost_of(request)
    if request is None or cost is None:
        return []
    pictures = format_count(picture_count(request) or 1, "picture")
    return [pictures, format_credits(cost, _kind(account))]


def _charge_words(tasks: Sequence[Task], account: Account) -> list[str]:
    """Return what tasks cost and what came back, where prices are known.

    Of a cancelled task nobody says whether it was charged.
    """
    costs = [(task.status, cost_of(task.request)) for task in tasks if task.status != CANCELLED]
    known = [(status, cost) for status, cost in costs if cost is not None]
    spent = [cost for status, cost in known if status != FAILED]
    back = [cost for status, cost in known if status == FAILED]
    words = []
    if spent:
        least = "at least " if any(s != FAILED and cost is None for s, cost in costs) else ""
        words.append(f"{least}{format_credits(sum(spent), _kind(account))} spent")
    if back:
        amount = format_number(sum(back)) if spent else format_credits(sum(back), _kind(account))
        words.append(f"{amount} refunded")
    return [", ".join(words)] if words else []


def _kind(account: Account) -> str:
    return "sandbox" if account.is_sandbox else ""


def words_of(error: LumenError) -> str:
    """Return what happened and what to do next, without the facts that only support needs."""
    return " ".join(part for part in (error.message, error.next_step) if part)


def _repaint_notes(task: Task) -> list[dict[str, Any]]:
    """Return what a task repaints, where that is known: how much of the picture, and its mask."""
    repaint = task.request.repaint
    if repaint is None:
        return []
    words = f"Repaints {_part(repaint.share)}"
    # with a frame, since black and white end nowhere on a page of the same colour
    mask = f'<img alt="{_MASK}" border="1" src="{data_uri(repaint.thumbnail)}">'
    return [{"text/html": f"<p>{mask} {html.escape(words)}</p>", "text/plain": words}]


def _part(share: float) -> str:
    """Return a share in words: what is little is not nothing, and nearly all is not all."""
    if share >= 1:
        return "the whole picture"
    percent = "less than 0.1" if share < _LITTLE else f"{min(round(share * 100, 1), 99.9):g}"
    return f"{percent} % of the picture"

"""The live status of a cell's tasks: one output, first words, then a panel, then plain words again.

The last of these is what the saved notebook keeps, so it needs no kernel.
"""

from __future__ import annotations

import html
from typing import TYPE_CHECKING, Any

from lumen_widgets.client import LumenError
from lumen_widgets.notebook.cell import Output, in_notebook, note
from lumen_widgets.notebook.panels import make_panel, prepare

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lumen_widgets.client import Task
    from lumen_widgets.notebook.account import Account
    from lumen_widgets.notebook.panels import LivePanel

# a list of failures longer than this helps nobody; the total stands above it
_LINES = 20


class Status:
    """What a cell says of its tasks while they run and once they have ended.

    Parameters
    ----------
    account
        Whose credits are spent.

    """

    def __init__(self, account: Account) -> None:
        self._account = account
        self._panel: LivePanel | None = None
        self._tasks: Sequence[Task] = ()
        self._output = Output(note(f"Sending… {account.name}"))
        if in_notebook():
            prepare()

    def follow(self, tasks: Sequence[Task]) -> None:
        """Show a live panel of `tasks`."""
        self._tasks = tasks
        if in_notebook():
            self._panel = make_panel(tasks, self._account.client)
        if self._panel is None:
            self._output.replace(note(f"Waiting for {_count(len(tasks), 'task')}…"))
        else:
            data = self._panel._repr_mimebundle_()
            self._output.replace(*(data if isinstance(data, tuple) else (data,)))

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
        self._output.replace(summary(self._tasks, self._account, explain=explain, more=more))


def summary(
    tasks: Sequence[Task], account: Account, *, explain: bool = True, more: str = ""
) -> dict[str, Any]:
    """Return a bundle of plain words about how `tasks` stand."""
    if len(tasks) == 1:
        lines = [_line(tasks[0], account, explain=explain)]
    else:
        good = sum(task.done and task.error is None for task in tasks)
        lines = [(f"{good} of {len(tasks)} tasks succeeded · {account.name}", "")]
        rest = [task for task in tasks if not task.done or (explain and task.error is not None)]
        lines += [_line(task, account, explain=explain) for task in rest[:_LINES]]
        if len(rest) > _LINES:
            lines.append((f"… and {len(rest) - _LINES} more", ""))
    if more:
        lines.append((more, ""))
    return {
        "text/html": "".join(
            f"<p>{html.escape(text)}{f' <code>{html.escape(code)}</code>' if code else ''}</p>"
            for text, code in lines
        ),
        "text/plain": "\n".join(f"{text} {code}".rstrip() for text, code in lines),
    }


def _line(task: Task, account: Account, *, explain: bool) -> tuple[str, str]:
    """Return one task's words, and the code to copy where there is something to do."""
    after = "" if task.elapsed is None else f" after {task.elapsed:.1f} s"
    if not task.done:
        return (
            f"Stopped waiting{after}. The task goes on; to show its pictures in a cell:",
            f'lumen.show("{task.id}")',
        )
    if task.error is None:
        pictures = _count(len(task.pictures), "picture")
        return f"✓ Succeeded{after} · {pictures} · {account.name}", ""
    why = f": {words_of(task.error)}" if explain else ""
    return f"✗ {task.status.capitalize()}{after}{why}", ""


def words_of(error: LumenError) -> str:
    """Return what happened and what to do next, without the facts that only support needs."""
    return " ".join(part for part in (error.message, error.next_step) if part)


def title_of(task: Task) -> str:
    """Return what a task is called where people read it: its prompt, or its id without one."""
    return task.request.prompt or f"Task {task.id}"


def _count(number: int, thing: str) -> str:
    return f"{number} {thing}{'' if number == 1 else 's'}"

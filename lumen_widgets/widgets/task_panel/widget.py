"""The live task panel: one row for each task, kept up to date while the tasks run.

Protocol (`messages.py`): the browser says *hello* for each view and gets a *snapshot* of the newest
rows, with totals over all; after that *rows* come by themselves, with sequence numbers, and only
those that changed; it says *bye* when a view is gone. It *reads* the other rows once a view comes
near them, *finds* which rows fit a filter, *looks* for the thumbnails of rows that a view shows,
and *acts* on a row; each request has an id and gets an answer with it. So state and messages stay
small however many rows there are: where many change at once, the newest are sent, and a page is
told that there are *more*, and reads those that it shows. Until a view has said hello, a row is
repeated twice after its last change, because a bundle that is still loading receives nothing, and
a kernel that runs a cell answers nothing. For the same reason the mask of a task that runs comes
along with its row, without a look, until a view is there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import uuid4

import traitlets

from lumen_widgets.client import live_tasks
from lumen_widgets.client.spending.prices import prices
from lumen_widgets.core.words import format_count, strip_controls, without_keys
from lumen_widgets.notebook.account import account_of, current, is_chosen
from lumen_widgets.widgets.base import LumenWidget, weakly
from lumen_widgets.widgets.bundles import bundle
from lumen_widgets.widgets.static_form import StaticParts
from lumen_widgets.widgets.task_panel.rows import PanelRows
from lumen_widgets.widgets.task_panel.session import PanelSession
from lumen_widgets.widgets.task_panel.static_form import MOST_ROWS, add_rows, static_row
from lumen_widgets.widgets.tasks import checked_tasks, host_of, host_words

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from lumen_widgets.client import LumenClient, Task
    from lumen_widgets.notebook.account import Account
    from lumen_widgets.notebook.kept_task import KeptTask
    from lumen_widgets.notebook.submission import Submission
    from lumen_widgets.widgets.static_form import StaticForm
    from lumen_widgets.widgets.task_panel.messages import TaskRow, Thumbnail
    from lumen_widgets.widgets.task_panel.static_form import StaticRow


class TaskPanel(LumenWidget):
    """Shows tasks while they run: state in words, elapsed time, and what to do if one fails.

    Parameters
    ----------
    tasks
        Tasks, and submissions that become tasks, in the order in which they were made; the newest
        is shown first; or one alone. None is every task that this process submits or takes up, now
        and later.
    client
        Whose account the panel names while it has no row.
    language
        ``"en"``, ``"zh"``, or ``""`` for the browser's own.
    static
        Whether a table of the tasks, with small copies of pictures, may stay in the saved notebook.

    Raises
    ------
    InvalidRequest
        `tasks` are no tasks, or `client` is no client.

    Examples
    --------
    >>> lumen.TaskPanel()  # doctest: +SKIP

    """

    _esm = bundle("task_panel.js")
    _css = bundle("task_panel.css")

    language = traitlets.Enum(("", "en", "zh"), default_value="").tag(sync=True)
    """The language that the panel speaks: ``"en"``, ``"zh"``, or ``""`` (the default) for the
    browser's own. Written by the user."""

    static = traitlets.Bool(default_value=True).tag(sync=True)
    """Whether a table of the newest rows stays under the panel in the saved notebook, for when
    there is no kernel, and the widget state, which it may be saved with, has small copies of their
    pictures, of at most 96 px. Default True; False leaves neither. Written by Python."""

    _host = traitlets.Unicode(None, allow_none=True).tag(sync=True)
    """Who charges, as a row's host says it: a host's name, empty for the sandbox, None (the
    default) while that is not known. Written once, by the kernel."""

    _rows: traitlets.List[TaskRow] = traitlets.List().tag(
        sync=True, to_json=lambda _, self: self._panel_rows.newest()
    )
    """The newest rows, as they are when the browser asks for the widget's state: several screens
    full, however many there are. Never written: the others are read by the browser, and what
    changes travels in messages."""

    _thumbnails: traitlets.List[Thumbnail] = traitlets.List().tag(
        sync=True, to_json=lambda _, self: self._panel_rows.thumbnails() if self.static else []
    )
    """The thumbnails of the newest rows that are drawn when the browser asks for the widget's
    state; the others it asks for. Never written."""

    _panel = traitlets.Unicode().tag(sync=True)
    """What pages know this panel by: random. Written once, by the kernel."""

    _toolbar = traitlets.Bool(default_value=False).tag(sync=True)
    """Whether the toolbar is there however few rows there are: False by default, True for a panel
    of every task. Written once, by the kernel."""

    _totals: traitlets.Dict[str, Any] = traitlets.Dict().tag(
        sync=True, to_json=lambda _, self: self._panel_rows.totals()
    )
    """What the panel counts over all rows, as `_rows` is. Never written."""

    def __init__(
        self,
        tasks: Sequence[Task | KeptTask | Submission] | Task | KeptTask | Submission | None = None,
        client: LumenClient | None = None,
        *,
        language: str = "",
        static: bool = True,
    ) -> None:
        self._panel_rows = PanelRows()
        self._session = PanelSession(self, self._panel_rows)
        self._unsubscribe: list[Callable[[], None]] = []
        if tasks is None:
            # subscribed first: a task that comes meanwhile is known twice, and gets one row
            self._unsubscribe.append(live_tasks.subscribe(weakly(self._show_live)))
        for task in live_tasks.known() if tasks is None else checked_tasks(tasks):
            self.add(task)
        account = _account_to_name(client, every=tasks is None)
        super().__init__(
            language=language,
            static=static,
            _host=None if account is None else host_of(account),
            _panel=uuid4().hex,
            _toolbar=tasks is None,
        )
        self.on_msg(self._session.receive)
        # what a page has of them is what it saves
        self.observe(lambda _: self.send_state("_thumbnails"), "static")
        self._unsubscribe.append(prices.subscribe(weakly(self._show_price)))
        self.observe(self._note_static, "static")
        self._unsubscribe.append(self._panel_rows.changed.connect(weakly(self._note_static)))
        self._session.begin()

    def __repr__(self) -> str:
        """Return the panel in words, for front ends that cannot show it."""
        rows = [
            f"{row['status']}: {row['prompt'] or row['id']}" for row in self._panel_rows.current()
        ]
        # one line each: a line break in a prompt would make another row of it
        return "\n".join(
            [
                "Lumen tasks",
                *(without_keys(strip_controls(" ".join(row.split()))) for row in rows[::-1]),
            ]
        )

    def add(self, entry: Task | KeptTask | Submission) -> None:
        """Show another task, or a call that is not a task yet, as the newest row.

        Parameters
        ----------
        entry
            A task that already has a row gets no other one.

        Raises
        ------
        InvalidRequest
            It is neither.

        Examples
        --------
        >>> panel.add(client.generate("a red fox"))  # doctest: +SKIP

        """
        for task in checked_tasks([entry]):
            self._panel_rows.add(task)

    def set_state(self, sync_data: Mapping[str, Any]) -> None:  # noqa: ARG002 # ipywidgets passes it
        """Take in nothing that a browser wrote: no control of the panel writes a trait."""
        super().set_state({})

    def retire(self) -> None:
        """Send the last state of every task, and close once no view shows the panel any more.

        A view that is left is one of a page that was reloaded, which no longer hears of what
        takes the panel's place: there it goes on showing the pictures.
        """
        self._session.retire()

    def close(self) -> None:
        """End the subscriptions to the tasks, and take the panel from every view."""
        super().close()

    def _release(self) -> None:
        if not hasattr(self, "_session"):
            return
        while self._unsubscribe:
            self._unsubscribe.pop()()
        for row in self._panel_rows.all():
            row.close()
        self._session.close()

    def static_rows(self) -> tuple[list[StaticRow], int]:
        """Return what stays of its newest rows, the newest first, and how many rows there are."""
        rows = self._panel_rows.all()
        return [static_row(one) for one in rows[: -MOST_ROWS - 1 : -1]], len(rows)

    def static_form(self) -> StaticForm | None:
        """Return what stays of it in a saved notebook: see `LumenWidget.static_form`."""
        if not self.static:
            return None
        parts = StaticParts()
        rows, count = self.static_rows()
        parts.add_line("Lumen tasks", format_count(count, "task"), self._account_words(rows))
        add_rows(parts, rows, count)
        return parts.form()

    def _account_words(self, rows: Sequence[StaticRow]) -> str:
        """Return who charges, where one does for all."""
        hosts = {one.host for one in rows} or ({self._host} if self._host is not None else set())
        return host_words(hosts.pop()) if len(hosts) == 1 else ""

    @property
    def unfinished(self) -> bool:
        """Whether any of its tasks or calls is not over, or can still be taken up."""
        return any(row.unfinished for row in self._panel_rows.all())

    def _is_needed(self) -> bool:
        return super()._is_needed() or self.unfinished

    def _show_live(self, task: Task) -> None:
        """Show a task that this process submitted or took up, unless a row has it already."""
        if not any(row.takes(task) for row in self._panel_rows.all()):
            self.add(task)

    def _show_price(self, model: str) -> None:
        """Show the tasks of a model whose price changed with what they cost now."""
        self._session.refresh(self._panel_rows.count_anew(model))


def passing_panel(tasks: Sequence[Task], client: LumenClient) -> TaskPanel:
    """Return a panel for a cell that waits, where a summary of the tasks takes its place."""
    panel = TaskPanel(tasks, client)
    panel.be_passing()
    return panel


def _account_to_name(client: LumenClient | None, *, every: bool) -> Account | None:
    """Return the account to name while there is no row, as far as one was chosen."""
    if client is not None:
        return account_of(client)
    # without a choice, asking which account is in use would start a server
    return current() if every and is_chosen() else None

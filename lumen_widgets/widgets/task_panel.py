"""The live task panel: one row a task, kept in step with the tasks while they run.

Protocol (`task_panel_messages.py`): the browser says *hello* for each view and gets a *snapshot*;
after that *rows* come by themselves, with sequence numbers, and only those that changed; it says
*bye* when a view is gone. It *looks* for the thumbnails of rows that a view shows, and *acts* on a
row; each request has an id and gets an answer with it. Until a view has said hello, a row is
repeated twice after its last change, because a bundle that is still loading hears nothing, and a
kernel that runs a cell cannot be asked. For the same reason the mask of a task that runs comes
along with its row, without anybody looking for it, until a view is there.
"""

from __future__ import annotations

import threading
import time
from itertools import islice
from typing import TYPE_CHECKING, Any

import anywidget
import traitlets

from lumen_widgets.client import live_tasks
from lumen_widgets.client.spending.prices import prices
from lumen_widgets.core.words import strip_controls
from lumen_widgets.notebook import account as accounts
from lumen_widgets.notebook.publisher import publisher
from lumen_widgets.notebook.submission import Submission
from lumen_widgets.widgets.bundles import STATIC
from lumen_widgets.widgets.errands import errands
from lumen_widgets.widgets.task_entry import TaskEntry, host_of, name_of
from lumen_widgets.widgets.task_panel_messages import (
    RowsMessage,
    SnapshotMessage,
    TaskRow,
    Thumbnail,
    ThumbnailsMessage,
)
from lumen_widgets.widgets.task_requests import answer

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from lumen_widgets.client import LumenClient, Task

# seconds after a change at which its row is sent: at once, and again for a view that was loading
_REPEATS = (0.0, 1.0, 4.0)
# masks that come along with rows at once: as many rows as a screen shows; of more, views ask
_MASKS_TOGETHER = 8
# seconds that a retired panel waits for the hello of a view, which a cell that blocks holds back
_LAST_HELLO = 10.0


class TaskPanel(anywidget.AnyWidget):
    """Shows tasks while they run: state in words, elapsed time, and what to do if one fails.

    Parameters
    ----------
    tasks
        Tasks, and submissions that become tasks, in the order in which they were made; the newest
        is shown first. None is every task that this process submits or takes up, now and later.
    client
        Whose account the panel names while it has no row.
    language
        ``"en"``, ``"zh"``, or ``""`` for the browser's own.

    Examples
    --------
    >>> lumen.TaskPanel()  # doctest: +SKIP

    """

    _esm = STATIC / "task_panel.js"
    _css = STATIC / "task_panel.css"

    language = traitlets.Enum(("", "en", "zh"), default_value="").tag(sync=True)
    """The language that the panel speaks: ``"en"``, ``"zh"``, or ``""`` (the default) for the
    browser's own. Written by the user."""

    _host = traitlets.Unicode(None, allow_none=True).tag(sync=True)
    """Who charges, as a row's host says it: a host's name, empty for the sandbox, None (the
    default) while nobody knows. Written once, by the kernel."""

    _rows: traitlets.List[TaskRow] = traitlets.List().tag(
        sync=True, to_json=lambda _, panel: panel.current_rows()
    )
    """Every row, as it is when the browser asks for the widget's state. Written by nobody: what
    changes travels in messages, so that a change costs the same however many rows there are."""

    _toolbar = traitlets.Bool(default_value=False).tag(sync=True)
    """Whether the toolbar is there however few rows there are: False by default, True for a panel
    of every task. Written once, by the kernel."""

    def __init__(
        self,
        tasks: Sequence[Task | Submission] | None = None,
        client: LumenClient | None = None,
        *,
        language: str = "",
    ) -> None:
        self._lock = threading.RLock()
        self._entries: dict[str, TaskEntry] = {}
        self._names: set[tuple[str, str]] = set()
        self._due: dict[str, list[float]] = {}
        # rows whose mask a view has had
        self._masked: set[str] = set()
        self._answers: list[Callable[[], Mapping[str, Any]]] = []
        self._sequence = 0
        self._views: set[str] = set()
        # what browsers asked to be done: a request that arrives twice is done, and paid, once
        self.acts: set[str] = set()
        self._open = self._retired = False
        self._silences: list[Callable[[], None]] = []
        if tasks is None:
            # listening first: a task that comes meanwhile is known twice, and entered once
            self._silences.append(live_tasks.listen(self._heard))
            tasks = live_tasks.known()
            self._every = True
        else:
            self._every = False
        for task in tasks:
            self.add(task)
        account = self._account(client)
        super().__init__(
            language=language,
            _host=None if account is None else host_of(account),
            _toolbar=self._every,
        )
        self.on_msg(self._receive)
        self._open = True
        self._silences.append(prices.listen(self._repriced))
        publisher.mark(self._publish)

    def __repr__(self) -> str:
        """Return the panel in words, for front ends that cannot show it."""
        rows = [f"{row['status']}: {row['prompt'] or row['id']}" for row in self.current_rows()]
        # one line each: a line break in a prompt would make another row of it
        return "\n".join(
            ["Lumen tasks", *(strip_controls(" ".join(row.split())) for row in rows[::-1])]
        )

    def add(self, entry: Task | Submission) -> None:
        """Show another task, or a call that is not a task yet, as the newest row.

        Parameters
        ----------
        entry
            A task that already has a row gets no other one.

        Examples
        --------
        >>> panel.add(client.generate("a red fox"))  # doctest: +SKIP

        """
        self.enter(entry)

    def enter(self, source: Task | Submission) -> str | None:
        """Give a source a row, and return its key; None if it has one already."""
        with self._lock:
            task = source.task if isinstance(source, Submission) else source
            if task is not None and name_of(task) in self._names:
                return None
            key = str(len(self._entries))
            made = TaskEntry(key, source, self._changed)
            self._entries[key] = made
        self._changed(made)
        return key

    def retire(self) -> None:
        """Send the last state of every task, and close once no view shows the panel any more.

        A view that is left is one of a page that was reloaded, which no longer hears of what
        takes the panel's place: there it goes on showing the pictures.
        """
        with self._lock:
            self._retired = True
            # whoever waited for a task may hear of its end before this panel does
            self._due = {key: [time.monotonic()] for key in self._entries}
        self._publish()
        publisher.mark(self._close_if_unseen, after=_LAST_HELLO)

    def close(self) -> None:
        """Stop listening to the tasks, and take the panel from every view."""
        self._open = False
        for silence in self._silences:
            silence()
        for entry in self._all():
            entry.close()
        super().close()

    def reply(self, message: Callable[[], Mapping[str, Any]]) -> None:
        """Have the publisher send what this returns, which is made when it is sent."""
        with self._lock:
            self._answers.append(message)
        publisher.mark(self._send_answers)

    def entry(self, key: str) -> TaskEntry | None:
        """Return what stands behind a row."""
        with self._lock:
            return self._entries.get(key)

    def shows(self, task: Task) -> bool:
        """Say whether a task has a row."""
        with self._lock:
            return name_of(task) in self._names

    def snapshot(self, request: str) -> SnapshotMessage:
        """Return every row, in answer to this request."""
        return SnapshotMessage(
            kind="snapshot", sequence=self._sequence, rows=self.current_rows(), request=request
        )

    def saw(self, view: str, *, there: bool) -> None:
        """Note that a view is there, or gone."""
        with self._lock:
            if there:
                self._views.add(view)
            else:
                self._views.discard(view)
        if not there:
            self._close_if_unseen()

    def _account(self, client: LumenClient | None) -> accounts.Account | None:
        """Return the account to name while there is no row, as far as somebody has said it."""
        if client is not None:
            return accounts.account_of(client)
        # without a choice, asking which account is in use would start a server
        return accounts.current() if self._every and accounts.is_chosen() else None

    def _close_if_unseen(self) -> None:
        with self._lock:
            over = self._retired and not self._views
        if over and self.comm is not None and not self._running():
            self.close()

    def _running(self) -> bool:
        return any(row["running"] for row in self.current_rows())

    def _heard(self, task: Task) -> None:
        """Show a task that this process submitted or took up, unless a row has it already."""
        if not any(entry.takes(task) for entry in self._all()):
            self.add(task)

    def _changed(self, entry: TaskEntry) -> None:
        """Note that a row changed, on whichever thread that happened."""
        now = time.monotonic()
        with self._lock:
            if entry.name is not None and entry.name not in self._names:
                self._names.add(entry.name)
                errands.mark(entry.look_up)
            repeats = _REPEATS[:1] if self._views else _REPEATS
            self._due[entry.key] = [now + delay for delay in repeats]
        if entry.ended:
            errands.mark(entry.draw)
        publisher.mark(self._publish)

    def _repriced(self, model: str) -> None:
        """Show the tasks of a model whose price changed with what they cost now."""
        for entry in self._all():
            if entry.row()["model"] == model:
                self._changed(entry)

    def _publish(self) -> None:
        """Send the rows that are due, from the publisher's thread."""
        if not self._open:
            return
        now = time.monotonic()
        with self._lock:
            ready = [key for key, times in self._due.items() if times[0] <= now]
            for key in ready:
                self._due[key] = [at for at in self._due[key] if at > now]
            self._due = {key: times for key, times in self._due.items() if times}
            upcoming = min((times[0] for times in self._due.values()), default=None)
            self._sequence += 1
            entries = [self._entries[key] for key in ready]
        if entries and self.comm is not None:
            # first, so that no view looks for what is on its way
            self._send_masks(entries)
            rows = [entry.row() for entry in entries]
            self.send(RowsMessage(kind="rows", sequence=self._sequence, rows=rows))
        if upcoming is not None:
            publisher.mark(self._publish, after=upcoming - now)

    def _send_masks(self, entries: Sequence[TaskEntry]) -> None:
        """Send the masks of the newest of these tasks that still run and of which no view knows."""
        new = (
            Thumbnail(key=entry.key, of="mask", data=mask)
            for entry in reversed(entries)
            if not entry.ended and entry.key not in self._masked and (mask := entry.mask)
        )
        masks = list(islice(new, _MASKS_TOGETHER))
        if masks:
            self.send(ThumbnailsMessage(kind="thumbnails", thumbnails=masks, request=""))
        if self._views:
            self._masked.update(mask["key"] for mask in masks)

    def _send_answers(self) -> None:
        """Send what browsers asked for, from the publisher's thread."""
        with self._lock:
            answers, self._answers = self._answers, []
        for message in answers:
            if self.comm is not None:
                self.send(message())

    def _receive(self, _: Any, content: Any, __: Any) -> None:
        answer(self, content)

    def _all(self) -> list[TaskEntry]:
        with self._lock:
            return list(self._entries.values())

    def current_rows(self) -> list[TaskRow]:
        """Return every row as it is now."""
        return [entry.row() for entry in self._all()]

"""The live task panel: one row a task, kept in step with the tasks while they run.

Protocol (`messages.py`): the browser says *hello* for each view and gets a *snapshot*; after that
*rows* come by themselves, with sequence numbers, and only those that changed; it says *bye* when a
view is gone. A row is repeated twice after its last change, because a bundle that is still loading
hears nothing, and a kernel that runs a cell cannot be asked.
"""

from __future__ import annotations

import base64
import threading
import time
from functools import partial
from typing import TYPE_CHECKING, Any

import anywidget
import traitlets

from lumen_widgets.notebook.account import account_of
from lumen_widgets.notebook.publisher import publisher
from lumen_widgets.notebook.status import title_of
from lumen_widgets.widgets.bundles import STATIC
from lumen_widgets.widgets.messages import RowError, RowsMessage, SnapshotMessage, TaskRow

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lumen_widgets.client import LumenClient, Task

# seconds after a change at which its row is sent: at once, and again for a view that was loading
_REPEATS = (0.0, 1.0, 4.0)
# px of a thumbnail's longer side: the most that a widget's saved state may carry of a picture
_THUMBNAIL = 96
# seconds that a retired panel waits for the hello of a view, which a cell that blocks holds back
_LAST_HELLO = 10.0


class TaskPanel(anywidget.AnyWidget):
    """Shows tasks while they run: state in words, elapsed time, and what to do if one fails.

    Parameters
    ----------
    tasks
        The tasks to show, one row each, in this order.
    client
        Whose account the panel names; None is the first task's own.

    Examples
    --------
    >>> first = client.generate("a red fox")  # doctest: +SKIP
    >>> lumen.TaskPanel([first])  # doctest: +SKIP

    """

    _esm = STATIC / "task_panel.js"
    _css = STATIC / "task_panel.css"

    _account = traitlets.Unicode().tag(sync=True)
    """Whose credits are spent, in words for people. Written once, by the kernel."""

    _rows: traitlets.List[TaskRow] = traitlets.List().tag(
        sync=True, to_json=lambda _, panel: panel._all_rows()
    )
    """Every row, as it is when the browser asks for the widget's state. Written by nobody: what
    changes travels in messages, so that a change costs the same however many rows there are."""

    def __init__(self, tasks: Sequence[Task], client: LumenClient | None = None) -> None:
        self._tasks = {str(number): task for number, task in enumerate(tasks)}
        self._lock = threading.Lock()
        self._due: dict[str, list[float]] = {}
        self._sequence = 0
        self._views: set[str] = set()
        self._retired = False
        chosen = client or (tasks[0].client if tasks else None)
        super().__init__(_account=account_of(chosen).name if chosen is not None else "")
        self.on_msg(self._receive)
        self._silence = [
            task.subscribe(partial(self._changed, key)) for key, task in self._tasks.items()
        ]

    def __repr__(self) -> str:
        """Return the panel in words, for front ends that cannot show it."""
        lines = [f"{task.status}: {title_of(task)}" for task in self._tasks.values()]
        return "\n".join(["Lumen tasks", *lines])

    def retire(self) -> None:
        """Send the last state of every task, and close once no view shows the panel any more.

        A view that is left is one of a page that was reloaded, which no longer hears of what
        takes the panel's place: there it goes on showing the pictures.
        """
        with self._lock:
            self._retired = True
            # whoever waited for a task may hear of its end before this panel does
            self._due = {key: [time.monotonic()] for key in self._tasks}
        self._publish()
        publisher.mark(self._close_if_unseen, after=_LAST_HELLO)

    def _close_if_unseen(self) -> None:
        with self._lock:
            over = self._retired and not self._views
        if over and self.comm is not None and all(task.done for task in self._tasks.values()):
            for silence in self._silence:
                silence()
            self.close()

    def _changed(self, key: str, _: Task) -> None:
        now = time.monotonic()
        with self._lock:
            self._due[key] = [now + delay for delay in _REPEATS]
        publisher.mark(self._publish)

    def _publish(self) -> None:
        """Send the rows that are due, from the publisher's thread."""
        now = time.monotonic()
        with self._lock:
            ready = [key for key, times in self._due.items() if times[0] <= now]
            for key in ready:
                self._due[key] = [at for at in self._due[key] if at > now]
            self._due = {key: times for key, times in self._due.items() if times}
            upcoming = min((times[0] for times in self._due.values()), default=None)
            self._sequence += 1
            sequence = self._sequence
        if ready and self.comm is not None:
            rows = [self._row(key) for key in ready]
            self.send(RowsMessage(kind="rows", sequence=sequence, rows=rows))
        if upcoming is not None:
            publisher.mark(self._publish, after=upcoming - now)

    def _receive(self, _: Any, content: Any, __: Any) -> None:
        """Answer a view; what a browser sends is not trusted to be well-formed."""
        if not isinstance(content, dict) or not isinstance(view := content.get("view"), str):
            return
        if content.get("kind") == "hello" and isinstance(content.get("request"), str):
            with self._lock:
                self._views.add(view)
                sequence = self._sequence
            self.send(
                SnapshotMessage(
                    kind="snapshot",
                    sequence=sequence,
                    rows=self._all_rows(),
                    request=content["request"],
                )
            )
        elif content.get("kind") == "bye":
            with self._lock:
                self._views.discard(view)
            self._close_if_unseen()

    def _all_rows(self) -> list[TaskRow]:
        return [self._row(key) for key in self._tasks]

    def _row(self, key: str) -> TaskRow:
        task = self._tasks[key]
        pictures = task.pictures
        return TaskRow(
            key=key,
            id=task.id,
            status=task.status,
            running=not task.done,
            prompt=title_of(task),
            model=task.request.model or "",
            elapsed=task.elapsed,
            arrived=len(pictures),
            thumbnail=_thumbnail(task) if task.done and pictures else None,
            error=(
                RowError(message=task.error.message, next_step=task.error.next_step)
                if task.error is not None
                else None
            ),
        )


def _thumbnail(task: Task) -> str:
    from lumen_widgets.client.pictures import thumbnail

    data, media_type = thumbnail(task.pictures[0], _THUMBNAIL)
    return f"data:{media_type};base64,{base64.b64encode(data).decode()}"

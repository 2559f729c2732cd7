"""The rows of one panel."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from lumen_widgets.core.signal import Signal
from lumen_widgets.notebook.submission import Submission
from lumen_widgets.widgets.task_panel.row import PanelRow, name_of
from lumen_widgets.widgets.work_queue import work_queue

if TYPE_CHECKING:
    from lumen_widgets.client import Task
    from lumen_widgets.widgets.task_panel.messages import TaskRow


class PanelRows:
    """The rows of one panel, oldest first; safe to use from any thread.

    Attributes
    ----------
    changed : Signal
        Tells of each row that is new or changed, on the thread on which that happened. The rows may
        be locked then, so what is connected must not wait for another thread that uses them.

    """

    def __init__(self) -> None:
        self.changed: Signal[PanelRow] = Signal("the rows of a panel")
        # reentrant, since a row that is being made reports its first state
        self._lock = threading.RLock()
        self._rows: dict[str, PanelRow] = {}
        self._names: set[tuple[str, str]] = set()

    def add(self, source: Task | Submission) -> str | None:
        """Make a row of a source, and return its key; None if it has one already."""
        with self._lock:
            task = source.task if isinstance(source, Submission) else source
            if task is not None and self.has(task):
                return None
            key = str(len(self._rows))
            row = PanelRow(key, source, self._report)
            self._rows[key] = row
        self._report(row)
        return key

    def get(self, key: str) -> PanelRow | None:
        """Return the row of a key, if there is one."""
        with self._lock:
            return self._rows.get(key)

    def has(self, task: Task) -> bool:
        """Say whether a task has a row."""
        with self._lock:
            return name_of(task) in self._names

    def all(self) -> list[PanelRow]:
        """Return every row."""
        with self._lock:
            return list(self._rows.values())

    def current(self) -> list[TaskRow]:
        """Return what the panel says of every row now."""
        return [row.current() for row in self.all()]

    def _report(self, row: PanelRow) -> None:
        with self._lock:
            has_new_task = row.name is not None and row.name not in self._names
            if row.name is not None:
                self._names.add(row.name)
        if has_new_task:
            work_queue.run_soon(row.look_up_usual)
        self.changed.send(row)

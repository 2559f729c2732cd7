"""A task panel's messages as a browser sees them, for tests without one."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Any

from tests.conditions import PATIENCE
from tests.widgets.comms import PageComm

if TYPE_CHECKING:
    from collections.abc import Callable

    from lumen_widgets.widgets import TaskPanel
    from lumen_widgets.widgets.task_panel.messages import TaskRow, Totals


class Browser:
    """Stands where the browser is: hears what a panel sends, and asks as a page would."""

    def __init__(self, panel: TaskPanel) -> None:
        self.panel = panel
        self.heard: list[dict[str, Any]] = []
        self._news = threading.Condition()
        self._comm = PageComm(panel)
        self._comm.answer = self._hear

    def ask(self, kind: str, **fields: Any) -> dict[str, Any]:
        """Send a request, and return its answer."""
        request = f"request {len(self.heard)} {time.monotonic()}"
        self.say({"kind": kind, "request": request, **fields})
        answer: dict[str, Any] = self.until(
            lambda: next((m for m in self.heard if m.get("request") == request), {})
        )
        return answer

    def say(self, content: object) -> None:
        """Send a message, whether it will be answered or not."""
        self._comm.say(content)

    def state_rows(self) -> list[TaskRow]:
        """Return the rows that a page gets which opens the panel now: the newest."""
        return list(self.panel.get_state("_rows")["_rows"])

    def totals(self) -> Totals:
        """Return what the panel counts, as a page gets it that opens the panel now."""
        totals: Totals = self.panel.get_state("_totals")["_totals"]
        return totals

    def row(self, key: str = "0") -> dict[str, Any]:
        """Return the newest word about a row."""
        return next(iter(self.rows(key)), {})

    def rows(self, key: str = "0") -> list[dict[str, Any]]:
        """Return all words about a row, the newest first."""
        rows = [row for message in self.heard for row in message.get("rows", ())]
        return [row for row in reversed(rows) if row["key"] == key]

    def until(self, found: Callable[[], Any]) -> Any:
        """Wait until something is there, and return it."""
        with self._news:
            there = self._news.wait_for(found, PATIENCE)
            assert there, self.heard
        return there

    def state(self, key: str, status: str) -> dict[str, Any]:
        """Wait until a row stood as told, and return it: by now it may stand otherwise."""
        row: dict[str, Any] = self.until(
            lambda: next((row for row in self.rows(key) if row["status"] == status), {})
        )
        return row

    def ended(self, key: str) -> dict[str, Any]:
        """Wait until a row's task has ended and its pictures are here, and return it."""
        row: dict[str, Any] = self.until(
            lambda: {} if self.row(key).get("running", True) else self.row(key)
        )
        return row

    def _hear(self, message: dict[str, Any]) -> None:
        with self._news:
            self.heard.append(message)
            self._news.notify_all()

"""What a task panel costs with few rows and with many: bytes for one change, rows in the page."""

from __future__ import annotations

import json
from contextlib import suppress
from queue import Empty, Queue
from statistics import median
from typing import TYPE_CHECKING

from playwright.sync_api import sync_playwright

from lumen_widgets.client import Task
from lumen_widgets.core.request import Request
from lumen_widgets.core.task import TaskState
from lumen_widgets.widgets import TaskPanel
from lumen_widgets.widgets.bundles import STATIC
from tests import chromium
from tests.bench.table import Table
from tests.widgets.comms import PageComm

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from playwright.sync_api import Page

    from lumen_widgets.widgets.task_panel.messages import TaskRow

_COUNTS = (10, 1_000)
_MORE_COUNTS = (10, 100, 1_000, 10_000)
# the bundle in an empty page, with a model that has rows and no kernel
_SHOW = """async ([source, rows]) => {
  const url = URL.createObjectURL(new Blob([source], { type: "text/javascript" }));
  const widget = (await import(url)).default();
  const traits = { language: "en", _host: "", _rows: rows, _toolbar: true };
  const model = { get: (name) => traits[name], on() {}, off() {}, send() {} };
  const el = document.body;
  const { signal } = new AbortController();
  const began = performance.now();
  await widget.initialize({ model, signal });
  await widget.render({ model, el, signal });
  return performance.now() - began;
}"""
_SCROLLER = ".lumen-tasks-list"
_ROWS = f"""() => {{
  const screen = document.querySelector("{_SCROLLER}").getBoundingClientRect();
  const rows = [...document.querySelectorAll(".lumen-task")];
  const boxes = rows.map((row) => row.getBoundingClientRect());
  const seen = boxes.filter((box) => box.bottom > screen.top && box.top < screen.bottom);
  return [rows.length, seen.length];
}}"""
# seconds: a row that changes before a view is there is sent again after 1 and 4 seconds
_QUIET = 5.0
# where a list is looked at, in parts of its length
_PLACES = (0.0, 0.25, 0.5, 0.75, 1.0)


def measure(*, full: bool) -> Table:
    """Measure panels of several lengths."""
    table = Table(
        ("tasks", "bytes a change", "rows in the page, most", "of them on screen", "shown in, ms")
    )
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium.get(), args=list(chromium.FLAGS)
        )
        for count in _MORE_COUNTS if full else _COUNTS:
            tasks = _tasks(count)
            panel = TaskPanel(list(tasks))
            page = browser.new_page(viewport={"width": 900, "height": 900})
            milliseconds = show(page, panel.get_state("_rows")["_rows"])
            rows, seen = most_rows(page)
            table.add(count, median(_bytes_of_changes(panel, tasks)), rows, seen, milliseconds)
            page.close()
            panel.close()
        browser.close()
    return table


def show(page: Page, rows: Sequence[TaskRow]) -> float:
    """Show a panel of these rows in a page without a kernel; return the milliseconds it took."""
    page.set_content("<!doctype html><title>Tasks</title><body></body>")
    page.add_style_tag(content=(STATIC / "task_panel.css").read_text(encoding="utf-8"))
    source = (STATIC / "task_panel.js").read_text(encoding="utf-8")
    return float(page.evaluate(_SHOW, [source, list(rows)]))


def most_rows(page: Page) -> tuple[int, int]:
    """Scroll through a panel; return the most rows in the page, and those on screen then."""
    found: list[tuple[int, int]] = []
    for place in _PLACES:
        page.eval_on_selector(
            _SCROLLER, "(el, place) => { el.scrollTop = place * el.scrollHeight; }", place
        )
        # two frames: one scrolls, one has laid out
        page.evaluate("() => new Promise((r) => requestAnimationFrame(() => setTimeout(r, 0)))")
        rows, seen = page.evaluate(_ROWS)
        found.append((rows, seen))
    return max(found)


def _tasks(count: int) -> dict[Task, TaskState]:
    """Return tasks that no client follows, with what is known of them."""
    states = (
        TaskState(
            f"task-{number:06d}",
            Request("generations", {"prompt": f"a lighthouse, number {number}", "model": "m"}),
            origin="http://127.0.0.1:9",
            status="queued",
        )
        for number in range(count)
    )
    return {Task(state): state for state in states}


def _bytes_of_changes(panel: TaskPanel, states: Mapping[Task, TaskState]) -> list[int]:
    """Return the bytes that one task's change sends, for tasks at the ends and in the middle."""
    comm = PageComm(panel)
    arrived: Queue[int] = Queue()
    comm.answer = lambda message: arrived.put(len(json.dumps(message).encode()))
    comm.say({"kind": "hello", "request": "bench", "view": "bench"})
    _until_quiet(arrived)
    sizes = []
    tasks = list(states)
    for task in (tasks[0], tasks[len(tasks) // 2], tasks[-1]):
        states[task].set_status("processing")
        states[task].signal.send(task)
        sizes.append(sum(_until_quiet(arrived)))
    return sizes


def _until_quiet(arrived: Queue[int]) -> list[int]:
    """Return what arrives until nothing has for longer than the pause between two repeats."""
    sizes = []
    with suppress(Empty):
        while True:
            sizes.append(arrived.get(timeout=_QUIET))
    return sizes

"""What a task panel costs with few rows and with many: its state, a change, rows in the page."""

from __future__ import annotations

import json
from contextlib import suppress
from queue import Empty, Queue
from statistics import median
from typing import TYPE_CHECKING, Any

from playwright.sync_api import sync_playwright

from lumen_widgets.client import Task
from lumen_widgets.core.request import Request
from lumen_widgets.core.task import TaskState
from lumen_widgets.notebook.account import accounts
from lumen_widgets.widgets import TaskPanel
from lumen_widgets.widgets.bundles import STATIC
from tests import chromium
from tests.bench import summary
from tests.bench.table import Table
from tests.staged import use_offline_account
from tests.widgets.comms import PageComm

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from playwright.sync_api import Page

    from lumen_widgets.widgets.task_panel.messages import TaskRow, Totals

_COUNTS = (10, 1_000)
_MORE_COUNTS = (10, 100, 1_000, 10_000)
# the bundle in an empty page, with a model whose kernel only answers which rows it has
_SHOW = """async ([source, rows, totals, all]) => {
  const url = URL.createObjectURL(new Blob([source], { type: "text/javascript" }));
  const widget = (await import(url)).default();
  const traits = { language: "en", _host: "", _rows: rows, _totals: totals, _toolbar: true };
  let deliver = () => {};
  const answer = ({ keys, request }) => deliver({
    kind: "snapshot", sequence: 0, rows: keys.map((key) => all[key]), more: false, totals, request,
  });
  const model = {
    get: (name) => traits[name],
    on: (event, listener) => { if (event === "msg:custom") deliver = listener; },
    off() {},
    send: (message) => { if (message.kind === "read") setTimeout(answer, 0, message); },
  };
  const el = document.body;
  const { signal } = new AbortController();
  const began = performance.now();
  await widget.initialize({ model, signal });
  await widget.render({ model, el, signal });
  return performance.now() - began;
}"""
# traits that hold the bundle itself, which is the same for any number of tasks
_BUNDLE = {"_esm", "_css"}
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
        (
            "tasks",
            "state a page, kB",
            "a saved notebook with it, kB",
            "answer to a view's hello, kB",
            "bytes a change",
            "rows in the page, most",
            "of them on screen",
            "shown in, ms",
        )
    )
    # tasks without a client of their own are this account's, and its service is never asked
    use_offline_account()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium.get(), args=list(chromium.FLAGS)
        )
        for count in _MORE_COUNTS if full else _COUNTS:
            tasks = _tasks(count)
            panel = TaskPanel(list(tasks))
            state = panel.get_state()
            told = _state_bytes(state) / 1000
            comm = PageComm(panel)
            page = browser.new_page(viewport={"width": 900, "height": 900})
            milliseconds = show(page, state["_rows"], state["_totals"], _all_rows(comm, count))
            rows, seen = most_rows(page)
            hello, change = _bytes_of_messages(comm, tasks)
            saved = _saved_bytes(panel, state) / 1000
            table.add(count, told, saved, hello / 1000, change, rows, seen, milliseconds)
            summary.note("panel", f"panel of {count:,} tasks: state a page", f"{told:,.0f} kB")
            page.close()
            panel.close()
        browser.close()
    accounts.forget()
    return table


def show(
    page: Page, rows: Sequence[TaskRow], totals: Totals, every: Sequence[Mapping[str, Any]]
) -> float:
    """Show a panel that knows these rows of all, in a page; return the milliseconds it took."""
    page.set_content("<!doctype html><title>Tasks</title><body></body>")
    page.add_style_tag(content=(STATIC / "task_panel.css").read_text(encoding="utf-8"))
    source = (STATIC / "task_panel.js").read_text(encoding="utf-8")
    return float(page.evaluate(_SHOW, [source, list(rows), totals, list(every)]))


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


def _state_bytes(state: Mapping[str, Any]) -> int:
    """Return what each page gets when it shows the panel, but for the bundle."""
    return _bytes({name: state[name] for name in state if name not in _BUNDLE})


def _saved_bytes(panel: TaskPanel, state: Mapping[str, Any]) -> int:
    """Return what the panel adds to a notebook that is saved with its widgets, bundle included."""
    saved = {"metadata": {"widgets": {"state": {panel.model_id: {"state": state}}}}}
    return len(json.dumps(saved, ensure_ascii=False, indent=1).encode())


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


def _bytes(told: object) -> int:
    """Return the bytes of what travels."""
    return len(json.dumps(told, ensure_ascii=False).encode())


def _all_rows(comm: PageComm, count: int) -> list[dict[str, Any]]:
    """Return every row, as a page would read it."""
    rows: list[dict[str, Any]] = []
    arrived: Queue[dict[str, Any]] = Queue()
    comm.answer = arrived.put
    while len(rows) < count:
        keys = [str(key) for key in range(len(rows), min(len(rows) + 200, count))]
        comm.say({"kind": "read", "request": "bench", "keys": keys})
        while (message := arrived.get(timeout=_QUIET)).get("request") != "bench":
            pass
        rows += message["rows"]
    return rows


def _bytes_of_messages(comm: PageComm, states: Mapping[Task, TaskState]) -> tuple[int, float]:
    """Return the bytes of a hello's answer, and of one task's change: first, middle and last."""
    arrived: Queue[dict[str, Any]] = Queue()
    comm.answer = arrived.put
    comm.say({"kind": "hello", "request": "bench", "view": "bench"})
    (hello,) = (one for one in _until_quiet(arrived) if one.get("request") == "bench")
    sizes = []
    tasks = list(states)
    for task in (tasks[0], tasks[len(tasks) // 2], tasks[-1]):
        states[task].set_status("processing")
        states[task].signal.send(task)
        sizes.append(sum(_bytes(message) for message in _until_quiet(arrived)))
    return _bytes(hello), median(sizes)


def _until_quiet(arrived: Queue[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return what arrives until nothing has for longer than the pause between two repeats."""
    messages = []
    with suppress(Empty):
        while True:
            messages.append(arrived.get(timeout=_QUIET))
    return messages

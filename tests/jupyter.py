"""JupyterLab under test: notebooks opened, run and saved in a real browser.

Nothing here sleeps. Commands are started in the page without waiting for them, because a promise
that a dialog holds back would hang the test; then the page is asked until its state says so.
"""

from __future__ import annotations

import itertools
import json
import shutil
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import quote, urlsplit

import psutil

from tests.conditions import PATIENCE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from playwright.sync_api import Browser, BrowserContext, Locator, Page

    from tests.lab_server import LabServer

# the longest that one step of a test may take, in milliseconds as Playwright counts
STEP_MS = 1000 * PATIENCE
# how often a condition is asked for; by default it is asked at every frame, and a page that is not
# in front draws none
_POLL_MS = 50.0
# of its memory a page gives back only a part when a notebook is closed
_NOTEBOOKS_A_PAGE = 15
_LOOPBACK = {"127.0.0.1", "localhost", "::1"}

# whether the notebook in front can run cells: earlier, a "Select Kernel" dialog would open instead
_READY = """() => {
  const panel = window.jupyterapp?.shell?.currentWidget;
  const session = panel?.context?.sessionContext;
  return Boolean(panel?.content?.widgets?.length && panel.context.isReady && session?.isReady
    && session.session?.kernel?.status === "idle");
}"""
# starts something and notes under its number how it ended
_START = """([name, value, run]) => {
  const app = window.jupyterapp;
  const panel = app.shell.currentWidget;
  const session = panel?.context?.sessionContext;
  const commands = {
    "open": () => app.commands.execute("docmanager:open", { path: value, factory: "Notebook" }),
    "run-cell": () => {
      panel.content.activeCellIndex = value;
      panel.content.deselectAll();
      return app.commands.execute("notebook:run-cell");
    },
    "run-all": () => app.commands.execute("notebook:run-all-cells"),
    "save": () => panel.context.save(),
    "view-output": () => {
      panel.content.activeCellIndex = value;
      return app.commands.execute("notebook:create-output-view");
    },
    "restart": () => session.restartKernel(),
    "interrupt": () => session.session.kernel.interrupt(),
    "theme": () => app.commands.execute("apputils:change-theme", { theme: value }),
  };
  window.lumenRuns ??= {};
  window.lumenRuns[run] = "running";
  commands[name]().then(
    () => { window.lumenRuns[run] = "done"; },
    (error) => { window.lumenRuns[run] = `failed: ${error}`; },
  );
}"""
_STATE = "(run) => window.lumenRuns[run]"
_ENDED = "(run) => window.lumenRuns[run] !== 'running'"
_SET_SOURCE = """([index, source]) => window.jupyterapp.shell.currentWidget.content
  .widgets[index].model.sharedModel.setSource(source)"""
_COUNT = "() => window.jupyterapp.shell.currentWidget.content.widgets.length"
# Notes which messages of the page the kernel has not dealt with: JupyterLab counts those of cells
# alone, and kernels deal with those of widgets on another thread.
_FOLLOW = """() => {
  const { kernel } = window.jupyterapp.shell.currentWidget.context.sessionContext.session;
  if (window.lumenFollowed?.kernel === kernel) return;
  const unanswered = new Set();
  window.lumenFollowed = { kernel, unanswered };
  kernel.anyMessage.connect((_, { msg, direction }) => {
    if (direction === "send" && msg.channel === "shell") unanswered.add(msg.header.msg_id);
  });
  // what a widget held back until this answer has been sent by now, and is waited for in turn
  kernel.iopubMessage.connect((_, { header, content, parent_header }) => {
    if (header.msg_type === "status" && content.execution_state === "idle")
      unanswered.delete(parent_header.msg_id);
  });
  kernel.statusChanged.connect((_, status) => {
    if (["restarting", "autorestarting", "dead"].includes(status)) unanswered.clear();
  });
}"""
_ALL_ENDED = """() => {
  const session = window.jupyterapp.shell.currentWidget.context.sessionContext.session;
  return session?.kernel?.status === "idle"
    && Object.values(window.lumenRuns ?? {}).every((state) => state !== "running")
    && window.lumenFollowed.unanswered.size === 0;
}"""
_OUTPUTS = """(index) => window.jupyterapp.shell.currentWidget.content.widgets[index]
  .model.outputs.toJSON()"""
_PRINTS = f"(index) => ({_OUTPUTS})(index).length > 0"
# leaves JupyterLab as a page without a notebook has it; a notebook's own kernel is ended apart
_EMPTY = """() => {
  for (const widget of [...window.jupyterapp.shell.widgets("main")]) {
    if (widget.context) widget.dispose();
  }
  window.lumenRuns = {};
  sessionStorage.clear();
  document.activeElement?.blur();
}"""
_BUSY = """import pathlib, time
print("busy", flush=True)
while not pathlib.Path({!r}).exists():
    time.sleep(0.05)"""
# JupyterLab puts no place in a cell's markup, so each cell is marked with its own
_MARK = """() => window.jupyterapp.shell.currentWidget.content.widgets
  .forEach((cell, index) => { cell.node.dataset.lumenCell = String(index); })"""


def new_context(browser: Browser, **options: Any) -> BrowserContext:
    """Open a context in whose pages each step, and each `expect`, has `STEP_MS`."""
    from playwright.sync_api import expect

    # otherwise five seconds, in which a busy machine may not even have started a kernel
    expect.set_options(timeout=STEP_MS)
    context = browser.new_context(locale="en-US", **options)
    context.set_default_timeout(STEP_MS)
    return context


@dataclass
class EmptyPage:
    """JupyterLab in a page, its notebooks closed: the next one opens in a sixth of the time."""

    page: Page
    notebooks: int


class Lab:
    """JupyterLab in a browser, for one test.

    Attributes
    ----------
    server
        The server behind it, shared by the whole run.
    pages
        The notebooks that this test opened.

    """

    _numbers = itertools.count(1)

    def __init__(
        self, server: LabServer, browser: Browser, empty: dict[float, EmptyPage] | None = None
    ) -> None:
        self.server = server
        self.pages: list[NotebookPage] = []
        self._browser = browser
        self._empty = {} if empty is None else empty
        # the pages that a later test may have, by the device pixels of a CSS pixel
        self._kept: dict[float, EmptyPage] = {}

    def open(
        self,
        notebook: Path | Sequence[str],
        *,
        theme: Literal["light", "dark"] = "light",
        width: int = 1280,
        height: int = 900,
        kernel: str = "python3",
        ratio: float = 1,
        own_page: bool = False,
    ) -> NotebookPage:
        """Open a notebook with a fresh kernel and wait until it can run cells.

        Parameters
        ----------
        notebook
            A file, of which a copy is opened, or the code of each cell.
        theme
            JupyterLab's theme.
        width, height
            The page's size in CSS pixels.
        kernel
            Name of the kernel, where the code of cells is given.
        ratio
            Device pixels of a CSS pixel, as on a dense screen.
        own_page
            Load JupyterLab anew, and let no other test have this page: what the test does to it
            does not end with the notebook. A test's second notebook has a page of its own too.

        """
        number = next(self._numbers)
        file = self.server.root / f"{number}" / "notebook.ipynb"
        file.parent.mkdir()
        if isinstance(notebook, Path):
            file = file.with_name(notebook.name)
            shutil.copyfile(notebook, file)
        else:
            file.write_text(json.dumps(_notebook(notebook, kernel)), encoding="utf-8")
        place = file.relative_to(self.server.root).as_posix()
        empty = None if own_page else self._empty.pop(ratio, None)
        if empty is None:
            page = new_context(self._browser, device_scale_factor=ratio).new_page()
        else:
            page = empty.page
        page.set_viewport_size({"width": width, "height": height})
        opened = NotebookPage(page, file)
        self.pages.append(opened)
        if empty is None:
            # a workspace of its own: a shared one brings back the tabs of another page
            workspace = f"{self.server.url}/lab/workspaces/test-{number}"
            page.goto(f"{workspace}/tree/{quote(place)}?token={self.server.token}")
        else:
            opened.open(place)
        opened.wait_ready()
        opened.loads = 0
        opened.set_theme(theme)
        if not own_page and ratio not in self._kept:
            self._kept[ratio] = EmptyPage(page, 1 + (empty.notebooks if empty else 0))
        return opened

    def close(self, *, keep: bool = False) -> None:
        """Close the notebooks of this test, end their kernels, and undo what they set.

        With `keep`, a page that has opened few notebooks is there for the next test.
        """
        kept = {one.page: ratio for ratio, one in self._kept.items()} if keep else {}
        for opened in self.pages:
            page = opened.let_go()
            ratio = kept.get(page)
            # one that was loaded anew may bring a notebook of this test back later
            if ratio is None or opened.loads or self._kept[ratio].notebooks == _NOTEBOOKS_A_PAGE:
                page.context.close()
            else:
                page.evaluate(_EMPTY)
                self._empty[ratio] = self._kept[ratio]
        for session in self.server.api("GET", "sessions"):
            self.server.api("DELETE", f"sessions/{session['id']}")
        self.server.reset_sandbox()


def _notebook(sources: Sequence[str], kernel: str) -> dict[str, Any]:
    """Return a notebook of these code cells, as nbformat 4.5 describes it."""
    cells: list[dict[str, Any]] = [
        {
            "cell_type": "code",
            "id": f"cell-{index}",
            "source": source,
            "metadata": {},
            "outputs": [],
            "execution_count": None,
        }
        for index, source in enumerate(sources)
    ]
    specification = {"name": kernel, "display_name": kernel, "language": "python"}
    return {
        "nbformat": 4,
        "nbformat_minor": 5,
        "metadata": {"kernelspec": specification, "language_info": {"name": "python"}},
        "cells": cells,
    }


class NotebookPage:
    """One notebook open in JupyterLab.

    Attributes
    ----------
    page
        Playwright's page.
    file
        The notebook on disk.
    errors
        What the page's scripts threw and nobody caught.
    strangers
        Addresses beyond this machine that the page asked for; none of them was reached.

    """

    def __init__(self, page: Page, file: Path) -> None:
        self.page = page
        self.file = file
        self.errors: list[str] = []
        # how often JupyterLab was loaded since this began
        self.loads = 0
        self.strangers: list[str] = []
        self._runs = itertools.count(1)
        self._last: dict[int, int] = {}
        self._listeners: dict[Any, Callable[..., None]] = {
            "load": lambda _: self._count_load(),
            "pageerror": lambda error: self.errors.append(str(error)),
            "request": lambda request: self._notice(request.url),
            "websocket": lambda socket: self._notice(socket.url),
        }
        for event, listener in self._listeners.items():
            page.on(event, listener)

    def _count_load(self) -> None:
        self.loads += 1

    def let_go(self) -> Page:
        """Listen to the page no more, and return it."""
        for event, listener in self._listeners.items():
            self.page.remove_listener(event, listener)
        return self.page

    def open(self, place: str) -> None:
        """Open a file of the server's in this page, where JupyterLab has no notebook open."""
        self._finish("open", place)

    def run_cell(self, index: int, *, wait: bool = True) -> None:
        """Run the cell at a place (from 0), and wait until it has ended unless told not to."""
        self._last[index] = self._start("run-cell", index)
        if wait:
            self._wait(_ENDED, self._last[index])

    def run_all(self, *, wait: bool = True) -> None:
        """Run every cell from the top, and wait until all have ended unless told not to."""
        run = self._start("run-all")
        self._last = dict.fromkeys(range(self.page.evaluate(_COUNT)), run)
        if wait:
            self._wait(_ENDED, run)

    def execution_done(self, index: int) -> bool:
        """Tell whether the last run of a cell has ended, well or not."""
        return bool(self.page.evaluate(_ENDED, self._last[index]))

    def wait_done(self, index: int) -> None:
        """Wait until the last run of a cell has ended, well or not."""
        self._wait(_ENDED, self._last[index])

    def wait_idle(self) -> None:
        """Wait until everything that was started has ended and the kernel is idle.

        It has then also dealt with all that the page's widgets had sent. Not with what they hold
        back, such as a text that is still being typed.
        """
        self._wait(_ALL_ENDED)

    @contextmanager
    def busy(self, index: int) -> Iterator[None]:
        """Have a cell (from 0), whose code is replaced, keep the kernel busy during the block.

        The kernel may deal with a widget's message meanwhile, on another thread, or may not: that
        is not the same each time even with one version.
        """
        go_on = self.file.with_name(f"go-on-{next(self._runs)}")
        self.set_source(index, _BUSY.format(str(go_on)))
        self.run_cell(index, wait=False)
        self._wait(_PRINTS, index)
        yield
        assert not self.execution_done(index), "the kernel was to be busy all the while"
        go_on.touch()
        self.wait_done(index)

    @contextmanager
    def deaf(self, index: int) -> Iterator[None]:
        """Have the kernel deal with no message at all during the block.

        As in a long call of native code. The page may be loaded anew in the block, or the kernel
        restarted. A cell (from 0) is used to find the kernel's process.
        """
        kernel = psutil.Process(int(self.ask(index, "__import__('os').getpid()")))
        kernel.suspend()
        try:
            yield
        finally:
            # it is gone where another one was started in its place
            with suppress(psutil.NoSuchProcess):
                kernel.resume()

    def printed(self, index: int) -> str:
        """Return what the last run of a cell printed, all of it, as the notebook holds it.

        On the screen it may come later, and in parts.
        """
        outputs: list[dict[str, Any]] = self.page.evaluate(_OUTPUTS, index)
        errors = [one["evalue"] for one in outputs if one["output_type"] == "error"]
        assert errors == [], f"cell {index} raised an error"
        texts = (one["text"] for one in outputs if one["output_type"] == "stream")
        return "".join("".join(text) for text in texts).strip()

    def ask(self, index: int, expression: str) -> str:
        """Print an expression in a cell, once the kernel knows all that the page did."""
        self.wait_idle()
        self.set_source(index, f"print({expression})")
        self.run_cell(index)
        return self.printed(index)

    def wait_value(self, index: int, expression: str, expected: str) -> None:
        """Print an expression in a cell again and again, until it is as expected.

        For what the kernel's own threads bring, and for what the page holds back for a moment.
        """
        deadline = monotonic() + PATIENCE
        while (found := self.ask(index, expression)) != expected:
            assert monotonic() < deadline, f"{expression} is {found}, not {expected}"

    def cell(self, index: int) -> Locator:
        """Return the cell at a place (from 0)."""
        self.page.evaluate(_MARK)
        return self.page.locator(f'[data-lumen-cell="{index}"]')

    def cell_output(self, index: int) -> Locator:
        """Return the output area of the cell at a place (from 0)."""
        return self.cell(index).locator(".jp-Cell-outputArea")

    def set_source(self, index: int, source: str) -> None:
        """Replace what the cell at a place (from 0) says."""
        self.page.evaluate(_SET_SOURCE, [index, source])

    def save(self) -> dict[str, Any]:
        """Save the notebook and return what is then in its file."""
        self._finish("save")
        saved: dict[str, Any] = json.loads(self.file.read_text(encoding="utf-8"))
        return saved

    def view_output(self, index: int) -> Locator:
        """Open the output of a cell (from 0) in a tab beside the notebook, as the menu does."""
        self._start("view-output", index)
        view = self.page.locator(".jp-LinkedOutputView")
        view.wait_for()
        return view

    def restart_kernel(self) -> None:
        """Give the notebook a new kernel, as the menu does, and wait until it is idle."""
        self._finish("restart")
        self.wait_ready()

    def interrupt(self) -> None:
        """Interrupt the kernel, as the stop button does; what it runs may take time to end."""
        self._finish("interrupt")

    def set_theme(self, theme: Literal["light", "dark"]) -> None:
        """Change JupyterLab's theme and wait until the page has it."""
        light = "true" if theme == "light" else "false"
        body = self.page.locator(f'body[data-jp-theme-light="{light}"]')
        if body.count() == 0:
            self._finish("theme", f"JupyterLab {theme.title()}")
            body.wait_for(state="attached")

    def screenshot(self, path: Path) -> None:
        """Save a picture of the page as PNG."""
        self.page.screenshot(path=path)

    def reload(self, index: int, widget: str) -> None:
        """Load the page anew, and wait until a cell (from 0) shows the widget of a CSS selector."""
        self.page.reload()
        self.wait_widget(index, widget)

    def wait_widget(self, index: int, widget: str) -> None:
        """Wait until a page that was loaded shows the widget of a CSS selector in a cell (from 0).

        ipywidgets gives a kernel four seconds to say which widgets there are, and then shows none
        until the page is loaded once more: what a user of a busy machine does too.
        """
        missing = self.page.get_by_text("Error displaying widget: model not found")
        deadline = monotonic() + PATIENCE
        while True:
            self.wait_ready()
            shown = self.cell_output(index).locator(widget)
            shown.or_(missing).first.wait_for()
            if shown.is_visible():
                return
            assert monotonic() < deadline, "The page has shown no widget, however often loaded."
            self.page.reload()

    def wait_ready(self) -> None:
        """Wait until the notebook can run cells."""
        self._wait(_READY)
        self.page.evaluate(_FOLLOW)

    def _start(self, name: str, value: int | str | None = None) -> int:
        run = next(self._runs)
        self.page.evaluate(_START, [name, value, run])
        return run

    def _finish(self, name: str, value: str | None = None) -> None:
        run = self._start(name, value)
        self._wait(_ENDED, run)
        state = self.page.evaluate(_STATE, run)
        assert state == "done", f"JupyterLab could not {name}: {state}"

    def _wait(self, condition: str, value: int | None = None) -> None:
        self.page.wait_for_function(condition, arg=value, polling=_POLL_MS, timeout=STEP_MS)

    def _notice(self, url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme in {"http", "https", "ws", "wss"} and parts.hostname not in _LOOPBACK:
            self.strangers.append(url)

"""JupyterLab under test: notebooks opened, run and saved in a real browser.

Nothing here sleeps. Commands are started in the page without waiting for them, because a promise
that a dialog holds back would hang the test; then the page is asked until its state says so.
"""

from __future__ import annotations

import itertools
import json
import shutil
from contextlib import contextmanager
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import quote, urlsplit

import psutil

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from playwright.sync_api import Browser, BrowserContext, Locator, Page

    from tests.lab_server import LabServer

# the longest that one step of a test may take, in milliseconds as Playwright counts: opening the
# first notebook on a busy two-core machine took 24 s
STEP_MS = 90_000.0
# how often a condition is asked for; by default it is asked at every frame, and a page that is not
# in front draws none
_POLL_MS = 50.0
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
  const session = panel.context.sessionContext;
  const commands = {
    "run-cell": () => {
      panel.content.activeCellIndex = value;
      panel.content.deselectAll();
      return app.commands.execute("notebook:run-cell");
    },
    "run-all": () => app.commands.execute("notebook:run-all-cells"),
    "save": () => panel.context.save(),
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
# says the kernel's process
_BUSY = """import os, pathlib, time
print(os.getpid(), flush=True)
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

    def __init__(self, server: LabServer, browser: Browser) -> None:
        self.server = server
        self.pages: list[NotebookPage] = []
        self._browser = browser
        self._contexts: dict[float, BrowserContext] = {}

    def open(
        self,
        notebook: Path | Sequence[str],
        *,
        theme: Literal["light", "dark"] = "light",
        width: int = 1280,
        height: int = 900,
        kernel: str = "python3",
        ratio: float = 1,
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

        """
        number = next(self._numbers)
        file = self.server.root / f"{number}" / "notebook.ipynb"
        file.parent.mkdir()
        if isinstance(notebook, Path):
            file = file.with_name(notebook.name)
            shutil.copyfile(notebook, file)
        else:
            file.write_text(json.dumps(_notebook(notebook, kernel)), encoding="utf-8")
        page = self._context(ratio).new_page()
        page.set_viewport_size({"width": width, "height": height})
        opened = NotebookPage(page, file)
        self.pages.append(opened)
        # a workspace of its own: a shared one brings back the tabs of the test before
        place = quote(file.relative_to(self.server.root).as_posix())
        page.goto(
            f"{self.server.url}/lab/workspaces/test-{number}/tree/{place}?token={self.server.token}"
        )
        opened.wait_ready()
        opened.set_theme(theme)
        return opened

    def _context(self, ratio: float) -> BrowserContext:
        if ratio not in self._contexts:
            self._contexts[ratio] = new_context(self._browser, device_scale_factor=ratio)
        return self._contexts[ratio]

    def close(self) -> None:
        """Close the notebooks of this test, end their kernels, and undo what they set."""
        for context in self._contexts.values():
            context.close()
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
        self.strangers: list[str] = []
        self._runs = itertools.count(1)
        self._last: dict[int, int] = {}
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("request", lambda request: self._notice(request.url))
        page.on("websocket", lambda socket: self._notice(socket.url))

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
    def busy(self, index: int, *, deaf: bool = False) -> Iterator[None]:
        """Have a cell keep the kernel busy for as long as the block lasts.

        Parameters
        ----------
        index
            The cell, whose code is replaced.
        deaf
            Whether the kernel deals with no widget's message meanwhile, as in a long call of
            native code. Otherwise it may, on another thread, or may not: that is not the same each
            time even with one version.

        """
        go_on = self.file.with_name(f"go-on-{next(self._runs)}")
        self.set_source(index, _BUSY.format(str(go_on)))
        self.run_cell(index, wait=False)
        self._wait(_PRINTS, index)
        kernel = psutil.Process(int(self.printed(index)))
        if deaf:
            kernel.suspend()
        try:
            yield
        finally:
            kernel.resume()
        assert not self.execution_done(index), "the kernel was to be busy all the while"
        go_on.touch()
        self.wait_done(index)

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
        deadline = monotonic() + STEP_MS / 1000
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

    def restart_kernel(self) -> None:
        """Give the notebook a new kernel, as the menu does, and wait until it is idle."""
        self._finish("restart")
        self.wait_ready()

    def interrupt(self) -> None:
        """Interrupt the kernel, as the stop button does; what it runs may take time to end."""
        self._finish("interrupt")

    def set_theme(self, theme: Literal["light", "dark"]) -> None:
        """Change JupyterLab's theme and wait until the page has it."""
        self._finish("theme", f"JupyterLab {theme.title()}")
        light = "true" if theme == "light" else "false"
        self.page.locator(f'body[data-jp-theme-light="{light}"]').wait_for(state="attached")

    def screenshot(self, path: Path) -> None:
        """Save a picture of the page as PNG."""
        self.page.screenshot(path=path)

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

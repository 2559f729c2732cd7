"""Makes pictures of the first notebook in JupyterLab, for people to look at and for README.

``python -m tests.tools.screenshots FOLDER`` writes them; ``--readme`` also renews README's own.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from playwright.sync_api import expect, sync_playwright

from tests import chromium
from tests.jupyter import Lab
from tests.lab_server import LabServer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.jupyter import NotebookPage

_ROOT = Path(__file__).parents[2]
_NOTEBOOK = _ROOT / "notebooks" / "01_pictures_from_a_prompt.ipynb"
_README = _ROOT / ".github" / "images" / "first-cell.png"
_THEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
_WIDTHS = (360, 800, 1400)
# what a cell looks like while it runs, in every state that a panel can show, and when it fails
_STATES = [
    (
        'import lumen_widgets as lumen\nlumen.use("sandbox")\n'
        "_ = lumen.sandbox.settings(latency=(6, 6))"
    ),
    'lumen.generate("a lighthouse by the sea at sunset, oil painting", n=2, wait=False)',
    'lumen.generate("a fox", model="sandbox-always-fails")',
    'lumen.generate("a fox", n=9)',
]


def _pages(lab: Lab) -> Iterator[tuple[str, NotebookPage]]:
    """Open the notebook in each theme and width, with its first cells run."""
    for theme in _THEMES:
        for width in _WIDTHS:
            notebook = lab.open(_NOTEBOOK, theme=theme, width=width, height=1100)
            if width < 1000:
                notebook.page.evaluate("() => window.jupyterapp.shell.collapseLeft()")
            notebook.run_cell(1)
            notebook.run_cell(3)
            expect(notebook.cell_output(3).locator("img")).to_have_count(2)
            yield f"first-{theme}-{width}", notebook


def make(folder: Path, *, readme: bool) -> None:
    """Write the pictures into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    home = Path(tempfile.mkdtemp(prefix="lumen-screenshots-"))
    with LabServer(home) as server, sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium.get(), args=list(chromium.FLAGS)
        )
        lab = Lab(server, browser)
        for name, notebook in _pages(lab):
            notebook.screenshot(folder / f"{name}.png")
            if readme and name == "first-light-1400":
                _README.parent.mkdir(parents=True, exist_ok=True)
                notebook.page.set_viewport_size({"width": 900, "height": 1500})
                notebook.page.evaluate("() => window.jupyterapp.shell.collapseLeft()")
                notebook.cell(3).screenshot(path=_README)
        for theme in _THEMES:
            notebook = lab.open(_STATES, theme=theme, width=900, height=1000)
            notebook.page.evaluate("() => window.jupyterapp.shell.collapseLeft()")
            notebook.run_cell(0)
            notebook.run_cell(1)
            states = notebook.cell_output(1).locator(".lumen-task-state")
            for word in ("Queued", "Processing"):
                expect(states).to_have_text([word])
                notebook.screenshot(folder / f"{word.lower()}-{theme}.png")
            notebook.run_cell(2)
            notebook.run_cell(3)
            notebook.screenshot(folder / f"errors-{theme}.png")
        lab.close()
        browser.close()


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="where the pictures go")
    parser.add_argument("--readme", action="store_true", help="also renew README's own")
    options = parser.parse_args()
    make(options.folder, readme=options.readme)


if __name__ == "__main__":
    main()

"""Working on a widget: an edited TypeScript file shows in a notebook that is open."""

from __future__ import annotations

import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests import checkout, node

if TYPE_CHECKING:
    from pathlib import Path

    from tests.jupyter import Lab

pytestmark = pytest.mark.browser


def test_an_edited_file_shows_in_a_live_notebook(lab: Lab, tmp_path: Path) -> None:
    """With the bundler watching and ANYWIDGET_HMR=1, saving a .ts file changes the open widget."""
    shutil.copytree(checkout.ROOT / "lumen_widgets", tmp_path / "lumen_widgets")
    js = tmp_path / "js"
    shutil.copytree(checkout.ROOT / "js", js, ignore=shutil.ignore_patterns("node_modules"))
    (js / "node_modules").symlink_to(checkout.ROOT / "js" / "node_modules")
    notebook = lab.open(
        [
            (
                "import os, sys\n"
                'os.environ["ANYWIDGET_HMR"] = "1"\n'
                f"sys.path.insert(0, {str(tmp_path)!r})\n"
                "import lumen_widgets as lumen"
            ),
            "panel = lumen.TaskPanel([])\npanel",
        ]
    )
    with subprocess.Popen([node.NODE, "build.mjs", "--watch"], cwd=js) as bundler:
        try:
            notebook.run_cell(0)
            notebook.run_cell(1)
            # what the cell leaves for a page without widgets has this title too
            title = notebook.cell_output(1).get_by_role("region")
            expect(title.get_by_text("Lumen tasks", exact=True)).to_be_visible()
            words = js / "task_panel" / "words.ts"
            source = words.read_text(encoding="utf-8")
            assert '"Lumen tasks"' in source
            words.write_text(source.replace('"Lumen tasks"', '"Hot tasks"'), encoding="utf-8")
            expect(title.get_by_text("Hot tasks", exact=True)).to_be_visible()
        finally:
            bundler.terminate()

"""Cells run from top to bottom in a kernel of their own, without a browser."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.conditions import PATIENCE

if TYPE_CHECKING:
    from pathlib import Path

# seconds that one cell may take
_CELL_TIMEOUT = 180
# What a kernel says late: by itself nbclient waits four seconds for the outputs of a cell that has
# run, and goes on without them, so that on a busy machine some were missing and nothing said why.
_LATE = {
    "startup_timeout": int(PATIENCE),
    "iopub_timeout": int(PATIENCE),
    "raise_on_iopub_timeout": True,
}


def execute(cells: list[str] | Path, folder: Path, **options: Any) -> Any:
    """Run code cells, or a notebook's file, in a folder; return the notebook that they become.

    nbclient and nbformat take seconds to import, so that only a process which runs cells does it.
    """
    import nbformat
    from nbclient import NotebookClient

    if isinstance(cells, list):
        code = [nbformat.v4.new_code_cell(source) for source in cells]
        notebook = nbformat.v4.new_notebook(cells=code)
    else:
        notebook = nbformat.read(cells, as_version=4)
    resources = {"metadata": {"path": str(folder)}}
    waiting: dict[str, Any] = {"timeout": _CELL_TIMEOUT, **_LATE}
    return NotebookClient(
        notebook, kernel_name="python3", resources=resources, **waiting, **options
    ).execute()

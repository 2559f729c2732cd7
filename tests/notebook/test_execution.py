"""Notebooks executed in a kernel without a browser, and what is then in their files."""

from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import TYPE_CHECKING, Any

import nbformat
import pytest
from nbclient import NotebookClient

if TYPE_CHECKING:
    from tests.sandboxes import SandboxServer

NOTEBOOKS = sorted((Path(__file__).parents[2] / "notebooks").glob("*.ipynb"))


def _execute(notebook: Any, folder: Path, **options: Any) -> Any:
    client = NotebookClient(
        notebook,
        timeout=180,
        kernel_name="python3",
        resources={"metadata": {"path": str(folder)}},
        **options,
    )
    return client.execute()


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_shipped_notebook_runs_from_top_to_bottom_offline(path: Path, tmp_path: Path) -> None:
    """Every cell runs on the sandbox, and every call that makes pictures shows them."""
    notebook = nbformat.read(path, as_version=4)
    assert 'lumen.use("sandbox")' in next(c for c in notebook.cells if c.cell_type == "code").source
    executed = _execute(notebook, tmp_path)

    for cell in executed.cells:
        if "lumen.generate(" in cell.get("source", "") and cell.cell_type == "code":
            kinds = [set(output.get("data", ())) for output in cell.outputs]
            assert any(kind & {"image/jpeg", "image/png"} for kind in kinds), cell.source


def test_the_key_is_in_no_notebook_widget_state_journal_or_error(
    sandbox: SandboxServer,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Whatever a cell does with a client, the key cannot be found afterwards."""
    home = tmp_path / "home"
    monkeypatch.setenv("LUMEN_HOME", str(home))
    monkeypatch.setenv("LUMEN_API_KEY", sandbox.api_key)
    monkeypatch.setenv("LUMEN_BASE_URL", sandbox.url)
    caplog.set_level(logging.DEBUG)
    log = tmp_path / "kernel.log"
    cells = [
        (
            "import logging, os\n"
            f"logging.basicConfig(filename={str(log)!r}, level=logging.DEBUG)\n"
            "import lumen_widgets as lumen\nlumen.use('service')"
        ),
        "pictures = lumen.generate('a fox', size='64x64')\npictures",
        "task = lumen.generate('an owl', size='64x64', wait=False)\ntask",
        "panel = lumen.TaskPanel([task])\npanel",
        "client = lumen.LumenClient()\nprint(client, repr(client), vars(client))\nclient",
        "lumen.show(task)",
        "lumen.generate('a fox', model='sandbox-always-fails')",
        "lumen.generate('a fox', model='sandbox-not-in-group')",
        "lumen.generate('a fox', n=9)",
        "lumen.LumenClient('sk-lumen-wrong').generate('a fox')",
        "import pickle\npickle.dumps(client)",
        "%xmode Verbose\nclient.generate('')",
    ]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(c) for c in cells])
    executed = _execute(notebook, tmp_path, allow_errors=True, store_widget_state=True)
    states = json.dumps(executed.metadata.get("widgets", {}))
    places = {
        "notebook": json.dumps(executed),
        "kernel log": log.read_text(encoding="utf-8"),
        "test log": caplog.text,
        **{
            str(path.relative_to(home)): path.read_bytes().decode("latin-1")
            for path in home.rglob("*")
            if path.is_file()
        },
    }
    secret = sandbox.api_key.removeprefix("sk-lumen-local-")

    assert "_rows" in states, "no widget state was stored, so this test looked at nothing"
    assert {name for name, text in places.items() if secret in text} == set()
    errors = [o.ename for c in executed.cells for o in c.get("outputs", ()) if "ename" in o]
    assert errors[:4] == ["TaskFailed", "NotFound", "InvalidRequest", "AuthenticationError"]

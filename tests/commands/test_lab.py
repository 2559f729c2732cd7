"""``lumen-widgets lab``: JupyterLab on the user's own copies, with the sandbox."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from contextlib import suppress
from importlib.util import find_spec
from typing import TYPE_CHECKING

import pytest
import requests

from lumen_widgets import lab
from lumen_widgets.__main__ import main
from tests import lessons

if TYPE_CHECKING:
    from pathlib import Path


pytestmark = pytest.mark.slow

# a first start on a busy two-core machine took 24 s
_START_SECONDS = 90

# JupyterLab's settings of what it asks and tells beside the notebook
_NOTIFICATIONS = "/lab/api/settings/@jupyterlab/apputils-extension:notification"


def test_copies_are_made_and_none_is_ever_overwritten(tmp_path: Path) -> None:
    """The first call copies every notebook; later ones leave the user's work as it is."""
    copies = lab.copy_notebooks(tmp_path / "mine")
    copies[0].write_text("my own work")

    again = lab.copy_notebooks(tmp_path / "mine")

    assert again == copies
    assert copies[0].read_text() == "my own work"
    assert all(copy.suffix == ".ipynb" for copy in copies)


def test_an_index_that_nobody_has_changed_is_renewed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After an upgrade it lists the new notebooks; also once JupyterLab has written it again."""
    shipped, mine = tmp_path / "shipped", tmp_path / "mine"
    monkeypatch.setattr(lab, "shipped_notebooks", lambda: shipped)
    _release(shipped, "01.ipynb")
    lab.copy_notebooks(mine)
    (index := mine / lab.INDEX).write_text(
        json.dumps({**json.loads(index.read_text()), "nbformat_minor": 9}, indent=4)
    )

    _release(shipped, "01.ipynb", "02.ipynb")
    copies = lab.copy_notebooks(mine)

    assert [copy.name for copy in copies] == ["01.ipynb", "02.ipynb", lab.INDEX]
    assert "02.ipynb" in _words(index)
    assert not lab.is_own_index(mine)


@pytest.mark.parametrize("change", ["a word", "no marker", "no notebook"])
def test_an_index_with_changes_stays_and_the_command_says_so(
    change: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """A line says so once there is a newer one; until then there is nothing to say."""
    shipped, mine = tmp_path / "shipped", tmp_path / "mine"
    monkeypatch.setattr(lab, "shipped_notebooks", lambda: shipped)
    monkeypatch.setattr(lab, "_start_sandbox", lambda: None)
    monkeypatch.setattr("jupyterlab.labapp.main", lambda _: 0)
    _release(shipped, "01.ipynb")
    lab.copy_notebooks(mine)
    index = mine / lab.INDEX
    if change == "a word":
        index.write_text(index.read_text().replace("01.ipynb", "01.ipynb: done!"))
        assert lab.open_lab(mine) == 0
        assert "stays as it is" not in capsys.readouterr().err
    elif change == "no marker":
        index.write_text((shipped / lab.INDEX).read_text())
        assert not lab.is_own_index(mine)
    else:
        index.write_text("[1, 2")
    own = index.read_text()

    _release(shipped, "01.ipynb", "02.ipynb")
    assert lab.open_lab(mine) == 0

    assert index.read_text() == own
    said = capsys.readouterr().err.splitlines()
    assert sum("index.ipynb was changed, and stays as it is" in line for line in said) == 1


def _release(folder: Path, *names: str) -> None:
    """Write the notebooks of a release, and an index that lists them."""
    folder.mkdir(exist_ok=True)
    facts = {"metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    for name in names:
        (folder / name).write_text(json.dumps({"cells": [], **facts}))
    cell = {"cell_type": "markdown", "id": "cell-00", "metadata": {}}
    cell["source"] = ["# Notebooks\n", *(f"{name}\n" for name in names)]
    (folder / lab.INDEX).write_text(json.dumps({"cells": [cell], **facts}))


def test_every_shipped_notebook_begins_on_the_sandbox(tmp_path: Path) -> None:
    """The first code cell of each notebook spends nothing: it chooses the sandbox."""
    *copies, index = lab.copy_notebooks(tmp_path)
    assert index.name == lab.INDEX
    for copy in copies:
        cells = json.loads(copy.read_text(encoding="utf-8"))["cells"]
        code = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
        assert 'lumen.use("sandbox")' in code[0], copy.name


def test_the_index_lists_every_notebook_by_its_title(tmp_path: Path) -> None:
    """Each notebook has a line with its title, and leads back; no link leads nowhere."""
    *copies, index = lab.copy_notebooks(tmp_path)
    titles = {}
    for copy in copies:
        text = _words(copy)
        titles[copy.name] = re.findall(r"\A# (.+)", text)
        assert f"]({index.name})" in text, copy.name
    listed = re.findall(r"\[\d\d · (.+)\]\((.+)\)", _words(index))

    assert {name: [title] for title, name in listed} == titles
    for copy in (*copies, index):
        for link in re.findall(r"\]\(([^):]+)\)", _words(copy)):
            name, _, heading = link.partition("#")
            target = tmp_path / (name or copy.name)
            assert target.is_file(), f"{copy.name}: {link}"
            # JupyterLab and GitHub name a heading so
            headings = [
                one.replace(" ", "-") for one in re.findall(r"(?m)^#+ (.+)", _words(target))
            ]
            assert heading in ("", *headings), f"{copy.name}: {link}"


def _words(notebook: Path) -> str:
    """Return what stands in a notebook beside its code."""
    cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    return "\n\n".join("".join(one["source"]) for one in cells if one["cell_type"] == "markdown")


def test_a_folder_that_cannot_be_written_is_a_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A folder that cannot be made ends the command with what to do, not with a traceback."""
    (tmp_path / "file").write_text("no folder")

    assert main(["lab", "--dir", str(tmp_path / "file" / "mine")]) == 1
    assert "--dir" in capsys.readouterr().err


def test_without_jupyterlab_it_says_how_to_install_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """A plain install has no JupyterLab: the command names the pip line that brings it."""
    monkeypatch.setattr(
        lab, "find_spec", lambda name: None if name == "jupyterlab" else find_spec(name)
    )

    assert main(["lab", "--dir", str(tmp_path)]) == 1
    assert '-m pip install "lumen_widgets[lab]"' in capsys.readouterr().err


def test_a_lesson_is_found_from_every_folder(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """LUMEN_USE is a path from where the command runs; no sandbox starts, and a slip ends it."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "owls.lumen").write_bytes(lessons.lesson({"an owl": ["red"]}))
    monkeypatch.setenv("LUMEN_USE", "owls.lumen")
    # the command adds to it, for the server that is not started here
    monkeypatch.setenv("JUPYTER_CONFIG_PATH", "")
    monkeypatch.setattr("jupyterlab.labapp.main", lambda _: 0)

    assert main(["lab", "--dir", "mine"]) == 0
    assert os.environ["LUMEN_USE"] == str(tmp_path / "owls.lumen")
    said = capsys.readouterr().err
    assert "Lesson: owls.lumen, 1 task, and nothing else" in said
    assert "Sandbox:" not in said
    monkeypatch.setenv("LUMEN_USE", "gone.lumen")
    assert main(["lab", "--dir", "mine"]) == 1
    assert "no lesson gone.lumen here" in capsys.readouterr().err


def test_jupyterlab_answers_at_the_address_that_is_printed(tmp_path: Path) -> None:
    """The printed address, with its token, leads to the first notebook, and a sandbox runs.

    No question of JupyterLab's lies over the notebook.
    """
    words = ["lab", "--no-browser", "--port", "0", "--dir", str(tmp_path / "mine")]
    log = tmp_path / "log"
    with (
        log.open("wb") as out,
        subprocess.Popen(
            [sys.executable, "-m", "lumen_widgets", *words],
            cwd=tmp_path,
            stdout=out,
            stderr=subprocess.STDOUT,
        ) as process,
    ):
        try:
            address = _address_that_answers(log, process)
            server, token = address.partition("/lab/")[0], address.partition("?")[2]
            answer = requests.get(f"{server}{_NOTIFICATIONS}?{token}", timeout=60)
        finally:
            process.terminate()

    notebook = lab.copy_notebooks(tmp_path / "mine")[0]
    assert f"/lab/tree/{notebook.name}" in address
    assert "Sandbox: http://127.0.0.1:" in log.read_text()
    assert lab.INDEX in log.read_text()
    asked = answer.json()["schema"]["properties"]
    assert asked["fetchNews"]["default"] == "false"


def _address_that_answers(log: Path, process: subprocess.Popen[bytes]) -> str:
    """Return the loopback address that JupyterLab prints, once its page is there."""
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        # a whole line: half of one is in the file while it is written
        found = re.search(r"(http://127\.0\.0\.1:\d+/lab\S+)\n", log.read_text(errors="replace"))
        if found:
            with suppress(requests.ConnectionError):
                requests.get(found[1], timeout=60).raise_for_status()
                return found[1]
        time.sleep(0.05)
    raise AssertionError(f"JupyterLab did not answer:\n{log.read_text(errors='replace')}")

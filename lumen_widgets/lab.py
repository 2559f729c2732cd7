"""JupyterLab on a folder of your own copies of the shipped notebooks, with a sandbox beside it."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import quote

# Lists all notebooks, each of which links to it. The first is what opens: someone new begins there.
INDEX = "index.ipynb"

# In the metadata of a copy of the index: what its cells were, by their digest. As long as they are
# that, nobody has changed them; JupyterLab may write the file anew without a change.
_LAID = "lumen_widgets_laid"

# Of the indexes that were copied before a copy had that in it.
_LAID_BEFORE = (
    "87fbef95741c1eb7c344365909b51ac6666aefb0db44ebe05944a4f668196922",
    "aa92abcaaf73e9ab5e1cad3fbc1b8e240b2e7397b8e01a7e8955209a9a433243",
    "f2f5c807252f692de31ef3e28aeee9c0b721d763ade46ec1224463828343262a",
)

# Other defaults for JupyterLab, which the user's own settings go before: its question for news lies
# over the first notebook, and needs an internet that nothing else here needs.
_SETTINGS = Path(__file__).parent / "lab_settings"


class LabError(RuntimeError):
    """JupyterLab cannot be opened; the message says why and what to do."""


def open_lab(folder: Path, *, port: int | None = None, browser: bool = True) -> int:
    """Copy the notebooks, start the sandbox, and run JupyterLab until it is stopped.

    The first notebook opens; the folder is in the file browser beside it, with all of them and an
    index that lists them.

    Parameters
    ----------
    folder
        Where the copies go; made if need be.
    port
        JupyterLab's port; None lets it choose (8888, or the next free one).
    browser
        Whether to open the address in a browser; it is printed in any case.

    Returns
    -------
    int
        JupyterLab's exit status.

    Raises
    ------
    LabError
        JupyterLab is not installed, the folder cannot be written, the sandbox does not start, or
        ``LUMEN_USE`` names nothing that can be used.

    Examples
    --------
    >>> open_lab(Path("lumen-notebooks"), browser=False)  # doctest: +SKIP

    """
    if find_spec("jupyterlab") is None:
        raise LabError(
            "JupyterLab is not installed here. Install it with: "
            f'{sys.executable} -m pip install "lumen_widgets[lab]"'
        )
    notebooks = copy_notebooks(folder)
    sys.stderr.write(f"Notebooks: {folder}, listed in {INDEX}\n")
    if is_own_index(folder):
        sys.stderr.write(
            f"{INDEX} was changed, and stays as it is; this release has another one, which comes "
            "once yours has another name.\n"
        )
    if not _takes_lesson():
        _start_sandbox()

    paths = [str(_SETTINGS), os.environ.get("JUPYTER_CONFIG_PATH", "")]
    os.environ["JUPYTER_CONFIG_PATH"] = os.pathsep.join(filter(None, paths))

    from jupyterlab.labapp import main as run  # type: ignore[import-untyped] # it ships no types

    arguments = [
        f"--ServerApp.root_dir={folder.resolve()}",
        # so the address that JupyterLab prints leads to the notebook, as the tab that it opens does
        f"--LabApp.default_url=/lab/tree/{quote(notebooks[0].relative_to(folder).as_posix())}",
    ]
    if port is not None:
        arguments.append(f"--ServerApp.port={port}")
    if not browser:
        arguments.append("--no-browser")
    # containers run as root, where Jupyter Server wants to be told so; it asks for its token still
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        arguments.append("--allow-root")
    return int(run(arguments) or 0)


def copy_notebooks(folder: Path) -> list[Path]:
    """Copy the shipped notebooks into a folder, leaving alone every file that is already there.

    Only an index that nobody has changed is renewed, so that it lists what this release has.

    Parameters
    ----------
    folder
        Where the copies go; made if need be.

    Returns
    -------
    list of Path
        The copies of all notebooks in reading order, first the one to open and last the index.

    Raises
    ------
    LabError
        The folder cannot be written, or no notebook came with this installation.

    Examples
    --------
    >>> copy_notebooks(Path("lumen-notebooks"))  # doctest: +SKIP
    [PosixPath('lumen-notebooks/01_pictures_from_a_prompt.ipynb'), ...]

    """
    source = shipped_notebooks()
    copies = []
    try:
        for original in sorted(path for path in source.rglob("*") if path.is_file()):
            inside = original.relative_to(source)
            if any(part.startswith(".") for part in inside.parts):
                continue
            copy = folder / inside
            copy.parent.mkdir(parents=True, exist_ok=True)
            if inside == Path(INDEX):
                _lay_index(original, copy)
            # a copy may hold the user's own work: it is never written a second time
            elif not copy.exists():
                shutil.copyfile(original, copy)
            if copy.suffix == ".ipynb":
                copies.append(copy)
    except OSError as error:
        raise LabError(
            f"The notebooks cannot be copied to {folder}: {error.strerror or error}. "
            "Name a folder that you can write with --dir."
        ) from error
    if not copies:
        raise LabError(f"There are no notebooks in {source}. Install lumen_widgets again.")
    return copies


def is_own_index(folder: Path) -> bool:
    """Say whether a folder's index was changed, and so was not renewed to that of this release.

    Examples
    --------
    >>> is_own_index(Path("lumen-notebooks"))
    False

    """
    shipped, mine = _read(shipped_notebooks() / INDEX), _read(folder / INDEX)
    return _cells(mine) != _cells(shipped) and _laid(mine) != _digest(shipped)


def _lay_index(original: Path, copy: Path) -> None:
    """Copy the index, unless there is one that somebody has changed."""
    shipped = _read(original)
    if copy.exists():
        mine = _digest(_read(copy))
        is_ours = mine in {_laid(_read(copy)), *_LAID_BEFORE}
        if not is_ours or mine == _digest(shipped):
            return
    metadata = {**shipped["metadata"], _LAID: _digest(shipped)}
    text = json.dumps({**shipped, "metadata": metadata}, ensure_ascii=False, indent=1)
    copy.write_text(f"{text}\n", encoding="utf-8")


def _read(notebook: Path) -> dict[str, Any]:
    """Return what is in a notebook; nothing where there is none, or it is none."""
    try:
        whole = json.loads(notebook.read_bytes())
    except (FileNotFoundError, ValueError, RecursionError):
        return {}
    return whole if isinstance(whole, dict) else {}


def _cells(notebook: dict[str, Any]) -> list[tuple[str, str]]:
    """Return what a reader sees of a notebook: the kind of each cell, and its text."""
    cells = notebook.get("cells")
    return [
        (str(cell.get("cell_type")), _joined(cell.get("source")))
        for cell in (cells if isinstance(cells, list) else [])
        if isinstance(cell, dict)
    ]


def _joined(source: object) -> str:
    """Return a cell's text, which a notebook may have as its lines."""
    return "".join(map(str, source)) if isinstance(source, list) else str(source)


def _digest(notebook: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(_cells(notebook)).encode()).hexdigest()


def _laid(notebook: dict[str, Any]) -> object:
    metadata = notebook.get("metadata")
    return metadata.get(_LAID) if isinstance(metadata, dict) else None


def shipped_notebooks() -> Path:
    """Return the folder of the notebooks that came with this installation.

    Returns
    -------
    Path
        ``lumen_widgets/notebooks`` in a wheel; the checkout's ``notebooks`` in an editable
        install, whose package folder holds none.

    Examples
    --------
    >>> shipped_notebooks().name
    'notebooks'

    """
    package = Path(__file__).parent
    installed = package / "notebooks"
    return installed if installed.is_dir() else package.parent / "notebooks"


def _takes_lesson() -> bool:
    """Say whether ``LUMEN_USE`` names a lesson, which notebooks in any folder then find."""
    from lumen_widgets.client import LumenError
    from lumen_widgets.client.refusing.lumen_use import NAME, SANDBOX, SERVICE, read_lumen_use
    from lumen_widgets.core.words import format_count
    from lumen_widgets.notebook.lesson_source import open_lesson

    try:
        use = read_lumen_use()
        if use is None or use.word in {SANDBOX, SERVICE}:
            return False
        lesson = open_lesson(use.word)
    except LumenError as error:
        raise LabError(str(error)) from error
    # each kernel runs in its notebook's folder
    os.environ[NAME] = str(Path(use.word).expanduser().absolute())
    tasks = format_count(len(lesson.tasks), "task")
    sys.stderr.write(f"Lesson: {lesson.name}, {tasks}, and nothing else ({NAME})\n")
    return True


def _start_sandbox() -> None:
    if os.environ.get("LUMEN_SANDBOX", "").strip().lower() == "off":
        sys.stderr.write(
            "LUMEN_SANDBOX is off: the notebooks need lumen.use('service') and a key.\n"
        )
        return
    from lumen_widgets.sandbox import SandboxError, start

    try:
        sandbox = start()
    except SandboxError as error:
        raise LabError(f"The sandbox did not start. {error}") from error
    sys.stderr.write(f"Sandbox: {sandbox.url} (no key, no credits and no internet needed)\n")

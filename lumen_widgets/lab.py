"""JupyterLab on a folder of your own copies of the shipped notebooks, with a sandbox beside it."""

from __future__ import annotations

import os
import shutil
import sys
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import quote

# Lists all notebooks, each of which links to it. The first is what opens: someone new begins there.
INDEX = "index.ipynb"

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
            # a copy may hold the user's own work: it is never written a second time
            if not copy.exists():
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

"""What a bug report needs to know of this installation, with nothing secret in it."""

from __future__ import annotations

import os
import platform
import sys
from importlib.metadata import PackageNotFoundError, version
from urllib.parse import urlsplit

# what most often explains a difference between two machines
_PACKAGES = (
    "lumen_widgets", "anywidget", "ipywidgets", "ipython", "ipykernel", "jupyterlab", "notebook",
    "jupyter_server", "numpy", "Pillow", "requests", "urllib3", "starlette", "uvicorn",
)  # fmt: skip

# each front end sets a variable of its own for what runs inside it (read in their own sources)
_FRONT_ENDS = {
    "COLAB_RELEASE_TAG": "Google Colab",
    "KAGGLE_KERNEL_RUN_TYPE": "Kaggle",
    "VSCODE_PID": "VS Code",
    "JPY_SESSION_NAME": "a Jupyter kernel",
}


def report() -> str:
    """Describe this installation, one fact on each line.

    Returns
    -------
    str
        ``name: value`` lines. No key, no address beyond a host name, and the home folder as ``~``.

    Examples
    --------
    >>> print(report().splitlines()[0])  # doctest: +SKIP
    lumen_widgets: 0.1.0

    """
    facts = {name: _version(name) for name in _PACKAGES}
    facts["python"] = f"{platform.python_version()} ({platform.python_implementation()})"
    facts["platform"] = platform.platform()
    facts["front end"] = _front_end()
    facts["home"] = _home()
    facts["kept"] = _kept()
    facts["fetched"] = _fetched()
    facts["API key"] = "set" if os.environ.get("LUMEN_API_KEY", "").strip() else "not set"
    facts["service"] = _service()
    facts["sandbox"] = _sandbox()
    facts["LUMEN_USE"] = _lumen_use()
    return "".join(f"{name}: {value}\n" for name, value in facts.items())


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "not installed"


def _front_end() -> str:
    for variable, name in _FRONT_ENDS.items():
        if variable in os.environ:
            return name
    return "a terminal" if sys.stdout.isatty() else "none"


def _home() -> str:
    from lumen_widgets.core.words import short_path
    from lumen_widgets.journal import JournalUnusable, default_home

    try:
        home = default_home()
    except JournalUnusable as error:
        return str(error)
    # what is not there yet is made in the nearest folder that is
    nearest = next(folder for folder in (home, *home.parents) if folder.exists())
    writable = os.access(nearest, os.W_OK | os.X_OK)
    where = "LUMEN_HOME" if os.environ.get("LUMEN_HOME") else "the platform's folder"
    return f"{short_path(home)} ({where}, {'writable' if writable else 'NOT writable'})"


def _kept() -> str:
    """Say what is kept of pictures, without making a journal."""
    from lumen_widgets.journal import Journal, JournalUnusable

    try:
        return str(Journal().disk_use())
    except JournalUnusable:
        return "not known: the journal cannot be read"


def _fetched() -> str:
    """Say how many lessons were fetched and are kept, without making a folder for them."""
    from lumen_widgets.journal import JournalUnusable
    from lumen_widgets.notebook.fetched_lessons import count_fetched

    try:
        return str(count_fetched())
    except JournalUnusable:
        return "not known: there is no home for them"


def _service() -> str:
    from lumen_widgets.core.http.origin import SERVICE

    try:
        # the host alone: a gateway's path or a password in the address is private
        host = urlsplit(os.environ.get("LUMEN_BASE_URL") or SERVICE).hostname
    except ValueError:
        host = None
    return host or "LUMEN_BASE_URL is not an address"


def _sandbox() -> str:
    """Say whether the user's sandbox runs, without starting one or making its folder."""
    if os.environ.get("LUMEN_SANDBOX", "").strip().lower() == "off":
        return "switched off (LUMEN_SANDBOX=off)"
    from lumen_widgets.core.words import short_path
    from lumen_widgets.sandbox import SandboxError
    from lumen_widgets.sandbox.home import Home, user_folder
    from lumen_widgets.sandbox.user_server import answers

    try:
        home = Home(user_folder())
    except SandboxError as error:
        return str(error)
    running = home.read_running()
    if running is None or not answers(running):
        return f"not running (log: {short_path(home.log)})"
    return f"answers at {running.url}, version {running.version}"


def _lumen_use() -> str:
    """Say what ``LUMEN_USE`` names; of a lesson whether it can be read, and not where it is."""
    from lumen_widgets.client import LumenError
    from lumen_widgets.client.refusing.lumen_use import SANDBOX, SERVICE, read_lumen_use
    from lumen_widgets.core.words import format_count
    from lumen_widgets.notebook.lesson_source import open_lesson

    try:
        use = read_lumen_use()
        if use is None:
            return "not set"
        if use.word == SANDBOX:
            return "sandbox (nothing else is submitted to)"
        if use.word == SERVICE:
            return "service (where no cell chooses)"
        lesson = open_lesson(use.word)
    except LumenError as error:
        return str(error)
    tasks = format_count(len(lesson.tasks), "task")
    return f"the lesson {lesson.name}, {tasks} (nothing else is submitted to)"

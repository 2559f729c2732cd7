"""Where an API key comes from when none is passed: environment, keyring, Colab's secrets.

A key that stands in a cell of a notebook is warned of here too: of all places it is the one that
is saved, shared and committed.
"""

from __future__ import annotations

import importlib.util
import linecache
import os
import sys
import warnings
from typing import TYPE_CHECKING, Any

from lumen_widgets.core.errors import MissingKey

if TYPE_CHECKING:
    from collections.abc import Callable

# Of the environment variable and of the secret in Colab.
NAME = "LUMEN_API_KEY"

# ``keyring set lumen_widgets api_key`` puts it there.
KEYRING_SERVICE, KEYRING_USER = "lumen_widgets", "api_key"

_PACKAGE = os.path.dirname(os.path.dirname(os.path.dirname(__file__)))  # noqa: PTH120 -- compared with file names as frames have them

# A key that stands in many cells is one mistake: said once in a process.
_warned: set[str] = set()


def look_for_key() -> str:
    """Return the first key that is found, with whatever spaces there are around it.

    Raises
    ------
    MissingKey
        If no place has one; the message names them all.

    """
    hints: list[str] = []
    for source in (_environment, _keyring, _colab):
        value = source(hints)
        if value is not None and value.strip():
            return value
    raise MissingKey(
        " ".join(["No API key was found.", *hints]),
        next_step=f"Set {NAME}, store it with 'keyring set {KEYRING_SERVICE} {KEYRING_USER}', "
        "or pass api_key= to LumenClient. "
        'In a notebook, lumen.use("service") asks for it without keeping it.',
    )


def warn_of_literal(value: str) -> None:
    """Warn, once in a process, if `value` stands in a cell that was run: cells are saved."""
    if "literal" not in _warned and any(value in cell for cell in _cells()):
        _warned.add("literal")
        warn_without(
            value,
            "The API key stands in a cell of this notebook, so it is now in IPython's history "
            "and will be saved in the notebook's file. Remove it from the cell, pass "
            f'os.environ["{NAME}"] or let lumen.use("service") ask for it, and replace the key '
            "in the service's console if the notebook was ever shared.",
        )


def warn_without(value: str, message: str) -> None:
    """Warn at the user's line, but do not show the line if `value` stands in it."""
    frame: Any = sys._getframe(1)
    while frame.f_back is not None and frame.f_code.co_filename.startswith(_PACKAGE):
        frame = frame.f_back
    name, number = frame.f_code.co_filename, frame.f_lineno
    if value in linecache.getline(name, number, frame.f_globals):
        number = 0  # Python prints the line that a warning is for
    warnings.warn_explicit(
        message, UserWarning, name, number, registry=frame.f_globals.setdefault(_REGISTRY, {})
    )


# As the warnings module names it, so that "once for a place" counts as it does everywhere.
_REGISTRY = "__warningregistry__"


def _environment(_hints: list[str]) -> str | None:
    return os.environ.get(NAME)


def _keyring(_hints: list[str]) -> str | None:
    """Ask the system's keyring, where the package for it is installed."""
    try:
        if "keyring" not in sys.modules and importlib.util.find_spec("keyring") is None:
            return None
        keyring: Any = importlib.import_module("keyring")
        found = keyring.get_password(KEYRING_SERVICE, KEYRING_USER)
    except Exception:  # noqa: BLE001 -- each of its many backends raises in its own way: locked, headless, refused
        return None
    return found if isinstance(found, str) else None


def _colab(hints: list[str]) -> str | None:
    """Ask Colab's secrets; a kernel there has loaded the module by itself."""
    if "google.colab" not in sys.modules:
        return None
    try:
        userdata: Any = importlib.import_module("google.colab.userdata")
        found = userdata.get(NAME)
    except Exception as error:  # noqa: BLE001 -- its errors cannot be imported elsewhere
        if type(error).__name__ == "NotebookAccessError":
            hints.append(
                f"Colab has a secret {NAME}, but this notebook may not read it: switch "
                '"Notebook access" on beside it.'
            )
        return None
    return found if isinstance(found, str) else None


def _cells() -> list[str]:
    """Return the cells that were run in this session, oldest first; none outside IPython."""
    # Asked only if somebody else has loaded it: a script never pays for IPython.
    ipython = sys.modules.get("IPython")
    get: Callable[[], Any] | None = getattr(ipython, "get_ipython", None)
    shell = None if get is None else get()
    cells = getattr(getattr(shell, "history_manager", None), "input_hist_raw", None)
    return [cell for cell in cells or () if isinstance(cell, str)]

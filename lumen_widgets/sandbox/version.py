"""The version of the sandbox: of the package that it belongs to, and of its own code."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

# characters of a digest: enough for the few states of the code that one machine has
_LENGTH = 8


@cache
def version() -> str:
    """Return the installed version and a digest of the code, as ``"0.1.0+3fa94c21"``.

    A checkout changes without a new version: a server that still runs from before would be taken
    for one that can do what this code asks of it. ``"unknown"`` stands for the version in a
    checkout that was never installed.
    """
    from importlib import metadata

    try:
        installed = metadata.version("lumen_widgets")
    except metadata.PackageNotFoundError:
        installed = "unknown"
    return f"{installed}+{code_digest(Path(__file__).parent)}"


def code_digest(folder: Path) -> str:
    """Return a digest of the Python files in a folder and below it: their names and contents.

    Parameters
    ----------
    folder
        The folder.

    Returns
    -------
    str
        Eight hexadecimal digits.

    """
    digest = hashlib.sha256()
    for file in sorted(folder.rglob("*.py")):
        data = file.read_bytes()
        digest.update(f"{file.relative_to(folder).as_posix()} {len(data)}\n".encode())
        digest.update(data)
    return digest.hexdigest()[:_LENGTH]

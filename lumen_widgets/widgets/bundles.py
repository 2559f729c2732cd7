"""The built JavaScript and CSS of the widgets."""

from __future__ import annotations

import os
from pathlib import Path

STATIC = Path(__file__).parent.parent / "static"


def bundle(name: str) -> Path | str:
    """Return a built file as `anywidget` takes it: its text, or its path while it is worked on.

    anywidget watches a path, and its watcher holds every widget that was ever made of it.
    """
    path = STATIC / name
    if os.environ.get("ANYWIDGET_HMR") == "1":
        return path
    # with a line break, or anywidget could take one line of code for a path
    return path.read_text(encoding="utf-8") + "\n"

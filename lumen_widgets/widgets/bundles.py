"""Where the built JavaScript and CSS of the widgets are."""

from __future__ import annotations

from pathlib import Path

STATIC = Path(__file__).parent.parent / "static"

"""The version of the package that the sandbox belongs to."""

from __future__ import annotations


def version() -> str:
    """Return the installed version; ``"unknown"`` in a checkout that was never installed."""
    from importlib import metadata

    try:
        return metadata.version("lumen_widgets")
    except metadata.PackageNotFoundError:
        return "unknown"

"""A client in a hurry: every wait of its own made short, and nothing else about it changed."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from lumen_widgets.core import submit
from lumen_widgets.core.pictures.downloads import DownloadLimits, fetch_picture
from tests.faults.sayings import LARGEST_PICTURE

if TYPE_CHECKING:
    import pytest

# Seconds for a submit, far above what one takes here and far below what a person would set.
TIMEOUT = 0.5

# By module below lumen_widgets.core: how long it waits between things, and at most. The order of
# things, how often they are tried and what they mean stay as they are.
_SHORT: dict[str, dict[str, float]] = {
    "submit": {"SHORTEST_WAIT": 0.005},
    "polling.pace": {"LOCAL_ASK": 0.004},
    "polling.status": {
        "FIRST_PATIENCE": 0.1,
        "LONGEST_PATIENCE": 0.2,
        "LONGEST_WAIT": 0.05,
        "LONGEST_RETRY_AFTER": 0.05,
    },
    "polling.scheduler": {"MOST_REQUESTS": 1000, "SECOND": 0.05, "IDLE": 0.02},
    "pictures.downloads": {"_LONGEST_WAIT": 0.15},
}


def hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make the waits short for one test."""
    for module, constants in _SHORT.items():
        for name, value in constants.items():
            monkeypatch.setattr(import_module(f"lumen_widgets.core.{module}"), name, value)
    monkeypatch.setattr(submit, "BUSY_WAITS", (0.005, 0.01))
    monkeypatch.setattr(submit, "UNREACHABLE_WAITS", (0.005, 0.01))
    # The default was bound when the function was made: what is called is told the smaller size, and
    # that a reply which drips for minutes is given up after seconds.
    limits = DownloadLimits(LARGEST_PICTURE, seconds=2.0)
    monkeypatch.setattr(
        "lumen_widgets.client.client.fetch_picture",
        lambda url, **settings: fetch_picture(url, **settings, limits=limits),
    )

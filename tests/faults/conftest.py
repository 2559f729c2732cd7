"""What the tests of faults share: clients in a hurry, which end with the test."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lumen_widgets.client import LumenClient
from lumen_widgets.core.polling import scheduler
from tests.client.conftest import KEY
from tests.faults import quick

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path
    from typing import Any


@pytest.fixture
def connect(tmp_path: Path) -> Callable[..., LumenClient]:
    """Make clients whose journal is in ``tmp_path / "journal"``."""

    def make(url: str, **options: Any) -> LumenClient:
        return LumenClient(
            KEY, url, **{"journal": tmp_path / "journal", "timeout": 10.0, **options}
        )

    return make


@pytest.fixture(autouse=True)
def _in_a_hurry(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Have every client wait shortly, on a scheduler whose tasks are not asked about afterwards."""
    quick.hurry(monkeypatch)
    ours: dict[int, scheduler.Scheduler] = {}
    monkeypatch.setattr(scheduler, "_schedulers", ours)
    yield
    for one in ours.values():
        one.clear()

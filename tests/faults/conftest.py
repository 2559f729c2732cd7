"""What the tests of faults share: clients in a hurry, which end with the test."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lumen_widgets.client import LumenClient
from lumen_widgets.core.polling.scheduler import Scheduler, use_scheduler
from tests.client.conftest import KEY
from tests.faults.quick import TIMING

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from typing import Any


@pytest.fixture
def connect(tmp_path: Path) -> Callable[..., LumenClient]:
    """Make clients whose journal is in ``tmp_path / "journal"``."""

    def make(url: str, **options: Any) -> LumenClient:
        return LumenClient(
            KEY, url, **{"journal": tmp_path / "journal", "timeout": 60.0, **options}
        )

    return make


@pytest.fixture(autouse=True)
def _short_waits() -> None:
    """Have every client wait shortly."""
    use_scheduler(Scheduler(timing=TIMING))

"""What the client's tests share: a key that must never be seen, and clients of servers of ours."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lumen_widgets.client import LumenClient
from tests.client.service import Service, serving

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path
    from typing import Any

KEY = "sk-lumen-local-SENTINELsentinel0123456789"


@pytest.fixture
def connect(tmp_path: Path) -> Callable[..., LumenClient]:
    """Make clients whose journal is in ``tmp_path / "journal"``."""

    def make(url: str, **options: Any) -> LumenClient:
        return LumenClient(
            KEY, url, **{"journal": tmp_path / "journal", "timeout": 10.0, **options}
        )

    return make


@pytest.fixture
def service() -> Iterator[Service]:
    """Run a service whose answers the test decides."""
    with serving() as running:
        yield running

"""What tests of widgets start with: accounts, a form, and panels that are closed in the end."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from lumen_widgets.client import LumenClient
from lumen_widgets.widgets import PromptForm, TaskPanel
from tests.staged import use_offline_account
from tests.widgets.panels import Browser
from tests.widgets.quiet_service import QuietService

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.sandboxes import SandboxServer


@pytest.fixture
def service() -> QuietService:
    """Return a service that takes everything."""
    return QuietService()


@pytest.fixture
def form(service: QuietService) -> PromptForm:
    """Return a form of its account, with a prompt."""
    return PromptForm(service.client(), prompt="a fox")


@pytest.fixture
def client(sandbox: SandboxServer, tmp_path: Path) -> LumenClient:
    """Return a client of the sandbox, with a journal of its own."""
    return LumenClient(sandbox.api_key, sandbox.url, journal=tmp_path / "journal")


@pytest.fixture
def _offline_account() -> None:
    """Have staged tasks belong to an account whose service is never called."""
    use_offline_account()


@pytest.fixture
def show() -> Iterator[Callable[..., Browser]]:
    """Return what makes panels; close them in the end."""
    made: list[TaskPanel] = []

    def make(*arguments: Any) -> Browser:
        made.append(TaskPanel(*arguments))
        return Browser(made[-1])

    yield make
    for panel in made:
        panel.close()

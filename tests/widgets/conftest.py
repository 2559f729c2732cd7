"""What tests of the prompt form start with: a form of an account at a service that takes all."""

from __future__ import annotations

import pytest

from lumen_widgets.widgets import PromptForm
from tests.widgets.quiet_service import QuietService


@pytest.fixture
def service() -> QuietService:
    """Return a service that takes everything."""
    return QuietService()


@pytest.fixture
def form(service: QuietService) -> PromptForm:
    """Return a form of its account, with a prompt."""
    return PromptForm(service.client(), prompt="a fox")

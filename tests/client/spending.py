"""What tests of budgets share: how one stands, and pictures that would be uploaded."""

from __future__ import annotations

import numpy as np

import lumen_widgets as lumen
from lumen_widgets.client.hosting.protocol import HostedFile

MODEL = "gpt-image-2-low"
PICTURE = np.full((32, 48, 3), 200, np.uint8)
MASK = np.zeros((32, 48), bool)
MASK[8:16, 8:16] = True


class CountedHosting:
    """A hosting that counts what it takes, and fails when told to."""

    def __init__(self) -> None:
        self.taken = 0
        self.error: BaseException | None = None

    def put(self, data: bytes, media_type: str, digest: str) -> HostedFile:
        """Take a file."""
        self.taken += 1
        if self.error is not None:
            raise self.error
        return HostedFile(f"https://pictures.invalid/{digest}.png")


def stands() -> tuple[float, float, float | None, int]:
    """Return what the budget that holds says: credits spent, refunded and left, and tasks."""
    budget = lumen.budget()
    return budget.spent, budget.refunded, budget.left, budget.submitted

"""What a user's journal may hold, written down as if it had been."""

from __future__ import annotations

import hashlib
import io
import time
from typing import TYPE_CHECKING, Any

import pytest
from PIL import Image

from lumen_widgets.journal import Journal

if TYPE_CHECKING:
    import lumen_widgets as lumen

DAY = 24 * 3600.0


def wrote(
    prompt: str, state: str = "succeeded", *, kept: int = 0, days: float = 0.0, **body: Any
) -> int:
    """Write down a request in the user's journal, as if it had been so many days ago."""
    journal = Journal()
    now = time.time
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("lumen_widgets.journal.journal.time.time", lambda: now() - days * DAY)
        row = journal.insert_request(
            origin="https://lumen.example",
            account="a1b2",
            endpoint="generations",
            body={"prompt": prompt, "model": "gpt-image-2-low", **body},
        )
    if state == "unknown":
        journal.mark_unknown(row, "no answer")
    elif state == "refused":
        journal.mark_refused(row, "no credits")
    elif state != "sending":
        journal.mark_accepted(row, task_id=f"t{row}", created=None, status="queued")
        error = {"code": "unsafe", "message": "No."} if state == "failed" else None
        journal.record_status(row, status=state, error=error, seconds=2.5)
    for index in range(kept):
        # No other picture has its colour: a part of the row's number is at random.
        red, green, blue = hashlib.sha256(f"{row} {index}".encode()).digest()[:3]
        file = io.BytesIO()
        Image.new("RGB", (300, 200), (red, green, blue)).save(file, "PNG")
        data = file.getvalue()
        journal.store_picture(
            row,
            index,
            data,
            sha256=hashlib.sha256(data).hexdigest(),
            media_type="image/png",
            width=300,
            height=200,
        )
    return row


def prompts(history: lumen.History) -> list[str]:
    """Return the prompts of a history."""
    return [entry.prompt for entry in history]

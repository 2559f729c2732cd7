"""The service's side of a webhook, byte by byte: what it sends, and what a stranger sends."""

from __future__ import annotations

import json
from typing import Any

# Of a test; not ASCII, since nothing says that a user's is.
SECRET = "your-secret ü"  # noqa: S105 - as it says


def body_of(task_id: Any, status: str = "succeeded", **more: Any) -> bytes:
    """Return a body as the service writes it."""
    return json.dumps({"id": task_id, "status": status, **more}).encode()

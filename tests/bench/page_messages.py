"""What a page gets from its server, counted in bytes."""

from __future__ import annotations

import base64
import contextlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.jupyter import NotebookPage


@contextlib.contextmanager
def received_bytes(notebook: NotebookPage) -> Iterator[list[int]]:
    """Collect the bytes of each message that the page gets meanwhile."""
    sizes: list[int] = []
    session = notebook.page.context.new_cdp_session(notebook.page)
    session.send("Network.enable")

    def take(event: dict[str, Any]) -> None:
        payload, is_text = event["response"]["payloadData"], event["response"]["opcode"] == 1
        sizes.append(len(payload.encode() if is_text else base64.b64decode(payload)))

    session.on("Network.webSocketFrameReceived", take)
    try:
        yield sizes
    finally:
        session.detach()

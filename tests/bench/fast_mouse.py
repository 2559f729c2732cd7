"""A mouse of 120 Hz, as real ones are, which does not wait until the page has handled an event.

Playwright answers for a move only when the page has handled it, which is once a frame: half as
often as a mouse of 120 Hz moves. So events go over DevTools' own socket.
"""

from __future__ import annotations

import asyncio
import json
import socket
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import requests
from tornado.websocket import websocket_connect

if TYPE_CHECKING:
    from collections.abc import Sequence

    from playwright.sync_api import Page

    from tests.pointer import MouseEvent

HERTZ = 120.0


def free_port() -> int:
    """Return a port for Chromium's ``--remote-debugging-port``; one that it chooses is not told."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class FastMouse:
    """A mouse over one page.

    Parameters
    ----------
    page
        The page.
    port
        Where its browser's DevTools listen.

    """

    def __init__(self, page: Page, port: int) -> None:
        targets = requests.get(f"http://127.0.0.1:{port}/json/list", timeout=30).json()
        (self._url,) = (
            target["webSocketDebuggerUrl"] for target in targets if target["url"] == page.url
        )

    def play(self, events: Sequence[MouseEvent], hertz: float = HERTZ) -> float:
        """Carry out events at a rate; return the rate that came of it once all were handled."""
        # a thread, since Playwright's own loop is running in this one
        with ThreadPoolExecutor(1) as pool:
            return pool.submit(asyncio.run, _play(self._url, events, hertz)).result()


async def _play(url: str, events: Sequence[MouseEvent], hertz: float) -> float:
    loop = asyncio.get_running_loop()
    connection = await websocket_connect(url)
    began = loop.time()
    for number, event in enumerate(events):
        await asyncio.sleep(began + number / hertz - loop.time())
        command = {"id": number, "method": "Input.dispatchMouseEvent", "params": event}
        await connection.write_message(json.dumps(command))
    took = loop.time() - began
    for _ in events:
        answer = json.loads(await connection.read_message() or "{}")
        if "result" not in answer:
            raise RuntimeError(f"the browser did not take an event: {answer}")
    connection.close()
    return (len(events) - 1) / took

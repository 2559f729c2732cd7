"""A picture whose upload was interrupted."""

from __future__ import annotations

import asyncio
import secrets
import threading
from functools import partial
from typing import TYPE_CHECKING

import pytest

import lumen_widgets as lumen
from lumen_widgets.client import CallableHosting, LumenError
from tests.client.interrupts import interrupt
from tests.client.service import QUEUED, Service, png
from tests.conditions import PATIENCE

if TYPE_CHECKING:
    from collections.abc import Callable

    from lumen_widgets.client import LumenClient

    Connect = Callable[..., LumenClient]


# A call has some hundreds of instants; with fewer than these it was not interrupted at all of them.
LEAST = 50


@pytest.mark.parametrize("kind", [asyncio.CancelledError, SystemExit, KeyboardInterrupt])
def test_an_upload_that_exits_or_is_cancelled(
    service: Service, connect: Connect, kind: type[BaseException]
) -> None:
    """It is an error like any other: nothing was sent, and the caller's thread goes on."""

    def host(_data: bytes, _type: str) -> str:
        raise kind

    lumen.budget(tasks=1)
    client = connect(service.server.url, hosting=CallableHosting(host))
    with pytest.raises(LumenError, match="nothing was sent"):
        client.edit("snow", png())

    assert client.journal is not None
    assert client.journal.rows() == []
    assert lumen.budget().tasks_left == 1
    assert service.server.posts == []


@pytest.mark.slow
def test_nobody_waits_for_an_upload_that_was_interrupted(
    service: Service, connect: Connect
) -> None:
    """Wherever Ctrl-C hits a call, the next one with the same picture uploads it and goes on."""
    service.statuses["*"] = [QUEUED]
    hosting = CallableHosting(lambda _data, _type: f"https://files.example/{secrets.token_hex(8)}")
    client = connect(service.server.url, journal=False, hosting=hosting)
    instant, place = 0, "at the beginning"
    while place:
        instant += 1
        edit = partial(client.edit, "snow", png(size=(instant, 4)))
        place = interrupt(edit, instant) or ""
        # a daemon, since it may never end
        thread = threading.Thread(target=edit, daemon=True)
        thread.start()
        thread.join(PATIENCE)
        assert not thread.is_alive(), place
    if instant < LEAST:
        pytest.fail("the calls were not interrupted")

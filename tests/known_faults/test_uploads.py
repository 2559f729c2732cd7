"""A picture whose upload was interrupted."""

from __future__ import annotations

import secrets
import threading
from functools import partial
from typing import TYPE_CHECKING

import pytest

from lumen_widgets.client import CallableHosting
from tests.client.service import QUEUED, Service, png
from tests.known_faults.interrupts import interrupt

if TYPE_CHECKING:
    from collections.abc import Callable

    from lumen_widgets.client import LumenClient

    Connect = Callable[..., LumenClient]

pytestmark = pytest.mark.slow

# Seconds for one call, which takes milliseconds.
PATIENCE = 10.0

# A call has some hundreds of instants; with fewer than these it was not interrupted at all of them.
LEAST = 50


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

"""What tests of the prompt form share: pictures for it, and its messages as a browser sees them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tests.conditions import until
from tests.widgets.comms import PageComm

if TYPE_CHECKING:
    from collections.abc import Callable

    import pytest

    from lumen_widgets.widgets import PromptForm
    from tests.widgets.quiet_service import QuietService

PICTURE = np.full((32, 48, 3), 200, np.uint8)
MASK = np.zeros((32, 48), bool)
MASK[8:16, 8:16] = True


class FormPage:
    """A page that shows a form."""

    def __init__(self, form: PromptForm) -> None:
        self._comm = PageComm(form)

    @property
    def heard(self) -> list[dict[str, Any]]:
        """What the form sent from here on."""
        return [content for content, _ in list(self._comm.sent)]

    def of(self, kind: str) -> list[dict[str, Any]]:
        """Return the messages of a kind."""
        return [message for message in self.heard if message["kind"] == kind]

    def say(self, content: Any, *buffers: bytes) -> None:
        """Send the form a message."""
        self._comm.say(content, buffers)

    def hello(self) -> dict[str, Any]:
        """Say hello, and return the answer: all that is no trait."""
        request = f"hello {len(self.heard)}"
        self.say({"kind": "hello", "request": request})
        (snapshot,) = (one for one in self.of("form") if one["request"] == request)
        return snapshot


def taken(service: QuietService) -> tuple[str, dict[str, Any]]:
    """Return the one submit that the service got."""
    until(lambda: service.submits, "the service got a submit")
    assert len(service.submits) == 1
    return service.submits[0]


def listeners(monkeypatch: pytest.MonkeyPatch, owner: object, name: str) -> list[Any]:
    """Return the functions that listen to something from here on, by this method of it."""
    listening: list[Any] = []
    listen = getattr(owner, name)

    def counted(fn: Callable[..., None]) -> Callable[[], None]:
        stop = listen(fn)
        listening.append(fn)

        def end() -> None:
            stop()
            listening.remove(fn)

        return end

    monkeypatch.setattr(owner, name, counted)
    return listening

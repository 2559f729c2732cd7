from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from lumen_widgets.notebook import publisher as module
from lumen_widgets.notebook.publisher import Publisher

if TYPE_CHECKING:
    import pytest

PATIENCE = 10.0


def test_marks_that_come_together_are_sent_once() -> None:
    """A burst of changes costs the browser one message."""
    publisher = Publisher()
    sent: list[int] = []
    first, last = threading.Event(), threading.Event()
    changes = [0]

    def flush() -> None:
        sent.append(changes[0])
        first.set()
        if changes[0] == 100:
            last.set()

    publisher.mark(flush)
    assert first.wait(PATIENCE)
    for number in range(1, 101):
        changes[0] = number
        publisher.mark(flush)
    assert last.wait(PATIENCE)

    assert len(sent) <= 3
    assert sent[-1] == 100


def test_a_view_that_fails_does_not_stop_the_others(caplog: pytest.LogCaptureFixture) -> None:
    """A closed page takes no other page with it."""
    publisher = Publisher()
    reached = threading.Event()

    def broken() -> None:
        raise RuntimeError("the page is gone")

    publisher.mark(broken)
    publisher.mark(reached.set, after=0.05)

    assert reached.wait(PATIENCE)
    assert "could not be brought up to date" in caplog.text


def test_the_thread_ends_when_there_is_nothing_to_say(monkeypatch: pytest.MonkeyPatch) -> None:
    """An idle notebook has no thread of ours, and the next change starts one again."""
    monkeypatch.setattr(module, "_IDLE", 0.01)
    publisher = Publisher()
    for _ in range(2):
        reached = threading.Event()
        publisher.mark(reached.set)
        assert reached.wait(PATIENCE)
        thread = publisher._thread
        if thread is not None:
            thread.join(PATIENCE)

        assert publisher._thread is None

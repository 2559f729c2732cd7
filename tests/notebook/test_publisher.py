from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

from lumen_widgets.core.polling.scheduler import start_thread
from lumen_widgets.notebook.worker import Worker
from tests.conditions import PATIENCE

if TYPE_CHECKING:
    from typing import Any

    import pytest

FAILED = "a view could not be brought up to date"


class _View:
    """What is brought up to date: it notes what it was sent."""

    def __init__(self) -> None:
        self.sent: list[int] = []
        self.newest = 0
        self.first, self.last = threading.Event(), threading.Event()

    def flush(self) -> None:
        """Send the newest."""
        self.sent.append(self.newest)
        self.first.set()
        if self.newest == 100:
            self.last.set()


def test_changes_that_come_together_are_sent_once() -> None:
    """A burst of changes costs the browser one message."""
    pause = 0.25
    publisher, view = Worker("pages", FAILED, pause), _View()
    began = time.monotonic()
    publisher.run_soon(view.flush)
    assert view.first.wait(PATIENCE)
    for number in range(1, 101):
        view.newest = number
        publisher.run_soon(view.flush)
    assert view.last.wait(PATIENCE)

    # the first at once, and one after each pause: two, unless the burst itself took longer
    assert len(view.sent) <= 1 + (time.monotonic() - began) / pause
    assert view.sent[-1] == 100


def test_a_view_that_fails_does_not_stop_the_others(caplog: pytest.LogCaptureFixture) -> None:
    """A closed page takes no other page with it."""
    publisher = Worker("pages", FAILED, 0.25)
    reached = threading.Event()

    def broken() -> None:
        raise RuntimeError("the page is gone")

    publisher.run_soon(broken)
    publisher.run_soon(reached.set, after=0.05)

    assert reached.wait(PATIENCE)
    assert FAILED in caplog.text


def test_the_thread_ends_when_there_is_nothing_to_say() -> None:
    """An idle notebook has no thread of ours, and the next change starts one again."""
    publisher = Worker("idle-pages", FAILED, 0.25, idle_seconds=0.01)
    for _ in range(2):
        ran_in: list[threading.Thread] = []
        reached = threading.Event()

        def work(ran_in: list[threading.Thread] = ran_in, done: threading.Event = reached) -> None:
            ran_in.append(threading.current_thread())
            done.set()

        publisher.run_soon(work)
        assert reached.wait(PATIENCE)
        ran_in[0].join(PATIENCE)

        assert "idle-pages" not in {thread.name for thread in threading.enumerate()}


def test_urgent_work_comes_first() -> None:
    """What a view shows is drawn before what it may show later, the latest first."""
    worker = Worker("drawing", FAILED)
    order: list[str] = []
    began, go, over = threading.Event(), threading.Event(), threading.Event()

    def hold() -> None:
        began.set()
        go.wait(PATIENCE)

    worker.run_soon(hold)
    assert began.wait(PATIENCE)
    for name in ("first", "second"):
        worker.run_soon(lambda name=name: order.append(name))  # type: ignore[misc] # typed by its use
    for name in ("older", "newer"):
        worker.run_soon(lambda name=name: order.append(name), urgent=True)  # type: ignore[misc] # as above
    worker.run_soon(over.set)
    go.set()

    assert over.wait(PATIENCE)
    assert order == ["newer", "older", "first", "second"]


def test_garbage_that_is_collected_while_a_thread_starts_stops_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Python may collect a widget on the new thread before that has begun, and its work is left
    out there: the kernel waited for itself for ever.
    """
    worker = Worker("garbage", FAILED)
    ended: list[bool] = []

    def start(*arguments: Any) -> threading.Thread:
        collecting = threading.Thread(target=worker.forget, args=(object(),), daemon=True)
        collecting.start()
        collecting.join(PATIENCE)
        ended.append(not collecting.is_alive())
        return start_thread(*arguments)

    monkeypatch.setattr("lumen_widgets.notebook.worker.start_thread", start)
    reached = threading.Event()
    worker.run_soon(reached.set)

    assert ended == [True]
    assert reached.wait(PATIENCE)

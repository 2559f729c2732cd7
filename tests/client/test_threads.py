"""A machine that has no more threads: it is said what to do, and later all goes on."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from lumen_widgets.client import LumenError, WebhookReceiver, budget
from lumen_widgets.journal import Journal
from lumen_widgets.notebook.account import Account
from lumen_widgets.notebook.submission import Submission
from lumen_widgets.notebook.worker import Worker
from lumen_widgets.widgets import PromptForm
from tests.client.service import Service, png

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from lumen_widgets.client import LumenClient

    Connect = Callable[..., LumenClient]


TOO_MANY = RuntimeError("can't start new thread")


@contextmanager
def no_more(*names: str, error: Exception = TOO_MANY) -> Iterator[None]:
    """Let no thread of these names start, or none at all."""
    start = threading.Thread.start

    def refuse(thread: threading.Thread) -> None:
        if not names or thread.name in names:
            raise error
        start(thread)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(threading.Thread, "start", refuse)
        yield


@pytest.mark.parametrize("error", [TOO_MANY, MemoryError()], ids=["too many", "no memory"])
def test_a_submit(service: Service, connect: Connect, tmp_path: Path, error: Exception) -> None:
    """A submit without a thread sends nothing, reserves nothing, and can be repeated."""
    service.statuses["*"] = [service.succeeded("a")]
    client, counted = connect(service.server.url), budget(tasks=2)
    words = r"nothing was sent.*then try again"
    with no_more(error=error), pytest.raises(LumenError, match=words) as caught:
        client.generate("a cat")

    assert not caught.value.may_have_cost
    assert service.server.posts == []
    assert counted.submitted == 0
    assert Journal(tmp_path / "journal").rows() == []
    assert [picture.bytes for picture in client.generate("a cat").wait(30)] == [png()]


@pytest.mark.parametrize("error", [TOO_MANY, MemoryError()], ids=["too many", "no memory"])
def test_a_task(service: Service, connect: Connect, error: Exception) -> None:
    """A task that no thread can ask about is returned, its wait says why, and a later one works."""
    service.statuses["*"] = [service.succeeded("a")]
    with no_more("lumen-worker", error=error):
        task = connect(service.server.url).generate("a cat")
        with pytest.raises(LumenError, match="Close other programs"):
            task.wait(30)

    assert [picture.bytes for picture in task.wait(30)] == [png()]


def test_a_submission(service: Service, connect: Connect) -> None:
    """A submission without a thread was refused: nothing may have been paid."""
    client = connect(service.server.url)
    heard: list[str] = []
    for names in ((), ("lumen-submit",)):
        over = threading.Event()
        submission = Submission(
            lambda client, name: client.call("generations", "a cat", correlation_id=name),
            account=Account("the test's", client),
            prompt="a cat",
            model="m",
        )
        submission.subscribe(lambda one: heard.append(one.state))
        submission.subscribe(lambda _: over.set())  # noqa: B023 -- heard before the next round
        with no_more(*names):
            submission.start()
            assert over.wait(30)
        assert submission.state == "refused"
        assert "Close other programs" in str(submission.error)

    assert heard == ["refused", "refused"]
    assert service.server.posts == []


def test_what_a_page_is_to_show() -> None:
    """Work that no thread could do is done with the next work, once there is a thread."""
    worker = Worker("pages", "a view could not be brought up to date")
    first, second = threading.Event(), threading.Event()
    with no_more():
        worker.run_soon(lambda: first.set())  # noqa: PLW0108 -- told apart from the other
    worker.run_soon(second.set)

    assert first.wait(30)
    assert second.wait(30)


def test_a_receiver() -> None:
    """A receiver without a thread does not run, and its port is free for the next start."""
    receiver = WebhookReceiver()
    with no_more(), pytest.raises(LumenError, match="Close other programs"):
        receiver.start()
    with pytest.raises(LumenError, match="does not run"):
        _ = receiver.url

    with receiver, WebhookReceiver(port=0) as another:
        assert receiver.port != another.port


def test_a_form(service: Service, connect: Connect) -> None:
    """A form's submit without a thread is answered as refused, and is not sent later by itself."""
    form = PromptForm(client=connect(service.server.url), prompt="a cat")
    with no_more():
        submission = form.submit()
    form.close()

    assert submission.state == "refused"
    assert "nothing was sent" in str(submission.error)
    assert service.server.posts == []

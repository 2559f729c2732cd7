"""Several that ask for the same at once, with ``reuse=True``: one of them pays."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import pytest

from lumen_widgets.core import errors
from lumen_widgets.journal import Journal, JournalUnusable
from tests.client import fault_server as fault
from tests.client.children import in_child
from tests.client.fault_server import FaultServer, http
from tests.client.service import PROCESSING, Service

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from lumen_widgets.client import LumenClient

    Connect = Callable[..., LumenClient]


@pytest.mark.slow
def test_threads_that_run_at_once_pay_once(service: Service, connect: Connect) -> None:
    """However many threads ask for the same at the same moment, one of them pays."""
    service.statuses["*"] = [service.succeeded("a")]
    clients = [connect(service.server.url) for _ in range(6)]
    start = threading.Barrier(6)
    tasks = []

    def run(client: LumenClient) -> None:
        start.wait()
        tasks.append(client.generate("a cat", reuse=True))

    threads = [threading.Thread(target=run, args=(client,)) for client in clients]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)

    assert [len(task.wait(30)) for task in tasks] == [1] * 6
    assert len(service.server.posts) == 1
    assert sorted(task.reused for task in tasks) == [False, *[True] * 5]


@pytest.mark.slow
def test_processes_that_run_at_once_pay_once(service: Service, tmp_path: Path) -> None:
    """Two kernels that run all of the same notebook at the same moment pay once for each cell."""
    service.statuses["*"] = [service.succeeded("a")]
    code = """
        input()
        for prompt in ("a cat", "a dog", "a fox"):
            print(len(client.generate(prompt, reuse=True).wait(30)))
    """
    children = [in_child(tmp_path / "journal", service.server.url, code) for _ in range(3)]
    for child in children:
        assert child.stdin is not None
        child.stdin.write("\n")
        child.stdin.flush()

    assert [child.communicate(timeout=60)[0].split() for child in children] == [["1"] * 3] * 3
    assert len(service.server.posts) == 3


@pytest.mark.slow
def test_one_that_is_being_sent_is_waited_for(connect: Connect) -> None:
    """While another call sends the same, this one waits for its answer, but not for ever."""
    release = threading.Event()

    def slow(server: FaultServer, connection: Any) -> None:
        request = fault.read_request(server, connection)
        if request.method == "POST":
            release.wait(60)
        connection.sendall(http(200, {"id": "t", "status": "queued"}))

    with FaultServer(slow) as server:
        first = threading.Thread(target=connect(server.url, timeout=30.0).generate, args=("a cat",))
        first.start()
        while not server.posts:
            assert first.is_alive()
        with pytest.raises(errors.SubmitOutcomeUnknown, match="still waiting for its answer"):
            connect(server.url, timeout=0.3).generate("a cat", reuse=True)
        timer = threading.Timer(0.2, release.set)
        timer.start()
        assert connect(server.url).generate("a cat", reuse=True).id == "t"
        first.join(30)
        assert len(server.posts) == 1


def test_an_answer_that_the_journal_missed(
    service: Service, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A task whose id could not be written down is still the one that is joined here."""

    def full(*_: Any, **__: Any) -> None:
        raise JournalUnusable("disk full")

    service.statuses["*"] = [PROCESSING]
    client = connect(service.server.url)
    monkeypatch.setattr(Journal, "mark_accepted", full)
    with pytest.warns(UserWarning, match="disk full"):
        task = client.generate("a cat")

    assert client.generate("a cat", reuse=True) is task

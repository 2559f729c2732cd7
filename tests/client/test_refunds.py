"""What comes back into a budget, and what stays spent, over a real socket."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest

import lumen_widgets as lumen
from lumen_widgets.client import BudgetExceeded, Request, prices
from lumen_widgets.client.spending.budget import SpendingOption, refund_if_failed
from lumen_widgets.core import errors, submit
from lumen_widgets.core.answers import Accepted
from lumen_widgets.core.call import Call
from tests.client import fault_server as fault
from tests.client.fault_server import FaultServer
from tests.client.service import FAILED, PROCESSING
from tests.client.spending import MASK, MODEL, PICTURE, CountedHosting, stands

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from lumen_widgets.client import LumenClient
    from tests.client.service import Service
    from tests.sandboxes import SandboxServer

ERROR = {"error": {"code": "some_code", "message": "Some words."}}


@pytest.fixture(autouse=True)
def _prices() -> None:
    """Two models have a price."""
    prices.update({MODEL: 2, "fal-flux-pro-fill": 5})


@pytest.mark.parametrize(
    "behaviour",
    [
        fault.answers(400, ERROR),
        fault.answers(402, ERROR),
        fault.answers(503, ERROR),
        fault.answers(429, ERROR, {"Retry-After": "60"}),
    ],
    ids=["400", "402", "503", "429"],
)
def test_what_the_service_refused_is_given_back(
    connect: Callable[..., LumenClient], behaviour: fault.Behaviour
) -> None:
    """It was not charged, and it is no refund either."""
    lumen.budget(credits=4, tasks=1)
    with FaultServer(behaviour) as server:
        with pytest.raises(errors.LumenError):
            connect(server.url, timeout=3.0).generate("a", n=2)
        assert len(server.posts) == 1
    assert stands() == (0, 0, 4, 0)


@pytest.mark.parametrize("behaviour", [fault.answers(504), fault.drops_after_reading])
def test_what_nobody_knows_stays_spent(
    connect: Callable[..., LumenClient], behaviour: fault.Behaviour
) -> None:
    """It may have been charged."""
    lumen.budget(credits=10)
    with FaultServer(behaviour) as server, pytest.raises(errors.SubmitOutcomeUnknown):
        connect(server.url).generate("a", n=2)
    assert stands() == (4, 0, 6, 1)
    assert repr(lumen.budget()) == (
        "Budget: 4 of 10 credits spent, 6 left · 1 task, 1 of unknown outcome, counted as spent"
    )


def test_what_was_never_sent_is_given_back(
    service: Service,
    connect: Callable[..., LumenClient],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """No connection, no journal, no thread, an upload that failed or exits."""
    lumen.budget(credits=4)
    with pytest.raises(errors.ServiceUnreachable):
        connect("http://127.0.0.1:1", timeout=0.3).generate("a")
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(errors.JournalError):
        connect(service.server.url, journal=tmp_path / "file").generate("a")
    hosting = CountedHosting()
    for error in (errors.HostingError("No."), KeyboardInterrupt()):
        hosting.error = error
        # what the user's own function raises on the submit's thread is no Ctrl-C of the caller's
        with pytest.raises(errors.LumenError):
            connect(service.server.url, hosting=hosting).edit("a", PICTURE)
    assert hosting.taken == 2

    def reluctant(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    client = connect(service.server.url)
    monkeypatch.setattr(threading.Thread, "start", reluctant)
    with pytest.raises(errors.LumenError, match="No thread could be started") as caught:
        client.generate("a")
    assert not caught.value.may_have_cost
    assert stands() == (0, 0, 4, 0)
    assert service.server.posts == []


@pytest.mark.slow
def test_a_task_that_fails_gives_its_credits_and_its_place_back_once(
    service: Service, connect: Callable[..., LumenClient]
) -> None:
    """By the time that anybody hears of it, it is counted; a cancelled task stays spent."""
    service.statuses["task-1"] = [FAILED]
    service.statuses["task-2"] = [{"status": "cancelled"}]
    service.statuses["task-3"] = [service.succeeded("a")]
    client = connect(service.server.url)
    lumen.budget(credits=6, tasks=3)
    failed, cancelled = client.generate("a", n=2), client.generate("b")
    with pytest.raises(errors.TaskFailed):
        failed.wait(30)
    assert lumen.budget().refunded == 4
    with pytest.raises(errors.TaskCancelled):
        cancelled.wait(30)
    client.generate("c").wait(30)
    other = connect(service.server.url, journal=False).task("task-1")
    with pytest.raises(errors.TaskFailed):
        other.wait(30)
    assert stands() == (4, 4, 2, 2)
    assert repr(lumen.budget()) == (
        "Budget: 4 of 6 credits spent, 2 left, 4 refunded · 2 of 3 tasks"
    )


def test_a_task_that_another_client_sees_fail_gives_its_credits_back(
    service: Service, connect: Callable[..., LumenClient]
) -> None:
    """However it is followed to its end, by its id or out of the journal."""
    service.statuses["*"] = [PROCESSING]
    client = connect(service.server.url)
    lumen.budget(credits=6)
    first, second = client.generate("a"), client.generate("b")
    first.stop_watching()
    second.stop_watching()
    service.statuses["*"] = [FAILED]
    assert connect(service.server.url, journal=False).task(first.id).status == "failed"
    assert lumen.budget().refunded == 2
    assert client.journal is not None
    row = next(row for row in client.journal.rows() if row.task_id == second.id)
    client.journal.record_status(row.number, status="failed", error={}, seconds=None)
    assert connect(service.server.url).task(second.id).status == "failed"
    assert stands() == (0, 4, 6, 0)


def test_a_submit_whose_wait_was_interrupted_counts_and_may_still_be_refunded(
    service: Service, connect: Callable[..., LumenClient], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ctrl-C stops the waiting only: the request goes on, and so does its cost."""
    service.statuses["*"] = [FAILED]
    client = connect(service.server.url)
    lumen.budget(credits=6)

    def press(_: float | None) -> float:
        raise KeyboardInterrupt

    # the task is asked about soon after
    with service.holding_statuses():
        with monkeypatch.context() as patch:
            patch.setattr(submit, "wait_slice", press)
            with pytest.raises(KeyboardInterrupt, match="goes on"):
                client.generate("a", n=2)
        for thread in threading.enumerate():
            if thread.name == "lumen-submit":
                thread.join(30)
        assert stands() == (4, 0, 2, 1)
    with pytest.raises(errors.TaskFailed):
        client.task("task-1").wait(30)
    assert stands() == (0, 4, 6, 0)


def test_what_was_given_up_and_went_out_all_the_same_is_spent() -> None:
    """Whoever waits may stop before the worker knows: its later word is the truth, once."""
    lumen.budget(credits=10)
    request = Request("generations", {"prompt": "a", "model": MODEL})
    taken, lost, refused = (SpendingOption("https://example.org") for _ in range(3))
    for one in (taken, lost, refused):
        one.reserve(Call(request))
        one.refused(errors.ServiceUnreachable("Given up."))
    assert stands() == (0, 0, 10, 0)
    taken.accepted(Accepted("t", "queued", None))
    for _ in range(2):
        lost.unknown(errors.SubmitOutcomeUnknown("Lost.", may_have_cost=True))
        refused.refused(errors.InsufficientCredits("No."))
    assert stands() == (4, 0, 6, 2)
    for _ in range(2):
        refund_if_failed("https://example.org", "", "t", "failed")
    refund_if_failed("https://example.org", "", "of somebody else", "failed")
    assert stands() == (2, 2, 8, 1)


@pytest.mark.slow
def test_the_sandbox_counts_as_every_account_does(sandbox: SandboxServer) -> None:
    """A teacher shows spending, a refund and a refusal without a key."""
    prices["sandbox-always-fails"] = 2
    client = lumen.LumenClient(sandbox.api_key, sandbox.url, journal=False)
    lumen.budget(credits=6)
    client.generate("a fox", n=2, size="64x64").wait(60)
    with pytest.raises(errors.TaskFailed):
        client.generate("a fox", model="sandbox-always-fails").wait(60)
    before = sandbox.set()["credits"]
    with pytest.raises(BudgetExceeded, match="2 of the budget of 6 credits are left"):
        client.inpaint("a corgi", PICTURE, MASK)
    assert sandbox.set()["credits"] == before
    assert stands() == (4, 2, 2, 1)

from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest

import lumen_widgets as lumen
from lumen_widgets.journal import Journal
from lumen_widgets.notebook.account import Account
from lumen_widgets.notebook.submission import Submission
from tests.client.service import png
from tests.conditions import PATIENCE

if TYPE_CHECKING:
    from collections.abc import Callable

    from lumen_widgets.journal import JournalRow
    from tests.sandboxes import SandboxServer


@pytest.fixture
def account(sandbox: SandboxServer) -> Account:
    """Return an account of the run's sandbox."""
    return Account("the test's", lumen.LumenClient(sandbox.api_key, sandbox.url))


def _sent(account: Account, submit: Callable[[lumen.LumenClient, str], lumen.Task]) -> Submission:
    """Start a submission and wait until it is sent or refused."""
    submission = Submission(submit, account=account, prompt="a fox", model="gpt-image-2-low")
    over = threading.Event()
    submission.subscribe(lambda _: over.set())
    submission.start()
    assert over.wait(PATIENCE)
    return submission


@pytest.mark.slow
def test_a_submission_becomes_a_task_without_blocking(account: Account) -> None:
    """The caller goes on at once, and hears when there is a task; both are known by one name."""
    submission = _sent(
        account,
        lambda client, name: client.call("generations", "a fox", size="64x64", correlation_id=name),
    )

    assert submission.state == "sent"
    assert submission.task is not None
    assert submission.task.correlation_id == submission.correlation_id
    assert len(submission.task.wait(PATIENCE)) == 1


def test_a_refused_submission_keeps_the_reason(account: Account) -> None:
    """Nothing was spent, and the error says which field is wrong."""
    submission = _sent(account, lambda client, _: client.generate("a fox", n=9))

    assert submission.state == "refused"
    # what a cell shows that ends with `form.submit()`
    assert repr(submission) == "<Submission refused>"
    assert isinstance(submission.error, lumen.InvalidRequest)
    assert submission.error.field == "n"


def test_an_unknown_outcome_is_said_to_be_so(account: Account) -> None:
    """Neither refused nor sent: credits may have been spent."""

    def lose(_: lumen.LumenClient, __: str) -> lumen.Task:
        raise lumen.SubmitOutcomeUnknown("The connection was lost.", may_have_cost=True)

    assert _sent(account, lose).state == "unknown"


def test_an_error_of_another_kind_before_anything_was_sent_is_known_to_cost_nothing(
    account: Account,
) -> None:
    """A picture's own code may raise anything: nobody has to look in the console for that."""

    class Breaks:
        def __lumen_mask__(self) -> bytes:
            raise ZeroDivisionError("out of order")

    submission = _sent(account, lambda client, _: client.inpaint("a fox", png(), Breaks()))

    assert submission.state == "refused"
    assert "out of order Nothing was sent, and nothing spent." in str(submission.error)


@pytest.mark.parametrize("kind", [RuntimeError, asyncio.CancelledError, SystemExit])
def test_an_error_of_another_kind_is_not_lost_on_a_thread(
    account: Account, kind: type[BaseException]
) -> None:
    """Even a mistake in our own code, or a program that exits, is shown to the user."""

    def fail(_: lumen.LumenClient, __: str) -> lumen.Task:
        raise kind("out of order")

    submission = _sent(account, fail)

    assert submission.error is not None
    assert "out of order" in str(submission.error)


def test_again_is_a_new_call_that_has_not_started(account: Account) -> None:
    """Trying again pays again, so it takes a start of its own."""
    first = _sent(account, lambda client, _: client.generate("a fox", size="64x64"))
    second = first.again()

    assert second.state == "sending"
    assert second.task is None
    second.start()


def test_the_time_of_a_refusal_stands_still(account: Account) -> None:
    """A row that has ended no longer counts seconds."""
    submission = _sent(account, lambda client, _: client.generate("", size="64x64"))

    assert submission.elapsed == submission.elapsed


@pytest.mark.slow
def test_two_kernels_that_send_the_same_at_once_pay_once(
    account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both find nothing of it in the journal; then one sends it, and the other has its task."""
    both, sent = threading.Barrier(2), threading.Event()
    waits = iter([both.wait, both.wait])
    find = Journal.find_submit

    def find_submit(journal: Journal, correlation_id: str) -> JournalRow | None:
        if (wait := next(waits, None)) is None:
            # the one that was too late looks again; by then the other has its answer
            sent.wait(PATIENCE)
            return find(journal, correlation_id)
        row = find(journal, correlation_id)
        wait(PATIENCE)
        return row

    monkeypatch.setattr(Journal, "find_submit", find_submit)

    def submit(client: lumen.LumenClient, name: str) -> lumen.Task:
        task = client.call("generations", "a fox", size="64x64", correlation_id=name)
        sent.set()
        return task

    name = uuid4().hex
    submissions = [
        Submission(submit, account=account, prompt="", model="", correlation_id=name)
        for _ in range(2)
    ]
    over = threading.Semaphore(0)
    for submission in submissions:
        submission.subscribe(lambda _: over.release())
        submission.start()
    assert all(over.acquire(timeout=PATIENCE) for _ in submissions)
    first, second = (submission.task for submission in submissions)

    assert first is not None
    assert first is second

"""The real sandbox, the real receiver, and all that may happen to a delivery between them.

Each test takes all of its deliveries: the sandbox would send what is left to the next test's port.
"""

from __future__ import annotations

import json
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest
import requests

from lumen_widgets.client import LumenClient, WebhookReceiver
from lumen_widgets.client.webhooks.settings import ReceiverSettings
from lumen_widgets.core import errors
from tests.conditions import PATIENCE, until
from tests.webhooks.calling import body_of, call, headers_of
from tests.webhooks.post_office import Counted, Letter, PostOffice, working

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from lumen_widgets.client import Task
    from tests.sandboxes import SandboxServer

pytestmark = pytest.mark.slow

# Of a receiver whose tasks are not polled within the time of a test: one that is done was noticed
# by its call.
UNPOLLED = ReceiverSettings(poll_interval=10 * PATIENCE)
# Seconds between two status requests for a task whose call is awaited by an impatient receiver.
SLOWLY = 2.0


@pytest.fixture
def receiver() -> Iterator[WebhookReceiver]:
    """Run a receiver that the sandbox calls itself."""
    with WebhookReceiver(settings=UNPOLLED) as running:
        yield running


@pytest.fixture
def office() -> Iterator[PostOffice]:
    """Run what takes the sandbox's deliveries instead of a receiver."""
    with working() as running:
        yield running


@pytest.fixture
def behind(office: PostOffice) -> Iterator[WebhookReceiver]:
    """Run a receiver that is reached through the post office only."""
    with WebhookReceiver(office.url, settings=UNPOLLED) as running:
        yield running


@pytest.fixture
def impatient(office: PostOffice) -> Iterator[WebhookReceiver]:
    """Run one behind the post office whose tasks are polled every 2 s, instead of every 30 s."""
    settings = ReceiverSettings(poll_interval=SLOWLY)
    with WebhookReceiver(office.url, settings=settings) as running:
        yield running


@pytest.fixture
def counted() -> Counted:
    """Count the questions about tasks."""
    return Counted()


@pytest.fixture
def client(sandbox: SandboxServer, counted: Counted) -> LumenClient:
    """Return a client of the run's sandbox whose questions are counted."""
    return connect(sandbox, counted)


def connect(sandbox: SandboxServer, adapter: Counted) -> LumenClient:
    """Return a client that sends by an adapter."""
    session = requests.Session()
    session.mount(sandbox.url, adapter)
    return LumenClient(sandbox.api_key, sandbox.url, session=session)


def submit(client: LumenClient, receiver: WebhookReceiver, **fields: Any) -> Task:
    """Submit a small task whose end is told to a receiver."""
    return client.generate(
        "a cat", size="64x64", webhook_url=receiver.url, webhook_secret=receiver.secret, **fields
    )


def test_the_pace_that_was_decided() -> None:
    """With a webhook a task is asked about every 30 s, and not at all before."""
    assert ReceiverSettings().poll_interval == 30.0


def until_asked_often(counted: Counted, task: Task) -> None:
    """Wait until a task was asked about twice in a shorter time than one that awaits its call."""
    until(lambda: any(pause < SLOWLY / 2 for pause in counted.pauses(task.id)))


def test_noticed_with_the_call(
    sandbox: SandboxServer, client: LumenClient, receiver: WebhookReceiver, counted: Counted
) -> None:
    """A task takes one question with a webhook, asked when its call comes, and several without."""
    pictures = submit(client, receiver, n=2).wait(PATIENCE)
    assert len(pictures) == 2
    assert len(counted.asked) == 1
    assert receiver.count == 1
    with sandbox.drawing_held():
        task = client.generate("a cat", size="64x64")
        until_asked_often(counted, task)
    task.wait(PATIENCE)


def test_a_failure_too(client: LumenClient, receiver: WebhookReceiver, counted: Counted) -> None:
    """That a task failed is told and asked in the same way."""
    with pytest.raises(errors.TaskFailed, match="credits are given back"):
        submit(client, receiver, model="sandbox-always-fails").wait(PATIENCE)
    assert len(counted.asked) == 1


def test_many_tasks(client: LumenClient, receiver: WebhookReceiver, counted: Counted) -> None:
    """Each of several tasks is asked about once."""
    tasks = [submit(client, receiver) for _ in range(8)]
    assert {task.id for task in client.as_completed(tasks, PATIENCE)} == set(counted.asked)
    assert len(counted.asked) == 8
    assert [task.error for task in tasks] == [None] * 8


def test_a_call_before_the_answer(sandbox: SandboxServer, receiver: WebhookReceiver) -> None:
    """A call that comes before the submit's own answer is not lost."""
    counted = Counted(lambda: until(lambda: receiver.count))
    task = submit(connect(sandbox, counted), receiver)
    assert len(task.wait(PATIENCE)) == 1
    assert counted.asked == [task.id]


def test_through_a_tunnel(
    client: LumenClient, behind: WebhookReceiver, office: PostOffice, counted: Counted
) -> None:
    """What is sent to the public address and passed on with its whole path is heard."""
    office.deal = lambda letter: letter.deliver(behind)
    assert len(submit(client, behind).wait(PATIENCE)) == 1
    assert office.letters[0].path.startswith("/tunnel/")
    assert len(counted.asked) == 1


def test_twice(
    client: LumenClient, behind: WebhookReceiver, office: PostOffice, counted: Counted
) -> None:
    """Two deliveries at the same time, and a third, have the effect of one."""

    def doubled(letter: Letter) -> int:
        second = threading.Thread(target=letter.deliver, args=(behind,))
        second.start()
        status = letter.deliver(behind)
        second.join()
        return status

    office.deal = doubled
    task = submit(client, behind)
    assert len(task.wait(PATIENCE)) == 1
    until(lambda: behind.count == 2)
    assert office.letters[0].deliver(behind) == 204
    assert counted.asked == [task.id]


def test_a_replay_with_a_new_time(
    client: LumenClient, behind: WebhookReceiver, office: PostOffice, counted: Counted
) -> None:
    """A captured delivery with its time rewritten passes, as README says, and changes nothing."""
    office.deal = lambda letter: letter.deliver(behind)
    old = submit(client, behind)
    old.wait(PATIENCE)
    letter = office.letters[0]
    (signature,) = (line for line in letter.headers if line.lower().startswith("x-lumen-sig"))
    running = submit(client, behind)
    for _ in range(3):
        rewritten = [signature, f"X-Lumen-Timestamp: {int(time.time()) + 60}"]
        assert call(behind, letter.body, rewritten, path=letter.path) == 204
    stale = [signature, f"X-Lumen-Timestamp: {int(time.time()) - 3600}"]
    assert call(behind, letter.body, stale, path=letter.path) == 401
    assert len(running.wait(PATIENCE)) == 1
    assert counted.asked == [old.id, running.id]


def forged(letter: Letter, receiver: WebhookReceiver) -> int:
    """Deliver the letter with a byte more, and once more signed with another secret."""
    longer = Letter(letter.path, letter.headers, letter.body + b" ")
    other = Letter(letter.path, headers_of(letter.body, "another secret"), letter.body)
    refused = [longer.deliver(receiver), other.deliver(receiver)]
    # The sandbox is to think that all is well: it would try again when this test is over.
    return 204 if refused == [401, 401] else 500


def of_another_task(letter: Letter, receiver: WebhookReceiver) -> int:
    """Deliver a good letter about a task of another process."""
    body = body_of("another-task")
    return Letter(letter.path, headers_of(body, receiver.secret), body).deliver(receiver)


def never(_letter: Letter, _receiver: WebhookReceiver) -> int:
    """Deliver nothing, and say that it was."""
    return 204


@pytest.mark.parametrize("deal", [forged, of_another_task, never])
def test_no_good_call(
    sandbox: SandboxServer,
    client: LumenClient,
    impatient: WebhookReceiver,
    office: PostOffice,
    counted: Counted,
    *,
    caplog: pytest.LogCaptureFixture,
    deal: Callable[[Letter, WebhookReceiver], int],
) -> None:
    """A task whose call is forged, another's or lost is polled for; then none is awaited."""
    office.deal = lambda letter: deal(letter, impatient)
    began = time.monotonic()
    task = submit(client, impatient)
    assert len(task.wait(PATIENCE)) == 1
    # first after 2 s, when it has usually long ended
    assert counted.asked.count(task.id) <= (time.monotonic() - began) / SLOWLY
    assert f"{task.id} has ended, and the service's call has not come" in caplog.text
    with sandbox.drawing_held():
        again = submit(client, impatient)
        until_asked_often(counted, again)
    assert len(again.wait(PATIENCE)) == 1
    until(lambda: len(office.letters) == 2 and office.answered == 2)
    assert impatient.count == (2 if deal is of_another_task else 0)


def test_late(
    client: LumenClient,
    impatient: WebhookReceiver,
    office: PostOffice,
    counted: Counted,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """A call for a task that was found by polling changes nothing, but calls are trusted again."""
    first = submit(client, impatient)
    first.wait(PATIENCE)
    assert (
        len(submit(client, impatient).wait(PATIENCE)) == 1
    )  # although its call does not come either
    until(lambda: office.answered == 2)
    assert office.letters[0].deliver(impatient) == 204
    office.deal = lambda letter: letter.deliver(impatient)
    began = time.monotonic()
    second = submit(client, impatient)
    assert len(second.wait(PATIENCE)) == 1
    # once, unless drawing took longer than the two seconds until it is polled
    assert counted.asked.count(second.id) <= 1 + (time.monotonic() - began) // SLOWLY
    # asked because of its call: were it found by polling, it would be warned of too
    assert caplog.text.count("has not come") == 1


def test_closed_in_between(
    client: LumenClient, behind: WebhookReceiver, office: PostOffice
) -> None:
    """Tasks of a receiver that is closed are asked about as if they had no webhook."""
    task = submit(client, behind)
    behind.close()
    assert len(task.wait(PATIENCE)) == 1
    until(lambda: office.letters)


def test_a_receiver_elsewhere(
    sandbox: SandboxServer, client: LumenClient, office: PostOffice, counted: Counted
) -> None:
    """A webhook that is not heard in this process slows nothing down here."""
    with sandbox.drawing_held():
        task = client.generate("a cat", size="64x64", webhook_url=office.url, webhook_secret="x")  # noqa: S106 - of a test
        until_asked_often(counted, task)
    assert len(task.wait(PATIENCE)) == 1
    until(lambda: office.letters)
    assert json.loads(office.letters[0].body)["id"] == task.id

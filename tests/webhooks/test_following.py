"""How a task with a webhook is followed: what a call sets off, and what it cannot."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest
import requests

from lumen_widgets.client import LumenClient, Request, Task, WebhookReceiver
from lumen_widgets.client.webhooks.deliveries import WebhookOption
from lumen_widgets.client.webhooks.settings import ReceiverSettings
from lumen_widgets.core import errors
from lumen_widgets.core.http.keys import Key
from lumen_widgets.core.http.origin import Origin
from lumen_widgets.core.http.transport import Transport
from lumen_widgets.core.options import Options
from lumen_widgets.core.polling.poller import TaskPoller
from lumen_widgets.core.polling.scheduler import Scheduler, use_scheduler
from lumen_widgets.core.task import TaskState
from lumen_widgets.core.timing import Timing
from tests.client import fault_server as fault
from tests.client.conftest import KEY
from tests.client.fault_server import FaultServer, Received, http
from tests.client.service import FAILED, PROCESSING, Service, png, serving
from tests.conditions import PATIENCE
from tests.webhooks.calling import body_of, call

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@pytest.fixture
def receiver() -> Iterator[WebhookReceiver]:
    """Run a receiver."""
    with WebhookReceiver() as running:
        yield running


@pytest.fixture
def patient() -> Iterator[WebhookReceiver]:
    """Run a receiver, and let only a call cause a status request within the time of a test."""
    use_scheduler(Scheduler(timing=Timing(local_interval=1000.0)))
    with WebhookReceiver(settings=ReceiverSettings(poll_interval=1000.0)) as running:
        yield running


def submit(client: LumenClient, receiver: WebhookReceiver) -> Task:
    """Submit a task whose end is told to a receiver."""
    return client.generate("a cat", webhook_url=receiver.url, webhook_secret=receiver.secret)


class Clock:
    """A clock that goes when it is told."""

    def __init__(self) -> None:
        self.time = 1000.0

    def __call__(self) -> float:
        """Return the time in seconds."""
        return self.time


def test_the_pace(receiver: WebhookReceiver) -> None:
    """While a call is awaited, questions are 30 s apart; after one, at once and as usual."""
    clock = Clock()
    scheduler = Scheduler(clock, threads=0)
    use_scheduler(scheduler)
    request = Request("generations", {"webhook_url": receiver.url})
    with serving() as service, requests.Session() as session:
        service.statuses["*"] = [PROCESSING]
        origin = Origin(service.server.url, "127.0.0.1", is_loopback=False)
        task = TaskPoller(
            TaskState("task-pace", request, origin=origin.url, status="queued"),
            Options([WebhookOption()]),
            transport=Transport(origin, Key(KEY, origin), session),
            fetch=lambda _url, **_: pytest.fail("there is no picture"),
            timeout=10.0,
        ).start()
        times: list[float] = []

        def pass_time(seconds: float) -> None:
            until = clock.time + seconds
            while clock.time < until:
                scheduler.run_due()
                times.extend([clock.time - 1000] * (service.asked(task.id) - len(times)))
                clock.time += 0.05

        pass_time(70)
        assert times == [pytest.approx(30, abs=0.1), pytest.approx(60, abs=0.1)]
        assert call(receiver, body_of(task.id)) == 204
        pass_time(4)
        # a task of that age is asked about at a fortieth of it
        assert times[2:] == [pytest.approx(70 + after, abs=0.2) for after in (0, 1.75, 3.5)]
        assert call(receiver, body_of(task.id)) == 204
        pass_time(1)
        assert len(times) == 5  # as usual: a second call is no news


@pytest.mark.slow
def test_the_service_has_the_last_word(
    service: Service, patient: WebhookReceiver, connect: Callable[..., LumenClient]
) -> None:
    """A signed call that lies is not believed: the service's answer counts, pictures and all."""
    service.statuses["task-1"] = [service.succeeded("real")]
    service.statuses["task-2"] = [FAILED]
    client = connect(service.server.url)
    one, two = submit(client, patient), submit(client, patient)
    evil = [{"url": f"{service.server.url}/evil"}]
    assert call(patient, body_of("task-1", "failed", error={"code": "x", "message": "y"})) == 204
    assert call(patient, body_of("task-2", "succeeded", data=evil)) == 204
    assert [picture.bytes for picture in one.wait(PATIENCE)] == [png()]
    with pytest.raises(errors.TaskFailed, match="No"):
        two.wait(PATIENCE)
    assert "/evil" not in [request.path for request in service.server.requests]


def test_an_old_state_comes_late(
    service: Service, patient: WebhookReceiver, connect: Callable[..., LumenClient]
) -> None:
    """A task that has ended stays as it ended, whatever is said of it afterwards."""
    service.statuses["*"] = [service.succeeded("a")]
    task = submit(connect(service.server.url), patient)
    assert call(patient, body_of("task-1")) == 204
    task.wait(PATIENCE)
    for status in ("processing", "failed", "cancelled", "succeeded"):
        assert call(patient, body_of("task-1", status)) == 204
    assert (task.status, task.error) == ("succeeded", None)
    assert service.asked("task-1") == 1


def test_news_while_a_question_is_under_way(
    patient: WebhookReceiver, connect: Callable[..., LumenClient]
) -> None:
    """An answer that is older than the call does not put off the question that the call causes."""
    with serving() as service:
        respond = service.respond
        succeeded = threading.Event()

        def crossed(request: Received) -> bytes:
            if request.method == "GET" and request.path.startswith("/v1/"):
                if succeeded.is_set():
                    return http(200, {"id": "task-1", **service.succeeded("a")})
                succeeded.set()
                # The task ends just now, while this answer, from before, is on its way.
                assert call(patient, body_of("task-1")) == 204
                return http(200, {"id": "task-1", "status": "processing"})
            return respond(request)

        with FaultServer(fault.calls(crossed)) as server:
            service.server = server
            task = submit(connect(server.url), patient)
            task.refresh()
            assert len(task.wait(PATIENCE)) == 1


def test_a_call_while_the_task_is_not_watched(
    service: Service, patient: WebhookReceiver, connect: Callable[..., LumenClient]
) -> None:
    """A task that is not watched is not asked about; once it is watched again, its end is known."""
    service.statuses["*"] = [service.succeeded("a")]
    task = submit(connect(service.server.url), patient)
    task.stop_watching()
    assert call(patient, body_of("task-1")) == 204
    assert service.asked("task-1") == 0
    assert len(task.wait(PATIENCE)) == 1


@pytest.mark.slow
def test_a_service_that_stumbles(
    service: Service, patient: WebhookReceiver, connect: Callable[..., LumenClient]
) -> None:
    """A question that a call set off is asked again soon if the service cannot answer it."""
    use_scheduler(Scheduler(timing=Timing(local_interval=0.05)))
    service.statuses["*"] = [http(503), http(429), PROCESSING, service.succeeded("a")]
    task = submit(connect(service.server.url), patient)
    assert call(patient, body_of("task-1")) == 204
    assert len(task.wait(PATIENCE)) == 1
    assert service.asked("task-1") == 4


@pytest.mark.slow
def test_cancelled_tasks_are_not_promised_a_call(
    service: Service, connect: Callable[..., LumenClient], caplog: pytest.LogCaptureFixture
) -> None:
    """A cancelled task is found by polling, and says nothing against the receiver."""
    service.statuses["*"] = [PROCESSING, {"status": "cancelled"}]
    with WebhookReceiver(settings=ReceiverSettings(poll_interval=0.3)) as receiver:
        task = submit(connect(service.server.url), receiver)
        with pytest.raises(errors.TaskCancelled):
            task.wait(PATIENCE)
    assert service.asked("task-1") == 2
    assert "has not come" not in caplog.text


def test_a_hundred_different(
    service: Service, patient: WebhookReceiver, connect: Callable[..., LumenClient]
) -> None:
    """A hundred calls about tasks of others set off no question at all."""
    service.statuses["*"] = [service.succeeded("a")]
    task = submit(connect(service.server.url), patient)
    for number in range(100):
        assert call(patient, body_of(f"other-{number}")) == 204
    assert call(patient, body_of("task-1")) == 204
    assert len(task.wait(PATIENCE)) == 1
    asked = [request for request in service.server.requests if "/generations/" in request.path]
    assert len(asked) == 1

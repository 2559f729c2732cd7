"""Several tasks at once: as they end, and picture by picture."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lumen_widgets.core import errors
from lumen_widgets.core.polling.scheduler import Scheduler, use_scheduler
from lumen_widgets.core.timing import Timing
from lumen_widgets.core.waiting import as_completed
from tests.client.fault_server import http
from tests.client.service import FAILED, PROCESSING, Service, png

if TYPE_CHECKING:
    from collections.abc import Callable

    from lumen_widgets.client import LumenClient, Picture, Task


@pytest.mark.slow
def test_as_completed(service: Service, connect: Callable[..., LumenClient]) -> None:
    """Tasks come as they end, each once, failed ones too, and nothing is raised for them."""
    service.statuses["task-1"] = [PROCESSING]
    service.statuses["task-2"] = [FAILED]
    client = connect(service.server.url)
    slow, failing = client.generate("a"), client.generate("b")
    ended = client.as_completed([slow, failing, slow], 30)
    assert next(ended) is failing
    service.statuses["task-1"] = [service.succeeded("a")]
    assert list(ended) == [slow]
    assert isinstance(failing.error, errors.TaskFailed)
    assert list(client.as_completed([slow, failing])) == [failing, slow]
    assert list(as_completed([])) == []


@pytest.mark.slow
def test_as_completed_in_time(service: Service, connect: Callable[..., LumenClient]) -> None:
    """What is not done in time is a WaitTimeout, after those that are."""
    service.statuses["task-1"] = [PROCESSING]
    service.statuses["task-2"] = [FAILED]
    client = connect(service.server.url)
    found: list[Task] = []
    with pytest.raises(errors.WaitTimeout, match="task-1"):
        found.extend(client.as_completed([client.generate("a"), client.generate("b")], 1.5))
    with pytest.raises(errors.InvalidRequest):
        client.as_completed(["task-1"])  # type: ignore[type-var] # the mistake itself
    with pytest.raises(errors.InvalidRequest, match="Only tasks"):
        client.as_completed(5)  # type: ignore[arg-type] # the mistake itself


@pytest.mark.slow
def test_stream(service: Service, connect: Callable[..., LumenClient]) -> None:
    """Pictures come as they arrive; what failed is raised at the end, together."""
    use_scheduler(Scheduler(timing=Timing(doubtful_pictures=0.0)))
    service.pictures["/c"] = [http(404), http(200, png())]
    service.statuses["task-1"] = [service.succeeded("a", "b")]
    service.statuses["task-2"] = [FAILED]
    service.statuses["task-3"] = [service.succeeded("c")]
    client = connect(service.server.url)
    tasks = [client.generate("x", n=2), client.generate("y"), client.generate("z")]
    found: list[Picture] = []
    with pytest.raises(errors.TasksFailed) as caught:
        found.extend(client.stream(tasks, 30))
    assert {(picture.task, picture.index) for picture in found} == {(tasks[0], 0), (tasks[0], 1)}
    assert len(found) == 2
    assert set(caught.value.tasks) == {tasks[1], tasks[2]}
    kinds = {errors.TaskFailed, errors.DownloadError}
    assert {type(error) for error in caught.value.errors} == kinds
    # The stream told of the missing picture, so the next wait fetches it.
    assert len(tasks[2].wait(30)) == 1


def test_stream_that_skips(service: Service, connect: Callable[..., LumenClient]) -> None:
    """With errors="skip" nothing is raised; any other word is refused at once."""
    service.statuses["task-1"] = [service.succeeded("a")]
    service.statuses["task-2"] = [FAILED]
    client = connect(service.server.url)
    tasks = [client.generate("x"), client.generate("y")]
    assert len(list(client.stream(tasks, 30, errors="skip"))) == 1
    with pytest.raises(errors.InvalidRequest):
        client.stream(tasks, errors="ignore")  # type: ignore[arg-type] # the mistake itself

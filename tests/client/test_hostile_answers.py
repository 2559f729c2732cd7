"""Answers that no honest service gives: each ends in a typed error or a task, never in a hang."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

import pytest

from lumen_widgets.core import errors
from lumen_widgets.core.polling.scheduler import Scheduler, use_scheduler
from lumen_widgets.core.timing import Timing
from lumen_widgets.core.words import LONGEST_WORDS
from tests.client import fault_server as fault
from tests.client.fault_server import FaultServer, http

if TYPE_CHECKING:
    from collections.abc import Callable

    from lumen_widgets.client import LumenClient
    from tests.client.service import Service

LONG = "\x1b[31m<b>no</b>\u202e\r\n" + "x" * 400_000

FAILURES: list[Any] = [
    {"code": LONG, "message": LONG},
    {"code": ["a"] * 10_000, "message": {"a": [LONG]}},
    {"code": "\ud800", "message": "\ud800"},
    LONG,
    [LONG],
    None,
    7,
    True,
]


@pytest.mark.parametrize("said", FAILURES, ids=range(len(FAILURES)))
def test_reasons_are_short_printable_words(
    said: Any, service: Service, connect: Callable[..., LumenClient]
) -> None:
    """Whatever a service gives as the reason, the error is one printable line that can be read."""
    service.statuses["*"] = [{"status": "failed", "error": said}]
    task = connect(service.server.url).generate("a cat")
    with pytest.raises(errors.TaskFailed) as caught:
        task.wait(30)
    assert len(str(caught.value)) < 2 * LONGEST_WORDS + 300
    assert str(caught.value).isprintable()
    assert repr(task).isprintable()


def test_a_reason_that_is_too_long_says_that_it_was_cut(
    service: Service, connect: Callable[..., LumenClient]
) -> None:
    """Our next sentence follows the mark, and not the half of a word."""
    service.statuses["*"] = [{"status": "failed", "error": {"message": "refused " * 200}}]
    task = connect(service.server.url).generate("a cat")
    with pytest.raises(errors.TaskFailed, match=r"refused ref\w*… ?(?!\.)"):
        task.wait(30)


ANSWERS = {
    "deep": b'{"id": "a1", "status": ' + b"[" * 200_000,
    "huge": b'{"id": "a1", "status": "' + b"x" * 3_000_000,
    "not a number": b'{"id": "a1", "status": NaN}',
    "too large a number": b'{"id": "a1", "status": 1e999}',
    "a list": b'{"id": "a1", "status": ["succeeded"]}',
    "half a letter": b'{"id": "a1", "status": "\\ud800"}',
    "digits": b'{"status": ' + b"9" * 10_000 + b"}",
    "10,000 pictures, none of which is one": json.dumps(
        {"status": "succeeded", "data": [*[{"url": 7}] * 10_000, 7]}
    ).encode(),
    "addresses of other types": b'{"status": "succeeded", "data": [{"url": {"a": 1}}, 7, null]}',
    "twice the same word": b'{"status": "succeeded", "status": 7}',
    "no UTF-8": b"\xff\xfe{}",
}


@pytest.mark.slow
@pytest.mark.parametrize("name", ANSWERS)
def test_statuses_that_cannot_be_read(
    name: str, service: Service, connect: Callable[..., LumenClient]
) -> None:
    """Such an answer is asked for again, and after some of them an error names the task."""
    use_scheduler(Scheduler(timing=Timing(local_interval=0.01, requests=1000, late_pictures=1.0)))
    service.statuses["*"] = [http(200, ANSWERS[name])]
    task = connect(service.server.url).generate("a cat")
    begun = time.monotonic()
    with pytest.raises(errors.LumenError, match=task.id):
        task.wait(20)
    assert time.monotonic() - begun < 20
    assert not task.pictures


@pytest.mark.slow
@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "file:///etc/passwd",
        "data:text/html,<script>",
        "http://169.254.169.254/latest/meta-data",
        "https://[::ffff:10.0.0.1]/1.png",
        "https://example.org:22/1.png",
        "https://user:password@example.org/1.png",
        "\ud800",
        "https://" + "a" * 900_000,
    ],
    ids=lambda url: repr(url[:30]),
)
def test_addresses_that_are_not_asked(
    url: str, service: Service, connect: Callable[..., LumenClient]
) -> None:
    """A paid task whose picture lies where nobody should look ends in an error that names it."""
    service.statuses["*"] = [{"status": "succeeded", "data": [{"url": url}]}]
    task = connect(service.server.url).generate("a cat")
    with pytest.raises(errors.DownloadError, match=task.id) as caught:
        task.wait(30)
    assert len(str(caught.value)) < 2000
    assert "user:password" not in str(caught.value)


@pytest.mark.parametrize("created", [-1, 0, 1e308, 10**400, True, "now", [1], None])
def test_times_that_are_none(created: Any, connect: Callable[..., LumenClient]) -> None:
    """A task that was taken is a task, whatever the service says of when."""
    body = json.dumps({"id": "a1", "status": ["?"], "created": created}).encode()
    with FaultServer(fault.answers(200, body)) as server:
        task = connect(server.url).generate("a cat")
    assert task.id == "a1"
    assert task.created is None or task.created == 1e308
    assert repr(task).isprintable()

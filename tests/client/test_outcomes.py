"""The outcome table of README (How your credits are protected), over real sockets."""

from __future__ import annotations

from email.utils import formatdate
from typing import TYPE_CHECKING, NamedTuple

import pytest

from lumen_widgets.core import errors
from lumen_widgets.core.polling.scheduler import Scheduler, use_scheduler
from lumen_widgets.core.timing import Timing
from lumen_widgets.journal import Journal
from tests.client import fault_server as fault
from tests.client.fault_server import FaultServer, http

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from lumen_widgets.client import LumenClient
    from tests.client.fault_server import Behaviour

TAKEN = {"id": "task-1", "status": "queued", "created": 1_700_000_000}
ERROR = {"error": {"code": "some_code", "message": "Some words."}}


class Row(NamedTuple):
    """What the server does, what the caller sees, how many POSTs, what the journal says."""

    server: tuple[Behaviour, ...]
    error: type[errors.LumenError] | None
    posts: int
    state: str
    timeout: float = 10.0


def unknown(*server: Behaviour, timeout: float = 10.0) -> Row:
    """Return a row of those after which the outcome is unknown."""
    return Row(server, errors.SubmitOutcomeUnknown, 1, "unknown", timeout)


def refused(error: type[errors.LumenError], *server: Behaviour, posts: int = 1) -> Row:
    """Return a row of those after which nothing is spent."""
    return Row(server, error, posts, "refused")


def taken(*server: Behaviour, posts: int = 1) -> Row:
    """Return a row of those that end with a task."""
    return Row((*server, fault.answers(200, TAKEN)), None, posts, "queued")


LONG = http(200, {**TAKEN, "padding": "x" * 400})

TABLE = {
    "2xx with an id": taken(),
    "201 with an id": Row((fault.answers(201, TAKEN),), None, 1, "queued"),
    "an id and a body that breaks off after it": Row(
        (fault.sends(http(200, TAKEN, {"Content-Length": "9999"})),), None, 1, "queued"
    ),
    "400": refused(errors.InvalidRequest, fault.answers(400, ERROR)),
    "401": refused(errors.AuthenticationError, fault.answers(401, ERROR)),
    "402": refused(errors.InsufficientCredits, fault.answers(402, ERROR)),
    "403": refused(errors.AuthenticationError, fault.answers(403, ERROR)),
    "404": refused(errors.NotFound, fault.answers(404, ERROR)),
    "405 in HTML": refused(errors.InvalidRequest, fault.answers(405, b"<html>no</html>")),
    "408": refused(errors.UpstreamError, fault.answers(408)),
    "422 with a detail": refused(errors.InvalidRequest, fault.answers(422, {"detail": "no"})),
    "400 that drips": Row(
        (fault.drips(http(400, b"x" * 500)),), errors.SubmitOutcomeUnknown, 1, "unknown", 0.7
    ),
    "301": unknown(fault.answers(301, b"", {"Location": "/v1/images/elsewhere"})),
    "307": unknown(fault.answers(307, b"", {"Location": "/v1/images/elsewhere"})),
    "429 with seconds, then taken": taken(fault.answers(429, ERROR, {"Retry-After": "0"}), posts=2),
    "429 with a date, then taken": taken(
        fault.answers(429, ERROR, {"Retry-After": formatdate(usegmt=True)}), posts=2
    ),
    "429 without a time, twice, then taken": taken(
        fault.answers(429), fault.answers(429, ERROR), posts=3
    ),
    "429 for longer than the time-out": refused(
        errors.RateLimited, fault.answers(429, ERROR, {"Retry-After": "3600"})
    ),
    "429, then lost": Row(
        (fault.answers(429, ERROR, {"Retry-After": "0"}), fault.drops_after_reading),
        errors.SubmitOutcomeUnknown,
        2,
        "unknown",
    ),
    "502 with a JSON error": refused(errors.UpstreamError, fault.answers(502, ERROR)),
    "503 with a JSON error": refused(errors.UpstreamError, fault.answers(503, ERROR)),
    "502 without one": unknown(fault.answers(502, b"<html>Bad gateway</html>")),
    "503 without one": unknown(fault.answers(503, {"detail": "busy"})),
    "500": unknown(fault.answers(500, ERROR)),
    "504": unknown(fault.answers(504, ERROR)),
    "599": unknown(fault.answers(599)),
    "2xx without an id": unknown(fault.answers(200, {"status": "queued"})),
    "2xx with an empty id": unknown(fault.answers(200, {"id": ""})),
    "2xx with a number for an id": unknown(fault.answers(200, {"id": 7})),
    "2xx with a control character in its id": unknown(fault.answers(200, {"id": "a\nb"})),
    "2xx with an id that climbs": unknown(fault.answers(200, {"id": ".."})),
    "2xx with a page of id": unknown(fault.answers(200, {"id": "x" * 201})),
    "2xx that is no JSON": unknown(fault.answers(200, b"{")),
    "2xx that is a list": unknown(fault.answers(200, [TAKEN])),
    "2xx that never ends": unknown(fault.sends(http(200, b"[" * 3_000_000))),
    "204": unknown(fault.answers(204)),
    "not HTTP": unknown(fault.sends(b"\x00\x01\x02 garbage \r\n\r\n")),
    "reset before reading": unknown(fault.drops_at_once),
    "closed after reading": unknown(fault.drops_after_reading),
    "closed within the headers": unknown(fault.sends(b"HTTP/1.1 200 OK\r\nContent-Le")),
    "read time-out": unknown(fault.stalls, timeout=0.5),
    "headers that drip": unknown(fault.drips(LONG), timeout=0.7),
    "a body that drips": unknown(fault.drips(LONG, at_once=len(LONG) - 400), timeout=0.7),
}


@pytest.fixture(autouse=True)
def _short_waits() -> None:
    use_scheduler(Scheduler(timing=Timing(busy_waits=(0.01, 0.02))))


@pytest.mark.parametrize("name", TABLE)
def test_row(name: str, connect: Callable[..., LumenClient], tmp_path: Path) -> None:
    """Each row of the outcome table has its error, its number of POSTs and its journal state."""
    row = TABLE[name]
    with FaultServer(*row.server) as server:
        client = connect(server.url, timeout=row.timeout)
        if row.error is None:
            task = client.generate("a cat")
            assert task.id == TAKEN["id"]
            assert task.created == TAKEN["created"]
        else:
            with pytest.raises(row.error) as caught:
                client.generate("a cat")
            assert type(caught.value) is row.error
            assert caught.value.may_have_cost == (row.state == "unknown")
            assert caught.value.next_step
            said = str(caught.value)
            assert ("Credits may have been spent" in said) == (row.state == "unknown")
            assert ("othing was spent" in said or "nothing spent" in said) == (
                row.state != "unknown"
            )
        posts = server.connections if row.error else len(server.posts)
    assert posts == row.posts
    (written,) = Journal(tmp_path / "journal").rows()
    assert written.state == row.state
    assert written.body == {"model": "gpt-image-2-low", "prompt": "a cat"}
    assert written.task_id == (TAKEN["id"] if row.error is None else None)

"""What is left in the stack of an error: no key and no webhook secret in any local variable."""

from __future__ import annotations

import http.client
import logging
import traceback
from typing import TYPE_CHECKING, Any

import pytest

from lumen_widgets.client import LumenClient, WebhookReceiver, sign_webhook, verify_webhook
from lumen_widgets.core import errors
from lumen_widgets.core.errors import redacts_traceback
from tests.client import fault_server as fault
from tests.client.conftest import KEY
from tests.client.fault_server import FaultServer
from tests.client.fault_server import http as reply
from tests.client.service import png

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.client.service import Service

SECRET = "SENTINEL-of-a-webhook"  # noqa: S105 -- a sentinel
WEBHOOK: dict[str, Any] = {"webhook_url": "https://example.org/lumen", "webhook_secret": SECRET}


def _leaks(error: BaseException) -> list[str]:
    """Return the functions, in the stacks of an error and all it came from, that show a secret."""
    found: list[str] = []
    todo: list[BaseException | None] = [error]
    seen: set[int] = set()
    while todo:
        one = todo.pop()
        if one is None or id(one) in seen:
            continue
        seen.add(id(one))
        todo += [one.__cause__, one.__context__]
        shown = {f"{type(one).__name__}": repr(vars(one))}
        request = getattr(one, "request", None)
        shown["request"] = repr(vars(request)) if request is not None else ""
        for frame, _ in traceback.walk_tb(one.__traceback__):
            if frame.f_code.co_filename != __file__:  # the caller's own frame is the caller's
                shown[frame.f_code.co_qualname] = repr(frame.f_locals)
        found += [name for name, text in shown.items() if KEY in text or SECRET in text]
    return found


@pytest.mark.slow
@pytest.mark.parametrize(
    "behaviour",
    [
        fault.drops_at_once,
        fault.stalls,
        fault.sends(b"garbage"),
        *(fault.answers(status) for status in (302, 400, 401, 402, 404, 429, 500)),
    ],
)
def test_no_stack_of_a_request_has_a_secret(
    behaviour: Any, connect: Callable[..., LumenClient]
) -> None:
    """Neither our frames nor the HTTP libraries' keep a header or a body with a secret in it."""
    with FaultServer(behaviour) as server:
        client = connect(server.url, timeout=0.4)
        calls: list[Callable[[], object]] = [
            lambda: client.generate("a cat", **WEBHOOK),
            lambda: client.task("x"),
        ]
        for call in calls:
            with pytest.raises(errors.LumenError) as caught:
                call()
            assert _leaks(caught.value) == []


def test_nobody_there_keeps_no_secret(connect: Callable[..., LumenClient]) -> None:
    """The same where no connection was ever opened."""
    client = connect("http://127.0.0.1:1", timeout=0.3)
    with pytest.raises(errors.ServiceUnreachable) as caught:
        client.generate("a cat", **WEBHOOK)
    assert _leaks(caught.value) == []


@pytest.mark.parametrize(
    "call",
    [
        lambda: LumenClient(KEY, "http://127.0.0.1:1", timeout=-1),
        lambda: LumenClient(KEY, "ftp://example.org"),
        lambda: LumenClient(KEY, "http://127.0.0.1:1", journal=7),  # type: ignore[arg-type] # the mistake itself
        lambda: LumenClient(f"{KEY} é"),
        lambda: LumenClient(KEY.encode()),  # type: ignore[arg-type] # the mistake itself
        lambda: LumenClient(KEY, "http://127.0.0.1:1").generate("", **WEBHOOK),
        lambda: LumenClient(KEY, "http://127.0.0.1:1").edit("a", [], **WEBHOOK),
        lambda: LumenClient(KEY, "http://127.0.0.1:1").inpaint("a", b"", b"", **WEBHOOK),
        lambda: verify_webhook("parsed", "", SECRET),  # type: ignore[arg-type] # the mistake itself
        lambda: sign_webhook(b"", SECRET.encode()),  # type: ignore[arg-type] # the mistake itself
        lambda: WebhookReceiver(secret=SECRET, port=-1),
    ],
)
def test_no_refusal_keeps_what_it_was_given(call: Callable[[], object]) -> None:
    """Tools that print the locals of a stack find no secret in the frames that refused it."""
    with pytest.raises(errors.LumenError) as caught:
        call()
    assert _leaks(caught.value) == []


def test_http_debugging_prints_no_key(
    connect: Callable[..., LumenClient],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Switching http.client's debugging on, as many recipes say, shows no header of ours."""
    monkeypatch.setattr(http.client.HTTPConnection, "debuglevel", 1)
    with FaultServer(fault.answers(401)) as server, pytest.raises(errors.AuthenticationError):
        connect(server.url).generate("a cat", **WEBHOOK)
    printed = "".join(capsys.readouterr())
    assert KEY not in printed
    assert SECRET not in printed


def test_a_users_own_frames_are_left_alone() -> None:
    """A function of the user's that is called on the way keeps its locals for a debugger."""

    def theirs() -> None:
        clue = 42
        raise ValueError(clue)

    with pytest.raises(ValueError, match="42") as caught:
        redacts_traceback(theirs)()
    frames = {frame.f_code.co_name: frame for frame, _ in traceback.walk_tb(caught.tb)}
    assert frames["theirs"].f_locals["clue"] == 42
    assert "theirs" in "".join(traceback.format_exception(caught.value))


def test_broken_headers_bring_no_address_into_the_cell(
    service: Service, connect: Callable[..., LumenClient], capfd: pytest.CaptureFixture[str]
) -> None:
    """A picture whose headers cannot be parsed arrives, its signed address is in no log."""
    broken = reply(200, png()).replace(b"\r\n", b"\r\nbroken header\r\n", 1)
    service.pictures["/a?signature=SENTINEL"] = [broken]
    service.statuses["*"] = [service.succeeded("a?signature=SENTINEL")]
    records: list[str] = []
    handler = logging.Handler(logging.WARNING)
    handler.emit = lambda record: records.append(record.getMessage())  # type: ignore[method-assign] # enough of a handler
    logging.getLogger("urllib3").addHandler(handler)
    try:
        assert connect(service.server.url).generate("a").wait(30)[0].bytes == png()
    finally:
        logging.getLogger("urllib3").removeHandler(handler)
    assert records == []
    assert "SENTINEL" not in "".join(capfd.readouterr())

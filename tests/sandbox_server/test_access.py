"""Who may call, under which name, and what everybody else is told."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from lumen_widgets.sandbox.store import Store
from tests.sandbox_server.in_process import KEY, InProcess, step

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    "key", ["", "Bearer", "Bearer wrong", f"Basic {KEY}", f"Bearer {KEY}x", KEY]
)
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/v1/images/generations"),
        ("POST", "/v1/images/edits"),
        ("POST", "/v1/images/inpaint"),
        ("GET", "/v1/images/generations/x"),
        ("POST", "/sandbox/uploads"),
        ("DELETE", "/uploads/x"),
        ("GET", "/sandbox/settings"),
        ("POST", "/sandbox/settings"),
        ("GET", "/sandbox/account"),
    ],
)
def test_a_call_without_the_key_is_refused(
    in_process: InProcess, method: str, path: str, key: str
) -> None:
    """It is answered 401 before its body is looked at."""
    answer = in_process.call(method, path, b"{", headers={"Authorization": key})
    assert answer.status == 401
    assert answer.json()["error"]["code"] == "unauthorized"


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:4000", "127.0.0.1.evil.example", ""]
)
def test_a_call_under_another_name_is_refused(in_process: InProcess, host: str) -> None:
    """A page whose name was made to resolve to 127.0.0.1 is answered 400, whatever it calls."""
    assert in_process.call("GET", "/healthz", headers={"Host": host}).status == 400
    assert step(in_process.app, "GET", "/healthz", {}).status == 400


@pytest.mark.parametrize("host", ["localhost", "localhost:4000", "127.0.0.1", "[::1]:4000"])
def test_a_call_under_a_name_of_this_machine_is_answered(in_process: InProcess, host: str) -> None:
    """The names of loopback are its own, and no page of another origin is invited."""
    answer = in_process.call(
        "GET", "/healthz", headers={"Host": host, "Origin": "https://evil.example"}
    )
    assert answer.status == 200
    assert not [name for name in answer.headers if name.startswith("access-control")]


def test_an_unknown_call_is_answered_in_json(in_process: InProcess) -> None:
    """404 and 405 have the body of every other error."""
    assert in_process.call("GET", "/nope").json()["error"]["code"] == "not_found"
    answer = in_process.call("PUT", "/healthz")
    assert (answer.status, answer.json()["error"]["code"]) == (405, "method_not_allowed")


class _BrokenStore(Store):
    """A store with a fault in one of its methods."""

    def account(self) -> dict[str, Any]:
        """Fail."""
        raise ZeroDivisionError


def test_a_fault_of_its_own_shows_no_traceback(tmp_path: Path) -> None:
    """It is answered 500 with a code, and what failed stays in the log."""
    in_process = InProcess(tmp_path, store=_BrokenStore)
    sent: list[Any] = []

    async def receive() -> Any:
        return {"type": "http.request", "body": b""}

    async def send(message: Any) -> None:
        sent.append(message)

    headers = [(b"host", b"localhost"), (b"authorization", f"Bearer {KEY}".encode())]
    scope = {"type": "http", "method": "GET", "path": "/sandbox/account", "headers": headers}
    with pytest.raises(ZeroDivisionError):
        in_process.app(scope, receive, send).__await__().send(None)
    assert sent[0]["status"] == 500
    assert json.loads(sent[1]["body"])["error"]["code"] == "internal_error"

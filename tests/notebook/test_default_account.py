"""The account of a notebook that has chosen none: a single client, kept."""

from __future__ import annotations

import http.client
import sys
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

import lumen_widgets as lumen
from lumen_widgets.notebook import account
from tests.client.service import Service, serving
from tests.conditions import PATIENCE

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.slow

KEY = "sk-lumen-sentinel-0123456789"


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch) -> Iterator[Service]:
    """Run a service, with its address in the environment and its key in a keyring."""
    with serving() as running:
        monkeypatch.setenv("LUMEN_BASE_URL", running.server.url)
        yield running


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Put a key into a keyring, and return what is asked of it."""
    names: list[str] = []

    def get_password(service: str, _user: str) -> str:
        names.append(service)
        return KEY

    monkeypatch.setitem(sys.modules, "keyring", SimpleNamespace(get_password=get_password))
    return names


def test_one_client_serves_every_call(service: Service, asked: list[str]) -> None:
    """The keyring is asked once, and every task belongs to the same client."""
    service.statuses["*"] = [service.succeeded("a")]
    tasks = [lumen.generate("a cat", wait=False) for _ in range(3)]

    assert len({id(lumen.LumenClient.of(task)) for task in tasks}) == 1
    assert asked == ["lumen_widgets"]


def test_a_task_that_is_shown_by_its_id_is_followed_and_fetched_once(
    service: Service, asked: list[str]
) -> None:
    """`lumen.show(id)` waits for the task that this notebook follows already."""
    assert asked == []
    service.statuses["*"] = [service.succeeded("a")]
    task = lumen.generate("a cat", wait=False)
    lumen.show(task.id)

    assert task.done
    fetched = [one for one in service.server.requests if one.path == "/a"]
    assert len(fetched) == 1


@pytest.mark.parametrize("name", ["LUMEN_API_KEY", "LUMEN_BASE_URL", "LUMEN_HOSTING", "LUMEN_HOME"])
def test_another_environment_is_another_client(
    name: str,
    service: Service,
    asked: list[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    """What the environment says of key, address, hosting and home holds from the next call on."""
    other = {
        "LUMEN_API_KEY": f"{KEY}-other",
        "LUMEN_BASE_URL": f"{service.server.url}/behind/a/gateway",
        "LUMEN_HOSTING": "data:",
        "LUMEN_HOME": str(tmp_path / "another-home"),
    }
    before = account.current().client
    assert account.current().client is before
    monkeypatch.setenv(name, other[name])
    after = account.current().client

    assert after is not before
    assert account.current().client is after
    assert len(asked) == (1 if name == "LUMEN_API_KEY" else 2)


def test_a_call_asks_the_sandbox_once_whether_it_is_there(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It is asked to prove that it is ours, without the key, and nothing more."""
    calls: list[str] = []
    send = http.client.HTTPConnection.request

    # the client sends with a request method of its own
    def counted(self: http.client.HTTPConnection, method: str, url: str, **rest: Any) -> None:
        calls.append(url)
        send(self, method, url, **rest)

    lumen.use("sandbox")
    monkeypatch.setattr(http.client.HTTPConnection, "request", counted)
    lumen.generate("a fox", size="64x64", wait=False).wait(PATIENCE)

    assert [url.partition("?")[0] for url in calls] == ["/healthz"]


def test_another_home_is_another_journal_on_the_sandbox_too(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Where `LUMEN_HOME` moves, calls are written there; earlier tasks still cost nothing."""
    monkeypatch.setenv("LUMEN_HOME", str(tmp_path / "before"))
    lumen.use("sandbox")
    before = lumen.generate("a fox", size="64x64", wait=False)
    monkeypatch.setenv("LUMEN_HOME", str(tmp_path / "after"))
    assert len(lumen.history()) == 0
    after = lumen.generate("a hen", size="64x64", wait=False)

    assert [entry.id for entry in lumen.history()] == [after.id]
    assert account.account_of_task(before).is_sandbox

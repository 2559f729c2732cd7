"""What refuses a call before anything else is done: a check of one's own, and ``LUMEN_USE``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from lumen_widgets.client import InvalidRequest, LumenClient, Request
from tests.client.conftest import KEY

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.client.service import Service
    from tests.sandboxes import SandboxServer

    Connect = Callable[..., LumenClient]


def no_weapons(request: Request) -> str | None:
    """Let everything pass but swords."""
    return "No weapons, please" if "sword" in request.prompt or "剑" in request.prompt else None


def test_a_check_sees_every_call_before_anything_is_written_or_sent(
    service: Service, connect: Connect
) -> None:
    """Prompts, edits, repaints, what is sent again and what was paid before."""
    service.statuses["*"] = [service.succeeded("a")]
    picture, mask = np.zeros((64, 64, 3), np.uint8), np.ones((64, 64), bool)
    plain = connect(service.server.url)
    paid = plain.generate("a sword")
    paid.wait(30)
    client = connect(service.server.url, check=no_weapons)
    before = len(service.server.requests)
    rows = len(plain.journal.rows()) if plain.journal else 0
    calls: list[Callable[[], Any]] = [
        lambda: client.generate("a sword"),
        lambda: client.generate("一把剑", n=2, reuse=True),
        lambda: client.generate("a sword", reuse=True),
        lambda: client.edit("a sword", picture),
        lambda: client.inpaint("a sword", picture, mask),
        lambda: client.inpaint("a sword", picture, mask, crop=0.5),
        lambda: client.extend("a sword", picture, left=8),
        lambda: client.call("generations", "a sword"),
        lambda: client.submit(paid.request),
    ]

    for call in calls:
        with pytest.raises(
            InvalidRequest, match=r"^No weapons, please\. Nothing was sent\.$"
        ) as no:
            call()
        assert not no.value.may_have_cost
    assert len(service.server.requests) == before
    assert plain.journal is not None
    assert len(plain.journal.rows()) == rows
    client.generate("a cat").wait(30)
    client.check = None
    client.generate("a sword").wait(30)


@pytest.mark.parametrize("said", [True, False, "", " ", 0, b"no", object()])
def test_a_check_that_says_neither_lets_nothing_pass(
    said: Any, service: Service, connect: Connect
) -> None:
    """A slip of whoever wrote it is seen at the first call, and costs nothing."""
    client = connect(service.server.url, check=lambda _: said)
    with pytest.raises(InvalidRequest, match=r"check= returned .*not let pass"):
        client.generate("a cat")
    assert service.server.posts == []


def test_a_check_that_fails_lets_nothing_pass(service: Service, connect: Connect) -> None:
    """Its own error is the cause; one that it means as a refusal is said as it is."""

    def fails(request: Request) -> str | None:
        return str(request.body["no such field"])

    def refuses(request: Request) -> str | None:
        raise InvalidRequest(f"Not {request.model}.", field="model")

    with pytest.raises(InvalidRequest, match=r"check= failed .*KeyError") as failed:
        connect(service.server.url, check=fails).generate("a cat")
    assert isinstance(failed.value.__cause__, KeyError)
    with pytest.raises(InvalidRequest, match=r"^Not m\.$") as refused:
        connect(service.server.url, check=refuses).generate("a cat", model="m")
    assert refused.value.field == "model"
    assert service.server.posts == []


def test_a_check_changes_nothing_that_is_sent(service: Service, connect: Connect) -> None:
    """What it is shown is a copy: the request goes as its caller asked."""

    def meddles(request: Request) -> None:
        request.body["prompt"] = "something else"
        request.body["extra"]["list"].append(1)

    client = connect(service.server.url, check=meddles)
    task = client.generate("a cat", extra={"extra": {"list": []}})

    assert task.request.body["prompt"] == "a cat"
    assert task.request.body["extra"] == {"list": []}


def test_what_cannot_be_called_is_no_check() -> None:
    """It is said as the client is made, not at the first call."""
    with pytest.raises(InvalidRequest, match="cannot be called"):
        LumenClient(KEY, check="no weapons")  # type: ignore[arg-type] # the mistake that this is about


@pytest.mark.parametrize("use", ["sandbox", " Sandbox\n", "owls.lumen", "folder/owls.lumen"])
def test_nothing_is_submitted_that_lumen_use_does_not_name(
    use: str, service: Service, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A client made directly in a script is refused too, before anything is written or sent."""
    client = connect(service.server.url)
    monkeypatch.setenv("LUMEN_USE", use)
    calls: list[Callable[[], Any]] = [
        lambda: client.generate("a cat"),
        lambda: client.generate("a cat", reuse=True),
        lambda: client.submit(Request("generations", {"prompt": "a cat", "model": "m"})),
    ]
    for call in calls:
        with pytest.raises(InvalidRequest, match=r"LUMEN_USE allows (sandbox|owls\.lumen) alone"):
            call()
    assert service.server.requests == []
    assert client.journal is not None
    assert client.journal.rows() == []


@pytest.mark.parametrize("use", ["", "  ", "service", "SERVICE"])
def test_what_lumen_use_leaves_to_others(
    use: str, service: Service, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    """``service`` is only what a notebook uses where no cell chooses."""
    monkeypatch.setenv("LUMEN_USE", use)
    connect(service.server.url).generate("a cat")

    assert len(service.server.posts) == 1


@pytest.mark.parametrize(
    "use", [KEY, "sandbx", "owls.zip", "https://lessons.example/owls.lumen", "."]
)
def test_what_lumen_use_cannot_mean_is_refused_and_not_repeated(
    use: str, service: Service, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A slip must not let anything be paid; and it may be a key."""
    monkeypatch.setenv("LUMEN_USE", use)
    with pytest.raises(InvalidRequest, match="LUMEN_USE in the environment is neither") as refused:
        connect(service.server.url).generate("a cat")
    assert use == "." or use not in str(refused.value)
    assert service.server.posts == []


@pytest.mark.slow
def test_the_sandbox_may_draw_under_lumen_use(
    sandbox: SandboxServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A sandbox of this machine costs nothing; under a lesson it is not asked either."""
    monkeypatch.setenv("LUMEN_USE", "sandbox")
    client = LumenClient(sandbox.api_key, sandbox.url)
    client.generate("a fox", size="64x64").wait(60)
    monkeypatch.setenv("LUMEN_USE", str(tmp_path / "owls.lumen"))
    with pytest.raises(InvalidRequest, match=r"owls\.lumen alone") as refused:
        client.generate("a fox", size="64x64")
    assert str(tmp_path) not in str(refused.value)

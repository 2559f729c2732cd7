"""Which account a notebook uses, and where its key comes from."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import lumen_widgets as lumen
from lumen_widgets.notebook import account
from tests.conditions import PATIENCE

if TYPE_CHECKING:
    from tests.sandboxes import SandboxServer

KEY = "sk-lumen-sentinel-0123456789"


def test_a_key_in_the_environment_means_the_service(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without `use`, a notebook with a key uses the service, and says that it costs credits."""
    monkeypatch.setenv("LUMEN_API_KEY", KEY)
    chosen = account.current()

    assert chosen.client.base_url == "https://lumen.mengfanlab.top"
    assert "cost credits" in chosen.name
    assert KEY not in f"{chosen!r} {chosen._repr_html_()}"


def test_a_client_of_ones_own_can_be_used(sandbox: SandboxServer) -> None:
    """`use` takes any client, and every later call spends its credits."""
    client = lumen.LumenClient(sandbox.api_key, sandbox.url)
    shown = lumen.use(client)

    assert account.current() == shown
    assert sandbox.url.removeprefix("http://") in shown.name


def test_the_service_without_a_key_says_where_a_key_goes() -> None:
    """`use("service")` fails at once, and not at the first call."""
    with pytest.raises(lumen.MissingKey, match="LUMEN_API_KEY"):
        lumen.use("service")


def test_another_word_is_refused_with_those_that_are_known() -> None:
    """A typing error says what can be typed."""
    with pytest.raises(lumen.InvalidRequest, match='"sandbox", "service"'):
        lumen.use("sandbx")


@pytest.mark.parametrize(
    "given", [KEY, f" {KEY}\n", [KEY], {"key": KEY}, np.array([KEY, "service"])]
)
def test_a_key_given_as_an_account_is_not_repeated(given: Any) -> None:
    """An error stays in the notebook; this one says what takes a key."""
    with pytest.raises(lumen.InvalidRequest, match="LumenClient, which takes a key") as caught:
        lumen.use(given)
    assert "sentinel" not in str(caught.value)


@pytest.mark.slow
@pytest.mark.usefixtures("published")
def test_the_service_asks_for_a_key_where_there_is_none(
    monkeypatch: pytest.MonkeyPatch, sandbox: SandboxServer
) -> None:
    """Only use("service") asks; what is typed is used and is not put into the environment."""
    monkeypatch.setenv("LUMEN_BASE_URL", sandbox.url)
    monkeypatch.setattr("getpass.getpass", lambda _: f" {sandbox.api_key}\n")
    lumen.use("service")
    assert account.current().client.generate("a fox", size="64x64").wait(PATIENCE)
    assert "LUMEN_API_KEY" not in os.environ


@pytest.mark.usefixtures("published")
@pytest.mark.parametrize("answer", ["", "  ", EOFError(), NotImplementedError(), OSError()])
def test_no_person_there_to_type_a_key(monkeypatch: pytest.MonkeyPatch, answer: object) -> None:
    """A notebook that runs without a person gets an error that says what to set, and no wait."""

    def asked(_: str) -> str:
        if isinstance(answer, Exception):
            raise answer
        return str(answer)

    monkeypatch.setattr("getpass.getpass", asked)
    with pytest.raises(lumen.MissingKey, match="LUMEN_API_KEY"):
        lumen.use("service")


def test_without_anyone_to_ask_nothing_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    """A script whose input is no terminal is told at once that there is no key."""
    monkeypatch.setattr("getpass.getpass", lambda _: pytest.fail("it asked"))
    with pytest.raises(lumen.MissingKey, match="LUMEN_API_KEY"):
        lumen.use("service")

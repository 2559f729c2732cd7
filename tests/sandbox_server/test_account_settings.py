"""The settings of the sandbox's account: its rate limit, its key, its models and its credits."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lumen_widgets import sandbox
from lumen_widgets.sandbox.models import MODELS
from tests.sandbox_server.in_process import InProcess

if TYPE_CHECKING:
    from pathlib import Path


def test_a_rate_limit_holds_for_a_window(in_process: InProcess) -> None:
    """What comes too soon is answered 429 with when to come again, and costs nothing."""
    in_process.set(rate_limit=[2, 10])
    assert [in_process.submit().status for _ in range(2)] == [200, 200]
    in_process.clock.now += 4
    answer = in_process.submit()
    assert (answer.status, answer.headers["retry-after"]) == (429, "6")
    assert answer.json()["error"]["code"] == "rate_limit_exceeded"
    assert len(in_process.account()["ledger"]) == 2
    in_process.clock.now += 6
    assert in_process.submit().status == 200
    in_process.set(rate_limit=None)
    assert {in_process.submit().status for _ in range(5)} == {200}


def test_a_clock_that_is_set_back_keeps_nobody_out(in_process: InProcess) -> None:
    """Submits that seem to come from the future do not count."""
    in_process.set(rate_limit=[1, 10])
    assert in_process.submit().status == 200
    in_process.clock.now -= 1000
    assert in_process.submit().status == 200


def test_a_revoked_key_is_refused_by_the_api_alone(in_process: InProcess) -> None:
    """The sandbox's own calls still know it, so that it can be given back."""
    task_id = in_process.submit().json()["id"]
    assert in_process.set(revoked=True).json()["revoked"] is True
    assert (in_process.submit().status, in_process.status(task_id)["error"]["code"]) == (
        401,
        "unauthorized",
    )
    assert in_process.account()["ledger"]
    in_process.set(revoked=False)
    assert in_process.status(task_id)["status"] == "queued"


def test_a_group_has_the_models_that_it_is_given(in_process: InProcess) -> None:
    """Another one is answered 404, whatever it could do; None is all of them again."""
    assert in_process.set(models=["gpt-image-2-low"]).json()["models"] == ["gpt-image-2-low"]
    assert in_process.submit().status == 200
    answer = in_process.submit(model="sandbox-always-fails")
    assert (answer.status, answer.json()["error"]["code"]) == (404, "model_not_found")
    assert in_process.set(models=None).json()["models"] == list(MODELS)
    assert in_process.submit(model="sandbox-always-fails").status == 200


def test_what_a_setting_took_is_back_with_the_next_server(tmp_path: Path) -> None:
    """What tasks have spent stays spent, and what was granted on top stays too."""

    def restarted(**changes: int) -> int:
        server = InProcess(tmp_path, tmp_path / "a.sqlite3")
        assert server.submit().status == 200
        server.set(**changes)
        server.store.close()
        server = InProcess(tmp_path, tmp_path / "a.sqlite3")
        balance: int = server.account()["balance"]
        server.store.close()
        return balance

    assert restarted(credits=3) == 10_000 - 2
    assert restarted(credits=0) == 10_000 - 4
    assert restarted(credits=20_000) == 20_000
    assert restarted() == 20_000 - 2


@pytest.mark.slow
@pytest.mark.usefixtures("own_home")
def test_settings_and_account_are_there_for_a_notebook() -> None:
    """All settings can be given back as they were, and the account says what was spent."""
    before = sandbox.settings()
    sandbox.settings(rate_limit=(5, 60), revoked=True, models=("fal-flux-pro-fill",), credits=7)
    assert sandbox.account() == {"balance": 7, "ledger": []}
    assert sandbox.settings(**before) == before
    with pytest.raises(sandbox.SandboxError, match="rate_limit must be how many tasks"):
        sandbox.settings(rate_limit=5)

"""What a cell says of credits: before a call what it will cost, and afterwards what it did."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

import lumen_widgets as lumen
from lumen_widgets.core.request import Request
from lumen_widgets.notebook.account import Account, account_of
from lumen_widgets.notebook.cell_status import summary
from tests.notebook.executed import execute
from tests.staged import StagedTask

if TYPE_CHECKING:
    from pathlib import Path

    from lumen_widgets.client import Task
    from tests.notebook.conftest import Published
    from tests.sandboxes import SandboxServer

MODEL = "gpt-image-2-low"


@pytest.fixture
def client(sandbox: SandboxServer) -> lumen.LumenClient:
    """Return a client of the run's sandbox."""
    return lumen.LumenClient(sandbox.api_key, sandbox.url)


def _task(status: str, **body: Any) -> Task:
    request = Request("generations", {"prompt": "a cat", "model": MODEL, **body})
    return StagedTask(status, request, status=status).task


@pytest.mark.slow
def test_what_a_call_will_cost_is_said_before_and_what_it_did_afterwards(
    client: lumen.LumenClient, published: Published
) -> None:
    """Where the price is known; what came back is said to have come back."""
    lumen.prices.update({MODEL: 0.5, "sandbox-always-fails": 2})
    lumen.generate("a fox", size="64x64", n=2, client=client)
    host = account_of(client).name
    status = published.texts(0)
    assert status[0] == f"Sending… 2 pictures · 1 credit · {host}"
    assert status[-1].endswith(f" · 2 pictures · 1 credit spent · {host}")
    with pytest.raises(lumen.TaskFailed):
        lumen.generate("a fox", model="sandbox-always-fails", client=client)
    assert published.texts(-1)[-1].endswith(" s · 2 credits refunded")


def test_what_is_not_known_is_not_said(client: lumen.LumenClient, published: Published) -> None:
    """No price, no amount; a field that is wrong is only found afterwards."""
    with pytest.raises(lumen.InvalidRequest):
        lumen.generate("a fox", n=9, client=client)
    lumen.prices[MODEL] = 2
    for wrong in ({"n": "2"}, {"n": True}, {"extra": 3}, {"extra": {"n": [2]}}, {"model": None}):
        with pytest.raises(lumen.LumenError):
            lumen.generate("a fox", client=client, **wrong)

    host = account_of(client).name
    cells = [published.texts(number) for number in range(6)]
    assert [first for first, _ in cells] == [
        *[f"Sending… {host}"] * 3,
        f"Sending… 1 picture · 2 credits · {host}",
        *[f"Sending… {host}"] * 2,
    ]
    assert {last for _, last in cells} == {"✗ No task was made, and nothing was spent."}


def test_over_budget_nothing_was_spent(client: lumen.LumenClient, published: Published) -> None:
    """The error says why; the cell says what that means."""
    lumen.prices[MODEL] = 2
    lumen.budget(credits=3)
    with pytest.raises(lumen.BudgetExceeded, match="would cost 4 credits"):
        lumen.generate("a fox", n=2, client=client)

    assert published.texts(0)[-1] == "✗ No task was made, and nothing was spent."


def test_of_several_tasks_the_sums_are_said() -> None:
    """As far as prices are known; a cancelled one may or may not have been charged."""
    client = lumen.LumenClient("sk-lumen-test", "http://127.0.0.1:9", journal=False)
    account = account_of(client)

    def words(*tasks: Task) -> str:
        return str(summary(tasks, account)["text/plain"].splitlines()[0])

    done, failed = _task("succeeded", n=3), _task("failed")
    running, cancelled = _task("processing"), _task("cancelled")
    other = _task("succeeded", model="unheard-of")
    assert words(done, failed) == f"0 of 2 tasks succeeded · {account.name}"
    lumen.prices[MODEL] = 0.1
    assert words(done, failed, running, cancelled) == (
        f"0 of 4 tasks succeeded · 0.4 credits spent, 0.1 refunded · {account.name}"
    )
    assert " · at least 0.3 credits spent · " in words(done, other)
    assert " · 0.2 credits refunded · " in words(failed, failed)


def test_credits_of_a_sandbox_are_said_to_be_its_own() -> None:
    """They cannot be mistaken for real ones."""
    client = lumen.LumenClient("sk-lumen-test", "http://127.0.0.1:9", journal=False)
    lumen.prices[MODEL] = 1
    tasks = [_task("failed"), _task("succeeded")]
    account = Account("the sandbox", client, is_sandbox=True)

    assert "1 sandbox credit spent, 1 refunded" in summary(tasks, account)["text/plain"]


@pytest.mark.slow
def test_a_notebook_shows_prices_budget_and_refusal(sandbox: SandboxServer, tmp_path: Path) -> None:
    """As they stand in its file afterwards."""
    cells = [
        (
            "import lumen_widgets as lumen\n"
            f"lumen.use(lumen.LumenClient({sandbox.api_key!r}, {sandbox.url!r}, journal=False))\n"
            f"lumen.prices[{MODEL!r}] = 2.0\n"
            "lumen.prices"
        ),
        "lumen.budget(credits=5)",
        "lumen.generate('a fox', n=2, size='64x64')",
        "lumen.generate('a fox')",
        "lumen.budget()",
    ]
    outputs = [cell.outputs for cell in execute(cells, tmp_path, allow_errors=True).cells]

    assert "<td>2</td>" in outputs[0][-1].data["text/html"]
    assert outputs[1][0].data["text/html"] == (
        "<p><b>Budget</b>: 0 of 5 credits spent, 5 left · 0 tasks</p>"
    )
    assert "2 pictures · 4 credits spent" in outputs[2][0].data["text/plain"]
    refused = outputs[3][-1]
    assert refused.ename == "BudgetExceeded"
    assert "would cost 2 credits (1 picture), and 1 of the budget of 5" in refused.evalue
    assert outputs[4][0].data["text/plain"] == ("Budget: 4 of 5 credits spent, 1 left · 1 task")

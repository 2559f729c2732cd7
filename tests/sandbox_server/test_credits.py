"""Credits: charged once, refunded once, never below zero, and the entries add up."""

from __future__ import annotations

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from lumen_widgets.sandbox.tasks import Outcome
from tests.sandbox_server.in_process import LATENCY, InProcess

if TYPE_CHECKING:
    from pathlib import Path

    from tests.sandbox_server.real_server import RealServer


def test_a_task_costs_its_price_for_each_picture(in_process: InProcess) -> None:
    """It is charged when it is accepted, by model and number."""
    task_id = in_process.submit(n=3).json()["id"]
    assert in_process.account() == {
        "balance": 9_994,
        "ledger": [{"task": task_id, "kind": "charge", "credits": -6, "at": in_process.clock.now}],
    }


def test_a_failed_task_is_refunded_once(in_process: InProcess) -> None:
    """However often anyone asks for it afterwards; newest entries come first."""
    task_id = in_process.submit(n=2).json()["id"]
    in_process.renderer.finish(Outcome(code="x", message="y"))
    in_process.clock.now += LATENCY
    for _ in range(3):
        in_process.status(task_id)
        in_process.store.advance(in_process.clock.now)
    entries = in_process.account()["ledger"]
    assert [(entry["kind"], entry["credits"]) for entry in entries] == [
        ("refund", 4),
        ("charge", -4),
    ]


def test_the_database_itself_refuses_a_second_refund(tmp_path: Path) -> None:
    """The rule holds even for code that forgets to look."""
    in_process = InProcess(tmp_path, tmp_path / "a.sqlite3")
    task_id = in_process.submit(model="sandbox-always-fails").json()["id"]
    in_process.clock.now += LATENCY
    assert in_process.status(task_id)["status"] == "failed"
    in_process.store.close()
    database = sqlite3.connect(tmp_path / "a.sqlite3")
    with pytest.raises(sqlite3.IntegrityError):
        database.execute(
            "INSERT INTO ledger (task, kind, credits, at) VALUES (?, 'refund', 4, 0)", (task_id,)
        )
    with pytest.raises(sqlite3.IntegrityError):
        database.execute("UPDATE account SET balance = -1")
    database.close()


def test_too_few_credits_charge_nothing(in_process: InProcess) -> None:
    """It is answered 402, and there is no task; what the balance still covers is accepted."""
    in_process.set(credits=5)
    answer = in_process.submit(n=3)
    assert (answer.status, answer.json()["error"]["code"]) == (402, "insufficient_credits")
    assert in_process.account() == {"balance": 5, "ledger": []}
    assert in_process.renderer.tasks == []
    assert in_process.submit(n=2).status == 200
    assert in_process.account()["balance"] == 1


@pytest.mark.slow
def test_concurrent_submits_spend_each_credit_once(server: RealServer) -> None:
    """With credits for ten of forty, ten are accepted, and the entries add up to the balance."""
    before = sum(entry["credits"] for entry in server.account()["ledger"])
    # None ends meanwhile: refunds would let more of them in.
    server.call("POST", "/sandbox/settings", json={"credits": 20, "latency": [300, 300]})
    body = {"model": "sandbox-always-fails", "prompt": "a cat"}

    def submit(_: int) -> int:
        return server.call("POST", "/v1/images/generations", json=body).status_code

    with ThreadPoolExecutor(8) as pool:
        statuses = list(pool.map(submit, range(40)))
    assert sorted(statuses) == [200] * 10 + [402] * 30
    account = server.account()
    assert account["balance"] == 0
    assert sum(entry["credits"] for entry in account["ledger"]) == before - 20


def test_the_sum_of_the_ledger_is_the_balance(tmp_path: Path) -> None:
    """Grants included, after charges, refunds and a balance that was set."""
    in_process = InProcess(tmp_path, tmp_path / "a.sqlite3")
    for count in (1, 2, 3):
        in_process.submit(n=count)
        in_process.submit(n=count, model="sandbox-always-fails")
    in_process.set(credits=77)
    in_process.clock.now += LATENCY
    balance = in_process.account()["balance"]
    in_process.store.close()
    database = sqlite3.connect(tmp_path / "a.sqlite3")
    assert database.execute("SELECT sum(credits) FROM ledger").fetchone() == (balance,)
    assert balance == 77 + 12
    database.close()

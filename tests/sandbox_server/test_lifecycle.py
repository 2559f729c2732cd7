"""A task's life: the states that a poller sees, and what a new server makes of an old one's."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lumen_widgets.sandbox.engine import Redrawing
from lumen_widgets.sandbox.store import INTERRUPTED
from lumen_widgets.sandbox.tasks import Outcome, share
from tests.sandbox_server.in_process import LATENCY, ORIGIN, InProcess

if TYPE_CHECKING:
    from pathlib import Path

FAILED = Outcome(code="image_unreachable", message="a picture could not be read")


def test_a_task_is_queued_then_processing_then_succeeded(in_process: InProcess) -> None:
    """Each status comes in its time, and the answer has exactly what the API documentation says."""
    task_id = in_process.submit(n=2).json()["id"]
    assert in_process.status(task_id) == {"id": task_id, "status": "queued"}
    in_process.renderer.finish()
    in_process.clock.now += 0.29 * LATENCY
    assert in_process.status(task_id) == {"id": task_id, "status": "queued"}
    in_process.clock.now += 0.02 * LATENCY
    assert in_process.status(task_id) == {"id": task_id, "status": "processing"}
    in_process.clock.now += 0.70 * LATENCY
    assert in_process.status(task_id) == {
        "id": task_id,
        "status": "succeeded",
        "data": [{"url": f"{ORIGIN}/pictures/a.png"}] * 2,
    }


def test_a_slow_drawing_ends_when_it_is_drawn(in_process: InProcess) -> None:
    """The latency is the least that a task takes, not the most."""
    task_id = in_process.submit().json()["id"]
    in_process.clock.now += 10 * LATENCY
    assert in_process.status(task_id)["status"] == "processing"
    in_process.renderer.finish()
    assert in_process.status(task_id)["status"] == "succeeded"


def test_a_task_that_was_never_asked_for_has_ended_too(in_process: InProcess) -> None:
    """The first question long after gets the end at once."""
    task_id = in_process.submit().json()["id"]
    in_process.renderer.finish()
    in_process.clock.now += 10 * LATENCY
    assert in_process.status(task_id)["status"] == "succeeded"


def test_a_failure_says_why_and_pays_back(in_process: InProcess) -> None:
    """A failed task has its error, and its credits come back at that moment."""
    task_id = in_process.submit().json()["id"]
    in_process.renderer.finish(FAILED)
    in_process.clock.now += 0.5 * LATENCY
    assert in_process.account()["balance"] == 9_998
    in_process.clock.now += LATENCY
    assert in_process.status(task_id) == {
        "id": task_id,
        "status": "failed",
        "error": {"code": FAILED.code, "message": FAILED.message},
    }
    assert in_process.account()["balance"] == 10_000


def test_an_end_never_changes(in_process: InProcess) -> None:
    """A second outcome for a task is not heard."""
    task_id = in_process.submit().json()["id"]
    in_process.renderer.finish()
    in_process.store.record(task_id, FAILED)
    in_process.clock.now += LATENCY
    assert in_process.status(task_id)["status"] == "succeeded"
    in_process.store.record(task_id, FAILED)
    assert in_process.status(task_id)["status"] == "succeeded"


@pytest.mark.parametrize("call", ["generations", "edits", "inpaint"])
def test_the_failing_model_always_fails(in_process: InProcess, call: str) -> None:
    """It is accepted, goes through every status, and nothing is drawn for it."""
    url = "http://127.0.0.1/a.png"
    body = {"model": "sandbox-always-fails", "image": url, "mask_url": url}
    task_id = in_process.submit(call, **body).json()["id"]
    assert in_process.status(task_id)["status"] == "queued"
    in_process.clock.now += 0.5 * LATENCY
    assert in_process.status(task_id)["status"] == "processing"
    in_process.clock.now += LATENCY
    assert in_process.status(task_id)["error"]["code"] == "sandbox_failure"
    assert in_process.renderer.tasks == []


def test_the_fail_rate_is_the_share_that_fails(in_process: InProcess) -> None:
    """With a fifth set, about a fifth fails, and the same seed always ends the same way."""
    in_process.set(fail_rate=0.2)
    seeds = [in_process.submit(seed=seed).json()["id"] and seed for seed in range(300)]
    drawn = {task.spec.seed for task in in_process.renderer.tasks}
    assert drawn == {seed for seed in seeds if share(seed, "failure") >= 0.2}
    assert 0.1 < 1 - len(drawn) / 300 < 0.3


def test_two_submits_of_one_prompt_differ(in_process: InProcess) -> None:
    """Each gets a seed of its own unless it brings one."""
    in_process.submit()
    in_process.submit()
    in_process.submit(seed=7)
    first, second, third = (task.spec.seed for task in in_process.renderer.tasks)
    assert first != second
    assert third == 7


def test_a_new_server_takes_up_what_was_queued(tmp_path: Path) -> None:
    """What waited is drawn; what was being drawn fails and is refunded; what was drawn stays."""
    old = InProcess(tmp_path, tmp_path / "a.sqlite3")
    drawing, drawn = old.submit().json()["id"], old.submit(n=2).json()["id"]
    old.clock.now += 0.5 * LATENCY
    assert old.status(drawing)["status"] == "processing"
    old.store.record(drawn, Outcome(pictures=("a.png", "b.png")))
    waiting = old.submit().json()["id"]
    old.store.close()

    new = InProcess(tmp_path, tmp_path / "a.sqlite3")
    new.clock.now = old.clock.now
    assert [task.id for task in new.store.recover()] == [waiting]
    assert new.status(drawing)["error"]["code"] == INTERRUPTED.code
    assert new.status(waiting)["status"] == "queued"
    new.clock.now += LATENCY
    assert new.status(drawn)["status"] == "succeeded"
    assert new.account()["balance"] == 10_000 - 4 - 2


def test_a_new_server_redraws_as_the_old_one_was_set(tmp_path: Path) -> None:
    """A repaint that waited is what it was submitted as, in the model's own size too."""
    url = "http://127.0.0.1/a.png"
    body = {"model": "sandbox-redraws", "image": url, "mask_url": url, "size": "16:9"}
    old = InProcess(tmp_path, tmp_path / "a.sqlite3")
    old.set(redraw_grain=0, redraw_changed=0.2)
    old.submit("inpaint", **body)
    (submitted,) = (task.spec for task in old.renderer.tasks)
    old.store.close()

    new = InProcess(tmp_path, tmp_path / "a.sqlite3")
    (taken_up,) = (task.spec for task in new.store.recover())
    assert taken_up == submitted
    assert (taken_up.size, taken_up.redrawing) == ((1360, 768), Redrawing(0, 0.2))


def test_settings_change_only_as_a_whole(in_process: InProcess) -> None:
    """A wrong name or value is answered 400 and leaves everything as it was."""
    before = in_process.call("GET", "/sandbox/settings").json()
    redraw = {"redraw_grain", "redraw_changed"}
    others = {"latency", "fail_rate", "data_uris", "uploads", "workers", "credits"}
    access = {"rate_limit", "revoked", "models"}
    assert set(before) == others | redraw | access
    wrongs: list[dict[str, object]] = [
        {"speed": 1},
        {"latency": 3},
        {"latency": [3, 2]},
        {"latency": [-1, 2]},
        {"latency": [1, 2, 3]},
        {"latency": [True, 2]},
        {"latency": [1, 10**400]},
        {"fail_rate": 2},
        {"fail_rate": "0.5"},
        {"uploads": 1},
        {"data_uris": None},
        {"workers": 0},
        {"workers": 17},
        {"workers": 1.5},
        {"workers": True},
        {"redraw_grain": -1},
        {"redraw_grain": 65},
        {"redraw_grain": None},
        {"redraw_changed": 1.1},
        {"redraw_changed": False},
        {"rate_limit": 5},
        {"rate_limit": [0, 60]},
        {"rate_limit": [True, 60]},
        {"rate_limit": [5, 0]},
        {"rate_limit": [5, 601]},
        {"rate_limit": [5, 60, 1]},
        {"revoked": None},
        {"models": "gpt-image-2-low"},
        {"models": ["another"]},
        {"models": [["gpt-image-2-low"]]},
        {"credits": -1},
        {"credits": 1.5},
        {"credits": True},
        {"credits": 5, "speed": 1},
    ]
    for wrong in wrongs:
        answer = in_process.set(**{"fail_rate": 0.5, **wrong})
        assert answer.status == 400, wrong
        assert answer.json()["error"]["message"]
    assert in_process.call("GET", "/sandbox/settings").json() == before
    assert in_process.renderer.workers is None
    after = {
        "latency": [2, 8],
        "fail_rate": 0.2,
        "data_uris": True,
        "uploads": False,
        "workers": 3,
        "redraw_grain": 0,
        "redraw_changed": 0.2,
        "rate_limit": [5, 60],
        "revoked": True,
        "models": ["gpt-image-2-low"],
        "credits": 5,
    }
    assert in_process.set(**after).json() == after
    assert in_process.renderer.workers == 3

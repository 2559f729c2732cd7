"""What a task panel sends and does, without a browser: the messages of its protocol."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
import requests

from lumen_widgets.client import (
    InsufficientCredits,
    LumenClient,
    LumenError,
    SubmitOutcomeUnknown,
    Task,
    live_tasks,
)
from lumen_widgets.core.polling.scheduler import Scheduler, use_scheduler
from lumen_widgets.core.request import Request
from lumen_widgets.core.task import TaskState
from lumen_widgets.core.timing import Timing
from lumen_widgets.notebook.account import account_of
from lumen_widgets.notebook.submission import Submission
from tests.client.conftest import KEY
from tests.client.fault_server import http
from tests.client.service import serving
from tests.conditions import PATIENCE, until
from tests.staged import StagedTask

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.sandboxes import SandboxServer
    from tests.widgets.panels import Browser

pytestmark = pytest.mark.slow


def _lost(error: LumenError, client: LumenClient) -> Submission:
    def call(_: LumenClient, __: str) -> Task:
        raise error

    return Submission(call, account=account_of(client), prompt="a whale", model="m")


def test_a_panel_of_every_task_has_a_row_for_each_that_comes_and_one_only(
    client: LumenClient, show: Callable[..., Browser]
) -> None:
    """A call that is being sent becomes its task in the same row."""
    browser = show()
    # what other tests left behind has its rows too
    before = browser.totals()["rows"]
    task = client.generate("a fox")
    browser.until(lambda: browser.row(str(before)))
    browser.panel.add(task)
    call = Submission(
        lambda account, name: account.call("generations", "an owl", correlation_id=name),
        account=account_of(client),
        prompt="an owl",
        model="gpt-image-2-low",
    )
    browser.panel.add(call)
    call.start()
    row = browser.state(str(before + 1), "succeeded")
    snapshot = browser.ask("hello", view="v")

    assert row["id"] == (call.task.id if call.task else None)
    assert [row["prompt"] for row in snapshot["rows"][-2:]] == ["a fox", "an owl"]


def test_a_task_has_its_own_row_though_an_earlier_one_had_its_id(
    tmp_path: Path, show: Callable[..., Browser]
) -> None:
    """A server of one's own counts anew with each start: the second task was nowhere."""
    with serving() as service:
        client = LumenClient(KEY, service.server.url, journal=tmp_path)
        browser = show([])
        tasks = []
        for prompt in ("a cat", "a dog"):
            service.statuses["task-1"] = [service.succeeded(prompt[2:])]
            service.forget_tasks()
            tasks.append(client.generate(prompt))
            browser.panel.add(tasks[-1])
            browser.panel.add(tasks[-1])
            tasks[-1].wait(PATIENCE)
        rows = [browser.state(key, "succeeded") for key in ("0", "1")]

    assert [(row["id"], row["prompt"]) for row in rows] == [
        ("task-1", "a cat"),
        ("task-1", "a dog"),
    ]
    assert browser.totals()["rows"] == 2


def test_an_outage_is_told_with_its_reason_until_an_answer_comes(
    tmp_path: Path, show: Callable[..., Browser]
) -> None:
    """Without it a task stands as "Processing" as if all was well; no message comes per poll."""
    with serving() as service:
        service.statuses["*"] = [{"status": "processing"}, http(503, {"message": "Down."})]
        task = LumenClient(KEY, service.server.url, journal=tmp_path).generate("a cat")
        browser = show([task])
        browser.ask("hello", view="v")
        browser.until(lambda: browser.row().get("trouble"))
        heard = len(browser.heard)
        asked = service.asked(task.id)
        until(lambda: service.asked(task.id) > asked + 2)
        static = browser.panel.static_form()
        row = browser.row()
        assert row["trouble"] == "The service, or the model behind it, failed. It says: Down."
        assert (row["status"], row["running"], row["error"]) == ("processing", True, None)
        assert len(browser.heard) == heard
        assert static is not None
        assert "No news when this was saved: The service" in static.html
        service.statuses["*"] = [service.succeeded("a")]
        assert browser.ended("0")["trouble"] == ""


def test_what_a_call_came_to_is_told_with_what_can_be_done(
    client: LumenClient, show: Callable[..., Browser]
) -> None:
    """Refused: nothing was charged, try again. Unknown: something may have been, take it up."""
    refused = _lost(InsufficientCredits("Too few credits.", next_step="Top it up."), client)
    unknown = _lost(SubmitOutcomeUnknown("Lost.", may_have_cost=True), client)
    browser = show([refused, unknown])
    refused.start()
    unknown.start()

    row = browser.state("0", "refused")
    assert (row["charge"], row["actions"], row["running"]) == ("none", ["again"], False)
    assert row["error"] == {"message": "Too few credits.", "next_step": "Top it up."}
    row = browser.state("1", "unknown")
    assert (row["charge"], row["actions"]) == ("unknown", ["take_up"])
    answer = browser.ask("act", key="1", action="again")
    assert answer["kind"] == "error", "what may have been paid is not sent again by a click"


@pytest.mark.parametrize("every", [True, False])
def test_a_call_of_unknown_outcome_gets_the_task_of_the_id_that_is_found(
    sandbox: SandboxServer, client: LumenClient, show: Callable[..., Browser], every: bool
) -> None:
    """A wrong id is answered with words; the right one takes the row, and no other row comes."""
    call = _lost(SubmitOutcomeUnknown("Lost.", may_have_cost=True), client)
    # made elsewhere: this process has not heard of it
    made = requests.post(
        f"{sandbox.url}/v1/images/generations",
        json={"model": "gpt-image-2-low", "prompt": "a whale"},
        headers={"Authorization": f"Bearer {sandbox.api_key}"},
        timeout=PATIENCE,
    )
    task_id = made.json()["id"]
    browser = show(*([] if every else [[]]))
    rows = browser.totals()["rows"]
    browser.panel.add(call)
    call.start()
    key = str(rows)
    browser.state(key, "unknown")

    wrong = browser.ask("take_up", key=key, id="no-such-task")
    assert wrong["kind"] == "error"
    assert wrong["error"]["message"]
    assert browser.ask("take_up", key=key, id=f" {task_id} ")["kind"] == "done"
    assert browser.state(key, "succeeded")["id"] == task_id
    assert browser.totals()["rows"] == rows + 1
    again = browser.ask("take_up", key=key, id=task_id)
    assert again["kind"] == "error", "a row has one task"


def test_a_task_that_could_not_be_taken_up_has_a_row_when_it_comes(
    client: LumenClient, show: Callable[..., Browser], monkeypatch: pytest.MonkeyPatch
) -> None:
    """An id that the service did not know just then is kept for no row."""
    call = _lost(SubmitOutcomeUnknown("Lost.", may_have_cost=True), client)
    browser = show()
    rows = browser.totals()["rows"]
    browser.panel.add(call)
    call.start()
    browser.state(str(rows), "unknown")

    def busy(_: str) -> Task:
        raise LumenError("Not now.")

    with monkeypatch.context() as patch:
        patch.setattr(client, "task", busy)
        assert browser.ask("take_up", key=str(rows), id="task-1")["kind"] == "error"
    live_tasks.announce(
        Task(TaskState("task-1", Request("generations", {}), origin="o", status="queued"))
    )

    assert [row["id"] for row in browser.state_rows()[-2:]] == ["", "task-1"]


def test_watching_stops_and_goes_on(
    sandbox: SandboxServer, client: LumenClient, show: Callable[..., Browser]
) -> None:
    """Stopping keeps id and status; going on shows the end."""
    with sandbox.drawing_held():
        task = client.generate("a boat")
        browser = show([task])
        assert browser.ask("act", key="0", action="stop")["kind"] == "done"
        row = browser.ended("0")
        assert row["actions"] == ["watch"]
        assert row["id"] == task.id
        browser.ask("act", key="0", action="watch")
        browser.until(lambda: browser.row()["actions"] != ["watch"])

    assert browser.ended("0")["pictured"]


def test_a_thumbnail_is_sent_to_who_looks_and_no_picture_is_kept_for_it(
    client: LumenClient, show: Callable[..., Browser]
) -> None:
    """Rows carry no picture; the panel lets go of a task that has ended."""
    import gc
    import weakref

    task = client.generate("a fox")
    watched = weakref.ref(task)
    browser = show([task])
    browser.ended("0")
    del task
    answer = browser.ask("look", keys=["0", "7", 3])

    assert [thumbnail["key"] for thumbnail in answer["thumbnails"]] == ["0"]
    assert answer["thumbnails"][0]["data"].startswith("data:image/")
    # the thread that told of its end may hold it a moment longer
    until(lambda: gc.collect() is not None and watched() is None, "the task was given back")
    assert "data:" not in json.dumps(browser.panel.get_state("_rows"))
    assert browser.ask("look", keys=["0"])["thumbnails"] == answer["thumbnails"]


def test_a_failed_task_is_sent_again_as_a_new_row(
    client: LumenClient, show: Callable[..., Browser]
) -> None:
    """The same request, paid again; the failed row stays."""
    browser = show([client.generate("an owl", model="sandbox-always-fails", n=2)])
    row = browser.state("0", "failed")
    assert (row["charge"], row["actions"]) == ("refunded", ["again"])
    answer = browser.ask("act", key="0", action="again")
    assert answer["key"] == "1"
    again = browser.state("1", "failed")

    assert again["id"] != row["id"]
    assert again["prompt"] == "an owl"


@pytest.mark.usefixtures("_offline_account")
@pytest.mark.parametrize(
    "content",
    [
        None,
        [],
        {"kind": "act"},
        {"kind": "act", "request": "r", "key": "9", "action": "stop"},
        {"kind": "act", "request": "r", "key": 0, "action": "stop"},
        {"kind": "act", "request": "r", "key": "0", "action": "format"},
        {"kind": "hello", "request": "r"},
        {"kind": "look", "request": "r", "keys": "all"},
        {"kind": "read", "request": "r"},
        {"kind": "read", "request": "r", "keys": {"0": 1}},
        {"kind": "find", "request": "r", "group": "none", "words": []},
        {"kind": "find", "request": "r", "group": ["all"], "words": []},
        {"kind": "find", "request": "r", "group": "all", "words": "fox"},
        {"kind": "find", "request": "r", "group": "all", "words": [7]},
        {"kind": "find", "request": "r", "group": "all", "words": ["x" * 1001]},
        {"kind": "find", "request": "r", "group": "all", "words": ["x"] * 301},
        {"kind": "take_up", "request": "r", "key": "0"},
        {"kind": ["x"], "request": "r"},
        {"kind": "bye", "view": 7},
    ],
)
def test_what_a_browser_should_not_send_is_answered_or_ignored(
    show: Callable[..., Browser], content: object
) -> None:
    """Whatever comes in, the panel answers it with an error or ignores it."""
    browser = show([_staged(0).task])
    browser.say(content)

    if isinstance(content, dict) and content.get("kind") != "bye" and "request" in content:
        assert browser.until(lambda: [m for m in browser.heard if m.get("request") == "r"])


def test_no_key_and_no_address_is_in_what_a_panel_keeps_or_sends(
    sandbox: SandboxServer, client: LumenClient, show: Callable[..., Browser]
) -> None:
    """Saved widget state and messages name the host, and nothing that pays or opens a picture."""
    browser = show([client.generate("a fox")])
    browser.state("0", "succeeded")
    everything = json.dumps([browser.heard, browser.panel.get_state()], default=str)

    assert sandbox.api_key not in everything
    assert f"{sandbox.url}/" not in everything


def test_a_long_run_is_said_to_be_an_estimate_once_enough_is_known(
    sandbox: SandboxServer, client: LumenClient, show: Callable[..., Browser]
) -> None:
    """After a few like tasks a row says how long they took; before, it says nothing."""
    # questions that a busy machine asks late would tell nothing
    use_scheduler(Scheduler(timing=Timing(local_interval=1.0)))
    for task in [client.generate("a fox") for _ in range(4)]:
        task.wait(PATIENCE)
    with sandbox.drawing_held():
        browser = show([client.generate("another fox")])
        row = browser.until(lambda: browser.row() if browser.row().get("usual") else {})

    assert 0.5 < row["usual"] < PATIENCE
    assert browser.ended("0")["usual"] is None


def _staged(number: int) -> StagedTask:
    request = Request("generations", {"prompt": f"picture {number}", "model": "m"})
    return StagedTask(f"task-{number}", request)

"""Marked words in a prompt: each makes an error of the API, as a service answers it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from lumen_widgets.sandbox.marked_words import WORDS, read_marked_words
from tests.sandbox_server.in_process import LATENCY, InProcess
from tests.sandbox_server.test_requests import CALLS, whole

if TYPE_CHECKING:
    from pathlib import Path

REFUSED = {
    "invalid_request": (400, "invalid_request"),
    "unauthorized": (401, "unauthorized"),
    "insufficient_credits": (402, "insufficient_credits"),
    "forbidden": (403, "forbidden"),
    "model_not_found": (404, "model_not_found"),
    "rate_limit": (429, "rate_limit_exceeded"),
    "http_error": (502, "bad_gateway"),
    "http_error 500": (500, "internal_server_error"),
}


def _told(in_process: InProcess, words: str, **body: Any) -> tuple[Any, Any]:
    """Return what is said of a task with such words before and after its end."""
    task_id = in_process.submit(prompt=f"a cat {words}", n=2, **body).json()["id"]
    before = in_process.status(task_id)
    in_process.renderer.finish()
    in_process.clock.now += LATENCY
    return before, in_process.status(task_id)


def _kinds(in_process: InProcess) -> list[str]:
    return [entry["kind"] for entry in in_process.account()["ledger"]]


@pytest.mark.parametrize(("words", "expected"), REFUSED.items())
def test_a_refusal_is_answered_as_a_service_does_and_costs_nothing(
    in_process: InProcess, words: str, expected: tuple[int, str]
) -> None:
    """With its HTTP status and code, by each of the three calls."""
    for call in CALLS:
        body = whole(call, prompt=f"a cat [[{words}]]")
        answer = in_process.call("POST", f"/v1/images/{call}", body)
        assert (answer.status, answer.json()["error"]["code"]) == expected
        assert (answer.headers.get("retry-after") == "60") == (words == "rate_limit")
    assert in_process.account()["ledger"] == []
    assert in_process.renderer.tasks == []


def test_an_answer_that_says_nothing_of_the_request_costs_nothing(in_process: InProcess) -> None:
    """A proxy's page, an empty body and a redirect."""
    page = in_process.submit(prompt="[[html_error]]")
    assert (page.status, page.body[:6]) == (502, b"<html>")
    empty = in_process.submit(prompt="[[empty_error 504]]")
    assert (empty.status, empty.body) == (504, b"")
    assert in_process.submit(prompt="[[redirect]]").headers["location"] == "/elsewhere"
    assert in_process.account()["ledger"] == []


def test_an_answer_that_cannot_be_read_still_names_the_task(in_process: InProcess) -> None:
    """It was taken and paid; who looks closely finds its id."""
    answer = in_process.submit(prompt="a cat [[unreadable]]")
    (entry,) = in_process.account()["ledger"]
    assert answer.status == 200
    with pytest.raises(ValueError, match=r".+"):
        answer.json()
    assert entry["task"].encode() in answer.body


def test_a_request_that_was_asked_to_wait_passes_when_it_has(in_process: InProcess) -> None:
    """The same one, and for the time that was named; then it begins anew."""

    def submit(**more: Any) -> tuple[int, str | None]:
        answer = in_process.submit(prompt="a cat [[rate_limit 2.5]]", **more)
        return answer.status, answer.headers.get("retry-after")

    assert submit() == (429, "3")
    in_process.clock.now += 2
    assert submit() == (429, "1")
    assert submit(n=2) == (429, "3")
    in_process.clock.now += 0.5
    assert submit() == (200, None)
    assert submit() == (429, "3")
    assert len(in_process.renderer.tasks) == 1


def test_a_failed_task_gives_its_credits_back(in_process: InProcess) -> None:
    """With a code of its own if one stands behind the word; nothing is drawn for it."""
    before, after = _told(in_process, "[[failed content_policy]]")
    assert (before["status"], after["status"]) == ("queued", "failed")
    assert after["error"]["code"] == "content_policy"
    assert _told(in_process, "[[failed]]")[1]["error"]["code"] == "upstream_error"
    assert _kinds(in_process) == ["refund", "charge"] * 2


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("[[cancelled]]", {"status": "cancelled"}),
        ("[[unknown_status]]", {"status": "paused"}),
        ("[[unknown_status in_review]]", {"status": "in_review"}),
        ("[[fewer_pictures]]", {"status": "succeeded", "data": 1}),
        ("[[missing_pictures]]", {"status": "succeeded", "data": 2}),
    ],
)
def test_what_ends_otherwise_gives_nothing_back(
    in_process: InProcess, words: str, told: dict[str, object]
) -> None:
    """The page promises that of failed tasks alone."""
    before, after = _told(in_process, words)
    assert before["status"] == "queued"
    assert "data" not in before
    del after["id"]
    assert after == {**told, **({"data": after["data"]} if "data" in told else {})}
    assert len(after.get("data", [])) == told.get("data", 0)
    assert _kinds(in_process) == ["charge"]


def test_a_task_may_be_forgotten(in_process: InProcess) -> None:
    """It was taken and paid, and is not found."""
    before, after = _told(in_process, "[[task_not_found]]")
    assert before["error"]["code"] == after["error"]["code"] == "not_found"
    assert _kinds(in_process) == ["charge"]


@pytest.mark.parametrize(
    ("words", "status"),
    [("missing_pictures", 404), ("expired_pictures", 403), ("broken_pictures", 200)],
)
def test_a_picture_s_address_may_lead_nowhere(
    in_process: InProcess, words: str, status: int
) -> None:
    """It is listed as always, and what is there is no picture."""
    _, after = _told(in_process, f"[[{words}]]")
    url = after["data"][0]["url"]
    assert url.startswith(in_process.info.result_url(""))
    path, _, query = url.removeprefix(in_process.info.base_url).partition("?")
    answer = in_process.call("GET", path, query=query)
    assert answer.status == status
    assert b"<html>" in answer.body or answer.json()["error"]


def test_a_task_takes_the_seconds_that_a_word_says(in_process: InProcess) -> None:
    """Also beside a word that says how it ends."""
    task_id = in_process.submit(prompt="a cat [[slow 20]] [[failed]]").json()["id"]
    for seconds, status in ((1, "queued"), (18, "processing"), (1, "failed")):
        in_process.clock.now += seconds
        assert in_process.status(task_id)["status"] == status


def test_the_service_may_fail_for_a_while(in_process: InProcess) -> None:
    """Questions are answered 503 for so many seconds, and the task goes on meanwhile."""
    task_id = in_process.submit(prompt="a cat [[outage 12]]").json()["id"]
    in_process.renderer.finish()
    in_process.clock.now += 11
    assert in_process.status(task_id)["error"]["code"] == "service_unavailable"
    in_process.clock.now += 1
    assert in_process.status(task_id)["status"] == "succeeded"


def test_the_words_are_taken_out_of_what_is_drawn(in_process: InProcess) -> None:
    """In any case and in the brackets of a Chinese keyboard; a prompt may be nothing else."""
    for prompt in ("a cat [[ SLOW  3 ]]", "【【slow 3】】 a cat", "a [[slow 3]] cat"):
        in_process.submit(prompt=prompt)
    in_process.submit(prompt="[[outage]]")
    drawn = [task.spec for task in in_process.renderer.tasks]
    assert [spec.prompt for spec in drawn] == ["a cat"] * 3 + [""]
    assert [spec.marked for spec in drawn] == [{"slow": "3"}] * 3 + [{"outage": "5"}]


@pytest.mark.parametrize(
    "prompt",
    [
        "a [[cat]]",
        "[[long_hair]]",
        "[[a street in the rain]]",
        "[[[slow]]]",
        "[slow]",
        "[[]]",
        "][",
    ],
)
def test_other_brackets_are_the_prompt_s_own(in_process: InProcess, prompt: str) -> None:
    """Some people write so what is to be faint: such a prompt is drawn as it is."""
    assert in_process.submit(prompt=prompt).status == 200
    (task,) = in_process.renderer.tasks
    assert (task.spec.prompt, task.spec.marked) == (prompt, {})


@pytest.mark.parametrize(
    ("prompt", "said"),
    [
        ("[[cancel]]", "no marked word [[cancel]]; there are [[cancelled]]"),
        ("[[insuficient_credits]]", "there are [[insufficient_credits]]"),
        ("[[slow motion]]", "[[slow]] takes seconds behind it"),
        ("[[slow 601]]", "0 to 600"),
        ("[[http_error 200]]", "from 400 to 599"),
        ("[[failed no such thing]]", "[[failed]] takes one word behind it"),
        ("[[cancelled 3]]", "takes nothing behind it"),
        ("[[failed]] [[cancelled]]", "cannot both"),
    ],
)
def test_a_slip_is_refused_with_what_there_is(
    in_process: InProcess, prompt: str, said: str
) -> None:
    """Else a class would wait for an error, and see a picture."""
    answer = in_process.submit(prompt=prompt)
    assert (answer.status, answer.json()["error"]["code"]) == (400, "invalid_request")
    assert said in answer.json()["error"]["message"]


def test_a_webhook_tells_only_of_the_ends_that_the_page_promises(in_process: InProcess) -> None:
    """Success and failure; of a cancelled task nobody is told."""
    hook = {"webhook_url": "http://127.0.0.1:1/", "webhook_secret": "s"}
    for words in ("[[failed]]", "[[cancelled]]", "[[unknown_status]]"):
        _told(in_process, words, **hook)
    due = in_process.store.deliveries_due(in_process.clock.now)
    assert [task.status for task, _ in due] == ["failed"]


def test_a_new_server_goes_on_with_the_words_of_the_old_one(tmp_path: Path) -> None:
    """They are kept with the task."""
    old = InProcess(tmp_path, tmp_path / "a.sqlite3")
    task_id = old.submit(prompt="a cat [[unknown_status]]").json()["id"]
    old.store.close()
    new = InProcess(tmp_path, tmp_path / "a.sqlite3")
    new.clock.now += LATENCY
    assert new.status(task_id)["status"] == "paused"


def test_every_word_stands_alone() -> None:
    """Each is read, with what it is without a value."""
    for name, word in WORDS.items():
        assert read_marked_words(f"a cat [[{name}]]") == ("a cat", {name: word.value})

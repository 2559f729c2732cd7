"""Marked words: what a user sees of each on the sandbox, and that no other service gets one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lumen_widgets.client import LumenClient
from lumen_widgets.client.lesson_client import LessonClient
from lumen_widgets.client.lessons.lesson_file import read_lesson
from lumen_widgets.client.refusing.marked_words import PATTERNS, marked_words
from lumen_widgets.core import errors
from lumen_widgets.core.polling.scheduler import Scheduler, use_scheduler
from lumen_widgets.core.timing import Timing
from lumen_widgets.sandbox import marked_words as of_the_sandbox
from lumen_widgets.sandbox.errors import Refusal
from tests import lessons, network
from tests.client import fault_server as fault
from tests.client.fault_server import FaultServer
from tests.sandbox_server.real_server import RealServer, serving

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.client.service import Service


class Row(NamedTuple):
    """What is raised, where, what is in the account's ledger then, and words of the message."""

    error: type[errors.LumenError] | None
    ledger: tuple[str, ...]
    said: str
    at_once: bool = True


def refused(error: type[errors.LumenError], said: str) -> Row:
    """Return a row of those that cost nothing."""
    return Row(error, (), said)


def ends(error: type[errors.LumenError] | None, said: str, *ledger: str) -> Row:
    """Return a row of those where a task comes first."""
    return Row(error, ledger or ("charge",), said, at_once=False)


UNKNOWN = errors.SubmitOutcomeUnknown
TABLE = {
    "invalid_request": refused(errors.InvalidRequest, "Nothing was spent"),
    "unauthorized": refused(errors.AuthenticationError, "has to be replaced"),
    "insufficient_credits": refused(errors.InsufficientCredits, "Top it up"),
    "forbidden": refused(errors.AuthenticationError, "which group the key belongs to"),
    "model_not_found": refused(errors.NotFound, "knows no such model"),
    "rate_limit": refused(errors.RateLimited, "It asks for 60 s"),
    "http_error": refused(errors.UpstreamError, "Nothing was spent"),
    "http_error 503": refused(errors.UpstreamError, "Nothing was spent"),
    "http_error 500": refused(UNKNOWN, "lumen.sandbox.account()"),
    "html_error": refused(UNKNOWN, "502 from a proxy"),
    "empty_error": refused(UNKNOWN, "lumen.sandbox.account()"),
    "redirect": refused(UNKNOWN, "never followed"),
    "unknown": Row(UNKNOWN, ("charge",), "closed without an answer"),
    "no_answer": Row(UNKNOWN, ("charge",), "no answer in time"),
    "unreadable": Row(UNKNOWN, ("charge",), "a task that the answer may name"),
    "failed": ends(errors.TaskFailed, "credits are given back", "refund", "charge"),
    "cancelled": ends(errors.TaskCancelled, "Whether its credits come back"),
    "unknown_status": ends(errors.UpstreamError, "'paused'"),
    "task_not_found": ends(errors.NotFound, "look for it in the service's console"),
    "missing_pictures": ends(errors.DownloadError, "That pays nothing"),
    "expired_pictures": ends(errors.DownloadError, "may have expired"),
    "broken_pictures": ends(errors.DownloadError, "an HTML page"),
    "fewer_pictures": ends(None, "1 picture fewer than were asked for"),
    "rate_limit 0": ends(None, ""),
    "slow": ends(None, ""),
    "outage": ends(None, ""),
}
# What would take seconds, shorter.
SHORTER = {"slow": "slow 0.2", "outage": "outage 0.2"}


@pytest.fixture(scope="module")
def sandbox_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealServer]:
    """Run a sandbox."""
    with serving(tmp_path_factory.mktemp("sandbox") / "home") as server:
        yield server


@pytest.mark.slow
@pytest.mark.parametrize(("word", "row"), TABLE.items(), ids=TABLE)
def test_what_a_marked_word_makes(
    word: str, row: Row, sandbox_server: RealServer, tmp_path: Path
) -> None:
    """The error, its words, and what it cost, as with a service; no retry pays twice."""
    timing = Timing(late_pictures=0.2, doubtful_pictures=0.2, refresh_interval=0.05)
    use_scheduler(Scheduler(timing=timing))
    seconds = 0.5 if word == "no_answer" else 10.0
    client = LumenClient(
        sandbox_server.api_key, sandbox_server.url, journal=tmp_path, timeout=seconds
    )
    before = len(sandbox_server.account()["ledger"])
    said, raised = "", None
    try:
        task = client.generate(f"a cat [[{SHORTER.get(word, word)}]]", size="32x32", n=2)
        assert not row.at_once
        assert task.wait(30)
        said = task.notice or ""
    except errors.LumenError as error:
        said, raised = str(error), type(error)
    assert raised is row.error, said
    ledger = sandbox_server.account()["ledger"]
    assert tuple(entry["kind"] for entry in ledger[: len(ledger) - before]) == row.ledger
    assert row.said in said
    if row.error is UNKNOWN and row.ledger:
        # as one does who has looked in the console
        assert len(client.task(ledger[0]["task"]).wait(30)) == 2


def test_every_word_is_in_the_table() -> None:
    """Of the client's list and of the sandbox's, which are the same."""
    assert {name: word.pattern for name, word in of_the_sandbox.WORDS.items()} == PATTERNS
    assert {word.partition(" ")[0] for word in TABLE} == PATTERNS.keys()


_PIECES = [
    "[[",
    "]]",
    "[",
    "]",
    "【【",
    "】】",
    " ",
    "　",
    "\n",
    "slow",
    "FAILED",
    "failed",
    "cancel",
    "20",
]
_PIECES += ["601", "http_error", "503", "x_1", "unknown", "cat", "猫"]


@given(st.lists(st.sampled_from(_PIECES), max_size=12).map("".join))
def test_both_sides_read_the_same_words(prompt: str) -> None:
    """What the sandbox takes out is what the client keeps from others; what it refuses may differ.

    A slip, such as a value that cannot be, is a slip on the sandbox alone.
    """
    found = marked_words(prompt)
    try:
        rest, read = of_the_sandbox.read_marked_words(prompt)
    except Refusal:
        return
    names = {mark.strip("[]【】").split()[0].lower() for mark in found}
    assert names == set(read)
    assert (rest == prompt) == (not found)


@pytest.mark.parametrize(
    "prompt",
    [
        "a cat [[slow 20]]",
        "[[Unknown]]",
        "猫 【【cancelled】】",
        "猫【【slow　20】】",
        "[[slow\n20]]",
    ],
)
def test_no_other_service_gets_a_marked_word(
    prompt: str, connect: Callable[..., LumenClient], tmp_path: Path
) -> None:
    """It is refused before anything is asked or sent, in a field of `extra` too."""
    client = connect("https://lumen.example")
    ways: list[Callable[[], Any]] = [
        lambda: client.generate(prompt),
        lambda: client.generate("a cat", extra={"prompt": prompt}),
        lambda: client.edit(prompt, "https://pictures.example/1.png", reuse=True),
    ]
    for way in ways:
        with pytest.raises(errors.InvalidRequest, match=r"lumen\.use\(\"sandbox\"\)") as caught:
            way()
        assert "https://lumen.example" in str(caught.value)
        assert (caught.value.field, caught.value.may_have_cost) == ("prompt", False)
    assert network.attempts == []
    assert client.journal is not None
    assert client.journal.rows() == []


HEALTH = [
    {"service": "lumen-sandbox", "version": "1", "uploads": "/x"},
    {"service": "lumen-sandbox", "proof": "0" * 64},
    {"service": "another"},
    [],
]


@pytest.mark.parametrize("health", HEALTH)
def test_a_service_on_this_machine_has_to_prove_that_it_is_a_sandbox(
    health: object, connect: Callable[..., LumenClient]
) -> None:
    """A tunnel to the real service leads through this machine too; it gets no prompt and no key."""
    with FaultServer(fault.answers(200, health)) as server:
        with pytest.raises(errors.InvalidRequest, match="marked word"):
            connect(server.url).generate("a cat [[failed]]")
        assert {request.method for request in server.requests} <= {"GET"}
        assert not any(b"authorization" in request.raw.lower() for request in server.requests)


def test_a_lesson_answers_what_was_made_with_one(tmp_path: Path) -> None:
    """Nothing of a lesson can be paid; what it does not have it says as of any prompt."""
    file = tmp_path / "owls.lumen"
    file.write_bytes(lessons.lesson({"an owl [[slow 2]]": ["red"]}))
    client = LessonClient(read_lesson(file, name=file.name), journal=False)
    assert len(client.generate("an owl [[slow 2]]").wait(0)) == 1
    with pytest.raises(errors.LumenError, match="owls") as caught:
        client.generate("an owl [[failed]]")
    assert "marked word" not in str(caught.value)


def test_a_prompt_without_one_costs_no_question(
    service: Service, connect: Callable[..., LumenClient]
) -> None:
    """Other brackets go through as they are."""
    service.statuses["*"] = [service.succeeded("1.png")]
    prompt = "a [[cat]] and a [[slow dance]] [[cancel]]"
    connect(service.server.url).generate(prompt).wait(30)
    (post,) = [request for request in service.server.requests if request.method == "POST"]
    assert prompt.encode() in post.raw
    assert not any("healthz" in request.path for request in service.server.requests)

"""Answers to a submit that say an id, but not as the service's page has it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from lumen_widgets.client import budget
from lumen_widgets.core import errors
from lumen_widgets.journal import Journal
from tests.client import fault_server as fault
from tests.client.conftest import KEY
from tests.client.fault_server import FaultServer
from tests.client.service import FAILED, PROCESSING, Service

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from lumen_widgets.client import LumenClient

    Connect = Callable[..., LumenClient]

ID = "task_987654321"

ANSWERS = {
    "the id is a number": b'{"id": 987654321, "status": "queued"}',
    "cut off": b'{"id": "task_987654321", "status": "que',
    "with a proxy's comment": b'{"id": "task_987654321", "status": "queued"}\n<!-- via a -->',
    "the id is too long": json.dumps({"id": ID + "a" * 187, "status": "queued"}).encode(),
    "two ids": b'{"id": "task_987654321", "status": "queued", "id": "task_1"}',
    "a byte of the id is no text": b'{"id": "task_987654321\xe9", "status": "queued"}',
    "wrapped": b'{"data": {"id": "task_987654321", "status": "queued"}}',
    "beside a number without end": b'{"id": "task_987654321", "created": ' + b"9" * 5000 + b"}",
}


@pytest.mark.parametrize("answer", ANSWERS)
def test_the_beginning_of_the_answer_is_kept(connect: Connect, tmp_path: Path, answer: str) -> None:
    """Error and journal quote what the service said, so that the id can be looked up in it."""
    with (
        FaultServer(fault.answers(200, ANSWERS[answer])) as server,
        pytest.raises(errors.SubmitOutcomeUnknown) as caught,
    ):
        connect(server.url).generate("a cat")
    (row,) = Journal(tmp_path / "journal").rows()

    assert "987654321" in str(caught.value)
    assert row.state == "unknown"
    assert "987654321" in (row.reason or "")
    assert len(server.posts) == 1


def test_bytes_that_are_no_text_take_no_id_along(connect: Connect) -> None:
    """A submit and a status are read although a message in them is cut within a letter."""
    taken = b'{"id": "task_1", "status": "queued", "message": "Caf\xc3"}'
    failed = b'{"id": "task_1", "status": "failed", "error": {"message": "Non, le caf\xc3"}}'
    with FaultServer(fault.answers(200, taken), fault.answers(200, failed)) as server:
        task = connect(server.url).generate("a cat")
        with pytest.raises(errors.TaskFailed, match="Non, le caf"):
            task.wait(30)

    assert task.id == "task_1"


def test_what_is_said_twice_in_two_ways_is_not_believed(connect: Connect) -> None:
    """Neither that a task failed, whose credits came back, nor another task's picture."""
    taken = b'{"id": "task_1", "id": "task_1", "status": "queued"}'
    doubtful = [
        b'{"id": "task_1", "status": "failed", "status": "processing"}',
        b'{"id": "task_1", "status": "processing", "status": "failed"}',
        b'{"id": "task_1", "status": "succeeded", "data": [], "status": "cancelled"}',
        b'{"id": "task_1", "status": "failed", "error": {"message": "A", "message": "B"}}',
    ]
    answers = [fault.answers(200, answer) for answer in (taken, *doubtful)]
    with FaultServer(*answers) as server:
        task = connect(server.url).generate("a cat")
        with pytest.raises(errors.TaskFailed) as caught:
            task.wait(30)
        asked = len(server.requests)

    assert caught.value.message == "The task failed."
    assert asked == len(answers)


@pytest.mark.parametrize("word", ["failed", "cancelled", "succeeded"])
@pytest.mark.parametrize("end", ["succeeded", "failed"])
def test_how_a_task_ended_is_not_what_the_submit_says(
    service: Service, connect: Connect, word: str, end: str
) -> None:
    """Where the status call says otherwise: it is not paid again, and given back if it failed."""
    service.taken = word
    service.statuses["*"] = [PROCESSING, service.succeeded("a") if end == "succeeded" else FAILED]
    client, spent = connect(service.server.url), budget(tasks=5)
    task = client.generate("a cat")
    if end == "failed":
        with pytest.raises(errors.TaskFailed):
            task.wait(30)
        assert spent.submitted == 0
    else:
        (picture,) = task.wait(30)
        again = connect(service.server.url).generate("a cat", reuse=True)
        assert [one.sha256 for one in again.wait(30)] == [picture.sha256]
        assert spent.submitted == len(service.server.posts) == 1
    assert client.journal is not None
    assert task.status == client.journal.rows()[0].state == end


def test_no_secret_is_kept_of_it(connect: Connect, tmp_path: Path) -> None:
    """Of an answer that cannot be read and repeats the key and the webhook's secret, neither is."""
    secret = "the webhook's own secret"  # noqa: S105  made up
    words = f"{KEY} cannot have its calls signed with {secret}"
    with (
        FaultServer(fault.answers(200, words.encode())) as server,
        pytest.raises(errors.SubmitOutcomeUnknown) as caught,
    ):
        connect(server.url).generate(
            "a cat", webhook_url="https://example.org/hook", webhook_secret=secret
        )
    (row,) = Journal(tmp_path / "journal").rows()

    for told in (str(caught.value), row.reason or ""):
        assert KEY not in told
        assert secret not in told


ELSEWHERE = {
    "a redirect": fault.answers(303, b"", {"Location": f"/v1/images/generations/{ID}"}),
    "a proxy's page": fault.answers(504, f"<html>timed out after {ID}</html>".encode()),
    "an error of the service's": fault.answers(500, {"error": {"message": f"lost {ID}"}}),
    "behind marks and spaces": fault.answers(200, b"\x1b[2J" + b" \0\r\n" * 999 + ID.encode()),
}


@pytest.mark.parametrize("kind", ELSEWHERE)
def test_an_id_is_kept_wherever_it_stands(connect: Connect, tmp_path: Path, kind: str) -> None:
    """Whatever says an id, and leaves open whether the task is paid, is quoted."""
    with (
        FaultServer(ELSEWHERE[kind]) as server,
        pytest.raises(errors.SubmitOutcomeUnknown) as caught,
    ):
        connect(server.url).generate("a cat")
    (row,) = Journal(tmp_path / "journal").rows()

    assert ID in str(caught.value)
    assert ID in (row.reason or "")
    assert caught.value.may_have_cost


def test_what_is_quoted_is_clean_and_short(connect: Connect, tmp_path: Path) -> None:
    """No terminal code, no mark that turns text around, no long page: one line of 200 letters."""
    words = f"\x1b[31m\u202e\u2066{ID}\x07\u200b\x9b2J" + "é" * 100_000
    with (
        FaultServer(fault.answers(200, words.encode())) as server,
        pytest.raises(errors.SubmitOutcomeUnknown) as caught,
    ):
        connect(server.url).generate("a cat")
    (row,) = Journal(tmp_path / "journal").rows()

    for told in (str(caught.value), row.reason or ""):
        assert told.isprintable()
        assert ID in told
        assert len(told) < 800


MARKS = ["\u202e", "\x1b", "\u200b", "\0", "\u034f", "\u3164"]
SPELT_MARKS = [
    r"\u200b",
    r"\u200B\u00AD",
    r"\\u200b",
    r"\\\\u200b",
    r"\udb40\udc20",
    r"\U0000200b",
    r"\x00",
    r"\b",
    "&#8203;",
    "&#x200B;",
    "&ZeroWidthSpace;",
    "&shy;",
    "%E2%80%8B",
    "%00",
]


@pytest.mark.parametrize("mark", [*MARKS, *SPELT_MARKS])
def test_a_secret_with_marks_in_it_is_not_put_together(connect: Connect, mark: str) -> None:
    """What is quoted has no key, nor one that a mark splits which cannot be seen, or is spelt."""
    words = f"{KEY[:20]}{mark}{KEY[20:]}"
    with (
        FaultServer(fault.answers(200, words.encode())) as server,
        pytest.raises(errors.SubmitOutcomeUnknown) as caught,
    ):
        connect(server.url).generate("a cat")

    assert KEY not in str(caught.value)
    assert KEY[20:] not in str(caught.value)


@pytest.mark.parametrize("spelt", SPELT_MARKS)
def test_what_is_spelt_out_elsewhere_is_quoted_as_it_is(connect: Connect, spelt: str) -> None:
    """Where no secret is split by it, an escaped mark is part of what the service said."""
    with (
        FaultServer(fault.answers(200, f"{ID}{spelt}!".encode())) as server,
        pytest.raises(errors.SubmitOutcomeUnknown) as caught,
    ):
        connect(server.url).generate("a cat")

    assert f"{ID}{spelt}!" in str(caught.value)

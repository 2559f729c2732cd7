"""Answers to a submit that say an id, but not as the service's page has it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from lumen_widgets.core import errors
from lumen_widgets.journal import Journal
from tests.client import fault_server as fault
from tests.client.conftest import KEY
from tests.client.fault_server import FaultServer

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
    "wrapped": b'{"data": {"id": "task_987654321", "status": "queued"}}',
    "beside a number without end": b'{"id": "task_987654321", "created": ' + b"9" * 5000 + b"}",
}


@pytest.mark.xfail(
    strict=True,
    raises=AssertionError,
    reason="attack 14: nothing is kept of an answer that cannot be read",
)
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

"""Tasks that no service was asked for: all of one is in the journal, or nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from lumen_widgets.journal import AlreadySent, Journal, JournalUnusable
from tests.journal.written import ACCOUNT, digest

if TYPE_CHECKING:
    from pathlib import Path


class File(NamedTuple):
    """A picture's file, as far as the journal can tell."""

    data: bytes
    sha256: str
    media_type: str = "image/png"
    width: int = 3
    height: int = 2


CAME, MADE = (File(data, digest(data)) for data in (b"came", b"made"))
TASK: dict[str, Any] = {
    **ACCOUNT,
    "endpoint": "inpaint",
    "body": {"prompt": "a cat", "model": "m"},
    "task_id": "lesson-1",
    "pictures": [CAME, MADE],
    "made": {0: (MADE, {"changed_outside": 0.5, "note": "moved"})},
    "digest": "3:d",
    "correlation_id": "c",
    "made_from": [digest(b"source")],
}


def test_a_task_is_complete_at_once_and_there_once(tmp_path: Path) -> None:
    """It is final, found by its request, its call and its pictures, and never resumed."""
    journal = Journal(tmp_path)
    number = journal.insert_given(**TASK)
    (row,) = journal.rows()

    assert (row.number, row.state, row.is_final, row.digest) == (number, "succeeded", True, "3:d")
    assert [one.path.read_bytes() for one in row.pictures] == [b"came", b"made"]
    assert [(one.index, one.path.read_bytes()) for one in row.derived] == [(0, b"made")]
    assert row.derived[0].facts == {"changed_outside": 0.5, "note": "moved"}
    assert journal.find_same_request(**ACCOUNT, digests=["3:d"]) == row
    assert journal.find_submit("c") == row
    assert journal.made_from(number) == [digest(b"source")]
    assert journal.claim(**ACCOUNT, followed=set()) == []
    assert journal.unknown_outcomes(**ACCOUNT) == []
    assert journal.insert_given(**TASK) == number
    assert journal.insert_given(**{**TASK, "correlation_id": None}) == number
    with pytest.raises(AlreadySent):
        journal.insert_given(**{**TASK, "task_id": "lesson-2"})
    assert journal.insert_given(**{**TASK, "account": "b", "correlation_id": None}) != number
    assert len(journal.rows()) == 2


def test_a_task_that_cannot_be_whole_is_not_there(tmp_path: Path) -> None:
    """A digest that is not its file's, or a folder that cannot be: no row says that it was sent."""
    journal = Journal(tmp_path / "home")
    with pytest.raises(ValueError, match="digest"):
        journal.insert_given(**{**TASK, "pictures": [File(b"x", digest(b"y"))], "made": {}})
    assert journal.rows() == []
    (tmp_path / "file").write_text("where the folder should be")
    with pytest.raises(JournalUnusable):
        Journal(tmp_path / "file").insert_given(**TASK)

"""A call is known by its caller's id from before it is sent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from lumen_widgets.journal import AlreadySent, Journal
from tests.journal.test_migration import written_with_schema

if TYPE_CHECKING:
    from pathlib import Path

ACCOUNT: dict[str, Any] = {"origin": "https://lumen.example", "account": "a1b2"}


def inserted(journal: Journal, correlation_id: str | None = None) -> int:
    """Insert a row, and return its number."""
    return journal.insert_request(
        **ACCOUNT, endpoint="generations", body={"prompt": "p"}, correlation_id=correlation_id
    )


def test_a_submit_is_found_before_it_has_an_answer(tmp_path: Path) -> None:
    """Another process finds a call by its caller's id from before it is sent, then with its id."""
    journal = Journal(tmp_path)
    inserted(journal)
    number = inserted(journal, "from the form")
    found = Journal(tmp_path).find_submit("from the form")
    assert found is not None
    assert (found.number, found.state, found.task_id) == (number, "sending", None)

    journal.mark_accepted(number, task_id="t1", created=None, status="queued")
    found = Journal(tmp_path).find_submit("from the form")
    assert found is not None
    assert (found.correlation_id, found.task_id) == ("from the form", "t1")


def test_what_was_never_sent_is_not_found(tmp_path: Path) -> None:
    """An id that no call had finds nothing, without a file too."""
    journal = Journal(tmp_path / "home")
    assert journal.find_submit("x") is None
    assert not (tmp_path / "home").exists()
    inserted(journal)
    assert journal.find_submit("x") is None


def test_calls_of_reuse_have_theirs_too(tmp_path: Path) -> None:
    """A call that looks for the same request first is written down under its id where it is new."""
    journal = Journal(tmp_path)
    for correlation_id in ("one", "two"):
        journal.find_or_insert_request(
            origin=ACCOUNT["origin"],
            account=ACCOUNT["account"],
            endpoint="generations",
            body={"prompt": "p"},
            digests=["d"],
            correlation_id=correlation_id,
        )

    assert journal.find_submit("one") is not None
    assert journal.find_submit("two") is None


def test_an_earlier_file_takes_ids(tmp_path: Path) -> None:
    """A file of an earlier release is upgraded; its own calls have no id."""
    journal = written_with_schema(2, tmp_path)
    assert journal.find_submit("new") is None
    number = inserted(journal, "new")
    found = journal.find_submit("new")

    assert found is not None
    assert found.number == number
    assert {row.correlation_id for row in journal.rows()} == {None, "new"}


@pytest.mark.parametrize("reuse", [False, True])
def test_one_id_is_written_down_once(tmp_path: Path, *, reuse: bool) -> None:
    """Of two processes that both found nothing, one may send it, unless it was refused before."""
    journal = Journal(tmp_path)

    def insert() -> object:
        if not reuse:
            return inserted(journal, "from the form")
        return journal.find_or_insert_request(
            origin=ACCOUNT["origin"],
            account=ACCOUNT["account"],
            endpoint="edits",
            body={},
            digests=["d"],
            correlation_id="from the form",
        )

    number = inserted(journal, "from the form")
    with pytest.raises(AlreadySent):
        insert()
    journal.mark_refused(number, "no credits")
    insert()
    with pytest.raises(AlreadySent):
        inserted(journal, "from the form")

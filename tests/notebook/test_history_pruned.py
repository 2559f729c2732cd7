"""The history where it is cut short: on purpose, by other processes, and by a broken disk."""

from __future__ import annotations

from typing import Any

import pytest

import lumen_widgets as lumen
from lumen_widgets.journal import Journal, JournalUnusable
from tests.notebook.journal_rows import prompts, wrote


def test_pruning_keeps_to_the_filter() -> None:
    """What was not found is not forgotten; the history knows at once what went."""
    wrote("old cat", kept=1, days=40)
    wrote("old dog", kept=1, days=40)
    wrote("new cat", kept=1)
    cats = lumen.history("cat")
    pruned = cats.prune(older_than="30 days")

    assert (pruned.tasks, pruned.pictures) == (1, 1)
    assert pruned.bytes > 0
    assert str(pruned).startswith("1 task forgotten, 1 picture deleted")
    assert prompts(cats) == ["new cat"]
    assert prompts(lumen.history()) == ["new cat", "old dog"]
    assert lumen.history().prune(max_bytes=0).tasks == 2


@pytest.mark.parametrize(
    ("arguments", "field"),
    [
        ({}, None),
        ({"older_than": "some days"}, "older_than"),
        ({"older_than": -1}, "older_than"),
        ({"older_than": True}, "older_than"),
        ({"max_bytes": "2 GB"}, "max_bytes"),
        ({"max_bytes": -1}, "max_bytes"),
    ],
)
def test_pruning_that_is_not_clear_forgets_nothing(
    arguments: dict[str, Any], field: str | None
) -> None:
    """What to forget has to be said in words that are understood."""
    wrote("old cat", kept=1, days=4000)
    with pytest.raises(lumen.InvalidRequest) as caught:
        lumen.history().prune(**arguments)

    assert caught.value.field == field
    assert len(lumen.history()) == 1


def test_a_damaged_journal_says_what_to_do() -> None:
    """A file that is no journal is an error with advice, for looking and for pruning."""
    wrote("a cat")
    history = lumen.history()
    path = Journal().home / "journal.sqlite3"
    path.write_bytes(b"something else" * 300)
    for attempt in (lumen.history, lambda: history.prune(older_than=0), lambda: history[0]):
        with pytest.raises(lumen.JournalError, match="history cannot be") as caught:
            attempt()
        assert "move it away" in caught.value.next_step


def test_without_a_journal() -> None:
    """A client that keeps no journal has no history, and the error says so."""
    client = lumen.LumenClient("sk-lumen-x", "http://127.0.0.1:1", journal=False)
    with pytest.raises(lumen.InvalidRequest, match="no history"):
        lumen.history(client=client)


def test_a_row_that_went_meanwhile() -> None:
    """An entry that another process pruned is left out; asked for alone it is an error."""
    wrote("a cat", "failed")
    wrote("a dog", "failed")
    history = lumen.history()
    lumen.history("cat").prune(older_than=0)

    assert prompts(history) == ["a dog"]
    with pytest.raises(lumen.InvalidRequest, match="pruned"):
        _ = history[1]


def test_a_lock_that_is_held_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """A journal that another program holds too long is an error that says so."""
    wrote("a cat")

    def locked(*_: object) -> object:
        raise JournalUnusable("database is locked", "Another program has held it for too long.")

    monkeypatch.setattr(Journal, "search", locked)
    with pytest.raises(lumen.JournalError, match="Another program"):
        lumen.history()

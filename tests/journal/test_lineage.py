"""Stars, what a request was made with, and what a picture led to: all by content."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lumen_widgets.journal import Journal
from tests.journal.written import ACCOUNT, derive, digest, sent

if TYPE_CHECKING:
    from pathlib import Path


def test_stars_are_by_content(tmp_path: Path) -> None:
    """Every picture with those bytes is starred; a picture of no row can be too."""
    journal = Journal(tmp_path)
    rows = [sent(journal, "succeeded", data) for data in (b"a", b"b", b"a")]
    for sha256 in (digest(b"a"), digest(b"a"), digest(b"elsewhere")):
        journal.star(sha256)

    kept = journal.kept_pictures([(row, 0) for row in rows])
    assert [one.starred for one in kept] == [True, False, True]
    assert Journal(tmp_path).starred() == {digest(b"a"), digest(b"elsewhere")}
    journal.star(digest(b"a"), starred=False)
    journal.star(digest(b"b"), starred=False)
    assert journal.starred() == {digest(b"elsewhere")}


def test_no_journal_is_made_to_say_that_nothing_is_starred(tmp_path: Path) -> None:
    """Nor to ask; a star makes one."""
    journal = Journal(tmp_path / "home")
    journal.star(digest(b"a"), starred=False)
    assert journal.starred() == set()
    assert list(tmp_path.iterdir()) == []
    journal.star(digest(b"a"))
    assert journal.starred() == {digest(b"a")}


def test_what_a_request_was_made_with(tmp_path: Path) -> None:
    """In the order in which they were given, each once; whichever way the row was begun."""
    journal = Journal(tmp_path)
    given = [digest(b"b"), digest(b"a"), digest(b"b")]
    one = sent(journal, "processing", made_from=given)
    found = journal.find_or_insert_request(
        **ACCOUNT, endpoint="edits", body={}, digests=["d"], made_from=given[1:]
    )

    assert isinstance(found, int)
    assert journal.made_from(one) == [digest(b"b"), digest(b"a")]
    assert journal.made_from(found) == [digest(b"a"), digest(b"b")]
    assert journal.made_from(one + 1) == []
    assert journal.led_to(digest(b"a")) == [one, found]


def test_an_exact_picture_and_what_came_lead_to_the_same(tmp_path: Path) -> None:
    """Whichever of the two was given, and whichever is asked for."""
    journal = Journal(tmp_path)
    repaint = sent(journal, "succeeded", b"raw", source=b"photo")
    derive(journal, repaint, b"raw", b"exact")
    of_raw = sent(journal, "processing", made_from=[digest(b"raw")])
    of_exact = sent(journal, "processing", made_from=[digest(b"exact")])
    sent(journal, "processing", made_from=[digest(b"photo")])

    for data in (b"raw", b"exact"):
        assert journal.led_to(digest(data)) == [of_raw, of_exact]
        assert journal.find_by_sha256(digest(data)) == [(repaint, 0)]


def test_what_was_made_of_another_picture_is_nobodys(tmp_path: Path) -> None:
    """A picture that was made of one that came before, and was replaced, is shown no more."""
    journal = Journal(tmp_path)
    row = sent(journal, "succeeded", b"now", source=b"photo")
    derive(journal, row, b"before", b"exact of before")

    assert journal.find_by_sha256(digest(b"exact of before")) == []
    assert [one.sha256 for one in journal.kept_pictures([(row, 0)])] == [digest(b"now")]


def test_the_same_picture_of_several_tasks(tmp_path: Path) -> None:
    """All of them are found, the newest first."""
    journal = Journal(tmp_path)
    rows = [sent(journal, "succeeded", b"same") for _ in range(3)]

    assert journal.find_by_sha256(digest(b"same")) == [(row, 0) for row in reversed(rows)]
    assert journal.find_by_sha256(digest(b"none")) == []

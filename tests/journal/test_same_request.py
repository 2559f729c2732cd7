from __future__ import annotations

import hashlib
import subprocess
import sys
import textwrap
from typing import TYPE_CHECKING, Any

import pytest

from lumen_widgets.journal import Journal, JournalRow, Search

if TYPE_CHECKING:
    from pathlib import Path

ACCOUNT: dict[str, Any] = {"origin": "o", "account": "a"}
OTHERS: dict[str, Any] = {"origin": "o", "account": "another key"}


def sent(journal: Journal, state: str, *, kept: int = 0, **account: Any) -> int:
    """Write down a request with the digest ``d`` for two pictures, as far as that state."""
    row = journal.insert_request(
        **{**ACCOUNT, **account}, endpoint="edits", body={"prompt": "p", "n": 2}, digest="d"
    )
    if state == "unknown":
        journal.mark_unknown(row, "no answer")
    elif state == "refused":
        journal.mark_refused(row, "no credits")
    elif state != "sending":
        journal.mark_accepted(row, task_id=f"t{row}", created=None, status="queued")
        journal.record_status(row, status=state)
    for index in range(kept):
        data = f"{row} {index}".encode()
        sha256 = hashlib.sha256(data).hexdigest()
        journal.store_picture(
            row, index, data, sha256=sha256, media_type="image/png", width=1, height=1, count=2
        )
    return row


def same(journal: Journal, **names: Any) -> int | None:
    """Return the number of the row that the same request finds."""
    found = journal.find_same_request(**{**ACCOUNT, "digests": ["d"], **names})
    return None if found is None else found.number


@pytest.mark.slow
def test_what_says_most_goes_first(tmp_path: Path) -> None:
    """Pictures go before what runs, that before what is being sent, that before what is unknown."""
    journal = Journal(tmp_path)
    assert same(journal) is None
    for state in ("unknown", "sending", "processing"):
        row = sent(journal, state)
        assert same(journal) == row
    half = sent(journal, "succeeded", kept=1)
    assert same(journal) == half
    best = sent(journal, "succeeded", kept=2)
    for state in ("refused", "failed", "cancelled", "unknown", "sending", "processing"):
        sent(journal, state)
    assert same(journal) == best
    assert same(journal, digests=["another"]) is None
    assert same(journal, origin="elsewhere") is None


def test_what_came_to_nothing_does_not_count(tmp_path: Path) -> None:
    """A request that was refused, failed or was cancelled is sent again."""
    journal = Journal(tmp_path)
    for state in ("refused", "failed", "cancelled"):
        sent(journal, state)

    assert same(journal) is None


@pytest.mark.parametrize("word", ["sending", "unknown", "refused"])
def test_a_word_of_the_services_is_not_taken_for_one_of_ours(tmp_path: Path, word: str) -> None:
    """A paid task whose state the service calls as the journal does stays a task that runs."""
    journal = Journal(tmp_path)
    row = sent(journal, word.upper())
    journal.record_status(row, status=word)

    assert same(journal) == row, "reuse pays nothing"
    assert journal.search(Search(state="running")) == [row]
    assert not journal.rows()[0].is_final
    assert str(journal.prune([row], max_bytes=0)).startswith("0 tasks forgotten")
    assert [one.number for one in journal.claim(**ACCOUNT)] == [row], "resume takes it up"


def test_of_another_key_only_pictures_count(tmp_path: Path) -> None:
    """What another key has running, or may have paid, is not this key's."""
    journal = Journal(tmp_path)
    for state in ("processing", "sending", "unknown", "succeeded"):
        sent(journal, state, **OTHERS)
    assert same(journal) is None

    whole = sent(journal, "succeeded", kept=2, **OTHERS)
    assert same(journal) == whole
    found = journal.find_same_request(**ACCOUNT, digests=["d"], excluded={whole})
    assert found is None


def test_any_digest_matches_and_the_first_is_written_down(tmp_path: Path) -> None:
    """A request is found by what an earlier release knew it by, and kept by what this one does."""
    journal = Journal(tmp_path)
    begun = {**ACCOUNT, "endpoint": "edits", "body": {"prompt": "p"}}
    old = sent(journal, "succeeded", kept=2)
    found = journal.find_or_insert_request(**begun, digests=["2:d", "d"])
    assert isinstance(found, JournalRow)
    assert found.number == old
    assert same(journal, digests=["2:d", "d"]) == old
    assert same(journal, digests=["2:d"]) is None

    row = journal.find_or_insert_request(**begun, digests=["2:d", "d"], excluded={old})
    assert isinstance(row, int)
    assert same(journal, digests=["2:d"]) == row
    assert same(journal, digests=["d"]) == old


@pytest.mark.slow
def test_of_several_that_begin_at_once_one_does(tmp_path: Path) -> None:
    """Looking and beginning are one step: of several processes at once, one sends."""
    code = textwrap.dedent("""
        import sys
        from lumen_widgets.journal import Journal
        journal = Journal(sys.argv[1], busy_timeout=100.0)
        input()
        found = journal.find_or_insert_request(
            origin="o", account="a", endpoint="edits", body={"prompt": "p"}, digests=["d"])
        begun = isinstance(found, int)
        print("begun" if begun else "found", found if begun else found.number, flush=True)
        sys.stdin.read()
    """)
    children = [
        subprocess.Popen(
            [sys.executable, "-c", code, str(tmp_path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(5)
    ]
    for child in children:
        assert child.stdin is not None
        child.stdin.write("\n")
        child.stdin.flush()
    said = [child.stdout.readline().strip() for child in children if child.stdout is not None]
    for child in children:
        child.communicate(timeout=60)

    (begun,) = (one.split()[1] for one in said if one.startswith("begun "))
    assert sorted(said) == [f"begun {begun}", *[f"found {begun}"] * 4]


def test_what_a_dead_process_was_sending_is_found_as_of_unknown_outcome(tmp_path: Path) -> None:
    """A request whose sender was killed is found as one of unknown outcome."""
    code = textwrap.dedent("""
        import sys
        from lumen_widgets.journal import Journal
        Journal(sys.argv[1]).insert_request(
            origin="o", account="a", endpoint="edits", body={"prompt": "p"}, digest="d")
    """)
    subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=True)
    found = Journal(tmp_path).find_or_insert_request(
        **ACCOUNT, endpoint="edits", body={"prompt": "p"}, digests=["d"]
    )

    assert isinstance(found, JournalRow)
    assert (found.state, found.outcome_unknown) == ("sending", True)

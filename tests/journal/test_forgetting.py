"""Tasks are forgotten with all that is theirs, and only those of which nothing more can come."""

from __future__ import annotations

import json
import subprocess
import sys
import textwrap
from typing import TYPE_CHECKING

import pytest

from lumen_widgets.journal import Forgotten, Journal
from lumen_widgets.journal.picture_files import small_copy_paths, store_small_copy
from tests.journal.written import ACCOUNT, derive, digest, files, numbers, sent, store

if TYPE_CHECKING:
    from pathlib import Path

    from lumen_widgets.journal import Refusal


def test_prompt_and_pictures_are_gone(tmp_path: Path) -> None:
    """Nothing of them is left on the disk, small copies and what was kept for a repaint included.

    The prompt is not in the file any more either, where a deleted row stays until it is reused.
    """
    journal = Journal(tmp_path)
    other = sent(journal, "succeeded", b"other")
    row = sent(journal, "succeeded", b"came", source=b"given", prompt="a secret wish")
    derive(journal, row, b"came", b"made")
    path = journal.kept_pictures([(row, 0)])[0].path
    store_small_copy(path, digest(b"made"), b"small")
    store_small_copy(path, digest(b"made"), b"tile", "tile")
    assert b"a secret wish" in (tmp_path / "journal.sqlite3").read_bytes()

    assert journal.forget([row]) == Forgotten((row,), {})
    assert numbers(journal) == [other]
    assert files(tmp_path) == {b"other"}
    assert not any(copy.exists() for copy in small_copy_paths(path))
    assert b"a secret wish" not in (tmp_path / "journal.sqlite3").read_bytes()
    assert journal.disk_use() == Journal(tmp_path).disk_use([other])


def test_what_may_still_come_stays_and_says_why(tmp_path: Path) -> None:
    """A task that runs, is sent, may have been paid or misses pictures is never forgotten."""
    journal = Journal(tmp_path)
    stay: dict[int, Refusal] = {
        sent(journal, "processing"): "running",
        sent(journal, "odd"): "running",
        sent(journal, "sending"): "sending",
        sent(journal, "unknown"): "unknown",
        sent(journal, "succeeded"): "incomplete",
        sent(journal, "succeeded", b"one of two", n=2): "incomplete",
    }
    go = [sent(journal, state) for state in ("failed", "cancelled", "refused")]
    missing = max(numbers(journal)) + 1

    forgotten = journal.forget([*go, *stay, missing])
    assert forgotten == Forgotten(tuple(go), {**stay, missing: "gone"})
    assert set(numbers(journal)) == set(stay)
    assert files(tmp_path) == {b"one of two"}


def test_a_request_whose_process_was_killed_may_have_been_paid(tmp_path: Path) -> None:
    """It stays until it is dismissed."""
    code = textwrap.dedent("""
        import sys
        from lumen_widgets.journal import Journal
        Journal(sys.argv[1]).insert_request(origin="o", account="a", endpoint="edits", body={})
    """)
    subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=True)
    journal = Journal(tmp_path)
    (row,) = numbers(journal)

    assert journal.forget([row]) == Forgotten((), {row: "unknown"})
    journal.dismiss([row])
    assert journal.forget([row]) == Forgotten((row,), {})


def test_what_two_tasks_have_stays_for_the_other(tmp_path: Path) -> None:
    """A picture, its star, what it led to and a kept source go with the last row that has them."""
    journal = Journal(tmp_path)
    first = sent(journal, "succeeded", b"shared", source=b"given")
    second = sent(journal, "succeeded", b"shared", source=b"given")
    child = sent(journal, "succeeded", b"child", made_from=[digest(b"shared")])
    journal.star(digest(b"shared"))
    journal.star(digest(b"child"))

    journal.forget([first])
    assert files(tmp_path) == {b"shared", b"given", b"mask of given", b"child"}
    assert journal.starred() == {digest(b"shared"), digest(b"child")}
    assert journal.led_to(digest(b"shared")) == [child]

    journal.forget([second])
    assert files(tmp_path) == {b"child"}
    assert journal.starred() == {digest(b"child")}
    assert journal.led_to(digest(b"shared")) == []
    assert journal.made_from(child) == []


def test_what_was_forgotten_was_made_from_nothing(tmp_path: Path) -> None:
    """A picture that led to a forgotten task leads there no more."""
    journal = Journal(tmp_path)
    sent(journal, "succeeded", b"parent")
    child = sent(journal, "succeeded", b"child", made_from=[digest(b"parent")])

    journal.forget([child])
    assert journal.led_to(digest(b"parent")) == []
    assert journal.made_from(child) == []


def test_a_pruned_picture_is_still_what_another_was_made_from(tmp_path: Path) -> None:
    """Making room forgets the star with the picture, and not that something came of it."""
    journal = Journal(tmp_path)
    parent = sent(journal, "succeeded", b"parent")
    child = sent(journal, "succeeded", b"child", made_from=[digest(b"parent")])
    journal.star(digest(b"parent"))

    assert journal.prune([parent], max_bytes=0).tasks == 1
    assert journal.starred() == set()
    assert journal.made_from(child) == [digest(b"parent")]
    assert journal.find_by_sha256(digest(b"parent")) == []


def test_a_source_that_is_another_rows_result_stays(tmp_path: Path) -> None:
    """What was kept for a repaint is the picture of a task too, which is not forgotten."""
    journal = Journal(tmp_path)
    parent = sent(journal, "succeeded", b"parent")
    child = sent(journal, "succeeded", b"child", source=b"parent")

    journal.forget([child])
    assert files(tmp_path) == {b"parent"}
    journal.forget([parent])
    assert files(tmp_path) == set()


def test_the_same_request_is_not_found_again(tmp_path: Path) -> None:
    """What was forgotten answers no later call."""
    journal = Journal(tmp_path)
    row = journal.insert_request(**ACCOUNT, endpoint="edits", body={}, digest="d")
    journal.mark_accepted(row, task_id="t", created=None, status="succeeded")
    store(journal, row, b"picture")
    assert journal.find_same_request(**ACCOUNT, digests=["d"]) is not None

    journal.forget([row])
    assert journal.find_same_request(**ACCOUNT, digests=["d"]) is None
    assert journal.find(**ACCOUNT, task_id="t") is None


def test_forgetting_twice_and_forgetting_nothing(tmp_path: Path) -> None:
    """Neither is an error, also where there never was a journal, and none is made for it."""
    journal = Journal(tmp_path / "home")
    assert journal.forget([7]) == Forgotten((), {7: "gone"})
    assert list(tmp_path.iterdir()) == []

    row = sent(journal, "failed")
    assert journal.forget([row, row]) == Forgotten((row,), {})
    assert journal.forget([row]) == Forgotten((), {row: "gone"})
    assert journal.forget([]) == Forgotten((), {})


def test_a_row_that_cannot_be_read_can_be_forgotten(tmp_path: Path) -> None:
    """What another program has done to a prompt does not keep it."""
    journal = Journal(tmp_path)
    row = sent(journal, "succeeded", b"picture")
    with (tmp_path / "journal.sqlite3").open("r+b") as file:
        data = file.read()
        body = json.dumps({"prompt": "succeeded"}).encode()
        assert data.count(body) == 1
        file.seek(data.index(body))
        file.write(b"!" * len(body))

    assert journal.kept_pictures([(row, 0)])[0].prompt == ""
    assert journal.forget([row]).rows == (row,)
    assert files(tmp_path) == set()


@pytest.mark.slow
def test_of_two_processes_that_forget_the_same_one_does(tmp_path: Path) -> None:
    """Each row is forgotten once, whoever comes first, and no file of it is left."""
    journal = Journal(tmp_path)
    rows = [sent(journal, "succeeded", f"picture {number}".encode()) for number in range(20)]
    code = textwrap.dedent("""
        import sys
        from lumen_widgets.journal import Journal
        journal = Journal(sys.argv[1], busy_timeout=100.0)
        input()
        for row in map(int, sys.argv[2:]):
            print(*journal.forget([row]).rows, flush=True)
    """)
    children = [
        subprocess.Popen(
            [sys.executable, "-c", code, str(tmp_path), *map(str, rows)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    for child in children:
        assert child.stdin is not None
        child.stdin.write("\n")
        child.stdin.flush()
    said = [child.communicate(timeout=60)[0].split() for child in children]

    assert sorted(map(int, [*said[0], *said[1]])) == sorted(rows)
    assert files(tmp_path) == set()

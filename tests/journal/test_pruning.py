from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

from lumen_widgets.journal import Journal, Pruned, Search
from tests.journal.written import ACCOUNT, DAY, files, numbers, sent, store


@pytest.mark.slow
def test_by_age(tmp_path: Path) -> None:
    """What is older goes with its pictures; what is younger stays."""
    journal = Journal(tmp_path)
    sent(journal, "succeeded", b"old", days=40)
    sent(journal, "failed", days=40)
    young = sent(journal, "succeeded", b"young", days=20)

    assert journal.prune(numbers(journal), before=time.time() - 30 * DAY) == Pruned(2, 1, 3)
    assert numbers(journal) == [young]
    assert files(tmp_path) == {b"young"}


@pytest.mark.slow
def test_what_may_still_be_needed_stays(tmp_path: Path) -> None:
    """What runs, may have been paid, or was paid and never arrived, is never forgotten."""
    journal = Journal(tmp_path)
    kept = {
        sent(journal, state, days=1000) for state in ("processing", "unknown", "sending", "odd")
    }
    kept.add(sent(journal, "succeeded", days=1000))
    for state in ("refused", "failed", "cancelled"):
        sent(journal, state, days=1000)

    assert journal.prune(numbers(journal), before=time.time(), max_bytes=0).tasks == 3
    assert set(numbers(journal)) == kept


@pytest.mark.slow
def test_by_size_the_oldest_go_first(tmp_path: Path) -> None:
    """The newest pictures stay, as many as fit; a picture that two tasks share counts once."""
    journal = Journal(tmp_path)
    rows = [
        sent(journal, "succeeded", data)
        for data in (b"a" * 100, b"b" * 100, b"c" * 100, b"c" * 100)
    ]

    assert journal.prune(numbers(journal), max_bytes=250) == Pruned(1, 1, 100)
    assert files(tmp_path) == {b"b" * 100, b"c" * 100}
    assert journal.prune(numbers(journal), max_bytes=100) == Pruned(1, 1, 100)
    assert journal.prune(numbers(journal), max_bytes=100) == Pruned(0, 0, 0)
    assert numbers(journal) == [rows[3], rows[2]]


def test_a_shared_picture_stays_for_the_other_task(tmp_path: Path) -> None:
    """A file goes only with the last task that has it."""
    journal = Journal(tmp_path)
    first = sent(journal, "succeeded", b"shared")
    second = sent(journal, "succeeded", b"shared")

    assert journal.prune([first], before=time.time() + 1) == Pruned(1, 0, 0)
    assert files(tmp_path) == {b"shared"}
    assert journal.prune([second], before=time.time() + 1) == Pruned(1, 1, 6)
    assert files(tmp_path) == set()


def test_only_what_was_found_goes(tmp_path: Path) -> None:
    """Rows that are not named are let be, whatever their age or size."""
    journal = Journal(tmp_path)
    other = sent(journal, "succeeded", b"other", days=50)
    named = sent(journal, "succeeded", b"named", days=50)

    assert journal.prune([named], before=time.time(), max_bytes=0).tasks == 1
    assert numbers(journal) == [other]


class Crash(BaseException):
    """What ends a process in the middle of its work."""


def prune_until_a_crash(journal: Journal, monkeypatch: pytest.MonkeyPatch) -> None:
    """End a pruning once its rows are deleted, when it comes to the first file."""

    def unlink(_path: Path) -> None:
        raise Crash

    with monkeypatch.context() as patch:
        patch.setattr(Path, "unlink", unlink)
        with pytest.raises(Crash):
            journal.prune(numbers(journal), before=time.time())
    assert numbers(journal) == []


def test_no_crash_forgets_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A crash between rows and files leaves files behind, and the next pruning deletes them."""
    journal = Journal(tmp_path)
    sent(journal, "succeeded", b"old", days=40)
    prune_until_a_crash(journal, monkeypatch)
    assert files(tmp_path) == {b"old"}

    assert journal.prune([], before=time.time()) == Pruned(0, 1, 3)
    assert files(tmp_path) == set()


def test_a_picture_that_is_stored_again_meanwhile_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was noted for deletion and is stored again before that is not deleted."""
    journal = Journal(tmp_path)
    sent(journal, "succeeded", b"twice", days=40)
    prune_until_a_crash(journal, monkeypatch)
    sent(journal, "succeeded", b"twice")

    assert journal.prune([], before=0.0) == Pruned(0, 0, 0)
    assert files(tmp_path) == {b"twice"}


@pytest.mark.slow
def test_a_picture_is_never_lost_to_a_pruning_beside_it(tmp_path: Path) -> None:
    """While one process prunes all it can, whatever another has kept is on the disk."""
    code = textwrap.dedent("""
        import sys, time
        from lumen_widgets.journal import Journal, Search
        journal = Journal(sys.argv[1], busy_timeout=100.0)
        print("ready", flush=True)
        while True:
            journal.prune(journal.search(Search(text="old")), before=time.time() + 60)
    """)
    journal = Journal(tmp_path, busy_timeout=100.0)
    sent(journal, "failed")
    child = subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path)], stdout=subprocess.PIPE, text=True
    )
    assert child.stdout is not None
    child.stdout.readline()
    try:
        for number in range(60):
            data = f"picture {number % 3}".encode()
            for prompt in ("old", "new"):
                row = journal.insert_request(**ACCOUNT, endpoint="edits", body={"prompt": prompt})
                journal.mark_accepted(row, task_id=f"t{row}", created=None, status="succeeded")
                kept = store(journal, row, data)
                if prompt == "new":  # whatever happens to the older one, this one names the file
                    assert kept.read_bytes() == data
            assert child.poll() is None
    finally:
        child.kill()
        child.wait()
    for entry in journal.rows_by_number(journal.search(Search(text="new"))):
        assert all(picture.path.exists() for picture in entry.pictures)


@pytest.mark.slow
def test_a_kill_while_pruning_breaks_nothing(tmp_path: Path) -> None:
    """Killed at any instant, it leaves rows whose pictures are there, and files that go later."""
    code = textwrap.dedent("""
        import sys, time
        from lumen_widgets.journal import Journal, Search
        journal = Journal(sys.argv[1])
        print("ready", flush=True)
        for number in journal.search(Search()):
            journal.prune([number], before=time.time() + 60)
            print(number, flush=True)
    """)
    chance = random.Random(4)  # noqa: S311  not for secrets
    journal = Journal(tmp_path)
    for _ in range(5):
        for number in range(12):
            sent(journal, "succeeded", f"{number} {chance.random()}".encode())
        child = subprocess.Popen(
            [sys.executable, "-c", code, str(tmp_path)], stdout=subprocess.PIPE, text=True
        )
        assert child.stdout is not None
        for _ in range(chance.randrange(1, 10)):
            child.stdout.readline()
        child.send_signal(signal.SIGKILL)
        child.communicate()
        for entry in journal.rows():
            assert all(kept.path.exists() for kept in entry.pictures)
    journal.prune(numbers(journal), before=time.time() + 60)

    assert files(tmp_path) == set()


def test_what_was_half_written_is_swept_up(tmp_path: Path) -> None:
    """A part of a file goes after a day, and not while it may still be written."""
    journal = Journal(tmp_path)
    folder = store(journal, sent(journal, "succeeded"), b"whole").parent
    old, young, hidden = (folder / name for name in (".a.1.part", ".b.2.part", ".part-of-mine"))
    for path in (old, young, hidden):
        path.write_bytes(b"half")
    for path in (old, hidden):
        os.utime(path, (time.time() - 2 * DAY,) * 2)
    journal.prune([], before=0.0)

    assert not old.exists()
    assert young.exists()
    assert hidden.exists()


def test_files_that_no_row_ever_named_stay(tmp_path: Path) -> None:
    """Pictures of a journal that was moved away stay."""
    journal = Journal(tmp_path)
    sent(journal, "succeeded", b"of the old journal", days=40)
    (tmp_path / "journal.sqlite3").rename(tmp_path / "moved.sqlite3")
    sent(journal, "failed", days=40)
    journal.prune(numbers(journal), before=time.time(), max_bytes=0)

    assert files(tmp_path) == {b"of the old journal"}


def test_no_journal_is_no_error(tmp_path: Path) -> None:
    """Where nothing was ever written there is nothing to forget, and nothing is made."""
    assert Journal(tmp_path / "home").prune([1, 2], before=time.time()) == Pruned(0, 0, 0)
    assert list(tmp_path.iterdir()) == []

from __future__ import annotations

import contextlib
import json
import os
import pickle
import sqlite3
import subprocess
import sys
import textwrap
from typing import TYPE_CHECKING, Any

import pytest

from lumen_widgets.journal import Journal, JournalUnusable

if TYPE_CHECKING:
    from pathlib import Path

ACCOUNT: dict[str, Any] = {"origin": "https://lumen.example", "account": "a1b2"}


def inserted(journal: Journal) -> int:
    """Insert a row, and return its number."""
    return journal.insert_request(**ACCOUNT, endpoint="generations", body={"prompt": "a cat"})


def in_child(code: str, *arguments: str) -> str:
    """Run code in a fresh interpreter, and return what it printed."""
    return subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code), *arguments],
        check=True,
        capture_output=True,
        text=True,
        timeout=60,
    ).stdout


def test_a_file_in_place_of_the_folder(tmp_path: Path) -> None:
    """The message names the path, and says what to do."""
    (tmp_path / "home").write_text("not a folder")

    with pytest.raises(JournalUnusable) as caught:
        inserted(Journal(tmp_path / "home"))
    assert str(tmp_path / "home") in str(caught.value)
    assert "LUMEN_HOME" in caught.value.next_step


class BytesPath:
    """A path of bytes, as `os.scandir` gives them for bytes."""

    def __fspath__(self) -> bytes:
        return b"/home"


@pytest.mark.parametrize("given", ["~no-such-user/x", "a\0b", "~a\0b", "~\ud800", BytesPath()])
def test_what_can_be_no_folder(given: Any) -> None:
    """It is refused in our own words, before anything is written."""
    with pytest.raises(JournalUnusable, match="no folder's path") as caught:
        Journal(given)
    assert "LUMEN_HOME" in caught.value.next_step


def test_a_folder_that_may_not_be_written(tmp_path: Path) -> None:
    """A read-only home is an error before anything is sent, not a crash afterwards."""
    tmp_path.chmod(0o755)
    said = in_child(
        """
        import os, sys
        from lumen_widgets.journal import Journal, JournalUnusable
        os.setegid(65534) if os.getuid() == 0 else None
        os.seteuid(65534) if os.getuid() == 0 else os.chmod(sys.argv[1], 0o555)
        try:
            Journal(sys.argv[1]).insert_request(origin="o", account="a", endpoint="edits", body={})
        except JournalUnusable as error:
            print(error)
        """,
        str(tmp_path),
    )
    tmp_path.chmod(0o755)

    assert str(tmp_path) in said
    assert "writable" in said
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("damage", ["head", "middle"])
def test_a_damaged_file_is_named_and_left_alone(tmp_path: Path, damage: str) -> None:
    """A damaged journal is never replaced in silence: it may name paid tasks."""
    journal = Journal(tmp_path)
    inserted(journal)
    path = tmp_path / "journal.sqlite3"
    data = bytearray(path.read_bytes())
    if damage == "head":
        data[:16] = b"something else!!"
    else:
        data[100:] = os.urandom(len(data) - 100)
    path.write_bytes(data)

    for attempt in (lambda: inserted(journal), journal.rows):
        with pytest.raises(JournalUnusable, match="damaged"):
            attempt()
    assert path.read_bytes() == data


def test_a_file_from_a_newer_release(tmp_path: Path) -> None:
    """A schema that this release does not know is refused with the advice to upgrade."""
    journal = Journal(tmp_path)
    inserted(journal)
    with sqlite3.connect(tmp_path / "journal.sqlite3") as connection:
        connection.execute("PRAGMA user_version = 99")
    connection.close()

    for attempt in (lambda: inserted(journal), journal.rows):
        with pytest.raises(JournalUnusable, match=r"newer release.*Upgrade"):
            attempt()


def test_an_empty_file_becomes_a_journal(tmp_path: Path) -> None:
    """A file that a crash left empty is no obstacle."""
    (tmp_path / "journal.sqlite3").touch()
    journal = Journal(tmp_path)

    assert journal.rows() == []
    assert inserted(journal) == journal.rows()[0].number


def test_a_disk_that_is_full(tmp_path: Path) -> None:
    """What does not fit is an error; what was there before stays readable, with no litter."""
    pytest.importorskip("resource", reason="Windows has no limit on the size of files")
    journal = Journal(tmp_path)
    row = inserted(journal)
    said = in_child(
        """
        import hashlib, json, os, resource, sys
        from lumen_widgets.journal import Journal, JournalUnusable
        journal, row = Journal(sys.argv[1]), int(sys.argv[2])
        size = os.path.getsize(os.path.join(sys.argv[1], "journal.sqlite3"))
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
        big = b"x" * (size + 1)
        raised = []
        for attempt in (
            lambda: journal.insert_request(
                origin="o", account="a", endpoint="edits", body={"prompt": "x" * size}),
            lambda: journal.store_picture(row, 0, big, sha256=hashlib.sha256(big).hexdigest(),
                                 media_type="image/png", width=1, height=1),
        ):
            try:
                attempt()
            except JournalUnusable as error:
                raised.append(str(error))
        print(json.dumps(raised))
        """,
        str(tmp_path),
        str(row),
    )

    assert len(json.loads(said)) == 2
    assert [entry.number for entry in journal.rows()] == [row]
    assert not [path for path in tmp_path.rglob("*") if path.suffix in {".part", ".png"}]
    assert inserted(journal) > row


def test_another_program_that_never_lets_go(tmp_path: Path) -> None:
    """A lock that is held for too long is an error that says so."""
    journal = Journal(tmp_path, busy_timeout=0.05)
    inserted(journal)
    connection = sqlite3.connect(tmp_path / "journal.sqlite3", isolation_level=None)
    connection.execute("BEGIN EXCLUSIVE")
    try:
        with pytest.raises(JournalUnusable, match="Another program"):
            inserted(journal)
    finally:
        connection.close()


def test_the_error_survives_pickling() -> None:
    """It can come back from another process with its advice."""
    error = pickle.loads(pickle.dumps(JournalUnusable("it broke", "mend it")))  # noqa: S301  our own bytes

    assert (str(error), error.next_step) == ("it broke mend it", "mend it")


@pytest.mark.parametrize(
    "damage", ["UPDATE tasks SET body = 'not JSON'", "ALTER TABLE tasks DROP COLUMN seconds"]
)
def test_a_row_that_cannot_be_read(tmp_path: Path, damage: str) -> None:
    """A row that another program or release wrote, is an error that says what to do."""
    journal = Journal(tmp_path)
    inserted(journal)
    with contextlib.closing(sqlite3.connect(tmp_path / "journal.sqlite3")) as connection:
        connection.execute(damage)
        connection.commit()

    with pytest.raises(JournalUnusable, match="move it away") as caught:
        journal.rows()
    assert str(tmp_path) in str(caught.value)

from __future__ import annotations

import contextlib
import sqlite3
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from lumen_widgets.core.http.origin import read_origin
from lumen_widgets.journal import Journal, PictureSearch, Search
from lumen_widgets.journal.schema import SCHEMA_VERSION

if TYPE_CHECKING:
    from collections.abc import Callable

ACCOUNT: dict[str, Any] = {"origin": "https://lumen.example", "account": "a1b2"}


def written_by_the_first_release(home: Path) -> Journal:
    """Put the first release's file into a home, and return the journal there."""
    return written_with_schema(1, home)


def written_with_schema(number: int, home: Path) -> Journal:
    """Put a file of an earlier schema into a home, and return the journal there."""
    home.mkdir(exist_ok=True)
    dump = Path(__file__).with_name(f"version_{number}.sql")
    with contextlib.closing(sqlite3.connect(home / "journal.sqlite3")) as connection:
        connection.executescript(dump.read_text(encoding="utf-8"))
    return Journal(home)


def version(home: Path) -> int:
    """Return the schema version of a home's file."""
    with contextlib.closing(sqlite3.connect(home / "journal.sqlite3")) as connection:
        return int(connection.execute("PRAGMA user_version").fetchone()[0])


def test_rows_of_the_first_release_are_all_there(tmp_path: Path) -> None:
    """Whatever the first release wrote is read as it was; what it did not know is worked out."""
    journal = written_by_the_first_release(tmp_path)
    rows = {str(row.body.get("prompt", row.task_id)): row for row in journal.rows()}

    assert version(tmp_path) == SCHEMA_VERSION
    assert {
        name: (row.task_id, row.state, row.is_final, row.outcome_unknown)
        for name, row in rows.items()
    } == {
        "whole 窗台上的猫": ("t1", "succeeded", True, False),
        "half": ("t2", "succeeded", False, False),
        "runs": ("t3", "processing", False, False),
        "failed": ("t4", "failed", True, False),
        "refused": (None, "refused", True, False),
        "unknown": (None, "unknown", False, True),
        "killed": (None, "sending", False, True),
        "t8": ("t8", "processing", False, False),
    }
    assert [kept.index for kept in rows["whole 窗台上的猫"].pictures] == [0, 1]
    assert rows["whole 窗台上的猫"].picture_count == 2
    assert rows["whole 窗台上的猫"].seconds == 7.5
    assert rows["failed"].error == {"code": "unsafe", "message": "No."}
    assert {row.submitted for row in rows.values()} == {1750000000.0}


def test_what_the_first_release_left_can_be_taken_up(tmp_path: Path) -> None:
    """Its tasks that were not over have no owner, so the first to claim them gets them."""
    journal = written_by_the_first_release(tmp_path)

    assert [row.task_id for row in journal.claim(**ACCOUNT)] == ["t2", "t3", "t8"]
    assert [row.body["prompt"] for row in journal.unknown_outcomes(**ACCOUNT)] == [
        "killed",
        "unknown",
    ]
    assert len(journal.search(Search(text="窗台"))) == 1


def test_one_service_has_one_origin(tmp_path: Path) -> None:
    """Origins that were written down as they were typed become what clients ask for now."""
    journal = written_with_schema(2, tmp_path)
    rows = {str(row.body.get("prompt", row.task_id)): row for row in journal.rows()}

    assert version(tmp_path) == SCHEMA_VERSION
    assert {name: row.origin for name, row in rows.items()} == {
        "plain": "https://lumen.example",
        "with a port": "https://lumen.example",
        "with a dot": "https://lumen.example",
        "behind a gateway": "https://lumen.example/gateway",
        "another port": "https://lumen.example:8443",
        "loopback": "http://127.0.0.1",
        "loopback of six": "http://[::1]",
        "by its name": "http://localhost:8000",
        "t1": "https://lumen.example",
        "a cat": "https://lumen.example",
        "snow": "https://lumen.example",
    }
    for row in rows.values():
        assert row.origin == read_origin(row.origin).url
    assert rows["with a port"].pictures
    found = journal.find_same_request(
        origin=ACCOUNT["origin"], account=ACCOUNT["account"], digests=["d2"]
    )
    assert found == rows["with a port"]
    # written down under two spellings, and still the one that has its pictures
    assert journal.find(**ACCOUNT, task_id="t1") == rows["plain"]
    assert journal.durations(
        origin=ACCOUNT["origin"],
        endpoint="generations",
        body={"model": "gpt-image-2-low", "prompt": "p"},
    ) == [7.5, 7.5]
    assert {row.task_id for row in journal.claim(**ACCOUNT)} == {"t1", "t3"}


def test_a_task_without_an_id_is_lost_in_an_earlier_file_too(tmp_path: Path) -> None:
    """Earlier releases took a task whose id had not been written for one that is complete."""
    journal = written_with_schema(2, tmp_path)
    with contextlib.closing(sqlite3.connect(tmp_path / "journal.sqlite3")) as connection:
        connection.execute("UPDATE tasks SET task_id = NULL WHERE digest = 'd1'")
        connection.commit()

    (lost,) = journal.unknown_outcomes(**ACCOUNT)
    assert (lost.body["prompt"], len(lost.pictures)) == ("plain", 1)
    assert journal.search(Search(state="unknown")) == [lost.number]
    assert lost.number not in journal.search(Search(state="succeeded"))


@pytest.mark.parametrize(
    "origin", ["o", "", "https://[", "https://a:b", "https://.", "ftp://a.:21"]
)
def test_an_origin_that_cannot_be_read_stays_as_it_is(tmp_path: Path, origin: str) -> None:
    """An upgrade never fails for what was once written."""
    journal = written_with_schema(2, tmp_path)
    with contextlib.closing(sqlite3.connect(tmp_path / "journal.sqlite3")) as connection:
        connection.execute("UPDATE tasks SET origin = ?", (origin,))
        connection.commit()

    assert {row.origin for row in journal.rows()} == {origin}


def test_either_way_in_upgrades_the_file(tmp_path: Path) -> None:
    """A file is upgraded by whichever call comes first, one that reads or one that writes."""
    calls: list[Callable[[Journal], object]] = [
        lambda journal: journal.find(**ACCOUNT, task_id="t3"),
        lambda journal: journal.insert_request(**ACCOUNT, endpoint="edits", body={}),
        lambda journal: journal.record_status(journal.rows()[0].number, status="succeeded"),
        lambda journal: journal.claim(**ACCOUNT),
    ]
    for number, call in enumerate(calls):
        home = tmp_path / str(number)
        call(written_by_the_first_release(home))
        assert version(home) == SCHEMA_VERSION
        assert len(Journal(home).rows()) == 8 + (number == 1)


@pytest.mark.slow
def test_processes_that_upgrade_at_once(tmp_path: Path) -> None:
    """Several processes that open an old file at the same moment upgrade it once."""
    written_by_the_first_release(tmp_path)
    code = textwrap.dedent("""
        import sys
        from lumen_widgets.journal import Journal
        journal = Journal(sys.argv[1], busy_timeout=100.0)
        input()
        body = {"prompt": sys.argv[2]}
        journal.insert_request(origin="o", account="a", endpoint="edits", body=body)
        print(len(journal.rows()))
    """)
    children = [
        subprocess.Popen(
            [sys.executable, "-c", code, str(tmp_path), str(number)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for number in range(4)
    ]
    for child in children:
        assert child.stdin is not None
        child.stdin.write("\n")
        child.stdin.flush()
    said = [child.communicate(timeout=60)[0] for child in children]

    assert [child.returncode for child in children] == [0] * 4
    assert max(int(one) for one in said) == 12
    assert len(Journal(tmp_path).rows()) == 12
    assert version(tmp_path) == SCHEMA_VERSION


@pytest.mark.slow
def test_an_upgrade_that_fails_changes_nothing(tmp_path: Path) -> None:
    """The upgrade is one transaction: what stops it half-way leaves the old file as it was."""
    journal = written_by_the_first_release(tmp_path)
    code = textwrap.dedent("""
        import os, resource, sys
        from lumen_widgets.journal import Journal, JournalUnusable
        size = os.path.getsize(os.path.join(sys.argv[1], "journal.sqlite3"))
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
        try:
            Journal(sys.argv[1]).rows()
        except JournalUnusable as error:
            print(error)
    """)
    said = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, check=True
    ).stdout

    assert str(tmp_path) in said
    assert version(tmp_path) == 1
    assert len(journal.rows()) == 8


@pytest.mark.parametrize("number", range(1, SCHEMA_VERSION))
def test_a_file_of_every_earlier_schema_is_read(tmp_path: Path, number: int) -> None:
    """Its pictures are found one by one, can be starred, and its rows forgotten."""
    journal = written_with_schema(number, tmp_path)
    keys = journal.find_pictures(PictureSearch())
    kept = journal.kept_pictures(keys)

    assert version(tmp_path) == SCHEMA_VERSION
    assert [one.key for one in kept] == keys
    assert kept
    journal.star(kept[0].sha256)
    assert journal.kept_pictures(keys[:1])[0].starred
    done = [row.number for row in journal.rows() if row.is_final]
    assert set(journal.forget(done).rows) == set(done)
    assert {row.number for row in journal.rows()}.isdisjoint(done)


def test_what_an_earlier_release_kept_of_a_repaint_says_what_it_was_made_from(
    tmp_path: Path,
) -> None:
    """Where the source is a picture that the journal has, as it came or as it was shown."""
    journal = written_with_schema(5, tmp_path)
    rows = {str(row.body["prompt"]): row for row in journal.rows()}
    cat, repaint = rows["a cat 窗台"], rows["a repaint of the cat"]
    of_exact, of_photo = rows["a repaint of the exact picture"], rows["a repaint of a photo"]

    assert journal.made_from(repaint.number) == [cat.pictures[1].sha256]
    assert journal.led_to(cat.pictures[1].sha256) == [repaint.number]
    assert journal.made_from(of_exact.number) == [repaint.derived[0].sha256]
    assert journal.led_to(repaint.pictures[0].sha256) == [of_exact.number]
    assert journal.made_from(of_photo.number) == []
    assert journal.led_to(cat.pictures[0].sha256) == []

"""The journal's pictures one by one: searched for, and read."""

from __future__ import annotations

import contextlib
import sqlite3
import subprocess
import sys
import tempfile
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lumen_widgets.journal import Journal, JournalUnusable, KeptPicture, PictureSearch
from tests.journal.written import DAY, derive, digest, sent, store

if TYPE_CHECKING:
    from lumen_widgets.journal import PictureKey


def found(journal: Journal, **conditions: Any) -> list[str]:
    """Return the prompts of what a search finds."""
    keys = journal.find_pictures(PictureSearch(**conditions))
    return [kept.prompt for kept in journal.kept_pictures(keys)]


def picture(
    journal: Journal,
    prompt: str,
    pixels: tuple[int, int] = (8, 8),
    days: float = 0.0,
    **body: Any,
) -> int:
    """Write down a task that has one picture, of its own content."""
    row = sent(journal, "succeeded", days=days, prompt=prompt, **body)
    store(journal, row, f"{row}".encode(), size=pixels)
    return row


@pytest.mark.parametrize(
    ("text", "prompts"),
    [
        ("cat", ["雪山下的猫 Cat", "a cat in snow"]),
        ("SNOW cat", ["a cat in snow"]),
        ("snow in a", ["a cat in snow"]),
        ("猫", ["雪山下的猫 Cat"]),
        ("猫　雪山", ["雪山下的猫 Cat"]),
        ("STRASSE", ["die Straße"]),
        ("cat zebra", []),
        ("  ", ["die Straße", "雪山下的猫 Cat", "a cat in snow"]),
        ("%", []),
        ('"prompt"', []),
        ("\ud800", []),
    ],
)
def test_words(tmp_path: Path, text: str, prompts: list[str]) -> None:
    """Every word is in the prompt, in any order, in upper or lower case, in any script."""
    journal = Journal(tmp_path)
    for prompt in ("a cat in snow", "雪山下的猫 Cat", "die Straße"):
        picture(journal, prompt, model="m")

    assert found(journal, text=text) == prompts


@pytest.mark.parametrize(
    ("size", "prompts"),
    [
        ("1024x1024", ["square"]),
        (" 1024 X 1024 ", ["square"]),
        ("1024×1024", ["square"]),  # noqa: RUF001
        ("16:9", ["rounded", "wide"]),
        ("16：9", ["rounded", "wide"]),  # noqa: RUF001
        ("9:16", ["tall"]),
        ("1:1", ["square"]),
        ("2:2", ["square"]),
        ("16x9", []),
    ],
)
def test_sizes(tmp_path: Path, size: str, prompts: list[str]) -> None:
    """The picture's own pixels count, whatever was asked for; a ratio within one in a hundred."""
    journal = Journal(tmp_path)
    for prompt, pixels in {
        "wide": (1920, 1080),
        "rounded": (1360, 768),
        "nearly": (1344, 768),
        "square": (1024, 1024),
        "tall": (1080, 1920),
    }.items():
        picture(journal, prompt, pixels, size="3:2")

    assert found(journal, size=size) == prompts


@pytest.mark.parametrize(
    ("conditions", "error"),
    [
        ({"size": "large"}, ValueError),
        ({"size": "0:9"}, ValueError),
        ({"size": ""}, ValueError),
        ({"limit": -1}, ValueError),
        ({"limit": 1.5}, TypeError),
    ],
)
def test_what_is_no_search(conditions: dict[str, Any], error: type[Exception]) -> None:
    """It is refused as it is made, and not taken for a fault of the journal."""
    with pytest.raises(error):
        PictureSearch(**conditions)


def test_the_other_conditions(tmp_path: Path) -> None:
    """Model, age and stars; the newest first, as many as were asked for."""
    journal = Journal(tmp_path)
    old = picture(journal, "old", days=3, model="gpt-image-2-low")
    new = picture(journal, "new", days=1, model="GPT-image-2-high")
    other = picture(journal, "other", model="draft")
    journal.star(digest(f"{old}".encode()))
    (now,) = (one.submitted for one in journal.kept_pictures([(other, 0)]))

    assert found(journal) == ["other", "new", "old"]
    assert found(journal, model="IMAGE-2") == ["new", "old"]
    assert found(journal, since=now - 2 * DAY) == ["other", "new"]
    assert found(journal, until=now - DAY / 2) == ["new", "old"]
    assert found(journal, starred=True) == ["old"]
    assert found(journal, limit=2) == ["other", "new"]
    assert found(journal, text="o", limit=1) == ["other"]
    assert found(journal, limit=0) == found(journal, text="o", limit=0) == []
    assert found(journal, limit=10**30) == ["other", "new", "old"]
    assert journal.find_pictures(PictureSearch(text="new", model="high", since=0)) == [(new, 0)]


def test_a_picture_is_read_as_it_is_shown(tmp_path: Path) -> None:
    """What a repaint's user got, with what was asked for; nothing needs its file."""
    journal = Journal(tmp_path)
    row = sent(
        journal, "succeeded", b"raw", source=b"photo", prompt="a hat", model="m", size="auto", n=1
    )
    derive(journal, row, b"raw", b"exact", size=(480, 360))
    journal.star(digest(b"exact"))
    (kept,) = journal.kept_pictures([(row, 0)])
    assert kept.path.read_bytes() == b"exact"
    kept.path.unlink()

    (entry,) = journal.rows()
    assert [kept] == journal.kept_pictures([(row, 0)])
    assert kept == KeptPicture(
        row_number=row,
        index=0,
        count=1,
        sha256=digest(b"exact"),
        raw_sha256=digest(b"raw"),
        media_type="image/png",
        width=480,
        height=360,
        path=entry.derived[0].path,
        prompt="a hat",
        model="m",
        endpoint="edits",
        size="auto",
        submitted=entry.submitted,
        origin="o",
        task_id=f"t{row}",
        starred=True,
    )
    assert "a hat" not in repr(kept)
    assert journal.find_pictures(PictureSearch(size="480x360", starred=True)) == [(row, 0)]
    assert journal.find_pictures(PictureSearch(size="1x1")) == []


def test_keys_are_read_in_their_order_in_batches(tmp_path: Path) -> None:
    """A thousand tasks and more; a key of nothing is left out, and none is read twice for it."""
    journal = Journal(tmp_path)
    picture(journal, "first")
    with contextlib.closing(sqlite3.connect(tmp_path / "journal.sqlite3")) as connection:
        connection.executescript("""
            WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1200)
            INSERT INTO tasks (row, origin, account, body, task_id, state, submitted, settled)
            SELECT i, 'o', 'a', '{"prompt": "cat ' || i || '"}', 't' || i, 'succeeded', i, 1 FROM n;
            INSERT INTO pictures SELECT row, 0, hex(row), 'image/png', 8, 8 FROM tasks
            WHERE row <= 1200;
            INSERT INTO pictures SELECT row, 1, hex(-row), 'image/png', 8, 8 FROM tasks
            WHERE row <= 1200;
        """)
    keys = journal.find_pictures(PictureSearch(text="cat"))

    assert keys[:3] == [(1200, 0), (1200, 1), (1199, 0)]
    assert len(keys) == 2400
    mixed = [(2, 7), *reversed(keys), keys[5], (9999, 0)]
    assert [kept.key for kept in journal.kept_pictures(mixed)] == mixed[1:-1]
    assert journal.kept_pictures([]) == []


def test_no_journal_has_no_pictures(tmp_path: Path) -> None:
    """Nothing is made to find nothing."""
    journal = Journal(tmp_path / "home")
    assert journal.find_pictures(PictureSearch()) == []
    assert journal.kept_pictures([(1, 0)]) == []
    assert journal.find_by_sha256("00") == []
    assert list(tmp_path.iterdir()) == []


def test_a_request_that_cannot_be_read_hides_no_picture(tmp_path: Path) -> None:
    """Whatever another program has made of it, the picture is there, and others are found."""
    journal = Journal(tmp_path)
    picture(journal, "a cat")
    bodies = ["", "[]", "null", '{"prompt": 7, "model": [1]}', "[" * 100_000, '{"prompt"']
    for body in bodies:
        row = picture(journal, "damaged")
        with contextlib.closing(sqlite3.connect(tmp_path / "journal.sqlite3")) as connection:
            connection.execute("UPDATE tasks SET body = ? WHERE row = ?", (body, row))
            connection.commit()

    assert found(journal, text="cat") == ["a cat"]
    assert len(found(journal)) == 1 + len(bodies)


@pytest.mark.parametrize("trouble", ["newer", "damaged", "locked"])
def test_a_journal_that_cannot_be_used_says_so(tmp_path: Path, trouble: str) -> None:
    """Of a later release, damaged, or held by another program: one error, which names the file."""
    row = picture(Journal(tmp_path), "a cat")
    path = tmp_path / "journal.sqlite3"
    journal = Journal(tmp_path, busy_timeout=0.05)
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as other:
        if trouble == "newer":
            other.execute("PRAGMA user_version = 99")
        elif trouble == "locked":
            other.execute("BEGIN EXCLUSIVE")
        else:
            path.write_bytes(b"something else" * 1000)
        for attempt in (
            lambda: journal.find_pictures(PictureSearch(text="cat")),
            lambda: journal.kept_pictures([(row, 0)]),
            lambda: journal.find_by_sha256(digest(b"a")),
            lambda: journal.star(digest(b"a")),
            journal.starred,
            lambda: journal.made_from(row),
            lambda: journal.led_to(digest(b"a")),
            lambda: journal.forget([row]),
        ):
            with pytest.raises(JournalUnusable) as caught:
                attempt()
            assert str(path) in str(caught.value)
            assert caught.value.next_step


@pytest.mark.slow
def test_a_journal_that_may_only_be_read() -> None:
    """Everything in it is found; what would change it says that it cannot, and changes nothing."""
    code = textwrap.dedent("""
        import os, platform, sys  # all of them now: another user may not read Python's own folder
        from lumen_widgets.journal import Journal, JournalUnusable, PictureSearch
        if os.getuid() == 0:
            os.setegid(65534)
            os.seteuid(65534)
        journal, row = Journal(sys.argv[1]), int(sys.argv[2])
        keys = journal.find_pictures(PictureSearch(text="cat"))
        print([kept.prompt for kept in journal.kept_pictures(keys)], journal.starred())
        for change in (lambda: journal.star("00"), lambda: journal.forget([row])):
            try:
                change()
            except JournalUnusable as error:
                print("writable" in str(error))
    """)
    # not in pytest's own folder, which other users cannot enter
    with tempfile.TemporaryDirectory() as home:
        row = picture(Journal(home), "a cat")
        Path(home, "journal.sqlite3").chmod(0o444)
        Path(home).chmod(0o555)
        said = subprocess.run(
            [sys.executable, "-c", code, home, str(row)],
            check=True,
            stdout=subprocess.PIPE,
            text=True,
        ).stdout
        Path(home).chmod(0o755)

    assert said.splitlines() == ["['a cat'] set()", "True", "True"]


def test_a_journal_that_is_deleted_while_it_is_open(tmp_path: Path) -> None:
    """It is empty from then on, and begins anew with what is written next."""
    journal = Journal(tmp_path)
    row = picture(journal, "a cat")
    (tmp_path / "journal.sqlite3").unlink()

    assert journal.find_pictures(PictureSearch()) == []
    assert journal.kept_pictures([(row, 0)]) == []
    assert journal.made_from(row) == []
    assert journal.led_to("00") == []
    assert journal.forget([row]).refused == {row: "gone"}
    assert not (tmp_path / "journal.sqlite3").exists()
    journal.star("00")
    assert journal.starred() == {"00"}


_words = st.lists(st.sampled_from(["cat", "Cat", "snow", "猫", "雪山", "ß", "SS", "é"]), max_size=4)
_sides = st.sampled_from([90, 100, 160, 161, 162])


# each example writes and syncs a dozen times
@pytest.mark.slow
@settings(max_examples=40)
@given(
    tasks=st.lists(st.tuples(_words, _sides, _sides, st.booleans(), st.booleans()), max_size=6),
    text=_words,
    size=st.none()
    | st.tuples(_sides, st.sampled_from("x:"), _sides).map(lambda size: "".join(map(str, size))),
    starred=st.booleans(),
    limit=st.none() | st.integers(0, 4),
)
def test_a_search_finds_what_a_reader_would(
    tasks: list[tuple[list[str], int, int, bool, bool]],
    text: list[str],
    size: str | None,
    starred: bool,
    limit: int | None,
) -> None:
    """The same pictures as one who looks at each of them, in the same order."""
    with tempfile.TemporaryDirectory() as home:
        journal = Journal(home)
        expected: list[PictureKey] = []
        for prompt, width, height, has_star, is_repaint in tasks:
            row = sent(journal, "succeeded", prompt=" ".join(prompt), source=b"photo")
            data, shown = f"{row}".encode(), (width, height)
            store(journal, row, data, size=(1, 1) if is_repaint else shown)
            if is_repaint:
                derive(journal, row, data, b"exact " + data, size=shown)
                data = b"exact " + data
            if has_star:
                journal.star(digest(data))
            fits = all(word.casefold() in " ".join(prompt).casefold() for word in text)
            if fits and (has_star or not starred) and _has_size(shown, size):
                expected.insert(0, (row, 0))
        search = PictureSearch(text=" ".join(text), size=size, starred=starred, limit=limit)

        assert journal.find_pictures(search) == expected[:limit]
        assert [kept.key for kept in journal.kept_pictures(expected)] == expected


def _has_size(shown: tuple[int, int], size: str | None) -> bool:
    if size is None:
        return True
    separator = "x" if "x" in size else ":"
    width, height = map(int, size.split(separator))
    if separator == "x":
        return shown == (width, height)
    return abs(shown[0] * height / (shown[1] * width) - 1) <= 0.01

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
import stat
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lumen_widgets.journal import Journal, JournalUnusable, default_home
from tests.client.stale_folder import make_stale

if TYPE_CHECKING:
    from pathlib import Path

BODY = {"model": "gpt-image-2-low", "prompt": "a cute cat on a windowsill 窗台上的猫", "n": 2}
ACCOUNT: dict[str, Any] = {"origin": "https://lumen.example", "account": "a1b2"}

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    # Surrogates too: Python strings can hold halves of characters, and json writes them.
    # Not what is shortened, which has a test of its own.
    | st.text(st.characters(exclude_categories=())).filter(
        lambda one: one.lstrip()[:5].lower() != "data:"
    ),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


def inserted(journal: Journal, body: dict[str, Any] | None = None) -> int:
    """Insert a row, and return its number."""
    return journal.insert_request(**ACCOUNT, endpoint="generations", body=body or BODY)


def store(journal: Journal, row: int, index: int, data: bytes) -> Path:
    """Store a picture, as far as the journal can tell."""
    return journal.store_picture(
        row,
        index,
        data,
        sha256=hashlib.sha256(data).hexdigest(),
        media_type="image/png",
        width=4,
        height=3,
    )


def test_nothing_is_created_before_the_first_write(tmp_path: Path) -> None:
    """A journal can be made and read without leaving anything on the disk."""
    journal = Journal(tmp_path / "home")

    assert journal.rows() == []
    assert journal.find(**ACCOUNT, task_id="t1") is None
    assert list(tmp_path.iterdir()) == []


def test_home_is_what_lumen_home_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """LUMEN_HOME decides where the journal is, and an empty one counts as unset."""
    monkeypatch.setenv("LUMEN_HOME", str(tmp_path))
    assert Journal().home == tmp_path

    monkeypatch.setenv("LUMEN_HOME", "")
    assert default_home().is_absolute()
    assert default_home() != tmp_path


def test_a_journal_stays_where_it_was_when_the_folder_changes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A relative home means the folder in which the journal was made."""
    monkeypatch.chdir(tmp_path)
    journal = Journal("home")
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    inserted(journal)

    assert len(Journal(tmp_path / "home").rows()) == 1


def test_a_task_from_begin_to_pictures(tmp_path: Path) -> None:
    """A row tells the whole story of a task: request, id, states, pictures."""
    journal = Journal(tmp_path)
    row = inserted(journal)
    assert [(entry.state, entry.task_id) for entry in journal.rows()] == [("sending", None)]

    journal.mark_accepted(row, task_id="t1", created=1.5, status="queued")
    journal.record_status(row, status="processing")
    journal.record_status(row, status="succeeded")
    path = store(journal, row, 1, b"two")
    store(journal, row, 0, b"one")
    entry = journal.find(**ACCOUNT, task_id="t1")

    assert entry is not None
    assert (entry.number, entry.state, entry.created) == (row, "succeeded", 1.5)
    assert (entry.endpoint, entry.body) == ("generations", BODY)
    assert [(kept.index, kept.path.read_bytes()) for kept in entry.pictures] == [
        (0, b"one"),
        (1, b"two"),
    ]
    assert entry.pictures[1].path == path
    assert path.relative_to(tmp_path).parts[:2] == ("pictures", path.name[:2])


def test_only_the_owner_can_read_it(tmp_path: Path) -> None:
    """Folders are 0700 and files 0600, whatever the umask."""
    before = os.umask(0)
    try:
        journal = Journal(tmp_path / "home")
        row = inserted(journal)
        store(journal, row, 0, b"picture")
    finally:
        os.umask(before)

    modes = {
        str(path.relative_to(tmp_path)): stat.S_IMODE(path.stat().st_mode)
        for path in tmp_path.rglob("*")
    }
    assert modes.pop("home/journal.sqlite3") == 0o600
    assert {mode for path, mode in modes.items() if path.endswith(".png")} == {0o600}
    assert {mode for path, mode in modes.items() if not path.endswith(".png")} == {0o700}


def test_refused_and_lost_keep_their_reasons(tmp_path: Path) -> None:
    """A request that was not taken, or may have been, stays with the reason why."""
    journal = Journal(tmp_path)
    journal.mark_refused(inserted(journal), "HTTP 402")
    journal.mark_unknown(inserted(journal), "the connection ended \ud800")

    lost, refused = journal.rows()
    assert (refused.state, refused.reason, refused.body) == ("refused", "HTTP 402", BODY)
    assert (lost.state, lost.body) == ("unknown", BODY)
    assert lost.reason is not None
    assert lost.reason.startswith("the connection ended")


def test_an_id_is_never_taken_back(tmp_path: Path) -> None:
    """After an id has arrived, neither refusal nor loss can hide the task."""
    journal = Journal(tmp_path)
    row = inserted(journal)
    journal.mark_accepted(row, task_id="t1", created=None, status="queued")
    journal.mark_refused(row, "too late")
    journal.mark_unknown(row, "too late")

    assert [(entry.state, entry.reason) for entry in journal.rows()] == [("queued", None)]


def test_an_id_that_arrives_after_the_loss_counts(tmp_path: Path) -> None:
    """A row of unknown outcome is completed by an id that turns up later."""
    journal = Journal(tmp_path)
    row = inserted(journal)
    journal.mark_unknown(row, "read time-out")
    journal.mark_accepted(row, task_id="t1", created=None, status="queued")

    assert [(entry.state, entry.reason) for entry in journal.rows()] == [("queued", None)]


@pytest.mark.parametrize("final", ["succeeded", "failed", "cancelled"])
def test_a_final_word_stays(tmp_path: Path, final: str) -> None:
    """An answer that was overtaken by a later one does not bring a finished task back."""
    journal = Journal(tmp_path)
    row = inserted(journal)
    journal.mark_accepted(row, task_id="t1", created=None, status="queued")
    journal.record_status(row, status=final, error={"code": "c", "message": "m \ud800"})
    journal.record_status(row, status="processing")

    (entry,) = journal.rows()
    assert entry.state == final
    assert entry.error == {"code": "c", "message": "m \ud800"}


@pytest.mark.slow
def test_how_long_like_tasks_took(tmp_path: Path) -> None:
    """The newest successes of the same origin, endpoint and shape come newest first."""
    journal = Journal(tmp_path)
    like: dict[str, Any] = {"origin": ACCOUNT["origin"], "endpoint": "generations"}
    assert journal.durations(**like, body=BODY) == []
    for number, (status, body) in enumerate(
        [
            ("succeeded", BODY),
            ("succeeded", {**BODY, "prompt": "another", "seed": 7}),
            ("succeeded", {**BODY, "n": 3}),
            ("succeeded", {**BODY, "size": "16:9"}),
            ("failed", BODY),
            ("processing", BODY),
            ("succeeded", BODY),
        ]
    ):
        row = inserted(journal, body)
        journal.mark_accepted(row, task_id=f"t{number}", created=None, status="queued")
        journal.record_status(row, status=status, seconds=float(number))
        # A last word is the last: what comes later changes neither it nor its time.
        journal.record_status(row, status=status, seconds=99.0) if status != "processing" else None

    assert journal.durations(**like, body=BODY) == [6.0, 1.0, 0.0]
    assert journal.durations(**like, body=BODY, limit=1) == [6.0]
    assert (
        journal.durations(origin="https://other.example", endpoint="generations", body=BODY) == []
    )
    assert journal.durations(origin=ACCOUNT["origin"], endpoint="edits", body=BODY) == []
    assert [entry.seconds for entry in journal.rows()] == [6.0, None, 4.0, 3.0, 2.0, 1.0, 0.0]


def test_adopting_twice_gives_one_row(tmp_path: Path) -> None:
    """A task taken up by its id is written once, and found beside those sent from here."""
    journal = Journal(tmp_path)
    first = journal.find_or_insert_task(**ACCOUNT, task_id="t9", status="processing")
    again = journal.find_or_insert_task(**ACCOUNT, task_id="t9", status="queued")
    other = journal.find_or_insert_task(
        origin="https://other.example", account="a1b2", task_id="t9", status="x"
    )

    assert first == again != other
    found = journal.find(**ACCOUNT, task_id="t9")
    assert found is not None
    assert (found.number, found.endpoint, found.body) == (first, None, {})


def test_rows_come_newest_first_and_as_many_as_asked(tmp_path: Path) -> None:
    """The newest rows come first; a limit cuts the oldest off."""
    journal = Journal(tmp_path)
    numbers = [inserted(journal) for _ in range(4)]

    assert [entry.number for entry in journal.rows()] == numbers[::-1]
    assert [entry.number for entry in journal.rows(2)] == numbers[:1:-1]
    assert journal.rows(0) == []


def test_data_uris_are_kept_as_digest_and_length(tmp_path: Path) -> None:
    """A picture inside a body does not swell the journal; everything else stays as it was."""
    uri = "DATA:image/png;base64," + "A" * 5000
    journal = Journal(tmp_path)
    inserted(
        journal, {"prompt": "data is fine: as a word", "image_urls": [uri, "https://x.example"]}
    )

    (entry,) = journal.rows()
    digest = hashlib.sha256(uri.encode()).hexdigest()
    assert entry.body["image_urls"] == [
        f"data:,sha256={digest},length={len(uri)}",
        "https://x.example",
    ]
    assert entry.body["prompt"] == "data is fine: as a word"
    assert b"A" * 100 not in (tmp_path / "journal.sqlite3").read_bytes()


@pytest.mark.parametrize("field", ["prompt", "negative_prompt"])
def test_what_somebody_wrote_is_kept_whatever_it_begins_with(tmp_path: Path, field: str) -> None:
    """The history shows the words, not their digest, and they can be sent again."""
    journal = Journal(tmp_path)
    inserted(journal, {field: "Data: the android, a portrait"})

    assert journal.rows()[0].body == {field: "Data: the android, a portrait"}


def test_a_data_uri_behind_a_space_is_one_too(tmp_path: Path) -> None:
    """As it is to whoever reads it as a picture."""
    journal = Journal(tmp_path)
    inserted(journal, {"extra_image": f" data:image/png;base64,{'A' * 5000}"})

    assert len(journal.rows()[0].body["extra_image"]) < 200


def test_a_row_that_is_logged_does_not_show_the_prompt(tmp_path: Path) -> None:
    """The repr of a row leaves the body out."""
    journal = Journal(tmp_path)
    inserted(journal)

    assert "windowsill" not in repr(journal.rows())


@pytest.mark.parametrize(
    ("digest", "media_type"),
    [("../../evil", "image/png"), ("0" * 64, "image/png"), (None, "image/svg+xml")],
)
def test_a_file_name_is_never_taken_on_trust(
    tmp_path: Path, digest: str | None, media_type: str
) -> None:
    """A digest that is not the data's own, or a type that is not kept, writes nothing."""
    journal = Journal(tmp_path)
    row = inserted(journal)
    with pytest.raises(ValueError, match=r"digest|type"):
        journal.store_picture(
            row,
            0,
            b"data",
            sha256=digest or hashlib.sha256(b"data").hexdigest(),
            media_type=media_type,
            width=1,
            height=1,
        )

    assert [path.name for path in tmp_path.rglob("*")] == ["journal.sqlite3"]


def test_the_same_picture_is_stored_once(tmp_path: Path) -> None:
    """Two tasks with the same picture share a file; a cut-off file is written again."""
    journal = Journal(tmp_path)
    path = store(journal, inserted(journal), 0, b"picture")
    path.write_bytes(b"pic")

    assert store(journal, inserted(journal), 0, b"picture") == path
    assert path.read_bytes() == b"picture"
    assert len(list((tmp_path / "pictures").rglob("*.*"))) == 1


def test_a_row_that_vanished_is_an_error(tmp_path: Path) -> None:
    """If the file is replaced meanwhile, completing a row fails rather than being lost."""
    journal = Journal(tmp_path)
    row = inserted(journal)
    (tmp_path / "journal.sqlite3").unlink()

    with pytest.raises(JournalUnusable, match="lost its row"):
        journal.mark_accepted(row, task_id="t1", created=None, status="queued")


@pytest.mark.slow
@given(body=st.dictionaries(st.text(), JSON, max_size=4))
def test_any_json_body_comes_back(
    tmp_path_factory: pytest.TempPathFactory, body: dict[str, Any]
) -> None:
    """Whatever JSON is sent can be read back from the journal."""
    journal = Journal(tmp_path_factory.mktemp("home"))
    inserted(journal, body or BODY)

    assert journal.rows()[0].body == json.loads(json.dumps(body or BODY))


# What may happen to the file between two writes of the tasks that have a row in it.
HAPPENINGS = st.lists(
    st.sampled_from(["submit", "write", "delete", "move away", "back up", "restore"]), max_size=12
)


@pytest.mark.slow
@given(happenings=HAPPENINGS)
def test_a_task_writes_to_its_own_row_or_to_none(
    tmp_path_factory: pytest.TempPathFactory, happenings: list[str]
) -> None:
    """Whatever happens to the file, no row ever holds what became of another row's request."""
    home = tmp_path_factory.mktemp("home")
    path, journal = home / "journal.sqlite3", Journal(home)
    rows: dict[str, int] = {}
    for step, happens in enumerate([*happenings, "write"]):
        if happens == "submit":
            rows[f"p{step}"] = inserted(journal, {"prompt": f"p{step}"})
        elif happens == "write":
            for prompt, row in rows.items():
                with contextlib.suppress(JournalUnusable):
                    journal.mark_accepted(row, task_id=prompt, created=None, status="queued")
                with contextlib.suppress(JournalUnusable):
                    journal.record_status(row, status=f"of {prompt}", task_id=prompt)
        elif happens == "delete":
            path.unlink(missing_ok=True)
        elif happens == "restore" and (home / "copy").exists():
            shutil.copy(home / "copy", path)
        elif happens in {"move away", "back up"} and path.exists():
            (path.rename if happens == "move away" else partial(shutil.copy, path))(home / "copy")

    for entry in journal.rows():
        assert entry.task_id in {None, entry.body["prompt"]}
        assert entry.state in {"sending", "queued", f"of {entry.body['prompt']}"}


@pytest.mark.parametrize("note", ["status", "picture"])
def test_a_note_completes_a_row_without_an_id(tmp_path: Path, note: str) -> None:
    """An id that could not be written when it came is written with what is learnt next."""
    journal = Journal(tmp_path)
    row = inserted(journal)
    if note == "status":
        journal.record_status(row, status="processing", task_id="t1")
    else:
        data = b"picture"
        journal.store_picture(
            row,
            0,
            data,
            sha256=hashlib.sha256(data).hexdigest(),
            media_type="image/png",
            width=1,
            height=1,
            task_id="t1",
        )
    journal.record_status(row, status="processing", task_id="another")

    assert [entry.task_id for entry in journal.rows()] == ["t1"]


def test_a_picture_that_cannot_be_read_now_stays_named(tmp_path: Path) -> None:
    """As on a network folder that is stale, while another look's pictures are put in order."""
    journal = Journal(tmp_path)
    row = inserted(journal)
    journal.mark_accepted(row, task_id="t1", created=None, status="queued")
    for index in (0, 1):
        store(journal, row, index, bytes([index]))
    with pytest.MonkeyPatch.context() as patch:
        make_stale(patch, tmp_path / "pictures")
        journal.place_pictures(row, [hashlib.sha256(b"\1").hexdigest()])

    assert [one.path.read_bytes() for one in journal.rows()[0].pictures] == [b"\1", b"\0"]


def test_a_note_for_a_pruned_row_is_for_no_other(tmp_path: Path) -> None:
    """The number of a row that was pruned is never another row's."""
    journal = Journal(tmp_path)
    row = inserted(journal)
    journal.mark_refused(row, "refused")
    assert journal.prune([row], before=float("inf")).tasks == 1
    other = inserted(journal)

    with pytest.raises(JournalUnusable, match="lost its row"):
        journal.record_status(row, status="failed", task_id="t1")
    assert [(entry.number, entry.state) for entry in journal.rows()] == [(other, "sending")]


def test_rows_are_counted_in_any_whole_number(tmp_path: Path) -> None:
    """One of numpy's, or a very large one; a wrong one is not told as a folder's trouble."""
    journal = Journal(tmp_path)
    for _ in range(3):
        inserted(journal)

    assert len(journal.rows(np.int64(2))) == 2  # type: ignore[arg-type]  # numpy's are no int to a type checker
    assert len(journal.rows(10**400)) == 3
    for wrong in (1.5, "2"):
        with pytest.raises(TypeError):
            journal.rows(wrong)  # type: ignore[arg-type]  # the mistake that this is about

"""A form that goes on where the kernel before it ended."""

from __future__ import annotations

import contextlib
import hashlib
import json
import shutil
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

import lumen_widgets as lumen
from lumen_widgets.client import LumenClient
from lumen_widgets.journal import Journal
from lumen_widgets.notebook.last_work import MOST_TASKS
from lumen_widgets.widgets import PromptForm
from lumen_widgets.widgets.prompt_form import earlier_work
from lumen_widgets.widgets.work_queue import work_queue
from tests.client.children import in_child
from tests.client.conftest import KEY
from tests.client.service import FAILED, PROCESSING, Service, png, serving
from tests.conditions import until
from tests.widgets.forms import FormPage
from tests.widgets.panels import Browser
from tests.widgets.quiet_service import QuietService

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.sandboxes import SandboxServer

SIZE = "64x64"
FILES = [png("red"), png("blue")]
SENT = '\nprint("sent", flush=True)\ninput()'


@pytest.fixture
def scripted() -> Iterator[Service]:
    """Run a service whose answers the test decides."""
    with serving() as running:
        yield running


@pytest.fixture
def later(scripted: Service, tmp_path: Path) -> LumenClient:
    """Return the client of a later kernel at that service, which has nothing but the journal."""
    return LumenClient(KEY, scripted.server.url, journal=tmp_path / "journal")


def killed(home: Path, url: str, code: str, *, over: int = 1) -> None:
    """Run code in a process with a client of the same account, which is then killed.

    By then so many of its tasks are over in the journal: that is written after a wait has ended.
    """
    child = in_child(home, url, textwrap.dedent(code) + SENT)
    assert child.stdout is not None
    assert child.stdout.readline() == "sent\n"
    until_over(home, over)
    child.kill()
    child.communicate()


def until_over(home: Path, count: int) -> None:
    """Wait until so many tasks are over in a journal."""
    until(lambda: sum(row.is_final for row in Journal(home).rows()) == count, "they are over")


def taken_up(client: LumenClient, **fields: Any) -> tuple[PromptForm, FormPage]:
    """Return a form that has taken up what was done last, as far as it needs no answer."""
    form = PromptForm(client, **fields)
    page = FormPage(form)
    form.take_up_last()
    until(lambda: sent(form) or page.of("recall"), "something was taken up")
    return form, page


def sent(form: PromptForm) -> int:
    """Return how many submits a page is told of that opens the form now."""
    count: int = form.get_state("_sent")["_sent"]
    return count


def drawn(form: PromptForm) -> set[str]:
    """Return the keys of the rows that have a picture in small, as a page gets it now."""
    return {one["key"] for one in form.panel.get_state("_thumbnails")["_thumbnails"]}


def in_strip(page: FormPage) -> list[str]:
    """Return the names of the pictures that a page shows."""
    results = page.of("results")
    return [one["name"] for one in results[-1]["pictures"]] if results else []


def rows(form: PromptForm) -> list[tuple[str, str]]:
    """Return what the form's panel says, newest first."""
    found = form.panel.get_state("_rows")["_rows"]
    return [(row["status"], row["prompt"]) for row in reversed(found)]


def settled() -> None:
    """Wait until the widgets' worker has done what it was given."""
    done: list[bool] = []
    work_queue.run_soon(lambda: done.append(True))
    until(lambda: done, "the work is done")


@pytest.mark.slow
def test_a_form_goes_on_where_a_killed_kernel_ended(sandbox: SandboxServer, tmp_path: Path) -> None:
    """Pictures, stars, rows and the last request are back; what ran is followed to its pictures."""
    home = tmp_path / "journal"
    code = f"""
        import sys
        from lumen_widgets.client import LumenClient
        client = LumenClient({sandbox.api_key!r}, {sandbox.url!r}, journal={str(home)!r})
        cats = client.generate("a cat", n=2, size={SIZE!r}).wait()
        client.journal.star(cats[1].sha256)
        client.edit("an owl", cats[0], size={SIZE!r}).wait()
        print("ended", flush=True)
        input()
        client.edit("a fox", cats[1], size={SIZE!r}, n=2)
    """
    words = [sys.executable, "-c", textwrap.dedent(code) + SENT]
    with subprocess.Popen(
        words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as kernel:
        assert kernel.stdout is not None
        assert kernel.stdin is not None
        assert kernel.stdout.readline() == "ended\n"
        until_over(home, 2)
        with sandbox.drawing_held():
            kernel.stdin.write("\n")
            kernel.stdin.flush()
            assert kernel.stdout.readline() == "sent\n"
            kernel.kill()
            kernel.wait()
            client = LumenClient(sandbox.api_key, sandbox.url, journal=home)
            form, page = taken_up(client)
            until(lambda: len(in_strip(page)) == 3 and len(rows(form)) == 3, "all is back")
            assert in_strip(page) == [
                "an owl",
                "[0] a cat",
                "[1] a cat",
            ]
            assert [prompt for _, prompt in rows(form)] == ["a fox", "an owl", "a cat"]
            assert rows(form)[0][0] in {"queued", "processing"}
            until(lambda: form.prompt == "a fox", "the last request is back")
    cat = client.journal.rows()[-1].pictures[1]  # type: ignore[union-attr] # it has one
    assert (form.n, form.size) == (2, SIZE)
    assert [one.sha256 for one in form.images] == [cat.sha256]
    starred = until(lambda: page.of("stars"), "stars are told")
    assert {one for message in starred for one in message["starred"]} == {cat.sha256}

    until(lambda: len(in_strip(page)) == 5, "what ran has brought its pictures")
    assert in_strip(page)[:2] == ["[0] a fox", "[1] a fox"]
    assert rows(form)[0] == ("succeeded", "a fox")
    until(lambda: len(drawn(form)) == 3, "each row has its picture in small")
    assert len(client.journal.rows()) == 3  # type: ignore[union-attr]
    said = until(lambda: page.of("recall"), "it says what came back")
    assert said[-1]["fields"] == ["prompt", "n", "size", "images"]
    form.undo()
    assert (form.prompt, form.n, form.images) == ("", None, ())
    form.close()


@pytest.mark.slow
def test_a_repaint_comes_back_with_its_picture_and_mask(
    sandbox: SandboxServer, tmp_path: Path
) -> None:
    """From what was kept for it, also where the picture was none of ours."""
    home = tmp_path / "journal"
    first = LumenClient(sandbox.api_key, sandbox.url, journal=home)
    mask = bytes(png("white", (64, 64)))
    first.inpaint("a hat", png("blue", (64, 64)), mask).wait()
    until_over(home, 1)
    form, page = taken_up(LumenClient(sandbox.api_key, sandbox.url, journal=home))
    until(lambda: form.prompt == "a hat", "the last request is back")
    assert form.model == "fal-flux-pro-fill"
    assert len(form.images) == 1
    assert form.mask is not None
    assert until(lambda: page.of("recall"), "it says what came back")[-1]["lost"] == []
    assert form.submit().prompt == "a hat"
    until(lambda: form.pictures, "it can be asked for again")
    form.close()


@pytest.mark.slow
def test_what_is_over_needs_no_server_and_what_is_unknown_is_never_sent(
    scripted: Service, later: LumenClient, tmp_path: Path
) -> None:
    """Failed, done and lost requests are shown by the journal alone; a lost one can be found."""
    scripted.statuses["task-1"] = [scripted.succeeded("a")]
    scripted.statuses["task-2"] = [FAILED]
    killed(
        tmp_path / "journal",
        scripted.server.url,
        """
        client.generate("done").wait(30)
        try:
            client.generate("failed").wait(30)
        except Exception:
            pass
        row = client.journal.insert_request(
            origin=client.base_url, account=client.fingerprint, endpoint="generations",
            body={"prompt": "lost", "model": "gpt-image-2-low"}, correlation_id="c")
        client.journal.mark_unknown(row, "no answer")
        """,
        over=2,
    )
    requests = len(scripted.server.requests)
    form, page = taken_up(later)
    until(lambda: len(rows(form)) == 3 and form.prompt, "all is back")
    assert rows(form) == [("unknown", "lost"), ("failed", "failed"), ("succeeded", "done")]
    assert in_strip(page) == ["done"]
    assert form.prompt == "lost"
    unknown, failed, done = reversed(form.panel.get_state("_rows")["_rows"])
    assert (unknown["charge"], unknown["actions"]) == ("unknown", ["take_up"])
    assert "not sent again" in unknown["error"]["message"]
    assert "console" in unknown["error"]["next_step"]
    assert (failed["charge"], failed["actions"], failed["error"]["message"]) == (
        "refunded",
        ["again"],
        "The task failed: No.",
    )
    assert (done["arrived"], done["actions"], done["charge"]) == (1, [], "charged")
    until(lambda: drawn(form) == {done["key"]}, "it is drawn")
    # nothing waits: the form may be closed, and a later one says the same
    assert not form.panel.unfinished
    browser = Browser(form.panel)
    again = {"key": unknown["key"], "action": "again", "seen": len(rows(form))}
    assert browser.ask("act", **again)["kind"] == "error"
    settled()
    assert len(scripted.server.requests) == requests
    # its id, where the user finds it
    scripted.statuses["task-9"] = [FAILED]
    assert browser.ask("take_up", key=unknown["key"], id="task-9")["kind"] == "done"
    until(lambda: rows(form)[0] == ("failed", "lost"), "it is known")
    form.close()


@pytest.mark.slow
def test_a_task_is_followed_by_one_process(
    scripted: Service, later: LumenClient, tmp_path: Path
) -> None:
    """One that a living kernel follows is left to that, until it is gone."""
    scripted.statuses["*"] = [PROCESSING]
    child = in_child(tmp_path / "journal", scripted.server.url, 'client.generate("a cat")' + SENT)
    assert child.stdout is not None
    assert child.stdout.readline() == "sent\n"
    form, _ = taken_up(later)
    until(lambda: form.prompt == "a cat", "the last request is back")
    settled()
    assert sent(form) == 0
    assert later.resume() == []
    form.close()
    child.kill()
    child.communicate()
    forms = [taken_up(later)[0] for _ in range(2)]
    until(lambda: all(len(rows(one)) == 1 for one in forms), "both show it")
    scripted.statuses["*"] = [scripted.succeeded("a")]
    until(lambda: all(rows(one) == [("succeeded", "a cat")] for one in forms), "it has ended")
    assert len(scripted.server.posts) == 1
    for one in forms:
        one.close()


@pytest.mark.slow
def test_fields_that_hold_something_stay_as_they_are(
    scripted: Service, later: LumenClient, tmp_path: Path
) -> None:
    """Given with the form or typed since; what the form sent itself is there once."""
    scripted.statuses["*"] = [scripted.succeeded("a")]
    killed(tmp_path / "journal", scripted.server.url, 'client.generate("a cat", n=2).wait(30)')
    form, page = taken_up(later, model="gpt-image-2-high")
    until(lambda: len(in_strip(page)) == 1, "its picture is back")
    settled()
    assert (form.prompt, form.n, form.model) == ("", None, "gpt-image-2-high")
    form.close()

    again = PromptForm(later, prompt="an owl")
    page = FormPage(again)
    sent = again.submit()
    until(lambda: sent.task is not None and sent.task.done, "it has ended")
    until(lambda: len(in_strip(page)) == 1, "its picture is there")
    again.take_up_last()
    again.take_up_last()
    until(lambda: len(in_strip(page)) == 2, "the earlier picture is there")
    until(lambda: len(rows(again)) == 2, "the earlier task is there")
    settled()
    assert in_strip(page) == ["an owl", "a cat"]
    assert {prompt for _, prompt in rows(again)} == {"an owl", "a cat"}
    assert again.prompt == "an owl"
    again.close()


@pytest.mark.slow
def test_settings_and_the_same_again_of_an_earlier_picture(
    scripted: Service, later: LumenClient, tmp_path: Path
) -> None:
    """By its request: they come back, and it is paid once more only where that is asked for."""
    scripted.statuses["*"] = [scripted.succeeded("a")]
    scripted.pictures["/b"] = [png("blue")]
    code = 'client.generate("a cat", n=2, quality="high").wait(30)'
    killed(tmp_path / "journal", scripted.server.url, code)
    form, page = taken_up(later, prompt="another")
    until(lambda: in_strip(page), "its picture is back")
    (shown,) = page.of("results")[-1]["pictures"]
    assert (shown["model"], shown["count"]) == ("gpt-image-2-low", 2)
    page.say({"kind": "offer", "sha256": shown["sha256"]})
    offered = until(
        lambda: next((one for one in page.of("recall") if one["state"] == "offered"), None)
    )
    assert [(one["field"], one["back"]) for one in offered["changes"]] == [
        ("prompt", "a cat"),
        ("n", "2"),
        ("quality", "high"),
    ]
    assert len(scripted.server.posts) == 1
    form.close()


@pytest.mark.slow
@pytest.mark.parametrize("trouble", ["damaged", "newer", "gone", "other account", "none"])
def test_a_journal_that_cannot_be_read_leaves_the_form_as_it_is(
    scripted: Service, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, trouble: str
) -> None:
    """It says why where something is wrong, and nothing where there is nothing."""
    monkeypatch.setattr(earlier_work, "_LATE", (0.0,))
    scripted.statuses["*"] = [scripted.succeeded("a")]
    home = tmp_path / "journal"
    killed(home, scripted.server.url, 'client.generate("a cat").wait(30)')
    file = home / "journal.sqlite3"
    client = LumenClient(KEY, scripted.server.url, journal=home)
    if trouble == "damaged":
        file.write_bytes(b"something else" * 1000)
    elif trouble == "newer":
        with contextlib.closing(sqlite3.connect(file)) as connection:
            connection.execute("PRAGMA user_version = 99")
    elif trouble == "gone":
        shutil.rmtree(home)
    elif trouble == "other account":
        client = LumenClient(KEY + "2", scripted.server.url, journal=home)
    else:
        client = LumenClient(KEY, scripted.server.url, journal=False)
    form = PromptForm(client)
    page = FormPage(form)
    form.take_up_last()
    if trouble in {"damaged", "newer"}:
        said = until(lambda: page.of("recall"), "it says why")[-1]["lost"]
        assert str(file) in said[0]
    settled()
    page.hello()
    until(lambda: page.of("results"), "the strip is told")
    assert (form.prompt, sent(form), in_strip(page)) == ("", 0, [])
    form.close()


@pytest.mark.slow
def test_a_locked_journal_is_tried_again(
    scripted: Service, later: LumenClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Other work of the widgets goes on meanwhile, and what was done last comes once it is free."""
    monkeypatch.setattr("lumen_widgets.notebook.last_work._PATIENCE", 0.01)
    monkeypatch.setattr(earlier_work, "_LATE", (0.01,) * 1000)
    scripted.statuses["*"] = [scripted.succeeded("a")]
    home = tmp_path / "journal"
    killed(home, scripted.server.url, 'client.generate("a cat").wait(30)')
    form = PromptForm(later)
    page = FormPage(form)
    with contextlib.closing(
        sqlite3.connect(home / "journal.sqlite3", isolation_level=None)
    ) as other:
        other.execute("BEGIN EXCLUSIVE")
        form.take_up_last()
        for _ in range(3):
            settled()
        assert sent(form) == 0
        assert page.of("recall") == []
    until(lambda: form.prompt == "a cat" and in_strip(page) and sent(form), "it is all back")
    form.close()


@pytest.mark.slow
def test_tasks_that_cannot_be_claimed_cost_none_of_the_others(
    scripted: Service, later: LumenClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The form shows what is over, and says why the rest is not there."""
    scripted.statuses["task-1"] = [scripted.succeeded("a")]
    scripted.statuses["task-2"] = [PROCESSING]
    code = 'client.generate("a cat").wait(30)\nclient.generate("an owl")'
    killed(tmp_path / "journal", scripted.server.url, code)

    def refuse(*_: object) -> object:
        raise lumen.JournalError("It is locked.", next_step="Try again.")

    monkeypatch.setattr(later, "resume", refuse)
    form, page = taken_up(later)
    until(lambda: rows(form), "what is over is there")
    assert rows(form) == [("succeeded", "a cat")]
    said = until(lambda: [one for one in page.of("recall") if one["lost"]], "it says why")
    assert said[-1]["lost"] == ["What was done last is not all here. It is locked. Try again."]
    form.close()


@pytest.mark.slow
def test_a_picture_whose_file_is_gone_is_left_out(
    scripted: Service, later: LumenClient, tmp_path: Path
) -> None:
    """Its task has a row all the same, without a picture."""
    scripted.statuses["*"] = [scripted.succeeded("a")]
    killed(tmp_path / "journal", scripted.server.url, 'client.generate("a cat").wait(30)')
    shutil.rmtree(tmp_path / "journal" / "pictures")
    form, page = taken_up(later)
    until(lambda: rows(form) and form.prompt, "its row is back")
    settled()
    page.hello()
    until(lambda: page.of("results"), "the strip is told")
    assert rows(form) == [("succeeded", "a cat")]
    assert in_strip(page) == []
    assert not form.panel.get_state("_rows")["_rows"][0]["pictured"]
    form.close()


@pytest.mark.slow
def test_a_form_that_is_closed_takes_up_nothing(later: LumenClient) -> None:
    """What waits is left out."""
    form = PromptForm(later)
    form.take_up_last()
    form.close()
    form.take_up_last()
    settled()
    assert sent(form) == 0


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=4), inner),
    max_leaves=4,
)
_FIELDS = ["prompt", "negative_prompt", "model", "n", "size", "quality", "image_urls", "mask_url"]
_BODY = st.dictionaries(st.sampled_from(_FIELDS) | st.text(max_size=4), _JSON, max_size=5)
_END = st.sampled_from(["succeeded", "failed", "cancelled", "refused", "unknown", "dismissed"])
_ERROR = st.none() | st.dictionaries(
    st.sampled_from(["code", "message"]), st.text(max_size=6), max_size=2
)
_ROW = st.tuples(
    st.sampled_from(["generations", "edits", "inpaint"]),
    _BODY,
    _END,
    # none that has to be asked about
    st.integers(1, 2),
    _ERROR,
    st.booleans(),
)


def _wrote(client: LumenClient, journal: Journal, row: Any, task_id: str) -> None:
    endpoint, body, end, pictures, error, own = row
    account = client.fingerprint if own else "another"
    number = journal.insert_request(
        origin=client.base_url, account=account, endpoint=endpoint, body=body
    )
    if end == "refused":
        journal.mark_refused(number, "No.")
    elif end == "unknown":
        journal.mark_unknown(number, "no answer")
    else:
        journal.mark_accepted(number, task_id=task_id, created=None, status="queued")
    if end == "dismissed":
        journal.dismiss([number])
    elif end in {"succeeded", "failed", "cancelled"}:
        for index, data in enumerate(FILES[:pictures]):
            journal.store_picture(
                number,
                index,
                data,
                sha256=hashlib.sha256(data).hexdigest(),
                media_type="image/png",
                width=6,
                height=4,
                count=pictures,
            )
        journal.record_status(number, status=end, error=error)


@pytest.mark.slow
@settings(max_examples=40)
@given(st.lists(_ROW, max_size=16))
def test_whatever_a_journal_holds_is_taken_up_or_left(written: list[Any]) -> None:
    """No row of it raises anything, sends anything or hides another one."""
    service = QuietService()
    # small copies may be laid there just as it goes
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        client = service.client(Path(folder))
        journal = Journal(folder)
        for number, row in enumerate(written):
            _wrote(client, journal, row, f"t{number}")
        form = PromptForm(client)
        page = FormPage(form)
        form.take_up_last()
        settled()
        page.hello()
        own = [row for row in written if row[5]]
        tasks = [row for row in own if row[2] in {"succeeded", "failed", "cancelled"}][-MOST_TASKS:]
        unknown = [row for row in own if row[2] == "unknown"][-MOST_TASKS:]
        until(lambda: len(rows(form)) == len(tasks) + len(unknown), "all are there, and no other")
        pictures = sum(row[3] for row in tasks if row[2] == "succeeded")
        until(
            lambda: page.of("results") and len(in_strip(page)) == pictures, "each picture is there"
        )
        assert service.submits == []
        assert json.dumps(form.panel.get_state("_rows")["_rows"])
        said = [word for one in page.of("recall") for word in one["lost"]]
        assert not any("What was done last" in word for word in said)
        form.close()


@pytest.mark.slow
@settings(max_examples=20)
@given(st.sampled_from(["body", "error", "state", "task_id"]), _JSON | st.binary(max_size=4))
def test_a_damaged_row_is_said_and_raises_nothing(column: str, value: Any) -> None:
    """Whatever stands in it, the form stays usable, and nothing is sent."""
    service = QuietService()
    with (
        tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder,
        pytest.MonkeyPatch.context() as patch,
    ):
        patch.setattr(earlier_work, "_LATE", (0.0,))
        client = service.client(Path(folder))
        row = ("generations", {"prompt": "a cat"}, "failed", 0, {"message": "No."}, True)
        _wrote(client, Journal(folder), row, "t1")
        damaged = value if isinstance(value, bytes) else json.dumps(value)
        with contextlib.closing(sqlite3.connect(Path(folder, "journal.sqlite3"))) as connection:
            connection.execute(f"UPDATE tasks SET {column} = ?", (damaged,))  # noqa: S608 -- one of ours
            connection.commit()
        form = PromptForm(client)
        page = FormPage(form)
        form.take_up_last()
        until(lambda: sent(form) or page.of("recall"), "it is there, or said")
        form.prompt = "an owl"
        assert json.dumps(form.panel.get_state("_rows")["_rows"])
        assert service.submits == []
        form.close()

"""A lesson made of the history: listed first, written when that is confirmed, and used again."""

from __future__ import annotations

import json
import re
import socket
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import PIL.Image
import pytest

import lumen_widgets as lumen
from lumen_widgets.journal import Journal
from tests import lessons
from tests.conditions import PATIENCE

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.sandboxes import SandboxServer

SIZE = "96x64"
REDRAWS: dict[str, Any] = {"model": "sandbox-redraws"}
HOOK: Any = {"webhook_url": "http://127.0.0.1:9/SENTINEL-hook", "webhook_secret": "SENTINEL-secret"}


def area(left: int) -> Any:
    """Return a mask of a square."""
    mask = np.zeros((64, 96), bool)
    mask[16:40, left : left + 24] = True
    return mask


def work() -> list[lumen.Pictures]:
    """Do what a notebook does: each step on the pictures of the one before."""
    cats = lumen.generate("a cat", n=2, size=SIZE)
    again = lumen.generate("a cat", n=2, size=SIZE)
    night = lumen.edit("夜晚", cats[1], size=SIZE)
    ball = lumen.inpaint("a red ball", cats[0], area(8), **REDRAWS)
    raw = lumen.inpaint("a red ball", cats[0], area(8), exact=False, reuse=True, **REDRAWS)
    hat = lumen.inpaint("a hat", ball[0], area(56), crop=0.5, **REDRAWS)
    wide = lumen.extend("more meadow", hat[0], left=32)
    return [cats, again, night, ball, raw, hat, wide]


def facts(pictures: lumen.Pictures) -> list[tuple[Any, ...]]:
    """Return all that a user has of pictures."""
    return [
        (one.bytes, one.raw.bytes, one.changed_outside, one.note, one.width, one.height, one.alt)
        for one in pictures
    ]


@pytest.mark.slow
def test_a_lesson_gives_back_what_was_made_bit_for_bit(
    sandbox: SandboxServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A chain of edits, repaints, crops and extensions, without key, network or sandbox."""
    lumen.use(lumen.LumenClient(sandbox.api_key, sandbox.url))
    made = work()
    path = tmp_path / "owls.lumen"
    listed = lumen.history().export(path)
    assert not path.exists()
    assert not listed.written
    written = lumen.history().export(path, confirm=True)
    assert (written.size, written.sha256) == (listed.size, listed.sha256)
    assert path.stat().st_size == written.size
    assert [one.prompt for one in written.entries] == [
        "a cat", "a cat", "夜晚", "a red ball", "a hat", "more meadow",
    ]  # fmt: skip
    # the sizes that followed from a crop and an extension were not asked for
    assert [one.fields.get("size") for one in written.tasks] == [SIZE, SIZE, SIZE, None, None, None]

    monkeypatch.setenv("LUMEN_HOME", str(tmp_path / "a student's"))
    monkeypatch.setenv("LUMEN_SANDBOX", "off")
    monkeypatch.setattr(socket.socket, "connect", lambda *_: pytest.fail("it connected"))
    given = []
    for _ in range(2):
        lumen.use(path)
        given = work()
        assert [facts(one) for one in given] == [facts(one) for one in made]
    # as code they are the calls that they were, by their tasks and by the journal
    assert "crop=0.5" in lumen.reproduce(given[-2][0])
    for one in (given[-1][0], lumen.history("meadow")[0].pictures[0]):
        copied = one.save(tmp_path / "wide.png", provenance=True)
        assert lumen.parameters(copied).rest["left"] == "32"
        assert "lumen.extend(" in lumen.reproduce(one)
        assert lumen.reproduce(copied, run=True)[0].sha256 == one.sha256
    # what a lesson gave makes the same lesson again
    assert lumen.history().export(tmp_path / "again.lumen").sha256 == written.sha256
    hat = next(one for one in lumen.history() if one.prompt == "a hat")
    assert lumen.LumenClient.of(hat.task()) is not None
    assert hat.pictures[0].raw is not hat.pictures[0]
    # sent again, as it is and from the history, a crop is the same request; with other words not
    client, again = lumen.LumenClient.of(given[-2][0].task), given[-2][0].task.request
    assert client is not None
    for request in (again, hat.request):
        assert client.submit(request).wait(0)[0].bytes == given[-2][0].bytes
    with pytest.raises(lumen.NotInLesson):
        client.submit(replace(again, body={**again.body, "prompt": "two hats"}))


@pytest.mark.slow
def test_a_lesson_holds_nothing_that_is_not_to_be_given_away(
    sandbox: SandboxServer, tmp_path: Path
) -> None:
    """No key, address, path, account, id, time, webhook, nor a file that was given."""
    client = lumen.LumenClient(sandbox.api_key, sandbox.url)
    lumen.use(client)
    given = np.random.default_rng(0).integers(0, 256, (64, 96, 3), np.uint8)
    source, mask = tmp_path / "SENTINEL source.png", tmp_path / "SENTINEL mask.png"
    PIL.Image.fromarray(given).save(source)
    PIL.Image.fromarray(area(8)).save(mask)
    first = client.generate("a cat", size=SIZE, **HOOK)
    (cat,) = first.wait(PATIENCE)
    assert cat.url is not None
    tasks = [
        first,
        client.edit("snow", cat.url, size=SIZE),
        client.edit("rain", str(source), size=SIZE, extra={"style": "https://SENTINEL.example/?k"}),
        client.inpaint("a hat", source, mask, exact=False),
    ]
    for task in tasks:
        task.wait(PATIENCE)
    path = tmp_path / "owls.lumen"
    written = lumen.history().export(path, confirm=True)
    entries = lessons.unpacked(path.read_bytes())
    said = json.loads(entries["lesson.json"])

    assert len(said["tasks"]) == len(tasks)
    assert {name for task in said["tasks"] for name in task} == {
        "digest", "endpoint", "fields", "pictures",
    }  # fmt: skip
    assert {name for task in said["tasks"] for name in task["fields"]} == {
        "prompt", "model", "size",
    }  # fmt: skip
    kept = {one.sha256 for task in tasks for one in task.pictures}
    assert {name.partition("/")[2].partition(".")[0] for name in entries if "/" in name} == kept
    words = entries["lesson.json"].decode() + repr(written) + written._repr_html_()
    secret = sandbox.api_key.removeprefix("sk-lumen-sandbox-")
    rows = Journal().rows()
    hidden = {
        secret, client.fingerprint, "SENTINEL", "127.0.0.1", "://", str(tmp_path), *(
            one for row in rows for one in (row.task_id, row.correlation_id) if one
        ),
    }  # fmt: skip
    whole = words + path.read_bytes().decode("latin-1")
    assert {one for one in hidden if one in whole} == set()
    assert not re.search(r"\b20\d\d-\d\d-\d\d\b", words)


def test_what_is_left_out_is_said(tmp_path: Path) -> None:
    """What failed, still runs, is not all here, or has a key in its words."""
    journal = Journal()
    red = lessons.picture("red")

    def row(prompt: str, status: str, digest: str | None = None, **more: Any) -> int:
        number = journal.insert_request(
            origin="https://lumen.example",
            account="a",
            endpoint=more.pop("endpoint", "generations"),
            body={"prompt": prompt, "model": "m", **more},
            digest=digest,
        )
        journal.mark_accepted(number, task_id=prompt, created=None, status="queued")
        journal.record_status(number, status=status)
        return number

    def store(number: int) -> None:
        journal.store_picture(
            number, 0, red.data, sha256=red.sha256, media_type="image/png", width=6, height=4,
            count=1,
        )  # fmt: skip

    key = "sk-lumen-SENTINEL-0123456789"
    store(row("an old one", "succeeded"))
    store(row("<b>bold</b>", "succeeded", "2:old"))
    for _ in range(2):
        store(row("twice", "succeeded", f"3:{'0' * 64}"))
    store(row(f"draw {key}", "succeeded", f"3:{'1' * 64}"))
    store(row("an old edit", "succeeded", "2:old", endpoint="edits", image_urls=["https://x"]))
    row("failed", "failed")
    row("runs", "processing")
    row("half", "succeeded")
    path = tmp_path / "owls.lumen"
    found = lumen.history().export(path, confirm=True)

    assert [one.prompt for one in found.tasks] == ["an old one", "<b>bold</b>", "twice"]
    assert [one.why for one in found.left_out] == [
        "the same request with the same pictures is in it",
        "there seems to be a key in its words",
        "an earlier release made it, which did not write down what its pictures were",
        "failed",
        "running",
        "its pictures are not all here",
    ]
    html = found._repr_html_()
    assert "<b>bold</b>" not in html.replace('<b dir="auto">&lt;b&gt;bold&lt;/b&gt;</b>', "")
    assert html.count("<img") == 3
    assert key not in path.read_bytes().decode("latin-1")
    lumen.use(path)
    assert lumen.generate("an old one", model="m")[0].sha256 == red.sha256


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda history, folder: history.export(folder / "owls.zip"), r"export\(\"owls\.lumen\"\)"),
        (lambda history, _: history.export(3), "not the name of a file"),
        (lambda history, _: history.export("o" * 9000), r"\A.{,400}\Z"),
        (lambda history, folder: history.export(folder / "o.lumen", confirm=1), "True or False"),
        (lambda history, folder: history.export(folder / "o.lumen", confirm=True), "no task"),
    ],
)  # fmt: skip
def test_what_cannot_be_exported(
    call: Callable[[lumen.History, Path], Any], said: str, tmp_path: Path
) -> None:
    """It is said before anything is written."""
    with pytest.raises(lumen.InvalidRequest, match=said):
        call(lumen.history(), tmp_path)
    assert list(tmp_path.glob("*.*")) == []


def test_a_file_that_cannot_be_written_is_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A full disk leaves the lesson of before, and nothing half written beside it."""
    (folder := tmp_path / "folder").mkdir()
    (source := tmp_path / "cats.lumen").write_bytes(lessons.lesson({"a cat": ["red"]}))
    lumen.use(source)
    lumen.generate("a cat")
    path = folder / "owls.lumen"
    path.write_bytes(b"before")
    with monkeypatch.context() as patch:
        patch.setattr("pathlib.Path.replace", full)
        with pytest.raises(lumen.LessonError, match=r"owls\.lumen cannot be written: No space"):
            lumen.history().export(path, confirm=True)
    assert [one.read_bytes() for one in folder.iterdir()] == [b"before"]
    with pytest.raises(lumen.LessonError, match="cannot be written"):
        lumen.history().export(folder / "gone" / "owls.lumen", confirm=True)
    assert lumen.history().export(path, confirm=True).written
    assert [one.name for one in folder.iterdir()] == ["owls.lumen"]


def full(*_: object) -> None:
    """Stand for a disk without room."""
    import errno
    import os

    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

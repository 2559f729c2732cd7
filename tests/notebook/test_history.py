"""The history of what was asked for, as a sequence and as a table."""

from __future__ import annotations

import io
import time
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from PIL import Image

import lumen_widgets as lumen
from lumen_widgets.client import JournalError
from lumen_widgets.core.words import format_time
from lumen_widgets.journal import Journal
from lumen_widgets.notebook.account import Account, accounts
from lumen_widgets.notebook.submission import Submission
from tests.client.conftest import KEY
from tests.client.fault_server import http
from tests.client.service import png, serving
from tests.conditions import PATIENCE, until
from tests.notebook.journal_rows import prompts, wrote

if TYPE_CHECKING:
    from pathlib import Path

    from tests.sandboxes import SandboxServer


class Elements(HTMLParser):
    """The elements and the text of a piece of HTML."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note an element."""
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        """Note text."""
        self.words += f"{data} "


@pytest.mark.slow
def test_newest_first_and_filtered() -> None:
    """Each filter leaves out what it does not mean, whatever the case; together they add up."""
    wrote("an Old fox", days=40)
    wrote("a cat", "failed", days=3)
    wrote("ein FUCHS und ein ÄPFEL", model="other-model")
    wrote("a dog", "unknown")
    wrote("a fox that runs", "processing")
    wrote("refused", "refused")

    assert prompts(lumen.history())[0] == "refused"
    assert len(lumen.history()) == 6
    assert prompts(lumen.history("FOX")) == ["a fox that runs", "an Old fox"]
    assert prompts(lumen.history("äpfel")) == ["ein FUCHS und ein ÄPFEL"]
    # half of a letter is in none, and is no fault of the journal's
    assert prompts(lumen.history("fox\ud800")) == prompts(lumen.history(model="\ud800")) == []
    assert prompts(lumen.history(model="OTHER")) == ["ein FUCHS und ein ÄPFEL"]
    assert prompts(lumen.history(state="failed")) == ["a cat"]
    assert prompts(lumen.history(state="unknown")) == ["a dog"]
    assert prompts(lumen.history(state="running")) == ["a fox that runs"]
    assert prompts(lumen.history(state="refused")) == ["refused"]
    assert prompts(lumen.history(since="7 days", state="failed")) == ["a cat"]
    assert prompts(lumen.history(until=timedelta(days=7))) == ["an Old fox"]
    assert prompts(lumen.history(until=datetime.now(UTC) - timedelta(days=2), since="30 days")) == [
        "a cat"
    ]
    assert prompts(lumen.history(limit=2)) == ["refused", "a fox that runs"]


@pytest.mark.slow
@pytest.mark.parametrize("days", [-1e7, 1e7, -1e300])
def test_a_clock_that_was_wrong_hides_nothing(days: float) -> None:
    """What a calendar does not reach is its nearest day: one such row, and nothing was shown."""
    wrote("a cat", days=days)
    wrote("a fox")

    assert prompts(lumen.history()) == ["a fox", "a cat"]
    assert lumen.history()[1].when.year == (1970 if days > 0 else 9999)
    assert "a cat" in repr(lumen.history())
    assert "a cat" in lumen.history()._repr_html_()
    assert format_time(time.time() - days * 86_400).startswith("on ")


@pytest.mark.slow
def test_an_entry_gives_what_is_there(sandbox: SandboxServer) -> None:
    """An entry has its request, its pictures from disk, and takes its task up."""
    client = lumen.LumenClient(sandbox.api_key, sandbox.url)
    made = client.generate("a fox", size="64x48").wait(PATIENCE)
    entry = lumen.history()[0]

    assert (entry.prompt, entry.model, entry.state) == ("a fox", "gpt-image-2-low", "succeeded")
    assert [picture.bytes for picture in entry.pictures] == [made[0].bytes]
    assert entry.request.body["size"] == "64x48"
    assert entry.task(client).wait(0)[0].bytes == made[0].bytes
    assert lumen.history()[0].credits is None
    lumen.prices["gpt-image-2-low"] = 2.0
    assert entry.credits == 2.0
    assert abs((entry.when - datetime.now(UTC)).total_seconds()) < PATIENCE
    with pytest.raises(lumen.InvalidRequest, match="This task is at"):
        entry.task(lumen.LumenClient(sandbox.api_key, "http://127.0.0.1:1"))


@pytest.mark.slow
def test_an_entry_never_gives_the_task_that_has_its_id_since(tmp_path: Path) -> None:
    """A server of one's own counts anew with each start: the cat of the history was a dog."""
    with serving() as service:
        client = lumen.LumenClient(KEY, service.server.url, journal=tmp_path)
        names = {}
        for prompt, colour in (("a cat", "red"), ("a dog", "blue")):
            service.pictures[f"/{colour}"] = [http(200, png(colour))]
            service.statuses["task-1"] = [service.succeeded(colour)]
            service.forget_tasks()
            (made,) = client.generate(prompt).wait(PATIENCE)
            assert isinstance(made.task, lumen.Task)
            names[prompt] = made.task.correlation_id

        other = lumen.LumenClient(KEY, service.server.url, journal=tmp_path)
        for entry in lumen.history(client=other):
            task = entry.task(other)
            assert (entry.id, task.request.prompt) == ("task-1", entry.prompt)
        # what a page that was loaded anew asks for
        call = Submission(
            lambda client, _: client.generate("paid anew"),
            account=Account("the test's", other),
            prompt="a cat",
            model="m",
            correlation_id=names["a cat"],
        )
        call.start()
        until(lambda: call.state == "sent", "the call has its task")
        assert call.task is not None
        assert call.task.wait(PATIENCE)[0].bytes == png("red")
        assert len(service.server.posts) == 2


@pytest.mark.slow
def test_only_this_key(sandbox: SandboxServer) -> None:
    """What other keys and services were asked can be left out."""
    wrote("elsewhere")
    client = lumen.LumenClient(sandbox.api_key, sandbox.url)
    client.generate("here", size="64x48").wait(PATIENCE)

    assert prompts(lumen.history(client=client)) == ["here", "elsewhere"]
    assert prompts(lumen.history(account="this key", client=client)) == ["here"]


def test_the_table_is_plain_and_escaped() -> None:
    """The table holds no script, no address but its own pictures, and says all in words."""
    evil = '<img src=x onerror=alert(1)> "quoted" & <script>alert(1)</script>'
    wrote(evil, kept=2, size="300x200", n=2)
    wrote("lost", "unknown")
    wrote("bad", "failed")
    shown = lumen.history()._repr_html_()
    found = Elements(shown)
    images = [attributes for tag, attributes in found.tags if tag == "img"]

    assert {tag for tag, _ in found.tags} <= {
        "table", "caption", "thead", "tbody", "tr", "th", "td", "b", "br", "code", "img", "p",
    }  # fmt: skip
    assert evil in found.words
    assert len(images) == 2
    for image in images:
        assert (image["src"] or "").startswith("data:image/")
        assert "Picture" in (image["alt"] or "")
        assert set(image) == {"src", "alt"}
    assert "not known whether it was taken: look in the service's console" in found.words
    assert "failed: No." in found.words
    assert "300x200" in found.words
    assert "2.5 s" in found.words
    assert "3 requests, newest first" in found.words


def test_a_key_that_was_pasted_into_a_prompt_is_in_nothing_that_a_cell_keeps() -> None:
    """Neither in the table, its alt texts and its lines, nor in those of the pictures."""
    wrote("a fox sk-lumen-0123456789abcdef in snow", kept=2, n=2)
    found = lumen.history()
    pictures = found[0].pictures
    shown = str(pictures._repr_mimebundle_())
    kept = [found._repr_html_(), repr(found), pictures[0].alt, shown]

    assert ["a fox sk-… in snow" in one for one in kept] == [True] * len(kept)
    assert not any("0123456789" in one for one in kept)


def test_thumbnails_are_small() -> None:
    """What a notebook keeps of a picture in its table has at most 96 px."""
    import base64

    wrote("a cat", kept=1)
    (image,) = [a for tag, a in Elements(lumen.history()._repr_html_()).tags if tag == "img"]
    data = base64.b64decode((image["src"] or "").partition(",")[2])

    assert max(Image.open(io.BytesIO(data)).size) <= 96


@pytest.mark.slow
def test_a_long_history_shows_its_beginning() -> None:
    """A table shows the newest twenty and says how many more there are, and how to see them."""
    for number in range(23):
        wrote(f"cat {number}")
    history = lumen.history()

    assert history._repr_html_().count("<tr>") == 21
    assert "… and 3 more" in history._repr_html_()
    assert "… and 3 more" in repr(history)
    assert len(repr(history).splitlines()) == 22
    assert prompts(history[20:]) == ["cat 2", "cat 1", "cat 0"]
    assert history[-1].prompt == "cat 0"


def test_a_home_that_is_no_path(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is said in words, where no account is in use too."""
    monkeypatch.setattr(accounts, "ready_client", lambda: None)
    monkeypatch.setenv("LUMEN_HOME", "~no-such-user/x")
    with pytest.raises(JournalError, match="LUMEN_HOME"):
        lumen.history()


@pytest.mark.slow
def test_nothing_yet(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """An empty history says so, and neither a folder nor a server comes of asking."""
    lumen.use("sandbox")
    monkeypatch.setenv("LUMEN_HOME", str(tmp_path / "another-home"))
    # to start a server is an error from here on
    monkeypatch.setenv("LUMEN_SANDBOX", "off")
    assert len(lumen.history()) == 0
    assert "No request" in lumen.history()._repr_html_()
    assert "No request" in repr(lumen.history())
    assert not Journal().home.exists()


@pytest.mark.parametrize(
    "wrong",
    [
        {"state": "done"},
        {"account": "mine"},
        {"since": "yesterday"},
        {"until": "2026-13-01"},
        {"limit": -1},
        {"limit": "all"},
        {"limit": 10**400},
        {"text": 7},
        {"model": ["draft"]},
        {"state": np.array(["failed", "running"])},
        {"account": np.array(["all", "this key"])},
        {"account": None},
        {"client": "this key"},
        {"client": np.zeros(2)},
        {"client": ""},
    ],
)
def test_a_filter_that_is_not_understood(wrong: dict[str, Any]) -> None:
    """A filter that means nothing is an error that names it, not an empty history."""
    with pytest.raises(lumen.InvalidRequest) as caught:
        lumen.history(**wrong)
    assert [caught.value.field] == list(wrong)
    assert caught.value.next_step


@pytest.mark.slow
def test_a_hundred_thousand_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    """However long the journal is, a table reads the twenty rows that it shows."""
    import contextlib
    import sqlite3

    wrote("a cat", kept=1)
    journal = Journal()
    with contextlib.closing(sqlite3.connect(journal.home / "journal.sqlite3")) as connection:
        connection.execute(
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 99999)"
            " INSERT INTO tasks (origin, account, endpoint, body, task_id, state, submitted,"
            " settled) SELECT 'o', 'a', 'edits', '{\"prompt\": \"cat ' || i || '\"}', 't' || i,"
            " 'succeeded', i, 1 FROM n"
        )
        connection.commit()
    read: list[int] = []
    real = Journal.rows_by_number

    def counted(self: Journal, numbers: Any) -> Any:
        read.append(len(numbers))
        return real(self, numbers)

    monkeypatch.setattr(Journal, "rows_by_number", counted)
    history = lumen.history("CAT 9999")

    assert len(lumen.history()) == 100_000
    assert len(history) == 11
    lumen.history()._repr_html_()
    assert read == [20]


def test_a_picture_that_is_not_there_leaves_a_gap(tmp_path: Path) -> None:
    """A picture that was deleted or changed on disk is left out, and the rest is shown."""
    wrote("a cat", kept=3, n=3)
    kept = Journal().rows()[0].pictures
    kept[0].path.unlink()
    kept[1].path.write_bytes(b"not a picture")

    assert [picture.index for picture in lumen.history()[0].pictures] == [2]
    assert lumen.history()._repr_html_().count("<img") == 1

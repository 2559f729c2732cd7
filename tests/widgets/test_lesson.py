"""Form, panel, gallery and Studio with a lesson in use: its pictures appear as if made now."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

import pytest

import lumen_widgets as lumen
from lumen_widgets.notebook.as_code import code_of
from tests import lessons
from tests.conditions import until
from tests.widgets.forms import FormPage
from tests.widgets.galleries import Page
from tests.widgets.panels import Browser

if TYPE_CHECKING:
    from pathlib import Path

RED, BLUE = lessons.picture("red"), lessons.picture("blue")


@pytest.fixture(autouse=True)
def _lesson(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Use a lesson, and have no network at all."""
    path = tmp_path / "owls.lumen"
    path.write_bytes(lessons.lesson({"an owl": ["red"], "a barn owl": ["blue"]}))
    monkeypatch.setenv("LUMEN_SANDBOX", "off")
    monkeypatch.setattr(socket.socket, "connect", lambda *_: pytest.fail("it connected"))
    lumen.use(path)


def test_a_form_gets_what_the_lesson_has() -> None:
    """Names the lesson, costs nothing, and its pictures stand in strip, panel and journal."""
    lumen.prices[lessons.MODEL] = 2.0
    lumen.budget(credits=1)
    form = lumen.PromptForm(prompt="an owl")
    page = FormPage(form)
    assert form.host == "lesson/owls.lumen"
    assert "Lesson owls.lumen · nothing is charged" in repr(form)
    form.submit()
    until(lambda: form.pictures, "the picture")
    assert "lesson" not in form.code
    assert [one.sha256 for one in form.pictures] == [RED.sha256]
    assert form.task is not None
    assert form.task.status == "succeeded"
    form.prompt = "a barn owl"
    form.submit()
    until(lambda: [one.sha256 for one in form.pictures] == [BLUE.sha256], "the next picture")
    assert page.hello()["kind"] == "form"
    assert [one.prompt for one in lumen.history()] == ["a barn owl", "an owl"]
    assert lumen.budget().submitted == 0


def test_a_form_keeps_its_lesson(tmp_path: Path) -> None:
    """Another lesson in the cells changes nothing for a form that was there before."""
    form = lumen.PromptForm(prompt="an owl")
    other = tmp_path / "cats.lumen"
    other.write_bytes(lessons.lesson({"an owl": ["blue", "red"]}))
    lumen.use(other)
    assert lumen.generate("an owl")[0].sha256 == BLUE.sha256
    form.submit()
    until(lambda: form.pictures, "the picture")
    assert form.pictures[0].sha256 == RED.sha256
    assert form.task is not None
    assert form.task.origin == "lesson://owls.lumen"
    assert lumen.generate("an owl")[0].sha256 == RED.sha256


def test_a_panel_says_what_the_lesson_does_not_have() -> None:
    """A row that was refused says what to ask for, and that nothing was spent."""
    form = lumen.PromptForm(prompt="a barn owl in the rain")
    panel = Browser(form.panel)
    form.submit()
    row = panel.until(lambda: panel.row() if panel.row().get("status") == "refused" else {})

    assert "does not have this request" in row["error"]["message"]
    assert '"a barn owl"' in row["error"]["message"]
    assert (row["charge"], row["host"]) == ("none", "lesson/owls.lumen")
    panel = Browser(lumen.TaskPanel([lumen.generate("an owl", wait=False)]))
    (row,) = panel.state_rows()
    assert (row["status"], row["host"]) == ("succeeded", "lesson/owls.lumen")
    assert row["actions"] == []


def test_a_gallery_has_what_was_given() -> None:
    """With what it was made of; its code is a call that the lesson answers."""
    picture = lumen.generate("an owl")[0]
    gallery = lumen.Gallery()
    page = Page(gallery)
    (item,) = page.find()["items"]
    assert item["sha256"] == RED.sha256
    gallery.selected = picture
    assert code_of(picture).python.endswith(f'lumen.generate("an owl", model="{lessons.MODEL}")')
    assert "curl https://lumen.mengfanlab.top/" in code_of(picture).curl
    assert lumen.Gallery([picture]).selected is None
    studio = lumen.Studio()
    assert studio.form.host == "lesson/owls.lumen"

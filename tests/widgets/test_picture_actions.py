"""What pages ask to be done with pictures: done once, answered, and told to whatever shows them."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import pytest
from anywidget import AnyWidget

from lumen_widgets.client import InvalidRequest, LumenClient, Picture
from lumen_widgets.widgets.picture_actions import PictureActions
from lumen_widgets.widgets.picture_targets import forget_target, latest_target, note_used
from tests.client.service import png
from tests.conditions import until
from tests.widgets.comms import PageComm
from tests.widgets.quiet_service import QuietService

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path


class Target:
    """A form that only notes what is done in it."""

    name = "a fox"

    def __init__(self) -> None:
        self.host = "lumen.example.org"
        self.done: list[tuple[str, str]] = []

    def use(self, picture: Picture) -> None:
        """Note it."""
        self.done.append(("use", picture.sha256))

    def paint(self, picture: Picture) -> None:
        """Note it."""
        self.done.append(("paint", picture.sha256))

    def extend(self, picture: Picture) -> None:
        """Refuse it, as a form whose model cannot."""
        raise InvalidRequest(f"No: {picture.width}.", next_step="Do another thing.")

    def offer(self, picture: Picture) -> None:
        """Note it."""
        self.done.append(("offer", picture.sha256))

    def recall(self, picture: Picture, fields: Iterable[str] | None = None) -> tuple[str, ...]:
        """Do nothing."""
        return (picture.sha256, *(fields or ()))

    def again(self, picture: Picture, submit_id: str | None = None) -> None:
        """Note it."""
        self.done.append((f"again {submit_id}", picture.sha256))


class Page:
    """A page of a widget that shows pictures."""

    def __init__(self, client: LumenClient, target: Target | None) -> None:
        self.pictures: dict[str, Picture] = {}
        self._widget = AnyWidget()
        self._comm = PageComm(self._widget)
        self.actions = PictureActions(
            self._widget, client, self.pictures.get, target=lambda: target
        )

    def add(self, colour: str) -> str:
        """Have a picture, and return its sha256."""
        data = png(colour, (8, 8))
        made = Picture(
            data,
            media_type="image/png",
            width=8,
            height=8,
            sha256=hashlib.sha256(data).hexdigest(),
            prompt="a fox",
        )
        self.pictures[made.sha256] = made
        return made.sha256

    def ask(
        self,
        request: str,
        action: str,
        *sha256: str,
        seen: int = 0,
        host: str | None = "lumen.example.org",
    ) -> None:
        """Ask for something to be done."""
        assert self.actions.receive(
            {
                "kind": "picture_action",
                "request": request,
                "action": action,
                "sha256": list(sha256),
                "seen": seen,
                "host": host,
            }
        )

    def of(self, kind: str) -> list[dict[str, Any]]:
        """Return the messages of a kind."""
        return [one for one, _ in list(self._comm.sent) if one["kind"] == kind]

    def answer(self, request: str, count: int = 1) -> dict[str, Any]:
        """Wait for so many answers to a request, and return the last."""
        return until(
            lambda: next(iter(self._answers(request)[count - 1 :]), None), f"{request} is answered"
        )

    def _answers(self, request: str) -> list[dict[str, Any]]:
        return [one for one in self.of("picture_acted") if one["request"] == request]


@pytest.fixture
def account(tmp_path: Path) -> LumenClient:
    """Return a client with a journal of its own."""
    return QuietService().client(journal=tmp_path / "home")


@pytest.fixture
def target() -> Target:
    """Return a form."""
    return Target()


@pytest.fixture
def page(account: LumenClient, target: Target) -> Iterator[Page]:
    """Return a page; close its widget's actions in the end."""
    made = Page(account, target)
    yield made
    made.actions.close()


def test_what_is_done_in_a_form_is_done_once_under_one_id(page: Page, target: Target) -> None:
    """A page that asks again, as after a lost answer, has the same answer."""
    sha256 = page.add("red")
    page.ask("1", "reference", sha256)
    first = page.answer("1")
    page.ask("1", "reference", sha256)

    assert page.answer("1", 2) == first
    assert (first["error"], first["target"]) == ("", "a fox")
    assert target.done == [("use", sha256)]


def test_what_a_form_refuses_is_said_in_its_words(page: Page, target: Target) -> None:
    """The page has the reason, and what to do."""
    page.ask("1", "extend", page.add("red"))
    answer = page.answer("1")

    assert (answer["error"], answer["next_step"]) == ("No: 8.", "Do another thing.")
    assert target.done == []


def test_without_a_form_it_is_said_how_to_have_one(account: LumenClient) -> None:
    """A gallery alone in a notebook cannot use a picture anywhere."""
    page = Page(account, None)
    page.ask("1", "reference", page.add("red"))

    assert "lumen.PromptForm()" in page.answer("1")["next_step"]


def test_the_same_again_is_paid_once_by_pages_that_do_not_know_of_each_other(
    page: Page, target: Target
) -> None:
    """Two tabs clicked while the kernel was busy; who has seen the answer means it once more."""
    sha256 = page.add("red")
    page.ask("one", "again", sha256)
    page.ask("two", "again", sha256)
    first, second = page.answer("one"), page.answer("two")
    page.ask("three", "again", sha256, seen=max(first["sequence"], second["sequence"]))
    third = page.answer("three")

    assert [first["repeated"], second["repeated"], third["repeated"]] == [False, True, False]
    assert target.done == [("again one", sha256), ("again three", sha256)]


def test_a_page_that_appears_knows_what_was_sent_before_it(page: Page, target: Target) -> None:
    """After a reload, the first click on *The same again* is meant."""
    sha256 = page.add("red")
    page.ask("one", "again", sha256)
    page.answer("one")
    page.actions.tell_stars([sha256])
    (stars,) = until(lambda: page.of("stars"))
    page.ask("two", "again", sha256, seen=stars["sequence"])
    page.answer("two")

    assert len(target.done) == 2


def test_a_saved_picture_overwrites_no_other_file(
    page: Page, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The file of the user's that has its name stays; the same picture is not written twice."""
    monkeypatch.chdir(tmp_path)
    sha256 = page.add("red")
    page.ask("1", "save", sha256)
    (first,) = page.answer("1")["paths"]
    path = tmp_path / first
    data = path.read_bytes()
    page.ask("2", "save", sha256)
    assert page.answer("2")["paths"] == [first]
    path.write_bytes(b"painted over by the user")
    page.ask("3", "save", sha256)
    (third,) = page.answer("3")["paths"]

    assert data == page.pictures[sha256].bytes
    assert path.read_bytes() == b"painted over by the user"
    assert (tmp_path / third).read_bytes() == data
    assert third.endswith("-2.png")


def test_a_star_is_kept_and_told_to_every_widget(page: Page, account: LumenClient) -> None:
    """A widget made later reads it from the journal; one that is open hears of it."""
    sha256, other = page.add("red"), Page(account, None)
    page.ask("1", "star", sha256)
    assert page.answer("1")["error"] == ""
    until(lambda: [one["starred"] for one in other.of("stars")] == [[sha256]])
    late = Page(account, None)
    late.actions.tell_stars([sha256, "another"])
    (read,) = until(lambda: late.of("stars"))
    page.ask("2", "unstar", sha256)

    assert read["starred"] == [sha256]
    until(lambda: other.of("stars")[-1]["unstarred"] == [sha256])


def test_where_nothing_is_written_down_a_star_says_so(target: Target) -> None:
    """Without a journal a star would be gone with the kernel."""
    page = Page(QuietService().client(journal=False), target)
    page.ask("1", "star", page.add("red"))

    assert "no" in page.answer("1")["error"]


@pytest.mark.parametrize(
    ("action", "sha256"), [("fly", ["a"]), ("paint", []), ("again", ["a", "b"]), ("save", ["gone"])]
)
def test_what_cannot_be_done_is_answered_too(
    page: Page, target: Target, action: str, sha256: list[str]
) -> None:
    """No button waits for ever, whatever a page asks for."""
    page.ask("1", action, *sha256)

    assert page.answer("1")["error"]
    assert target.done == []


@pytest.mark.parametrize("said", [None, "", "another.example.org"])
def test_nothing_is_paid_at_another_host_than_the_page_says(
    page: Page, target: Target, said: str | None
) -> None:
    """Another form may have been used since the price was looked at."""
    sha256 = page.add("red")
    page.ask("1", "again", sha256, host=said)
    assert "Nothing was sent" in page.answer("1")["error"]
    assert target.done == []

    page.ask("2", "again", sha256)
    assert page.answer("2")["error"] == ""
    assert target.done == [("again 2", sha256)]


def test_the_form_that_was_used_last_takes_a_picture(target: Target) -> None:
    """Two forms are open; one that is closed is none."""
    before, other = latest_target(), Target()
    note_used(other)
    note_used(target)
    note_used(other)
    assert latest_target() is other
    forget_target(other)
    assert latest_target() is target
    forget_target(target)

    assert latest_target() is before

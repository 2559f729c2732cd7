"""What a gallery sends and does, without a browser: the messages of its protocol."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

import pytest
from ipywidgets import Widget

from lumen_widgets.client import InvalidRequest, LumenClient, Pictures
from lumen_widgets.client.spending.prices import prices
from lumen_widgets.notebook.account import use
from lumen_widgets.widgets import Gallery, PromptForm
from tests.conditions import until
from tests.widgets.galleries import KEY, ORIGIN, Page, keep, loose, use_journal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from lumen_widgets.journal import Journal

pytestmark = pytest.mark.slow


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    """Return the journal of the account in use."""
    return use_journal(tmp_path / "journal")


@pytest.fixture
def show() -> Iterator[Callable[..., Page]]:
    """Return what makes galleries; close them in the end."""
    made: list[Gallery] = []

    def make(*arguments: Any, **named: Any) -> Page:
        made.append(Gallery(*arguments, **named))
        return Page(made[-1])

    yield make
    for gallery in made:
        gallery.close()


def test_no_state_of_a_gallery_holds_a_key_that_was_pasted_into_a_prompt(journal: Journal) -> None:
    """A notebook that nbconvert executes keeps the state of its widgets."""
    keep(journal, "a fox sk-lumen-0123456789abcdef in snow", 1)
    gallery = Gallery()
    state = str(gallery.get_state())
    gallery.close()

    assert "a fox sk-… in snow" in state
    assert "0123456789" not in state


def test_a_gallery_of_nothing_is_every_picture_of_the_journal_newest_first(
    journal: Journal, show: Callable[..., Page]
) -> None:
    """What a page gets unasked is the first screen of them, with what their tiles say."""
    keep(journal, "a red fox", 1, count=2)
    keep(journal, "a blue whale", 2)
    first = show().first

    assert first["count"] == 3
    told = [(item["prompt"], item["index"], item["count"]) for item in first["items"]]
    assert told == [("a blue whale", 0, 1), ("a red fox", 0, 2), ("a red fox", 1, 2)]
    assert {item["missing"] for item in first["items"]} == {False}


def test_a_search_finds_by_words_model_size_date_and_star(
    journal: Journal, show: Callable[..., Page]
) -> None:
    """Each narrows what is found; a size that is none is said to be that."""
    keep(journal, "a red fox in snow", 1)
    _, second = keep(journal, "a fox, red as fire", 2, count=2, model="other-model")
    keep(journal, "a wide whale", 3, width=32, height=18)
    page = show()
    page.act("star", second)

    assert page.prompts(text="FOX red") == ["a fox, red as fire"] * 2 + ["a red fox in snow"]
    assert page.prompts(model="OTHER") == ["a fox, red as fire"] * 2
    assert page.prompts(size="16:9") == page.prompts(size="32x18") == ["a wide whale"]
    assert page.prompts(since=time.time() + 60) == []
    assert len(page.prompts(until=time.time() + 60)) == 4
    assert [item["sha256"] for item in page.find(starred=True)["items"]] == [second]
    assert page.find(size="large")["kind"] == "error"


def test_of_many_pictures_a_page_reads_the_parts_that_it_shows(
    journal: Journal, show: Callable[..., Page]
) -> None:
    """Neither the state nor any message grows with them."""
    for number in range(300):
        keep(journal, f"picture {number}", number)
    page = show()
    first = page.first
    found = page.find()
    part = page.ask("read", listing=found["listing"], start=250, count=20)

    assert first["count"] == found["count"] == found["total"] == 300
    assert len(first["items"]) == len(found["items"]) == 60
    assert len(json.dumps(first)) < 40_000
    assert [item["prompt"] for item in part["items"]] == [f"picture {n}" for n in range(49, 29, -1)]
    assert len(page.ask("read", listing=found["listing"], start=0, count=9999)["items"]) == 200
    assert page.ask("read", listing=987, start=0, count=9)["kind"] == "error"


def test_a_sequence_is_shown_in_its_order_also_what_no_journal_has(
    journal: Journal, show: Callable[..., Page]
) -> None:
    """Of each is said what is known, and of one of another machine that this is all."""
    keep(journal, "a red fox", 1)
    known = show().first["items"][0]["key"]
    gallery = show()
    gallery.say({"kind": "choose", "view": "v", "key": known})
    fox = until(lambda: gallery.gallery.selected)
    page = show([loose(7, "from elsewhere"), fox])

    assert [item["prompt"] for item in page.first["items"]] == ["from elsewhere", "a red fox"]
    assert page.prompts(text="elsewhere") == ["from elsewhere"]
    keys = [item["key"] for item in page.first["items"]]
    elsewhere, here = (page.ask("tell", key=key, listing=1)["details"] for key in keys)
    assert (elsewhere["known"], elsewhere["model"], elsewhere["task"]) == (False, "", "")
    assert (here["known"], here["model"]) == (True, "m")


def test_only_pictures_are_taken(journal: Journal) -> None:
    """One alone is a gallery of one; anything else is refused with what to give instead."""
    gallery = Gallery(loose(1))
    assert repr(gallery) == "Lumen gallery · 1 picture"
    gallery.close()
    for given in ("a.png", [loose(1), b"bytes"], 7):
        with pytest.raises(InvalidRequest, match="A picture was expected"):
            Gallery(given)  # type: ignore[arg-type] # the very thing that is tested
    assert journal is not None


def test_an_account_without_a_journal_has_no_history_but_shows_what_it_is_given(
    show: Callable[..., Page],
) -> None:
    """Stars last as long as the gallery then."""
    use(LumenClient(KEY, ORIGIN, journal=False))
    with pytest.raises(InvalidRequest, match="no journal"):
        Gallery()
    one, other = loose(1), loose(2)
    page = show([one, other])
    page.act("star", other.sha256)

    assert until(lambda: page.gallery.starred) == [other]
    assert [item["sha256"] for item in page.find(starred=True)["items"]] == [other.sha256]


def test_what_is_chosen_in_a_page_is_selected_and_code_can_select_too(
    journal: Journal, show: Callable[..., Page]
) -> None:
    """Both are observed, and every view is told which picture that is."""
    _, fox = keep(journal, "a red fox", 1, count=2)
    page = show()
    gallery = page.gallery
    seen: list[Any] = []
    gallery.observe(lambda change: seen.append(change.new), "selected")
    key = page.first["items"][1]["key"]
    page.say({"kind": "choose", "view": "v", "key": key})
    until(lambda: seen)
    assert gallery.selected is not None
    assert gallery.selected.sha256 == fox
    assert gallery.get_state("_selected")["_selected"]["view"] == "v"

    gallery.selected = loose(5)
    state = gallery.get_state("_selected")["_selected"]
    assert (state["view"], state["item"]["sha256"]) == ("", loose(5).sha256)
    gallery.selected = None
    assert gallery.get_state("_selected")["_selected"]["item"] is None


def test_starred_is_what_was_starred_here_since_and_stars_are_kept(
    journal: Journal, show: Callable[..., Page]
) -> None:
    """A star of another gallery is shown, and is none of this one's."""
    first, second = keep(journal, "a red fox", 1, count=2)
    page, other = show(), show()
    for sha256 in (second, first):
        page.act("star", sha256)
    until(lambda: len(page.gallery.starred) == 2)
    assert [one.sha256 for one in page.gallery.starred] == [second, first]
    assert isinstance(page.gallery.starred, Pictures)
    assert other.gallery.starred == []
    other.until(lambda: any(m.get("starred") == [first] for m in other.heard))
    assert [item["starred"] for item in show().first["items"]] == [True, True]

    page.act("unstar", second)
    until(lambda: [one.sha256 for one in page.gallery.starred] == [first])


def test_a_picture_is_linked_with_what_it_was_made_from_and_what_it_led_to(
    journal: Journal, show: Callable[..., Page]
) -> None:
    """With its place where the view's search has it; one that is not here is counted."""
    (fox,) = keep(journal, "a red fox", 1)
    keep(journal, "a fox in snow", 2, made_from=(fox, "0" * 64))
    page = show()
    snow, red = page.first["items"]
    listing = page.first["listing"]
    made = page.ask("tell", key=snow["key"], listing=listing)["details"]
    led = page.ask("tell", key=red["key"], listing=listing)["details"]

    assert [(one["item"]["key"], one["place"]) for one in made["made_from"]] == [(red["key"], 1)]
    assert made["lost"] == 1
    assert [(one["item"]["key"], one["place"]) for one in led["led_to"]] == [(snow["key"], 0)]
    narrow = page.find(text="red")
    led = page.ask("tell", key=red["key"], listing=narrow["listing"])["details"]
    assert led["led_to"][0]["place"] is None


def test_details_say_what_the_same_again_would_cost_in_the_form_used_last(
    journal: Journal, show: Callable[..., Page]
) -> None:
    """That form may be one of another account than the picture's."""
    keep(journal, "a red fox", 1)
    page = show()
    key = page.first["items"][0]["key"]

    def price() -> Any:
        return page.ask("tell", key=key, listing=1)["details"]["again"]

    form = PromptForm(LumenClient(KEY, "https://lumen.example.org", journal=False))
    assert price() == {"host": "lumen.example.org", "credits": None}
    prices["m"] = 1.5
    assert price() == {"host": "lumen.example.org", "credits": 1.5}
    form.close()


def test_details_say_all_that_is_known(journal: Journal, show: Callable[..., Page]) -> None:
    """The prompt in full, which a tile has only the beginning of."""
    long = "a red fox " * 60
    keep(journal, long, 1)
    page = show()
    item = page.first["items"][0]
    details = page.ask("tell", key=item["key"], listing=1)["details"]

    assert (details["prompt"], len(item["prompt"])) == (long, 200)
    assert (details["model"], details["endpoint"], details["seconds"]) == ("m", "generations", 2.5)
    assert details["task"].startswith("task-")
    assert (details["host"], details["sha256"]) == ("127.0.0.1:9", item["sha256"])


def test_a_picture_of_the_history_is_code_and_is_saved(
    journal: Journal,
    show: Callable[..., Page],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Of one whose task is not here too; where a form is needed, that is said."""
    monkeypatch.chdir(tmp_path)
    # a form that another test left open would take it
    Widget.close_all()
    (fox,) = keep(journal, "a red fox", 1)
    page = show()
    assert "a red fox" in page.act("code", fox)["python"]
    (path,) = page.act("save", fox)["paths"]
    assert path.startswith(str(tmp_path))
    assert "lumen.PromptForm()" in page.act("reference", fox)["next_step"]


def test_forgetting_says_first_what_goes_and_then_why_something_stays(
    journal: Journal, show: Callable[..., Page]
) -> None:
    """By task: all its pictures go, and a task that runs stays."""
    keep(journal, "it runs", 1, state="queued")
    keep(journal, "a red fox", 2, count=2)
    page = show()
    first_fox, _, running = (item["key"] for item in page.first["items"])
    asked = page.ask("forget", keys=[first_fox, running], confirmed=False)
    assert (asked["tasks"], asked["pictures"], asked["done"]) == (2, 3, False)
    assert page.find()["count"] == 3

    done = page.ask("forget", keys=[first_fox, running], confirmed=True)
    assert (done["tasks"], done["pictures"]) == (1, 2)
    assert done["refused"] == [{"prompt": "it runs", "reason": "running"}]
    page.until(lambda: any(m["kind"] == "news" and m["changed"] for m in page.heard))
    assert page.prompts() == ["it runs"]
    assert page.gallery.get_state("_first")["_first"]["count"] == 1


def test_a_picture_whose_file_is_gone_says_so(journal: Journal, show: Callable[..., Page]) -> None:
    """Its words stay; a page that wants a copy is told, and selecting it selects nothing."""
    (fox,) = keep(journal, "a red fox", 1)
    for file in (journal.home / "pictures").rglob("*.*"):
        file.unlink()
    page = show()
    (item,) = page.first["items"]
    assert (item["prompt"], item["missing"]) == ("a red fox", True)
    page.say({"kind": "wants", "view": "v", "copies": [{"sha256": fox, "copy": "display"}]})
    copy = page.until(lambda: next((m for m in page.heard if m["kind"] == "copy"), {}))
    assert copy["error"]


def test_tiles_come_as_bytes_and_are_laid_beside_the_pictures(
    journal: Journal, show: Callable[..., Page]
) -> None:
    """The next gallery decodes none of them."""
    (fox,) = keep(journal, "a red fox", 1)
    page = show()
    page.say({"kind": "wants", "view": "v", "copies": [{"sha256": fox, "copy": "tile"}]})
    copy = page.until(lambda: next((m for m in page.heard if m["kind"] == "copy"), {}))
    assert copy["error"] == ""
    assert len(page.comm.sent[-1][1][0]) > 0
    assert [file.suffix for file in (journal.home / "pictures").rglob("*.tile")] == [".tile"]


def test_pictures_that_come_are_counted_and_not_pushed(
    client: LumenClient, show: Callable[..., Page]
) -> None:
    """A page is told how many are new; what it looks at stays as it is."""
    use(client)
    page = show()
    assert page.first["count"] == 0
    task = client.generate("a red fox", n=2)
    task.wait(60)
    page.until(lambda: any(m["kind"] == "news" and m["arrived"] == 2 for m in page.heard))
    assert repr(page.gallery) == "Lumen gallery · 2 pictures, the history"
    assert page.prompts() == ["a red fox"] * 2
    assert page.find()["arrived"] == 2
    assert repr(page.gallery) == "Lumen gallery · 2 pictures, the history"


def test_a_closed_gallery_hears_and_sends_nothing(
    client: LumenClient, show: Callable[..., Page]
) -> None:
    """Its subscriptions end with it, and a page's last words are passed over."""
    use(client)
    page = show()
    page.gallery.close()
    heard = len(page.heard)
    client.generate("a red fox").wait(60)
    page.say({"kind": "find", "request": "r", "search": {}})
    page.say({"kind": "wants", "view": "v", "copies": [{"sha256": "x", "copy": "tile"}]})
    other = show()
    other.find()

    assert len(page.heard) == heard


@pytest.mark.parametrize(
    "content",
    [
        None,
        {"kind": "find", "request": "r", "search": None},
        {"kind": "find", "request": "r", "search": {"since": "now", "text": 3, "starred": 1}},
        {"kind": "find", "request": "r", "search": {"text": "\ud800"}},
        {"kind": "read", "request": "r", "listing": "1", "start": None},
        {"kind": "read", "request": "r", "listing": 1, "start": -5, "count": 10**30},
        {"kind": "tell", "request": "r", "key": "9" * 40 + ".0", "listing": 1},
        {"kind": "tell", "request": "r", "key": ["x"], "listing": 1},
        {"kind": "forget", "request": "r", "keys": [1, None], "confirmed": "yes"},
        {"kind": "forget", "request": "r", "keys": "all", "confirmed": True},
        {"kind": "choose", "key": "nothing", "view": "v"},
        {"kind": "?", "request": "r"},
    ],
)
def test_what_a_page_sends_may_be_anything(
    journal: Journal, show: Callable[..., Page], content: Any
) -> None:
    """The gallery answers, and goes on."""
    keep(journal, "a red fox", 1)
    page = show()
    page.say(content)
    if isinstance(content, dict) and "request" in content:
        page.until(lambda: any(m.get("request") == "r" for m in page.heard))

    assert page.prompts() == ["a red fox"]

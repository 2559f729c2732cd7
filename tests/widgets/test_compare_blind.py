"""A blind test in the kernel: what a page gets before its end, its votes, and what stays of it."""

from __future__ import annotations

import json
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any

import pytest

from lumen_widgets.client import InvalidRequest, Picture, Pictures
from lumen_widgets.widgets import Compare
from lumen_widgets.widgets.compare.blind_test import VotedTest
from lumen_widgets.widgets.compare.compared import read_compared
from tests.conditions import until
from tests.widgets.comms import PageComm
from tests.widgets.galleries import loose

if TYPE_CHECKING:
    from collections.abc import Sequence

NAMES = ["Ada", "Bea", "Cleo", "Dora"]


def _blind(count: int = 4, **options: Any) -> tuple[Compare, PageComm]:
    options.setdefault("names", NAMES[:count])
    widget = Compare(*(loose(n, f"prompt {n}") for n in range(count)), blind=True, **options)
    return widget, PageComm(widget)


def _state(widget: Compare) -> dict[str, Any]:
    """Return what a page gets that shows the widget now, without its source."""
    state = widget.get_state()
    return {name: value for name, value in state.items() if name not in {"_esm", "_css"}}


def _told(widget: Compare) -> dict[str, Any]:
    """Return the pairs as a page gets them."""
    told: dict[str, Any] = _state(widget)["_test"]
    return told


def _vote(comm: PageComm, *votes: tuple[int, int, str]) -> None:
    for pair, attempt, outcome in votes:
        comm.say({"kind": "vote", "pair": pair, "attempt": attempt, "outcome": outcome})


def _better(widget: Compare, comm: PageComm, order: Sequence[int]) -> None:
    """Vote on every pair as someone who likes the pictures in this order would."""
    told = _told(widget)
    sha256 = [one.sha256 for one in widget.pictures]
    for pair, sides in enumerate(told["pairs"]):
        left, right = (sha256.index(told["pictures"][sides[side]]["sha256"]) for side in sides)
        outcome = "left" if order.index(left) < order.index(right) else "right"
        _vote(comm, (pair, 0, outcome))
    until(lambda: len(widget.votes) == len(told["pairs"]))


@pytest.mark.parametrize("kind", [["vote"], {}, None, 7, "\ud800"])
def test_a_page_may_say_anything(kind: Any) -> None:
    """What has no hash raised an error of Python's in the kernel."""
    widget, comm = _blind()
    comm.say({"kind": kind, "pair": 0, "attempt": 0, "outcome": "left"})
    _vote(comm, (0, 0, "left"))
    until(lambda: len(widget.votes) == 1)


def test_a_page_gets_every_pair_and_nothing_that_names_a_picture() -> None:
    """Names, prompts and order come to a page only with the ranking."""
    widget, comm = _blind()
    state = json.dumps(_state(widget))
    assert not any(name in state for name in (*NAMES, "prompt 0"))
    assert len(_told(widget)["pairs"]) == 6
    assert {one["sha256"] for one in _told(widget)["pictures"]} == {
        one.sha256 for one in widget.pictures
    }
    comm.say({"kind": "end", "ended": True})
    until(lambda: _state(widget)["_ranking"] is not None)
    assert all(name in json.dumps(_state(widget)) for name in NAMES)
    comm.say({"kind": "end", "ended": False})
    until(lambda: _state(widget)["_ranking"] is None)
    state = json.dumps(_state(widget))
    assert not any(name in state for name in NAMES)


def test_the_order_of_a_test_is_another_one_each_time() -> None:
    """Whoever makes the same test again cannot know it by its order."""
    tests = [_blind()[0] for _ in range(12)]
    orders = {tuple(one["sha256"] for one in _told(widget)["pictures"]) for widget in tests}
    pairs = {json.dumps(_told(widget)["pairs"]) for widget in tests}
    assert len(orders) > 3
    assert len(pairs) > 3


def test_votes_are_of_the_pictures_as_they_were_given() -> None:
    """Left and right are what was seen there, and the winner is one of both or None."""
    widget, comm = _blind()
    _vote(comm, (0, 0, "left"), (1, 0, "right"), (2, 0, "tie"))
    until(lambda: len(widget.votes) == 3)
    first, second, third = widget.votes
    assert first["winner"] == first["left"]
    assert second["winner"] == second["right"]
    assert third["winner"] is None
    sha256 = [one.sha256 for one in widget.pictures]
    told, pair = _told(widget), _told(widget)["pairs"][0]
    assert sha256[first["left"]] == told["pictures"][pair["left"]]["sha256"]
    assert sha256[first["right"]] == told["pictures"][pair["right"]]["sha256"]
    assert "3 of 6 votes" in repr(widget)


def test_a_vote_counts_once_and_what_is_taken_back_is_gone() -> None:
    """Echoes, and a second page that is late, change nothing."""
    widget, comm = _blind()
    _vote(comm, (0, 0, "left"), (0, 0, "left"), (0, 0, "right"))
    until(lambda: len(widget.votes) == 1)
    comm.say({"kind": "unvote", "pair": 0, "attempt": 0})
    _vote(comm, (0, 0, "left"), (0, 1, "tie"))
    until(lambda: widget.votes and widget.votes[0]["winner"] is None)
    assert len(widget.votes) == 1
    assert _state(widget)["_ballot"] == {
        "votes": [{"pair": 0, "attempt": 1, "outcome": "tie"}],
        "undone": [{"pair": 0, "times": 1}],
    }


@pytest.mark.parametrize(
    "message",
    [
        {"kind": "vote"},
        {"kind": "vote", "pair": 99, "attempt": 0, "outcome": "left"},
        {"kind": "vote", "pair": "0", "attempt": 0, "outcome": "left"},
        {"kind": "vote", "pair": True, "attempt": 0, "outcome": "left"},
        {"kind": "vote", "pair": 0, "attempt": 1e9, "outcome": "left"},
        {"kind": "vote", "pair": 0, "attempt": 0, "outcome": ["left"]},
        {"kind": "unvote", "pair": 0, "attempt": None},
    ],
)
def test_what_a_page_sends_is_not_trusted(message: dict[str, Any]) -> None:
    """It counts nothing, and the next vote does."""
    widget, comm = _blind()
    comm.say(message)
    _vote(comm, (1, 0, "left"))
    until(lambda: widget.votes)
    assert len(widget.votes) == 1


def test_the_ranking_is_had_at_any_time_and_says_how_it_was_found() -> None:
    """A list of pictures and scores, the best first, which a cell shows as a table."""
    widget, comm = _blind()
    assert {score for _, score in widget.ranking} == {0.5}
    _better(widget, comm, [2, 0, 3, 1])
    ranking = widget.ranking
    sha256 = [one.sha256 for one in widget.pictures]
    assert [sha256.index(picture.sha256) for picture, _ in ranking] == [2, 0, 3, 1]
    assert [score for _, score in ranking] == pytest.approx([1, 2 / 3, 1 / 3, 0])
    assert ranking.method == "wins"
    assert ranking.places[0].above_next is not None
    assert 0.5 < ranking.places[0].above_next < 1
    bundle = ranking._repr_mimebundle_()
    lines = bundle["text/plain"].splitlines()
    assert lines[0].startswith("Ranking by the share of votes won")
    assert lines[1].startswith("1. Cleo · 100 % ±")
    assert lines[4].startswith("4. Bea · 0 % ±")


class _Cells(HTMLParser):
    """Reads a table: its texts, and its images."""

    def __init__(self, markup: str) -> None:
        super().__init__()
        self.texts: list[str] = []
        self.images: list[dict[str, str | None]] = []
        self.tags: set[str] = set()
        self.feed(markup)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        if tag == "img":
            self.images.append(dict(attrs))

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def test_the_table_is_plain_html_with_thumbnails_and_no_markup_of_a_name() -> None:
    """It has a picture a row, and a name is text in it."""
    widget, _ = _blind(2, names=["<script>alert(1)</script>", 'a " quote'])
    table = _Cells(widget.ranking._repr_mimebundle_()["text/html"])
    assert len(table.images) == 2
    assert all((one["src"] or "").startswith("data:image/") for one in table.images)
    assert {one["alt"] for one in table.images} == {"<script>alert(1)</script>", 'a " quote'}
    assert "<script>alert(1)</script>" in table.texts
    assert table.tags <= {"table", "caption", "thead", "tbody", "tr", "th", "td", "img", "br", "p"}


def test_a_comparison_that_is_no_blind_test_has_no_ranking() -> None:
    """It says how one is made."""
    widget = Compare(loose(1), loose(2))
    assert widget.votes == []
    with pytest.raises(InvalidRequest, match=r"blind=True"):
        _ = widget.ranking


def test_another_widget_goes_on_with_the_votes_on_the_same_pictures() -> None:
    """Of the same ones in the same order; another test begins anew, and so does an empty one."""
    items = read_compared([[loose(n) for n in range(4)]]).items
    test = VotedTest(items)
    assert test.leave() is None
    for pair, outcome in enumerate(("left", "tie")):
        test.receive({"kind": "vote", "pair": pair, "attempt": 0, "outcome": outcome})
    left = test.leave()
    assert left is not None
    again = VotedTest(items)
    assert again.take(left)
    assert (again.told, again.ballot) == (test.told, test.ballot)
    assert not again.take(left)
    assert not VotedTest(items[:3]).take(left)


@pytest.mark.parametrize("count", [1, 33])
def test_a_blind_test_has_two_to_thirty_two_pictures(count: int) -> None:
    """Fewer have no pair, and more have too many."""
    with pytest.raises(InvalidRequest, match=r"Give 2 to 32"):
        Compare(Pictures(loose(n) for n in range(count)), blind=True)


def test_thirty_two_pictures_are_voted_on_by_their_pairs() -> None:
    """All 496 are in the page at once, in some kilobytes."""
    widget, comm = _blind(32, names=None)
    assert len(_told(widget)["pairs"]) == 496
    assert len(json.dumps(_state(widget))) < 40_000
    _vote(comm, (495, 0, "left"))
    until(lambda: widget.votes)
    assert isinstance(widget.ranking[0][0], Picture)

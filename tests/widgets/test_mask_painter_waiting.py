from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Any

import pytest

from lumen_widgets.masks import Invert, Rectangle
from lumen_widgets.widgets.mask_painter import session
from tests.widgets.painters import Page, Wire, elsewhere, painter_of

if TYPE_CHECKING:
    from collections.abc import Iterator

# seconds after which a machine that is busy has done what takes no time
SOON = 5.0


@pytest.fixture
def wire() -> Iterator[Wire]:
    """Return what a painter sends, and the way to it."""
    painter = painter_of()
    yield Wire(painter)
    painter.close()


def test_a_call_does_not_wait_where_no_page_shows_the_painter(
    wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody is asked, and nobody can be painting."""
    monkeypatch.setattr(session, "_QUIET", 600.0)
    wire.painter.rectangle(0, 0, 60, 10)
    began = time.monotonic()
    mask = wire.painter.__lumen_mask__()

    assert time.monotonic() - began < SOON
    assert mask.mean() == 0.25
    assert wire.sent == []


def test_a_call_does_not_wait_for_a_painter_that_is_closed(wire: Wire) -> None:
    """Its pages are gone."""
    Page(wire).hello()
    wire.painter.close()
    wire.sent.clear()
    wire.painter.__lumen_mask__()

    assert wire.sent == []


def test_mask_and_array_never_wait(wire: Wire) -> None:
    """Only a call for pictures asks the pages."""
    Page(wire).hello()
    wire.sent.clear()
    for read in (
        lambda: wire.painter.mask,
        lambda: wire.painter.array,
        lambda: wire.painter.coverage,
        wire.painter.mask_png,
        lambda: repr(wire.painter),
    ):
        read()

    assert wire.of("ask") == []


@pytest.mark.parametrize("heard_elsewhere", [True, False], ids=["another thread", "this thread"])
def test_the_last_stroke_before_a_call_is_in_the_mask(
    wire: Wire, heard_elsewhere: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A step that arrives within 50 ms, on another thread, is repainted too."""
    monkeypatch.setattr(session, "_ANSWER", 0.3)
    page = Page(wire)
    if heard_elsewhere:
        elsewhere(page.hello)
    else:
        page.hello()
    timers: list[threading.Timer] = []

    def on_its_way(content: dict[str, Any]) -> None:
        if content["kind"] == "ask":
            timers.append(page.later(0.05, Rectangle(0, 0, 60, 10)))

    wire.answer = on_its_way
    mask = wire.painter.__lumen_mask__()
    timers[0].join()

    assert mask.mean() == 0.25


def test_a_call_waits_for_every_step_that_a_page_says_it_made(wire: Wire) -> None:
    """A stroke whose message takes longer than a hand's rest is waited for by its number."""
    page = Page(wire)
    elsewhere(page.hello)
    slow = page.message(Rectangle(0, 0, 60, 10))
    came_after: list[float] = []

    def answer(content: dict[str, Any]) -> None:
        if content["kind"] == "ask":
            asked = time.monotonic()
            up_to = {"kind": "up_to", "request": content["request"], "page": "a", "number": 1}
            threading.Timer(0.01, wire.say, (up_to,)).start()

            def deliver() -> None:
                came_after.append(time.monotonic() - asked)
                wire.say(*slow)

            threading.Timer(0.5, deliver).start()

    wire.answer = answer
    mask = wire.painter.__lumen_mask__()

    assert came_after
    assert came_after[0] >= 0.5
    assert mask.mean() == 0.25


def test_a_page_that_answers_is_not_waited_for_any_longer(
    wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that has nothing on its way costs a tenth of a second."""
    monkeypatch.setattr(session, "_ANSWER", 600.0)
    monkeypatch.setattr(session, "_LONGEST", 600.0)
    page = Page(wire)
    elsewhere(page.hello)

    def answer(content: dict[str, Any]) -> None:
        if content["kind"] == "ask":
            up_to = {"kind": "up_to", "request": content["request"], "page": "a", "number": 0}
            threading.Timer(0.01, wire.say, (up_to,)).start()

    wire.answer = answer
    began = time.monotonic()
    wire.painter.__lumen_mask__()

    assert session._QUIET <= time.monotonic() - began < SOON


def test_a_page_that_never_answers_is_given_up(wire: Wire, monkeypatch: pytest.MonkeyPatch) -> None:
    """A tab that was closed long ago holds no call up for more than seconds."""
    monkeypatch.setattr(session, "_ANSWER", 0.3)
    elsewhere(Page(wire).hello)
    began = time.monotonic()
    wire.painter.__lumen_mask__()

    assert 0.3 <= time.monotonic() - began < 0.3 + SOON


def test_seconds_that_a_call_waits_are_few() -> None:
    """As the service is asked for pictures by somebody who looks on."""
    assert session._QUIET == 0.1
    assert session._ANSWER <= session._LONGEST <= 5


@pytest.mark.parametrize("number", [2, 10**30, True])
def test_a_page_that_promises_what_never_comes_is_given_up(
    wire: Wire, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    """Whatever number it names."""
    monkeypatch.setattr(session, "_LONGEST", 0.4)
    elsewhere(Page(wire).hello)
    wire.answer = lambda content: (
        elsewhere(
            lambda: wire.say(
                {"kind": "up_to", "request": content["request"], "page": "a", "number": number}
            )
        )
        if content["kind"] == "ask"
        else None
    )
    began = time.monotonic()
    wire.painter.__lumen_mask__()

    assert 0.4 <= time.monotonic() - began < 0.4 + SOON


def test_somebody_who_never_stops_painting_does_not_stop_a_call(
    wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The call ends within bounds, with what was painted by then."""
    monkeypatch.setattr(session, "_LONGEST", 0.5)
    page = Page(wire)
    page.hello()
    enough = threading.Event()

    def paint() -> None:
        while not enough.wait(0.02):
            page.do(Invert())

    hand = threading.Thread(target=paint)
    hand.start()
    try:
        began = time.monotonic()
        wire.painter.__lumen_mask__()
        took = time.monotonic() - began
    finally:
        enough.set()
        hand.join()

    assert 0.5 <= took < 0.5 + SOON
    assert len(wire.painter.operations) > 2


def test_answers_of_two_pages_at_one_moment_disturb_nobody(wire: Wire) -> None:
    """One page's answer may arrive while another one's is looked at."""
    for name in ("a", "b"):
        elsewhere(Page(wire, name).hello)
    request: list[str] = []

    def say(page: str) -> None:
        wire.say({"kind": "up_to", "request": request[0], "page": page, "number": 0})

    class Numbers(dict[str, int]):
        """Has the other page answer in the middle of a look."""

        def get(self, page: str, otherwise: Any = None) -> Any:
            if request:
                other = threading.Thread(target=say, args=("b",))
                other.start()
                # it may have to wait until the look is over
                other.join(0.2)
            return super().get(page, otherwise)

    log = wire.painter._steps
    log._numbers = Numbers(log._numbers)

    def answer(content: dict[str, Any]) -> None:
        if content["kind"] == "ask":
            request.append(content["request"])
            elsewhere(lambda: say("a"))

    wire.answer = answer
    mask = wire.painter.__lumen_mask__()

    assert mask.mean() == 0

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Any

import anywidget
import pytest

from lumen_widgets.masks import Invert, Rectangle
from lumen_widgets.widgets.mask_painter import session, step_log
from lumen_widgets.widgets.mask_painter.painting import Painting
from lumen_widgets.widgets.mask_painter.session import PainterSession, WaitLimits
from tests.conditions import PATIENCE
from tests.widgets.painters import PICTURE, Page, Wire, elsewhere, painter_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy as np
    from numpy.typing import NDArray

# seconds after which a machine that is busy has done what takes no time
SOON = PATIENCE
# seconds that no test waits
NEVER = 600.0


@pytest.fixture
def wire() -> Iterator[Wire]:
    """Return what a painter sends, and the way to it."""
    painter = painter_of()
    yield Wire(painter)
    painter.close()


class Limited:
    """A painter without its controls, whose calls wait within other limits.

    Attributes
    ----------
    log
        Its steps.
    wire
        What it sends, and the way to it.

    """

    def __init__(self, limits: WaitLimits) -> None:
        widget = anywidget.AnyWidget()
        painting = Painting(PICTURE)
        self.log = painting.steps
        self._session = PainterSession(widget, painting, limits)
        widget.on_msg(self._session.receive)
        self.wire = Wire(widget)

    def call(self) -> tuple[NDArray[np.bool_], float]:
        """Return the mask as a call gets it, and the seconds that it took."""
        began = time.monotonic()
        self._session.wait_until_quiet()
        return self.log.mask(), time.monotonic() - began


class _StandingClock:
    """Stands in for `time`, and stands still until it is told to go on.

    A step that comes within a tenth of a second by this clock does so on any machine.
    """

    def __init__(self) -> None:
        self._began = time.monotonic()
        self._stood: float | None = None

    def monotonic(self) -> float:
        """Return seconds, without those that the clock stood still."""
        return self._began if self._stood is None else time.monotonic() - self._stood

    def go_on(self) -> None:
        """Stand still no longer."""
        self._stood = time.monotonic() - self._began


def test_a_call_does_not_wait_where_no_page_shows_the_painter() -> None:
    """No page is asked, and none can be painted on."""
    painter = Limited(WaitLimits(quiet=NEVER, longest=NEVER))
    painter.log.add(Rectangle(0, 0, 60, 10))
    mask, took = painter.call()

    assert took < SOON
    assert mask.mean() == 0.25
    assert painter.wire.sent == []


def test_a_call_does_not_wait_for_a_painter_that_is_closed() -> None:
    """Its pages are gone."""
    painter = Limited(WaitLimits(quiet=NEVER, longest=NEVER))
    Page(painter.wire).hello()
    painter.wire.painter.close()
    painter.wire.sent.clear()
    _, took = painter.call()

    assert took < SOON
    assert painter.wire.sent == []


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


@pytest.mark.slow
@pytest.mark.parametrize("heard_elsewhere", [True, False], ids=["another thread", "this thread"])
def test_the_last_stroke_before_a_call_is_in_the_mask(
    heard_elsewhere: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A step that arrives before painting has paused, on another thread, is repainted too."""
    painter = Limited(WaitLimits(answer=0.3))
    page = Page(painter.wire)
    if heard_elsewhere:
        elsewhere(page.hello)
    else:
        page.hello()
    clock = _StandingClock()
    for module in (session, step_log):
        monkeypatch.setattr(module, "time", clock)

    def arrive() -> None:
        page.do(Rectangle(0, 0, 60, 10))
        clock.go_on()

    def on_its_way(content: dict[str, Any]) -> None:
        if content["kind"] == "ask":
            threading.Timer(0.05, arrive).start()

    painter.wire.answer = on_its_way
    mask, _ = painter.call()

    assert mask.mean() == 0.25


@pytest.mark.slow
def test_a_call_waits_for_every_step_that_a_page_says_it_made() -> None:
    """A stroke whose message takes longer than a hand's rest is waited for by its number."""
    painter = Limited(WaitLimits(answer=NEVER, longest=NEVER))
    wire = painter.wire
    page = Page(wire)
    elsewhere(page.hello)
    slow = page.message(Rectangle(0, 0, 60, 10))
    came_after: list[float] = []

    def answer(content: dict[str, Any]) -> None:
        if content["kind"] == "ask":
            asked = time.monotonic()
            up_to = {"kind": "up_to", "request": content["request"], "copy_id": "a", "number": 1}
            threading.Timer(0.01, wire.say, (up_to,)).start()

            def deliver() -> None:
                came_after.append(time.monotonic() - asked)
                wire.say(*slow)

            threading.Timer(0.5, deliver).start()

    wire.answer = answer
    mask, _ = painter.call()

    assert came_after
    assert came_after[0] >= 0.5
    assert mask.mean() == 0.25


def test_a_page_that_answers_is_not_waited_for_any_longer() -> None:
    """One that has nothing on its way costs a tenth of a second."""
    limits = WaitLimits(answer=NEVER, longest=NEVER)
    painter = Limited(limits)
    elsewhere(Page(painter.wire).hello)

    def answer(content: dict[str, Any]) -> None:
        if content["kind"] == "ask":
            up_to = {"kind": "up_to", "request": content["request"], "copy_id": "a", "number": 0}
            threading.Timer(0.01, painter.wire.say, (up_to,)).start()

    painter.wire.answer = answer
    _, took = painter.call()

    assert limits.quiet <= took < SOON


def test_a_page_that_never_answers_is_given_up() -> None:
    """A tab that was closed long ago holds no call up for more than seconds."""
    painter = Limited(WaitLimits(answer=0.3, longest=NEVER))
    elsewhere(Page(painter.wire).hello)
    _, took = painter.call()

    assert 0.3 <= took < 0.3 + SOON


def test_seconds_that_a_call_waits_are_few() -> None:
    """A user looks on while the service is asked for pictures."""
    limits = WaitLimits()

    assert limits.quiet == 0.1
    assert limits.answer <= limits.longest <= 5


@pytest.mark.parametrize("number", [2, 10**30, True])
def test_a_page_that_promises_what_never_comes_is_given_up(number: int) -> None:
    """Whatever number it names."""
    painter = Limited(WaitLimits(longest=0.4))
    elsewhere(Page(painter.wire).hello)
    painter.wire.answer = lambda content: (
        elsewhere(
            lambda: painter.wire.say(
                {"kind": "up_to", "request": content["request"], "copy_id": "a", "number": number}
            )
        )
        if content["kind"] == "ask"
        else None
    )
    _, took = painter.call()

    assert 0.4 <= took < 0.4 + SOON


def test_somebody_who_never_stops_painting_does_not_stop_a_call() -> None:
    """The call ends within bounds, with what was painted by then."""
    # no machine is so busy that the hand pauses for so long
    painter = Limited(WaitLimits(quiet=NEVER, longest=0.5))
    page = Page(painter.wire)
    page.hello()
    painting, enough = threading.Event(), threading.Event()

    def paint() -> None:
        while not enough.wait(0.02):
            page.do(Invert())
            painting.set()

    hand = threading.Thread(target=paint)
    hand.start()
    try:
        assert painting.wait(PATIENCE)
        _, took = painter.call()
    finally:
        enough.set()
        hand.join()

    assert 0.5 <= took < 0.5 + SOON
    assert painter.log.history.done


def test_two_pages_may_answer_at_the_same_time(wire: Wire) -> None:
    """One page's answer may arrive while another one's is looked at."""
    for name in ("a", "b"):
        elsewhere(Page(wire, name).hello)
    request: list[str] = []

    def say(copy_id: str, number: int) -> None:
        wire.say({"kind": "up_to", "request": request[0], "copy_id": copy_id, "number": number})

    class Interrupted(int):
        """A number whose comparison has the other page answer: in the middle of a look."""

        def __gt__(self, other: int) -> bool:
            answering = threading.Thread(target=say, args=("b", 0))
            answering.start()
            # it may have to wait until the look is over
            answering.join(0.2)
            looks.append(other)
            return super().__gt__(other)

    looks: list[int] = []

    def answer(content: dict[str, Any]) -> None:
        if content["kind"] == "ask":
            request.append(content["request"])
            elsewhere(lambda: say("a", Interrupted(0)))

    wire.answer = answer
    mask = wire.painter.__lumen_mask__()

    assert looks, "the number was compared"
    assert mask.mean() == 0

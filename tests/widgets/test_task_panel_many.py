"""A panel of ten thousand tasks: a page gets what it shows and counts, the rest on demand."""

from __future__ import annotations

import base64
import json
import threading
from typing import TYPE_CHECKING, Any

import pytest

from lumen_widgets.client import LumenClient, TaskFailed
from lumen_widgets.client.spending.prices import prices
from lumen_widgets.core.errors import DownloadError
from lumen_widgets.core.request import Request
from lumen_widgets.notebook.account import use
from lumen_widgets.notebook.submission import Submission
from lumen_widgets.widgets.work_queue import work_queue
from tests.conditions import PATIENCE
from tests.staged import StagedTask

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.widgets.panels import Browser

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("_offline_account")]

_MANY = 10_000
# of a page's state, and of a saved notebook with it
_MOST_BYTES = 100_000


def _staged(number: int, prompt: str = "a lighthouse", model: str = "m") -> StagedTask:
    request = Request("generations", {"prompt": f"{prompt}, number {number}", "model": model})
    return StagedTask(f"task-{number}", request)


def _many(count: int = _MANY, prompt: str = "a lighthouse") -> list[StagedTask]:
    return [_staged(number, prompt) for number in range(count)]


def _bytes(message: object) -> int:
    return len(json.dumps(message, ensure_ascii=False).encode())


def _found(browser: Browser, group: str, *words: str) -> list[int]:
    """Return the rows that the panel finds for a filter."""
    answer = browser.ask("find", group=group, words=list(words))
    bits = base64.b64decode(answer["rows"])
    return [number for number in range(len(bits) * 8) if bits[number // 8] >> number % 8 & 1]


def _rows_messages(browser: Browser) -> list[dict[str, Any]]:
    return [message for message in browser.heard if message["kind"] == "rows"]


@pytest.fixture
def _priced() -> Iterator[None]:
    """Leave no price behind."""
    yield
    prices.clear()


@pytest.mark.parametrize("prompt", ["a lighthouse", "海边的灯塔" * 200, '"\\' * 600])
def test_what_a_page_gets_of_ten_thousand_tasks_is_below_a_hundred_kilobytes(
    show: Callable[..., Browser], prompt: str
) -> None:
    """With the widget's code, as a notebook is saved, whatever the prompts are; the newest rows."""
    browser = show([one.task for one in _many(prompt=prompt)])
    state = browser.panel.get_state()
    saved = {"metadata": {"widgets": {"state": {browser.panel.model_id: {"state": state}}}}}

    assert len(json.dumps(saved, ensure_ascii=False, indent=1).encode()) <= _MOST_BYTES
    keys = [row["key"] for row in state["_rows"]]
    assert keys == [str(_MANY - len(keys) + place) for place in range(len(keys))]
    # with the longest prompts too, more than a screen shows
    assert len(keys) >= 7
    assert state["_totals"]["rows"] == state["_totals"]["open"] == _MANY


def test_a_page_that_opens_ten_thousand_tasks_is_sent_little_by_itself(
    show: Callable[..., Browser],
) -> None:
    """Neither what comes before its hello nor the answer to that holds all rows."""
    browser = show([one.task for one in _many()])
    first = browser.until(lambda: _rows_messages(browser))[0]
    answer = browser.ask("hello", view="v")

    for message in (first, answer):
        assert _bytes(message) <= _MOST_BYTES
        assert message["totals"]["rows"] == _MANY
        assert message["rows"][-1]["key"] == str(_MANY - 1)
    assert answer["more"], "a page that was loading may have missed what became of the others"


def test_a_change_costs_as_many_bytes_with_ten_thousand_rows_as_with_ten(
    show: Callable[..., Browser],
) -> None:
    """Only the row that changed is sent, and the totals, which are longer by their digits."""
    sizes = []
    for count in (10, _MANY):
        tasks = _many(count)
        browser = show([one.task for one in tasks])
        browser.ask("hello", view="v")
        browser.heard.clear()
        # several, since one may be sent just when the rows of before are repeated
        for number in range(5):
            tasks[number].hear("processing")
            browser.state(str(number), "processing")
        alone = [message for message in _rows_messages(browser) if len(message["rows"]) == 1]
        sizes.append(min(_bytes(message) for message in alone))
        assert not any(message["more"] for message in alone)

    assert sizes[1] - sizes[0] <= len("10000") * 4


def test_rows_are_read_wherever_they_are_and_each_once(show: Callable[..., Browser]) -> None:
    """As they are by now; what the panel does not have is left out."""
    tasks = _many(1000)
    browser = show([one.task for one in tasks])
    tasks[3].hear("processing")
    answer = browser.ask("read", keys=["3", "500", "3", "1000", "-1", "x", 7, None, ["4"]])

    assert [(row["key"], row["status"]) for row in answer["rows"]] == [
        ("3", "processing"),
        ("500", "queued"),
    ]
    assert not answer["more"]
    assert browser.ask("read", keys=["nothing"])["rows"] == []


def test_one_request_reads_no_more_than_any_screen_shows(show: Callable[..., Browser]) -> None:
    """In rows, and in bytes, but one row at least."""
    few = show([one.task for one in _many(1000)])
    assert len(few.ask("read", keys=[str(n) for n in range(1000)])["rows"]) == 200

    browser = show([one.task for one in _many(300, "灯塔" * 600)])
    answer = browser.ask("read", keys=[str(n) for n in range(200)])
    assert _bytes(answer["rows"]) <= 210_000
    assert [row["key"] for row in answer["rows"][:2]] == ["0", "1"]


def test_a_filter_finds_rows_of_which_the_page_knows_nothing(show: Callable[..., Browser]) -> None:
    """By group and by every word of prompt, model and id, in any case."""
    tasks = _many(1000)
    tasks[8] = _staged(8, "A Red Fox", "Flux")
    browser = show([one.task for one in tasks])
    tasks[2].state.finish(TaskFailed("It failed."), "failed")
    tasks[2].state.signal.send(tasks[2].task)

    assert _found(browser, "all", "fox", "flux", "task-8") == [8]
    assert _found(browser, "all", "number 77") == [77, *range(770, 780)]
    assert _found(browser, "bad") == [2]
    assert _found(browser, "open", "number 2") == [20, *range(21, 30), *range(200, 300)]
    assert _found(browser, "all") == list(range(1000))


def test_filters_that_wait_are_few_and_each_is_answered(show: Callable[..., Browser]) -> None:
    """A page that asks for more than it needs is refused, and asks for others later."""
    browser = show([_staged(0).task])
    go_on = threading.Event()
    work_queue.run_soon(lambda: go_on.wait(PATIENCE), urgent=True)
    for number in range(40):
        browser.say({"kind": "find", "request": f"find {number}", "group": "all", "words": []})
    go_on.set()
    kinds = browser.until(
        lambda: (
            (found := [m["kind"] for m in browser.heard if "find" in m.get("request", "")])[39:]
            and found
        )
    )

    assert "error" in kinds
    assert kinds.count("found") >= 16
    assert _found(browser, "all") == [0]


def test_of_many_changes_at_once_the_newest_are_sent_and_pages_read_the_others(
    show: Callable[..., Browser],
) -> None:
    """A thousand ends of one moment are one message of bounded size."""
    tasks = _many(1000)
    browser = show([one.task for one in tasks])
    browser.ask("hello", view="v")
    for one in tasks:
        one.state.finish(TaskFailed("It failed."), "failed")
    browser.heard.clear()
    for one in tasks:
        one.state.signal.send(one.task)
    browser.until(lambda: any(m["totals"]["bad"] == 1000 for m in _rows_messages(browser)))
    messages = _rows_messages(browser)

    assert all(_bytes(message["rows"]) <= 210_000 for message in messages)
    assert messages[-1]["totals"]["open"] == 0
    told = {row["key"] for message in messages for row in message["rows"]}
    assert len(told) == 1000 or any(message["more"] for message in messages)
    assert browser.ask("read", keys=["0"])["rows"][0]["status"] == "failed"


@pytest.mark.usefixtures("_priced")
def test_a_price_reaches_the_rows_that_a_page_does_not_know(show: Callable[..., Browser]) -> None:
    """The total follows, the newest rows are sent, and a page is told to read the others."""
    use(LumenClient("sk-lumen-example", "https://lumen.example", journal=False))
    tasks = _many(1000)
    browser = show([one.task for one in tasks])
    browser.ask("hello", view="v")
    browser.ask("read", keys=["0"])
    browser.heard.clear()
    prices["m"] = 0.1
    message = browser.until(lambda: [m for m in _rows_messages(browser) if m["more"]])[0]

    assert message["totals"]["credits"] == pytest.approx(100)
    assert not message["totals"]["unpriced"]
    assert _bytes(message) <= _MOST_BYTES
    assert browser.ask("read", keys=["0"])["rows"][0]["credits"] == pytest.approx(0.1)


@pytest.mark.usefixtures("_priced")
def test_the_totals_count_each_row_in_one_group_as_it_is_now(show: Callable[..., Browser]) -> None:
    """Also of calls, of tasks that are watched no more, and of several hosts."""
    account = use(LumenClient("sk-lumen-example", "https://lumen.example", journal=False))
    prices["dear"] = 4
    tasks = [_staged(number, model="dear" if number == 1 else "m") for number in range(5)]
    call = Submission(lambda *_: tasks[0].task, account=account, prompt="a whale", model="m")
    browser = show([*(one.task for one in tasks), call])
    # nobody watches a staged task
    assert (browser.totals()["open"], browser.totals()["running"]) == (5, 1)

    tasks[1].state.finish(None, "succeeded")
    tasks[2].state.finish(TaskFailed("It failed."), "failed")
    tasks[3].state.finish(DownloadError("The picture is gone."), "succeeded")
    for one in tasks:
        one.state.signal.send(one.task)
    totals = browser.totals()

    assert {name: totals[name] for name in ("rows", "running", "finished", "bad", "open")} == {
        "rows": 6,
        "running": 1,
        "finished": 1,
        "bad": 1,
        "open": 3,
    }
    assert (totals["credits"], totals["unpriced"]) == (4, True)
    assert totals["hosts"] == ["lumen.example"]

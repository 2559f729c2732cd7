from __future__ import annotations

import gc
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from lumen_widgets.client import InvalidRequest, LumenClient
from lumen_widgets.notebook.account import account_of
from lumen_widgets.notebook.submission import Submission
from lumen_widgets.widgets import TaskPanel
from tests.client.interrupts import interrupt
from tests.client.service import serving
from tests.conditions import until
from tests.widgets.panels import Browser
from tests.widgets.quiet_service import QuietService

if TYPE_CHECKING:
    from lumen_widgets.client import Task


def _refused() -> tuple[Browser, list[int]]:
    """Show a row whose call was refused, as each further one is; return its page and the calls."""
    calls: list[int] = []

    def refused(_: LumenClient, __: str) -> Task:
        calls.append(len(calls))
        raise InvalidRequest("No.", field="prompt")

    account = account_of(QuietService().client())
    first = Submission(refused, account=account, prompt="a fox", model="m")
    browser = Browser(TaskPanel([first], account.client))
    first.start()
    until(lambda: "again" in browser.state_rows()[0]["actions"], "the way to try again")
    return browser, calls


def test_a_wish_to_try_again_that_arrives_twice_is_paid_once() -> None:
    """A connection that repeats a message repeats no call; the next press is another one."""
    browser, calls = _refused()
    again = {"kind": "act", "key": "0", "action": "again"}
    for request in ("1", "1", "2"):
        browser.say({**again, "request": request})
    until(lambda: len(calls) == 3, "the first call and two more")
    browser.ask("hello", view="v")
    browser.panel.close()

    assert len(browser.state_rows()) == 3
    answers = [(one["request"], one["key"]) for one in browser.heard if one["kind"] == "done"]
    assert answers == [("1", "1"), ("1", "1"), ("2", "2")], "a reloaded page learns the row"


def test_a_row_that_is_tried_again_in_two_tabs_at_once_is_paid_once() -> None:
    """While the kernel is busy neither tab sees the other's click; the next press is another."""
    browser, calls = _refused()
    again = {"kind": "act", "key": "0", "action": "again"}
    for request, seen in (("one tab", 1), ("the other", 1), ("later", 2)):
        browser.say({**again, "request": request, "seen": seen})
    until(lambda: len(calls) == 3, "the first call and two more")
    browser.ask("hello", view="v")
    browser.panel.close()

    assert len(browser.state_rows()) == 3
    answers = [(one["request"], one["key"]) for one in browser.heard if one["kind"] == "done"]
    assert answers == [("one tab", "1"), ("the other", "1"), ("later", "2")]


def test_a_task_that_is_tried_again_in_two_panels_at_once_is_paid_once() -> None:
    """While the kernel is busy, no panel of a task shows what was clicked in another one."""
    service = QuietService()
    client = service.client()
    task = client.generate("a fox")
    until(lambda: task.done, "its failure")
    service.status = "queued"
    one, other = (Browser(TaskPanel([task], client)) for _ in range(2))
    press = {"kind": "act", "key": "0", "action": "again", "seen": 1}
    for browser in (one, other):
        browser.say({**press, "request": "press"})
    states = [browser.state("1", "queued") for browser in (one, other)]

    assert states[0]["id"] == states[1]["id"] != task.id, "both show it"
    assert len(service.submits) == 2
    # who has seen it means another one
    other.say({**press, "request": "another", "seen": 2})
    until(lambda: len(service.submits) == 3, "another one")
    one.panel.close()
    other.panel.close()


def test_a_try_of_unknown_outcome_is_shown_in_another_panel_and_not_paid_again() -> None:
    """It may have been paid; the panel in which it was not clicked did not know of it."""
    service = QuietService()
    client = service.client()
    task = client.generate("a fox")
    until(lambda: task.done, "its failure")
    service.accepts = False
    one, other = (Browser(TaskPanel([task], client)) for _ in range(2))
    press = {"kind": "act", "key": "0", "action": "again", "seen": 1, "request": "press"}
    one.say(press)
    one.state("1", "unknown")
    other.say(press)

    assert other.state("1", "unknown")["actions"] == ["take_up"]
    assert len(service.submits) == 2
    # who has seen it means another one
    other.say({**press, "request": "another", "seen": 2})
    until(lambda: len(service.submits) == 3, "another one")
    one.panel.close()
    other.panel.close()


@pytest.mark.slow
def test_a_try_that_has_succeeded_is_shown_in_another_panel_and_not_paid_again() -> None:
    """Its pictures are drawn by then; the panel in which it was not clicked did not know of it."""
    with serving() as service:
        failed = {"status": "failed", "error": {"code": "busy", "message": "Busy."}}
        service.statuses = {"task-1": [failed], "*": [service.succeeded("fox.png")]}
        client = LumenClient("sk-lumen-test", service.server.url, journal=False)
        task = client.generate("a fox")
        until(lambda: task.done, "its failure")
        one, other = (Browser(TaskPanel([task], client)) for _ in range(2))
        press = {"kind": "act", "key": "0", "action": "again", "seen": 1, "request": "press"}
        one.say(press)
        one.until(lambda: one.row("1").get("pictured"))
        one.ask("look", keys=["1"])
        gc.collect()
        other.say(press)

        assert other.state("1", "succeeded")["id"] == "task-2"
        one.panel.close()
        other.panel.close()


def test_a_wish_to_try_again_that_was_interrupted_is_carried_out_once() -> None:
    """Wherever Ctrl-C hits the kernel as it takes a press in, its row is sent, and answered."""
    browser, calls = _refused()
    presses, place = 0, "at the beginning"
    while place:
        presses += 1
        press = {"kind": "act", "key": "0", "action": "again", "seen": 1_000_000}
        press["request"] = f"press {presses}"
        place = interrupt(partial(browser.say, press), presses) or ""
        browser.say(press)
        browser.until(lambda: any(one.get("request") == press["request"] for one in browser.heard))  # noqa: B023 -- called before the next round
        until(lambda: len(calls) == presses + 1, place)  # noqa: B023 -- as above
        until(lambda: browser.state_rows()[-1]["status"] == "refused", place)
    browser.panel.close()

    assert presses > 10, "it was interrupted at each of many instants"
    assert len(browser.state_rows()) == presses + 1


def test_an_id_to_take_up_that_arrives_twice_is_looked_up_and_answered_once() -> None:
    """The second message is not a second wish."""
    panel = TaskPanel([], QuietService().client())
    browser = Browser(panel)
    take_up = {"kind": "take_up", "request": "once", "key": "no row", "id": "a1b2c3"}
    for _ in range(2):
        browser.say(take_up)
    # answers are sent in the order in which they were made
    browser.ask("hello", view="v")
    panel.close()

    assert [one["kind"] for one in browser.heard if one.get("request") == "once"] == ["error"]


@pytest.mark.parametrize("tasks", ["abc", 5, [None], ["a1b2c3"], {"a": 1}])
def test_a_panel_of_no_tasks_is_refused_in_words(tasks: Any) -> None:
    """An id is no task; the error says how to get one."""
    client = QuietService().client()
    with pytest.raises(InvalidRequest, match="A task was expected, not"):
        TaskPanel(tasks)
    panel = TaskPanel([], client)
    with pytest.raises(InvalidRequest, match="A task was expected, not"):
        panel.add(tasks)
    panel.close()


def test_a_panel_of_one_task_needs_no_list() -> None:
    """As `lumen.show` takes one."""
    panel = TaskPanel(QuietService().client().generate("a fox"))
    assert "a fox" in repr(panel)
    panel.close()


def test_a_page_writes_nothing_into_a_panel() -> None:
    """It has no control that does: who charges is said by the kernel alone."""
    panel = TaskPanel([], QuietService().client())
    before = panel.get_state()
    wrong = ({"_host": "evil.example"}, {"_esm": "alert(1)"}, {"_rows": 5}, {"language": 7})
    for state in (*wrong, {"_rows": [{"id": "x"}], "layout": "IPY_MODEL_x", "_toolbar": True}):
        panel.set_state(state)

    assert panel.get_state() == before
    panel.close()

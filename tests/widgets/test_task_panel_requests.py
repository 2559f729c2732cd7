from __future__ import annotations

from typing import TYPE_CHECKING

from lumen_widgets.client import InvalidRequest, LumenClient
from lumen_widgets.notebook.account import account_of
from lumen_widgets.notebook.submission import Submission
from lumen_widgets.widgets import TaskPanel
from tests.widgets.forms import until
from tests.widgets.panels import Browser
from tests.widgets.quiet_service import QuietService

if TYPE_CHECKING:
    from lumen_widgets.client import Task


def test_a_wish_to_try_again_that_arrives_twice_is_paid_once() -> None:
    """A connection that repeats a message repeats no call; the next press is another one."""
    calls: list[int] = []

    def refused(_: LumenClient, __: str) -> Task:
        calls.append(len(calls))
        raise InvalidRequest("No.", field="prompt")

    account = account_of(QuietService().client())
    first = Submission(refused, account=account, prompt="a fox", model="m")
    browser = Browser(TaskPanel([first], account.client))
    first.start()
    until(lambda: first.error is not None, "the refusal")
    again = {"kind": "act", "key": "0", "action": "again"}
    until(lambda: "again" in browser.state_rows()[0]["actions"], "the way to try again")
    for request in ("1", "1", "2"):
        browser.say({**again, "request": request})
    until(lambda: len(calls) == 3, "the first call and two more")
    browser.panel.close()

    assert len(browser.state_rows()) == 3


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

"""Forms and panels over budget: refused with words, and nothing lost."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

import lumen_widgets as lumen
from lumen_widgets.client import BudgetExceeded, LumenClient
from lumen_widgets.notebook.account import account_of
from lumen_widgets.notebook.submission import Submission
from lumen_widgets.widgets import PromptForm
from lumen_widgets.widgets.prompt_form import widget
from tests.conditions import until
from tests.widgets.forms import PICTURE, listeners
from tests.widgets.panels import Browser

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.widgets.quiet_service import QuietService

MODEL = "gpt-image-2-low"


def test_a_form_over_budget_says_so_under_it_and_keeps_what_was_typed(
    form: PromptForm, service: QuietService
) -> None:
    """Its row says why and what to do; with room again, the same form is sent."""
    lumen.prices[MODEL] = 2
    lumen.budget(credits=3)
    form.n, form.images = 2, PICTURE
    browser = Browser(form.panel)
    submission = form.submit()
    row = browser.state("0", "refused")

    assert isinstance(submission.error, BudgetExceeded)
    assert (row["charge"], row["actions"]) == ("none", ["again"])
    assert "would cost 4 credits (2 pictures), and 3 of" in row["error"]["message"]
    assert "lumen.budget(credits=…)" in row["error"]["next_step"]
    assert (form.prompt, form.n, len(form.images)) == ("a fox", 2, 1)
    assert service.submits == []
    lumen.budget(credits=4)
    form.submit()
    until(lambda: len(service.submits) == 1, "it was sent")


def test_a_form_without_a_price_under_a_budget_shows_the_line_that_sets_it(
    form: PromptForm, service: QuietService
) -> None:
    """The line can be copied out of the row."""
    lumen.budget(credits=3)
    browser = Browser(form.panel)
    form.submit()
    row = browser.state("0", "refused")

    assert row["error"]["next_step"].endswith(f'lumen.prices["{MODEL}"] = …')
    assert service.submits == []


@pytest.mark.slow
@pytest.mark.parametrize("of", ["a call", "a task"])
def test_trying_again_over_budget_is_refused_with_words(
    service: QuietService, show: Callable[..., Browser], of: str
) -> None:
    """A failed task gave its credits back; the next try of it is one too many."""
    lumen.prices[MODEL] = 2
    client = service.client()

    def call(account: LumenClient, name: str = "") -> lumen.Task:
        return account.call("generations", "a fox", n=2, correlation_id=name)

    source: Submission | lumen.Task
    if of == "a call":
        source = Submission(call, account=account_of(client), prompt="a fox", model=MODEL)
        source.start()
    else:
        source = call(client)
    browser = show([source])
    browser.state("0", "failed")
    lumen.budget(credits=3)
    assert browser.ask("act", key="0", action="again")["key"] == "1"
    row = browser.state("1", "refused")

    assert row["charge"] == "none"
    assert "would cost 4 credits (2 pictures)" in row["error"]["message"]
    assert len(service.submits) == 1


def test_of_fifty_submits_of_a_form_as_many_are_sent_as_there_is_room_for(
    form: PromptForm, service: QuietService
) -> None:
    """Each goes out on a thread of its own."""
    lumen.prices[MODEL] = 2
    # cancelled, so that nothing comes back
    service.status = "cancelled"
    lumen.budget(credits=33)
    submissions = [form.submit() for _ in range(50)]
    until(lambda: all(one.state != "sending" for one in submissions), "all were decided")

    assert len(service.submits) == 16
    assert sum(isinstance(one.error, BudgetExceeded) for one in submissions) == 34


def test_a_form_shows_what_the_budget_leaves_until_it_is_closed(
    service: QuietService, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also what other cells spend, and what comes back; without a budget, nothing is shown."""
    listening = listeners(monkeypatch, widget, "subscribe_budget")
    form = PromptForm(service.client(), prompt="a fox")
    lumen.prices[MODEL] = 2
    assert shown(form) == {}
    lumen.budget(credits=5, tasks=3)
    full = {"credits": 5.0, "left": 5.0, "tasks": 3, "tasks_left": 3}
    until(lambda: shown(form) == full, "the budget")
    service.status = "cancelled"
    service.client().generate("an owl")
    until(lambda: shown(form) == {**full, "left": 3.0, "tasks_left": 2}, "what another cell spent")
    service.refuses = True
    submission = form.submit()
    until(lambda: submission.error is not None, "it was refused")
    until(lambda: shown(form)["tasks_left"] == 2, "nothing was spent")
    lumen.budget().remove()
    until(lambda: shown(form) == {}, "there is no budget any more")
    assert len(listening) == 1
    form.close()

    assert listening == []


def shown(form: PromptForm) -> dict[str, Any]:
    """Return the budget that a page shows."""
    return dict(form.get_state("_budget")["_budget"])

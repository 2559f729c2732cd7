"""Forms and panels show what the price list says, also when it changes while they are shown."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lumen_widgets.client import prices
from lumen_widgets.core.request import Request
from lumen_widgets.widgets import PromptForm
from tests.conditions import until
from tests.staged import StagedTask
from tests.widgets.forms import listeners

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.widgets.panels import Browser
    from tests.widgets.quiet_service import QuietService


def test_a_form_follows_the_prices_until_it_is_closed(
    service: QuietService, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Those of models that the client does not know too: they can be typed into it."""
    prices["mine"] = 2
    listening = listeners(monkeypatch, prices, "subscribe")
    form = PromptForm(service.client())
    assert _shown(form) == {"mine": 2.0}
    prices["gpt-image-2-low"] = 0.5
    until(lambda: _shown(form) == {"mine": 2.0, "gpt-image-2-low": 0.5}, "the new price")
    form.set_state({"_prices": {"mine": 0}})
    assert _shown(form)["mine"] == 2.0, "a browser sets no price"
    assert len(listening) == 2, "the form and its panel"
    form.close()

    assert listening == [], "neither form nor its panel listens"


@pytest.mark.slow
@pytest.mark.usefixtures("_offline_account")
def test_a_panel_follows_the_price_of_tasks_that_run_and_of_those_that_ended(
    service: QuietService, show: Callable[..., Browser]
) -> None:
    """Only the rows of that model are sent again."""
    ended = service.client().generate("a fox", n=2)
    request = Request("generations", {"prompt": "an owl", "model": "other"})
    browser = show([])
    # a page shows the panel: nothing is sent twice for one that was loading
    browser.ask("hello", view="v")
    browser.panel.add(ended)
    browser.panel.add(StagedTask("other", request).task)
    row = browser.state("0", "failed")
    assert (row["credits"], row["charge"]) == (None, "refunded")
    # once its thumbnail was asked for, the panel has let go of a task that ended
    browser.ask("look", keys=["0"])
    browser.state("1", "queued")
    before = len(browser.heard)
    prices["gpt-image-2-low"] = 1.5
    browser.until(lambda: browser.row("0")["credits"] == 3)
    prices["other"] = 1
    browser.until(lambda: browser.row("1")["credits"] == 1)

    sent = [row["key"] for message in browser.heard[before:] for row in message.get("rows", ())]
    assert sent == ["0", "1"]


def _shown(form: PromptForm) -> dict[str, float]:
    """Return the prices that a page shows."""
    return dict(form.get_state("_prices")["_prices"])

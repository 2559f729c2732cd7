"""What a budget counts and what it refuses, over a real socket."""

from __future__ import annotations

import math
import pickle
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import lumen_widgets as lumen
from lumen_widgets.client import BudgetExceeded, Request, prices
from lumen_widgets.core import errors
from tests.client.service import FAILED, PROCESSING
from tests.client.spending import MASK, MODEL, PICTURE, CountedHosting, stands

if TYPE_CHECKING:
    from collections.abc import Callable

    from lumen_widgets.client import LumenClient
    from tests.client.service import Service


@pytest.fixture(autouse=True)
def _prices() -> None:
    """Two models have a price."""
    prices.update({MODEL: 2, "fal-flux-pro-fill": 5})


def test_what_is_submitted_counts_until_nothing_is_left(
    service: Service, connect: Callable[..., LumenClient]
) -> None:
    """Price times pictures, from the submit on; the first that goes over is refused."""
    service.statuses["*"] = [PROCESSING]
    client = connect(service.server.url)
    made = lumen.budget(credits=7)
    client.generate("a", n=2)
    assert stands() == (4, 0, 3, 1)
    with pytest.raises(BudgetExceeded) as caught:
        client.generate("b", n=2)
    assert (caught.value.count, caught.value.cost, caught.value.left) == (1, 4, 3)
    assert caught.value.message == (
        "This task would cost 4 credits (2 pictures), and 3 of the budget of 7 credits are left. "
        "Nothing was sent and nothing spent."
    )
    assert caught.value.next_step.endswith("lumen.budget(credits=…).")
    assert not caught.value.may_have_cost
    client.generate("c")
    assert made is lumen.budget()
    assert repr(made) == "Budget: 6 of 7 credits spent, 1 left · 2 tasks"
    assert len(service.server.posts) == 2


def test_prices_with_places_are_counted_exactly(
    service: Service, connect: Callable[..., LumenClient]
) -> None:
    """Three tenths are three times one tenth, whatever binary numbers make of it."""
    service.statuses["*"] = [PROCESSING]
    prices[MODEL] = 0.1
    lumen.budget(credits=0.3)
    client = connect(service.server.url)
    for _ in range(3):
        client.generate("a")
    assert stands() == (0.3, 0, 0, 3)
    with pytest.raises(BudgetExceeded, match=r"0\.1 credits \(1 picture\), and 0 of the budget"):
        client.generate("a")


def test_a_budget_of_tasks_needs_no_prices(
    service: Service, connect: Callable[..., LumenClient]
) -> None:
    """It counts tasks, whatever they cost."""
    service.statuses["*"] = [PROCESSING]
    client = connect(service.server.url)
    lumen.budget(tasks=2)
    client.generate("a", model="unheard-of", n=4)
    client.generate("b")
    with pytest.raises(BudgetExceeded, match="The budget of 2 tasks is used up") as caught:
        client.generate("c", model="unheard-of", n=3)
    assert "3 pictures" in caught.value.message
    assert (caught.value.cost, caught.value.left) == (None, None)
    with pytest.raises(BudgetExceeded, match="1 picture for 2 credits"):
        client.generate("c")
    assert lumen.budget().tasks_left == 0
    assert repr(lumen.budget()) == ("Budget: 2 credits spent · 2 of 2 tasks, 1 of unknown price")
    assert len(service.server.posts) == 2


def test_an_unknown_price_is_refused_with_the_line_that_sets_it(
    service: Service, connect: Callable[..., LumenClient]
) -> None:
    """It is not known whether it fits, until the price is set; what `extra` replaces counts."""
    service.statuses["*"] = [PROCESSING]
    client = connect(service.server.url)
    lumen.budget(credits=50, tasks=9)
    with pytest.raises(BudgetExceeded) as caught:
        client.generate("a", model='my "model"')
    assert caught.value.next_step.endswith(r'lumen.prices["my \"model\""] = …')
    assert "50 credits" in caught.value.message
    with pytest.raises(BudgetExceeded, match="price of hidden is not known"):
        client.generate("a", extra={"model": "hidden"})
    with pytest.raises(BudgetExceeded, match="extra makes n '4'"):
        client.generate("a", extra={"n": "4"})
    with pytest.raises(BudgetExceeded, match="would cost 60 credits"):
        client.generate("a", extra={"n": 30})
    assert stands() == (0, 0, 50, 0)
    prices['my "model"'] = 50
    client.generate("a", model='my "model"')
    assert stands() == (50, 0, 0, 1)
    assert len(service.server.posts) == 1


@pytest.mark.parametrize("call", ["generate", "edit", "inpaint", "submit"])
def test_a_refusal_leaves_no_trace(
    service: Service, connect: Callable[..., LumenClient], call: str
) -> None:
    """Nothing is uploaded, written into the journal, or sent; a wrong field is told first."""
    hosting = CountedHosting()
    client = connect(service.server.url, hosting=hosting)
    lumen.budget(credits=1)
    calls: dict[str, Callable[..., Any]] = {
        "generate": lambda **f: client.generate("a", **f),
        "edit": lambda **f: client.edit("a", [PICTURE, PICTURE], **f),
        "inpaint": lambda **f: client.inpaint("a", PICTURE, MASK, **f),
        "submit": lambda: client.submit(Request("generations", {"prompt": "a", "model": MODEL})),
    }
    with pytest.raises(BudgetExceeded):
        calls[call]()
    if call != "submit":
        with pytest.raises(errors.InvalidRequest):
            calls[call](n=9)
    assert hosting.taken == 0
    assert service.server.connections == 0
    assert client.journal is not None
    assert client.journal.rows() == []
    assert stands() == (0, 0, 1, 0)


def test_a_new_budget_counts_from_zero_and_none_changes_nothing(
    service: Service, connect: Callable[..., LumenClient]
) -> None:
    """What was submitted before belongs to the budget of then, its refund too."""
    service.statuses["*"] = [FAILED]
    client = connect(service.server.url)
    before = lumen.budget()
    assert repr(before) == "No budget is set: 0 credits spent · 0 tasks"
    task = client.generate("a")
    first = lumen.budget(credits=9, tasks=4)
    assert lumen.budget() is lumen.budget(credits=None) is lumen.budget(None, None) is first
    with pytest.raises(errors.TaskFailed):
        task.wait(30)
    assert stands() == (0, 0, 9, 0)
    assert (before.spent, before.refunded) == (0, 2)
    second = lumen.budget(tasks=1)
    assert (second.credits, second.left, second.tasks) == (None, None, 1)


def test_a_budget_that_is_removed_limits_nothing_and_goes_on_counting(
    service: Service, connect: Callable[..., LumenClient]
) -> None:
    """Only its own limits end: not those of a budget that took its place."""
    service.statuses["*"] = [PROCESSING]
    client = connect(service.server.url)
    old = lumen.budget(credits=0)
    lumen.budget(credits=2, tasks=1)
    old.remove()
    client.generate("a")
    with pytest.raises(BudgetExceeded, match="0 of the budget of 2 credits are left"):
        client.generate("b")
    lumen.budget().remove()
    client.generate("b", model="unheard-of")
    assert repr(lumen.budget()) == (
        "No budget is set: 2 credits spent · 2 tasks, 1 of unknown price"
    )
    assert lumen.budget()._repr_html_().startswith("<p><b>No budget is set</b>: 2 credits spent ·")


def test_what_is_spent_and_left_is_one_dict(
    service: Service, connect: Callable[..., LumenClient]
) -> None:
    """A page gets all that a budget counts of one moment, with limits and without."""
    service.statuses["*"] = [FAILED]
    client = connect(service.server.url)
    nothing = lumen.budget().spending()
    assert nothing == {
        "spent": 0,
        "left": None,
        "tasks": 0,
        "tasks_left": None,
        "unpriced": 0,
        "unknown": 0,
        "refunded": 0,
    }
    lumen.budget(tasks=5)
    client.generate("a", model="unheard-of")
    failed = client.generate("b", n=2)
    with pytest.raises(errors.TaskFailed):
        failed.wait(30)
    lumen.budget().remove()
    assert lumen.budget().spending() | {"unpriced": 0, "tasks": 0} == nothing | {"refunded": 4}
    lumen.budget(credits=7)
    service.statuses["*"] = [PROCESSING]
    client.generate("c")
    assert lumen.budget().spending() == nothing | {"spent": 2, "left": 5, "tasks": 1}


@pytest.mark.parametrize(
    ("limits", "field"),
    [
        ({"credits": -1}, "credits"),
        ({"credits": "50"}, "credits"),
        ({"credits": math.inf}, "credits"),
        ({"credits": math.nan}, "credits"),
        ({"credits": True}, "credits"),
        ({"credits": np.timedelta64(5, "D")}, "credits"),
        ({"credits": Decimal(5)}, "credits"),
        ({"tasks": np.timedelta64(5, "D")}, "tasks"),
        ({"tasks": -1}, "tasks"),
        ({"tasks": 2.0}, "tasks"),
        ({"tasks": False}, "tasks"),
        ({"credits": 5, "tasks": "3"}, "tasks"),
        ({"tasks": 10**400}, "tasks"),
    ],
    ids=lambda given: repr(given)[:40],
)
def test_a_wrong_limit_is_refused_and_the_old_one_holds(limits: Any, field: str) -> None:
    """A slip never lifts a limit."""
    held = lumen.budget(credits=3)
    with pytest.raises(errors.InvalidRequest, match=r"The limit .* is no") as caught:
        lumen.budget(**limits)
    assert caught.value.field == field
    assert "of of" not in str(caught.value)
    assert lumen.budget() is held


def test_a_number_of_pictures_without_end_loses_no_task(
    service: Service, connect: Callable[..., LumenClient]
) -> None:
    """A task that was taken is returned, and counted, whatever `extra` makes of its n."""
    service.statuses["*"] = [PROCESSING]
    task = connect(service.server.url).generate("a", extra={"n": 10**400})
    assert (task.id, task.credits) == ("task-1", None)
    assert repr(lumen.budget()).endswith("1 task, 1 of unknown price")


def test_a_refusal_survives_a_pickle() -> None:
    """Errors travel between processes with all that they know."""
    error = BudgetExceeded("No.", next_step="Ask for less.", count=3, cost=6.0, left=1.0)
    copied = pickle.loads(pickle.dumps(error))  # noqa: S301 # our own bytes
    assert (copied.count, copied.cost, copied.left, str(copied)) == (3, 6, 1, str(error))

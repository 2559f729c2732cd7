"""Many submits at once: whatever order their threads take, the budget holds."""

from __future__ import annotations

import sys
import threading
import time
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import lumen_widgets as lumen
from lumen_widgets.client import BudgetExceeded, LumenClient, prices
from lumen_widgets.client.spending import budget as budgets
from lumen_widgets.core import errors
from tests.client import fault_server as fault
from tests.client.conftest import KEY
from tests.client.fault_server import FaultServer, Received, http
from tests.client.spending import PICTURE, CountedHosting, stands
from tests.conditions import PATIENCE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from lumen_widgets.client import Task

pytestmark = pytest.mark.slow


class Call(NamedTuple):
    """One submit, and what becomes of it."""

    price: int
    n: int
    fate: str

    @property
    def cost(self) -> int:
        """Credits that it costs."""
        return self.price * self.n


class Bank:
    """A service that charges as documented, and knows the most that it had charged at once."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._tasks: dict[str, Call] = {}
        self.charged = self.most = self.refunded = self.standing = 0

    def respond(self, request: Received) -> bytes:
        """Answer a request; what comes back does so before anybody is told."""
        with self._lock:
            if request.method == "POST":
                return self._take(request.body)
            return self._say(request.path.rpartition("/")[2])

    def _take(self, body: Any) -> bytes:
        price, fate = body["model"].split("-")
        call = Call(int(price), body["n"], fate)
        self.charged += call.cost
        self.standing += 1
        self.most = max(self.most, self.charged)
        if fate == "refused":
            self._give_back(call)
            return http(402, {"error": {"code": "no", "message": "No."}})
        if fate == "lost":
            return http(504)
        task_id = f"task-{len(self._tasks) + 1}"
        self._tasks[task_id] = call
        return http(200, {"id": task_id, "status": "queued"})

    def _say(self, task_id: str) -> bytes:
        call = self._tasks[task_id]
        if call.fate == "stays":
            return http(200, {"id": task_id, "status": "cancelled"})
        self._give_back(call)
        self.refunded += call.cost
        error = {"code": "unsafe", "message": "No."}
        return http(200, {"id": task_id, "status": "failed", "error": error})

    def _give_back(self, call: Call) -> None:
        self.charged -= call.cost
        self.standing -= 1


@pytest.fixture(autouse=True)
def _in_turns(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Have threads take turns as often as they can, above all between looking and taking."""
    look = budgets.Budget._check

    def and_let_others(*words: Any) -> None:
        look(*words)
        time.sleep(0)

    monkeypatch.setattr(budgets.Budget, "_check", and_let_others)
    usual = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(usual)


def _all_at_once(calls: list[Callable[[], Any]]) -> list[Any]:
    """Make all calls at the same moment, each on a thread; return what they return or raise."""
    found: list[Any] = [None] * len(calls)
    start = threading.Barrier(len(calls))

    def run(place: int) -> None:
        start.wait()
        try:
            found[place] = calls[place]()
        except errors.LumenError as error:
            found[place] = error

    threads = [threading.Thread(target=run, args=(place,)) for place in range(len(calls))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)
    return found


FATES = st.sampled_from(["stays", "fails", "refused", "lost"])
CALLS = st.lists(st.builds(Call, st.integers(0, 3), st.integers(1, 4), FATES), min_size=1)


@settings(max_examples=25, deadline=None)
@given(CALLS, st.integers(0, 30), st.one_of(st.none(), st.integers(0, 12)))
def test_never_more_than_the_budget_is_charged(
    calls: list[Call], credits_: int, tasks: int | None
) -> None:
    """At no moment, whatever is taken, refused, lost or refunded meanwhile; and none is missing."""
    bank = Bank()
    prices.update({f"{call.price}-{call.fate}": call.price for call in calls})
    lumen.budget(credits=credits_, tasks=tasks)
    with FaultServer(fault.calls(bank.respond)) as server:
        client = LumenClient(KEY, server.url, journal=False)
        found = _all_at_once(
            [
                partial(client.generate, "a", model=f"{call.price}-{call.fate}", n=call.n)
                for call in calls
            ]
        )
        taken: list[Task] = [one for one in found if isinstance(one, lumen.Task)]
        list(client.as_completed(taken, PATIENCE))
        refused = sum(isinstance(one, BudgetExceeded) for one in found)
        assert len(server.posts) == len(calls) - refused
    assert bank.most <= credits_
    assert stands() == (bank.charged, bank.refunded, credits_ - bank.charged, bank.standing)
    if sum(call.cost for call in calls) <= credits_ and (tasks is None or len(calls) <= tasks):
        assert refused == 0


@pytest.mark.parametrize("limit", [{"credits": 34}, {"tasks": 17}], ids=["credits", "tasks"])
def test_of_fifty_at_once_as_many_are_sent_as_there_is_room_for(limit: dict[str, Any]) -> None:
    """Not one more, and not one less; of the others not even a picture is uploaded."""
    bank, hosting = Bank(), CountedHosting()
    prices["2-stays"] = 2
    lumen.budget(**limit)
    with FaultServer(fault.calls(bank.respond)) as server:
        client = LumenClient(KEY, server.url, journal=False, hosting=hosting)
        pictures = [PICTURE + number for number in range(50)]
        found = _all_at_once(
            [partial(client.edit, "a", picture, model="2-stays", n=1) for picture in pictures]
        )
        assert len(server.posts) == 17
        assert sum(isinstance(one, BudgetExceeded) for one in found) == 33
        assert sum(isinstance(one, lumen.Task) for one in found) == 17
    assert hosting.taken == 17
    assert bank.charged == 34

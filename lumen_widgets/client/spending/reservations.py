"""What submits take out of the budget, from before anything leaves until their cost is known.

What a task costs is reserved when its submit begins, before a picture is uploaded, a journal row is
written or a byte is sent. It is given back if the service refused the request, if the request was
never sent, and if the task fails, since the page promises that refund. It stays spent where nobody
knows what became of the request, and where the service cancelled the task.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from lumen_widgets.client.spending import budget as budgets
from lumen_widgets.client.spending.prices import cost_of
from lumen_widgets.core.answers import FAILED, TERMINAL
from lumen_widgets.core.errors import LumenError

if TYPE_CHECKING:
    from fractions import Fraction

    from lumen_widgets.client.spending.budget import Budget
    from lumen_widgets.core.request import Request

# by origin and id: the tasks of this process that may still fail, whichever client follows them
_running: dict[tuple[str, str], Reservation] = {}


class Reservation:
    """What one submit may cost, until it is known whether it does; safe to use from any thread."""

    def __init__(self, budget: Budget, cost: Fraction | None) -> None:
        self._budget = budget
        self._cost = cost
        self._state: Literal["held", "taken", "unknown", "returned"] = "held"

    def taken(self, origin: str, task_id: str) -> None:
        """Note that the service took the task: spent, unless it fails."""
        with budgets._lock:
            self._hold("taken")
            _running[origin, task_id] = self

    def settle(self, result: object, *, departed: bool) -> None:
        """Note how the submit ended, where the service has not taken the task.

        Parameters
        ----------
        result
            The error that it ended with.
        departed
            Whether something may have been sent, for an error that does not say so itself.

        """
        cost = result.may_have_cost if isinstance(result, LumenError) else departed
        if not cost:
            self.give_back()
            return
        with budgets._lock:
            if self._state in {"held", "returned"}:
                self._hold("unknown")
                self._budget._unknown += 1

    def give_back(self) -> None:
        """Note that nothing was sent, or that the service refused it."""
        with budgets._lock:
            if self._state == "held":
                self._budget._count(self._cost, -1)
                self._state = "returned"

    def _hold(self, state: Literal["taken", "unknown"]) -> None:
        # given up by whoever waited for it, and sent all the same: what is spent is spent
        if self._state == "returned":
            self._budget._count(self._cost, 1)
        self._state = state

    def _refund(self) -> None:
        self._budget._count(self._cost, -1)
        self._budget._refunded += self._cost or 0


def reserve(request: Request) -> Reservation:
    """Take what a request costs out of the budget that holds now.

    Raises
    ------
    BudgetExceeded
        If there is too little left, or nobody knows what it costs.

    """
    cost = cost_of(request)
    with budgets._lock:
        budget = budgets._current
        budget._check(request, cost)
        budget._count(cost, 1)
        return Reservation(budget, cost)


def hear(origin: str, task_id: str, status: str) -> None:
    """Take in how a task stands: one that failed gives its credits back, once."""
    if status in TERMINAL:
        with budgets._lock:
            reservation = _running.pop((origin, task_id), None)
            if reservation is not None and status == FAILED:
                reservation._refund()

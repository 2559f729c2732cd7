"""How much this process may spend, and what of it is spent: one budget holds at a time.

What a task costs is reserved when its submit begins, before a picture is uploaded, a journal row is
written or a byte is sent. It is released if the service refused the request or the request was
never sent, and refunded if the task fails, since the API documentation promises that. It stays
spent where the outcome of the request is unknown, and where the service cancelled the task.
"""

from __future__ import annotations

import json
import sys
from fractions import Fraction
from typing import TYPE_CHECKING, Literal, NamedTuple, TypedDict

from lumen_widgets.client.spending.prices import (
    cost_of,
    exact,
    format_credits,
    format_number,
    picture_count,
    prices,
    read_amount,
)
from lumen_widgets.core.answers import FAILED, TERMINAL
from lumen_widgets.core.errors import BudgetExceeded, InvalidRequest
from lumen_widgets.core.options import Option
from lumen_widgets.core.signal import Signal, lock_over_forks
from lumen_widgets.core.words import format_count, short_repr, whole_number

if TYPE_CHECKING:
    from collections.abc import Callable

    from lumen_widgets.core.answers import Accepted
    from lumen_widgets.core.call import Call
    from lumen_widgets.core.options import StatusReport
    from lumen_widgets.core.request import Request

# One for all budgets and reservations: what is reserved, and which budget holds, change together.
# Nothing is called under it that could wait.
_lock = lock_over_forks()

# Told after the lock is free: what listens may look at the budget.
_changed: Signal[None] = Signal("the budget")


class Spending(TypedDict):
    """What a budget counts, all of one moment, as a page shows it."""

    spent: float  # credits that are spent or reserved, as far as prices are known
    left: float | None  # credits that may still be spent; None is no limit
    tasks: int  # that count: all that were submitted, but for those that failed
    tasks_left: int | None
    unpriced: int  # of these tasks, how many have no known price
    unknown: int  # requests of unknown outcome, which count as spent
    refunded: float  # credits that came back because their tasks failed


class _Totals:
    """What of a budget is spent; changed only while the lock is held."""

    def __init__(self) -> None:
        self.spent = self.refunded = Fraction(0)
        self.submitted = self.unpriced = self.unknown = 0

    def add(
        self, cost: Fraction | None, tasks: int, *, refunded: Reservation | None = None
    ) -> None:
        """Count a task, or with -1 no longer: all of it or, where Ctrl-C comes, nothing.

        A signal handler may count one in the middle of a sum, which is then made anew; it may be
        the one that is being `refunded`, which counts once.
        """
        amount = cost or Fraction(0)
        while refunded is None or refunded.state != "refunded":
            before = self.spent, self.refunded
            spent = before[0] + amount * tasks
            given_back = before[1] + amount if refunded else before[1]
            if self.spent is before[0] and self.refunded is before[1]:
                # nothing is called from here on
                self.submitted += tasks
                self.unpriced += tasks if cost is None else 0
                self.spent, self.refunded = spent, given_back
                if refunded is not None:
                    refunded.state = "refunded"
                return


class Budget:
    """What may be spent and what is: a live count, from the moment that `budget` set it."""

    def __init__(self, credits: float | None = None, tasks: int | None = None) -> None:  # noqa: A002 # the contract's name
        self._credits = credits
        self._tasks = tasks
        self._totals = _Totals()

    @property
    def credits(self) -> float | None:
        """The most credits that may be spent; None is no limit."""
        return self._credits

    @property
    def tasks(self) -> int | None:
        """The most tasks that may be submitted; None is no limit."""
        return self._tasks

    @property
    def spent(self) -> float:
        """Credits that are spent or reserved, as far as prices are known, less what came back."""
        return float(self._totals.spent)

    @property
    def refunded(self) -> float:
        """Credits that came back because their tasks failed."""
        return float(self._totals.refunded)

    @property
    def left(self) -> float | None:
        """Credits that may still be spent; None without such a limit."""
        return None if self.credits is None else float(exact(self.credits) - self._totals.spent)

    @property
    def submitted(self) -> int:
        """How many tasks count: all that were submitted, but for those that failed."""
        return self._totals.submitted

    @property
    def tasks_left(self) -> int | None:
        """How many tasks may still be submitted; None without such a limit."""
        return None if self.tasks is None else self.tasks - self._totals.submitted

    def spending(self) -> Spending:
        """Return what it counts, all of one moment, as a dict of JSON.

        Examples
        --------
        >>> budget().spending()["unknown"]
        0

        """
        with _lock:
            totals = self._totals
            return Spending(
                spent=self.spent,
                left=self.left,
                tasks=totals.submitted,
                tasks_left=self.tasks_left,
                unpriced=totals.unpriced,
                unknown=totals.unknown,
                refunded=self.refunded,
            )

    def remove(self) -> None:
        """Limit nothing any more, and go on counting.

        Examples
        --------
        >>> budget().remove()

        """
        with _lock:
            self._credits = self._tasks = None
        _changed.send(None)

    def reserve(self, request: Request) -> Reservation:
        """Count what a request costs; the lock is held.

        Raises
        ------
        BudgetExceeded
            If there is too little left, or its cost is unknown.

        """
        cost = cost_of(request)
        self._check(request, cost)
        self._totals.add(cost, 1)
        return Reservation(self._totals, cost)

    def __repr__(self) -> str:
        """Return the limits and what is spent, in words."""
        limited = self.credits is not None or self.tasks is not None
        return f"{'Budget' if limited else 'No budget is set'}: {self._summary()}"

    def _repr_html_(self) -> str:
        import html

        head, _, summary = repr(self).partition(": ")
        return f"<p><b>{html.escape(head)}</b>: {html.escape(summary)}</p>"

    def _summary(self) -> str:
        with _lock:
            spent = format_credits(self._totals.spent)
            if self.credits is not None:
                left = exact(self.credits) - self._totals.spent
                limit = format_credits(self.credits)
                count = format_number(self._totals.spent)
                spent = f"{count} of {limit} spent, {format_number(left)} left"
            else:
                spent += " spent"
            if self._totals.refunded:
                spent += f", {format_number(self._totals.refunded)} refunded"
            of = "" if self.tasks is None else f" of {self.tasks}"
            one = (self._totals.submitted if self.tasks is None else self.tasks) == 1
            tasks = f"{self._totals.submitted}{of} task{'' if one else 's'}"
            more = [
                f"{number} {what}"
                for number, what in (
                    (self._totals.unpriced, "of unknown price"),
                    (self._totals.unknown, "of unknown outcome, counted as spent"),
                )
                if number
            ]
        return " · ".join([spent, ", ".join([tasks, *more])])

    def _check(self, request: Request, cost: Fraction | None) -> None:
        """Refuse what goes over; the lock is held."""
        if self.credits is not None:
            if cost is None:
                raise _unpriced(request, self.credits)
            left = exact(self.credits) - self._totals.spent
            if cost > left:
                raise self._exceeded(
                    f"This task would cost {format_credits(cost)} ({_pictures(request)}), and "
                    f"{format_number(left)} of the budget of {format_credits(self.credits)} "
                    f"{'is' if left == 1 else 'are'} left.",
                    cost,
                )
        if self.tasks is not None and self._totals.submitted >= self.tasks:
            known = "" if cost is None else f" for {format_credits(cost)}"
            raise self._exceeded(
                f"The budget of {format_count(self.tasks, 'task')} is used up, and "
                f"this one asks for {_pictures(request)}{known}.",
                cost,
            )

    def _exceeded(self, message: str, cost: Fraction | None) -> BudgetExceeded:
        given = {"credits": self.credits, "tasks": self.tasks}
        line = ", ".join(f"{name}=…" for name, limit in given.items() if limit is not None)
        return BudgetExceeded(
            f"{message} Nothing was sent and nothing spent.",
            next_step="Ask for less, or set a new budget, which counts from zero: "
            f"lumen.budget({line}).",
            cost=None if cost is None else float(cost),
            left=self.left,
        )


class Reservation:
    """What one submit may cost, until it is known whether it does; safe to use from any thread.

    Attributes
    ----------
    state
        What has become of it.

    """

    def __init__(self, totals: _Totals, cost: Fraction | None) -> None:
        self._totals = totals
        self._cost = cost
        self.state: Literal["reserved", "accepted", "unknown", "released", "refunded"] = "reserved"

    def commit(self, state: Literal["accepted", "unknown"]) -> None:
        """Note that the service accepted the task, or that it is unknown whether it did."""
        with _lock:
            # Released when the wait for it ended, and sent all the same: it counts again.
            if self.state == "released":
                self._totals.add(self._cost, 1)
            if state == "unknown" and self.state != "unknown":
                self._totals.unknown += 1
            self.state = state
        _changed.send(None)

    def release(self) -> None:
        """Note that nothing was sent, or that the service refused it."""
        with _lock:
            if self.state == "reserved":
                self._totals.add(self._cost, -1)
                self.state = "released"
        _changed.send(None)

    def refund(self) -> None:
        """Note that the task has failed, as often as it is said."""
        with _lock:
            self._totals.add(self._cost, -1, refunded=self)
        _changed.send(None)


class SpendingOption(Option):
    """Holds one submit and its task to the budget.

    Parameters
    ----------
    origin, account
        The service's address, and the fingerprint of the key.
    correlation_id
        What the call was known by, of a task that is taken up; None where that is not known.

    """

    def __init__(self, origin: str, account: str = "", correlation_id: str | None = None) -> None:
        self._origin = origin
        self._account = account
        self._correlation_id = correlation_id
        self._reservation: Reservation | None = None
        self._task_id = ""

    def reserve(self, call: Call) -> None:
        """Reserve what the request costs in the current budget."""
        with _lock:
            self._reservation = _current.reserve(call.request)
        self._correlation_id = call.correlation_id
        _changed.send(None)

    def accepted(self, accepted: Accepted) -> None:
        """Count it as spent, unless the task fails."""
        self._task_id = accepted.task_id
        if self._reservation is not None:
            self._reservation.commit("accepted")
            key = self._origin, self._account, accepted.task_id
            _refundable[key] = _Refundable(self._reservation, self._correlation_id)

    def refused(self, error: BaseException) -> None:  # noqa: ARG002 -- whatever it is
        """Release the credits."""
        if self._reservation is not None:
            self._reservation.release()

    def unknown(self, error: BaseException) -> None:  # noqa: ARG002 -- whatever it is
        """Leave the credits spent, since they may be."""
        if self._reservation is not None:
            self._reservation.commit("unknown")

    def taken_up(self, task_id: str, status: str) -> None:
        """Refund a failed task that was submitted by another client of this process."""
        self._task_id = task_id
        self._refund_if_failed(status)

    def status(self, report: StatusReport) -> None:
        """Refund the credits of a task that failed, once."""
        self._refund_if_failed(report.status)

    def _refund_if_failed(self, status: str) -> None:
        key = self._origin, self._account, self._task_id
        refund_if_failed(*key, status, correlation_id=self._correlation_id)


class _Refundable(NamedTuple):
    reservation: Reservation
    correlation_id: str | None


# By origin, account and id: the tasks of this process that may still fail, whichever client follows
# them.
_refundable: dict[tuple[str, str, str], _Refundable] = {}


def refund_if_failed(
    origin: str, account: str, task_id: str, status: str, *, correlation_id: str | None = None
) -> None:
    """Refund a task's credits if it failed, once; any other end makes them spent for good.

    An earlier task may have had the same id: where a `correlation_id` is given, it is of that call.
    """
    key = origin, account, task_id
    found = _refundable.get(key)
    if status in TERMINAL and found and correlation_id in {None, found.correlation_id}:
        if status == FAILED:
            found.reservation.refund()
        # Afterwards: Ctrl-C in between has it refunded by the next answer.
        _refundable.pop(key, None)


_current = Budget()


def budget(credits: float | None = None, tasks: int | None = None) -> Budget:  # noqa: A002 # the contract's name
    """Limit what this process may spend from here on; without arguments, say how that stands.

    It holds for every account, the sandbox too, whose credits are not real but count just the
    same: so a budget can be shown and tried without a key. What would go over it raises
    `BudgetExceeded` before anything is uploaded, written down or sent.

    Parameters
    ----------
    credits
        The most credits, by `lumen.prices`; None is no limit. Under this limit a model without a
        price is refused. 0 allows only what is free.
    tasks
        The most tasks, whatever they cost; None is no limit.

    Returns
    -------
    Budget
        How it stands, shown in words as a cell's last line. Given either argument, it is a new
        budget in place of the one before, and counts from zero. Given none, or None for both, it
        is the one that holds, unchanged; its ``remove()`` ends the limits.

    Raises
    ------
    InvalidRequest
        `credits` is no finite number from 0 up, or `tasks` no whole number from 0 up.

    Notes
    -----
    Credits count from the submit on, and come back if the request is refused or never sent. A task
    that fails gives back its credits and its place, as far as it is followed to its end: the API
    documentation says that failed tasks are refunded. A cancelled one, and a request of unknown
    outcome, stay spent. Other programs that use the same key are not counted.

    Examples
    --------
    >>> import lumen_widgets as lumen
    >>> lumen.prices["gpt-image-2-low"] = 2.0  # doctest: +SKIP
    >>> lumen.budget(credits=50)  # doctest: +SKIP
    Budget: 0 of 50 credits spent, 50 left · 0 tasks
    >>> lumen.budget().remove()  # doctest: +SKIP

    """
    global _current  # noqa: PLW0603 # one budget for the process
    if credits is None and tasks is None:
        return _current
    made = Budget(_credit_limit(credits), _task_limit(tasks))
    with _lock:
        _current = made
    _changed.send(None)
    return made


def subscribe_budget(fn: Callable[[None], object]) -> Callable[[], None]:
    """Have `fn` called when another budget is set, or what is left of it changed.

    It is called on whichever thread changed it and should take no time; what it raises is logged.
    Returns what ends that.

    Examples
    --------
    >>> stop = subscribe_budget(lambda _: print(budget()))
    >>> stop()

    """
    return _changed.connect(fn)


def _unpriced(request: Request, limit: float) -> BudgetExceeded:
    holds = f"There is a budget of {format_credits(limit)}. Nothing was sent and nothing spent."
    if request.model in prices:
        return BudgetExceeded(
            "What this task costs is not known, since extra makes n "
            f"{short_repr(request.body['n'])}. {holds}",
            next_step="Pass n as a whole number.",
        )
    return BudgetExceeded(
        f"The price of {request.model} is not known here, for {_pictures(request)}. {holds}",
        next_step="Look up in the service's console what one picture costs, and set it: "
        f"lumen.prices[{json.dumps(request.model, ensure_ascii=False)}] = …",
    )


def _pictures(request: Request) -> str:
    n = picture_count(request)
    return "an unknown number of pictures" if n is None else format_count(n, "picture")


def _credit_limit(value: object) -> float | None:
    if value is None:
        return None
    limit = read_amount(value)
    if limit is None:
        raise InvalidRequest(
            f"The limit {short_repr(value)} is no number of credits from 0 up.",
            next_step="Write it as lumen.budget(credits=50); lumen.budget().remove() ends one.",
            field="credits",
        )
    return limit


def _task_limit(value: object) -> int | None:
    if value is None:
        return None
    limit = whole_number(value)
    if limit is None or not 0 <= limit <= sys.maxsize:
        raise InvalidRequest(
            f"The limit {short_repr(value)} is no whole number of tasks from 0 up.",
            next_step="Write it as lumen.budget(tasks=20); lumen.budget().remove() ends one.",
            field="tasks",
        )
    return limit

"""How the time of one task passes: when to ask about it next, and what its end teaches."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lumen_widgets.core.polling.pacing import Pace

# The end lies between two questions. Taken for the middle of it, but no more than this part of its
# age before the second: the first questions are far apart, and ends are near the later of two.
_BLUR = 0.2

# The dearest that questions get when too many are due: at 64 times the usual spacing.
_MOST_LEVELS = 6


class Watch:
    """Watches one task.

    Times are of the scheduler's clock, which only goes forward.

    Parameters
    ----------
    pace
        Of tasks like it.

    """

    __slots__ = ("_born", "_due", "_level", "_number", "_ran", "pace")

    def __init__(self, pace: Pace) -> None:
        self.pace = pace
        # When it was submitted, if that is known, and when it was last known to run.
        self._born: float | None = None
        self._ran = 0.0
        # When it should be asked about, and how much dearer questions are than usual.
        self._due = 0.0
        self._level = 0
        # The pace's number for it, while it is watched from the start and without a break: only
        # then does the end say how long it took.
        self._number: int | None = None

    def begin(self, now: float, age: float | None = 0.0) -> None:
        """Begin: with a task that is new, or `age` seconds old, or (None) of unknown age."""
        self._born = None if age is None else now - age
        self._number = self.pace.enter(now) if age == 0 else None
        self._ran = self._due = now

    def runs(self, now: float) -> None:
        """Note that the task is running at the moment."""
        self._ran = now

    def unsure(self, now: float) -> None:
        """Note that nobody looks at it for a while, so that its end will be found late."""
        if self._number is not None:
            self.pace.leave(self._number, now)
            self._number = None

    def age(self, now: float) -> float | None:
        """Return how old the task is, None where nobody saw all of it."""
        return None if self._born is None or self._number is None else now - self._born

    def next(self, now: float, behind: float = 0.0) -> float:
        """Return the seconds until the next question.

        Parameters
        ----------
        now
            On the scheduler's clock.
        behind
            How many seconds late questions are asked, since too many are due. The later, the
            dearer is each one: then only those are asked that likely find an end.

        """
        interval = self.pace.interval
        self._level = min(max(round(math.log2(1 + max(behind, 0.0) / interval)), 0), _MOST_LEVELS)
        wait = interval
        if self._born is not None:
            age = now - self._born
            plan = self.pace.plan(self._level)
            planned = None if plan is None else plan.after(age, interval / 4)
            wait = self.pace.usual(age) if planned is None else planned - age
        self._due = now + wait
        return wait

    def ended(self, now: float, *, told: bool = False) -> float | None:
        """Return how long the task took, as far as that is known, and learn from it.

        Parameters
        ----------
        now
            On the scheduler's clock.
        told
            Whether the service told of the end by itself, just now.

        """
        if self._born is None or self._number is None:
            return None
        age, gap, late = now - self._born, now - self._ran, now - self._due
        seconds: float | None = age
        surprising = False
        if not told:
            interval = self.pace.interval
            seconds = age - min(gap, age * _BLUR) / 2
            # Asked much later than meant (too many tasks, no network, a machine that slept): it
            # may have ended long before.
            if self._level > 1 or late > max(2 * interval, age / 5):
                seconds = None
            surprising = self._level == 0 and late <= interval and self._surprises(age, gap)
        self.pace.leave(self._number, now, seconds, surprising=surprising)
        self._number = None
        return seconds

    def _surprises(self, age: float, gap: float) -> bool:
        plan = self.pace.plan()
        if plan is None:
            return False
        return age > plan.ages[-1] + self.pace.interval or gap > 2.5 * self.pace.usual(age)

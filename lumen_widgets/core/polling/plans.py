"""When to ask about a task, computed from how long tasks like it took: the arithmetic, no state."""

from __future__ import annotations

import math
from bisect import bisect_right
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

# What one question is worth, in seconds of delay. With tasks of about 12 s (lognormal, sigma 0.2)
# it makes some seven requests a task and half a second, which is what DESIGN asks for …
PRICE = 0.08
# … of tasks of seconds. Who waits for minutes minds a second less: from this length on, in
# seconds, the price grows along with it.
LONG = 40.0

# So many samples' worth of "it may take anything" stands beside what was seen, log-uniform between
# these seconds: with 3 samples two fifths of all belief, with 30 a sixteenth.
_DOUBT, _SHORTEST, _LONGEST = 2.0, 1.0, 300.0

# How much less each older sample counts: a service's pace changes, and within some ten tasks the
# newer ones have the say.
_FADING = 0.95

# The narrowest that the smoothing gets, in logarithms: 5 %, or tasks that all took as long would
# be asked about only in that instant.
_NARROWEST = 0.05

# The first question comes at this part of the usual time at the latest, whatever was learnt: a
# service that has become faster is found out for the price of one question.
_EARLY = 0.45

# Where time is divided: up to the end of what was seen, in so many steps.
_STEPS = 120


@dataclass(frozen=True)
class Plan:
    """Ages, in seconds, at which to ask, one after another, while the task is still running.

    Attributes
    ----------
    ages
        The ages, ascending; beyond the last one nothing is known.

    """

    ages: tuple[float, ...]

    def after(self, age: float, at_least: float = 0.0) -> float | None:
        """Return the next age to ask at that is `at_least` seconds after `age`, None beyond all.

        Examples
        --------
        >>> Plan((5.0, 9.0, 10.0)).after(5.0)
        9.0
        >>> Plan((5.0, 9.0, 10.0)).after(8.8, at_least=0.5)
        10.0

        """
        place = bisect_right(self.ages, age + at_least)
        return self.ages[place] if place < len(self.ages) else None


def make_plan(seconds: Sequence[float], interval: float, price: float) -> Plan:
    """Return the questions that cost least: their price and the delay that is to be expected.

    Dynamic programming over the smoothed distribution of what was seen.

    Parameters
    ----------
    seconds
        How long tasks took, the newest first; positive, one at least.
    interval
        The usual seconds between two questions: two are never nearer than a quarter of it, nor
        further apart than twice as much once the task may have ended.
    price
        Of one question, in seconds of delay.

    Examples
    --------
    >>> plan = make_plan([10.0, 11.0, 12.0, 9.0, 10.0], interval=1.1, price=0.08)
    >>> len(plan.ages) < 20, 2 < plan.ages[0] < 9
    (True, True)

    """
    weights = [_FADING**number for number in range(len(seconds))]
    usual, top = _quantile(seconds, weights, 0.5), 1.4 * _quantile(seconds, weights, 0.9)
    price *= max(1.0, usual / LONG)
    step = top / _STEPS
    ended = _distribution(seconds, weights, [step * place for place in range(_STEPS + 1)])
    # how far each age's integral of "has ended" has come: the delay between two questions is the
    # difference of two
    area = [0.0]
    for before, after in pairwise(ended):
        area.append(area[-1] + (before + after) / 2 * step)
    nearest = max(1, round(interval / 4 / step))
    furthest = max(nearest, round(2 * max(interval, usual / LONG) / step))
    earliest = max(nearest, round(_EARLY * usual / step))
    # the cost of all that is to come, per age at which the task was seen to run; what comes after
    # the end of the plan is a question or two
    cost = [0.0] * _STEPS + [2 * price * (1 - ended[-1])]
    following = [_STEPS] * (_STEPS + 1)
    for place in range(_STEPS - 1, -1, -1):
        # after the early question one may wait for as long as it takes: until the usual time
        reach = earliest if place == 0 else max(place + furthest, round(usual / step))
        least = math.inf
        for then in range(min(place + nearest, _STEPS), min(reach, _STEPS) + 1):
            delay = area[then] - area[place] - (then - place) * step * ended[place]
            total = price * (1 - ended[place]) + delay + cost[then]
            if total < least:
                least, following[place] = total, then
        cost[place] = least
    ages, place = [], 0
    while place < _STEPS:
        place = following[place]
        ages.append(place * step)
    return Plan(tuple(ages))


def _distribution(
    seconds: Sequence[float], weights: Sequence[float], ages: Sequence[float]
) -> list[float]:
    """Return how likely it is that a task has ended, for each age."""
    logs = [math.log(value) for value in seconds]
    count = sum(weights) ** 2 / sum(weight * weight for weight in weights)
    spread = _spread(logs, weights)
    # Silverman's rule, on logarithms: times of tasks are lognormal rather than normal
    width = max(_NARROWEST, 0.9 * spread * count**-0.2) * math.sqrt(2)
    whole, doubt = sum(weights), _DOUBT / (len(seconds) + _DOUBT)
    parts = [(log, weight / whole) for log, weight in zip(logs, weights, strict=True)]
    found = []
    for age in ages:
        log = math.log(max(age, 1e-9))
        seen = sum(weight * (1 + math.erf((log - one) / width)) / 2 for one, weight in parts)
        anything = math.log(max(age, _SHORTEST) / _SHORTEST) / math.log(_LONGEST / _SHORTEST)
        found.append((1 - doubt) * seen + doubt * min(anything, 1.0))
    return found


def _spread(logs: Sequence[float], weights: Sequence[float]) -> float:
    """Return the standard deviation, or the quartiles' where that is less: outliers widen it."""
    mean = sum(map(float.__mul__, logs, weights)) / sum(weights)
    square = sum(w * (one - mean) ** 2 for one, w in zip(logs, weights, strict=True))
    quartiles = _quantile(logs, weights, 0.75) - _quantile(logs, weights, 0.25)
    return min(math.sqrt(square / sum(weights)), quartiles / 1.34)


def _quantile(values: Sequence[float], weights: Sequence[float], part: float) -> float:
    """Return the value below which this part of the weight lies."""
    left = part * sum(weights)
    for value, weight in sorted(zip(values, weights, strict=True)):
        left -= weight
        if left <= 0:
            return value
    return max(values)

"""When to ask about a task next, learnt from how long tasks like it took.

With nothing learnt a task is asked about after 2 s and then every 1.1 s. From three like tasks on
the questions are those of a plan, the cheapest by dynamic programming over the times that were
seen; it is made anew as tasks end, so that it goes with the service. What was learnt is the
scheduler's: `Paces`, a `Pace` for each origin and kind of task. Each task has a `TaskTimer`.
"""

from __future__ import annotations

import math
import threading
from collections import deque
from statistics import median_high
from typing import TYPE_CHECKING

from lumen_widgets.core.timing import TIMING

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence

    from lumen_widgets.core.http.origin import Origin
    from lumen_widgets.core.request import Request
    from lumen_widgets.core.timing import Timing

# From this age on, in seconds, the interval grows with the age: after minutes of waiting a second
# matters less. So does the price of a question with the usual time.
LONG = 40.0

# Two like tasks may be flukes; and of more than thirty the oldest tell of another month's service.
MIN_SAMPLES, MAX_SAMPLES = 3, 30

# What no task takes, in seconds: a clock that jumped, or a journal that was edited.
SHORTEST_SEEN, LONGEST_SEEN = 0.05, 6 * 3600.0

# So many ends in a row where the plan expected none, and the service is another one than it was:
# what it was does not have to be outnumbered first.
MAX_SURPRISES = 3

# So many kinds are remembered, some kB each.
MAX_KINDS = 500

# What one question is worth, in seconds of delay, at the usual interval: with tasks of about 12 s
# (lognormal, sigma 0.2) it makes some seven requests a task and half a second; asking every
# second would make twelve.
PRICE = 0.085

# How far from what was seen a task may be expected, on a logarithmic scale: this part of the way
# from the median to the 90th percentile, about what Silverman's rule gives for thirty tasks; and
# 5 % at least, or tasks that all took as long would be asked about only in that instant.
_SMOOTHING, _NARROWEST = 0.4, 0.05

# Beside what was seen stands one more sample's worth of "it may take anything", log-uniform from
# one second up to this many.
_ANYTHING = 300.0

# The first question comes at this part of the usual time at the latest, whatever was learnt: a
# service that has become faster is found out for the price of one question.
_EARLY = 0.45

# A plan is made in so many steps.
_STEPS = 120

# When more questions are due than may be sent, they get at most two to the power of this times as
# far apart.
_MAX_LEVELS = 6

# The end lies between two questions. Taken for the middle of it, but no more than this part of its
# age before the second: the first questions are far apart, and ends are near the later of two.
_BLUR = 0.2


class Pace:
    """What this process knows of how long tasks of one kind take at one service.

    Parameters
    ----------
    is_local
        Whether the service is on this machine.
    timing
        How often to ask where nothing is learnt.

    Attributes
    ----------
    interval
        Seconds between two questions where nothing else is known.

    """

    def __init__(self, *, is_local: bool, timing: Timing = TIMING) -> None:
        self.interval = timing.local_interval if is_local else timing.poll_interval
        self._first = timing.local_interval if is_local else timing.first_poll
        self._longest = timing.longest_interval
        self._lock = threading.Lock()
        self._needs_history = True
        # Seconds that tasks took, the newest first, and the plans made of them, by level.
        self._seen: deque[float] = deque(maxlen=MAX_SAMPLES)
        self._plans: dict[int, list[float]] = {}
        # How many ends in a row were not expected.
        self._surprises = 0
        # How long each task took, None while it runs, in the order in which they began; only those
        # that are not learnt yet.
        self._tasks: dict[TaskTimer, float | None] = {}

    def needs_history(self) -> bool:
        """Say whether what earlier processes saw is still to be learnt: true the first time."""
        with self._lock:
            needed, self._needs_history = self._needs_history, False
            return needed

    def learn(self, seconds: Sequence[float]) -> None:
        """Learn how long like tasks took before those that were seen here, the newest first."""
        sound = [one for one in seconds if SHORTEST_SEEN <= one <= LONGEST_SEEN]
        with self._lock:
            self._seen.extend(sound[: MAX_SAMPLES - len(self._seen)])
            self._plans.clear()

    def timer(self) -> TaskTimer:
        """Return what times one more task."""
        return TaskTimer(self)

    def default_wait(self, age: float) -> float:
        """Return the seconds until the next question where no plan says when."""
        return max(self.interval, self._first - age, min(age / LONG, self._longest))

    def wait(self, age: float, behind: float = 0.0) -> float:
        """Return the seconds until the next question; see `TaskTimer.next`."""
        level = min(round(math.log2(1 + max(behind, 0.0) / self.interval)), _MAX_LEVELS)
        with self._lock:
            if len(self._seen) < MIN_SAMPLES:
                return self.default_wait(age)
            plan = self._plans.get(level) or make_plan(self._seen, self.interval * 2**level)
            self._plans[level] = plan
        soonest = age + self.interval / 4
        return next((ask - age for ask in plan if ask > soonest), self.default_wait(age))

    def task_started(self, timer: TaskTimer) -> None:
        """Note that a task begins whose end will tell how long it took."""
        with self._lock:
            self._tasks[timer] = None

    def task_ended(self, timer: TaskTimer, now: float, seconds: float = 0.0) -> None:
        """Note that a task has ended after so many seconds; 0 where that is not known.

        Of tasks at once the quick ones end first, and by themselves would tell of a quicker
        service than there is. So each time is held back until the tasks that began before it have
        ended, or have taken twice the usual time.
        """
        with self._lock:
            self._tasks[timer] = seconds
            known = self._seen or list(filter(None, self._tasks.values())) or [LONGEST_SEEN]
            for earliest, took in list(self._tasks.items()):
                if took is not None:
                    self._add(took, is_surprise=earliest.is_surprised)
                elif (earliest.age(now) or 0.0) <= 2 * median_high(known):
                    break
                del self._tasks[earliest]

    def _add(self, seconds: float, *, is_surprise: bool) -> None:
        """Learn how long one task took; the lock is held."""
        if SHORTEST_SEEN <= seconds <= LONGEST_SEEN:
            self._surprises = self._surprises + 1 if is_surprise else 0
            if self._surprises == MAX_SURPRISES:
                self._seen.clear()
            self._seen.appendleft(seconds)
            self._plans.clear()


class TaskTimer:
    """Says when to ask about one task, and what its end teaches.

    Times are of the scheduler's clock, which only goes forward.

    Parameters
    ----------
    pace
        Of tasks like it.

    Attributes
    ----------
    is_surprised
        Whether the task ended where the plan expected no end.

    """

    __slots__ = ("_born", "_counts", "_due", "_ran", "is_surprised", "pace")

    def __init__(self, pace: Pace) -> None:
        self.pace = pace
        # When it was submitted, if that is known; when it was last known to run; and when it should
        # be asked about, were no questions late.
        self._born: float | None = None
        self._ran = self._due = 0.0
        # Whether it is watched from the start and without a break: only then does its end say how
        # long it took.
        self._counts = self.is_surprised = False

    def start(self, now: float, age: float | None = 0.0) -> None:
        """Start: with a task that is new, or `age` seconds old, or (None) of unknown age."""
        self._born = None if age is None else now - age
        self._ran = self._due = now
        self._counts = age == 0
        if self._counts:
            self.pace.task_started(self)

    def runs(self, now: float) -> None:
        """Note that the task is running at the moment."""
        self._ran = now

    def stop_measuring(self, now: float) -> None:
        """Learn nothing from its end, which will be found late or by other means."""
        if self._counts:
            self._counts = False
            self.pace.task_ended(self, now)

    def age(self, now: float) -> float | None:
        """Return how old the task is, None where not all of it was seen."""
        return now - self._born if self._born is not None and self._counts else None

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
        born = self._born
        wait = self.pace.interval if born is None else self.pace.wait(now - born, behind)
        self._due = now + wait - behind
        return wait

    def ended(self, now: float, *, webhook_came: bool = False) -> float | None:
        """Return how long the task took, as far as that is known, and learn from it.

        Parameters
        ----------
        now
            On the scheduler's clock.
        webhook_came
            Whether the webhook told of the end, just now.

        """
        age = self.age(now)
        if age is None:
            return None
        late, gap = max(now - self._due, 0.0), now - self._ran
        # Where a plan expects ends, questions are not much further apart than they are by default.
        self.is_surprised = not webhook_came and gap - late > 2.5 * self.pace.default_wait(age)
        seconds = age if webhook_came else age - min(gap, age * _BLUR) / 2
        # Asked much later than meant (too many tasks, no network, a machine that slept): it may
        # have ended long before.
        if not webhook_came and late > max(2 * self.pace.interval, age / 5):
            seconds = 0.0
        self._counts = False
        self.pace.task_ended(self, now, seconds)
        return seconds or None


def make_plan(seconds: Sequence[float], interval: float) -> list[float]:
    """Return the ages at which to ask, so that questions and delay are expected to cost least.

    Dynamic programming over the smoothed distribution of what was seen.

    Parameters
    ----------
    seconds
        How long tasks took; positive, one at least.
    interval
        The usual seconds between two questions: two are never nearer than a quarter of it, nor
        further apart than twice as much once the task may have ended.

    Examples
    --------
    >>> ages = make_plan([10.0, 11.0, 12.0, 9.0, 10.0], interval=1.1)
    >>> len(ages) < 20, 2 < ages[0] < 9
    (True, True)

    """
    usual, long = median_high(seconds), sorted(seconds)[int(0.9 * len(seconds))]
    step = 1.4 * long / _STEPS
    # The best spacing goes with the root of the price, so this is the price of that interval.
    price = PRICE * (interval / TIMING.poll_interval) ** 2 * max(1.0, usual / LONG)
    nearest = max(1, round(interval / 4 / step))
    furthest = max(nearest, round(2 * max(interval, usual / LONG) / step))
    width = max(_NARROWEST, _SMOOTHING * math.log(long / usual))
    ended = [_probability(seconds, step * place, width) for place in range(_STEPS + 1)]
    # For each step at which the task was seen to run: what is still to come costs, counted in
    # questions and in the age at which the end is found, and when to ask. After the plan it is a
    # question or two.
    best: list[tuple[float, list[float]]] = [(2 * price * (1 - ended[-1]), [])] * (_STEPS + 1)
    for place in reversed(range(_STEPS)):
        # After the early question one may wait for as long as it takes: until the usual time.
        last = max(place + furthest, round(usual / step)) if place else round(_EARLY * usual / step)
        first = min(place + nearest, _STEPS)
        cost, then = min(
            (then * step * (ended[then] - ended[place]) + best[then][0], then)
            for then in range(first, min(max(first, last), _STEPS) + 1)
        )
        best[place] = cost + price * (1 - ended[place]), [then * step, *best[then][1]]
    return best[0][1]


def _probability(seconds: Sequence[float], age: float, width: float) -> float:
    """Return how likely it is that a task has ended at this age."""
    seen = sum(1 + math.erf((age / one - 1) / width / math.sqrt(2)) for one in seconds) / 2
    anything = min(math.log(max(age, 1.0)) / math.log(_ANYTHING), 1.0)
    return (seen + anything) / (len(seconds) + 1)


def kind_of(request: Request) -> Hashable:
    """Return what the tasks have in common that take about as long.

    Examples
    --------
    >>> from types import SimpleNamespace
    >>> kind_of(SimpleNamespace(endpoint="edits", body={"model": "m", "prompt": "a cat", "n": 2}))
    ('edits', '2', 'm', 'None', 'None', 'None')

    """
    body = request.body
    # The service makes one where nothing was said. As text, since whatever a user has put there
    # can be compared then.
    fields = (body.get(name) for name in ("model", "size", "resolution", "quality"))
    return request.endpoint, *map(str, (body.get("n") or 1, *fields))


class Paces:
    """The paces of a process, by origin and kind of task.

    Parameters
    ----------
    timing
        How often to ask where nothing is learnt.

    """

    def __init__(self, timing: Timing = TIMING) -> None:
        self._timing = timing
        # The oldest first. Each step is one by itself, so there is no lock.
        self._paces: dict[tuple[str, Hashable], Pace] = {}

    def of(self, origin: Origin, request: Request) -> Pace:
        """Return what is known of tasks like this one; the same object for all of a kind.

        Alike are tasks of the same origin, endpoint, model, size, resolution, quality and n.
        """
        key = (origin.url, kind_of(request))
        pace = self._paces.get(key) or self._paces.setdefault(
            key, Pace(is_local=origin.is_loopback, timing=self._timing)
        )
        if len(self._paces) > MAX_KINDS:
            self._paces.pop(next(iter(self._paces)), None)
        return pace

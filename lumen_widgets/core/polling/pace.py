"""When to ask about a task next, learnt from how long tasks like it took.

With nothing learnt a task is asked about at the cold pace: first after 3.5 s, then every 0.96 s.
What is learnt is one age, before which hardly any like task ends: until then a task is asked about
more rarely, and from then on as at the cold pace or a little more often. So the end is found as
soon, and the questions before it are saved. A service that has become quicker is found out by the
rare ones, which tasks at once ask at different times: two ends in a row that came too early, and
all is forgotten, for the tasks that are waiting too. What was learnt is the scheduler's: `Paces`, a
`Pace` for each origin and kind of task. Each task has a `TaskTimer`.
"""

from __future__ import annotations

import math
import threading
from collections import deque
from statistics import median_high
from typing import TYPE_CHECKING

from lumen_widgets.core.timing import TIMING

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Sequence

    from lumen_widgets.core.http.origin import Origin
    from lumen_widgets.core.request import Request
    from lumen_widgets.core.timing import Timing

# The interval is at least this part of the age: after minutes of waiting a second matters less.
LONG = 1 / 40

# Two like tasks may be flukes; and of more than thirty the oldest tell of another month's service.
MIN_SAMPLES, MAX_SAMPLES = 3, 30

# What no task takes, in seconds: a clock that jumped, or a journal that was edited.
SHORTEST_SEEN, LONGEST_SEEN = 0.05, 6 * 3600.0

# Of so many tasks one may end before the age that is learnt: a single odd one changes nothing.
_ODD = 20

# After n like tasks the next one ends before all of them with a chance of 1 / (n + 1), and the best
# interval goes with the root of that. But a service may change, whatever n is: one task counts for
# a fifth of one, so that thirty make it 2.6 times as long.
_TRUST = 0.2

# The learnt age is taken for this part of it, for those that end sooner still. From then on the
# interval is this part of the cold one: some of the questions saved make up for those that ended
# before and were found late.
_SOONER = 0.91

# So many ends in a row that came too early, and the service is another one than it was; more where
# tasks run at once, of which some are odd.
MAX_SURPRISES = 2

# Multiples of the golden ratio: of their fractional parts, any few in a row lie evenly.
_GOLDEN = (math.sqrt(5) - 1) / 2

# So many kinds are remembered, some kB each.
MAX_KINDS = 500

# The end lies between two questions. Said to be in the middle of them, but no more than this part
# of its age before the second: the first questions are far apart, and ends are near the later one.
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
    share
        Seconds between two questions at least, for each task that waits for one.

    """

    def __init__(self, *, is_local: bool, timing: Timing = TIMING) -> None:
        self.interval = timing.local_interval if is_local else timing.poll_interval
        self._first = timing.local_interval if is_local else timing.first_poll
        self._longest = timing.longest_interval
        self.share = 1 / timing.local_requests if is_local else 0.0
        self._lock = threading.RLock()
        self._needs_history = True
        # Seconds that tasks took, the newest first, and the age before which hardly any ended.
        self._seen: deque[float] = deque(maxlen=MAX_SAMPLES)
        self._earliest = 0.0
        # How many ends in a row came too early.
        self._surprises = 0
        # How long each task took, None while it runs, in the order in which they began; only those
        # that are not learnt yet. And how many there have been.
        self._tasks: dict[TaskTimer, float | None] = {}
        self._count = 0

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
            self._sum_up()

    def timer(self, changed: Callable[[], None] | None = None) -> TaskTimer:
        """Return what times one more task; see there."""
        return TaskTimer(self, changed)

    def cold_interval(self, age: float) -> float:
        """Return the seconds between two questions with nothing learnt."""
        return max(self.interval, min(age * LONG, self._longest))

    def cold_age(self, ran: float) -> float:
        """Return the age at which to ask next with nothing learnt; see `next_age`."""
        return max(self._first, ran + self.cold_interval(ran))

    def next_age(self, ran: float, part: float = 1.0) -> float:
        """Return the age at which to ask next about a task.

        Parameters
        ----------
        ran
            The age at which it was last known to run.
        part
            Of the interval that the first question takes: tasks at once ask at different times.

        """
        with self._lock:
            seen, earliest, begin = sorted(self._seen), self._earliest, self._begin
        if not earliest:
            return self.cold_age(ran)
        interval = self.cold_interval(ran)
        # Where no question is saved, none is spent.
        closer = interval * (_SOONER if self._first < earliest and ran < seen[-1] else 1.0)
        if ran >= earliest:
            return ran + closer
        rarer = math.sqrt(1 + _TRUST * len(seen)) * (1.0 if ran else part)
        age = min(max(ran, begin) + rarer * interval, earliest + closer)
        # Before the cold pace's first question only where most tasks end before it.
        return age if ran else max(age, min(self._first, median_high(seen)))

    def task_started(self, timer: TaskTimer) -> float:
        """Note that a task begins whose end will tell how long it took; return its `part`."""
        with self._lock:
            is_alone = None not in self._tasks.values()
            self._tasks[timer] = None
            self._count += 1
            return 1.0 if is_alone else self._count * _GOLDEN % 1.0

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
                    if SHORTEST_SEEN <= took <= LONGEST_SEEN:
                        self._seen.appendleft(took)
                elif (earliest.age(now) or 0.0) <= 2 * median_high(known):
                    break
                self._tasks.pop(earliest, None)
            self._sum_up()

    def middle(self, ran: float, age: float) -> float:
        """Return how long a task took that was last known to run at one age, and ended by another.

        For the first question that is the middle of the time in which an end was expected: nearer
        to the truth by one such task after the other, where tasks are quicker than that.
        """
        with self._lock:
            return (min(max(ran, self._begin), age) + age) / 2

    def found_end(self, age: float) -> None:
        """Count an end by this age; where too many in a row were early, forget all."""
        with self._lock:
            self._surprises = self._surprises + 1 if age < self._earliest else 0
            running = [timer for timer, took in self._tasks.items() if took is None]
            # Of tasks at once the odd ones end first.
            if self._surprises < MAX_SURPRISES + len(running) // _ODD:
                return
            self._surprises = 0
            self._seen.clear()
            self._sum_up()
        for timer in running:
            timer.pace_changed()

    @property
    def _begin(self) -> float:
        """The age from which an end is expected: half of the learnt one, if that is sooner."""
        cold = self._first - self.interval
        return min(cold, self._earliest / 2) if self._earliest else cold

    def _sum_up(self) -> None:
        """Find the age before which hardly any task ends; the lock is held."""
        seen = sorted(self._seen)
        self._earliest = _SOONER * seen[len(seen) // _ODD] if len(seen) >= MIN_SAMPLES else 0.0


class TaskTimer:
    """Says when to ask about one task, and what its end teaches.

    Times are of the scheduler's clock, which only goes forward.

    Parameters
    ----------
    pace
        Of tasks like it.
    changed
        Called while the task runs, when the ends of others have shown that what was learnt is
        wrong, so that `next` says another time.

    """

    __slots__ = ("_born", "_changed", "_counts", "_due", "_part", "_ran", "_started", "pace")

    def __init__(self, pace: Pace, changed: Callable[[], None] | None = None) -> None:
        self.pace = pace
        self._changed = changed
        # When it was submitted, if that is known; when it was taken up, and last known to run; and
        # when it should be asked about, were no questions late.
        self._born: float | None = None
        self._started = self._ran = self._due = 0.0
        # Whether it is watched from the start and without a break: only then does its end say how
        # long it took.
        self._counts = False
        self._part = 1.0

    def start(self, now: float, age: float | None = 0.0) -> None:
        """Start: with a task that is new, or `age` seconds old, or (None) of unknown age."""
        self._born = None if age is None else now - age
        self._started = self._ran = self._due = now
        self._counts = age == 0
        if self._counts:
            self._part = self.pace.task_started(self)

    def runs(self, now: float) -> None:
        """Note that the task is running at the moment."""
        self._ran = now

    def pace_changed(self) -> None:
        """Note that what was learnt has been found wrong."""
        changed = self._changed
        if changed is not None:
            changed()

    def stop_measuring(self, now: float) -> None:
        """Learn nothing from its end, which will be found late or by other means."""
        if self._counts:
            self._counts, self._changed = False, None
            self.pace.task_ended(self, now)

    def age(self, now: float) -> float | None:
        """Return how old the task is, None where not all of it was seen."""
        return now - self._born if self._born is not None and self._counts else None

    def next(self, now: float, crowd: int = 0) -> float:
        """Return the seconds until the next question.

        Parameters
        ----------
        now
            On the scheduler's clock.
        crowd
            How many tasks of the origin wait for their next question.

        """
        least = crowd * self.pace.share
        if self._born is None:
            return max(self.pace.cold_interval(now - self._started), least)
        ran = self._ran - self._born
        due = self._born + self.pace.next_age(ran, self._part)
        self._due = max(now, self._ran + least, due)
        return self._due - now

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
        gap = 0.0 if webhook_came else now - self._ran
        seconds, middle = age - min(gap, age * _BLUR) / 2, self.pace.middle(age - gap, age)
        # Asked much later than meant (too many tasks, no network, a machine that slept): it may
        # have ended long before.
        late = 0.0 if webhook_came else now - self._due
        if late > max(2 * self.pace.interval, age / 5):
            seconds = middle = 0.0
        else:
            self.pace.found_end(age)
        self._counts, self._changed = False, None
        self.pace.task_ended(self, now, middle)
        return seconds or None


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

    kind = Pace

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
            key, self.kind(is_local=origin.is_loopback, timing=self._timing)
        )
        if len(self._paces) > MAX_KINDS:
            self._paces.pop(next(iter(self._paces)), None)
        return pace

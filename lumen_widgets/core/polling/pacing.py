"""Pacing: when to ask about a task next, learnt from how long tasks like it took.

With nothing learnt a task is asked about after 2 s and then every 1.1 s. From three like tasks on,
the questions are those of a plan (`plans.make_plan`) that is made anew as tasks end, so that it
follows the service. What was learnt is the process's, by origin and kind of task; the journal
brings what earlier processes saw.
"""

from __future__ import annotations

import heapq
import itertools
import logging
import os
import threading
from collections import deque
from itertools import islice
from typing import TYPE_CHECKING

from lumen_widgets.core.polling.plans import PRICE, Plan, make_plan
from lumen_widgets.journal import JournalUnwritable
from lumen_widgets.journal.rows import stored_kind

if TYPE_CHECKING:
    from lumen_widgets.core.http.origin import Origin
    from lumen_widgets.core.request import Request
    from lumen_widgets.journal import Journal

_log = logging.getLogger("lumen_widgets")

# Seconds until the first question and between two, while nothing is known. Computed for tasks of 4
# to 20 s. Backing off would be slow just when most tasks finish.
FIRST_ASK, INTERVAL = 2.0, 1.1

# The same for a server on this machine, whose tasks are short and whose answers are free.
LOCAL_ASK = 0.25

# Beyond what is known a task that has run for minutes is asked about at a fortieth of its age, and
# every ten seconds at the longest: who has waited that long does not notice.
GROWTH, LONGEST_INTERVAL = 1 / 40, 10.0

# Two like tasks may be flukes; and of more than thirty the oldest tell of another month's service.
FEWEST, MOST = 3, 30

# What no task takes, in seconds: a clock that jumped, or somebody's own hand in the journal.
SHORTEST_SEEN, LONGEST_SEEN = 0.05, 6 * 3600.0

# So many ends in a row where the plan expected none, and the service is another one than it was.
SURPRISES = 3

# So many kinds are remembered: each has a plan or two, some kB.
MOST_KINDS = 500


class Pace:
    """What this process knows of how long tasks of one kind take at one service.

    Parameters
    ----------
    is_local
        Whether the service is on this machine.

    """

    def __init__(self, *, is_local: bool) -> None:
        self.interval = LOCAL_ASK if is_local else INTERVAL
        self._first = LOCAL_ASK if is_local else FIRST_ASK
        # A question costs less where it is answered at once: spacing goes with the price's root.
        self._price = PRICE * (self.interval / INTERVAL) ** 2
        self._lock = threading.Lock()
        self._seen: deque[float] = deque(maxlen=MOST)
        self._plans: dict[int, Plan] = {}
        # How many ends the plans do not know of yet, and how many in a row surprised them.
        self._fresh = 0
        self._surprises = 0
        self._looked = False
        # Which tasks are running since when, in the order in which they began, and the ends that
        # wait for those before them: of tasks at once the quick ones end first, and by themselves
        # would tell of a quicker service than there is.
        self._numbers = itertools.count()
        self._running: dict[int, float] = {}
        self._ended: list[tuple[int, float, bool]] = []
        self._patience = 0.0

    def begins(self) -> bool:
        """Say, once, that nobody has looked yet what the journal knows."""
        with self._lock:
            looked, self._looked = self._looked, True
            return not looked

    def recall(self, journal: Journal, origin: Origin, request: Request) -> bool:
        """Learn from the journal, whose troubles are ignored; return whether there was enough."""
        try:
            seconds = journal.durations(
                origin=origin.url, endpoint=request.endpoint, body=request.body, limit=MOST
            )
        except (JournalUnwritable, TypeError, ValueError) as error:
            _log.debug("The journal cannot be asked how long tasks take: %s", error)
            return False
        with self._lock:
            # what was seen meanwhile is newer, and may be in the journal by now: a few twice do
            # no harm
            self._seen.extend(islice(filter(_is_sound, seconds), MOST - len(self._seen)))
            self._plans.clear()
            return len(self._seen) >= FEWEST

    def enter(self, now: float) -> int:
        """Note that a task begins, and return its number."""
        with self._lock:
            number = next(self._numbers)
            self._running[number] = now
            return number

    def leave(
        self, number: int, now: float, seconds: float | None = None, *, surprising: bool = False
    ) -> None:
        """Note that a task has ended, or that its end will not tell how long it took.

        Parameters
        ----------
        number
            What `enter` returned.
        now
            On the scheduler's clock.
        seconds
            How long it took; None where nobody knows.
        surprising
            Whether its end was not expected just then.

        """
        with self._lock:
            self._running.pop(number, None)
            if seconds is not None and _is_sound(seconds):
                if not self._seen:
                    self._patience = max(self._patience, 2 * seconds)
                heapq.heappush(self._ended, (number, seconds, surprising))
            while self._ended and not self._waits(self._ended[0][0], now):
                self._take_in(*heapq.heappop(self._ended)[1:])

    def _waits(self, number: int, now: float) -> bool:
        """Say whether a task that began earlier may still end within the usual; lock is held."""
        while self._running:
            oldest, born = next(iter(self._running.items()))
            if oldest > number or now - born <= self._patience:
                return oldest < number
            del self._running[oldest]
        return False

    def _take_in(self, seconds: float, surprising: bool) -> None:
        self._surprises = self._surprises + 1 if surprising else 0
        if self._surprises >= SURPRISES:
            # No need to wait until the new pace outnumbers the old one.
            self._seen.clear()
            self._plans.clear()
            self._surprises = self._fresh = 0
        self._seen.appendleft(seconds)
        self._patience = 2 * sorted(self._seen)[len(self._seen) // 2]
        self._fresh += 1
        # A thirtieth more changes little, and a plan takes a millisecond to make.
        if self._fresh > len(self._seen) // 10:
            self._plans.clear()
            self._fresh = 0

    def plan(self, level: int = 0) -> Plan | None:
        """Return the plan at four to the power of `level` times the usual price; None if cold."""
        with self._lock:
            if len(self._seen) < FEWEST:
                return None
            plan = self._plans.get(level)
            if plan is None:
                price = self._price * 4.0**level
                plan = make_plan(tuple(self._seen), self.interval * 2.0**level, price)
                self._plans[level] = plan
            return plan

    def usual(self, age: float) -> float:
        """Return the seconds until the next question where no plan says when."""
        return max(self.interval, self._first - age, min(age * GROWTH, LONGEST_INTERVAL))


# By process, origin and kind, the oldest first. Each step is one by itself: no lock may be made at
# import.
_paces: dict[tuple[int, str, str], Pace] = {}


def pace_of(origin: Origin, request: Request) -> Pace:
    """Return what is known of tasks like this one; the same object for all of a kind.

    Alike are tasks of the same origin, endpoint, model, size, resolution, quality and n.
    """
    try:
        kind = stored_kind(request.endpoint, request.body)
    except (TypeError, ValueError):  # a body that is no JSON was never sent
        kind = ""
    # the process: a forked child may have got a lock of its parent's that nobody will release
    key = (os.getpid(), origin.url, kind)
    pace = _paces.get(key)
    if pace is None:
        pace = _paces.setdefault(key, Pace(is_local=origin.is_loopback))
        if len(_paces) > MOST_KINDS:
            _paces.pop(next(iter(_paces)), None)
    return pace


def _is_sound(seconds: float) -> bool:
    """Say whether a task may have taken so long."""
    return SHORTEST_SEEN <= seconds <= LONGEST_SEEN

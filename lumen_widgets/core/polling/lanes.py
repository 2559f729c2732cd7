"""The queues that requests wait in, and the gates that a service shuts.

Nothing here locks or waits: the scheduler does both.
"""

from __future__ import annotations

import heapq
from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


class Sort(Enum):
    """What a request is, which says how many of its like may be under way at once."""

    PICTURE = "picture"
    QUESTION = "question"
    # A question whose last answer did not come in time.
    DOUBTFUL = "doubtful"


# Four threads talk. No sort may take them all, so that slow pictures never keep questions waiting,
# nor slow answers the pictures; and whatever is doubtful shares one, however much there is of it.
WIDTHS = {Sort.PICTURE: 3, Sort.QUESTION: 3, Sort.DOUBTFUL: 1}


class Job:
    """One request that waits for its time; the scheduler's, to be passed to `cancel` only."""

    __slots__ = ("lane", "order", "run", "when")

    def __init__(self, when: float, order: int, run: Callable[[], None], lane: Lane) -> None:
        self.when = when
        self.order = order
        # None once it was taken or cancelled: what it would have run is not kept alive.
        self.run: Callable[[], None] | None = run
        self.lane = lane

    def __lt__(self, other: Job) -> bool:
        """Order by time, and by who came first."""
        return (self.when, self.order) < (other.when, other.order)


class Gate:
    """Whether one origin may be asked: shut for a while when it cannot answer, for all its tasks.

    Attributes
    ----------
    until
        When it opens.
    failures
        How often in a row it was found shut. Until an answer comes one request at a time tries.
    busy
        How many requests are under way.

    """

    __slots__ = ("busy", "failures", "shut", "until")

    def __init__(self) -> None:
        self.until = self.shut = float("-inf")
        self.failures = 0
        self.busy = 0

    def close(self, now: float, sent: float, pause: Callable[[int], float]) -> None:
        """Shut for a pause; what was `sent` before the gate shut says the same thing once more."""
        if sent >= self.shut:
            self.failures += 1
            self.shut = now
        self.until = max(self.until, now + pause(self.failures))

    def open(self, sent: float) -> bool:
        """Note an answer to what was `sent`; return whether the gate, shut before that, opens."""
        if not self.failures or sent < self.shut:
            return False
        self.failures = 0
        self.shut = self.until = float("-inf")
        return True


class Lane:
    """Requests of one sort to one origin, the earliest first.

    Parameters
    ----------
    sort
        Says how many may be under way.
    gate
        The origin's.
    busy
        How many of each sort are under way, to whichever origin: all lanes share it.

    """

    __slots__ = ("_busy", "_dead", "_jobs", "gate", "sort")

    def __init__(self, sort: Sort, gate: Gate, busy: dict[Sort, int]) -> None:
        self.sort = sort
        self.gate = gate
        self._busy = busy
        self._jobs: list[Job] = []
        self._dead = 0

    def __len__(self) -> int:
        """Count the jobs that wait."""
        return len(self._jobs) - self._dead

    def add(self, job: Job) -> None:
        """Take in a job."""
        heapq.heappush(self._jobs, job)

    def cancel(self, job: Job) -> None:
        """Forget a job; the cancelled ones are cleared away before they outnumber the others."""
        if job.run is None:
            return
        job.run = None
        self._dead += 1
        if self._dead > len(self._jobs) // 2:
            self._jobs = [one for one in self._jobs if one.run is not None]
            heapq.heapify(self._jobs)
            self._dead = 0

    def clear(self) -> None:
        """Forget every job."""
        for job in self._jobs:
            job.run = None
        self._jobs, self._dead = [], 0

    def first(self) -> Job | None:
        """Return the job whose turn is next, None if there is none."""
        while self._jobs and self._jobs[0].run is None:
            heapq.heappop(self._jobs)
            self._dead -= 1
        return self._jobs[0] if self._jobs else None

    def late(self, now: float) -> float:
        """Return how long the next job has been due, while the gate was open: 0 if it is not."""
        job = self.first()
        if job is None or self.gate.failures:
            return 0.0
        return max(now - max(job.when, self.gate.until), 0.0)

    def opens(self) -> float | None:
        """Return when the next job may run; None if there is none, or others must end first."""
        job = self.first()
        if job is None or self._busy[self.sort] >= WIDTHS[self.sort]:
            return None
        if self.gate.failures and self.gate.busy:
            return None
        return max(job.when, self.gate.until)

    def take(self) -> Callable[[], None]:
        """Take the next job out and count it as under way until `done`."""
        job = heapq.heappop(self._jobs)
        self._busy[self.sort] += 1
        self.gate.busy += 1
        run, job.run = job.run, None
        assert run is not None  # noqa: S101 -- `opens` has looked
        return run

    def done(self) -> None:
        """Note that one that was taken is over."""
        self._busy[self.sort] -= 1
        self.gate.busy -= 1

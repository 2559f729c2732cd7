"""Which request may leave next, and when: all lanes, all gates and the limit of the process.

Nothing here locks or waits: the scheduler does both.
"""

from __future__ import annotations

import itertools
from collections import deque
from typing import TYPE_CHECKING

from lumen_widgets.core.polling.lanes import Gate, Job, Lane, Sort

if TYPE_CHECKING:
    from collections.abc import Callable

# "At most 20 requests a second for the process" (DESIGN), counted over a second and a little more,
# since requests that leave a second apart may arrive closer together.
MOST_REQUESTS, SECOND = 20, 1.05

NEVER = float("inf")


class Traffic:
    """Requests that wait for their turn.

    Where more are due than may leave, pictures go first: their addresses may not last, and each
    was earned by a question, so that they never crowd out the questions. After them goes whoever
    has been due for longest, so that none waits for ever.
    """

    def __init__(self) -> None:
        self._lanes: dict[tuple[Sort, str], Lane] = {}
        self._gates: dict[str, Gate] = {}
        self._busy = dict.fromkeys(Sort, 0)
        self._order = itertools.count()
        # When the last requests left, and when those leave that have reserved a turn.
        self._sent: deque[float] = deque(maxlen=MOST_REQUESTS)

    def __len__(self) -> int:
        """Count the requests that wait."""
        return sum(map(len, self._lanes.values()))

    def add(self, when: float, run: Callable[[], None], sort: Sort, origin: str) -> Job:
        """Take in a request that is due at `when`."""
        lane = self._lanes.get((sort, origin))
        if lane is None:
            lane = self._lanes[sort, origin] = Lane(sort, self.gate(origin), self._busy)
        job = Job(when, next(self._order), run, lane)
        lane.add(job)
        return job

    def gate(self, origin: str) -> Gate:
        """Return the gate of an origin."""
        gate = self._gates.get(origin)
        if gate is None:
            gate = self._gates[origin] = Gate()
        return gate

    def late(self, origin: str, now: float) -> float:
        """Return by how many seconds the questions to an origin are late for want of turns."""
        lane = self._lanes.get((Sort.QUESTION, origin))
        return 0.0 if lane is None else lane.late(now)

    def due(self) -> float | None:
        """Return when the next request may leave, None if none may before another is over."""
        opens = [opening for lane in self._lanes.values() if (opening := lane.opens()) is not None]
        return max(min(opens), self._turn()) if opens else None

    def take(self, now: float) -> tuple[Callable[[], None], Lane] | None:
        """Take out the request whose turn it is, None if there is none; see `Lane.done`."""
        if self._turn() > now:
            return None
        chosen, best = None, (True, NEVER)
        for lane in self._lanes.values():
            opens = lane.opens()
            if opens is not None and opens <= now:
                rank = (lane.sort is not Sort.PICTURE, opens)
                if rank < best:
                    chosen, best = lane, rank
        if chosen is None:
            return None
        self._sent.append(now)
        return chosen.take(), chosen

    def reserve(self, now: float, deadline: float) -> float | None:
        """Reserve the next free turn up to `deadline` and return when it is; None if too late."""
        turn = max(now, self._turn())
        if turn > deadline:
            return None
        self._sent.append(turn)
        return turn

    def clear(self) -> None:
        """Forget every request that waits."""
        for lane in self._lanes.values():
            lane.clear()

    def _turn(self) -> float:
        """Return when one more request may leave."""
        if not self._sent:
            return -NEVER
        full = len(self._sent) == MOST_REQUESTS
        return max(self._sent[-1], self._sent[0] + SECOND if full else -NEVER)

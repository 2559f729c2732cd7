"""The rate limiter: which submits come too soon, and when they may come again."""

from __future__ import annotations

import hashlib
import math
from collections import deque

from lumen_widgets.sandbox.errors import Refusal

# Of requests that were asked to wait: what nobody sends again is forgotten.
_MOST_WAITING = 1_000


class RateLimiter:
    """Counts the submits of one account.

    Everything is forgotten when the server ends. Times are in unix seconds.
    """

    def __init__(self) -> None:
        self._taken: deque[float] = deque()
        # by a request's digest: when it may come again
        self._waiting: dict[bytes, float] = {}

    def check(self, limit: tuple[int, float] | None, now: float) -> None:
        """Let a submit pass and count it.

        Parameters
        ----------
        limit
            At most so many in so many seconds; None is as many as there are.
        now
            The time.

        Raises
        ------
        Refusal
            429, with the seconds until the next one may come.

        """
        if limit is None:
            self._taken.clear()
            return
        most, window = limit
        # A clock that was set back must keep nobody out for longer than the window.
        while self._taken and not now - window < self._taken[0] <= now:
            self._taken.popleft()
        if len(self._taken) >= most:
            raise Refusal(
                429,
                "rate_limit_exceeded",
                f"more than {most} tasks in {window:g} s: "
                "lumen.sandbox.settings(rate_limit=None) undoes it",
                retry_after=max(math.ceil(self._taken[-most] + window - now), 1),
            )
        self._taken.append(now)

    def check_marked(self, request: bytes, wait: float, now: float) -> None:
        """Let a request pass that was asked to wait before, and has waited for so many seconds.

        Parameters
        ----------
        request
            Its body: another one has a wait of its own.
        wait
            The seconds.
        now
            The time.

        Raises
        ------
        Refusal
            429, if it comes for the first time or too soon.

        """
        digest = hashlib.sha256(request).digest()
        again_at = self._waiting.pop(digest, None)
        if again_at is not None and now >= again_at:
            return
        again_at = now + wait if again_at is None else min(again_at, now + wait)
        self._waiting[digest] = again_at
        if len(self._waiting) > _MOST_WAITING:
            del self._waiting[next(iter(self._waiting))]
        raise Refusal(
            429,
            "rate_limit_exceeded",
            f"too many tasks at once ([[rate_limit {wait:g}]])",
            retry_after=max(math.ceil(again_at - now), 0),
        )

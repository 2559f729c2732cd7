"""A set of limited size whose members expire."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


class TTLSet:
    """Text that is remembered for a time to live (TTL); safe to use from any thread.

    Parameters
    ----------
    ttl
        Seconds until a member expires, from the last time that it was added.
    max_size
        How many members there are at most: the oldest are dropped.
    clock
        Seconds that only go forward.

    Examples
    --------
    >>> recent = TTLSet(60.0, 2)
    >>> for name in ("a", "b", "c"):
    ...     recent.add(name)
    >>> "a" in recent, "c" in recent, len(recent)
    (False, True, 2)

    """

    def __init__(
        self, ttl: float, max_size: int, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._ttl = ttl
        self._max_size = max_size
        self._clock = clock
        self._lock = threading.RLock()
        # when each member expires, the oldest first
        self._expires: dict[str, float] = {}

    def __contains__(self, member: str) -> bool:
        with self._lock:
            expires = self._expires.get(member)
        return expires is not None and self._clock() < expires

    def __len__(self) -> int:
        """Return how many are held in memory; members expire for good when another is added."""
        return len(self._expires)

    def add(self, member: str) -> None:
        """Remember a member from now on."""
        now = self._clock()
        with self._lock:
            self._expires.pop(member, None)
            self._expires[member] = now + self._ttl
            while len(self) > self._max_size or next(iter(self._expires.values())) <= now:
                del self._expires[next(iter(self._expires))]

    def discard(self, member: str) -> None:
        """Forget a member, if it is one."""
        with self._lock:
            self._expires.pop(member, None)

"""How many connections to the server there may be, and how long each may take."""

from __future__ import annotations

import sys
from dataclasses import dataclass, replace


@dataclass(frozen=True)
class ConnectionLimits:
    """How many connections there may be, and what each may take."""

    max_connections: int = 256
    """Connections at a time. One more ends the oldest that has no call in work: a new connection
    is more likely the user's own than one that is just held."""

    backlog: int = 64
    """Connections that may wait to be accepted. All of them are accepted in one step, before the
    first can be ended, so they count on top of `max_connections`."""

    head_seconds: float = 10.0
    """Seconds until the head of a call is there, from the connection's beginning or the end of the
    call before."""

    call_seconds: float = 60.0
    """Seconds from a call's head until its answer is read: an upload of 64 MB takes one or two on
    this machine."""

    max_head_bytes: int = 16 * 1024
    """Bytes of a head. The longest key has 4,096, and no caller sends much more."""

    def fitted(self) -> ConnectionLimits:
        """Return these limits, or lower ones where this process may open only few files."""
        if sys.platform == "win32":
            return self
        import resource

        files = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
        if files == resource.RLIM_INFINITY:
            return self
        # The database, the log, the worker and what is fetched need some too.
        return replace(
            self,
            max_connections=min(self.max_connections, max(files // 4, 1)),
            backlog=min(self.backlog, max(files // 8, 1)),
        )

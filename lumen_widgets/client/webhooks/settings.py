"""The limits and times of a webhook receiver."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class ReceiverSettings:
    """How long a receiver waits, and how much it takes."""

    poll_interval: float = 30.0
    """Seconds between two status requests for a task whose end is told to a running receiver: a
    call may be lost, and none is promised for a task that is cancelled."""

    early_call_ttl: float = 60.0
    """Seconds that a call is remembered whose task is not known here yet: a fast call comes before
    the submit's own answer, and a submit takes 30 s at most unless told otherwise."""

    max_early_calls: int = 1000
    """How many of those are remembered: only the holder of the secret can send one, but a captured
    call can be sent again by others."""

    call_timeout: float = 10.0
    """Seconds for one call, from its connection to its answer: uvicorn itself waits without end for
    a head or a body that comes byte by byte."""

    max_connections: int = 256
    """Connections at a time: hundreds of tasks may end at once, and these hold 16 MB at most."""

    max_body_bytes: int = 64 * 1024
    """Bytes of one call's body: a status has four addresses at most, and signed ones are two
    thousand characters long at worst."""


DEFAULT_SETTINGS = ReceiverSettings()

"""How long the core waits, for what, and why: the one place to change it for a process.

A slow network, a test or another driver gives a `Scheduler` its own::

    use_scheduler(Scheduler(timing=Timing(answer_timeout=15.0, longest_answer_timeout=60.0)))
"""

from __future__ import annotations

from dataclasses import dataclass

from lumen_widgets.core.pictures.downloads import DOWNLOAD_LIMITS, DownloadLimits


@dataclass(frozen=True)
class Timing:
    """Every wait, time-out and pause of the core, in seconds.

    Examples
    --------
    >>> Timing(busy_waits=(0.01, 0.02)).busy_waits
    (0.01, 0.02)

    """

    busy_waits: tuple[float, ...] = (1.0, 2.0, 4.0)
    """Between tries of a submit after a 429 that names no time; the last one repeats."""

    shortest_busy_wait: float = 0.25
    """After a 429 that names a time, at least: a service that names 0 is not asked in a loop."""

    unreachable_waits: tuple[float, ...] = (0.1, 0.2, 0.4, 0.8, 1.6)
    """After a connection that never opened: a server that restarts is back within seconds."""

    submit_grace: float = 2.0
    """Beyond a submit's time-out, to write the request and its answer to the journal."""

    first_poll: float = 3.5
    """From the submit to the first question, with nothing learnt: for tasks of 4 to 20 s."""

    poll_interval: float = 0.96
    """Between two questions, with nothing learnt; growing it would be late when most tasks end."""

    local_interval: float = 0.05
    """The same, also to the first, for a server on this machine: short tasks, free answers …"""

    local_requests: float = 50.0
    """… for as many questions a second in all: what answers and asks takes the processor from
    what draws. With more tasks each is asked more rarely."""

    longest_interval: float = 10.0
    """What the interval grows to for a task of minutes, where a second more matters less."""

    refresh_interval: float = 0.25
    """Before the second try of a question that the caller waits for."""

    answer_timeout: float = 5.0
    """For one status, a few hundred bytes; after this it is asked for again …"""

    longest_answer_timeout: float = 20.0
    """… and given twice as long each time, since the network may be slow; but no longer."""

    longest_backoff: float = 10.0
    """Between two tries, unless the service itself asks for more …"""

    longest_retry_after: float = 60.0
    """… and what it may ask for: hours would lose the pictures of a task that has ended."""

    late_pictures: float = 60.0
    """For how long a task that has succeeded is asked again for pictures that are not there: an
    empty list, a page in a picture's place, half a file, a server that fails …"""

    doubtful_pictures: float = 10.0
    """… and where likely none will come: fewer are listed than were asked for (some models make
    fewer), or an address is not known (old ones expire)."""

    requests: int = 50
    """How many requests may leave in `requests_window`: some 50 a second, however many tasks
    there are. The API documentation names no limit, only the answer to too many, 429; with 20,
    thirty tasks at once waited for one another. To this machine as many may leave as are due."""

    requests_window: float = 1.05
    """A little over a second: what leaves a second apart may arrive closer together."""

    idle_thread: float = 5.0
    """How long a thread without work stays, so that submits in a row do not start one each."""

    downloads: DownloadLimits = DOWNLOAD_LIMITS
    """What one picture may take, in time and also in size."""


# What is used unless a scheduler was given another.
TIMING = Timing()

"""What a hostile service is going to do, as plain data: what it says, and where it breaks."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum, unique


@unique
class Where(StrEnum):
    """A point on the way of a request and its answer."""

    UNREAD = "the request has arrived, nothing of it is read"
    PART_READ = "a part of the request is read"
    SILENT = "the request is read, nothing is answered"
    IN_STATUS_LINE = "within the status line"
    IN_HEADERS = "within the headers"
    BEFORE_BODY = "headers sent, no body"
    IN_BODY = "within the body"
    AFTER = "the whole answer is sent"


@unique
class How(StrEnum):
    """What happens at that point."""

    CLOSE = "the connection is closed"
    RESET = "the connection is reset"
    STALL = "nothing more comes"
    DRIP = "the rest comes byte by byte, too slowly"
    PAUSE = "the rest comes a little later"


@unique
class Framing(StrEnum):
    """How an answer says where it ends, truly or not."""

    LENGTH = "a length"
    CHUNKS = "chunks"
    UNTIL_CLOSE = "no length, the connection closes"
    TOO_LONG = "a length beyond its end"
    TOO_SHORT = "a length short of its end"
    CHUNK_CUT = "a chunk longer than what comes"
    NO_LAST_CHUNK = "chunks without the last one"
    CONTINUED = "a 100 before it"
    HINTED = "a 102 and a 103 before it"
    TWICE = "another answer behind it"
    KEPT = "a length, and the connection stays"
    KEPT_DEAD = "a length, and the connection only seems to stay"


@dataclass(frozen=True)
class Fault:
    """Where an exchange breaks, and how."""

    where: Where
    how: How


@dataclass(frozen=True)
class Step:
    """What one request gets.

    Attributes
    ----------
    say
        The name of an answer; which names there are depends on the kind of request.
    framing
        How the answer says where it ends.
    fault
        Where it breaks, None for nowhere.
    retry_after
        The header, None for none.

    """

    say: str
    framing: Framing = Framing.LENGTH
    fault: Fault | None = None
    retry_after: str | None = None


@dataclass(frozen=True)
class TaskPlan:
    """What happens to one call; a list that has run out stands for a service that is well.

    Attributes
    ----------
    n
        How many pictures the call asks for.
    made
        How many there are in the end: a service may make more or fewer.
    truth
        How the task ends: succeeded, failed or cancelled.
    posts, asks, fetches
        What its POSTs get, its status calls, and the calls for any of its pictures, in turn.
    refreshed
        Whether the user also asks, so that two questions may cross.

    """

    n: int = 1
    made: int = 1
    truth: str = "succeeded"
    posts: tuple[Step, ...] = ()
    asks: tuple[Step, ...] = ()
    fetches: tuple[Step, ...] = ()
    refreshed: bool = False


@dataclass(frozen=True)
class Play:
    """What happens in one run.

    Attributes
    ----------
    tasks
        The calls.
    at_once
        Whether the calls are made side by side, or one after another.
    refused
        The numbers of the connections that are reset as soon as they are open, before it is known
        what comes on them.
    outages
        The numbers of the connections after which the service does not listen for a moment.

    """

    tasks: tuple[TaskPlan, ...]
    at_once: bool = False
    refused: frozenset[int] = field(default_factory=frozenset)
    outages: frozenset[int] = field(default_factory=frozenset)

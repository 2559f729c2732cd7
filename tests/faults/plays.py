"""Plays made up by hypothesis: mostly a service that is well, with some faults among it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import strategies as st

from tests.faults import sayings
from tests.faults.plan import Fault, Framing, How, Play, Step, TaskPlan, Where

if TYPE_CHECKING:
    from collections.abc import Sequence

RETRY_AFTER = (
    "0",
    "0.0",
    "3600",
    "7",
    "-1",
    "soon",
    "",
    "nan",
    "1e999",
    "9" * 400,
    "Wed, 21 Oct 2015 07:28:00 GMT",
    "Wed, 21 Oct 2099 07:28:00 GMT",
    "Wed, 99 Oct 2015 07:28:00 GMT",
)

# What waits for a time-out is rarer than the rest, so that a run of thousands ends some day.
_HOWS = st.sampled_from([How.CLOSE] * 5 + [How.RESET] * 5 + [How.PAUSE] * 4 + [How.STALL, How.DRIP])
_FAULTS = st.none() | st.builds(Fault, st.sampled_from(Where), _HOWS)


def _steps(
    words: Sequence[str], most: int, usual: Sequence[str]
) -> st.SearchStrategy[tuple[Step, ...]]:
    says = st.sampled_from(usual) | st.sampled_from(words)
    step = st.builds(
        Step,
        says,
        st.sampled_from(Framing),
        _FAULTS,
        st.none() | st.sampled_from(RETRY_AFTER),
    )
    return st.lists(step, max_size=most).map(tuple)


TASKS = st.integers(1, 4).flatmap(
    lambda n: st.builds(
        TaskPlan,
        n=st.just(n),
        # a service that makes one more or fewer than it was asked for
        made=st.just(n) | st.sampled_from([max(n - 1, 1), n + 1]),
        truth=st.sampled_from(["succeeded"] * 4 + ["failed", "cancelled"]),
        posts=_steps(sayings.POSTS, 2, ("taken", "429 error")),
        asks=_steps(sayings.ASKS, 4, ("queued", "processing", "end")),
        fetches=_steps(sayings.FETCHES, 3, ("picture",)),
        refreshed=st.booleans(),
    )
)

_NUMBERS = st.frozensets(st.integers(0, 12), max_size=2)

PLAYS = st.builds(
    Play,
    tasks=st.lists(TASKS, min_size=1, max_size=4).map(tuple),
    at_once=st.booleans(),
    refused=st.just(frozenset[int]()) | _NUMBERS,
    outages=st.just(frozenset[int]()) | st.just(frozenset[int]()) | _NUMBERS,
)

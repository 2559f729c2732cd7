"""What following costs beside other ways to poll: requests, delay, processor time and memory.

Counted alike in every row: calls to the service, that is the submit and the questions. The
picture's own download is one more whatever the pacing, and is left out, and so is its time: the
delay is from the end of a task at the service until the client knows of it. A request and its
answer take 20 ms.

On the simulated clock all but clock and network is the client's own code, from `generate` down to
requests; the others' rows put another interval into the same code.
"""

from __future__ import annotations

import gc
import random
import time
import tracemalloc
from math import log
from typing import TYPE_CHECKING

from lumen_widgets.core.polling.pace import Pace
from tests.bench.real_pacing import follow_for_real
from tests.bench.table import Table
from tests.simulation import Measured, simulated

if TYPE_CHECKING:
    from collections.abc import Sequence

# How many like tasks there were before: lognormal, sigma 0.2, of which 99 % take 7 to 20 s.
_BEFORE, _MEDIAN, _SIGMA = 30, 12.2, 0.2

# Seconds between two submits, so that the process's 20 requests a second bind nobody.
_GAP = 2.0


class Cold(Pace):
    """Nothing learnt, ever."""

    def wait(self, age: float, behind: float = 0.0) -> float:
        """Wait as with nothing learnt, however late questions are."""
        del behind
        return self.default_wait(age)


class Fixed(Cold):
    """The same interval from the first question on."""

    seconds = 1.0

    def default_wait(self, _age: float) -> float:
        """Return the interval."""
        return self.seconds


class HalfASecond(Fixed):
    """As replicate asks."""

    seconds = 0.5


class TwoSeconds(Fixed):
    """As several providers of huggingface_hub ask."""

    seconds = 2.0


class BackOff(Cold):
    """As comfy-sdk asks: half a second, each time half as much more, up to five seconds."""

    def __init__(self, *, is_local: bool) -> None:
        super().__init__(is_local=is_local)
        self._next = 0.5

    def default_wait(self, _age: float) -> float:
        """Return the next interval."""
        wait, self._next = self._next, min(self._next * 1.5, 5.0)
        return wait


OTHERS: dict[str, type[Pace]] = {
    "every 0.5 s": HalfASecond,
    "every second": Fixed,
    "every 2 s": TwoSeconds,
    "0.5 s, half as much more each time, up to 5 s": BackOff,
}


def measure(*, full: bool) -> str:
    """Measure everything and return the tables."""
    tasks = 2000 if full else 100
    parts = [_simulated(tasks), _real(50 if full else 8), _at_once(full=full)]
    return "\n\n".join(str(part) for part in parts)


def alike(count: int, seed: int) -> list[float]:
    """Return how long like tasks take."""
    chance = random.Random(seed)  # noqa: S311 -- the same in each run
    return [chance.lognormvariate(log(_MEDIAN), _SIGMA) for _ in range(count)]


def unknown(count: int) -> list[float]:
    """Return times from 4 to 20 s, evenly spread, in any order."""
    times = [4 + 16 * (number + 0.5) / count for number in range(count)]
    random.Random(1).shuffle(times)  # noqa: S311 -- the same in each run
    return times


def _simulated(count: int) -> Table:
    table = Table(
        (
            f"{count} tasks on a simulated clock",
            "4 to 20 s: requests",
            "delay, s",
            "95 %",
            "alike: requests",
            "delay, s",
            "95 %",
        )
    )
    wide, narrow = unknown(count), alike(count, seed=2)
    table.add("nothing learnt", *_cells(_follow(wide, Cold)), *_cells(_follow(narrow, Cold)))
    learnt = [_follow(times, None, before=_BEFORE) for times in (wide, narrow)]
    table.add(f"learnt from {_BEFORE} like tasks", *_cells(learnt[0]), *_cells(learnt[1]))
    told = [_follow(times, None, told=True) for times in (wide, narrow)]
    table.add("with a webhook", *_cells(told[0]), *_cells(told[1]))
    for name, pace in OTHERS.items():
        table.add(name, *_cells(_follow(wide, pace)), *_cells(_follow(narrow, pace)))
    return table


def _follow(
    times: Sequence[float], pace: type[Pace] | None, *, before: int = 0, told: bool = False
) -> Measured:
    with simulated(pace) as service:
        client = service.client()
        if before:
            # like those that come: of the same spread
            service.follow(client, random.Random(3).sample(list(times), before))  # noqa: S311 -- the same in each run
        if told:
            with service.calling():
                return service.follow(client, times, _GAP)
        return service.follow(client, times, _GAP)


def _cells(measured: Measured) -> tuple[float, float, float]:
    return measured.requests, measured.delay, measured.late


def _real(count: int) -> Table:
    """Measure over real sockets and in real time, all ways at once."""
    told = "with a webhook"
    ways: dict[str, tuple[type[Pace], Sequence[float]]] = {
        "nothing learnt": (Cold, ()),
        f"learnt from {_BEFORE} like tasks": (Pace, alike(_BEFORE, seed=3)),
        told: (Cold, ()),
        **{name: (pace, ()) for name, pace in OTHERS.items()},
    }
    table = Table((f"{count} alike over sockets, in real time", "requests", "delay, s", "95 %"))
    for name, measured in follow_for_real(ways, alike(count, seed=2), told).items():
        table.add(name, *_cells(measured))
    return table


def _at_once(*, full: bool) -> Table:
    """Measure tasks that are all in flight together, the machine's own time and memory."""
    count = 1000 if full else 100
    table = Table(
        (
            f"{count} tasks in flight together",
            "requests a task",
            "mean delay, s",
            "over after, s",
            "processor time a task, ms",
            "memory a task, kB",
        )
    )
    for name, before in (("nothing learnt", 0), ("learnt", _BEFORE)):
        with simulated() as service:
            client = service.client()
            if before:
                service.follow(client, alike(before, seed=3))
            start, spent = service.time, time.process_time()
            measured = service.follow(client, alike(count, seed=2), gap=0.0)
            spent = time.process_time() - spent
            table.add(
                name,
                measured.requests,
                measured.delay,
                service.time - start,
                spent / count * 1000,
                _memory(count),
            )
    return table


def _memory(count: int) -> float:
    """Return the kB that one more task in flight takes, its place in the scheduler included."""
    with simulated() as service:
        client = service.client()
        warm = [service.submit(client, 1e6) for _ in range(20)]
        gc.collect()
        tracemalloc.start()
        tasks = [service.submit(client, 1e6) for _ in range(count)]
        service.run_until(service.time + 100)
        gc.collect()
        held, _ = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        # what the simulation itself notes of each question is not the client's
        noted = sum(seen.asked.__sizeof__() for seen in service.tasks.values())
        assert len(tasks) + len(warm) == count + 20
    return (held - noted) / count / 1024

"""What following costs beside other ways to poll: requests, delay, processor time and memory.

Counted alike in every row: calls to the service, that is the submit and the questions. The
picture's own download is one more whatever the pacing, and is left out. The delay is from the end
of a task at the service until the client knows of it; until its picture is here, downloaded and
checked, is a column of its own where it is measured. A request and its answer take 20 ms.

On the simulated clock all but clock and network is the client's own code, from `generate` down to
requests; the others' rows put another interval into the same code.
"""

from __future__ import annotations

import gc
import random
import time
import tracemalloc
from math import log
from statistics import mean
from typing import TYPE_CHECKING

from lumen_widgets.core.http.origin import Origin
from lumen_widgets.core.polling.pace import Pace, Paces
from tests.bench.real_pacing import follow_for_real
from tests.bench.table import Table
from tests.simulation import URL, Measured, measured, simulated

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tests.simulation import Seen

# How many like tasks there were before: lognormal, sigma 0.2, of which 99 % take 7 to 20 s.
_BEFORE, _MEDIAN, _SIGMA = 30, 12.2, 0.2

# Seconds between two submits, so that the process's 50 requests a second bind nobody.
_GAP = 2.0


class Cold(Pace):
    """Nothing learnt, ever."""

    def next_age(self, ran: float, part: float = 1.0) -> float:
        """Return the age that it would be with nothing learnt."""
        del part
        return self.cold_age(ran)


class _ColdPaces(Paces):
    """Makes paces that never learn."""

    kind = Cold


class Fixed(Cold):
    """The same interval from the first question on."""

    seconds = 1.0

    def cold_age(self, ran: float) -> float:
        """Return the age an interval later."""
        return ran + self.seconds


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

    def next_age(self, ran: float, part: float = 1.0) -> float:
        """Return the age after the next interval."""
        del part
        wait, self._next = self._next, min(self._next * 1.5, 5.0)
        return ran + wait


OTHERS: dict[str, type[Pace]] = {
    "every 0.5 s": HalfASecond,
    "every second": Fixed,
    "every 2 s": TwoSeconds,
    "0.5 s, half as much more each time, up to 5 s": BackOff,
}


def measure(*, full: bool) -> str:
    """Measure everything and return the tables."""
    parts = [
        _simulated(2000 if full else 6),
        _together(30, 20) if full else _together(3, 1),
        _real(50, 1.0) if full else _real(2, 0.2),
        _at_once(1000 if full else 10),
    ]
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


def spread(count: int, seed: int) -> list[float]:
    """Return times from 4 to 20 s, evenly spread but for chance, in any order."""
    chance = random.Random(seed)  # noqa: S311 -- the same in each run
    times = [4 + 16 * (number + chance.random()) / count for number in range(count)]
    chance.shuffle(times)
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
    before = min(_BEFORE, count)
    learnt = [_follow(times, None, before=before) for times in (wide, narrow)]
    table.add(f"learnt from {before} like tasks", *_cells(learnt[0]), *_cells(learnt[1]))
    told = [_follow(times, None, told=True) for times in (wide, narrow)]
    table.add("with a webhook", *_cells(told[0]), *_cells(told[1]))
    for name, pace in OTHERS.items():
        table.add(name, *_cells(_follow(wide, pace)), *_cells(_follow(narrow, pace)))
    return table


def _together(count: int, rounds: int) -> Table:
    """Measure tasks at once, also where the service is not as it was learnt."""
    table = Table(
        (
            f"{count} at once, {rounds} times",
            "nothing learnt: requests",
            "delay, s",
            "picture after, s",
            f"learnt from {_BEFORE}: requests",
            "delay, s",
            "picture after, s",
        )
    )
    kinds: dict[str, Callable[[int, int], Sequence[float]]] = {"4 to 20 s": spread, "alike": alike}
    for name, times in kinds.items():
        for change, how in ((1.0, ""), (1 / 3, ", in a third of the time"), (3.0, ", in thrice")):
            cells: list[float] = []
            for paces in (_ColdPaces, Paces):
                tasks = []
                for seed in range(rounds):
                    now = _scaled(times(count, 2 * seed), change)
                    tasks += _at_once_after(paces(), times(_BEFORE, 2 * seed + 1), now)
                found = measured(tasks)
                after = mean(seen.fetched - seen.known for seen in tasks)
                cells += [found.requests, found.delay, after]
            table.add(f"{name}{how}", *cells)
    return table


def _at_once_after(paces: Paces, before: Sequence[float], times: Sequence[float]) -> list[Seen]:
    with simulated(paces=paces) as service:
        client = service.client()
        first = service.submit(client, 0.0)
        paces.of(Origin(URL, "198.18.0.1", is_loopback=False), first.request).learn(before)
        service.run_until(service.time + 10)
        service.follow(client, times, gap=0.0)
        _, *tasks = service.tasks.values()
        return tasks


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


def _cells(found: Measured) -> tuple[float, float, float]:
    return found.requests, found.delay, found.late


def _real(count: int, scale: float) -> Table:
    """Measure over real sockets and in real time, all ways at once; tasks take `scale` as long."""
    told = "with a webhook"
    ways: dict[str, tuple[type[Pace], Sequence[float]]] = {
        "nothing learnt": (Cold, ()),
        f"learnt from {_BEFORE} like tasks": (Pace, _scaled(alike(_BEFORE, seed=3), scale)),
        told: (Cold, ()),
        **{name: (pace, ()) for name, pace in OTHERS.items()},
    }
    table = Table((f"{count} alike over sockets, in real time", "requests", "delay, s", "95 %"))
    times = _scaled(alike(count, seed=2), scale)
    for name, found in follow_for_real(ways, times, told).items():
        table.add(name, *_cells(found))
    return table


def _scaled(times: Sequence[float], scale: float) -> list[float]:
    return [seconds * scale for seconds in times]


def _at_once(count: int) -> Table:
    """Measure tasks that are all in flight together, the machine's own time and memory."""
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
                service.follow(client, alike(min(before, count), seed=3))
            start, spent = service.time, time.process_time()
            found = service.follow(client, alike(count, seed=2), gap=0.0)
            spent = time.process_time() - spent
            table.add(
                name,
                found.requests,
                found.delay,
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
        service.run_until(service.time + 20)
        gc.collect()
        held, _ = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        # what the simulation itself notes of each question is not the client's
        noted = sum(seen.asked.__sizeof__() for seen in service.tasks.values())
        assert len(tasks) + len(warm) == count + 20
    return (held - noted) / count / 1024

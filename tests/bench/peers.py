"""How tasks at once are followed at a service's pace, by us and by the clients that others use.

The same fake tasks for each, over sockets of this machine and in real time, all clients side by
side, each in a process of its own. Requests are the submit, the questions and, with fal-client,
the result's JSON. The delay is from a task's end at the service until the client knows of it, both
on the machine's one clock; how much of it came after the question that found the end had arrived
stands beside it, and what ours then takes to have the picture.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from statistics import mean
from typing import TYPE_CHECKING, Any

from lumen_widgets.sandbox.engine import Job, draw
from tests import checkout
from tests.bench import follower, summary
from tests.bench.fake_service import FakeService
from tests.bench.pacing import alike, spread
from tests.bench.peer_environment import PEERS, installed
from tests.bench.table import NOTHING, Table

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

# How many at once, how many times over, and what the times are multiplied by.
_FULL, _SMALL = (30, 5, 1.0), (4, 1, 0.05)

_OURS = "ours"
_COLD, _LEARNT = "ours, nothing learnt", "ours, learnt from as many of their kind"
_SECONDS = 300


@dataclass
class Followed:
    """What came of some tasks of one client, each figure a task's; times in seconds.

    Attributes
    ----------
    requests
        All calls to the service.
    delays
        From the end to the client's knowing.
    answers
        Of that, from the arrival of the question that found the end; fal-client also fetches the
        result in that time.
    here
        From the client's knowing until the picture is here, fetched, checked and kept.
    processor
        The client's own time.

    """

    requests: list[float] = field(default_factory=list)
    delays: list[float] = field(default_factory=list)
    answers: list[float] = field(default_factory=list)
    here: list[float] = field(default_factory=list)
    processor: list[float] = field(default_factory=list)

    def add(self, service: FakeService, said: dict[str, Any]) -> None:
        """Take in one round."""
        for task_id, task in service.tasks.items():
            known = said["known"][task_id]
            self.requests.append(task.requests)
            self.delays.append(known - task.ends)
            self.answers.append(known - task.asked[-1])
            if task_id in said["here"]:
                self.here.append(said["here"][task_id] - known)
        self.processor.append(said["processor"] / len(service.tasks))

    def words(self) -> str:
        """Return requests and delay, as the summary has them."""
        return f"{mean(self.requests):.1f}, {mean(self.delays):.2f} s"


def measure(*, full: bool, others: bool = False) -> str:
    """Measure ours, and with `others` the clients that can be installed beside it.

    Each follows two rounds of tasks, of which ours learns; the others' figures are of both.
    """
    count, times, scale = _FULL if full else _SMALL
    python, problem = installed() if others else (None, "")
    names = [_OURS, *(PEERS if python else ())]
    kinds: dict[str, Callable[[int, int], list[float]]] = {
        f"{count} at once, {4 * scale:g} to {20 * scale:g} s": spread,
        f"{count} like tasks at once, {12 * scale:g} s (lognormal)": alike,
    }
    picture = draw(Job("generate", "a cat", 1, (1024, 1024) if full else (256, 256))).png
    parts: list[object] = []
    for kind, drawn in kinds.items():
        found: dict[str, Followed] = {}
        for seed in range(0, 2 * times, 2):
            rounds = [[one * scale for one in drawn(count, seed + number)] for number in range(2)]
            _follow(names, rounds, picture, python, found)
        parts.append(_table(kind, found))
        _summarise(kind, found)
    if others and problem:
        parts.append(f"The other clients could not be installed, so ours is alone: {problem}")
    return "\n\n".join(map(str, parts))


def _follow(
    names: Iterable[str],
    rounds: Sequence[Sequence[float]],
    picture: bytes,
    python: Path | None,
    found: dict[str, Followed],
) -> None:
    """Have each client follow two rounds of tasks, all clients side by side."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        running = []
        for name in names:
            services = [stack.enter_context(FakeService(times, picture)) for times in rounds]
            words = [
                str(sys.executable if name == _OURS else python),
                *("-P", follower.__file__, name, str(len(rounds[0])), str(folder / "journal")),
                *(service.url for service in services),
            ]
            process = subprocess.Popen(
                words, stdout=subprocess.PIPE, env=_environment(folder), text=True
            )
            running.append((name, services, stack.enter_context(process)))
            stack.callback(process.kill)
        for name, services, process in running:
            lines, _ = process.communicate(timeout=_SECONDS)
            assert process.returncode == 0, f"{name} could not follow the tasks"
            for number, line in enumerate(lines.splitlines()):
                # only ours does better, or worse, for what came before
                label = ((_COLD, _LEARNT)[number]) if name == _OURS else name
                found.setdefault(label, Followed()).add(services[number], json.loads(line))


def _environment(folder: Path) -> dict[str, str]:
    """Return an environment without a proxy, a key, or anything of the user's own."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.lower().endswith("_proxy") and not name.startswith("LUMEN_")
    }
    # of this checkout there may be no installation
    return {**kept, "LUMEN_HOME": str(folder), "PYTHONPATH": str(checkout.ROOT)}


def _table(kind: str, found: dict[str, Followed]) -> Table:
    table = Table(
        (
            kind,
            "requests a task",
            "delay, s",
            "95 %",
            "of it after the question, ms",
            "picture after that, ms",
            "processor time a task, ms",
        )
    )
    for name, one in found.items():
        late = sorted(one.delays)[int(0.95 * len(one.delays))]
        table.add(
            f"{name} {PEERS[name]}" if name in PEERS else name,
            mean(one.requests),
            mean(one.delays),
            late,
            mean(one.answers) * 1000,
            mean(one.here) * 1000 if one.here else NOTHING,
            mean(one.processor) * 1000,
        )
    return table


def _summarise(kind: str, found: dict[str, Followed]) -> None:
    peers = {name: found[name].words() for name in PEERS if name in found}
    if "like" in kind:
        summary.note("like tasks, learnt", f"{kind}, learnt", found[_LEARNT].words(), peers)
        return
    summary.note("cold", f"{kind}, nothing learnt: requests, delay", found[_COLD].words(), peers)
    summary.note("learnt", "the same, learnt", found[_LEARNT].words(), peers)

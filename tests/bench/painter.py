"""From the hand to the screen: our painter beside one that ipycanvas callbacks draw, in one run.

Both are in JupyterLab, each in a notebook of its own, under the same mouse of 120 Hz.
"""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from statistics import mean, median, quantiles

from playwright.sync_api import sync_playwright

from tests import chromium
from tests.bench.easels import Easel, OurEasel, OurLargeEasel, Sample
from tests.bench.fast_mouse import free_port
from tests.bench.kernel_easel import KernelEasel
from tests.bench.table import Table
from tests.jupyter import Lab
from tests.lab_server import LabServer

# one stroke of each kind takes as many seconds as moves are 120, and all must fit into one sleep
_MOVES, _MORE_MOVES = 120, 300
_ROUNDS, _MORE_ROUNDS = 1, 4
# one second
_HOVERS = 120
_IDLE, _BUSY = "idle", "in `time.sleep(10)`"


@dataclass
class _Sent:
    """The messages of one painter's page: of each stroke, and of each second of hovering."""

    strokes: list[int] = field(default_factory=list)
    sizes: list[int] = field(default_factory=list)
    hovers: list[int] = field(default_factory=list)


def measure(*, full: bool) -> str:
    """Measure one round of short strokes, or several of longer ones."""
    moves, rounds = (_MORE_MOVES, _MORE_ROUNDS) if full else (_MOVES, _ROUNDS)
    port = free_port()
    with (
        tempfile.TemporaryDirectory() as folder,
        LabServer(Path(folder, "lab")) as server,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(
            executable_path=chromium.get(),
            args=[*chromium.FLAGS, f"--remote-debugging-port={port}"],
        )
        lab = Lab(server, browser)
        kinds = (OurEasel, OurLargeEasel, KernelEasel) if full else (OurEasel, KernelEasel)
        easels = [kind(lab, port) for kind in kinds]
        drawn = {(easel.name, kernel): _samples() for easel in easels for kernel in (_IDLE, _BUSY)}
        sent = {easel.name: _Sent() for easel in easels}
        for _ in range(rounds):
            for easel in easels:
                # a page that is not in front draws no frames
                easel.page.bring_to_front()
                _count(easel, moves, sent[easel.name])
                _paint(easel, moves, drawn[easel.name, _IDLE])
                _paint_asleep(easel, moves, drawn[easel.name, _BUSY])
        sizes = {easel.name: easel.size for easel in easels}
        lab.close()
        browser.close()
    return f"{_drawing(drawn, sizes)}\n\n{_messages(sent)}"


def _samples() -> dict[str, Sample]:
    return {part: Sample() for part in ("brush", "eraser", "undo")}


def _count(easel: Easel, moves: int, sent: _Sent) -> None:
    """Count the messages of one stroke and of one second of hovering."""
    scratch = _samples()
    # the brush may have to be taken first, which is a message too
    easel.stroke(1, scratch["brush"])
    easel.messages()
    easel.stroke(moves, scratch["brush"])
    messages = easel.messages()
    sent.strokes.append(len(messages))
    sent.sizes.append(sum(message.size for message in messages))
    easel.hover(_HOVERS)
    sent.hovers.append(len(easel.messages()))
    for _ in range(2):
        easel.undo(scratch["undo"])
    easel.messages()
    easel.collect(scratch)


def _paint(easel: Easel, moves: int, samples: dict[str, Sample]) -> None:
    """Paint, erase along the same line, and take both back, each once the one before is drawn."""
    easel.stroke(moves, samples["brush"])
    easel.wait_drawn()
    easel.stroke(moves, samples["eraser"], erase=True)
    for _ in range(2):
        easel.wait_drawn()
        easel.undo(samples["undo"])
    easel.wait_drawn()
    easel.collect(samples)


def _paint_asleep(easel: Easel, moves: int, samples: dict[str, Sample]) -> None:
    """Do the same while the kernel sleeps, waiting for nothing before all of it is done."""
    easel.fall_asleep()
    easel.stroke(moves, samples["brush"])
    easel.stroke(moves, samples["eraser"], erase=True)
    for _ in range(2):
        easel.undo(samples["undo"])
    if not easel.asleep:
        raise RuntimeError("The kernel woke up before the hand had stopped: nothing was measured.")
    easel.wait_drawn()
    easel.collect(samples)
    easel.wake()


def _drawing(drawn: dict[tuple[str, str], dict[str, Sample]], sizes: dict[str, str]) -> Table:
    table = Table(
        (
            "painter",
            "on screen",
            "kernel",
            "what",
            "given",
            "Hz",
            "events",
            "drawn",
            "in the event's handler",
            "pointer to drawn, ms",
            "p95, ms",
            "heard to drawn, ms",
        )
    )
    for (name, kernel), samples in drawn.items():
        for part, sample in samples.items():
            table.add(
                name,
                sizes[name],
                kernel,
                part,
                sample.given,
                mean(sample.hertz) if sample.hertz else "-",
                sample.heard,
                len(sample.drawn),
                sum(one.inside for one in sample.drawn),
                *_times([one.age for one in sample.drawn]),
                _times([one.work for one in sample.drawn])[0],
            )
    return table


def _times(taken: list[float]) -> tuple[float | str, float | str]:
    """Return median and 95th percentile, as far as there are any."""
    if len(taken) < 2:
        return (taken[0], taken[0]) if taken else ("-", "-")
    return median(taken), quantiles(taken, n=20, method="inclusive")[-1]


def _messages(sent: dict[str, _Sent]) -> Table:
    table = Table(("painter", "messages a stroke", "kB a stroke", "messages in 1 s of hovering"))
    for name, counts in sent.items():
        table.add(
            name,
            _range(counts.strokes),
            mean(counts.sizes) / 1000,
            _range(counts.hovers),
        )
    return table


def _range(counts: list[int]) -> str:
    least, most = min(counts), max(counts)
    return str(least) if least == most else f"{least} to {most}"

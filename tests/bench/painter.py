"""From a mouse event to the screen: our painter beside one drawn by ipycanvas callbacks.

Both are in JupyterLab, each in a notebook of its own, under the same mouse of 120 Hz, in one run.
"""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from statistics import mean, median, quantiles

from playwright.sync_api import sync_playwright

from tests import chromium
from tests.bench.fast_mouse import free_port
from tests.bench.ipycanvas_driver import IpycanvasDriver
from tests.bench.painter_drivers import (
    LargeMaskPainterDriver,
    MaskPainterDriver,
    PainterDriver,
    Sample,
)
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
        kinds: list[type[PainterDriver]] = [MaskPainterDriver, IpycanvasDriver]
        if full:
            kinds.insert(1, LargeMaskPainterDriver)
        drivers = [kind(lab, port) for kind in kinds]
        drawn = {
            (driver.name, kernel): _samples() for driver in drivers for kernel in (_IDLE, _BUSY)
        }
        sent = {driver.name: _Sent() for driver in drivers}
        for _ in range(rounds):
            for driver in drivers:
                # a page that is not in front draws no frames
                driver.page.bring_to_front()
                _count(driver, moves, sent[driver.name])
                _paint(driver, moves, drawn[driver.name, _IDLE])
                _paint_asleep(driver, moves, drawn[driver.name, _BUSY])
        sizes = {driver.name: driver.size for driver in drivers}
        lab.close()
        browser.close()
    return f"{_drawing(drawn, sizes)}\n\n{_messages(sent)}"


def _samples() -> dict[str, Sample]:
    return {part: Sample() for part in ("brush", "eraser", "undo")}


def _count(driver: PainterDriver, moves: int, sent: _Sent) -> None:
    """Count the messages of one stroke and of one second of hovering."""
    scratch = _samples()
    # the brush may have to be taken first, which is a message too
    driver.stroke(1, scratch["brush"])
    driver.messages()
    driver.stroke(moves, scratch["brush"])
    messages = driver.messages()
    sent.strokes.append(len(messages))
    sent.sizes.append(sum(message.size for message in messages))
    driver.hover(_HOVERS)
    sent.hovers.append(len(driver.messages()))
    for _ in range(2):
        driver.undo(scratch["undo"])
    driver.messages()
    driver.collect(scratch)


def _paint(driver: PainterDriver, moves: int, samples: dict[str, Sample]) -> None:
    """Paint, erase along the same line, and take both back, each once the one before is drawn."""
    driver.stroke(moves, samples["brush"])
    driver.wait_drawn()
    driver.stroke(moves, samples["eraser"], erase=True)
    for _ in range(2):
        driver.wait_drawn()
        driver.undo(samples["undo"])
    driver.wait_drawn()
    driver.collect(samples)


def _paint_asleep(driver: PainterDriver, moves: int, samples: dict[str, Sample]) -> None:
    """Do the same while the kernel sleeps, waiting for nothing before all of it is done."""
    driver.start_sleep()
    driver.stroke(moves, samples["brush"])
    driver.stroke(moves, samples["eraser"], erase=True)
    for _ in range(2):
        driver.undo(samples["undo"])
    if not driver.asleep:
        raise RuntimeError("The kernel woke up before the mouse had stopped: nothing was measured.")
    driver.wait_drawn()
    driver.collect(samples)
    driver.wait_awake()


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

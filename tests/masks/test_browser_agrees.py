from __future__ import annotations

import base64
import json
import os
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings

from lumen_widgets.masks import Ellipse, Operation, Polygon, Raster, Stroke
from lumen_widgets.masks.wire import pack
from tests import node
from tests.masks.drawing import Case, stepped

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.slow

_JS = Path(__file__).parents[2] / "js"
_ESBUILD = _JS / "node_modules" / ".bin" / "esbuild"
# the fixture is of the whole module: nothing of one example is in the next
_CALM = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])


class BrowserRaster:
    """The browser's own code in a node process: a case in, a mask out."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def draw(self, case: Case) -> str:
        """Return the number of pixels that are set, and all pixels in hexadecimal."""
        objects, points = pack(case.steps)
        line = {
            "width": case.width,
            "height": case.height,
            "steps": objects,
            "points": base64.b64encode(points).decode(),
        }
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{json.dumps(line)}\n")
        self._process.stdin.flush()
        return self._process.stdout.readline().rstrip("\n")


@pytest.fixture(scope="module")
def browser_raster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BrowserRaster]:
    """Bundle the browser's raster and run it until the module's tests are over."""
    if not _ESBUILD.exists():
        pytest.fail(
            "js/node_modules has no esbuild, so that the browser's masks cannot be compared with "
            "the kernel's. Run `npm ci` in js/, or `python -m tests`, which does."
        )
    bundle = tmp_path_factory.mktemp("mask_cases") / "mask_cases.mjs"
    environment = os.environ | {
        "PATH": os.pathsep.join([str(node.BIN), os.environ.get("PATH", "")])
    }
    words = ["--bundle", "--platform=node", "--format=esm", "--log-level=error"]
    subprocess.run(
        [_ESBUILD, "tests/mask_painter/raster_cases.ts", *words, f"--outfile={bundle}"],
        cwd=_JS,
        env=environment,
        check=True,
    )
    with subprocess.Popen(
        [node.NODE, bundle], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        yield BrowserRaster(process)
        assert process.stdin is not None
        process.stdin.close()


def check(case: Case, browser_raster: BrowserRaster) -> None:
    """Compare the masks of both sides, bit for bit."""
    mask = Raster(case.width, case.height).follow(case.done)
    kernel = f"{mask.sum()} {np.packbits(mask).tobytes().hex()}"

    assert browser_raster.draw(case) == kernel


@settings(_CALM, max_examples=300)
@given(case=stepped())
def test_browser_and_kernel_make_the_same_mask(case: Case, browser_raster: BrowserRaster) -> None:
    """Bit for bit, whatever is drawn, undone and redone: what one sees is what is repainted."""
    check(case, browser_raster)


@pytest.mark.full
@settings(_CALM, max_examples=3000)
@given(case=stepped(14))
def test_browser_and_kernel_make_the_same_thousands_of_masks(
    case: Case, browser_raster: BrowserRaster
) -> None:
    """The same, for long enough to meet what is rare."""
    check(case, browser_raster)


def test_browser_and_kernel_agree_on_large_pictures_and_coordinates(
    browser_raster: BrowserRaster,
) -> None:
    """Float32 far out, hair-thin strokes and hundreds of points of a real hand."""
    dice = np.random.default_rng(11)
    for width, height in ((1023, 767), (2048, 33), (1, 3000)):
        size = np.array([width, height])
        hand = size / 2 + np.cumsum(dice.normal(0, 9, (400, 2)), 0)
        far = dice.uniform(-1e6, 1e6, (7, 2))
        near = size / 3 + dice.uniform(-1e-3, 1e-3, (9, 2))
        steps: list[Operation] = [
            Stroke(hand.astype(np.float32), 7.3),
            Stroke(far.astype(np.float32), 31.7, erase=True),
            Stroke(near.astype(np.float32), 40.1),
            Polygon(far.astype(np.float32), "subtract"),
            Ellipse(-9e5, -0.3, 1e6, height, "subtract"),
            Polygon(hand[::9].astype(np.float32)),
        ]
        for count in range(1, len(steps) + 1):
            check(Case(width, height, steps[:count]), browser_raster)

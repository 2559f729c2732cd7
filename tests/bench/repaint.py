"""What putting a repaint back costs: processor time and memory, beside plain pasting.

Writing and reading the PNG costs more than either, and is shown apart.
"""

from __future__ import annotations

import io
import subprocess
import sys
from functools import partial
from time import process_time
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from lumen_widgets.client.exact.put_back import put_back
from tests import checkout
from tests.bench import summary
from tests.bench.table import Table, seconds, side_by_side
from tests.client.exact.photographs import mask_like, photograph
from tests.client.exact.simulated_model import SimulatedModel

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.client.exact.photographs import Mask, Pixels

_SIDES = (512,)
_MORE_SIDES = (1024, 2048, 4096)
_MASKS = {"ellipse": "14 % masked", "most": "60 % masked"}
_LEVELS = (1, 6)

# A process of its own: its largest size so far would be that of what was measured before. What it
# holds is filled in place and a small picture is put back first, so that only what putting back
# asks for makes it larger. The first line of a picture of a side, of a mask and of a result.
_MEMORY = r"""
import re, sys
from pathlib import Path
import numpy as np
from lumen_widgets.client.exact.put_back import put_back

def made(side, result_side, part):
    source, result = (np.empty((one, one, 3), np.uint8) for one in (side, result_side))
    for pixels in (source, result):
        row = np.linspace(0, 3000, 3 * len(pixels)).astype(np.uint8).reshape(-1, 3)
        for y in range(len(pixels)):
            np.add(row, np.uint8(60 * y // len(pixels)), out=pixels[y])
    mask = np.zeros((side, side), bool)
    mask[:, : int(part * side)] = True
    return source, mask, result

def largest():
    return 1024 * int(re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())[1])

side, result_side = map(int, sys.argv[1:3])
put_back(*made(64, 64, 0.5))
arrays = made(side, result_side, float(sys.argv[3]))
before = largest()
kept = put_back(*arrays)
print(largest() - before)
"""


def measure(*, full: bool) -> str:
    """Measure pictures of several sizes, each with a small mask and a large one."""
    sides = _MORE_SIDES if full else _SIDES
    return "\n\n".join(map(str, (_times(sides), _memory(sides), _files(sides))))


def _times(sides: tuple[int, ...]) -> Table:
    table = Table(("a result of 1024² put back", "processor time, ms", "plain paste, ms"))
    of_larger = []
    for side in sides:
        source = _picture(side)
        for kind, words in _MASKS.items():
            mask = mask_like(kind, source.shape, 1)
            result = SimulatedModel().answer(source, mask, 1).pixels
            taken = side_by_side(
                {
                    "ours": partial(_processor, partial(put_back, source, mask, result)),
                    "plain": partial(_processor, partial(_paste, source, mask, result)),
                }
            )
            table.add(f"{side}², {words}", taken["ours"] * 1000, taken["plain"] * 1000)
            if kind == "most":
                of_larger.append(f"{taken['ours'] * 1000:.0f}")
    what = f"put back, {' / '.join(f'{side}²' for side in sides)}, the larger mask"
    summary.note("put back", what, f"{' / '.join(of_larger)} ms")
    return table


def _memory(sides: tuple[int, ...]) -> Table:
    """Measure the memory beside source, mask and result; the new picture is three bytes of it."""
    table = Table(("memory beyond source, mask and result", "MB", "B a pixel", "beyond 32 MB"))
    if sys.platform != "linux":
        return table  # others do not say how large a process was at its largest
    for side in sides:
        for result_side in sorted({1024, side}):
            words = [sys.executable, "-c", _MEMORY, str(side), str(result_side), "0.6"]
            done = subprocess.run(
                words, cwd=checkout.ROOT, capture_output=True, text=True, check=True
            )
            grown = int(done.stdout)
            beyond = max(0.0, grown - 32e6) / side**2
            table.add(f"{side}², of {result_side}²", grown / 1e6, grown / side**2, beyond)
    return table


def _files(sides: tuple[int, ...]) -> Table:
    table = Table(("the same as PNG", "level", "written, ms", "read, ms", "MB"))
    for side in sides:
        picture = Image.fromarray(_picture(side))
        for level in _LEVELS:
            file = _png(picture, level)
            written = seconds(partial(_png, picture, level))
            read = seconds(Image.open(io.BytesIO(file)).load)
            table.add(f"{side}²", level, written * 1000, read * 1000, len(file) / 1e6)
    return table


def _picture(side: int) -> Pixels:
    """Return a photograph of a size, with the grain that enlarging took from it."""
    size = (side, side)
    image = Image.fromarray(photograph("astronaut.png")).resize(size, Image.Resampling.LANCZOS)
    grain = np.random.default_rng(1).normal(0, 2, (side, side, 1)).astype(np.float32)
    return np.clip(np.asarray(image) + grain, 0, 255).astype(np.uint8)


def _processor(work: Callable[[], object]) -> float:
    """Return a call's processor time: a busy machine does not make it longer."""
    start = process_time()
    work()
    return process_time() - start


def _paste(source: Pixels, mask: Mask, result: Pixels) -> Image.Image:
    made = Image.fromarray(source)
    resized = Image.fromarray(result).resize(made.size, Image.Resampling.LANCZOS)
    made.paste(resized, mask=Image.fromarray(mask))
    return made


def _png(picture: Image.Image, level: int) -> bytes:
    file = io.BytesIO()
    picture.save(file, "PNG", compress_level=level)
    return file.getvalue()

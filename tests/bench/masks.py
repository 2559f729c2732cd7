"""What a mask costs the kernel: drawing a stroke, writing the file, going back many steps."""

from __future__ import annotations

import io
import tracemalloc
from functools import partial
from itertools import pairwise
from statistics import median
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image, ImageDraw

from lumen_widgets.masks import Ellipse, Polygon, Raster, Rectangle, Stroke, UndoHistory, encode
from lumen_widgets.masks.mask_file import SavedMask
from lumen_widgets.masks.raster import apply
from lumen_widgets.widgets.mask_painter.step_log import StepLog
from tests.bench.table import Table, seconds, side_by_side

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from lumen_widgets.masks import Operation

    Mask = NDArray[np.bool_]

_SIZES = (512,)
_MORE_SIZES = (1024, 4096)
_POINTS = 300
_RADII = (8, 30, 200)
_STEPS = 500
_UNDOS = 50
# points of a stroke as a hand makes it: a second or less at what browsers report
_SHORT = 40


def measure(*, full: bool) -> str:
    """Measure masks of one size, or of two."""
    sizes = _MORE_SIZES if full else _SIZES
    tables = (_strokes(sizes), _files(sizes), _undoing(sizes))
    return "\n\n".join(map(str, tables))


def _strokes(sizes: Sequence[int]) -> Table:
    """Draw strokes; what is exact is told by the distance itself, worked out here once more."""
    table = Table(
        (
            f"stroke of {_POINTS} points",
            "ours, ms",
            "pixels off exact",
            "Pillow, ms",
            "its IoU with ours",
        )
    )
    for size in sizes:
        for radius in _RADII:
            stroke = Stroke(_curve(size), radius)
            mask = np.zeros((size, size), bool)
            picture = Image.new("1", (size, size))
            taken = side_by_side(
                {
                    "ours": partial(seconds, partial(apply, stroke, mask)),
                    "Pillow": partial(seconds, partial(_draw_by_pillow, stroke, picture)),
                }
            )
            off = int((mask != _exact(stroke, size)).sum())
            iou = _iou(mask, np.asarray(picture))
            name = f"radius {radius}, {size}²"
            table.add(name, taken["ours"] * 1000, off, taken["Pillow"] * 1000, f"{iou:.4f}")
    return table


def _files(sizes: Sequence[int]) -> Table:
    """Write the same mask as PNG, ours from its array and Pillow from an image made beforehand."""
    table = Table(
        ("mask as PNG", "ours, ms", "Pillow “1” level 1, ms", "times faster", "kB", "Pillow, kB")
    )
    for size in sizes:
        mask = Raster(size, size).follow(_picture(size))
        picture = Image.fromarray(mask)
        taken = side_by_side(
            {
                "ours": partial(seconds, partial(encode, mask)),
                "Pillow": partial(seconds, partial(_save_by_pillow, picture)),
            }
        )
        ours, theirs = encode(mask), _save_by_pillow(picture)
        for file in (ours, theirs):
            assert np.array_equal(np.asarray(Image.open(io.BytesIO(file))), mask)
        table.add(
            f"{size}², {100 * mask.mean():.0f} % covered",
            taken["ours"] * 1000,
            taken["Pillow"] * 1000,
            taken["Pillow"] / taken["ours"],
            len(ours) / 1000,
            len(theirs) / 1000,
        )
    return table


def _undoing(sizes: Sequence[int]) -> Table:
    """Take five hundred steps and go back over some, with the mask asked for after each one."""
    table = Table(
        (
            f"{_STEPS} steps",
            "points, MB",
            "kept masks, MB",
            "in all, MB",
            f"{_UNDOS} undos with mask, ms",
            "one, median, ms",
            "slowest, ms",
        )
    )
    kinds: dict[str, Callable[[int, int], Operation]] = {
        f"strokes of {_SHORT} points, shapes": _ordinary,
        f"strokes of {_POINTS} points": lambda size, step: _scribble(size, step, _POINTS),
    }
    for size in sizes:
        for name, make in kinds.items():
            points, kept, in_all = _memory(size, make)
            taken = _undos(size, make)
            table.add(
                f"{name}, {size}²",
                points / 1e6,
                kept / 1e6,
                in_all / 1e6,
                sum(taken) * 1000,
                median(taken) * 1000,
                max(taken) * 1000,
            )
    return table


def _memory(size: int, make: Callable[[int, int], Operation]) -> tuple[int, int, int]:
    """Return the bytes of points, of masks kept for undo, and of all that Python then holds.

    The current mask is left out of all three: a painter without undo has it too.
    """
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        log = _log(size)
        for step in range(_STEPS):
            log.add(make(size, step))
        current = log.mask().nbytes
        in_all = tracemalloc.get_traced_memory()[0] - before - current
    finally:
        tracemalloc.stop()
    operations = log.history.done
    assert len(operations) == _STEPS
    points = sum(_bytes_of_points(one) for one in operations)
    raster = log._raster
    assert raster is not None
    kept = raster.snapshot_bytes
    # what was counted one by one is part of what was traced, or one of the two is wrong
    assert points + kept <= in_all
    return points, kept, in_all


def _undos(size: int, make: Callable[[int, int], Operation]) -> list[float]:
    """Return the seconds of each undo, the mask after it included."""
    log = _log(size)
    for step in range(_STEPS):
        log.add(make(size, step))
    last = log.mask()

    def undo() -> None:
        log.add("undo")
        log.mask()

    taken = [seconds(undo) for _ in range(_UNDOS)]
    assert len(log.history.done) == _STEPS - _UNDOS
    assert not np.array_equal(log.mask(), last)
    return taken


def _log(size: int) -> StepLog:
    """Return the steps of a painter that no page shows, so that news wait for nobody."""
    log = StepLog(size, size, SavedMask(None, UndoHistory()))
    log.changed.connect(lambda _: log.news())
    return log


def _bytes_of_points(operation: Operation) -> int:
    points: Any = getattr(operation, "points", None)
    return 0 if points is None else int(points.nbytes)


def _curve(size: int, count: int = _POINTS) -> NDArray[np.float32]:
    """Return points of a stroke that crosses most of a picture, and itself once."""
    turn = np.linspace(0.0, 2.0 * np.pi, count)
    x, y = 0.5 + 0.38 * np.sin(turn + 0.3), 0.5 + 0.36 * np.sin(2.0 * turn)
    return np.stack([size * x, size * y], axis=1).astype(np.float32)


def _scribble(size: int, step: int, count: int) -> Stroke:
    """Return a stroke as a hand makes it somewhere in a picture; every fourth one erases."""
    chance = np.random.default_rng(step)
    turn = np.linspace(0.0, 1.0, count)
    start, way, bow = chance.uniform(0, size, 2), chance.normal(0, size / 6, (2, 1)), size / 30
    x, y = start[:, None] + way * turn + bow * np.sin(turn * chance.uniform(3, 12, (2, 1)))
    radius = float(chance.uniform(0.004, 0.03) * size)
    return Stroke(np.stack([x, y], axis=1).astype(np.float32), radius, erase=step % 4 == 3)


def _ordinary(size: int, step: int) -> Operation:
    """Return one of the steps of an ordinary hour: four strokes, then a shape."""
    chance = np.random.default_rng(step)
    x, y = chance.uniform(0, 0.9 * size, 2)
    w, h = chance.uniform(0.01 * size, 0.15 * size, 2)
    match step % 15:
        case 4:
            return Rectangle(x, y, w, h, "subtract")
        case 9:
            return Ellipse(x, y, w, h)
        case 14:
            corners = chance.uniform((x, y), (x + w, y + h), (6, 2))
            return Polygon(corners.astype(np.float32))
        case _:
            return _scribble(size, step, _SHORT)


def _picture(size: int) -> list[Operation]:
    """Return the steps of a mask as people paint it: some large parts, and work at their edges."""
    large: list[Operation] = [
        Ellipse(0.08 * size, 0.1 * size, 0.26 * size, 0.36 * size),
        Rectangle(0.64 * size, 0.68 * size, 0.18 * size, 0.16 * size),
        Ellipse(0.22 * size, 0.3 * size, 0.16 * size, 0.2 * size, "subtract"),
        Stroke(_curve(size), 0.015 * size),
    ]
    return large + [_scribble(size, step, _SHORT) for step in range(40)]


def _draw_by_pillow(stroke: Stroke, picture: Image.Image) -> None:
    """Draw a stroke as a wide line with a disc at each point.

    Of the ways to place line and discs that were tried, half pixels more or less, this one comes
    nearest to the exact stroke.
    """
    draw = ImageDraw.Draw(picture)
    points = [(x, y) for x, y in stroke.points.tolist()]
    draw.line(points, fill=1, width=round(2 * stroke.radius))
    reach = stroke.radius - 0.5
    for x, y in points:
        draw.ellipse((x - reach, y - reach, x + reach, y + reach), fill=1)


def _save_by_pillow(picture: Image.Image) -> bytes:
    file = io.BytesIO()
    picture.save(file, "PNG", compress_level=1)
    return file.getvalue()


def _exact(stroke: Stroke, size: int) -> Mask:
    """Return the pixels whose centres are near enough to a segment, each told by its distance."""
    mask = np.zeros((size, size), bool)
    points, radius = stroke.points.astype(float), stroke.radius
    for a, b in pairwise(points):
        left, top = np.clip(np.floor(np.minimum(a, b) - radius - 1), 0, size).astype(int)
        right, bottom = np.clip(np.ceil(np.maximum(a, b) + radius + 1), 0, size).astype(int)
        x = np.arange(left, right)[None, :] + 0.5
        y = np.arange(top, bottom)[:, None] + 0.5
        dx, dy = b - a
        along = ((x - a[0]) * dx + (y - a[1]) * dy) / (dx * dx + dy * dy)
        along = np.clip(along, 0.0, 1.0)
        distance = np.hypot(x - a[0] - along * dx, y - a[1] - along * dy)
        mask[top:bottom, left:right] |= distance <= radius
    return mask


def _iou(ours: Mask, theirs: Mask) -> float:
    return float((ours & theirs).sum() / (ours | theirs).sum())

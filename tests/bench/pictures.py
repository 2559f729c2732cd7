"""What pictures cost the client: decoding, copies to show, and a long history."""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import sqlite3
import tempfile
from functools import partial
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

import numpy as np
import PIL.Image

from lumen_widgets.client import Picture
from lumen_widgets.core.pictures.decoding import check, decode
from lumen_widgets.core.pictures.picture import display_copy, thumbnail
from lumen_widgets.journal import Journal, PictureSearch, Search
from lumen_widgets.notebook.history import History
from tests.bench import summary
from tests.bench.table import ROUNDS, Table, seconds

if TYPE_CHECKING:
    from collections.abc import Callable

# rows of the history's journal; the twenty newest, which a cell shows, have a picture each
ROWS, _PICTURED = 10_000, 20
# of an ordinary length
_PROMPT = (
    "A cute cat on a windowsill in the soft light of an early morning, snow on the roofs outside, "
    "a watercolour on rough paper, with much detail in its fur and a book beside it, 窗台上的猫 #"
)
_OLD_ROWS = (
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?) INSERT INTO tasks"
    " (row, origin, account, endpoint, body, task_id, state, submitted, settled) SELECT i,"
    " 'https://lumen.example', 'a', 'generations', replace(?, '#', i), 't' || i, 'succeeded', i, 1"
    " FROM n"
)
_OLD_PICTURES = (
    "INSERT INTO pictures SELECT row, 0, printf('%064x', row), 'image/png', 1024, 1024 FROM tasks"
    " WHERE state = 'succeeded'"
)
_OLD_STARS = "INSERT INTO stars SELECT sha256, 0 FROM pictures WHERE row % 20 = 0"

# as many pictures as a screen shows at once, and what is searched for among those of all tasks
_SCREEN = 60
_SEARCHES = {
    "nothing": PictureSearch(),
    "words": PictureSearch("Light 窗台 cat 77"),
    "model": PictureSearch(model="image-2"),
    "size": PictureSearch(size="1:1"),
    "stars": PictureSearch(starred=True),
}


def measure(*, full: bool) -> Table:
    """Measure each by itself, in milliseconds."""
    table = Table(("pictures", "ms", "the first time, ms"))
    for side in (1024, 4096) if full else (1024,):
        data = drawn_file(side, 0)
        name = f"{side}²"
        table.add(f"{name}: checked by a script", _median_ms(partial(check, data)), "")
        table.add(f"{name}: decoded", _median_ms(partial(decode, data)), "")
        for what, make in (("display copy", display_copy), ("thumbnail", thumbnail)):
            times = [_copy_times(data, make) for _ in range(ROUNDS)]
            again, first = (median(one) * 1000 for one in zip(*times, strict=True))
            table.add(f"{name}: {what}", again, first)
            if make is display_copy:
                words = f"{again:.0f} ms; decoded anew {first:.0f} ms"
                summary.note("display copy", f"display copy at {name}", words)
    with tempfile.TemporaryDirectory() as folder:
        journal = long_history(Path(folder))
        first, *later = (
            seconds(History(journal, journal.search(Search()))._repr_html_)
            for _ in range(ROUNDS + 1)
        )
        again = median(later) * 1000
        table.add(f"history of {ROWS}, shown", again, first * 1000)
        words = f"{again:.0f} ms; the first time {first * 1000:.0f} ms"
        summary.note("history", f"history of {ROWS:,} shown", words)
        for what, search in _SEARCHES.items():
            found = _median_ms(partial(journal.find_pictures, search))
            table.add(f"history of {ROWS}, pictures by {what}", found, "")
            if what == "words":
                words = f"{found:.0f} ms"
                summary.note("picture search", f"pictures of {ROWS:,} tasks, by words", words)
        keys = journal.find_pictures(PictureSearch(limit=_SCREEN))
        read = _median_ms(partial(journal.kept_pictures, keys))
        table.add(f"history of {ROWS}, {_SCREEN} pictures read", read, "")
    return table


def drawn_file(side: int, number: int) -> bytes:
    """Return a PNG that packs about as well as a drawn picture."""
    rows, columns = np.mgrid[0:side, 0:side] / side
    waves = np.sin(9 * rows + number), rows * columns, np.hypot(rows, columns)
    noise = np.random.default_rng(number).normal(0, 0.002, (side, side, 1))
    pixels = np.clip(np.stack(waves, axis=-1) / 3 + 0.4 + noise, 0, 1) * 255
    file = io.BytesIO()
    PIL.Image.fromarray(pixels.astype(np.uint8)).save(file, "PNG", compress_level=1)
    return file.getvalue()


def _copy_times(data: bytes, make: Callable[[Picture], object]) -> tuple[float, float]:
    """Return the seconds for a copy of a picture that was just decoded, and of one that was not."""
    # of its own, so that nothing of it is kept from before
    own = bytes(bytearray(data))
    picture = Picture(own, media_type="image/png", width=1, height=1, sha256="")
    first = seconds(lambda: make(picture))
    return seconds(lambda: make(picture)), first


def long_history(home: Path) -> Journal:
    """Return a journal in which each task has a picture; only the newest have its file."""
    journal = Journal(home)
    journal.insert_request(origin="o", account="a", endpoint="generations", body={})
    with contextlib.closing(sqlite3.connect(home / "journal.sqlite3")) as connection:
        body = json.dumps({"model": "gpt-image-2-low", "prompt": _PROMPT})
        connection.execute(_OLD_ROWS, (ROWS - _PICTURED - 1, body))
        connection.execute(_OLD_PICTURES)
        connection.execute(_OLD_STARS)
        connection.commit()
    for number in range(_PICTURED):
        row = journal.insert_request(
            origin="o", account="a", endpoint="generations", body={"prompt": f"a fox {number}"}
        )
        journal.mark_accepted(row, task_id=f"p{number}", created=None, status="succeeded")
        data = drawn_file(1024, number)
        journal.store_picture(
            row,
            0,
            data,
            sha256=hashlib.sha256(data).hexdigest(),
            media_type="image/png",
            width=1024,
            height=1024,
        )
    return journal


def _median_ms(work: Callable[[], object]) -> float:
    return median(seconds(work) for _ in range(ROUNDS)) * 1000

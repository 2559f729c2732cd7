"""Several pictures as one: a contact sheet, beside Pillow that only reduces and pastes them."""

from __future__ import annotations

import io
from functools import partial
from typing import TYPE_CHECKING

import PIL.Image

from lumen_widgets.client import Picture
from lumen_widgets.core.pictures.contact_sheet import contact_sheet
from tests.bench import summary
from tests.bench.pictures import drawn_file
from tests.bench.table import Table, seconds, side_by_side

if TYPE_CHECKING:
    from collections.abc import Sequence

# as large as on the sheet of four
_REDUCED, _GAP = 714, 16


def measure(*, full: bool) -> Table:
    """Measure in milliseconds: pictures that were just decoded, and pictures that were not."""
    table = Table(("contact sheet", "ms", "decoded anew, ms", "Pillow, pasted plainly, ms"))
    for count, side in ((4, 1024), (4, 4096), (40, 1024)) if full else ((4, 1024),):
        for kind in ("PNG", "JPEG"):
            files = [_file(side, number % 4, kind) for number in range(count)]
            shown = [_picture(file, side, kind) for file in files]
            contact_sheet(shown)
            found = side_by_side(
                {
                    "again": partial(_sheet_seconds, shown),
                    "first": partial(_first_seconds, files, side, kind),
                    "plain": partial(seconds, partial(_paste, files)),
                }
            )
            again, first, plain = (found[name] * 1000 for name in ("again", "first", "plain"))
            table.add(f"{count} of {side}², {kind}", again, first, plain)
            if (count, side, kind) == (4, 1024, "PNG"):
                words = f"{again:.0f} ms; decoded anew {first:.0f} ms; Pillow {plain:.0f} ms"
                summary.note("contact sheet", "sheet of four 1024²", words)
    return table


def _file(side: int, number: int, kind: str) -> bytes:
    data = drawn_file(side, number)
    if kind == "PNG":
        return data
    file = io.BytesIO()
    PIL.Image.open(io.BytesIO(data)).save(file, kind, quality=92)
    return file.getvalue()


def _picture(data: bytes, side: int, kind: str) -> Picture:
    # of its own, so that nothing of it is kept from before
    own = bytes(bytearray(data))
    media_type = f"image/{kind.lower()}"
    return Picture(own, media_type=media_type, width=side, height=side, sha256="")


def _sheet_seconds(pictures: Sequence[Picture]) -> float:
    return seconds(partial(contact_sheet, pictures))


def _first_seconds(files: Sequence[bytes], side: int, kind: str) -> float:
    return _sheet_seconds([_picture(file, side, kind) for file in files])


def _paste(files: Sequence[bytes]) -> bytes:
    """Make a sheet as a few lines of a notebook would: decoded, reduced, pasted, packed."""
    columns = 2 if len(files) == 4 else 8
    rows = -(-len(files) // columns)
    side = _REDUCED if columns == 2 else 174
    step = side + _GAP
    sheet = PIL.Image.new("RGB", (columns * step + _GAP, rows * step + _GAP), "grey")
    for place, data in enumerate(files):
        image = PIL.Image.open(io.BytesIO(data)).convert("RGB").resize((side, side))
        sheet.paste(image, (_GAP + place % columns * step, _GAP + place // columns * step))
    file = io.BytesIO()
    sheet.save(file, "JPEG", quality=88)
    return file.getvalue()

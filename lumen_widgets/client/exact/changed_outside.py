"""How much of what was not to be repainted a model has redrawn."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from lumen_widgets.client.exact.alignment import Alignment
    from lumen_widgets.client.exact.comparison import Mask, Seen
    from lumen_widgets.client.exact.resampling import Pixels

# px: of cells, since single pixels differ wherever there is grain. With nothing redrawn, 0 to 15 %
# of the pixels differ, and 0 to 2 % of the cells.
_CELL = 5
# levels by which a cell that was redrawn differs
_DIFFERS = 8
# rows of cells that are compared at once
_ROWS = 51


def changed_outside(seen: Seen, result: Pixels, alignment: Alignment) -> float | None:
    """Return the share of what lies outside that was redrawn, drift and colours undone.

    Parameters
    ----------
    seen
        The source at the size of the smaller picture.
    result
        What the service sent.
    alignment
        How it lies there.

    Returns
    -------
    float or None
        From 0 to 1; None where nothing lies outside that could be compared.

    """
    width, height = seen.size
    across, down = seen.scale
    outside = seen.outside.copy()
    _leave_out_unseen(outside, seen, result, alignment)
    tall, wide = min(_CELL, height), min(_CELL, width)
    columns = width - width % wide
    compared = changed = 0
    for top in range(0, height - height % tall, tall * _ROWS):
        bottom = min(top + tall * _ROWS, height - height % tall)
        whole = _cells(outside[top:bottom, :columns], tall, wide) == tall * wide
        if not whole.any():
            continue
        box = 0, top / down, columns / across, bottom / down
        theirs = alignment.undone(result, box, (columns, bottom - top), "HAMMING")[..., :3]
        ours = seen.pixels[top:bottom, :columns]
        off = abs(_cells(ours, tall, wide) - _cells(theirs, tall, wide)).max(axis=2)
        compared += int(whole.sum())
        changed += int((off[whole] > _DIFFERS * tall * wide).sum())
    return changed / compared if compared else None


def _leave_out_unseen(outside: Mask, seen: Seen, result: Pixels, alignment: Alignment) -> None:
    """Take out what the model cut off or moved out of its picture."""
    across, down = seen.scale
    size = result.shape[1], result.shape[0]
    left, top, right, bottom = alignment.placement.moved(alignment.drift).covered(size)
    outside[: max(0, math.ceil(top * down - 1e-6))] = False
    outside[math.floor(bottom * down + 1e-6) :] = False
    outside[:, : max(0, math.ceil(left * across - 1e-6))] = False
    outside[:, math.floor(right * across + 1e-6) :] = False


def _cells(values: Pixels | Mask, tall: int, wide: int) -> NDArray[np.int32]:
    """Return the sums of cells; rows first, of which whole ones are added fastest."""
    import numpy as np

    height, width = values.shape[0] // tall, values.shape[1] // wide
    rows = values.reshape(height, tall, *values.shape[1:]).sum(axis=1, dtype=np.int32)
    cells = rows.reshape(height, width, wide, *values.shape[2:])
    sums: NDArray[np.int32] = cells.sum(axis=2, dtype=np.int32)
    return sums

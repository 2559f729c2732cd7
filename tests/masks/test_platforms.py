"""Masks on a machine of 32 bits, such as Python in a browser."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from lumen_widgets.masks import Ellipse, Invert, Polygon, Raster, Rectangle, Stroke

if TYPE_CHECKING:
    import pytest

    from lumen_widgets.masks import Operation

_OPERATIONS: list[Operation] = [
    Stroke(np.array([(3, 3), (40, 25), (12, 30)], np.float32), 5),
    Rectangle(10, 4, 12, 9, "subtract"),
    Ellipse(20, 8, 25, 18),
    Polygon(np.array([(2, 2), (44, 9), (20, 30)], np.float32), "intersect"),
    Invert(),
]


def _as_there(name: str) -> Any:
    """Return numpy's function as it is there: it takes nothing that 32 bits may not hold."""
    function = getattr(np, name)

    def called(*given: Any, **more: Any) -> Any:
        counts = np.asarray(given[0 if name == "bincount" else 1])
        if not np.can_cast(counts.dtype, np.int32):
            raise TypeError(f"Cannot cast array data from {counts.dtype} to int32: 'safe'")
        return function(*given, **more)

    return called


def test_a_mask_is_the_same_where_an_index_has_32_bits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every kind of operation makes there the very pixels that it makes here."""
    here = Raster(48, 32).follow(_OPERATIONS).copy()
    monkeypatch.setattr(np, "intp", np.int32)
    for name in ("repeat", "bincount"):
        monkeypatch.setattr(np, name, _as_there(name))

    assert np.array_equal(Raster(48, 32).follow(_OPERATIONS), here)
    assert 0 < here.sum() < here.size

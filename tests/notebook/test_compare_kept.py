"""What a comparison leaves in a notebook: one sheet of its pictures, with their names."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.notebook.executed import execute

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.slow

_BEGIN = """
import ipywidgets, lumen_widgets as lumen
from PIL import Image
lumen.use(lumen.LumenClient("sk-lumen-example", "http://127.0.0.1:9"))
one, other = (Image.new("RGB", (96, 64), (n, 90, 160)) for n in (0, 200))
"""


def _bundles(executed: Any, cell: int) -> list[dict[str, Any]]:
    return [dict(output["data"]) for output in executed["cells"][cell]["outputs"]]


def test_a_comparison_leaves_one_sheet_with_the_names(tmp_path: Path) -> None:
    """In the cell that shows it, as a picture and in words; with `static=False` nothing."""
    executed = execute(
        [
            _BEGIN,
            "lumen.Compare(one, other, names=['mine', 'yours'])",
            "lumen.Compare(one, other, names=['我的', '你的'])",
            "lumen.Compare(one, other, static=False)",
            "hidden = lumen.Compare(one, other)",
            "with ipywidgets.Output() as out:\n    display(lumen.Compare(one, other))",
        ],
        tmp_path,
        store_widget_state=True,
    )

    view, left = _bundles(executed, 1)
    assert view["text/plain"] == "Lumen comparison · mine | yours"
    words = left["text/plain"].splitlines()
    assert words[0] == "Lumen comparison · mine | yours"
    assert words[1].startswith("[0] mine: Picture 1 of 1")
    assert words[2].startswith("[1] yours")
    assert '<img alt="[0] mine, [1] yours"' in left["text/html"]
    _, left = _bundles(executed, 2)
    assert left["text/plain"].splitlines()[1].startswith("[0] 我的")
    assert len(_bundles(executed, 3)) == 1
    assert _bundles(executed, 4) == [], "nothing is left of what is not shown"

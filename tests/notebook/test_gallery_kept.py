"""What a gallery leaves in a notebook: its count, and one sheet of what it was given."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.notebook.executed import execute

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.slow

_VIEW = "application/vnd.jupyter.widget-view+json"
_BEGIN = """
import hashlib, io, time, ipywidgets, lumen_widgets as lumen
from PIL import Image
lumen.use(lumen.LumenClient("sk-lumen-example", "http://127.0.0.1:9"))
def picture(n):
    file = io.BytesIO()
    Image.new("RGB", (96, 64), (n, 90, 160)).save(file, "PNG")
    data = file.getvalue()
    return lumen.Picture(data, media_type="image/png", width=96, height=64, index=n, count=2,
                         prompt="a red fox", sha256=hashlib.sha256(data).hexdigest())
pictures = [picture(0), picture(1)]
"""
_STAR = """
star = {"kind": "picture_action", "request": "r", "action": "star", "seen": 0,
        "sha256": [pictures[1].sha256]}
gallery._handle_custom_msg(star, [])
while not gallery.starred:
    time.sleep(0.01)
"""


def _bundles(executed: Any, cell: int) -> list[dict[str, Any]]:
    return [dict(output["data"]) for output in executed["cells"][cell]["outputs"]]


def test_a_gallery_leaves_its_count_and_one_sheet_below_it(tmp_path: Path) -> None:
    """In this order, in the cell that shows it; with `static=False` there is the view alone."""
    executed = execute(
        [
            _BEGIN,
            "gallery = lumen.Gallery(pictures)\ngallery",
            "lumen.Gallery(pictures, static=False)",
            "lumen.Gallery()",
            "one = lumen.Gallery(pictures)",
            "with ipywidgets.Output() as out:\n    display(lumen.Gallery(pictures))",
            _STAR,
        ],
        tmp_path,
        store_widget_state=True,
    )

    view, left = _bundles(executed, 1)
    assert _VIEW in view
    assert view["text/plain"] == "Lumen gallery · 2 pictures"
    assert left["text/plain"].startswith("Lumen gallery · 2 pictures · 1 starred here\n")
    assert "Picture 1 of 2: a red fox" in left["text/plain"]
    assert "Picture 2 of 2: a red fox" in left["text/plain"]
    assert '<img alt="[0] Picture 1 of 2, [1] Picture 2 of 2: a red fox"' in left["text/html"]
    assert len(_bundles(executed, 2)) == 1
    _, left = _bundles(executed, 3)
    assert left["text/plain"] == "Lumen gallery · 0 pictures, the history"
    assert _bundles(executed, 4) == [], "nothing is left of what is not shown"
    assert _bundles(executed, 6) == [], "what changes later takes its own place"

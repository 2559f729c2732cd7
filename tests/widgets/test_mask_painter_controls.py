from __future__ import annotations

from typing import Any

import numpy as np
import PIL.Image
import pytest
import traitlets

from lumen_widgets.widgets import MaskPainter
from tests.widgets.painters import PICTURE, painter_of


def test_the_brush_is_first_seen_on_any_picture() -> None:
    """About 3 % of its sides, long or narrow, in half pixels and never less than one half."""
    assert painter_of().radius == 1.5
    assert MaskPainter(PIL.Image.new("RGB", (1024, 1024))).radius == 30.5
    assert MaskPainter(PIL.Image.new("RGB", (64, 4096))).radius == 15.5
    tiny = MaskPainter(PIL.Image.new("RGB", (1, 1)))
    assert tiny.radius == 0.5


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("radius", 0.4),
        ("radius", -3),
        ("radius", "wide"),
        ("radius", float("nan")),
        ("radius", float("inf")),
        ("opacity", 1.1),
        ("opacity", -0.1),
        ("opacity", float("nan")),
        ("color", "red"),
        ("color", "#12345"),
        ("color", "#1234567"),
        ("color", "url(x)"),
        ("color", 5),
        ("tool", "lasso"),
        ("mode", "xor"),
        ("language", "de"),
    ],
)
def test_a_control_takes_only_what_a_browser_can_show(name: str, value: Any) -> None:
    """Anything else is refused where it is assigned, and the old value stays."""
    painter = painter_of()
    before = getattr(painter, name)
    with pytest.raises(traitlets.TraitError):
        setattr(painter, name, value)

    assert getattr(painter, name) == before


@pytest.mark.parametrize("number", [np.int64(1), np.float32(1.0), np.float16(1.0), np.uint8(1)])
def test_a_number_of_numpy_is_a_number(number: Any) -> None:
    """A radius may come out of an array."""
    painter = painter_of()
    painter.radius = painter.opacity = number

    assert (painter.radius, painter.opacity) == (1.0, 1.0)
    painter.close()


def test_a_colour_is_read_as_people_write_it() -> None:
    """Capitals and spaces around it mean the same."""
    painter = painter_of()
    painter.color = " #00FFa0 "

    assert painter.color == "#00ffa0"


def test_a_browser_may_write_controls_and_nothing_else() -> None:
    """Size, picture and language are the kernel's alone; nonsense raises nothing."""
    painter = painter_of()
    before = {name: getattr(painter, name) for name in ("_shown", "_canvas", "language")}
    painter.set_state(
        {"_shown": {"painting": "x"}, "_canvas": None, "language": "zh", "nothing": 1,
         "radius": 12.5, "tool": "eraser", "mode": "xor", "color": "red", "opacity": [1]}
    )  # fmt: skip

    assert {name: getattr(painter, name) for name in before} == before
    assert (painter.radius, painter.tool) == (12.5, "eraser")
    assert (painter.mode, painter.color, painter.opacity) == ("add", "#e0218a", 0.5)


def test_an_unknown_keyword_is_refused() -> None:
    """A misspelt name does not become a trait without any effect."""
    slip: Any = {"radios": 5}
    with pytest.raises(TypeError, match="radios"):
        MaskPainter(PICTURE, **slip)

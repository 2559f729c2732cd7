from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lumen_widgets.masks import Clear, Ellipse, Invert, Polygon, Rectangle, Stroke
from lumen_widgets.masks.wire import pack
from tests.masks.drawing import any_operations
from tests.widgets.painters import Page, Wire, kinds, painter_of

if TYPE_CHECKING:
    from lumen_widgets.masks import Operation
    from lumen_widgets.widgets import MaskPainter

pytestmark = pytest.mark.slow

_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner),
    max_leaves=6,
)
_STEP = st.fixed_dictionaries(
    {
        "kind": st.sampled_from(
            ["stroke", "rectangle", "ellipse", "polygon", "invert", "clear", "undo", "redo"]
        )
        | _JSON
    },
    optional=dict.fromkeys(
        ("points", "radius", "erase", "x", "y", "width", "height", "mode"),
        st.sampled_from([0, 1, 2, -1, 5.5, True, "add", 10**400, None]) | _JSON,
    ),
)
_SIDES = st.dictionaries(
    st.sampled_from(["left", "top", "right", "bottom"]),
    st.sampled_from([0, 64, 4096, -1, 10**400, True, 1.5, None]) | _JSON,
)
_NUMBER = st.sampled_from([0, 1, 2, 3, -1, 10**30, True, 1.0, None, "1"])
_MESSAGE = (
    st.fixed_dictionaries(
        {
            "kind": st.sampled_from(["hello", "step", "up_to", "sides", "nothing"]) | _JSON,
            "copy_id": st.sampled_from(["a", "b", "", 5, None, ["a"]]) | st.text(max_size=3),
        },
        optional={
            "number": _NUMBER | _JSON,
            "step": _STEP | _JSON,
            "request": _JSON,
            "sides": _SIDES | _JSON,
        },
    )
    | _JSON
)
_BUFFERS = st.lists(st.binary(max_size=32), max_size=2) | st.none()
_STATE = st.dictionaries(
    st.sampled_from(
        [
            "tool",
            "radius",
            "mode",
            "color",
            "opacity",
            "language",
            "_shown",
            "_canvas",
            "_sides",
            "sides",
            "layout",
        ]
    )
    | st.text(max_size=4),
    st.sampled_from(["brush", "#abcdef", 12.5, 0.2, "url(javascript:1)"]) | _JSON,
    max_size=4,
)
_RUNS = settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@_RUNS
@given(said=st.lists(st.tuples(_MESSAGE, _BUFFERS), max_size=6))
def test_whatever_a_page_says_raises_nothing_and_leaves_the_painter_whole(
    said: list[tuple[Any, Any]],
) -> None:
    """Messages of any shape are taken in or ignored; a page that is well-behaved is heard still."""
    painter = painter_of()
    wire = Wire(painter)
    for content, buffers in said:
        wire.say(content, buffers)
    page = Page(wire, "well-behaved")
    page.hello()
    page.do(Clear())
    page.do(Rectangle(0, 0, 60, 10))

    assert painter.coverage == 0.25
    assert kinds(painter.operations)[-2:] == ["clear", "rectangle"]
    for content, _ in wire.sent:
        json.dumps(content, allow_nan=False)
    painter.close()


@_RUNS
@given(state=_STATE)
def test_whatever_a_page_writes_raises_nothing(state: dict[str, Any]) -> None:
    """Controls hold what a control can; everything else is as it was."""
    painter = painter_of()
    kept = {name: getattr(painter, name) for name in ("_shown", "_canvas", "language")}
    painter.set_state(state)

    assert {name: getattr(painter, name) for name in kept} == kept
    assert painter.radius >= 0.5
    assert 0 <= painter.opacity <= 1
    assert painter.tool in {"brush", "eraser", "rectangle", "ellipse"}
    assert painter.color.startswith("#")
    json.dumps([painter.radius, painter.opacity], allow_nan=False)
    painter.close()


@settings(_RUNS, max_examples=40)
@given(order=st.lists(st.sampled_from(["a", "b", "python"]), max_size=8), data=st.data())
def test_steps_of_pages_and_code_make_one_history(order: list[str], data: st.DataObject) -> None:
    """Whoever came first is first; each page's steps are in its own order, none twice."""
    painter = painter_of()
    wire = Wire(painter)
    pages = {name: Page(wire, name) for name in ("a", "b")}
    for page in pages.values():
        page.hello()
    wanted = []
    for name in order:
        step = data.draw(any_operations())
        wanted.append(step)
        if name == "python":
            _by_code(painter, step)
            continue
        message = pages[name].message(step)
        for _ in range(data.draw(st.integers(1, 2))):
            wire.say(*message)

    assert pack(painter.operations) == pack(wanted)
    assert not [one for one in wire.of("resend") if one]
    painter.invert()
    assert isinstance(painter.operations[-1], Invert)
    painter.close()


def _by_code(painter: MaskPainter, step: Operation) -> None:
    """Do something as a cell does."""
    match step:
        case Stroke():
            painter.stroke(step.points.tolist(), step.radius, step.erase)
        case Rectangle():
            painter.rectangle(step.x, step.y, step.width, step.height, step.mode)
        case Ellipse():
            painter.ellipse(step.x, step.y, step.width, step.height, step.mode)
        case Polygon():
            painter.polygon(step.points.tolist(), step.mode)
        case Invert():
            painter.invert()
        case Clear():
            painter.clear()

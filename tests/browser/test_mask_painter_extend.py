"""A painter's picture is extended: by dragged handles, by keys and by numbers."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pytest
from playwright.sync_api import expect

from tests.browser.access import faults, make_narrow, too_wide
from tests.browser.painters import mask_of, open_painter, shown_painter
from tests.browser.plain import plain_page
from tests.pointer import Pointer, Wire, drag

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Locator

    from tests.browser.painters import Painter
    from tests.jupyter import Lab
    from tests.pointer import Place

pytestmark = pytest.mark.browser

_OUTWARDS = {"left": (-1, 0), "top": (0, -1), "right": (1, 0), "bottom": (0, 1)}
# whether a handle is within the stage
_INSIDE = """([handle, stage]) => {
  const [one, all] = [handle, stage].map((el) => el.getBoundingClientRect());
  return one.left >= all.left && one.right <= all.right && one.top >= all.top
    && one.bottom <= all.bottom;
}"""
_NONE = {"left": 0, "top": 0, "right": 0, "bottom": 0}


def _handle(painter: Painter, side: str) -> Locator:
    return painter.el.locator(f".lumen-painter-handle[data-side={side}]")


def _value(painter: Painter, side: str) -> int:
    """Return the pixels that a handle says its side has."""
    return int(_handle(painter, side).get_attribute("aria-valuenow") or "")


def _path(painter: Painter, side: str, far: float) -> list[Place]:
    """Return places from the middle of a handle outwards, so many CSS pixels."""
    # a cell that was run may have scrolled the page
    painter.stage.evaluate("(el) => el.scrollIntoView({ block: 'center' })")
    painter.corner()
    box = _handle(painter, side).bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    dx, dy = _OUTWARDS[side]
    return [(x + dx * far * step / 8, y + dy * far * step / 8) for step in range(9)]


def _pull(painter: Painter, side: str, far: float) -> int:
    """Drag a handle outwards; return how many pixels that should add."""
    scale = painter.corner()[2]
    Pointer(painter.notebook.page).play(drag(_path(painter, side, far)))
    return round(far / scale)


def _size(width: int, height: int) -> str:
    return f"{width} \u00d7 {height} px"


def _sides(painter: Painter, index: int) -> dict[str, int]:
    found: dict[str, int] = ast.literal_eval(painter.notebook.ask(index, "painter.sides"))
    return found


def test_sides_are_dragged_while_the_kernel_sleeps_and_the_next_cell_has_them(
    lab: Lab, kernel: str
) -> None:
    """Ground and size show at once; a cell that is run right after the drags has all of them."""
    painter = open_painter(lab, "", "", kernel=kernel)
    notebook = painter.notebook
    painter.button("Extend").click()
    notebook.wait_idle()
    wire = Wire(notebook.page)
    with notebook.busy(2):
        left = _pull(painter, "left", 30)
        assert _value(painter, "left") == left
        top = _pull(painter, "top", 12)
        width, height = 320 + left, 240 + top
        size = painter.el.locator(".lumen-painter-extended")
        expect(size).to_have_text(_size(width, height))
        ground = painter.el.locator(".lumen-painter-ground").bounding_box()
        assert ground is not None
        x, y, scale = painter.corner()
        assert (x - ground["x"]) / scale == pytest.approx(left, abs=0.5)
        assert (y - ground["y"]) / scale == pytest.approx(top, abs=0.5)
        assert ground["width"] / scale == pytest.approx(width, abs=0.5)
        sent = [one.kind for one in wire.sent()]
        notebook.set_source(3, "print(painter.sides)")
        notebook.run_cell(3, wait=False)
    notebook.wait_done(3)

    assert sent == ["sides", "sides"]
    expected = {**_NONE, "left": left, "top": top}
    assert ast.literal_eval(notebook.printed(3)) == expected
    notebook.wait_idle()
    assert {side: _value(painter, side) for side in expected} == expected
    assert notebook.errors == []


def test_after_a_reload_the_new_ground_is_there(lab: Lab) -> None:
    """With its handles and numbers, as it was left; painting goes on where the hand is."""
    painter = open_painter(lab, "")
    notebook = painter.notebook
    painter.button("Extend").click()
    right = _pull(painter, "right", 25)
    assert _sides(painter, 2) == {**_NONE, "right": right}
    notebook.save()
    notebook.reload(1, ".lumen-painter-stage")
    painter = shown_painter(notebook, 1)

    expect(painter.button("Extend")).to_have_attribute("aria-pressed", "true")
    assert _value(painter, "right") == right
    expect(painter.el.get_by_role("spinbutton", name="Right")).to_have_value(str(right))
    painter.drag([(100, 100), (140, 100)])
    mask = mask_of(notebook, 2)
    rows, columns = np.nonzero(mask)
    assert mask.shape == (240, 320)
    assert (rows.min(), rows.max()) == pytest.approx((88, 111), abs=1)
    assert (columns.min(), columns.max()) == pytest.approx((88, 151), abs=1)


def test_sides_are_set_by_keyboard_alone_and_tab_goes_on(lab: Lab) -> None:
    """From the stage through handles and numbers, and out of the painter."""
    painter = open_painter(lab, "")
    keyboard = painter.notebook.page.keyboard
    painter.button("Extend").focus()
    keyboard.press("Enter")
    painter.stage.focus()
    keyboard.press("Tab")
    expect(_handle(painter, "left")).to_be_focused()
    keyboard.press("ArrowLeft")
    keyboard.press("Shift+ArrowLeft")
    keyboard.press("Tab")
    for _ in range(3):
        keyboard.press("ArrowUp")
    keyboard.press("Tab")
    keyboard.press("End")
    keyboard.press("Home")
    keyboard.press("Tab")
    keyboard.press("Tab")
    expect(painter.el.get_by_role("spinbutton", name="Left")).to_be_focused()
    keyboard.press("Tab")
    keyboard.press("Tab")
    keyboard.press("Tab")
    keyboard.type("9")
    keyboard.press("Tab")
    expect(painter.button("Download mask")).to_be_focused()

    assert _sides(painter, 2) == {"left": 17, "top": 48, "right": 0, "bottom": 9}
    assert painter.notebook.ask(2, "painter.operations") == "()"


def test_python_and_two_views_stay_in_step(lab: Lab) -> None:
    """A drag is in the other view while it lasts; what code sets is in both, and undo is not."""
    painter = open_painter(lab, "painter", "")
    notebook = painter.notebook
    notebook.run_cell(2)
    other = shown_painter(notebook, 2)
    painter.stage.scroll_into_view_if_needed()
    painter.button("Extend").click()
    path = _path(painter, "bottom", 20)
    mouse = notebook.page.mouse
    mouse.move(*path[0])
    mouse.down()
    mouse.move(*path[-1], steps=4)
    dragged = _value(painter, "bottom")
    assert dragged > 0
    size = other.el.locator(".lumen-painter-extended")
    expect(size).to_have_text(_size(320, 240 + dragged))
    notebook.page.keyboard.press("Escape")
    expect(size).to_be_hidden()
    mouse.up()
    assert _sides(painter, 3) == _NONE
    notebook.ask(3, "setattr(painter, 'sides', {'left': 40})")
    for view in (painter, other):
        expect(view.el.locator(".lumen-painter-extended")).to_have_text(_size(360, 240))
    painter.stage.focus()
    notebook.page.keyboard.press("ControlOrMeta+z")
    assert _sides(painter, 3) == {**_NONE, "left": 40}


def test_a_finger_drags_a_side(lab: Lab) -> None:
    """It neither scrolls the page nor paints."""
    painter = open_painter(lab, "")
    page = painter.notebook.page
    client = page.context.new_cdp_session(page)
    client.send("Emulation.setTouchEmulationEnabled", {"enabled": True, "maxTouchPoints": 2})
    painter.button("Extend").click()
    expected = round(24 / painter.corner()[2])
    first, *others = _path(painter, "right", 24)

    def touch(kind: str, *fingers: Place) -> None:
        points = [{"x": x, "y": y, "id": 0} for x, y in fingers]
        client.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    touch("touchStart", first)
    for place in others:
        touch("touchMove", place)
    touch("touchEnd")
    expect(_handle(painter, "right")).not_to_have_attribute("aria-valuenow", "0")

    assert _sides(painter, 2)["right"] == pytest.approx(expected, abs=1)
    assert painter.notebook.ask(2, "painter.operations") == "()"


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_while_extending_and_nothing_is_wider_than_320_pixels(
    lab: Lab, theme: Literal["light", "dark"]
) -> None:
    """Handles have names, values and size enough; an error in a number is said too."""
    painter = open_painter(lab, theme=theme)
    painter.button("Extend").click()
    _pull(painter, "left", 30)
    right = painter.el.get_by_role("spinbutton", name="Right")
    right.fill("9999")
    right.press("Enter")
    expect(painter.el.locator(".lumen-sides .lumen-field-error")).to_contain_text("from 0 to")
    wide = faults(painter.el, ".lumen-painter")
    make_narrow(painter.el)

    assert wide == []
    assert faults(painter.el, ".lumen-painter") == []
    assert too_wide(painter.el, ".lumen-painter-stage *") == []


@pytest.mark.parametrize("width", [320, 800, 2000])
def test_each_handle_is_in_view_however_far_the_sides_reach(browser: Browser, width: int) -> None:
    """A narrow, a usual and a wide page; nothing added, and all that can be."""
    most = {"left": 1888, "top": 1928, "right": 1888, "bottom": 1928}
    reaches: list[dict[str, Any]] = [_NONE, {**_NONE, "right": 3776}, most]
    with plain_page(browser) as plain:
        plain.page.set_viewport_size({"width": width, "height": 900})
        for sides in reaches:
            plain.mount("mask_painter", _sides={"copy_id": "", "number": 0, "sides": sides})
            button = plain.el.get_by_role("button", name="Extend", exact=True)
            if button.get_attribute("aria-pressed") == "false":
                button.click()
            stage = plain.el.locator(".lumen-painter-stage")
            for side in _NONE:
                handle = plain.el.locator(f"[data-side={side}]")
                arg = [one.element_handle() for one in (handle, stage)]
                plain.page.wait_for_function(_INSIDE, arg=arg, polling=50)

"""The mask painter in JupyterLab with a real mouse, whether the kernel is idle or busy."""

from __future__ import annotations

from contextlib import nullcontext
from typing import TYPE_CHECKING

import numpy as np
import pytest
from playwright.sync_api import expect

from tests.browser.painters import mask_of, open_painter

if TYPE_CHECKING:
    from tests.browser.painters import Painter
    from tests.jupyter import Lab

pytestmark = pytest.mark.browser


def _painted(painter: Painter) -> float:
    """Return the part of the stage that looks painted."""
    return float(painter.on_screen().mean())


@pytest.mark.parametrize("busy", [False, True], ids=["idle", "busy"])
def test_what_is_done_shows_at_once_whatever_the_kernel_does(
    lab: Lab, kernel: str, *, busy: bool
) -> None:
    """Strokes, eraser, undo, redo, invert and clear show while a cell blocks; none is lost."""
    painter = open_painter(lab, "", "", kernel=kernel)
    notebook = painter.notebook
    with notebook.busy(2) if busy else nullcontext():
        painter.drag([(40, 60), (280, 60)])
        stroke = _painted(painter)
        assert stroke > 0.01
        painter.tool("Eraser")
        painter.drag([(160, 30), (160, 100)])
        erased = _painted(painter)
        assert 0 < erased < stroke
        painter.button("Undo").click()
        assert _painted(painter) == pytest.approx(stroke)
        painter.button("Redo").click()
        assert _painted(painter) == pytest.approx(erased)
        painter.button("Invert").click()
        assert _painted(painter) > 0.3
        painter.button("Clear").click()
        assert _painted(painter) == 0
        painter.notebook.page.keyboard.press("Tab")
        painter.stage.focus()
        for _ in range(2):
            notebook.page.keyboard.press("ControlOrMeta+z")
        assert _painted(painter) == pytest.approx(erased)

    mask = mask_of(notebook, 3)
    expected = painter.expected(mask, 1)
    assert expected.mean() == pytest.approx(erased, rel=0.05)
    assert notebook.ask(3, "[type(one).__name__ for one in painter.operations]") == (
        "['Stroke', 'Stroke']"
    )
    assert notebook.errors == []


def test_shapes_are_dragged_and_modes_and_modifiers_count(lab: Lab) -> None:
    """A rectangle, a circle with Shift, one taken out with Alt, and one that is intersected."""
    painter = open_painter(lab, "")
    page = painter.notebook.page
    painter.tool("Rectangle")
    painter.drag([(20, 20), (120, 100)])
    painter.tool("Ellipse")
    page.keyboard.down("Shift")
    painter.drag([(150, 20), (220, 60)])
    page.keyboard.up("Shift")
    page.keyboard.down("Alt")
    painter.drag([(40, 40), (80, 80)])
    page.keyboard.up("Alt")
    painter.tool("Intersect")
    painter.drag([(10, 10), (230, 90)])
    told = painter.notebook.ask(2, "painter.operations")

    assert "Rectangle(x=20.0, y=20.0, width=100.0, height=80.0, mode='add')" in told
    assert "Ellipse(x=150.0, y=20.0, width=70.0, height=70.0, mode='add')" in told
    assert "Ellipse(x=40.0, y=40.0, width=40.0, height=40.0, mode='subtract')" in told
    assert "Ellipse(x=10.0, y=10.0, width=220.0, height=80.0, mode='intersect')" in told


def test_a_stroke_that_leaves_the_picture_is_kept_and_comes_back(lab: Lab) -> None:
    """The pointer may leave stage and picture with the button down; the rest of it counts."""
    painter = open_painter(lab, "")
    painter.drag([(300, 200), (600, 400), (600, 20), (300, 20)])
    mask = mask_of(painter.notebook, 2)

    assert mask[200, 300]
    assert mask[20, 300]
    assert mask[20, 319]
    assert not mask[110, 310]


def test_the_wheel_scrolls_the_page_until_the_painter_has_the_focus(lab: Lab) -> None:
    """Nobody's page is trapped; Ctrl and wheel zooms at once, and so does a painter in use."""
    painter = open_painter(lab, *[""] * 12, height=700)
    page = painter.notebook.page
    zoom = painter.el.locator(".lumen-painter-zoom")
    before, top = zoom.inner_text(), painter.corner()[1]
    page.mouse.move(*painter.place(100, 100))
    page.mouse.wheel(0, 200)
    page.wait_for_function(
        "([el, top]) => el.getBoundingClientRect().top < top - 50",
        arg=[painter.el.locator(".lumen-painter-picture").element_handle(), top],
        polling=50,
    )
    expect(zoom).to_have_text(before)
    painter.stage.evaluate("(el) => el.scrollIntoView({ block: 'center' })")
    page.mouse.move(*painter.place(100, 100))
    page.keyboard.down("Control")
    page.mouse.wheel(0, -120)
    page.keyboard.up("Control")
    expect(zoom).not_to_have_text(before)
    painter.button("Fit").click()
    expect(zoom).to_have_text(before)
    painter.stage.focus()
    page.mouse.move(*painter.place(100, 100))
    page.mouse.wheel(0, -120)
    expect(zoom).not_to_have_text(before)
    painter.button("100 %").click()
    expect(zoom).to_have_text("100 %")


def test_space_and_drag_moves_the_picture_and_paints_nothing(lab: Lab) -> None:
    """What is under the hand stays under it; fit brings all of the picture back."""
    painter = open_painter(lab, "")
    page = painter.notebook.page
    painter.stage.focus()
    for _ in range(6):
        page.keyboard.press("+")
    left, top, _ = painter.corner()
    page.keyboard.down(" ")
    middle = painter.place(160, 120)
    page.mouse.move(*middle)
    page.mouse.down()
    page.mouse.move(middle[0] + 70, middle[1] - 40, steps=4)
    page.mouse.up()
    page.keyboard.up(" ")
    after = painter.corner()

    assert after[0] == pytest.approx(left + 70, abs=1)
    assert after[1] == pytest.approx(top - 40, abs=1)
    assert painter.notebook.ask(2, "painter.coverage") == "0.0"


def test_the_brush_is_previewed_at_its_true_size_and_sized_with_keys_and_slider(lab: Lab) -> None:
    """The ring around the pointer is as wide as what a click paints; hovering paints nothing."""
    painter = open_painter(lab, "", radius=20)
    page = painter.notebook.page
    painter.stage.focus()
    page.mouse.move(*painter.place(100, 100))
    ring = painter.el.locator(".lumen-painter-brush")
    scale = painter.corner()[2]
    expect(ring).to_be_visible()
    box = ring.bounding_box()
    assert box is not None
    assert box["width"] == pytest.approx(40 * scale, abs=1)
    left, top = painter.place(100, 100)
    assert box["x"] + box["width"] / 2 == pytest.approx(left, abs=1)
    assert box["y"] + box["height"] / 2 == pytest.approx(top, abs=1)
    page.keyboard.press("]")
    expect(painter.el.locator(".lumen-painter-size-words")).to_have_text("48 px")
    page.keyboard.press("[")
    expect(painter.el.locator(".lumen-painter-size-words")).to_have_text("40 px")
    slider = painter.el.get_by_label("Size")
    slider.focus()
    page.keyboard.press("End")
    expect(painter.el.locator(".lumen-painter-size-words")).to_have_text("320 px")
    assert float(painter.notebook.ask(2, "painter.radius")) == 160
    assert painter.notebook.ask(2, "painter.coverage") == "0.0"


def test_the_stage_is_pulled_higher_by_its_corner_and_that_paints_nothing(lab: Lab) -> None:
    """The grip is the browser's; what is shown fits the new height."""
    painter = open_painter(lab, "", height=1100)
    page = painter.notebook.page
    box = painter.stage.bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] - 6, box["y"] + box["height"] - 6
    scale = painter.corner()[2]
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x, y - 150, steps=5)
    page.mouse.up()
    after = painter.stage.bounding_box()
    assert after is not None

    assert after["height"] == pytest.approx(box["height"] - 150, abs=4)
    assert painter.corner()[2] < scale
    assert painter.notebook.ask(2, "len(painter.operations)") == "0"


def test_a_button_that_was_clicked_leaves_the_keys_as_they_are(lab: Lab) -> None:
    """Undo and the tools' letters work wherever the focus is, but for fields that are typed in."""
    painter = open_painter(lab, "")
    page = painter.notebook.page
    painter.button("Invert").click()
    assert painter.share() == "All painted"
    page.keyboard.press("ControlOrMeta+z")
    assert painter.share() == "Nothing painted yet"
    page.keyboard.press("e")
    expect(painter.el.get_by_role("radio", name="Eraser")).to_be_checked()
    painter.el.locator("summary", has_text="By numbers").click()
    painter.el.locator(".lumen-painter-numbers").get_by_label("Left").press("b")
    expect(painter.el.get_by_role("radio", name="Eraser")).to_be_checked()


def test_paint_is_under_the_pointer_where_the_page_is_scaled(lab: Lab) -> None:
    """As slides are: the stage is smaller on the screen than it knows."""
    painter = open_painter(lab, "", radius=6)
    painter.el.evaluate("(el) => { el.style.transform = 'scale(0.7)'; }")
    painter.drag([(100, 100), (140, 100)])
    mask = mask_of(painter.notebook, 2)
    rows, columns = np.nonzero(mask)

    assert (rows.min(), rows.max()) == pytest.approx((94, 105), abs=1)
    assert (columns.min(), columns.max()) == pytest.approx((94, 145), abs=1)


def test_peeking_shows_the_picture_alone_while_the_key_is_held(lab: Lab) -> None:
    """The mask is gone while P, or the button, is held, and back afterwards."""
    painter = open_painter(lab)
    page = painter.notebook.page
    painter.drag([(100, 100), (200, 100)])
    overlay = painter.el.locator(".lumen-painter-overlay")
    page.keyboard.down("p")
    expect(overlay).to_be_hidden()
    page.keyboard.up("p")
    expect(overlay).to_be_visible()
    painter.button("Peek").hover()
    page.mouse.down()
    expect(overlay).to_be_hidden()
    page.mouse.up()
    expect(overlay).to_be_visible()


def test_one_finger_paints_and_two_move_the_picture(lab: Lab) -> None:
    """Pinching zooms and leaves no mark, not even of the finger that came first."""
    painter = open_painter(lab, "")
    page = painter.notebook.page
    client = page.context.new_cdp_session(page)
    client.send("Emulation.setTouchEmulationEnabled", {"enabled": True, "maxTouchPoints": 2})

    def touch(kind: str, *fingers: tuple[float, float]) -> None:
        points = [{"x": x, "y": y, "id": number} for number, (x, y) in enumerate(fingers)]
        client.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    scale = painter.corner()[2]
    one, other = painter.place(100, 120), painter.place(200, 120)
    touch("touchStart", one)
    touch("touchStart", one, other)
    for step in range(1, 6):
        touch("touchMove", (one[0] - 8 * step, one[1]), (other[0] + 8 * step, other[1]))
    touch("touchEnd")
    assert painter.corner()[2] > 1.1 * scale
    painter.button("Fit").click()
    one = painter.place(100, 120)
    touch("touchStart", one)
    for step in range(1, 6):
        touch("touchMove", (one[0] + 10 * step, one[1]))
    touch("touchEnd")
    expect(painter.el.locator(".lumen-painter-coverage")).to_contain_text("% painted")
    mask = mask_of(painter.notebook, 2)

    assert painter.notebook.ask(2, "len(painter.operations)") == "1"
    assert mask[120, 100]
    assert np.count_nonzero(mask) > 500


# how high a painter is, its stage, and what of the notebook is seen at once
_HEIGHTS = """(painter) => {
  const seen = painter.closest(".jp-WindowedPanel-outer").clientHeight;
  return [painter.offsetHeight, painter.querySelector(".lumen-painter-stage").offsetHeight, seen];
}"""


def test_a_painter_is_seen_all_at_once_on_any_screen(lab: Lab) -> None:
    """Canvas and buttons are in view together, as in an image editor; a large screen has both."""
    painter = open_painter(lab, "", size=(768, 1024), own_page=True)
    page = painter.notebook.page
    stage = 0
    for width, height in ((1366, 768), (1366, 640), (700, 768), (1920, 1080)):
        page.set_viewport_size({"width": width, "height": height})
        page.wait_for_function(
            f"(painter) => {{ const [all, stage, seen] = ({_HEIGHTS})(painter);"
            " return all <= seen && (stage === 660 || all > seen - 60); }",
            arg=painter.el.element_handle(),
        )
        stage = painter.el.evaluate(_HEIGHTS)[1]
        # what is unfolded, or said for a while, does not move the picture under the hand
        painter.el.get_by_text("Keys", exact=True).click()
        assert painter.el.evaluate(_HEIGHTS)[1] == stage
        painter.el.get_by_text("Keys", exact=True).click()
    assert stage == 660, "as high as it was"


def test_a_painter_keeps_the_height_that_the_user_gave_it(lab: Lab) -> None:
    """What is dragged by the stage's corner is not taken back, whatever the window does."""
    painter = open_painter(lab, "", size=(768, 1024), own_page=True)
    page = painter.notebook.page
    painter.stage.scroll_into_view_if_needed()
    box = painter.stage.bounding_box()
    assert box is not None
    corner = box["x"] + box["width"] - 4, box["y"] + box["height"] - 4
    page.mouse.move(*corner)
    page.mouse.down()
    page.mouse.move(corner[0], corner[1] - 60, steps=3)
    page.mouse.up()
    given = painter.el.evaluate(_HEIGHTS)[1]
    assert given < box["height"]
    page.set_viewport_size({"width": 1000, "height": 900})
    expect(painter.el.locator("footer")).to_be_visible()
    assert painter.el.evaluate(_HEIGHTS)[1] == given

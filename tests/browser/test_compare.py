"""Comparisons in JupyterLab: by mouse, by keys alone, beside a kernel that sleeps or is gone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.browser.access import faults, make_narrow, too_wide

if TYPE_CHECKING:
    from playwright.sync_api import Locator

    from tests.jupyter import Lab, NotebookPage

pytestmark = pytest.mark.browser

# pictures of one ground, on each of which something else is painted, at a service never asked
_BEGIN = """
import lumen_widgets as lumen
from PIL import Image, ImageDraw
lumen.use(lumen.LumenClient("sk-lumen-example", "http://127.0.0.1:9", journal=False))
def picture(place, width=1536, height=1024):
    image = Image.linear_gradient("L").resize((width, height)).convert("RGB")
    box = width // 4 * place, height // 4, width // 4 * (place + 1), height // 2
    ImageDraw.Draw(image).rectangle(box, fill=(200, 60 * place, 90))
    return image
"""
_TWO = "two = lumen.Compare(picture(0), picture(2), names=['before', 'after'], language='en'); two"
_LONG = "lumen.Compare(picture(0), picture(2), names=['before ' * 6, 'after ' * 6])"
_ONE_WORD = "lumen.Compare(picture(0), picture(2), names=['before', 'W' * 48])"
_THREE = """
three = lumen.Compare(picture(0), picture(1, 768, 512), picture(2, 900, 900), language='en')
three
"""
# presses a key on the stage, and says in the frame after it which picture is seen, and if drawn
_TURN = """(el) => new Promise((resolve) => {
  const stage = el.querySelector(".lumen-stage");
  stage.dispatchEvent(new KeyboardEvent("keydown", { key: "ArrowRight", bubbles: true }));
  requestAnimationFrame(() => {
    const image = stage.querySelector(".lumen-pane[data-on] img:not([hidden])");
    resolve([image?.alt ?? "", image?.complete && image.naturalWidth > 0]);
  });
})"""
# what is larger than its place on purpose: what is zoomed, and lists as wide as they may be
CUT = ".lumen-stage, .lumen-stage *, select"
_READY = '.lumen-stage[data-ready="{}"]'


def _compare(notebook: NotebookPage, index: int, pictures: int) -> Locator:
    """Return the comparison of a cell, once its pictures are decoded."""
    found = notebook.cell_output(index).locator(".lumen-compare")
    found.locator(_READY.format(pictures)).wait_for()
    return found


def _line(compare: Locator) -> float:
    return float(compare.get_by_role("slider", name="Line between").input_value())


def test_a_slider_is_dragged_zoomed_and_panned_while_the_kernel_sleeps(lab: Lab) -> None:
    """The line follows the pointer; zoomed, what is beside the line is dragged instead."""
    notebook = lab.open([_BEGIN, _TWO, "two.mode", ""])
    notebook.run_cell(0)
    notebook.run_cell(1)
    compare, mouse = _compare(notebook, 1, 2), notebook.page.mouse
    expect(compare.locator(".lumen-pane-name", has_text="1 before")).to_be_visible()
    expect(compare.locator(".lumen-pane-name", has_text="2 after")).to_be_visible()
    stage = compare.locator(".lumen-stage")
    assert faults(compare, ".lumen-compare") == []
    with notebook.deaf(3):
        stage.scroll_into_view_if_needed()
        box = stage.bounding_box()
        assert box is not None
        middle, height = box["x"] + box["width"] / 2, box["y"] + box["height"] / 3
        mouse.move(middle, height)
        mouse.down()
        mouse.move(box["x"] + box["width"] / 4, height, steps=4)
        mouse.up()
        assert 15 < _line(compare) < 35
        mouse.click(box["x"] + box["width"] * 0.8, height)
        assert _line(compare) > 65
        compare.get_by_role("button", name="1 : 1").click()
        expect(compare).to_contain_text("100 %")
        expect(stage.locator("img[hidden]")).to_have_count(2)
        before = stage.locator(".lumen-pane-world").first.get_attribute("style")
        mouse.move(middle, height)
        mouse.down()
        mouse.move(middle - 60, height - 30, steps=3)
        mouse.up()
        assert stage.locator(".lumen-pane-world").first.get_attribute("style") != before
        compare.get_by_role("radio", name="Flick").check()
        for name in ("before", "after", "before"):
            assert compare.evaluate(_TURN) == [name, True]
        compare.get_by_role("radio", name="Difference").check()
        expect(compare).to_contain_text("% of the pixels differ by more than 8 of 255")
        compare.get_by_role("button", name="Show where").click()
        expect(compare.locator(".lumen-stage-notice")).to_have_text("")
    notebook.wait_value(2, "two.mode", "difference")
    assert faults(compare, ".lumen-compare") == []
    assert notebook.errors == []


def test_long_names_stand_beside_each_other_in_a_narrow_slider(lab: Lab) -> None:
    """The one on the right began under the one on the left: neither could be read."""
    notebook = lab.open([_BEGIN, _LONG])
    notebook.run_cell(0)
    notebook.run_cell(1)
    compare = _compare(notebook, 1, 2)
    make_narrow(compare)
    names = compare.locator(".lumen-pane-name")
    left, right = (names.filter(has_text=one).bounding_box() for one in ("before", "after"))
    assert left is not None
    assert right is not None
    assert left["x"] + left["width"] <= right["x"]
    assert notebook.errors == []


def test_a_long_word_as_a_name_wraps_where_pictures_are_shown_by_turns(lab: Lab) -> None:
    """It was cut off at both ends, and its number with it."""
    notebook = lab.open([_BEGIN, _ONE_WORD])
    notebook.run_cell(0)
    notebook.run_cell(1)
    compare = _compare(notebook, 1, 2)
    compare.locator('[value="flick"]').check()
    make_narrow(compare)
    assert too_wide(compare, CUT) == []
    choice = compare.locator(".lumen-choice", has_text="WWW")
    outer, key = choice.bounding_box(), choice.locator("kbd").bounding_box()
    assert outer is not None
    assert key is not None
    assert key["x"] >= outer["x"]
    assert notebook.errors == []


def test_by_keys_alone_three_pictures_of_any_sizes_are_compared(lab: Lab) -> None:
    """Every way to look has a key, and the focus stays where it is; Python writes the same."""
    notebook = lab.open([_BEGIN, _THREE, "three.left = 2; three.mode = 'slider'", ""])
    notebook.run_cell(0)
    notebook.run_cell(1)
    compare, keyboard = _compare(notebook, 1, 3), notebook.page.keyboard
    stage = compare.locator(".lumen-stage")
    expect(compare).to_have_attribute("data-mode", "slider")
    stage.focus()
    keyboard.press("3")
    expect(compare.get_by_role("radio", name="3 900 × 900")).to_be_checked()  # noqa: RUF001 -- as sizes are written
    keyboard.press("ArrowLeft")
    expect(compare.get_by_role("radio", name="2 768 × 512")).to_be_checked()  # noqa: RUF001
    for key, mode in (("d", "difference"), ("b", "side"), ("s", "slider")):
        keyboard.press(key)
        expect(compare).to_have_attribute("data-mode", mode)
        expect(stage).to_be_focused()
        assert faults(compare, ".lumen-compare") == []
    keyboard.press("ArrowRight")
    assert _line(compare) == pytest.approx(52)
    keyboard.press("x")
    expect(compare.get_by_label("Left", exact=True)).to_have_value("1")
    keyboard.press("+")
    keyboard.press("Shift+ArrowRight")
    keyboard.press("0")
    notebook.run_cell(2)
    expect(compare.get_by_label("Left", exact=True)).to_have_value("2")
    notebook.save()
    notebook.reload(1, ".lumen-compare")
    compare = _compare(notebook, 1, 3)
    expect(compare.get_by_label("Left", exact=True)).to_have_value("2")
    for mode in ("slider", "side", "flick", "difference"):
        compare.locator(f'[value="{mode}"]').check()
        make_narrow(compare)
        assert too_wide(compare, CUT) == []
    notebook.restart_kernel()
    expect(compare).to_contain_text("The kernel is gone")
    compare.locator('[value="flick"]').check()
    expect(compare.get_by_role("radio", name="1 1536 × 1024")).to_be_visible()  # noqa: RUF001
    assert notebook.errors == []

"""What was painted is never lost: not by a reload, a second view, another page, or a new kernel."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from playwright.sync_api import expect

from tests.browser.painters import mask_of, near_edge, open_painter, shown_painter
from tests.browser.plain import plain_page

if TYPE_CHECKING:
    from playwright.sync_api import Browser

    from tests.jupyter import Lab

pytestmark = pytest.mark.browser

# whether a picture that is grey on its left is red on its right
_COLOURS = """(el) => {
  const canvas = el.querySelector(".lumen-painter-picture canvas");
  const at = (x) => canvas.getContext("2d").getImageData(x, 200, 1, 1).data;
  return `${at(20)} ${at(300)}` === "128,128,128,255 255,0,0,255";
}"""


def test_after_a_reload_picture_and_mask_are_back_and_undo_goes_on(lab: Lab, kernel: str) -> None:
    """The page is another one; what is on it, and what can be undone, is the same."""
    painter = open_painter(lab, "", kernel=kernel)
    notebook = painter.notebook
    painter.drag([(60, 60), (200, 60)])
    painter.drag([(60, 120), (200, 120)])
    painter.button("Undo").click()
    before = mask_of(notebook, 2)
    notebook.save()
    notebook.reload(1, ".lumen-painter-stage")
    painter = shown_painter(notebook, 1)
    expected = painter.expected(before, 1)
    assert not ((painter.on_screen() != expected) & ~near_edge(expected)).any()
    painter.button("Redo").click()
    painter.drag([(60, 180), (200, 180)])
    after = mask_of(notebook, 2)

    assert after[120, 100]
    assert after[180, 100]
    assert notebook.ask(2, "len(painter.operations)") == "3"


def test_a_reload_brings_back_the_picture_and_what_is_drawn_over_it(lab: Lab) -> None:
    """Wherever ipycanvas was left drawing: on the free layer or on another canvas."""
    draw = (
        "import ipycanvas\nother = ipycanvas.Canvas(width=50, height=50)\n"
        "def draw():\n"
        "    painter.canvas.fill_style = 'red'\n"
        "    painter.canvas.fill_rect(160, 120, 160, 120)\n"
        "painter.canvas.on_client_ready(draw); draw()"
    )
    painter = open_painter(lab, draw)
    notebook = painter.notebook
    notebook.run_cell(2)
    for drawn_last in ("painter.canvas", "other"):
        notebook.set_source(2, f"{drawn_last}.stroke_rect(5, 5, 10, 10)")
        notebook.run_cell(2)
        notebook.save()
        notebook.reload(1, ".lumen-painter-stage")
        painter = shown_painter(notebook, 1)
        notebook.page.wait_for_function(_COLOURS, arg=painter.el.element_handle(), polling=50)


def test_a_painter_that_is_not_static_shows_a_picture_that_its_state_does_not_have(
    lab: Lab,
) -> None:
    """The page asks for it: at first, and once it was loaded anew."""
    show = "painter = lumen.MaskPainter(grey, static=False); painter.radius = {radius}; painter"
    painter = open_painter(lab, "", show=show)
    notebook = painter.notebook
    painter.drag([(60, 60), (200, 60)])
    before = mask_of(notebook, 2)
    notebook.save()
    notebook.reload(1, ".lumen-painter-stage")
    painter = shown_painter(notebook, 1)

    assert (mask_of(notebook, 2) == before).all()
    assert notebook.ask(2, "painter.get_state('_picture')") == "{'_picture': b''}"


def test_a_picture_that_the_browser_cannot_decode_is_said_so(browser: Browser) -> None:
    """In words, beside a mask that can be painted all the same."""
    with plain_page(browser) as plain:
        plain.mount("mask_painter", _picture="bm8gcGljdHVyZQ==")
        note = plain.el.locator(".lumen-painter-note")
        expect(note).to_contain_text("This browser cannot show the picture")
        plain.el.get_by_role("button", name="Invert", exact=True).click()
        expect(plain.el.locator(".lumen-painter-coverage")).to_have_text("All painted")


def test_a_painter_shows_its_picture_where_another_canvas_broke_ipycanvas(lab: Lab) -> None:
    """A picture that cannot be decoded ends every canvas of a page; the painter goes on."""
    poison = (
        "import ipycanvas, ipywidgets\n"
        "other = ipycanvas.Canvas(width=50, height=50)\n"
        "other.draw_image(ipywidgets.Image(value=b'no picture'))\nother"
    )
    notebook = lab.open(
        ["import lumen_widgets as lumen, numpy as np", poison, "", ""],
        own_page=True,
    )
    notebook.run_cell(0)
    notebook.run_cell(1)
    notebook.set_source(
        2, "painter = lumen.MaskPainter(np.full((60, 80, 3), 128, np.uint8))\npainter"
    )
    notebook.run_cell(2)
    shown_painter(notebook, 2)


def test_two_views_and_python_stay_in_step(lab: Lab, kernel: str) -> None:
    """What is done in one view, or by code, shows in the other at once; so do the controls."""
    painter = open_painter(lab, "painter", "", kernel=kernel)
    notebook = painter.notebook
    notebook.run_cell(2)
    other = shown_painter(notebook, 2)
    painter.stage.evaluate("(el) => el.scrollIntoView({ block: 'center' })")
    painter.drag([(60, 60), (200, 60)])
    assert other.share() == painter.share() != "Nothing painted yet"
    painter.tool("Eraser")
    expect(other.el.get_by_role("radio", name="Eraser")).to_be_checked()
    notebook.ask(3, "painter.rectangle(0, 0, 160, 240)")
    mask = mask_of(notebook, 3)
    for view in (painter, other):
        share = view.el.locator(".lumen-painter-coverage")
        expect(share).to_have_text(f"{100 * mask.mean():.1f} % painted")
        view.stage.evaluate("(el) => el.scrollIntoView({ block: 'center' })")
        assert view.on_screen().mean() == pytest.approx(view.expected(mask, 1).mean(), abs=0.002)
    other.button("Undo").click()
    assert other.share() == painter.share()
    assert notebook.ask(3, "len(painter.operations)") == "1"


def test_a_saved_mask_goes_on_in_a_new_kernel(lab: Lab) -> None:
    """`save` and `mask=` bring back pixels and undo steps; the page says so in words."""
    painter = open_painter(lab, "painter.save('mine.png')", "")
    notebook = painter.notebook
    painter.drag([(60, 60), (200, 60)])
    painter.drag([(60, 120), (200, 120)])
    notebook.wait_idle()
    notebook.run_cell(2)
    before = mask_of(notebook, 3)
    notebook.restart_kernel()
    notebook.set_source(1, "painter = lumen.MaskPainter(grey, mask='mine.png'); painter")
    notebook.run_cell(0)
    notebook.run_cell(1)
    painter = shown_painter(notebook, 1)
    np.testing.assert_array_equal(mask_of(notebook, 3), before)
    painter.button("Undo").click()
    after = mask_of(notebook, 3)

    assert not after[120, 100]
    assert after[60, 100]


def test_a_painter_whose_kernel_is_gone_keeps_what_is_painted_and_says_what_to_do(
    lab: Lab,
) -> None:
    """Painting goes on, nothing is thrown, and the mask can be downloaded."""
    painter = open_painter(lab)
    painter.drag([(60, 60), (200, 60)])
    before = painter.share()
    painter.notebook.restart_kernel()
    painter.drag([(60, 120), (200, 120)])
    painter.notebook.page.keyboard.press("e")

    expect(painter.el.locator(".lumen-painter-note")).to_contain_text("download the mask")
    assert painter.share() != before
    with painter.notebook.page.expect_download():
        painter.button("Download mask").click()
    assert painter.notebook.errors == []


def test_the_mask_can_be_taken_away_while_the_kernel_is_busy(lab: Lab) -> None:
    """The browser saves what is painted as a PNG of one bit a pixel, all by itself."""
    import PIL.Image

    painter = open_painter(lab, "", "")
    with painter.notebook.deaf(2):
        painter.drag([(60, 60), (200, 60)])
        with painter.notebook.page.expect_download() as saved:
            painter.button("Download mask").click()
        path = saved.value.path()
        expect(painter.el.locator(".lumen-painter-note")).to_contain_text("The notebook is busy")
    expect(painter.el.locator(".lumen-painter-note")).to_be_hidden()
    image = PIL.Image.open(path)

    assert image.mode == "1"
    np.testing.assert_array_equal(np.asarray(image), mask_of(painter.notebook, 3))

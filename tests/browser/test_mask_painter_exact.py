"""What is seen is the mask: at any zoom and on any screen, and in every frame of a stroke."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.painters import mask_of, near_edge, open_painter
from tests.jupyter import Lab  # noqa: TC001 # pytest reads the annotations of fixtures

pytestmark = pytest.mark.browser

# everything that has an edge, with radii from less than a pixel to a good part of the picture
_OPERATIONS = """
painter.stroke([(20, 30), (90, 44.5), (60, 100)], 11.3)
painter.stroke([(200, 40)], 0.6)
painter.ellipse(120.25, 60, 90, 71.5)
painter.rectangle(30, 140, 120, 60)
painter.polygon([(180, 150), (300, 170), (200, 230), (290, 120)])
painter.stroke([(10, 120), (310, 130)], 3.2, erase=True)
painter.color, painter.opacity = "#ff00ff", 1.0
"""


_SCROLL = "(el) => el.scrollIntoView({ block: 'center' })"


@pytest.mark.parametrize("ratio", [1, 2])
def test_the_screen_shows_the_mask_to_within_a_pixel_of_its_edge(lab: Lab, ratio: int) -> None:
    """Fitted, at 100 % and at 400 %, no pixel farther from an edge is other than the mask says."""
    painter = open_painter(lab, _OPERATIONS, "", height=760, width=900, ratio=ratio)
    painter.notebook.run_cell(2)
    mask = mask_of(painter.notebook, 3)
    # the page hears of what code did a few times a second
    share = painter.el.locator(".lumen-painter-coverage")
    expect(share).to_have_text(f"{100 * mask.mean():.1f} % painted")
    for zoom in (None, 1, 4):
        if zoom is not None:
            painter.button("100 %").click()
            for _ in range({1: 0, 4: 6}[zoom]):
                painter.button("Zoom in").click()
        painter.stage.evaluate(_SCROLL)
        seen = painter.on_screen()
        expected = painter.expected(mask, ratio)
        wrong = (seen != expected) & ~near_edge(expected)
        # the stage's own border and grip are over what it shows
        rim = 16 * ratio
        wrong = wrong[rim:-rim, rim:-rim]

        assert expected.mean() > 0.02, "some of the mask is in view"
        assert wrong.sum() == 0, f"at zoom {zoom}"


def test_no_frame_is_without_the_stroke_when_it_is_handed_over(lab: Lab) -> None:
    """From the last move over the kernel's answer to long after, every frame has what was drawn."""
    painter = open_painter(lab, "time.sleep(1)")
    page = painter.notebook.page
    painter.drag([(60, 60), (160, 60)], lift=False)
    # of what a page shows for a frame only that page can tell
    page.evaluate(_WATCH, painter.el.locator(".lumen-painter-overlay").element_handle())
    page.mouse.up()
    painter.notebook.run_cell(2)
    painter.drag([(60, 120), (160, 120)])
    painter.notebook.wait_idle()
    answered = page.evaluate("() => window.lumenFrames.seen")
    page.wait_for_function(
        "(answered) => window.lumenFrames.seen > answered + 20", arg=answered, polling=50
    )

    assert page.evaluate("() => window.lumenFrames.without") == 0


_WATCH = """(overlay) => {
  const context = overlay.getContext("2d");
  const count = () => {
    const { data } = context.getImageData(0, 0, overlay.width, overlay.height);
    let painted = 0;
    for (let at = 3; at < data.length; at += 4) if (data[at]) painted++;
    return painted;
  };
  const first = count();
  const frames = window.lumenFrames = { seen: 0, without: 0 };
  const look = () => {
    frames.seen++;
    if (count() < first) frames.without++;
    requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
}"""

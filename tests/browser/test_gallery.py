"""The gallery in JupyterLab: by mouse, by keys alone, beside a kernel that sleeps or is gone."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.browser.access import faults, make_narrow, too_wide

if TYPE_CHECKING:
    from playwright.sync_api import Locator

    from tests.jupyter import Lab, NotebookPage

pytestmark = pytest.mark.browser

# a history of small pictures, each of which was made from the one before, at a service that is
# never asked
_BEGIN = """
import hashlib, io, tempfile, lumen_widgets as lumen
from PIL import Image
home = tempfile.mkdtemp()
lumen.use(lumen.LumenClient("sk-lumen-example", "http://127.0.0.1:9", journal=home))
from lumen_widgets.journal import Journal
journal, before = Journal(home), ()
for n in range({count}):
    row = journal.insert_request(origin="https://lumen.example", account="a", endpoint="edits",
                                 body={{"prompt": f"picture {{n}} of a sea", "model": "m"}},
                                 made_from=before)
    journal.mark_accepted(row, task_id=f"t{{n}}", created=None, status="queued")
    file = io.BytesIO()
    Image.new("RGB", (96, 64), (n % 256, 90, 160)).save(file, "PNG")
    sha256 = hashlib.sha256(file.getvalue()).hexdigest()
    journal.store_picture(row, 0, file.getvalue(), sha256=sha256, media_type="image/png",
                          width=96, height=64)
    journal.record_status(row, status="succeeded", error=None, seconds=1.0)
    before = (sha256,)
"""
_EMPTY = """
import ipywidgets, tempfile, lumen_widgets as lumen
box = lumen.sandbox.start()
lumen.use(lumen.LumenClient(box.api_key, box.url, journal=tempfile.mkdtemp()))
"""
_GALLERY = "gallery = lumen.Gallery(); gallery"
_TILES = """async (el) => {
  const scroll = el.querySelector(".lumen-gallery-scroll");
  let [there, seen] = [[], []];
  // a page tells of a scroll at one of its next frames
  for (let frame = 0; frame < 600 && seen.length === 0; frame += 1) {
    await new Promise(requestAnimationFrame);
    const screen = scroll.getBoundingClientRect();
    there = [...el.querySelectorAll(".lumen-tile")].map((one) => one.getBoundingClientRect());
    seen = there.filter((box) => box.bottom > screen.top && box.top < screen.bottom);
  }
  return [there.length, seen.length];
}"""
_IN_LINE = """(el) => [...el.querySelectorAll("dt")].every((name) => {
  const [one, other] = [name, name.nextElementSibling].map((each) => each.getBoundingClientRect());
  return Math.abs(one.top - other.top) < 4 && one.right <= other.left;
})"""
# presses a key on what has the focus, and says what is large in the frame after it
_NEXT = """(el) => new Promise((resolve) => {
  const stage = el.querySelector(".lumen-large-stage");
  stage.dispatchEvent(new KeyboardEvent("keydown", { key: "ArrowRight", bubbles: true }));
  requestAnimationFrame(() => {
    const image = stage.querySelector("img");
    const notice = el.querySelector(".lumen-large-notice").textContent;
    resolve([image?.alt ?? "", image?.complete && image.naturalWidth > 0, notice]);
  });
})"""


def _gallery(notebook: NotebookPage, index: int) -> Locator:
    return notebook.cell_output(index).locator(".lumen-gallery")


def _shown(gallery: Locator) -> Locator:
    """Return the tiles that have their pictures."""
    return gallery.locator(".lumen-tile img:visible")


def test_pictures_are_searched_and_looked_at_one_after_the_other_while_the_kernel_sleeps(
    lab: Lab,
) -> None:
    """The neighbours are there within a frame; what is made large is `selected` in Python."""
    notebook = lab.open([_BEGIN.format(count=300), _GALLERY, "", "gallery.selected.prompt", ""])
    notebook.run_cell(0)
    notebook.run_cell(1)
    gallery = _gallery(notebook, 1)
    expect(gallery).to_contain_text("300 pictures")
    expect(_shown(gallery).first).to_be_visible()
    for place in (0.0, 0.5, 1.0):
        scroll = gallery.locator(".lumen-gallery-scroll")
        scroll.evaluate("(el, place) => { el.scrollTop = place * el.scrollHeight; }", place)
        tiles, seen = gallery.evaluate(_TILES)
        assert tiles <= seen + 20
    expect(gallery.get_by_role("option", name="picture 0 of a sea")).to_be_visible()

    gallery.get_by_role("searchbox").fill("PICTURE 29 sea")
    expect(gallery).to_contain_text("13 of 300 pictures")
    gallery.get_by_role("option", name="picture 297 of a sea").click()
    expect(gallery).to_contain_text("3 of 13")
    details = gallery.get_by_role("region", name="Details")
    expect(details).to_contain_text("t297")
    assert details.evaluate(_IN_LINE), "each name stands on the line of its value"
    expect(gallery.locator(".lumen-large-stage img")).to_have_attribute(
        "alt", "picture 297 of a sea"
    )
    # two before it and four after it have come and are decoded
    expect(gallery.locator(".lumen-large-stage")).to_have_attribute("data-ahead", "6")
    with notebook.deaf(2):
        for number in (296, 295, 294, 293):
            alt, drawn, notice = gallery.evaluate(_NEXT)
            assert (alt, drawn, notice) == (f"picture {number} of a sea", True, "")
        assert gallery.evaluate(_NEXT)[0] == "picture 292 of a sea", "its small copy, until then"
        expect(gallery.locator(".lumen-large-notice")).to_contain_text("Until then its small copy")
    expect(gallery.locator(".lumen-large-notice")).to_have_text("")
    notebook.wait_value(4, "gallery.selected.prompt", "picture 292 of a sea")

    gallery.get_by_role("button", name="picture 291 of a sea").click()
    expect(details).to_contain_text("t291")
    expect(gallery).to_contain_text("9 of 13")
    assert faults(gallery, ".lumen-gallery") == []
    gallery.get_by_role("button", name="Back to all").click()
    gallery.get_by_text("More filters").click()
    assert faults(gallery, ".lumen-gallery") == []
    make_narrow(gallery)
    assert too_wide(gallery, ".lumen-heard, .lumen-tile-caption") == []
    assert notebook.errors == []


def test_the_keyboard_alone_opens_stars_and_forgets_with_a_reload_in_the_middle(lab: Lab) -> None:
    """A star is in `.starred` and in the notebook's one sheet; what is forgotten is asked first."""
    notebook = lab.open([_BEGIN.format(count=9), _GALLERY, ""])
    notebook.run_cell(0)
    notebook.run_cell(1)
    gallery, keyboard = _gallery(notebook, 1), notebook.page.keyboard
    expect(_shown(gallery).first).to_be_visible()
    gallery.get_by_role("searchbox").focus()
    for _ in range(3):
        keyboard.press("Tab")
    keyboard.press("ArrowRight")
    keyboard.press("Enter")
    expect(gallery.locator(".lumen-large-stage")).to_be_focused()
    expect(gallery.locator(".lumen-large-stage img")).to_have_attribute("alt", re.compile("7 of"))
    keyboard.press("*")
    expect(gallery.get_by_role("status").filter(has_text="Starred.")).to_be_visible()
    notebook.wait_value(2, "[one.prompt for one in gallery.starred]", "['picture 7 of a sea']")

    # the view, the count, and what was starred
    expect(notebook.cell_output(1)).to_contain_text("9 pictures, the history · 1 starred here")
    left = notebook.cell_output(1).locator(".lumen-static img")
    expect(left).to_have_count(1)
    expect(left).to_be_hidden()
    _, kept = notebook.save()["cells"][1]["outputs"]
    assert "picture 7 of a sea" in "".join(kept["data"]["text/plain"])
    notebook.reload(1, ".lumen-gallery")
    star = gallery.locator(".lumen-tile[data-starred]")
    expect(star).to_have_count(1)
    expect(gallery.locator(".lumen-tile[data-current]")).to_have_count(1)
    gallery.get_by_role("option").first.focus()
    keyboard.press("End")
    keyboard.press("Space")
    keyboard.press("Shift+ArrowLeft")
    expect(gallery).to_contain_text("2 selected")
    gallery.get_by_role("button", name="Forget…").focus()
    keyboard.press("Enter")
    expect(gallery).to_contain_text("Forget 2 tasks, for good")
    expect(gallery.get_by_role("button", name="Keep")).to_be_focused()
    keyboard.press("Tab")
    keyboard.press("Enter")
    expect(gallery).to_contain_text("7 pictures")
    expect(gallery.get_by_role("option")).to_have_count(7)
    assert notebook.errors == []


def test_a_gallery_stands_in_boxes_says_what_is_new_and_that_its_kernel_is_gone(lab: Lab) -> None:
    """Two views in step; what arrives moves nothing; what was given stays as a sheet."""
    notebook = lab.open(
        [
            _EMPTY,
            "gallery = lumen.Gallery(); ipywidgets.Tab([ipywidgets.VBox([gallery])])",
            "ipywidgets.Accordion([gallery], selected_index=0)",
            'pictures = lumen.generate("a red fox", n=2)',
            "lumen.Gallery(pictures)",
            "gallery.selected = pictures[1]",
        ]
    )
    for cell in range(3):
        notebook.run_cell(cell)
    first, second = _gallery(notebook, 1), _gallery(notebook, 2)
    expect(first).to_contain_text("No pictures yet")
    notebook.run_cell(3)
    for gallery in (first, second):
        expect(gallery.get_by_role("option")).to_have_count(2)
    notebook.run_cell(4)
    expect(notebook.cell_output(4)).to_contain_text("Lumen gallery · 2 pictures")
    notebook.set_source(3, 'lumen.generate("a blue whale")')
    notebook.run_cell(3)
    first.get_by_role("button", name="1 new picture").click()
    expect(first.get_by_role("option")).to_have_count(3)
    expect(second.get_by_role("option")).to_have_count(2)
    notebook.run_cell(5)
    for gallery in (first, second):
        expect(gallery.locator(".lumen-large")).to_contain_text("of")
    notebook.restart_kernel()
    expect(first).to_contain_text("The kernel is gone")
    first.get_by_role("button", name="Back to all").click()
    first.get_by_role("searchbox").fill("whale")
    expect(first.get_by_role("option")).to_have_count(1)
    assert notebook.errors == []

"""What is repainted, as a notebook shows it: while the task runs, afterwards, and in the file."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

if TYPE_CHECKING:
    from playwright.sync_api import Locator

    from tests.jupyter import Lab

pytestmark = pytest.mark.browser

_BEGIN = (
    'import numpy as np\nimport lumen_widgets as lumen\nclient = lumen.use("sandbox").client\n'
    "_ = lumen.sandbox.settings(latency=(0, 0))\n"
    "picture = np.full((256, 384, 3), (200, 120, 40), np.uint8)\n"
    "mask = np.zeros((256, 384), bool)\nmask[:64, :189] = True"
)
_SHARE = "Repaints 12.3 % of the picture"
_SHOWN = "(img) => img.complete && img.naturalWidth > 0"


def _expect_shown(image: Locator) -> None:
    """Wait until a picture is there and was decoded."""
    expect(image).to_be_visible()
    image.page.wait_for_function(_SHOWN, arg=image.element_handle(), polling=50)


def test_a_repaint_that_blocks_its_cell_shows_its_mask_live_and_in_the_saved_words(
    lab: Lab, kernel: str
) -> None:
    """The kernel is busy and answers nothing, yet the mask is there; after a reload it still is."""
    notebook = lab.open([_BEGIN, 'result = lumen.inpaint("a corgi", picture, mask)'], kernel=kernel)
    notebook.run_cell(0)
    output = notebook.cell_output(1)
    row = output.locator(".lumen-task")
    with lab.server.drawing_held():
        notebook.run_cell(1, wait=False)
        expect(row).to_contain_text(_SHARE)
        _expect_shown(row.get_by_role("img", name="Mask: white is repainted"))
        assert not notebook.execution_done(1)

    notebook.wait_done(1)
    expect(output).to_contain_text("✓ Succeeded")
    expect(output).to_contain_text(_SHARE)
    expect(row).to_have_count(0)
    expect(output.locator(".jp-RenderedImage img")).to_have_count(1)
    _expect_shown(output.get_by_alt_text("Mask: white is repainted"))

    (code,) = [cell for cell in notebook.save()["cells"] if cell["id"] == "cell-1"]
    words, painted = code["outputs"]
    assert _SHARE in "".join(words["data"]["text/plain"])
    assert set(painted["data"]) == {"image/jpeg", "text/plain"}
    assert "application/vnd.jupyter.widget-view+json" not in json.dumps(code)
    notebook.page.reload()
    notebook.wait_ready()
    _expect_shown(notebook.cell_output(1).get_by_alt_text("Mask: white is repainted"))


def test_a_panel_shows_the_mask_in_the_pictures_place_and_later_small_beside_it(lab: Lab) -> None:
    """First the mask stands alone, then the picture beside it is the larger one."""
    notebook = lab.open(
        [_BEGIN, "lumen.TaskPanel()", 'task = client.inpaint("a corgi", picture, mask)']
    )
    notebook.run_cell(0)
    row = notebook.cell_output(1).locator(".lumen-task")
    mask = row.get_by_role("img", name="Mask: white is repainted")
    picture = row.get_by_role("img", name="Picture")
    with lab.server.drawing_held():
        for index in (1, 2):
            notebook.run_cell(index)
        _expect_shown(mask)
        expect(picture).to_be_hidden()
        alone = mask.bounding_box()
    _expect_shown(picture)
    expect(row).to_contain_text(f"{_SHARE} · 1 picture")
    _expect_shown(mask)
    beside, larger = mask.bounding_box(), picture.bounding_box()

    assert alone is not None
    assert beside is not None
    assert larger is not None
    assert round(alone["width"]) == round(larger["width"]) == 64
    assert round(beside["width"]) == 32
    assert larger["x"] + larger["width"] <= beside["x"]
    assert round(larger["y"] + larger["height"]) == round(beside["y"] + beside["height"])

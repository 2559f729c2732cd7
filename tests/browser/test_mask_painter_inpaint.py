"""From a painted mask to a repainted picture: with a fast hand, with keys alone, and by code."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import pytest
from playwright.sync_api import expect

from tests.browser.access import faults, make_narrow, too_wide
from tests.browser.painters import open_painter

if TYPE_CHECKING:
    from tests.jupyter import Lab

pytestmark = pytest.mark.browser

# the masks that the calls had, as the task says it
_SENDS = (
    "task = lumen.inpaint('a corgi', grey, painter, wait=False)\n"
    "shares.append(task.request.repaint.share)"
)


@pytest.mark.parametrize("times", [10, pytest.param(50, marks=pytest.mark.full)])
def test_no_call_right_after_a_stroke_is_without_that_stroke(
    lab: Lab, kernel: str, times: int
) -> None:
    """Again and again a stroke and at once Shift+Enter: each mask has one stroke more."""
    painter = open_painter(
        lab,
        _SENDS,
        "",
        size=(520, 64),
        radius=4,
        begin="shares = []\n",
        kernel=kernel,
    )
    notebook, page = painter.notebook, painter.notebook.page
    for number in range(times):
        painter.stage.evaluate("(el) => el.scrollIntoView({ block: 'center' })")
        x = 10 * number + 10
        painter.drag([(x, 20), (x, 40)])
        # the cell gets the focus as a click would give it, without the time that a hand takes
        page.evaluate(_GO_TO_CELL, 2)
        page.keyboard.press("Shift+Enter")
        page.wait_for_function(_TIMES_RUN, arg=[2, number + 3], polling=50)
    notebook.wait_idle()
    shares = [float(one) for one in notebook.ask(3, "*shares").split()]
    one = shares[0]

    assert len(shares) == times
    for number, share in enumerate(shares, 1):
        assert share == pytest.approx(number * one, rel=1e-9)
    assert notebook.errors == []


_GO_TO_CELL = """(index) => {
  const { content } = window.jupyterapp.shell.currentWidget;
  content.activeCellIndex = index;
  content.mode = "command";
  content.activate();
}"""
_TIMES_RUN = """([index, count]) => {
  const cell = window.jupyterapp.shell.currentWidget.content.widgets[index];
  return cell.model.executionCount === count && cell.model.executionState === "idle";
}"""


def test_outside_the_mask_nothing_changes_and_the_task_shows_what_was_repainted(lab: Lab) -> None:
    """Pixels outside the mask are bit-identical, inside they changed; share and mask are shown."""
    painter = open_painter(
        lab,
        "new = lumen.inpaint('a corgi', grey, painter)[0]",
        "",
        size=(256, 256),
    )
    notebook = painter.notebook
    painter.tool("Ellipse")
    painter.drag([(60, 60), (200, 190)])
    output = notebook.cell_output(2)
    with lab.server.drawing_held():
        notebook.run_cell(2, wait=False)
        expect(output.locator(".lumen-tasks")).to_contain_text("% of the picture")
    notebook.wait_done(2)
    expect(output).to_contain_text("Repaints 21.8 % of the picture")
    expect(output.get_by_alt_text("Mask: white is repainted")).to_be_visible()
    # the sandbox's label says in the picture that it is a preview: that part is its own
    changed = "(new.to_numpy() != grey).any(2)"
    same = notebook.ask(
        3,
        f"({changed} & ~painter.array)[:220].sum(), {changed}[painter.array].mean() > 0.5",
    )

    assert same == "0 True"


def test_an_empty_mask_is_refused_before_anything_is_paid(lab: Lab) -> None:
    """The cell says what to do; no task was made."""
    painter = open_painter(lab, "lumen.inpaint('a corgi', grey, painter)")
    painter.notebook.run_cell(2)
    output = painter.notebook.cell_output(2)

    expect(output).to_contain_text("nothing is painted in it")
    expect(output).to_contain_text("nothing was spent")


def test_the_whole_loop_is_done_with_keys_alone_and_tab_always_leaves(lab: Lab) -> None:
    """Paint, erase, a shape by corners, one by numbers, undo; then on to the next cell."""
    painter = open_painter(
        lab, "new = lumen.inpaint('a corgi', grey, painter)", "", size=(200, 160), radius=10
    )
    notebook, page = painter.notebook, painter.notebook.page
    press = page.keyboard.press
    painter.el.get_by_role("radio", name="Brush").focus()
    for _ in range(30):
        if painter.stage.evaluate("(el) => el === document.activeElement"):
            break
        press("Tab")
    expect(painter.stage).to_be_focused()
    press("ArrowRight")
    press("Enter")
    for _ in range(3):
        press("ArrowRight")
    press("Shift+Enter")
    press("e")
    press("Enter")
    press("r")
    press("ArrowDown")
    press("Enter")
    for _ in range(3):
        press("ArrowDown")
        press("ArrowLeft")
    press("Enter")
    press("i")
    press("Control+z")
    heard = painter.el.locator("[aria-live=polite]")
    expect(heard).to_contain_text("% painted")
    kinds = notebook.ask(3, "*[type(one).__name__ for one in painter.operations]")
    assert kinds == "Stroke Stroke Stroke Rectangle"

    painter.stage.focus()
    for _ in range(12):
        press("Tab")
        if not page.evaluate("() => document.activeElement.closest('.lumen-painter') !== null"):
            break
    else:
        pytest.fail("Tab does not leave the painter")
    notebook.run_cell(2)
    expect(notebook.cell_output(2)).to_contain_text("Succeeded")


def test_shapes_are_put_into_the_mask_by_numbers(lab: Lab) -> None:
    """Keys alone fill the fields; a wrong number is named and keeps what was typed."""
    painter = open_painter(lab, "")
    page, press = painter.notebook.page, painter.notebook.page.keyboard.press
    painter.el.locator("summary", has_text="By numbers").focus()
    press("Enter")
    press("Tab")
    expect(painter.el.locator("form select").first).to_be_focused()
    press("ArrowDown")
    for value in ("10", "12", "0", "30"):
        press("Tab")
        page.keyboard.type(value)
    press("Enter")
    error = painter.el.locator(".lumen-painter-numbers .lumen-field-error")
    expect(error).to_contain_text("above 0")
    expect(painter.el.get_by_label("Width")).to_be_focused()
    press("ControlOrMeta+a")
    page.keyboard.type("40")
    press("Enter")
    expect(error).to_have_text("")
    expect(painter.el.locator(".lumen-painter-coverage")).to_contain_text("% painted")
    told = painter.notebook.ask(2, "painter.operations[-1]")

    assert told == "Ellipse(x=10.0, y=12.0, width=40.0, height=30.0, mode='add')"


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_and_nothing_is_wider_than_320_pixels(
    lab: Lab, theme: Literal["light", "dark"]
) -> None:
    """Names, roles, contrast and targets are right, with all of it unfolded, narrow and wide."""
    painter = open_painter(lab, theme=theme)
    painter.drag([(60, 60), (200, 60)])
    for summary in painter.el.locator("summary").all():
        summary.click()
    wide = faults(painter.el, ".lumen-painter")
    painter.tool("Rectangle")
    make_narrow(painter.el)

    assert wide == []
    assert faults(painter.el, ".lumen-painter") == []
    assert too_wide(painter.el, ".lumen-painter-stage *") == []

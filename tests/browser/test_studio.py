"""The Studio in JupyterLab: in a cell and in a tab, wide and narrow, by mouse and by keys."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

from tests.browser.access import faults, too_wide
from tests.browser.forms import button, field
from tests.browser.painters import Painter
from tests.conditions import until

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Locator

    from tests.jupyter import Lab, NotebookPage

pytestmark = pytest.mark.browser

# with a journal of its own: a Studio goes on where the account's work ended
_BEGIN = """
import lumen_widgets as lumen
sandbox = lumen.sandbox.start()
_ = lumen.sandbox.settings(latency=(0.2, 0.3))
_ = lumen.use(lumen.LumenClient(sandbox.api_key, sandbox.url, journal={!r}))
"""
_STUDIO = "studio = lumen.Studio()\nstudio"
# whether the picture that was painted on is the one that was chosen, and all of the rest is its own
_REPAINTED = """
form = studio.form
made = form.task.wait()[0]
chosen = first.pictures[2]
outside = ~form.painter.array
print(form.images[0].sha256 == chosen.sha256, made.to_numpy().shape == chosen.to_numpy().shape,
      bool((made.to_numpy()[outside] == chosen.to_numpy()[outside]).all()),
      bool((made.to_numpy()[~outside] != chosen.to_numpy()[~outside]).any()))
"""
_WIDE, _NARROW = {"width": 1400, "height": 900}, {"width": 700, "height": 900}


def _open(lab: Lab, journal: Path, *cells: str, **page: Any) -> tuple[NotebookPage, Locator]:
    """Show a Studio in the second cell; the last two are empty."""
    begin = _BEGIN.format(str(journal / "journal"))
    notebook = lab.open([begin, _STUDIO, *cells, "", ""], **(page or _WIDE))
    notebook.page.evaluate("() => window.jupyterapp.shell.collapseLeft()")
    notebook.run_cell(0)
    notebook.run_cell(1)
    return notebook, _studio(notebook)


def _studio(notebook: NotebookPage, index: int = 1) -> Locator:
    studio = notebook.cell_output(index).locator(".lumen-studio")
    expect(studio.locator("form.lumen-form")).to_be_attached()
    return studio


def _tiles(studio: Locator) -> Locator:
    return studio.get_by_role("listbox", name="Made with this form").get_by_role("option")


def _tab(studio: Locator, name: str) -> Locator:
    return studio.get_by_role("tab", name=re.compile(f"^{name}"))


def _painter(notebook: NotebookPage, studio: Locator) -> Painter:
    painter = Painter(notebook, studio.locator(".lumen-painter"))
    expect(painter.stage).to_be_visible()
    return painter


def _make(studio: Locator, prompt: str = "three boats on a lake") -> None:
    """Have four pictures made."""
    field(studio, "Prompt").fill(prompt)
    studio.get_by_role("radio", name="4", exact=True).check()
    button(studio, "Generate").click()
    expect(_tiles(studio)).to_have_count(4)


def _check_repainted(notebook: NotebookPage, index: int) -> None:
    notebook.wait_value(index, "studio.form.task and studio.form.task.request.endpoint", "inpaint")
    notebook.set_source(index + 1, _REPAINTED)
    notebook.run_cell(index + 1)
    expect(notebook.cell_output(index + 1)).to_contain_text("True True True True")
    assert notebook.errors == []


def test_where_pictures_come_it_says_that_none_came_and_goes_on_with_the_next(
    lab: Lab, tmp_path: Path
) -> None:
    """A failed task left "Sent: its pictures come here" standing; after a reload it is said too."""
    notebook, studio = _open(lab, tmp_path)
    pane = studio.locator("[data-part=results] .lumen-studio-nothing")
    field(studio, "Prompt").fill("an owl [[failed]]")
    button(studio, "Generate").click()
    failed = re.compile("No picture came of what was sent.*The task failed.*Tasks shows")
    expect(pane).to_contain_text(failed)
    expect(studio.locator(".lumen-form-state")).to_contain_text("No picture came. The task failed")
    assert faults(studio, ".lumen-studio") == []
    notebook.save()
    notebook.reload(1, ".lumen-studio form.lumen-form")
    studio = _studio(notebook)
    pane = studio.locator("[data-part=results] .lumen-studio-nothing")
    expect(pane).to_contain_text(failed)
    field(studio, "Prompt").fill("an owl")
    with lab.server.drawing_held():
        button(studio, "Generate").click()
        expect(pane).to_contain_text("Sent: its pictures come here")
    expect(_tiles(studio)).to_have_count(1)
    expect(pane).to_have_count(0)
    assert notebook.errors == []


def test_by_mouse_with_a_reload_in_the_middle_that_changes_nothing(
    lab: Lab, tmp_path: Path
) -> None:
    """What is in view, how wide it is, and the strokes are as they were, and are sent."""
    notebook, studio = _open(lab, tmp_path)
    _make(studio)
    large = studio.locator(".lumen-large-stage img")
    expect(large).to_be_visible()
    assert notebook.ask(2, "(first := studio.form.task).status") == "succeeded"
    _tiles(studio).nth(2).click()
    expect(large).to_have_attribute("alt", re.compile(r"^\[2\]"))
    border = studio.get_by_role("separator", name="Width of the form")
    box = border.bounding_box()
    assert box is not None
    notebook.page.mouse.move(box["x"] + 4, box["y"] + 200)
    notebook.page.mouse.down()
    notebook.page.mouse.move(box["x"] - 96, box["y"] + 260, steps=4)
    notebook.page.mouse.up()
    button(studio, "Paint…").click()
    painter = _painter(notebook, studio)
    painter.drag([(200, 200), (600, 300)])
    expect(studio.locator(".lumen-painted")).to_contain_text("% of the picture")
    width = border.get_attribute("aria-valuenow")

    notebook.save()
    notebook.reload(1, ".lumen-studio form.lumen-form")
    notebook.page.evaluate("() => window.jupyterapp.shell.collapseLeft()")
    studio = _studio(notebook)
    painter = _painter(notebook, studio)
    expect(_tab(studio, "Paint")).to_have_attribute("aria-selected", "true")
    expect(painter.el.locator(".lumen-painter-coverage")).to_contain_text("%")
    border = studio.get_by_role("separator", name="Width of the form")
    expect(border).to_have_attribute("aria-valuenow", width or "")
    field(studio, "Prompt").fill("a red balloon")
    studio.get_by_role("radio", name="1", exact=True).check()
    painter.drag([(700, 200), (800, 300)])
    button(studio, "Repaint").click()
    # nobody is at work in the painter any more
    expect(_tab(studio, "Pictures")).to_have_attribute("aria-selected", "true")
    expect(_tiles(studio)).to_have_count(5)
    expect(_tiles(studio).first).to_have_attribute("aria-selected", "true")

    _check_repainted(notebook, 2)


def test_by_keyboard_alone(lab: Lab, tmp_path: Path) -> None:
    """Type, Ctrl+Enter, F6, arrows to the third, M, paint, F6, another word, Ctrl+Enter."""
    notebook, studio = _open(lab, tmp_path)
    keys = notebook.page.keyboard
    field(studio, "Prompt").focus()
    keys.type("three boats on a lake")
    for _ in range(60):
        if studio.get_by_role("radio", name="1", exact=True).evaluate(
            "(el) => el === document.activeElement"
        ):
            break
        keys.press("Tab")
    for _ in range(3):
        keys.press("ArrowRight")
    keys.press("Control+Enter")
    expect(_tiles(studio)).to_have_count(4)
    assert notebook.ask(2, "(first := studio.form.task).status") == "succeeded"
    studio.get_by_role("radio", name="4", exact=True).focus()
    keys.press("F6")
    expect(_tiles(studio).first).to_be_focused()
    for key in ("ArrowRight", "ArrowRight", "m"):
        keys.press(key)
    painter = _painter(notebook, studio)
    expect(painter.stage).to_be_focused()
    expect(_tab(studio, "Paint")).to_have_attribute("aria-selected", "true")
    for key in ("ArrowRight", "Enter"):
        keys.press(key)
    expect(studio.locator(".lumen-painted")).to_contain_text("% of the picture")
    keys.press("F6")
    expect(field(studio, "Prompt")).to_be_focused()
    keys.press("Control+a")
    keys.type("a red balloon")
    keys.press("Control+Enter")
    expect(_tiles(studio)).to_have_count(8)
    expect(_tab(studio, "Pictures")).to_have_attribute("aria-selected", "true")
    keys.press("F6")
    expect(_tiles(studio).first).to_be_focused()
    keys.press("?")
    sheet = studio.get_by_role("dialog", name="Keys of the Studio")
    expect(sheet).to_be_visible()
    keys.press("Escape")
    expect(sheet).to_be_hidden()
    expect(_tiles(studio).first).to_be_focused()

    _check_repainted(notebook, 2)


def test_after_a_restart_the_old_page_says_so_and_a_new_studio_goes_on(
    lab: Lab, tmp_path: Path
) -> None:
    """It has what was sent last, the stars, and the last pictures; nothing is sent again."""
    notebook, studio = _open(lab, tmp_path)
    _make(studio, "a lighthouse at dusk")
    _tiles(studio).nth(1).click()
    button(studio, "Star").click()
    expect(button(studio, "Star")).to_have_attribute("aria-pressed", "true")
    field(studio, "Prompt").fill("an unsent draft")
    notebook.restart_kernel()
    lost = studio.get_by_role("alert").filter(has_text="This Studio's kernel has ended")
    expect(lost).to_be_visible()
    expect(studio.get_by_text("Run its cell again")).to_have_count(1)

    notebook.run_cell(0)
    notebook.run_cell(1)
    studio = _studio(notebook)
    expect(_tiles(studio)).to_have_count(4)
    expect(field(studio, "Prompt")).to_have_value("a lighthouse at dusk")
    expect(studio.get_by_role("radio", name="4", exact=True)).to_be_checked()
    expect(_tiles(studio).nth(1)).to_contain_text("Starred")
    _tab(studio, "Tasks").click()
    expect(studio.locator(".lumen-task")).to_have_count(1)
    assert notebook.ask(2, "len(lumen.history())") == "1"
    assert notebook.errors == []


def test_in_a_tab_of_its_own_it_fills_it_beside_the_one_in_the_cell(
    lab: Lab, tmp_path: Path
) -> None:
    """Nothing is scrolled but what is in it; both are one Studio, with a part in view each."""
    notebook, studio = _open(lab, tmp_path, width=2000, height=1100)
    _make(studio)
    view = notebook.view_output(1)
    other = view.locator(".lumen-studio")
    expect(_tiles(other)).to_have_count(4)
    # Lumino lays tabs out a moment after they are there
    until(lambda: _fills(view, other), "the Studio fills its tab")
    _tiles(other).nth(1).click()
    notebook.page.keyboard.press("m")
    painter = _painter(notebook, other)
    expect(painter.stage).to_be_focused()
    painter.drag([(200, 200), (600, 300)])
    expect(studio.locator(".lumen-painted")).to_contain_text("% of the picture")
    notebook.page.set_viewport_size({"width": 1300, "height": 700})
    until(lambda: _fills(view, other), "it fills the tab that became smaller")
    field(other, "Prompt").fill("a red balloon")
    expect(field(studio, "Prompt")).to_have_value("a red balloon")
    field(other, "Prompt").press("Control+Enter")
    expect(_tiles(other)).to_have_count(8)
    _tab(studio, "Pictures").click()
    expect(_tiles(studio)).to_have_count(8)
    assert notebook.errors == []


def _fills(view: Locator, studio: Locator) -> bool:
    outer, inner = view.bounding_box(), studio.bounding_box()
    form = studio.locator(".lumen-studio-form").bounding_box()
    if outer is None or inner is None or form is None:
        return False
    scrolls = view.evaluate(
        "(el) => [el, ...el.querySelectorAll('.jp-OutputArea, .jp-OutputArea-child')]"
        ".some((one) => one.scrollHeight > one.clientHeight + 1)"
    )
    apart = max(abs(outer[side] - inner[side]) for side in ("x", "y", "width", "height"))
    ends = [box["y"] + box["height"] for box in (inner, form)]
    return not scrolls and apart <= 12 and abs(ends[0] - ends[1]) <= 1


@pytest.mark.parametrize("tab", ["Pictures", "Gallery", "Tasks"])
def test_a_wheel_over_the_form_leaves_the_rest_of_the_studio_in_its_place(
    lab: Lab, tmp_path: Path, tab: str
) -> None:
    """Nothing that is out of sight makes its output scroll, and the Studio out of that."""
    notebook, studio = _open(lab, tmp_path)
    _make(studio)
    _tab(studio, tab).click()
    form = studio.locator(".lumen-studio-form")
    form.hover()
    notebook.page.mouse.wheel(0, 4000)
    notebook.page.wait_for_function("(el) => el.scrollTop > 100", arg=form.element_handle())

    rest = "(el) => { const { scrollHeight, clientHeight } = el.closest('.jp-OutputArea-output');"
    assert studio.evaluate(f"{rest} return scrollHeight - clientHeight; }}") == 0
    assert notebook.errors == []


def test_two_studios_of_a_notebook_are_two(lab: Lab, tmp_path: Path) -> None:
    """Each has its own words, pictures and part in view."""
    notebook, first = _open(lab, tmp_path, "other = lumen.Studio()\nother")
    notebook.run_cell(2)
    second = _studio(notebook, 2)
    field(first, "Prompt").fill("a red fox")
    button(first, "Generate").click()
    expect(_tiles(first)).to_have_count(1)
    _tab(second, "Tasks").click()
    expect(_tab(first, "Pictures")).to_have_attribute("aria-selected", "true")
    expect(_tiles(second)).to_have_count(0)
    expect(field(second, "Prompt")).to_have_value("")
    assert notebook.ask(3, "other.form.task, len(studio.form.pictures)") == "None 1"
    notebook.set_source(3, "studio.close()")
    notebook.run_cell(3)
    expect(first).to_have_count(0)
    field(second, "Prompt").fill("a blue whale")
    button(second, "Generate").click()
    _tab(second, "Pictures").click()
    expect(_tiles(second)).to_have_count(1)
    assert notebook.errors == []


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_in_any_part_and_nothing_is_cut_off_at_any_width(
    lab: Lab, tmp_path: Path, theme: Any
) -> None:
    """With pictures, painter, gallery, tasks and the sheet of keys, from a phone to a wall."""
    notebook, studio = _open(lab, tmp_path)
    notebook.set_theme(theme)
    _make(studio)
    _tiles(studio).nth(2).click()
    notebook.page.keyboard.press("m")
    painter = _painter(notebook, studio)
    painter.drag([(200, 200), (600, 300)])
    # long names and facts are cut off, stages show a part of their pictures, and strips scroll
    cut = (
        ".lumen-picture-name, .lumen-picture-facts, .lumen-ground, .lumen-heard, .lumen-results, "
        ".lumen-large-stage, .lumen-painter-frame, .lumen-painter-frame *, .lumen-tile-caption"
    )
    # what axe looks at differs between one column and two, and colours by the theme
    by_axe = (360, 1400)
    for width in by_axe if theme == "dark" else (360, 800, 1400, 2000):
        notebook.page.set_viewport_size({"width": width + 100, "height": 1000})
        studio.evaluate("(el, width) => { el.parentElement.style.width = `${width}px`; }", width)
        expect(studio).to_have_attribute("data-layout", "narrow" if width < 860 else "wide")
        for name in ("Form", "Pictures", "Paint", "Gallery", "Tasks"):
            if name == "Form" and width > 860:
                continue
            _tab(studio, name).click()
            expect(_tab(studio, name)).to_have_attribute("aria-selected", "true")
            if name == "Gallery":
                expect(studio.locator(".lumen-tile").first).to_be_visible()
            assert too_wide(studio, cut) == [], (width, name)
            if width in by_axe:
                assert faults(studio, ".lumen-studio") == [], (width, name)
        studio.get_by_role("button", name=re.compile("^Keys")).first.click()
        sheet = studio.get_by_role("dialog")
        expect(sheet).to_be_visible()
        assert too_wide(sheet) == [], width
        if width in by_axe:
            assert faults(sheet, ".lumen-studio dialog") == [], width
        notebook.page.keyboard.press("Escape")
    assert notebook.errors == []


def test_in_one_column_the_way_leads_from_tab_to_tab(lab: Lab, tmp_path: Path) -> None:
    """What comes is marked and led to; closing the painter leads back to the form."""
    notebook, studio = _open(lab, tmp_path, **_NARROW)
    expect(studio).to_have_attribute("data-layout", "narrow")
    field(studio, "Prompt").fill("three boats on a lake")
    field(studio, "Prompt").press("Control+Enter")
    expect(_tab(studio, "Pictures")).to_have_accessible_name("Pictures (new)")
    expect(field(studio, "Prompt")).to_be_focused()
    button(studio, "Look at them").first.click()
    expect(_tiles(studio).first).to_be_focused()
    expect(_tab(studio, "Pictures")).to_have_accessible_name("Pictures")
    notebook.page.keyboard.press("m")
    painter = _painter(notebook, studio)
    expect(painter.stage).to_be_focused()
    studio.locator(".lumen-form-painter").get_by_role("button", name="Close painter").click()
    expect(_tab(studio, "Form")).to_have_attribute("aria-selected", "true")
    expect(_tab(studio, "Paint")).to_have_count(0)
    assert notebook.errors == []


def test_what_is_compared_has_a_tab_until_it_is_closed(lab: Lab, tmp_path: Path) -> None:
    """It is opened by a key, fits the room beside the form, and leads back to its picture."""
    notebook, studio = _open(lab, tmp_path)
    _make(studio)
    _tiles(studio).nth(1).click()
    notebook.page.keyboard.press("v")
    expect(_tab(studio, "Compare")).to_have_attribute("aria-selected", "true")
    stage = studio.locator(".lumen-compare .lumen-stage")
    expect(stage).to_be_focused()
    panel = studio.get_by_role("tabpanel", name="Compare")
    until(
        lambda: panel.evaluate("(el) => el.scrollHeight <= el.clientHeight"),
        "all of the comparison is in view",
    )
    _tab(studio, "Gallery").click()
    expect(studio.locator(".lumen-tile")).to_have_count(4)
    _tab(studio, "Compare").click()
    button(studio, "Close the comparison").click()
    expect(_tab(studio, "Compare")).to_have_count(0)
    expect(_tiles(studio).nth(1)).to_be_focused()
    assert notebook.ask(2, "studio.form.compare") == "None"
    assert notebook.errors == []


def test_what_becomes_of_a_reference_can_be_read(lab: Lab, tmp_path: Path) -> None:
    """It stands last in its line, which was cut before it: "· is re…"."""
    paint = "studio.form.paint(lumen.generate('a boat')[0])"
    notebook, studio = _open(lab, tmp_path, paint, width=940, height=800)
    notebook.run_cell(2)
    facts = studio.locator(".lumen-picture-facts").first
    expect(facts).to_have_text("1024 \u00d7 1024 \u00b7 is repainted")
    assert too_wide(studio.locator(".lumen-pictures").first) == []

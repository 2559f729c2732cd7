"""Gestures in plain Chromium: one of them does one thing, however many clicks or keys it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.browser.plain import WIDGETS, panel, plain_page, row, tried_again

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Locator

    from tests.browser.plain import PlainPage

pytestmark = pytest.mark.browser

# each click of a series is meant
_STEPWISE = ("Undo", "Redo", "Zoom in", "Zoom out")
_FAILED = (row("0"), row("1"))


@pytest.fixture
def plain(browser: Browser) -> Iterator[PlainPage]:
    """Open a page without JupyterLab."""
    with plain_page(browser) as page:
        yield page


def _button(plain: PlainPage, name: str) -> Locator:
    return plain.el.get_by_role("button", name=name, exact=True)


def _middle(control: Locator) -> tuple[float, float]:
    box = control.bounding_box()
    assert box is not None
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def test_a_double_click_on_try_again_pays_once_and_watches_on(plain: PlainPage) -> None:
    """The new row comes under the pointer, and its button hears nothing of the second click."""
    plain.mount("task_panel")
    again = _button(plain, "Try again")
    again.dblclick()

    expect(plain.el.locator(".lumen-task-state")).to_have_count(2)
    assert plain.sent() == ["act again"]


def test_another_control_can_be_clicked_at_once(plain: PlainPage) -> None:
    """Of the same row, or of another one, however soon after a double click."""
    plain.mount("task_panel", tried_again(*_FAILED), **panel(*_FAILED))
    _button(plain, "Try again").first.dblclick()
    _button(plain, "Try again").last.click()
    _button(plain, "Stop watching").click()

    assert plain.sent() == ["act again", "act again", "act stop"]


def test_a_second_click_after_a_gesture_is_heard(plain: PlainPage) -> None:
    """The same button works again, as soon as the system counts from one."""
    plain.mount("mask_painter")
    invert = _button(plain, "Invert")
    for _ in range(2):
        invert.click()
    invert.dblclick()

    assert plain.sent() == ["step invert"] * 3


def test_each_click_of_a_quick_series_on_undo_and_zoom_takes_a_step(plain: PlainPage) -> None:
    """Three quick clicks undo three things, as everywhere."""
    plain.mount("mask_painter")
    for _ in range(3):
        _button(plain, "Invert").click()
    _button(plain, "Undo").click(click_count=3)

    assert plain.sent() == ["step invert"] * 3 + ["step undo"] * 3


@pytest.mark.parametrize("bundle", WIDGETS)
def test_a_double_click_on_a_button_asks_for_no_more_than_a_click(
    plain: PlainPage, bundle: str
) -> None:
    """Whatever it does to the controls around it; of every button, in every widget."""
    # else a dialog of the system's would open
    plain.page.on("filechooser", lambda _: None)
    # all that is folded away can be clicked too
    unfold = "(all) => all.forEach((one) => { one.parentElement.open = true; })"
    selector = "button:visible, label:visible"

    def done_by(index: int, count: int) -> list[str] | None:
        plain.mount(bundle)
        plain.el.locator("summary").evaluate_all(unfold)
        control = plain.el.locator(selector).nth(index)
        if (control.get_attribute("aria-label") or "").startswith(_STEPWISE):
            return None
        # of a label, the edge: in its middle may be a field
        control.click(click_count=count, position={"x": 3, "y": 8}, force=True)
        # a choice is written to its trait a moment later, once or not again
        return plain.sent("traits")

    plain.mount(bundle)
    plain.el.locator("summary").evaluate_all(unfold)
    for index in range(plain.el.locator(selector).count()):
        assert done_by(index, 2) == done_by(index, 1), f"control {index}"


def test_a_double_click_removes_one_picture(plain: PlainPage) -> None:
    """The next picture moves up under the pointer, and stays."""
    plain.mount("prompt_form")
    _button(plain, "Remove 1.png").dblclick()

    expect(_button(plain, "Remove 2.png")).to_be_focused()
    assert plain.sent("traits") == ["remove 1"]


def test_a_double_click_on_a_summary_unfolds(plain: PlainPage) -> None:
    """And does not fold again at once."""
    plain.mount("prompt_form")
    more = plain.el.locator("details", has=plain.el.page.get_by_text("More", exact=True))
    more.locator("summary").dblclick()

    assert more.get_attribute("open") == ""


def test_the_second_click_paints_nothing_where_the_stage_came_under_it(plain: PlainPage) -> None:
    """A control that makes the toolbar shorter moves the stage under the pointer."""
    plain.mount("mask_painter")
    place = _middle(plain.el.locator("label").filter(has_text="Eraser"))
    plain.el.locator(".lumen-painter-tools").evaluate(
        "(el) => el.addEventListener('change', () => { el.style.display = 'none'; })"
    )
    plain.double_click(*place)

    stage = plain.el.locator(".lumen-painter-stage").bounding_box()
    assert stage is not None
    assert stage["y"] < place[1]
    assert plain.sent() == ["traits"]


@pytest.mark.parametrize("key", ["Enter", "Space"])
def test_a_key_that_is_held_on_a_button_pays_once(plain: PlainPage, key: str) -> None:
    """Its repeats press nothing, not even a button to which the focus goes."""
    plain.mount("task_panel", tried_again(*_FAILED), **panel(*_FAILED))
    again = _button(plain, "Try again")
    again.first.focus()
    plain.page.keyboard.down(key)
    again.last.focus()
    for _ in range(3):
        plain.page.keyboard.down(key)
    again.first.focus()
    plain.page.keyboard.up(key)

    assert plain.sent() == (["act again"] if key == "Enter" else [])


def test_ctrl_enter_on_a_button_of_a_panel_is_the_pages(plain: PlainPage) -> None:
    """It runs the cell, and does not pay as well."""
    plain.mount("task_panel")
    _button(plain, "Try again").focus()
    for key in ("Control+Enter", "Alt+Enter", "Meta+Enter"):
        plain.page.keyboard.press(key)

    assert plain.sent() == []
    assert "keydown Control+Enter" in plain.heard()


def test_ctrl_enter_is_one_submit_however_long_it_is_held_and_wherever(plain: PlainPage) -> None:
    """In the field for an address it does not add the address as well."""
    plain.mount("prompt_form")
    _button(plain, "Address of a picture").first.click()
    address = plain.el.locator("input[type=url]:visible").first
    address.fill("https://example.org/cat.png")
    keyboard = plain.page.keyboard
    keyboard.down("Control")
    for _ in range(3):
        keyboard.down("Enter")
    keyboard.up("Enter")
    keyboard.up("Control")
    assert plain.sent("traits") == ["submit"]
    keyboard.down("Enter")
    keyboard.down("Enter")
    keyboard.up("Enter")

    assert plain.sent("traits") == ["submit", "address"]


def test_letters_that_are_held_do_not_undo_what_they_did(plain: PlainPage) -> None:
    """I inverts once, X swaps once; a size goes on growing."""
    plain.mount("mask_painter")
    plain.el.locator(".lumen-painter-stage").focus()
    keyboard = plain.page.keyboard
    for key in ("i", "Delete", "x", "]"):
        for _ in range(4):
            keyboard.down(key)
        keyboard.up(key)

    assert plain.sent() == ["step invert", "step clear", "traits", *["traits"] * 4]

"""Keys in plain Chromium: what a widget uses is heard by nobody after it, all else by everybody."""

from __future__ import annotations

import string
from typing import TYPE_CHECKING

import pytest

from tests.browser.plain import CASES, WIDGETS, plain_page

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser

    from tests.browser.plain import PlainPage

pytestmark = pytest.mark.browser

_MOVES = ["ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown", "Home", "End", "PageUp", "PageDown"]
_PLAIN = [
    *string.ascii_lowercase,
    *string.digits,
    *"[]+-=_./?",
    "Ü",
    *(f"Shift+{letter}" for letter in string.ascii_uppercase),
    *_MOVES,
    *(f"Shift+{move}" for move in _MOVES),
    *("Enter", "Shift+Enter", "Space", "Escape", "Delete", "Backspace", "Process", "Dead"),
]
_EDITING = [
    *(f"Control+{key}" for key in "acvxyz"),
    *(f"Meta+{key}" for key in "acvxz"),
    *("Control+Shift+Z", "Control+ArrowLeft", "Control+Shift+ArrowRight", "Control+Backspace"),
]
_PAGES = [
    *("Control+s", "Control+b", "Control+f", "Meta+s", "Control+Shift+P", "Control+Shift+C"),
    *("Tab", "Shift+Tab", "F2", "F5", "Shift+F9", "Alt+ArrowUp", "Control+Space"),
]


@pytest.fixture
def plain(browser: Browser) -> Iterator[PlainPage]:
    """Open a page without JupyterLab."""
    with plain_page(browser) as page:
        yield page


@pytest.mark.parametrize("bundle", WIDGETS)
def test_no_key_that_a_widget_uses_reaches_the_window(plain: PlainPage, bundle: str) -> None:
    """Wherever in the widget the focus is; pressed, held and let go of."""
    plain.mount(bundle)
    places = plain.press_everywhere([*_PLAIN, *CASES[bundle].own])

    assert places > 3
    assert plain.heard() == []


@pytest.mark.parametrize("bundle", WIDGETS)
def test_every_key_that_no_widget_uses_reaches_the_window(plain: PlainPage, bundle: str) -> None:
    """The page's own keys go on working, Tab among them, and Ctrl+Enter where nothing is sent."""
    pages = [*_PAGES, *({"Control+Enter", "Meta+Enter"} - {*CASES[bundle].own})]
    plain.mount(bundle)
    places = plain.press_everywhere(pages)
    heard = plain.heard()

    named = {f"keydown {key}".replace("Space", " ") for key in pages}
    assert {one for one in heard if one.startswith("keydown")} == named
    assert len(heard) == 3 * places * len(pages)


@pytest.mark.parametrize(
    ("bundle", "field"),
    [
        ("prompt_form", ".lumen-prompt"),
        ("prompt_form", ".lumen-size-free input"),
        ("task_panel", ".lumen-tasks-search"),
        ("mask_painter", ".lumen-painter-numbers input"),
    ],
)
def test_keys_that_edit_a_text_stay_in_it_and_do_so(
    plain: PlainPage, bundle: str, field: str
) -> None:
    """Undo, clipboard and moves by words are the text's; the page would do so to its cells."""
    plain.mount(bundle)
    plain.el.locator("summary").first.evaluate_all("(all) => all.forEach((one) => one.click())")
    box = plain.el.locator(field).first
    box.fill("7")
    box.press("Control+a")
    box.press("3")
    assert box.input_value() == "3"
    for key in _EDITING:
        box.press(key)

    assert [one for one in plain.heard() if not one.endswith(("Control", "Meta", "Shift"))] == []


def test_real_keys_do_what_they_do_and_the_window_hears_of_none(plain: PlainPage) -> None:
    """Ctrl+Enter sends a form, letters choose a painter's tool, arrows move in a panel."""
    keyboard = plain.page.keyboard
    plain.mount("prompt_form")
    plain.el.locator(".lumen-prompt").focus()
    keyboard.type("x, b")
    keyboard.press("Control+Enter")
    assert plain.sent("traits") == ["submit"]
    plain.mount("mask_painter")
    plain.el.locator(".lumen-painter-stage").focus()
    for key in ("e", "x", "d", "d", "i", "Control+z"):
        keyboard.press(key)
    assert plain.sent("traits") == ["step invert", "step undo"]
    plain.mount("task_panel")
    plain.el.locator(".lumen-task").focus()
    keyboard.press("ArrowDown")
    keyboard.press("Escape")

    assert {one for one in plain.heard() if not one.endswith("Control")} == set()


def test_after_the_last_undo_by_mouse_keys_still_are_the_painters(plain: PlainPage) -> None:
    """A button that can do no more keeps the focus: else B would insert a cell in VS Code."""
    plain.mount("mask_painter")
    undo = plain.el.get_by_role("button", name="Undo")
    plain.el.get_by_role("button", name="Invert").click()
    undo.click()
    undo.click(force=True)
    plain.page.keyboard.press("b")
    plain.page.keyboard.press("x")

    assert plain.sent("traits") == ["step invert", "step undo"]
    assert plain.el.get_by_role("radio", name="Eraser").is_checked()
    assert plain.heard() == []

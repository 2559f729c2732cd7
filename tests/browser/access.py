"""What every widget has to be: without a fault that axe finds, and no wider than 320 pixels."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

if TYPE_CHECKING:
    from playwright.sync_api import Locator

_RULES: dict[str, Any] = {"rules": {"target-size": {"enabled": True}}}
_TOO_WIDE = """(el, but) => [el, ...el.querySelectorAll("*")]
  .filter((one) => !one.matches(`.lumen-heard, ${but}`))
  .filter((one) => one.scrollWidth > one.clientWidth + 1 && one.clientWidth > 0
    && getComputedStyle(one).display !== "inline")
  .map((one) => one.outerHTML.slice(0, 100))"""


def faults(widget: Locator, selector: str) -> list[Any]:
    """Return what axe finds in a widget, which the selector names in its page."""
    found: list[Any] = (
        Axe().run(widget.page, context=selector, options=_RULES).response["violations"]
    )
    return found


def make_narrow(widget: Locator) -> None:
    """Give a widget 320 pixels, as a phone or a page at 400 % does."""
    widget.evaluate("(el) => { el.parentElement.style.inlineSize = '320px'; }")
    expect(widget).to_have_css("width", "320px")


def too_wide(widget: Locator, but: str = ".lumen-heard") -> list[str]:
    """Return the parts of a widget that do not fit into their own width; some may not be meant."""
    found: list[str] = widget.evaluate(_TOO_WIDE, but)
    return found

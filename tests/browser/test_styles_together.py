"""A widget beside others, each of which brings along the rules that all of them share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from lumen_widgets.widgets.bundles import STATIC
from tests.browser.plain import WIDGETS, plain_page

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = pytest.mark.browser

# every property of every element, by what the element is; sizes change as pictures come, and what
# moves is on a layer of its own for a moment
_LOOKS = """(root) => [...root.querySelectorAll("*")].map((el) => {
  const style = getComputedStyle(el);
  const passing = /size$|width$|height$|-origin$|^will-change$/;
  const looks = [...style].filter((name) => !passing.test(name));
  return [el.outerHTML.slice(0, 90), looks.map((name) => `${name}: ${style[name]}`)];
})"""
_ADD = """(css) => {
  const style = document.createElement("style");
  style.textContent = css;
  document.head.append(style);
}"""


@pytest.mark.parametrize("widget", WIDGETS)
def test_a_widget_looks_the_same_whichever_others_come_after_it(
    browser: Browser, widget: str
) -> None:
    """A rule of its own counts more than a shared one, which the others bring along behind it."""
    with plain_page(browser) as plain:
        plain.mount(widget)
        before: list[Any] = plain.el.evaluate(_LOOKS)
        for other in WIDGETS:
            css = (STATIC / f"{other}.css").read_text(encoding="utf-8")
            plain.page.evaluate(_ADD, css)
        after: list[Any] = plain.el.evaluate(_LOOKS)

        assert len(before) > 20
        for (element, looks), (_, changed) in zip(before, after, strict=True):
            assert set(looks) - set(changed) == set(), element

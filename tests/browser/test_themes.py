"""The theme of widgets in VS Code, whose ipywidgets define JupyterLab's colours as light always."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import pytest

from tests.browser.plain import WIDGETS, plain_page

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = pytest.mark.browser

_THEME = """([kind, ground]) => {
  document.body.dataset.vscodeThemeKind = kind;
  document.documentElement.style.setProperty("--jp-layout-color1", "white");
  document.documentElement.style.setProperty("--jp-ui-font-color1", "black");
  document.documentElement.style.setProperty("--vscode-editor-background", ground);
}"""
_SEEN = """(root) => {
  const { backgroundColor, colorScheme } = getComputedStyle(root);
  return [backgroundColor, colorScheme];
}"""


@pytest.mark.parametrize("system", ["light", "dark"])
def test_a_widget_in_vs_code_has_the_theme_of_its_window(
    browser: Browser, system: Literal["light", "dark"]
) -> None:
    """Ground and accents are of one theme, whatever the system prefers."""
    with plain_page(browser) as plain:
        plain.page.emulate_media(color_scheme=system)
        for widget in WIDGETS:
            plain.mount(widget)
            root = plain.el.locator(".lumen").first
            for kind, ground, scheme in (
                ("vscode-dark", "rgb(30, 30, 30)", "dark"),
                ("vscode-high-contrast", "rgb(0, 0, 0)", "dark"),
                ("vscode-light", "rgb(255, 255, 255)", "light"),
                ("vscode-high-contrast-light", "rgb(255, 255, 255)", "light"),
            ):
                plain.page.evaluate(_THEME, [kind, ground])
                assert root.evaluate(_SEEN) == [ground, scheme], (widget, kind)

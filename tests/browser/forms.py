"""What tests of the prompt form share: one in JupyterLab, its fields by label, and files for it."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import numpy as np
import PIL.Image
from playwright.sync_api import expect

if TYPE_CHECKING:
    from playwright.sync_api import Locator

    from tests.jupyter import Lab, NotebookPage

_BEGIN = (
    'import lumen_widgets as lumen\nlumen.use("sandbox")\n'
    "_ = lumen.sandbox.settings(latency=(0.6, 1.0))"
)
# how a form says the size of PICTURE
SIZE = "96 \u00d7 64"
_FORM = "form = lumen.PromptForm(prompt={prompt!r})\nform"
# hands files to an element as a mouse or the clipboard would
GIVE = """(element, [kind, name, base64]) => {
  const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
  const data = new DataTransfer();
  data.items.add(new File([bytes], name, { type: "image/png" }));
  const options = { bubbles: true, cancelable: true };
  element.dispatchEvent(kind === "paste"
    ? new ClipboardEvent("paste", { ...options, clipboardData: data })
    : new DragEvent(kind, { ...options, dataTransfer: data }));
}"""


def _png(pixels: Any) -> bytes:
    file = io.BytesIO()
    PIL.Image.fromarray(pixels).save(file, "PNG")
    return file.getvalue()


PICTURE = _png(np.full((64, 96, 3), (30, 120, 200), np.uint8))
_WHITE = np.zeros((64, 96), np.uint8)
_WHITE[16:48, 24:72] = 255
MASK = _png(_WHITE)


def open_form(lab: Lab, prompt: str = "", **page: Any) -> tuple[NotebookPage, Locator]:
    """Show a form in the second of four cells."""
    notebook = lab.open([_BEGIN, _FORM.format(prompt=prompt), "", ""], **page)
    if page:
        notebook.page.evaluate("() => window.jupyterapp.shell.collapseLeft()")
    notebook.run_cell(0)
    notebook.run_cell(1)
    form = notebook.cell_output(1).locator("form.lumen-form")
    expect(form).to_be_visible()
    return notebook, form


def field(form: Locator, label: str) -> Locator:
    """Return the control with a label."""
    return form.get_by_label(label, exact=True)


def button(form: Locator, label: str) -> Locator:
    """Return the button with a name."""
    return form.get_by_role("button", name=label, exact=True)


def expect_answered(form: Locator) -> None:
    """Wait until the kernel has answered a submit: before that, Ctrl+Enter does not send again."""
    submit = form.locator("button[type=submit]")
    expect(submit).not_to_have_attribute("aria-disabled", "true")


def shown_pictures(notebook: NotebookPage) -> Locator:
    """Return the pictures under the form."""
    return notebook.cell_output(1).locator(".jp-RenderedImage img")

"""Makes pictures of what a user sees in JupyterLab, for people to look at and for README.

``python -m tests.tools.screenshots FOLDER [NAME …]`` writes those whose name begins so, or all;
``--readme`` also renews README's own.
"""

from __future__ import annotations

import argparse
import json
import re
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from playwright.sync_api import expect, sync_playwright

from tests import chromium
from tests.browser.painters import Painter, shown_painter
from tests.jupyter import Lab
from tests.lab_server import LabServer

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Locator

    from tests.jupyter import NotebookPage

_ROOT = Path(__file__).parents[2]
_NOTEBOOK = _ROOT / "notebooks" / "01_pictures_from_a_prompt.ipynb"
_README = _ROOT / ".github" / "images"
_THEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
_WIDTHS = (360, 800, 1400)
# of what is laid out in columns
_WIDER = (*_WIDTHS, 2000)
# README's own pictures, each at the width at which it reads best
_IN_README = {
    "first": 800,
    "sent-en": 1400,
    "panel-en": 800,
    "paint-en": 1400,
    "repaint": 800,
    "loop-en": 800,
    "gallery-en": 800,
    "studio-en": 1400,
}
_START = 'import lumen_widgets as lumen\nlumen.use("sandbox")'
# other scenes share the sandbox, and change its pace
_PACE = "\n_ = lumen.sandbox.settings(latency=(0.6, 1.0))"
_CAT = '\ncat = lumen.generate("a cute cat on a windowsill", wait=False).wait()[0]'
_PROMPTS = {
    "en": ("a red fox in the snow", "a lighthouse by the sea at sunset, oil painting"),
    "zh": ("雪地里的一只红狐狸", "日落时海边的灯塔 油画"),
}


@dataclass(frozen=True)
class Scene:
    """One thing to look at: its cells, and how to bring it into the state that is shown."""

    name: str
    notebook: tuple[str, ...]
    prepare: Callable[[NotebookPage], Locator]
    widths: tuple[int, ...] = _WIDTHS


def _cells(*names: str) -> tuple[str, ...]:
    """Return cells of the first notebook, each paid anew: of what is reused less is shown."""
    cells = json.loads(_NOTEBOOK.read_text(encoding="utf-8"))["cells"]
    by_name = {cell["id"]: "".join(cell["source"]) for cell in cells}
    return tuple(by_name[name].replace(", reuse=True", "") for name in names)


def _first_cells(notebook: NotebookPage) -> Locator:
    notebook.run_cell(0)
    notebook.run_cell(1)
    expect(notebook.cell_output(1).locator("img")).to_have_count(1)
    return notebook.cell(1)


def _sheet(notebook: NotebookPage) -> Locator:
    notebook.run_cell(0)
    notebook.run_cell(1)
    image = notebook.cell_output(1).locator(".jp-RenderedImage img")
    expect(image).to_have_count(1)
    image.scroll_into_view_if_needed()
    return notebook.cell_output(1)


def _form(notebook: NotebookPage) -> Locator:
    notebook.run_cell(0)
    notebook.run_cell(1)
    output = notebook.cell_output(1)
    output.locator("form").first.wait_for()
    return output


def _repainting_form(notebook: NotebookPage) -> Locator:
    output = _form(notebook)
    # the kernel has looked at the picture, and at the mask where there is one
    pictures = output.locator(".lumen-picture")
    expect(pictures.first).to_be_visible()
    expect(pictures.locator("img")).to_have_count(pictures.count())
    shown = output.locator("details.lumen-extend[open], .lumen-repaint-options:visible").first
    shown.evaluate("(el) => el.scrollIntoView({ block: 'center' })")
    return output


def _sent_form(notebook: NotebookPage) -> Locator:
    output = _form(notebook)
    output.locator("form button[type=submit]").first.click()
    expect(output.locator(".jp-RenderedImage img")).to_have_count(1)
    return output.locator(".lumen-prompt-form").first


def _loop(notebook: NotebookPage) -> Locator:
    """Send for four pictures, choose the third, and paint on it."""
    output = _form(notebook)
    form = output.locator("form.lumen-form")
    form.locator("button[type=submit]").click()
    tiles = output.locator(".lumen-results [role=option]")
    expect(tiles).to_have_count(4)
    expect(tiles.locator("img[src^=blob]")).to_have_count(4)
    tiles.nth(2).click()
    notebook.page.keyboard.press("p")
    painter = Painter(notebook, output.locator(".lumen-painter"))
    expect(painter.stage).to_be_visible()
    painter.drag([(420, 300), (600, 280), (640, 340), (430, 350), (450, 400), (620, 390)])
    expect(output.locator(".lumen-painted")).to_contain_text("%")
    output.locator(".lumen-strip").evaluate("(el) => el.scrollIntoView({ block: 'start' })")
    return output.locator(".lumen-form-painter")


def _studio(notebook: NotebookPage) -> Locator:
    """Send for four pictures, and choose the third."""
    output = _form(notebook)
    studio = output.locator(".lumen-studio")
    studio.locator("form.lumen-form button[type=submit]").click()
    tab = studio.locator("[data-tab=results]")
    if studio.get_attribute("data-layout") == "narrow":
        expect(tab).to_have_attribute("data-new", "")
        tab.click()
    tiles = studio.locator(".lumen-results [role=option]")
    expect(tiles).to_have_count(4)
    tiles.nth(2).click()
    expect(studio.locator(".lumen-large-stage img")).to_have_attribute("alt", re.compile(r"^\[2\]"))
    studio.evaluate("(el) => el.scrollIntoView({ block: 'start' })")
    return studio


def _studio_painter(notebook: NotebookPage) -> Locator:
    """Go on in the painter."""
    studio = _studio(notebook)
    notebook.page.keyboard.press("m")
    painter = Painter(notebook, studio.locator(".lumen-painter"))
    expect(painter.stage).to_be_focused()
    painter.drag([(420, 300), (600, 280), (640, 340), (430, 350), (450, 400), (620, 390)])
    studio.evaluate("(el) => el.scrollIntoView({ block: 'start' })")
    return studio


def _gallery(notebook: NotebookPage) -> Locator:
    for index in range(3):
        notebook.run_cell(index)
    output = notebook.cell_output(2)
    tiles = output.locator(".lumen-tile img:visible")
    expect(tiles.first).to_be_visible()
    expect(output.locator(".lumen-tile img[src^=blob]").nth(3)).to_be_visible()
    output.evaluate("(el) => el.scrollIntoView({ block: 'start' })")
    return output.locator(".lumen-gallery")


def _large(notebook: NotebookPage) -> Locator:
    gallery = _gallery(notebook)
    gallery.get_by_role("option").nth(1).click()
    expect(gallery.locator(".lumen-large-stage img")).to_be_visible()
    return gallery


def _panel(notebook: NotebookPage) -> Locator:
    notebook.run_cell(0)
    notebook.run_cell(1)
    output = notebook.cell_output(1)
    expect(output.locator(".lumen-task")).to_have_count(5)
    # thumbnails are asked for once their rows are in view
    expect(output.locator(".lumen-task img:visible").first).to_be_visible()
    return output


def _painter(notebook: NotebookPage) -> Locator:
    notebook.run_cell(0)
    notebook.run_cell(1)
    painter = shown_painter(notebook, 1)
    # over the cat, to and fro, as a hand would
    path = [(400, 480), (640, 470), (660, 520), (390, 530), (400, 580), (650, 570), (620, 630)]
    painter.drag(path)
    notebook.page.mouse.move(*painter.place(560, 690))
    return painter.el


def _extend(notebook: NotebookPage) -> Locator:
    notebook.run_cell(0)
    notebook.run_cell(1)
    painter = shown_painter(notebook, 1)
    painter.button("Extend" if painter.el.get_attribute("lang") == "en" else "扩展").click()
    handle = painter.el.get_by_role("slider").and_(painter.el.locator("[data-side=left]"))
    box = handle.bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    notebook.page.mouse.move(x, y)
    notebook.page.mouse.down()
    notebook.page.mouse.move(x - 90, y, steps=5)
    notebook.page.mouse.up()
    notebook.page.keyboard.press("Tab")
    notebook.page.keyboard.press("ArrowUp")
    return painter.el


def _repaint(notebook: NotebookPage) -> Locator:
    for index in range(4):
        notebook.run_cell(index)
    result = notebook.cell(3)
    expect(result.locator("img")).to_have_count(2)
    result.scroll_into_view_if_needed()
    return result


def _errors(notebook: NotebookPage) -> Locator:
    for index in range(3):
        notebook.run_cell(index)
    return notebook.cell_output(1)


def _history(notebook: NotebookPage) -> Locator:
    for index in range(4):
        notebook.run_cell(index)
    return notebook.cell_output(2)


def _scenes() -> list[Scene]:
    errors = (
        _START,
        'lumen.generate("a fox", model="sandbox-always-fails")',
        'lumen.generate("a fox", n=9)',
    )
    history = (
        _START + _PACE,
        (
            'from contextlib import suppress\nlumen.prices["gpt-image-2-low"] = 2.0\n'
            'for prompt in ("a red fox in the snow", "雪地里的一只红狐狸"):\n'
            "    lumen.generate(prompt, n=2)\n"
            "with suppress(lumen.TaskFailed):\n"
            '    lumen.generate("a fox", model="sandbox-always-fails")'
        ),
        "lumen.history(limit=6)",
        'lumen.generate("a red fox in the snow", n=2, reuse=True)',
    )
    scenes = [
        Scene("first", _cells("cell-01", "cell-03"), _first_cells),
        Scene("sheet", (_START, f"cats = lumen.generate({_PROMPTS['en'][0]!r}, n=4)"), _sheet),
        Scene("history", history, _history),
        Scene("errors", errors, _errors),
        Scene("repaint", _cells("cell-01", "cell-03", "cell-20", "cell-22"), _repaint),
    ]
    for language, (first, second) in _PROMPTS.items():
        form = f"lumen.PromptForm(prompt={first!r}, language={language!r})"
        # the form is to be seen, not the picture in another cell
        quiet = (
            "import lumen_widgets as lumen\n"
            'cat = lumen.use("sandbox").client.generate("a cute cat on a windowsill").wait()[0]'
        )
        fill = f"lumen.PromptForm(prompt={first!r}, model='fal-flux-pro-fill', images=[cat], "
        extended = f"form = {fill}left=256, bottom=128)\nform.language = {language!r}\nform"
        masked = (
            "import numpy as np\nmask = np.zeros((cat.height, cat.width), bool)\n"
            "mask[400:700, 300:700] = True\n"
            f"form = {fill}mask=mask, crop=0.5)\nform.language = {language!r}\nform"
        )
        painter = f"painter = lumen.MaskPainter(cat)\npainter.language = {language!r}\npainter"
        panel = (
            "client = lumen.use('sandbox').client\n"
            "_ = lumen.sandbox.settings(latency=(0.2, 0.3))\n"
            f"tasks = [client.generate({first!r}, n=2), client.generate({second!r}),\n"
            f"         client.generate({first!r}, model='sandbox-always-fails')]\n"
            "for _ in client.as_completed(tasks):\n    pass\n"
            "_ = lumen.sandbox.settings(latency=(30, 30))\n"
            f"tasks += [client.edit({second!r}, tasks[0].pictures[0])]\n"
            f"tasks += [client.generate({first!r})]\n"
            "panel = lumen.TaskPanel(tasks)\n"
            f"panel.language = {language!r}\n"
            "panel"
        )
        loop = f"lumen.PromptForm(prompt={first!r}, n=4, language={language!r})"
        made = (
            "client = lumen.use('sandbox').client\n"
            "tasks = [client.generate(one, n=4, reuse=True) for one in\n"
            f"         ({first!r}, {second!r}, 'a robot with an umbrella, pixel art')]\n"
            "pictures = sum((task.wait() for task in tasks), lumen.Pictures())"
        )
        gallery = f"lumen.Gallery(pictures, language={language!r})"
        studio = (
            # not what other scenes made
            "import os, tempfile\n"
            'os.environ["LUMEN_HOME"] = tempfile.mkdtemp()\n'
            '_ = lumen.use("sandbox")\n'
            f"studio = lumen.Studio(language={language!r})\n"
            f"studio.form.prompt, studio.form.n = {first!r}, 4\nstudio"
        )
        scenes += [
            Scene(f"loop-{language}", (_START + _PACE, loop), _loop),
            Scene(f"studio-{language}", (_START + _PACE, studio), _studio, _WIDER),
            Scene(f"studio-paint-{language}", (_START + _PACE, studio), _studio_painter, _WIDER),
            Scene(f"gallery-{language}", (_START, made, gallery), _gallery),
            Scene(f"large-{language}", (_START, made, gallery), _large),
            Scene(f"form-{language}", (_START + _PACE, form), _form),
            Scene(f"sent-{language}", (_START + _PACE, form), _sent_form),
            Scene(f"extend-form-{language}", (quiet, extended), _repainting_form),
            Scene(f"crop-{language}", (quiet, masked), _repainting_form),
            Scene(f"panel-{language}", (_START, panel), _panel),
            Scene(f"paint-{language}", (_START + _CAT, painter), _painter),
            Scene(f"extend-{language}", (_START + _CAT, painter), _extend),
        ]
    return scenes


def make(folder: Path, names: list[str], *, readme: bool) -> None:
    """Write the pictures into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    home = Path(tempfile.mkdtemp(prefix="lumen-screenshots-"))
    with LabServer(home) as server, sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium.get(), args=list(chromium.FLAGS)
        )
        for scene in _scenes():
            if names and not scene.name.startswith(tuple(names)):
                continue
            for theme in _THEMES:
                for width in scene.widths:
                    lab = Lab(server, browser)
                    notebook = lab.open(scene.notebook, theme=theme, width=width, height=1500)
                    notebook.page.evaluate("() => window.jupyterapp.shell.collapseLeft()")
                    subject = scene.prepare(notebook)
                    notebook.screenshot(folder / f"{scene.name}-{theme}-{width}.png")
                    if readme and theme == "light" and _IN_README.get(scene.name) == width:
                        _README.mkdir(parents=True, exist_ok=True)
                        subject.screenshot(path=_README / f"{scene.name}.png")
                    lab.close()
        browser.close()


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="where the pictures go")
    parser.add_argument("names", nargs="*", help="only scenes whose name begins so")
    parser.add_argument("--readme", action="store_true", help="also renew README's own")
    options = parser.parse_args()
    make(options.folder, options.names, readme=options.readme)


if __name__ == "__main__":
    main()

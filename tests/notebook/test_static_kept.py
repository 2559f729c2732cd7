"""What a notebook of widgets shows once it is saved: here executed, and given to nbconvert."""

from __future__ import annotations

import json
import re
from collections import Counter
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from lumen_widgets.widgets.static_form import MOST_BYTES
from tests.notebook.executed import execute

pytestmark = pytest.mark.slow

_STATE = "application/vnd.jupyter.widget-state+json"
_PAINT = "painter.ellipse(40, 40, 120, 90)"
# a cell for each widget, and what each is known by
_SHOWN = {
    "form": "form = lumen.PromptForm(prompt='ثعلب in snow', size='1:1'); form",
    "painter": "painter = lumen.MaskPainter(picture); painter",
    "panel": "panel = lumen.TaskPanel(); panel",
    "studio": "studio = lumen.Studio(); studio.form.images = [picture]; studio",
    "gallery": "lumen.Gallery([picture, *more])",
    "compare": "lumen.Compare(picture, more[0], names=['mine', 'yours'])",
    "box": "import ipywidgets\nipywidgets.VBox([lumen.TaskPanel()])",
}
_WITHOUT = {
    "painter without": "lumen.MaskPainter(picture, static=False)",
    "form without": "lumen.PromptForm(prompt='a secret', static=False)",
}
_CELLS = [
    "import lumen_widgets as lumen\nlumen.use('sandbox')",
    "picture = lumen.generate('a red fox', size='256x256')[0]",
    "more = lumen.generate('two cats', n=2, size='256x256')",
    *_SHOWN.values(),
    *_WITHOUT.values(),
    _PAINT,
    "studio.form.paint().rectangle(10, 10, 50, 50)",
    "lumen.generate('a third', size='256x256')",
]


class _Images(HTMLParser):
    """Notes the pictures of HTML, each with its alt text, and what it says."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.images: list[tuple[str | None, str | None]] = []
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "img":
            found = dict(attrs)
            self.images.append((found.get("alt"), found.get("src")))

    def handle_data(self, data: str) -> None:
        self.text += data


class Saved:
    """The notebook, and what its widgets left."""

    def __init__(self, notebook: Any, places: list[str]) -> None:
        self.notebook = notebook
        self.places = places

    def outputs(self, name: str) -> list[dict[str, Any]]:
        """Return what the cell of a widget shows."""
        cell = 3 + [*_SHOWN, *_WITHOUT].index(name)
        return [dict(one.get("data", {})) for one in self.notebook.cells[cell].outputs]

    def static(self, name: str) -> str:
        """Return the HTML that a widget left, the one below it."""
        (found,) = [
            one["text/html"]
            for one in self.outputs(name)
            if "lumen-static" in one.get("text/html", "")
        ]
        return str(found)

    @property
    def state(self) -> dict[str, dict[str, Any]]:
        """The state of each widget."""
        widgets = self.notebook.metadata.widgets[_STATE]["state"]
        return {name: one["state"] for name, one in widgets.items()}


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Saved:
    """Return a notebook with every widget, executed as nbconvert does it."""
    folder = tmp_path_factory.mktemp("saved")
    notebook = execute(_CELLS, folder, store_widget_state=True)
    return Saved(notebook, [str(folder), str(Path.home())])


def test_each_widget_leaves_its_last_state_under_it(saved: Saved) -> None:
    """As of its last change, whichever cell made it: once, at most 150 kB, each picture named."""
    kept = {name: saved.static(name) for name in _SHOWN}

    assert "ثعلب in snow" in kept["form"]
    assert "% of the picture is painted" in kept["painter"]
    assert _PAINT in kept["painter"]
    assert "a third" in kept["panel"], "the task came in a later cell"
    assert "a third" in kept["box"], "by itself or in a box"
    assert "% of the picture is painted" in kept["studio"]
    assert 'alt="[0] Picture 1 of 1: a red fox; [1] Picture 1 of 2' in kept["gallery"]
    assert 'alt="[0] mine, [1] yours"' in kept["compare"]
    for name, shown in kept.items():
        assert len(shown.encode()) <= MOST_BYTES, name
        assert shown.count("<img ") == len(re.findall('<img alt="[^"]', shown))


def test_nothing_is_left_where_nothing_is_to_be_nor_by_a_panel_that_has_given_way(
    saved: Saved,
) -> None:
    """With `static=False` there is the widget alone; a cell that has waited has its summary."""
    assert [len(saved.outputs(name)) for name in _WITHOUT] == [1, 1]
    waited = [saved.notebook.cells[cell].outputs for cell in (1, 2)]
    assert "lumen-static" not in json.dumps(waited)


def test_a_saved_notebook_has_no_key_no_address_of_a_result_and_no_path(saved: Saved) -> None:
    """Neither in its outputs nor in the state of its widgets."""
    text = json.dumps(saved.notebook)

    for secret in ("sk-lumen", "127.0.0.1", "localhost", *saved.places):
        assert secret not in text


def test_a_saved_notebook_has_each_bundle_once(saved: Saved) -> None:
    """Of two panels one has it; one that is closed, as of a cell that has waited, has none."""
    bundles = Counter(
        state["_anywidget_id"]
        for state in saved.state.values()
        if len(state.get("_esm", "")) > 5_000
    )
    kinds = Counter(state["_anywidget_id"] for state in saved.state.values() if "_esm" in state)

    assert set(bundles.values()) == {1}
    assert set(bundles) == set(kinds)
    assert max(kinds.values()) > 3


@pytest.mark.parametrize("kind", ["lab", "classic", "slides", "markdown"])
def test_nbconvert_keeps_what_widgets_left_with_its_alt_text(saved: Saved, kind: str) -> None:
    """Also where it leaves out that of pictures, as its default template does."""
    import nbconvert
    from nbformat import NotebookNode

    made: Any = nbconvert
    if kind in {"lab", "classic"}:
        exporter = made.HTMLExporter(template_name=kind)
    else:
        exporter = made.SlidesExporter() if kind == "slides" else made.MarkdownExporter()
    # as JupyterLab saves it, without the state of widgets
    notebook = saved.notebook.copy()
    notebook.metadata = NotebookNode()
    page, _ = exporter.from_notebook_node(notebook)

    # markup may be written in another way
    shown = _Images(page)
    for name in _SHOWN:
        kept = _Images(saved.static(name))
        assert set(kept.images) <= set(shown.images)
        assert kept.text in shown.text
    if kind == "classic":
        assert "Picture 1 of 1: a red fox" in {alt for alt, _ in shown.images}

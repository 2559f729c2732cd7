from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from lumen_widgets.widgets.bundles import STATIC
from tests import checkout

# a test may import what it tests
_SOURCES = [
    path
    for path in checkout.files("js")
    if path.suffix in {".ts", ".css"} and len(path.parts) > 2 and path.parts[1] != "tests"
]
_SHARED = [path for path in _SOURCES if path.parts[1] == "shared"]
_WIDGETS = sorted(path.parent.name for path in _SOURCES if path.name == "index.ts")
# a value of words.ts, on its key's line or on the next one
_SENTENCE = re.compile(r"^\s+(?:\w+:\s+)?\"([^\"\n]+)\",$", re.MULTILINE)
_IMPORT = re.compile(r"(?:from|@import) \"(\.[^\"]+)\"")


def _sentences(widget: str) -> set[str]:
    """Return what a widget's own file of words says, in every language."""
    return _sentences_in(Path("js", widget, "words.ts"))


def _sentences_in(source: Path) -> set[str]:
    return set(_SENTENCE.findall((checkout.ROOT / source).read_text(encoding="utf-8")))


def _bundle(widget: str) -> str:
    return (STATIC / f"{widget}.js").read_text(encoding="utf-8")


@pytest.mark.parametrize("widget", _WIDGETS)
def test_a_bundle_carries_every_word_of_its_widget_and_none_of_another(widget: str) -> None:
    """The task panel has no brush: words that no view shows would only make a notebook larger."""
    bundle = _bundle(widget)
    own = _sentences(widget)
    others = set().union(*(_sentences(other) for other in _WIDGETS if other != widget))
    # one widget may say for itself what several say by shared/
    shared = set().union(*map(_sentences_in, _SHARED))

    assert len(own) > 50
    assert {sentence for sentence in own if f'"{sentence}"' not in bundle} == set()
    assert {sentence for sentence in others - own - shared if f'"{sentence}"' in bundle} == set()


def test_the_words_that_are_looked_for_are_the_widgets() -> None:
    """Brush is the painter's and the filter the panel's, so that the test above compares them."""
    assert {"Brush", "画笔"} <= _sentences("mask_painter")
    assert {"Filter tasks", "筛选任务"} <= _sentences("task_panel")


@pytest.mark.parametrize("source", _SOURCES, ids=str)
def test_a_widget_imports_its_own_folder_and_shared_and_shared_imports_no_widget(
    source: Path,
) -> None:
    """What several widgets use is in shared/: no bundle holds another widget's code."""
    text = (checkout.ROOT / source).read_text(encoding="utf-8")
    folders = {
        Path(os.path.normpath(source.parent / imported)).parts[1]
        for imported in _IMPORT.findall(text)
    }

    assert folders <= {source.parts[1], "shared"}


@pytest.mark.slow
def test_a_widget_is_read_as_utf_8_whatever_the_platform_reads() -> None:
    """Bundles hold Chinese as it is; a system whose own encoding is ASCII or GBK reads it right."""
    source = (
        "import lumen_widgets as lumen\n"
        "state = lumen.TaskPanel([]).get_state(['_esm', '_css'])\n"
        "print(ascii('\\u7b5b\\u9009\\u4efb\\u52a1' in state['_esm']))"
    )
    ascii_only = {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"}
    done = subprocess.run(
        [sys.executable, "-c", source],
        cwd=checkout.ROOT,
        env=os.environ | ascii_only,
        capture_output=True,
        text=True,
        check=False,
    )

    assert (done.stdout.strip(), done.stderr) == ("True", "")

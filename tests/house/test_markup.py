"""Nothing that a stranger wrote becomes markup: which ways there are to make some, and who may."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from tests import checkout

# What turns text into elements, scripts or styles, or a page into another one.
_SINKS = re.compile(
    r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|createContextualFragment|DOMParser"
    r"|setHTMLUnsafe|srcdoc|\beval\(|new Function|window\.open|location\s*=|javascript:"
)

# An attribute by which an address could be followed or loaded; each place has its reason.
_ADDRESSES = re.compile(r"\.(href|src|action|formAction)\s*=[^=]|setAttribute\(\s*\"(href|src)\"")
_ADDRESSED = {
    "js/compare/ranking_table.ts": 1,  # object URLs of tiles that the kernel sent
    "js/compare/stage.ts": 1,  # an object URL of a copy that the kernel sent
    "js/gallery/details.ts": 1,  # object URLs of tiles that the kernel sent
    "js/gallery/grid.ts": 1,  # the same
    "js/shared/large_view.ts": 1,  # an object URL of a copy that the kernel sent
    "js/mask_painter/png.ts": 1,  # an object URL of the mask, to download
    "js/prompt_form/result_strip.ts": 1,  # an object URL of a tile that the kernel encoded
    "js/task_panel/row_view.ts": 1,  # a data: URL of a thumbnail that the kernel encoded
}

_SCRIPTS = [
    path for path in checkout.files("js") if path.suffix == ".ts" and "test" not in path.name
]

# or one whose attributes are put in
_TAG = re.compile(r"<(a|b|code|div|img|p|script|span|style|svg|table|td|tr)(\b[^>]*>| ?$)")


def _read(path: Path) -> str:
    return (checkout.ROOT / path).read_text(encoding="utf-8")


@pytest.mark.parametrize("path", _SCRIPTS, ids=str)
def test_no_script_makes_markup_out_of_text(path: Path) -> None:
    """Views set text and attributes; nothing parses a string as HTML or runs it."""
    text = _read(path)
    assert _SINKS.findall(text) == []
    assert len(_ADDRESSES.findall(text)) == _ADDRESSED.get(str(path), 0)


def _strings(text: str) -> list[str]:
    """Return the string constants of a module that are no docstrings."""
    tree = ast.parse(text)
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    docstrings = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, documented) and node.body and isinstance(node.body[0], ast.Expr)
    }
    return [
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and id(node) not in docstrings
    ]


@pytest.mark.slow
def test_what_makes_markup_escapes_it() -> None:
    """A module that holds tags escapes what it puts between them."""
    found = [
        path
        for path in checkout.files("lumen_widgets")
        if path.suffix == ".py" and any(_TAG.search(one) for one in _strings(_read(path)))
    ]
    assert Path("lumen_widgets/notebook/cell.py") in found
    assert [path for path in found if "html.escape(" not in _read(path)] == []


def test_no_widget_takes_html() -> None:
    """Ipywidgets' HTML and HTMLMath would render a stranger's words."""
    kinds = re.compile(r"HTMLMath|widgets\.HTML|description_allow_html|display\.HTML|Markdown\(")
    for path in checkout.files("lumen_widgets"):
        if path.suffix == ".py":
            assert kinds.search(_read(path)) is None, path

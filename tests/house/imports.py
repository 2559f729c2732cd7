"""Who imports whom: every module of the package, and what it names."""

from __future__ import annotations

import ast
import re
from collections import Counter
from functools import cache
from typing import NamedTuple

from tests import checkout

_PACKAGES = {path.parts[1] for path in checkout.files("lumen_widgets") if len(path.parts) > 2}
_OURS = re.compile(r"lumen_widgets(\.\w+)+")


class Import(NamedTuple):
    """One import: who imports what, and whether for type checkers alone."""

    importer: str
    imported: str
    for_types: bool

    @property
    def source(self) -> str:
        """The package of ours that imports: ``client``; or a single module: ``lab``."""
        return _package(self.importer)

    @property
    def target(self) -> str:
        """The package of ours that is imported, or that of someone else: ``numpy``."""
        return _package(self.imported)

    def __str__(self) -> str:
        return f"{self.importer} imports {self.imported}"


@cache
def all_imports() -> tuple[Import, ...]:
    """Return every import in the package.

    A string that names one of our modules counts too, since names are loaded lazily from tables of
    strings.
    """
    found: list[Import] = []
    for path in checkout.files("lumen_widgets"):
        if path.suffix == ".py":
            tree = ast.parse((checkout.ROOT / path).read_text(encoding="utf-8"))
            module = ".".join(path.with_suffix("").parts).removesuffix(".__init__")
            typing_only = [node for node in ast.walk(tree) if _is_for_types(node)]
            for_types = Counter(name for node in typing_only for name in _names(node))
            found += [
                Import(module, name, for_types[name] == times)
                for name, times in Counter(_names(tree)).items()
            ]
    return tuple(found)


def _is_for_types(node: ast.AST) -> bool:
    return (
        isinstance(node, ast.If)
        and isinstance(node.test, ast.Name)
        and node.test.id == "TYPE_CHECKING"
    )


def _names(tree: ast.AST) -> list[str]:
    """Return what a piece of code imports, each name with its module."""
    names: list[str] = []
    packages = set[str]()
    for node in ast.walk(tree):
        match node:
            case ast.ImportFrom(module="lumen_widgets", names=aliases):
                packages |= {alias.name for alias in aliases}
                names += [f"lumen_widgets.{alias.name}" for alias in aliases]
            case ast.Import(names=aliases):
                names += [alias.name for alias in aliases]
            case ast.ImportFrom(module=module, names=aliases, level=0):
                names += [f"{module}.{alias.name}" for alias in aliases]
            case ast.ImportFrom():
                names.append("a relative import")
            case ast.Constant(value=str(text)) if _OURS.fullmatch(text):
                names.append(text)
            # `from lumen_widgets import sandbox`, then `sandbox.start`
            case ast.Attribute(value=ast.Name(id=name), attr=attribute) if name in packages:
                names.append(f"lumen_widgets.{name}.{attribute}")
    return names


def _package(module: str) -> str:
    parts = module.split(".")
    if parts[0] != "lumen_widgets":
        return parts[0]
    if len(parts) == 1:
        return "lumen_widgets"
    # `from lumen_widgets import generate` asks the public face, `import client` does not
    known = parts[1] in _PACKAGES or (checkout.ROOT / "lumen_widgets" / f"{parts[1]}.py").exists()
    return parts[1] if known else "lumen_widgets"

"""Who imports whom: every module of the package, and what it names."""

from __future__ import annotations

import ast
import re
from collections import Counter
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from tests import checkout

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

FACE = "lumen_widgets"

# a module of ours in a table of strings, perhaps with a name in it: `lumen_widgets.core.task:Task`
_OURS = re.compile(r"(lumen_widgets(?:\.\w+)+)(?::\w+)?")
_MODULES = {
    ".".join(path.with_suffix("").parts).removesuffix(".__init__"): path
    for path in checkout.files("lumen_widgets")
    if path.suffix == ".py"
}


class Import(NamedTuple):
    """One import: who imports what; for type checkers alone? only to find a package's data?"""

    importer: str
    imported: str
    for_types: bool = False
    for_data: bool = False

    @property
    def source(self) -> str:
        """The package of ours that imports: ``client``; or a single module: ``lab``."""
        return _package(self.importer)

    @property
    def target(self) -> str:
        """The package of ours that is imported, or that of someone else: ``numpy``."""
        return _package(self.imported)

    @property
    def file(self) -> str | None:
        """The module of ours that is imported, whatever is named in it; None if it is not ours."""
        name = self.imported
        while name and name not in _MODULES:
            name = name.rpartition(".")[0]
        return name or None

    def __str__(self) -> str:
        return f"{self.importer} imports {self.imported}"


@cache
def all_imports() -> tuple[Import, ...]:
    """Return every import in the package.

    At the top of a module, inside a function and for type checkers alone: a reader follows each. A
    string that names one of our modules counts too, since names are loaded lazily from tables of
    strings.
    """
    found: list[Import] = []
    for module, path in _MODULES.items():
        tree = ast.parse((checkout.ROOT / path).read_text(encoding="utf-8"))
        nodes = list(ast.walk(tree))
        for_types = _counted(node for node in nodes if _is_for_types(node))
        for_data = _counted(node for node in nodes if _is_for_data(node))
        found += [
            Import(module, name, for_types[name] == times, for_data[name] == times)
            for name, times in _counted([tree]).items()
        ]
        if path.name == "__init__.py" and module != FACE:
            found += [Import(module, name) for name in _lazy_names(module, tree)]
    return tuple(found)


def arrows() -> dict[str, set[str]]:
    """Return which module of ours imports which others, tables of lazy names included.

    The public face is left out: its own table names whatever is public, and nobody inside may ask
    it. Importing a module also runs the `__init__` of each package around it, which is no arrow: it
    is only one where something is taken from it. Nor is the name of a package whose data is read.
    """
    drawn: dict[str, set[str]] = {module: set() for module in _MODULES if module != FACE}
    for found in all_imports():
        imported = found.file
        if found.importer == FACE or found.for_data:
            continue
        if imported is not None and imported not in {FACE, found.importer}:
            drawn[found.importer].add(imported)
    return drawn


def path_of(module: str) -> Path:
    """Return the file of a module of ours, relative to the checkout."""
    return _MODULES[module]


def _is_for_types(node: ast.AST) -> bool:
    match node:
        case ast.If(test=ast.Name(id="TYPE_CHECKING") | ast.Attribute(attr="TYPE_CHECKING")):
            return True
    return False


def _is_for_data(node: ast.AST) -> bool:
    """Tell whether it is `importlib.resources.files(…)`, which takes the name of a package."""
    match node:
        case ast.Call(func=ast.Name(id="files") | ast.Attribute(attr="files")):
            return True
    return False


def _counted(nodes: Iterable[ast.AST]) -> Counter[str]:
    return Counter(name for node in nodes for name in _names(node))


def _names(tree: ast.AST) -> list[str]:
    """Return what a piece of code imports, each name with its module."""
    names: list[str] = []
    packages = set[str]()
    for node in ast.walk(tree):
        match node:
            case ast.ImportFrom(module="lumen_widgets", names=aliases, level=0):
                packages |= {alias.name for alias in aliases}
                names += [f"lumen_widgets.{alias.name}" for alias in aliases]
            case ast.Import(names=aliases):
                names += [alias.name for alias in aliases]
            case ast.ImportFrom(module=module, names=aliases, level=0):
                names += [f"{module}.{alias.name}" for alias in aliases]
            case ast.ImportFrom():
                names.append("a relative import")
            case ast.Constant(value=str(text)) if found := _OURS.fullmatch(text):
                names.append(found[1])
            # `from lumen_widgets import sandbox`, then `sandbox.start`
            case ast.Attribute(value=ast.Name(id=name), attr=attribute) if name in packages:
                names.append(f"lumen_widgets.{name}.{attribute}")
    return names


def _lazy_names(package: str, tree: ast.Module) -> set[str]:
    """Return the modules that a package loads lazily, by names such as ``"hosting.protocol"``.

    They are read off its strings: what is in `__all__`, and the key of a table, is a public name,
    which may be spelt like a module.
    """
    public = [
        node.value
        for node in tree.body
        if isinstance(node, ast.Assign | ast.AnnAssign)
        and node.value is not None
        and "__all__" in {target.id for target in _targets(node) if isinstance(target, ast.Name)}
    ]
    public += [
        key for node in ast.walk(tree) if isinstance(node, ast.Dict) for key in node.keys if key
    ]
    left_out = {part for node in public for part in ast.walk(node)}
    texts = {
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node not in left_out
    }
    return {name for text in texts if (name := f"{package}.{text.lstrip('.')}") in _MODULES}


def _targets(node: ast.Assign | ast.AnnAssign) -> list[ast.expr]:
    return node.targets if isinstance(node, ast.Assign) else [node.target]


def _package(module: str) -> str:
    parts = module.split(".")
    if parts[0] != FACE:
        return parts[0]
    if len(parts) == 1:
        return FACE
    # `from lumen_widgets import generate` asks the public face, `import client` does not
    return parts[1] if f"{FACE}.{parts[1]}" in _MODULES else FACE

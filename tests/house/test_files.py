"""What every file of the checkout has in common."""

from __future__ import annotations

import ast
import json
import re
from typing import Any, TypeGuard

import pytest

from tests import checkout

_FILES = checkout.files()
_MODULES = [path for path in _FILES if path.suffix == ".py" and path.parts[0] == "lumen_widgets"]

# somebody's home folder or a folder of the machine that this was written on
_MACHINE_PATHS = re.compile(
    r"(?<![\w.~/-])(/home/(?!jovyan\b)\w+|/(?:root|work)/|/Users/\w+|[A-Z]:[\\/]+Users\b)"
)
_NPM_REGISTRY = "https://registry.npmjs.org/"


@pytest.mark.slow
@pytest.mark.parametrize("path", _MODULES, ids=str)
def test_a_module_says_what_it_is(path: object) -> None:
    """A module's first words say in a sentence or two what it is."""
    docstring = ast.get_docstring(ast.parse((checkout.ROOT / str(path)).read_text("utf-8"))) or ""

    assert docstring.partition("\n\n")[0].rstrip().endswith((".", "::", ":"))


@pytest.mark.slow
def test_tests_look_at_behaviour() -> None:
    """Tests use what callers, users and pages use: at most 20 private attributes in all of them."""
    uses = []
    for path in _FILES:
        if path.suffix == ".py" and path.parts[0] == "tests":
            tree = ast.parse((checkout.ROOT / path).read_text("utf-8"))
            uses += [
                f"{path}:{node.lineno} {node.attr}" for node in ast.walk(tree) if _is_private(node)
            ]

    assert len(uses) <= 20, uses


def _is_private(node: ast.AST) -> TypeGuard[ast.Attribute]:
    """Tell whether this reads or writes another object's private attribute."""
    if not isinstance(node, ast.Attribute) or not node.attr.startswith("_"):
        return False
    own = isinstance(node.value, ast.Name) and node.value.id in {"self", "cls"}
    display = node.attr.startswith("_repr_") and node.attr.endswith("_")
    return not (own or display or node.attr.startswith("__"))


def test_no_file_knows_the_machine_it_was_written_on() -> None:
    """No text names a folder of one machine; tests and docs use relative or temporary ones."""
    found = []
    for path in _FILES:
        try:
            text = (checkout.ROOT / path).read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue  # pictures and packs
        if path.name != "test_files.py":
            found += [f"{path}: {match.group()}" for match in _MACHINE_PATHS.finditer(text)]

    assert found == []


def test_the_lock_file_names_only_the_public_registry() -> None:
    """Everyone can use the lock file: no package in it comes from a private address."""
    addresses = [package.get("resolved", _NPM_REGISTRY) for package in _locked().values()]

    assert [address for address in addresses if not address.startswith(_NPM_REGISTRY)] == []


def test_the_lock_file_is_whole_for_every_platform() -> None:
    """Each platform's binaries are locked: npm refuses to install from a lock that lacks some."""
    locked = _locked()
    wanted = {
        name for package in locked.values() for name in package.get("optionalDependencies", {})
    }

    assert {name for name in wanted if f"node_modules/{name}" not in locked} == set()


def _locked() -> dict[str, dict[str, Any]]:
    lock = json.loads((checkout.ROOT / "js" / "package-lock.json").read_text(encoding="utf-8"))
    packages: dict[str, dict[str, Any]] = lock["packages"]
    return packages


def test_readme_and_the_ci_run_the_same_line() -> None:
    """What README says tests everything is what the CI runs."""
    line = (checkout.ROOT / ".ci" / "run").read_text(encoding="utf-8").splitlines()[-1]

    assert "-m tests" in line
    assert line in (checkout.ROOT / "README.md").read_text(encoding="utf-8").splitlines()

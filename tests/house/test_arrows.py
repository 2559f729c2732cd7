"""The arrows between packages, folders and files point down, and none goes round in a circle."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests import checkout
from tests.house import circles
from tests.house.imports import FACE, all_imports, arrows, path_of

# who may import whom; an arrow may skip a level, but never turn round
_ARROWS = {
    "core": set[str](),
    "journal": set[str](),
    "masks": set[str](),
    "sandbox": set[str](),
    "client": {"core", "journal"},
    "notebook": {"client", "core", "journal", "masks", "sandbox"},
    "widgets": {"notebook", "client", "core", "masks"},
}
# the command line and the public face stand above all packages
_ABOVE = {FACE, "__main__", "lab", "doctor"}

# which folders of a package may import which of its other folders, from the bottom; its files that
# stand in no folder are free, as far as no circle of folders comes of it
_FOLDERS = {
    "core": {
        "http": set[str](),
        "pictures": {"http"},
        "polling": {"http", "pictures"},
    },
    # the client's options, each of which looks after a task by itself, and arithmetic on pictures
    "client": {
        "spending": set[str](),
        "hosting": set[str](),
        "history": set[str](),
        "webhooks": set[str](),
        "exact": set[str](),
        "lessons": set[str](),
        "refusing": set[str](),
    },
}

# what a package may import, but only in these of its folders
_ONLY_IN = {("client", "journal"): {"history"}}

# what keeps scripts, servers and JupyterLite light: who alone may import these
_ALONE = {
    # a Picture shows itself as the value of a cell
    "IPython": {"core", "notebook", "widgets"},
    "ipywidgets": {"notebook", "widgets"},
    "traitlets": {"notebook", "widgets"},
    "anywidget": {"notebook", "widgets"},
    "ipykernel": set[str](),
    # the client's own: a store that is asked over HTTP, such as the sandbox's uploads
    "requests": {"core", "client"},
    "urllib3": {"core", "client"},
    # stores for local pictures: an optional package
    "fsspec": {"client"},
    "sqlite3": {"journal", "sandbox"},
    # the client's part is below: its webhook receiver is a server too
    "starlette": {"sandbox", "client"},
    "jupyterlab": {"lab"},
}

# private by their look, but of a library, which offers no other way to the same
_OF_LIBRARIES = {
    "_getframe",  # sys: whose call this is
    "_register_validator",  # traitlets: hear of a value before it is set and sent
    "_instances",  # ipywidgets: every widget that is open
    "_dns_host",  # urllib3's connection: the host that it is about to look up
    "_validate",  # a trait of traitlets: the value that it would become
}


@pytest.mark.slow
def test_packages_import_only_what_is_below_them() -> None:
    """No package imports one above it or beside it, nor the public face, not even for types.

    What is imported for types alone is followed by a reader just the same.
    """
    packages = _ARROWS.keys() | _ABOVE
    wrong = [
        str(found)
        for found in all_imports()
        if found.source in _ARROWS
        and found.target in packages
        and found.target not in _ARROWS[found.source] | {found.source}
    ]

    assert wrong == []


def test_every_package_has_its_place() -> None:
    """A new package is put into the order before it is used."""
    assert {found.source for found in all_imports()} <= _ARROWS.keys() | _ABOVE


@pytest.mark.slow
def test_no_files_import_one_another_in_a_circle() -> None:
    """Every file can be read after those that it imports, annotations and lazy names included."""
    _assert_no_circles(arrows())


@pytest.mark.parametrize("package", _FOLDERS)
def test_no_folders_import_one_another_in_a_circle(package: str) -> None:
    """Every folder can be read as a whole after those that it imports, on whatever way round."""
    _assert_no_circles(circles.merged(_inside(package), lambda module: _room(package, module)))


@pytest.mark.parametrize("package", _FOLDERS)
def test_folders_import_only_what_is_below_them(package: str) -> None:
    """Inside a package, too, a folder imports none above it or beside it."""
    may = _FOLDERS[package]
    wrong = [
        f"{module} imports {other}"
        for module, others in _inside(package).items()
        for other in sorted(others)
        if (source := _folder(module)) in may
        and (target := _folder(other)) in may.keys() - {source}
        and target not in may[source]
    ]

    assert wrong == []


@pytest.mark.parametrize(("package", "target"), _ONLY_IN)
def test_only_some_folders_import_another_package(package: str, target: str) -> None:
    """What one folder is about, the rest of its package reaches through that folder."""
    folders = _ONLY_IN[package, target]
    wrong = [
        str(found)
        for found in all_imports()
        if found.source == package
        and found.target == target
        and _folder(found.importer) not in folders
    ]

    assert wrong == []


def test_nobody_inside_asks_the_public_face() -> None:
    """The public face loads lazily what is inside; inside, its names would go round in a circle."""
    inside = [found for found in all_imports() if found.source != "lumen_widgets"]

    assert [str(found) for found in inside if found.target == "lumen_widgets"] == []


def test_the_notebook_runs_the_sandbox_as_a_program() -> None:
    """The notebook asks the sandbox package to start and for settings, and for nothing else."""
    asked = {
        found.imported
        for found in all_imports()
        if found.source == "notebook" and found.target == "sandbox"
    }
    package = "lumen_widgets.sandbox"

    assert asked <= {package, f"{package}.start", f"{package}.settings"}


@pytest.mark.parametrize("library", _ALONE)
def test_libraries_stay_where_they_belong(library: str) -> None:
    """A heavy or front-end library is loaded only by the packages that are about it."""
    users = {
        found.source for found in all_imports() if found.target == library and not found.for_types
    }

    assert users <= _ALONE[library]


@pytest.mark.parametrize(
    ("library", "modules"),
    [
        ("uvicorn", {"lumen_widgets.sandbox.runner", "lumen_widgets.client.webhooks.endpoint"}),
        ("multiprocessing", {"lumen_widgets.sandbox.runner"}),
    ],
)
def test_few_modules_know_machines(library: str, modules: set[str]) -> None:
    """The rest also runs where there are no sockets or processes: in a browser, in a test.

    A webhook receiver listens on a socket, so its endpoint runs the server that the sandbox runs:
    one that is well kept, instead of a second one, or one of our own before the internet.
    """
    users = {
        found.importer for found in all_imports() if found.target == library and not found.for_types
    }

    assert users <= modules


def test_the_client_meets_a_web_server_in_one_module() -> None:
    """A script that gets no webhooks never loads one: only a receiver's start asks for it."""
    endpoint = "lumen_widgets.client.webhooks.endpoint"
    client = [found for found in all_imports() if found.source == "client" and not found.for_types]

    assert {found.importer for found in client if found.target in {"starlette", "uvicorn"}} <= {
        endpoint
    }
    assert {found.importer for found in client if found.imported.startswith(endpoint)} <= {
        "lumen_widgets.client.webhooks.receiver"
    }


def test_no_file_uses_a_private_name_of_another() -> None:
    """What begins with an underscore is its own object's or its own file's business.

    ruff says the first wherever it looks, but not where a line asks it to be silent; that a file
    imports another one's private name, it does not say.
    """
    rule = ["--isolated", "--select=SLF001", "--ignore-noqa", "--output-format=json"]
    said = subprocess.run(
        [sys.executable, "-m", "ruff", "check", *rule, FACE],
        cwd=checkout.ROOT,
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )
    used = [
        f"{_relative(found['filename'])}:{found['location']['row']}: {found['message']}"
        for found in json.loads(said.stdout)
        if found["message"].split("`")[1] not in _OF_LIBRARIES
    ]
    imported = [
        str(found)
        for found in all_imports()
        if found.file is not None and _is_private(found.imported.rpartition(".")[2])
    ]

    assert used + imported == []


def _relative(file: str) -> str:
    return Path(file).resolve().relative_to(checkout.ROOT.resolve()).as_posix()


def _is_private(name: str) -> bool:
    return name.startswith("_") and not name.endswith("__")


def _assert_no_circles(graph: dict[str, set[str]]) -> None:
    told = "\n".join(circles.told(graph)).replace(f"{FACE}.", "")

    assert not told, told


def _inside(package: str) -> dict[str, set[str]]:
    """Return the arrows between the files of one package."""
    drawn = arrows()
    files = {module for module in drawn if module.split(".")[1] == package}
    return {module: drawn[module] & files for module in files}


def _folder(module: str) -> str:
    """Return the folder of a package that a file stands in, "" for the package's own files."""
    parts = path_of(module).parts
    # lumen_widgets/PACKAGE/FOLDER/FILE
    return parts[2] if len(parts) > 3 else ""


def _room(package: str, module: str) -> str:
    """Return a file's folder if that is read as a whole, else the file."""
    folder = _folder(module)
    return f"{FACE}.{package}.{folder}/" if folder in _FOLDERS[package] else module

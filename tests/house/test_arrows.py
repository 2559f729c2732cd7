"""The arrows between the packages point down."""

from __future__ import annotations

import pytest

from tests.house.imports import all_imports

# who may import whom; an arrow may skip a level, but never turn round
_ARROWS = {
    "journal": set[str](),
    "client": {"journal"},
    "masks": set[str](),
    "sandbox": set[str](),
    "notebook": {"client", "journal", "masks", "sandbox"},
    "widgets": {"notebook", "client", "journal", "masks"},
}
# the command line and the public face stand above all packages
_ABOVE = {"lumen_widgets", "__main__", "lab", "doctor"}

# what keeps scripts, servers and JupyterLite light: who alone may import these
_ALONE = {
    # a Picture shows itself as the value of a cell
    "IPython": {"client", "notebook", "widgets"},
    "ipywidgets": {"notebook", "widgets"},
    "traitlets": {"notebook", "widgets"},
    "anywidget": {"notebook", "widgets"},
    "ipykernel": set[str](),
    "requests": {"client"},
    "urllib3": {"client"},
    # stores for local pictures: an optional package
    "fsspec": {"client"},
    "sqlite3": {"journal", "sandbox"},
    # the client's part is below: its webhook receiver is a server too
    "starlette": {"sandbox", "client"},
    "jupyterlab": {"lab"},
}


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

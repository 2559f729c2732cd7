"""What is in the wheel, and what is not."""

from __future__ import annotations

from typing import TYPE_CHECKING
from zipfile import ZipFile

import pytest

from tests import checkout

if TYPE_CHECKING:
    from pathlib import Path

    from tests.wheel.conftest import Builder

pytestmark = pytest.mark.slow


def _names(wheel: Path) -> set[str]:
    with ZipFile(wheel) as archive:
        return set(archive.namelist())


def test_it_holds_every_file_of_the_package(wheel: Path) -> None:
    """Modules, type marker, packs and their notices: what is in the checkout is in the wheel."""
    ours = {path.as_posix() for path in checkout.files("lumen_widgets")}

    assert "lumen_widgets/py.typed" in ours
    assert ours - _names(wheel) == set()


def test_it_holds_every_bundle(wheel: Path) -> None:
    """Each widget's JavaScript and style was built, with nothing of node on the machine."""
    widgets = [path.parent.name for path in checkout.files("js") if path.name == "index.ts"]
    wanted = {f"lumen_widgets/static/{name}{kind}" for name in widgets for kind in (".js", ".css")}

    assert wanted
    assert wanted - _names(wheel) == set()
    with ZipFile(wheel) as archive:
        assert all(archive.getinfo(name).file_size > 0 for name in wanted)


def test_it_holds_the_notebooks(wheel: Path) -> None:
    """Every notebook of the checkout is there for `lumen-widgets lab` to copy."""
    wanted = {f"lumen_widgets/{path.as_posix()}" for path in checkout.files("notebooks")}

    assert wanted
    assert wanted - _names(wheel) == set()


def test_it_holds_the_licences(wheel: Path) -> None:
    """Our licence, and the notices that the glyph and word data need, are where tools look."""
    licences = {name.rpartition("/licenses/")[2] for name in _names(wheel) if "/licenses/" in name}

    assert licences == {"LICENSE", "lumen_widgets/sandbox/data/NOTICE.md"}


def test_it_holds_nothing_else(wheel: Path) -> None:
    """No sources of the bundles, no tests, no tools; and it runs on any platform."""
    names = _names(wheel)
    packages = {name.partition("/")[0] for name in names}

    assert {name for name in packages if not name.endswith(".dist-info")} == {"lumen_widgets"}
    assert [name for name in names if name.endswith((".ts", ".map", ".pyc"))] == []
    assert wheel.name.endswith("-py3-none-any.whl")


@pytest.mark.full
def test_the_sdist_makes_the_same_wheel_without_bundling_again(
    builder: Builder, source: Path, wheel: Path, tmp_path: Path
) -> None:
    """Whoever builds from the sdist needs neither node nor npm's registry."""
    builder.run("-m", "build", "--sdist", "--outdir", tmp_path, source)
    (sdist,) = tmp_path.glob("*.tar.gz")
    # a registry that nobody serves: an npm that was called would fail
    nobody = {"npm_config_registry": "http://127.0.0.1:9/"}
    words = ("-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir")
    builder.run(*words, tmp_path, sdist, **nobody)
    (again,) = tmp_path.glob("*.whl")

    with ZipFile(wheel) as first, ZipFile(again) as second:
        assert {info.filename: info.CRC for info in first.infolist()} == {
            info.filename: info.CRC for info in second.infolist()
        }

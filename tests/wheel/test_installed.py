"""What somebody has who installed the wheel, far from any checkout."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

from tests.sandboxes import serving

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.slow

_FROM_THE_WHEEL = """
import pathlib, sys
import lumen_widgets
home = pathlib.Path(lumen_widgets.__file__)
assert home.is_relative_to(sys.prefix), f"{home} is not the wheel's"
"""
_FIRST_PICTURE = """
client = lumen_widgets.LumenClient(sys.argv[2], sys.argv[1])
(picture,) = client.generate("a cute cat on a windowsill", size="512x512").wait(timeout=60)
print(picture.width, picture.height, picture.media_type)
"""
_PANEL = """
panel = lumen_widgets.TaskPanel([])
print(len(str(panel._esm)) > 100, len(str(panel._css)) > 100)
"""
_NOTEBOOKS = """
from lumen_widgets.lab import copy_notebooks
print(*(copy.name for copy in copy_notebooks(pathlib.Path("mine"))))
"""


def test_a_first_picture_is_drawn_by_its_own_sandbox(installed: Path, tmp_path: Path) -> None:
    """With nothing but the wheel, a prompt becomes a picture."""
    with serving(tmp_path / "sandbox", python=str(installed)) as server:
        said = _run(installed, _FIRST_PICTURE, tmp_path, server.url, server.api_key)

    assert said == "512 512 image/png"


def test_its_panel_has_its_bundle(installed: Path, tmp_path: Path) -> None:
    """The widget finds its JavaScript and its style where the wheel put them."""
    assert _run(installed, _PANEL, tmp_path) == "True True"


def test_its_notebooks_can_be_copied(installed: Path, tmp_path: Path) -> None:
    """`lumen-widgets lab` finds the notebooks in the installed package."""
    assert ".ipynb" in _run(installed, _NOTEBOOKS, tmp_path)


def test_its_command_is_there(installed: Path) -> None:
    """The program `lumen-widgets` is installed beside Python."""
    command = installed.with_name("lumen-widgets")
    done = subprocess.run(
        [command, "doctor"], capture_output=True, text=True, timeout=60, check=True
    )

    assert done.stdout.startswith("lumen_widgets: ")


def _run(python: Path, code: str, folder: Path, *words: str) -> str:
    """Run code with the wheel's Python, in a folder without a checkout; return what it printed."""
    done = subprocess.run(
        [python, "-P", "-c", _FROM_THE_WHEEL + code, *words],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()

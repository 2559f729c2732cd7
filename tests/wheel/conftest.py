"""One wheel for all tests of it, built from a clean copy on a machine that seems to have no node."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

import pytest

from tests import checkout

# what else could bundle, were it found: the build must bring its own
_TOOLCHAINS = ("node", "npm", "npx", "deno", "bun", "esbuild")
# pip unpacks node, npm fetches esbuild
_BUILD_SECONDS = 280


@pytest.fixture(scope="session")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a clean copy of the checkout, in which nothing was built."""
    folder = tmp_path_factory.mktemp("source") / "checkout"
    checkout.copy_to(folder)
    return folder


@pytest.fixture(scope="session")
def wheel(source: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the wheel that ``pip install .`` would build and install."""
    folder = tmp_path_factory.mktemp("wheel")
    build(["-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", str(folder), str(source)])
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="session")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the Python of an environment that has the wheel, and our dependencies by a path.

    Their folder is named by a ``.pth`` file, in which Python reads no further ``.pth`` file: so
    the checkout, which is installed there as editable, stays out of sight.
    """
    folder = tmp_path_factory.mktemp("installed") / "environment"
    venv.EnvBuilder(with_pip=False, symlinks=os.name != "nt").create(folder)
    paths = sysconfig.get_paths("venv", {"base": str(folder), "platbase": str(folder)})
    Path(paths["purelib"], "dependencies.pth").write_text(sysconfig.get_path("purelib"))
    python = Path(paths["scripts"], "python")
    words = ["-m", "pip", "--python", str(python), "install", "--quiet", "--no-deps", "--no-index"]
    build([*words, str(wheel)])
    return python


def build(words: list[str]) -> None:
    """Run a Python module that builds or installs, where no JavaScript tool is on the PATH."""
    folders = os.environ.get("PATH", os.defpath).split(os.pathsep)
    bare = [
        folder for folder in folders if not any(shutil.which(t, path=folder) for t in _TOOLCHAINS)
    ]
    done = subprocess.run(
        [sys.executable, *words],
        env=os.environ | {"PATH": os.pathsep.join(bare)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        timeout=_BUILD_SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stdout

"""One wheel for all tests of it, built from a clean copy where no node is to be found."""

from __future__ import annotations

import os
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


class Builder:
    """Runs Python modules that build or install, with no JavaScript tool on the PATH."""

    def __init__(self, programs: Path) -> None:
        # a folder like /usr/bin cannot be left out as a whole: npm needs its sh
        for folder in map(Path, os.environ.get("PATH", os.defpath).split(os.pathsep)):
            for program in folder.iterdir() if folder.is_dir() else ():
                link = programs / program.name
                if program.name not in _TOOLCHAINS and not link.is_symlink():
                    link.symlink_to(program)
        self._environment = os.environ | {"PATH": str(programs)}

    def run(self, *words: str | Path, **environment: str) -> None:
        """Run Python with these words, and fail with what it said if it does."""
        done = subprocess.run(
            [sys.executable, *words],
            env=self._environment | environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            timeout=_BUILD_SECONDS,
            check=False,
        )
        assert done.returncode == 0, done.stdout


@pytest.fixture(scope="session")
def builder(tmp_path_factory: pytest.TempPathFactory) -> Builder:
    """Return what builds the wheel."""
    return Builder(tmp_path_factory.mktemp("programs"))


@pytest.fixture(scope="session")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a clean copy of the checkout, in which nothing was built."""
    folder = tmp_path_factory.mktemp("source") / "checkout"
    checkout.copy_to(folder)
    return folder


@pytest.fixture(scope="session")
def wheel(builder: Builder, source: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the wheel that ``pip install .`` would build and install."""
    folder = tmp_path_factory.mktemp("wheel")
    builder.run("-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", folder, source)
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="session")
def installed(builder: Builder, wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the Python of an environment that has the wheel, and our dependencies by a path.

    Their folder is named by a ``.pth`` file, in which Python reads no further ``.pth`` file: so
    the checkout, which is installed there as editable, stays out of sight.
    """
    folder = tmp_path_factory.mktemp("installed") / "environment"
    venv.EnvBuilder(with_pip=False, symlinks=os.name != "nt").create(folder)
    paths = sysconfig.get_paths("venv", {"base": str(folder), "platbase": str(folder)})
    Path(paths["purelib"], "dependencies.pth").write_text(sysconfig.get_path("purelib"))
    python = Path(paths["scripts"], "python")
    builder.run("-m", "pip", "--python", python, "install", "-q", "--no-deps", "--no-index", wheel)
    return python

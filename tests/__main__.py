"""The one run of everything: ``python -m tests [--quick | --full] [words for pytest]``.

The bundles first; then, side by side, linters and types, the tests of the bundles, pytest, and
pytest with a browser, since each waits for servers and processes a good part of its time. A part
that fails does not stop another; the exit status tells whether any did. ``--quick`` is for every
day: it leaves out what takes long by itself, and says what that was. ``--full`` adds the large
sizes.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from time import monotonic

from tests import chromium, node

_ROOT = Path(__file__).parents[1]
_JS = _ROOT / "js"
_SCRIPTS = Path(sys.executable).parent
# pytest's exit status when no test was collected
_NO_TESTS = 5
# the parts that run it
_WITH_TESTS = ("pytest", "in browsers")
# its closing lines begin with one of these when there is anything to tell
_CLOSING = ("slowest 10 durations", "short test summary info")
# pytest's processes: with a browser each has a JupyterLab and a Chromium, of which more would want
# more memory than a desk has
_MOST_BROWSERS = 4
_MOST_WORKERS = 8


@dataclass
class Part:
    """One part of the run, and how it went."""

    name: str
    passed: bool
    seconds: float

    def __str__(self) -> str:
        word = "ok" if self.passed else "FAILED"
        return f"{word:<6} {self.name:<12} {self.seconds:6.1f} s"


def main(pytest_words: list[str]) -> int:
    """Run every part, say how each went, and return 0 when all passed."""
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr] # lines and output in order
    cores = os.cpu_count() or 1
    parts = _build()
    with ThreadPoolExecutor() as pool:
        checks = [pool.submit(_check_python), pool.submit(_check_typescript)]
        if "--quick" in pytest_words:
            # alone it may have all that the cores can do
            runs = [pool.submit(_pytest, "pytest", min(2 * cores, _MOST_WORKERS), pytest_words)]
        else:
            rest = min(cores + 1, _MOST_WORKERS), ["--part=rest", *pytest_words]
            browsers = min(cores, _MOST_BROWSERS), ["--part=browser", *pytest_words]
            runs = [
                pool.submit(_pytest, "pytest", *rest),
                pool.submit(_pytest_in_browsers, *browsers),
            ]
        parts += [part for check in checks for part in check.result()]
        ran = [part for run in runs for part in run.result()[0]]
        closing_lines = [line for run in runs for line in run.result()[1]]
    # words may name tests of one part only, but not of none
    if not any(part.name in _WITH_TESTS for part in ran):
        ran.append(Part("pytest: no test", passed=False, seconds=0.0))
    parts += ran

    _say("", "What was run:", *map(str, parts), "", *closing_lines)
    return 0 if all(part.passed for part in parts) else 1


def _build() -> list[Part]:
    """Build the bundles: the tests read what is in static/, which an edited .ts does not change."""
    parts = []
    if not _npm_is_installed():
        quiet = ("--no-audit", "--no-fund", "--loglevel=error")
        parts.append(_run("npm ci", "npm", "ci", *quiet, folder=_JS))
    return [*parts, _run("bundles", "npm", "run", "build", folder=_JS)]


def _check_python() -> list[Part]:
    return [
        _run("ruff", "ruff", "check"),
        _run("ruff format", "ruff", "format", "--check"),
        _run("mypy", "mypy"),
    ]


def _check_typescript() -> list[Part]:
    return [
        _run(name, "npm", "run", script, folder=_JS)
        for name, script in (("biome", "lint"), ("tsc", "typecheck"), ("vitest", "test"))
    ]


def _npm_is_installed() -> bool:
    """Tell whether every package is there, in the version that the lock file names."""
    installed = _JS / "node_modules" / ".package-lock.json"
    lock = _JS / "package-lock.json"
    if not installed.exists() or installed.stat().st_mtime < lock.stat().st_mtime:
        return False
    wanted = json.loads((_JS / "package.json").read_text())["devDependencies"]
    return all((_JS / "node_modules" / name).is_dir() for name in wanted)


def _environment() -> dict[str, str]:
    path = os.pathsep.join([str(node.BIN), str(_SCRIPTS), os.environ.get("PATH", "")])
    environment = os.environ | {"PATH": path}
    # a run starts hundreds of processes, which would each compile every file anew
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    return environment


def _run(name: str, program: str, *words: str, folder: Path = _ROOT) -> Part:
    """Run one program of this environment, showing what it said only if it failed."""
    start = monotonic()
    done = subprocess.run(
        [_SCRIPTS / program, *words],
        cwd=folder,
        env=_environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        check=False,
    )
    part = Part(name, done.returncode == 0, monotonic() - start)
    if not part.passed:
        _say(done.stdout.rstrip())
    _say(str(part))
    return part


def _pytest_in_browsers(workers: int, words: list[str]) -> tuple[list[Part], list[str]]:
    """Find or get a browser, name it for pytest, and run the tests that are marked so."""
    start = monotonic()
    try:
        path = chromium.get()
    except chromium.NoBrowserError as error:
        _say(str(error))
        part = Part("browser", passed=False, seconds=monotonic() - start)
    else:
        os.environ["LUMEN_CHROMIUM"] = str(path)
        part = Part("browser", passed=True, seconds=monotonic() - start)
    _say(str(part))
    ran, closing = _pytest("in browsers", workers, words)
    return [part, *ran], closing


def _pytest(name: str, workers: int, words: list[str]) -> tuple[list[Part], list[str]]:
    """Run pytest, showing its lines as they come; return the part, if any test was in it.

    Also returned are pytest's closing lines.
    """
    start = monotonic()
    closing: list[str] = []
    colour = "yes" if sys.stdout.isatty() else "no"
    # by the file, as conftest.py has it, in the order of the collection
    shared_out = (f"--numprocesses={workers}", "--dist=loadscope", "--no-loadscope-reorder")
    slowest = ("--durations=10", "--durations-min=1")
    with subprocess.Popen(
        [sys.executable, "-m", "pytest", f"--color={colour}", *shared_out, *slowest, *words],
        cwd=_ROOT,
        env=_environment(),
        stdout=subprocess.PIPE,
        text=True,
        errors="replace",
    ) as process:
        assert process.stdout is not None
        told = False
        for line in process.stdout:
            # the parts' lines come between each other
            _say(f"{name}: {line.rstrip()}")
            told = told or any(title in line for title in _CLOSING)
            # until there is something to tell, the last line alone says how many passed
            closing = [*(closing if told else ()), line.rstrip("\n")]
    if process.returncode == _NO_TESTS:
        return [], []
    part = Part(name, process.returncode == 0, monotonic() - start)
    _say(str(part))
    return [part], [f"{name}:", *closing]


def _say(*lines: str) -> None:
    sys.stdout.write("".join(f"{line}\n" for line in lines))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

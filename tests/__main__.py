"""The one run of everything: ``python -m tests [--quick | --full] [words for pytest]``.

Linters, types, the bundles and their tests, a browser, then pytest on all cores. A part that fails
does not stop the next; the exit status tells whether any did. ``--quick`` is for every day: it
leaves out what takes long by itself, and says what that was. ``--full`` adds the large sizes.
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
# pytest's closing lines begin with one of these when there is anything to tell
_CLOSING = ("slowest 10 durations", "short test summary info")
# a JupyterLab and a Chromium run beside each: more would want more memory than a desk has
_MOST_WORKERS = 4


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
    with ThreadPoolExecutor() as both:
        checks = [both.submit(_check_python), both.submit(_check_typescript)]
        parts = [part for check in checks for part in check.result()]
    if "--quick" not in pytest_words:
        parts.append(_browser())
    part, closing_lines = _pytest(pytest_words)
    parts.append(part)

    _say("", "What was run:", *map(str, parts), "", *closing_lines)
    return 0 if all(part.passed for part in parts) else 1


def _check_python() -> list[Part]:
    return [
        _run("ruff", "ruff", "check"),
        _run("ruff format", "ruff", "format", "--check"),
        _run("mypy", "mypy"),
    ]


def _check_typescript() -> list[Part]:
    parts = []
    if not _npm_is_installed():
        quiet = ("--no-audit", "--no-fund", "--loglevel=error")
        parts.append(_run("npm ci", "npm", "ci", *quiet, folder=_JS))
    # the browser tests read what is in static/, which an edited .ts file does not change
    for name, script in (
        ("bundles", "build"),
        ("biome", "lint"),
        ("tsc", "typecheck"),
        ("vitest", "test"),
    ):
        parts.append(_run(name, "npm", "run", script, folder=_JS))
    return parts


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
    return os.environ | {"PATH": path}


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


def _browser() -> Part:
    """Find or get a browser, and name it for pytest."""
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
    return part


def _pytest(words: list[str]) -> tuple[Part, list[str]]:
    """Run pytest, showing its lines as they come; also return its closing ones."""
    start = monotonic()
    closing: list[str] = []
    colour = "yes" if sys.stdout.isatty() else "no"
    # what a file's tests share stays in one process; the order is the collection's: browsers last
    workers = min(os.cpu_count() or 1, _MOST_WORKERS)
    shared_out = (f"--numprocesses={workers}", "--dist=loadgroup", "--no-loadscope-reorder")
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
            _say(line.rstrip("\n"))
            told = told or any(title in line for title in _CLOSING)
            # until there is something to tell, the last line alone says how many passed
            closing = [*(closing if told else ()), line.rstrip("\n")]
    part = Part("pytest", process.returncode == 0, monotonic() - start)
    _say(str(part))
    return part, closing


def _say(*lines: str) -> None:
    sys.stdout.write("".join(f"{line}\n" for line in lines))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""The browser under test: a Chromium that this machine has, or the one that it can get."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.conditions import PATIENCE
from tests.node import NODE

# Playwright's own node lacks a library on a minimal Debian, where this environment's runs
os.environ.setdefault("PLAYWRIGHT_NODEJS_PATH", str(NODE))

FLAGS = (
    "--headless",
    # containers and CI run as root, where Chromium's own sandbox cannot start
    "--no-sandbox",
    "--disable-gpu",
    # what a browser asks its maker for by itself: none of it is ours to send
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # every name and address but loopback is unknown, whatever a page asks for
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
)
INSTALL = "apt-get update && apt-get install -y chromium"
ADVICE = (
    "No Chromium was found that starts. On Debian, as root: "
    f"{INSTALL}\n"
    f"Elsewhere: {sys.executable} -m playwright install --with-deps chromium\n"
    "Or set LUMEN_CHROMIUM to the path of one."
)

_NAMES = (
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "chrome",
    "microsoft-edge",
)
_DOWNLOAD_SECONDS = 600


class NoBrowserError(RuntimeError):
    """No browser starts here; the message is the line that installs one."""


def find() -> Path | None:
    """Return a Chromium of this machine that really starts, or None."""
    named = os.environ.get("LUMEN_CHROMIUM")
    if named:
        return Path(named) if starts(Path(named)) else None
    found = (shutil.which(name) for name in _NAMES)
    candidates = [Path(path) for path in found if path]
    candidates += _downloaded()
    return next((path for path in candidates if starts(path)), None)


def get() -> Path:
    """Return a Chromium that starts, installing one where nothing else helps.

    Playwright's own download comes first, since it needs no rights; then Debian's package, where
    this runs as root.

    Raises
    ------
    NoBrowserError
        None is here and none could be had.

    """
    if "LUMEN_CHROMIUM" in os.environ:
        # someone chose a browser: another one in its place would test something else
        browser = find()
        if browser is None:
            raise NoBrowserError(f"{os.environ['LUMEN_CHROMIUM']} (LUMEN_CHROMIUM) does not start.")
        return browser
    browser = find()
    as_root = hasattr(os, "geteuid") and os.geteuid() == 0 and shutil.which("apt-get") is not None
    steps: list[list[str]] = [[sys.executable, "-m", "playwright", "install", "chromium"]]
    if as_root:
        steps += [["sh", "-c", INSTALL]]
        # what a downloaded browser lacks on a bare Ubuntu, whose chromium package is a stub
        steps += [[sys.executable, "-m", "playwright", "install-deps", "chromium"]]
    for step in steps:
        if browser is not None:
            return browser
        sys.stdout.write(f"  no browser yet: {' '.join(step)}\n")
        sys.stdout.flush()
        _run(step)
        browser = find()
    if browser is None:
        raise NoBrowserError(ADVICE)
    return browser


def starts(path: Path) -> bool:
    """Tell whether a browser says its version and draws an empty page, as a stub cannot."""
    if not _run([str(path), "--version"], seconds=PATIENCE):
        return False
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        words = [str(path), *FLAGS, f"--user-data-dir={profile}", "--dump-dom", "about:blank"]
        return _run(words, seconds=PATIENCE)


def _downloaded() -> list[Path]:
    """Return the browser that this version of Playwright would download, if it has."""
    # asked in a process of its own: Playwright leaves an event loop running in the one that asks
    code = (
        "from playwright.sync_api import sync_playwright as s\n"
        "with s() as p: print(p.chromium.executable_path)"
    )
    asked = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False
    )
    path = Path(asked.stdout.strip() or "absent")
    return [path] if path.is_file() else []


def _run(words: list[str], seconds: float = _DOWNLOAD_SECONDS) -> bool:
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    try:
        done = subprocess.run(
            words,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=seconds,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0

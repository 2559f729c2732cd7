"""The checkout's own files: what a clone would hold, and nothing that was built or installed."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[1]


def files(folder: str = "") -> list[Path]:
    """Return the files under a folder of the checkout, relative to its root, in order.

    Those that git tracks, and new ones that it does not ignore: a file is checked before it is
    committed.
    """
    words = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(
        [*words, *([folder] if folder else [])],
        cwd=ROOT,
        capture_output=True,
        check=True,
        text=True,
    )
    names = sorted(set(listed.stdout.split("\0")) - {""})
    # one that was deleted is still listed until the deletion is committed
    return [Path(name) for name in names if (ROOT / name).is_file()]


def copy_to(folder: Path) -> None:
    """Make a clean copy of the checkout, as a clone would."""
    for file in files():
        (folder / file).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / file, folder / file)

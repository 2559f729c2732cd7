"""The lessons that were fetched: a file each in ``LUMEN_HOME``, so that none is fetched twice."""

from __future__ import annotations

import os
import time
from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple

from lumen_widgets.client.lessons.lesson_file import MAX_FILE, SUFFIX
from lumen_widgets.core.pictures.picture import write_file
from lumen_widgets.core.words import format_count
from lumen_widgets.journal import default_home

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

# Bytes of all of them: four of the largest, or those of some years of classes.
MAX_TOTAL = 4 * MAX_FILE

# Seconds. A kernel reads its lesson's pictures from the file when they are asked for, and a file
# that is still being written has another name: neither takes longer than a day.
_IN_USE = 24 * 3600.0


class FetchedLessons(NamedTuple):
    """How many lessons are kept, and their bytes."""

    number: int
    bytes: int

    def __str__(self) -> str:
        return f"{format_count(self.number, 'lesson')}, {self.bytes / 1e6:.1f} MB"


class _Kept(NamedTuple):
    used: float
    size: int
    path: Path


def kept_path(sha256: str) -> Path:
    """Return where the lesson of a digest is kept, or would be.

    Raises
    ------
    JournalUnusable
        ``LUMEN_HOME`` is no path.

    """
    return _folder() / f"{sha256}{SUFFIX}"


def keep(path: Path, data: bytes) -> None:
    """Write a lesson that was fetched, and let those go for which there is no room any more.

    Raises
    ------
    OSError
        It cannot be written.

    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    write_file(path, data, follow=False)
    _prune(path)


def note_use(path: Path) -> None:
    """Have a lesson count as used now: those that were used longest ago go first."""
    with suppress(OSError):  # it goes sooner then, and is fetched again
        os.utime(path)


def count_fetched() -> FetchedLessons:
    """Return how much is kept, without making a folder for it.

    Raises
    ------
    JournalUnusable
        ``LUMEN_HOME`` is no path.

    """
    sizes = [one.size for one in _files(_folder(), f"*{SUFFIX}")]
    return FetchedLessons(len(sizes), sum(sizes))


def _folder() -> Path:
    return default_home() / "lessons"


def _files(folder: Path, pattern: str) -> Iterator[_Kept]:
    for path in folder.glob(pattern):
        with suppress(OSError):  # another kernel has let it go
            found = path.lstat()
            yield _Kept(found.st_mtime, found.st_size, path)


def _prune(newest: Path) -> None:
    """Delete lessons until the others fit, those first that were used longest ago.

    What is left of writes that were broken off goes too.
    """
    before = time.time() - _IN_USE
    kept = list(_files(newest.parent, f"*{SUFFIX}"))
    total = sum(one.size for one in kept)
    for one in sorted(kept):
        if total <= MAX_TOTAL or one.used >= before:
            break
        with suppress(OSError):
            one.path.unlink()
            total -= one.size
    for one in _files(newest.parent, ".*.part"):
        if one.used < before:
            with suppress(OSError):
                one.path.unlink()

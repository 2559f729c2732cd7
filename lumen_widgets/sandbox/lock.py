"""A lock between processes: a file that one of them has locked, until it lets go or dies."""

from __future__ import annotations

import sys
import time
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

# Between two tries, in seconds: a start takes about half a second.
_PAUSE = 0.05


@contextmanager
def locked(path: Path, seconds: float) -> Iterator[None]:
    """Hold the lock on a file while the block runs.

    Parameters
    ----------
    path
        The file, made if it is not there and left behind: deleting it would let two in at once.
    seconds
        How long to wait for it.

    Raises
    ------
    TimeoutError
        If another process holds it all that time.
    OSError
        If the file cannot be written, or its disk has no locks.

    """
    with path.open("a+b") as file:
        deadline = time.monotonic() + seconds
        while not _try(file):
            if time.monotonic() > deadline:
                raise TimeoutError(path)
            time.sleep(_PAUSE)
        # Closing the file lets go of the lock.
        yield


if sys.platform == "win32":
    import msvcrt

    def _try(file: IO[bytes]) -> bool:
        try:
            file.seek(0)
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

else:
    import fcntl

    def _try(file: IO[bytes]) -> bool:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except (BlockingIOError, PermissionError):
            return False
        return True

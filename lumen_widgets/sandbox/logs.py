"""The server's log: one file, written by the server and its worker process, and kept small.

It never holds a key, a prompt, a secret or a URL's query: whatever is logged names tasks by their
ids, and calls by what answered them.
"""

from __future__ import annotations

import logging
import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

# Bytes: some ten thousand lines. The folder is often in memory.
MAX_LOG = 1_000_000


@contextmanager
def logging_to(path: Path, max_bytes: int = MAX_LOG) -> Iterator[None]:
    """Write what this process logs to the end of a file while the block runs.

    Parameters
    ----------
    path
        The file, which several processes may write to.
    max_bytes
        Its largest size: beyond it, only the newer half is kept.

    """
    handler = _CappedHandler(path, max_bytes)
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    root = logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    try:
        yield
    finally:
        root.setLevel(level)
        root.removeHandler(handler)
        handler.close()


class _CappedHandler(logging.FileHandler):
    """A file that is cut where it stands: another process may have it open too."""

    def __init__(self, path: Path, max_bytes: int) -> None:
        super().__init__(path, encoding="utf-8")
        self._path = path
        self._max_bytes = max_bytes

    def emit(self, record: logging.LogRecord) -> None:
        """Write a record, and cut the file if it has become too large."""
        super().emit(record)
        try:
            with self._path.open("r+b") as file:
                size = os.fstat(file.fileno()).st_size
                if size > self._max_bytes:
                    file.seek(size - self._max_bytes // 2)
                    kept = file.read().partition(b"\n")[2]
                    file.seek(0)
                    file.truncate()
                    file.write(b"(older lines were cut)\n" + kept)
        except OSError:
            self.handleError(record)

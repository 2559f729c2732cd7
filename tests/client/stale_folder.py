"""A folder on a network that cannot be read for a while."""

from __future__ import annotations

import errno
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import os

    import pytest


def make_stale(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    """Have a folder answer as one on a network does whose server was started anew."""
    stat, read_bytes = Path.stat, Path.read_bytes

    def check(path: Path) -> None:
        if path.is_relative_to(folder):
            raise OSError(errno.ESTALE, "Stale file handle", str(path))

    def checked_stat(path: Path, **settings: Any) -> os.stat_result:
        check(path)
        return stat(path, **settings)

    def checked_read(path: Path) -> bytes:
        check(path)
        return read_bytes(path)

    monkeypatch.setattr(Path, "stat", checked_stat)
    monkeypatch.setattr(Path, "read_bytes", checked_read)

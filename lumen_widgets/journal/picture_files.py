"""The journal's picture files: named by their digest, and complete or not there at all."""

from __future__ import annotations

import contextlib
import hashlib
import os
import secrets
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

_SUFFIXES = {"image/png": ".png", "image/jpeg": ".jpg", "image/webp": ".webp"}


def picture_path(home: Path, sha256: str, media_type: str) -> Path:
    """Return where a picture of that digest and type is stored below `home`.

    Folders of two digits keep any one of them small: some network file systems list large
    folders slowly.
    """
    return home / "pictures" / sha256[:2] / f"{sha256}{_SUFFIXES[media_type]}"


def store_file(home: Path, data: bytes, *, sha256: str, media_type: str) -> Path:
    """Write a picture below `home`, unless it is there already.

    Raises
    ------
    ValueError
        The digest is not that of the data, or the type is not one that is stored: a digest becomes
        a file name, so it is never taken on trust.
    OSError
        The file cannot be written; nothing of it is left behind.

    """
    if media_type not in _SUFFIXES:
        raise ValueError(f"pictures of type {media_type!r} are not stored")
    if hashlib.sha256(data).hexdigest() != sha256:
        raise ValueError("the digest is not that of the picture's bytes")
    path = picture_path(home, sha256, media_type)
    if is_complete(path, len(data)):
        return path
    for folder in (home, home / "pictures", path.parent):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    part = path.with_name(f".{sha256}.{secrets.token_hex(8)}.part")
    try:
        with open(part, "xb", opener=_private) as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            part.unlink()
        raise
    _sync_folder(path.parent)
    return path


def _private(path: str, flags: int) -> int:
    """Open a file that only its owner can read."""
    return os.open(path, flags, 0o600)


def is_complete(path: Path, length: int) -> bool:
    """Say whether the file is there with all of its bytes."""
    try:
        return path.stat().st_size == length
    except OSError:
        return False


def _sync_folder(folder: Path) -> None:
    """Make the new name last through a power cut, where the platform can."""
    # Windows cannot open folders, and some network file systems cannot sync them.
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)

"""The journal's picture files: named by their digest, and complete or not there at all.

Beside each may lie small copies of it, for lists and for galleries. Whoever shows one makes it; one
that is missing, damaged or older than its picture is made again.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import secrets
import stat
from typing import TYPE_CHECKING, Literal, get_args

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

# The small copies of a picture: for a row of a list, and for a gallery's tile. Also their suffixes.
SmallCopy = Literal["small", "tile"]

_SUFFIXES = {"image/png": ".png", "image/jpeg": ".jpg", "image/webp": ".webp"}

# What is said of a file on a disk that is not connected.
_AWAY = "a link on the way there leads nowhere"

# A small copy has some kilobytes; after it stands a digest.
_MOST_BYTES = 1 << 20
_SEAL_BYTES = hashlib.sha256().digest_size


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

    Notes
    -----
    A file that is there is read: one that was damaged on the disk is replaced, a link to something
    else too, and a folder in its place is put aside under another name.

    """
    if media_type not in _SUFFIXES:
        raise ValueError(f"pictures of type {media_type!r} are not stored")
    if hashlib.sha256(data).hexdigest() != sha256:
        raise ValueError("the digest is not that of the picture's bytes")
    path = picture_path(home, sha256, media_type)
    if read_file(path, sha256) is not None:
        return path
    for folder in (home, home / "pictures", path.parent):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    _put(path, data, synced=True)
    _sync_folder(path.parent)
    return path


def _private(path: str, flags: int) -> int:
    """Open a file that only its owner can read."""
    return os.open(path, flags, 0o600)


def read_file(path: Path, sha256: str) -> bytes | None:
    """Return the bytes of a picture's file; None if it cannot be read or holds other ones."""
    try:
        # a pipe or a device that was put there may never end
        data = path.read_bytes() if path.is_file() else None
    except OSError:
        return None
    return data if data is not None and hashlib.sha256(data).hexdigest() == sha256 else None


def why_unreadable(path: Path) -> OSError | None:
    """Return why a file cannot be read that is there, or may be; None if it can, or is gone."""
    try:
        # a pipe or a device that was put there may never end
        if stat.S_ISREG(path.stat().st_mode):
            path.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        # It, or a folder on its way, was put on another disk, which is not connected. Its error is
        # none of those that say that it is gone.
        ways = (path, *path.parents)
        is_away = any(os.path.islink(one) and not os.path.exists(one) for one in ways)  # noqa: PTH110, PTH114  raise nothing
        return OSError(errno.ENODEV, _AWAY, str(path)) if is_away else None
    except OSError as error:
        return error
    return None


def why_any_unreadable(paths: Iterable[Path]) -> str:
    """Return why one of some files cannot be read now, nothing where each can or is gone."""
    errors = filter(None, map(why_unreadable, paths))
    return next((error.strerror or type(error).__name__ for error in errors), "")


def small_copy_paths(picture: Path) -> list[Path]:
    """Return where the small copies of a picture's file are stored, if there are any."""
    return [_small_copy_path(picture, kind) for kind in get_args(SmallCopy)]


def _small_copy_path(picture: Path, kind: SmallCopy) -> Path:
    """Return where a small copy of a picture's file is stored: beside it, whatever its type."""
    return picture.with_suffix(f".{kind}")


def read_small_copy(picture: Path, sha256: str, kind: SmallCopy = "small") -> bytes | None:
    """Return a small copy of a picture; None if it has none that was made of the file as it is.

    Parameters
    ----------
    picture
        The picture's own file, of which nothing is read but its size and times.
    sha256
        The picture's digest.
    kind
        Which of its small copies.

    """
    path = _small_copy_path(picture, kind)
    try:
        if not path.is_file():  # a pipe or a device that was put there may never end
            return None
        with path.open("rb") as file:
            stored = file.read(_MOST_BYTES)
        seal = _seal(picture, sha256, stored[:-_SEAL_BYTES])
    except OSError:
        return None
    return stored[:-_SEAL_BYTES] if stored[-_SEAL_BYTES:] == seal else None


def store_small_copy(picture: Path, sha256: str, data: bytes, kind: SmallCopy = "small") -> None:
    """Store a small copy beside a picture's file, in place of another one.

    Parameters
    ----------
    picture, sha256, kind
        As for `read_small_copy`.
    data
        A picture file that ends by itself: what tells whether it is whole is written after it.

    Raises
    ------
    OSError
        It cannot be written, or there is no such picture; nothing of it is left behind.

    """
    path = _small_copy_path(picture, kind)
    # not synced: what a power cut leaves of it is made again
    _put(path, data + _seal(picture, sha256, data), synced=False)
    if not picture.exists():  # a pruning that looked for the copy just before has missed it
        path.unlink()


def _seal(picture: Path, sha256: str, data: bytes) -> bytes:
    """Return what changes with a small copy and with the file that it was made of.

    Raises
    ------
    OSError
        There is no such file.

    """
    found = picture.stat()
    if not stat.S_ISREG(found.st_mode):
        raise FileNotFoundError(picture)
    seen = f"{sha256} {found.st_size} {found.st_mtime_ns} ".encode()
    return hashlib.sha256(seen + data).digest()


def _put(path: Path, data: bytes, *, synced: bool) -> None:
    """Write a file under another name, then put it in its place."""
    part = path.with_name(f".{path.stem}.{secrets.token_hex(8)}.part")
    try:
        with open(part, "xb", opener=_private) as file:
            file.write(data)
            if synced:
                file.flush()
                os.fsync(file.fileno())
        if path.is_dir() and not path.is_symlink():
            path.rename(
                path.with_name(f".{path.stem}.{secrets.token_hex(8)}")
            )  # not ours to delete
        part.replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            part.unlink()
        raise


def _sync_folder(folder: Path) -> None:
    """Make the new name last through a power cut, where the platform can."""
    # Windows cannot open folders, and some network file systems cannot sync them.
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)

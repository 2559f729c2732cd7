"""Pictures as files in one folder, under names that cannot be guessed: a name serves as its key.

The sandbox has two of these, one for results and one for uploads; both are fetched without a key,
as the service's pictures are.
"""

from __future__ import annotations

import os
import re
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

# By magic bytes: the type of a file as it is, not as it is declared.
_SIGNATURES = (
    (re.compile(rb"\x89PNG\r\n\x1a\n"), "png"),
    (re.compile(rb"\xff\xd8\xff"), "jpg"),
    (re.compile(rb"RIFF....WEBP", re.DOTALL), "webp"),
)
MEDIA_TYPES = {"png": "image/png", "jpg": "image/jpeg", "webp": "image/webp"}
_NAME = re.compile(r"[0-9a-f]{32}\.(png|jpg|webp)")


def picture_type(content: bytes) -> str | None:
    """Return ``"png"``, ``"jpg"`` or ``"webp"`` by the first bytes, None for anything else."""
    return next((name for start, name in _SIGNATURES if start.match(content)), None)


@dataclass(frozen=True)
class PictureStore:
    """A folder of pictures.

    Parameters
    ----------
    folder
        Where they are; it must exist.

    """

    folder: Path

    def keep(self, content: bytes) -> str:
        """Write a picture and return its name.

        Raises
        ------
        ValueError
            If it is not a PNG, JPEG or WebP.
        OSError
            If it cannot be written.

        """
        kind = picture_type(content)
        if kind is None:
            raise ValueError("not a PNG, JPEG or WebP picture")
        name = f"{secrets.token_hex(16)}.{kind}"
        # Renamed when it is whole, so that half a picture is never served.
        part = self.folder / f"{name}.part"
        try:
            part.write_bytes(content)
            part.replace(self.folder / name)
        except OSError:
            part.unlink(missing_ok=True)
            raise
        return name

    def read(self, name: str) -> bytes | None:
        """Return a picture's bytes, None if there is none of that name."""
        try:
            return (self.folder / name).read_bytes() if _NAME.fullmatch(name) else None
        except FileNotFoundError:
            return None

    def delete(self, name: str) -> bool:
        """Delete a picture; tell whether it was there."""
        try:
            if _NAME.fullmatch(name):
                (self.folder / name).unlink()
                return True
        except FileNotFoundError:
            pass
        return False

    def prune(self, before: float) -> None:
        """Delete what was written before a time in unix seconds."""
        for entry in os.scandir(self.folder):
            if entry.stat(follow_symlinks=False).st_mtime < before:
                os.unlink(entry.path)  # noqa: PTH108 - scandir gives paths as text

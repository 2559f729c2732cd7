"""Files on their way from a browser, piece by piece, because a socket takes no 60 MB at once."""

from __future__ import annotations

import threading
from typing import Any, Self, TypeGuard

from lumen_widgets.core.pictures.decoding import MAX_BYTES
from lumen_widgets.notebook.cell import shortened

# the most that one message may bring; the browser sends 1 MiB, and jupyter-server stops at 10
_LARGEST_CHUNK = 4 * 1024 * 1024
# files that one form takes in at the same time: more is no person
_MOST_AT_ONCE = 8
# what of a name is worth showing
_NAME_LENGTH = 120
_ID_LENGTH = 64


class PictureFile(bytes):
    """The bytes of a file that came from a browser, with the name that it had there."""

    name: str

    def __new__(cls, data: bytes | bytearray, name: str) -> Self:
        """Return `data` as bytes that know their name."""
        made = super().__new__(cls, data)
        made.name = name
        return made

    def __repr__(self) -> str:
        """Say name and length: a repr with the bytes themselves would fill a cell."""
        return f"<{self.name}, {len(self)} bytes>"


class UploadRefused(Exception):
    """A piece that is not taken; the text says why, to the person who sent it."""


class Uploads:
    """The files that are not whole yet."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._files: dict[str, bytearray] = {}
        # those that are: a piece that arrives twice is no second picture
        self._whole: set[str] = set()

    def take(self, chunk: dict[str, Any], buffers: list[Any]) -> tuple[int, PictureFile | None]:
        """Add a piece; return how many bytes are here, and the file when it becomes whole.

        A piece that arrives again adds nothing.

        Raises
        ------
        UploadRefused
            The piece fits nothing, or the file is larger than a picture may be.

        """
        upload, name = chunk.get("upload"), chunk.get("name")
        size, start = chunk.get("size"), chunk.get("start")
        if not (isinstance(upload, str) and len(upload) <= _ID_LENGTH and isinstance(name, str)):
            raise UploadRefused("The file has no name.")
        if not (_is_count(size) and _is_count(start) and len(buffers) == 1):
            raise UploadRefused("A piece of the file is missing.")
        data = bytes(buffers[0])
        if size > MAX_BYTES:
            raise UploadRefused(f"The file is larger than {MAX_BYTES // 1024**2} MiB.")
        with self._lock:
            if upload in self._whole:
                return size, None
            known = len(self._files.get(upload, b""))
            if start < known and start + len(data) <= known:
                return known, None
            here = self._begun(upload) if start == 0 else self._files.get(upload)
            if here is None or len(here) != start or len(data) > _LARGEST_CHUNK:
                self._files.pop(upload, None)
                raise UploadRefused("The file did not arrive whole. Add it again.")
            here += data
            if len(here) < size and data:
                return len(here), None
            del self._files[upload]
            if len(here) == size:
                self._whole.add(upload)
        if len(here) != size:
            raise UploadRefused("The file did not arrive whole. Add it again.")
        return size, PictureFile(here, shortened(name, _NAME_LENGTH) or "picture")

    def _begun(self, upload: str) -> bytearray | None:
        """Begin a file, unless too many others are on their way."""
        if len(self._files.keys() - {upload}) >= _MOST_AT_ONCE:
            return self._files.get(upload)
        return self._files.setdefault(upload, bytearray())


def _is_count(value: object) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0

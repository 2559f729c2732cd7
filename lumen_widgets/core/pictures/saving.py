"""A file that is written as a whole: either the new one is there, or the old one still is."""

from __future__ import annotations

import contextlib
import secrets
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def write_file(path: Path, data: bytes, *, follow: bool = True) -> None:
    """Write `data` beside `path`, then put it in its place.

    Parameters
    ----------
    path, data
        The file, and what it holds from then on.
    follow
        Whether a link at `path` is followed; otherwise the file takes the link's place.

    Raises
    ------
    OSError
        It cannot be written; a file that was there before is untouched.

    """
    if follow:
        path = path.resolve()
    part = path.with_name(f".{secrets.token_hex(8)}.part")
    try:
        # Not `tempfile`, whose files nobody else may read: this one is the user's own to share.
        with part.open("xb") as file:
            file.write(data)
        part.replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            part.unlink()
        raise

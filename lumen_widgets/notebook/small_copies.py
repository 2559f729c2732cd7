"""The small copies of kept pictures, which lie beside their files, so that a list need decode none.

They are made where a picture is shown: with it, while its pixels are still here, or by the first
list or gallery that it is in. One that cannot be stored is shown all the same.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, get_args

from lumen_widgets.client import LumenClient, LumenError
from lumen_widgets.client.history.account_journal import read_stored_picture, shown_picture
from lumen_widgets.core.log import Log
from lumen_widgets.core.pictures.decoding import UnreadablePicture
from lumen_widgets.core.pictures.picture import thumbnail
from lumen_widgets.journal.picture_files import (
    SmallCopy,
    picture_path,
    read_small_copy,
    store_small_copy,
)
from lumen_widgets.notebook.worker import Worker

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from lumen_widgets.client import Picture
    from lumen_widgets.journal import JournalRow, KeptPicture, StoredPicture

# px of the longer side: a phone shows a row's beside the text, four tiles fit a notebook's width
_SIDES: dict[SmallCopy, int] = {"small": 72, "tile": 320}

_log = Log(__name__)
_worker = Worker("lumen-small-copies", "no small copy of a picture was made")


def small_copy(row: JournalRow, stored: StoredPicture) -> bytes | None:
    """Return one of a row's pictures in small, as the user got it.

    None if its file is not there or was changed.
    """
    shown = row.shown(stored)
    found = read_small_copy(shown.path, shown.sha256)
    if found is not None:
        return found
    picture = read_stored_picture(row, stored)
    try:
        if picture is None:
            return None
        picture = shown_picture(row, picture)
        path = shown.path if picture.sha256 == shown.sha256 else stored.path
        return _make(picture, path, "small")
    except (LumenError, UnreadablePicture, OSError, ValueError):
        return None  # another file in the place of a picture must not cost the whole list


def tile(picture: Picture) -> bytes:
    """Return a picture as a gallery's tile: a JPEG, or a PNG, of at most 320 px.

    Raises
    ------
    UnreadablePicture, OSError, ValueError
        As decoding it does.

    """
    path = _file_of(picture)
    if path is None:
        return thumbnail(picture, _SIDES["tile"])[0]
    found = read_small_copy(path, picture.sha256, "tile")
    return _make(picture, path, "tile") if found is None else found


def kept_tile(kept: KeptPicture, read: Callable[[], Picture]) -> bytes:
    """Return the tile of a picture of a journal, whose tasks may be of no client here.

    Parameters
    ----------
    kept
        What the journal says of it.
    read
        Returns the picture itself, where there is no tile yet.

    Raises
    ------
    LumenError, UnreadablePicture, OSError, ValueError
        As `read` and decoding do.

    """
    found = read_small_copy(kept.path, kept.sha256, "tile")
    return _make(read(), kept.path, "tile") if found is None else found


def keep_small_copy(picture: Picture) -> None:
    """Have small copies laid beside the file of a picture that is being shown; takes no time."""
    path = _file_of(picture)
    if path is not None:
        _worker.run_soon(partial(_keep, picture, path))


def _file_of(picture: Picture) -> Path | None:
    """Return where the journal of a picture's task has its file, if it is to have one."""
    client = None if picture.task is None else LumenClient.of(picture.task)
    if client is None or client.journal is None:
        return None
    return picture_path(client.journal.home, picture.sha256, picture.media_type)


def _keep(picture: Picture, path: Path) -> None:
    for kind in get_args(SmallCopy):
        if path.is_file() and read_small_copy(path, picture.sha256, kind) is None:
            _make(picture, path, kind)


def _make(picture: Picture, path: Path, kind: SmallCopy) -> bytes:
    data, _ = thumbnail(picture, _SIDES[kind])
    try:
        store_small_copy(path, picture.sha256, data, kind)
    except OSError as error:
        _log.debug("No small copy was stored beside a picture: %s", error)
    return data

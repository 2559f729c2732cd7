"""The small copies of kept pictures, which lie beside their files, so that a list need decode none.

They are made where a picture is shown: with it, while its pixels are still here, or by the first
list that it is in. One that cannot be stored is shown all the same.
"""

from __future__ import annotations

import logging
from functools import partial
from typing import TYPE_CHECKING

from lumen_widgets.client import LumenClient, LumenError
from lumen_widgets.client.history.account_journal import read_stored_picture, shown_picture
from lumen_widgets.core.pictures.decoding import UnreadablePicture
from lumen_widgets.core.pictures.picture import thumbnail
from lumen_widgets.journal.picture_files import picture_path, read_small_copy, store_small_copy
from lumen_widgets.notebook.worker import Worker

if TYPE_CHECKING:
    from pathlib import Path

    from lumen_widgets.client import Picture
    from lumen_widgets.journal import JournalRow, StoredPicture

# px of the longer side: a phone shows one beside the text
_SIDE = 72

_log = logging.getLogger(__name__)
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
        return _make(picture, shown.path if picture.sha256 == shown.sha256 else stored.path)
    except (LumenError, UnreadablePicture, OSError, ValueError):
        return None  # another file in the place of a picture must not cost the whole list


def keep_small_copy(picture: Picture) -> None:
    """Have a small copy laid beside the file of a picture that is being shown; takes no time."""
    client = None if picture.task is None else LumenClient.of(picture.task)
    if client is not None and client.journal is not None:
        home = client.journal.home
        _worker.run_soon(partial(_keep, picture, home))


def _keep(picture: Picture, home: Path) -> None:
    path = picture_path(home, picture.sha256, picture.media_type)
    if path.is_file() and read_small_copy(path, picture.sha256) is None:
        _make(picture, path)


def _make(picture: Picture, path: Path) -> bytes:
    data, _ = thumbnail(picture, _SIDE)
    try:
        store_small_copy(path, picture.sha256, data)
    except OSError as error:
        _log.debug("No small copy was stored beside a picture: %s", error)
    return data

"""Pictures of the journal as pictures of a notebook, and what was asked for to have them."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from lumen_widgets.client import JournalError, LumenClient, Picture
from lumen_widgets.client.history.account_journal import (
    read_shown_picture,
    request_of,
)
from lumen_widgets.client.live_tasks import known
from lumen_widgets.journal import (
    DerivedPicture,
    Forgotten,
    Journal,
    KeptPicture,
    PictureKey,
    PictureSearch,
    Refusal,
    StoredPicture,
)
from lumen_widgets.notebook.current_journal import ask_journal

if TYPE_CHECKING:
    from lumen_widgets.client import Request, Task
    from lumen_widgets.journal import JournalRow

# also the journal's own types, for files that may not import it
__all__ = [
    "DerivedPicture",
    "Forgotten",
    "Journal",
    "KeptPicture",
    "PictureKey",
    "PictureSearch",
    "Refusal",
    "StoredPicture",
    "held_task",
    "picture_of",
    "request_of_picture",
]


def picture_of(journal: Journal, key: PictureKey) -> Picture:
    """Return a picture of the journal, as the client gave it.

    It is the very picture of its task where that is held here. Its ``task`` is None where no client
    here submitted it or took it up.

    Parameters
    ----------
    journal
        The journal.
    key
        Which picture: the number of its row, and its place among the row's.

    Raises
    ------
    JournalError
        The journal cannot be read, has the picture no more, or its file is not on this disk as it
        was.

    Examples
    --------
    >>> picture_of(journal, journal.find_by_sha256(sha256)[0]).save("again.png")  # doctest: +SKIP

    """
    row_number, index = key
    rows = ask_journal(lambda: journal.rows_by_number([row_number]))
    kept = [one for row in rows for one in row.pictures if one.index == index]
    if not kept:
        raise JournalError(
            "The journal does not have this picture any more.",
            next_step="It was forgotten or pruned; what you saved of it is untouched.",
        )
    (row,), (stored,) = rows, kept
    shown = row.shown(stored)
    task = held_task(row)
    if task is not None:
        for picture in task.pictures:
            if picture.index == index and picture.sha256 == shown.sha256:
                return picture
    found = read_shown_picture(row, stored, task)
    if found is None:
        raise JournalError(
            "The file of this picture is not on this disk, or was changed.",
            next_step="client.task(id).wait() fetches it again, while the service still has it.",
            task_id=row.task_id,
        )
    return found


def request_of_picture(picture: Picture | str, journal: Journal | None) -> Request | None:
    """Return what was asked for to have a picture, None where that is not known.

    Parameters
    ----------
    picture
        A picture, or the hex digest of its file, as it is shown or as it came.
    journal
        Where to look for a picture whose task is not here; None is nowhere. Of several tasks that
        made the same picture the newest one counts.

    Raises
    ------
    JournalError
        The journal cannot be read.

    Examples
    --------
    >>> request_of_picture(picture, journal).prompt  # doctest: +SKIP
    'a cute cat'

    """
    if isinstance(picture, Picture):
        if picture.task is not None and picture.task.request.body:
            request: Request = picture.task.request
            return request
        digests = [picture.sha256, picture.raw.sha256]
    else:
        digests = [picture]
    if journal is None:
        return None
    for digest in dict.fromkeys(digests):
        keys = ask_journal(partial(journal.find_by_sha256, digest))
        numbers = list(dict.fromkeys(row_number for row_number, _ in keys))
        for row in ask_journal(partial(journal.rows_by_number, numbers)):
            if row.body:  # else only the id of its task is known
                return request_of(row)
    return None


def held_task(row: JournalRow) -> Task | None:
    """Return the task of a row, where a client here submitted it or took it up.

    Examples
    --------
    >>> held_task(journal.rows()[0])  # doctest: +SKIP
    <Task a1b2c3 succeeded>

    """
    for task in known():
        client = LumenClient.of(task)
        if (
            client is not None
            and (task.id, client.base_url, client.fingerprint)
            == (row.task_id, row.origin, row.account)
            # a server of one's own may have given its id again since
            and task.correlation_id in {None, row.correlation_id}
        ):
            return task
    return None

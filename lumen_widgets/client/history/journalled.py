"""Tasks as the journal has them: found there, written down by their ids, and brought back."""

from __future__ import annotations

import hashlib
import logging
import time
import weakref
from typing import TYPE_CHECKING

from lumen_widgets.client.spending import reservations
from lumen_widgets.core.answers import CANCELLED, FAILED, SUCCEEDED, failure_of
from lumen_widgets.core.errors import JournalError
from lumen_widgets.core.models import ENDPOINTS, GENERATE
from lumen_widgets.core.pictures.picture import Picture
from lumen_widgets.core.request import Request
from lumen_widgets.core.task import Task
from lumen_widgets.journal import JournalUnwritable

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lumen_widgets.client.client import LumenClient
    from lumen_widgets.core.http.keys import Key
    from lumen_widgets.journal import Journal, JournalRow, KeptPicture

_log = logging.getLogger("lumen_widgets")

# Seconds in which a broken journal is not complained of again: a thousand tasks would bury
# everything else.
_QUIET = 300.0

# When each journal was last complained of, as `time.monotonic` counts.
_warned: weakref.WeakKeyDictionary[Journal, float] = weakref.WeakKeyDictionary()


def find(journal: Journal | None, key: Key, task_id: str) -> JournalRow | None:
    """Return the row of a task, None without one or without a journal that can be read."""
    if journal is None:
        return None
    try:
        return journal.find(origin=key.origin.url, account=key.fingerprint, task_id=task_id)
    except JournalUnwritable as error:
        # The service knows the task too: a broken journal does not stand in the way.
        _log.warning("The journal cannot be asked for %s: %s", task_id, error)
        return None


def adopt(journal: Journal | None, key: Key, task: Task) -> int | None:
    """Return the row of a task that is followed here from now on, None if it has none."""
    if journal is None:
        return None
    try:
        return journal.adopt(
            origin=key.origin.url,
            account=key.fingerprint,
            task_id=task.id,
            status=task.status,
        )
    except JournalUnwritable as error:
        _log.warning("The journal does not know who follows %s: %s", task.id, error)
        return None


def missed(journal: Journal, what: str, error: Exception) -> None:
    """Say what the journal could not take down, once for a disk that is in trouble, not for each.

    The task is paid and goes on; what arrives is in memory.
    """
    now = time.monotonic()
    again = now - _warned.get(journal, -_QUIET) < _QUIET
    if not again:
        _warned[journal] = now
    _log.log(
        logging.DEBUG if again else logging.WARNING,
        "%s: %s Tasks go on and their pictures still arrive, but only in memory: save() them. "
        "What else is missed in the next minutes is not said again.",
        what,
        error,
    )


def record(
    journal: Journal | None,
    row: int | None,
    task: Task,
    status: str,
    *,
    error: Mapping[str, str] | None = None,
    seconds: float | None = None,
) -> None:
    """Write down what the service last said of a task; see `Journal.record`."""
    if journal is None or row is None:
        return
    try:
        journal.record(row, status=status, error=error, seconds=seconds)
    except JournalUnwritable as unwritable:
        missed(journal, f"The journal misses that {task.id} is {status}", unwritable)


def attend(journal: Journal | None) -> None:
    """Tell the journal that this process follows tasks, so that no other takes them over."""
    if journal is not None:
        try:
            journal.attend()
        except JournalUnwritable as error:
            _log.debug("The journal does not hear that tasks are followed: %s", error)


def restored(row: JournalRow, client: LumenClient) -> Task | None:
    """Return a task that needs no network any more, or None."""
    task = Task(
        row.task_id or "",
        client=client,
        status=row.state,
        request=request_of(row),
        created=row.created,
        submitted=row.submitted,
        age=None,
    )
    # another process may have seen its end
    reservations.hear(row.origin, task.id, row.state)
    if row.state in {FAILED, CANCELLED}:
        task._finish(failure_of(task.id, row.state, dict(row.error or {})), seconds=row.seconds)
        return task
    if row.state != SUCCEEDED:
        return None
    pictures = kept_pictures(row, task)
    if pictures is None:
        return None
    task._hold(pictures)
    task._finish(seconds=row.seconds)
    return task


def kept_pictures(row: JournalRow, task: Task | None = None) -> list[Picture] | None:
    """Return a task's pictures from disk, or None if one is missing or is not what it was."""
    if [kept.index for kept in row.pictures] != list(range(len(row.pictures))):
        return None
    if len(row.pictures) < row.wanted:
        return None
    read = (read_kept(row, kept, task) for kept in row.pictures)
    pictures = [picture for picture in read if picture is not None]
    return pictures if len(pictures) == len(row.pictures) else None


def read_kept(row: JournalRow, kept: KeptPicture, task: Task | None = None) -> Picture | None:
    """Return one of a task's pictures from disk, or None if it is not there or not what it was."""
    try:
        data = kept.path.read_bytes()
    except OSError:
        return None
    if hashlib.sha256(data).hexdigest() != kept.sha256:
        return None
    return Picture(
        data,
        media_type=kept.media_type,
        width=kept.width,
        height=kept.height,
        sha256=kept.sha256,
        index=kept.index,
        count=len(row.pictures),
        prompt=request_of(row).prompt or None,
        task=task,
    )


def request_of(row: JournalRow | None) -> Request:
    """Return what was asked for, which is nothing where a task is known by its id alone."""
    if row is None:
        return Request(GENERATE, {})
    endpoint = next((one for one in ENDPOINTS if one == row.endpoint), GENERATE)
    return Request(endpoint, dict(row.body))


def unreadable(error: JournalUnwritable, what: str) -> JournalError:
    """Return the error of a call that only the journal can answer.

    Parameters
    ----------
    error
        What the journal said.
    what
        What could not be done for it, as a whole sentence.

    """
    return JournalError(f"{what} {error.message}", next_step=error.next_step)

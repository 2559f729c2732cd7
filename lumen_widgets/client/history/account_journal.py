"""The journal of one account: its rows as tasks, pictures and requests."""

from __future__ import annotations

import hashlib
import logging
import os
import weakref
from typing import TYPE_CHECKING, Protocol, TypeAlias

from lumen_widgets.core.answers import CANCELLED, FAILED, SUCCEEDED, failure_of
from lumen_widgets.core.errors import InvalidRequest, JournalError
from lumen_widgets.core.models import ENDPOINTS, GENERATE
from lumen_widgets.core.pictures.picture import Picture
from lumen_widgets.core.request import Request
from lumen_widgets.core.task import Task, TaskState
from lumen_widgets.journal import Journal, JournalUnusable
from lumen_widgets.journal import JournalRow as JournalRow  # noqa: PLC0414 -- for files that may not import the journal

if TYPE_CHECKING:
    from collections.abc import Callable

    from lumen_widgets.core.polling.poller import TaskPoller
    from lumen_widgets.journal import StoredPicture


_log = logging.getLogger("lumen_widgets")

# What a client accepts as its journal.
JournalSource: TypeAlias = str | os.PathLike[str] | Journal | bool | None


class AccountTasks(Protocol):
    """The tasks of one account that this process holds, as far as this folder uses them."""

    def get(self, task_id: str | None) -> Task | None:
        """Return a task that is held already."""

    def take_up(self, task_id: str) -> Task:
        """Return a task by its id."""

    def restore(self, row: JournalRow) -> Task | None:
        """Return a task from its row, if it needs no network any more."""

    def create_poller(self, row: JournalRow | None, task_id: str) -> TaskPoller:
        """Return the poller of a task that was submitted earlier, not started yet."""

    def add(self, task: Task) -> Task:
        """Hold a task."""


def open_journal(journal: object) -> Journal | None:
    """Return the journal that was asked for: None is the user's own, False is none.

    Raises
    ------
    InvalidRequest
        If it is neither of these, nor a path, nor a `Journal`.

    """
    if journal is False:
        return None
    if isinstance(journal, Journal):
        return journal
    if journal is None or isinstance(journal, str | os.PathLike):
        return Journal(journal)
    raise InvalidRequest(
        "journal is neither a folder nor False.",
        next_step="Pass a path, False for no journal, or None for the user's own.",
        field="journal",
    )


class AccountJournal:
    """The journal's rows of one account.

    Parameters
    ----------
    journal
        None where nothing is written down.
    origin
        The service's address.
    account
        The key's fingerprint; never the key.

    Attributes
    ----------
    submitted : weakref.WeakValueDictionary
        By the numbers of their rows, the tasks that were submitted from here: also those whose
        answer could not be written down.

    """

    def __init__(self, journal: Journal | None, origin: str, account: str) -> None:
        self.journal = journal
        self.origin = origin
        self.account = account
        self.submitted: weakref.WeakValueDictionary[int, Task] = weakref.WeakValueDictionary()

    def find(self, task_id: str) -> JournalRow | None:
        """Return the row of a task, None without one or without a journal that can be read."""
        if self.journal is None:
            return None
        try:
            return self.journal.find(origin=self.origin, account=self.account, task_id=task_id)
        except JournalUnusable as error:
            # The service knows the task too: a broken journal does not stand in the way.
            _log.warning("The journal cannot be asked for %s: %s", task_id, error)
            return None

    def durations(self, request: Request) -> list[float]:
        """Return how long the newest like tasks took, in seconds; nothing if that is not known."""
        if self.journal is None:
            return []
        try:
            return self.journal.durations(
                origin=self.origin, endpoint=request.endpoint, body=request.body
            )
        except (JournalUnusable, TypeError, ValueError) as error:
            _log.debug("The journal cannot be asked how long tasks take: %s", error)
            return []


def restore_task(row: JournalRow, cost: Callable[[Request], float | None]) -> Task | None:
    """Return a task that needs no network any more, or None; `cost` is as for `TaskState`."""
    state = TaskState(
        row.task_id or "",
        request_of(row),
        origin=row.origin,
        status=row.state,
        created=row.created,
        submitted=row.submitted,
        age=None,
        cost=cost,
    )
    task = Task(state)
    if row.state in {FAILED, CANCELLED}:
        state.finish(failure_of(task.id, row.state, dict(row.error or {})), seconds=row.seconds)
        return task
    pictures = stored_pictures(row, task) if row.state == SUCCEEDED else None
    if pictures is None:
        return None
    state.set_pictures(pictures)
    state.finish(seconds=row.seconds)
    return task


def stored_pictures(row: JournalRow, task: Task | None = None) -> list[Picture] | None:
    """Return a task's pictures from disk, or None if one is missing or was changed."""
    if [stored.index for stored in row.pictures] != list(range(len(row.pictures))):
        return None
    if len(row.pictures) < row.picture_count:
        return None
    read = (read_stored_picture(row, stored, task) for stored in row.pictures)
    pictures = [picture for picture in read if picture is not None]
    return pictures if len(pictures) == len(row.pictures) else None


def read_stored_picture(
    row: JournalRow, stored: StoredPicture, task: Task | None = None
) -> Picture | None:
    """Return one of a task's pictures from disk, or None if it is missing or was changed."""
    try:
        data = stored.path.read_bytes()
    except OSError:
        return None
    if hashlib.sha256(data).hexdigest() != stored.sha256:
        return None
    return Picture(
        data,
        media_type=stored.media_type,
        width=stored.width,
        height=stored.height,
        sha256=stored.sha256,
        index=stored.index,
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


def journal_error(error: JournalUnusable, what: str) -> JournalError:
    """Return the error of a call that only the journal can answer.

    Parameters
    ----------
    error
        What the journal said.
    what
        What could not be done for it, as a whole sentence.

    """
    return JournalError(f"{what} {error.message}", next_step=error.next_step)

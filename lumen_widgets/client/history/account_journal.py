"""The journal of one account: its rows as tasks, pictures and requests."""

from __future__ import annotations

import os
import threading
import time
import weakref
from collections import deque
from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple, Protocol, TypeAlias

from lumen_widgets.core.answers import CANCELLED, FAILED, SUCCEEDED, failure_of
from lumen_widgets.core.errors import InvalidRequest, JournalError
from lumen_widgets.core.log import Log
from lumen_widgets.core.models import ENDPOINTS, GENERATE
from lumen_widgets.core.pictures.downloads import FetchedPicture
from lumen_widgets.core.pictures.picture import Picture
from lumen_widgets.core.polling.scheduler import start_thread
from lumen_widgets.core.provenance import provenance_of
from lumen_widgets.core.recipe import Recipe
from lumen_widgets.core.request import Request
from lumen_widgets.core.signal import forked
from lumen_widgets.core.task import Task, TaskState
from lumen_widgets.journal import AlreadySent, DerivedPicture, Journal, JournalUnusable, RowLost
from lumen_widgets.journal import JournalRow as JournalRow  # noqa: PLC0414 -- for files that may not import the journal
from lumen_widgets.journal.picture_files import read_file

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from lumen_widgets.core.call import Call
    from lumen_widgets.core.polling.poller import TaskPoller
    from lumen_widgets.journal import StoredPicture


_log = Log()

# What a client accepts as its journal.
JournalSource: TypeAlias = str | os.PathLike[str] | Journal | bool | None

# Seconds that a note may wait for another program: finished pictures wait with it.
PATIENCE = 1.0

# Seconds for which a note is tried again, and between two tries where each fails at once, as on a
# full disk. Pictures are among them: a journal that stays broken must not fill the memory.
_LONGEST = 600.0
_INTERVAL = 1.0

# Seconds after which no more notes are tried as the interpreter exits.
_LONGEST_EXIT = 5.0


class AccountTasks(Protocol):
    """The tasks of one account that this process holds, as far as this folder uses them."""

    def get(self, task_id: str | None) -> Task | None:
        """Return a task that is held already."""

    def claim(self, task_id: str) -> bool:
        """Say whether no unfinished task here has an id, and keep it for the submit that asks."""

    def take_up(self, task_id: str) -> Task:
        """Return a task by its id."""

    def take_up_row(self, row: JournalRow) -> Task:
        """Return the task of a row, though its id may be another one's by now."""

    def restore(self, row: JournalRow, *, as_shown: bool = False) -> Task | None:
        """Return a task from its row, if it needs no network any more; see `restore_task`."""

    def hold(self, task: Task, row: JournalRow) -> Task:
        """Hold a task that was restored from its row."""

    def create_poller(self, row: JournalRow | None, task_id: str) -> TaskPoller:
        """Return the poller of a task that was submitted earlier, not started yet."""

    def add(self, task: Task) -> Task:
        """Hold a task."""


def open_journal(journal: object) -> Journal | None:
    """Return the journal that was asked for: None is the user's own, False is none.

    Raises
    ------
    InvalidRequest
        If it is neither of these, nor a folder's path, nor a `Journal`.
    JournalError
        If ``LUMEN_HOME`` is no folder's path.

    """
    if journal is False:
        return None
    if isinstance(journal, Journal):
        return journal
    if journal is None or isinstance(journal, str | os.PathLike):
        try:
            return Journal(journal)
        except JournalUnusable as error:
            if journal is None:
                raise journal_error(error, "Nothing could be written down.") from None
            raise InvalidRequest(
                error.message, next_step=error.next_step, field="journal"
            ) from None
    raise InvalidRequest(
        "journal is neither a folder nor False.",
        next_step="Pass a path, False for no journal, or None for the user's own.",
        field="journal",
    )


class _Note(NamedTuple):
    write: Callable[[Journal], object]
    deadline: float
    row_number: int | None


class JournalNotes:
    """Writes notes into one journal; one that cannot be written is tried again.

    Those of one row are written in their order. Where one of them fails, as a picture for which the
    disk has no room, those of other rows are not kept back: a paid task's id may be among them.

    Parameters
    ----------
    journal
        The journal.

    Attributes
    ----------
    quick : Journal
        The same journal, for what must not wait long for another program.

    """

    _is_writing: bool

    def __init__(self, journal: Journal) -> None:
        self.quick = journal.with_patience(PATIENCE)
        self._journal = journal
        self._late: deque[_Note] = deque()
        # no thread outlives the interpreter, and a task's id may be among them
        weakref.finalize(self, _write_at_exit, journal, self._late)
        self._begin_anew()
        forked.connect_method(self._begin_anew)

    def write(self, note: Callable[[Journal], object], row_number: int | None = None) -> None:
        """Write a note of a row at once, or as soon as the journal can be written.

        Raises
        ------
        JournalUnusable
            It could not be written by now, and is tried again; or the row is lost, and it is not.

        """
        with self._lock:
            behind = bool(self._late)
        if behind:
            self.write_later(note, row_number)
            return
        try:
            note(self.quick)
        except RowLost:
            raise
        except JournalUnusable:
            self.write_later(note, row_number)
            raise

    def write_later(self, note: Callable[[Journal], object], row_number: int | None = None) -> None:
        """Have a note of a row written as soon as the journal can be, after those of it that wait.

        Where no thread can be started, they wait for the next note, or for the interpreter's exit.
        """
        with self._lock:
            now = time.monotonic()
            while not self._is_writing and self._late and self._late[0].deadline < now:
                self._late.popleft()
            self._late.append(_Note(note, now + _LONGEST, row_number))
            if self._is_writing:
                return
            # until a thread of its own holds it, which Ctrl-C may keep from being known here
            _without_thread.add(self)
        with suppress(RuntimeError):
            start_thread(self._run, "lumen-journal", "what was learnt of a task")

    def _run(self) -> None:
        with self._lock:
            # one at a time, however many were started: each note is written and taken out once
            if self._is_writing:
                return
            self._is_writing = True
        _without_thread.discard(self)
        while True:
            with self._lock:
                waiting = list(self._late)
                if not waiting:
                    self._is_writing = False
                    return
            if self._write_each(waiting):
                time.sleep(_INTERVAL)

    def _write_each(self, notes: Iterable[_Note]) -> set[int | None]:
        """Write notes; return the rows of those that are to be tried again."""
        failed: set[int | None] = set()
        for note in notes:
            if note.row_number in failed:
                continue
            try:
                note.write(self._journal)
            except JournalUnusable as error:
                if not isinstance(error, RowLost) and time.monotonic() < note.deadline:
                    failed.add(note.row_number)
                    continue
                _log.warning("Something that was learnt of a task is not in the journal: %s", error)
            except Exception:  # noqa: BLE001 -- a bug must not keep the other notes
                _log.exception("A note could not be written into the journal.")
            with self._lock:
                self._late.remove(note)
        return failed

    def _begin_anew(self, _: None = None) -> None:
        """Leave the notes of a parent to it."""
        self._lock = threading.RLock()
        self._late.clear()
        self._is_writing = False


# Those whose notes wait and have no thread that holds them.
_without_thread: set[JournalNotes] = set()


def _write_at_exit(journal: Journal, notes: Iterable[_Note]) -> None:
    """Try notes that wait once more, as the interpreter exits."""
    give_up = time.monotonic() + _LONGEST_EXIT
    failed: set[int | None] = set()
    for note in list(notes):
        if note.row_number in failed:
            continue
        try:
            note.write(journal)
        except RowLost:
            continue
        except JournalUnusable as error:
            # each that waits is of a trouble that was warned of when it began
            _log.debug("Something that was learnt of a task is not in the journal: %s", error)
            if time.monotonic() >= give_up:
                return
            failed.add(note.row_number)


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
    notes : JournalNotes or None
        Writes what is learnt of tasks into it.
    submitted : weakref.WeakValueDictionary
        By the numbers of their rows, the tasks that were submitted from here: also those whose
        answer could not be written down.

    """

    def __init__(self, journal: Journal | None, origin: str, account: str) -> None:
        self.journal = journal
        self.notes = None if journal is None else JournalNotes(journal)
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

    def has_unfinished(self, task_id: str) -> bool:
        """Say whether the journal has a task of which more may come, as far as it can be read."""
        if self.notes is None:
            return False
        try:
            found = self.notes.quick.find(origin=self.origin, account=self.account, task_id=task_id)
        except JournalUnusable as error:
            _log.debug("The journal cannot be asked for %s: %s", task_id, error)
            return False
        return found is not None and not found.is_final

    def keep_given(self, task: Task, call: Call, correlation_id: str | None) -> None:
        """Write down a task that no service was asked for, complete; one that is there stays so.

        Where the journal cannot be written, that is a warning: it can be given again.

        Parameters
        ----------
        task, call
            The task, and what asked for it.
        correlation_id
            What the task is to be found by if the same call comes again; None for not at all.

        """
        if self.notes is None:
            return
        pictures = task.pictures
        made = {
            one.index: (_file_of(one), {"changed_outside": one.changed_outside, "note": one.note})
            for one in pictures
            if one.raw is not one or one.changed_outside is not None or one.note
        }
        try:
            self.notes.quick.insert_given(
                origin=self.origin,
                account=self.account,
                endpoint=task.request.endpoint,
                body=task.request.body,
                task_id=task.id,
                pictures=[_file_of(one.raw) for one in pictures],
                made=made,
                digest=call.digest,
                correlation_id=correlation_id,
                recipe=task.request.recipe,
                made_from=call.made_from,
            )
        except AlreadySent:
            _log.debug("A call of this correlation id is in the journal already.")
        except (JournalUnusable, ValueError) as error:
            _log.warning("The history misses %s: %s", task.id, error)

    def durations(self, request: Request) -> list[float]:
        """Return how long the newest like tasks took, in seconds; nothing if that is not known."""
        if self.notes is None:
            return []
        try:
            return self.notes.quick.durations(
                origin=self.origin, endpoint=request.endpoint, body=request.body
            )
        except (JournalUnusable, TypeError, ValueError) as error:
            _log.debug("The journal cannot be asked how long tasks take: %s", error)
            return []


def _file_of(picture: Picture) -> FetchedPicture:
    return FetchedPicture(
        picture.bytes, picture.media_type, picture.width, picture.height, picture.sha256
    )


def restore_task(
    row: JournalRow,
    cost: Callable[[Request], float | None],
    derive: Callable[[Picture], Picture],
    *,
    as_shown: bool = False,
) -> Task | None:
    """Return a task that needs no network any more, or None.

    Parameters
    ----------
    row
        Its row.
    cost
        As for `TaskState`.
    derive
        Returns what the user gets in place of a picture that came.
    as_shown
        Whether it is enough that what was made of the pictures is here, without those.

    """
    state = TaskState(
        row.task_id or "",
        request_of(row),
        origin=row.origin,
        status=row.state,
        created=row.created,
        submitted=row.submitted,
        age=None,
        cost=cost,
        correlation_id=row.correlation_id,
    )
    task = Task(state)
    if row.state in {FAILED, CANCELLED}:
        state.finish(failure_of(task.id, row.state, dict(row.error or {})), seconds=row.seconds)
        return task
    read = _shown_pictures if as_shown else stored_pictures
    pictures = read(row, task) if row.state == SUCCEEDED else None
    if pictures is None:
        return None
    state.set_pictures(pictures if as_shown else [derive(picture) for picture in pictures])
    state.finish(seconds=row.seconds)
    return task


def stored_pictures(row: JournalRow, task: Task | None = None) -> list[Picture] | None:
    """Return a task's pictures from disk, or None if one is missing or was changed."""
    return _all_pictures(row, (read_stored_picture(row, one, task) for one in row.pictures))


def _shown_pictures(row: JournalRow, task: Task) -> list[Picture] | None:
    """Return a task's pictures from disk as the user gets them, or None if one is missing."""
    return _all_pictures(row, (read_shown_picture(row, one, task) for one in row.pictures))


def _all_pictures(row: JournalRow, read: Iterable[Picture | None]) -> list[Picture] | None:
    """Return what was read of a task's pictures, or None if that is not all of them."""
    if [stored.index for stored in row.pictures] != list(range(len(row.pictures))):
        return None
    if len(row.pictures) < row.picture_count:
        return None
    pictures = [picture for picture in read if picture is not None]
    return pictures if len(pictures) == len(row.pictures) else None


def read_stored_picture(
    row: JournalRow, stored: StoredPicture | DerivedPicture, task: Task | None = None
) -> Picture | None:
    """Return one of a task's pictures from disk, or None if it is missing or was changed."""
    data = read_file(stored.path, stored.sha256)
    if data is None:
        return None
    request = request_of(row)
    return Picture(
        data,
        media_type=stored.media_type,
        width=stored.width,
        height=stored.height,
        sha256=stored.sha256,
        index=stored.index,
        count=len(row.pictures),
        prompt=request.prompt or None,
        task=task,
        provenance=provenance_of(request, task_id=row.task_id or "", origin=row.origin),
    )


def read_derived_picture(made: DerivedPicture, picture: Picture) -> Picture | None:
    """Return what was made of a picture that came, None if it is not on the disk as it was."""
    changed_outside, note = made.facts.get("changed_outside"), str(made.facts.get("note", ""))
    if made.made_of != picture.sha256:
        return None
    if made.sha256 == picture.sha256:
        return picture.derived(changed_outside=changed_outside, note=note)
    data = read_file(made.path, made.sha256)
    if data is None:
        return None
    file = FetchedPicture(data, made.media_type, made.width, made.height, made.sha256)
    return picture.derived(file, changed_outside=changed_outside, note=note)


def shown_picture(row: JournalRow, picture: Picture) -> Picture:
    """Return what is on the disk of what the user gets in place of a picture that came."""
    made = (one for one in row.derived if one.index == picture.index)
    found = (read_derived_picture(one, picture) for one in made)
    return next(found, None) or picture


def read_shown_picture(
    row: JournalRow, stored: StoredPicture, task: Task | None = None
) -> Picture | None:
    """Return what is on the disk of one of a task's pictures, as the user gets it; or None.

    What was made of a picture is whole without the file of that one.
    """
    came = read_stored_picture(row, stored, task)
    if came is not None:
        return shown_picture(row, came)
    made = row.shown(stored)
    found = None if made is stored else read_stored_picture(row, made, task)
    if found is None or not isinstance(made, DerivedPicture):
        return None
    facts = made.facts
    return found.derived(
        changed_outside=facts.get("changed_outside"), note=str(facts.get("note", ""))
    )


def request_of(row: JournalRow | None) -> Request:
    """Return what was asked for, which is nothing where a task is known by its id alone."""
    if row is None:
        return Request(GENERATE, {})
    endpoint = next((one for one in ENDPOINTS if one == row.endpoint), GENERATE)
    kept = row.recipe
    recipe = None if kept is None else Recipe(kept.details, kept.files, kept.digest)
    return Request(endpoint, dict(row.body), made_from=row.made_from).with_recipe(recipe)


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

"""The journal as an option: a call is written down before it is paid, its task until its end."""

from __future__ import annotations

import logging
import time
import weakref
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypedDict

from lumen_widgets.client.history.account_journal import read_derived_picture
from lumen_widgets.client.history.reuse import ReuseLookup
from lumen_widgets.core.errors import InvalidRequest, LumenError, SubmitOutcomeUnknown
from lumen_widgets.core.log import Log
from lumen_widgets.core.options import AnsweredMeanwhile, Option, SentMeanwhile
from lumen_widgets.core.pictures.downloads import FetchedPicture
from lumen_widgets.core.recipe import Recipe
from lumen_widgets.core.submit import unrecorded_error
from lumen_widgets.journal import (
    SHORTENED,
    AlreadySent,
    Journal,
    JournalRow,
    JournalUnusable,
    RowLost,
)
from lumen_widgets.journal.picture_files import read_file, why_any_unreadable

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from lumen_widgets.client.history.account_journal import AccountJournal, AccountTasks
    from lumen_widgets.core.answers import Accepted
    from lumen_widgets.core.call import Call
    from lumen_widgets.core.options import Poller, StatusReport
    from lumen_widgets.core.pictures.picture import Picture
    from lumen_widgets.core.request import Request
    from lumen_widgets.core.task import Task


class _Sent(TypedDict):
    """What the journal writes down of a call, whichever way it does."""

    endpoint: str
    body: Mapping[str, Any]
    correlation_id: str
    recipe: Recipe | None
    made_from: Sequence[str]


_log = Log()

# Seconds between two warnings of one broken journal: those of a thousand tasks would bury
# everything else.
_WARNING_INTERVAL = 300.0

# When each journal was last warned of, as `time.monotonic` counts.
_last_warnings: weakref.WeakKeyDictionary[Journal, float] = weakref.WeakKeyDictionary()


class JournalOption(Option):
    """Writes one call and its task down, and returns what was paid for the same call before.

    Parameters
    ----------
    account_journal
        The journal of the account.
    tasks, timeout
        The account's tasks in this process, and seconds to wait for a request that is being sent.
    row
        The task's row, where it has one already.

    """

    def __init__(
        self,
        account_journal: AccountJournal,
        tasks: AccountTasks,
        timeout: float,
        row: JournalRow | None = None,
    ) -> None:
        self._account_journal = account_journal
        self._journal = account_journal.journal
        self._tasks = tasks
        self._timeout = timeout
        self._lookup: ReuseLookup | None = None
        self._row_number = None if row is None else row.number
        self._task_id = "" if row is None else row.task_id or ""
        # by index, what was made of pictures and is on the disk
        self._derived = {} if row is None else {one.index: one for one in row.derived}
        # what an earlier process stored, and what the journal has been told by now: digests by
        # index, how many it waits for, and whether one came with the index of another
        self._kept = () if row is None else row.pictures
        self._stored = {one.index: one.sha256 for one in self._kept}
        self._count = 0 if row is None else row.picture_count
        self._collided = False
        # whether something that was learnt is not in the journal yet
        self._behind = False

    @property
    def home(self) -> Path | None:
        """The journal's folder."""
        return None if self._journal is None else self._journal.home

    def check(self, call: Call) -> None:
        """Refuse `reuse` without a journal, and a stored request whose pictures were not kept."""
        if call.reuse and self._journal is None:
            raise InvalidRequest(
                "reuse=True looks for what was paid before in the journal, and this client has "
                "none (journal=False). Nothing was sent.",
                next_step="Make the client with a journal, or leave reuse out.",
                field="reuse",
            )
        if _is_shortened(call.by_content.body):
            raise InvalidRequest(
                "This request had pictures in data: addresses, of which the journal keeps no "
                "bytes.",
                next_step="Call edit or inpaint again with the pictures.",
                field="request",
            )

    def answer(self, call: Call) -> Task | None:
        """Return the task of the same request, where `reuse` asks for it."""
        if not call.reuse or self._journal is None:
            return None
        if self._lookup is None:
            self._lookup = ReuseLookup(
                self._account_journal, self._journal, call, tasks=self._tasks, timeout=self._timeout
            )
        return self._lookup.find()

    def record(self, call: Call) -> None:
        """Write the call down; on the disk when this returns."""
        if self._journal is None:
            return
        origin, account = self._account_journal.origin, self._account_journal.account
        sent: _Sent = {
            "endpoint": call.request.endpoint,
            "body": call.request.body,
            "correlation_id": call.correlation_id,
            "recipe": call.request.recipe,
            "made_from": call.made_from,
        }
        found: int | JournalRow
        try:
            if self._lookup is None:
                found = self._journal.insert_request(
                    origin=origin, account=account, digest=call.digest, **sent
                )
            else:
                found = self._journal.find_or_insert_request(
                    origin=origin,
                    account=account,
                    digests=self._lookup.digests,
                    excluded=self._lookup.excluded,
                    **sent,
                )
        except JournalUnusable as error:
            raise unrecorded_error(str(error)) from None
        except AlreadySent:
            raise SentMeanwhile(
                "A call of this correlation_id was sent before; this one was not, and nothing was "
                "spent.",
                next_step="Look for its task in lumen.history(), or leave correlation_id out.",
                field="correlation_id",
            ) from None
        if isinstance(found, JournalRow):
            raise AnsweredMeanwhile
        self._row_number = found
        if call.request.recipe is not None:
            # from here on they are on the disk, and need not be in memory
            kept = self._journal.stored(call.request.recipe)
            recipe = Recipe(kept.details, kept.files, kept.digest)
            call.request = replace(call.request, recipe=recipe)

    def is_known(self, task_id: str) -> bool:
        """Say whether the account has an unfinished task of this id, here or in the journal.

        One that has ended is no harm: a server of one's own may count anew with each start.
        """
        # Claimed last: what is claimed for a submit that is then none was never given back.
        return self._account_journal.has_unfinished(task_id) or not self._tasks.claim(task_id)

    def accepted(self, accepted: Accepted) -> None:
        """Complete the row with the task's id."""
        self._task_id = accepted.task_id
        self._record_outcome(
            lambda journal, number: journal.mark_accepted(
                number, task_id=accepted.task_id, created=accepted.created, status=accepted.status
            ),
            f"The service has taken the task {accepted.task_id}. ",
        )

    def refused(self, error: BaseException) -> None:
        """Close the row: nothing was taken."""
        why = error.message if isinstance(error, LumenError) else "it was never sent"
        self._record_outcome(lambda journal, number: journal.mark_refused(number, why))

    def unknown(self, error: BaseException) -> None:
        """Leave the row as one that may have been taken."""
        why = error.message if isinstance(error, SubmitOutcomeUnknown) else str(error)
        self._record_outcome(lambda journal, number: journal.mark_unknown(number, why))

    def taken_up(self, task_id: str, status: str) -> None:
        """Note that this process follows the task from now on."""
        self._task_id = task_id
        if self._journal is None:
            return
        try:
            self._row_number = self._journal.find_or_insert_task(
                origin=self._account_journal.origin,
                account=self._account_journal.account,
                task_id=task_id,
                status=status,
                row_number=self._row_number,
            )
        except JournalUnusable as error:
            _log.warning("The journal does not know who follows %s: %s", task_id, error)

    def watched(self, poller: Poller) -> None:
        """Remember the task by the number of its row."""
        if self._row_number is not None:
            self._account_journal.submitted[self._row_number] = poller.task

    def status(self, report: StatusReport) -> None:
        """Write down what is new, or else a heartbeat of this process."""
        if self._account_journal.notes is None:
            return
        if not report.is_new and not self._behind:
            # so that no other process claims what this one follows
            try:
                self._account_journal.notes.quick.heartbeat()
            except JournalUnusable as error:
                _log.debug("A heartbeat could not be written into the journal: %s", error)
            return
        self._record_progress(
            lambda journal, number: journal.record_status(
                number,
                status=report.status,
                error=report.error,
                seconds=report.seconds,
                task_id=self._task_id or None,
            ),
            f"The journal misses that {self._task_id} is {report.status}",
        )

    def durations(self, request: Request) -> Sequence[float]:
        """Return how long like tasks took."""
        return self._account_journal.durations(request)

    def kept(self) -> Mapping[int, FetchedPicture]:
        """Return what an earlier process stored, as far as it is still on the disk."""
        read = ((one, read_file(one.path, one.sha256)) for one in self._kept)
        return {
            one.index: FetchedPicture(data, one.media_type, one.width, one.height, one.sha256)
            for one, data in read
            if data is not None
        }

    def unreadable(self) -> str:
        """Return why what an earlier process stored cannot be read now."""
        return why_any_unreadable(one.path for one in self._kept)

    def picture(self, fetched: FetchedPicture, index: int, count: int) -> None:
        """Store a picture beside the journal."""
        self._collided |= self._stored.get(index, fetched.sha256) != fetched.sha256
        self._stored[index] = fetched.sha256
        self._count = max(self._count, count)
        self._record_progress(
            lambda journal, number: journal.store_picture(
                number,
                index,
                fetched.data,
                count=count,
                sha256=fetched.sha256,
                media_type=fetched.media_type,
                width=fetched.width,
                height=fetched.height,
                task_id=self._task_id or None,
            ),
            f"A picture of {self._task_id} was not kept",
        )

    def derive(self, picture: Picture) -> Picture | None:
        """Return what was made of a picture before, where it is still on the disk."""
        kept = self._derived.get(picture.index)
        found = None if kept is None else read_derived_picture(kept, picture)
        if found is None:
            self._derived.pop(picture.index, None)
        return found

    def derived(self, picture: Picture) -> None:
        """Store what was made, unless it is there; why nothing could be made is found anew."""
        if picture.index in self._derived or (
            picture.changed_outside is None and picture.raw is picture
        ):
            return
        facts = {"changed_outside": picture.changed_outside, "note": picture.note}
        self._record_progress(
            lambda journal, number: journal.store_derived(
                number,
                picture.index,
                picture.bytes,
                made_of=picture.raw.sha256,
                sha256=picture.sha256,
                media_type=picture.media_type,
                width=picture.width,
                height=picture.height,
                facts=facts,
            ),
            f"What was made of a picture of {self._task_id} was not kept",
        )

    def placed(self, pictures: Sequence[Picture]) -> None:
        """Have the row say what the task says, unless it does."""
        digests = [picture.raw.sha256 for picture in pictures]
        is_known = self._stored == dict(enumerate(digests)) and self._count <= len(digests)
        if is_known and not self._collided:
            return
        self._record_progress(
            lambda journal, number: journal.place_pictures(
                number, digests, task_id=self._task_id or None
            ),
            f"The order of the pictures of {self._task_id} was not kept",
        )

    def _record_outcome(self, write: Callable[[Journal, int], object], known: str = "") -> None:
        """Write the request's outcome; a failure is raised, for the caller who waits for it."""
        notes, number = self._account_journal.notes, self._row_number
        if self._journal is None or notes is None or number is None:
            return
        try:
            write(self._journal, number)
        except JournalUnusable as error:
            if not isinstance(error, RowLost):
                self._behind = True
                notes.write_later(lambda journal: write(journal, number), number)
            missing = "The journal does not know what became of this request"
            raise LumenError(f"{known}{missing}: {error}") from None

    def _record_progress(self, write: Callable[[Journal, int], object], what: str) -> None:
        """Write a task's progress; a broken journal is warned of once, not for each task.

        The task is paid and goes on; what arrives is in memory.
        """
        notes, number = self._account_journal.notes, self._row_number
        if self._journal is None or notes is None or number is None:
            return
        try:
            notes.write(lambda journal: write(journal, number), number)
            self._behind = False
        except (JournalUnusable, ValueError) as error:
            self._behind = True
            now = time.monotonic()
            again = now - _last_warnings.get(self._journal, -_WARNING_INTERVAL) < _WARNING_INTERVAL
            if not again:
                _last_warnings[self._journal] = now
            trying = (
                ""
                if isinstance(error, RowLost)
                else "It is tried again for ten minutes, while this process runs. "
            )
            _log.log(
                logging.DEBUG if again else logging.WARNING,
                "%s: %s Tasks go on and their pictures still arrive, but only in memory: save() "
                "them. %sWhat else is missed in the next minutes is not said again.",
                what,
                error,
                trying,
            )


def _is_shortened(value: object) -> bool:
    """Say whether the journal left the bytes of a picture out of a body."""
    if isinstance(value, dict):
        return any(_is_shortened(item) for item in value.values())
    if isinstance(value, list):
        return any(_is_shortened(item) for item in value)
    return isinstance(value, str) and value.startswith(SHORTENED)

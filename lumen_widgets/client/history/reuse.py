"""What was paid for the same request before, for a call with ``reuse=True``."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from lumen_widgets.client.history.account_journal import journal_error
from lumen_widgets.client.history.older_digests import digest_v1, digest_v2
from lumen_widgets.core.answers import CANCELLED, FAILED, SUCCEEDED
from lumen_widgets.core.errors import (
    JournalError,
    LumenError,
    NotFound,
    SubmitOutcomeUnknown,
    interrupted,
)
from lumen_widgets.core.words import format_time
from lumen_widgets.journal import JournalUnusable
from lumen_widgets.journal.picture_files import why_any_unreadable

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from lumen_widgets.client.history.account_journal import AccountJournal, AccountTasks
    from lumen_widgets.core.call import Call
    from lumen_widgets.core.task import Task
    from lumen_widgets.journal import Journal, JournalRow

# Seconds between two look-ups of a request that another thread or process is sending: its answer
# takes about as long as a POST, and a look-up a few milliseconds.
_INTERVAL = 0.1


class ReuseLookup:
    """Looks up the same request in the journal, and takes up the task that it finds.

    Parameters
    ----------
    account_journal, journal
        The journal of the account.
    call
        What is asked for.
    tasks
        The account's tasks in this process.
    timeout
        Seconds to wait for a request that is being sent.

    Attributes
    ----------
    digests : list of str
        What the request is known by; once nothing was found, also by an earlier release.
    excluded : set of int
        Numbers of the rows that were found and are of no use.

    """

    def __init__(
        self,
        account_journal: AccountJournal,
        journal: Journal,
        call: Call,
        *,
        tasks: AccountTasks,
        timeout: float,
    ) -> None:
        self.excluded: set[int] = set()
        self._account_journal = account_journal
        self._journal = journal
        self._tasks = tasks
        origin = account_journal.origin
        # one that this sends again may have been asked for in an earlier release
        older = digest_v2(origin, call.by_content, call.asked)
        self.digests = list(dict.fromkeys([call.digest, older]))
        # Decodes pictures: only for what is not found without.
        self._digest_v1: Callable[[], str | None] | None = lambda: (
            None  # nor had it what is asked for beside the fields
            if call.asked
            else digest_v1(origin, call.by_content, call.sources)
        )
        self._timeout = timeout
        self._deadline = time.monotonic() + timeout

    def find(self) -> Task | None:
        """Return the task of the same request; None if there is none, and it may be paid.

        Raises
        ------
        SubmitOutcomeUnknown
            It may have been paid, or is being sent and no answer came in time.
        NotFound
            It was paid, its pictures are not here, and the service knows it no more.
        JournalError
            The journal cannot be read, or the pictures that were paid cannot be for now.
        LumenError
            The service did not say how the task stands; nothing was sent to be paid.

        """
        # paid, but not complete on this disk; and those of them that the service may have
        incomplete: list[JournalRow] = []
        missing: list[JournalRow] = []
        lost: NotFound | None = None
        excluded = set(self.excluded)
        while True:
            row = self._find(excluded)
            # a task whose id was never written cannot be given, though it succeeded
            if row is not None and row.state == SUCCEEDED and row.task_id is not None:
                if (task := self._finished(row)) is not None:
                    return task
                excluded.add(row.number)
                incomplete.append(row)
                if row.account == self._account_journal.account:
                    missing.append(row)
                else:
                    self.excluded.add(row.number)
                continue
            if missing:
                row = missing.pop(0)
            elif row is None:
                return self._left(incomplete, lost)
            try:
                found = self._take_up(row)
            except NotFound as error:
                # it may have been paid anew since
                excluded.add(row.number)
                lost = lost or self._lost(row, error)
                continue
            if found is None:
                self._wait_for_answer(row)
                continue
            if found.status not in {FAILED, CANCELLED}:
                return self._reused(found)
            # it has no pictures to give: from now on it is not found any more
            excluded.add(row.number)
            self.excluded.add(row.number)

    def _finished(self, row: JournalRow) -> Task | None:
        """Return a finished task whose pictures are here, in memory or on the disk."""
        ours = row.account == self._account_journal.account
        live = self._tasks.get(row.task_id) if ours else None
        # a server of one's own may have given its id again since
        is_it = live is not None and live.correlation_id in {None, row.correlation_id}
        if live is not None and is_it and live.done and live.error is None:
            return self._reused(live)
        task = self._tasks.restore(row)
        if task is None:
            return None
        return self._reused(self._tasks.hold(task, row) if ours else task)

    def _take_up(self, row: JournalRow) -> Task | None:
        """Return the task of a row as the service has it; None where no id of it is known."""
        if row.task_id is None:
            # an answer that could not be written down is still known in the process that got it
            return self._account_journal.submitted.get(row.number)
        try:
            task = self._tasks.take_up_row(row)
        except NotFound:
            raise
        except LumenError as error:
            error.message = (
                f"The same request was sent as the task {row.task_id} "
                f"{format_time(row.submitted)}, and the service does not say how it stands. "
                f"{error.message} Nothing was sent now."
            )
            raise
        if task.error is not None:
            task.watch()  # pictures that could not be fetched then may be now
        return task

    def _left(self, incomplete: Sequence[JournalRow], lost: NotFound | None) -> Task | None:
        """Return what is here of what the service cannot be asked for; None for nothing.

        Raise if pictures that were paid only cannot be read now, or if they are lost.
        """
        for row in incomplete:
            # what was made of a picture is whole without what came
            if (task := self._tasks.restore(row, as_shown=True)) is not None:
                return self._reused(task)
        for row in incomplete:
            paths = [*(one.path for one in row.pictures), *(one.path for one in row.derived)]
            if why := why_any_unreadable(paths):
                raise JournalError(
                    f"The same request was paid as the task {row.task_id} "
                    f"{format_time(row.submitted)}, and its pictures cannot be read from this disk "
                    f"now ({why}). Nothing was sent.",
                    next_step="Try again once they can. Called without reuse=True it is made, and "
                    "paid, anew.",
                    task_id=row.task_id,
                )
        if lost is not None:
            raise lost
        return None

    @staticmethod
    def _lost(row: JournalRow, error: NotFound) -> NotFound:
        """Return the error of a request whose pictures are nowhere any more."""
        return NotFound(
            f"The same request was paid as the task {row.task_id} {format_time(row.submitted)}, "
            "its pictures are not all on this disk, and the service knows it no more. "
            "Nothing was sent.",
            next_step="Call it without reuse=True to have it made, and paid, anew.",
            status=error.status,
            request_id=error.request_id,
            task_id=row.task_id,
            may_have_cost=True,
        )

    def _wait_for_answer(self, row: JournalRow) -> None:
        """Wait a moment for the answer to a request that is being sent; raise if none can come."""
        if row.outcome_unknown:
            killed = ": the process that sent it ended before an answer was written down"
            why = killed if row.state == "sending" else ""
            raise self._unknown(row, f"it is not known whether it was taken{why}.")
        if time.monotonic() >= self._deadline:
            raise self._unknown(
                row, f"another call is still waiting for its answer after {self._timeout:g} s."
            )
        try:
            time.sleep(_INTERVAL)
        except KeyboardInterrupt:
            raise interrupted(
                "Stopped waiting for the same request, which another call is sending. "
                "Nothing was sent by this one."
            ) from None

    def _unknown(self, row: JournalRow, why: str) -> SubmitOutcomeUnknown:
        return SubmitOutcomeUnknown(
            f"The same request was sent {format_time(row.submitted)}, and {why} Credits may have "
            "been spent then; nothing was sent now.",
            next_step="Look in the service's console. If it is not there, call without "
            'reuse=True, or after lumen.history(state="unknown").dismiss(): then it is paid.',
            may_have_cost=True,
        )

    def _find(self, excluded: set[int]) -> JournalRow | None:
        try:
            found = self._find_by(excluded)
            if found is None and self._digest_v1 is not None:
                digest, self._digest_v1 = self._digest_v1(), None
                if digest is not None:
                    self.digests.append(digest)
                    found = self._find_by(excluded)
        except JournalUnusable as error:
            raise journal_error(
                error, "Nothing was sent, because it is not known what was paid before."
            ) from None
        return found

    def _find_by(self, excluded: set[int]) -> JournalRow | None:
        return self._journal.find_same_request(
            origin=self._account_journal.origin,
            account=self._account_journal.account,
            digests=self.digests,
            excluded=excluded,
        )

    def _reused(self, task: Task) -> Task:
        task.reused = True
        return task

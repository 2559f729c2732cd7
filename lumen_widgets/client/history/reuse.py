"""What was paid for the same request before, for a call with ``reuse=True``."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from lumen_widgets.client.history.older_digests import older_digest_of
from lumen_widgets.client.history.records import unreadable
from lumen_widgets.core.answers import CANCELLED, FAILED, SUCCEEDED
from lumen_widgets.core.errors import (
    LumenError,
    NotFound,
    SubmitOutcomeUnknown,
    interrupted,
)
from lumen_widgets.journal import JournalUnwritable

if TYPE_CHECKING:
    from collections.abc import Callable

    from lumen_widgets.client.history.records import AccountTasks, JournalRecords
    from lumen_widgets.core.call import Call
    from lumen_widgets.core.task import Task
    from lumen_widgets.journal import Journal, JournalRow

# Between two looks at a request that another thread or process is sending, in seconds: it takes
# about as long as a POST, and a look costs a few milliseconds.
_PAUSE = 0.1


class Reuse:
    """Looks for the same request in the journal, and takes up what it finds.

    Parameters
    ----------
    records, journal
        The journal's rows of the account.
    call
        What is asked for.
    tasks
        Who takes tasks up.
    timeout
        Seconds to wait for a request that is being sent.

    Attributes
    ----------
    digests : list of str
        What the request is known by; once nothing was found, also by an earlier release.
    passed : set of int
        Rows that were looked at and came to nothing.

    """

    def __init__(
        self,
        records: JournalRecords,
        journal: Journal,
        call: Call,
        *,
        tasks: AccountTasks,
        timeout: float,
    ) -> None:
        self.passed: set[int] = set()
        self._records = records
        self._journal = journal
        self._tasks = tasks
        self.digests = [call.digest]
        # Decodes pictures: only for what is not found without.
        self._older: Callable[[], str | None] | None = lambda: older_digest_of(
            records.origin, call.asked, call.read
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
            The journal cannot be read.
        LumenError
            The service did not say how the task stands; nothing was sent to be paid.

        """
        missing: JournalRow | None = None
        passed = set(self.passed)
        while True:
            row = self._find(passed)
            if missing is not None and (row is None or row.state != SUCCEEDED):
                row = missing  # paid, but not whole on this disk: the service has it
            elif row is None:
                return None
            elif row.state == SUCCEEDED:
                if (task := self._held(row)) is not None:
                    return task
                passed.add(row.row)
                if row.account != self._records.account:
                    self.passed.add(row.row)
                else:
                    missing = missing or row
                continue
            # an answer that could not be written down is still known where it came
            found = self._records.sent.get(row.row) if row.task_id is None else self._taken_up(row)
            if found is None:
                self._rest(row)
                continue
            if found.status not in {FAILED, CANCELLED}:
                return self._reused(found)
            # it cost nothing that is left: nobody is told of it again
            missing = None
            passed.add(row.row)
            self.passed.add(row.row)

    def _held(self, row: JournalRow) -> Task | None:
        """Return a finished task whose pictures are here, in memory or on the disk."""
        ours = row.account == self._records.account
        live = self._tasks.get(row.task_id) if ours else None
        if live is not None and live.done and live.error is None:
            return self._reused(live)
        task = self._tasks.restored(row)
        if task is None:
            return None
        return self._reused(self._tasks.keep(task) if ours else task)

    def _taken_up(self, row: JournalRow) -> Task:
        task_id = row.task_id or ""
        try:
            task = self._tasks.take_up(task_id)
        except NotFound as error:
            raise NotFound(
                f"The same request was paid as the task {task_id} {when(row.submitted)}, its "
                "pictures are not all on this disk, and the service knows it no more. "
                "Nothing was sent.",
                next_step="Call it without reuse=True to have it made, and paid, anew.",
                status=error.status,
                request_id=error.request_id,
                task_id=task_id,
                may_have_cost=True,
            ) from None
        except LumenError as error:
            error.message = (
                f"The same request was sent as the task {task_id} {when(row.submitted)}, and the "
                f"service does not say how it stands. {error.message} Nothing was sent now."
            )
            raise
        if task.error is not None:
            task.watch()  # pictures that could not be fetched then may be now
        return task

    def _rest(self, row: JournalRow) -> None:
        """Wait a moment for a request that is being sent; an error if there is no use in it."""
        if row.outcome_unknown:
            killed = ": the process that sent it ended before the answer came"
            why = killed if row.state == "sending" else ""
            raise self._unknown(row, f"nobody knows whether it was taken{why}.")
        if time.monotonic() >= self._deadline:
            raise self._unknown(
                row, f"another call is still waiting for its answer after {self._timeout:g} s."
            )
        try:
            time.sleep(_PAUSE)
        except KeyboardInterrupt:
            raise interrupted(
                "Stopped waiting for the same request, which another call is sending. "
                "Nothing was sent by this one."
            ) from None

    def _unknown(self, row: JournalRow, why: str) -> SubmitOutcomeUnknown:
        return SubmitOutcomeUnknown(
            f"The same request was sent {when(row.submitted)}, and {why} Credits may have been "
            "spent then; nothing was sent now.",
            next_step="Look in the service's console. If it is not there, call without "
            'reuse=True, or after lumen.history(state="unknown").dismiss(): then it is paid.',
            may_have_cost=True,
        )

    def _find(self, passed: set[int]) -> JournalRow | None:
        try:
            found = self._find_by(passed)
            if found is None and self._older is not None:
                older, self._older = self._older(), None
                if older is not None:
                    self.digests.append(older)
                    found = self._find_by(passed)
        except JournalUnwritable as error:
            raise unreadable(
                error, "Nothing was sent, because nobody can say what was paid before."
            ) from None
        return found

    def _find_by(self, passed: set[int]) -> JournalRow | None:
        return self._journal.find_same_request(
            origin=self._records.origin,
            account=self._records.account,
            digests=self.digests,
            excluded=passed,
        )

    def _reused(self, task: Task) -> Task:
        task.reused = True
        return task


def when(seconds: float) -> str:
    """Return a moment in words: on which day, and at what time by this machine's clock.

    Parameters
    ----------
    seconds
        Unix seconds.

    """
    return time.strftime("on %Y-%m-%d at %H:%M", time.localtime(seconds))

"""What was paid for the same request before, for a call with ``reuse=True``."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from lumen_widgets.client.history import journalled
from lumen_widgets.client.history.digests import digest_of
from lumen_widgets.core.answers import CANCELLED, FAILED, SUCCEEDED
from lumen_widgets.core.errors import (
    InvalidRequest,
    LumenError,
    NotFound,
    SubmitOutcomeUnknown,
    interrupted,
)
from lumen_widgets.journal import JournalUnwritable

if TYPE_CHECKING:
    from lumen_widgets.client.account import Account
    from lumen_widgets.client.client import LumenClient
    from lumen_widgets.core.request import Request
    from lumen_widgets.core.task import Task
    from lumen_widgets.journal import Journal, JournalRow

# Between two looks at a request that another thread or process is sending, in seconds: it takes
# about as long as a POST, and a look costs a few milliseconds.
_PAUSE = 0.1


class Earlier:
    """Looks for the same request in the journal, and takes up what it finds.

    Parameters
    ----------
    account, client
        Whose journal it is, and who takes the task up.
    request
        What is asked for; its pictures may be there by content only.
    timeout
        Seconds to wait for a request that is being sent.

    Attributes
    ----------
    passed : set of int
        Rows that were looked at and came to nothing.

    Raises
    ------
    InvalidRequest
        There is no journal.

    """

    def __init__(
        self, account: Account, client: LumenClient, request: Request, timeout: float
    ) -> None:
        if client.journal is None:
            raise InvalidRequest(
                "reuse=True looks for what was paid before in the journal, and this client has "
                "none (journal=False). Nothing was sent.",
                next_step="Make the client with a journal, or leave reuse out.",
                field="reuse",
            )
        self.passed: set[int] = set()
        self._journal: Journal = client.journal
        self._account = account
        self._client = client
        self._digest = digest_of(client.base_url, request)
        self._timeout = timeout
        self._deadline = time.monotonic() + timeout

    def look(self) -> Task | None:
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
                if row.account != self._account.fingerprint:
                    self.passed.add(row.row)
                else:
                    missing = missing or row
                continue
            # an answer that could not be written down is still known where it came
            found = self._account.sent_as(row.row) if row.task_id is None else self._taken_up(row)
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
        ours = row.account == self._account.fingerprint
        live = self._account.live(row.task_id) if ours else None
        if live is not None and live.done and live.error is None:
            return self._reused(live)
        task = journalled.restored(row, self._client)
        if task is None:
            return None
        return self._reused(self._account.remember(task) if ours else task)

    def _taken_up(self, row: JournalRow) -> Task:
        task_id = row.task_id or ""
        try:
            task = self._account.take_up(task_id, self._client)
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
        if row.lost:
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
            return self._journal.find_same(
                origin=self._client.base_url,
                account=self._account.fingerprint,
                digest=self._digest,
                passed=passed,
            )
        except JournalUnwritable as error:
            raise journalled.unreadable(
                error, "Nothing was sent, because nobody can say what was paid before."
            ) from None

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

"""One submit: the only call that costs credits, sent once and written down before and after.

A worker thread writes the journal's row, sends the request and completes the row. Whoever waits
for it may be interrupted at any instant: the thread goes on, and it is no daemon, so that even an
interpreter that is about to exit first writes the answer down.
"""

from __future__ import annotations

import logging
import threading
import time
from dataclasses import replace
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from lumen_widgets.client.history.digests import digest_of
from lumen_widgets.core import answers
from lumen_widgets.core import submit_errors as unanswered
from lumen_widgets.core.answers import Accepted
from lumen_widgets.core.errors import LumenError, SubmitOutcomeUnknown, interrupted, warn
from lumen_widgets.core.http.redaction import forget
from lumen_widgets.core.http.send_guard import Flight
from lumen_widgets.core.http.transport import LostError, NotSentError
from lumen_widgets.core.waiting import answer_follows, goes_on, lean
from lumen_widgets.journal import JournalRow, JournalUnwritable

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from lumen_widgets.client.spending.reservations import Reservation
    from lumen_widgets.core.http.keys import Key
    from lumen_widgets.core.http.transport import Answer, Transport
    from lumen_widgets.core.request import Request
    from lumen_widgets.journal import Journal

_log = logging.getLogger("lumen_widgets")

# Waits after a 429 that names no time of its own, in seconds (API.md); the last one repeats.
BUSY_WAITS = (1.0, 2.0, 4.0)

# A service that asks for no wait at all is not asked in a tight loop all the same.
SHORTEST_WAIT = 0.25

# Waits after a connection that never opened: a server that restarts is back within seconds.
UNREACHABLE_WAITS = (0.1, 0.2, 0.4, 0.8, 1.6)

# What the waiter grants the worker beyond the time-out, to write the journal's row and hand over.
GRACE = 2.0


class SentBefore(Exception):
    """The journal has the same request from before, so this one was not sent."""


def submit(
    request: Request,
    reservation: Reservation,
    *,
    transport: Transport,
    key: Key,
    journal: Journal | None,
    timeout: float,
    passed: Collection[int] | None = None,
) -> Accepted:
    """Send a request once and return the task that the service took.

    Parameters
    ----------
    request, reservation
        What to send, and what it may cost: kept, or given back, as soon as that is known.
    transport, key, journal
        Which way, for which account, and where it is written down (None: nowhere).
    timeout
        Seconds for all of it, waits and repeats included.
    passed
        Rows of the same request that do not count; None sends it whatever there was before.

    Raises
    ------
    SentBefore
        If the journal has the same request, but for those; nothing was sent.
    JournalError
        If the journal cannot be written; nothing was sent.
    ServiceUnreachable
        If no connection was opened; nothing was sent.
    InvalidRequest, AuthenticationError, InsufficientCredits, NotFound, RateLimited, UpstreamError
        If the service refused; nothing was spent.
    SubmitOutcomeUnknown
        If it was sent and no answer tells whether it was taken.
    KeyboardInterrupt
        If the wait was interrupted; the request goes on.

    """
    submission = Submission(
        request, reservation, transport, key, journal, timeout=timeout, passed=passed
    )
    worker = threading.Thread(target=submission.run, name="lumen-submit", daemon=False)
    try:
        worker.start()
        while not submission.over.wait(lean(submission.patience)):
            if time.monotonic() >= submission.patience:
                break
        return submission.outcome()
    except KeyboardInterrupt:
        submission.deserted.set()
        raise interrupted(submission.farewell()) from None
    except RuntimeError:  # no thread could be started
        reservation.give_back()
        raise


class Submission:
    """One submit, as its worker thread and its waiter share it."""

    def __init__(
        self,
        request: Request,
        reservation: Reservation,
        transport: Transport,
        key: Key,
        journal: Journal | None,
        *,
        timeout: float,
        passed: Collection[int] | None,
    ) -> None:
        self.over = threading.Event()
        self.deserted = threading.Event()
        self._request = request
        self._transport = transport
        self._key = key
        self._journal = journal
        self._timeout = timeout
        self._passed = passed
        self._reservation = reservation
        self._deadline = time.monotonic() + timeout
        self.patience = self._deadline + GRACE
        self._flight = Flight(self._deadline)
        self._row: int | None = None
        self._result: Accepted | BaseException | None = None
        self._handed_over = False
        self._unwritten: str | None = None

    def run(self) -> None:
        """Do all of it, on the worker thread, and leave the result for `outcome`."""
        try:
            self._result = self._accomplish()
        except BaseException as error:  # noqa: BLE001 -- handed to the waiter, whatever it is
            forget(error)
            self._result = error
        finally:
            self._reservation.settle(self._result, departed=self._flight.departed)
            self.over.set()
        if self.deserted.is_set() and isinstance(self._result, Accepted) and not self._handed_over:
            _log.warning(
                "Task %s was taken by the service after the wait for it was interrupted.",
                self._result.task_id,
            )

    def outcome(self) -> Accepted:
        """Return or raise what came of it, as soon as that is known."""
        result = self._result
        self._handed_over = result is not None
        # The worker may still be busy with the journal: what goes wrong there is then logged.
        self.deserted.set()
        if self._unwritten is not None:
            warn(self._unwritten)
        if isinstance(result, Accepted):
            return result
        if result is not None:
            raise result from None
        # The worker is stuck where no time-out reaches, in name resolution or a slow disk.
        if not self._flight.recall():
            raise unanswered.unknown(self._transport.origin, self._journal, "no answer in time")
        self._reservation.give_back()
        if self._journal is not None and self._row is None:
            raise unanswered.unjournalled(f"it did not answer within {self._timeout:g} s")
        raise unanswered.unreachable(self._transport.origin, self._timeout, "no connection in time")

    def farewell(self) -> str:
        """Return what to tell someone who interrupted the wait."""
        if isinstance(self._result, Accepted):
            return goes_on(self._result.task_id)
        return answer_follows(None if self._journal is None else self._journal.home)

    def _accomplish(self) -> Accepted:
        self._begin()
        try:
            accepted = self._send_until_decided()
        except SubmitOutcomeUnknown as error:
            self._result, lost = error, error.message
            self._note(lambda journal, row: journal.lose(row, lost))
            raise
        except LumenError as error:
            self._result, refused = error, error.message
            self._note(lambda journal, row: journal.refuse(row, refused))
            raise
        except BaseException as error:
            if not self._flight.departed:
                self._note(lambda journal, row: journal.refuse(row, "it was never sent"))
                raise
            unknown = unanswered.unknown(
                self._transport.origin,
                self._journal,
                f"something failed here ({type(error).__name__})",
            )
            self._note(lambda journal, row: journal.lose(row, unknown.message))
            raise unknown from None
        # Known from here on, however long the journal may take.
        self._reservation.taken(self._transport.origin.url, accepted.task_id)
        self._result = accepted
        self._note(
            lambda journal, row: journal.accept(
                row, task_id=accepted.task_id, created=accepted.created, status=accepted.status
            ),
            f"The service has taken the task {accepted.task_id}.",
        )
        return accepted

    def _begin(self) -> None:
        if self._journal is None:
            return
        what: dict[str, Any] = {
            "origin": self._transport.origin.url,
            "account": self._key.fingerprint,
            "endpoint": self._request.endpoint,
            "body": self._request.body,
            "digest": digest_of(self._transport.origin.url, self._request),
        }
        try:
            if self._passed is None:
                self._row = self._journal.begin(**what)
                return
            found = self._journal.begin_or_find(**what, passed=self._passed)
        except JournalUnwritable as error:
            raise unanswered.unjournalled(str(error)) from None
        if isinstance(found, JournalRow):
            raise SentBefore
        self._row = found

    def _note(self, write: Callable[[Journal, int], None], known: str = "") -> None:
        """Write what became of the request; too late to stop it, so a failure is a warning."""
        if self._journal is None or self._row is None:
            return
        try:
            write(self._journal, self._row)
        except JournalUnwritable as error:
            missing = "The journal does not know what became of this request"
            result = f"{known} {missing}: {error}".lstrip()
            self._unwritten = result
            if self.deserted.is_set():
                _log.warning(result)

    def _send_until_decided(self) -> Accepted:
        body = self._request.encode()
        unreachable, busy = list(UNREACHABLE_WAITS), list(BUSY_WAITS)
        while True:
            try:
                answer = self._transport.post(
                    "v1", "images", self._request.endpoint, body=body, flight=self._flight
                )
            except NotSentError as error:
                wait = unreachable.pop(0) if len(unreachable) > 1 else unreachable[0]
                self._rest(
                    wait, unanswered.unreachable(self._transport.origin, self._timeout, str(error))
                )
            except LostError as error:
                raise unanswered.unknown(
                    self._transport.origin, self._journal, str(error)
                ) from None
            else:
                if answer.status != HTTPStatus.TOO_MANY_REQUESTS:
                    return self._read(answer)
                asked = answers.retry_after(answer)
                wait = busy.pop(0) if len(busy) > 1 else busy[0]
                pause = wait if asked is None else max(asked, SHORTEST_WAIT)
                self._rest(pause, unanswered.busy(self._refusal(answer), asked))
                self._flight = Flight(self._deadline)

    def _read(self, answer: Answer) -> Accepted:
        status = answer.status
        if HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
            found = answer.json()
            task_id = answers.read_id(found)
            if task_id is not None:
                word = answers.clean(found.get("status")) or "queued"
                return Accepted(task_id, word, answers.read_created(found), self._row)
            raise unanswered.unknown(
                self._transport.origin, self._journal, "its answer cannot be read", answer
            )
        if HTTPStatus.BAD_REQUEST <= status < HTTPStatus.INTERNAL_SERVER_ERROR:
            raise unanswered.refused(self._refusal(answer))
        refusing = (HTTPStatus.BAD_GATEWAY, HTTPStatus.SERVICE_UNAVAILABLE)
        if status in refusing and answers.says_error(answer):
            raise unanswered.refused(self._refusal(answer))
        if HTTPStatus.MULTIPLE_CHOICES <= status < HTTPStatus.BAD_REQUEST:
            raise unanswered.unknown(
                self._transport.origin,
                self._journal,
                "it redirects, which is never followed with a paid request",
                answer,
            )
        raise unanswered.unknown(
            self._transport.origin,
            self._journal,
            "it failed without saying what became of the request",
            answer,
        )

    def _refusal(self, answer: Answer) -> LumenError:
        secret = self._request.secret
        if secret is not None:
            answer = replace(answer, body=secret.hide(answer.body))
        return answers.error_of(answer)

    def _rest(self, seconds: float, error: LumenError) -> None:
        """Wait before the next try, or raise `error` where no time or nobody is left for one."""
        if time.monotonic() + seconds >= self._deadline or self.deserted.wait(seconds):
            raise error from None

"""One submit: the only call that costs credits, sent once and written down before and after.

A worker thread has the call recorded, sends the request and notes the answer. Whoever waits for it
may be interrupted at any instant: the thread goes on, and it is no daemon, so that even an
interpreter that is about to exit first writes the answer down.
"""

from __future__ import annotations

import logging
import threading
import time
from contextlib import suppress
from dataclasses import replace
from http import HTTPStatus
from typing import TYPE_CHECKING

from lumen_widgets.core import answers
from lumen_widgets.core.answers import Accepted
from lumen_widgets.core.errors import (
    JournalError,
    LumenError,
    RateLimited,
    ServiceUnreachable,
    SubmitOutcomeUnknown,
    interrupted,
    redact,
    warn,
)
from lumen_widgets.core.http.connection import SendGuard
from lumen_widgets.core.http.transport import LostError, NotSentError
from lumen_widgets.core.options import AnsweredMeanwhile
from lumen_widgets.core.waiting import answer_follows, goes_on, wait_slice

if TYPE_CHECKING:
    from lumen_widgets.core.call import Call
    from lumen_widgets.core.http.transport import Answer, Transport
    from lumen_widgets.core.options import Options
    from lumen_widgets.core.task import Task

_log = logging.getLogger("lumen_widgets")

# Waits after a 429 that names no time of its own, in seconds (API.md); the last one repeats.
BUSY_WAITS = (1.0, 2.0, 4.0)

# A service that asks for no wait at all is not asked in a tight loop all the same.
SHORTEST_WAIT = 0.25

# Waits after a connection that never opened: a server that restarts is back within seconds.
UNREACHABLE_WAITS = (0.1, 0.2, 0.4, 0.8, 1.6)

# What the waiter grants the worker beyond the time-out, to record the call and hand over.
GRACE = 2.0


def submit(
    call: Call, options: Options, *, transport: Transport, timeout: float
) -> Accepted | Task:
    """Send a request once and return what the service took, or a task that is there already.

    Parameters
    ----------
    call
        What to send.
    options
        What plugs on to it, step by step.
    transport
        Which way.
    timeout
        Seconds for the POST with its repeats.

    Raises
    ------
    LumenError
        What an option refused with; nothing was sent.
    JournalError
        If it could not be written down; nothing was sent.
    ServiceUnreachable
        If no connection was opened; nothing was sent.
    InvalidRequest, AuthenticationError, InsufficientCredits, NotFound, RateLimited, UpstreamError
        If the service refused; nothing was spent.
    SubmitOutcomeUnknown
        If it was sent and no answer tells whether it was taken.
    KeyboardInterrupt
        If the wait was interrupted; the request goes on.

    """
    while True:
        task = options.answer(call)
        if task is not None:
            return task
        options.begin(call)
        # Someone else may be faster between the two: then there is something to find.
        with suppress(AnsweredMeanwhile):
            return _Attempt(call, options, transport, timeout).result()


class _Attempt:
    """One submit, as its worker thread and its waiter share it."""

    def __init__(self, call: Call, options: Options, transport: Transport, timeout: float) -> None:
        self._call = call
        self._options = options
        self._transport = transport
        self._timeout = timeout
        self._deadline = time.monotonic() + timeout
        self._guard = SendGuard(self._deadline, once=True)
        self._recorded = False
        self._outcome: Accepted | BaseException | None = None
        self._over = threading.Event()
        # Set once nobody waits for the outcome any more.
        self._deserted = threading.Event()
        self._handed_over = False

    def result(self) -> Accepted:
        """Send it, wait for the answer, and return or raise what came of it."""
        worker = threading.Thread(target=self._run, name="lumen-submit", daemon=False)
        patience = self._deadline + GRACE
        try:
            try:
                worker.start()
            except RuntimeError as error:
                self._options.refused(error)
                raise _no_thread() from None
            while not self._over.wait(wait_slice(patience)):
                if time.monotonic() >= patience:
                    break
            return self._hand_over()
        except KeyboardInterrupt:
            self._deserted.set()
            if isinstance(self._outcome, Accepted):
                raise interrupted(goes_on(self._outcome.task_id)) from None
            raise interrupted(answer_follows(self._options.home)) from None

    def _hand_over(self) -> Accepted:
        outcome = self._outcome
        self._handed_over = outcome is not None
        # The worker may still be busy with the options: what goes wrong there is then logged.
        self._deserted.set()
        for missing in self._options.warnings:
            warn(missing)
        if isinstance(outcome, Accepted):
            return outcome
        if outcome is not None:
            raise outcome from None
        # The worker is stuck where no time-out reaches, in name resolution or a slow disk.
        if not self._guard.cancel_unsent():
            raise self._unknown("no answer in time")
        error = (
            self._unreachable("no connection in time")
            if self._recorded
            else unrecorded(f"it did not answer within {self._timeout:g} s")
        )
        self._options.refused(error)
        raise error

    def _run(self) -> None:
        """Do all of it, on the worker thread, and leave the outcome for the waiter."""
        try:
            self._send()
        except BaseException as error:  # noqa: BLE001 -- handed to the waiter, whatever it is
            redact(error)
            self._outcome = error
        # Before anyone is woken, who would take what follows for news.
        deserted = self._deserted.is_set()
        self._over.set()
        if not deserted:
            return
        for missing in self._options.warnings:
            _log.warning(missing)
        if isinstance(self._outcome, Accepted) and not self._handed_over:
            _log.warning(
                "Task %s was taken by the service after the wait for it was interrupted.",
                self._outcome.task_id,
            )

    def _send(self) -> None:
        try:
            self._options.record(self._call)
            self._recorded = True
            # Known from here on, however long the options may take.
            self._outcome = accepted = self._post_until_decided()
        except SubmitOutcomeUnknown as error:
            self._outcome = error
            self._options.unknown(error)
            raise
        except BaseException as error:
            if self._guard.sent and not isinstance(error, LumenError):
                unknown = self._unknown(f"something failed here ({type(error).__name__})")
                self._options.unknown(unknown)
                raise unknown from None
            if isinstance(error, LumenError):
                self._outcome = error
            self._options.refused(error)
            raise
        self._options.accepted(accepted)

    def _post_until_decided(self) -> Accepted:
        request = self._call.request
        body = request.encode()
        unreachable, busy = list(UNREACHABLE_WAITS), list(BUSY_WAITS)
        while True:
            try:
                answer = self._transport.post(
                    "v1", "images", request.endpoint, body=body, guard=self._guard
                )
            except NotSentError as error:
                wait = unreachable.pop(0) if len(unreachable) > 1 else unreachable[0]
                self._rest(wait, self._unreachable(str(error)))
            except LostError as error:
                raise self._unknown(str(error)) from None
            else:
                if answer.status != HTTPStatus.TOO_MANY_REQUESTS:
                    return self._read(answer)
                asked = answers.retry_after(answer)
                wait = busy.pop(0) if len(busy) > 1 else busy[0]
                pause = wait if asked is None else max(asked, SHORTEST_WAIT)
                self._rest(pause, _busy(self._error_of(answer), asked))
                self._guard = SendGuard(self._deadline, once=True)

    def _read(self, answer: Answer) -> Accepted:
        """Return what the service took, or raise, by API.md's outcome table."""
        status = answer.status
        if HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
            accepted = answers.read_accepted(answer)
            if accepted is None:
                raise self._unknown("its answer cannot be read", answer)
            return accepted
        refusing = (HTTPStatus.BAD_GATEWAY, HTTPStatus.SERVICE_UNAVAILABLE)
        if HTTPStatus.BAD_REQUEST <= status < HTTPStatus.INTERNAL_SERVER_ERROR or (
            status in refusing and answers.says_error(answer)
        ):
            error = self._error_of(answer)
            error.message += " Nothing was spent."
            raise error
        if HTTPStatus.MULTIPLE_CHOICES <= status < HTTPStatus.BAD_REQUEST:
            why = "it redirects, which is never followed with a paid request"
        else:
            why = "it failed without saying what became of the request"
        raise self._unknown(why, answer)

    def _error_of(self, answer: Answer) -> LumenError:
        secret = self._call.request.secret
        if secret is not None:
            answer = replace(answer, body=secret.hide(answer.body))
        return answers.error_of(answer)

    def _rest(self, seconds: float, error: LumenError) -> None:
        """Wait before the next try, or raise `error` where no time or nobody is left for one."""
        if time.monotonic() + seconds >= self._deadline or self._deserted.wait(seconds):
            raise error from None

    def _unreachable(self, why: str) -> ServiceUnreachable:
        return ServiceUnreachable(
            f"No connection to {self._transport.origin} within {self._timeout:g} s: {why}. "
            "Nothing was sent and nothing spent.",
            next_step="Check the address, the network and the proxy settings, then try again.",
        )

    def _unknown(self, why: str, answer: Answer | None = None) -> SubmitOutcomeUnknown:
        home = self._options.home
        kept = "" if home is None else f" It is kept in {home}."
        return SubmitOutcomeUnknown(
            f"Nobody knows whether {self._transport.origin} took the request: {why}. "
            f"Credits may have been spent; it was not sent again.{kept}",
            next_step="Look in the service's console before you submit it again.",
            status=None if answer is None else answer.status,
            request_id=None if answer is None else answer.request_id,
            may_have_cost=True,
        )


def unrecorded(why: str) -> JournalError:
    """Return the error of a request that could not be written down, and so was not sent."""
    return JournalError(
        f"Nothing was sent, because the journal cannot be written: {why}",
        next_step="Set LUMEN_HOME or journal= to a folder that can, or pass journal=False.",
    )


def _busy(error: LumenError, asked: float | None) -> RateLimited:
    wait = "" if asked is None else f" It asks for {asked:.0f} s."
    return RateLimited(
        f"{error.message}{wait} Nothing was spent.",
        next_step="Try again later, submit more slowly, or raise the client's timeout.",
        status=error.status,
        code=error.code,
        request_id=error.request_id,
    )


def _no_thread() -> LumenError:
    return LumenError(
        "No thread could be started for the request; nothing was sent and nothing spent.",
        next_step="Close other programs, or end tasks of this one, then try again.",
    )

"""One submit: the only call that costs credits, sent once and written down before and after.

A worker thread has the call recorded, sends the request and notes the answer. The caller's wait may
be interrupted at any instant: the thread goes on, and it is no daemon, so that even an interpreter
that is about to exit first writes the answer down.
"""

from __future__ import annotations

import logging
import threading
import time
from contextlib import suppress
from dataclasses import replace
from http import HTTPStatus
from itertools import chain, repeat
from typing import TYPE_CHECKING

from lumen_widgets.core import answers
from lumen_widgets.core.answers import Accepted
from lumen_widgets.core.errors import (
    JournalError,
    LumenError,
    ServiceUnreachable,
    SubmitOutcomeUnknown,
    interrupted,
    redact,
    warn,
)
from lumen_widgets.core.http.connection import SendGuard
from lumen_widgets.core.http.transport import NoAnswerError, NotSentError
from lumen_widgets.core.options import AnsweredMeanwhile
from lumen_widgets.core.waiting import stopped_before_answer, stopped_waiting, wait_slice

if TYPE_CHECKING:
    from lumen_widgets.core.call import Call
    from lumen_widgets.core.http.transport import Answer, Transport
    from lumen_widgets.core.options import Options
    from lumen_widgets.core.task import Task
    from lumen_widgets.core.timing import Timing

_log = logging.getLogger("lumen_widgets")


def submit(
    call: Call, options: Options, *, transport: Transport, timeout: float, timing: Timing
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
    timing
        Seconds between these.

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
        task = options.check_and_answer(call)
        if task is not None:
            return task
        options.prepare(call)
        # Another process may send the same between the two: then there is an answer to find.
        with suppress(AnsweredMeanwhile):
            return _Attempt(call, options, transport, timeout, timing).result()


class _Attempt:
    """One submit, as its worker thread and the waiting caller share it."""

    def __init__(
        self, call: Call, options: Options, transport: Transport, timeout: float, timing: Timing
    ) -> None:
        self._call = call
        self._options = options
        self._transport = transport
        self._timeout = timeout
        self._timing = timing
        self._deadline = time.monotonic() + timeout
        self._guard = SendGuard(self._deadline, once=True)
        self._recorded = False
        self._outcome: Accepted | BaseException | None = None
        self._over = threading.Event()
        # Set once the caller's wait is over, however it ended.
        self._wait_over = threading.Event()
        self._delivered = False

    def result(self) -> Accepted:
        """Send it, wait for the answer, and return or raise what came of it."""
        worker = threading.Thread(target=self._run, name="lumen-submit", daemon=False)
        longest = self._deadline + self._timing.submit_grace
        try:
            try:
                worker.start()
            except RuntimeError as error:
                self._options.refused(error)
                raise _no_thread() from None
            while not self._over.wait(wait_slice(longest)):
                if time.monotonic() >= longest:
                    break
            return self._deliver()
        except KeyboardInterrupt:
            self._wait_over.set()
            if isinstance(self._outcome, Accepted):
                raise interrupted(stopped_waiting(self._outcome.task_id)) from None
            raise interrupted(stopped_before_answer(self._options.home)) from None

    def _deliver(self) -> Accepted:
        outcome = self._outcome
        self._delivered = outcome is not None
        # The worker may still be busy with the options: what goes wrong there is then logged.
        self._wait_over.set()
        for warning in self._options.warnings:
            warn(warning)
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
            else unrecorded_error(f"it did not answer within {self._timeout:g} s")
        )
        self._options.refused(error)
        raise error

    def _run(self) -> None:
        """Do all of it, on the worker thread, and leave the outcome for the caller."""
        try:
            self._send()
        except BaseException as error:  # noqa: BLE001 -- raised where the caller waits, whatever it is
            redact(error)
            self._outcome = error
        # Looked at before the caller is woken, who ends the wait.
        is_late = self._wait_over.is_set()
        self._over.set()
        if not is_late:
            return
        for warning in self._options.warnings:
            _log.warning(warning)
        if isinstance(self._outcome, Accepted) and not self._delivered:
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
        request, timing = self._call.request, self._timing
        body = request.encode()
        unreachable, busy = (
            chain(waits, repeat(waits[-1]))
            for waits in (timing.unreachable_waits, timing.busy_waits)
        )
        while True:
            try:
                answer = self._transport.post(
                    "v1", "images", request.endpoint, body=body, guard=self._guard
                )
            except NotSentError as error:
                self._wait_to_retry(next(unreachable), self._unreachable(str(error)))
            except NoAnswerError as error:
                raise self._unknown(str(error)) from None
            else:
                if answer.status != HTTPStatus.TOO_MANY_REQUESTS:
                    return self._read(answer)
                asked, wait, detail = answers.retry_after(answer), next(busy), ""
                if asked is not None:
                    wait = max(asked, timing.shortest_busy_wait)
                    detail = f" It asks for {asked:.0f} s."
                refusal = self._refusal(answer, detail)
                refusal.next_step = (
                    "Try again later, submit more slowly, or raise the client's timeout."
                )
                self._wait_to_retry(wait, refusal)
                self._guard = SendGuard(self._deadline, once=True)

    def _read(self, answer: Answer) -> Accepted:
        """Return what the service took, or raise: README, "How your credits are protected"."""
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
            raise self._refusal(answer)
        if HTTPStatus.MULTIPLE_CHOICES <= status < HTTPStatus.BAD_REQUEST:
            why = "it redirects, which is never followed with a paid request"
        else:
            why = "it failed without saying what became of the request"
        raise self._unknown(why, answer)

    def _refusal(self, answer: Answer, detail: str = "") -> LumenError:
        secret = self._call.request.secret
        if secret is not None:
            answer = replace(answer, body=secret.hide(answer.body))
        error = answers.error_of(answer)
        error.message += f"{detail} Nothing was spent."
        return error

    def _wait_to_retry(self, seconds: float, error: LumenError) -> None:
        """Wait before the next try, or raise `error` where there is no time left or no caller."""
        if time.monotonic() + seconds >= self._deadline or self._wait_over.wait(seconds):
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
            f"It is not known whether {self._transport.origin} took the request: {why}. "
            f"Credits may have been spent; it was not sent again.{kept}",
            next_step="Look in the service's console before you submit it again.",
            status=None if answer is None else answer.status,
            request_id=None if answer is None else answer.request_id,
            may_have_cost=True,
        )


def unrecorded_error(why: str) -> JournalError:
    """Return the error of a request that could not be written down, and so was not sent."""
    return JournalError(
        f"Nothing was sent, because the journal cannot be written: {why}",
        next_step="Set LUMEN_HOME or journal= to a folder that can, or pass journal=False.",
    )


def _no_thread() -> LumenError:
    return LumenError(
        "No thread could be started for the request; nothing was sent and nothing spent.",
        next_step="Close other programs, or end tasks of this one, then try again.",
    )

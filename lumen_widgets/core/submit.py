"""One submit: the only call that costs credits, sent once and written down before and after.

A worker thread takes what the call needs (credits, uploads, a row of the journal), sends the
request, notes the answer and has the task polled. Ctrl-C reaches the waiting caller alone, so that
it cannot fall between taking something and noting that it was taken: what is still being prepared
is given back; from then on the thread goes on to its end, and is no daemon, so that even an
interpreter that is about to exit first writes the answer down.
"""

from __future__ import annotations

import math
import os
import threading
import time
from contextlib import contextmanager, suppress
from dataclasses import replace
from http import HTTPStatus
from itertools import chain, repeat
from typing import TYPE_CHECKING

from lumen_widgets.core import answers
from lumen_widgets.core.errors import (
    InvalidRequest,
    JournalError,
    LumenError,
    ServiceUnreachable,
    SubmitOutcomeUnknown,
    interrupted,
    note_cost,
    note_unsent,
    redact,
    warn,
)
from lumen_widgets.core.http.connection import SendGuard
from lumen_widgets.core.http.transport import NoAnswerError, NotSentError
from lumen_widgets.core.locks import Event
from lumen_widgets.core.log import Log
from lumen_widgets.core.options import AnsweredMeanwhile
from lumen_widgets.core.polling.scheduler import NoThread, start_thread
from lumen_widgets.core.waiting import (
    WAIT_SLICE,
    stopped_before_answer,
    stopped_waiting,
    wait_slice,
)
from lumen_widgets.core.words import short_path

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from lumen_widgets.core.answers import Accepted
    from lumen_widgets.core.call import Call
    from lumen_widgets.core.http.transport import Answer, Transport
    from lumen_widgets.core.options import Options
    from lumen_widgets.core.task import Task
    from lumen_widgets.core.timing import Timing

_log = Log()

_STOPPED = "Stopped before anything was sent; nothing was spent."


def submit(
    call: Call,
    options: Options,
    *,
    transport: Transport,
    timeout: float,
    timing: Timing,
    follow: Callable[[Accepted], Task],
) -> Task:
    """Send a request once and return the task that the service took, or one that is there already.

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
    follow
        Makes a task of what the service took, and has it polled; called on the worker thread, or
        on the caller's where an option keeps that one busy for too long.

    Raises
    ------
    LumenError
        What an option refused with, or there is no thread; nothing was sent.
    JournalError
        If it could not be written down; nothing was sent.
    ServiceUnreachable
        If no connection was opened; nothing was sent.
    InvalidRequest, AuthenticationError, InsufficientCredits, NotFound, RateLimited, UpstreamError
        If the service refused; nothing was spent.
    SubmitOutcomeUnknown
        If it was sent and no answer tells whether it was taken.
    KeyboardInterrupt
        If the wait was interrupted: the request goes on, unless its pictures are still being
        uploaded; then it is not sent. So it is where a signal handler raises anything else, which
        then has a note of it.

    """
    with nothing_sent():
        _check_keyless(call, transport)
    while True:
        with nothing_sent():
            task = options.check_and_answer(call)
        if task is not None:
            task.reused = True
            task.note_repaint(call.request.repaint)
            return task
        # Another process may send the same between the two: then there is an answer to find.
        with suppress(AnsweredMeanwhile):
            attempt = _Attempt(
                call, options, transport=transport, timeout=timeout, timing=timing, follow=follow
            )
            return attempt.result()


def _check_keyless(call: Call, transport: Transport) -> None:
    """Refuse what holds the account's key: the journal and files keep what was asked for."""
    asked = replace(call.by_content, secret=None)
    for name, value in asked.body.items():
        if transport.key.is_in(replace(asked, body={name: value}).encode()):
            raise InvalidRequest(
                f"Your API key stands in {name}, which the journal on this machine would keep in "
                "clear. Nothing was sent.",
                next_step="Take it out: the client signs each request with the key by itself.",
                field=name,
            )


@contextmanager
def nothing_sent() -> Iterator[None]:
    """Note of whatever is raised in the block that nothing was sent by then."""
    try:
        yield
    except BaseException as error:
        note_unsent(error)
        raise


class _Attempt:
    """One submit, as its worker thread and the waiting caller share it."""

    def __init__(
        self,
        call: Call,
        options: Options,
        *,
        transport: Transport,
        timeout: float,
        timing: Timing,
        follow: Callable[[Accepted], Task],
    ) -> None:
        self._call = call
        self._options = options
        self._transport = transport
        self._timeout = timeout
        self._timing = timing
        self._follow = follow
        # Both begin when all is prepared: that has time limits of its own.
        self._deadline = math.inf
        self._guard = SendGuard(math.inf, once=True)
        self._recorded = False
        # The id that came in answer, while it is looked up whether it is another task's.
        self._answered: str | None = None
        self._accepted: Accepted | None = None
        self._error: BaseException | None = None
        # What it ends with by itself, as where no answer came in time.
        self._raised: BaseException | None = None
        self._task: Task | None = None
        # Whether the caller knows of it.
        self._delivered = False
        # Held to decide whether it is sent, and to make one task of what was accepted.
        self._lock = threading.Lock()
        self._prepared = Event()
        self._over = Event()
        # Set once the caller's wait is over, however it ended.
        self._wait_over = Event()

    def result(self) -> Task:
        """Send it, wait for the answer, and return or raise what came of it."""
        try:
            purpose = "the request; nothing was sent and nothing spent"
            start_thread(self._run, "lumen-submit", purpose, daemon=False)
            process = os.getpid()
            while not self._prepared.wait(WAIT_SLICE):
                self._check_not_forked(process)
            longest = self._deadline + self._timing.submit_grace
            while not self._over.wait(wait_slice(longest)):
                self._check_not_forked(process)
                if time.monotonic() >= longest:
                    break
            return self._deliver()
        except KeyboardInterrupt:
            words = self._stop()
            stopped = interrupted(words)
            if words is _STOPPED:
                note_unsent(stopped)
            raise stopped from None
        except NoThread:
            raise
        except BaseException as error:
            # a signal handler's, such as the caller's own time-out, ends the wait as Ctrl-C does,
            # whatever its kind: it may be one of ours, as a WaitTimeout
            if error is not self._error and error is not self._raised:
                words = self._stop()
                note_cost(error, may_have_cost=words is not _STOPPED)
                with suppress(Exception):  # one of the user's own may refuse a note in any way
                    error.add_note(words)
            raise

    def _check_not_forked(self, process: int) -> None:
        """Raise in a child that a signal handler forked: what sends it is in the parent."""
        if os.getpid() != process:
            forked = self._raised = LumenError(
                "This process was forked as a request was about to be sent; that goes on in the "
                "parent, and nothing is sent from here.",
                next_step="Look at the task in the parent, or take it up here by its id.",
            )
            raise forked

    def _stop(self) -> str:
        """End the wait, and with it what is still being prepared; say what goes on."""
        with self._lock:
            self._wait_over.set()
            is_prepared = self._prepared.is_set()
        if self._accepted is not None:
            return stopped_waiting(self._accepted.task_id)
        return stopped_before_answer(self._options.home) if is_prepared else _STOPPED

    def _begin(self) -> None:
        """Begin to send it, unless the wait for it is over already."""
        with self._lock:
            if self._wait_over.is_set():
                raise LumenError(_STOPPED)
            self._deadline = self._guard.deadline = time.monotonic() + self._timeout
            self._prepared.set()

    def _deliver(self) -> Task:
        error, self._delivered = self._error, self._accepted is not None
        # The worker may still be busy with the options: what goes wrong there is then logged.
        self._wait_over.set()
        for warning in self._options.warnings:
            warn(warning)
        if self._accepted is not None:
            return self._followed(self._accepted)
        if error is not None:
            # what may have left is an error of ours by now
            note_unsent(error)
            self._raised = error
            raise error
        # The worker is stuck where no time-out reaches, in name resolution or a slow disk.
        if not self._guard.cancel_unsent():
            why = "no answer in time"
            if self._answered is not None:
                why = f"it answers with the id {self._answered}, and the disk hangs that knows ids"
            unknown = self._raised = self._unknown(why)
            raise unknown
        stuck = (
            self._unreachable("no connection in time")
            if self._recorded
            else unrecorded_error(f"it did not answer within {self._timeout:g} s")
        )
        self._raised = stuck
        self._options.refused(stuck)
        raise stuck

    def _followed(self, accepted: Accepted) -> Task:
        """Return the task that was taken, polled from now on."""
        with self._lock:
            if self._task is None:
                self._task = self._follow(accepted)
            return self._task

    def _run(self) -> None:
        """Do all of it, on the worker thread, and leave the outcome for the caller."""
        try:
            self._send()
        except BaseException as error:  # noqa: BLE001 -- raised where the caller waits, whatever it is
            redact(error)
            self._error = error
        # Looked at before the caller is woken, who ends the wait.
        is_late = self._wait_over.is_set()
        self._over.set()
        self._prepared.set()
        if not is_late:
            return
        for warning in self._options.warnings:
            _log.warning(warning)
        if self._accepted is not None and not self._delivered:
            _log.warning(
                "Task %s was taken by the service after the wait for it was interrupted.",
                self._accepted.task_id,
            )

    def _send(self) -> None:
        try:
            self._options.prepare(self._call)
            self._begin()
            self._options.record(self._call)
            self._recorded = True
            # Known from here on, however long the options may take.
            self._accepted = self._post_until_decided()
        except SubmitOutcomeUnknown as error:
            self._error = error
            self._options.unknown(error)
            raise
        except BaseException as error:
            if self._guard.sent and not isinstance(error, LumenError):
                unknown = self._unknown(f"something failed here ({type(error).__name__})")
                self._options.unknown(unknown)
                raise unknown from None
            if isinstance(error, LumenError):
                self._error = error
            self._options.refused(error)
            if not isinstance(error, Exception):
                # A function of the user's exits, or is cancelled. Where the caller waits it would
                # pass for Ctrl-C, or end the caller's own thread.
                raise LumenError(
                    f"The call was ended by {type(error).__name__}; nothing was sent and nothing "
                    "spent.",
                    next_step="Look at what hosts the pictures: it must not exit or be cancelled.",
                ) from error
            raise
        self._options.accepted(self._accepted)
        self._followed(self._accepted)

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
                if error.is_lasting:
                    raise self._unreachable(str(error), within="") from None
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
                self._guard = SendGuard(self._deadline, once=True)
                self._wait_to_retry(wait, refusal)

    def _read(self, answer: Answer) -> Accepted:
        """Return what the service took, or raise: README, "How your credits are protected"."""
        status = answer.status
        if HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
            accepted = answers.read_accepted(answer)
            if accepted is None:
                raise self._unknown("its answer cannot be read", answer)
            self._answered = accepted.task_id
            if self._options.is_known(accepted.task_id):
                # one of the two would get the other's pictures
                raise self._unknown(
                    f"it answers with the id {accepted.task_id}, which an unfinished task has",
                    answer,
                )
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
        error = answers.error_of(answer, hide=self._hide)
        error.message += f"{detail} Nothing was spent."
        return error

    def _hide(self, text: bytes) -> bytes:
        """Return a service's words without the key and the webhook's secret."""
        return self._call.request.hide(self._transport.key.hide(text))

    def _wait_to_retry(self, seconds: float, error: LumenError) -> None:
        """Wait before the next try, or raise `error` where there is no time left or no caller."""
        if time.monotonic() + seconds >= self._deadline or self._wait_over.wait(seconds):
            raise error from None

    def _unreachable(self, why: str, *, within: str | None = None) -> ServiceUnreachable:
        within = f" within {self._timeout:g} s" if within is None else within
        return ServiceUnreachable(
            f"No connection to {self._transport.origin}{within}: {why}. "
            "Nothing was sent and nothing spent.",
            next_step="Check the address, the network and the proxy settings, then try again.",
        )

    def _unknown(self, why: str, answer: Answer | None = None) -> SubmitOutcomeUnknown:
        home = self._options.home
        kept = "" if home is None else f" It is kept in {short_path(home)}."
        said = "" if answer is None else answers.beginning(answer, self._hide)
        is_sandbox = self._transport.key.is_sandbox
        console = "lumen.sandbox.account()" if is_sandbox else "the service's console"
        return SubmitOutcomeUnknown(
            f"It is not known whether {self._transport.origin} took the request: {why}. "
            f"Credits may have been spent; it was not sent again.{kept}"
            f"{said and f' Its answer begins: {said} …'}",
            next_step=f"Look in {console} before you submit it again"
            f"{said and ', for a task that the answer may name'}.",
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

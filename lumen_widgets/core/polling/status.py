"""The status call: one question about one task, and which of its failures pass by themselves."""

from __future__ import annotations

import time
from dataclasses import KW_ONLY, dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING

from lumen_widgets.core import answers
from lumen_widgets.core.errors import LumenError, ServiceUnreachable, UpstreamError, interrupted
from lumen_widgets.core.http.transport import NoAnswerError, NotSentError
from lumen_widgets.core.waiting import stopped_waiting

if TYPE_CHECKING:
    from collections.abc import Callable

    from lumen_widgets.core.answers import Report
    from lumen_widgets.core.http.transport import Transport
    from lumen_widgets.core.polling.scheduler import Scheduler
    from lumen_widgets.core.timing import Timing


# What is asked again within so many seconds is not worth a word, unless that fails too.
_SHORT_WAIT = 3.0


@dataclass(eq=False)
class TransientError(Exception):
    """An answer that did not come, or was no answer; the next one may.

    Attributes
    ----------
    error
        What to raise where no time is left.
    retry_after
        Seconds that the service asked to wait, if it did.
    shared
        Whether other tasks would fare no better at the moment: there is no connection, or the
        service asks for fewer questions.
    unanswered
        Whether it was sent, and no answer came in time or at all.

    """

    error: LumenError
    retry_after: float | None = None
    _: KW_ONLY
    shared: bool = False
    unanswered: bool = False

    def wait(self, timing: Timing, interval: float, failures: int) -> float:
        """Return the seconds until the next try, as `backoff` does."""
        return backoff(timing, interval, failures, self.retry_after)

    def lasts(self, failures: int) -> bool:
        """Say whether it is worth a word: it is no single question that failed at once."""
        return failures > 1 or self.unanswered or (self.retry_after or 0.0) > _SHORT_WAIT


def poll(
    transport: Transport,
    task_id: str,
    timeout: float,
    hide: Callable[[bytes], bytes] | None = None,
) -> Report:
    """Ask once for the status of a task, for at most `timeout` seconds.

    Parameters
    ----------
    transport, task_id, timeout
        The way to the service, and what is asked.
    hide
        Returns a service's words without secrets; None hides the key alone.

    Raises
    ------
    TransientError
        If asking again makes sense: no connection, no answer, 429, 5xx, a redirect.
    AuthenticationError, NotFound, InvalidRequest, InsufficientCredits
        If it does not.

    """
    deadline = time.monotonic() + timeout
    hide = hide or transport.key.hide
    try:
        answer = transport.get("v1", "images", "generations", task_id, deadline=deadline)
    except (NotSentError, NoAnswerError) as error:
        raise TransientError(
            ServiceUnreachable(
                f"{transport.origin} gave no answer: {error}. The task goes on there.",
                next_step="Check the network, then ask again.",
                task_id=task_id,
            ),
            shared=isinstance(error, NotSentError),
            unanswered=isinstance(error, NoAnswerError),
        ) from None
    status = answer.status
    if HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
        return answers.read_report(answer, task_id, hide)
    if status < HTTPStatus.BAD_REQUEST:
        redirects = f"{transport.origin} redirects, which is never followed with a key."
        raise TransientError(
            UpstreamError(
                redirects, next_step="Check the base URL.", status=status, task_id=task_id
            )
        )
    said = answers.error_of(answer, task_id=task_id, hide=hide)
    if status not in answers.TRANSIENT and status < HTTPStatus.INTERNAL_SERVER_ERROR:
        raise said
    wanted = answers.retry_after(answer)
    # A 5xx may be this one task's trouble, unless it names a time.
    shared = status == HTTPStatus.TOO_MANY_REQUESTS or wanted is not None
    raise TransientError(said, wanted, shared=shared)


def poll_until(
    transport: Transport,
    task_id: str,
    timeout: float,
    scheduler: Scheduler,
    hide: Callable[[bytes], bytes] | None = None,
) -> Report:
    """Ask until there is an answer, for at most `timeout` seconds; `hide` is as for `poll`.

    Raises
    ------
    ServiceUnreachable, RateLimited, UpstreamError
        If there was none in time: the last failure.
    AuthenticationError, NotFound, InvalidRequest, InsufficientCredits
        At once, if the service refuses to say.
    KeyboardInterrupt
        On Ctrl-C, with a message that names the task.

    """
    deadline = scheduler.now() + timeout
    origin, timing = transport.origin.url, scheduler.timing
    failures = unanswered = 0
    try:
        while True:
            if not transport.origin.is_loopback:
                scheduler.claim(deadline)
            sent = scheduler.now()
            allowed = min(answer_wait(timing, unanswered), max(deadline - sent, 0.0))
            try:
                report = poll(transport, task_id, allowed, hide)
                if report.status is not None:
                    scheduler.open_origin(origin, sent)
                    return report
                transient = TransientError(unknown_status_error(task_id, None))
            except TransientError as failed:
                transient = failed
            failures += 1
            unanswered += transient.unanswered
            interval = timing.refresh_interval
            wait = transient.wait(timing, interval, failures)
            pause_origin(scheduler, origin, transient, sent, interval)
            if scheduler.now() + wait >= deadline:
                raise transient.error from None
            time.sleep(wait)
    except KeyboardInterrupt:
        raise interrupted(stopped_waiting(task_id)) from None


def pause_origin(
    scheduler: Scheduler, origin: str, transient: TransientError, sent: float, interval: float
) -> bool:
    """Send nothing to an origin for a while, unless the error is one task's own trouble.

    Parameters
    ----------
    scheduler
        Sends the requests.
    origin
        The origin's URL.
    transient
        What came of a question.
    sent
        When that question left, on the scheduler's clock.
    interval
        Seconds to wait the first time.

    Returns
    -------
    bool
        Whether every task of the origin was told why it cannot be asked about.

    """
    if transient.shared:
        failures = scheduler.close_origin(
            origin, sent, lambda failures: transient.wait(scheduler.timing, interval, failures)
        )
        if transient.lasts(failures):
            scheduler.tell_trouble(origin, transient.error)
            return True
    elif not transient.unanswered:
        scheduler.open_origin(origin, sent)
    return False


def answer_wait(timing: Timing, unanswered: int) -> float:
    """Return the seconds that an answer may take after so many in a row that did not come.

    Examples
    --------
    >>> from lumen_widgets.core.timing import Timing
    >>> [answer_wait(Timing(), unanswered) for unanswered in (0, 1, 2, 3)]
    [5.0, 10.0, 20.0, 20.0]

    """
    return min(timing.answer_timeout * 2.0 ** min(unanswered, 10), timing.longest_answer_timeout)


def backoff(
    timing: Timing, interval: float, failures: int, retry_after: float | None = None
) -> float:
    """Return the seconds until the next try after so many failures in a row.

    Parameters
    ----------
    timing
        The longest waits.
    interval
        Seconds before the second try.
    failures
        How many, from 1.
    retry_after
        Seconds that the service asked to wait, if it did.

    Examples
    --------
    >>> from lumen_widgets.core.timing import Timing
    >>> [backoff(Timing(), 1.1, failures) for failures in (1, 2, 3, 4)]
    [1.1, 2.2, 4.4, 8.8]
    >>> backoff(Timing(), 1.1, 9), backoff(Timing(), 1.1, 1, retry_after=30.0)
    (10.0, 30.0)

    """
    # Beyond ten doublings only the number would grow.
    wait = min(interval * 2.0 ** min(failures - 1, 10), max(timing.longest_backoff, interval))
    return max(wait, min(retry_after or 0.0, timing.longest_retry_after))


def unknown_status_error(task_id: str, status: str | None) -> UpstreamError:
    """Return what to raise where the service's answers are no answers."""
    what = "answers that cannot be read" if status is None else f"the unknown status {status!r}"
    return UpstreamError(
        f"The service keeps giving {what} for the task {task_id}, which may have been charged.",
        next_step="Call wait() to go on asking, or look in the service's console.",
        task_id=task_id,
        may_have_cost=True,
    )


def internal_error(task_id: str, error: Exception) -> UpstreamError:
    """Return what to raise where asking failed by a fault in this package."""
    return UpstreamError(
        f"Asking for the task {task_id} failed here ({type(error).__name__}).",
        next_step="Call wait() to go on asking.",
        task_id=task_id,
        may_have_cost=True,
    )

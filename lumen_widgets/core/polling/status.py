"""The status call: one question about one task, and which of its failures pass by themselves."""

from __future__ import annotations

import time
from dataclasses import KW_ONLY, dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING

from lumen_widgets.core import answers
from lumen_widgets.core.errors import (
    LumenError,
    ServiceUnreachable,
    UpstreamError,
    interrupted,
)
from lumen_widgets.core.http.transport import LostError, NotSentError
from lumen_widgets.core.waiting import goes_on

if TYPE_CHECKING:
    from lumen_widgets.core.answers import Report
    from lumen_widgets.core.http.transport import Transport
    from lumen_widgets.core.polling.scheduler import Scheduler

# A status is a few hundred bytes: whoever needs longer, in seconds, is asked again instead, and is
# given twice as long each time, since the network may be as slow as that; but no longer than …
FIRST_PATIENCE, LONGEST_PATIENCE = 5.0, 20.0

# The longest wait between two tries, in seconds, unless the service itself asks for more …
LONGEST_WAIT = 10.0
# … and the longest that it may ask for: a Retry-After of hours would lose a finished picture.
LONGEST_RETRY_AFTER = 60.0


@dataclass(eq=False)
class PassingError(Exception):
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
    lost
        Whether it was sent, and no answer came in time or at all.

    """

    error: LumenError
    retry_after: float | None = None
    _: KW_ONLY
    shared: bool = False
    lost: bool = False


def ask(transport: Transport, task_id: str, timeout: float) -> Report:
    """Ask once for the status of a task, for at most `timeout` seconds.

    Raises
    ------
    PassingError
        If asking again makes sense: no connection, no answer, 429, 5xx, a redirect.
    AuthenticationError, NotFound, InvalidRequest, InsufficientCredits
        If it does not.

    """
    deadline = time.monotonic() + timeout
    try:
        answer = transport.get("v1", "images", "generations", task_id, deadline=deadline)
    except (NotSentError, LostError) as error:
        raise PassingError(
            ServiceUnreachable(
                f"{transport.origin} gave no answer: {error}. The task goes on there.",
                next_step="Check the network, then ask again.",
                task_id=task_id,
            ),
            shared=isinstance(error, NotSentError),
            lost=isinstance(error, LostError),
        ) from None
    status = answer.status
    if HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
        return answers.read_report(answer, task_id)
    if status < HTTPStatus.BAD_REQUEST:
        redirects = f"{transport.origin} redirects, which is never followed with a key."
        raise PassingError(
            UpstreamError(
                redirects, next_step="Check the base URL.", status=status, task_id=task_id
            )
        )
    said = answers.error_of(answer, task_id=task_id)
    if status not in answers.PASSING and status < HTTPStatus.INTERNAL_SERVER_ERROR:
        raise said
    wanted = answers.retry_after(answer)
    # A 5xx may be this one task's trouble, unless it comes with a time for everybody.
    shared = status == HTTPStatus.TOO_MANY_REQUESTS or wanted is not None
    raise PassingError(said, wanted, shared=shared)


def ask_until(transport: Transport, task_id: str, timeout: float, scheduler: Scheduler) -> Report:
    """Ask until there is an answer, for at most `timeout` seconds.

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
    origin = transport.origin.url
    failures = lost = 0
    try:
        while True:
            scheduler.claim(deadline)
            sent = scheduler.now()
            allowed = min(patience(lost), max(deadline - sent, 0.0))
            try:
                report = ask(transport, task_id, allowed)
                # Whoever asks takes a silent return for news.
                if report.status is not None:
                    scheduler.open_origin(origin, sent)
                    return report
                passing = PassingError(not_understood(task_id, None))
            except PassingError as failed:
                passing = failed
            failures += 1
            lost += passing.lost
            wait = pause(0.25, failures, passing.retry_after)
            put_off_all(scheduler, origin, passing, sent, 0.25)
            if scheduler.now() + wait >= deadline:
                raise passing.error from None
            time.sleep(wait)
    except KeyboardInterrupt:
        raise interrupted(goes_on(task_id)) from None


def put_off_all(
    scheduler: Scheduler, origin: str, passing: PassingError, sent: float, interval: float
) -> None:
    """Have nobody ask an origin for a while, if what passes is not one task's own trouble.

    Parameters
    ----------
    scheduler
        Who asks.
    origin
        The origin's URL.
    passing
        What came of a question.
    sent
        When that question left, on the scheduler's clock.
    interval
        Seconds to wait the first time.

    """
    if passing.shared:
        wanted = passing.retry_after
        scheduler.close_origin(origin, sent, lambda failures: pause(interval, failures, wanted))
    elif not passing.lost:
        scheduler.open_origin(origin, sent)


def patience(lost: int) -> float:
    """Return the seconds that an answer may take after so many in a row that did not come.

    Examples
    --------
    >>> [patience(lost) for lost in (0, 1, 2, 3)]
    [5.0, 10.0, 20.0, 20.0]

    """
    return min(FIRST_PATIENCE * 2.0 ** min(lost, 10), LONGEST_PATIENCE)


def pause(interval: float, failures: int, retry_after: float | None = None) -> float:
    """Return the seconds until the next try after so many failures in a row.

    Examples
    --------
    >>> [pause(1.1, failures) for failures in (1, 2, 3, 4)]
    [1.1, 2.2, 4.4, 8.8]
    >>> pause(1.1, 9), pause(1.1, 1, retry_after=30.0)
    (10.0, 30.0)

    """
    doublings = min(failures - 1, 10)  # beyond, only the number would grow
    wait = min(interval * float(2**doublings), max(LONGEST_WAIT, interval))
    return max(wait, min(retry_after or 0.0, LONGEST_RETRY_AFTER))


def not_understood(task_id: str, status: str | None) -> UpstreamError:
    """Return what to raise where the service's answers are no answers."""
    what = "answers that cannot be read" if status is None else f"the unknown status {status!r}"
    return UpstreamError(
        f"The service keeps giving {what} for the task {task_id}.",
        next_step="Call wait() to go on asking, or look in the service's console.",
        task_id=task_id,
        may_have_cost=True,
    )


def broken(task_id: str, error: Exception) -> UpstreamError:
    """Return what to raise where asking failed by a fault of our own."""
    return UpstreamError(
        f"Asking for the task {task_id} failed here ({type(error).__name__}).",
        next_step="Call wait() to go on asking.",
        task_id=task_id,
        may_have_cost=True,
    )

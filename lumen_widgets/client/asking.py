"""The status call: one question about one task, and which of its failures pass by themselves."""

from __future__ import annotations

import time
from http import HTTPStatus
from typing import TYPE_CHECKING

from lumen_widgets.client import answers
from lumen_widgets.client.errors import LumenError, ServiceUnreachable, UpstreamError
from lumen_widgets.client.transport import LostError, NotSentError

if TYPE_CHECKING:
    from lumen_widgets.client.answers import Report
    from lumen_widgets.client.scheduler import Scheduler
    from lumen_widgets.client.transport import Transport

# A status is a few hundred bytes: whoever needs longer, in seconds, is asked again instead.
LONGEST_ASK = 10.0

# The longest wait between two tries, in seconds, unless the service itself asks for more …
LONGEST_WAIT = 10.0
# … and the longest that it may ask for: a Retry-After of hours would lose a finished picture.
LONGEST_RETRY_AFTER = 60.0

# 4xx that blame the moment, not the question.
_PASSING = frozenset(
    {HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_EARLY}
)


class PassingError(Exception):
    """An answer that did not come, or was no answer; the next one may.

    Attributes
    ----------
    error
        What to raise where no time is left.
    retry_after
        Seconds that the service asked to wait, if it did.

    """

    def __init__(self, error: LumenError, retry_after: float | None = None) -> None:
        super().__init__(str(error))
        self.error = error
        self.retry_after = retry_after


def ask(transport: Transport, task_id: str, timeout: float) -> Report:
    """Ask once for the status of a task.

    Raises
    ------
    PassingError
        If asking again makes sense: no connection, no answer, 429, 5xx, a redirect.
    AuthenticationError, NotFound, InvalidRequest, InsufficientCredits
        If it does not.

    """
    deadline = time.monotonic() + min(timeout, LONGEST_ASK)
    try:
        answer = transport.get("v1", "images", "generations", task_id, deadline=deadline)
    except (NotSentError, LostError) as error:
        raise PassingError(
            ServiceUnreachable(
                f"{transport.origin} gave no answer: {error}. The task goes on there.",
                next_step="Check the network, then ask again.",
                task_id=task_id,
            )
        ) from None
    status = answer.status
    if HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
        return answers.read_report(answer)
    if status in _PASSING or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        raise PassingError(answers.error_of(answer, task_id=task_id), answers.retry_after(answer))
    if status >= HTTPStatus.BAD_REQUEST:
        raise answers.error_of(answer, task_id=task_id)
    raise PassingError(
        UpstreamError(
            f"{transport.origin} redirects, which is never followed with a key.",
            next_step="Check the base URL.",
            status=status,
            task_id=task_id,
        )
    )


def ask_until(transport: Transport, task_id: str, timeout: float, scheduler: Scheduler) -> Report:
    """Ask until there is an answer, for at most `timeout` seconds.

    Raises
    ------
    ServiceUnreachable, RateLimited, UpstreamError
        If there was none in time: the last failure.
    AuthenticationError, NotFound, InvalidRequest, InsufficientCredits
        At once, if the service refuses to say.

    """
    deadline = time.monotonic() + timeout
    failures = 0
    while True:
        scheduler.claim(deadline)
        try:
            return ask(transport, task_id, max(deadline - time.monotonic(), 0.0))
        except PassingError as passing:
            failures += 1
            wait = pause(0.25, failures, passing.retry_after)
            if time.monotonic() + wait >= deadline:
                raise passing.error from None
        time.sleep(wait)


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

"""What is said of a submit that brought no task: not written down, not sent, put off, or lost."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lumen_widgets.core.errors import (
    JournalError,
    LumenError,
    RateLimited,
    ServiceUnreachable,
    SubmitOutcomeUnknown,
)

if TYPE_CHECKING:
    from lumen_widgets.core.http.transport import Answer
    from lumen_widgets.journal import Journal


def unjournalled(why: str) -> JournalError:
    """Return the error of a request that could not be written down, and so was not sent."""
    return JournalError(
        f"Nothing was sent, because the journal cannot be written: {why}",
        next_step="Set LUMEN_HOME or journal= to a folder that can, or pass journal=False.",
    )


def unreachable(origin: object, seconds: float, why: str) -> ServiceUnreachable:
    """Return the error of a request for which no connection was opened."""
    return ServiceUnreachable(
        f"No connection to {origin} within {seconds:g} s: {why}. "
        "Nothing was sent and nothing spent.",
        next_step="Check the address, the network and the proxy settings, then try again.",
    )


def busy(error: LumenError, asked: float | None) -> RateLimited:
    """Return the error of a request that the service put off, for `asked` seconds if it said so."""
    wait = "" if asked is None else f" It asks for {asked:.0f} s."
    return RateLimited(
        f"{error.message}{wait} Nothing was spent.",
        next_step="Try again later, submit more slowly, or raise the client's timeout.",
        status=error.status,
        code=error.code,
        request_id=error.request_id,
    )


def refused(error: LumenError) -> LumenError:
    """Return the error of a request that the service did not take, which says so of the credits."""
    error.message += " Nothing was spent."
    return error


def unknown(
    origin: object, journal: Journal | None, why: str, answer: Answer | None = None
) -> SubmitOutcomeUnknown:
    """Return the error of a request that was sent, and that may have been taken."""
    kept = "" if journal is None else f" It is kept in {journal.home}."
    return SubmitOutcomeUnknown(
        f"Nobody knows whether {origin} took the request: {why}. "
        f"Credits may have been spent; it was not sent again.{kept}",
        next_step="Look in the service's console before you submit it again.",
        status=None if answer is None else answer.status,
        request_id=None if answer is None else answer.request_id,
        may_have_cost=True,
    )

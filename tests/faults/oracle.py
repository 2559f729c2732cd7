"""What a call may end in after what it got: README's outcome table, read once more.

The table stands under "How your credits are protected".
"""

from __future__ import annotations

from email.utils import parsedate_to_datetime

from tests.faults import sayings
from tests.faults.plan import Framing, How, Step, Where

TAKEN, UNKNOWN, AGAIN = "taken", "SubmitOutcomeUnknown", "again"

REFUSALS = {
    400: "InvalidRequest",
    401: "AuthenticationError",
    402: "InsufficientCredits",
    403: "AuthenticationError",
    404: "NotFound",
    405: "InvalidRequest",
    408: "UpstreamError",
    413: "InvalidRequest",
    422: "InvalidRequest",
}

# Before the end of the status line there is no status that could be believed.
_NO_HEAD = {Where.UNREAD, Where.PART_READ, Where.SILENT, Where.IN_STATUS_LINE}
_NO_BODY = {Where.IN_HEADERS, Where.BEFORE_BODY, Where.IN_BODY}


def after_post(step: Step) -> set[str]:
    """Return what a POST that got this may mean: taken, again, or the name of an error.

    More than one only where a reset races with the bytes before it, where a whole status line comes
    with headers that break off, and where the rest of an answer uses up the time for another try.
    """
    if step.say == "garbage":
        return {UNKNOWN}
    fault = step.fault
    harmless = fault is None or fault.how is How.PAUSE
    if fault is not None and not harmless and fault.where in _NO_HEAD:
        return {UNKNOWN}
    body_lost = step.framing in {Framing.TOO_SHORT, Framing.CHUNK_CUT} or (
        fault is not None and not harmless and fault.where in _NO_BODY
    )
    found = _whole(step, body_is_whole=not body_lost)
    if fault is not None and (fault.how is How.RESET or fault.where is Where.IN_HEADERS):
        found |= {UNKNOWN}
        if "RateLimited" in found:
            # the time to wait may be among the headers that were lost
            found |= {AGAIN}
    if fault is not None and fault.how in {How.STALL, How.DRIP} and AGAIN in found:
        found |= {"RateLimited"}
    return found


def _whole(step: Step, *, body_is_whole: bool) -> set[str]:
    status = int(step.say[:3]) if step.say[:3].isdigit() else 200
    if step.say.startswith("taken"):
        return {TAKEN if body_is_whole else UNKNOWN}
    if status in REFUSALS:
        return {REFUSALS[status]}
    if status == 429:
        return {AGAIN} if waits_little(step.retry_after) else {"RateLimited"}
    if status in {502, 503} and step.say.endswith("error") and body_is_whole:
        return {"UpstreamError"}
    return {UNKNOWN}


def waits_little(retry_after: str | None) -> bool:
    """Say whether a Retry-After leaves time for another try: the tests' time-out is below 1 s."""
    if retry_after is None:
        return True
    if retry_after.replace(".", "", 1).isdigit():
        return float(retry_after) < 0.1
    try:
        return parsedate_to_datetime(retry_after).year < 2026
    except ValueError:
        return True


def after_asks(steps: list[Step]) -> set[str]:
    """Return the errors that a wait may raise after the status calls got this."""
    found: set[str] = set()
    for step in steps:
        status = int(step.say[:3]) if step.say[:3].isdigit() else 200
        if status in REFUSALS and status != 408:
            found.add(REFUSALS[status])
        if step.say in sayings.NO_LIST or step.say.startswith("address "):
            found.add("DownloadError")
    return found

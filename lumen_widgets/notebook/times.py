"""Durations and points in time as users write them: ``"30 days"``, a date, seconds."""

from __future__ import annotations

import math
import re
import time
from datetime import date, datetime, timedelta
from numbers import Real

from lumen_widgets.client import InvalidRequest
from lumen_widgets.core.waiting import to_seconds

_SECONDS = {
    "second": 1.0,
    "minute": 60.0,
    "hour": 3600.0,
    "day": 86400.0,
    "week": 7 * 86400.0,
    "month": 30 * 86400.0,
    "year": 365 * 86400.0,
}
_TEXT = re.compile(rf"\s*([0-9]+(?:\.[0-9]+)?)\s*({'|'.join(_SECONDS)})s?\s*", re.IGNORECASE)


def parse_duration(value: object, field: str) -> float:
    """Return a duration in seconds.

    Parameters
    ----------
    value
        A number of seconds, a `timedelta`, or text such as ``"30 days"``: a number and second,
        minute, hour, day, week, month (30 days) or year (365 days), with or without s.
    field
        The keyword that it was given as.

    Raises
    ------
    InvalidRequest
        It is none of these, or is negative.

    Examples
    --------
    >>> parse_duration("2 hours", "older_than"), parse_duration(90, "older_than")
    (7200.0, 90.0)

    """
    seconds = math.nan
    if isinstance(value, timedelta):
        seconds = value.total_seconds()
    elif isinstance(value, Real):
        seconds = to_seconds(value)
    elif isinstance(value, str) and (found := _TEXT.fullmatch(value)) is not None:
        seconds = float(found[1]) * _SECONDS[found[2].lower()]
    if not 0 <= seconds < math.inf:
        raise InvalidRequest(
            f"{field} is not a duration.",
            next_step=f'Write it as {field}="30 days", as a timedelta, or in seconds.',
            field=field,
        )
    return seconds


def parse_time(value: object, field: str) -> float:
    """Return a point in time in unix seconds.

    Parameters
    ----------
    value
        A `datetime` or `date` (this machine's time zone, if it names none), a day as
        ``"2026-03-01"``, or how long ago it is, as for `parse_duration`.
    field
        The keyword that it was given as.

    Raises
    ------
    InvalidRequest
        It is none of these.

    Examples
    --------
    >>> parse_time(datetime(2026, 3, 1), "since") == parse_time("2026-03-01", "since")
    True

    """
    try:
        if isinstance(value, str) and "-" in value:
            value = datetime.fromisoformat(value.strip())
        if isinstance(value, date) and not isinstance(value, datetime):
            value = datetime(value.year, value.month, value.day)  # noqa: DTZ001  a day here is a day of this machine
        if isinstance(value, datetime):
            return value.timestamp()
        return time.time() - parse_duration(value, field)
    except (ValueError, OverflowError, OSError):
        raise InvalidRequest(
            f"{field} is not a point in time.",
            next_step=f'Write it as {field}="2026-03-01", as a datetime, or as how long ago it '
            f'is: {field}="7 days".',
            field=field,
        ) from None

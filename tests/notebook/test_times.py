from __future__ import annotations

import time
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lumen_widgets.client import InvalidRequest
from lumen_widgets.notebook.times import parse_duration, parse_time


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("30 days", 30 * 86400.0),
        ("1 day", 86400.0),
        ("1.5h", None),
        ("1.5 hours", 5400.0),
        (" 2 Weeks ", 14 * 86400.0),
        ("10minutes", 600.0),
        (timedelta(days=1, hours=1), 90000.0),
        (90, 90.0),
        (0.5, 0.5),
        ("days", None),
        ("-3 days", None),
        ("3 days ago", None),
        (None, None),
        (True, None),
        (float("nan"), None),
        (10**400, None),
        (np.timedelta64(1, "D"), None),
        (np.int64(90), 90.0),
        (float("inf"), None),
        (timedelta(days=-1), None),
    ],
)
def test_spans(value: object, seconds: float | None) -> None:
    """A span is what people write for it, and everything else is an error that names the field."""
    if seconds is not None:
        assert parse_duration(value, "older_than") == seconds
        return
    with pytest.raises(InvalidRequest) as caught:
        parse_duration(value, "older_than")
    assert caught.value.field == "older_than"


def test_moments() -> None:
    """A moment is a day, a time with or without a zone, or how long ago it was."""
    midnight = datetime(2026, 3, 1).astimezone().timestamp()

    assert parse_time("2026-03-01", "since") == midnight
    assert parse_time(date(2026, 3, 1), "since") == midnight
    assert parse_time(datetime(2026, 3, 1, tzinfo=UTC), "since") == 1772323200.0
    assert parse_time("2026-03-01T00:00:00+00:00", "since") == 1772323200.0
    assert abs(parse_time("7 days", "since") - (time.time() - 7 * 86400)) < 60


@pytest.mark.slow
@given(st.text() | st.floats() | st.integers() | st.dates() | st.datetimes() | st.none())
def test_whatever_is_given(value: object) -> None:
    """Anything is a moment or an error that says how to write one."""
    try:
        found: float | InvalidRequest = parse_time(value, "since")
    except InvalidRequest as error:
        found = error
    assert isinstance(found, float) or (found.field == "since" and found.next_step)

"""The arguments of a client as people pass them: checked where Python's types end."""

from __future__ import annotations

import math
import os
import threading
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from lumen_widgets.core.errors import InvalidRequest
from lumen_widgets.journal import Journal

if TYPE_CHECKING:
    from collections.abc import Iterable

# Far beyond any submit, in seconds; more is a slip of units.
LONGEST_TIMEOUT = 3600.0


def open_journal(journal: object) -> Journal | None:
    """Return the journal that was asked for: None is the user's own, False is none.

    Raises
    ------
    InvalidRequest
        If it is neither of these, nor a path, nor a `Journal`.

    """
    if journal is False:
        return None
    if isinstance(journal, Journal):
        return journal
    if journal is None or isinstance(journal, str | os.PathLike):
        return Journal(journal)
    raise InvalidRequest(
        "journal is neither a folder nor False.",
        next_step="Pass a path, False for no journal, or None for the user's own.",
        field="journal",
    )


def request_timeout(timeout: object) -> float:
    """Return the seconds that a request may take.

    Raises
    ------
    InvalidRequest
        If it is not a number above 0 and up to an hour.

    """
    seconds = _number(timeout)
    if not 0 < seconds <= LONGEST_TIMEOUT:
        raise InvalidRequest(
            f"timeout is not a number of seconds above 0 and up to {LONGEST_TIMEOUT:g}.",
            next_step="Pass seconds; the default is 30.",
            field="timeout",
        )
    return seconds


def wait_timeout(timeout: object) -> float | None:
    """Return the seconds that a wait may take; None is as long as it takes.

    Raises
    ------
    InvalidRequest
        If it is not a number from 0 up.

    Examples
    --------
    >>> wait_timeout(2)
    2.0

    """
    if timeout is None:
        return None
    seconds = _number(timeout)
    if not seconds >= 0:
        raise InvalidRequest(
            "The time-out is not a number of seconds from 0 up.",
            next_step="Pass seconds, or None to wait as long as it takes.",
            field="timeout",
        )
    # Beyond this, in seconds, a platform's own waits overflow.
    return min(seconds, threading.TIMEOUT_MAX)


def host_names(allow_hosts: object) -> tuple[str, ...]:
    """Return host names as a tuple; one name alone is taken for a list of one.

    Raises
    ------
    InvalidRequest
        If something in it is no text.

    """
    names = (allow_hosts,) if isinstance(allow_hosts, str) else _listed(allow_hosts)
    if names is None or not all(isinstance(name, str) and name for name in names):
        raise InvalidRequest(
            "allow_hosts is not a list of host names.",
            next_step='Pass names, such as ["pictures.example.org"].',
            field="allow_hosts",
        )
    return tuple(names)


def several(pictures: object) -> list[Any]:
    """Return one picture or a sequence of them as a list; text, bytes and arrays are one.

    Raises
    ------
    InvalidRequest
        If there is none.

    """
    listed = _listed(pictures)
    if listed == []:
        raise InvalidRequest(
            "There is no picture to edit.", next_step="Pass at least one picture.", field="images"
        )
    return [pictures] if listed is None else listed


def _listed(value: object) -> list[Any] | None:
    """Return a sequence or iterator as a list, None for what is one thing."""
    if isinstance(value, str | bytes | bytearray | memoryview):
        return None
    items: Iterable[Any] | None = value if isinstance(value, Sequence | Iterator) else None
    return None if items is None else list(items)


def _number(value: object) -> float:
    if not isinstance(value, int | float) or isinstance(value, bool):
        return math.nan
    try:
        return float(value)
    except OverflowError:
        return math.inf if value > 0 else -math.inf

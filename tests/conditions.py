"""Waiting for what happens elsewhere: in another process, or on another thread."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Literal, TypeVar

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")


# far beyond what any of it takes, also on a machine that does much else: what hangs is seen as that
PATIENCE = 120.0


def until(condition: Callable[[], T | Literal[False] | None], what: str = "it was so") -> T:
    """Return the first true value of a condition; fail if there is none in time.

    Parameters
    ----------
    condition
        Asked again and again.
    what
        What is waited for, in words.

    """
    deadline = time.monotonic() + PATIENCE
    pause = threading.Event()
    while not (value := condition()):
        if time.monotonic() > deadline:
            # not an assertion: it is no fault that a test may expect
            pytest.fail(f"waited in vain until {what}")
        pause.wait(0.01)
    return value

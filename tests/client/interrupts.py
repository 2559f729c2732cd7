"""Ctrl-C at one certain instant of a call, and so at each of them in turn."""

from __future__ import annotations

import contextlib
import fractions
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import lumen_widgets

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType

# Ours, the arithmetic of credits, and what runs our context managers.
_FILES = (str(Path(lumen_widgets.__file__).parent), fractions.__file__, contextlib.__file__)

# Python looks for signals when a function begins, and when one that is written in C has returned:
# between two other lines no Ctrl-C can come, and a lock is never left locked by it.
_INSTANTS = {"call", "c_return"}


def interrupt(
    call: Callable[[], object],
    instant: int,
    *,
    files: tuple[str, ...] = (),
    own: tuple[str, ...] = _FILES,
    error: type[BaseException] = KeyboardInterrupt,
) -> str | None:
    """Call something, and interrupt it on this thread.

    Parameters
    ----------
    call
        What to call; what comes of it is dropped.
    instant
        At which instant within our own code, from 1.
    files
        Whose code counts as well.
    own
        Whose code counts as ours; all of it, unless it is said.
    error
        What interrupts it.

    Returns
    -------
    str or None
        Where it was interrupted, None if it was over before.

    """
    left = instant
    place: str | None = None

    def profile(frame: FrameType, event: str, _argument: Any) -> None:
        nonlocal left, place
        if event not in _INSTANTS or not frame.f_code.co_filename.startswith((*own, *files)):
            return
        left -= 1
        if left == 0:
            sys.setprofile(None)
            place = f"{Path(frame.f_code.co_filename).name}:{frame.f_lineno} ({event})"
            raise error

    before = sys.getprofile()
    sys.setprofile(profile)
    try:
        call()
    except error:
        if place is None:  # the user's own
            raise
    finally:
        sys.setprofile(before)
    return place


def at_each_instant(call: Callable[[], object], handler: Callable[[], object]) -> int:
    """Call something, and run a signal's handler at each instant within our own code.

    Returns
    -------
    int
        How often the handler ran.

    """
    ran = 0

    def profile(frame: FrameType, event: str, _argument: Any) -> None:
        nonlocal ran
        if event in _INSTANTS and frame.f_code.co_filename.startswith(_FILES):
            ran += 1
            handler()

    before = sys.getprofile()
    sys.setprofile(profile)
    try:
        call()
    finally:
        sys.setprofile(before)
    return ran

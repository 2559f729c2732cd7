"""A time limit for a function that may hang."""

from __future__ import annotations

import time
from concurrent.futures import Future, InvalidStateError, wait
from contextlib import suppress
from typing import TYPE_CHECKING, TypeVar

from lumen_widgets.core.polling.scheduler import start_thread
from lumen_widgets.core.waiting import wait_slice

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")


def call_with_timeout(
    timeout: float, function: Callable[[], T], on_late_result: Callable[[T], None]
) -> T:
    """Return what a function returns, or raise what it raises, unless it takes too long.

    Parameters
    ----------
    timeout
        Seconds to wait for it.
    function
        Runs on a daemon thread, which may outlive the wait. Where none can be started (as when
        the interpreter ends) it runs here, however long it takes.
    on_late_result
        Called there with what the function returned after the time-out.

    Raises
    ------
    TimeoutError
        It did not end in time.
    KeyboardInterrupt
        The wait was interrupted.

    Examples
    --------
    >>> call_with_timeout(5.0, lambda: 7, lambda _: None)
    7

    """
    future: Future[T] = Future()

    def run() -> None:
        try:
            result = function()
        except BaseException as error:  # noqa: BLE001 -- raised again where it is waited for
            with suppress(InvalidStateError):
                future.set_exception(error)
            return
        try:
            future.set_result(result)
        except InvalidStateError:
            on_late_result(result)

    deadline = time.monotonic() + timeout
    try:
        try:
            start_thread(run, "lumen-hosting", "a hosting")
        except RuntimeError:
            run()
        while not future.done() and time.monotonic() < deadline:
            wait([future], wait_slice(deadline))
    except BaseException:
        future.cancel()
        raise
    # atomic: either it has ended, or its result comes too late
    if future.cancel():
        raise TimeoutError
    return future.result()

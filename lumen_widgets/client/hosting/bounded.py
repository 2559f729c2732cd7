"""A call that ends in time, whatever the code of others does that it calls."""

from __future__ import annotations

import threading
import time
from concurrent.futures import Future, InvalidStateError, wait
from contextlib import suppress
from typing import TYPE_CHECKING, TypeVar

from lumen_widgets.core.waiting import wait_slice

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")


def call_within(seconds: float, job: Callable[[], T], late: Callable[[T], None]) -> T:
    """Return what a job returns, or raise what it raises, unless it takes too long.

    Parameters
    ----------
    seconds
        How long to wait for it.
    job
        Runs on a daemon thread, which may outlive the wait. Where none can be started (as when
        the interpreter ends) it runs here, however long it takes.
    late
        Called there with what the job returned when nobody waits for it any more.

    Raises
    ------
    TimeoutError
        It is not over in time.
    KeyboardInterrupt
        The wait was interrupted.

    Examples
    --------
    >>> call_within(5.0, lambda: 7, lambda _: None)
    7

    """
    future: Future[T] = Future()

    def run() -> None:
        try:
            found = job()
        except BaseException as error:  # noqa: BLE001 -- handed to the waiter, whatever it is
            with suppress(InvalidStateError):
                future.set_exception(error)
            return
        try:
            future.set_result(found)
        except InvalidStateError:
            late(found)

    deadline = time.monotonic() + seconds
    try:
        try:
            threading.Thread(target=run, name="lumen-hosting", daemon=True).start()
        except RuntimeError:
            run()
        while not future.done() and time.monotonic() < deadline:
            wait([future], wait_slice(deadline))
    except BaseException:
        future.cancel()
        raise
    # one step: it is over, or nobody waits for it any more
    if future.cancel():
        raise TimeoutError
    return future.result()

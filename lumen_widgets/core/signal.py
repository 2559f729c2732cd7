"""A signal, whose functions are called with each piece of news; and the one that tells of forks."""

from __future__ import annotations

import itertools
import os
import threading
import weakref
from typing import TYPE_CHECKING, Generic, TypeVar

from lumen_widgets.core.errors import InvalidRequest
from lumen_widgets.core.log import Log

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")
F = TypeVar("F")

_log = Log()


def check_callable(fn: F) -> F:
    """Return what is to be called later, where what it raises would only be logged.

    Raises
    ------
    InvalidRequest
        It cannot be called.

    """
    if not callable(fn):
        raise InvalidRequest(
            f"fn is of type {type(fn).__name__}, which cannot be called.",
            next_step="Pass a function, without the brackets that call it.",
            field="fn",
        )
    return fn


class Signal(Generic[T]):
    """Calls every function that is connected, on the thread that sends.

    There is no lock, so that one can be made while a module is imported, and none has to be
    replaced after a fork: each single operation on a dict is one step by itself.

    Parameters
    ----------
    name
        What it tells of, for the log.

    Examples
    --------
    >>> signal: Signal[str] = Signal("a greeting")
    >>> disconnect = signal.connect(print)
    >>> signal.send("hello")
    hello
    >>> disconnect()

    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._functions: dict[int, Callable[[T], object]] = {}
        self._numbers = itertools.count()

    def connect(self, fn: Callable[[T], object]) -> Callable[[], None]:
        """Have `fn` called with each piece of news; return what ends that.

        Parameters
        ----------
        fn
            Called on whichever thread sends, so it should take no time; what it raises is logged.

        Raises
        ------
        InvalidRequest
            It cannot be called.

        """
        number = next(self._numbers)
        self._functions[number] = check_callable(fn)

        def disconnect() -> None:
            self._functions.pop(number, None)

        return disconnect

    def connect_method(self, method: Callable[[T], object]) -> None:
        """Have a bound method called with each piece of news, for as long as its object lives."""
        number = next(self._numbers)
        reference = weakref.WeakMethod(method, lambda _: self._functions.pop(number, None))

        def call(news: T) -> None:
            alive = reference()
            if alive is not None:
                alive(news)

        self._functions[number] = call

    def send(self, news: T) -> None:
        """Call every function, in the order in which they were connected.

        One that ends a program or is cancelled (SystemExit, asyncio's CancelledError) keeps no news
        from the others, one of which may be a wait. On a thread in the background it ends nothing;
        on the main one, where it may also be Ctrl-C, it is raised once all others were called.
        """
        ended: BaseException | None = None
        for fn in self._functions.copy().values():
            try:
                fn(news)
            except Exception:  # noqa: BLE001 -- logged: the code of others must not stop what sends
                _log.exception("A listener to %s failed.", self._name)
            except BaseException as error:  # noqa: BLE001 -- as the docstring says
                _log.error("A listener to %s was ended by %s.", self._name, type(error).__name__)
                ended = error
        if ended is not None and threading.current_thread() is threading.main_thread():
            raise ended

    def clear(self) -> None:
        """Disconnect every function."""
        self._functions.clear()


# Sent in a forked child before anything else runs there: threads are gone, locks may be held by
# a thread that is gone, and the parent's connections must not be read from. Whatever holds one of
# these begins anew.
forked: Signal[None] = Signal("a fork")

# There is no fork on Windows, nor in a browser.
_CAN_FORK = hasattr(os, "register_at_fork")

if _CAN_FORK:
    os.register_at_fork(after_in_child=lambda: forked.send(None))


def lock_over_forks() -> threading.RLock:
    """Return a new lock that a fork waits for: in the child it is free, and what it guards whole.

    For locks of a whole process, under which nothing is called that could wait; what begins anew in
    a child listens to `forked` instead.
    """
    lock = threading.RLock()
    held: list[bool] = []

    def after() -> None:
        if held.pop():
            lock.release()

    if _CAN_FORK:
        # not for ever: whatever holds it elsewhere, a fork goes on
        os.register_at_fork(
            before=lambda: held.append(lock.acquire(timeout=1.0)),
            after_in_parent=after,
            after_in_child=after,
        )
    return lock

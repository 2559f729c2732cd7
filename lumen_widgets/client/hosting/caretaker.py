"""What takes hosted files away when no task needs them any more, in the background."""

from __future__ import annotations

import atexit
import logging
import os
import threading
import weakref
from contextlib import suppress
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable

    from lumen_widgets.client.hosting.stored import Stored

_log = logging.getLogger("lumen_widgets")

# Seconds that the end of the process waits for files to be taken away: Jupyter kills a kernel
# that takes five. What is not done by then is left to expire.
FAREWELL = 3.0


class Holder(Protocol):
    """Someone who needs files until something happens that it may not have heard of yet."""

    def look(self) -> None:
        """Give back what is not needed any more."""


class Caretaker:
    """Takes files away, one after the other, on a daemon thread that lives while there are any.

    A file that cannot be taken away is logged without its address, and left to expire.
    """

    def __init__(self) -> None:
        self.holders: weakref.WeakSet[Holder] = weakref.WeakSet()
        self._changed = threading.Condition()
        self._files: set[Stored] = set()
        self._thread: threading.Thread | None = None
        self._leaving = False
        self._registered = False
        self._told = False
        self._over = threading.Event()

    def watch(self, stored: Stored) -> None:
        """Take a file away in due time; one that cannot be taken away is none of its business."""
        if stored.hosted.remove is None:
            return
        with self._changed:
            self._files.add(stored)
            if not self._registered:
                self._registered = True
                _at_exit(self._leave)
            if self._thread is not None and self._thread.is_alive():
                self._changed.notify()
                return
            self._thread = threading.Thread(target=self._work, name="lumen-files", daemon=True)
            try:
                self._thread.start()
            except RuntimeError:  # no more threads on this machine, or the interpreter ends
                self._thread = None
                _log.debug("A hosted file is left to expire: no thread can be started.")

    def look(self) -> None:
        """Look whether something is to be taken away now."""
        with self._changed:
            self._changed.notify()

    def ask_around(self) -> None:
        """Have everyone give back what is not needed any more, also who has not heard of it yet."""
        for holder in list(self.holders):
            holder.look()

    def forget(self, stored: Stored) -> None:
        """Leave a file alone until it expires: nobody knows whether the service still reads it."""
        with self._changed:
            self._files.discard(stored)
            self._changed.notify()

    def _work(self) -> None:
        while True:
            with self._changed:
                found = next((one for one in self._files if one.claim(leaving=self._leaving)), None)
                if found is None:
                    if self._leaving or not self._files:
                        self._thread = None
                        self._over.set()
                        return
                    self._changed.wait(self._longest_wait())
                    continue
                self._files.discard(found)
            self._remove(found)
            # A file that is gone, and its host, must not live on in this frame.
            found = None

    def _remove(self, stored: Stored) -> None:
        try:
            stored.hosted.delete()
        except Exception as error:  # noqa: BLE001 -- a host of the user's own may raise anything, and nobody waits for this
            # Said once: someone who may put files but not delete them should know, and not hear
            # it with each. At the end of the process the host is often gone as well.
            level = logging.DEBUG if self._told or self._leaving else logging.WARNING
            self._told = True
            _log.log(
                level,
                "A hosted picture could not be deleted and is left to expire (%s).",
                type(error).__name__,
            )

    def _longest_wait(self) -> float | None:
        waits = [left for one in self._files if (left := one.idle_until()) is not None]
        return max(min(waits), 0.0) if waits else None

    def _leave(self) -> None:
        """Take away what nobody needs, for a short time: the interpreter is about to end."""
        self.ask_around()
        with self._changed:
            self._leaving = True
            self._changed.notify()
            if self._thread is None:
                return
        # Ctrl-C ends this wait too: whoever wants out gets out.
        with suppress(KeyboardInterrupt):
            if not self._over.wait(FAREWELL):
                _log.debug("Some hosted files are left to expire: there was no time left.")


def _at_exit(leave: Callable[[], None]) -> None:
    """Have `leave` called when this process ends, not when a forked child of it does."""
    mine = os.getpid()

    def ours() -> None:
        if os.getpid() == mine:
            leave()

    # atexit comes after thread pools were closed, which asyncio needs to look up a host's name;
    # this is where concurrent.futures itself signs in. It is not promised to stay.
    register = getattr(threading, "_register_atexit", atexit.register)
    try:
        register(ours)
    except RuntimeError:  # the interpreter is ending already
        _log.debug("Hosted files are left to expire: the interpreter ends.")


# By process id: a forked child must not delete what its parent has hosted. No lock is needed (and
# none may be made at import): setdefault is atomic.
_caretakers: dict[int, Caretaker] = {}


def shared_caretaker() -> Caretaker:
    """Return the process's caretaker."""
    known = _caretakers.get(os.getpid())
    return known if known is not None else _caretakers.setdefault(os.getpid(), Caretaker())

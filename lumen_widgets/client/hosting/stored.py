"""A file that a hosting holds: who needs it, how long its addresses last, whether it is there."""

from __future__ import annotations

import threading
import time
import weakref
from typing import TYPE_CHECKING

from lumen_widgets.client.hosting.protocol import RENEW_BEFORE

if TYPE_CHECKING:
    from lumen_widgets.client.hosting.protocol import HostedFile

# Seconds that a file stays after the last task which read it has ended: the same picture is often
# used again, in a loop or by "Again" in a panel. Sooner where its address ends and cannot be
# renewed, and at the end of the process.
KEEP = 3600.0


class Stored:
    """One file at a host, for as long as this process knows of it.

    Parameters
    ----------
    hosted
        What the hosting answered.
    content
        Digest of what is in the file.

    """

    def __init__(self, hosted: HostedFile, content: str) -> None:
        self.content = content
        self._lock = threading.Lock()
        self._hosted = hosted
        self._users = 0
        self._since = time.monotonic()
        self._replaced = False
        self._gone = False
        # When each address that was given out for it ends.
        self._ends: dict[str, float | None] = {}
        self._give_out(hosted)

    @property
    def hosted(self) -> HostedFile:
        """The file with its newest address."""
        return self._hosted

    @property
    def lasts(self) -> bool:
        """Whether its address outlives the time that a task may have to wait."""
        ends = self._hosted.expires_at
        return ends is None or ends - time.time() > RENEW_BEFORE

    def take(self, url: str | None = None) -> bool:
        """Note one more that needs the file; return False if it is gone, or its `url` has ended."""
        with self._lock:
            ends = None if url is None else self._ends.get(url)
            if self._gone or (ends is not None and ends <= time.time()):
                return False
            self._users += 1
            return True

    def give_back(self) -> None:
        """Note one less that needs the file."""
        with self._lock:
            self._users -= 1
            self._since = time.monotonic()

    def renew(self, hosted: HostedFile) -> None:
        """Note that its host has given it a new address."""
        with self._lock:
            self._hosted = hosted
            self._give_out(hosted)

    def replace(self) -> None:
        """Note that nobody will be given this file any more: it stays only for who has it."""
        with self._lock:
            self._replaced = True

    def overwrite(self) -> bool:
        """Note that something else is at its address now; return whether someone needs the file.

        Nobody is given it any more, and it is not taken away: that might take the other one.
        """
        with self._lock:
            self._gone = True
            return self._users > 0

    def idle_until(self) -> float | None:
        """Return in how many seconds it is to be taken away; None while someone needs it."""
        with self._lock:
            return self._idle_until()

    def claim(self, *, leaving: bool = False) -> bool:
        """Mark it as gone and return True if it is to be taken away now.

        Parameters
        ----------
        leaving
            Whether the process ends, so that nobody will need it again.

        """
        with self._lock:
            left = self._idle_until()
            if self._gone or left is None or (left > 0 and not leaving):
                return False
            self._gone = True
            return True

    def _idle_until(self) -> float | None:
        if self._users:
            return None
        if self._replaced:
            return 0.0
        left = self._since + KEEP - time.monotonic()
        ends = self._hosted.expires_at
        if ends is None or self._hosted.renew is not None:
            return left
        return min(left, ends - RENEW_BEFORE - time.time())

    def _give_out(self, hosted: HostedFile) -> None:
        self._ends[hosted.url] = hosted.expires_at
        if not hosted.url.startswith("data:"):
            _known[hosted.url] = self


# By address, so that a request which is sent again is seen to need the file again.
_known: weakref.WeakValueDictionary[str, Stored] = weakref.WeakValueDictionary()


def find_stored(url: str) -> Stored | None:
    """Return the file that was given out under an address, as long as anybody knows of it."""
    return _known.get(url)

"""Hostings in memory, and what tests ask of them."""

from __future__ import annotations

import threading
import time
from typing import Any

from lumen_widgets.client import HostedFile
from lumen_widgets.client.hosting.lease import Lease
from lumen_widgets.core.pictures.images import LocalPicture, read_picture
from tests.client_files.samples import gradient

# A service on this machine, which may read everything that a hosting gives.
SERVICE = "http://127.0.0.1:9"


class MemoryHosting:
    """A hosting that remembers what it holds.

    Parameters
    ----------
    lasts
        Seconds that an address is good for, None for ever.
    error
        What deleting raises.

    """

    def __init__(self, lasts: float | None = None, error: Exception | None = None) -> None:
        self.lasts = lasts
        self.error = error
        self.puts = 0
        self.there: set[str] = set()
        self.removed = threading.Semaphore(0)

    def put(self, data: bytes, media_type: str, digest: str) -> HostedFile:
        """Keep a file."""
        assert data
        assert media_type == "image/png"
        assert len(digest) == 64
        self.puts += 1
        url = f"https://files.example/{self.puts}?SENTINEL"
        self.there.add(url)
        ends = None if self.lasts is None else time.time() + self.lasts

        def remove() -> None:
            if self.error is None:
                self.there.discard(url)
            self.removed.release()
            if self.error is not None:
                raise self.error

        return HostedFile(url, ends, remove)


def local(width: int = 40) -> LocalPicture:
    """Return a picture that exists only here."""
    read = read_picture(gradient(width))
    assert isinstance(read, LocalPicture)
    return read


def host(picture: LocalPicture, hosting: Any) -> str:
    """Return a picture's address for a request that is over at once."""
    lease = Lease()
    try:
        return lease.address(picture, hosting, SERVICE)
    finally:
        lease.release()
